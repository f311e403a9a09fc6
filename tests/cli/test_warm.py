"""The process that stays behind: its answers are those of a fresh run, and it is in nobody's way."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from panacea_policy.cli import warm
from tests.cli.test_check_new import CALM, RULES

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not warm.available(), reason="takes fork and Unix sockets")


class Model:
    """A model in a folder with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.top = folder / "model"
        self.top.mkdir()
        self.write(RULES + CALM)

    def write(self, text: str) -> None:
        (self.top / "model.panacea").write_text(text)

    def check(self, *words: str) -> tuple[int, str]:
        """The exit code and everything that is printed."""
        call = [sys.executable, "-m", "panacea_policy", "check", "--as-of", "2026-11-23", *words]
        environment = {**os.environ, "PANACEA_CACHE_DIR": str(self.cache), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(call, cwd=self.top, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def wait(self) -> None:
        """Until no process is left."""
        for _ in range(400):
            if not self.sockets():
                return
            time.sleep(0.05)
        pytest.fail("a process did not end")

    def sockets(self) -> list[Path]:
        return sorted((self.cache / "warm").glob("*.socket"))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    """A model; whatever stayed behind for it is told to end."""
    made = Model(tmp_path)
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(made.cache))
    yield made
    for place in made.sockets():
        warm.ask(place.stem, {"end": True})
    made.wait()


EDITS = (
    RULES + CALM + "# a comment\n",
    RULES + CALM + "zone lab { wireless: true }\n",
    "zone lab { trust: 0 }\n" + RULES + CALM,
    RULES.replace("z.trust < 2", "z.trust < 1") + CALM,
    RULES + "zone {\n",
    RULES + CALM.replace("ward", "attic"),
)


@pytest.mark.slow
def test_its_answers_are_those_of_a_fresh_run(model: Model) -> None:
    first = model.check("--warm")
    assert first == model.check("--no-cache")
    (place,) = model.sockets()
    inode = place.stat().st_ino
    for text in EDITS:
        model.write(text)
        assert model.check("--warm") == model.check("--no-cache")
        assert [each.stat().st_ino for each in model.sockets()] == [inode], "another process answered"
    (model.top / "second.panacea").write_text("zone other { trust: 1 }\n")
    assert model.check("--warm", "--quiet") == model.check("--no-cache", "--quiet")


def test_where_it_died_there_is_only_the_old_way(model: Model) -> None:
    model.check("--warm")
    (place,) = model.sockets()
    assert warm.ask(place.stem, {"end": True}) is None
    model.wait()
    place.write_text("no socket\n")
    model.write(EDITS[1])
    assert model.check("--warm") == model.check("--no-cache")


def test_others_must_not_reach_it(model: Model) -> None:
    (model.cache / "warm").mkdir(parents=True, mode=0o700)
    (model.cache / "warm").chmod(0o777)
    assert model.check("--warm")[0] == 1
    assert model.sockets() == []


def test_nonsense_ends_it_and_harms_nobody(model: Model) -> None:
    model.check("--warm")
    (place,) = model.sockets()
    assert warm.ask(place.stem, {"paths": 1}) is None
    model.write(EDITS[1])
    assert model.check("--warm") == model.check("--no-cache")


def test_without_the_option_nothing_stays(model: Model) -> None:
    model.check()
    assert not (model.cache / "warm").exists()
