"""Orders the literals of a body: filters as soon as possible, then the atom that gives the fewest rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from panacea_policy.engine.check import BodyInfo
from panacea_policy.engine.expressions import is_fallible
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.scope import assigned, group_vars, needs
from panacea_policy.engine.terms import Aggregate, Atom, Compare, Const, Literal, Test, atom_vars

#: Ranks of what can be decided, lowest first. Divisions come late, so that other literals may rule zero out.
_COMPARE, _TEST, _ABSENT, _ATOM, _CLOSED, _DIVISION, _OPEN = range(7)

#: The share of bindings expected to pass a comparison, by operator.
_PASS = {"=": 0.1, "!=": 0.9, "<": 0.33, "<=": 0.33, ">": 0.33, ">=": 0.33}
_PASS_OTHERWISE = 0.5

#: From this size of the largest relation on, every atom is tried as the first.
_LARGE = 10_000


def literal_order(
    body: Sequence[Literal],
    info: BodyInfo,
    bound: Set[str],
    relations: Mapping[str, Relation],
    first: int | None,
) -> list[int]:
    """Positions in the order to decide them, given the variables ``bound`` before; ``first`` comes first."""
    if len(body) == 1:
        return [0]
    chooser = _Chooser(body, info, relations)
    if first is not None:
        return chooser.order(bound, first)[0]
    positive = [position for position, literal in enumerate(body) if is_positive(literal)]
    largest = max((chooser.size(position) for position in positive), default=0)
    if bound or len(positive) < 3 or largest < _LARGE:
        return chooser.order(bound, None)[0]
    # min keeps the first of equals, so the order does not depend on anything but sizes.
    return min((chooser.order(bound, start) for start in positive), key=lambda found: found[1])[0]


def is_positive(literal: Literal) -> bool:
    """Whether a literal is an atom that stands for a row."""
    return isinstance(literal, Atom) and not literal.negated


class _Chooser:
    """Greedy choice, with a running estimate of the rows made."""

    def __init__(self, body: Sequence[Literal], info: BodyInfo, relations: Mapping[str, Relation]) -> None:
        self._body = body
        self._info = info
        self._relations = relations

    def size(self, position: int) -> int:
        """The size of the relation of an atom."""
        literal = self._body[position]
        assert isinstance(literal, Atom)
        return self._relations[literal.relation].count

    def order(self, given: Set[str], first: int | None) -> tuple[list[int], float]:
        """The order that begins with ``first``, or with the best choice, and the rows it should make."""
        bound = set(given)
        remaining = list(range(len(self._body)))
        order: list[int] = []
        rows, cost = 1.0, 0.0
        while remaining:
            chosen = first if first is not None and not order else self._best(bound, remaining)
            remaining.remove(chosen)
            order.append(chosen)
            literal = self._body[chosen]
            rows *= self._growth(literal, bound)
            cost += rows
            bound |= _binds(literal, bound)
        return order, cost

    def _best(self, bound: Set[str], remaining: Sequence[int]) -> int:
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
        if isinstance(literal, Atom) and not literal.negated:
            return _ATOM, self._growth(literal, bound)
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
        return (_TEST if isinstance(literal, Test) else _ABSENT), 0.0

    def _growth(self, literal: Literal, bound: Set[str]) -> float:
        """The bindings expected for each one so far."""
        if isinstance(literal, Aggregate):
            return 1.0
        if isinstance(literal, Compare):
            return 1.0 if assigned(literal, bound) is not None else _PASS[literal.op]
        if isinstance(literal, Test) or literal.negated:
            return _PASS_OTHERWISE
        relation = self._relations[literal.relation]
        rows = float(relation.count)
        for column, term in enumerate(literal.terms):
            if isinstance(term, Const) or term.name in bound:
                rows /= max(1, relation.distinct(column))
        return rows


def _binds(literal: Literal, bound: Set[str]) -> Set[str]:
    """The variables that are bound once a literal has been decided."""
    if isinstance(literal, Atom):
        return frozenset() if literal.negated else frozenset(atom_vars(literal))
    if isinstance(literal, Aggregate):
        return group_vars(literal) | {literal.result.name}
    target = assigned(literal, bound) if isinstance(literal, Compare) else None
    return frozenset() if target is None else frozenset({target.name})
