"""Security requirements with stable identifiers, tied to threat, risk, control, clause and test idea."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from panacea_policy.compiler import UNKNOWN, Model
from panacea_policy.compliance import Clause, Compliance, read_waiver
from panacea_policy.secure_design.results import ClauseRef, ControlLine, Move, Named, Requirement, Risk
from panacea_policy.secure_design.threats import Check, identifier, named, said

_PRIORITIES = ("critical", "high", "medium", "low", "info")
_STATES = ("open", "unknown", "waived", "candidate", "planned", "met")


class Clauses:
    """The clauses that a model's packs bring, by id."""

    def __init__(self, compliance: Compliance) -> None:
        self._clauses: Mapping[str, Clause] = {clause.id: clause for clause in compliance.clauses}

    def refs(self, names: Sequence[str]) -> tuple[ClauseRef, ...]:
        """What people see of some clauses; those of no pack in use are left out."""
        return tuple(self._ref(self._clauses[name]) for name in names if name in self._clauses)

    def demand(self, names: Sequence[str]) -> str:
        """What the first of some clauses demands, in the pack's own words."""
        for name in names:
            if name in self._clauses:
                clause = self._clauses[name]
                text = clause.requirement.value("text")
                return text if isinstance(text, str) else clause.title
        return ""

    def _ref(self, clause: Clause) -> ClauseRef:
        number = clause.requirement.value("clause")
        return ClauseRef(
            id=clause.id,
            pack=clause.pack,
            number=number if isinstance(number, str) else clause.id.rpartition(".")[2],
            title=clause.title,
            binds=clause.standing.binds,
            reason="" if clause.standing.binds else clause.standing.reason or "",
        )


def requirement_id(fingerprint: str) -> str:
    """The identifier of the requirement that answers a check."""
    return identifier("SR", fingerprint)


def requirements(
    checks: Sequence[Check],
    risks: Sequence[Risk],
    controls: Sequence[ControlLine],
    moves: Sequence[Move],
    clauses: Clauses,
    model: Model,
    subject: Named,
) -> tuple[Requirement, ...]:
    """One requirement for each check and each declared control; open ones first, the gravest first."""
    of_threat: dict[str, list[str]] = {}
    for risk in risks:
        for threat in risk.threats:
            of_threat.setdefault(threat, []).append(risk.id)
    stopped = _stopped_by(controls, moves)
    found = [_of_check(check, of_threat, stopped, clauses, model) for check in checks]
    found += [
        _of_control(line, subject, clauses, model)
        for line in controls
        if line.status not in ("retired", "not declared")
    ]
    return tuple(sorted(found, key=_order))


def _order(each: Requirement) -> tuple[int, int, str, str]:
    rank = _PRIORITIES.index(each.priority) if each.priority in _PRIORITIES else len(_PRIORITIES)
    return _STATES.index(each.state), rank, each.rule, each.id


def _of_check(
    check: Check,
    of_threat: Mapping[str, Sequence[str]],
    stopped: Mapping[str, frozenset[str]],
    clauses: Clauses,
    model: Model,
) -> Requirement:
    rule = check.rule
    threat = identifier("T", check.fingerprint)
    finding = check.finding
    waiver = (
        read_waiver(finding.waiver, model) if finding is not None and finding.waiver is not None else None
    )
    techniques = set(_techniques(check))
    text = said(rule, "demands") or _duty(clauses.demand(rule.satisfies), rule.title)
    return Requirement(
        id=requirement_id(check.fingerprint),
        text=text,
        source="threat" if check.is_threat else "clause",
        state=check.state,
        priority=rule.severity,
        subject=named(check.subject),
        threats=(threat,) if check.is_threat else (),
        risks=tuple(of_threat.get(threat, ())),
        controls=tuple(name for name, stops in stopped.items() if techniques & stops),
        clauses=clauses.refs(rule.satisfies),
        remedy=rule.remedy or "",
        test_idea=said(rule, "test_idea"),
        waiver=f"{waiver.by}, until {waiver.until}: {waiver.because}" if waiver is not None else "",
        rule=rule.id,
        fingerprint=check.fingerprint,
    )


def _duty(demand: str, title: str) -> str:
    """A requirement for a rule without a text of its own: what its clause demands, and what is looked at."""
    looked_at = f"This shall not be found: {title[:1].lower()}{title[1:]}."
    return f"{demand.rstrip('.')}. {looked_at}" if demand else looked_at


def _techniques(check: Check) -> tuple[str, ...]:
    value = check.rule.attributes.get("attack")
    return tuple(str(each) for each in value) if isinstance(value, tuple) else ()


def _stopped_by(controls: Sequence[ControlLine], moves: Sequence[Move]) -> Mapping[str, frozenset[str]]:
    """By control, the techniques of the steps that it hinders."""
    techniques = {move.title: move.techniques for move in moves}
    return {
        line.name: frozenset(each for title in line.hinders for each in techniques.get(title, ()))
        for line in controls
    }


def _of_control(line: ControlLine, subject: Named, clauses: Clauses, model: Model) -> Requirement:
    digest = hashlib.sha256(f"control\x1f{line.name}\x1f{subject.name}".encode()).hexdigest()[:32]
    entity = model.get(line.name)
    carried = entity.value("carries_out") if entity is not None else UNKNOWN
    names = tuple(str(each) for each in carried) if isinstance(carried, tuple) else ()
    when = f" by {line.planned_for.isoformat()}" if line.planned_for is not None else ""
    what = f" against: {'; '.join(line.hinders[:4])}" if line.hinders else ""
    return Requirement(
        id=identifier("SR", digest),
        text=f'The control "{line.title}" shall be in place{when} and be shown to work{what}.',
        source="control",
        state={"in_place": "met", "planned": "planned"}.get(line.status, "candidate"),  # type: ignore[arg-type]
        priority="medium",
        subject=subject,
        threats=(),
        risks=(),
        controls=(line.name,),
        clauses=clauses.refs(names),
        remedy="",
        test_idea=line.test_idea,
        waiver="",
        rule="",
        fingerprint=digest,
    )
