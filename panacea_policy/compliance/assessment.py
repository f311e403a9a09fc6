"""The whole picture of one model on one day: findings, clauses, coverage and open questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from panacea_policy.compiler import Entity, Finding, Model, RuleInfo, Workspace
from panacea_policy.compliance.clauses import Attestation, Clause, judge
from panacea_policy.compliance.questions import OpenQuestion, rank_questions
from panacea_policy.compliance.verdicts import Coverage


@dataclass(frozen=True)
class Compliance:
    """What was found, per rule and subject and per clause. Everything else is derived from these."""

    as_of: date
    rules: tuple[RuleInfo, ...]
    findings: tuple[Finding, ...]
    clauses: tuple[Clause, ...]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """The number of findings of each verdict."""
        return Counter(str(finding.verdict) for finding in self.findings)

    @cached_property
    def clause_counts(self) -> Mapping[str, int]:
        """The number of clauses of each verdict."""
        return Counter(str(clause.verdict) for clause in self.clauses)

    @property
    def coverage(self) -> Coverage:
        """How many of the checks that apply are decided."""
        return Coverage.of(self.counts)

    @property
    def clause_coverage(self) -> Coverage:
        """How many of the clauses that apply are decided."""
        return Coverage.of(self.clause_counts)

    @cached_property
    def questions(self) -> tuple[OpenQuestion, ...]:
        """What to find out next, the most useful answer first."""
        return rank_questions(self.findings)

    def packs(self) -> Mapping[str, tuple[Clause, ...]]:
        """The clauses of each pack."""
        grouped: dict[str, list[Clause]] = {}
        for clause in self.clauses:
            grouped.setdefault(clause.pack, []).append(clause)
        return {pack: tuple(clauses) for pack, clauses in grouped.items()}


def assess(workspace: Workspace, packages: Collection[str] | None = None) -> Compliance:
    """Judge every requirement of a workspace without errors. ``packages`` narrows the rules that are run."""
    findings = tuple(workspace.findings(packages))
    rules = tuple(workspace.rules())
    satisfying = _by_requirement(rules)
    by_rule = _by_rule(findings)
    attestations = _attestations(workspace.model, workspace.as_of)
    clauses = tuple(
        judge(
            requirement,
            satisfying.get(requirement.name, ()),
            [f for rule in satisfying.get(requirement.name, ()) for f in by_rule.get(rule.id, ())],
            attestations.get(requirement.name),
            workspace.model,
            workspace.as_of,
        )
        for requirement in workspace.requirements()
    )
    return Compliance(workspace.as_of, rules, findings, clauses)


def _by_requirement(rules: Iterable[RuleInfo]) -> Mapping[str, Sequence[RuleInfo]]:
    grouped: dict[str, list[RuleInfo]] = {}
    for rule in rules:
        for requirement in rule.satisfies:
            grouped.setdefault(requirement, []).append(rule)
    return grouped


def _by_rule(findings: Iterable[Finding]) -> Mapping[str, Sequence[Finding]]:
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.rule.id, []).append(finding)
    return grouped


def _attestations(model: Model, as_of: date) -> Mapping[str, Attestation]:
    """The attestation of each requirement that has one; of several, the one that lasts longest."""
    found: dict[str, Attestation] = {}
    for entity in model.entities("attestation"):
        requirement = model.value(entity, "requirement")
        if not isinstance(requirement, Entity):
            continue
        attestation = _read_attestation(entity, model, as_of)
        known = found.get(requirement.name)
        if known is None or _lasts(attestation) > _lasts(known):
            found[requirement.name] = attestation
    return found


def _read_attestation(entity: Entity, model: Model, as_of: date) -> Attestation:
    by, until = model.value(entity, "by"), model.value(entity, "until")
    because = model.value(entity, "because")
    ends = until if isinstance(until, date) else None
    return Attestation(
        entity=entity,
        by=(by.title or by.name) if isinstance(by, Entity) else str(by or "nobody named"),
        because=str(because or ""),
        until=ends,
        expired=ends is not None and ends < as_of,
    )


def _lasts(attestation: Attestation) -> date:
    return attestation.until or date.max
