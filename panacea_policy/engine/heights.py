"""The heights of all rows that a relation rests on: the program is run once more, heights carried along.

A fact has height 0; a derived row one more than the highest premise of its lowest derivation. The rows are
known already, so a stratum without recursion takes one run of each rule. A recursive one is settled level by
level, as Knuth's generalisation of Dijkstra's algorithm has it (Information Processing Letters 6, 1977): the
rows of the lowest height not yet settled cannot become lower, for nothing derived from what is left is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.derivations import head_rows
from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.given import Given
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.plan import Planner, head_vars
from panacea_policy.engine.steps import DeltaScan, Distinct, Join, SemiJoin, Step, run_steps
from panacea_policy.engine.stratify import Stratum, needed_for
from panacea_policy.engine.terms import Atom
from panacea_policy.engine.values import Codes, sorted_distinct

#: Of a row that has not been reached.
_NEVER = 1 << 30

_HEIGHT = "#height"
_ROW = "#row"

#: Below this many bindings, looking for repeats costs more than it saves.
_FEW = 256


def heights_of(
    compiled: Compiled, context: Context, given: Given, relation: str
) -> dict[str, NDArray[np.int32]]:
    """The heights of all rows that ``relation`` may rest on, its own among them, in order of insertion.

    Relations without rules are left out: what they have are facts. ``given``: which rows are facts.
    """
    needed = needed_for([relation], compiled.uses)
    heights: dict[str, NDArray[np.int32]] = {}
    for name in sorted(needed & compiled.uses.keys()):
        heights[name] = np.full(context.relations[name].size, _NEVER, np.int32)
        heights[name][given.rows(name)] = 0
    run = _Run(compiled, context, heights)
    for stratum in compiled.strata:
        if stratum.relations <= needed:
            run.stratum(stratum, given)
    return heights


class _Run:
    def __init__(
        self, compiled: Compiled, context: Context, heights: Mapping[str, NDArray[np.int32]]
    ) -> None:
        self._compiled = compiled
        self._context = context
        self._heights = heights
        self._planner = Planner(compiled.decls, context.relations)
        self._plans: dict[tuple[int, int | None], tuple[Step, ...]] = {}
        #: Rows by the height that they have just been found to have at most.
        self._reached: dict[int, list[tuple[str, Codes]]] = {}
        self._highest = _Highest(_NEVER - 1)
        self._own: frozenset[str] = frozenset()

    def stratum(self, stratum: Stratum, given: Given) -> None:
        """Gives the rows of a stratum their heights, those of lower ones being known."""
        self._reached = {}
        self._own = frozenset(stratum.relations)
        recursive: list[tuple[CheckedRule, int]] = []
        for checked in stratum.rules:
            own = [
                position
                for position, literal in enumerate(checked.rule.body)
                if isinstance(literal, Atom) and not literal.negated and literal.relation in stratum.relations
            ]
            recursive.extend((checked, position) for position in own)
            if not own:
                self._highest.level = _NEVER - 1
                self._derive(checked, None, Frame(1, {_HEIGHT: np.zeros(1, np.int64)}))
        for name in sorted(stratum.relations):
            if given.any(name):
                self._reached.setdefault(0, []).append((name, np.flatnonzero(given.rows(name))))
        while recursive and self._reached:
            self._level(recursive)

    def _level(self, recursive: list[tuple[CheckedRule, int]]) -> None:
        """Settles the rows of the lowest height that is left, and derives from them."""
        level = self._highest.level = min(self._reached)
        found: dict[str, list[Codes]] = {}
        for name, rows in self._reached.pop(level):
            found.setdefault(name, []).append(rows)
        settled: dict[str, Codes] = {}
        for name, parts in found.items():
            rows = sorted_distinct(np.concatenate(parts))
            settled[name] = rows[self._heights[name][rows] == level]
        for checked, position in recursive:
            atom = checked.rule.body[position]
            assert isinstance(atom, Atom)
            rows = settled.get(atom.relation, _NO_ROWS)
            if len(rows):
                start = Frame(len(rows), {_ROW: rows, _HEIGHT: np.full(len(rows), level)})
                self._derive(checked, position, start)

    def _derive(self, checked: CheckedRule, delta: int | None, start: Frame) -> None:
        """Runs a rule and lowers the heights of its heads."""
        self._context.rule, self._context.types = checked.rule, checked.info.types
        key = (checked.position, delta)
        if key not in self._plans:
            keep = head_vars(checked.rule.head)
            steps = self._planner.plan(checked.rule.body, checked.info, keep, delta=delta)
            self._plans[key] = tuple(self._carrying(step) for step in steps)
        run_steps(self._plans[key], start, self._context, self._sink(checked))

    def _sink(self, checked: CheckedRule) -> Callable[[Frame], None]:
        name = checked.rule.head.relation
        heights = self._heights[name]

        def collect(frame: Frame) -> None:
            rows = head_rows(checked, self._compiled, self._context, frame)
            reached = frame.columns[_HEIGHT] + 1
            lower = reached < heights[rows]
            rows, reached = rows[lower], reached[lower]
            if not len(rows):
                return
            np.minimum.at(heights, rows, reached.astype(np.int32))
            for height in sorted_distinct(reached).tolist():
                self._reached.setdefault(height, []).append((name, rows[reached == height]))

        return collect

    def _carrying(self, step: Step) -> Step:
        """The step that carries the height of the highest premise along."""
        if isinstance(step, Distinct):
            return _Lowest()
        pattern = getattr(step, "pattern", None)
        negated = isinstance(step, SemiJoin) and step.negated
        changed: Any = step
        carrying: Step = replace(changed, keep=(*changed.keep, _HEIGHT))
        if pattern is None or negated:
            return carrying
        heights = self._heights.get(pattern.relation)
        if isinstance(step, DeltaScan):
            return _Start(step)
        if heights is None:
            return carrying
        join = Join(replace(pattern, row_name=_ROW), (*changed.keep, _HEIGHT))
        # Rows of lower strata are settled: only those of this one may still become lower.
        highest = self._highest if pattern.relation in self._own else None
        return _Climb(join, heights, highest, isinstance(step, SemiJoin))


class _Highest(msgspec.Struct):
    """The highest rows that may be used now: those of the level being settled."""

    level: int


class _Start(msgspec.Struct, frozen=True):
    """Begins a plan with given rows of a relation in the place of its newest."""

    scan: DeltaScan

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        pattern, rows = self.scan.pattern, frame.columns[_ROW]
        relation = context.relations[pattern.relation]
        chosen = np.ones(frame.count, np.bool_)
        for position, source in zip(pattern.key, pattern.sources, strict=True):
            assert isinstance(source, int)
            chosen &= relation.column(position)[rows] == source
        for left, right in pattern.same:
            chosen &= relation.column(left)[rows] == relation.column(right)[rows]
        columns = {name: relation.column(position)[rows] for position, name in pattern.outputs}
        columns[_HEIGHT] = frame.columns[_HEIGHT]
        yield Frame(frame.count, columns).select(chosen, columns)


class _Climb(msgspec.Struct, frozen=True):
    """A join with a relation that has rules: of each row it takes the height, and drops what is too high.

    ``highest`` is None where all rows of the relation have their heights already. ``only_whether``: bindings
    are not to be told apart by the row.
    """

    join: Join
    heights: NDArray[np.int32]
    highest: _Highest | None
    only_whether: bool

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        for found in self.join.run(frame, context):
            heights = self.heights[found.columns.pop(_ROW)]
            found.columns[_HEIGHT] = np.maximum(found.columns[_HEIGHT], heights)
            if self.highest is not None:
                found = found.select(heights <= self.highest.level, found.columns)
            yield _lowest(found, always=self.only_whether)


class _Lowest(msgspec.Struct, frozen=True):
    """Of repeated bindings keeps the lowest."""

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        yield _lowest(frame, always=True)


def _lowest(frame: Frame, always: bool) -> Frame:
    if not always or frame.count < _FEW:
        return frame
    columns = [column for name, column in frame.columns.items() if name != _HEIGHT]
    packer = Packer.direct(columns)
    if packer is None:
        return frame
    keys = packer.keys(columns, frame.count)
    order = np.lexsort((frame.columns[_HEIGHT], keys))
    keys = keys[order]
    first = np.concatenate(([True], keys[1:] != keys[:-1]))
    return frame if first.all() else frame.select(order[first], frame.columns)


_NO_ROWS: Codes = np.empty(0, np.int64)
