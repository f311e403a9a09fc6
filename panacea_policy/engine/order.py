"""Orders the literals of a body: filters as soon as possible, then the atom that gives the fewest rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import msgspec

from panacea_policy.engine.check import BodyInfo
from panacea_policy.engine.expressions import is_fallible
from panacea_policy.engine.options import ALL_ON, Options
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.scope import assigned, group_vars, needs
from panacea_policy.engine.terms import (
    Aggregate,
    Atom,
    Compare,
    Const,
    Literal,
    RelationDecl,
    Test,
    Var,
    atom_vars,
    const_code,
    expr_vars,
)

#: Ranks of what can be decided, lowest first. Divisions come late, so that other literals may rule zero out.
_COMPARE, _TEST, _ATOM, _CLOSED, _DIVISION, _OPEN = range(6)

#: The share of bindings expected to pass a comparison, by operator.
_PASS = {"=": 0.1, "!=": 0.9, "<": 0.33, "<=": 0.33, ">": 0.33, ">=": 0.33}
_PASS_OTHERWISE = 0.5

#: The share of bindings that a negated atom is expected to rule out at most.
_MOST_ABSENT = 0.9

#: From this size of the largest relation on, every atom is tried as the first.
FEW_ROWS = 10_000


class Order(msgspec.Struct, frozen=True):
    """Positions of a body's literals, and after each the bindings that there should be."""

    positions: tuple[int, ...]
    rows: tuple[float, ...]

    @property
    def cost(self) -> float:
        """The bindings made on the way."""
        return sum(self.rows)


def literal_order(
    body: Sequence[Literal],
    info: BodyInfo,
    bound: Set[str],
    relations: Mapping[str, Relation],
    decls: Mapping[str, RelationDecl],
    first: int | None,
    options: Options = ALL_ON,
    *,
    told: bool = False,
) -> Order:
    """The order to decide literals in, given the variables ``bound`` before; ``first`` comes first.

    ``told``: somebody will read how many rows were expected of the last one, too.
    """
    chooser = _Chooser(body, info, relations, decls, as_written=not options.on("join_order"))
    chooser.told = told
    if len(body) == 1:
        return Order((0,), (float(chooser.size(0)) if is_positive(body[0]) else 1.0,))
    if first is not None:
        return chooser.order(bound, first)
    positive = [position for position, literal in enumerate(body) if is_positive(literal)]
    largest = max((chooser.size(position) for position in positive), default=0)
    if bound or len(positive) < 3 or largest < FEW_ROWS or chooser.as_written:
        return chooser.order(bound, None)
    chooser.told = True
    # min keeps the first of equals, so the order does not depend on anything but sizes.
    return min((chooser.order(bound, start) for start in positive), key=lambda found: found.cost)


def is_positive(literal: Literal) -> bool:
    """Whether a literal is an atom that stands for a row."""
    return isinstance(literal, Atom) and not literal.negated


def shape_of(literal: Literal) -> object:
    """What an order rests on besides the rows: relations, operators and variables, but not the constants."""
    if isinstance(literal, Atom):
        terms = tuple(None if isinstance(term, Const) else term.name for term in literal.terms)
        return literal.relation, literal.negated, terms
    if isinstance(literal, Compare):
        sides = tuple(
            each.name if isinstance(each, Var) else frozenset(expr_vars(each))
            for each in (literal.left, literal.right)
        )
        return literal.op, sides, is_fallible(literal)
    if isinstance(literal, Test):
        return literal.function, needs(literal)
    group = group_vars(literal)
    return literal.op, literal.result.name, group, tuple(map(shape_of, literal.body))


