"""What a change of law changes: the clauses of one model under the law of two days."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from panacea_policy.compiler import Finding, Verdict
from panacea_policy.compliance.assessment import Compliance
from panacea_policy.compliance.clauses import Clause


@dataclass(frozen=True, slots=True)
class ClauseChange:
    """One clause under both states of the law."""

    before: Clause
    after: Clause

    @property
    def id(self) -> str:
        """The qualified name of the requirement."""
        return self.after.id


@dataclass(frozen=True, slots=True)
class LawChange:
    """Clauses that come to bind us, that cease to, and that bind us in both but end otherwise; and the
    violations that count under one law alone.
    """

    come: tuple[ClauseChange, ...]
    gone: tuple[ClauseChange, ...]
    other: tuple[ClauseChange, ...]
    new_violations: tuple[Finding, ...]
    old_violations: tuple[Finding, ...]

    def __bool__(self) -> bool:
        return bool(self.come or self.gone or self.other or self.new_violations or self.old_violations)

    def within(self, clauses: Collection[str]) -> LawChange:
        """What of it is about some clauses, by their ids."""

        def chosen(changes: tuple[ClauseChange, ...]) -> tuple[ClauseChange, ...]:
            return tuple(each for each in changes if each.id in clauses)

        def spoken(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
            return tuple(each for each in findings if any(name in clauses for name in each.rule.satisfies))

        return LawChange(
            come=chosen(self.come),
            gone=chosen(self.gone),
            other=chosen(self.other),
            new_violations=spoken(self.new_violations),
            old_violations=spoken(self.old_violations),
        )


def compare(before: Compliance, after: Compliance) -> LawChange:
    """What differs between two judgements of one model: the same rules ran, only the law is another one."""
    known = {clause.id: clause for clause in before.clauses}
    pairs = [ClauseChange(known[clause.id], clause) for clause in after.clauses if clause.id in known]
    both = [pair for pair in pairs if pair.before.standing.binds and pair.after.standing.binds]
    return LawChange(
        come=tuple(p for p in pairs if p.after.standing.binds and not p.before.standing.binds),
        gone=tuple(p for p in pairs if p.before.standing.binds and not p.after.standing.binds),
        other=tuple(
            p for p in both if (p.before.verdict, p.before.standing) != (p.after.verdict, p.after.standing)
        ),
        new_violations=_only(after, before),
        old_violations=_only(before, after),
    )


def _only(one: Compliance, other: Compliance) -> tuple[Finding, ...]:
    """The violations that count in ``one`` and not in ``other``."""
    counted = {finding.fingerprint for finding in other.findings if finding.verdict is Verdict.VIOLATED}
    return tuple(
        finding
        for finding in one.findings
        if finding.verdict is Verdict.VIOLATED and finding.fingerprint not in counted
    )
