"""A graph carried through a change: only what the change may have touched is asked again.

Facts and instances keep their places. What is gone leaves its place empty; what is new, or has other
figures than before, gets a place at the end.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from panacea_policy.compiler.attack.arrays import Growable, Indices, starts_of, taken
from panacea_policy.compiler.attack.build import Batch, Batches, joined_batches
from panacea_policy.compiler.attack.graph import Changed
from panacea_policy.compiler.attack.moves import Moved, is_same, moved
from panacea_policy.compiler.attack.shape import StepShape
from panacea_policy.compiler.attack.store import Store
from panacea_policy.compiler.model import Model
from panacea_policy.engine import Changes, Result
from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.rederive import Rederivation, Touched
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.terms import Atom

_NONE: Indices = np.empty(0, np.int64)


class Carrier:
    """Carries the arrays of a graph through changes of the engine's result."""

    def __init__(self, store: Store, rederivation: Rederivation) -> None:
        self._store = store
        self._again = rederivation
        self._known: dict[str, tuple[Relation, int, int]] = {}
        #: The instances that each rule gave, gone ones too, by its position.
        self._nodes: dict[int, Growable[np.int64]] = {}
        self._note_relations(store.shape.kept)
        self._note_instances(store.rule.view(), 0)
        self._moved: dict[str, Moved] = {}

    def carry(self, result: Result, changes: Changes, model: Model, everywhere: bool) -> Changed:
        """Brings the graph up to date with a result.

        ``everywhere``: instances that no rule touches may have other controls or causes than before.
        """
        store = self._store
        store.renew(result, model)
        self._again.begin(result.relations, changes)
        added, removed = self._move_facts()
        self._set_initial()
        gone: list[Indices] = [_NONE]
        batches: list[Batch] = []
        made = store.batches()
        for rule, key in store.shape.derived:
            self._derive(made, rule, key, gone, batches)
        for step in store.shape.steps:
            self._step(made, step, everywhere, gone, batches)
        start = len(store.step)
        away = np.concatenate(gone)
        store.remove_instances(away)
        batch = joined_batches(batches)
        store.add_instances(batch)
        self._note_instances(batch.rule, start)
        self._note_relations(self._moved)
        return Changed(added, removed, np.arange(start, start + len(batch)), np.sort(away))

    @property
    def holes(self) -> float:
        """The share of places for instances that are empty."""
        present = self._store.present.view()
        return 1.0 - float(present.mean()) if len(present) else 0.0

    # ------------------------------------------------------------------------------------------ facts

    def _move_facts(self) -> tuple[Indices, Indices]:
        """Gives places to what is new; the places of facts that came and of those that went."""
        store, self._moved = self._store, {}
        added, removed = [_NONE], [_NONE]
        for name in sorted(store.shape.kept):
            before, size, count = self._known[name]
            now = store.result.relations[name]
            if is_same(before, size, count, now):
                continue
            moves = self._moved[name] = moved(before, store.places.of[name], now)
            if name in store.step_rows:
                store.place_rows(name, moves, now is not before)
            else:
                added.append(store.place_facts(name, moves, now is not before))
                removed.append(moves.gone_places)
        return np.concatenate(added), np.sort(np.concatenate(removed))

    def _set_initial(self) -> None:
        store = self._store
        for name, rules in store.shape.initial.items():
            if name in self._moved or any(self._is_touched(rule) for rule in rules):
                store.set_initial(name, rules)

    def _is_touched(self, rule: CheckedRule) -> bool:
        return any(isinstance(each, Atom) and each.relation in self._again.changed for each in rule.rule.body)

    def _note_relations(self, names: Collection[str]) -> None:
        for name in names:
            held = self._store.result.relations[name]
            self._known[name] = held, held.size, held.count

    def _note_instances(self, rule: np.ndarray[tuple[int], np.dtype[np.int32]], start: int) -> None:
        if not len(rule):
            return
        bounds = np.flatnonzero(np.diff(rule)) + 1
        for first, last in zip([0, *bounds.tolist()], [*bounds.tolist(), len(rule)], strict=True):
            numbers = np.arange(start + first, start + last)
            known = self._nodes.get(int(rule[first]))
            if known is None:
                self._nodes[int(rule[first])] = Growable(numbers)
            else:
                known.append(numbers)

    # ------------------------------------------------------------------------------------------ instances

    def _derive(
        self, made: Batches, rule: CheckedRule, key: int, gone: list[Indices], batches: list[Batch]
    ) -> None:
        head = rule.rule.head.relation
        touched = self._again.touched(rule, self._gone(head))
        if not touched:
            return
        places = self._store.places.of
        now = self._again.supports(rule, touched.rows, self._store.shape.kept)
        heads = places[head][now.head]
        premises = [places[each.relation][each.rows] for each in now.premises]
        new, away = self._differ(rule, self._places(head, touched), heads, premises)
        gone.append(away)
        if len(new):
            batches.append(made.derived(rule, key, heads[new], [each[new] for each in premises]))

    def _step(
        self,
        made: Batches,
        step: StepShape,
        everywhere: bool,
        gone: list[Indices],
        batches: list[Batch],
    ) -> None:
        name = step.compiled.instance
        touched = self._again.touched(step.rule, self._gone(name))
        redone = self._redone(made, step, everywhere)
        rows = np.unique(np.concatenate([touched.rows, redone]))
        if not len(rows) and not touched:
            return
        places = self._store.places.of
        now = self._again.supports(step.rule, rows, self._store.shape.kept)
        premises = [places[each.relation][each.rows] for each in now.premises]
        afresh = np.zeros(len(self._store.step_rows[name]), np.bool_)
        afresh[places[name][redone]] = True
        asked = np.concatenate([self._places(name, touched), places[name][redone]])
        new, away = self._differ(step.rule, asked, places[name][now.head], premises, afresh)
        gone.append(away)
        if len(new):
            rows = now.head[new]
            kept = [each[new] for each in premises]
            batches.append(made.of_step(step, rows, kept, self._results(step, rows)))

    def _redone(self, made: Batches, step: StepShape, everywhere: bool) -> Indices:
        """Rows of a step that were there, of which results, figures or controls may be others now."""
        name, found = step.compiled.instance, [_NONE]
        gone = self._gone(name)
        others = {*self._again.changed} - {name}
        for rule in step.results:
            if any(each.relation in others for each in rule.rule.body if isinstance(each, Atom)):
                found.append(self._again.touched_grounds(rule, _ground(rule, name), gone).rows)
        held = self._store.result.relations[name]
        for figure in (step.compiled.chance, step.compiled.effort):
            for rows in (self._again.lost(figure), self._again.gained(figure)) if figure else ():
                if rows.count:
                    found.append(held.find(rows.columns()[: held.arity], rows.size))
        if everywhere:
            found.append(self._placed_otherwise(made, step))
        every = np.unique(np.concatenate(found))
        return every[every >= 0]

    def _placed_otherwise(self, made: Batches, step: StepShape) -> Indices:
        """Rows of a step that other controls hinder now, or that have other things in common."""
        store = self._store
        nodes = self._present_nodes(step.rule)
        held = store.result.relations[step.compiled.instance]
        place = store.place.view()[nodes]
        rows = store.step_rows[step.compiled.instance].view()
        places = store.places.of[step.compiled.instance]
        there = np.zeros(len(rows), np.bool_)
        there[places[places >= 0]] = True
        nodes, row = nodes[there[place]], rows[place[there[place]]]
        columns = [column[row] for column in held.columns()]
        count, index = store.protection.hindering(step.compiled.hindrances, columns, len(row))
        numbers = store.numbered_controls(index)
        known_count, known = taken(store.hinders.start.view(), store.hinders.index.view(), nodes)
        differ = (count != known_count) | (made.causes(step, columns, len(row)) != store.cause.view()[nodes])
        same = np.flatnonzero(~differ)
        now = taken(starts_of(count), numbers, same)[1]
        before = taken(starts_of(known_count), known, same)[1]
        owner = np.repeat(same, count[same])
        # A control has one number, but the order of the numbers may differ: lists are compared as sums.
        differ[np.unique(owner[_sorted_within(owner, now) != _sorted_within(owner, before)])] = True
        return np.unique(row[differ])

    def _results(self, step: StepShape, rows: Indices) -> tuple[Indices, Indices]:
        """The facts that some rows of a step lead to, as lists behind each other."""
        grounds, facts = [_NONE], [_NONE]
        unique, inverse = np.unique(rows, return_inverse=True)
        for rule in step.results:
            ground, head = self._again.leads(rule, _ground(rule, step.compiled.instance), unique)
            grounds.append(ground)
            facts.append(self._store.places.of[rule.rule.head.relation][head])
        every, heads = np.searchsorted(unique, np.concatenate(grounds)), np.concatenate(facts)
        pairs = np.unique(np.stack([every, heads]), axis=1) if len(every) else np.empty((2, 0), np.int64)
        start = starts_of(np.bincount(pairs[0], minlength=len(unique)))
        return taken(start, pairs[1], inverse)

    def _differ(
        self,
        rule: CheckedRule,
        asked: Indices,
        heads: Indices,
        premises: Sequence[Indices],
        afresh: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None,
    ) -> tuple[Indices, Indices]:
        """Which of the supports that heads at places ``asked`` have now are new, and the instances that are
        gone.

        ``afresh``: places of which all instances are made again.
        """
        store = self._store
        nodes = self._present_nodes(rule)
        place = store.place.view()
        most = max(asked.max(initial=-1), place[nodes].max(initial=-1))
        wanted = np.zeros(int(most) + 1, np.bool_)
        wanted[asked] = True
        nodes = nodes[wanted[place[nodes]]]
        before = Relation(1 + len(premises))
        width = len(premises)
        first = store.premises.start.view()[nodes]
        index = store.premises.index.view()
        columns = [place[nodes], *(index[first + each] for each in range(width))]
        before.append(columns, len(nodes), distinct=True)
        found = before.find([heads, *premises], len(heads))
        if afresh is not None:
            found[afresh[heads]] = -1
        stays = np.zeros(len(nodes), np.bool_)
        stays[found[found >= 0]] = True
        return np.flatnonzero(found < 0), nodes[~stays]

    def _present_nodes(self, rule: CheckedRule) -> Indices:
        known = self._nodes.get(rule.position)
        if known is None:
            return _NONE
        nodes = known.view()
        return nodes[self._store.present.view()[nodes]]

    def _gone(self, name: str) -> Relation:
        moves = self._moved.get(name)
        return moves.gone if moves is not None else Relation(self._store.result.relations[name].arity)

    def _places(self, name: str, touched: Touched) -> Indices:
        """The places of touched heads, of those that are gone too."""
        here = self._store.places.of[name][touched.rows]
        moves = self._moved.get(name)
        return here if moves is None else np.concatenate([here, moves.gone_places[touched.gone]])


def _ground(rule: CheckedRule, name: str) -> Atom:
    """The atom of a rule's body that stands for the instance of a step."""
    return next(each for each in rule.rule.body if isinstance(each, Atom) and each.relation == name)


def _sorted_within(owner: Indices, values: Indices) -> Indices:
    """Values behind each other, those of one owner in ascending order."""
    return values[np.lexsort((values, owner))]
