"""Killed at any moment, a watch loses nothing that was kept and takes every document in exactly once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from panacea_policy.feeds.store import Store
from tests.service.ward import advisory, catalogue, lay_out

ROOT = Path(__file__).parents[2]
KILLS = 50
WATCH = """
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

model, folder, store = map(Path, sys.argv[1:])
noon = datetime(2026, 11, 28, 12).astimezone()
options = RiskOptions(trials=200, seed=3, ranked=False, years=20)
with watching(store.parent, model), Store(store) as kept:
    estimator = FullEstimator(options)
    session = FeedSession([model], kept, estimator=estimator, reader=read_note, clock=lambda: noon)
    print("begun", flush=True)
    watch(session, FolderSource(folder), emit=lambda m: print(m.line, flush=True), warn=print, once=True)
"""


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


def begin(arguments: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WATCH, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


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
    calm = begin([str(model), str(folder), str(tmp_path / "calm" / "feed.sqlite")])
    started = time.monotonic()
    said, _ = calm.communicate(timeout=300)
    length = time.monotonic() - started
    assert calm.returncode == 0
    lines = said.splitlines()[1:]
    assert len(lines) == 18
    undisturbed = state(tmp_path / "calm" / "feed.sqlite")

    dice = random.Random(11)
    kills, finished, store = 0, 0, 0
    acknowledged: set[str] = set()
    while kills < KILLS:
        path = tmp_path / f"torn{store}" / "feed.sqlite"
        process = begin([str(model), str(folder), str(path)])
        assert process.stdout is not None
        # Mostly while documents are taken in, sometimes while the model is being opened.
        wait = dice.uniform(0, length)
        if dice.random() < 0.8:
            assert process.stdout.readline() == "begun\n"
            wait = dice.uniform(0, length / 6)
        try:
            process.wait(timeout=wait)
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        acknowledged |= set(process.stdout.read().splitlines()) - {"begun"}
        code = process.wait()
        process.stdout.close()
        if path.exists():
            with Store(path) as kept:
                assert kept.aside is None
                assert acknowledged <= {moment.line for moment in kept.timeline()}
        if code == 0:
            finished += 1
            assert state(path) == undisturbed
            store, acknowledged = store + 1, set()
    last = begin([str(model), str(folder), str(tmp_path / f"torn{store}" / "feed.sqlite")])
    last.communicate(timeout=300)
    assert state(tmp_path / f"torn{store}" / "feed.sqlite") == undisturbed
    assert finished + 1 >= 2
