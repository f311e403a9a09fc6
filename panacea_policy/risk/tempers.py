"""What the draws of all instances of a growing graph come from, to each source; what sources have in common
is held once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panacea_policy.risk.attempts import Source
from panacea_policy.risk.graph import Bools, Floats, Graph, Ints
from panacea_policy.risk.kernels import Draws, Plan
from panacea_policy.risk.kernels.form import NEVER, Shorts
from panacea_policy.risk.kernels.steps import Figures
from panacea_policy.risk.links import extended
from panacea_policy.risk.simulate import draws_of


@dataclass(frozen=True)
class Tempers:
    """``common[temper]``: the figures of everything, to somebody who is able to do everything; sources that
    try equally often and know equally much have one ``temper``, and differ in ``able``. ``made``: the chances
    of the latest instances, to each temper, without and with the controls in place; ``final``: those of all,
    with.
    """

    sources: tuple[Source, ...]
    temper: tuple[int, ...]
    common: tuple[Figures, ...]
    able: tuple[Bools, ...]
    made: tuple[tuple[Floats, Floats], ...]
    final: tuple[Floats, ...]
    seed: int
    shift: int

    @classmethod
    def of(
        cls, graph: Graph, chance: Floats, pace: Floats, sources: Sequence[Source], seed: int, shift: int
    ) -> Tempers:
        kinds: dict[tuple[int, float, bytes], int] = {}
        temper = tuple(kinds.setdefault(_kind(source), len(kinds)) for source in sources)
        empty = cls(tuple(sources), temper, (), (), (), (), seed, shift)
        firsts = [sources[temper.index(n)] for n in range(len(kinds))]
        drawn = [empty._drawn(source, graph, chance, pace) for source in firsts]
        return replace(
            empty,
            common=tuple(_shared([_figures(each) for each, _ in drawn])),
            able=tuple(source.ability(graph).able for source in sources),
            made=tuple(made for _, made in drawn),
            final=tuple(made[1] for _, made in drawn),
        )

    def _drawn(
        self, source: Source, graph: Graph, chance: Floats, pace: Floats
    ) -> tuple[Draws, tuple[Floats, Floats]]:
        ability = replace(source.ability(graph), able=np.ones(len(graph), bool))
        draws = draws_of(
            _every(graph), graph, chance, self.seed, ability=ability, pace=pace, shift=self.shift
        )
        return draws, (ability.chances(graph.chance), ability.chances(chance))

    def grown(
        self, graph: Graph, chance: Floats, pace: Floats, sources: Sequence[Source], first: int
    ) -> Tempers:
        """With the instances from ``first``."""
        later = np.arange(len(graph)) >= first
        part = graph.only(later)
        common: list[Figures] = []
        made: list[tuple[Floats, Floats]] = []
        for n, known in enumerate(self.common):
            source = _only(sources[self.temper.index(n)], later)
            draws, chances = self._drawn(source, part, chance[first:], pace[first:])
            common.append(_joined(known, _figures(draws), self.common[0], common[0] if common else None))
            made.append(chances)
        able = tuple(
            extended(known, _only(source, later).ability(part).able)
            for known, source in zip(self.able, sources, strict=True)
        )
        final = tuple(extended(known, new) for known, (_, new) in zip(self.final, made, strict=True))
        return replace(
            self, sources=tuple(sources), common=tuple(common), able=able, made=tuple(made), final=final
        )

    def figures(self, k: int) -> Figures:
        """Those of a source."""
        common = self.common[self.temper[k]]
        return replace(common, mode=np.where(self.able[k], common.mode, np.uint8(NEVER)))

    def forget(self, gone: Ints) -> None:
        """Instances that went succeed no more."""
        for each, final in zip(self.common, self.final, strict=True):
            each.mode[gone] = NEVER
            final[gone] = 0.0

    def every(self, k: int) -> Floats:
        """The chances of all instances to a source, with the controls in place."""
        return np.where(self.able[k], self.final[self.temper[k]], 0.0)

    def chances(self, k: int, *, bare: bool) -> Floats:
        """The chances of the latest instances to a source, without any control or with those in place."""
        made = self.made[self.temper[k]][0 if bare else 1]
        return np.where(self.able[k][len(self.able[k]) - len(made) :], made, 0.0)

    def twins(self, graph: Graph, gone: Ints, first: int) -> Shorts:
        """Of instances that went those from ``first`` that take their place and are drawn alike, or -1."""
        order = np.argsort(graph.key[first:], kind="stable")
        keys = graph.key[first:][order]
        found = np.full(len(gone), -1, np.int32)
        if not len(keys):
            return found
        place = np.minimum(np.searchsorted(keys, graph.key[gone]), len(keys) - 1)
        for n in np.flatnonzero(keys[place] == graph.key[gone]).tolist():
            old, new = int(gone[n]), first + int(order[place[n]])
            same = (
                graph.draw[old] == graph.draw[new]
                and graph.premises.row(old) == graph.premises.row(new)
                and graph.results.row(old) == graph.results.row(new)
                and all(_lasts_alike(each, old, new) for each in self.common)
            )
            if same:
                found[n] = new
        return found


def _kind(source: Source) -> tuple[int, float, bytes]:
    """What sources of one temper have in common."""
    finds = b"" if source.finds is None or not source.knowledge else source.finds.tobytes()
    return source.tries, source.knowledge, finds


def _lasts_alike(figures: Figures, old: int, new: int) -> bool:
    laws = int(figures.law[old]), int(figures.law[new])
    if min(laws) < 0 or figures.pace[old] != figures.pace[new]:
        return laws == (-1, -1)
    return np.array_equal(figures.tables[laws[0]], figures.tables[laws[1]])


def _only(source: Source, some: Bools) -> Source:
    return replace(
        source,
        able=None if source.able is None else source.able[some],
        finds=None if source.finds is None else source.finds[some],
    )


def _every(graph: Graph) -> Plan:
    """A plan of all instances that is good for drawing only."""
    no, none = np.zeros(0, np.int32), np.zeros(0, np.uint8)
    return Plan(graph.facts, np.arange(len(graph)), no, none, no, no, no, no, no, no)


def _figures(draws: Draws) -> Figures:
    return Figures(
        draws.stream, draws.threshold, draws.mode, draws.shift, draws.effort_stream, draws.law, draws.pace,
        np.ascontiguousarray(draws.tables),
    )  # fmt: skip


def _shared(every: Sequence[Figures]) -> list[Figures]:
    """The same, with what is equal to that of the first held once: all but chances, mostly."""
    names = [each.name for each in fields(Figures)]
    return [
        replace(
            each,
            **{
                name: getattr(every[0], name)
                for name in names
                if np.array_equal(getattr(each, name), getattr(every[0], name))
            },
        )
        for each in every
    ]


def _joined(one: Figures, other: Figures, first: Figures, joined: Figures | None) -> Figures:
    """``one`` with ``other`` behind it; what it has in common with ``first`` is taken from what that was
    ``joined`` to, if it was, and still equal.
    """
    law = np.where(other.law < 0, other.law, other.law + np.int32(len(one.tables))).astype(np.int32)
    more = replace(other, law=law)

    def with_more(name: str) -> NDArray[Any]:
        known, new = getattr(one, name), getattr(more, name)
        if joined is not None and known is getattr(first, name):
            found: NDArray[Any] = getattr(joined, name)
            if not np.array_equal(found[len(found) - len(new) :], new):
                found = found.copy()
                found[len(found) - len(new) :] = new
            return found
        return np.concatenate([known, new]) if name == "tables" else extended(known, new)

    return Figures(*(with_more(each.name) for each in fields(Figures)))
