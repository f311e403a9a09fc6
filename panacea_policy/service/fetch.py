"""Files from the web, carefully: http and https alone, bounded in size and time, asked for only if they
changed.
"""

from __future__ import annotations

import ipaddress
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.parse import urljoin, urlsplit

from panacea_policy.errors import PanaceaError
from panacea_policy.feeds.store import Visit
from panacea_policy.version import __version__

#: The largest file that is fetched, in bytes; how long a server may be silent, in seconds.
LARGEST, TIMEOUT = 256 * 1024 * 1024, 30.0
#: A whole transfer, in seconds; how often it is tried; the first pause between two tries, doubled each time.
LONGEST, TRIES, PAUSE = 600.0, 4, 1.0
_CHUNK = 1 << 16
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


class FetchError(PanaceaError):
    """Something on the web that cannot be had; the message is one line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server gave: the content, or None where it has not changed since."""

    url: str
    body: bytes | None
    etag: str | None = None
    last_modified: str | None = None


def checked(url: str) -> str:
    """The URL, if it is one that is fetched. Raises FetchError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchError(f"`{url[:200]}` is not fetched", "only http:// and https:// addresses are")
    if parts.username or parts.password:
        raise FetchError(f"the address of {parts.hostname} holds a name or password", "leave them out")
    return url


def linked(base: str, link: str) -> str:
    """The address that a document at ``base`` links to.

    A link to another host must be https, and may not lead into a private network that the document did not
    come from itself. Raises FetchError.
    """
    url = checked(urljoin(base, link.strip()))
    here, there = urlsplit(base), urlsplit(url)
    if there.hostname == here.hostname:
        if here.scheme == "https" and there.scheme == "http":
            raise FetchError(f"`{url[:200]}` is not fetched: it leads from https to http")
        return url
    if there.scheme != "https":
        raise FetchError(f"`{url[:200]}` is not fetched: a link to another host must be https")
    if _private(there.hostname or "") and not _private(here.hostname or ""):
        raise FetchError(f"`{url[:200]}` is not fetched: it leads into a private network")
    return url


def _private(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except OSError:
        return False  # it will not be reached either
    return any(not ipaddress.ip_address(str(each[4][0]).partition("%")[0]).is_global for each in found)


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 5

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        return super().redirect_request(req, fp, code, msg, headers, linked(req.full_url, newurl))


class Web:
    """Fetches. ``sleep`` waits between tries."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep, largest: int = LARGEST) -> None:
        self._sleep = sleep
        self._largest = largest
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _Redirects(),
        ):
            self._opener.add_handler(handler)

    def get(self, url: str, known: Visit | None = None) -> Answer:
        """Fetch, unless it is as it was at the known visit. Raises FetchError after the last try."""
        problem = ""
        for attempt in range(TRIES):
            if attempt:
                self._sleep(PAUSE * 2 ** (attempt - 1))
            try:
                return self._once(checked(url), known)
            except urllib.error.HTTPError as error:
                error.close()
                problem = f"{error.code} {error.reason}"
                if error.code not in _LATER:
                    break
            except (urllib.error.URLError, HTTPException, OSError) as error:
                reason = getattr(error, "reason", None) or error
                problem = str(getattr(reason, "strerror", None) or reason) or type(error).__name__
        raise FetchError(f"{_short(url)}: {problem}")

    def _once(self, url: str, known: Visit | None) -> Answer:
        headers = {"User-Agent": f"panacea-policy/{__version__}", "Accept-Encoding": "identity"}
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        if known is not None and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        try:
            with self._open(urllib.request.Request(url, headers=headers)) as response:
                body = self._body(url, response)
                return Answer(
                    response.geturl(),
                    body,
                    response.headers.get("ETag"),
                    response.headers.get("Last-Modified"),
                )
        except urllib.error.HTTPError as error:
            if error.code == 304 and known is not None:
                error.close()
                return Answer(url, None, known.etag, known.last_modified)
            raise

    @contextmanager
    def _open(self, request: urllib.request.Request) -> Iterator[urllib.response.addinfourl]:
        response = self._opener.open(request, timeout=TIMEOUT)
        if response is None:
            raise FetchError(f"{_short(request.full_url)}: nothing answers for this kind of address")
        with response:
            yield response

    def _body(self, url: str, response: urllib.response.addinfourl) -> bytes:
        parts: list[bytes] = []
        length, end = 0, time.monotonic() + LONGEST
        while chunk := response.read(_CHUNK):
            length += len(chunk)
            if length > self._largest:
                raise FetchError(f"{_short(url)}: larger than {self._largest // 1_048_576} MB, left out")
            if time.monotonic() > end:
                raise FetchError(f"{_short(url)}: takes longer than {LONGEST:.0f} s, left out")
            parts.append(chunk)
        said = response.headers.get("Content-Length")
        if said and said.isdigit() and int(said) != length:
            raise OSError(f"ended after {length} of {said} bytes")
        return b"".join(parts)


def _short(url: str) -> str:
    """A URL for a message: without what may be secret in its query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"[:200]
