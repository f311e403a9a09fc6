"""Facts as given by the caller, and tables as handed back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from panacea_policy.engine.errors import EvaluationError
from panacea_policy.engine.index import sorted_keys
from panacea_policy.engine.packing import Packer
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.values import (
    INT_MAX,
    INT_MIN,
    Codes,
    Column,
    Symbols,
    Type,
    decode,
    encode,
    encode_scalar,
)

if TYPE_CHECKING:
    from panacea_policy.engine.result import Result


class Table:
    """An immutable set of rows, sorted by their columns from the left."""

    __slots__ = ("_positions", "_relation", "_sorted", "columns", "name", "types")

    def __init__(self, name: str, types: tuple[Type, ...], relation: Relation) -> None:
        self.name = name
        self.types = types
        self._relation = relation
        self._positions: Codes | None = None
        codes, alive = relation.columns(), relation.alive()
        if alive is None:
            self._sorted, codes = sorted_rows(codes, relation.size)
        else:
            rows = np.flatnonzero(alive)
            order, codes = sorted_rows([column[rows] for column in codes], len(rows))
            self._sorted = rows[order]
        #: One array per column, shape (len(self),): ids (SYMBOL) and integers int64, FLOAT float64.
        self.columns: tuple[Column, ...] = tuple(
            decode(column, type) for column, type in zip(codes, types, strict=True)
        )

    def __len__(self) -> int:
        return len(self._sorted)

    def contains(self, row: Sequence[int | float]) -> bool:
        """Whether the row, of ids and numbers, is in the table."""
        return self.find(row) is not None

    def find(self, row: Sequence[int | float]) -> int | None:
        """The row's position in the table, or None. Raises ValueError for a row of another width."""
        if len(row) != len(self.types):
            raise ValueError(f"`{self.name}` has {len(self.types)} columns, not {len(row)}")
        for value, type in zip(row, self.types, strict=True):
            if type is not Type.FLOAT and not (value == int(value) and INT_MIN <= value <= INT_MAX):
                return None
        codes = [
            np.array([encode_scalar(value, type)], np.int64)
            for value, type in zip(row, self.types, strict=True)
        ]
        found = int(self._relation.find(codes, 1)[0])
        return None if found < 0 else int(self.positions(np.array([found]))[0])

    def positions(self, rows: Codes) -> Codes:
        """The positions in this table of rows numbered in order of insertion, -1 for one retracted."""
        if self._positions is None:
            self._positions = np.full(self._relation.size, -1, np.int64)
            self._positions[self._sorted] = np.arange(len(self))
        return self._positions[rows]

    def numbers(self, positions: Codes) -> Codes:
        """The inverse of `positions`."""
        return self._sorted[positions]

    def rows(self, symbols: Symbols) -> list[tuple[object, ...]]:
        """The rows as tuples of Python values."""
        decoded = [
            [symbols.value(id) for id in column.tolist()] if type is Type.SYMBOL else column.tolist()
            for column, type in zip(self.columns, self.types, strict=True)
        ]
        return list(zip(*decoded, strict=True)) if decoded else [()] * len(self)


def sort_order(columns: Sequence[Codes], count: int) -> Codes:
    """The positions of the rows in ascending order of their columns."""
    return sorted_rows(columns, count)[0]


def sorted_rows(columns: Sequence[Codes], count: int) -> tuple[Codes, list[Codes]]:
    """The positions of the rows in ascending order of their columns, and the columns in that order."""
    if not columns:
        return np.arange(count), []
    packer = Packer.direct(columns)
    if packer is None:
        order = np.lexsort(columns[::-1])
        return order, [column[order] for column in columns]
    keys, order = sorted_keys(packer.keys(columns, count), packer.bits)
    return order, packer.unpack(keys)


