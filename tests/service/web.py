"""A web server of the tests' own, on this machine, with what it was asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Site:
    """Pages by path; a page may be a function of the request's number that gives a status and a body."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Callable[[int], tuple[int, bytes]]] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[tuple[str, int]] = []
        self.url = ""


@contextmanager
def serving() -> Iterator[Site]:
    """A site at ``site.url``, which ends without a slash."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = sum(path == self.path for path, _ in site.asked)
            if self.path in site.redirects:
                self._answer(302, b"", {"Location": site.redirects[self.path]})
                return
            page = site.pages.get(self.path.partition("?")[0])
            if page is None:
                self._answer(404, b"")
                return
            status, body = (200, page) if isinstance(page, bytes) else page(number)
            etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
            if status == 200 and self.headers.get("If-None-Match") == etag:
                self._answer(304, b"")
                return
            self._answer(status, body, {"ETag": etag})

        def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            site.asked.append((self.path, status))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
