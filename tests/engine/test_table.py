"""Facts in, tables out, symbols."""

from __future__ import annotations

import numpy as np
import pytest

from panacea_policy.engine import (
    Database,
    EvaluationError,
    Program,
    RelationDecl,
    Symbols,
    Type,
    compile_program,
    evaluate,
)
from tests.engine.build import World


def test_symbols_are_dense_and_told_apart_by_class() -> None:
    symbols = Symbols()
    values = ["a", 1, 1.0, True, ("a", 2), None, "a", 1]
    assert symbols.intern_many(values).tolist() == [0, 1, 2, 3, 4, 5, 0, 1]
    assert [symbols.value(id) for id in range(len(symbols))] == values[:6]
    assert symbols.find(True) == 3
    assert symbols.find("b") is None
    assert len(Symbols("aba")) == 2
    with pytest.raises(IndexError):
        symbols.value(-1)
    with pytest.raises(IndexError):
        symbols.value(6)


def test_rows_are_sorted_by_value_and_repeats_dropped() -> None:
    w = World("p fi").facts("p", [(2.5, 1), (-0.5, 3), (-10.0, 2)])
    assert w.database.insert("p", [[2.5, 0.0, -0.0], [1, 0, 0]]) == 1
    table = w.run().table("p")
    assert table.columns[0].tolist() == [-10.0, -0.5, 0.0, 2.5]
    assert table.columns[1].tolist() == [2, 3, 0, 1]
    assert len(table) == 4
    assert table.contains((-0.5, 3))
    assert table.contains((-0.0, 0))
    assert table.find((2.5, 1)) == 3
    assert not table.contains((2.5, 3))
    assert not table.contains((2.5, 1.5))
    assert not table.contains((2.5, 2**64))
    with pytest.raises(ValueError, match="has 2 columns, not 1"):
        table.contains((1,))


def test_what_is_inserted_is_copied() -> None:
    database = Database(Symbols())
    column = np.array([1, 2, 3])
    database.insert("p", [column])
    column[:] = 7
    assert database.relation("p").columns[0].tolist() == [1, 2, 3]
    assert database.names() == ("p",)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([[1, 2], [1]], "not of one length"),
        ([[[1, 2]]], "not of one length"),
        ([[1.5, float("nan")]], "not finite"),
        ([[float("inf")]], "not finite"),
        ([["a"]], "neither of integers nor of floats"),
        ([[True]], "neither of integers nor of floats"),
    ],
)
def test_columns_that_cannot_be_inserted(columns: list[list[object]], words: str) -> None:
    with pytest.raises(EvaluationError, match=words):
        Database(Symbols()).insert("p", columns)  # type: ignore[arg-type]


def test_columns_differ_from_those_before() -> None:
    database = Database(Symbols())
    database.insert("p", [[1]])
    with pytest.raises(EvaluationError, match="differ in number or type"):
        database.insert("p", [[1.0]])
    with pytest.raises(EvaluationError, match="differ in number or type"):
        database.insert("p", [[1], [2]])


@pytest.mark.parametrize(
    ("types", "columns", "words"),
    [
        ((Type.FLOAT,), [[1]], r"do not fit the declared columns \(FLOAT\)"),
        ((Type.INT,), [[1.0]], r"do not fit the declared columns \(INT\)"),
        ((Type.INT, Type.INT), [[1]], "do not fit"),
        ((Type.SYMBOL,), [[2]], "column 1 has an id that no symbol has"),
        ((Type.INT, Type.SYMBOL), [[2], [-1]], "column 2 has an id that no symbol has"),
    ],
)
def test_facts_that_do_not_fit_the_program(
    types: tuple[Type, ...], columns: list[list[float]], words: str
) -> None:
    database = Database(Symbols("ab"))
    database.insert("p", columns)
    decl = RelationDecl("p", tuple((f"c{i}", type) for i, type in enumerate(types)))
    with pytest.raises(EvaluationError, match=words) as caught:
        evaluate(compile_program(Program([decl], [])), database)
    assert caught.value.relation == "p"


def test_facts_of_relations_without_rows_or_declaration() -> None:
    w = World("p s", "q f").facts("q", [(1.0,)])
    w.database.insert("other", [[1]])
    w.database.insert("p", [np.empty(0, np.int64)])
    result = w.run()
    assert result.rows("p") == []
    assert result.rows("q") == [(1.0,)]
    with pytest.raises(KeyError):
        result.table("other")
