"""The steps of a plan: each takes a frame of bindings and gives the frames that satisfy one more literal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec
import numpy as np

from panacea_policy.engine.expressions import TypedExpr, compare, run_test
from panacea_policy.engine.frame import Context, Frame, distinct_frame
from panacea_policy.engine.heads import CHUNK, HeadSink
from panacea_policy.engine.index import Matches, expand
from panacea_policy.engine.memory import check
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.terms import Test
from panacea_policy.engine.values import Codes, sorted_distinct

#: Below this many bindings, looking for repeats costs more than it saves.
_FEW = 256

KeySource = str | int
"""Where a key column of a probe comes from: a variable's name, or the code of a constant."""


class Step(Protocol):
    """One step; it yields frames of the variables that later steps need."""

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]: ...


def run_steps(
    steps: Sequence[Step], frame: Frame, context: Context, sink: Callable[[Frame], None], position: int = 0
) -> None:
    """Runs the steps from ``position`` on, depth first, and hands every frame that comes out to ``sink``."""
    if not frame.count:
        return
    context.spend(frame.count)
    if not frame.columns:
        frame = Frame(1, {})
    if position == len(steps):
        sink(frame)
        return
    step = steps[position]
    if position == len(steps) - 1 and isinstance(step, Join) and isinstance(sink, HeadSink):
        pieces = step.run(frame, context, sink)
    else:
        pieces = step.run(frame, context)
    for piece in pieces:
        run_steps(steps, piece, context, sink, position + 1)


class Pattern(msgspec.Struct, frozen=True):
    """How the columns of an atom meet a frame.

    ``key``: positions that are bound, and ``sources`` what binds each. ``outputs``: positions of new
    variables. ``same``: pairs of positions that hold one new variable. ``row_name``: a column to take the
    row's number, or None.
    """

    relation: str
    key: tuple[int, ...]
    sources: tuple[KeySource, ...]
    outputs: tuple[tuple[int, str], ...]
    same: tuple[tuple[int, int], ...]
    row_name: str | None

    def probe(self, frame: Frame) -> list[Codes]:
        """The key columns of each binding."""
        return [
            frame.columns[source] if isinstance(source, str) else np.full(frame.count, source, np.int64)
            for source in self.sources
        ]

    def take(self, relation: Relation, rows: Codes | None, start: int, stop: int) -> dict[str, Codes]:
        """The new variables' codes for these rows, or for the rows [start, stop)."""
        taken = {
            name: relation.column(position, start, stop) if rows is None else relation.column(position)[rows]
            for position, name in self.outputs
        }
        if self.row_name is not None:
            taken[self.row_name] = np.arange(start, stop) if rows is None else rows
        return taken


