"""What people stated: attestations of clauses, waivers of violations; each with a name, a reason, an end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from panacea_policy.compiler import Entity, Model
from panacea_policy.compliance.verdicts import ClauseVerdict

_RESULTS = {
    "met": ClauseVerdict.ATTESTED,
    "violated": ClauseVerdict.VIOLATED,
    "not_applicable": ClauseVerdict.NOT_APPLICABLE,
}


class Attestation(msgspec.Struct, frozen=True):
    """A person's statement on a clause: who, why, when it may be relied on, and the verdict it supports.

    ``valid``: it may be relied on today; ``ahead``: it may not yet, since its first day is to come.
    """

    entity: Entity
    by: str
    because: str
    starts: date | None
    until: date | None
    verdict: ClauseVerdict
    valid: bool
    ahead: bool = False
    #: The declarations for which it was made; where it names none, it is for the whole clause.
    about: frozenset[str] = frozenset()


class Waiver(msgspec.Struct, frozen=True):
    """Who bears a violation, why, and until when."""

    by: str
    because: str
    until: date | None

    def __str__(self) -> str:
        end = f"until {self.until.isoformat()}" if self.until is not None else "without end"
        return f"waived {end} by {self.by}: {self.because}"


def read_waiver(entity: Entity, model: Model) -> Waiver:
    """The facts of a ``waive`` declaration."""
    return Waiver(
        by=_name(model.value(entity, "approver")),
        because=_text(model.value(entity, "reason")),
        until=_date(model.value(entity, "expires")),
    )


def read_attestations(model: Model, as_of: date) -> Mapping[str, Attestation]:
    """The attestation of each requirement that has one, by the requirement's name.

    Of several the valid one counts, of these the one for the whole clause, and the one that lasts longest.
    """
    found: dict[str, Attestation] = {}
    for entity in model.entities("attestation"):
        requirement = model.value(entity, "requirement")
        if isinstance(requirement, Entity):
            attestation = _attestation(entity, model, as_of)
            known = found.get(requirement.name)
            if known is None or _rank(attestation) > _rank(known):
                found[requirement.name] = attestation
    return found


def _attestation(entity: Entity, model: Model, as_of: date) -> Attestation:
    starts, until = _date(model.value(entity, "starts")), _date(model.value(entity, "expires"))
    result, named = model.value(entity, "result"), model.value(entity, "subjects")
    ahead = starts is not None and as_of < starts
    return Attestation(
        entity=entity,
        by=_name(model.value(entity, "attester")),
        because=_text(model.value(entity, "reason")),
        starts=starts,
        until=until,
        verdict=_RESULTS[result] if isinstance(result, str) else ClauseVerdict.ATTESTED,
        valid=not ahead and (until is None or as_of <= until),
        ahead=ahead,
        about=frozenset(each.name for each in named if isinstance(each, Entity))
        if isinstance(named, tuple)
        else frozenset(),
    )


def _rank(attestation: Attestation) -> tuple[bool, bool, date]:
    return attestation.valid, not attestation.about, attestation.until or date.max


def _name(value: object) -> str:
    return value.name if isinstance(value, Entity) else "nobody named"


def _text(value: object) -> str:
    return value if isinstance(value, str) else "no reason given"


def _date(value: object) -> date | None:
    return value if isinstance(value, date) else None
