"""The grammar as numbers: LALR tables and the patterns of the tokens.

Lark reads ``grammars/panacea.lark`` and computes the tables. They are kept as plain data, so that a later start needs
neither Lark nor the computation, only the file that :func:`load_tables` left in the cache folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from panacea_policy.language.resources import grammar_text

if TYPE_CHECKING:
    from lark.grammar import Rule, Symbol

VERSION = 1
STARTS = ("file", "conditions")

# What a rule does with the value of each of its symbols.
DROP, KEEP, SPLICE, ABSENT = 0, 1, 2, 3


class Production(msgspec.Struct, frozen=True):
    """One alternative of a grammar rule.

    ``build`` names the builder's method; it is empty where the only child is the result. ``pattern`` says what
    happens with each symbol's value: dropped, kept, spliced in as a list, or None for an optional part that is absent.
    """

    symbol: str
    length: int
    build: str
    helper: bool
    pattern: tuple[int, ...]


class Tables(msgspec.Struct, frozen=True):
    """What the lexer and the parser need.

    ``actions[state][terminal]``: 0 is an error, s + 1 shifts to state s, -(p + 1) reduces by production p.
    ``gotos[symbol][state]`` is the state after that symbol. Terminal 0 is the end of the text.
    """

    version: int
    terminals: tuple[str, ...]
    keywords: dict[str, int]
    signs: dict[str, int]
    patterns: tuple[tuple[int, str], ...]
    ignored: tuple[tuple[str, str], ...]
    productions: tuple[Production, ...]
    actions: tuple[dict[int, int], ...]
    gotos: dict[str, dict[int, int]]
    starts: dict[str, int]
    ends: dict[str, int]


def grammar_digest(text: str) -> str:
    """A short name for this grammar read by this version of the code."""
    return hashlib.sha256(f"{VERSION}\n{text}".encode()).hexdigest()[:24]


def load_tables(read: Callable[[str], bytes | None], write: Callable[[str, bytes], None]) -> Tables:
    """The tables, from the store behind ``read`` and ``write`` when it has them, else computed and left there."""
    text = grammar_text()
    name = f"tables-{grammar_digest(text)}"
    data = read(name)
    if data is not None:
        try:
            tables = msgspec.msgpack.decode(data, type=Tables)
        except (msgspec.DecodeError, msgspec.ValidationError):
            pass
        else:
            if tables.version == VERSION:
                return tables
    tables = compile_tables(text)
    write(name, msgspec.msgpack.encode(tables))
    return tables


def compile_tables(text: str) -> Tables:
    """Compute the tables of a grammar.

    Raises lark.exceptions.GrammarError when the grammar is faulty or has a conflict.
    """
    from lark.common import ParserConf
    from lark.lexer import PatternStr
    from lark.load_grammar import load_grammar
    from lark.parsers.lalr_analysis import LALR_Analyzer, Shift

    grammar, _ = load_grammar(text, "panacea.lark", [], False)
    terminals, rules, ignored = grammar.compile(list(STARTS), "*")
    # INVARIANT: strict analysis refuses every conflict, so the tables decide each step by one token alone.
    analysis = LALR_Analyzer(ParserConf(rules, {}, list(STARTS)), strict=True)
    analysis.compute_lalr()
    table: Any = analysis.parse_table

    names = ("$END", *sorted(str(t.name) for t in terminals if t.name not in ignored))
    number = {name: index for index, name in enumerate(names)}
    words, signs, patterns = {}, {}, []
    ordered = sorted(
        terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name)
    )
    for terminal in ordered:
        if terminal.name in ignored:
            continue
        if isinstance(terminal.pattern, PatternStr):
            kind = words if terminal.pattern.value.isalpha() else signs
            kind[str(terminal.pattern.value)] = number[terminal.name]
        else:
            patterns.append((number[terminal.name], terminal.pattern.to_regexp()))

    index_of = {rule: index for index, rule in enumerate(rules)}
    states = {state: index for index, state in enumerate(table.states)}
    actions: list[dict[int, int]] = [{} for _ in states]
    gotos: dict[str, dict[int, int]] = {}
    for state, row in table.states.items():
        for symbol, (action, argument) in row.items():
            if symbol in number:
                shift = action is Shift
                code = states[argument] + 1 if shift else -(index_of[argument] + 1)
                actions[states[state]][number[symbol]] = code
            elif not symbol.startswith("$root"):
                gotos.setdefault(str(symbol), {})[states[state]] = states[argument]
    productions = tuple(_production(rule) for rule in rules)
    return Tables(
        version=VERSION,
        terminals=names,
        keywords=words,
        signs=signs,
        patterns=tuple(patterns),
        ignored=tuple((str(t.name), t.pattern.to_regexp()) for t in ordered if t.name in ignored),
        productions=productions,
        actions=tuple(actions),
        gotos=_skip_chains(productions, actions, gotos),
        starts={str(name): states[state] for name, state in table.start_states.items()},
        ends={str(name): states[state] for name, state in table.end_states.items()},
    )


def _production(rule: Rule) -> Production:
    pattern: list[int] = []
    symbols = iter(rule.expansion)
    for absent in rule.options.empty_indices or (False,) * len(rule.expansion):
        pattern.append(ABSENT if absent else _treatment(next(symbols)))
    name = str(rule.origin.name)
    helper = name.startswith("_")
    alone = rule.options.expand1 and not rule.alias and pattern == [KEEP]
    build = "" if alone or helper else str(rule.alias or name)
    return Production(name, len(rule.expansion), build, helper, tuple(pattern))


def _treatment(symbol: Symbol) -> int:
    if symbol.is_term:
        return DROP if getattr(symbol, "filter_out", False) else KEEP
    return SPLICE if symbol.name.startswith("_") else KEEP


def _skip_chains(
    productions: tuple[Production, ...], actions: list[dict[int, int]], gotos: dict[str, dict[int, int]]
) -> dict[str, dict[int, int]]:
    """Go at once where a chain of single-child reductions would end: ``value`` to ``operand`` to ``expression``.

    A state that can do nothing but one such reduction is stepped over. The text accepted stays the same: the reduction
    neither builds a value nor reads a token.
    """
    only: dict[int, str] = {}
    for state, row in enumerate(actions):
        codes = set(row.values())
        if len(codes) == 1 and (code := codes.pop()) < 0:
            production = productions[-code - 1]
            if not production.build and not production.helper and production.length == 1:
                only[state] = production.symbol
    result: dict[str, dict[int, int]] = {}
    for symbol, targets in gotos.items():
        result[symbol] = {}
        for state, first in targets.items():
            target = first
            while target in only:
                target = gotos[only[target]][state]
            result[symbol][state] = target
    return result
