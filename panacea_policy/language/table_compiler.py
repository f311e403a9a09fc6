"""The grammar's text → tables, by way of Lark."""

from __future__ import annotations

from typing import Any

from lark.common import ParserConf
from lark.grammar import Rule, Symbol
from lark.lexer import PatternStr, TerminalDef
from lark.load_grammar import load_grammar
from lark.parsers.lalr_analysis import LALR_Analyzer, Shift

from panacea_policy.language.tables import ABSENT, DROP, KEEP, SPLICE, STARTS, Production, Tables


def compile_tables(text: str) -> Tables:
    """Compute the tables of a grammar.

    Raises lark.exceptions.GrammarError when the grammar is faulty or has a conflict.
    """
    load: Any = load_grammar
    grammar, _ = load(text, "panacea.lark", [], False)
    terminals, rules, ignored = grammar.compile(list(STARTS), "*")
    # INVARIANT: strict analysis refuses every conflict, so one token of lookahead decides each step.
    analysis: Any = LALR_Analyzer(ParserConf(rules, {}, list(STARTS)), strict=True)
    analysis.compute_lalr()
    table = analysis.parse_table
    states = {state: index for index, state in enumerate(table.states)}
    productions = tuple(_production(rule) for rule in rules)
    ordered = sorted(terminals, key=_rank)
    names = ("$END", *sorted(str(t.name) for t in terminals if t.name not in ignored))
    actions, gotos = _numbered(table.states, states, names, {rule: index for index, rule in enumerate(rules)})
    read = [terminal for terminal in ordered if terminal.name not in ignored]
    literals = {str(t.pattern.value): names.index(t.name) for t in read if isinstance(t.pattern, PatternStr)}
    return Tables(
        terminals=names,
        keywords={word: kind for word, kind in literals.items() if word.isalpha()},
        signs={sign: kind for sign, kind in literals.items() if not sign.isalpha()},
        patterns=tuple(
            (names.index(t.name), t.pattern.to_regexp())
            for t in read
            if not isinstance(t.pattern, PatternStr)
        ),
        ignored=tuple((str(t.name), t.pattern.to_regexp()) for t in ordered if t.name in ignored),
        productions=productions,
        actions=tuple(actions),
        gotos=_skip_chains(productions, actions, gotos),
        starts={str(name): states[state] for name, state in table.start_states.items()},
        ends={str(name): states[state] for name, state in table.end_states.items()},
    )


def _rank(terminal: TerminalDef) -> tuple[int, int, int, str]:
    """The order in which Lark's own lexers try terminals."""
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name


def _numbered(
    rows: dict[int, dict[str, tuple[Any, Any]]],
    states: dict[int, int],
    names: tuple[str, ...],
    productions: dict[Rule, int],
) -> tuple[list[dict[int, int]], dict[str, dict[int, int]]]:
    """Actions by state and terminal, and gotos by symbol and state; see :class:`Tables` for the codes."""
    number = {name: index for index, name in enumerate(names)}
    actions: list[dict[int, int]] = [{} for _ in states]
    gotos: dict[str, dict[int, int]] = {}
    for state, row in rows.items():
        for symbol, (action, argument) in row.items():
            if symbol in number:
                code = states[argument] + 1 if action is Shift else -(productions[argument] + 1)
                actions[states[state]][number[symbol]] = code
            else:
                gotos.setdefault(str(symbol), {})[states[state]] = states[argument]
    return actions, gotos


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
    """Go at once where a chain of single-child reductions ends: ``value`` to ``operand`` to ``expression``.

    A state that can do nothing but one such reduction is stepped over. The text accepted stays the same: the
    reduction neither builds a value nor reads a token.
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
