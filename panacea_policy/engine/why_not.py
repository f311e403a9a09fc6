"""Why a row does not hold: the rule instances that come nearest to deriving it, and what each of them lacks.

For each rule that could give the row, conditions are left out, first one, then two, then as many as it takes
until the others can hold together. What was left out is what is lacking. The work is bounded, and what was
not looked at is said.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import msgspec
import numpy as np
from msgspec.structs import replace

from panacea_policy.engine.check import BodyInfo, CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.errors import EvaluationError
from panacea_policy.engine.expressions import type_of, typed
from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.lookup import Lookups
from panacea_policy.engine.plan import Planner
from panacea_policy.engine.premises import AggregatePremise, Leaves, row_codes, row_values
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.scope import AggregateScope, Scope, assigned, body_scope, group_vars, needs
from panacea_policy.engine.steps import run_steps
from panacea_policy.engine.terms import (
    Aggregate,
    Atom,
    Compare,
    Const,
    Literal,
    Rule,
    Test,
    Var,
    atom_vars,
    const_code,
)
from panacea_policy.engine.values import Codes, Type

#: Near misses shown of one rule, and of all.
MAX_OF_RULE = 3
MAX_MISSES = 12

#: Rows that all joins of one question may make.
MAX_MATCHES = 3_000_000

#: Instances looked at of one choice of conditions.
_ENOUGH = 1_000

#: Of these, so many are told apart.
_LOOKED_AT = 16

#: Pairs of conditions are left out of bodies of at most this length.
_PAIRS_OF = 9


class Lack(msgspec.Struct, frozen=True):
    """A condition that is not met.

    ``row``: of an atom, what is looked for; None stands for any value. ``against``: of a negated atom, the
    first row that stands in the way, and ``count`` how many do. ``values``: of a comparison or a test, what
    its sides come to. ``aggregate``: what an aggregate gives instead; None if nothing. ``open``: whether the
    condition could not even be asked, because what it speaks of is lacking too.
    """

    position: int
    literal: Literal
    row: tuple[object, ...] | None = None
    against: tuple[object, ...] | None = None
    count: int = 0
    values: tuple[object, ...] = ()
    aggregate: AggregatePremise | None = None
    open: bool = False


class NearMiss(msgspec.Struct, frozen=True):
    """An instance of a rule that lacks something.

    ``bindings``: the variables that have values. ``met``: the positions of the conditions that hold for them.
    ``aggregates``: of those among them that are aggregates, what they give, by position.
    """

    rule: Rule
    bindings: Mapping[str, object]
    met: tuple[int, ...]
    lacks: tuple[Lack, ...]
    aggregates: Mapping[int, AggregatePremise] = msgspec.field(default_factory=dict)


class WhyNot(msgspec.Struct, frozen=True):
    """Why a row does not hold; None in it stands for any value.

    ``misses``: the nearest first. ``rules``: how many rules derive rows of the relation at all, and
    ``unfit``: how many of them can never give this one. ``more``: whether there are near misses beside those
    told, or some may be that were not looked for.
    """

    relation: str
    row: tuple[object, ...]
    misses: tuple[NearMiss, ...]
    rules: int
    unfit: int
    more: bool


class Asker:
    """Looks for near misses in the relations of a finished evaluation, which must not change any more."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._compiled = compiled
        limits = replace(context.limits, max_matches=MAX_MATCHES)
        self._context = Context(Lookups(context.relations), context.symbols, limits)
        self._planner = Planner(compiled.decls, self._context.relations)
        self._leaves = Leaves(compiled, self._context)

    def why_not(self, relation: str, row: Sequence[Hashable]) -> WhyNot:
        """The nearest instances that would derive a row; None in it stands for any value.

        Raises ValueError for a row of another width, and for values that are not of the columns' types.
        """
        types = self._compiled.decls[relation].types
        wanted: list[int | None] = []
        for value, type in zip(row, types, strict=True):
            if type is Type.SYMBOL and value is not None:
                # A name that nobody has used yet may be asked for as well.
                self._context.symbols.intern(value)
            codes = None if value is None else row_codes([value], [type], self._context)
            if codes is None and value is not None:
                raise ValueError(f"{value!r} is no {type.value}")
            wanted.append(None if codes is None else codes[0])
        self._context.matches = 0
        rules = [checked for checked in self._compiled.rules if checked.rule.head.relation == relation]
        misses: list[NearMiss] = []
        unfit, more = 0, False
        for checked in rules:
            start = self._start(checked, wanted)
            if start is None:
                unfit += 1
                continue
            found, cut = self._misses(checked, start, tuple(row))
            misses += found
            more |= cut
        # Of equally near ones those of the first rule come first.
        misses.sort(key=_distance)
        shown = tuple(misses[:MAX_MISSES])
        return WhyNot(relation, tuple(row), shown, len(rules), unfit, more or len(misses) > len(shown))

    def rows_like(self, relation: str, row: Sequence[Hashable], most: int) -> list[tuple[object, ...]]:
        """The first rows, in order, that agree with one in which None stands for any value."""
        types = self._compiled.decls[relation].types
        env: dict[str, int] = {}
        for at, (value, type) in enumerate(zip(row, types, strict=True)):
            codes = None if value is None else row_codes([value], [type], self._context)
            if codes is not None:
                env[f"c{at}"] = codes[0]
            elif value is not None:
                return []
        held = self._context.relations[relation]
        rows = self._matching(Atom(relation, tuple(Var(f"c{at}") for at in range(len(row)))), held, env)
        columns = [held.column(at)[rows] for at in range(held.arity)]
        if len(rows) > 1:
            order = np.lexsort(columns[::-1])[:most]
            columns = [column[order] for column in columns]
        count = min(most, len(rows))
        return [
            row_values([int(column[number]) for column in columns], types, self._context)
            for number in range(count)
        ]

    def pattern(self, atom: Atom, bindings: Mapping[str, object]) -> tuple[object, ...]:
        """The row that an atom asks for under some bindings; None where any value will do."""
        constants = self._leaves.pattern(atom, {})
        return tuple(
            value if isinstance(term, Const) else bindings.get(term.name)
            for term, value in zip(atom.terms, constants, strict=True)
        )

    def _start(self, checked: CheckedRule, wanted: Sequence[int | None]) -> dict[str, int] | None:
        """The variables that the row gives values; None if the rule can give no such row."""
        head = checked.rule.head
        start: dict[str, int] = {}
        for term, type, code in zip(
            head.terms, self._compiled.decls[head.relation].types, wanted, strict=True
        ):
            if code is None:
                continue
            if isinstance(term, Const):
                if const_code(term, type) != code:
                    return None
            elif start.setdefault(term.name, code) != code:
                return None
        return start

    def _misses(
        self, checked: CheckedRule, start: Mapping[str, int], row: tuple[object, ...]
    ) -> tuple[list[NearMiss], bool]:
        """The nearest misses of one rule, and whether there may be others as near.

        What lacks the row itself that is asked about is none.
        """
        asked = (checked.rule.head.relation, row)
        length = len(checked.rule.body)
        for choices in _choices(length):
            found: dict[tuple[object, ...], NearMiss] = {}
            cut = False
            for left_out in choices:
                kept = [position for position in range(length) if position not in left_out]
                instances, some_left = self._instances(checked, kept, start)
                cut |= some_left
                cut |= len(instances) > _LOOKED_AT
                for env in instances[:_LOOKED_AT]:
                    miss = self._miss(checked, env)
                    if miss.lacks and not any(_atom_row(lack) == asked for lack in miss.lacks):
                        # Instances that lack the same differ in what does not matter.
                        found.setdefault(tuple((lack.position, *_what(lack)) for lack in miss.lacks), miss)
            if found:
                nearest = min(map(_distance, found.values()))
                best = [miss for miss in found.values() if _distance(miss) == nearest]
                return best[:MAX_OF_RULE], cut or len(best) > MAX_OF_RULE
        misses, cut = self._greedy(checked, start)
        return [miss for miss in misses if not any(_atom_row(lack) == asked for lack in miss.lacks)], cut

    def _greedy(self, checked: CheckedRule, start: Mapping[str, int]) -> tuple[list[NearMiss], bool]:
        """Keeps each condition that can hold together with those kept before it."""
        kept: list[int] = []
        best: list[dict[str, int]] = [dict(start)]
        cut = False
        for position in range(len(checked.rule.body)):
            instances, some_left = self._instances(checked, [*kept, position], start)
            cut |= some_left
            if instances:
                kept.append(position)
                best = instances
        misses = [self._miss(checked, env) for env in best[:MAX_OF_RULE]]
        return [miss for miss in misses if miss.lacks], cut or len(best) > MAX_OF_RULE

    # ------------------------------------------------------------------------------------------ instances

    def _instances(
        self, checked: CheckedRule, kept: Sequence[int], start: Mapping[str, int]
    ) -> tuple[list[dict[str, int]], bool]:
        """The bindings for which some conditions hold, in order, and whether there are more.

        Conditions that cannot be asked without those left out are left out too.
        """
        kept = _decidable(checked, kept, start.keys())
        body = tuple(checked.rule.body[position] for position in kept)
        info = _part(checked, kept, start.keys())
        names = sorted(info.scope.bound)
        pieces: list[Frame] = []
        found = 0

        def collect(piece: Frame) -> None:
            nonlocal found
            pieces.append(piece)
            found += piece.count
            if found > _ENOUGH:
                raise _Enough

        self._context.rule, self._context.types = checked.rule, info.types
        frame = Frame(1, {name: np.array([code]) for name, code in start.items()})
        cut = False
        try:
            if body:
                steps = self._planner.plan(body, info, names, start=start)
                run_steps(steps, frame, self._context, collect)
            else:
                pieces.append(frame)
        except _Enough:
            cut = True
        except EvaluationError:
            # Too many rows on the way, or a number that does not exist.
            return [], True
        rows = {
            tuple(row)
            for piece in pieces
            for row in zip(*(piece.columns[name][:_ENOUGH].tolist() for name in names), strict=True)
        }
        if pieces and not names:
            rows = {()}
        return [dict(zip(names, row, strict=True)) for row in sorted(rows)], cut

    # -------------------------------------------------------------------------------------------- lacking

    def _miss(self, checked: CheckedRule, env: Mapping[str, int]) -> NearMiss:
        """What holds and what is lacking for some bindings."""
        met: list[int] = []
        lacks: list[Lack] = []
        aggregates: dict[int, AggregatePremise] = {}
        env = dict(env)
        for position, literal in enumerate(checked.rule.body):
            if isinstance(literal, Aggregate) and (found := self._aggregate(checked, position, literal, env)):
                aggregates[position] = found[1]
                env.setdefault(literal.result.name, found[0])
        for position, literal in enumerate(checked.rule.body):
            lack = self._lack(checked, position, literal, env, aggregates.get(position))
            if lack is None:
                met.append(position)
            else:
                lacks.append(lack)
        known = {name: code for name, code in env.items() if name in checked.info.types}
        bindings = self._leaves.decoded(known, checked.info)
        return NearMiss(checked.rule, bindings, tuple(met), tuple(lacks), aggregates)

    def _lack(
        self,
        checked: CheckedRule,
        position: int,
        literal: Literal,
        env: Mapping[str, int],
        aggregate: AggregatePremise | None,
    ) -> Lack | None:
        """Why a condition does not hold; None if it does."""
        if isinstance(literal, Atom):
            return self._atom(position, literal, env)
        if isinstance(literal, Aggregate):
            if aggregate is None:
                asked = group_vars(literal) <= env.keys()
                return Lack(position, literal, open=not asked)
            wanted = self._leaves.decoded({literal.result.name: env[literal.result.name]}, checked.info)
            given = wanted[literal.result.name] == aggregate.value
            return None if given else Lack(position, literal, aggregate=aggregate)
        if not needs(literal) <= env.keys():
            return Lack(position, literal, open=True)
        holds = self._holds(checked, position, env)
        return None if holds else Lack(position, literal, values=self._sides(checked, literal, env))

    def _atom(self, position: int, literal: Atom, env: Mapping[str, int]) -> Lack | None:
        row = self._leaves.pattern(literal, env)
        relation = self._context.relations[literal.relation]
        rows = self._matching(literal, relation, env)
        if literal.negated:
            if not len(rows):
                return None
            columns = [relation.column(at)[rows] for at in range(relation.arity)]
            first = int(np.lexsort(columns[::-1])[0]) if columns else 0
            types = self._compiled.decls[literal.relation].types
            against = row_values([int(column[first]) for column in columns], types, self._context)
            return Lack(position, literal, row, against, len(rows))
        return None if len(rows) else Lack(position, literal, row)

    def _matching(self, atom: Atom, relation: Relation, env: Mapping[str, int]) -> Codes:
        """The rows that agree with an atom as far as its variables are known."""
        if not relation.count:
            return np.empty(0, np.int64)
        key: list[int] = []
        codes: list[Codes] = []
        first: dict[str, int] = {}
        same: list[tuple[int, int]] = []
        for at, (term, type) in enumerate(
            zip(atom.terms, self._compiled.decls[atom.relation].types, strict=True)
        ):
            if not isinstance(term, Const) and (term.is_wildcard or term.name not in env):
                if not term.is_wildcard and first.setdefault(term.name, at) != at:
                    same.append((first[term.name], at))
                continue
            key.append(at)
            codes.append(np.array([const_code(term, type) if isinstance(term, Const) else env[term.name]]))
        if key:
            found = relation.index(tuple(key)).find(codes, 1)
            rows = np.concatenate(
                [part.rows[int(part.starts[0]) : int(part.starts[0] + part.counts[0])] for part in found]
            )
        else:
            rows = relation.rows()
        for left, right in same:
            rows = rows[relation.column(left)[rows] == relation.column(right)[rows]]
        return rows

    def _holds(self, checked: CheckedRule, position: int, env: Mapping[str, int]) -> bool:
        """Whether a comparison or test holds; one that divides by zero, or the like, does not."""
        literal = checked.rule.body[position]
        known = {name: code for name, code in env.items() if name in needs(literal)}
        return bool(self._instances(checked, [position], known)[0])

    def _sides(
        self, checked: CheckedRule, literal: Compare | Test, env: Mapping[str, int]
    ) -> tuple[object, ...]:
        """What the sides of a comparison, or the arguments of a test, come to."""
        types = checked.info.types
        sides = (literal.left, literal.right) if isinstance(literal, Compare) else literal.args
        hint = next((found for side in sides if (found := type_of(side, types))), Type.INT)
        frame = Frame(1, {name: np.array([code]) for name, code in env.items()})
        values: list[object] = []
        for side in sides:
            expr = typed(side, types, hint)
            try:
                values.append(self._context.value(int(expr.codes(frame, self._context)[0]), expr.type))
            except EvaluationError as problem:
                values.append(problem.message)
        return tuple(values)

    def _aggregate(
        self, checked: CheckedRule, position: int, literal: Aggregate, env: Mapping[str, int]
    ) -> tuple[int, AggregatePremise] | None:
        """What an aggregate gives for a group that is known: the code and the premise; None for nothing."""
        group = {name: env[name] for name in group_vars(literal) if name in env}
        if len(group) < len(group_vars(literal)):
            return None
        found, _ = self._instances(checked, [position], group)
        if not found:
            return None
        code = found[0][literal.result.name]
        inner = checked.info.inner[position]
        return code, self._leaves.aggregate(literal, inner, checked.info, group, code)


