"""Runs a rule over small relations in plain Python, where the kernels' fixed costs would dominate.

Meant for bodies of atoms and of comparisons of variables with each other or with constants. Rules of one
shape (same variables at the same places) share a plan; the constants stand apart from it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.frame import Context
from panacea_policy.engine.relation import Relation, group
from panacea_policy.engine.terms import Apply, Atom, Compare, Literal, RelationDecl, Term, Var, const_code
from panacea_policy.engine.trace import PlanTrace, StepTrace
from panacea_policy.engine.tuples import Row, keyer, picker
from panacea_policy.engine.values import Type

#: A join that would make more rows than this is left to the kernels.
_MOST = 4_000

#: The number of a constant and of a wildcard in a shape; variables are numbered from 0.
_CONST, _ANY = -1, -2

_Terms = tuple[int, ...]
#: Of each literal "" (an atom), "not" or the sign of a comparison, and its terms.
_Shape = tuple[tuple[str, _Terms], ...]
_Rows = Collection[Row]

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class SmallRules:
    """Runs rules over small relations; keeps the plans."""

    def __init__(self, decls: Mapping[str, RelationDecl], context: Context) -> None:
        self._decls = decls
        self._context = context
        # In the place of a relation where a literal has none.
        self._none = Relation(0)
        self._plans: dict[tuple[_Shape, _Terms, tuple[int, ...]], _Plan | None] = {}

    def run(self, checked: CheckedRule, trace: PlanTrace | None = None) -> _Rows | None:
        """The heads of the rule, maybe with repeats; None when it takes the kernels to find them.

        ``trace``: takes note of the steps and of what they give.
        """
        known, rule = self._context.relations, checked.rule
        relations: list[Relation] = []
        shape: list[tuple[str, _Terms]] = []
        codes: list[Row] = []
        numbers: dict[str, int] = {}
        for literal in rule.body:
            if isinstance(literal, Atom):
                relation = known[literal.relation]
                if not relation.is_small:
                    return None
                sign = "not" if literal.negated else ""
                types = self._decls[literal.relation].types
                terms, constants = _numbered(literal.terms, types, numbers)
            elif isinstance(literal, Compare) and (sides := _sides(literal)):
                sign, relation = literal.op, self._none
                type = next(checked.info.types[side.name] for side in sides if isinstance(side, Var))
                terms, constants = _numbered(sides, (type, type), numbers)
            else:
                return None
            relations.append(relation)
            shape.append((sign, terms))
            codes.append(constants)
        head, head_codes = _numbered(rule.head.terms, self._decls[rule.head.relation].types, numbers)
        sizes = [relation.count for relation in relations]
        order = tuple(sorted(range(len(sizes)), key=sizes.__getitem__))
        key = (tuple(shape), head, order)
        if key not in self._plans:
            self._plans[key] = _plan(*key)
        plan = self._plans[key]
        if plan is None:
            return None
        counts: list[int] | None = None if trace is None else []
        heads = plan.run(relations, codes, head_codes, self._context, counts)
        if trace is not None and counts is not None:
            for step, count in zip_longest(plan.steps, counts, fillvalue=0):
                assert isinstance(step, _Step)
                trace.steps.append(_noted(rule.body[step.literal], step, count))
        return heads


def _sides(literal: Compare) -> tuple[Term, Term] | None:
    """The sides of a comparison of a variable with another or with a constant; None for any other."""
    left, right = literal.left, literal.right
    if isinstance(left, Apply) or isinstance(right, Apply):
        return None
    return (left, right) if isinstance(left, Var) or isinstance(right, Var) else None


def _numbered(terms: Sequence[Term], types: Sequence[Type], numbers: dict[str, int]) -> tuple[_Terms, Row]:
    """The terms by number, and the codes of the constants among them."""
    found: list[int] = []
    codes: list[int] = []
    for term, type in zip(terms, types, strict=True):
        if isinstance(term, Var):
            name = term.name
            found.append(_ANY if name[:1] == "_" else numbers.setdefault(name, len(numbers)))
        else:
            found.append(_CONST)
            codes.append(const_code(term, type))
    return tuple(found), tuple(codes)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How an atom meets the bindings so far.

    ``fixed``: columns that hold its constants. ``same``: pairs of columns that hold one new variable.
    ``key``: columns of variables that are bound, at ``sources`` of a binding. ``outputs``: columns of new
    variables that are needed. ``whole``: the key is all of the row, in order.
    """

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

    def groups(self, relation: Relation, codes: Row) -> Mapping[object, Sequence[Row]]:
        """The outputs for each key."""
        if not self.fixed and not self.same:
            return relation.lookup(self.key, self.outputs)
        return group(self.rows(relation, codes), self.key, self.outputs, distinct=False)

    def keys(self, relation: Relation, codes: Row) -> Container[object]:
        """The keys alone."""
        if self.whole:
            return relation.tuples()
        if not self.fixed and not self.same:
            return relation.keys(self.key)
        return set(map(keyer(self.key), self.rows(relation, codes)))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Decides a comparison of what stands at two places of a binding; None is the place of the constant."""

    holds: Callable[[int, int], bool]
    left: int | None
    right: int | None

    def run(self, bindings: _Rows, relation: Relation, codes: Row) -> _Rows | None:
        """The bindings that remain."""
        holds, left, right = self.holds, self.left, self.right
        if left is None:
            assert right is not None
            return [binding for binding in bindings if holds(codes[0], binding[right])]
        if right is None:
            return [binding for binding in bindings if holds(binding[left], codes[0])]
        return [binding for binding in bindings if holds(binding[left], binding[right])]


@dataclass(frozen=True, slots=True)
class _Match:
    """Decides an atom."""

    pattern: _Pattern
    negated: bool

    def run(self, bindings: _Rows, relation: Relation, codes: Row) -> _Rows | None:
        """The bindings that remain, extended; None when they are too many."""
        pattern = self.pattern
        if pattern.outputs:
            return self._extend(bindings, relation, codes)
        if pattern.key:
            return self._filter(bindings, relation, codes)
        return bindings if bool(pattern.rows(relation, codes)) != self.negated else ()

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
        # A whole row is a tuple even when it has but one column, unlike a key.
        key: Callable[[Row], object] = (picker if pattern.whole else keyer)(pattern.sources)
        rows = pattern.keys(relation, codes)
        if self.negated:
            return [binding for binding in bindings if key(binding) not in rows]
        return [binding for binding in bindings if key(binding) in rows]


_START: tuple[Row, ...] = ((),)


@dataclass(frozen=True, slots=True)
class _Step:
    """Decides one literal, then leaves only the variables at ``keep`` (None: all of them)."""

    literal: int
    decide: _Match | _Comparison
    keep: Callable[[Row], Row] | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """The steps of a rule and how its head is made of a binding followed by the head's constants."""

    steps: tuple[_Step, ...]
    head: Callable[[Row], Row] | None

    def run(
        self,
        relations: Sequence[Relation],
        codes: Sequence[Row],
        head_codes: Row,
        context: Context,
        counts: list[int] | None,
    ) -> _Rows | None:
        """The heads; ``counts`` gets the number of bindings after each step."""
        bindings: _Rows = _START
        for step in self.steps:
            found = step.decide.run(bindings, relations[step.literal], codes[step.literal])
            if not found:
                return found
            bindings = found if step.keep is None else dict.fromkeys(map(step.keep, found))
            context.count_matches(len(bindings))
            if counts is not None:
                counts.append(len(bindings))
        if self.head is None:
            return bindings
        if not head_codes:
            return list(map(self.head, bindings))
        head = self.head
        return [head(binding + head_codes) for binding in bindings]


