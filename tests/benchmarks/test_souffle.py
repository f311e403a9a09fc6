"""How Soufflé is called, with a program in its place that only counts lines of its facts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.engine.peers.souffle import Souffle
from benchmarks.engine.programs import closure

#: Says of `path` that it has as many rows as there are edges; with -o it writes itself as the program.
STAND_IN = """#!/bin/sh
output=""
while [ $# -gt 0 ]; do
  case "$1" in
    -F) facts="$2"; shift ;;
    -o) output="$2"; shift ;;
    -j) [ "$2" = 1 ] || exit 3; shift ;;
    *) [ -f "$1" ] || exit 4 ;;
  esac
  shift
done
if [ -n "$output" ]; then cp "$0" "$output"; exit 0; fi
printf 'r_path\\t%s\\n' "$(wc -l < "$facts/r_edge.facts")"
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "souffle").write_text(STAND_IN)
    (folder / "souffle").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("compile", [False, True])
def test_it_is_called_with_the_facts_and_watched(compile: bool, tmp_path: Path) -> None:
    outcome = Souffle(closure.chain(7), tmp_path, compile=compile).run()
    assert outcome.rows == {"path": 7}
    assert outcome.evaluate > 0
    assert 0 < outcome.peak < 200
    assert outcome.own
    assert (tmp_path / "r_path.facts").read_text() == ""
    assert (tmp_path / "r_edge.facts").read_text().splitlines()[0] == "0\t1"


def test_without_it_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="souffle"):
        Souffle(closure.chain(7), tmp_path)