class Database:
    """Facts by relation. Evaluation reads it and never changes it.

    Indexes made on the way are kept for the next one.
    """

    def __init__(self, symbols: Symbols, like: Result | None = None) -> None:
        """``like``: facts that are those of an earlier result over these symbols are held as there."""
        self.symbols = symbols
        usable = like is not None and like.symbols is symbols and like.current
        self._like: Mapping[str, Relation] = like.facts if like is not None and usable else {}
        #: Relations whose facts are those of the earlier result.
        self._alike: set[str] = set()
        self._relations: dict[str, tuple[Relation, tuple[Type | None, ...]]] = {}
        # Relations that a table or a result refers to; they must not grow any more.
        self._lent: set[str] = set()
        # By number of columns, what stands for relations without facts.
        self._empty: dict[int, Relation] = {}

    def insert(self, relation: str, columns: Sequence[ArrayLike]) -> int:
        """Adds rows, given by columns of one length (integers and ids as int64, floats as float64); returns
        how many were new.

        A relation without columns is given as ``[]`` and then holds its one row. Raises EvaluationError for
        columns of unequal length or another dtype, another number of columns than before, and numbers that
        are not finite.
        """
        arrays = [np.asarray(column) for column in columns]
        if len({array.shape for array in arrays}) > 1 or any(array.ndim != 1 for array in arrays):
            raise EvaluationError("the columns are not of one length", relation=relation)
        count = len(arrays[0]) if arrays else 1
        if not count:
            return 0
        kinds = tuple(_kind(relation, array) for array in arrays)
        codes = [
            encode(array, Type.FLOAT if kind is Type.FLOAT else Type.INT)
            for array, kind in zip(arrays, kinds, strict=True)
        ]
        if relation in self._like and relation not in self._relations:
            before = self._like[relation]
            if before.holds(codes, count):
                self._relations[relation] = before, kinds
                self._lent.add(relation)
                self._alike.add(relation)
                return count
        self._alike.discard(relation)
        held, known = self._relations.setdefault(relation, (Relation(len(arrays)), kinds))
        if known != kinds:
            raise EvaluationError("the columns differ in number or type from those before", relation=relation)
        if relation in self._lent:
            self._lent.discard(relation)
            held = held.copy()
            self._relations[relation] = held, known
        return held.append([np.array(column) for column in codes], count)

    def relation(self, name: str) -> Table:
        """The facts of a relation.

        Ids and integers are not told apart here: both are of type INT. Raises KeyError.
        """
        relation, kinds = self._relations[name]
        self._lent.add(name)
        return Table(name, tuple(kind or Type.INT for kind in kinds), relation)

    def names(self) -> tuple[str, ...]:
        """The relations that have been given facts."""
        return tuple(self._relations)

    def size(self, name: str) -> int:
        """How many facts a relation has been given."""
        return self._relations[name][0].count if name in self._relations else 0

    def stored(self, name: str, types: tuple[Type, ...]) -> Relation:
        """The facts of a relation declared with these types.

        Empty if none were given; not to be changed. Raises EvaluationError on a misfit.
        """
        relation, kinds = self._relations.get(name, (None, ()))
        if relation is None:
            found = self._empty.get(len(types))
            if found is None:
                found = self._empty[len(types)] = Relation(len(types))
            return found
        self._lent.add(name)
        wanted = tuple(Type.FLOAT if type is Type.FLOAT else None for type in types)
        if kinds != wanted:
            declared = ", ".join(type.name for type in types)
            raise EvaluationError(f"the facts do not fit the declared columns ({declared})", relation=name)
        for position, type in enumerate(types):
            if type is Type.SYMBOL and relation.size and name not in self._alike:
                column = relation.column(position)
                if int(column.min()) < 0 or int(column.max()) >= len(self.symbols):
                    raise EvaluationError(
                        f"column {position + 1} has an id that no symbol has", relation=name
                    )
        return relation


def _kind(relation: str, array: NDArray[np.generic]) -> Type | None:
    """FLOAT for an array of floats, None for one of integers."""
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise EvaluationError("a number is not finite", relation=relation)
        return Type.FLOAT
    if array.dtype.kind in "iu":
        if array.dtype.kind == "u" and int(array.max()) > INT_MAX:
            raise EvaluationError("an integer does not fit in 64 bits", relation=relation)
        return None
    raise EvaluationError(
        f"a column of {array.dtype} is neither of integers nor of floats", relation=relation
    )
