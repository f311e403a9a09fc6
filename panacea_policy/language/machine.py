"""The LALR machine: tokens in, one built value out, or the place where it got stuck."""

from __future__ import annotations

from typing import Any, NamedTuple

from panacea_policy.language.lexer import Lexer, Tokens
from panacea_policy.language.tables import ABSENT, KEEP, SPLICE, Production, Tables


class Stuck(NamedTuple):
    """No way on at a token.

    ``at`` is its number (the number of tokens: at the end of the text); ``expected`` are the terminals that
    could have stood there.
    """

    at: int
    expected: frozenset[str]


class Machine:
    """Runs the tables of one grammar. Holds no state of a run: one machine serves any number of texts."""

    def __init__(self, tables: Tables, lexer: Lexer) -> None:
        width = len(tables.terminals)
        self._tables = tables
        self._fallback = lexer.fallback
        self._rows: list[list[int]] = []
        for sparse in tables.actions:
            row = [0] * width
            for terminal, code in sparse.items():
                row[terminal] = code
            self._rows.append(row)
        self._steps = [
            (p.length, tables.gotos.get(p.symbol, {}), "" if p.helper else p.build, _kept(p))
            for p in tables.productions
        ]

    def run(self, start: str, text: str, tokens: Tokens, builder: object) -> Any | Stuck:
        """Parse all tokens as the start symbol ``start``; what comes out is what ``builder`` built for it."""
        rows, fallback = self._rows, self._fallback
        steps = [
            (length, goto, getattr(builder, name) if name else None, kept)
            for length, goto, name, kept in self._steps
        ]
        final = self._tables.ends[start]
        state = self._tables.starts[start]
        states = [state]
        values: list[Any] = []
        starts: list[int] = []
        ends: list[int] = []
        push_state, push_value, push_start, push_end = (
            states.append,
            values.append,
            starts.append,
            ends.append,
        )
        # The end of the text is terminal 0, an empty token behind the last one.
        kinds = [*tokens.kinds, 0]
        begins = [*tokens.starts, len(text)]
        finishes = [*tokens.ends, len(text)]
        index = -1
        for kind, begin, finish in zip(kinds, begins, finishes, strict=True):
            index += 1
            while True:
                code = rows[state][kind] if kind >= 0 else 0
                if code > 0:
                    state = code - 1
                    push_state(state)
                    push_value(text[begin:finish])
                    push_start(begin)
                    push_end(finish)
                    break
                if code == 0:
                    if kind == 0 and state == final:
                        return values[-1]
                    instead = fallback[kind] if kind > 0 else -1
                    if instead < 0 or not rows[state][instead]:
                        return self._stuck(index, states)
                    kind = instead
                    continue
                length, goto, build, kept = steps[-code - 1]
                if length == 1 and kept is None:
                    if build is not None:
                        values[-1] = build([values[-1]], starts[-1], ends[-1])
                    state = goto[states[-2]]
                    states[-1] = state
                    continue
                if length:
                    parts = values[-length:]
                    first, last = starts[-length], ends[-1]
                    del values[-length:], starts[-length:], ends[-length:], states[-length:]
                    if kept is not None:
                        parts = _select(parts, kept)
                else:
                    parts, first, last = [], begin, begin
                state = goto[states[-1]]
                push_state(state)
                push_value(parts if build is None else build(parts, first, last))
                push_start(first)
                push_end(last)
        raise AssertionError("the end of the text ends the run")

    def _stuck(self, index: int, states: list[int]) -> Stuck:
        names = self._tables.terminals
        row = self._rows[states[-1]]
        expected = (names[kind] for kind, code in enumerate(row) if code and self._accepts(states, kind))
        return Stuck(index, frozenset(expected))

    def _accepts(self, states: list[int], kind: int) -> bool:
        """Whether a terminal could be read next: a state's row alone also holds what other contexts allow."""
        stack = list(states)
        while True:
            code = self._rows[stack[-1]][kind]
            if code >= 0:
                return code > 0 or kind == 0
            length, goto, _, _ = self._steps[-code - 1]
            del stack[len(stack) - length :]
            stack.append(goto[stack[-1]])


def _kept(production: Production) -> tuple[tuple[int, int], ...] | None:
    """Which values a production passes on, as (treatment, index) pairs; None means all, as they are."""
    kept: list[tuple[int, int]] = []
    index = 0
    for treatment in production.pattern:
        if treatment == ABSENT:
            kept.append((ABSENT, 0))
            continue
        if treatment in (KEEP, SPLICE):
            kept.append((treatment, index))
        index += 1
    whole = not production.helper and kept == [(KEEP, i) for i in range(index)]
    return None if whole else tuple(kept)


def _select(values: list[Any], kept: tuple[tuple[int, int], ...]) -> list[Any]:
    """The values that count, lists of helper rules spliced in."""
    parts: list[Any] | None = None
    for treatment, index in kept:
        if treatment == SPLICE:
            if parts is None:
                # INVARIANT: a helper's list is used once, by the rule that swallows it, so it may grow in
                # place.
                parts = values[index]
            else:
                parts += values[index]
        else:
            if parts is None:
                parts = []
            parts.append(values[index] if treatment == KEEP else None)
    return [] if parts is None else parts
