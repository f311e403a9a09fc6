"""The parts that the loss of an event is made of: which goals bring each, how much it is, and who bears it.

An event is an attempt in which some goal fell. Its loss is the sum of its parts; a part comes where one of
its goals fell. Parts that stand for the same thing (the forensics of one breach, the letters to the same
patients) are ``shared``: of those that an event brings, the dearest on average counts, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from panacea_policy.risk.graph import Bools, Floats, Ints


@dataclass(frozen=True)
class Part:
    """One part of the loss of an event, drawn for every trial.

    ``goals``: positions of the goals any of which brings it, the first one being what it is booked under
    where there is only one. ``amount``: money per trial, shape (trials,); ``mean``: its expected value.
    ``cause``: ``attack``, ``accident`` or ``any``. ``marker``: the goal that says whether copies were lost,
    and ``lost`` which of both this part is for; ``otherwise``: the mean of its counterpart with copies.
    ``insured``: the share of the amount that a policy covering ``covered`` would look at, per trial.
    """

    name: str
    form: str
    goals: tuple[int, ...]
    amount: Floats
    mean: float
    cause: str = "any"
    marker: int | None = None
    lost: bool = False
    otherwise: float = 0.0
    shared: str | None = None
    proportional: bool = False
    covered: str | None = None
    insured: Floats | None = None

    def only(self, trials: Ints) -> Part:
        """The same in some of the trials."""
        insured = None if self.insured is None else self.insured[trials]
        return replace(self, amount=self.amount[trials], insured=insured)

    def comes(self, fell: Bools, *, hostile: bool) -> Bools:
        """In which trials it comes, by what fell (goals, trials)."""
        if self.cause != "any" and (self.cause == "attack") != hostile:
            return np.zeros(fell.shape[1], dtype=bool)
        comes: Bools = np.asarray(fell[list(self.goals)].any(axis=0))
        if self.marker is not None:
            gone: Bools = fell[self.marker]
            comes = np.logical_and(comes, gone if self.lost else ~gone)
        return comes


def charged(parts: Sequence[Part], fell: Bools, *, hostile: bool) -> list[Bools]:
    """In which trials each part is charged: where it comes, and of shared ones only the dearest on average
    (the first one where two are equal).
    """
    comes = [part.comes(fell, hostile=hostile) for part in parts]
    taken: dict[str, Bools] = {}
    for i in sorted(range(len(parts)), key=lambda i: (-parts[i].mean, i)):
        key = parts[i].shared
        if key is None:
            continue
        before = taken.get(key)
        if before is not None:
            comes[i] = comes[i] & ~before
        taken[key] = comes[i] if before is None else before | comes[i]
    return comes


def capped(amount: Floats, cap: float | None) -> Floats:
    """Amounts of which none is above the cap."""
    return amount if cap is None else np.minimum(amount, cap)
