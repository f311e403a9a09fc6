"""A large run that follows its graph equals a fresh one, whatever came or went."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.risk import follow as module
from panacea_policy.risk import scene as scene_module
from panacea_policy.risk import study as study_module
from panacea_policy.risk.follow import Following
from panacea_policy.risk.graph import Graph
from panacea_policy.risk.kernels import Form
from panacea_policy.risk.kernels import steps as kernels
from panacea_policy.risk.scene import Scene
from panacea_policy.risk.study import Study
from tests.risk.graphs import Step, build_named, step_lists, steps
from tests.risk.test_study import study

pytest.importorskip("numba")

#: What came, what went, and what went to come back with another chance, by position.
changes = st.tuples(
    st.lists(steps, max_size=5),
    st.sets(st.integers(0, 12)),
    st.dictionaries(st.integers(0, 12), st.floats(0.01, 1.0)),
)
Change = tuple[list[Step], set[int], dict[int, float]]


def grown(graph: Graph, chosen: list[Step], change: Change) -> tuple[Graph, list[Step]]:
    """The graph after a change, as the compiler carries it on: what went stays without a chance, what came,
    or has another chance, is at the end. And the steps that it is made of.
    """
    came, gone, other = change
    n = len(chosen)
    changed = [i for i in other if i < n and i not in gone and graph.chance[i] > 0]
    steps_ = [*chosen, *came, *(replace(chosen[i], chance=other[i]) for i in changed)]
    made = build_named([(str(k), step) for k, step in enumerate(steps_)], effectiveness=0.5, slows=0.5)
    lost = [i for i in {*gone, *changed} if i < n]
    chance, key, draw = made.chance.copy(), made.key.copy(), made.draw.copy()
    chance[:n] = graph.chance
    key[:n], draw[:n] = graph.key, graph.draw
    for place, i in enumerate(changed, start=n + len(came)):
        key[place], draw[place] = graph.key[i], graph.draw[i]
    chance[lost] = 0.0
    return replace(made, chance=chance, key=key, draw=draw), steps_


def scene(graph: Graph, active: tuple[int, ...], like: Study) -> Scene:
    return Scene(graph, graph.controlled(active), graph.slowed(active), like.sources, like.goals)


def same(run: Following, fresh: Study) -> None:
    for mine, theirs in zip(run.runs, fresh.outcome.time, strict=True):
        assert np.array_equal(mine.outcome, theirs)
        assert np.array_equal(mine.fallen, np.isfinite(theirs))
    goals = list(fresh.goals)
    assert np.array_equal(run.possible[goals], fresh.possible[goals])
    assert run.relevant == fresh.relevant
    assert run.cyclic == fresh.cyclic


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_module, "LARGE", 0)


@given(
    step_lists,
    st.lists(changes, min_size=1, max_size=3),
    st.sampled_from([(), (0,), (0, 1)]),
    st.integers(0, 2),
    st.sampled_from([1, 2, 3, 100]),
    st.sampled_from([3, 4096]),
    st.sampled_from([0, 1 << 20]),
)
@settings(max_examples=40)
def test_a_run_that_follows_equals_a_fresh_one(
    chosen: list[Step],
    made: list[Change],
    active: tuple[int, ...],
    shift: int,
    many: int,
    most: int,
    pairs: int,
) -> None:
    """With a border of any size, and with little or much work allowed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene_module, "MANY", many)
        patch.setattr(kernels, "MOST", most)
        patch.setattr(module, "_MOST_PAIRS", pairs)
        graph = build_named([(str(k), step) for k, step in enumerate(chosen)], effectiveness=0.5, slows=0.5)

        def fresh(of: Graph, **options: object) -> Study:
            return study(of, active, shift=shift, form=Form.NUMBA, threads=2, **options)

        first = fresh(graph, keep=True)
        run = first.following()
        assert run is not None
        same(run, first)
        for change in made:
            graph, chosen = grown(graph, chosen, change)
            again = fresh(graph)
            moved = run.follow(scene(graph, active, again))
            if moved is None:
                run = fresh(graph, keep=True).following()
                assert run is not None
            same(run, again)


def test_what_came_is_followed_and_nothing_is_run_afresh() -> None:
    first = [Step((0,), 2, 0.5, -1, ()), Step((2,), 6, 0.7, -1, ())]
    graph = build_named([(str(k), step) for k, step in enumerate(first)], effectiveness=0.5, slows=0.5)
    run = study(graph, keep=True, form=Form.NUMBA).following()
    assert run is not None
    graph, chosen = grown(graph, first, ([Step((0,), 6, 0.3, -1, ())], set(), {}))
    moved = run.follow(scene(graph, (), study(graph)))
    assert moved is not None
    assert all(each.goals.tolist() == [0] and len(each.new) for each in moved)
    same(run, study(graph))
    graph, chosen = grown(graph, chosen, ([Step((5,), 4, 0.3, -1, ())], set(), {}))
    moved = run.follow(scene(graph, (), study(graph)))
    assert moved is not None
    assert all(not len(each.goals) and not len(each.new) for each in moved)


@pytest.mark.parametrize("other", ["sources", "goals", "pace", "key"])
def test_what_it_cannot_follow_it_leaves_alone(other: str) -> None:
    graph = build_named([("0", Step((0,), 6, 0.5, -1, ()))], effectiveness=0.5, slows=0.5)
    first = study(graph, keep=True, form=Form.NUMBA)
    run = first.following()
    assert run is not None
    now = scene(graph, (), first)
    strange = {
        "sources": replace(now, sources=now.sources[:2]),
        "goals": replace(now, goals=now.goals[:1]),
        "pace": replace(now, pace=now.pace * 2),
        "key": replace(now, graph=replace(graph, key=graph.key + np.uint64(1))),
    }[other]
    assert run.follow(strange) is None
    same(run, first)
    assert run.follow(now) is not None
    same(run, first)


def test_what_went_is_followed_where_it_mattered_and_where_not() -> None:
    first = [Step((0,), 2, 0.5, -1, ()), Step((2,), 6, 0.7, -1, ()), Step((0,), 6, 0.6, -1, ())]
    graph = build_named([(str(k), step) for k, step in enumerate(first)], effectiveness=0.5, slows=0.5)
    run = study(graph, keep=True, form=Form.NUMBA).following()
    assert run is not None
    less, steps_ = grown(graph, first, ([], {2}, {}))
    moved = run.follow(scene(less, (), study(less)))
    assert moved is not None
    assert all(each.spared for each in moved)
    same(run, study(less))
    other, _ = grown(less, steps_, ([], set(), {1: 0.6}))
    moved = run.follow(scene(other, (), study(other)))
    assert moved is not None
    assert any(each.spared for each in moved)
    same(run, study(other))


def test_what_went_as_it_came_to_matter_stays_away() -> None:
    first = [Step((0,), 4, 1.0, -1, ()), Step((), 6, 0.2, -1, ())]
    graph = build_named([(str(k), step) for k, step in enumerate(first)], effectiveness=0.5, slows=0.5)
    run = study(graph, keep=True, form=Form.NUMBA).following()
    assert run is not None
    now, _ = grown(graph, first, ([Step((4,), 6, 1.0, -1, ())], {0}, {}))
    assert run.follow(scene(now, (), study(now))) is not None
    same(run, study(now))
