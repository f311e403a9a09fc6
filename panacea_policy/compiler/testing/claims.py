"""What a test claims, its names looked up; and whether that is what was found.

Closing: of the rules and relations that a test names, nothing else may be found. ``expect nothing else``
widens that to violations of every rule of their packages, ``expect anything else`` lifts it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from panacea_policy.compiler.evaluation import Evaluation
from panacea_policy.compiler.facts import day_of
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import Body, Form, ProgramBuilder, Source, UserRelation
from panacea_policy.compiler.rules.typing import DATE, EntityType, ExpressionType, column_type
from panacea_policy.compiler.testing.bench import Row, Setting, extended, packages_of
from panacea_policy.compiler.testing.variants import by_step
from panacea_policy.compiler.verdicts import Finding, Tally, Verdict
from panacea_policy.engine import Const, Sym, Var
from panacea_policy.engine import Rule as EngineRule
from panacea_policy.language import Span, suggest
from panacea_policy.language import syntax as tree

#: One value as the engine holds it; None stands for any.
Code = int | float | None

#: A failure names at most this many of what was found besides.
MAX_NAMED = 10


class Closing(enum.Enum):
    """What else may be found."""

    NAMED = "nothing else of what is named"
    ALL = "nothing else"
    OPEN = "anything else"


@dataclass(frozen=True, slots=True)
class VerdictClaim:
    """``expect RULE VERDICT on SUBJECTS``, for one choice of subjects."""

    rule: str
    names: tuple[str, ...]
    verdict: Verdict
    said: tree.Expectation


@dataclass(frozen=True, slots=True)
class FactClaim:
    """``expect [no] RELATION(ARGUMENTS) [by STEP]``; with a step, ``relation`` is what that step derives."""

    relation: str
    pattern: tuple[Code, ...]
    negated: bool
    text: str
    said: tree.Expectation
    #: The relation without the step.
    whole: str

    def matches(self, row: Row) -> bool:
        """Whether the claim is about this row."""
        return all(want is None or want == have for want, have in zip(self.pattern, row, strict=True))


@dataclass(frozen=True, slots=True)
class RuleFound:
    """What a rule says in a test's model: its open findings by subject, and whom it is met by."""

    findings: Mapping[tuple[str, ...], Finding]
    met: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, judged: tuple[Sequence[Finding], Tally]) -> RuleFound:
        """From what the judge gives."""
        findings, tally = judged
        return cls(
            {tuple(each.name for each in found.subjects): found for found in findings}, frozenset(tally.met)
        )

    def verdict(self, names: tuple[str, ...]) -> Verdict:
        """The verdict on one choice of subjects."""
        found = self.findings.get(names)
        if found is not None:
            return found.verdict
        return Verdict.MET if names in self.met else Verdict.NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What does not come out as claimed, and the known misses that still are."""

    failures: tuple[str, ...]
    todo: tuple[str, ...]


@dataclass(frozen=True)
class Claims:
    """All that one test claims. ``problems``: claims that cannot be understood."""

    setting: Setting
    verdicts: tuple[VerdictClaim, ...]
    facts: tuple[FactClaim, ...]
    closing: Closing
    nothing_else: tree.Expectation | None
    rules: Mapping[str, CompiledRule]
    columns: Mapping[str, tuple[ExpressionType, ...]]
    stated: Mapping[str, frozenset[Row]]
    problems: tuple[str, ...]

    @cached_property
    def named(self) -> frozenset[str]:
        """The rules that the test names."""
        return frozenset(claim.rule for claim in self.verdicts)

    def judge(
        self, found: Mapping[str, RuleFound], rows: Mapping[str, Sequence[Row]], only: str | None = None
    ) -> Outcome:
        """Hold the claims against what was found. ``only``: those about this rule alone."""
        failures: list[str] = []
        todo: list[str] = []
        for said, problem in self._said(found, rows, only):
            if said.todo is None:
                failures += [problem] if problem else []
            elif problem:
                reason = f" ({said.todo.reason.value})" if said.todo.reason else ""
                todo.append(problem + reason)
            else:
                line = self.setting.case.line(said)
                failures.append(f"line {line} is marked `todo`, but comes out as expected: remove the mark")
        others = [*self._other_findings(found), *self._other_facts(rows, only)]
        if len(others) > MAX_NAMED:
            others = [*others[:MAX_NAMED], f"unexpected: {len(others) - MAX_NAMED} more"]
        closed = self.nothing_else
        if closed is None or closed.todo is None:
            failures += others
        elif others:
            todo += others
        elif only is None:
            line = self.setting.case.line(closed)
            failures.append(f"line {line} is marked `todo`, but nothing else is found: remove the mark")
        return Outcome(tuple(failures), tuple(todo))

    # ------------------------------------------------------------------------------------------ internals

    def _said(
        self, found: Mapping[str, RuleFound], rows: Mapping[str, Sequence[Row]], only: str | None
    ) -> Iterator[tuple[tree.Expectation, str]]:
        """Each expectation of the text with what is wrong with it, if anything is."""
        problems: dict[tree.Expectation, str] = {}
        for claim in self.verdicts:
            if only is None or claim.rule == only:
                problem = self._verdict_problem(claim, found[claim.rule])
                problems[claim.said] = problems.get(claim.said) or problem
        for fact in self.facts if only is None else ():
            problems[fact.said] = self._fact_problem(fact, rows[fact.relation])
        yield from problems.items()

    def _verdict_problem(self, claim: VerdictClaim, found: RuleFound) -> str:
        actual = found.verdict(claim.names)
        if actual is claim.verdict:
            return ""
        finding = found.findings.get(claim.names)
        reason = f": {finding.message}" if finding is not None else ""
        return f"{claim.rule} on {self._short(claim.names)}: expected {claim.verdict}, got {actual}{reason}"

    def _fact_problem(self, fact: FactClaim, rows: Sequence[Row]) -> str:
        matching = [row for row in rows if fact.matches(row)]
        if bool(matching) == fact.negated:
            return f"{fact.text} {'holds, but must not' if matching else 'does not hold'}"
        if matching and self.setting.background(fact.relation).issuperset(matching):
            return (
                f"{fact.text} holds without the test's own model, so expecting it shows nothing:"
                " a test without `given` may speak of the libraries"
            )
        return ""

    def _other_findings(self, found: Mapping[str, RuleFound]) -> Iterator[str]:
        if self.closing is Closing.OPEN:
            return
        claimed = {(claim.rule, claim.names) for claim in self.verdicts}
        for rule, each in found.items():
            for names, finding in each.findings.items():
                if (rule, names) in claimed or not self.setting.own & set(names):
                    continue
                if rule in self.named or finding.verdict is Verdict.VIOLATED:
                    word = "" if finding.verdict is Verdict.VIOLATED else f"{finding.verdict} "
                    yield f"unexpected: {rule} {word}on {self._short(names)}: {finding.message}"

    def _other_facts(self, rows: Mapping[str, Sequence[Row]], only: str | None) -> Iterator[str]:
        if self.closing is Closing.OPEN or only is not None:
            return
        for relation in dict.fromkeys(claim.relation for claim in self.facts):
            # What a step leads to holds: `expect f(x) by s` says so of f(x) too.
            claims = [
                claim
                for claim in self.facts
                if claim.relation == relation or (claim.whole == relation and not claim.negated)
            ]
            known = self.stated.get(relation, frozenset()) | self.setting.background(relation)
            for row in rows[relation]:
                if row not in known and not any(claim.matches(row) for claim in claims):
                    yield f"unexpected: {self._row_text(relation, row)} holds"

    def _name(self, code: int | float) -> str:
        value = self.setting.evaluation.symbols.value(int(code))
        return str(value[0]) if isinstance(value, tuple) else str(value)

    def _short(self, names: Sequence[str]) -> str:
        return ", ".join(self._short_name(name) for name in names)

    def _short_name(self, name: str) -> str:
        entity = self.setting.evaluation.model.get(name)
        return entity.short if entity is not None else name

    def _row_text(self, relation: str, row: Row) -> str:
        words = []
        for code, type in zip(row, self.columns[relation], strict=True):
            if isinstance(code, float):
                words.append(day_of(code).isoformat() if type == DATE else f"{code:g}")
            else:
                words.append(self._short_name(self._name(code)))
        name, by, step = relation.partition(" by ")
        prefix = self.setting.case.package.prefix
        return f"{name.removeprefix(prefix)}({', '.join(words)}){by}{step.removeprefix(prefix)}"


class ClaimReader:
    """Looks up what the expectations of a test speak of."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._evaluation: Evaluation = setting.evaluation
        self._rules = {each.declared.qualified: each for each in setting.evaluation.program.rules}
        self.builder: ProgramBuilder = extended(setting.evaluation.program)
        self._problems: list[str] = []

    def read(self) -> Claims:
        """The claims; :attr:`builder` then has what the claims about facts need."""
        case = self._setting.case
        verdicts: list[VerdictClaim] = []
        facts: list[FactClaim] = []
        columns: dict[str, tuple[ExpressionType, ...]] = {}
        for said in case.item.expectations:
            try:
                if said.atom is not None:
                    fact, types = self._fact(said, said.atom)
                    facts.append(fact)
                    columns[fact.relation] = types
                elif said.rule is not None:
                    verdicts += self._verdicts(said, said.rule)
            except Rejected as problem:
                cure = f" ({problem.help})" if problem.help else ""
                self._problems.append(f"line {case.line(said)}: {problem.message}{cure}")
        self._evaluation.program.compiler.complete(self.builder)
        nothing = next((each for each in case.item.expectations if each.nothing_else), None)
        closing = Closing.ALL if nothing is not None else Closing.NAMED
        if any(each.anything_else for each in case.item.expectations):
            closing = Closing.OPEN
        rules = self._scope({claim.rule for claim in verdicts}, closing)
        if nothing is not None and not rules:
            self._problems.append(f"line {case.line(nothing)}: there is no rule that could find anything")
        stated = {name: frozenset(self._stated(name)) for name in columns}
        return Claims(
            self._setting,
            tuple(verdicts),
            tuple(facts),
            closing,
            nothing,
            rules,
            columns,
            stated,
            tuple(self._problems),
        )

    # ------------------------------------------------------------------------------------------ internals

    def _scope(self, named: set[str], closing: Closing) -> dict[str, CompiledRule]:
        """The rules to judge: those that are named, or all of their packages."""
        if closing is not Closing.ALL:
            return {name: self._rules[name] for name in sorted(named)}
        labels = packages_of(named, self._evaluation) | {self._setting.case.package.label, "test"}
        return {name: rule for name, rule in self._rules.items() if rule.declared.package.label in labels}

    def _verdicts(self, said: tree.Expectation, path: tree.Path) -> Iterator[VerdictClaim]:
        rule = self._rule(path)
        if len(said.subjects) != len(rule.subjects):
            raise Rejected(
                "P0202",
                said,
                f"{rule.declared.qualified} reports {len(rule.subjects)} at a time,"
                f" but {len(said.subjects)} are named: one `expect` for each",
            )
        choices = []
        for subject, index in zip(said.subjects, rule.subjects, strict=True):
            type = rule.variables[index][1]
            kinds = type.kinds if isinstance(type, EntityType) else ()
            resolver = self._evaluation.layer.resolver
            choices.append(resolver.resolve(subject, kinds, False, self._setting.asking))
        for names in product(*choices):
            yield VerdictClaim(rule.declared.qualified, names, Verdict(said.verdict), said)

    def _rule(self, path: tree.Path) -> CompiledRule:
        for name in (self._setting.case.package.qualify(path.name), path.name):
            if name in self._rules:
                return self._rules[name]
        matching = [name for name in self._rules if name.endswith(f".{path.name}")]
        if len(matching) == 1:
            return self._rules[matching[0]]
        if matching:
            listing = ", ".join(f"`{name}`" for name in matching[:6])
            raise Rejected("P0203", path, f"`{path.name}` could be several rules: {listing}")
        near = suggest(path.name, sorted(self._rules))
        raise Rejected(
            "P0202", path, f"there is no rule `{path.name}`", f"did you mean `{near}`?" if near else None
        )

    def _fact(self, said: tree.Expectation, call: tree.Call) -> tuple[FactClaim, tuple[ExpressionType, ...]]:
        case, conditions = self._setting.case, self._evaluation.program.compiler.conditions
        place = Source(Span(case.unit.name, call.start, call.end), "expectation", "rule")
        body = Body(self.builder, place, case.unit, self._setting.asking, Form.CERTAIN)
        relation = conditions.relation(body, call.function)
        conditions.add(body, call)
        for argument in call.arguments:
            node = argument.value
            if isinstance(node, tree.Path) and node.name in body.types:
                message = f"there is no declaration called `{node.name}`"
                raise Rejected("P0202", node, message, "write `_` for any, or check the name")
        atom = next(each for each in body.literals if getattr(each, "relation", None) == relation.name)
        pattern = tuple(_code(term) for term in atom.terms)  # type: ignore[union-attr]
        text = case.unit.source.text[call.start : said.step.end if said.step is not None else call.end]
        name = relation.name if said.step is None else self._by_step(relation, said.step)
        return FactClaim(name, pattern, said.negated, text, said, relation.name), relation.parameters

    def _by_step(self, relation: UserRelation, path: tree.Path) -> str:
        """The relation of what one step derives, compiled from the step's own text."""
        steps = {step[3]: step for step in relation.steps}
        full = [name for name in (self._setting.case.package.qualify(path.name), path.name) if name in steps]
        found = full[:1] or [name for name in steps if name.endswith(f".{path.name}")]
        if len(found) != 1:
            near = suggest(path.name, [name.rsplit(".", 1)[-1] for name in steps])
            problem = "could be several steps" if found else f"is no step that leads to `{relation.name}`"
            raise Rejected(
                "P0202", path, f"`{path.name}` {problem}", f"did you mean `{near}`?" if near else None
            )
        item, unit, package, step = steps[found[0]]
        name = by_step(relation.name, step)
        if name not in self.builder.declared:
            compiler = self._evaluation.program.compiler
            self.builder.declare(name, tuple(column_type(type) for type in relation.parameters))
            source = Source(Span(unit.name, item.start, item.end), step, "step")
            for head in item.results:
                if compiler.relation_of(self.builder.user, head.function, package, unit) is relation:
                    compiler.result(
                        Body(self.builder, source, unit, package, Form.CERTAIN), item, head, relation, name
                    )
        return name

    def _stated(self, relation: str) -> Iterator[Row]:
        """The rows of a relation that the test's own model states as facts."""
        item, unit = self._setting.case.item, self._setting.case.unit
        for rule in self.builder.rules:
            origin = rule.origin
            if (
                rule.head.relation == relation
                and isinstance(origin, Source)
                and origin.span.file == unit.name
                and item.start <= origin.span.start < item.end
            ):
                row = _constant_row(rule)
                if row is not None:
                    yield row


def _code(term: Var | Const) -> Code:
    if isinstance(term, Var):
        return None
    return term.value.id if isinstance(term.value, Sym) else term.value


def _constant_row(rule: EngineRule) -> Row | None:
    if rule.body:
        return None
    codes = [_code(term) for term in rule.head.terms]
    return tuple(code for code in codes if code is not None) if None not in codes else None
