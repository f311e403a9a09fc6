"""The loop: what arrives is told once, what fails does not end it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from panacea_policy.feeds.store import Moment, Store
from panacea_policy.service.estimate import NoEstimator
from panacea_policy.service.fetch import FetchError
from panacea_policy.service.session import FeedSession
from panacea_policy.service.sources import Arrived, FolderSource
from panacea_policy.service.watch import watch
from tests.service.ward import advisory, lay_out, read_note


class Enough(Exception):
    """Ends the loop of a test."""


class Sleeps:
    def __init__(self, rounds: int, between: Callable[[], None] = lambda: None) -> None:
        self.slept: list[float] = []
        self._rounds = rounds
        self._between = between

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._between()
        if len(self.slept) == self._rounds:
            raise Enough


def session(folder: Path) -> FeedSession:
    return FeedSession(
        [lay_out(folder / "model")],
        Store(folder / "s.sqlite"),
        estimator=NoEstimator(),
        reader=read_note,
        clock=lambda: datetime(2026, 11, 28, 12).astimezone(),
    )


def test_what_arrives_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    advisory(folder, "A-1", "CVE-2026-0001", product="Volumat 5")
    told: list[Moment] = []
    sleeps = Sleeps(3, lambda: advisory(folder, "A-2", "CVE-2026-0002", product="Volumat 5") and None)
    with suppress(Enough):
        watch(session(tmp_path), FolderSource(folder), emit=told.append, warn=print, interval=5, sleep=sleeps)
    assert [each.what for each in told] == ["A-1 (CSAF)", "A-2 (CSAF)"]
    assert sleeps.slept == [5, 5, 5]


def test_one_round(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    advisory(folder, "A-1", "CVE-2026-0001", product="Volumat 5")
    (folder / "bad.json").write_text("{")
    told: list[Moment] = []
    feeds = session(tmp_path)
    assert watch(feeds, FolderSource(folder), emit=told.append, warn=print, once=True) == 2
    assert watch(feeds, FolderSource(folder), emit=told.append, warn=print, once=True) == 0
    assert len(told) == 2


class Unreachable:
    def poll(self, warn: Callable[[str], None]) -> Iterator[Arrived]:
        raise FetchError("nobody there")
        yield


def test_a_source_that_fails_is_asked_ever_more_rarely(tmp_path: Path) -> None:
    warned: list[str] = []
    sleeps = Sleeps(8)
    with suppress(Enough):
        watch(session(tmp_path), Unreachable(), emit=print, warn=warned.append, interval=60, sleep=sleeps)
    assert warned == ["nobody there"] * 8
    assert sleeps.slept == [120, 240, 480, 960, 1920, 3600, 3600, 3600]
