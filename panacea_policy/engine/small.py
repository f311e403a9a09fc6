"""Runs a rule over small relations in plain Python, where the kernels' fixed costs would dominate.

Meant for bodies of atoms and comparisons. Rules of one shape (same variables at the same places) share a
plan; constants and what is computed stand apart from it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from itertools import compress, islice, zip_longest
from operator import itemgetter

import msgspec
import numpy as np

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.expressions import TypedExpr, compare, compared, is_fallible, makes_text
from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.relation import SMALL, Relation, group
from panacea_policy.engine.terms import (
    Apply,
    Atom,
    Compare,
    Literal,
    RelationDecl,
    Term,
    Var,
    const_code,
    expr_vars,
)
from panacea_policy.engine.trace import PlanTrace, StepTrace
from panacea_policy.engine.tuples import Row, keyer, picker
from panacea_policy.engine.values import Type

#: A join that would make more rows than this is left to the kernels.
_MOST = 4_000

#: Facts may be so many: what is looked up in them is sorted out once for all the rules that speak of them.
_MOST_FACTS = 8_192

#: The number of a constant and of a wildcard in a shape; variables are numbered from 0.
_CONST, _ANY = -1, -2
#: What begins an atom, one that is negated, a comparison of what is computed, the head, and the order of the
#: literals by size; and other comparisons.
_PRESENT, _ABSENT, _FORMULA, _HEAD, _ORDER = -3, -4, -5, -6, -7
_SIGNS: dict[str, int] = {"=": -8, "!=": -9, "<": -10, "<=": -11, ">": -12, ">=": -13}
_COMPARISONS: dict[int, Callable[[int, int], bool]] = {
    _SIGNS["="]: operator.eq,
    _SIGNS["!="]: operator.ne,
    _SIGNS["<"]: operator.lt,
    _SIGNS["<="]: operator.le,
    _SIGNS[">"]: operator.gt,
    _SIGNS[">="]: operator.ge,
}

_Terms = tuple[int, ...]
#: What begins each literal, and its terms.
_Shape = tuple[tuple[int, _Terms], ...]
_Rows = Collection[Row]


class SmallRules:
    """Runs rules over small relations; keeps the plans."""

    def __init__(self, decls: Mapping[str, RelationDecl], context: Context, derived: Container[str]) -> None:
        """``derived``: the relations that rules derive."""
        self._decls = decls
        self._derived = derived
        self._context = context
        # In the place of a relation where a literal has none.
        self._none = Relation(0)
        self._plans: dict[tuple[int, ...], _Plan | None] = {}

    def run(self, checked: CheckedRule, trace: PlanTrace | None = None) -> _Rows | None:
        """The heads of the rule, maybe with repeats; None when it takes the kernels to find them.

        They may be what a relation holds: not to be changed. ``trace``: takes note of the steps and of what
        they give.
        """
        known, decls, rule = self._context.relations, self._decls, checked.rule
        relations: list[Relation] = []
        sizes: list[int] = []
        shape: list[int] = []
        codes: list[Row | _Formula] = []
        numbers: dict[str, int] = {}
        for literal in rule.body:
            if isinstance(literal, Atom):
                relation = known[literal.relation]
                size = relation.count
                if size > SMALL and (size > _MOST_FACTS or literal.relation in self._derived):
                    return None
                shape.append(_ABSENT if literal.negated else _PRESENT)
                codes.append(_numbered(literal.terms, decls[literal.relation].types, numbers, shape))
            elif isinstance(literal, Compare) and (sides := _sides(literal)):
                relation, size = self._none, 0
                type = next(checked.info.types[side.name] for side in sides if isinstance(side, Var))
                shape.append(_SIGNS[literal.op])
                codes.append(_numbered(sides, (type, type), numbers, shape))
            elif isinstance(literal, Compare) and _is_plain(literal):
                relation, size = self._none, 0
                formula = _Formula.of(literal, checked.info.types)
                shape.append(_FORMULA)
                shape += [numbers.setdefault(name, len(numbers)) for name in formula.names]
                codes.append(formula)
            else:
                return None
            relations.append(relation)
            sizes.append(size)
        shape.append(_HEAD)
        head_codes = _numbered(rule.head.terms, decls[rule.head.relation].types, numbers, shape)
        if len(sizes) == 2:
            order = [0, 1] if sizes[0] <= sizes[1] else [1, 0]
        else:
            order = sorted(range(len(sizes)), key=sizes.__getitem__)
        shape.append(_ORDER)
        shape += order
        key = tuple(shape)
        plan = self._plans.get(key)
        if plan is None:
            if key in self._plans:
                return None
            plan = self._plans[key] = _plan(*_read(key), order)
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


def _is_plain(literal: Compare) -> bool:
    """Whether a comparison may be decided at any time: it divides by nothing, and makes no texts."""
    return not (is_fallible(literal) or makes_text(literal.left) or makes_text(literal.right))


def _numbered(terms: Sequence[Term], types: Sequence[Type], numbers: dict[str, int], shape: list[int]) -> Row:
    """Adds the terms by number to a shape; gives the codes of the constants among them."""
    codes: Row = ()
    for column, term in enumerate(terms):
        if isinstance(term, Var):
            name = term.name
            shape.append(_ANY if name[:1] == "_" else numbers.setdefault(name, len(numbers)))
        else:
            shape.append(_CONST)
            codes += (const_code(term, types[column]),)
    return codes


def _read(key: Sequence[int]) -> tuple[_Shape, _Terms]:
    """The literals and the head that a key was written from."""
    parts: list[tuple[int, list[int]]] = []
    for number in key:
        if number < _ANY:
            parts.append((number, []))
        else:
            parts[-1][1].append(number)
    *literals, (_, head), _ = parts
    return tuple((sign, tuple(terms)) for sign, terms in literals), tuple(head)


class _Pattern(msgspec.Struct, frozen=True):
    """How an atom meets the bindings so far.

    ``fixed``: columns that hold its constants. ``same``: pairs of columns that hold one new variable.
    ``key``: columns of variables that are bound; ``place`` takes their values out of a binding. ``outputs``:
    columns of new variables that are needed; ``pick`` takes them out of a row, None where they are the row.
    ``whole``: the key is all of the row, in order.
    """

    fixed: tuple[int, ...]
    same: tuple[tuple[int, int], ...]
    key: tuple[int, ...]
    place: Callable[[Row], object]
    outputs: tuple[int, ...]
    pick: Callable[[Row], Row] | None
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


class _Comparison(msgspec.Struct, frozen=True, gc=False):
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


class _Formula(msgspec.Struct, frozen=True):
    """A comparison of what is computed of some variables."""

    op: str
    left: TypedExpr
    right: TypedExpr
    names: tuple[str, ...]

    @classmethod
    def of(cls, literal: Compare, types: Mapping[str, Type]) -> _Formula:
        left, right = compared(literal, types)
        names = dict.fromkeys((*expr_vars(literal.left), *expr_vars(literal.right)))
        return cls(literal.op, left, right, tuple(names))


class _Computed(msgspec.Struct, frozen=True, gc=False):
    """Decides a comparison of what is computed of what stands at some places of a binding."""

    places: tuple[int, ...]

    def run(self, bindings: _Rows, formula: _Formula, context: Context) -> _Rows:
        """The bindings that remain. Raises EvaluationError for numbers that do not exist."""
        count = len(bindings)
        columns = {
            name: np.fromiter(map(itemgetter(place), bindings), np.int64, count)
            for name, place in zip(formula.names, self.places, strict=True)
        }
        frame = Frame(count, columns)
        left, right = formula.left.codes(frame, context), formula.right.codes(frame, context)
        return list(compress(bindings, compare(formula.op, left, right).tolist()))


class _Match(msgspec.Struct, frozen=True):
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
            if pattern.pick is not None:
                rows = dict.fromkeys(map(pattern.pick, rows))
            if bindings is _START:
                return rows if len(rows) <= _MOST else None
            if len(bindings) * len(rows) > _MOST:
                return None
            return [binding + row for binding in bindings for row in rows]
        rows_at, place = pattern.groups(relation, codes).get, pattern.place
        if len(bindings) * relation.count <= _MOST:
            return [binding + row for binding in bindings for row in rows_at(place(binding), ())]
        made = (binding + row for binding in bindings for row in rows_at(place(binding), ()))
        found = list(islice(made, _MOST + 1))
        return None if len(found) > _MOST else found

    def _filter(self, bindings: _Rows, relation: Relation, codes: Row) -> _Rows:
        place, rows = self.pattern.place, self.pattern.keys(relation, codes)
        if self.negated:
            return [binding for binding in bindings if place(binding) not in rows]
        return [binding for binding in bindings if place(binding) in rows]


_START: tuple[Row, ...] = ((),)


class _Step(msgspec.Struct, frozen=True):
    """Decides one literal, then leaves only the variables at ``keep`` (None: all of them)."""

    literal: int
    decide: _Match | _Comparison | _Computed
    keep: Callable[[Row], Row] | None


class _Plan(msgspec.Struct, frozen=True):
    """The steps of a rule and how its head is made of a binding followed by the head's constants."""

    steps: tuple[_Step, ...]
    head: Callable[[Row], Row] | None

    def run(
        self,
        relations: Sequence[Relation],
        codes: Sequence[Row | _Formula],
        head_codes: Row,
        context: Context,
        counts: list[int] | None,
    ) -> _Rows | None:
        """The heads; ``counts`` gets the number of bindings after each step."""
        bindings: _Rows = _START
        for step in self.steps:
            given, decide = codes[step.literal], step.decide
            found: _Rows | None
            if isinstance(given, _Formula):
                assert isinstance(decide, _Computed)
                found = decide.run(bindings, given, context)
            else:
                assert not isinstance(decide, _Computed)
                found = decide.run(bindings, relations[step.literal], given)
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
    if not isinstance(decide, _Match) or not isinstance(literal, Atom):
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
        decide: _Match | _Comparison | _Computed
        if sign == _FORMULA:
            decide = _Computed(tuple(map(layout.index, terms)))
        elif sign in _COMPARISONS:
            left, right = (None if number == _CONST else layout.index(number) for number in terms)
            decide = _Comparison(_COMPARISONS[sign], left, right)
        else:
            pattern, new = _pattern(terms, layout, needed)
            decide = _Match(pattern, sign == _ABSENT)
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
        if sign != _PRESENT:
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
    whole = len(key) == len(terms)
    # A whole row is a tuple even when it has but one column, unlike a key.
    place: Callable[[Row], object] = picker(sources) if whole else keyer(sources)
    pick = None if outputs == tuple(range(len(terms))) else picker(outputs)
    return _Pattern(fixed, tuple(same), key, place, outputs, pick, whole), new
