"""The arrays of an attack graph while it is made and changed; `Store.graph` hands them out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from panacea_policy.compiler.attack.arrays import Growable, Indices, Lists, starts_of, taken
from panacea_policy.compiler.attack.build import Batch, Batches, Places, joined_batches, row_keys
from panacea_policy.compiler.attack.figures import Efforts, Figures
from panacea_policy.compiler.attack.graph import (
    AttackFacts,
    AttackGraph,
    Bindings,
    Changed,
    FactRelation,
    StepVariables,
)
from panacea_policy.compiler.attack.hindrances import Protection
from panacea_policy.compiler.attack.identity import SymbolKeys, Words, name_key, told_apart
from panacea_policy.compiler.attack.moves import Moved
from panacea_policy.compiler.attack.shape import Shape, StepShape
from panacea_policy.compiler.facts import Assumptions
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.rules.terms import Terms
from panacea_policy.engine import Result
from panacea_policy.engine.check import CheckedRule

_NONE: Indices = np.empty(0, np.int64)


class Store:
    """Facts and instances of one graph. Facts are in the order of their relations and of the engine's
    tables.
    """

    def __init__(self, result: Result, shape: Shape, model: Model, terms: Terms) -> None:
        self.shape = shape
        self.result = result
        self.model = model
        self.terms = terms
        self.keys = SymbolKeys(result.symbols)
        self.efforts = Efforts()
        self.protection = Protection(model, result.symbols)
        self.places = Places()
        #: Of each step's instances, by place, the engine's number of the row.
        self.step_rows: dict[str, Growable[np.int64]] = {}
        self._causes: dict[int, int] = {}
        #: Controls of the model that hinder something, in the order of their numbers in the graph.
        self._control_of: Indices = np.full(len(self.protection.controls), -1, np.int64)
        self.controls: list[str] = []
        self._add_all_facts()
        batches = self._all_batches()
        self._set_instances(joined_batches(batches))

    def renew(self, result: Result, model: Model) -> None:
        """Reads from another result and model from here on; places stay as they are."""
        self.result, self.model = result, model
        self.protection = Protection(model, result.symbols)
        known = {name: number for number, name in enumerate(self.controls)}
        numbers = [known.get(each.name, -1) for each in self.protection.controls]
        self._control_of = np.array(numbers, np.int64)

    # ------------------------------------------------------------------------------------------ facts

    def _add_all_facts(self) -> None:
        relation, rows, keys, initial = [np.empty(0, np.int16)], [_NONE], [np.empty(0, np.uint64)], []
        start = 0
        for number, name in enumerate(self.shape.facts):
            held, table = self.result.relations[name], self.result.table(name)
            row = table.numbers(np.arange(len(table)))
            self.places.of[name] = table.positions(np.arange(held.size)) + start
            relation.append(np.full(len(row), number, np.int16))
            rows.append(row)
            keys.append(self.fact_keys(name, row))
            initial.append(self.result.given(name))
            start += len(row)
        for step in self.shape.steps:
            name = step.compiled.instance
            table = self.result.table(name)
            self.places.of[name] = table.positions(np.arange(self.result.relations[name].size))
            self.step_rows[name] = Growable(table.numbers(np.arange(len(table))))
        self.fact_relation = Growable(np.concatenate(relation))
        self.fact_row = Growable(np.concatenate(rows))
        self.fact_key = Growable(told_apart(np.concatenate(keys)))
        self.fact_present = Growable(np.ones(start, np.bool_))
        self.initial = Growable(np.concatenate([np.empty(0, np.bool_), *initial]))
        for name, rules in self.shape.initial.items():
            self.set_initial(name, rules)

    def set_initial(self, name: str, rules: Sequence[CheckedRule]) -> None:
        """Notes which facts of a relation hold from the start: what the model alone says, by these rules."""
        places = self.places.of[name]
        rows = self.result.relations[name].rows()
        holds = np.zeros(len(places), np.bool_)
        holds[rows[self.result.given(name)[self.result.table(name).positions(rows)]]] = True
        for rule in rules:
            holds[self.result.supports(rule, ()).head] = True
        self.initial.put(places[rows], holds[rows])

    def place_facts(self, name: str, moves: Moved, renumbered: bool) -> Indices:
        """Gives places to the new rows of a relation of facts, and empties those of rows that went."""
        start = len(self.fact_row)
        added = np.arange(start, start + len(moves.new))
        moves.place[moves.new] = added
        self.places.of[name] = moves.place
        if renumbered:
            rows = np.flatnonzero(moves.place >= 0)
            known = rows[moves.place[rows] < start]
            self.fact_row.put(moves.place[known], known)
        number = self.shape.facts.index(name)
        self.fact_relation.append(np.full(len(added), number, np.int16))
        self.fact_row.append(moves.new)
        self.fact_key.append(self.fact_keys(name, moves.new))
        self.fact_present.append(np.ones(len(added), np.bool_))
        self.initial.append(np.zeros(len(added), np.bool_))
        self.fact_present.put(moves.gone_places, False)
        self.initial.put(moves.gone_places, False)
        return added

    def place_rows(self, name: str, moves: Moved, renumbered: bool) -> None:
        """The same for the relation of a step's instances."""
        known = self.step_rows[name]
        start = len(known)
        moves.place[moves.new] = np.arange(start, start + len(moves.new))
        self.places.of[name] = moves.place
        if renumbered:
            rows = np.flatnonzero(moves.place >= 0)
            rows = rows[moves.place[rows] < start]
            known.put(moves.place[rows], rows)
        known.append(moves.new)

    def fact_keys(self, name: str, rows: Indices) -> Words:
        """The identities of rows of a relation of facts."""
        held = self.result.relations[name]
        columns = [column[rows] for column in held.columns()]
        types = self.result.compiled.decls[name].types
        return row_keys(name_key(f"fact {self.shape.names[name]}"), types, columns, len(rows), self.keys)

    # ------------------------------------------------------------------------------------------ instances

    def batches(self) -> Batches:
        """What makes instances for the facts as they are now."""
        figures = Figures(self.result, self.terms, self.model, self.efforts, self.keys)
        return Batches(
            self.result,
            self.shape,
            self.places,
            self.fact_key.view(),
            figures,
            self.protection,
            self.efforts,
            self.keys,
        )

    def _all_batches(self) -> list[Batch]:
        made = self.batches()
        found: list[Batch] = []
        for rule, key in self.shape.derived:
            follows = self.result.supports(rule, self.shape.kept)
            if len(follows):
                head = self.places.of[rule.rule.head.relation][follows.head]
                premises = [self.places.of[each.relation][each.rows] for each in follows.premises]
                found.append(made.derived(rule, key, head, premises))
        for step in self.shape.steps:
            follows = self.result.supports(step.rule, self.shape.kept)
            if len(follows):
                premises = [self.places.of[each.relation][each.rows] for each in follows.premises]
                results = taken(*self._results(step), follows.head)
                found.append(made.of_step(step, follows.head, premises, results))
        return found

    def _results(self, step: StepShape) -> tuple[Indices, Indices]:
        """For each row of a step's relation the facts that it leads to, as lists behind each other."""
        rows, facts = [_NONE], [_NONE]
        for rule in step.results:
            leads = self.result.supports(rule, (step.compiled.instance,))
            rows.append(leads.premises[0].rows)
            facts.append(self.places.of[rule.rule.head.relation][leads.head])
        every, heads = np.concatenate(rows), np.concatenate(facts)
        order = np.lexsort((heads, every))
        size = self.result.relations[step.compiled.instance].size
        return starts_of(np.bincount(every, minlength=size)), heads[order]

    def _set_instances(self, batch: Batch) -> None:
        batch.key = told_apart(batch.key)
        self.rule = Growable(batch.rule)
        self.step = Growable(batch.step)
        self.place = Growable(batch.place)
        self.premises = Lists(starts_of(batch.premise_count), batch.premise)
        self.results = Lists(starts_of(batch.result_count), batch.result)
        self.chance = Growable(batch.chance)
        self.effort = Growable(batch.effort)
        self.cause = Growable(batch.cause)
        self.common = Growable(self._numbered(batch.cause))
        self.hinders = Lists(starts_of(batch.hinder_count), self.numbered_controls(batch.hinder))
        self.key = Growable(batch.key)
        self.present = Growable(np.ones(len(batch), np.bool_))

    def add_instances(self, batch: Batch) -> None:
        """Adds instances at the end."""
        self.rule.append(batch.rule)
        self.step.append(batch.step)
        self.place.append(batch.place)
        self.premises.append(batch.premise_count, batch.premise)
        self.results.append(batch.result_count, batch.result)
        self.chance.append(batch.chance)
        self.effort.append(batch.effort)
        self.cause.append(batch.cause)
        self.common.append(self._numbered(batch.cause))
        self.hinders.append(batch.hinder_count, self.numbered_controls(batch.hinder))
        self.key.append(batch.key)
        self.present.append(np.ones(len(batch), np.bool_))

    def remove_instances(self, numbers: Indices) -> None:
        """Empties the places of some instances: nothing can come of them any more."""
        self.present.put(numbers, False)
        self.chance.put(numbers, 0.0)

    def _numbered(self, causes: Words) -> Indices:
        """Numbers for common causes; those met before keep theirs."""
        kinds, inverse = np.unique(causes, return_inverse=True)
        numbers = [
            -1 if not each else self._causes.setdefault(each, len(self._causes)) for each in kinds.tolist()
        ]
        return np.array(numbers, np.int64)[inverse] if len(kinds) else _NONE

    def numbered_controls(self, hinder: Indices) -> Indices:
        """The numbers in the graph of controls of the model; those that hinder for the first time get new
        ones.
        """
        controls = self.protection.controls
        new = np.unique(hinder[self._control_of[hinder] < 0]) if len(hinder) else _NONE
        self._control_of[new] = np.arange(len(self.controls), len(self.controls) + len(new))
        self.controls.extend(controls[each].name for each in new.tolist())
        return self._control_of[hinder] if len(hinder) else _NONE

    # ------------------------------------------------------------------------------------------ the graph

    def graph(self, as_of: date, assumptions: Assumptions, changed: Changed | None = None) -> AttackGraph:
        """The graph as it is now; ``as_of`` is the day that its facts are of."""
        controls = tuple(each for name in self.controls if (each := self.model.get(name)) is not None)
        effective = dict(
            zip(
                (c.name for c in self.protection.controls),
                self.protection.effectiveness().tolist(),
                strict=True,
            )
        )
        step, place = self.step.view(), self.place.view()
        return AttackGraph(
            facts=self._facts(),
            steps=self.shape.infos,
            step=step,
            premise_start=self.premises.start.view(),
            premise=self.premises.index.view(),
            result_start=self.results.start.view(),
            result=self.results.index.view(),
            chance=self.chance.view(),
            effort=self.effort.view(),
            efforts=tuple(self.efforts.laws),
            hinder_start=self.hinders.start.view(),
            hinder=self.hinders.index.view(),
            controls=controls,
            effectiveness=np.array([effective[name] for name in self.controls], np.float64),
            initial=self.initial.view(),
            common_cause=self.common.view(),
            assumptions=assumptions,
            bindings=Bindings(step, place, self._variables(), self.result.symbols, self.model),
            fact_key=self.fact_key.view(),
            key=self.key.view(),
            cause_key=self.cause.view(),
            present=self.present.view(),
            as_of=as_of,
            changed=changed,
        )

    def _facts(self) -> AttackFacts:
        relations = [
            FactRelation(
                *self.shape.labels[name], self.result.relations[name], self.result.compiled.decls[name].types
            )
            for name in self.shape.facts
        ]
        return AttackFacts(
            relations,
            self.fact_relation.view(),
            self.fact_row.view(),
            self.fact_present.view(),
            self.result.symbols,
            self.model,
        )

    def _variables(self) -> dict[int, StepVariables]:
        return {
            step.number: StepVariables(
                tuple(name for name, _ in step.compiled.variables),
                self.result.relations[step.compiled.instance],
                self.result.compiled.decls[step.compiled.instance].types,
                self.step_rows[step.compiled.instance].view(),
            )
            for step in self.shape.steps
        }
