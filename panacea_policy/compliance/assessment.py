"""The whole picture of one model on one day: findings, clauses, coverage and open questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property

import msgspec

from panacea_policy.compiler import Entity, Findings, RuleInfo, Tally, Verdict, Workspace
from panacea_policy.compliance.clauses import Case, Clause, judge
from panacea_policy.compliance.law import Law, Standing
from panacea_policy.compliance.questions import OpenQuestion, rank_questions
from panacea_policy.compliance.statements import read_attestations
from panacea_policy.compliance.verdicts import Coverage


class Compliance(msgspec.Struct, frozen=True, dict=True):
    """What was found, per rule and subject and per clause. Everything else is derived from these.

    ``findings`` are the open ones (violated, unknown, waived); ``tallies`` count the others too, rule by
    rule. Rules all of whose clauses do not bind us on this day are not among them: what they found is
    ``unbound``. ``measures`` are the rules that speak only for clauses by which we are measured, not bound.
    """

    as_of: date
    rules: tuple[RuleInfo, ...]
    findings: Findings
    tallies: tuple[Tally, ...]
    clauses: tuple[Clause, ...]
    unbound: Findings = msgspec.field(default_factory=Findings)
    measures: frozenset[str] = frozenset()

    @cached_property
    def deciding(self) -> Findings:
        """The findings that we are held to."""
        return self.findings.only(lambda rule: rule.id not in self.measures)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many checks, of a rule on a subject, ended in each verdict."""
        counts = Counter({str(each): n for each in Verdict if (n := self.findings.count_of(each))})
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

    def tally(self, rule: str) -> Tally | None:
        """How many checks of a rule ended in each verdict; None where it did not run or does not count."""
        return self._tallies.get(rule)

    @cached_property
    def _tallies(self) -> Mapping[str, Tally]:
        return {tally.rule.id: tally for tally in self.tallies}

    def packs(self) -> Mapping[str, tuple[Clause, ...]]:
        """The clauses of each pack."""
        grouped: dict[str, list[Clause]] = {}
        for clause in self.clauses:
            grouped.setdefault(clause.pack, []).append(clause)
        return {pack: tuple(clauses) for pack, clauses in grouped.items()}


def assess(
    workspace: Workspace,
    packages: Collection[str] | None = None,
    *,
    law_of: date | None = None,
    foreseen: bool = False,
) -> Compliance:
    """Judge every requirement of a workspace without errors. ``packages`` narrows the rules that are run.

    ``law_of``: the day whose law counts, that of the workspace if None; rules that speak of time still look
    at the workspace's day. ``foreseen``: law that is proposed, or adopted and not applicable yet, counts too.
    """
    findings = workspace.findings(packages)
    told = (part.rule for part in findings.parts)
    rules = tuple({rule.id: rule for rule in (*workspace.rules(), *told)}.values())
    tallies = tuple(workspace.tallies(packages))
    law = Law.of(workspace.model, law_of or workspace.as_of, foreseen=foreseen)
    bench = _Bench(workspace, law, rules, findings, tallies)
    idle = frozenset(rule.id for rule in rules if not bench.binds(rule))
    return Compliance(
        as_of=workspace.as_of,
        rules=rules,
        findings=findings.only(lambda rule: rule.id not in idle),
        tallies=tuple(t for t in tallies if t.rule.id not in idle),
        clauses=bench.clauses(),
        unbound=findings.only(lambda rule: rule.id in idle),
        measures=frozenset(rule.id for rule in rules if bench.measures(rule)),
    )


class _Bench:
    """Judges the requirements of one workspace, sub-clauses before the clauses that they are part of."""

    def __init__(
        self,
        workspace: Workspace,
        law: Law,
        rules: Sequence[RuleInfo],
        findings: Findings,
        tallies: Sequence[Tally],
    ) -> None:
        self._model = workspace.model
        self._requirements = tuple(workspace.requirements())
        self._standings = {each.name: law.standing(each) for each in self._requirements}
        self._attestations = read_attestations(self._model, workspace.as_of)
        self._rules: dict[str, list[RuleInfo]] = {}
        for rule in rules:
            for satisfied in rule.satisfies:
                self._rules.setdefault(satisfied, []).append(rule)
        self._findings = {part.rule.id: part for part in findings.parts}
        self._met = {tally.rule.id: tally.counts[Verdict.MET] for tally in tallies}
        self._parts: dict[str, list[Entity]] = {}
        for requirement in self._requirements:
            whole = self._model.value(requirement, "parent")
            if isinstance(whole, Entity):
                self._parts.setdefault(whole.name, []).append(requirement)
        self._judged: dict[str, Clause] = {}

    def binds(self, rule: RuleInfo) -> bool:
        """Whether a rule speaks for a clause that binds us, or for no clause at all."""
        named = self._standings_of(rule)
        return not named or any(standing.binds for standing in named)

    def measures(self, rule: RuleInfo) -> bool:
        """Whether all that binds us of a rule's clauses are measures only."""
        binding = [standing for standing in self._standings_of(rule) if standing.binds]
        return bool(binding) and all(standing.benchmark for standing in binding)

    def clauses(self) -> tuple[Clause, ...]:
        """Every requirement's verdict, in the order of the requirements."""
        return tuple(self._judge(requirement, frozenset()) for requirement in self._requirements)

    def _standings_of(self, rule: RuleInfo) -> list[Standing]:
        return [self._standings[name] for name in rule.satisfies if name in self._standings]

    def _judge(self, requirement: Entity, above: frozenset[str]) -> Clause:
        known = self._judged.get(requirement.name)
        if known is not None:
            return known
        line = above | {requirement.name}
        parts = [part for part in self._parts.get(requirement.name, ()) if part.name not in line]
        rules = self._rules.get(requirement.name, [])
        case = Case(
            requirement,
            self._standings[requirement.name],
            rules=tuple(rules),
            findings=Findings(self._findings[rule.id] for rule in rules if rule.id in self._findings),
            met=sum(self._met.get(rule.id, 0) for rule in rules),
            attestation=self._attestations.get(requirement.name),
            parts=tuple(self._judge(part, line) for part in parts),
        )
        return self._judged.setdefault(requirement.name, judge(case, self._model))
