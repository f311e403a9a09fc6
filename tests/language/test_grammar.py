"""The grammar as data: free of conflicts, readable by Lark alone, the same after a trip through the cache."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from lark import Lark
from lark.exceptions import GrammarError

from panacea_policy.language.lexer import RESERVED
from panacea_policy.language.resources import grammar_text, tables_digest
from panacea_policy.language.rule_builder import RuleBuilder
from panacea_policy.language.table_compiler import compile_tables
from panacea_policy.language.tables import Tables, load_tables

TOUR = Path(__file__).parent / "examples" / "tour.panacea"


def test_the_grammar_has_no_conflict() -> None:
    assert len(compile_tables(grammar_text()).actions) > 100


def test_a_conflict_would_be_refused() -> None:
    ambiguous = grammar_text().replace("prefix: NOT ", "prefix: NOT | AND ")
    ambiguous += "\nfile_again: expression expression\n"
    ambiguous = ambiguous.replace("file: item*", "file: item* | file_again")
    with pytest.raises(GrammarError):
        compile_tables(ambiguous)


def test_lark_alone_reads_the_tour() -> None:
    lark = Lark(grammar_text(), parser="lalr", lexer="contextual", start="file", maybe_placeholders=True)
    # Lark's own lexer knows neither of the two additions of ours (see the head of the grammar), so no word of
    # the syntax may be a key here.
    text = re.sub(r"\bevery:", "interval:", TOUR.read_text(encoding="utf-8"))
    assert len(lark.parse(text).children) > 20


def test_every_production_has_its_builder() -> None:
    names = {production.build for production in compile_tables(grammar_text()).productions}
    assert {name for name in names if name and not hasattr(RuleBuilder, name)} == set()


def test_reserved_words_are_words_of_the_grammar() -> None:
    assert set(compile_tables(grammar_text()).keywords) >= RESERVED


def test_words_of_the_grammar_are_never_units() -> None:
    tables = compile_tables(grammar_text())
    quantity = next(p for kind, p in tables.patterns if tables.terminals[kind] == "QUANTITY")
    for word in tables.keywords:
        match = re.match(quantity, f"480 {word}")
        assert match is not None
        assert match[0] == "480", word


def test_tables_survive_the_cache() -> None:
    store: dict[str, bytes] = {}
    first = load_tables(store.get, store.__setitem__)
    assert list(store) == [f"tables-{tables_digest()}"]
    assert load_tables(store.get, store.__setitem__) == first
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(first), type=Tables) == first


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\xc1" * 9, b"not tables at all"])
def test_damaged_tables_are_computed_anew(damage: bytes) -> None:
    store = {f"tables-{tables_digest()}": damage}
    tables = load_tables(store.get, store.__setitem__)
    assert len(tables.actions) == len(compile_tables(grammar_text()).actions)
    assert store[f"tables-{tables_digest()}"] != damage
