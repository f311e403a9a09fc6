"""Derivations and proofs on small worlds, written out."""

from __future__ import annotations

import itertools

import pytest

from panacea_policy.engine import (
    Aggregate,
    AggregatePremise,
    EvaluationError,
    Limits,
    NegatedPremise,
    Proof,
    TestPremise,
    Var,
)
from tests.engine.build import World, call, let


def lines(proof: Proof) -> list[str]:
    found = []
    for node in proof.walk():
        by = node.rule.name if node.rule else "fact"
        found.append(f"{node.relation}{node.row} {by} {node.height}")
    return found


def closure(*edges: str) -> World:
    w = World("edge ss", "path ss").facts("edge", [tuple(edge) for edge in edges])
    w.rule("path(x, z)", "path(x, y)", "edge(y, z)", name="step")
    return w.rule("path(x, y)", "edge(x, y)", name="edge")


def test_the_shortest_way_is_shown() -> None:
    proof = closure("ab", "bc", "cd", "de", "bd").run().explain("path", ("a", "e"))
    assert lines(proof) == [
        "path('a', 'e') step 3",
        "path('a', 'd') step 2",
        "path('a', 'b') edge 1",
        "edge('a', 'b') fact 0",
        "edge('b', 'd') fact 0",
        "edge('d', 'e') fact 0",
    ]
    assert proof.bindings == {"x": "a", "y": "d", "z": "e"}
    assert repr(proof) == "<Proof of path('a', 'e') by rule step, height 3>"


def test_a_fact_needs_no_rule() -> None:
    w = closure("ab", "bc").facts("path", [("a", "c")])
    proof = w.run().explain("path", ("a", "c"))
    assert (proof.rule, proof.height, proof.premises) == (None, 0, ())
    assert repr(proof) == "<Proof of path('a', 'c') by fact, height 0>"


def test_cycles_do_not_prove_themselves() -> None:
    result = closure("ab", "ba").run()
    assert result.explain("path", ("a", "a")).height == 2
    assert result.explain("path", ("b", "b")).height == 2
    assert result.explain("path", ("a", "a")) is result.explain("path", ("a", "a"))


def test_long_chains_do_not_recurse() -> None:
    names = [f"n{i}" for i in range(3_000)]
    w = World("edge ss", "reached s").facts("edge", list(itertools.pairwise(names)))
    w.facts("reached", [("n0",)]).rule("reached(y)", "reached(x)", "edge(x, y)")
    proof = w.run().explain("reached", ("n2999",))
    assert proof.height == 2_999
    assert len(list(proof.walk())) == 2_999 + 3_000


def test_leaves_say_what_held() -> None:
    w = World("host s", "open ss", "patched s", "risk ssi")
    w.facts("host", [("h",)]).facts("open", [("h", "p1"), ("h", "p2")])
    count = Aggregate(Var("n"), "count", None, (Var("x"),), (w.atom("open(x, p)"),))
    w.rule(
        "risk(x, 'high', m)",
        "not patched(x)",
        count,
        "not open(_, x)",
        "n > 1",
        "host(x)",
        let("m", call("*", "n", 2)),
    )
    proof = w.run().explain("risk", ("h", "high", 4))
    patched, counted, unopened, compared, host, assigned = proof.premises
    assert isinstance(patched, NegatedPremise)
    assert (patched.atom.relation, patched.row) == ("patched", ("h",))
    assert isinstance(counted, AggregatePremise)
    assert (counted.group, counted.value) == ({"x": "h"}, 2)
    assert counted.members == ({"p": "p1", "x": "h"}, {"p": "p2", "x": "h"})
    assert isinstance(unopened, NegatedPremise)
    assert unopened.row == (None, "h")
    assert isinstance(compared, TestPremise)
    assert str(compared.literal) == "n > 1"
    assert isinstance(host, Proof)
    assert isinstance(assigned, TestPremise)
    assert (proof.height, proof.bindings) == (1, {"m": 4, "n": 2, "x": "h"})


def test_rows_that_do_not_hold_have_no_proof() -> None:
    result = closure("ab").run()
    for row in (("b", "a"), ("a", "nobody"), (1, 2)):
        with pytest.raises(KeyError):
            result.explain("path", row)
    with pytest.raises(KeyError):
        result.explain("nothing", ("a",))


def test_every_derivation_is_listed_once() -> None:
    w = World("from ss", "to ss", "meet ss")
    w.facts("from", [("a", "m"), ("a", "n")]).facts("to", [("m", "b"), ("n", "b"), ("n", "c")])
    w.rule("meet(x, z)", "from(x, y)", "to(y, z)", name="via").rule("meet(x, 'c')", "from(x, _)", name="any")
    found = w.run().derivations("meet")
    assert len(found) == 5
    assert found.rule.tolist() == [0, 0, 0, 1, 1]
    assert found.head.tolist() == [0, 0, 1, 1, 1]
    via, other = found.by_rule
    assert [(premise.literal, premise.relation, premise.rows.tolist()) for premise in via.premises] == [
        (0, "from", [0, 1, 1]),
        (1, "to", [0, 1, 2]),
    ]
    assert {name: len(column) for name, column in via.bindings.items()} == {"x": 3, "y": 3, "z": 3}
    assert other.premises[0].rows.tolist() == [0, 1]
    assert len(w.run().derivations("from")) == 0


def test_derivations_are_bounded() -> None:
    w = World("p i", "out ").rule("out()", "p(x)", "p(y)")
    w.database.insert("p", [list(range(100))])
    result = w.run(limits=Limits(max_tuples=5_000))
    with pytest.raises(EvaluationError, match="more than 5000 instances"):
        result.derivations("out")
