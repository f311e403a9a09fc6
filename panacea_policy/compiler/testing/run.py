"""Running tests: the model of each under its rules, and its claims held against what is found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from panacea_policy.compiler.evaluation import Evaluation, too_much
from panacea_policy.compiler.judge import Judge
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.testing.bench import Bench, Case, Row, cases_of, evaluate_needed, table_rows
from panacea_policy.compiler.testing.claims import ClaimReader, Claims, RuleFound
from panacea_policy.compiler.verdicts import Verdict
from panacea_policy.engine import EvaluationError, ProgramErrors, Result
from panacea_policy.language import Span

if TYPE_CHECKING:
    from panacea_policy.compiler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class TestResult:
    """The outcome of one test.

    ``todo``: claims marked as known misses that still are. ``exercised``: which verdicts it expects of which
    rule. ``relations``: those that it claims facts of.
    """

    #: Keeps pytest from taking the class for a group of tests.
    __test__ = False

    name: str
    span: Span
    failures: tuple[str, ...]
    todo: tuple[str, ...] = ()
    exercised: Mapping[str, frozenset[Verdict]] = ()  # type: ignore[assignment]
    relations: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        """Whether everything came out as claimed, known misses apart."""
        return not self.failures

    @property
    def outcome(self) -> Literal["passed", "todo", "failed"]:
        """``todo``: nothing failed, but a known miss is still there."""
        return "failed" if self.failures else "todo" if self.todo else "passed"


def run_tests(workspace: Workspace) -> Sequence[TestResult]:
    """Run every test of the workspace's own files, in order."""
    bench = Bench(workspace)
    return [run_case(bench, case) for case in cases_of(workspace)]


def run_case(bench: Bench, case: Case) -> TestResult:
    """Run one test."""
    setting, problems = bench.setting(case)
    if setting is None:
        return TestResult(case.item.title.value, case.span, tuple(problems), (), {})
    reader = ClaimReader(setting)
    claims = reader.read()
    if claims.problems:
        return TestResult(case.item.title.value, case.span, claims.problems, (), {})
    try:
        result = evaluate_needed(setting.evaluation, reader.builder, wanted_by(claims))
    except EvaluationError as problem:
        return TestResult(case.item.title.value, case.span, (too_much(problem).message,), (), {})
    except ProgramErrors as problem:
        messages = tuple(error.message for error in problem.errors)
        return TestResult(case.item.title.value, case.span, messages, (), {})
    found = judged(claims, result)
    outcome = claims.judge(found, rows_of(claims, result))
    exercised: dict[str, frozenset[Verdict]] = {}
    for claim in claims.verdicts:
        seen = exercised.get(claim.rule, frozenset())
        exercised[claim.rule] = seen | {found[claim.rule].verdict(claim.names)}
    relations = frozenset(fact.relation for fact in claims.facts)
    return TestResult(case.item.title.value, case.span, outcome.failures, outcome.todo, exercised, relations)


def wanted_by(claims: Claims) -> list[str]:
    """The relations that the claims of a test are held against."""
    return [*claims.columns, *(name for rule in claims.rules.values() for name in relations_of(rule))]


def relations_of(rule: CompiledRule) -> tuple[str, ...]:
    """The relations that a rule's verdicts are read off."""
    return rule.violated, rule.possible, rule.may_apply


def judged(claims: Claims, result: Result, rules: Collection[str] | None = None) -> dict[str, RuleFound]:
    """What the rules that the claims speak of say; or only some of them."""
    judge = judge_of(claims.setting.evaluation, result)
    return {
        name: RuleFound.of(judge.judge(rule, claims.setting.evaluation.info(rule)))
        for name, rule in claims.rules.items()
        if rules is None or name in rules
    }


def judge_of(evaluation: Evaluation, result: Result) -> Judge:
    """Who reads verdicts off a result."""
    return Judge(evaluation.model, result, evaluation.model.entities("waiver"), evaluation.as_of)


def rows_of(claims: Claims, result: Result) -> dict[str, list[Row]]:
    """The rows of the relations that facts are claimed of."""
    return {name: table_rows(result, name) for name in claims.columns}
