"""The checker of absences accepts every one that the engine finds, and none that was tampered with."""

from __future__ import annotations

import ast
import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from panacea_policy import closurecheck
from panacea_policy.closurecheck import Check, text
from panacea_policy.engine import TESTS, Aggregate, Result, Test, Var, compare_versions
from panacea_policy.engine.closure import TooLarge, closure, unchecked
from tests.engine.build import World, call, let
from tests.engine.programs import LONG, Case, cases
from tests.engine.test_random_programs import QUIET, REPEATABLE, evaluated

SOURCE = Path(closurecheck.__file__)
REFUSES = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
Json = Any


def document(result: Result, goal: str) -> Json:
    """The certificate as a file would have it."""
    return json.loads(json.dumps({"schema": "panacea/absence/v1", **closure(result, goal)}))


def refusal(certificate: Json, program: Json | None = None) -> str | None:
    """Why a certificate is refused; None if it is accepted."""
    try:
        Check(certificate, program or {})
    except REFUSES as reason:
        return str(reason)
    return None


def program_of(certificate: Json) -> Json:
    """What an auditor may know of the program."""
    return {each: certificate[each] for each in ("goal", "rules", "facts")}


def without_rows(certificate: Json) -> Iterator[tuple[str, Json]]:
    """Certificates that lack one row of a closed set each: none of them is closed."""
    for name, rows in certificate["closed"].items():
        for number in range(len(rows)):
            wrong = copy.deepcopy(certificate)
            del wrong["closed"][name][number]
            yield f"{name}{rows[number]} left out", wrong


def check_all_absences(case: Case) -> None:
    result = evaluated(case)
    if result is None:
        return
    for decl in case.program.relations:
        if decl.name not in result.compiled.uses:
            continue
        if len(result.table(decl.name)):
            with pytest.raises(ValueError, match="the claim may have a row"):
                closure(result, decl.name)
            continue
        certificate = document(result, decl.name)
        assert refusal(certificate, program_of(certificate)) is None
        # Each row of a least model is a fact, or follows from rows with lower proofs: it is missed.
        for what, wrong in without_rows(certificate):
            assert refusal(wrong) is not None, what


def check_false_claims(case: Case) -> None:
    """What has rows is not let pass as absent: neither with its rows nor without, nor with a fact left out
    that the auditor knows.
    """
    result = evaluated(case)
    if result is None:
        return
    for decl in case.program.relations:
        if decl.name not in result.compiled.uses:
            continue
        lie = json.loads(json.dumps({"schema": "panacea/absence/v1", **unchecked(result, decl.name)}))
        lie["oracle"] = AnyAnswer()
        if lie["closed"][decl.name]:
            assert refusal(lie) is not None
            lie["closed"][decl.name] = []
            assert refusal(lie) is not None
        known = program_of(copy.deepcopy({**lie, "oracle": {}}))
        for name in sorted(lie["facts"]):
            for row in list(lie["facts"][name][:1]):
                lie["facts"][name].remove(row)
                assert refusal(lie, known) is not None
                lie["facts"][name].append(row)


class AnyAnswer(dict[str, Any]):
    """The engine's answers to what a checker does not work out."""

    def __missing__(self, key: str) -> Any:
        op, left, right = json.loads(key)
        return compare_versions(left, right) if op == "version_compare" else TESTS[op](left, right)


@settings(REPEATABLE, max_examples=150)
@given(cases())
def test_true_absences_are_accepted_and_holes_are_found(case: Case) -> None:
    check_all_absences(case)


@settings(REPEATABLE, max_examples=60)
@given(cases())
def test_false_claims_are_refused(case: Case) -> None:
    check_false_claims(case)


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(cases())
def test_both_at_length(case: Case) -> None:
    check_all_absences(case)
    check_false_claims(case)


def network() -> World:
    """Guests reach a printer, and nothing leads from there to the pump; what is blocked leads nowhere."""
    w = World("way ss", "blocked ss", "reaches s", "pump s", "start s", "shut ss", "found s")
    w.facts("way", [("wifi", "printer"), ("printer", "pump"), ("office", "pump")])
    w.facts("blocked", [("printer", "pump")]).facts("pump", [("pump",)]).facts("start", [("wifi",)])
    w.rule("shut(x, y)", "blocked(x, y)", name="shut").rule("reaches(x)", "start(x)", name="start")
    w.rule("reaches(y)", "reaches(x)", "way(x, y)", "not shut(x, y)", name="step")
    return w.rule("found(x)", "reaches(x)", "pump(x)", name="goal")


def test_an_absence_is_closed_and_says_what_is_trusted() -> None:
    certificate = document(network().run(), "found")
    assert certificate["closed"] == {
        "found": [],
        "reaches": [["wifi"], ["printer"]],
        "shut": [["printer", "pump"]],
    }
    trusted = Check(certificate, {}).trusted
    assert [each.split(", SHA")[0] for each in trusted] == [
        "found is what is claimed to be absent",
        "the model has these 4 rules and no others",
        "the model has these 6 facts and no others",
    ]
    assert Check(certificate, program_of(certificate)).trusted == []


def test_a_larger_set_is_as_good_where_nothing_is_negated() -> None:
    certificate = document(network().run(), "found")
    certificate["closed"]["reaches"].append(["somewhere else"])
    assert refusal(certificate) is None


def test_a_larger_set_of_what_is_negated_is_not_founded() -> None:
    w = network()
    w.database = type(w.database)(w.symbols)
    w.facts("way", [("wifi", "pump")]).facts("pump", [("pump",)]).facts("start", [("wifi",)])
    with pytest.raises(ValueError, match="may have a row"):
        closure(w.run(), "found")
    lie = document(network().run(), "found")
    lie["facts"] = {"way": [["wifi", "pump"]], "pump": [["pump"]], "start": [["wifi"]], "blocked": []}
    lie["closed"] = {"found": [], "reaches": [["wifi"]], "shut": [["wifi", "pump"]]}
    assert refusal(lie) == """not founded: shut('"wifi"', '"pump"') is inside, but nothing leads to it"""


