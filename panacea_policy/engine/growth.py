"""Values that a recursion computes anew in every round: which columns they stand in, and when they never end.

A recursion that only copies values ends, for there are finitely many. One that computes them may not. Where
every round shifts the value one way and nothing that the rules ask of it can end that, the run is stopped as
soon as it is certain; all others are left to the limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain

import msgspec
import numpy as np

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.errors import EvaluationError
from panacea_policy.engine.frame import Context, distinct_rows
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.stratify import Stratum
from panacea_policy.engine.terms import Aggregate, Apply, Atom, Compare, Const, Expr, Sym, Var, expr_vars
from panacea_policy.engine.values import sorted_distinct

#: A column of a relation, by its position.
Place = tuple[str, int]

#: What is added in every round (a column or a constant), and the way that this must make the value go.
Addend = tuple[Place | Const, str]

#: How a value changes from one round to the next.
_UP, _DOWN, _LONGER = "up", "down", "longer"

_REVERSED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
#: Comparisons of a growing value (on the left) that stay true once they are.
_LASTING = {_UP: (">", ">="), _DOWN: ("<", "<="), _LONGER: ()}


class _Edge(msgspec.Struct, frozen=True):
    """The value at ``target`` comes from that at ``source``: copied, or by way of ``expr`` and ``name``."""

    source: Place
    target: Place
    rule: CheckedRule
    name: str
    expr: Expr | None


class Growth(msgspec.Struct, frozen=True):
    """The growing columns of a stratum.

    ``ways``: how each grows, if it certainly does so in every round whatever its value; empty where that is
    not known. ``addends``: what is added in every round, which that rests on.
    """

    stratum: Stratum
    edges: tuple[_Edge, ...]
    columns: Mapping[str, tuple[int, ...]]
    tested: bool
    ways: frozenset[str]
    addends: tuple[Addend, ...]


def growth_of(stratum: Stratum) -> Growth | None:
    """The columns of a stratum that may grow without end; None if all its values come from a finite set.

    That is so if no cycle of columns, each giving its value to the next, passes through a computation: what
    is known of the chase as weak acyclicity (Fagin et al., TCS 336, 2005).
    """
    if not stratum.recursive or not any(map(_computes, stratum.rules)):
        return None
    edges = [edge for rule in stratum.rules for edge in _edges(rule, stratum.relations)]
    reached = _reachable(edges)
    inside = [edge for edge in edges if edge.source in reached[edge.target]]
    cyclic = {edge.source for edge in inside if edge.expr is not None and edge.target in reached[edge.source]}
    if not cyclic:
        return None
    grown = cyclic | {place for root in cyclic for place in reached[root]}
    columns = {
        name: tuple(sorted(column for relation, column in grown if relation == name))
        for name in stratum.relations
    }
    own = [edge for edge in inside if edge.source in grown]
    tested = any(_is_tested(rule, grown, None) for rule in stratum.rules)
    ways, addends = _ways(stratum, grown, columns)
    return Growth(stratum, tuple(own), columns, tested, ways, addends)


class Watch:
    """Sees the rounds of one stratum go by and stops it when it can have no end.

    The newest rows are looked at without their growing columns. If these are the same rows as in an earlier
    round, then each follows from one of them, so some row follows from itself but for the growing value; as
    that value is larger each time and nothing asks for less, there is no end.
    """

    def __init__(self, growth: Growth) -> None:
        self._growth = growth
        self._seen: dict[bytes, int] = {}
        self._round = 0

    def check(self, deltas: Mapping[str, tuple[int, int]], context: Context) -> None:
        """Looks at the newest rows before they are joined. Raises EvaluationError."""
        self._round += 1
        if len(self._growth.ways) != 1:
            return
        seen = self._seen.setdefault(self._digest(deltas, context.relations), self._round)
        if seen < self._round and self._lasts(context):
            raise self.error("{name} grows without end", context, deltas)

    def error(
        self, what: str, context: Context, deltas: Mapping[str, tuple[int, int]] | None = None
    ) -> EvaluationError:
        """An error that names a growing column, its rule, and the newest row."""
        edge = next(each for each in self._growth.edges if each.expr is not None)
        relation, column = edge.target
        known = context.relations[relation]
        row = known.size - 1
        if deltas is not None:
            row = next((stop - 1 for name, (_, stop) in deltas.items() if name == relation), row)
        context.rule, context.types = edge.rule.rule, edge.rule.info.types
        values: dict[str, object] = {}
        for position, term in enumerate(edge.rule.rule.head.terms):
            if isinstance(term, Var):
                code = int(known.column(position)[row])
                values[term.name] = context.value(code, edge.rule.info.types[term.name])
        term = edge.rule.rule.head.terms[column]
        bound = f"give it a bound, such as `{term} < 100`"
        begin = what.format(name=f"`{term}`", rounds=self._round)
        return EvaluationError(
            f"{begin}: every round of the recursion computes a new value",
            rule=edge.rule.rule,
            relation=relation,
            row=values,
            help=bound
            if _LONGER not in self._growth.ways
            else "leave the text that grows out of the recursion",
        )

    def _digest(self, deltas: Mapping[str, tuple[int, int]], relations: Mapping[str, Relation]) -> bytes:
        digest = blake2b(digest_size=16)
        for name, (start, stop) in sorted(deltas.items()):
            grown = self._growth.columns[name]
            relation = relations[name]
            kept = [relation.column(c, start, stop) for c in range(relation.arity) if c not in grown]
            rows, _ = distinct_rows(kept, stop - start)
            digest.update(f"{name} {min(stop - start, 1)}".encode())
            for column in rows:
                digest.update(np.ascontiguousarray(column).tobytes())
        return digest.digest()

    def _lasts(self, context: Context) -> bool:
        """Whether what is added in every round has the sign that makes the value grow."""
        for added, way in self._growth.addends:
            if isinstance(added, Const):
                numbers = [added.value.id if isinstance(added.value, Sym) else added.value]
            else:
                numbers = sorted_distinct(context.relations[added[0]].column(added[1])).tolist()
            if way == _LONGER:
                if not all(context.symbols.value(int(id)) for id in numbers):
                    return False
            # Codes of floats have the signs of the floats.
            elif numbers and not (min(numbers) > 0 if way == _UP else max(numbers) < 0):
                return False
        return True


def _computes(rule: CheckedRule) -> bool:
    return any(
        isinstance(literal, Compare)
        and literal.op == "="
        and (isinstance(literal.left, Apply) or isinstance(literal.right, Apply))
        for literal in rule.rule.body
    )


def _edges(checked: CheckedRule, relations: frozenset[str]) -> Iterator[_Edge]:
    """Where the values of a head come from within the recursion."""
    head = checked.rule.head
    for column, term in enumerate(head.terms):
        if isinstance(term, Var):
            for source, expr in _sources(checked, term.name, relations, frozenset()):
                yield _Edge(source, (head.relation, column), checked, term.name, expr)


def _sources(
    checked: CheckedRule, name: str, relations: frozenset[str], above: frozenset[str]
) -> Iterator[tuple[Place, Expr | None]]:
    """The places within the recursion that a variable's value comes from, with the computation if any."""
    places = _places(checked, name)
    if places:
        # A value that must stand in a finished relation as well is one of finitely many.
        if all(relation in relations for relation, _ in places):
            yield from ((place, None) for place in places)
        return
    definition = _definition(checked, name)
    if definition is None or name in above:
        return
    for other in dict.fromkeys(expr_vars(definition)):
        for place, expr in _sources(checked, other, relations, above | {name}):
            yield place, (definition if isinstance(definition, Apply) else expr)


