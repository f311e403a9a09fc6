"""Killed at any moment, a watch loses nothing that was kept and takes every document in exactly once."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from panacea_policy.feeds.store import Store
from tests.service.ward import advisory, catalogue, lay_out

ROOT = Path(__file__).parents[2]
KILLS = 50
#: Imports once, and forks a watch for each line it is given; says its process number, then how it ended.
NURSERY = """
import os
import sys
from datetime import datetime
from pathlib import Path
from panacea_policy.feeds.store import Store
from panacea_policy.risk import RiskOptions
from panacea_policy.service.estimate import FullEstimator
from panacea_policy.service.lock import watching
from panacea_policy.service.session import FeedSession
from panacea_policy.service.sources import FolderSource
from panacea_policy.service.watch import watch
from tests.service.ward import read_note

noon = datetime(2026, 11, 28, 12).astimezone()
options = RiskOptions(trials=200, seed=3, ranked=False, years=20)


def run(model, folder, store, log):
    with log.open("w") as out, watching(store.parent, model), Store(store) as kept:
        estimator = FullEstimator(options)
        session = FeedSession([model], kept, estimator=estimator, reader=read_note, clock=lambda: noon)
        print("begun", file=out, flush=True)
        emit = lambda moment: print(moment.line, file=out, flush=True)
        watch(session, FolderSource(folder), emit=emit, warn=print, once=True)


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run(*map(Path, line.rstrip().split("|")))
            code = 0
        finally:
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Nursery:
    """Starts watches, kills them, and says how they ended."""

    def __init__(self, model: Path, folder: Path, log: Path) -> None:
        self._model, self._folder, self.log = model, folder, log
        self._process = subprocess.Popen(
            [sys.executable, "-c", NURSERY],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._say, self._hear = self._process.stdin, self._process.stdout

    def run(self, store: Path, kill_after: Callable[[], bool] = lambda: False) -> tuple[int, list[str]]:
        """A watch over this store; ``kill_after`` says when to kill it. Its exit code and what it told."""
        self.log.write_text("")
        self._say.write("|".join(map(str, (self._model, self._folder, store, self.log))) + "\n")
        self._say.flush()
        number = int(self._hear.readline())
        ready = select.select([self._hear], [], [], 0)[0]
        while not ready and not kill_after():
            ready = select.select([self._hear], [], [], 0.002)[0]
        if not ready:
            os.kill(number, signal.SIGKILL)
        return int(self._hear.readline()), self.log.read_text().splitlines()

    def close(self) -> None:
        self._say.close()
        self._process.wait(timeout=60)
        self._hear.close()


def documents(folder: Path) -> None:
    """Advisories of ours and of others, later versions of some, a catalogue, and a damaged file."""
    for number in range(14):
        product = ("Volumat 5", "Pump server", "Syringa 9", "Nothing of ours")[number % 4]
        advisory(
            folder, f"{number:02}", f"CVE-2026-{number:04}", product=product, day=f"2026-11-{1 + number:02}"
        )
    advisory(folder / "later", "00", "CVE-2026-0900", product="Volumat 5", day="2026-11-20")
    advisory(
        folder / "later",
        "01",
        "CVE-2026-0001",
        product="Pump server",
        status="not_affected",
        day="2026-11-21",
    )
    catalogue(folder, ["CVE-2026-0005", "CVE-2026-0009"])
    (folder / "half.json").write_text('{"id": "x"')


def state(path: Path) -> dict[str, object]:
    """Everything that a store keeps, but for the times at which its file was written."""
    with Store(path) as store:
        assert store.aside is None
        return {
            "files": [(each.digest, each.source) for each in store.files()],
            "documents": store.documents(),
            "records": {key: store.records(key) for key in store.every_key()},
            "facts": {key: sorted(map(repr, group)) for key, group in store.facts().items()},
            "matches": store.matches(),
            "questions": store.questions(),
            "assumptions": store.assumptions(),
            "damage": store.damage(),
            "timeline": store.timeline(),
        }


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_as_if_undisturbed(tmp_path: Path) -> None:
    model, folder = lay_out(tmp_path / "model"), tmp_path / "in"
    documents(folder)
    nursery = Nursery(model, folder, tmp_path / "log")
    started = time.monotonic()
    code, told = nursery.run(tmp_path / "calm" / "feed.sqlite")
    length = time.monotonic() - started
    assert (code, len(told)) == (0, 19)
    undisturbed = state(tmp_path / "calm" / "feed.sqlite")

    dice = random.Random(11)
    kills, finished, stores = 0, 0, 0
    acknowledged: set[str] = set()
    while kills < KILLS:
        path = tmp_path / f"torn{stores}" / "feed.sqlite"
        # Mostly while documents are taken in, sometimes while the model is being opened.
        early, wait = dice.random() < 0.2, dice.uniform(0, length / 2)
        since = [time.monotonic() if early else None]

        def over(since: list[float | None] = since, wait: float = wait) -> bool:
            if since[0] is None and nursery.log.stat().st_size:
                since[0] = time.monotonic()
            return since[0] is not None and time.monotonic() - since[0] >= wait

        code, told = nursery.run(path, over)
        acknowledged |= set(told) - {"begun"}
        if path.exists():
            with Store(path) as kept:
                assert kept.aside is None
                assert acknowledged <= {moment.line for moment in kept.timeline()}
        if code == 0:
            finished += 1
            assert state(path) == undisturbed
            stores, acknowledged = stores + 1, set()
        else:
            assert code == -signal.SIGKILL
            kills += 1
    path = tmp_path / f"torn{stores}" / "feed.sqlite"
    assert nursery.run(path)[0] == 0
    assert state(path) == undisturbed
    nursery.close()
    assert finished >= 1