class _Chooser:
    """Greedy choice, with a running estimate of the bindings made.

    ``as_written``: atoms are taken as they stand instead. What is not an atom comes as early in both, so
    that a division meets the same values.
    """

    def __init__(
        self,
        body: Sequence[Literal],
        info: BodyInfo,
        relations: Mapping[str, Relation],
        decls: Mapping[str, RelationDecl],
        as_written: bool,
    ) -> None:
        self.as_written = as_written
        self.told = False
        self._body = body
        self._info = info
        self._relations = relations
        self._decls = decls
        #: How many bindings there should be by now, and the columns that each variable has met.
        self._rows = 1.0
        self._columns: dict[str, list[tuple[Relation, int]]] = {}

    def size(self, position: int) -> int:
        """The size of the relation of an atom."""
        literal = self._body[position]
        assert isinstance(literal, Atom)
        return self._relations[literal.relation].count

    def order(self, given: Set[str], first: int | None) -> Order:
        """The order that begins with ``first``, or with the best choice."""
        bound = set(given)
        remaining = list(range(len(self._body)))
        positions: list[int] = []
        rows: list[float] = []
        self._rows, self._columns = 1.0, {}
        while remaining:
            chosen = first if first is not None and not positions else self._best(bound, remaining)
            remaining.remove(chosen)
            positions.append(chosen)
            literal = self._body[chosen]
            if remaining or self.told:
                self._rows *= self._growth(literal, bound)
            rows.append(self._rows)
            if is_positive(literal):
                self._note(literal)
            bound |= _binds(literal, bound)
        return Order(tuple(positions), tuple(rows))

    def _best(self, bound: Set[str], remaining: Sequence[int]) -> int:
        if len(remaining) == 1:
            return remaining[0]
        best: int | None = None
        best_rank = (_OPEN + 1, 0.0)
        for position in remaining:
            rank = self._rank(position, bound)
            if rank is not None and rank < best_rank:
                best, best_rank = position, rank
        # INVARIANT: check.py refuses bodies in which some literal can never be decided.
        assert best is not None
        return best

    def _rank(self, position: int, bound: Set[str]) -> tuple[int, float] | None:
        """How soon a literal should be decided; None while it cannot be."""
        literal = self._body[position]
        if isinstance(literal, Atom) and (not literal.negated or needs(literal) <= bound):
            # As written, what is absent is looked for as soon as it can be.
            growth = -1.0 if literal.negated else 0.0
            return _ATOM, (growth if self.as_written else self._growth(literal, bound))
        if isinstance(literal, Aggregate):
            scope = self._info.scope.aggregates[position]
            if not scope.seeds <= bound:
                return None
            return (_CLOSED if scope.closed else _OPEN), 0.0
        if not needs(literal) <= bound and not (
            isinstance(literal, Compare) and assigned(literal, bound) is not None
        ):
            return None
        if isinstance(literal, Compare):
            return (_DIVISION if is_fallible(literal) else _COMPARE), 0.0
        return _TEST, 0.0

    def _growth(self, literal: Literal, bound: Set[str]) -> float:
        """The bindings expected for each one so far."""
        if isinstance(literal, Aggregate):
            return 1.0
        if isinstance(literal, Compare):
            return 1.0 if assigned(literal, bound) is not None else _PASS[literal.op]
        if isinstance(literal, Test):
            return _PASS_OTHERWISE
        if literal.negated:
            return 1.0 - min(self._matches(literal, bound), _MOST_ABSENT)
        return self._matches(literal, bound)

    def _matches(self, literal: Atom, bound: Set[str]) -> float:
        """The rows expected to agree with each binding so far."""
        relation = self._relations[literal.relation]
        found = float(relation.count)
        key: list[int] = []
        values = 1.0
        types = self._decls[literal.relation].types
        for column, term in enumerate(literal.terms):
            if isinstance(term, Const):
                found *= relation.share(column, const_code(term, types[column]))
            elif term.name in bound:
                key.append(column)
                values *= self._values(term.name)
        if not key:
            return found
        # Of two sets of keys the smaller is taken to lie in the larger; bindings do not have more than rows.
        keys = relation.distinct(tuple(key))
        return found / max(keys, min(values, self._rows))

    def _note(self, literal: Literal) -> None:
        """Notes the columns that the variables of an atom have met."""
        assert isinstance(literal, Atom)
        relation = self._relations[literal.relation]
        for column, term in enumerate(literal.terms):
            if isinstance(term, Var):
                self._columns.setdefault(term.name, []).append((relation, column))

    def _values(self, name: str) -> float:
        """How many values a variable has at most; 1 where nothing is known."""
        met = [relation.distinct((column,)) for relation, column in self._columns.get(name, ())]
        return min(met, default=1.0)


def _binds(literal: Literal, bound: Set[str]) -> Set[str]:
    """The variables that are bound once a literal has been decided."""
    if isinstance(literal, Atom):
        return frozenset() if literal.negated else frozenset(atom_vars(literal))
    if isinstance(literal, Aggregate):
        return group_vars(literal) | {literal.result.name}
    target = assigned(literal, bound) if isinstance(literal, Compare) else None
    return frozenset() if target is None else frozenset({target.name})
