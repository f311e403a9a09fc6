"""What an evaluation gives: tables, and on demand derivations and proofs."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING
from weakref import ref

import msgspec
import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.derivations import Derivations, Supports, derive, supports
from panacea_policy.engine.frame import Context, Limits
from panacea_policy.engine.given import Given
from panacea_policy.engine.proof import Proof, Prover
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.table import Table
from panacea_policy.engine.terms import Atom
from panacea_policy.engine.values import Symbols

if TYPE_CHECKING:
    from panacea_policy.engine.why_not import Asker, WhyNot


class RuleStats(msgspec.Struct):
    """How many times a rule was run and how many new rows it gave."""

    rounds: int = 0
    tuples: int = 0


class Differences(msgspec.Struct):
    """How a result differs from an earlier one of the same program.

    ``changed``: relations that may have other rows now; others have the same, in the same order.
    ``touched``: those that may also be derived in other ways: they, or what they rest on, changed; proofs of
    all others are what they were.
    """

    since: ref[Result]
    changed: set[str]
    touched: set[str]


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
        rounds: Mapping[str, Sequence[int]] = MappingProxyType({}),
        differences: Differences | None = None,
    ) -> None:
        self.compiled = compiled
        self.symbols = symbols
        #: By position of the rule in the program; a rule that never ran has none.
        self.stats = stats
        self._relations = relations
        #: The facts, by relation; not to be changed.
        self.facts = facts
        self._given = Given(facts, relations)
        self._limits = limits
        #: Of each relation of a recursive stratum, its size as each round began.
        self.rounds = rounds
        #: What is known of how it differs from the result that it was made to follow, if it was.
        self.differences = differences
        self._tables: dict[str, Table] = {}
        self._derivations: dict[str, Derivations] = {}
        self._prover: Prover | None = None
        self._asker: Asker | None = None
        self._outdated = False

    def outdate(self) -> None:
        """The relations are about to change: what has not been made by now is refused from now on."""
        self._outdated = True

    @property
    def current(self) -> bool:
        """Whether the relations are still what was derived."""
        return not self._outdated

    @property
    def relations(self) -> Mapping[str, Relation]:
        """The rows as the engine holds them, by relation; not to be changed."""
        return self._relations

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
        return self._given.rows(name)[table.numbers(np.arange(len(table)))]

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

    def supports(self, rule: CheckedRule, kept: Collection[str]) -> Supports:
        """What the heads of a rule of this program follow from, as far as the relations ``kept`` go.

        Made anew each time.
        """
        self._require_current()
        return supports(rule, self.compiled, Context(self._relations, self.symbols, self._limits), kept)

    def explain(self, relation: str, row: Sequence[Hashable]) -> Proof:
        """A proof of smallest height of a row, given by its Python values as in `rows`.

        Raises KeyError for a row that does not hold or a relation that was not evaluated.
        """
        prover = self._proving()
        if relation not in self._relations:
            raise KeyError(relation)
        number = prover.find(relation, row)
        if number is None:
            raise KeyError((relation, tuple(row)))
        return prover.prove(relation, number)

    def rows_like(self, relation: str, row: Sequence[Hashable], most: int) -> list[tuple[object, ...]]:
        """At most so many rows that agree with one in which None stands for any value, the first in order.

        Raises KeyError for a relation that was not evaluated and ValueError for a row of another width.
        """
        if relation not in self._relations:
            raise KeyError(relation)
        return self._asking().rows_like(relation, row, most)

    def pattern(self, atom: Atom, bindings: Mapping[str, object]) -> tuple[object, ...]:
        """The row that an atom asks for under some bindings; None where any value will do."""
        return self._asking().pattern(atom, bindings)

    def why_not(self, relation: str, row: Sequence[Hashable]) -> WhyNot:
        """Why a row does not hold: the nearest rule instances, and what they lack.

        The row is given by its Python values as in `rows`; None stands for any value. Raises KeyError for a
        relation that was not evaluated and ValueError for a row that is none of the relation or holds.
        """
        if relation not in self._relations:
            raise KeyError(relation)
        if None not in row and self._proving().find(relation, row) is not None:
            raise ValueError(f"{relation}{tuple(row)!r} holds")
        return self._asking().why_not(relation, row)

    def _asking(self) -> Asker:
        self._require_current()
        if self._asker is None:
            from panacea_policy.engine.why_not import Asker

            self._asker = Asker(self.compiled, Context(self._relations, self.symbols, self._limits))
        return self._asker

    def _proving(self) -> Prover:
        self._require_current()
        if self._prover is None:
            context = Context(self._relations, self.symbols, self._limits)
            self._prover = Prover(self.compiled, context, self._given, self.rounds)
        return self._prover

    def _require_current(self) -> None:
        if self._outdated:
            raise RuntimeError("the facts have changed since this result was made; take a new one")
