"""From the flat sequence of an expression to its shape: the one table of how tightly operators bind."""

from __future__ import annotations

from typing import NamedTuple, Union

from panacea_policy.language.syntax import Aggregate, Binary, Binding, Expression, Quantifier, Unary


class Prefix(NamedTuple):
    """What stands before an operand: a sign, a quantifier, an aggregate (``open``: it ends in ``with``)."""

    start: int
    end: int
    word: str
    bindings: tuple[Binding, ...] = ()
    value: Expression | None = None
    open: bool = False


class Operator(NamedTuple):
    """A sign or word between two operands."""

    start: int
    end: int
    word: str


Piece = Union[Expression, Prefix, Operator]

# Loosest first. `has` is no operator of its own: it gives an `every` its consequence.
_LEVELS = (
    ("or",),
    ("and",),
    ("not",),
    ("=", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not"),
    ("+", "-"),
    ("*", "/"),
    ("negative",),
    ("by",),
)
LEVEL = {word: level for level, words in enumerate(_LEVELS) for word in words}
_COMPARISON = LEVEL["="]
_NOT = LEVEL["not"]
_NEGATIVE = LEVEL["negative"]
_QUANTIFIERS = ("some", "no", "every")


class Misplaced(NamedTuple):
    """An operator that the table refuses: ``chained`` comparisons, or ``has`` without its ``every``."""

    start: int
    end: int
    word: str
    reason: str


def resolve(pieces: list[Piece]) -> tuple[Expression, list[Misplaced]]:
    """The expression that the pieces stand for, and what is wrong with them.

    The pieces alternate as the grammar says: prefixes, an operand, an operator, and so on. Recursion goes as
    deep as there are prefixes and operators, which the lexer bounds (``lexer.MAX_DEPTH``).
    """
    shaper = _Shaper(pieces)
    expression = shaper.expression(0)
    while shaper.position < len(pieces):
        stray = pieces[shaper.position]
        assert isinstance(stray, Operator)
        shaper.misplaced.append(Misplaced(stray.start, stray.end, stray.word, "has"))
        shaper.position += 1
        shaper.expression(0)
    return expression, shaper.misplaced


class _Shaper:
    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces
        self.position = 0
        self.misplaced: list[Misplaced] = []

    def expression(self, level: int) -> Expression:
        """Operands joined by operators that bind at ``level`` or tighter."""
        left = self._operand()
        ceiling = len(_LEVELS)
        while self.position < len(self.pieces):
            operator = self.pieces[self.position]
            assert isinstance(operator, Operator)
            binds = LEVEL.get(operator.word, -1)
            if binds < level or binds > ceiling:
                break
            self.position += 1
            right = self.expression(binds + 1)
            if binds == _COMPARISON and isinstance(left, Binary) and self._chained(left, operator):
                self.misplaced.append(Misplaced(operator.start, operator.end, operator.word, "chained"))
            left = Binary(left.start, right.end, operator.word, left, right)
        return left

    def _chained(self, left: Binary, operator: Operator) -> bool:
        """Whether ``left`` is a comparison that stands here without parentheses of its own."""
        return (
            LEVEL[left.operator] == _COMPARISON
            and left.end == left.right.end
            and left.start == left.left.start
        )

    def _operand(self) -> Expression:
        piece = self.pieces[self.position]
        self.position += 1
        if isinstance(piece, Operator):
            raise AssertionError("the grammar puts an operand here")
        if not isinstance(piece, Prefix):
            return piece
        if piece.word == "not":
            operand = self.expression(_NOT)
            return Unary(piece.start, operand.end, "not", operand)
        if piece.word == "-":
            operand = self.expression(_NEGATIVE)
            return Unary(piece.start, operand.end, "-", operand)
        return self._quantified(piece)

    def _quantified(self, piece: Prefix) -> Expression:
        condition = self.expression(0) if piece.open else None
        end = condition.end if condition is not None else piece.end
        if piece.word not in _QUANTIFIERS:
            return Aggregate(piece.start, end, piece.word, piece.value, piece.bindings, condition)
        consequence = None
        if piece.word == "every" and self._next_is_has():
            self.position += 1
            consequence = self.expression(0)
            end = consequence.end
        return Quantifier(piece.start, end, piece.word, piece.bindings, condition, consequence)

    def _next_is_has(self) -> bool:
        if self.position >= len(self.pieces):
            return False
        piece = self.pieces[self.position]
        return isinstance(piece, Operator) and piece.word == "has"
