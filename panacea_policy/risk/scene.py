"""What a study is made of: a graph with the controls in place, who goes through it and where to, and what of
it is kept of a large run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Bools, Floats, Graph, Ints
from panacea_policy.risk.kernels import Kernels

#: Facts that so many instances build on, or lead to, belong to the border.
MANY = 32


@dataclass(frozen=True)
class Scene:
    """A graph with the controls in place, as a study is made of it: ``chance`` and ``pace`` as there."""

    graph: Graph
    chance: Floats
    pace: Floats
    sources: tuple[Source, ...]
    goals: tuple[int, ...]


@dataclass(frozen=True)
class Reach:
    """How far a source gets: the facts that can come to hold at all, and with the controls in place."""

    bare: Bools
    now: Bools


def border(graph: Graph, sources: Sequence[Source]) -> Ints:
    """The facts that many instances build on or lead to, and all that a source starts from."""
    marks = np.bincount(graph.premises.index, minlength=graph.facts) >= MANY
    marks |= np.bincount(graph.results.index, minlength=graph.facts) >= MANY
    for source in sources:
        marks[list(source.start)] = True
    return np.flatnonzero(marks)


def has_cycles(graph: Graph, kernels: Kernels) -> bool:
    """Whether instances of a graph depend on one another."""
    nodes = graph.facts + len(graph)
    lists = [
        each.astype(np.int32) for rows in (graph.users, graph.results) for each in (rows.start, rows.index)
    ]
    component, _ = kernels.components(graph.facts, *lists)
    return bool(len(np.unique(component)) < nodes)


def alike(last: Sequence[Source], now: Sequence[Source], n: int) -> bool:
    """Whether sources take their steps alike on the first ``n`` instances; how often they try may differ."""

    def told(source: Source) -> tuple[object, ...]:
        return (source.name, source.start, source.patience, source.tries, source.knowledge, source.hidden)

    def equal(one: Bools | None, other: Bools | None) -> bool:
        if one is None or other is None:
            return one is other
        return np.array_equal(one[:n], other[:n])

    return len(last) == len(now) and all(
        told(one) == told(other) and equal(one.able, other.able) and equal(one.finds, other.finds)
        for one, other in zip(last, now, strict=True)
    )
