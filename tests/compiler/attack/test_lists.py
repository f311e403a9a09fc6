"""The lists of the graph that make their entries when asked for, and what is found without making any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.compiler import AttackGraph
from panacea_policy.compiler.attack.arrays import Growable, Lists, starts_of, taken
from tests.compiler.attack.test_graph import MODEL
from tests.compiler.workspaces import good_model

lists = st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=12)


@pytest.fixture
def graph(tmp_path: Path) -> AttackGraph:
    return good_model(tmp_path, MODEL).attack()


def test_lists_are_sequences(graph: AttackGraph) -> None:
    for each in (graph.facts, graph.bindings, graph.assumptions):
        entries = list(each)
        assert len(entries) == len(each) > 0
        assert [each[i] for i in range(len(each))] == entries
        assert each[-1] == entries[-1]
        assert each[1:3] == entries[1:3]
        with pytest.raises(IndexError):
            each[len(each)]
        with pytest.raises(IndexError):
            each[-len(each) - 1]


def test_positions_are_the_facts_of_a_relation(graph: AttackGraph) -> None:
    every = [each.relation for each in graph.facts]
    assert set(every) <= set(graph.facts.names())
    for name in graph.facts.names():
        assert graph.positions(name).tolist() == [i for i, each in enumerate(every) if each == name]
    assert graph.positions("nothing").tolist() == []


def test_about_finds_the_facts_that_speak_of_a_declaration(graph: AttackGraph) -> None:
    for name in ("portal", "ehr", "internet", "gang", "care", "nobody"):
        expected = [
            i for i, f in enumerate(graph.facts) if any(getattr(a, "name", a) == name for a in f.args)
        ]
        assert graph.facts.about(name).tolist() == expected, name


def test_entities_of_assumptions_come_once(graph: AttackGraph) -> None:
    names = [each.entity.name for each in graph.assumptions]
    assert [each.name for each in graph.assumptions.entities()] == list(dict.fromkeys(names))


@given(lists, lists)
def test_lists_grow_and_are_taken(one: list[list[int]], other: list[list[int]]) -> None:
    def behind(many: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
        sizes = np.array([len(each) for each in many], np.int64)
        return sizes, np.array([each for row in many for each in row], np.int64)

    sizes, index = behind(one)
    held = Lists(starts_of(sizes), index)
    before = held.start.view(), held.index.view()
    known = [each.copy() for each in before]
    held.append(*behind(other))
    assert all(np.array_equal(*pair) for pair in zip(before, known, strict=True)), "what was handed out stays"
    rows = np.arange(len(one) + len(other))[::-1].copy()
    lengths, entries = taken(held.start.view(), held.index.view(), rows)
    every = [*one, *other][::-1]
    assert lengths.tolist() == [len(each) for each in every]
    assert entries.tolist() == [each for row in every for each in row]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9), st.lists(st.integers(0, 9), max_size=40))
def test_what_a_column_gave_never_changes(values: list[int], more: list[int]) -> None:
    column = Growable(np.array(values, np.int64))
    first = column.view()
    column.append(np.array(more, np.int64))
    second = column.view()
    column.put(np.array([0]), 77)
    assert first.tolist() == values
    assert second.tolist() == values + more
    assert column.view().tolist() == [77, *values[1:], *more]