def test_what_holds_itself_up_is_not_founded() -> None:
    w = World("a s", "b s", "c s", "goal s").facts("c", [("h",)])
    w.rule("a(x)", "b(x)", name="one").rule("b(x)", "a(x)", name="two")
    certificate = document(w.rule("goal(x)", "c(x)", "a(y)", "x = y", name="goal").run(), "goal")
    assert refusal(certificate) is None
    w = World("a s", "b s", "c s", "goal s").facts("c", [("h",)])
    w.rule("a(x)", "b(x)", name="one").rule("b(x)", "a(x)", name="two")
    with pytest.raises(ValueError, match="may have a row"):
        closure(w.rule("goal(x)", "c(x)", "not a(x)", name="goal").run(), "goal")
    lie = {**certificate, "rules": [dict(each) for each in certificate["rules"]]}
    lie["rules"][2] = {
        "name": "goal",
        "text": "",
        "head": {"relation": "goal", "terms": [{"var": "x"}], "negated": False},
        "body": [
            {"relation": "c", "terms": [{"var": "x"}], "negated": False},
            {"relation": "a", "terms": [{"var": "x"}], "negated": True},
        ],
    }
    lie["closed"] = {"goal": [], "a": [["h"]], "b": [["h"]]}
    assert "not founded: a" in str(refusal(lie))
    lie["rules"][0]["body"] = [{"relation": "goal", "terms": [{"var": "x"}], "negated": False}]
    assert refusal(lie) == "goal rests on its own absence"


def test_arithmetic_aggregates_and_patterns_are_worked_out_or_said_to_be_trusted() -> None:
    w = World("host s", "open ssi", "busy si", "old s", "goal s")
    w.facts("host", [("h",), ("k",)]).facts("open", [("h", "ssh", 22), ("h", "http", 80), ("k", "ssh", 22)])
    count = Aggregate(Var("n"), "count", None, (Var("x"),), (w.atom("open(x, _, p)"), w.literal("p > 21")))
    w.rule("busy(x, t)", "host(x)", count, let("t", call("+", "n", 1)), name="busy")
    w.rule("old(x)", "host(x)", Test("matches", (Var("x"), w.sym("z.*"))), name="old")
    w.rule("goal(x)", "busy(x, t)", "t > 3", name="many").rule("goal(x)", "old(x)", name="old")
    certificate = document(w.run(), "goal")
    assert sorted(certificate["closed"]["busy"]) == [["h", 3], ["k", 2]]
    assert certificate["oracle"] == {text(["matches", each, "z.*"]): False for each in ("h", "k")}
    assert "2 results of text patterns and versions" in Check(certificate, {}).trusted
    certificate["closed"]["busy"] = [["h", 2], ["k", 2]]
    assert "busy gives busy" in str(refusal(certificate))


def test_another_goal_or_rule_is_refused() -> None:
    certificate = document(network().run(), "found")
    known = program_of(certificate)
    other = {**certificate, "closed": {**certificate["closed"], "nothing": []}, "goal": "nothing"}
    assert refusal(other) is None
    assert refusal(other, known) == "the goal is not that of the claim"
    fewer = {**certificate, "rules": certificate["rules"][:-1]}
    assert refusal(fewer, known) == "not closed: the rules are not those of the program"


def test_what_is_too_large_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("panacea_policy.engine.closure.MAX_ROWS", 3)
    with pytest.raises(TooLarge):
        closure(network().run(), "found")


def test_it_stands_alone_and_runs_as_a_program(tmp_path: Path) -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(SOURCE.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [n.name for n in node.names]
        )
    }
    assert imported <= set(sys.stdlib_module_names)
    certificate = document(network().run(), "found")
    file = tmp_path / "absence.json"
    file.write_text(json.dumps(certificate))
    ran = subprocess.run([sys.executable, SOURCE, file], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (0, "closed: it is absent")
    certificate["closed"]["reaches"].pop()
    file.write_text(json.dumps(certificate))
    ran = subprocess.run([sys.executable, SOURCE, file], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.startswith("refused: not closed: step gives reaches")
    for junk in (b"", b"\xff", b"[" * 100_000):
        file.write_bytes(junk)
        ran = subprocess.run([sys.executable, SOURCE, file], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr[:9]) == (1, "refused: ")
    ran = subprocess.run([sys.executable, SOURCE], capture_output=True, text=True, check=False)
    assert ran.stderr.startswith("usage: ")


@pytest.mark.parametrize(
    "expr",
    [
        {"op": "*", "args": [{"value": "a"}, {"value": 10**13}]},
        {"op": "%", "args": [{"value": "%9999999999999d"}, {"value": 5}]},
        {"op": "concat", "args": [{"value": "a" * 600_000}] * 2},
    ],
)
def test_no_text_grows_beyond_what_memory_holds(expr: Json) -> None:
    head = {"relation": "goal", "terms": [{"var": "x"}]}
    bound = {"op": "=", "negated": False, "opaque": False, "args": [{"var": "x"}, expr]}
    rule = {"name": "r", "head": head, "body": [bound]}
    told = {"facts": {}, "rules": [rule], "closed": {"goal": []}, "goal": "goal", "oracle": {}}
    assert refusal({"schema": "panacea/absence/v1", **told}) in (
        "bad operand type for unary +: 'str'",
        "a text is too long",
    )
