"""From the model to the parts of a loss: what processes and data say themselves, and what a `loss` adds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.compiler import Entity
from panacea_policy.model import Distribution
from panacea_policy.risk import inputs
from panacea_policy.risk.graph import Floats
from panacea_policy.risk.inputs import Goal
from panacea_policy.risk.loss.forms import COVERED
from panacea_policy.risk.loss.parts import Part, capped
from panacea_policy.risk.severity import YEAR, spread

if TYPE_CHECKING:
    from panacea_policy.compiler import Model

#: ``draw(law, key)``: one draw per trial; equal keys share their randomness.
Draw = Callable[[Distribution, str], Floats]

#: The kind of goal that each kind of event is.
EVENTS = {"disruption": "process", "disclosure": "data_class", "corruption": "corruption"}


@dataclass(frozen=True)
class Priced:
    """The parts of a model's losses, what could not be priced, and how long outages last per trial."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...]


def parts_of(model: Model, goals: Sequence[Goal], draw: Draw, trials: int, waiting: float = 0.0) -> Priced:
    """All parts of the losses of a model. ``waiting``: seconds of an outage that no insurance looks at."""
    builder = _Builder(model, goals, draw, trials, waiting)
    for k, goal in enumerate(goals):
        builder.of_goal(k, goal)
    for entity in model.entities("loss"):
        builder.of_loss(entity)
    return Priced(tuple(builder.parts), tuple(builder.notes()))


