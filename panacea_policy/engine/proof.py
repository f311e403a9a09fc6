"""Proofs of smallest height, rebuilt on demand from the part of the model that a row rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.check import BodyInfo, CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.derivations import InstancePlan, positive_atoms
from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.heights import Heights
from panacea_policy.engine.plan import Planner, const_code, row_name
from panacea_policy.engine.steps import run_steps
from panacea_policy.engine.table import Table
from panacea_policy.engine.terms import Aggregate, Atom, Compare, Const, Literal, Rule, Test
from panacea_policy.engine.values import Codes

_HEAD = "#head"


@dataclass(frozen=True, slots=True)
class NegatedPremise:
    """No row of ``atom.relation`` has these values; a wildcard's place is None."""

    atom: Atom
    row: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class TestPremise:
    """A comparison or test that holds for the proof's bindings."""

    #: Keeps pytest from taking the class for a group of tests.
    __test__ = False

    literal: Compare | Test


@dataclass(frozen=True, slots=True)
class AggregatePremise:
    """``value`` is what the aggregate gives for this ``group``; ``members`` are the bindings it took."""

    aggregate: Aggregate
    group: Mapping[str, object]
    value: object
    members: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Proof:
    """Why a row holds: a fact (``rule`` None, height 0), or a rule whose body holds for ``bindings``.

    ``premises`` are in the order of the rule's body. ``height`` is one more than that of the highest premise
    that is a proof, and no proof of the row has a smaller one. Premises are shared: `walk` meets each once.
    """

    relation: str
    row: tuple[object, ...]
    rule: Rule | None
    bindings: Mapping[str, object]
    premises: tuple[Premise, ...]
    height: int

    def __repr__(self) -> str:
        by = "fact" if self.rule is None else f"rule {self.rule.name}"
        return f"<Proof of {self.relation}{self.row!r} by {by}, height {self.height}>"

    def walk(self) -> Iterator[Proof]:
        """This proof and all that it rests on, each once, premises after what they support."""
        seen = {id(self)}
        todo = [self]
        while todo:
            proof = todo.pop()
            yield proof
            for premise in reversed(proof.premises):
                if isinstance(premise, Proof) and id(premise) not in seen:
                    seen.add(id(premise))
                    todo.append(premise)


Premise = Proof | NegatedPremise | TestPremise | AggregatePremise

_Node = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Instances:
    """Instances of a rule, sorted by head row: the frame has its variables and its premises' rows."""

    checked: CheckedRule
    atoms: tuple[tuple[int, str], ...]
    frame: Frame

    def of(self, row: int) -> range:
        """The instances that derive the row."""
        heads = self.frame.columns[_HEAD]
        first, last = np.searchsorted(heads, [row, row + 1])
        return range(int(first), int(last))


