"""Finds how high a row is, and by which rule instances, looking at no more of the model than it takes."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import msgspec
import numpy as np

from panacea_policy.engine.bounds import Bounds
from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.derivations import InstancePlan, positive_atoms
from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.plan import row_name
from panacea_policy.engine.terms import Const, const_code
from panacea_policy.engine.values import Codes

Node = tuple[str, int]
"""A row of a relation, by its number in order of insertion."""


class Step(msgspec.Struct, frozen=True):
    """The instance that a row is derived by: the rule, the codes of its variables, the rows it rests on."""

    checked: CheckedRule
    bindings: dict[str, int]
    premises: tuple[Node, ...]


class TooWide(Exception):
    """The search has tried more instances than it was allowed to."""


class Search:
    """Settles rows one by one, from the goal down, trying what may be lowest first.

    To know whether a row can have height h it takes an instance whose premises can all have at most h - 1,
    and asks the same of each. What cannot is never asked again, and what a lower bound rules out is not asked
    at all: with bounds that are close, hardly anything is looked at but the proof itself. The first of the
    heights tried is the lowest possible one, so the first that is found is the height.

    No row is asked for while it is being asked with the same h, for h falls with every premise.
    """

    def __init__(self, compiled: Compiled, context: Context, bounds: Bounds) -> None:
        self._compiled = compiled
        self._context = context
        self._bounds = bounds
        self._plans: dict[int, InstancePlan] = {}
        self._rules: dict[str, list[CheckedRule]] = {}
        for checked in compiled.rules:
            self._rules.setdefault(checked.rule.head.relation, []).append(checked)
        #: The number of all rows, once somebody has asked for it.
        self._highest: int | None = None
        self._heights: dict[Node, int] = {}
        self._steps: dict[Node, Step | None] = {}
        #: Rows whose bound has been found to be higher than `Bounds` knows.
        self._raised: dict[Node, int] = {}
        self._instances: dict[tuple[Node, int], _Instances] = {}
        #: Instances tried in vain for the last goal.
        self.tried = 0
        self._most: int | None = None

    def height(self, node: Node) -> int:
        """The height of a row that has been settled."""
        return self._heights[node]

    def step(self, node: Node) -> Step | None:
        """How a settled row is derived; None for a fact."""
        return self._steps[node]

    def settle(self, goal: Node, most: int | None = None) -> None:
        """Finds the height and the step of a row that holds, and of all that its proof rests on.

        Of the instances that give a row its height it takes the one by the first rule and with the first
        premises, in the order of their values. Raises TooWide after ``most`` instances.
        """
        self.tried, self._most = 0, most
        if self._highest is None:
            self._highest = sum(relation.size for relation in self._context.relations.values())
        path = [self._ask(goal, self._highest)]
        answer: bool | None = None
        try:
            while path:
                try:
                    premise, cap = path[-1].send(answer)
                except StopIteration as done:
                    path.pop()
                    answer = done.value
                else:
                    path.append(self._ask(premise, cap))
                    answer = None
        finally:
            # Only what was settled is kept: instances take much more room than steps.
            self._instances.clear()
        # INVARIANT: a row that holds has some height, which is less than the number of all rows.
        assert answer

    def _ask(self, node: Node, cap: int) -> Generator[tuple[Node, int], bool | None, bool]:
        """Whether a row has a height of at most ``cap``; settles it if so. Yields what it asks in turn."""
        known = self._heights.get(node)
        if known is not None:
            return known <= cap
        height = self._bound(node)
        if not height:
            self._heights[node], self._steps[node] = 0, None
            return True
        while height <= cap:
            for number in range(len(self._rules[node[0]])):
                instances = self._instances_of(node, number)
                for instance in instances.below(height):
                    premises = instances.premises(instance)
                    for premise in premises:
                        found = self._heights.get(premise)
                        if found is not None:
                            if found >= height:
                                break
                        elif self._raised.get(premise, 0) >= height or not (yield premise, height - 1):
                            break
                    else:
                        self._heights[node] = height
                        self._steps[node] = instances.step(instance)
                        return True
                    self._count()
            rules = range(len(self._rules[node[0]]))
            least = min(self._instances_of(node, number).least() for number in rules)
            height = max(height, least) + 1
            self._raised[node] = height
        return False

    def _bound(self, node: Node) -> int:
        bound = int(self._bounds.of(node[0], np.array([node[1]]))[0])
        return max(bound, self._raised.get(node, 0))

    def _count(self) -> None:
        self.tried += 1
        if self._most is not None and self.tried > self._most:
            raise TooWide

    def _instances_of(self, node: Node, number: int) -> _Instances:
        found = self._instances.get((node, number))
        if found is None:
            found = self._instances[node, number] = self._find(self._rules[node[0]][number], node[1])
        return found

    def _find(self, checked: CheckedRule, row: int) -> _Instances:
        """The instances of a rule that derive a row."""
        head, context = checked.rule.head, self._context
        relation = context.relations[head.relation]
        start: dict[str, Codes] = {}
        agrees = True
        for position, (term, type) in enumerate(
            zip(head.terms, self._compiled.decls[head.relation].types, strict=True)
        ):
            code = relation.column(position, row, row + 1)
            if isinstance(term, Const):
                agrees = agrees and int(code[0]) == const_code(term, type)
            elif term.name in start:
                agrees = agrees and int(code[0]) == int(start[term.name][0])
            else:
                start[term.name] = code
        if not agrees:
            return _Instances(checked, Frame(0, {}), context, self._bounds)
        plan = self._plans.get(checked.position)
        if plan is None:
            plan = InstancePlan.make(checked, self._compiled, context, start)
            self._plans[checked.position] = plan
        context.matches = 0
        return _Instances(checked, plan.run(context, Frame(1, start)), context, self._bounds)


class _Instances(msgspec.Struct, eq=False):
    """The instances of a rule that derive one row; the frame has its variables and its premises' rows."""

    checked: CheckedRule
    frame: Frame
    context: Context
    bounds: Bounds
    _lows: Codes | None = None

    def premises(self, number: int) -> tuple[Node, ...]:
        """The rows that an instance rests on, in the order of the body."""
        columns = self.frame.columns
        found = positive_atoms(self.checked.rule)
        return tuple((atom.relation, int(columns[row_name(at)][number])) for at, atom in found)

    def step(self, number: int) -> Step:
        """An instance, to be kept."""
        bindings = {
            name: int(self.frame.columns[name][number]) for name in sorted(self.checked.info.scope.bound)
        }
        return Step(self.checked, bindings, self.premises(number))

    def least(self) -> int:
        """A bound of the highest premise of the instance where that is lowest."""
        return int(self._highest().min(initial=_NONE))

    def below(self, height: int) -> Iterator[int]:
        """The instances whose premises may all be below a height, in order."""
        chosen = np.flatnonzero(self._highest() < height)
        if len(chosen) <= 1:
            yield from chosen.tolist()
            return
        # Mostly the first is all that is asked for.
        first = chosen
        for rank in self._ranks():
            values = rank[first]
            first = first[values == values.min()]
            if len(first) == 1:
                break
        yield int(first[0])
        rest = chosen[chosen != first[0]]
        ranks = [rank[rest] for rank in self._ranks()]
        yield from rest[np.lexsort(ranks[::-1])].tolist()

    def _highest(self) -> Codes:
        """Of each instance, a bound of its highest premise."""
        if self._lows is None:
            self._lows = np.zeros(self.frame.count, np.int64)
            if self.frame.count:
                for at, atom in positive_atoms(self.checked.rule):
                    rows = self.frame.columns[row_name(at)]
                    np.maximum(self._lows, self.bounds.of(atom.relation, rows), out=self._lows)
        return self._lows

    def _ranks(self) -> Iterator[Codes]:
        """What orders instances, whatever the order of insertion: values of the premises, then bindings."""
        for at, atom in positive_atoms(self.checked.rule):
            relation = self.context.relations[atom.relation]
            rows = self.frame.columns[row_name(at)]
            for position in range(relation.arity):
                yield relation.column(position)[rows]
        for name in sorted(self.checked.info.scope.bound):
            yield self.frame.columns[name]


#: The bound of a rule without instances.
_NONE = 1 << 40
