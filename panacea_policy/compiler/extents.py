"""Collections of declarations for a model that changes: each stands on an earlier one, which stays as it is.

What a change makes of them takes time and memory by what it touches. Once that has come to a share of the
whole, a plain collection is made of it, so that looking things up stays as fast.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from panacea_policy.compiler.entities import Entity

#: So many differences are always kept apart; beyond that, at most one for so many declarations.
_FEW, _SHARE = 1_024, 8


class Overlaid(Mapping[str, Entity]):
    """Declarations by name, in the order of a dict from which some were taken and to which others were added.

    Made by `overlaid`.
    """

    __slots__ = ("_base", "_gone", "_other", "_size")

    def __init__(
        self, base: Mapping[str, Entity], other: dict[str, Entity], gone: set[str], size: int
    ) -> None:
        """``other``: new ones and those in place of others of ``base``. ``gone``: names whose place in
        ``base`` is no more; one that has come back is among the new ones.
        """
        self._base = base
        self._other = other
        self._gone = gone
        self._size = size

    def __getitem__(self, name: str) -> Entity:
        found = self._other.get(name)
        if found is not None:
            return found
        if name in self._gone:
            raise KeyError(name)
        return self._base[name]

    def __contains__(self, name: object) -> bool:
        return name in self._other or (name in self._base and name not in self._gone)

    def __iter__(self) -> Iterator[str]:
        base, gone = self._base, self._gone
        yield from (name for name in base if name not in gone) if gone else iter(base)
        yield from (name for name in self._other if name not in base or name in gone)

    def __len__(self) -> int:
        return self._size


def overlaid(
    lower: Mapping[str, Entity], changed: Mapping[str, Entity], gone: Collection[str] = ()
) -> Mapping[str, Entity]:
    """The declarations of ``lower`` without those that are gone, and with others, new or in their places.

    ``lower`` stays as it is; neither it nor ``changed`` may change from now on.
    """
    base: Mapping[str, Entity] = lower
    other: dict[str, Entity] = {}
    away: set[str] = set()
    if isinstance(lower, Overlaid):
        base, other, away = lower._base, dict(lower._other), set(lower._gone)
    size = len(lower)
    for name in gone:
        if name in lower:
            size -= 1
            other.pop(name, None)
            if name in base:
                away.add(name)
    for name in changed:
        if name not in lower or (name in gone and name in lower):
            size += 1
    other.update(changed)
    if len(other) + len(away) > max(_FEW, len(base) // _SHARE):
        return merged(base, other, away)
    return Overlaid(base, other, away, size)


def merged(
    lower: Mapping[str, Entity], changed: Mapping[str, Entity], gone: Collection[str] = ()
) -> dict[str, Entity]:
    """The same as `overlaid` gives, as a dict of its own."""
    found = dict(lower)
    for name in gone:
        found.pop(name, None)
    found.update(changed)
    return found


class Extent:
    """The declarations of one kind, in their order."""

    __slots__ = ("_base", "_flat", "_gone", "_new", "_other")

    def __init__(self, base: Sequence[Entity] = ()) -> None:
        self._base = base
        self._other: dict[str, Entity] = {}
        self._gone: set[str] = set()
        self._new: dict[str, Entity] = {}
        self._flat: Sequence[Entity] | None = base

    def __len__(self) -> int:
        return len(self._base) - len(self._gone) + len(self._new)

    @property
    def entities(self) -> Sequence[Entity]:
        """The declarations; not to be changed."""
        if self._flat is None:
            other, gone = self._other, self._gone
            kept = [other.get(each.name, each) for each in self._base if each.name not in gone]
            self._flat = kept + list(self._new.values())
        return self._flat

    def changed(self, before: Mapping[str, Entity], after: Mapping[str, Entity]) -> Extent:
        """The same, where some declarations, by name, are others, gone or new; this one stays as it is."""
        found = Extent(self._base)
        if self._flat is not None or self._differences > max(_FEW, len(self._base) // _SHARE):
            found._base = self.entities
        else:
            found._other, found._gone = dict(self._other), set(self._gone)
            found._new = dict(self._new)
        found._flat = None
        for name in before:
            if name not in after and found._new.pop(name, None) is None:
                found._other.pop(name, None)
                found._gone.add(name)
        for name, entity in after.items():
            there = name in before and name not in found._new
            (found._other if there else found._new)[name] = entity
        return found

    @property
    def _differences(self) -> int:
        return len(self._other) + len(self._gone) + len(self._new)
