"""The limit of memory: what is counted is what is held, and going beyond is an error that says where."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.engine import (
    Aggregate,
    Atom,
    EvaluationError,
    Limits,
    Var,
    compile_program,
    evaluate,
    memory,
)
from panacea_policy.engine.kernels import Form, using
from panacea_policy.engine.memory import metered
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.values import INT_MAX, INT_MIN
from tests.engine.build import World
from tests.engine.kernels.both import compiled

FORMS = pytest.mark.parametrize("form", [Form.NUMPY, Form.NUMBA])
VALUES = st.one_of(st.integers(0, 40), st.sampled_from([INT_MIN, INT_MAX, 2**45, -(2**33)]))


def closure(nodes: int) -> World:
    world = World("edge ii", "path ii")
    world.facts("edge", [(i, i + 1) for i in range(nodes)])
    world.rule("path(x, y)", "edge(x, y)", name="first")
    return world.rule("path(x, z)", "path(x, y)", "edge(y, z)", name="further")


@FORMS
def test_a_run_that_holds_too_much_says_where(form: Form) -> None:
    compiled()
    world = closure(1_500)
    with pytest.raises(EvaluationError) as caught:
        evaluate(
            compile_program(world.program()), world.database, limits=Limits(max_memory=10 << 20), kernels=form
        )
    assert caught.value.relation == "path"
    assert caught.value.rule is not None
    assert caught.value.rule.name == "further"
    assert "need more than 10 MiB" in str(caught.value)
    # The same program within its means.
    assert len(closure(300).run(limits=Limits(max_memory=10 << 20)).table("path")) == 300 * 301 // 2


@FORMS
def test_joins_and_aggregates_count_too(form: Form) -> None:
    compiled()
    world = World("left ii", "right ii", "count ii")
    world.facts("left", [(i, 0) for i in range(1_000)])
    world.facts("right", [(0, i) for i in range(1_000)])
    body = (Atom("left", (Var("x"), Var("y"))), Atom("right", (Var("y"), Var("z"))))
    world.rule("count(0, n)", Aggregate(Var("n"), "count", None, (), body), name="pairs")
    program = compile_program(world.program())
    assert evaluate(program, world.database, kernels=form).rows("count") == [(0, 1_000_000)]
    with pytest.raises(EvaluationError, match="need more than 32 MiB") as caught:
        evaluate(program, world.database, limits=Limits(max_memory=32 << 20), kernels=form)
    assert (caught.value.relation, caught.value.rule and caught.value.rule.name) == ("count", "pairs")


def test_no_memory_on_the_machine_is_an_error_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(self: Relation, *_: object, **__: object) -> int:
        raise MemoryError

    world = closure(9_000)
    program = compile_program(world.program())
    database = world.database
    monkeypatch.setattr(Relation, "append", exhausted)
    with pytest.raises(EvaluationError, match="the machine has no memory left"):
        evaluate(program, database)


@FORMS
@given(
    batches=st.lists(
        st.tuples(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=30), st.sampled_from("aiIr")),
        max_size=12,
    )
)
def test_what_is_counted_is_what_is_held(
    form: Form, batches: list[tuple[list[tuple[int, int]], str]]
) -> None:
    compiled()
    relation = Relation(2)
    with using(form), metered(1 << 40, 0), pytest.MonkeyPatch.context() as patch:
        patch.setattr("panacea_policy.engine.relation.SMALL", 4)
        for rows, action in batches:
            columns = [np.array([row[at] for row in rows], np.int64) for at in range(2)]
            if action == "a":
                relation.append(columns, len(rows))
            elif action == "r" and relation.size:
                found = np.unique(relation.find(columns, len(rows)))
                relation.retract(found[found >= 0])
            else:
                relation.index((0,) if action == "i" else (1, 0)).contains(
                    columns if action == "I" else columns[:1], len(rows)
                )
            meter = memory._METER.get()
            assert meter is not None
            # Which rows are alive is small and not counted.
            alive = 0 if relation._alive is None else relation._alive.nbytes
            assert meter.held == relation.nbytes - alive


def test_nothing_is_counted_outside_of_runs() -> None:
    memory.reserve(1 << 60)
    memory.check(1 << 60)


@FORMS
def test_a_million_facts_of_three_columns_take_at_most_150_mb(form: Form) -> None:
    compiled()
    random = np.random.default_rng(5)
    with using(form):
        relation = Relation(3)
        columns = [random.integers(0, 100_000, 1_000_000) for _ in range(3)]
        assert relation.append(columns, 1_000_000) == 1_000_000
        for positions in ((0,), (1, 2)):
            relation.index(positions).contains([columns[at] for at in positions], 1_000_000)
    assert relation.nbytes <= 150e6


@FORMS
def test_more_rows_than_there_are_numbers_are_an_error_of_the_run(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled()
    world = closure(1_200)
    program = compile_program(world.program())
    monkeypatch.setattr("panacea_policy.engine.keymap._MOST_IDS", 260_000)
    with pytest.raises(EvaluationError, match="at most 260000 ids") as caught:
        evaluate(program, world.database, kernels=form)
    assert caught.value.relation == "path"
