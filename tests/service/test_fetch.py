"""Fetching: what is fetched, how often, how much; and what is never fetched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from panacea_policy.feeds.store import Visit
from panacea_policy.service.fetch import FetchError, Web, checked, linked
from tests.service.web import Site, serving


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


class Waits:
    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def visit(etag: str | None) -> Visit:
    return Visit("u", etag, None, datetime(2026, 11, 28, tzinfo=UTC), None)


def test_only_what_changed_is_fetched_again(site: Site) -> None:
    site.pages["/kev.json"] = b"{}"
    web = Web(Waits())
    first = web.get(f"{site.url}/kev.json")
    assert (first.body, first.etag is not None) == (b"{}", True)
    again = web.get(f"{site.url}/kev.json", visit(first.etag))
    assert (again.body, again.etag) == (None, first.etag)
    site.pages["/kev.json"] = b'{"new": 1}'
    assert web.get(f"{site.url}/kev.json", visit(first.etag)).body == b'{"new": 1}'


def test_a_busy_server_is_asked_again_with_growing_pauses(site: Site) -> None:
    site.pages["/busy"] = lambda number: (503, b"") if number < 3 else (200, b"at last")
    waits = Waits()
    assert Web(waits).get(f"{site.url}/busy").body == b"at last"
    assert waits.slept == [1.0, 2.0, 4.0]


def test_it_gives_up_in_one_line(site: Site) -> None:
    site.pages["/dead"] = lambda number: (500, b"")
    with pytest.raises(FetchError) as caught:
        Web(Waits()).get(f"{site.url}/dead?key=secret")
    assert caught.value.message == f"{site.url}/dead: 500 Internal Server Error"


def test_what_is_missing_is_asked_for_once(site: Site) -> None:
    waits = Waits()
    with pytest.raises(FetchError, match="404 Not Found"):
        Web(waits).get(f"{site.url}/nothing")
    assert waits.slept == []


def test_nobody_there(site: Site) -> None:
    with pytest.raises(FetchError, match="refused"):
        Web(Waits()).get("http://127.0.0.1:9/x")


def test_what_is_too_large_is_left_out(site: Site) -> None:
    site.pages["/large"] = b"x" * 300_000
    with pytest.raises(FetchError, match="larger than"):
        Web(Waits(), largest=100_000).get(f"{site.url}/large")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "gopher://x/",
        "/etc/passwd",
        "data:text/plain,x",
        "http://",
        "https://user:password@example.org/",
    ],
)
def test_other_addresses_are_never_fetched(url: str) -> None:
    with pytest.raises(FetchError):
        checked(url)


def test_a_redirect_leads_to_no_other_kind_of_address(site: Site) -> None:
    site.redirects["/away"] = "file:///etc/passwd"
    site.redirects["/here"] = "/kept"
    site.pages["/kept"] = b"kept"
    web = Web(Waits())
    assert web.get(f"{site.url}/here").body == b"kept"
    with pytest.raises(FetchError):
        web.get(f"{site.url}/away")


def test_links_stay_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    base = "https://csaf.example.org/provider.json"

    def resolve(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        address = "10.0.0.1" if host.startswith("inside") else "93.184.215.14"
        return [(2, 1, 6, "", (address, 0))]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    assert linked(base, "2024/a.json") == "https://csaf.example.org/2024/a.json"
    assert linked(base, "https://other.example.org/x") == "https://other.example.org/x"
    for link in (
        "http://csaf.example.org/x",
        "http://other.example.org/x",
        "https://inside.example.org/x",
        "file:///x",
    ):
        with pytest.raises(FetchError):
            linked(base, link)
