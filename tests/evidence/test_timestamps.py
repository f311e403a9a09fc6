"""RFC 3161 time stamps against openssl, both ways."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from panacea_policy.evidence import EvidenceError
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
            answer = authority.answer(asked) if self.path == "/tsa" else b"no"
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
