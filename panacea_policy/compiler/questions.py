"""Which unset attributes a possible verdict rests on, where only a proof can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from panacea_policy.engine import Aggregate, Atom, Literal, NegatedPremise, Proof, Result

#: Rows of a negated relation that are looked into; more would ask for everything at once.
MAX_ROWS = 20


class Unknowns:
    """Finds them in the proofs of one result."""

    def __init__(self, result: Result) -> None:
        self._result = result
        #: The relations that were looked at for the last answer, beside that of the verdict.
        self.looked: set[str] = set()

    def behind(
        self, relation: str, row: tuple[object, ...], about: frozenset[object]
    ) -> list[tuple[str, str]]:
        """(entity, attribute) pairs, each once. ``about``: symbols of the subjects."""
        self.looked = set()
        proof = self._result.explain(relation, row)
        found = dict.fromkeys(_unset(proof))
        if not found:
            # What does not hold has no proof; that it might hold has one, in the possible form.
            for name in self._negated(proof):
                for each in self._possible_rows(name, about):
                    found.update(dict.fromkeys(_unset(self._result.explain(name, each))))
        return list(found)

    # ------------------------------------------------------------------------------------------ internals

    def _negated(self, proof: Proof) -> Iterator[str]:
        """Possible forms of the relations whose absence a proof rests on, also through auxiliary ones."""
        queue = [
            premise.atom.relation
            for each in proof.walk()
            for premise in each.premises
            if isinstance(premise, NegatedPremise)
        ]
        seen: set[str] = set()
        while queue:
            name = queue.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if "/" in name:
                queue.extend(self._reads.get(name, ()))
            elif not name.endswith("?") and f"{name}?" in self._result.compiled.decls:
                yield f"{name}?"

    def _possible_rows(self, name: str, about: frozenset[object]) -> Iterator[tuple[object, ...]]:
        """Rows that only may hold and that speak of the subject."""
        self.looked.update((name, name.removesuffix("?")))
        certain = set(self._result.rows(name.removesuffix("?")))
        count = 0
        for row in self._result.rows(name):
            if count < MAX_ROWS and row not in certain and not about.isdisjoint(row):
                count += 1
                yield row

    @cached_property
    def _reads(self) -> Mapping[str, set[str]]:
        """Which relations the rules of each auxiliary relation read."""
        reads: dict[str, set[str]] = {}
        for rule in self._result.compiled.program.rules:
            if "/" in rule.head.relation:
                reads.setdefault(rule.head.relation, set()).update(_relations(rule.body))
        return reads


def _unset(proof: Proof) -> Iterator[tuple[str, str]]:
    for each in proof.walk():
        if each.rule is None and each.relation.endswith(" unset") and isinstance(each.row[0], tuple):
            yield str(each.row[0][0]), each.relation.removesuffix(" unset").rpartition(".")[2]


def _relations(body: tuple[Literal, ...]) -> Iterator[str]:
    for literal in body:
        if isinstance(literal, Atom):
            yield literal.relation
        elif isinstance(literal, Aggregate):
            yield from _relations(literal.body)
