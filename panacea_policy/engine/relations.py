"""The relations of a run by name, each there when somebody looks at it.

Most of what is taken over from an earlier run is never looked at again: it is lent, and comes from there on
first use.
"""

from __future__ import annotations

from collections.abc import Container, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import TypeVar, overload

from panacea_policy.engine.relation import Relation

_Other = TypeVar("_Other")


class Relations(dict[str, Relation]):
    """What is not there yet is lent, or begins as the facts: these themselves, or a copy that can grow for a
    relation that rules derive.
    """

    __slots__ = ("_derived", "_facts", "_lent")

    def __init__(
        self,
        facts: Mapping[str, Relation],
        derived: Container[str],
        above: Mapping[str, Relation] | None = None,
    ) -> None:
        """``above``: goes on from these relations, which stay as they are."""
        super().__init__()
        self._facts = dict(facts)
        self._derived = derived
        self._lent: dict[str, Mapping[str, Relation]] = {}
        if above is not None:
            self.borrow(above.keys(), above)

    def borrow(self, names: Iterable[str], lender: Mapping[str, Relation]) -> None:
        """Take some relations over from others when they are looked at. The lender is not kept where it has
        borrowed itself.
        """
        if not isinstance(lender, Relations):
            self._lent.update(dict.fromkeys(names, lender))
            return
        lent = lender._lent
        for name in names:
            if name in lent:
                self._lent[name] = lent[name]
            else:
                self[name] = lender[name]

    @property
    def nbytes(self) -> int:
        """Bytes held by the relations that are there."""
        return sum(relation.nbytes for relation in super().values())

    def __missing__(self, name: str) -> Relation:
        lender = self._lent.get(name)
        if lender is not None:
            found = lender[name]
        elif name in self._derived:
            found = self._facts[name].copy()
        else:
            found = self._facts[name]
        self[name] = found
        return found

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._lent or name in self._facts

    @overload
    def get(self, name: str, default: None = None, /) -> Relation | None: ...
    @overload
    def get(self, name: str, default: Relation, /) -> Relation: ...
    @overload
    def get(self, name: str, default: _Other, /) -> Relation | _Other: ...

    def get(self, name: str, default: object = None, /) -> object:
        """As of any mapping."""
        try:
            return self[name]
        except KeyError:
            return default

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        """The names, also of what is not there yet."""
        return {**dict.fromkeys(super().keys()), **dict.fromkeys((*self._lent, *self._facts))}.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def values(self) -> ValuesView[Relation]:  # type: ignore[override]
        """All relations."""
        return ValuesView(self)

    def items(self) -> ItemsView[str, Relation]:  # type: ignore[override]
        """All names and relations."""
        return ItemsView(self)
