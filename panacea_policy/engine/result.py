"""What an evaluation gives: tables, and on demand derivations and proofs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.derivations import Derivations, derive
from panacea_policy.engine.frame import Context, Limits
from panacea_policy.engine.proof import Proof, Prover
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.table import Table
from panacea_policy.engine.values import Symbols, Type


@dataclass(slots=True)
class RuleStats:
    """How many times a rule was run and how many new rows it gave."""

    rounds: int = 0
    tuples: int = 0


class Result:
    """The least model of a program over its facts.

    Tables, derivations and proofs are made when asked for and kept.
    """

    def __init__(
        self,
        compiled: Compiled,
        symbols: Symbols,
        relations: Mapping[str, Relation],
        facts: Mapping[str, Relation],
        stats: Mapping[int, RuleStats],
        limits: Limits,
    ) -> None:
        self.compiled = compiled
        self.symbols = symbols
        #: By position of the rule in the program; a rule that never ran has none.
        self.stats = stats
        self._relations = relations
        self._facts = facts
        self._limits = limits
        self._tables: dict[str, Table] = {}
        self._derivations: dict[str, Derivations] = {}
        self._prover: Prover | None = None
        self._outdated = False

    def outdate(self) -> None:
        """The relations are about to change: what has not been made by now is refused from now on."""
        self._outdated = True

    def table(self, name: str) -> Table:
        """All rows of a relation, sorted. Raises KeyError for one that was not evaluated."""
        found = self._tables.get(name)
        if found is None:
            self._require_current()
            relation = self._relations[name]
            found = self._tables[name] = Table(name, self.compiled.decls[name].types, relation)
        return found

    def rows(self, name: str) -> list[tuple[object, ...]]:
        """The rows of `table` as tuples of Python values, symbols decoded."""
        return self.table(name).rows(self.symbols)

    def given(self, name: str) -> NDArray[np.bool_]:
        """Which rows of `table` are facts of the database. Shape (len(table(name)),)."""
        self._require_current()
        table = self.table(name)
        return self._given(name)[table.numbers(np.arange(len(table)))]

    def _given(self, name: str) -> NDArray[np.bool_]:
        """Which rows, by number, are facts."""
        facts, relation = self._facts[name], self._relations[name]
        if facts is relation:
            return np.ones(relation.size, np.bool_)
        return facts.find(relation.columns(), relation.size) >= 0

    def derivations(self, name: str) -> Derivations:
        """Every rule instance that derives a row of the relation.

        Raises KeyError for one that was not evaluated.
        """
        found = self._derivations.get(name)
        if found is None:
            self._require_current()
            if name not in self._relations:
                raise KeyError(name)
            context = Context(self._relations, self.symbols, self._limits)
            found = self._derivations[name] = derive(name, self.compiled, context, self.table)
        return found

    def explain(self, relation: str, row: Sequence[Hashable]) -> Proof:
        """A proof of smallest height of a row, given by its Python values as in `rows`.

        Raises KeyError for a row that does not hold or a relation that was not evaluated.
        """
        self._require_current()
        table = self.table(relation)
        codes: list[int | float] = []
        for value, type in zip(row, table.types, strict=True):
            code = self.symbols.find(value) if type is Type.SYMBOL else value
            if not isinstance(code, int | float):
                raise KeyError((relation, tuple(row)))
            codes.append(code)
        position = table.find(codes)
        if position is None:
            raise KeyError((relation, tuple(row)))
        if self._prover is None:
            context = Context(self._relations, self.symbols, self._limits)
            given = {name: self._given(name) for name in self._relations}
            self._prover = Prover(self.compiled, context, given, self.table)
        return self._prover.prove(relation, int(table.numbers(np.array([position]))[0]))

    def _require_current(self) -> None:
        if self._outdated:
            raise RuntimeError("the facts have changed since this result was made; take a new one")
