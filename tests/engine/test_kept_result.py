"""Results that come back from plain data: what follows them is what a fresh run derives, row for row."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import (
    Atom,
    Compiled,
    Database,
    EvaluationError,
    Program,
    RelationDecl,
    Result,
    Rule,
    Symbols,
    Type,
    Var,
    compile_program,
    evaluate,
)
from panacea_policy.engine.kept_result import KeptResult, keep_result, restore_result
from panacea_policy.engine.unchanged import equal
from tests.engine.programs import TEXTS, Case
from tests.engine.test_live import LIMITS, Rows, Step, circular, histories, program_of
from tests.engine.test_random_programs import REPEATABLE
from tests.engine.test_unchanged import alike, database, states


def stored(result: Result) -> KeptResult:
    """A result after a stay on the disk."""
    kept = keep_result(result)
    assert kept is not None
    return msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=KeptResult)


@settings(REPEATABLE, max_examples=60)
@given(st.one_of(histories(), histories(circular())), st.data())
def test_what_follows_a_kept_result_is_what_would_be_derived(
    history: tuple[Case, list[Step]], data: st.DataObject
) -> None:
    case, steps = history
    compiled = program_of(case, frozenset(range(len(case.program.rules))))
    if compiled is None:
        return
    symbols = Symbols(TEXTS)
    earlier: Result | None = None
    facts: Rows = {}
    for facts in states(case, steps):
        first = data.draw(st.sets(st.sampled_from(sorted(compiled.decls))))
        try:
            expected = evaluate(compiled, database(case, facts, symbols), limits=LIMITS)
        except EvaluationError:
            continue
        # As a check does it: a part first, and then what else is wanted.
        given = database(case, facts, symbols)
        base = evaluate(compiled, given, only=first, limits=LIMITS, since=earlier)
        found = evaluate(compiled, given, limits=LIMITS, since=earlier, base=base)
        alike(found, expected)
        earlier = restore_result(stored(found), compiled, symbols)
        for name in compiled.decls:
            assert equal(earlier.relations[name], found.relations[name])
            assert equal(earlier.facts[name], found.facts[name])
    if earlier is not None:
        again = evaluate(compiled, database(case, facts, symbols), limits=LIMITS, since=earlier)
        assert again.differences is not None
        assert not again.differences.touched


def closure() -> Compiled:
    x, y, z = Var("x"), Var("y"), Var("z")
    pair = (("c0", Type.SYMBOL), ("c1", Type.SYMBOL))
    number = (("c0", Type.SYMBOL), ("c1", Type.INT), ("c2", Type.FLOAT))
    declared = [RelationDecl("edge", pair), RelationDecl("path", pair), RelationDecl("weight", number)]
    declared += [RelationDecl("heavy", pair), RelationDecl("light", pair[:1])]
    rules = [
        Rule(Atom("path", (x, y)), (Atom("edge", (x, y)),), "one"),
        Rule(Atom("path", (x, z)), (Atom("path", (x, y)), Atom("edge", (y, z))), "more"),
        Rule(Atom("heavy", (x, x)), (Atom("weight", (x, y, z)),), "heavy"),
        Rule(Atom("light", (x,)), (Atom("edge", (x, y)), Atom("heavy", (x, x), negated=True)), "light"),
    ]
    return compile_program(Program(declared, rules))


def graph(edges: list[tuple[str, str]], weights: list[tuple[str, int, float]], names: list[str]) -> Database:
    made = Database(Symbols(names))
    ids = made.symbols.intern_many
    made.insert("edge", [ids([a for a, _ in edges]), ids([b for _, b in edges])])
    made.insert(
        "weight", [ids([a for a, _, _ in weights]), [n for _, n, _ in weights], [w for _, _, w in weights]]
    )
    return made


EDGES = [("a", "b"), ("b", "c"), ("c", "d"), ("e", "a")]
WEIGHTS = [("a", 7, 0.5), ("d", 2**40, -1.25)]


def test_numbers_of_symbols_may_be_others() -> None:
    compiled = closure()
    kept = stored(evaluate(compiled, graph(EDGES, WEIGHTS, list("abcde"))))
    now = [*"ab", "new", *"cd"]
    edges = [*EDGES[:3], ("d", "new")]
    expected = evaluate(compiled, graph(edges, WEIGHTS, now))
    given = graph(edges, WEIGHTS, now)
    numbers = np.array([0, 1, 3, 4, -1], np.int32)  # a b c d e
    found = evaluate(compiled, given, since=restore_result(kept, compiled, given.symbols, numbers))
    for name in compiled.decls:
        assert equal(found.relations[name], expected.relations[name]), name
    assert found.differences is not None
    assert found.differences.changed == {"edge", "path", "light"}
    assert found.differences.touched == {"edge", "path", "light"}


def test_what_comes_out_as_before_makes_nothing_else_change() -> None:
    compiled = closure()
    earlier = evaluate(compiled, graph(EDGES, WEIGHTS, list("abcde")))
    weights = [("a", 8, 0.5), ("d", 2**40, -1.25)]
    given = graph(EDGES, weights, list("abcde"))
    since = restore_result(stored(earlier), compiled, given.symbols)
    found = evaluate(compiled, given, since=since)
    assert found.differences is not None
    assert found.differences.changed == {"weight"}
    # Proofs may be others all the same.
    assert found.differences.touched == {"weight", "heavy", "light"}
    assert found.rows("light") == earlier.rows("light")


def test_results_of_other_programs_or_damaged_ones_are_refused() -> None:
    compiled = closure()
    kept = stored(evaluate(compiled, graph(EDGES, WEIGHTS, list("abcde"))))
    for change in (
        {"sizes": kept.sizes[:-8]},
        {"symbols": kept.symbols[:-4]},
        {"symbols": np.full(len(kept.symbols) // 4, 77, np.int32).tobytes()},
        {"symbols": np.full(len(kept.symbols) // 4, -1, np.int32).tobytes()},
        {"wide": kept.wide + b"12345678"},
        {"forms": kept.forms + b"1"},
        {"relations": ("nothing", *kept.relations[1:])},
        {"relations": kept.relations[::-1]},
    ):
        bad = msgspec.structs.replace(kept, **change)
        with pytest.raises((KeyError, IndexError, ValueError)):
            restore_result(bad, compiled, Symbols("abcde"))


def test_a_result_that_has_changed_is_not_kept() -> None:
    found = evaluate(closure(), graph(EDGES, WEIGHTS, list("abcde")))
    found.outdate()
    assert keep_result(found) is None