def _noted(literal: Literal, step: _Step, count: int) -> StepTrace:
    """A step as a trace has it."""
    decide = step.decide
    if isinstance(decide, _Comparison) or not isinstance(literal, Atom):
        return StepTrace(literal, "filter", None, None, count)
    pattern = decide.pattern
    kind = "absent" if decide.negated else "exists"
    if pattern.outputs:
        kind = "join" if pattern.key else "scan"
    return StepTrace(literal, kind, (literal.relation, pattern.key) if pattern.key else None, None, count)


def _plan(shape: _Shape, head: _Terms, order: Sequence[int]) -> _Plan | None:
    """The plan of a shape; ``order``: its literals from the smallest relation to the largest.

    None when atoms alone do not bind all its variables.
    """
    remaining = list(order)
    layout: list[int] = []
    steps: list[_Step] = []
    while remaining:
        literal = _next(shape, remaining, layout)
        if literal is None:
            return None
        remaining.remove(literal)
        needed = {number for other in remaining for number in shape[other][1]}.union(head)
        sign, terms = shape[literal]
        decide: _Match | _Comparison
        if sign in _COMPARISONS:
            left, right = (None if number == _CONST else layout.index(number) for number in terms)
            decide = _Comparison(_COMPARISONS[sign], left, right)
        else:
            pattern, new = _pattern(terms, layout, needed)
            decide = _Match(pattern, sign == "not")
            layout += new
        kept = [place for place, number in enumerate(layout) if number in needed]
        steps.append(_Step(literal, decide, picker(tuple(kept)) if len(kept) < len(layout) else None))
        layout = [layout[place] for place in kept]
    places: list[int] = []
    constants = len(layout)
    for number in head:
        if number != _CONST and number not in layout:
            return None
        places.append(constants if number == _CONST else layout.index(number))
        constants += number == _CONST
    identity = places == list(range(len(layout)))
    return _Plan(tuple(steps), None if identity else picker(tuple(places)))


def _next(shape: _Shape, remaining: Sequence[int], layout: Sequence[int]) -> int | None:
    """What is decided next: a filter if there is one, then an atom that is tied to the bindings.

    None when nothing that remains can be.
    """
    bound = {*layout, _CONST, _ANY}

    def rank(literal: int) -> int:
        sign, terms = shape[literal]
        if bound.issuperset(terms):
            return 0
        if sign:
            return 3
        return 2 if bound.isdisjoint(number for number in terms if number >= 0) else 1

    best = min(remaining, key=rank)
    return None if rank(best) == 3 else best


def _pattern(terms: _Terms, layout: Sequence[int], needed: set[int]) -> tuple[_Pattern, list[int]]:
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
    return _Pattern(fixed, tuple(same), key, sources, outputs, len(key) == len(terms)), new
