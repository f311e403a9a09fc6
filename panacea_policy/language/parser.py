"""Text → tree: :func:`parse` for files, :func:`parse_conditions` for a question in rule syntax."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from panacea_policy.language.diagnostics import Diagnostic, Severity, Span
from panacea_policy.language.lexer import Lexer, Tokens
from panacea_policy.language.machine import Machine, Stuck
from panacea_policy.language.rule_builder import RuleBuilder
from panacea_policy.language.source import DEFAULT_LIMIT, Source
from panacea_policy.language.store import read_blob, write_blob
from panacea_policy.language.syntax import Expression, File
from panacea_policy.language.tables import load_tables

# Control characters, and those that make text read in another order than it is written ("Trojan Source").
_HIDDEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+")
_MAX_HIDDEN = 5
# Files longer than this are tried by their beginning first: hostile ones fail there, before all of them is
# cut up.
_LONG = 1_000_000
_PROBE = 60_000


class ParseResult(NamedTuple):
    """What could be read, and what is wrong with the rest; without error diagnostics the tree is whole."""

    file: File
    diagnostics: tuple[Diagnostic, ...]


@lru_cache(maxsize=1)
def engine() -> tuple[Lexer, Machine]:
    """The lexer and the machine of the grammar; built once, from the cache folder where possible."""
    tables = load_tables(read_blob, write_blob)
    lexer = Lexer(tables)
    return lexer, Machine(tables, lexer)


def parse(source: Source) -> ParseResult:
    """Parse a file. Never raises: whatever is wrong with the text is a diagnostic, each mistake one."""
    length = len(source.text)
    if length > DEFAULT_LIMIT:
        message = f"the text is longer than {DEFAULT_LIMIT // 1_048_576} million characters"
        found = Diagnostic("P0002", Severity.ERROR, message, Span(source.name, 0, 0))
        return ParseResult(File(0, length, (), ()), (found,))
    text, hidden = _without_hidden(source)
    lexer, machine = engine()
    if length >= _LONG and not _begins_well(text, lexer, machine):
        return _recovered(source, text, hidden, None)
    tokens = lexer.tokenize(text)
    builder = RuleBuilder(source.name, tokens.docs)
    result = machine.run("file", text, tokens, builder) if tokens.limit is None else None
    if result is None or isinstance(result, Stuck):
        return _recovered(source, text, hidden, (tokens, result))
    file = File(0, length, result, tuple(tokens.comments))
    return ParseResult(file, (*hidden, *builder.diagnostics))


def _recovered(
    source: Source, text: str, hidden: tuple[Diagnostic, ...], read: tuple[Tokens, Stuck | None] | None
) -> ParseResult:
    """What can be read of a faulty text; ``read`` is how far the first attempt got, if it was made."""
    # What reads faulty files is large, and most runs have none.
    from panacea_policy.language.recovery import Recovery, limit_passed, mistake

    lexer, machine = engine()
    first = None
    if read is not None:
        tokens, stuck = read
        if tokens.limit == "tokens":
            file = File(0, len(text), (), ())
            return ParseResult(file, (*hidden, limit_passed(source.name, tokens)))
        if stuck is not None:
            first = mistake(source.name, text, tokens, stuck, lexer.terminals)
    recovery = Recovery(source.name, text, lexer, machine, first)
    recovery.run()
    file = File(0, len(text), tuple(recovery.items), tuple(recovery.comments))
    diagnostics = [*hidden, *recovery.diagnostics]
    diagnostics.sort(key=lambda diagnostic: (diagnostic.span.start, diagnostic.code))
    return ParseResult(file, tuple(diagnostics))


def parse_conditions(source: Source) -> tuple[tuple[Expression, ...], tuple[Diagnostic, ...]]:
    """Parse a question: conditions as in a rule's ``where``, separated by commas."""
    text, hidden = _without_hidden(source)
    lexer, machine = engine()
    tokens = lexer.tokenize(text)
    builder = RuleBuilder(source.name, tokens.docs)
    result = machine.run("conditions", text, tokens, builder)
    if tokens.limit is None and not isinstance(result, Stuck):
        return result, (*hidden, *builder.diagnostics)
    from panacea_policy.language.recovery import limit_passed, mistake

    if tokens.limit is not None:
        return (), (*hidden, limit_passed(source.name, tokens))
    return (), (*hidden, mistake(source.name, text, tokens, result, lexer.terminals))


def _without_hidden(source: Source) -> tuple[str, tuple[Diagnostic, ...]]:
    """The text with hidden characters turned into blanks, and a complaint about each place that had some."""
    text = source.text
    if text.startswith("\ufeff"):
        text = " " + text[1:]
    diagnostics: list[Diagnostic] = []
    for match in _HIDDEN.finditer(text):
        if len(diagnostics) == _MAX_HIDDEN:
            break
        span = Span(source.name, match.start(), match.end())
        message = "hidden control characters are not allowed, not even in texts and comments"
        cure = "delete them; they can make a text read differently from what it means"
        diagnostics.append(Diagnostic("P0100", Severity.ERROR, message, span, help=cure))
    if diagnostics:
        text = _HIDDEN.sub(lambda match: " " * len(match[0]), text)
    return text, tuple(diagnostics)


def _begins_well(text: str, lexer: Lexer, machine: Machine) -> bool:
    """Whether the first part of a long text parses, but for its last token, which may be cut in two."""
    tokens = lexer.tokenize(text, 0, _PROBE)
    if tokens.limit is not None:
        return False
    result = machine.run("file", text, tokens, RuleBuilder("", tokens.docs))
    return not isinstance(result, Stuck) or result.at >= len(tokens) - 2
