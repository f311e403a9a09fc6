"""Risks in the words of ISO 14971: hazard, sequence of events, hazardous situation, harm, severity, and how
probable exploitation is (AAMI TIR57, ISO/TR 24971), by simulation where an attack graph knows the system.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from panacea_policy.compiler import AttackGraph, Entity, Model
from panacea_policy.risk import ActorFall, Fall, RiskOptions, falls
from panacea_policy.secure_design.moves import facts_about
from panacea_policy.secure_design.results import Judged, Level, Risk
from panacea_policy.secure_design.scales import Scales, hazards_of
from panacea_policy.secure_design.surroundings import Surroundings, known, many, one
from panacea_policy.secure_design.threats import Check, identifier

#: Actors whose chance is below this are not listed one by one.
_LEAST = 1e-6


@dataclass(frozen=True)
class Draft:
    """A hazard that concerns the system, with its threats and the facts of the graph that bring it about."""

    hazard: Entity
    severity: Level
    assumed: str
    checks: tuple[Check, ...]
    facts: tuple[int, ...]

    @property
    def id(self) -> str:
        """A stable identifier from the hazard's name."""
        return identifier("R", hashlib.sha256(self.hazard.short.encode()).hexdigest())


def drafts(
    around: Surroundings, checks: Sequence[Check], scales: Scales, attack: AttackGraph | None
) -> tuple[Draft, ...]:
    """The hazards that concern a system: by its safety, its data, and the categories of what threatens it."""
    model, subject = around.model, around.subject
    safety = known(model, subject, "safety")
    about = _facts(around, attack) if attack is not None else {}
    levels = {level.name: level for level in scales.harms}
    health_data = _health_data(around)
    found = []
    for hazard in hazards_of(model, subject):
        fits = _texts(model, hazard, "safety")
        if isinstance(safety, str) and fits and safety not in fits:
            continue
        if known(model, hazard, "health_data") == ("absent" if health_data else "needed"):
            continue
        severity = one(model, hazard, "severity")
        if severity is None or severity.name not in levels:
            continue
        categories = set(_texts(model, hazard, "categories"))
        mine = tuple(c for c in checks if c.is_threat and c.rule.attributes.get("category") in categories)
        facts = tuple(sorted({f for e in _texts(model, hazard, "events") for f in _matching(about, e)}))
        if mine or facts:
            assumed = (
                "" if isinstance(safety, str) or not fits else "`safety` is not stated: the worst is assumed"
            )
            found.append(Draft(hazard, levels[severity.name], assumed, mine, facts))
    if not isinstance(safety, str):
        found = _worst_alone(model, found)
    return tuple(sorted(found, key=lambda d: (-d.severity.rank, d.hazard.name)))


def _worst_alone(model: Model, found: Sequence[Draft]) -> list[Draft]:
    """Of hazards that differ by safety alone, that with the severest harm for each set of events."""
    kept: dict[object, Draft] = {}
    for draft in found:
        fits = bool(_texts(model, draft.hazard, "safety"))
        key = (fits, frozenset(_texts(model, draft.hazard, "events"))) if fits else draft.hazard.name
        before = kept.get(key)
        if before is None or draft.severity.rank > before.severity.rank:
            kept[key] = draft
    return list(kept.values())


def _facts(around: Surroundings, attack: AttackGraph) -> Mapping[int, tuple[str, ...]]:
    """Facts about the system and its stores: position to relation and the short names in it."""
    names = [around.subject.name, *(e.name for e in around.of("data_store", "part of it"))]
    found = {}
    for place in sorted(facts_about(attack, names)):
        fact = attack.facts[place]
        words = [each.short if isinstance(each, Entity) else str(each) for each in fact.args]
        found[place] = (fact.relation.rpartition(".")[2], *words)
    return found


def _matching(about: Mapping[int, tuple[str, ...]], event: str) -> list[int]:
    relation, *wanted = event.split()
    return [
        place
        for place, (name, *words) in about.items()
        if name == relation and all(word in words for word in wanted)
    ]


def _health_data(around: Surroundings) -> bool:
    model = around.model
    kept = [d for a in ("stores", "handles") for d in many(model, around.subject, a)]
    carried = [d for flow in around.flows for d in many(model, flow, "carries")]
    return (
        any(known(model, d, "special_category") is True for d in (*kept, *carried))
        or known(model, around.subject, "keeps_health_data") is True
    )


