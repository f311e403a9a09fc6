"""A result that is kept up to date while facts and rules change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.delta import DeltaPlans
from panacea_policy.engine.evaluate import Run, tables_of
from panacea_policy.engine.frame import Limits
from panacea_policy.engine.increment import Increment, Order
from panacea_policy.engine.kernels import Form, using
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.result import Result
from panacea_policy.engine.stratify import Stratum
from panacea_policy.engine.table import Database
from panacea_policy.engine.values import Column, Symbols, decode

#: Relations are rid of rows taken away when these are more than one in so many.
_MOST_DEAD = 4

Rows = Mapping[str, Sequence[ArrayLike]]
"""Rows by relation, each as columns of one length; see `Database.insert`."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a change of the facts or rules changed: rows by relation, in columns as in `Table.columns`.

    ``anew``: the strata that were derived in full, because that was less work.
    """

    added: Mapping[str, tuple[Column, ...]]
    removed: Mapping[str, tuple[Column, ...]]
    anew: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class _Edit:
    """One change of the facts of a relation, as it was carried out."""

    name: str
    gone: Relation
    new: Relation


class _Total:
    """Numbers by name, and their sum."""

    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers
        self.total = sum(numbers.values())

    def set(self, name: str, number: int) -> None:
        """Puts a number in the place of the one before."""
        self.total += number - self._numbers.get(name, 0)
        self._numbers[name] = number


class Live:
    """The least model of a program over facts that come and go.

    At any time `result` equals what `evaluate` gives for the facts and rules of that time.
    """

    def __init__(
        self,
        compiled: Compiled,
        database: Database,
        *,
        limits: Limits | None = None,
        kernels: Form | None = None,
    ) -> None:
        """Evaluates in full; see `evaluate`. The database is left as it is, but for its symbols.

        Raises EvaluationError, as `evaluate` does.
        """
        self._kernels = kernels
        self._symbols: Symbols = database.symbols
        self._limits = limits or Limits()
        self._compiled = compiled
        # Copies share their columns with the database until they change.
        self._facts = {
            name: database.stored(name, decl.types).copy() for name, decl in compiled.decls.items()
        }
        self._work: dict[frozenset[str], int] = {}
        self._run = self._evaluated()
        self._settle()
        self._result: Result | None = None

    @property
    def compiled(self) -> Compiled:
        """The program in force."""
        return self._compiled

    @property
    def result(self) -> Result:
        """What holds now.

        The next `apply` outdates it: tables made by then stay as they are, anything new is refused.
        """
        if self._result is None:
            relations = {name: self._run.relations[name] for name in self._compiled.decls}
            self._result = Result(
                self._compiled, self._symbols, relations, dict(self._facts), self._run.stats, self._limits
            )
        return self._result

    def apply(
        self, insert: Rows | None = None, retract: Rows | None = None, *, program: Compiled | None = None
    ) -> Changes:
        """Takes facts away, then adds others, and puts another program in force; gives what changed.

        Facts that are not there cannot be taken away, and those that are there not be added: both are passed
        over. A row that rules derive as well stays when it is no fact any more. ``program``: over the same
        symbols; relations that both programs have keep their facts, those that it does not declare are
        dropped. Raises KeyError for a relation that is not declared, and EvaluationError as `evaluate` does;
        then nothing has changed.
        """
        before = self._compiled
        after = program or before
        gone, new = self._checked(retract or {}, after), self._checked(insert or {}, after)
        for name in gone.keys() & new.keys():
            staying = new[name].find(gone[name].columns(), gone[name].size) >= 0
            gone[name].retract(np.flatnonzero(staying))
            gone[name] = gone[name].compacted()[0]
        edits: list[_Edit] = []
        facts = dict(self._facts)
        if self._result is not None:
            self._result.outdate()
            self._result = None
        try:
            anew, left = self._change_program(after) if after is not before else (frozenset(), {})
            with using(self._kernels), self._run.context.bounded():
                return self._carry(gone, new, edits, anew, left)
        except BaseException:
            self._undo(before, facts, edits)
            raise

    def _checked(self, rows: Rows, compiled: Compiled) -> dict[str, Relation]:
        """The rows as relations of their own. Raises KeyError, EvaluationError."""
        found: dict[str, Relation] = {}
        scratch = Database(self._symbols)
        for name, columns in rows.items():
            if name not in compiled.decls:
                raise KeyError(name)
            scratch.insert(name, columns)
            found[name] = scratch.stored(name, compiled.decls[name].types).copy()
        return found

    def _carry(
        self,
        gone: Mapping[str, Relation],
        new: Mapping[str, Relation],
        edits: list[_Edit],
        anew: frozenset[str],
        left: Mapping[str, Relation],
    ) -> Changes:
        compiled, run = self._compiled, self._run
        run.restart(self._derived.total)
        increment = Increment(compiled, run, self._facts, self._plans, self._work)
        try:
            for name, rows in left.items():
                increment.note(name, rows, None)
            for name in sorted(gone.keys() | new.keys()):
                known = _Edit(name, Relation(self._facts[name].arity), Relation(self._facts[name].arity))
                edits.append(known)
                if name in gone:
                    rows = gone[name]
                    increment.take(name, rows.columns(), rows.size, name in compiled.uses, known.gone)
                if name in new:
                    rows = new[name]
                    increment.give(name, rows.columns(), rows.size, name in compiled.uses, known.new)
            increment.carry(self._order, anew)
        finally:
            increment.forget()
        touched = sorted({*(edit.name for edit in edits), *increment.touched})
        for name in touched:
            if name in compiled.uses:
                self._derived.set(name, run.relations[name].count - self._facts[name].count)
        self._compact(touched)
        return Changes(
            self._decoded(increment.gained), self._decoded(increment.lost), tuple(increment.recomputed)
        )

    def _evaluated(self) -> Run:
        run = Run(self._compiled, tables_of(self._facts, self._compiled), self._symbols, self._limits)
        with using(self._kernels), run.context.bounded():
            for stratum in self._compiled.strata:
                start = run.context.work
                run.stratum(stratum)
                self._work[stratum.relations] = run.context.work - start
        return run

    def _change_program(self, after: Compiled) -> tuple[frozenset[str], dict[str, Relation]]:
        """Puts a program in force; gives the relations to derive anew, and what is lost with all the rules
        of a relation.
        """
        before, self._compiled = self._compiled, after
        old = {stratum.relations: _rules_of(stratum) for stratum in before.strata}
        anew: set[str] = set()
        for stratum in after.strata:
            if old.get(stratum.relations) != _rules_of(stratum):
                anew |= stratum.relations
        facts: dict[str, Relation] = {}
        tables: dict[str, Relation] = {}
        left: dict[str, Relation] = {}
        for name, decl in after.decls.items():
            same = name in before.decls and before.decls[name].types == decl.types
            facts[name] = self._facts[name] if same else Relation(len(decl.columns))
            held = self._run.relations[name] if same else facts[name]
            if (name in before.uses) == (name in after.uses):
                tables[name] = held
            elif name in after.uses:
                tables[name] = facts[name].copy()
            else:
                tables[name] = facts[name]
                held, _ = held.compacted()
                gone = np.flatnonzero(facts[name].find(held.columns(), held.size) < 0)
                left[name] = Relation(held.arity)
                left[name].append([column[gone] for column in held.columns()], len(gone))
        self._facts = facts
        stages = self._run.stages
        self._run = Run(after, tables, self._symbols, self._limits)
        self._run.stages = stages
        self._settle()
        return frozenset(anew), left

    def _undo(self, before: Compiled, facts: dict[str, Relation], edits: list[_Edit]) -> None:
        """Brings back the facts and the program as they were, and derives everything anew."""
        self._compiled, self._facts = before, facts
        for edit in edits:
            held = facts.get(edit.name)
            if held is not None:
                held.retract(held.find(edit.new.columns(), edit.new.size))
                held.append(edit.gone.columns(), edit.gone.size)
        self._work = {}
        self._run = self._evaluated()
        self._settle()

    def _settle(self) -> None:
        """Takes stock of another program, or of relations that have all been made anew."""
        compiled, relations = self._compiled, self._run.relations
        self._plans = DeltaPlans(compiled.decls, relations)
        self._order = Order(compiled)
        self._derived = _Total(
            {name: relations[name].count - self._facts[name].count for name in compiled.uses}
        )

    def _compact(self, names: Sequence[str]) -> None:
        """Rids relations that have changed of rows taken away where these are many."""
        relations = self._run.relations
        for name in names:
            relation, facts = relations[name], self._facts[name]
            if _MOST_DEAD * (relation.size - relation.count) > relation.size:
                smaller, numbers = relation.compacted()
                self._run.stages.renumber(name, np.flatnonzero(numbers >= 0))
                if facts is relation:
                    self._facts[name] = smaller
                relations[name] = smaller
            if facts is not relation and _MOST_DEAD * (facts.size - facts.count) > facts.size:
                self._facts[name] = facts.compacted()[0]

    def _decoded(self, rows: Mapping[str, Relation]) -> dict[str, tuple[Column, ...]]:
        return {
            name: tuple(
                decode(column, type)
                for column, type in zip(relation.columns(), self._compiled.decls[name].types, strict=True)
            )
            for name, relation in sorted(rows.items())
        }


def _rules_of(stratum: Stratum) -> tuple[bool, frozenset[object]]:
    """What makes two strata over the same relations equal."""
    return stratum.recursive, frozenset((each.rule.head, each.rule.body) for each in stratum.rules)