class Prover:
    """Finds proofs over the final relations. What one proof explored is kept for the next."""

    def __init__(
        self,
        compiled: Compiled,
        context: Context,
        given: Mapping[str, NDArray[np.bool_]],
        table: Callable[[str], Table],
    ) -> None:
        self._compiled = compiled
        self._context = context
        self._table = table
        self._heights = Heights({name: rel.size for name, rel in context.relations.items()}, given)
        self._plans: dict[int, InstancePlan] = {}
        #: By row, the instances that derive it, among those of the other rows explored at the same time
        self._instances: dict[_Node, list[_Instances]] = {}
        self._proofs: dict[_Node, Proof] = {}
        self._by_head: dict[str, list[CheckedRule]] = {}
        for checked in compiled.rules:
            self._by_head.setdefault(checked.rule.head.relation, []).append(checked)

    def prove(self, relation: str, row: int) -> Proof:
        """A proof of smallest height of a row, given by its number in order of insertion.

        Of several, it is the one by the first rule and with the first premises in the order of the tables.
        """
        self._explore(relation, row)
        goal = (relation, row)
        todo = [goal]
        while todo:
            node = todo[-1]
            if node in self._proofs:
                todo.pop()
                continue
            chosen = self._choose(node)
            missing = [] if chosen is None else [p for p in _premises(*chosen) if p not in self._proofs]
            if missing:
                todo.extend(missing)
                continue
            self._proofs[node] = self._build(node, chosen)
            todo.pop()
        return self._proofs[goal]

    def _explore(self, relation: str, row: int) -> None:
        """Finds, wave by wave, every instance that a row may rest on; settles the heights."""
        heights = self._heights
        frontier = {relation: np.array([row])}
        batches: list[tuple[str, Codes, list[tuple[str, Codes]]]] = []
        while frontier:
            reached: dict[str, list[Codes]] = {}
            for name, rows in frontier.items():
                rows = heights.take_unexplored(name, rows)
                if not len(rows):
                    continue
                waves = [self._instances_of(checked, rows) for checked in self._by_head.get(name, ())]
                self._instances.update(((name, row), waves) for row in rows.tolist())
                for found in waves:
                    premises = [(rel, found.frame.columns[row_name(at)]) for at, rel in found.atoms]
                    batches.append((name, found.frame.columns[_HEAD], premises))
                    for rel, premise_rows in premises:
                        reached.setdefault(rel, []).append(premise_rows)
            frontier = {name: np.unique(np.concatenate(parts)) for name, parts in reached.items()}
        heights.settle(batches)

    def _instances_of(self, checked: CheckedRule, rows: Codes) -> _Instances:
        """The instances of a rule that derive one of these rows."""
        head = checked.rule.head
        relation = self._context.relations[head.relation]
        types = self._compiled.decls[head.relation].types
        chosen = np.ones(len(rows), np.bool_)
        columns: dict[str, Codes] = {_HEAD: rows}
        for position, (term, type) in enumerate(zip(head.terms, types, strict=True)):
            codes = relation.column(position)[rows]
            if isinstance(term, Const):
                chosen &= codes == const_code(term, type)
            elif term.name in columns:
                chosen &= codes == columns[term.name]
            else:
                columns[term.name] = codes
        start = Frame(len(rows), columns).select(chosen, columns)
        plan = self._plans.get(checked.position)
        if plan is None:
            plan = InstancePlan.make(checked, self._compiled, self._context, columns)
            self._plans[checked.position] = plan
        frame = plan.run(self._context, start)
        frame = frame.select(np.argsort(frame.columns[_HEAD], kind="stable"), frame.columns)
        atoms = tuple((position, atom.relation) for position, atom in positive_atoms(checked.rule))
        return _Instances(checked, atoms, frame)

    def _choose(self, node: _Node) -> tuple[_Instances, int] | None:
        """The instance to derive a row by; None for a fact."""
        relation, row = node
        height = self._heights.of(relation, row)
        if not height:
            return None
        best: tuple[tuple[int, ...], _Instances, int] | None = None
        for instances in self._instances[node]:
            for number in instances.of(row):
                premises = _premises(instances, number)
                if max((self._heights.of(*p) for p in premises), default=0) != height - 1:
                    continue
                rank = (instances.checked.position, *self._rank(instances, number, premises))
                if best is None or rank < best[0]:
                    best = rank, instances, number
        # INVARIANT: a row that is no fact was derived, so some instance gave it its height.
        assert best is not None
        return best[1], best[2]

    def _rank(self, instances: _Instances, number: int, premises: Sequence[_Node]) -> Iterator[int]:
        """Orders the instances of one rule by premises and bindings, whatever the order of insertion."""
        for name, row in premises:
            yield int(self._table(name).positions(np.array([row]))[0])
        for name in sorted(instances.checked.info.scope.bound):
            yield int(instances.frame.columns[name][number])

    def _build(self, node: _Node, chosen: tuple[_Instances, int] | None) -> Proof:
        relation, row = node
        types = self._compiled.decls[relation].types
        codes = self._context.relations[relation].columns(row, row + 1)
        values = tuple(
            self._context.value(int(column[0]), type) for column, type in zip(codes, types, strict=True)
        )
        if chosen is None:
            return Proof(relation, values, None, {}, (), 0)
        instances, number = chosen
        checked = instances.checked
        found = {name: int(instances.frame.columns[name][number]) for name in checked.info.scope.bound}
        proofs = iter([self._proofs[premise] for premise in _premises(instances, number)])
        premises: list[Premise] = []
        for position, literal in enumerate(checked.rule.body):
            if isinstance(literal, Atom) and not literal.negated:
                premises.append(next(proofs))
            else:
                premises.append(self._leaf(literal, position, checked.info, found))
        bindings = self._decoded(found, checked.info)
        height = self._heights.of(relation, row)
        return Proof(relation, values, checked.rule, bindings, tuple(premises), height)

    def _leaf(
        self, literal: Literal, position: int, info: BodyInfo, found: Mapping[str, int]
    ) -> NegatedPremise | TestPremise | AggregatePremise:
        if isinstance(literal, Compare | Test):
            return TestPremise(literal)
        if isinstance(literal, Aggregate):
            return self._aggregate(literal, info.inner[position], info, found)
        row: list[object] = []
        for term, type in zip(literal.terms, self._compiled.decls[literal.relation].types, strict=True):
            if isinstance(term, Const):
                row.append(self._context.value(const_code(term, type), type))
            elif term.is_wildcard:
                row.append(None)
            else:
                row.append(self._context.value(found[term.name], type))
        return NegatedPremise(literal, tuple(row))

    def _aggregate(
        self, aggregate: Aggregate, inner: BodyInfo, info: BodyInfo, found: Mapping[str, int]
    ) -> AggregatePremise:
        group = {var.name: found[var.name] for var in aggregate.group}
        planner = Planner(self._compiled.decls, self._context.relations)
        names = sorted(inner.scope.bound)
        start = {name: np.array([code]) for name, code in group.items()}
        steps = planner.plan(aggregate.body, inner, names, start=start)
        members: set[tuple[int, ...]] = set()

        def collect(frame: Frame) -> None:
            members.update(zip(*(frame.columns[name].tolist() for name in names), strict=True))
            if not names:
                members.add(())

        run_steps(steps, Frame(1, start), self._context, collect)
        return AggregatePremise(
            aggregate,
            self._decoded(group, info),
            self._decoded({aggregate.result.name: found[aggregate.result.name]}, info)[aggregate.result.name],
            tuple(self._decoded(dict(zip(names, codes, strict=True)), inner) for codes in sorted(members)),
        )

    def _decoded(self, codes: Mapping[str, int], info: BodyInfo) -> dict[str, object]:
        return {name: self._context.value(codes[name], info.types[name]) for name in sorted(codes)}


def _premises(instances: _Instances, number: int) -> list[_Node]:
    """The rows that an instance rests on, in the order of the body."""
    return [(name, int(instances.frame.columns[row_name(at)][number])) for at, name in instances.atoms]
