"""Text → tree: :func:`parse` for files, :func:`parse_conditions` for a question in rule syntax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from panacea_policy.language.diagnostics import Diagnostic, Severity, Span
from panacea_policy.language.lexer import Lexer
from panacea_policy.language.machine import Machine, Stuck
from panacea_policy.language.rule_builder import RuleBuilder
from panacea_policy.language.source import Source
from panacea_policy.language.syntax import Expression, File
from panacea_policy.language.tables import Tables, load_tables


@dataclass(frozen=True, slots=True)
class ParseResult:
    """What could be read, and what is wrong with the rest; without error diagnostics the tree is whole."""

    file: File
    diagnostics: tuple[Diagnostic, ...]


@lru_cache(maxsize=1)
def _engine() -> tuple[Lexer, Machine]:
    tables: Tables = load_tables(lambda name: None, lambda name, data: None)
    lexer = Lexer(tables)
    return lexer, Machine(tables, lexer)


def parse(source: Source) -> ParseResult:
    """Parse a file."""
    lexer, machine = _engine()
    tokens = lexer.tokenize(source.text)
    builder = RuleBuilder(source.name, tokens.docs)
    result = machine.run("file", source.text, tokens, builder)
    comments = tuple(tokens.comments)
    if isinstance(result, Stuck):
        start = tokens.starts[result.index] if result.index < len(tokens) else len(source.text)
        end = tokens.ends[result.index] if result.index < len(tokens) else len(source.text)
        message = f"unexpected `{source.text[start:end]}`" if end > start else "unexpected end of the file"
        found = Diagnostic("P0101", Severity.ERROR, message, Span(source.name, start, end))
        return ParseResult(File(0, len(source.text), (), comments), (found,))
    file = File(0, len(source.text), result, comments)
    return ParseResult(file, tuple(builder.diagnostics))


def parse_conditions(source: Source) -> tuple[tuple[Expression, ...], tuple[Diagnostic, ...]]:
    """Parse a question: conditions as in a rule's ``where``, separated by commas."""
    lexer, machine = _engine()
    tokens = lexer.tokenize(source.text)
    builder = RuleBuilder(source.name, tokens.docs)
    result = machine.run("conditions", source.text, tokens, builder)
    if isinstance(result, Stuck):
        return (), (Diagnostic("P0101", Severity.ERROR, "unexpected", Span(source.name, 0, 0)),)
    return result, tuple(builder.diagnostics)
