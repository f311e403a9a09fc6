"""Proofs of smallest height, rebuilt on demand from what a `search` has settled."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from panacea_policy.engine.bounds import Bounds
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.frame import Context
from panacea_policy.engine.given import Given
from panacea_policy.engine.heights import heights_of
from panacea_policy.engine.lookup import Lookups
from panacea_policy.engine.premises import (
    AggregatePremise,
    Leaves,
    NegatedPremise,
    TestPremise,
    row_codes,
    row_values,
)
from panacea_policy.engine.search import Node, Search, Step, TooWide
from panacea_policy.engine.terms import Atom, Rule


class Proof(msgspec.Struct, frozen=True, eq=False):
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

#: A proof may try so many instances before the heights of all rows are found instead.
_MOST_TRIED = 2_000


class Prover:
    """Finds proofs over the final relations. What one proof needed is kept for the next.

    ``rounds``: see `Bounds`. The relations must not change any more.
    """

    def __init__(
        self,
        compiled: Compiled,
        context: Context,
        given: Given,
        rounds: Mapping[str, Sequence[int]],
    ) -> None:
        self._compiled = compiled
        self._whole = context
        self._given = given
        self._context = Context(Lookups(context.relations), context.symbols, context.limits)
        sizes = {name: relation.count for name, relation in context.relations.items()}
        self._bounds = Bounds(compiled, sizes, given, rounds)
        self._search = Search(compiled, self._context, self._bounds)
        self._leaves = Leaves(compiled, self._context)
        self._proofs: dict[Node, Proof] = {}

    @property
    def tried(self) -> int:
        """The instances that the last proof tried in vain."""
        return self._search.tried

    def find(self, relation: str, row: Sequence[Hashable]) -> int | None:
        """The number of a row given by its Python values; None for one that does not hold.

        Raises ValueError for a row of another width.
        """
        codes = row_codes(row, self._compiled.decls[relation].types, self._context)
        if codes is None:
            return None
        number = int(self._context.relations[relation].find([np.array([code]) for code in codes], 1)[0])
        return None if number < 0 else number

    def prove(self, relation: str, row: int) -> Proof:
        """A proof of smallest height of a row, given by its number in order of insertion.

        Of several, it is the one by the first rule and with the first premises in the order of the tables.
        """
        goal = (relation, row)
        try:
            self._search.settle(goal, _MOST_TRIED)
        except TooWide:
            self._bounds.learn(heights_of(self._compiled, self._whole, self._given, relation))
            self._search.settle(goal)
        todo = [goal]
        while todo:
            node = todo[-1]
            step = self._search.step(node)
            missing = [] if step is None else [p for p in step.premises if p not in self._proofs]
            if missing:
                todo.extend(missing)
                continue
            todo.pop()
            if node not in self._proofs:
                self._proofs[node] = self._build(node, step)
        return self._proofs[goal]

    def _build(self, node: Node, step: Step | None) -> Proof:
        relation, row = node
        types = self._compiled.decls[relation].types
        codes = self._context.relations[relation].columns(row, row + 1)
        values = row_values([int(column[0]) for column in codes], types, self._context)
        if step is None:
            return Proof(relation, values, None, {}, (), 0)
        checked = step.checked
        proofs = iter([self._proofs[premise] for premise in step.premises])
        premises: list[Premise] = []
        for position, literal in enumerate(checked.rule.body):
            if isinstance(literal, Atom) and not literal.negated:
                premises.append(next(proofs))
            else:
                premises.append(self._leaves.leaf(literal, position, checked.info, step.bindings))
        bindings = self._leaves.decoded(step.bindings, checked.info)
        return Proof(relation, values, checked.rule, bindings, tuple(premises), self._search.height(node))
