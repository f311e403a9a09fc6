"""Proofs for people: why a finding or a fact holds, step by step, each with its place in the source."""

from __future__ import annotations

from dataclasses import dataclass

from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.evaluation import Evaluation
from panacea_policy.compiler.facts import TODAY, day_of
from panacea_policy.compiler.packages import Package
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.query import QueryError
from panacea_policy.compiler.rules.compile import CompiledRule
from panacea_policy.compiler.rules.program import Body, Form, Source
from panacea_policy.compiler.verdicts import Finding, Verdict
from panacea_policy.engine import AggregatePremise, Const, NegatedPremise, Proof, Sym
from panacea_policy.language import Diagnostic, Severity, Span, parse_conditions
from panacea_policy.language import Source as TextSource
from panacea_policy.language import syntax as tree
from panacea_policy.model import DateType

MAX_LINES = 400


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line of a proof and what it rests on."""

    text: str
    span: Span | None
    children: tuple[Explanation, ...] = ()


def explain_finding(finding: Finding, evaluation: Evaluation) -> Explanation:
    """Why a rule gives this verdict. Raises KeyError for a finding of another workspace."""
    rule = next(
        (each for each in evaluation.program.rules if each.declared.qualified == finding.rule.id), None
    )
    if rule is None:
        return Explanation(finding.message, finding.span)
    relation = rule.possible if finding.verdict is Verdict.UNKNOWN else rule.violated
    result = evaluation.result([rule])
    names = [subject.name for subject in finding.subjects]
    for row in result.rows(relation):
        if [_name(row[index]) for index in rule.subjects] == names:
            proof = result.explain(relation, row)
            children = _Teller(evaluation).premises(proof)
            return Explanation(finding.message, finding.span, (_rule_line(rule, finding), *children))
    raise KeyError(finding.fingerprint)


def explain_fact(text: str, evaluation: Evaluation) -> Explanation:
    """Why ``relation(a, b)`` holds. Raises :class:`QueryError` if it cannot be read or does not hold."""
    source = TextSource("question", text)
    conditions, problems = parse_conditions(source)
    span = Span("question", 0, len(text))
    if problems:
        raise QueryError(problems, source)
    if len(conditions) != 1 or not isinstance(conditions[0], tree.Call):
        message = "a fact such as reaches(pacs, ehr, dicom) is expected"
        raise QueryError([Diagnostic("P0515", Severity.ERROR, message, span)], source)
    call = conditions[0]
    program = evaluation.program
    package = evaluation.layer.own[0].package
    asking = Package(
        package.label, "question.", package.folder, package.boundary, [], [package, *package.uses]
    )
    unit = package.files[0] if package.files else None
    relations = {name: relation.above() for name, relation in program.relations.items()}
    builder = program.builder.extended(relations)
    assert unit is not None
    body = Body(builder, Source(span, "question", "rule"), unit, asking, Form.CERTAIN)
    conditions_of = program.compiler.conditions
    try:
        relation = conditions_of.relation(body, call.function)
        conditions_of.add(body, call)
        for argument in call.arguments:
            if isinstance(argument.value, tree.Path) and argument.value.name in body.types:
                raise _no_such(argument.value)
    except Rejected as problem:
        place = Span("question", problem.node.start, problem.node.end)
        raise QueryError(
            [Diagnostic(problem.code, Severity.ERROR, problem.message, place, (), problem.help)], source
        ) from None
    program.compiler.complete(builder)
    compiled = program.compile(builder, relation.name)
    result = evaluation.evaluate(builder, compiled, [relation.name])
    atom = next(each for each in body.literals if getattr(each, "relation", None) == relation.name)
    wanted = [
        evaluation.symbols.value(term.value.id)
        if isinstance(term, Const) and isinstance(term.value, Sym)
        else term.value
        if isinstance(term, Const)
        else None
        for term in atom.terms  # type: ignore[union-attr]
    ]
    for row in result.rows(relation.name):
        if all(want is None or want == have for want, have in zip(wanted, row, strict=True)):
            proof = result.explain(relation.name, row)
            teller = _Teller(evaluation)
            return Explanation(teller.fact(proof), None, teller.premises(proof))
    message = f"`{text.strip()}` does not hold"
    raise QueryError(
        [Diagnostic("P0516", Severity.INFO, message, span, (), "nothing in the model leads to it")], source
    )


def _no_such(path: tree.Path) -> Rejected:
    return Rejected(
        "P0202", path, f"there is no declaration called `{path.name}`", "write `_` for any, or check the name"
    )


def _rule_line(rule: CompiledRule, finding: Finding) -> Explanation:
    return Explanation(f"rule {rule.declared.qualified}: {finding.rule.title}", finding.rule.span)


def _name(value: object) -> str:
    return str(value[0]) if isinstance(value, tuple) else str(value)


class _Teller:
    """Puts proofs into words; auxiliary relations of the compiler are passed over."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._told: set[tuple[str, tuple[object, ...]]] = set()
        self._lines = 0

    def premises(self, proof: Proof) -> tuple[Explanation, ...]:
        """What a proof rests on, each fact once."""
        found: list[Explanation] = []
        for premise in proof.premises:
            if isinstance(premise, Proof):
                found.extend(self._proof(premise))
            elif isinstance(premise, NegatedPremise):
                found.extend(self._negated(premise))
            elif isinstance(premise, AggregatePremise):
                found.append(Explanation(f"counted or summed up: {self._value(premise.value)}", None))
        return tuple(found)

    def fact(self, proof: Proof) -> str:
        """One fact in words."""
        relation, row = proof.relation, proof.row
        words = [self._value(value) for value in row]
        if relation.startswith(("kind ", "domain ")):
            return f"{words[0]} is a {relation.split(' ', 1)[1]}"
        if relation.startswith("is "):
            return f"{words[0]} is a {relation[3:].removesuffix('?').rpartition('.')[2]}"
        if relation.endswith(" unset"):
            return f"nobody said what `{relation.removesuffix(' unset').rpartition('.')[2]}` of {words[0]} is"
        if relation == TODAY and isinstance(row[1], float):
            return f"today = {day_of(row[1]).isoformat()}"
        declared = self._evaluation.program.relations.get(relation.removesuffix("?"))
        if declared is not None:
            return f"{declared.item.name.name}({', '.join(words)})"
        if len(words) == 2:
            return f"{words[0]}.{relation.rpartition('.')[2]} = {self._attribute_value(relation, row)}"
        return f"{relation}({', '.join(words)})"

    # ------------------------------------------------------------------------------------------ internals

    def _proof(self, proof: Proof) -> list[Explanation]:
        if "/" in proof.relation or proof.relation.endswith((" applies", " applies?")):
            return list(self.premises(proof))
        key = (proof.relation, proof.row)
        if key in self._told:
            return []
        self._told.add(key)
        self._lines += 1
        if self._lines > MAX_LINES:
            first = self._lines == MAX_LINES + 1
            return [Explanation(f"… and more: only {MAX_LINES} lines are told", None)] if first else []
        if proof.rule is None:
            return [Explanation(self.fact(proof), self._span(proof))]
        origin = proof.rule.origin
        span = origin.span if isinstance(origin, Source) else None
        return [Explanation(self.fact(proof), span, self.premises(proof))]

    def _negated(self, premise: NegatedPremise) -> list[Explanation]:
        relation = premise.atom.relation
        if "/" in relation:
            origin = self._evaluation.program.place_of(relation)
            return [Explanation("the model has nothing that meets this condition", origin)] if origin else []
        words = ["anything" if value is None else self._value(value) for value in premise.row]
        return [Explanation(f"not {relation.rpartition('.')[2].removesuffix('?')}({', '.join(words)})", None)]

    def _span(self, proof: Proof) -> Span | None:
        first = proof.row[0] if proof.row else None
        entity = self._evaluation.model.get(_name(first)) if isinstance(first, tuple) else None
        if not isinstance(entity, Entity):
            return None
        origin = entity.origin_of(proof.relation.removesuffix(" unset").rpartition(".")[2])
        return (origin or entity.origin).span

    def _attribute_value(self, relation: str, row: tuple[object, ...]) -> str:
        kind, _, name = relation.partition(".")
        attribute = None
        registry = self._evaluation.layer.registry
        if kind in registry.kinds:
            attribute = registry.kind(kind).attributes.get(name)
        value = row[1]
        if attribute is not None and isinstance(value, float):
            if isinstance(attribute.type, DateType):
                return day_of(value).isoformat()
            return self._evaluation.model.describe(value, attribute.type)
        return self._value(value)

    def _value(self, value: object) -> str:
        if isinstance(value, tuple) and len(value) == 1:
            entity = self._evaluation.model.get(str(value[0]))
            return entity.short if entity is not None else str(value[0])
        if isinstance(value, bool):
            return "true" if value else "false"
        return self._evaluation.model.describe(value) if isinstance(value, float) else str(value)
