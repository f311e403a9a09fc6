"""One question to a server by HTTP, bounded as a whole: in time, however slowly bytes come, and in size."""

from __future__ import annotations

import http.client
import io
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from panacea_policy.evidence.errors import EvidenceError


class Deadline:
    """A moment by which everything is done. ``clock`` gives seconds that only grow."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """The seconds that are left. Raises TimeoutError where there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left


def named(url: str) -> str:
    """An address for messages: what follows a question mark may be secret.

    Raises EvidenceError for what is no address of http or https, and for one with a name or password: they
    would travel in clear, and end in logs.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        raise EvidenceError("the server cannot be reached: its address is malformed") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EvidenceError("this is no http or https address of a server")
    if "@" in parts.netloc:
        raise EvidenceError(f"the address of {parts.hostname} holds a name or password", "leave them out")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}"[:200]


def ask(url: str, body: bytes, headers: Mapping[str, str], most: int, deadline: Deadline) -> bytes:
    """What a server answers to a POST, if that is no more than ``most`` bytes and there by the deadline.

    Redirections are not followed: whoever is asked is the one who was named. A proxy of the environment is
    used. What finds the number of a name (DNS) keeps the limits of the system. Raises EvidenceError, with
    the server's name.
    """
    server = named(url)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Plain(deadline),
        _Secured(deadline),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    try:
        asked = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")
        with opener.open(asked, timeout=deadline.left()) as answer:
            found = bytes(answer.read(most + 1))
    except urllib.error.HTTPError as error:
        error.close()
        raise EvidenceError(f"{server} answers with the error {error.code}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failed(server, error, deadline) from None
    if len(found) > most:
        raise EvidenceError(f"the answer of {server} is too long: no more than {most:,} bytes are read")
    return found


def _failed(server: str, error: Exception, deadline: Deadline) -> EvidenceError:
    cause = getattr(error, "reason", None) or error
    if isinstance(cause, TimeoutError):
        return EvidenceError(f"{server} did not answer in full within {deadline.seconds:g} s")
    # Texts of other errors may quote the address, and with it what is secret in it, or what the server said.
    told = getattr(cause, "strerror", None) if isinstance(cause, OSError) else None
    return EvidenceError(f"{server} cannot be reached: {told or type(cause).__name__}")


class _Watched(http.client.HTTPConnection):
    """A connection of which every step, and every single read, keeps to one deadline."""

    def __init__(self, *args: Any, deadline: Deadline, **named: Any) -> None:
        super().__init__(*args, **named)
        self._deadline = deadline
        self.response_class = partial(_Answer, deadline)  # type: ignore[assignment]
        self._create_connection = self._reached

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._deadline.left())
        super().send(data)

    def _reached(self, address: tuple[str, int], *_: object) -> socket.socket:
        """The first of the host's addresses that takes the call; all share the time that is left."""
        failed: OSError = OSError("it has no address")
        for family, kind, protocol, _name, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(self._deadline.left())
                made.connect(place)
                made.settimeout(self._deadline.left())  # for the handshake of TLS
                return made
            except TimeoutError:
                made.close()
                raise
            except OSError as error:
                made.close()
                failed = error
        raise failed


class _WatchedTLS(_Watched, http.client.HTTPSConnection):
    """The same under TLS."""


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Watched, req, deadline=self._deadline)  # type: ignore[arg-type]


class _Secured(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_WatchedTLS, req, deadline=self._deadline)  # type: ignore[arg-type]


class _Answer(http.client.HTTPResponse):
    """An answer whose every read has the time that is left, and no more."""

    def __init__(self, deadline: Deadline, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_Reads(raw, sock, deadline))


class _Reads(io.RawIOBase):
    """What comes from a socket, under a deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
