"""Runs a rule over small relations in plain Python, where the kernels' fixed costs would dominate.

Meant for bodies of atoms alone. Rules of one shape (same variables at the same places) share a plan; the
constants stand apart from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from panacea_policy.engine.frame import Context
from panacea_policy.engine.plan import const_code
from panacea_policy.engine.relation import Relation, group
from panacea_policy.engine.terms import Atom, RelationDecl, Rule, Var
from panacea_policy.engine.tuples import Row, keyer, picker

#: A join that would make more rows than this is left to the kernels.
_MOST = 2_000

#: The number of a constant and of a wildcard in a shape; variables are numbered from 0.
_CONST, _ANY = -1, -2

_Terms = tuple[int, ...]
_Shape = tuple[tuple[bool, _Terms], ...]
_Rows = Collection[Row]


class SmallRules:
    """Runs rules over small relations; keeps the plans."""

    def __init__(self, decls: Mapping[str, RelationDecl], context: Context) -> None:
        self._decls = decls
        self._context = context
        self._plans: dict[tuple[_Shape, _Terms, tuple[int, ...]], _Plan] = {}

    def run(self, rule: Rule) -> _Rows | None:
        """The heads of the rule, maybe with repeats; None when it takes the kernels to find them."""
        known = self._context.relations
        relations: list[Relation] = []
        shape: list[tuple[bool, _Terms]] = []
        codes: list[Row] = []
        numbers: dict[str, int] = {}
        for literal in rule.body:
            if not isinstance(literal, Atom) or not (relation := known[literal.relation]).is_small:
                return None
            relations.append(relation)
            terms, constants = self._shape(literal, numbers)
            shape.append((literal.negated, terms))
            codes.append(constants)
        head, head_codes = self._shape(rule.head, numbers)
        sizes = [relation.size for relation in relations]
        order = tuple(sorted(range(len(sizes)), key=sizes.__getitem__))
        key = (tuple(shape), head, order)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = _plan(*key)
        return plan.run(relations, codes, head_codes, self._context)

    def _shape(self, atom: Atom, numbers: dict[str, int]) -> tuple[_Terms, Row]:
        """The terms of an atom by number, and the codes of its constants."""
        terms: list[int] = []
        codes: list[int] = []
        for column, term in enumerate(atom.terms):
            if isinstance(term, Var):
                name = term.name
                terms.append(_ANY if name[:1] == "_" else numbers.setdefault(name, len(numbers)))
            else:
                terms.append(_CONST)
                codes.append(const_code(term, self._decls[atom.relation].types[column]))
        return tuple(terms), tuple(codes)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How an atom meets the bindings so far.

    ``fixed``: columns that hold its constants. ``same``: pairs of columns that hold one new variable.
    ``key``: columns of variables that are bound, at ``sources`` of a binding. ``outputs``: columns of new
    variables that are needed. ``whole``: the key is all of the row, in order.
    """

    literal: int
    fixed: tuple[int, ...]
    same: tuple[tuple[int, int], ...]
    key: tuple[int, ...]
    sources: tuple[int, ...]
    outputs: tuple[int, ...]
    whole: bool

    def rows(self, relation: Relation, codes: Row) -> _Rows:
        """The rows that agree with the constants and with themselves."""
        rows: _Rows = relation.tuples()
        if self.fixed:
            key = codes if len(codes) > 1 else codes[0]
            rows = relation.lookup(self.fixed, tuple(range(relation.arity))).get(key, ())
        for left, right in self.same:
            rows = [row for row in rows if row[left] == row[right]]
        return rows

    def groups(self, relation: Relation, codes: Row) -> Mapping[object, Mapping[Row, None]]:
        """The outputs for each key."""
        if not self.fixed and not self.same:
            return relation.lookup(self.key, self.outputs)
        return group(self.rows(relation, codes), self.key, self.outputs)