def simulated(
    attack: AttackGraph | None,
    model: Model,
    found: Sequence[Draft],
    options: RiskOptions,
    without: Collection[str] = (),
) -> tuple[Mapping[str, Fall] | None, ...]:
    """For each draft the chance that its facts fall, by state of the controls; None where none was asked.

    ``without``: actors who have nothing to do with the system, by name.
    """
    if attack is None or not len(attack.step):
        return (None,) * len(found)
    return falls(attack, model, [draft.facts for draft in found], options, without)


def told(
    draft: Draft,
    fall: Mapping[str, Fall] | None,
    scales: Scales,
    model: Model,
    attack: AttackGraph | None,
    requirements: Mapping[str, str],
    *,
    surface_known: bool = True,
) -> Risk:
    """The risk of one hazard. ``requirements``: fingerprint of a check to the requirement that answers it.

    Without ``surface_known`` (nobody said on what the system listens), that no way leads to a hazard is no
    finding, and such a risk is not rated.
    """
    basis = _basis(draft, fall)
    level = _ordinal(draft, scales) if basis == "ordinal" else scales.exploitation[0]

    def judged(state: str) -> Judged:
        if basis == "simulated" and fall is not None:
            chance = fall[state].chance
            rated = scales.of_chance(chance.value)
            return Judged(chance=chance, level=rated, acceptability=scales.judge(draft.severity, rated))
        if state == "in_place" and (basis == "ordinal" or surface_known):
            return Judged(chance=None, level=level, acceptability=scales.judge(draft.severity, level))
        return Judged(chance=None, level=None, acceptability=None)

    actors: tuple[ActorFall, ...] = (
        fall["in_place"].actors if basis == "simulated" and fall is not None else ()
    )
    return Risk(
        id=draft.id,
        hazard=draft.hazard.name,
        title=draft.hazard.title or draft.hazard.short.replace("_", " "),
        situation=_text(model, draft.hazard, "situation"),
        harm=_text(model, draft.hazard, "harm"),
        foreseeable_misuse=_text(model, draft.hazard, "foreseeable_misuse"),
        severity=draft.severity,
        assumed=draft.assumed,
        basis=basis,
        events=tuple(attack.facts[place].text for place in draft.facts) if attack is not None else (),
        before=judged("bare"),
        now=judged("in_place"),
        planned=judged("planned"),
        candidates=judged("all"),
        actors=tuple(actor for actor in actors if actor.chance.value > _LEAST),
        threats=tuple(identifier("T", c.fingerprint) for c in draft.checks),
        requirements=tuple(
            dict.fromkeys(requirements[c.fingerprint] for c in draft.checks if c.fingerprint in requirements)
        ),
    )


Basis = Literal["simulated", "unreached", "ordinal"]


def _basis(draft: Draft, fall: Mapping[str, Fall] | None) -> Basis:
    """Simulated where the graph has a way; else ordinal as long as a threat stands, so that a gap of the
    graph
    is never read as safety; unreached where a graph was searched and no threat stands either.
    """
    if fall is not None and fall["bare"].reachable:
        return "simulated"
    standing = any(check.state != "met" for check in draft.checks)
    return "unreached" if fall is not None and draft.hazard.value("events") and not standing else "ordinal"


def _ordinal(draft: Draft, scales: Scales) -> Level:
    """The level that the layers of standing threats are assumed to mean; the lowest where none stands."""
    standing = [c for c in draft.checks if c.state != "met"]
    levels = [
        scales.assumed_for[layer]
        for c in standing
        if (layer := str(c.rule.attributes.get("layer", ""))) in scales.assumed_for
    ]
    return max(levels, key=lambda level: level.rank, default=scales.exploitation[0])


def _text(model: Model, entity: Entity, attribute: str) -> str:
    value = known(model, entity, attribute)
    return value if isinstance(value, str) else ""


def _texts(model: Model, entity: Entity, attribute: str) -> tuple[str, ...]:
    value = known(model, entity, attribute)
    return tuple(str(each) for each in value) if isinstance(value, tuple) else ()
