"""RFC 3161 time stamps against openssl, both ways."""

from __future__ import annotations

import http.server
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from panacea_policy.evidence import EvidenceError, timestamps
from panacea_policy.evidence.timestamps import fetch, request, verify
from tests.evidence.conftest import Authority


def test_a_stamp_of_openssl_is_verified_and_says_when(authority: Authority) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    stamp = verify(authority.answer(request(b"data")), b"data", [b"", authority.root][1:])
    assert before <= stamp.time <= datetime.now(UTC)
    assert "Test authority" in stamp.authority


def test_openssl_verifies_a_stamp_that_we_asked_for(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "a.tsr").write_bytes(authority.answer(request(b"data")))
    (tmp_path / "data").write_bytes(b"data")
    command = ["openssl", "ts", "-verify", "-in", "a.tsr", "-data", "data", "-CAfile"]
    done = subprocess.run(
        [*command, str(authority.folder / "root.pem")], cwd=tmp_path, capture_output=True, text=True
    )
    assert "Verification: OK" in done.stdout + done.stderr


@pytest.mark.parametrize("data", [b"other", b"data "])
def test_a_stamp_of_other_bytes_is_refused(authority: Authority, data: bytes) -> None:
    with pytest.raises(EvidenceError, match="does not hold"):
        verify(authority.answer(request(b"data")), data, [authority.root])


def test_an_authority_that_is_not_trusted_is_refused(authority: Authority, tmp_path: Path) -> None:
    token = authority.answer(request(b"data"))
    stranger = Authority(tmp_path)
    with pytest.raises(EvidenceError, match="does not hold"):
        verify(token, b"data", [stranger.root])
    with pytest.raises(EvidenceError, match="no root is trusted"):
        verify(token, b"data", [])
    assert verify(token, b"data", [stranger.root, authority.root])


@pytest.mark.parametrize("token", [b"", b"nonsense", b"\x30\x80" * 100])
def test_what_is_no_stamp_is_refused(authority: Authority, token: bytes) -> None:
    with pytest.raises(EvidenceError, match="no answer of a time-stamping authority"):
        verify(token, b"data", [authority.root])


@pytest.fixture
def server(authority: Authority) -> Iterator[str]:
    """The authority behind an address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/broken":
                self.wfile.write(b"no answer of HTTP\r\n\r\n")
                return
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/tsa")
                self.end_headers()
                return
            if self.path == "/another":
                asked = request(b"another")
            if self.path == "/refuses":
                asked = asked[:-20]
            answer = b"no" if self.path == "/other" else authority.answer(asked)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_a_stamp_is_fetched(server: str, authority: Authority) -> None:
    assert verify(fetch(f"{server}/tsa", b"data"), b"data", [authority.root])


def test_whoever_answers_nonsense_or_not_at_all_is_named(server: str) -> None:
    with pytest.raises(EvidenceError, match="no answer of a time-stamping authority"):
        fetch(f"{server}/other", b"data")
    with pytest.raises(EvidenceError, match="cannot be reached"):
        fetch("http://127.0.0.1:1/tsa", b"data")
    with pytest.raises(EvidenceError, match="no http or https"):
        fetch("file:///etc/passwd", b"data")
    with pytest.raises(EvidenceError, match="cannot be reached"):
        fetch("http://[::1/tsa", b"data")
    with pytest.raises(EvidenceError, match="cannot be reached"):
        fetch(f"{server}/broken", b"data")


def test_an_answer_that_is_no_grant_of_this_very_request_is_not_kept(
    server: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EvidenceError, match="refuses, with the status 2"):
        fetch(f"{server}/refuses", b"data")
    with pytest.raises(EvidenceError, match="answers another request"):
        fetch(f"{server}/another", b"data")
    old = authority.answer(request(b"data"))  # of the same bytes, but with another nonce
    monkeypatch.setattr(timestamps, "ask", lambda *_: old)
    with pytest.raises(EvidenceError, match="answers another request"):
        fetch(f"{server}/tsa", b"data")


def test_whoever_was_named_is_asked_and_nobody_else(server: str) -> None:
    with pytest.raises(EvidenceError, match="/moved answers with the error 302") as refused:
        fetch(f"{server}/moved", b"data")
    assert refused.value.help is not None
    assert "--tsa URL" in refused.value.help


@pytest.mark.parametrize(
    "url", ["http://me:hunter2@127.0.0.1:1/tsa", "http://127.0.0.1:1/t?k=hunter2", "http://a b/?hunter2"]
)
def test_what_is_secret_in_an_address_is_in_no_message(url: str) -> None:
    with pytest.raises(EvidenceError) as refused:
        fetch(url, b"data")
    assert "hunter2" not in str(refused.value)


class Ticking:
    """A clock that goes on by a second whenever somebody looks, and lets a server send a byte then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.looked = threading.Semaphore(0)
        self.over = False

    def stop(self) -> None:
        """Let the server go home."""
        self.over = True
        self.looked.release()

    def __call__(self) -> float:
        self.now += 1
        self.looked.release()
        return self.now


@contextmanager
def answering(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on a port that does this with its first caller."""

    def once() -> None:
        with suppress(OSError):  # the caller has left, or never came
            caller, _ = listening.accept()
            with caller:
                serve(caller)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=once)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for a caller
            thread.join()


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\n"]
)
def test_a_server_that_trickles_is_left_in_time(head: bytes) -> None:
    clock = Ticking()

    def trickle(caller: socket.socket) -> None:
        caller.sendall(head)
        while clock.looked.acquire(timeout=5) and not clock.over:
            caller.sendall(b"x")

    with answering(trickle) as port:
        with pytest.raises(EvidenceError) as refused:
            fetch(f"http://127.0.0.1:{port}/tsa?key=hunter2", b"data", clock=clock)
        clock.stop()
    assert refused.value.message == (
        f"there is no time stamp: http://127.0.0.1:{port}/tsa did not answer in full within 30 s"
    )
    assert refused.value.help is not None
    assert "name another authority (--tsa URL)" in refused.value.help
    assert clock.now == 31  # the beginning, and thirty looks, the last one of which was too late


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_silent_is_left_in_time(scheme: str) -> None:
    """With https it is the handshake that never ends."""
    left = threading.Event()
    with answering(lambda _: None if left.wait(5) else pytest.fail("held")) as port:
        with pytest.raises(EvidenceError, match=r"did not answer in full within 0\.3 s"):
            fetch(f"{scheme}://127.0.0.1:{port}/tsa", b"data", seconds=0.3)
        left.set()


def test_many_addresses_of_one_name_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refuses = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [refuses] * 1000)
    with pytest.raises(EvidenceError, match="did not answer in full within 30 s"):
        fetch("http://tsa.example/tsa", b"data", clock=Ticking())


def test_an_answer_without_an_end_is_cut_off() -> None:
    def pour(caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            caller.sendall(bytes(65536))

    too_long = pytest.raises(EvidenceError, match="too long: no more than 1,048,576 bytes")
    with answering(pour) as port, too_long:
        fetch(f"http://127.0.0.1:{port}/tsa", b"data")