def _places(checked: CheckedRule, name: str) -> list[Place]:
    """Where a variable stands in the positive atoms of a body."""
    return [
        (literal.relation, column)
        for literal in checked.rule.body
        if isinstance(literal, Atom) and not literal.negated
        for column, term in enumerate(literal.terms)
        if isinstance(term, Var) and term.name == name
    ]


def _definition(checked: CheckedRule, name: str) -> Expr | None:
    """What a variable that no atom binds is set to."""
    for literal in checked.rule.body:
        if isinstance(literal, Compare) and literal.op == "=":
            for target, source in ((literal.left, literal.right), (literal.right, literal.left)):
                if isinstance(target, Var) and target.name == name and name not in set(expr_vars(source)):
                    return source
    return None


def _reachable(edges: Sequence[_Edge]) -> dict[Place, set[Place]]:
    """From each place all that its value may get to."""
    following: dict[Place, set[Place]] = {}
    for edge in edges:
        following.setdefault(edge.source, set()).add(edge.target)
        following.setdefault(edge.target, set())
    reached: dict[Place, set[Place]] = {}
    for root in following:
        found: set[Place] = set()
        todo = list(following[root])
        while todo:
            place = todo.pop()
            if place not in found:
                found.add(place)
                todo.extend(following[place])
        reached[root] = found
    return reached


