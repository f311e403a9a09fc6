"""Checks that need the whole model: containment without cycles, waivers and attestations that have expired,
and attestations without an end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import partial

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.entities import UNKNOWN, Entity, Reference
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.verdicts import Finding, RuleInfo, Verdict
from panacea_policy.compiler.waivers import beyond
from panacea_policy.language import Span
from panacea_policy.model import Kind, ReferenceType, Registry

UNAUTHORISED_WAIVER = RuleInfo(
    "std.unauthorised_waiver",
    "unauthorised_waiver",
    "A waiver is not approved by somebody who may",
    "high",
    (),
    "std",
    "Have the waiver approved by a role, person or body whose `may_accept` reaches the severity of the rule.",
    "Where a model says who may accept violations, a waiver by anybody else does not count.",
    Span("std", 0, 0),
)
EXPIRED_WAIVER = RuleInfo(
    "std.expired_waiver",
    "expired_waiver",
    "A waiver has expired",
    "high",
    (),
    "std",
    "Mend what was waived, or have the waiver renewed by its approver with a new end date.",
    "A waiver bears a violation for a time. After its last day the violation counts again.",
    Span("std", 0, 0),
)
#: What is found about waivers themselves.
WAIVER_RULES = (EXPIRED_WAIVER, UNAUTHORISED_WAIVER)


def check_declarations(model: Model, layer: Layer, as_of: date, report: Report) -> None:
    """Report cycles of containment, and warn of what has expired, or never will."""
    for attribute, kinds in _containments(layer.registry):
        _check_cycles(model, attribute, kinds, report)
    for entity, expires in _expired(model, "waiver", as_of):
        report.warning(
            "P0601",
            (entity.origin_of("expires") or entity.origin).span,
            f"the waiver of `{entity.value('rule')}` expired on {expires}",
            help="mend what was waived, or have it renewed",
        )
    for entity, expires in _expired(model, "attestation", as_of):
        report.warning(
            "P0602",
            (entity.origin_of("expires") or entity.origin).span,
            f"the attestation of `{entity.value('requirement')}` expired on {expires}",
            help="have it renewed",
        )
    for entity in model.entities("attestation"):
        if entity.value("expires") is UNKNOWN:
            report.warning(
                "P0603",
                entity.origin.span,
                f"the attestation of `{entity.value('requirement')}` has no end date",
                help="say until when it may be relied on: `until 2027-12-31`",
            )


def waiver_findings(model: Model, as_of: date) -> Iterator[Finding]:
    """Every waiver that has expired, or that nobody with the authority approved: it must not be forgotten."""
    for entity, expires in _expired(model, "waiver", as_of):
        yield _finding(EXPIRED_WAIVER, entity, f"the waiver of {entity.value('rule')} expired on {expires}")
    for entity, severity in beyond(model):
        approver = str(entity.value("approver")).removeprefix(entity.package.prefix)
        told = f"{approver} may not accept a violation of severity {severity}, as in {entity.value('rule')}"
        yield _finding(UNAUTHORISED_WAIVER, entity, told)


def _finding(rule: RuleInfo, entity: Entity, told: str) -> Finding:
    return Finding(
        rule,
        (entity,),
        Verdict.VIOLATED,
        None,
        entity.origin,
        (entity.name,),
        tell=partial(tuple, (told,)),
    )


def _expired(model: Model, kind: str, as_of: date) -> Iterator[tuple[Entity, date]]:
    for entity in model.entities(kind):
        expires = entity.value("expires")
        if isinstance(expires, date) and expires < as_of:
            yield entity, expires


def _containments(registry: Registry) -> Iterator[tuple[str, str]]:
    """Attributes by which a declaration lies in another of its own kind: those that the clause word `in`
    fills.
    """
    for kind in registry.kinds.values():
        attribute = kind.clauses.get("in")
        if attribute is not None and _is_own_kind(registry, kind, attribute):
            yield attribute, kind.name


def _is_own_kind(registry: Registry, kind: Kind, attribute: str) -> bool:
    type = kind.attributes[attribute].type
    return isinstance(type, ReferenceType) and any(registry.is_a(kind.name, each) for each in type.kinds)


def _check_cycles(model: Model, attribute: str, kind: str, report: Report) -> None:
    settled: set[str] = set()
    for entity in model.entities(kind):
        trail: list[Entity] = []
        at: Entity | None = entity
        while at is not None and at.name not in settled and at not in trail:
            trail.append(at)
            value = at.value(attribute)
            at = model.get(value) if isinstance(value, Reference) else None
        if at is not None and at in trail:
            cycle = trail[trail.index(at) :]
            path = " in ".join(f"`{each.short}`" for each in [*cycle, at])
            origin = at.origin_of(attribute) or at.origin
            report.error(
                "P0206", origin.span, f"a `{kind}` lies in itself: {path}", help="take one of them out"
            )
        settled.update(each.name for each in trail)