class _Builder:
    def __init__(self, model: Model, goals: Sequence[Goal], draw: Draw, trials: int, waiting: float) -> None:
        self.parts: list[Part] = []
        self._model = model
        self._goals = goals
        self._draw = draw
        self._trials = trials
        self._waiting = waiting
        self._turnover = turnover(model)
        self._without_turnover: list[str] = []
        self._markers = {g.entity.name: k for k, g in enumerate(goals) if g.kind == "rebuilt"}

    def notes(self) -> list[str]:
        if not self._without_turnover:
            return []
        names = ", ".join(self._without_turnover)
        return [f"No turnover is stated on the organisation: {names} are not in the money figures."]

    # ------------------------------------------------------------------------------------------ of goals

    def of_goal(self, k: int, goal: Goal) -> None:
        severity, name = goal.severity, goal.entity.name
        if goal.kind == "process":
            if severity.loss_rate is not None:
                for cause, lost, law in self._outages(goal):
                    self._standing_still(k, goal, cause, lost, law)
            if severity.per_event is not None:
                self._add(f"{name} response", "response", (k,), severity.per_event, covered="recovery")
            return
        shared = "breach" if goal.kind == "data_class" else None
        if severity.per_event is not None:
            key = f"event of {name}"
            self._add(
                f"{name} response",
                "response",
                (k,),
                severity.per_event,
                key=key,
                shared=shared,
                covered="breach",
            )
        if severity.records is not None and severity.per_record is not None:
            amount = self._draw(severity.records, f"records of {name}") * self._draw(
                severity.per_record, f"record of {name}"
            )
            mean = severity.records.mean() * severity.per_record.mean()
            self.parts.append(
                Part(f"{name} persons", "response", (k,), amount, mean, shared="persons", covered="breach")
            )

    def _outages(self, goal: Goal) -> list[tuple[str, bool, Distribution]]:
        """The laws of the outages of a process, each with its cause and whether copies are lost."""
        severity = goal.severity
        found: list[tuple[str, bool, Distribution]] = []
        for cause, lost, law in (
            ("attack", False, severity.law()),
            ("attack", True, severity.law(lost=True)),
            ("accident", False, severity.law(hostile=False)),
        ):
            if law is not None and (not lost or goal.entity.name in self._markers):
                found.append((cause, lost, law))
        return found

    def _marker(self, goal: Goal, cause: str) -> int | None:
        return self._markers.get(goal.entity.name) if cause == "attack" else None

    def _standing_still(self, k: int, goal: Goal, cause: str, lost: bool, law: Distribution) -> None:
        severity, name = goal.severity, goal.entity.name
        assert severity.loss_rate is not None
        length = self._draw(law, "outage")
        amount = severity.standstill(length) / YEAR * self._draw(severity.loss_rate, f"rate of {name}")
        beyond = np.clip(1.0 - self._waiting / np.maximum(length, 1.0), 0.0, 1.0)
        self.parts.append(
            Part(
                name,
                "productivity",
                (k,),
                amount,
                severity.mean_standstill(law) / YEAR * severity.loss_rate.mean(),
                cause=cause,
                marker=self._marker(goal, cause),
                lost=lost,
                otherwise=self._with_copies(goal, severity.loss_rate.mean()),
                covered="outage",
                insured=beyond,
            )
        )

    def _with_copies(self, goal: Goal, rate: float) -> float:
        law = goal.severity.law()
        return goal.severity.mean_standstill(law) / YEAR * rate if law is not None else 0.0

    def _add(
        self,
        name: str,
        form: str,
        goals: tuple[int, ...],
        law: Distribution,
        *,
        key: str | None = None,
        shared: str | None = None,
        covered: str | None = None,
    ) -> None:
        amount = self._draw(law, key or f"event of {name.rpartition(' ')[0]}")
        self.parts.append(Part(name, form, goals, amount, law.mean(), shared=shared, covered=covered))

    # ------------------------------------------------------------------------------------------ of losses

    def of_loss(self, loss: Entity) -> None:
        """The parts that one declared `loss` adds."""
        form = self._known(loss, "form")
        if not isinstance(form, str) or (form == "ransom" and self._known(loss, "paid") is not True):
            return
        after = self._known(loss, "after")
        kinds = {EVENTS[each] for each in after if each in EVENTS} if isinstance(after, tuple) else set()
        of = {e.name for e in self._of(loss)}
        goals = [
            k
            for k, goal in enumerate(self._goals)
            if goal.kind in kinds and (not of or goal.entity.name in of)
        ]
        if not goals:
            return
        covered = COVERED.get(form) or ("recovery" if "process" in kinds else "breach")
        covered_by = None if form in ("fines", "reputation") else covered
        comes = self._bernoulli(loss)
        cap = self._cap(loss)
        whole = self._whole(loss)
        if whole is not None:
            self._declared(loss, form, tuple(goals), whole[0], whole[1], comes, cap, covered_by)
        for each in goals:
            per_goal = self._per_goal(loss, self._goals[each])
            for cause, lost, amount, mean in per_goal:
                self._declared(
                    loss,
                    form,
                    (each,),
                    amount,
                    mean,
                    comes,
                    cap,
                    covered_by,
                    cause=cause,
                    lost=lost,
                    own=True,
                )

    def _declared(
        self,
        loss: Entity,
        form: str,
        goals: tuple[int, ...],
        amount: Floats,
        mean: float,
        comes: tuple[Floats, float],
        cap: float | None,
        covered: str | None,
        *,
        cause: str | None = None,
        lost: bool = False,
        own: bool = False,
    ) -> None:
        kept = capped(amount, cap) * comes[0]
        expected = mean * comes[1] if cap is None else float(capped(amount, cap).mean()) * comes[1]
        stated = self._known(loss, "cause")
        wanted = str(stated) if stated in ("attack", "accident") else "any"
        if cause is not None and wanted not in ("any", cause):
            return
        marker = self._marker(self._goals[goals[0]], cause or "") if own else None
        self.parts.append(
            Part(
                loss.name,
                form,
                goals,
                kept,
                expected,
                cause=cause or wanted,
                marker=marker,
                lost=lost,
                shared=f"loss {loss.name}" if own else None,
                proportional=self._known(loss, "proportional") is True,
                covered=covered,
            )
        )

    def _bernoulli(self, loss: Entity) -> tuple[Floats, float]:
        """In which trials a secondary loss follows (1 or 0), and how often on average."""
        law = spread(self._known(loss, "probability"))
        if law is None:
            return np.ones(self._trials), 1.0
        from panacea_policy.model.distributions import Uniform

        uniform = self._draw(Uniform(0.0, 1.0), f"whether {loss.name}")
        chance = self._draw(law, f"frequency of {loss.name}")
        return (uniform < chance).astype(np.float64), min(1.0, max(0.0, law.mean()))

    def _whole(self, loss: Entity) -> tuple[Floats, float] | None:
        """What one event costs whatever it hits, and the mean of that."""
        terms: list[tuple[Floats, float]] = []
        law = self._law(loss, "amount")
        if law is not None:
            terms.append((self._draw(law, f"amount of {loss.name}"), law.mean()))
        share, volume, lasts = (self._law(loss, a) for a in ("share_of_turnover", "lost_volume", "lasts"))
        of_turnover = share is not None or (volume is not None and lasts is not None)
        if of_turnover and self._turnover is None:
            self._without_turnover.append(loss.title or loss.name)
            return _sum(terms)
        if share is not None:
            drawn = self._draw(share, f"share of {loss.name}")
            terms.append((drawn * self._turnover, share.mean() * self._turnover))  # type: ignore[operator]
        if volume is not None and lasts is not None and self._turnover is not None:
            drawn = self._draw(volume, f"volume of {loss.name}") * self._draw(lasts, f"length of {loss.name}")
            terms.append(
                (drawn / YEAR * self._turnover, volume.mean() * lasts.mean() / YEAR * self._turnover)
            )
        return _sum(terms)

    def _per_goal(self, loss: Entity, goal: Goal) -> list[tuple[str | None, bool, Floats, float]]:
        """What depends on which goal fell: persons concerned, and how long the outage lasts."""
        person, timed = self._law(loss, "per_person"), self._law(loss, "per_time")
        found: list[tuple[str | None, bool, Floats, float]] = []
        name = goal.entity.name
        if person is not None and goal.severity.records is not None:
            records = self._draw(goal.severity.records, f"records of {name}")
            amount = records * self._draw(person, f"person of {loss.name}")
            found.append((None, False, amount, goal.severity.records.mean() * person.mean()))
        if timed is not None and goal.kind == "process":
            for cause, lost, law in self._outages(goal):
                amount = self._draw(law, "outage") / YEAR * self._draw(timed, f"time of {loss.name}")
                found.append((cause, lost, amount, law.mean() / YEAR * timed.mean()))
        return found

    def _cap(self, loss: Entity) -> float | None:
        """The most that it can be: the higher (or lower) of an amount and a share of the turnover."""
        caps = [float(v) for v in [self._known(loss, "cap")] if isinstance(v, int | float)]
        share = self._known(loss, "cap_share")
        if isinstance(share, int | float) and self._turnover is not None:
            caps.append(float(share) * self._turnover)
        if not caps:
            return None
        return min(caps) if self._known(loss, "cap_rule") == "lower" else max(caps)

    def _law(self, loss: Entity, attribute: str) -> Distribution | None:
        return spread(self._known(loss, attribute))

    def _known(self, loss: Entity, attribute: str) -> object:
        return inputs.known(self._model, loss, attribute)

    def _of(self, loss: Entity) -> list[Entity]:
        of = self._model.value(loss, "of")
        return [e for e in of if isinstance(e, Entity)] if isinstance(of, tuple) else []


def _sum(terms: Sequence[tuple[Floats, float]]) -> tuple[Floats, float] | None:
    if not terms:
        return None
    total = terms[0][0]
    for drawn, _ in terms[1:]:
        total = total + drawn
    return total, sum(mean for _, mean in terms)


def turnover(model: Model) -> float | None:
    """The yearly turnover of our own organisation; None where nobody stated one."""
    found = [
        float(value)
        for organisation in model.entities("organisation")
        if model.value(organisation, "partner") is not True
        and isinstance(value := inputs.known(model, organisation, "turnover"), int | float)
    ]
    return max(found) if found else None
