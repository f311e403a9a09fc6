"""The step of an aggregate: its body is run from the distinct groups at hand, the result joined back."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from panacea_policy.engine.expressions import TypedExpr
from panacea_policy.engine.frame import Context, Frame, distinct_rows
from panacea_policy.engine.index import Index, expand
from panacea_policy.engine.memory import check
from panacea_policy.engine.steps import Step, run_steps
from panacea_policy.engine.terms import AggregateOp
from panacea_policy.engine.values import INT_MAX, INT_MIN, Codes, Column, Type, decode, encode

SEED = "#seed"


class AggregateStep(msgspec.Struct, frozen=True):
    """An aggregate, with ``steps`` for its body.

    ``seeds``: the group variables bound around it. ``others``: the remaining ones, which the body binds.
    ``locals``: the variables whose distinct bindings are counted. ``closed``: see `AggregateScope`.
    """

    op: AggregateOp
    result: str
    result_type: Type
    value: TypedExpr | None
    seeds: tuple[str, ...]
    others: tuple[str, ...]
    locals: tuple[str, ...]
    steps: tuple[Step, ...]
    closed: bool
    keep: tuple[str, ...]

    def run(self, frame: Frame, context: Context) -> Iterator[Frame]:
        seeds, inverse = distinct_rows([frame.columns[name] for name in self.seeds], frame.count)
        count = len(seeds[0]) if seeds else 1
        start = Frame(count, dict(zip(self.seeds, seeds, strict=True)) | {SEED: np.arange(count)})
        groups, members = self._members(start, context)
        named = {name: start.columns[name][groups[0]] for name in self.seeds}
        named.update(zip(self.others, groups[1:], strict=True))
        results = self._results(members, Frame(len(groups[0]), named), context)
        if self.closed:
            yield self._attach_closed(frame, inverse, count, groups[0], results)
        else:
            yield self._attach_open(frame, inverse, groups, results)

    def _members(self, start: Frame, context: Context) -> tuple[list[Codes], tuple[Codes, Codes]]:
        """The groups that have members, as columns (seed, others…); each member's group and value code."""
        names = (SEED, *self.others, *self.locals)
        pieces: list[list[Codes]] = [[] for _ in names]
        held = 0

        def collect(piece: Frame) -> None:
            nonlocal held
            held += 8 * piece.count * len(names)
            # The pieces, and once more their sum, in order.
            check(3 * held)
            for name, column in zip(names, pieces, strict=True):
                column.append(piece.columns[name])

        run_steps(self.steps, start, context, collect)
        columns = [np.concatenate(column) if column else np.empty(0, np.int64) for column in pieces]
        columns, _ = distinct_rows(columns, len(columns[0]))
        frame = Frame(len(columns[0]), dict(zip(names, columns, strict=True)))
        for name, seed in start.columns.items():
            if name != SEED and name not in frame.columns:
                frame.columns[name] = seed[columns[0]]
        groups, group = distinct_rows(columns[: 1 + len(self.others)], frame.count)
        value = group if self.value is None else self.value.codes(frame, context)
        return groups, (group, value)

    def _results(self, members: tuple[Codes, Codes], groups: Frame, context: Context) -> Codes:
        """The code of each group's result. Shape (groups.count,)."""
        group, value = members
        count = groups.count
        if not count:
            return np.empty(0, np.int64)
        if self.op == "count":
            if self.value is not None:
                group = distinct_rows([group, value], len(group))[0][0]
            return np.bincount(group, minlength=count)
        # Sorting by value as well makes sums of floats independent of the order of rows.
        order = np.lexsort((value, group))
        group, value = group[order], value[order]
        starts = np.searchsorted(group, np.arange(count))
        if self.op in ("min", "max"):
            extreme: Codes = value[starts if self.op == "min" else np.append(starts[1:], len(value)) - 1]
            return extreme
        assert self.value is not None
        return self._sums(decode(value, self.value.type), starts, groups, context)

    def _sums(self, values: Column, starts: Codes, groups: Frame, context: Context) -> Codes:
        if values.dtype == np.int64:
            bound = max(abs(int(values.min())), abs(int(values.max()))) * len(values)
            if bound > INT_MAX:
                self._exact(values, starts, groups, context)
        with np.errstate(over="ignore"):
            sums = np.add.reduceat(values, starts)
        if self.op == "avg":
            sums = sums / np.diff(np.append(starts, len(values)))
        endless = np.flatnonzero(~np.isfinite(sums))
        if len(endless):
            raise context.fail(f"`{self.op}` is not a finite number", groups, int(endless[0]))
        return encode(sums, self.result_type)

    def _exact(self, values: Column, starts: Codes, groups: Frame, context: Context) -> None:
        for group, part in enumerate(np.split(values, starts[1:])):
            total = sum(part.tolist())
            if not INT_MIN <= total <= INT_MAX:
                message = f"`{self.op}` of {len(part)} values does not fit in 64 bits: {total}"
                raise context.fail(message, groups, group)

    def _attach_closed(self, frame: Frame, inverse: Codes, count: int, seed: Codes, results: Codes) -> Frame:
        """Every binding gets its group's result; an empty group has zero for count and sum, else nothing."""
        of_seed = np.zeros(count, np.int64)
        of_seed[seed] = results
        codes = of_seed[inverse]
        if self.op in ("count", "sum"):
            return self._bind(frame, codes)
        has_members = np.zeros(count, np.bool_)
        has_members[seed] = True
        chosen = np.flatnonzero(has_members[inverse])
        return self._bind(frame.select(chosen, frame.columns), codes[chosen])

    def _attach_open(self, frame: Frame, inverse: Codes, groups: list[Codes], results: Codes) -> Frame:
        """Bindings are joined with the groups that have members."""
        known = [position for position, name in enumerate(self.others) if name in frame.columns]
        index = Index((0, *(1 + position for position in known)))
        index.extend(groups, len(results))
        probe = [inverse, *(frame.columns[self.others[position]] for position in known)]
        for matches in index.find(probe, frame.count):
            probes, rows = expand(matches)
            joined = frame.project(frame.columns) if probes is None else frame.select(probes, frame.columns)
            for name, column in zip(self.others, groups[1:], strict=True):
                joined.columns.setdefault(name, column[rows])
            return self._bind(Frame(len(rows), joined.columns), results[rows])
        return Frame(0, {})

    def _bind(self, frame: Frame, codes: Codes) -> Frame:
        """Gives the result its column, or compares it with the one that is there."""
        if self.result in frame.columns:
            return frame.select(frame.columns[self.result] == codes, self.keep)
        return Frame(frame.count, {**frame.columns, self.result: codes}).project(self.keep)