class _Enough(Exception):
    """As many instances as anyone will look at have been found."""


def _atom_row(lack: Lack) -> tuple[str, tuple[object, ...]] | None:
    """The row that is missing; None where something else is lacking."""
    if not isinstance(lack.literal, Atom) or lack.literal.negated or lack.row is None:
        return None
    return lack.literal.relation, lack.row


def _what(lack: Lack) -> tuple[object, ...]:
    """What is lacking, to tell near misses apart by."""
    aggregate = lack.aggregate
    group = None if aggregate is None else tuple(sorted(aggregate.group.items()))
    return lack.row, lack.against, lack.values, group, lack.open


def _distance(miss: NearMiss) -> tuple[int, int]:
    """How far a row is from being derived: conditions that are lacking, and those that cannot be asked."""
    return len(miss.lacks), sum(lack.open for lack in miss.lacks)


def _choices(length: int) -> Iterator[list[tuple[int, ...]]]:
    """Which conditions to leave out: each one, then each pair unless these are many."""
    yield [(position,) for position in range(length)]
    if length <= _PAIRS_OF:
        yield list(combinations(range(length), 2))


def _decidable(checked: CheckedRule, kept: Sequence[int], given: Iterable[str]) -> list[int]:
    """Those of some conditions that can be asked without the others.

    An aggregate whose group the whole rule binds counts empty groups, so it must be bound here as well.
    """
    body = checked.rule.body
    bound = set(given)
    for position in kept:
        literal = body[position]
        if isinstance(literal, Atom) and not literal.negated:
            bound.update(atom_vars(literal))
    asked: set[int] = set()
    grew = True
    while grew:
        grew = False
        for position in kept:
            literal = body[position]
            if position in asked:
                continue
            if isinstance(literal, Aggregate):
                if not checked.info.scope.aggregates[position].closed or group_vars(literal) <= bound:
                    bound |= group_vars(literal) | {literal.result.name}
                    asked.add(position)
                    grew = True
            elif isinstance(literal, Compare) and (target := assigned(literal, bound)) is not None:
                bound.add(target.name)
                asked.add(position)
                grew = True
            elif needs(literal) <= bound:
                asked.add(position)
                grew = True
    return [position for position in kept if position in asked]


def _part(checked: CheckedRule, kept: Sequence[int], given: Iterable[str]) -> BodyInfo:
    """What is known of a part of a body, when the variables ``given`` are bound before it."""
    body = [checked.rule.body[position] for position in kept]
    scope = body_scope(body, set(given))
    aggregates: dict[int, AggregateScope] = {}
    inner: dict[int, BodyInfo] = {}
    for number, position in enumerate(kept):
        literal = body[number]
        if not isinstance(literal, Aggregate):
            continue
        found = scope.aggregates[number]
        closed = found.closed and checked.info.scope.aggregates[position].closed
        aggregates[number] = AggregateScope(found.seeds, closed)
        whole = checked.info.inner[position]
        inside = body_scope(literal.body, found.seeds)
        inner[number] = BodyInfo(whole.types, inside, whole.inner)
    return BodyInfo(checked.info.types, Scope(scope.bound, aggregates), inner)
