"""Questions in the words of a rule: ``device d, zone z where d.zone = z, z.trust < 2``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Declared
from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.evaluation import LIMITS, Evaluation, WorkspaceError, fill_database, too_much
from panacea_policy.compiler.facts import day_of
from panacea_policy.compiler.packages import FileUnit, Package, parse_text
from panacea_policy.compiler.rules.compile import PackCompiler
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import ProgramBuilder
from panacea_policy.compiler.rules.program import Source as RuleSource
from panacea_policy.compiler.rules.typing import DATE, ExpressionType
from panacea_policy.engine import Answer, EvaluationError, Options, Trace, ask
from panacea_policy.language import Diagnostic, Severity, Source, Span
from panacea_policy.language import syntax as tree

if TYPE_CHECKING:
    from panacea_policy.engine.report import QueryReport

_BEFORE = "rule question { for "
_FILE = "question"
#: How a question begins: a kind or class, and the name of what it asks for.
_BINDING = re.compile(r"\s*[^\W\d][\w.]*\s+(?!where\b)[^\W\d]\w*")
#: Texts, whose brackets mean nothing, and brackets.
_BRACKETS = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[(\[{]|[)\]}]')
_CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Answers: one value per column, entities for declarations; rows are sorted and distinct."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    plan: QueryPlan | None = None


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """How the answers were found.

    ``places``: where the text stands that a rule was made from, by the rule's own text; rules of the question
    itself have none. ``listings``: by name of a pass the program before and after it, a rule a line.
    """

    report: QueryReport
    places: Mapping[str, Span]
    listings: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]


class QueryError(Exception):
    """A question that cannot be read; ``diagnostics`` say why, with places in ``source``."""

    def __init__(self, diagnostics: Sequence[Diagnostic], source: Source) -> None:
        super().__init__(diagnostics[0].message if diagnostics else "the question cannot be answered")
        self.diagnostics = tuple(diagnostics)
        self.source = source


def run_query(
    text: str, evaluation: Evaluation, *, without: Collection[str] = (), plan: bool = False
) -> QueryResult:
    """The certain answers to a question; only what it asks for is derived.

    ``without``: passes of the engine to leave out; ``plan``: tell how the answers were found. Raises
    :class:`QueryError`, WorkspaceError for an evaluation that has to stop, and UnknownPass.
    """
    options = Options.without(without)
    builder, rule = read_question(text, evaluation)
    variables, relation = rule.variables, rule.violated
    compiled = evaluation.program.compile(builder, [relation])
    database = fill_database(builder, evaluation.facts, evaluation.symbols, [relation])
    trace = Trace() if plan else None
    try:
        answer = ask(compiled, database, [relation], limits=LIMITS, options=options, trace=trace)
    except EvaluationError as problem:
        raise WorkspaceError([too_much(problem)]) from None
    table = answer.table(relation)
    rows = decoded_rows([column.tolist() for column in table.columns], variables, evaluation)
    found = None if trace is None else _plan(answer, options, trace)
    return QueryResult(tuple(name for name, _ in variables), rows, found)


def read_question(text: str, evaluation: Evaluation) -> tuple[ProgramBuilder, CompiledRule]:
    """The program with a question as one more rule: ``violated`` has the certain answers, ``possible`` those
    too that hang on what nobody said. Raises :class:`QueryError`.
    """
    report = Report()
    unit, item = _parse(text, evaluation, report)
    declared = _declared(unit, item, evaluation)
    program = evaluation.program
    compiler = PackCompiler(program.terms.registry, program.terms.resolver, program.terms, report)
    relations = {name: relation.above() for name, relation in program.relations.items()}
    builder = program.builder.extended(relations)
    rule = compiler.rule(builder, declared)
    compiler.complete(builder)
    if report.diagnostics or rule is None:
        raise _error(report.diagnostics, unit.source)
    return builder, rule


def decoded_rows(
    columns: Sequence[Sequence[int | float]],
    variables: Sequence[tuple[str, ExpressionType]],
    evaluation: Evaluation,
) -> list[tuple[object, ...]]:
    """Rows of a question, given by columns, as people read them."""
    found = [
        _decoded(list(column), type, evaluation) for column, (_, type) in zip(columns, variables, strict=True)
    ]
    return sorted(zip(*found, strict=True), key=lambda row: tuple(_sort_key(value) for value in row))


def _plan(answer: Answer, options: Options, trace: Trace) -> QueryPlan:
    from panacea_policy.engine.report import listing, report

    symbols = answer.result.symbols
    listings = {change.name: listing(change, symbols) for change in answer.changes}
    made = report(answer, options, trace)
    places = {
        rule.text: rule.rule.origin.span
        for stratum in made.strata
        for rule in stratum.rules
        if isinstance(rule.rule.origin, RuleSource) and rule.rule.origin.span.file != _FILE
    }
    return QueryPlan(made, places, listings)


def _parse(text: str, evaluation: Evaluation, report: Report) -> tuple[FileUnit, tree.RuleItem]:
    first = text.strip().rstrip(",")
    slip = _slip(first)
    if slip is not None:
        raise QueryError([slip], Source(_FILE, first))
    if "where" not in first.split():
        first += " where true"
    unit = parse_text(_FILE, f'{_BEFORE}{first}\n report it "" }}', Path(), report)
    items = [item for item in unit.tree.items if isinstance(item, tree.RuleItem)]
    if report.diagnostics or len(items) != 1 or not items[0].bindings:
        # Of one line, what follows the first mistake follows from it, mostly.
        raise _error(report.diagnostics[:1], unit.source)
    item = items[0]
    variable = item.bindings[0].variable
    return unit, tree.RuleItem(
        item.start,
        item.end,
        item.name,
        None,
        (),
        item.bindings,
        (),
        item.where,
        item.require,
        (variable,),
        tree.String(variable.start, variable.end, ""),
        None,
        None,
    )


def _declared(unit: FileUnit, item: tree.RuleItem, evaluation: Evaluation) -> Declared:
    package = evaluation.layer.own[0].package
    asking = Package(
        package.label, "question.", package.folder, package.boundary, [unit], [package, *package.uses]
    )
    for names in evaluation.program.names:
        if names.package is not package and names.package not in asking.uses:
            asking.uses.append(names.package)
    kind = evaluation.layer.registry.kind("rule")
    return Declared("question", kind, False, asking, unit, None, item.start, item.end, item=item)


def _slip(text: str) -> Diagnostic | None:
    """What makes a text no question at all: told in its own words, before the frame around it is read."""
    if not _BINDING.match(text):
        return Diagnostic(
            "P0515",
            Severity.ERROR,
            "a question begins with what it asks for: `KIND NAME`",
            Span(_FILE, 0, len(text)),
            (),
            "write `device d where CONDITIONS`; `panacea explain 'reaches(a, b, _)'` asks about one fact",
        )
    open_: list[re.Match[str]] = []
    for each in _BRACKETS.finditer(text):
        if each[0] in _CLOSING:
            open_.append(each)
        elif open_ and each[0] == _CLOSING[open_[-1][0]]:
            open_.pop()
        elif each[0] in _CLOSING.values():
            return None  # the parser says better what closes nothing
    if not open_:
        return None
    last = open_[-1]
    close = _CLOSING[last[0]]
    span = Span(_FILE, last.start(), last.end())
    told = f"`{last[0]}` is never closed"
    return Diagnostic("P0102", Severity.ERROR, told, span, (), f"close it with `{close}`")


def _error(diagnostics: Sequence[Diagnostic], source: Source) -> QueryError:
    """The diagnostics, as if the question alone were the text."""
    shift = len(_BEFORE)
    shown = Source(_FILE, source.text[shift:].split("\n report it", 1)[0])
    limit = len(shown.text)
    found = [
        Diagnostic(
            each.code,
            each.severity,
            each.message,
            Span(
                _FILE, min(max(each.span.start - shift, 0), limit), min(max(each.span.end - shift, 0), limit)
            ),
            (),
            each.help,
        )
        for each in diagnostics
    ]
    if not found:
        message = "this is not a question"
        found = [
            Diagnostic(
                "P0515",
                Severity.ERROR,
                message,
                Span(_FILE, 0, limit),
                (),
                "write `KIND NAME where CONDITIONS`",
            )
        ]
    return QueryError(found, shown)


def _decoded(values: list[int | float], type: ExpressionType, evaluation: Evaluation) -> list[object]:
    return [_value(value, type, evaluation) for value in values]


def _value(value: int | float, type: ExpressionType, evaluation: Evaluation) -> object:
    if isinstance(value, float):
        return day_of(value) if type == DATE else value
    symbol = evaluation.symbols.value(value)
    if isinstance(symbol, tuple) and len(symbol) == 1 and isinstance(symbol[0], str):
        return evaluation.model.get(symbol[0]) or symbol[0]
    return symbol


def _sort_key(value: object) -> tuple[int, object]:
    if isinstance(value, Entity):
        return 1, value.name
    return (0, value) if isinstance(value, int | float) and not isinstance(value, bool) else (2, str(value))
