"""Reads a question about one fact, such as ``reaches(pacs, ehr, dicom)``, and evaluates what it needs."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from panacea_policy.compiler.evaluation import Evaluation
from panacea_policy.compiler.packages import Package
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.query import QueryError
from panacea_policy.compiler.rules.program import Body, Form, Source
from panacea_policy.engine import Atom, Const, Result, Sym
from panacea_policy.language import Diagnostic, Severity, Span, parse_conditions
from panacea_policy.language import Source as TextSource
from panacea_policy.language import syntax as tree


@dataclass(frozen=True, slots=True)
class AskedFact:
    """A fact in the engine's terms; None in ``row`` stands for any value. ``result``: what it is asked of."""

    text: str
    relation: str
    row: tuple[Hashable, ...]
    result: Result
    source: TextSource

    def found(self) -> tuple[Hashable, ...] | None:
        """The first row that agrees; None if none does."""
        rows = self.result.rows_like(self.relation, self.row, 1)
        return rows[0] if rows else None

    def does_not_hold(self) -> QueryError:
        """What to raise where a proof was asked for."""
        message = f"`{self.text.strip()}` does not hold"
        span = Span("question", 0, len(self.text))
        help_text = "nothing in the model leads to it"
        return QueryError([Diagnostic("P0516", Severity.INFO, message, span, (), help_text)], self.source)


def read_fact(text: str, evaluation: Evaluation, form: Form = Form.CERTAIN) -> AskedFact:
    """The fact that a text asks about, in its certain or possible form. Raises :class:`QueryError`."""
    source = TextSource("question", text)
    call = _call(text, source)
    program = evaluation.program
    package = evaluation.layer.own[0].package
    asking = Package(
        package.label, "question.", package.folder, package.boundary, [], [package, *package.uses]
    )
    unit = package.files[0] if package.files else None
    builder = program.builder.extended({name: each.above() for name, each in program.relations.items()})
    assert unit is not None
    body = Body(builder, Source(Span("question", 0, len(text)), "question", "rule"), unit, asking, form)
    conditions = program.compiler.conditions
    try:
        name = conditions.relation(body, call.function).name + form.value
        conditions.add(body, call)
        for argument in call.arguments:
            if isinstance(argument.value, tree.Path) and argument.value.name in body.types:
                raise _no_such(argument.value)
    except Rejected as problem:
        place = Span("question", problem.node.start, problem.node.end)
        raise QueryError(
            [Diagnostic(problem.code, Severity.ERROR, problem.message, place, (), problem.help)], source
        ) from None
    program.compiler.complete(builder)
    result = evaluation.evaluate(builder, program.compile(builder, [name]), [name])
    atom = next(each for each in body.literals if isinstance(each, Atom) and each.relation == name)
    row = tuple(
        None
        if not isinstance(term, Const)
        else evaluation.symbols.value(term.value.id)
        if isinstance(term.value, Sym)
        else term.value
        for term in atom.terms
    )
    return AskedFact(text, name, row, result, source)


def _call(text: str, source: TextSource) -> tree.Call:
    conditions, problems = parse_conditions(source)
    if problems:
        raise QueryError(problems, source)
    if len(conditions) != 1 or not isinstance(conditions[0], tree.Call):
        message = "a fact such as reaches(pacs, ehr, dicom) is expected"
        span = Span("question", 0, len(text))
        raise QueryError([Diagnostic("P0515", Severity.ERROR, message, span)], source)
    return conditions[0]


def _no_such(path: tree.Path) -> Rejected:
    return Rejected(
        "P0202", path, f"there is no declaration called `{path.name}`", "write `_` for any, or check the name"
    )
