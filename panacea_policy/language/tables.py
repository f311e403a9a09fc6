"""The grammar as numbers: LALR tables and the patterns of the tokens.

Lark computes them from ``grammars/panacea.lark``. They are kept as plain data, so that a later start needs
neither Lark nor the computation, only the file that :func:`load_tables` left in the cache folder.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec

from panacea_policy.language.resources import grammar_text, tables_digest

STARTS = ("file", "conditions")

# What a rule does with the value of each of its symbols.
DROP, KEEP, SPLICE, ABSENT = 0, 1, 2, 3


class Production(msgspec.Struct, frozen=True):
    """One alternative of a grammar rule.

    ``build`` names the builder's method; it is empty where the only child is the result. ``pattern`` says
    what happens with each symbol's value: dropped, kept, spliced in as a list, or None for an optional part
    that is absent.
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


def load_tables(read: Callable[[str], bytes | None], write: Callable[[str, bytes], object]) -> Tables:
    """The tables, from the store behind ``read`` and ``write``, else computed and left there."""
    name = f"tables-{tables_digest()}"
    data = read(name)
    if data is not None:
        with suppress(msgspec.DecodeError):
            return msgspec.msgpack.decode(data, type=Tables)
    # Importing Lark takes longer than reading the stored tables, so only those who lack them pay for it.
    from panacea_policy.language.table_compiler import compile_tables

    tables = compile_tables(grammar_text())
    write(name, msgspec.msgpack.encode(tables))
    return tables