class Join(msgspec.Struct, frozen=True):
    """Extends each binding by every row that agrees with it."""

    pattern: Pattern
    keep: tuple[str, ...]

    def run(self, frame: Frame, context: Context, heads: HeadSink | None = None) -> Iterator[Frame]:
        """Of a last step, ``heads`` gets what it can add without frames, and only the rest is given."""
        for relation in context.parts(self.pattern.relation):
            if self.pattern.key:
                yield from self._matching(frame, relation, context, heads)
            else:
                yield from self._cross(frame, relation, context)

    def _matching(
        self, frame: Frame, relation: Relation, context: Context, heads: HeadSink | None
    ) -> Iterator[Frame]:
        pattern = self.pattern
        if pattern.same or pattern.row_name is not None:
            heads = None
        probe = pattern.probe(frame)
        for matches in relation.index(pattern.key).find(probe, frame.count):
            total = matches.total
            if not total:
                continue
            if heads is not None and heads.join(frame, matches, relation, pattern.outputs, context):
                continue
            context.count_matches(total)
            if total <= CHUNK:
                yield self._expand(frame, matches, relation)
                continue
            for start, stop in _pieces(matches.counts, total):
                part = Matches(matches.rows, matches.starts[start:stop], matches.counts[start:stop])
                piece = Frame(stop - start, {name: col[start:stop] for name, col in frame.columns.items()})
                yield self._expand(piece, part, relation)

    def _expand(self, frame: Frame, matches: Matches, relation: Relation) -> Frame:
        # Probes, rows, what each column is made of and the column.
        check(8 * (int(matches.counts.sum())) * (2 + len(self.keep)))
        probes, rows = expand(matches)
        pattern = self.pattern
        if pattern.same:
            chosen = _agree(pattern.same, relation, rows)
            rows = rows[chosen]
            probes = np.flatnonzero(chosen) if probes is None else probes[chosen]
        columns = pattern.take(relation, rows, 0, 0)
        for name in self.keep:
            if name not in columns:
                column = frame.columns[name]
                columns[name] = column if probes is None else column[probes]
        return Frame(len(rows), columns)

    def _cross(self, frame: Frame, relation: Relation, context: Context) -> Iterator[Frame]:
        size = relation.size
        check(8 * max(size, CHUNK) * len(self.keep))
        alive = relation.alive()
        rows: Codes | None = None if alive is None else np.flatnonzero(alive)
        if self.pattern.same:
            rows = np.arange(size) if rows is None else rows
            rows = rows[_agree(self.pattern.same, relation, rows)]
        if rows is not None:
            size = len(rows)
        context.count_matches(size * frame.count)
        taken = self.pattern.take(relation, rows, 0, size)
        if frame.count == 1 and not frame.columns:
            yield Frame(size, taken)
            return
        stride = max(1, CHUNK // max(size, 1))
        for start in range(0, frame.count, stride):
            part = {name: column[start : start + stride] for name, column in frame.columns.items()}
            count = min(stride, frame.count - start)
            columns = {name: np.tile(column, count) for name, column in taken.items()}
            columns.update({name: np.repeat(part[name], size) for name in self.keep if name not in columns})
            yield Frame(count * size, columns)


class DeltaScan(msgspec.Struct, frozen=True):
    """Begins a plan with the newest rows of a relation only."""

    pattern: Pattern
    keep: tuple[str, ...]

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        relation = context.relations[self.pattern.relation]
        start, stop = context.deltas[self.pattern.relation]
        alive = relation.alive(start, stop)
        if alive is None and not self.pattern.key and not self.pattern.same:
            yield Frame(stop - start, self.pattern.take(relation, None, start, stop)).project(self.keep)
            return
        chosen = np.ones(stop - start, np.bool_) if alive is None else alive.copy()
        for position, source in zip(self.pattern.key, self.pattern.sources, strict=True):
            assert isinstance(source, int)
            chosen &= relation.column(position, start, stop) == source
        for left, right in self.pattern.same:
            chosen &= relation.column(left, start, stop) == relation.column(right, start, stop)
        whole = Frame(stop - start, self.pattern.take(relation, None, start, stop))
        yield whole.select(chosen, self.keep)


class SemiJoin(msgspec.Struct, frozen=True):
    """Keeps the bindings that some row agrees with, or, negated, that none does."""

    pattern: Pattern
    negated: bool
    keep: tuple[str, ...]

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        parts = context.parts(self.pattern.relation)
        if not parts or not self.pattern.key:
            if (not parts) == self.negated:
                yield frame.project(self.keep)
            return
        probe = self.pattern.probe(frame)
        found = parts[0].contains(self.pattern.key, probe, frame.count)
        for relation in parts[1:]:
            found = found | relation.contains(self.pattern.key, probe, frame.count)
        yield frame.select(~found if self.negated else found, self.keep)


class Distinct(msgspec.Struct, frozen=True):
    """Drops repeated bindings, so that what follows does not extend the same one many times."""

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        yield frame if frame.count < _FEW else distinct_frame(frame)


class Filter(msgspec.Struct, frozen=True):
    """Keeps the bindings for which a comparison holds."""

    op: str
    left: TypedExpr
    right: TypedExpr
    keep: tuple[str, ...]

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        left, right = self.left.codes(frame, context), self.right.codes(frame, context)
        yield frame.select(compare(self.op, left, right), self.keep)


class Assign(msgspec.Struct, frozen=True):
    """Binds a variable to the value of an expression."""

    name: str
    value: TypedExpr
    keep: tuple[str, ...]

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        codes = self.value.codes(frame, context)
        yield Frame(frame.count, {**frame.columns, self.name: codes}).project(self.keep)


class Check(msgspec.Struct, frozen=True):
    """Keeps the bindings that pass a test."""

    test: Test
    args: tuple[TypedExpr, ...]
    keep: tuple[str, ...]

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        passed = run_test(self.test, self.args, frame, context)
        yield frame.select(~passed if self.test.negated else passed, self.keep)


def _agree(
    same: Sequence[tuple[int, int]], relation: Relation, rows: Codes
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    chosen = np.ones(len(rows), np.bool_)
    for left, right in same:
        chosen &= relation.column(left)[rows] == relation.column(right)[rows]
    return chosen


def _pieces(counts: Codes, total: int) -> Iterator[tuple[int, int]]:
    """Ranges of probes that make about `CHUNK` rows each."""
    ends = np.cumsum(counts)
    cuts = np.searchsorted(ends, np.arange(CHUNK, total, CHUNK), side="left") + 1
    bounds = sorted_distinct(np.concatenate(([0], cuts, [len(counts)])))
    yield from zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
