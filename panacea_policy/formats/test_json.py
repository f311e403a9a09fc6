"""The JSON output of `test`, schema ``panacea/test/v1``."""

from __future__ import annotations

from panacea_policy.compiler.testing.coverage import ConditionCoverage, ItemCoverage
from panacea_policy.compiler.testing.mutants import Mutant
from panacea_policy.formats.check_json import location
from panacea_policy.formats.documents import (
    ConditionRecord,
    DerivedCoverage,
    MutationRecord,
    RuleCoverage,
    SurvivorRecord,
    TestDocument,
    TestRecord,
)
from panacea_policy.formats.test_run import Suite, mutated, outcomes
from panacea_policy.version import __version__


def tests_to_json(suites: tuple[Suite, ...]) -> str:
    """The run as JSON text; the same run gives the same bytes."""
    counts = outcomes(suites)
    covered = [(suite, item) for suite in suites for item in suite.coverage or ()]
    asked = any(suite.coverage is not None for suite in suites)
    rules = tuple(_rule(suite, item) for suite, item in covered if item.noun == "rule")
    derived = tuple(_derived(suite, item) for suite, item in covered if item.noun != "rule")
    return TestDocument(
        version=__version__,
        passed=counts["passed"],
        todo=counts["todo"],
        failed=counts["failed"],
        tests=tuple(_record(suite, index) for suite in suites for index in range(len(suite.results))),
        coverage=rules if asked else None,
        derived=derived if asked else None,
        mutation=_mutation(suites),
    ).to_json()


def _record(suite: Suite, index: int) -> TestRecord:
    result = suite.results[index]
    return TestRecord(
        name=result.name,
        location=location(suite.place(result.span)),
        passed=result.outcome == "passed",
        outcome=result.outcome,
        failures=result.failures,
        todo=result.todo,
    )


def _rule(suite: Suite, item: ItemCoverage) -> RuleCoverage:
    return RuleCoverage(
        rule=item.name,
        verdicts=tuple(sorted(item.verdicts)),
        location=location(suite.place(item.span)),
        exercised=item.exercised,
        conditions=tuple(_condition(suite, each) for each in item.conditions),
    )


def _derived(suite: Suite, item: ItemCoverage) -> DerivedCoverage:
    return DerivedCoverage(
        name=item.name,
        kind="step" if item.noun == "step" else "relation",
        location=location(suite.place(item.span)),
        exercised=item.exercised,
        conditions=tuple(_condition(suite, each) for each in item.conditions),
    )


def _condition(suite: Suite, each: ConditionCoverage) -> ConditionRecord:
    return ConditionRecord(
        text=each.text,
        part=each.part,
        location=location(suite.place(each.span)),
        true=each.true,
        false=each.false,
        unknown=each.unknown,
    )


def _mutation(suites: tuple[Suite, ...]) -> MutationRecord | None:
    report = mutated(suites)
    if report is None:
        return None
    survivors = [
        _survivor(suite, mutant)
        for suite in suites
        if suite.mutation is not None
        for mutant in suite.mutation.survivors
    ]
    return MutationRecord(
        killed=report.killed,
        survived=len(survivors),
        refused=report.refused,
        left_out=report.left_out,
        score=report.score,
        survivors=tuple(survivors),
    )


def _survivor(suite: Suite, mutant: Mutant) -> SurvivorRecord:
    before, after = mutant.lines
    return SurvivorRecord(
        name=mutant.target.name,
        kind=mutant.target.noun,
        operator=mutant.operator,
        location=location(suite.place(mutant.span)),
        before=before,
        after=after,
        hint=mutant.hint,
    )