def _is_tested(checked: CheckedRule, grown: set[Place], way: str | None) -> bool:
    """Whether a rule asks something of a growing value; with ``way``, something that its growth may end."""
    names = {
        name
        for name in checked.info.scope.bound
        if any(place in grown for place, _ in _sources(checked, name, _relations(grown), frozenset()))
    }
    for name in names:
        if len(_places(checked, name)) > 1:
            return True
    for literal in checked.rule.body:
        if isinstance(literal, Atom):
            if literal.negated and not names.isdisjoint(t.name for t in literal.terms if isinstance(t, Var)):
                return True
        elif isinstance(literal, Aggregate):
            if not names.isdisjoint(var.name for var in literal.group):
                return True
        elif isinstance(literal, Compare):
            if _asks(checked, literal, names, way):
                return True
        elif not names.isdisjoint(chain.from_iterable(map(expr_vars, literal.args))):
            return True
    return False


def _relations(places: set[Place]) -> frozenset[str]:
    return frozenset(relation for relation, _ in places)


def _asks(checked: CheckedRule, literal: Compare, names: set[str], way: str | None) -> bool:
    """Whether a comparison is a test of growing values, not the definition of one."""
    left, right = names.intersection(expr_vars(literal.left)), names.intersection(expr_vars(literal.right))
    if not left and not right:
        return False
    for side in (literal.left, literal.right):
        if literal.op == "=" and isinstance(side, Var) and not _places(checked, side.name):
            return False
    if way is None:
        return True
    if left and right:
        return True
    op, side = (literal.op, literal.left) if left else (_REVERSED.get(literal.op, literal.op), literal.right)
    return not (isinstance(side, Var) and op in _LASTING[way])


def _ways(
    stratum: Stratum, grown: set[Place], columns: Mapping[str, tuple[int, ...]]
) -> tuple[frozenset[str], tuple[Addend, ...]]:
    """See `Growth`: of one way if every rule of the recursion shifts every growing value that way."""
    if not all(columns[name] for name in stratum.relations):
        return frozenset(), ()
    ways: dict[str, None] = {}
    addends: dict[Addend, None] = {}
    for rule in stratum.rules:
        before = _values_before(rule, stratum.relations, columns)
        if before is None:
            return frozenset(), ()
        for column in columns[rule.rule.head.relation] if before else ():
            for name in before:
                shift = _shift(rule, column, name)
                if shift is None:
                    return frozenset(), ()
                ways[shift[0]] = None
                addends.update((addend, None) for addend in shift[1])
    if len(ways) != 1 or any(_is_tested(rule, grown, next(iter(ways))) for rule in stratum.rules):
        return frozenset(), ()
    return frozenset(ways), tuple(addends)


def _values_before(
    rule: CheckedRule, relations: frozenset[str], columns: Mapping[str, tuple[int, ...]]
) -> list[str] | None:
    """The variables that hold growing values of the recursion; None if some such value has none."""
    names: list[str] = []
    for literal in rule.rule.body:
        if isinstance(literal, Atom) and not literal.negated and literal.relation in relations:
            for column in columns[literal.relation]:
                term = literal.terms[column]
                if not isinstance(term, Var) or term.is_wildcard:
                    return None
                names.append(term.name)
    return names


def _shift(rule: CheckedRule, column: int, name: str) -> tuple[str, list[Addend]] | None:
    """How a rule shifts the value of a variable to get that of a head's column, and what it adds to it."""
    term = rule.rule.head.terms[column]
    expr = _definition(rule, term.name) if isinstance(term, Var) and not _places(rule, term.name) else None
    if not isinstance(expr, Apply) or Var(name) not in expr.args:
        return None
    others = list(expr.args)
    others.remove(Var(name))
    if expr.op == "concat":
        return _added(rule, _LONGER, others)
    if expr.op == "+":
        other = others[0]
        down = isinstance(other, Const) and not isinstance(other.value, Sym) and other.value < 0
        return _added(rule, _DOWN if down else _UP, others)
    if expr.op == "-" and expr.args[0] == Var(name) and isinstance(others[0], Const):
        value = others[0].value
        if not isinstance(value, Sym) and value:
            return (_DOWN if value > 0 else _UP), []
    return None


def _added(rule: CheckedRule, way: str, others: Sequence[Expr]) -> tuple[str, list[Addend]] | None:
    """A shift by these; the sign of numbers and the length of texts are looked at when it matters."""
    addends: list[Addend] = []
    for other in others:
        places = _places(rule, other.name)[:1] if isinstance(other, Var) else []
        if isinstance(other, Const):
            addends.append((other, way))
        elif places:
            addends.append((places[0], way))
        else:
            return None
    return way, addends
