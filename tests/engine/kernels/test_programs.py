"""Whole programs give the same rows in the same order under both forms of the kernels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from panacea_policy.engine import EvaluationError, Result, compile_program, evaluate, heads, relation, steps
from panacea_policy.engine.kernels import Form
from tests.engine.build import World
from tests.engine.kernels.both import compiled
from tests.engine.programs import Case, cases, table_rows


@contextmanager
def everything_through_kernels(chunk: int = 3) -> Iterator[None]:
    """No relation is small, no frame short, and joins are cut into many pieces."""
    with (
        patch.object(relation, "SMALL", 0),
        patch.object(heads, "CHUNK", chunk),
        patch.object(steps, "CHUNK", chunk),
        patch.object(steps, "_FEW", 0),
    ):
        yield


def run(case: Case, form: Form) -> Result | str:
    try:
        return evaluate(compile_program(case.program), case.database(), kernels=form)
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
            assert plain.derivations(decl.name).head.tolist() == fast.derivations(decl.name).head.tolist()


@settings(max_examples=200)
@given(cases())
def test_random_programs(case: Case) -> None:
    check(case)


@pytest.mark.slow
@settings(max_examples=3_000)
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
