"""Which clauses bind on a day: dates, legal status, where they hold and whom they address."""

from __future__ import annotations

from datetime import date

import msgspec

from panacea_policy.compiler import UNKNOWN, Entity, Model
from panacea_policy.model.countries import EEA


class Standing(msgspec.Struct, frozen=True):
    """How one clause stands on a day.

    ``binds``: it is in force and speaks to us; ``reason`` says why not. ``benchmark``: to us it is a measure
    only, so that nobody is held to it. ``proposed``: it is judged as if it were law, which it is not yet.
    """

    binds: bool
    reason: str = ""
    benchmark: bool = False
    proposed: bool = False


class Law(msgspec.Struct, frozen=True):
    """The law of one day, seen by the organisations that a model calls its own.

    ``day`` decides which clauses are in force. ``foreseen``: what is proposed, or adopted and not applicable
    yet, counts as if it were in force, and what it will supersede does not.
    """

    model: Model
    day: date
    addressees: frozenset[str]
    countries: frozenset[str]
    foreseen: bool = False

    @classmethod
    def of(cls, model: Model, day: date, *, foreseen: bool = False) -> Law:
        """The law of ``day`` for the organisations in ``model`` that are not partners."""
        addressees: set[str] = set()
        countries: set[str] = set()
        for organisation in own_organisations(model):
            named, country = (model.value(organisation, name) for name in ("addressees", "country"))
            addressees.update(map(str, named) if isinstance(named, tuple) else ())
            countries.update([str(country)] if isinstance(country, str) else ())
        return cls(model, day, frozenset(addressees), frozenset(countries), foreseen)

    def standing(self, requirement: Entity) -> Standing:
        """Whether a clause binds us. What the clause leaves open its pack says."""
        reason, proposed = self._by_itself(requirement)
        reason = reason or self._replaced(requirement) or self._elsewhere(requirement)
        if reason is not None:
            return Standing(binds=False, reason=reason)
        return self._addressed(requirement, proposed)

    def _by_itself(self, requirement: Entity) -> tuple[str | None, bool]:
        """Why a clause is not in force by its own dates and status, None where it is; and whether it only
        counts because what is proposed does.
        """
        reason, status = self._by_dates(requirement), self._says(requirement, "status")
        effective = self._date(requirement, "effective")
        ahead = effective is not None and self.day < effective
        if reason is not None or status not in _NOT_LAW:
            return reason, ahead
        if status == "adopted_not_applicable" and effective is not None:
            return None, ahead
        proposed = self.foreseen and status != "superseded"
        return None if proposed else _NOT_LAW[str(status)], proposed

    def _by_dates(self, requirement: Entity) -> str | None:
        effective, ends = self._date(requirement, "effective"), self._date(requirement, "ends")
        if effective is not None and self.day < effective and not self.foreseen:
            return f"holds from {effective.isoformat()}"
        if ends is not None and self.day > ends:
            return f"held until {ends.isoformat()}"
        return None

    def _replaced(self, requirement: Entity) -> str | None:
        """Why a clause gave way to another one, which is in force by now or counts as if it were."""
        successor = self.model.value(requirement, "superseded_by")
        if not isinstance(successor, Entity):
            return None
        # Only what the successor says itself counts: two clauses may name each other.
        reason, _ = self._by_itself(successor)
        return f"superseded by {successor.name}" if reason is None else None

    def _elsewhere(self, requirement: Entity) -> str | None:
        holds = self._says(requirement, "jurisdiction")
        if not isinstance(holds, tuple) or not holds or not self.countries:
            return None
        where = {str(each) for each in holds}
        if "international" in where or self.countries & where or ("EU" in where and self.countries & EEA):
            return None
        return f"it holds in {_listed(sorted(where))}, and we are in {_listed(sorted(self.countries))}"

    def _addressed(self, requirement: Entity, proposed: bool) -> Standing:
        """Whom the clause speaks to; it speaks to us where either side leaves that open."""
        benchmark = self._says(requirement, "level") == "benchmark"
        whom, measure = (self.model.value(requirement, name) for name in ("addressees", "benchmark_for"))
        if not isinstance(whom, tuple) or not whom or not self.addressees:
            return Standing(binds=True, benchmark=benchmark, proposed=proposed)
        if self.addressees.intersection(map(str, whom)):
            return Standing(binds=True, benchmark=benchmark, proposed=proposed)
        if isinstance(measure, tuple) and self.addressees.intersection(map(str, measure)):
            return Standing(binds=True, benchmark=True, proposed=proposed)
        return Standing(binds=False, reason="it does not address an organisation of this kind")

    def _says(self, requirement: Entity, attribute: str) -> object:
        own, pack = self.model.value(requirement, attribute), self.model.value(requirement, "pack")
        unsaid = own is UNKNOWN or own is None
        return self.model.value(pack, attribute) if unsaid and isinstance(pack, Entity) else own

    def _date(self, requirement: Entity, attribute: str) -> date | None:
        value = self._says(requirement, attribute)
        return value if isinstance(value, date) else None


def own_organisations(model: Model) -> tuple[Entity, ...]:
    """The organisations that a model is about: all that are not said to be partners."""
    every = model.entities("organisation")
    return tuple(each for each in every if model.value(each, "partner") is not True)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


_NOT_LAW = {
    "proposed": "proposed, not law yet",
    "adopted_not_applicable": "adopted, not applicable yet",
    "superseded": "superseded",
}