@dataclass(frozen=True, slots=True)
class _Step:
    """Decides one atom, then leaves only the variables at ``keep`` (None: all of them)."""

    pattern: _Pattern
    negated: bool
    keep: Callable[[Row], Row] | None

    def run(self, bindings: _Rows, relation: Relation, codes: Row) -> _Rows | None:
        """The bindings that remain, extended; None when they are too many."""
        pattern = self.pattern
        if pattern.outputs:
            found = self._extend(bindings, relation, codes)
            if found is None:
                return None
        elif pattern.key:
            found = self._filter(bindings, relation, codes)
        else:
            found = bindings if bool(pattern.rows(relation, codes)) != self.negated else ()
        return found if self.keep is None else dict.fromkeys(map(self.keep, found))

    def _extend(self, bindings: _Rows, relation: Relation, codes: Row) -> _Rows | None:
        pattern = self.pattern
        if not pattern.key:
            rows = pattern.rows(relation, codes)
            if pattern.outputs != tuple(range(relation.arity)):
                rows = dict.fromkeys(map(picker(pattern.outputs), rows))
            if len(bindings) * len(rows) > _MOST:
                return None
            return rows if bindings is _START else [binding + row for binding in bindings for row in rows]
        groups, key = pattern.groups(relation, codes), keyer(pattern.sources)
        made = (binding + row for binding in bindings for row in groups.get(key(binding), ()))
        found = list(islice(made, _MOST + 1))
        return None if len(found) > _MOST else found

    def _filter(self, bindings: _Rows, relation: Relation, codes: Row) -> _Rows:
        pattern = self.pattern
        rows: Collection[object]
        key: Callable[[Row], object]
        if pattern.whole:
            rows, key = relation.tuples(), picker(pattern.sources)
        else:
            rows, key = pattern.groups(relation, codes), keyer(pattern.sources)
        if self.negated:
            return [binding for binding in bindings if key(binding) not in rows]
        return [binding for binding in bindings if key(binding) in rows]


_START: tuple[Row, ...] = ((),)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The steps of a rule and how its head is made of a binding followed by the head's constants."""

    steps: tuple[_Step, ...]
    head: Callable[[Row], Row] | None

    def run(
        self, relations: Sequence[Relation], codes: Sequence[Row], head_codes: Row, context: Context
    ) -> _Rows | None:
        bindings: _Rows = _START
        for step in self.steps:
            literal = step.pattern.literal
            found = step.run(bindings, relations[literal], codes[literal])
            if not found:
                return found
            bindings = found
            context.count_matches(len(bindings))
        if self.head is None:
            return bindings
        if not head_codes:
            return list(map(self.head, bindings))
        head = self.head
        return [head(binding + head_codes) for binding in bindings]


def _plan(shape: _Shape, head: _Terms, order: Sequence[int]) -> _Plan:
    """The plan of a shape; ``order``: its literals from the smallest relation to the largest."""
    remaining = list(order)
    layout: list[int] = []
    steps: list[_Step] = []
    while remaining:
        literal = _next(shape, remaining, layout)
        remaining.remove(literal)
        needed = {number for other in remaining for number in shape[other][1]}.union(head)
        negated, terms = shape[literal]
        pattern, new = _pattern(literal, terms, layout, needed)
        layout += new
        kept = [place for place, number in enumerate(layout) if number in needed]
        steps.append(_Step(pattern, negated, picker(tuple(kept)) if len(kept) < len(layout) else None))
        layout = [layout[place] for place in kept]
    places: list[int] = []
    constants = len(layout)
    for number in head:
        places.append(constants if number == _CONST else layout.index(number))
        constants += number == _CONST
    identity = places == list(range(len(layout)))
    return _Plan(tuple(steps), None if identity else picker(tuple(places)))


def _next(shape: _Shape, remaining: Sequence[int], layout: Sequence[int]) -> int:
    """What is decided next: a filter if there is one, then an atom that is tied to the bindings."""
    bound = {*layout, _CONST, _ANY}

    def rank(literal: int) -> int:
        negated, terms = shape[literal]
        if bound.issuperset(terms):
            return 0
        if negated:
            return 3
        return 2 if bound.isdisjoint(number for number in terms if number >= 0) else 1

    return min(remaining, key=rank)


def _pattern(
    literal: int, terms: _Terms, layout: Sequence[int], needed: set[int]
) -> tuple[_Pattern, list[int]]:
    """The pattern of an atom and the variables that it adds to the layout."""
    fixed = tuple(column for column, number in enumerate(terms) if number == _CONST)
    key = tuple(column for column, number in enumerate(terms) if number >= 0 and number in layout)
    first: dict[int, int] = {}
    same: list[tuple[int, int]] = []
    for column, number in enumerate(terms):
        if number >= 0 and number not in layout and first.setdefault(number, column) != column:
            same.append((first[number], column))
    new = [number for number in first if number in needed]
    sources = tuple(layout.index(terms[column]) for column in key)
    outputs = tuple(first[number] for number in new)
    return _Pattern(literal, fixed, tuple(same), key, sources, outputs, len(key) == len(terms)), new
