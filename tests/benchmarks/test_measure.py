"""Measuring: processes, bounds, comparison of rows, and what is written of it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.engine import __main__ as command
from benchmarks.engine import memory
from benchmarks.engine.figures import FIGURES, apply_to
from benchmarks.engine.goals import exponent
from benchmarks.engine.markdown import page
from benchmarks.engine.measure import Failed, Line, Measured, Sample, check_rows, laboratory
from benchmarks.engine.peers.outcome import derived
from benchmarks.engine.problem import Problem
from benchmarks.engine.programs import attack, closure, points_to, policy
from benchmarks.engine.report import Report, line_text
from panacea_policy.engine import compile_program, evaluate


@pytest.fixture(autouse=True)
def _no_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANACEA_KERNELS", "numpy")


def sample(seconds: float = 1.0, peak: float = 50.0, *, rows: int = 5, numba: bool = False) -> Sample:
    return Sample(seconds / 4, seconds * 3 / 4, seconds, peak, 20.0, {"path": rows}, numba, compiled=False)


def line(name: str, **measured: Measured) -> Line:
    return Line(name, name, 2, 10, 5, False, tuple(measured.values()))


def ours(*seconds: float, peak: float = 50.0) -> Measured:
    return Measured("ours", 9.0, tuple(sample(each, peak) for each in seconds))


def test_the_first_run_is_told_from_the_others() -> None:
    measured = ours(9.0, 3.0, 1.0, 2.0)
    assert (measured.first, measured.seconds) == (9.0, 2.0)
    assert ours(4.0).seconds == 4.0


def test_engines_that_derive_other_rows_are_an_error() -> None:
    other = Measured("clingo", 9.0, (sample(rows=6),))
    with pytest.raises(Failed, match="`path` has 5 rows by ours and 6 by clingo"):
        check_rows("closure", [ours(1.0), other])
    assert check_rows("closure", [ours(1.0), Measured("clingo", 9.0, ())]) == {"path": 5}


def test_an_engine_that_takes_too_long_is_shown_with_the_bound() -> None:
    text = line_text(line("closure", ours=ours(1.0), other=Measured("clingo", 40.0, ())))
    assert "> 40 s" in text


def test_a_run_is_stopped_at_the_bound() -> None:
    with laboratory(repeat=1, bound=0.001) as lab, lab.problem(closure.random(300, 1_200)) as place:
        assert lab.measure("ours", place).samples == ()


def test_a_process_that_fails_says_why() -> None:
    with laboratory(repeat=1, bound=9.0) as lab, lab.problem(closure.chain(3)) as place:
        (place / "problem.pickle").write_bytes(b"no pickle")
        with pytest.raises(Failed, match="ours on closure_chain: exit 1"):
            lab.measure("ours", place)


def test_a_process_measures_time_memory_and_rows() -> None:
    with laboratory(repeat=2, bound=30.0) as lab, lab.problem(closure.chain(20)) as place:
        measured = lab.measure("ours", place)
    assert len(measured.samples) == 2
    assert measured.rows == {"path": 210}
    assert all(each.seconds > 0 and each.peak >= each.base > 5 for each in measured.samples)
    assert not any(each.numba for each in measured.samples)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the peak cannot be forgotten")
def test_the_peak_can_be_forgotten() -> None:
    large = np.ones(40_000_000, np.int8)
    assert memory.peak() >= memory.held() - 1
    with_large = memory.peak()
    del large
    memory.forget_peak()
    assert memory.peak() < with_large - 20


# ------------------------------------------------------------------------------------ what is written


def test_goals_are_judged() -> None:
    report = Report("a machine", 3, False)
    report.lines = [
        line("closure_random", ours=ours(1.0, 0.8), other=Measured("clingo", 9.0, (sample(3.0),))),
        line("closure_chain", ours=ours(1.0, 0.2)),
        line("closure_layered", ours=ours(2.0), other=Measured("clingo", 40.0, ())),
        line("compliance", ours=Measured("ours", 40.0, ())),
        line("rules_200", ours=Measured("ours", 9.0, (sample(0.01, numba=True),))),
    ]
    report.figures = {"memory": {"evaluated": 151.0}, "explain": {"first": 0.1, "max": 0.3}}
    found = {text: (value, met) for text, value, met in report.goals()}
    assert found["closure_random: at most 0.9 s"] == ("0.800 s", True)
    assert found["closure_random: 5 times as fast as clingo"] == ("3.8 times", False)
    assert found["closure_chain: at most 0.1 s"] == ("0.200 s", False)
    assert found["closure_layered: 5 times as fast as clingo"] == ("at least 20.0 times", True)
    assert found["compliance: at most 3 s"] == ("> 40 s", False)
    assert found["rules_200: Numba is not imported"] == ("imported", False)
    assert found["1 M facts of arity 3: at most 150 MB"] == ("151 MB", False)
    assert found["explain: at most 200 ms"] == ("300 ms", False)


def test_a_quick_run_judges_nothing() -> None:
    report = Report("a machine", 3, True)
    report.lines = [line("closure_random", ours=ours(0.8))]
    assert report.goals() == []


def test_the_exponent_is_that_of_the_steepest_step() -> None:
    assert exponent([(1, 2), (10, 20), (100, 200)]) == pytest.approx(1.0)
    assert exponent([(1, 2), (10, 3), (100, 300)]) == pytest.approx(2.0)


def test_a_run_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("duckdb")
    found, written = tmp_path / "found.json", tmp_path / "page.md"
    words = [
        "--quick",
        "--only",
        "closure_chain",
        "--only",
        "memory",
        "--repeat",
        "1",
        "--peers",
        "ours,duckdb",
    ]
    monkeypatch.setattr(sys, "argv", ["bench", *words, "--json", str(found), "--markdown", str(written)])
    command.main()
    printed = capsys.readouterr().out
    assert "5,050 rows derived" in printed
    assert "20,000 facts" in printed
    data = json.loads(found.read_text())
    (problem,) = data["problems"]
    assert [each["peer"] for each in problem["engines"]] == ["ours", "duckdb", "duckdb, 2 threads"]
    assert problem["rows"] == 5_050
    assert data["figures"]["memory"]["facts"] == 20_000
    text = written.read_text()
    assert text == page(data)
    assert "| closure_chain | " in text


def test_programs_that_duckdb_runs_as_a_loop() -> None:
    assert not command.has_loop(closure.chain(3).program)
    assert not command.has_loop(policy.make(2, 20, 20).program)
    assert command.has_loop(points_to.make(20).program)
    assert command.has_loop(attack.make(100).program)


def test_a_name_in_full_is_meant_alone() -> None:
    assert command.parse(["--only", "attack_1000"]).names == ["attack_1000"]
    assert command.parse(["--only", "attack"]).names == ["attack_1000", "attack_10000", "attack_100000"]
    assert command.parse(["--only", "policy", "--only", "clos"]).names[-1] == "policy"
    assert len(command.parse([]).names) == 18


@pytest.mark.parametrize("words", [["--repeat", "0"], ["--only", "nothing"], ["--peers", "prolog"]])
def test_what_there_is_not_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        command.parse(words)
    assert exit.value.code == 2
    assert words[0 if words[0] == "--repeat" else 1] in capsys.readouterr().err


# ------------------------------------------------------------------------------------ changes and figures


@pytest.fixture(scope="module")
def small() -> Problem:
    return policy.make(2, 100, 300)


def test_changes_are_small_and_the_same_every_time(small: Problem) -> None:
    changes = policy.changes(small)
    assert len(changes) == 50
    assert len({change.kind for change in changes}) == 10
    for one, other in zip(changes, policy.changes(small), strict=True):
        assert one.kind == other.kind
        for mine, theirs in ((one.insert, other.insert), (one.retract, other.retract)):
            assert mine.keys() == theirs.keys()
            assert all(map(np.array_equal, map(np.array, mine.values()), map(np.array, theirs.values())))
            assert all(len(columns[0]) <= 10 for columns in mine.values())


def test_what_changes_retract_is_there(small: Problem) -> None:
    facts = dict(small.facts)
    for change in policy.changes(small):
        before = {name: len(facts[name][0]) for name in facts}
        apply_to(facts, change)
        for name, rows in change.retract.items():
            if name not in change.insert:
                assert len(facts[name][0]) == before[name] - len(rows[0])
    assert all(len(columns[0]) for columns in facts.values())


def test_changes_change_what_follows(small: Problem) -> None:
    compiled = compile_program(small.program)
    symbols = small.symbols()
    facts = dict(small.facts)
    for change in policy.changes(small):
        apply_to(facts, change)
    before = evaluate(compiled, small.database(symbols))
    changed = replace(small, facts=facts)
    after = evaluate(compiled, changed.database(symbols))
    differing = [
        name
        for name in derived(small.program)
        if not all(map(np.array_equal, before.table(name).columns, after.table(name).columns))
    ]
    assert {"effective", "in_group", "active", "suspect"} <= set(differing)


def test_a_retraction_and_an_insertion_on_columns() -> None:
    facts = {"e": [np.array([1, 2, 3]), np.array([1, 2, 3])]}
    new = [np.array([7, 3]), np.array([7, 3])]
    apply_to(facts, policy.Change("both", {"e": new}, {"e": [np.array([2]), np.array([2])]}))
    assert [column.tolist() for column in facts["e"]] == [[1, 3, 7], [1, 3, 7]]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_at_a_small_size(name: str) -> None:
    found = FIGURES[name].run(quick=True)
    json.dumps(found)
    assert FIGURES[name].lines(found)
