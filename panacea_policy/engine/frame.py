"""Sets of variable bindings in columns, and what every step of a plan may use while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.errors import EvaluationError
from panacea_policy.engine.index import sorted_keys
from panacea_policy.engine.memory import OutOfMemory, metered
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.relations import Relations
from panacea_policy.engine.terms import Rule
from panacea_policy.engine.values import Codes, Symbols, Type, decode_scalar


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one evaluation; beyond them it raises EvaluationError.

    ``max_tuples``: rows derived in all. ``max_rounds``: rounds of one recursive stratum. ``max_matches``:
    rows that all joins together may produce on the way. ``max_text``: characters of a text made by
    ``concat``. ``max_memory``: bytes of relations, indexes and joins, see `memory`.
    """

    max_tuples: int = 50_000_000
    max_rounds: int = 1_000_000
    max_matches: int = 20_000_000_000
    max_text: int = 10_000
    max_memory: int = 8 * 2**30


#: After so many runs of one context, what its relations hold is counted again.
_RECOUNT = 64

#: What a step costs besides its bindings, in bindings; measured.
_STEP_WORK = 1_200


class OutOfBudget(Exception):
    """A run took more work than its caller wanted to spend."""


@dataclass(slots=True)
class Frame:
    """``count`` bindings; ``columns`` holds the codes of each variable, all of shape (count,).

    A frame without columns stands for one binding of nothing, whatever its count.
    """

    count: int
    columns: dict[str, Codes]

    def select(self, chosen: NDArray[np.bool_] | Codes, keep: Iterable[str]) -> Frame:
        """The chosen bindings (by mask or by position), of the variables to keep."""
        if chosen.dtype == np.bool_:
            count = int(np.count_nonzero(chosen))
            if count == self.count:
                return self.project(keep)
            if not count:
                return Frame(0, {})
            chosen = np.flatnonzero(chosen)
        return Frame(len(chosen), {name: self.columns[name][chosen] for name in keep})

    def project(self, keep: Iterable[str]) -> Frame:
        """The same bindings of the variables to keep."""
        return Frame(self.count, {name: self.columns[name] for name in keep})


@dataclass(slots=True)
class Context:
    """The relations and limits of a run, and the rule being run, for messages."""

    relations: Mapping[str, Relation]
    symbols: Symbols
    limits: Limits
    rule: Rule | None = None
    types: Mapping[str, Type] = field(default_factory=dict)
    deltas: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    #: Rows that count as being there, though their relations no longer have them.
    also: Mapping[str, Relation] = field(default_factory=dict)
    matches: int = 0
    #: What has been done so far, in bindings handled, and what may be done at most.
    work: int = 0
    most_work: int | None = None
    #: What the relations held after the last run, about, and how many runs ago that was counted.
    held: int | None = None
    runs: int = 0

    def spend(self, bindings: int) -> None:
        """Counts a step over some bindings. Raises OutOfBudget where that is too much."""
        self.work += bindings + _STEP_WORK
        if self.most_work is not None and self.work > self.most_work:
            raise OutOfBudget

    def parts(self, name: str) -> list[Relation]:
        """The relations, none of them empty, that hold the rows of one name."""
        found = [self.relations[name]]
        if name in self.also:
            found.append(self.also[name])
        return [relation for relation in found if relation.count]

    def fail(self, message: str, frame: Frame | None = None, row: int = 0, help: str = "") -> EvaluationError:
        """An error that names the rule at hand and the bindings of one row of a frame."""
        values: dict[str, object] | None = None
        if frame is not None:
            values = {
                name: self.value(int(column[row]), self.types[name])
                for name, column in frame.columns.items()
                if name in self.types
            }
        relation = self.rule.head.relation if self.rule is not None else None
        return EvaluationError(message, rule=self.rule, relation=relation, row=values, help=help)

    def value(self, code: int, type: Type) -> object:
        """The Python value of a code."""
        return self.symbols.value(code) if type is Type.SYMBOL else decode_scalar(code, type)

    @contextmanager
    def bounded(self) -> Iterator[None]:
        """A run over the relations, within the limit of memory.

        Raises EvaluationError, which names the rule at hand and its relation, when that is not enough, or
        when the machine has no more.
        """
        most = self.limits.max_memory
        self.runs += 1
        if self.held is None or 2 * self.held > most or self.runs > _RECOUNT:
            # In between, what is made outside of runs, and what is dropped in them, is not seen.
            self.held, self.runs = _held(self.relations), 0
        try:
            with metered(most, self.held) as meter:
                yield
            self.held = meter.held
        except OutOfMemory:
            raise self.fail(
                f"the relations, indexes and joins of this run need more than {most / 2**20:,.0f} MiB",
                help="add conditions so that fewer rows follow, or raise the limit of memory",
            ) from None
        except OverflowError as error:
            raise self.fail(str(error)) from error
        except MemoryError as error:
            raise self.fail("the machine has no memory left for this run") from error

    def count_matches(self, count: int) -> None:
        """Counts rows that a join is about to make."""
        self.matches += count
        self.spend(count)
        if self.matches > self.limits.max_matches:
            raise self.fail(
                f"the joins of this run made more than {self.limits.max_matches} rows",
                help="add a condition that ties the parts of the rule together",
            )


def distinct_frame(frame: Frame) -> Frame:
    """The distinct bindings of a frame, in any order; repeats may stay where telling them is dear."""
    names = list(frame.columns)
    columns = [frame.columns[name] for name in names]
    packer = Packer.direct(columns)
    if packer is None:
        return frame
    keys = packer.keys(columns, frame.count)
    if 1 << packer.bits <= 8 * frame.count:
        present = np.zeros(1 << packer.bits, np.bool_)
        present[keys] = True
        keys = np.flatnonzero(present)
    else:
        keys = np.sort(keys)
        keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
    if len(keys) == frame.count:
        return frame
    return Frame(len(keys), dict(zip(names, packer.unpack(keys), strict=True)))


def distinct_rows(columns: Sequence[Codes], count: int) -> tuple[list[Codes], Codes]:
    """The distinct rows, sorted, and for each row its position among them."""
    if not columns:
        return [], np.zeros(count, np.int64)
    packer = Packer.direct(columns)
    if packer is not None:
        ordered, order = sorted_keys(packer.keys(columns, count), packer.bits)
        differs = np.concatenate(([True], ordered[1:] != ordered[:-1]))[:count]
        inverse = np.empty(count, np.int64)
        inverse[order] = np.cumsum(differs) - 1
        return packer.unpack(ordered[differs]), inverse
    order = np.lexsort(columns[::-1])
    differs = np.zeros(count, np.bool_)
    for column in columns:
        ordered = column[order]
        differs[1:] |= ordered[1:] != ordered[:-1]
    if count:
        differs[0] = True
    inverse = np.empty(count, np.int64)
    inverse[order] = np.cumsum(differs) - 1
    first = order[differs]
    return [column[first] for column in columns], inverse


def _held(relations: Mapping[str, Relation]) -> int:
    if isinstance(relations, Relations):
        return relations.nbytes
    return sum(relation.nbytes for relation in relations.values())
