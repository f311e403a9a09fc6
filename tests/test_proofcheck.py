"""The checker accepts what the engine proves, and nothing that was tampered with."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings

from panacea_policy import proofcheck
from panacea_policy.engine import Aggregate, Apply, Compare, Const, Test, Var
from panacea_policy.proofcheck import Check
from tests.engine.build import World, call, let
from tests.engine.certificates import damaged, document, edited, program
from tests.engine.programs import LONG, Case, cases
from tests.engine.test_random_programs import QUIET, REPEATABLE, evaluated

SOURCE = Path(proofcheck.__file__)
#: What reading a document may raise; anything else would be a fault of the checker.
REFUSES = (ValueError, LookupError, TypeError, AttributeError)


def refusal(proof: Any, known: Any) -> str | None:
    """Why a document is refused; None if it is accepted."""
    try:
        Check(proof, known)
    except REFUSES as reason:
        return str(reason)
    return None


#: What the checker cannot see for itself in these programs; versions are the other thing it takes on trust.
TRUSTED = "there are no others than the"


def check_true_proofs(case: Case) -> None:
    result = evaluated(case)
    if result is None:
        return
    known = program(result)
    for decl in case.program.relations:
        proofs = [result.explain(decl.name, row) for row in result.rows(decl.name)]
        if proofs:
            trusted = Check(document(result, *proofs), known).trusted
            assert all(each.startswith(TRUSTED) or "version_compare" in each for each in trusted)


def check_damaged_proofs(case: Case) -> None:
    result = evaluated(case)
    assume(result is not None)
    assert result is not None
    known = program(result)
    for decl in case.program.relations:
        for row in result.rows(decl.name)[-1:]:
            proof = document(result, result.explain(decl.name, row))
            for what, wrong in damaged(proof):
                if refusal(wrong, known) is None:
                    # What the checker cannot work out it says it takes on trust.
                    trusted = Check(wrong, known).trusted
                    assert any("version_compare" in each for each in trusted), (
                        f"{what} in {json.dumps(proof)}"
                    )


@settings(REPEATABLE, max_examples=100)
@given(cases())
def test_true_proofs_are_accepted(case: Case) -> None:
    check_true_proofs(case)


@settings(REPEATABLE, max_examples=40)
@given(cases())
def test_damaged_proofs_are_refused(case: Case) -> None:
    check_damaged_proofs(case)


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(cases())
def test_both_at_length(case: Case) -> None:
    check_true_proofs(case)
    check_damaged_proofs(case)


def risky() -> World:
    """Two hosts with open ports, one of them patched; the other is at risk."""
    w = World("host s", "open ssi", "patched s", "fixed s", "risk sif")
    w.facts("host", [("h",), ("k",)]).facts("patched", [("k",)])
    w.facts("open", [("h", "ssh", 22), ("h", "http", 80), ("h", "https", 443), ("k", "ssh", 22)])
    w.rule("fixed(x)", "patched(x)", name="fixed")
    count = Aggregate(Var("n"), "count", None, (Var("x"),), (w.atom("open(x, s, p)"), w.literal("p > 79")))
    ports = (w.atom("open(x, _, q)"),)
    mean = Aggregate(Var("m"), "avg", call("*", call("float", "q"), 2), (Var("x"),), ports)
    w.rule("risk(x, t, m)", "host(x)", "not fixed(x)", count, mean, "n > 1", let("t", call("+", "n", 1)))
    return w


def test_absences_aggregates_and_arithmetic_are_worked_out_again() -> None:
    result = risky().run()
    (row,) = result.rows("risk")
    proof, known = document(result, result.explain("risk", row)), program(result)
    assert refusal(proof, known) is None
    for what, wrong in damaged(proof):
        assert refusal(wrong, known) is not None, what
    step = len(proof["steps"]) - 1
    members = proof["steps"][step]["premises"][2]["members"]
    wrong = edited(proof, ("steps", step, "premises", 2, "members"), members[:1])
    assert refusal(wrong, known) == (
        f"step {step}, risk['h', 3, {row[2]}]: ValueError('count has other members')"
    )


def test_rows_are_held_to_their_digest_and_to_the_steps() -> None:
    w = World("p s", "fixed s", "out s").facts("p", [("h",)]).facts("fixed", [("k",), ("l",)])
    result = w.rule("out(x)", "p(x)", "fixed('k')", "not fixed(x)").run()
    proof = document(result, result.explain("out", ("h",)))
    assert refusal(proof, {}) is None
    for rows in ([["k"], ["l"], ["m"]], [["k"]]):
        wrong = edited(proof, ("extensions", "fixed", "rows"), rows)
        assert refusal(wrong, {}) == "the rows of fixed are others"
    wrong = edited(proof, ("extensions", "fixed", "rows"), [["l"]])
    digest = hashlib.sha256(b'["l"]').hexdigest()
    wrong = edited(wrong, ("extensions", "fixed", "sha256"), digest)
    assert "not among all rows" in str(refusal(wrong, {}))


def test_no_proof_rests_on_itself_or_on_another_row() -> None:
    w = World("edge ss", "start s", "reached s").facts("edge", [("a", "b"), ("b", "a"), ("b", "b")])
    w.facts("start", [("a",)]).rule("reached(x)", "start(x)")
    result = w.rule("reached(y)", "reached(x)", "edge(x, y)").run()
    proof, known = document(result, result.explain("reached", ("b",))), program(result)
    assert [step["row"] for step in proof["steps"]] == [["a"], ["a"], ["a", "b"], ["b"]]
    assert refusal(proof, known) is None
    round_about = [
        {**proof["steps"][2], "row": ["b", "b"]},
        {**proof["steps"][3], "bindings": {"x": "b", "y": "b"}, "premises": [{"step": 1}, {"step": 0}]},
    ]
    wrong = {**proof, "steps": round_about, "goals": [1]}
    assert "step 1 does not stand before it" in str(refusal(wrong, known))
    wrong = edited(proof, ("steps", 2, "row"), ["b", "b"])
    assert "not met" in str(refusal(wrong, known))


def test_numbers_that_do_not_exist_and_groups_without_members_are_refused() -> None:
    w = World("p i", "q si", "out i", "many si").facts("p", [(3,)]).facts("q", [("a", 1)])
    w.rule("out(m)", "p(x)", let("m", call("*", "x", "x")))
    count = Aggregate(Var("n"), "count", None, (Var("g"),), (w.atom("q(g, x)"),))
    result = w.rule("many(g, n)", count).run()
    text = json.dumps(document(result, result.explain("out", (9,))))
    assert refusal(json.loads(text), {}) is None
    wrong = text.replace("[3]", f"[{2**40}]").replace("[9]", f"[{2**80}]")
    wrong = wrong.replace('"x": 3', f'"x": {2**40}').replace('"m": 9', f'"m": {2**80}')
    assert "out of range" in str(refusal(json.loads(wrong), {}))
    proof = document(result, result.explain("many", ("a", 1)))
    assert refusal(proof, {}) is None
    step = {
        **proof["steps"][0],
        "row": ["b", 0],
        "bindings": {"g": "b", "n": 0},
        "premises": [{"members": []}],
    }
    assert "count of nothing" in str(refusal({**proof, "steps": [step]}, {}))


def test_what_cannot_be_checked_is_said() -> None:
    result = risky().run()
    (row,) = result.rows("risk")
    trusted = sorted(Check(document(result, result.explain("risk", row)), {}).trusted)
    assert [each.partition(", SHA")[0] for each in trusted] == [
        "the facts are the model's",
        "the rules are the model's",
        "there are no others than the 1 rows of fixed",
        "there are no others than the 4 rows of open",
    ]


def test_relations_with_many_rows_are_trusted_by_their_digest() -> None:
    w = World("p i", "gone i", "out ii")
    w.database.insert("p", [list(range(1_500))])
    w.database.insert("gone", [list(range(100, 1_400))])
    count = Aggregate(Var("n"), "count", None, (), (w.atom("p(x)"),))
    result = w.rule("out(3, n)", count, "p(3)", "not gone(3)").run()
    proof = document(result, result.explain("out", (3, 1_500)))
    assert {name: (each["count"], each["rows"]) for name, each in proof["extensions"].items()} == {
        "p": (1_500, None),
        "gone": (1_300, None),
    }
    trusted = sorted(Check(proof, program(result)).trusted)
    assert [each[:40] for each in trusted] == [
        'the members are right: {"aggregate": "co',
        "what is said of the 1300 rows of gone, S",
        "what is said of the 1500 rows of p, SHA-",
    ]
    wrong = edited(proof, ("steps", 1, "premises", 0, "members"), [{"x": 1}])
    assert "count is 1" in str(refusal(wrong, program(result)))


def test_patterns_and_versions_are_trusted_one_by_one() -> None:
    w = World("name s", "old s")
    w.facts("name", [("v1.2",)])
    older = Compare("<", Apply("version_compare", (Var("x"), w.sym("v1.10"))), Const(0))
    test = Test("matches", (Var("x"), w.sym("v.*")))
    result = w.rule("old(x)", "name(x)", older, test, Test("contains", (Var("x"), w.sym(".")))).run()
    trusted = Check(document(result, result.explain("old", ("v1.2",))), program(result)).trusted
    assert sorted("matches" in each for each in trusted) == [False, True]
    assert all(each.startswith("this holds: ") and each.endswith(' for {"x": "v1.2"}') for each in trusted)


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {},
        {"schema": "panacea/proof/v1"},
        {"schema": "panacea/proof/v1", "goals": [], "steps": [], "rules": [], "extensions": {}},
        {"schema": "panacea/proof/v1", "goals": [0], "steps": [], "rules": [], "extensions": {}},
        {"schema": "panacea/check/v1", "goals": [0], "steps": [{}], "rules": [], "extensions": {}},
        {"schema": "panacea/proof/v1", "goals": [0], "steps": [7], "rules": [], "extensions": {}},
        {"schema": "panacea/proof/v1", "goals": [0], "steps": [{"row": []}], "rules": [], "extensions": {}},
    ],
)
def test_what_is_no_proof_is_refused(wrong: Any) -> None:
    assert refusal(wrong, {}) is not None


def test_aggregates_cannot_keep_the_checker_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofcheck, "MOST", 10_000)
    w = World("p i", "out i")
    w.database.insert("p", [list(range(300))])
    result = w.rule("out(n)", Aggregate(Var("n"), "min", Var("x"), (), (w.atom("p(x)"),))).run()
    proof = document(result, result.explain("out", (0,)))
    assert refusal(proof, {}) is None
    atom = proof["rules"][0]["body"][0]["body"][0]
    body = [{**atom, "terms": [{"var": name}]} for name in "xyzuv"]
    wrong = edited(proof, ("rules", 0, "body", 0, "body"), body)
    assert "too large to work out again" in str(refusal(wrong, {}))


def test_it_is_small_and_stands_alone() -> None:
    text = SOURCE.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported.update(each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_auditors_run_it_by_itself(tmp_path: Path) -> None:
    result = risky().run()
    (row,) = result.rows("risk")
    proof = document(result, result.explain("risk", row))
    files = [tmp_path / name for name in ("proof.json", "wrong.json", "program.json")]
    wrong = edited(proof, ("steps", 0, "row", 0), "k")
    for path, content in zip(files, (proof, wrong, program(result)), strict=True):
        path.write_text(json.dumps(content), "utf-8")
    right = run(files[0], files[2])
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout.splitlines()[0] == "holds"
    assert len(right.stdout.splitlines()) == 3
    refused = run(files[1], files[2])
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("refused: step ")


def run(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Runs the checker's file alone, with nothing but the standard library at hand."""
    command = [sys.executable, "-I", "-S", str(SOURCE), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_a_checker_cannot_work_out_inside_an_aggregate_is_said(tmp_path: Path) -> None:
    """The least of some comparisons of versions: which is less is the engine's word."""
    w = World("part s", "least i").facts("part", [("1.0",), ("2.0",)])
    value = Apply("version_compare", (Var("v"), Var("v")))
    body = (w.literal("part(v)"),)
    result = w.rule("least(n)", Aggregate(Var("n"), "min", value, (), body)).run()
    proof = document(result, result.explain("least", (0,)))
    trusted = Check(proof, program(result)).trusted
    assert any(each.startswith("the members are right") and "version_compare" in each for each in trusted)


@pytest.mark.parametrize("junk", [b"", b"\xff", b"[" * 100_000])
def test_what_is_no_proof_at_all_is_refused_in_a_line(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "proof.json").write_bytes(junk)
    ran = run(tmp_path / "proof.json")
    assert (ran.returncode, ran.stderr[:9], ran.stderr.count("\n")) == (1, "refused: ", 1)


@pytest.mark.parametrize("args", [["a", 10**13], ["%9999999999999d", 5]])
def test_no_text_grows_beyond_what_memory_holds(args: list[Any]) -> None:
    check = Check.__new__(Check)
    for op in ("*", "%"):
        with pytest.raises(TypeError, match="bad operand"):
            check.value({"op": op, "args": [{"value": each} for each in args]}, {})
