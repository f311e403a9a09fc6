"""The rules of a slice over a world: every derived relation as rows, each with the condition under which it
holds.

This is what the engine does, with conditions in place of facts: joins multiply conditions, equal rows add
them up, and what is projected away is forgotten at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from panacea_policy.engine import Aggregate, Atom, Compare, Const, Expr, Literal, Rule, Sym, Var
from panacea_policy.verification.expressions import Expressions, Unsupported
from panacea_policy.verification.fragment import cycle as circle
from panacea_policy.verification.logic import Guard, Logic, Value
from panacea_policy.verification.slice import Kinds, Slice, variables_of
from panacea_policy.verification.solver import Budget
from panacea_policy.verification.world import Row, World


@dataclass
class Table:
    """The rows of a relation, found by the values that are known in some of its columns."""

    rows: Sequence[Row]
    _indexes: dict[tuple[int, ...], tuple[dict[tuple[Value, ...], list[Row]], list[Row]]] = field(
        default_factory=dict
    )

    def matching(self, logic: Logic, at: tuple[int, ...], values: tuple[Value, ...]) -> Sequence[Row]:
        """Rows that may have these known values in these columns."""
        if not at:
            return self.rows
        if at not in self._indexes:
            sure: dict[tuple[Value, ...], list[Row]] = {}
            open_: list[Row] = []
            for row in self.rows:
                key = tuple(row[0][index] for index in at)
                if all(logic.known(each) for each in key):
                    sure.setdefault(key, []).append(row)
                else:
                    open_.append(row)
            self._indexes[at] = (sure, open_)
        sure, open_ = self._indexes[at]
        return [*sure.get(values, ()), *open_]


class Tables:
    """Derives relations. ``unknown``: recursive relations are whatever they like, so that what cannot hold
    then cannot hold at all; otherwise they are followed for ``rounds`` steps. What could not be translated is
    in ``gaps``.
    """

    def __init__(
        self,
        logic: Logic,
        part: Slice,
        world: World,
        budget: Budget,
        *,
        unknown: frozenset[str] = frozenset(),
        rounds: int = 0,
        given: Mapping[str, Sequence[Row]] | None = None,
    ) -> None:
        """``given``: rows of relations that are not derived."""
        self.logic = logic
        self.part = part
        self.world = world
        self.gaps: dict[str, None] = dict(world.gaps)
        self._budget = budget
        self._unknown = unknown
        self._rounds = rounds
        self._tables: dict[str, Table] = {name: Table(world.rows(name)) for name in part.inputs}
        self._tables.update((name, Table(rows)) for name, rows in (given or {}).items())
        self._given = frozenset(given or ())
        self.expressions = Expressions(logic, world.symbols, part.constants)
        self._derive()

    def __getitem__(self, relation: str) -> Sequence[Row]:
        return self._tables[relation].rows

    def holds(self, relation: str) -> Guard:
        """The condition under which a relation has any row."""
        return self.logic.any(guard for _, guard in self[relation])

    @property
    def axioms(self) -> list[Guard]:
        """What the values that were computed on the way obey."""
        return self.expressions.axioms

    # ------------------------------------------------------------------------------------------ relations

    def _derive(self) -> None:
        done: set[str] = set()
        for name in self.part.order:
            if name in done or name in self._given:
                continue
            cycle = self.part.cycles.get(name)
            if name in self._unknown:
                self._tables[name] = Table(self._anything(name))
            elif cycle is None:
                self._tables[name] = Table(self._all(name))
            else:
                done.update(cycle)
                self._follow([each for each in self.part.order if each in cycle])

    def _follow(self, cycle: Sequence[str]) -> None:
        """A cycle's relations after some rounds from nothing; exactly where no round adds anything any
        more.
        """
        for name in cycle:
            self._tables[name] = Table(())
        for _ in range(self._rounds):
            before = {name: self._shape(name) for name in cycle}
            fresh = {name: Table(self._all(name)) for name in cycle}
            self._tables.update(fresh)
            if before == {name: self._shape(name) for name in cycle}:
                return
        self.gaps[circle(self.part.cycles[cycle[0]])] = None

    def _shape(self, name: str) -> object:
        logic = self.logic
        return {
            (tuple(map(logic.key, values)), guard if isinstance(guard, bool) else logic.key(guard))
            for values, guard in self._tables[name].rows
        }

    def _anything(self, name: str) -> list[Row]:
        """Every row of declarations, each under a condition of its own."""
        logic = self.logic
        rows: list[tuple[Value, ...]] = [()]
        for kinds in self.part.columns[name]:
            choices = self._choices(kinds)
            if choices is None:
                self.gaps[f"`{name}` gives plain values"] = None
                return []
            rows = [(*row, each) for row in rows for each in choices]
            self._budget.check(len(rows))
        return [(row, logic.z3.Bool(f"{name}{row}")) for row in rows]

    def _choices(self, kinds: Kinds) -> list[int] | None:
        if not kinds or next(iter(kinds))[0] in "=#":
            return None
        return [self.world.any, *(p.symbol for p in self.world.places if kinds.intersection(p.kinds))]

    def _all(self, name: str) -> list[Row]:
        found: dict[tuple[object, ...], tuple[tuple[Value, ...], list[Guard]]] = {}
        for rule in self.part.rules[name]:
            try:
                for values, guard in self._rule(rule):
                    key = tuple(map(self.logic.key, values))
                    found.setdefault(key, (values, []))[1].append(guard)
            except Unsupported as problem:
                self.gaps[problem.reason] = None
            self._budget.check(len(found))
        return [(values, self.logic.any(guards)) for values, guards in found.values()]

    # ------------------------------------------------------------------------------------------ rules

    def _rule(self, rule: Rule) -> list[Row]:
        heads = {term.name for term in rule.head.terms if isinstance(term, Var)}
        remaining = list(rule.body)
        state = State((), {(): ((), [True])})
        while remaining:
            literal = self._next(remaining, state)
            remaining.remove(literal)
            state = self._step(state, literal)
            needed = heads.union(*(_variables(each) for each in remaining))
            state = state.projected(self.logic, needed)
            self._budget.check(len(state.rows))
            if not state.rows:
                return []
        rows: list[Row] = []
        for values, guards in state.rows.values():
            env = dict(zip(state.names, values, strict=True))
            head = tuple(self._term(term, env) for term in rule.head.terms)
            rows.append((head, self.logic.any(guards)))
        return rows

    def _next(self, remaining: Sequence[Literal], state: State) -> Literal:
        """The literal to take next: what only tests, then what is tied closest to what is known."""
        bound = set(state.names)
        for literal in remaining:
            if isinstance(literal, Atom):
                ready = literal.negated and all(
                    not isinstance(t, Var) or t.is_wildcard or t.name in bound for t in literal.terms
                )
            elif isinstance(literal, Aggregate):
                ready = all(each.name in bound for each in literal.group)
            else:
                ready = _variables(literal) <= bound or _binds(literal, bound) is not None
            if ready:
                return literal
        atoms = [each for each in remaining if isinstance(each, Atom) and not each.negated]
        if not atoms:
            raise Unsupported("a condition speaks of what nothing binds")
        return min(atoms, key=lambda each: self._cost(each, bound))

    def _cost(self, atom: Atom, bound: set[str]) -> tuple[bool, float]:
        free = [t for t in atom.terms if isinstance(t, Var) and t.name not in bound]
        size = len(self._tables[atom.relation].rows)
        return len(free) == len(atom.terms) and bool(bound), size / (4.0 ** (len(atom.terms) - len(free)))

    def _step(self, state: State, literal: Literal) -> State:
        if isinstance(literal, Aggregate):
            return self._aggregate(state, literal)
        if isinstance(literal, Atom):
            return self._without(state, literal) if literal.negated else self._join(state, literal)
        name = _binds(literal, set(state.names)) if isinstance(literal, Compare) else None
        rows: dict[tuple[object, ...], tuple[tuple[Value, ...], list[Guard]]] = {}
        for values, guards in state.rows.values():
            env = dict(zip(state.names, values, strict=True))
            if isinstance(literal, Compare) and name is not None:
                side = literal.right if literal.left == Var(name) else literal.left
                value, guard = self.expressions.value(side, env)
                values = (*values, value)
            else:
                guard = self.expressions.test(literal, env)
            _add(self.logic, rows, values, self.logic.all(self.logic.any(guards), guard))
        return State((*state.names, name) if name is not None else state.names, rows)

    def _term(self, term: Expr, env: Mapping[str, Value]) -> Value:
        if isinstance(term, Var):
            return env[term.name]
        assert isinstance(term, Const)
        return term.value.id if isinstance(term.value, Sym) else Fraction(term.value)

    def _matches(self, atom: Atom, env: Mapping[str, Value]) -> list[tuple[Row, Guard]]:
        """The rows that an atom may mean, each with the condition that it does."""
        logic = self.logic
        wanted = {
            index: self._term(term, env)
            for index, term in enumerate(atom.terms)
            if isinstance(term, Const) or (not term.is_wildcard and term.name in env)
        }
        at = tuple(index for index, value in wanted.items() if logic.known(value))
        rows = self._tables[atom.relation].matching(logic, at, tuple(wanted[index] for index in at))
        found: list[tuple[Row, Guard]] = []
        for row in rows:
            equal = [logic.same(value, row[0][index]) for index, value in wanted.items()]
            guard = logic.all(row[1], *equal, *self._repeats(atom, row, env))
            if guard is not False:
                found.append((row, guard))
        return found

    def _repeats(self, atom: Atom, row: Row, env: Mapping[str, Value]) -> list[Guard]:
        """That a variable that an atom names twice has one value."""
        first: dict[str, Value] = {}
        guards: list[Guard] = []
        for term, value in zip(atom.terms, row[0], strict=True):
            if isinstance(term, Var) and not term.is_wildcard and term.name not in env:
                if term.name in first:
                    guards.append(self.logic.same(first[term.name], value))
                first.setdefault(term.name, value)
        return guards

    def _join(self, state: State, atom: Atom) -> State:
        free = list(
            dict.fromkeys(
                t.name
                for t in atom.terms
                if isinstance(t, Var) and not t.is_wildcard and t.name not in state.names
            )
        )
        place = {name: next(i for i, t in enumerate(atom.terms) if t == Var(name)) for name in free}
        rows: dict[tuple[object, ...], tuple[tuple[Value, ...], list[Guard]]] = {}
        for values, guards in state.rows.values():
            before = self.logic.any(guards)
            for row, guard in self._matches(atom, dict(zip(state.names, values, strict=True))):
                more = tuple(row[0][place[name]] for name in free)
                _add(self.logic, rows, (*values, *more), self.logic.all(before, guard))
            self._budget.check(len(rows))
        return State((*state.names, *free), rows)

    def _without(self, state: State, atom: Atom) -> State:
        rows: dict[tuple[object, ...], tuple[tuple[Value, ...], list[Guard]]] = {}
        for values, guards in state.rows.values():
            env = dict(zip(state.names, values, strict=True))
            some = self.logic.any(guard for _, guard in self._matches(atom, env))
            _add(self.logic, rows, values, self.logic.all(self.logic.any(guards), self.logic.negation(some)))
        return State(state.names, rows)

    # ------------------------------------------------------------------------------------------ counting

    def _aggregate(self, state: State, literal: Aggregate) -> State:
        if len(literal.body) != 1 or not isinstance(literal.body[0], Atom) or literal.body[0].negated:
            raise Unsupported("an aggregate ranges over several conditions")
        rows: dict[tuple[object, ...], tuple[tuple[Value, ...], list[Guard]]] = {}
        name = literal.result.name
        for values, guards in state.rows.values():
            env = dict(zip(state.names, values, strict=True))
            members = self._bindings(literal.body[0], env)
            result, guard = self.expressions.aggregate(literal, members)
            # An equation may have given the result a value already.
            equal = self.logic.same(env[name], result) if name in env else True
            more = () if name in env else (result,)
            _add(self.logic, rows, (*values, *more), self.logic.all(self.logic.any(guards), guard, equal))
        return State(state.names if name in state.names else (*state.names, name), rows)

    def _bindings(self, atom: Atom, env: Mapping[str, Value]) -> list[tuple[Mapping[str, Value], Guard]]:
        """What an aggregate counts: one binding per member, its number only read off where it
        determines it.
        """
        found: list[tuple[Mapping[str, Value], Guard]] = []
        for row, guard in self._matches(atom, env):
            inner = {
                t.name: value
                for t, value in zip(atom.terms, row[0], strict=True)
                if isinstance(t, Var) and t.name not in env
            }
            found.append((inner, guard))
        keys = [tuple(v for v in inner.values() if self.logic.known(v)) for inner, _ in found]
        if len(set(keys)) != len(keys):
            raise Unsupported("an aggregate counts plain values")
        return found


@dataclass(frozen=True)
class State:
    """Bindings of variables so far, each with the conditions under which it holds."""

    names: tuple[str, ...]
    rows: dict[tuple[object, ...], tuple[tuple[Value, ...], list[Guard]]]

    def projected(self, logic: Logic, needed: set[str]) -> State:
        """The same, with what is no longer needed forgotten."""
        kept = [index for index, name in enumerate(self.names) if name in needed]
        if len(kept) == len(self.names):
            return self
        rows: dict[tuple[object, ...], tuple[tuple[Value, ...], list[Guard]]] = {}
        for values, guards in self.rows.values():
            _add(logic, rows, tuple(values[index] for index in kept), logic.any(guards))
        return State(tuple(self.names[index] for index in kept), rows)


def _add(
    logic: Logic,
    rows: dict[tuple[object, ...], tuple[tuple[Value, ...], list[Guard]]],
    values: tuple[Value, ...],
    guard: Guard,
) -> None:
    if guard is not False:
        rows.setdefault(tuple(map(logic.key, values)), (values, []))[1].append(guard)


def _variables(literal: Literal) -> set[str]:
    """The variables of a literal other than wildcards; of an aggregate, those that it shares with the
    rule.
    """
    if isinstance(literal, Atom):
        return {t.name for t in literal.terms if isinstance(t, Var) and not t.is_wildcard}
    if isinstance(literal, Aggregate):
        return {each.name for each in literal.group} | {literal.result.name}
    sides = (literal.left, literal.right) if isinstance(literal, Compare) else literal.args
    return {name for each in sides for name in variables_of(each)}


def _binds(literal: Literal, bound: set[str]) -> str | None:
    """The variable that an equation gives a value to."""
    if not isinstance(literal, Compare) or literal.op != "=":
        return None
    for side, other in ((literal.left, literal.right), (literal.right, literal.left)):
        if isinstance(side, Var) and side.name not in bound and set(variables_of(other)) <= bound:
            return side.name
    return None


__all__ = ["Table", "Tables"]
