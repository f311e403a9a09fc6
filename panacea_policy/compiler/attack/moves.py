"""Where facts and instances of steps are after a change: places stay, new ones are added at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panacea_policy.compiler.attack.arrays import Indices
from panacea_policy.engine.relation import Relation

_NONE: Indices = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Moved:
    """A relation of which rows came or went. ``place``: by the engine's number of the row, -1 for none.

    ``gone`` has the rows that went, in the order of their places ``gone_places``; ``new`` are numbers of rows
    that came, and have no place yet.
    """

    place: Indices
    new: Indices
    gone: Relation
    gone_places: Indices


def is_same(before: Relation, size: int, count: int, now: Relation) -> bool:
    """Whether a relation, once of a size and a count of rows, has neither won nor lost any."""
    return before is now and now.size == size and now.count == count


def moved(before: Relation, place: Indices, now: Relation) -> Moved:
    """What came and went in a relation since its rows had these places.

    ``before`` is ``now`` where the engine went on with the relation; else the engine made another one.
    """
    if before is now:
        return _grown(place, now)
    old = np.flatnonzero(place >= 0)
    columns = [column[old] for column in before.columns()]
    found = now.find(columns, len(old))
    stays = found >= 0
    moved_to = np.full(now.size, -1, np.int64)
    moved_to[found[stays]] = place[old[stays]]
    rows = now.rows()
    gone = old[~stays]
    return Moved(moved_to, rows[moved_to[rows] < 0], before.part(gone), place[gone])


def _grown(place: Indices, now: Relation) -> Moved:
    """The same where rows were added to a relation or taken out of it, and kept their numbers."""
    alive = now.alive()
    grown = np.full(now.size, -1, np.int64)
    grown[: len(place)] = place
    new = np.arange(len(place), now.size)
    gone = _NONE
    if alive is not None:
        gone = np.flatnonzero((grown >= 0) & ~alive[: now.size])
        new = new[alive[new]]
    away = now.part(gone)
    gone_places = place[gone]
    grown[gone] = -1
    if len(gone) and len(new):
        # What was dropped and came back has kept its place.
        back = away.find([column[new] for column in now.columns()], len(new))
        returned = back >= 0
        grown[new[returned]] = gone_places[back[returned]]
        left = np.ones(len(gone), np.bool_)
        left[back[returned]] = False
        new, gone, gone_places = new[~returned], gone[left], gone_places[left]
        away = now.part(gone)
    return Moved(grown, new, away, gone_places)
