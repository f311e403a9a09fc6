"""The whole picture of one model on one day: findings, clauses, coverage and open questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from panacea_policy.compiler import Entity, Finding, Model, RuleInfo, Tally, Verdict, Workspace
from panacea_policy.compliance.clauses import Case, Clause, Setting, judge
from panacea_policy.compliance.questions import OpenQuestion, rank_questions
from panacea_policy.compliance.statements import read_attestations
from panacea_policy.compliance.verdicts import Coverage


@dataclass(frozen=True)
class Compliance:
    """What was found, per rule and subject and per clause. Everything else is derived from these.

    ``findings`` are the open ones (violated, unknown, waived); ``tallies`` count the others too, rule by
    rule.
    """

    as_of: date
    rules: tuple[RuleInfo, ...]
    findings: tuple[Finding, ...]
    tallies: tuple[Tally, ...]
    clauses: tuple[Clause, ...]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many checks, of a rule on a subject, ended in each verdict."""
        counts = Counter(str(finding.verdict) for finding in self.findings)
        for tally in self.tallies:
            for verdict in (Verdict.MET, Verdict.NOT_APPLICABLE):
                counts[str(verdict)] += tally.counts[verdict]
        return counts

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
    rules = tuple({rule.id: rule for rule in (*workspace.rules(), *(f.rule for f in findings))}.values())
    tallies = tuple(workspace.tallies(packages))
    clauses = _Bench(workspace, rules, findings, tallies).clauses()
    return Compliance(workspace.as_of, rules, findings, tallies, clauses)


class _Bench:
    """Judges the requirements of one workspace, sub-clauses before the clauses that they are part of."""

    def __init__(
        self,
        workspace: Workspace,
        rules: Sequence[RuleInfo],
        findings: Sequence[Finding],
        tallies: Sequence[Tally],
    ) -> None:
        self._model = workspace.model
        self._setting = Setting(self._model, workspace.as_of, _our_parts(self._model))
        self._requirements = tuple(workspace.requirements())
        self._attestations = read_attestations(self._model, workspace.as_of)
        self._rules: dict[str, list[RuleInfo]] = {}
        for rule in rules:
            for satisfied in rule.satisfies:
                self._rules.setdefault(satisfied, []).append(rule)
        self._findings: dict[str, list[Finding]] = {}
        for finding in findings:
            self._findings.setdefault(finding.rule.id, []).append(finding)
        self._met = {tally.rule.id: tally.counts[Verdict.MET] for tally in tallies}
        self._parts: dict[str, list[Entity]] = {}
        for requirement in self._requirements:
            whole = self._model.value(requirement, "parent")
            if isinstance(whole, Entity):
                self._parts.setdefault(whole.name, []).append(requirement)
        self._judged: dict[str, Clause] = {}

    def clauses(self) -> tuple[Clause, ...]:
        """Every requirement's verdict, in the order of the requirements."""
        return tuple(self._judge(requirement, frozenset()) for requirement in self._requirements)

    def _judge(self, requirement: Entity, above: frozenset[str]) -> Clause:
        known = self._judged.get(requirement.name)
        if known is not None:
            return known
        line = above | {requirement.name}
        parts = [part for part in self._parts.get(requirement.name, ()) if part.name not in line]
        rules = self._rules.get(requirement.name, [])
        case = Case(
            requirement,
            rules=tuple(rules),
            findings=tuple(f for rule in rules for f in self._findings.get(rule.id, ())),
            met=sum(self._met.get(rule.id, 0) for rule in rules),
            attestation=self._attestations.get(requirement.name),
            parts=tuple(self._judge(part, line) for part in parts),
        )
        return self._judged.setdefault(requirement.name, judge(case, self._setting))


def _our_parts(model: Model) -> frozenset[str]:
    """The parts that the law sees in our own organisations: hospital, controller, processor and so on."""
    parts: set[str] = set()
    for organisation in model.entities("organisation"):
        addressees = model.value(organisation, "addressees")
        if model.value(organisation, "partner") is not True and isinstance(addressees, tuple):
            parts.update(str(addressee) for addressee in addressees)
    return frozenset(parts)
