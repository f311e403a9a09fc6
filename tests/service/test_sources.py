"""Folders, files on the web, providers of advisories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from panacea_policy.feeds.store import Store
from panacea_policy.service.fetch import FetchError, Web
from panacea_policy.service.sources import Arrived, FolderSource, WebSource, feed_files
from tests.service.web import Site, serving

NOW = datetime(2026, 11, 28, 12).astimezone()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


class Round:
    """A source on the web, polled; what arrives is kept, as a watch does."""

    def __init__(self, url: str) -> None:
        self.store = Store(":memory:")
        self.now = NOW
        self.warned: list[str] = []
        self.source = WebSource(url, self.store, Web(lambda _: None), lambda: self.now)

    def poll(self) -> list[tuple[str, bytes]]:
        found = []
        for arrived in self.source.poll(self.warned.append):
            assert isinstance(arrived, Arrived)
            found.append((str(arrived.name).rpartition("/")[2], arrived.path.read_bytes()))
            arrived.taken()
        return found


def test_a_folder_gives_what_is_new_or_changed(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("b")
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "a.json").write_text("a")
    (tmp_path / ".hidden.json").write_text("h")
    (tmp_path / "half.json.part").write_text("p")
    (tmp_path / "link.json").symlink_to("/etc/passwd")
    source = FolderSource(tmp_path)

    def names() -> list[str]:
        return [each.path.name for each in source.poll(print)]

    assert names() == ["b.json", "a.json"]
    assert names() == []
    (tmp_path / "b.json").write_text("b, longer")
    assert names() == ["b.json"]
    assert [path.name for path in feed_files(tmp_path)] == ["b.json", "a.json"]


def test_one_file_is_fetched_when_it_changed(site: Site) -> None:
    site.pages["/kev.json"] = b'{"kev": 1}'
    polled = Round(f"{site.url}/kev.json")
    assert polled.poll() == [("kev.json", b'{"kev": 1}')]
    assert polled.poll() == []
    assert site.asked[-1] == ("/kev.json", 304)
    site.pages["/kev.json"] = b'{"kev": 2}'
    assert polled.poll() == [("kev.json", b'{"kev": 2}')]


def test_what_was_not_kept_comes_again(site: Site) -> None:
    site.pages["/kev.json"] = b"{}"
    polled = Round(f"{site.url}/kev.json")
    assert len(list(polled.source.poll(print))) == 1  # not taken: the process ended before it was kept
    assert len(polled.poll()) == 1


def test_a_directory_by_its_changes(site: Site) -> None:
    site.pages["/csaf/changes.csv"] = (
        b'"2026/b.json","2026-11-02T00:00:00Z"\n"2025/a.json","2025-01-01T00:00:00Z"\n'
    )
    site.pages["/csaf/2025/a.json"], site.pages["/csaf/2026/b.json"] = b"a", b"b"
    polled = Round(f"{site.url}/csaf/")
    assert polled.poll() == [("a.json", b"a"), ("b.json", b"b")]
    asked = len(site.asked)
    assert polled.poll() == []
    assert len(site.asked) == asked + 1  # the list alone
    site.pages["/csaf/changes.csv"] = b'"2025/a.json","2026-11-03T00:00:00Z"\n'
    site.pages["/csaf/2025/a.json"] = b"a again"
    assert polled.poll() == [("a.json", b"a again")]


def test_a_directory_by_its_index_is_asked_once_a_day(site: Site) -> None:
    site.pages["/csaf/index.txt"] = b"2025/a.json\nREADME\n"
    site.pages["/csaf/2025/a.json"] = b"a"
    polled = Round(f"{site.url}/csaf/index.txt")
    assert polled.poll() == [("a.json", b"a")]
    assert polled.poll() == []
    assert site.asked[-1][0] == "/csaf/index.txt"
    polled.now = NOW + timedelta(days=2)
    assert polled.poll() == []
    assert site.asked[-1] == ("/csaf/2025/a.json", 304)


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/x.json",
        "/etc/x.json",
        "a/../../x.json",
        "//evil.example/x.json",
        "http://evil.example/x.json",
        "./x.json",
    ],
)
def test_a_path_out_of_the_directory_is_not_followed(site: Site, path: str) -> None:
    site.pages["/csaf/index.txt"] = path.encode() + b"\n"
    polled = Round(f"{site.url}/csaf/")
    assert polled.poll() == []
    assert {asked for asked, _ in site.asked} == {"/csaf/changes.csv", "/csaf/index.txt"}


def test_a_provider_by_its_metadata(site: Site) -> None:
    entry = {"id": "x", "updated": "2026-01-01T00:00:00Z", "content": {"src": f"{site.url}/white/x.json"}}
    feed = {"feed": {"entry": [entry, {"content": {"src": "file:///etc/passwd"}}, "odd"]}}
    site.pages["/white.json"] = json.dumps(feed).encode()
    site.pages["/white/x.json"] = b"x"
    site.pages["/csaf/changes.csv"] = b'"b.json","2026-11-02T00:00:00Z"\n'
    site.pages["/csaf/b.json"] = b"b"
    site.pages["/provider-metadata.json"] = json.dumps(
        {
            "distributions": [
                {"rolie": {"feeds": [{"tlp_label": "WHITE", "url": f"{site.url}/white.json"},
                                     {"tlp_label": "AMBER", "url": f"{site.url}/amber.json"}]}},
                {"directory_url": f"{site.url}/csaf"},
                {"directory_url": f"{site.url}/missing/"},
                "odd",
            ]
        }
    ).encode()  # fmt: skip
    polled = Round(f"{site.url}/provider-metadata.json")
    assert polled.poll() == [("x.json", b"x"), ("b.json", b"b")]
    assert "/amber.json" not in {asked for asked, _ in site.asked}
    assert polled.warned == [
        "`file:///etc/passwd` is not fetched",
        f"{site.url}/missing/changes.csv: 404 Not Found",
    ]
    assert polled.poll() == []


def test_one_that_is_missing_does_not_stop_the_rest(site: Site) -> None:
    site.pages["/csaf/index.txt"] = b"a.json\nb.json\n"
    site.pages["/csaf/b.json"] = b"b"
    polled = Round(f"{site.url}/csaf/")
    assert polled.poll() == [("b.json", b"b")]
    assert polled.warned == [f"{site.url}/csaf/a.json: 404 Not Found"]


def test_nothing_there_at_all(site: Site) -> None:
    with pytest.raises(FetchError, match="404"):
        Round(f"{site.url}/nothing.json").poll()
    with pytest.raises(FetchError):
        Round("ftp://example.org/")
