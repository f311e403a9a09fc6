"""Whole programs give the same rows in the same order under both forms of the kernels."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import (
    EvaluationError,
    Limits,
    ProgramErrors,
    Result,
    compile_program,
    evaluate,
    heads,
    relation,
    steps,
)
from panacea_policy.engine.kernels import Form
from tests.engine.build import World
from tests.engine.kernels.both import compiled
from tests.engine.programs import LONG, Case, cases, table_rows


@contextmanager
def everything_through_kernels(chunk: int = 3, longest: int = 8192) -> Iterator[None]:
    """No relation is small, no frame short, and joins are cut into many pieces."""
    with (
        patch.object(relation, "SMALL", 0),
        patch.object(heads, "CHUNK", chunk),
        patch.object(steps, "CHUNK", chunk),
        patch.object(sys.modules["panacea_policy.engine.chase"], "CHUNK", chunk),
        patch.object(sys.modules["panacea_policy.engine.chase"], "LONGEST", longest),
        patch.object(sys.modules["panacea_policy.engine.evaluate"], "LONGEST", longest),
        patch.object(steps, "_FEW", 0),
    ):
        yield


LIMITS = Limits(max_tuples=2_000, max_rounds=12, max_matches=20_000)


def run(case: Case, form: Form) -> Result | str:
    try:
        return evaluate(compile_program(case.program), case.database(), limits=LIMITS, kernels=form)
    except ProgramErrors as errors:
        return str(errors)
    except EvaluationError as error:
        return str(error)


def heads_of(result: Result, name: str) -> list[int] | str:
    """The heads of all derivations, or why they cannot be told."""
    try:
        return result.derivations(name).head.tolist()
    except EvaluationError as error:
        return str(error)


def check(case: Case) -> None:
    compiled()
    with everything_through_kernels():
        plain, fast = run(case, Form.NUMPY), run(case, Form.NUMBA)
        if isinstance(plain, str) or isinstance(fast, str):
            assert plain == fast
            return
        for decl in case.program.relations:
            assert table_rows(plain, decl.name) == table_rows(fast, decl.name)
            one, two = plain._relations[decl.name], fast._relations[decl.name]
            # In order of derivation, too: proofs and the numbers of rows depend on it.
            assert [c.tolist() for c in one.columns()] == [c.tolist() for c in two.columns()]
            assert heads_of(plain, decl.name) == heads_of(fast, decl.name)


@settings(max_examples=120)
@given(cases())
def test_random_programs(case: Case) -> None:
    check(case)


@pytest.mark.slow
@settings(max_examples=LONG)
@given(cases())
def test_random_programs_at_length(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("form", [Form.NUMPY, Form.NUMBA])
@pytest.mark.parametrize("chunk", [2, 250_000])
def test_heads_of_every_make(form: Form, chunk: int) -> None:
    """Columns from the binding, the row and constants, in any order; ranges that grow on the way."""
    compiled()
    world = World("edge ii", "path iii", "far ii", "wide ii")
    world.facts("edge", [(i, (i * 7 + 3) % 40) for i in range(40)] + [(i, i + 1) for i in range(39)])
    world.rule("path(x, 5, y)", "edge(x, y)")
    world.rule("path(z, 5, x)", "path(x, n, y)", "edge(y, z)")
    world.rule("far(y, y)", "path(x, n, y)", "edge(y, z)", "edge(z, x)")
    world.rule("wide(x, y)", "edge(x, y)")
    world.rule(f"wide({2**40}, z)", "wide(x, y)", "edge(y, z)")
    world.rule(f"wide(z, {-(2**62)})", "wide(x, y)", "edge(y, z)")
    edges = set(zip(*([c.tolist() for c in world.database.relation("edge").columns]), strict=True))
    path = {(x, 5, y) for x, y in edges}
    while True:
        more = {(z, 5, x) for x, _, y in path for w, z in edges if w == y} | path
        if more == path:
            break
        path = more
    with everything_through_kernels(chunk):
        result = evaluate(compile_program(world.program()), world.database, kernels=form)
    assert set(result.rows("path")) == path
    assert set(result.rows("far")) == {
        (y, y) for x, _, y in path for z in range(41) if {(y, z), (z, x)} <= edges
    }
    ends = {y for _, y in edges}
    seconds = {z for w, z in edges if w in ends}
    wide = edges | {(2**40, z) for z in seconds} | {(z, -(2**62)) for z in seconds}
    assert set(result.rows("wide")) == wide


VALUES = st.one_of(st.integers(0, 6), st.sampled_from([-2, 2**30, -(2**35)]))
STEPS = (
    ("path(x, n, z)", "path(x, n, y)", "edge(y, m, z)"),
    ("path(z, x, n)", "path(x, n, y)", "edge(y, m, z)"),
    ("path(x, 3, z)", "path(x, n, y)", "edge(n, y, z)"),
    ("path(z, m, 1)", "path(x, n, y)", "edge(y, m, z)"),
    ("path(y, z, x)", "path(x, n, y)", "edge(y, 1, z)"),
    ("path(z, z, z)", "path(x, n, y)", "edge(y, m, z)"),
    ("path(m, w, z)", "path(x, n, y)", "edge(m, w, z)", "x < 3"),
)


@settings(max_examples=150)
@given(
    st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=25),
    st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=8),
    st.sampled_from(STEPS),
    st.sampled_from([1, 4, 250_000]),
    st.sampled_from([0, 2, 8192]),
)
def test_recursions_through_one_join(
    edges: list[tuple[int, int, int]],
    starts: list[tuple[int, int, int]],
    rule: tuple[str, ...],
    chunk: int,
    longest: int,
) -> None:
    """Rows, their order, rounds and stages are those of NumPy's form, which goes round by round."""
    compiled()
    world = World("edge iii", "path iii")
    world.facts("edge", edges).facts("path", starts).rule(*rule)
    program = compile_program(world.program())
    with everything_through_kernels(chunk, longest):
        plain, fast = (evaluate(program, world.database, kernels=form) for form in (Form.NUMPY, Form.NUMBA))
    one, two = (result._relations["path"] for result in (plain, fast))
    assert [column.tolist() for column in one.columns()] == [column.tolist() for column in two.columns()]
    assert [(s.rounds, s.tuples) for s in plain.stats.values()] == [
        (s.rounds, s.tuples) for s in fast.stats.values()
    ]


@pytest.mark.parametrize("limits", [Limits(max_rounds=9), Limits(max_tuples=60), Limits(max_matches=60)])
def test_limits_end_both_forms_alike(limits: Limits) -> None:
    compiled()
    world = World("edge ii", "path ii")
    world.facts("edge", [(i, i + 1) for i in range(12)])
    world.rule("path(x, y)", "edge(x, y)").rule("path(x, z)", "path(x, y)", "edge(y, z)")
    program = compile_program(world.program())
    messages = []
    for form in (Form.NUMPY, Form.NUMBA):
        with everything_through_kernels(), pytest.raises(EvaluationError) as caught:
            evaluate(program, world.database, limits=limits, kernels=form)
        messages.append((caught.value.message, caught.value.relation))
    assert messages[0] == messages[1]
    enough = Limits(max_rounds=13, max_tuples=78, max_matches=100)
    for form in (Form.NUMPY, Form.NUMBA):
        with everything_through_kernels():
            assert len(evaluate(program, world.database, limits=enough, kernels=form).table("path")) == 78
