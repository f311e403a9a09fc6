"""What each attempt costs, trial by trial, and how that divides among forms of loss, processes and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from panacea_policy.risk.graph import Bools, Floats, Ints
from panacea_policy.risk.loss.insurance import Policy
from panacea_policy.risk.loss.parts import Part, charged


@dataclass
class Ledger:
    """Losses of the attempts of all sources.

    ``gross[a]`` and ``insured[a]`` are money per trial of source a. ``by_form`` and ``by_goal`` are expected
    money per year, trial by trial (over severities in closed form), so that a standard error can be told:
    their sums agree. ``by_weight`` is ``by_goal`` with what lost copies add booked under the goal that says
    so: what a control saves by keeping the copies.
    """

    trials: int
    gross: list[Floats] = field(default_factory=list)
    insured: list[Floats] = field(default_factory=list)
    by_form: dict[str, Floats] = field(default_factory=dict)
    by_goal: dict[int, Floats] = field(default_factory=dict)
    by_weight: dict[int, Floats] = field(default_factory=dict)

    def expected(self) -> Floats:
        """Expected money per year, trial by trial."""
        return sum(names_by_form(self).values(), np.zeros(self.trials))

    def corrected(self, trials: Ints, part: Ledger) -> None:
        """Some of the trials booked anew, as in ``part``, by position among them."""
        for mine, theirs in ((self.gross, part.gross), (self.insured, part.insured)):
            for values, new in zip(mine, theirs, strict=True):
                values[trials] = new
        for name in ("by_form", "by_goal", "by_weight"):
            mine_by, theirs_by = getattr(self, name), getattr(part, name)
            for key in theirs_by.keys() - mine_by.keys():
                mine_by[key] = np.zeros(self.trials)
            for key, values in mine_by.items():
                values[trials] = theirs_by.get(key, 0.0)


def book(
    parts: Sequence[Part],
    fallen: Sequence[Bools],
    rates: Sequence[float],
    hostile: Sequence[bool],
    processes: Sequence[int],
    every: int,
    policy: Policy | None,
) -> Ledger:
    """Book the parts of every event. ``fallen[a]``: which goals fell, shape (goals, trials).

    ``processes``: positions of the goals that are processes, of ``every`` that there are in all. What is not
    of one goal alone is booked in equal shares under the goals that brought it.
    """
    ledger = Ledger(fallen[0].shape[1] if fallen else 0)
    for fell, rate, meant in zip(fallen, rates, hostile, strict=True):
        _book_source(ledger, parts, fell, rate, meant, _extent(fell, processes, every), policy)
    return ledger


def _extent(fell: Bools, processes: Sequence[int], every: int) -> Floats:
    """The share of the processes that stand still, per trial."""
    if not processes:
        return np.ones(fell.shape[1])
    return np.asarray(fell[list(processes)].sum(axis=0) / max(every, 1), dtype=np.float64)


def _book_source(
    ledger: Ledger,
    parts: Sequence[Part],
    fell: Bools,
    rate: float,
    hostile: bool,
    extent: Floats,
    policy: Policy | None,
) -> None:
    gross, covered = np.zeros(ledger.trials), np.zeros(ledger.trials)
    if fell.any():
        for part, comes in zip(parts, charged(parts, fell, hostile=hostile), strict=True):
            where = np.flatnonzero(comes)
            if not len(where):
                continue
            scale = extent[where] if part.proportional else np.ones(len(where))
            money = part.amount[where] * scale
            gross[where] += money
            if policy is not None and part.covered in policy.covers:
                covered[where] += money if part.insured is None else money * part.insured[where]
            _divide(ledger, part, fell, where, rate * part.mean * scale)
    ledger.gross.append(gross)
    ledger.insured.append(policy.per_event(covered) if policy else np.zeros(ledger.trials))


def _divide(ledger: Ledger, part: Part, fell: Bools, where: np.ndarray, yearly: Floats) -> None:
    """Book expected money under the form of a part and the goals that brought it."""

    def add(to: dict[int, Floats], goal: int, money: Floats) -> None:
        to.setdefault(goal, np.zeros(ledger.trials))[where] += money

    form = ledger.by_form.setdefault(part.form, np.zeros(ledger.trials))
    form[where] += yearly
    brought = fell[list(part.goals)][:, where]
    share = yearly / np.maximum(brought.sum(axis=0), 1)
    extra = 0.0 if part.mean <= 0 or not part.lost else max(0.0, 1.0 - part.otherwise / part.mean)
    for row, goal in enumerate(part.goals):
        if not brought[row].any():
            continue
        money = np.where(brought[row], share, 0.0)
        add(ledger.by_goal, goal, money)
        add(ledger.by_weight, goal, money * (1.0 - extra))
        if extra > 0 and part.marker is not None:
            add(ledger.by_weight, part.marker, money * extra)


def weights(
    ledger: Ledger, fallen: Sequence[Bools], rates: Sequence[float], otherwise: Sequence[float]
) -> Floats:
    """What one event of each goal costs on average, as booked; ``otherwise`` where none was seen."""
    found = np.array(otherwise, dtype=np.float64)
    shares = [np.count_nonzero(fell, axis=1) / fell.shape[1] for fell in fallen]
    for goal, yearly in ledger.by_weight.items():
        events = sum(rate * float(share[goal]) for share, rate in zip(shares, rates, strict=True))
        if events > 0:
            found[goal] = float(yearly.mean()) / events
    return found


def names_by_form(ledger: Ledger) -> Mapping[str, Floats]:
    """The forms in the order of :data:`FORMS`, those without loss left out."""
    from panacea_policy.risk.loss.forms import FORMS

    return {form: ledger.by_form[form] for form in FORMS if form in ledger.by_form}
