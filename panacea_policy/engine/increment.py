"""One change of the facts, carried upwards stratum by stratum.

A stratum is first narrowed, then widened. *Narrowed*: rows that may have lost an instance are looked at
again; those without support are dropped, and what rested on them is looked at next. A row has support if it
is a fact or some instance derives it from rows of smaller stages (`Stages`): so rows cannot hold each other
up in a circle, and one row's fall takes only few others along. *Widened*: rows dropped too early come back,
the changed literals give new rows, and both are followed semi-naively.

Where this takes a large share of the work of deriving the stratum anew, that is done instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.delta import (
    ROW,
    DeltaPlans,
    changed_literals,
    gained,
    head_columns,
    head_frame,
    lost,
)
from panacea_policy.engine.errors import EvaluationError
from panacea_policy.engine.evaluate import Run, positions_of
from panacea_policy.engine.frame import Frame, OutOfBudget, distinct_frame
from panacea_policy.engine.index import expand
from panacea_policy.engine.plan import row_name
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.stratify import Stratum
from panacea_policy.engine.terms import Atom
from panacea_policy.engine.values import Codes, sorted_distinct

#: The share of a stratum's full work that narrowing and widening may take before it is derived anew all the
#: same: little for a change of a few facts, which should never take much longer than a full run, and more for
#: a larger one, which then more often gets by without.
_SHARE_OF_FEW, _SHARE = 0.1, 0.4
_FEW_FACTS = 8
#: So much work is always allowed; it is what a few dozen steps take.
_LEAST_WORK = 100_000
#: A stratum of no more work is derived anew at once: making plans for its changes would take longer.
_LITTLE_WORK = 40_000

_Rows = dict[str, list[Codes]]


class Order:
    """The strata of a program in their order; by relation the stratum that derives it, and those that read
    it, by number.
    """

    def __init__(self, compiled: Compiled) -> None:
        self.strata = compiled.strata
        self.home = {name: at for at, each in enumerate(self.strata) for name in each.relations}
        self.readers: dict[str, list[int]] = {}
        for at, stratum in enumerate(self.strata):
            for name in {read for each in stratum.relations for read in compiled.uses[each]}:
                # A stratum that reads itself sees to that itself.
                if name not in stratum.relations:
                    self.readers.setdefault(name, []).append(at)


class Increment:
    """Carries changes through a program's strata; `lost` and `gained` are the rows that changed so far."""

    def __init__(
        self,
        compiled: Compiled,
        run: Run,
        facts: Mapping[str, Relation],
        plans: DeltaPlans,
        work: dict[frozenset[str], int],
    ) -> None:
        """``work``: of each stratum, the work of deriving it in full; brought up to date."""
        self.lost: dict[str, Relation] = {}
        self.gained: dict[str, Relation] = {}
        self.recomputed: list[frozenset[str]] = []
        self._decls = compiled.decls
        self._run = run
        self._context = run.context
        self._relations = run.relations
        self._facts = facts
        self._plans = plans
        self._work = work
        self._facts_changed = 0
        #: The strata that something has changed for, by number, those among them still to be seen to, and
        #: which strata read each relation.
        self._due: set[int] = set()
        self._queue: list[int] = []
        self._readers: Mapping[str, Sequence[int]] = {}
        self._strata: Sequence[Stratum] = ()
        #: The whole of each relation of changed rows, as plans ask for it.
        self._ranges: dict[str, tuple[int, int]] = {}
        #: Of derived relations: facts taken away, and facts given.
        self._unsaid: dict[str, Relation] = {}
        self._said: dict[str, Relation] = {}
        #: Bindings of the groups of aggregates that have changed, by positions of rule and literal.
        self._groups: dict[tuple[int, int], Frame] = {}

    # ------------------------------------------------------------------------------------------ facts

    def take(self, name: str, columns: Sequence[Codes], count: int, derived: bool, taken: Relation) -> None:
        """Takes away those of the rows that are facts, and adds them to ``taken``."""
        facts = self._facts[name]
        rows = facts.find(columns, count)
        rows = sorted_distinct(rows[rows >= 0])
        gone = facts.part(rows)
        taken.append(gone.columns(), gone.size)
        facts.retract(rows)
        self._facts_changed += gone.count
        if gone.count:
            if derived:
                self._unsaid[name] = gone
            else:
                self.note(name, gone, None)

    def give(self, name: str, columns: Sequence[Codes], count: int, derived: bool, given: Relation) -> None:
        """Adds those of the rows that are no facts, also to ``given``."""
        facts = self._facts[name]
        start = facts.size
        facts.append(columns, count)
        new = facts.part(np.arange(start, facts.size))
        given.append(new.columns(), new.size)
        self._facts_changed += new.count
        if new.count:
            if derived:
                self._said[name] = new
            else:
                self.note(name, None, new)

    # ------------------------------------------------------------------------------------------ strata

    def carry(self, order: Order, anew: Collection[str]) -> None:
        """Brings all relations up to date, stratum by stratum, after `take` and `give`.

        ``anew``: relations whose rules are others than before.
        """
        changed = {order.home[name] for name in anew if name in order.home}
        self._due.update(changed)
        self._due.update(order.home[name] for name in (*self._unsaid, *self._said))
        for name in (*self.lost, *self.gained):
            self._due.update(order.readers.get(name, ()))
        self._strata, self._readers, self._queue = order.strata, order.readers, sorted(self._due)
        # What a stratum changes is read by later ones alone.
        while self._queue:
            number = heappop(self._queue)
            self._stratum(order.strata[number], number in changed)

    @property
    def touched(self) -> Iterator[str]:
        """The relations of the strata that were looked at."""
        return (name for number in self._due for name in self._strata[number].relations)

    def _stratum(self, stratum: Stratum, changed: bool) -> None:
        """Brings the relations of a stratum up to date. ``changed``: its rules are others than before."""
        sizes = self._sizes(stratum)
        full = self._work.get(stratum.relations, 0)
        if changed or full <= _LITTLE_WORK:
            self._recompute(stratum, sizes, {})
            return
        dropped = self._empty(stratum)
        context = self._context
        share = _SHARE_OF_FEW if self._facts_changed <= _FEW_FACTS else _SHARE
        context.most_work = context.work + max(int(share * full), _LEAST_WORK)
        try:
            self._narrow(stratum, dropped)
            self._widen(stratum, dropped)
        except (OutOfBudget, EvaluationError):
            # A value that does not exist may come from rows that are no longer there: a full run decides.
            self._recompute(stratum, sizes, dropped)
            return
        finally:
            context.most_work = None
            context.also = {}
        for name in sorted(stratum.relations):
            relation, gone = self._relations[name], dropped[name]
            new = np.arange(sizes[name], relation.size)
            if gone.count:
                new = new[gone.find([column[new] for column in relation.columns()], len(new)) < 0]
                away = np.flatnonzero(relation.find(gone.columns(), gone.size) < 0)
                gone = gone.part(away)
            self.note(name, gone, relation.part(new))

    def _sizes(self, stratum: Stratum) -> dict[str, int]:
        return {name: self._relations[name].size for name in stratum.relations}

    def _empty(self, stratum: Stratum) -> dict[str, Relation]:
        return {name: Relation(self._relations[name].arity) for name in stratum.relations}

    def note(self, name: str, gone: Relation | None, new: Relation | None) -> None:
        """Rows of a relation are gone, or new, for the strata above."""
        for found, change, rows in ((self.lost, lost(name), gone), (self.gained, gained(name), new)):
            if rows is None or not rows.count:
                continue
            if name in found:
                found[name].append(rows.columns(), rows.size)
            else:
                found[name] = self._relations[change] = rows
            self._ranges[change] = (0, found[name].size)
            for number in self._readers.get(name, ()):
                if number not in self._due:
                    self._due.add(number)
                    heappush(self._queue, number)

    def forget(self) -> None:
        """Takes the changed rows out of the relations of the run."""
        for change in self._ranges:
            self._relations.pop(change, None)

    # ------------------------------------------------------------------------------------------ anew

    def _recompute(self, stratum: Stratum, sizes: Mapping[str, int], dropped: Mapping[str, Relation]) -> None:
        """Derives a stratum in full; its rows so far are those below ``sizes`` and those dropped."""
        self._context.also, self._context.most_work = {}, None
        before = {name: self._relations[name] for name in stratum.relations}
        for name in stratum.relations:
            self._relations.pop(lost(name), None)
            self._relations[name] = self._facts[name].copy()
            self._run.stages.forget(name)
        start = self._context.work
        self._run.stratum(stratum)
        self._work[stratum.relations] = self._context.work - start
        self.recomputed.append(stratum.relations)
        for name in sorted(stratum.relations):
            now, old = self._relations[name], before[name]
            self._compare(name, old, sizes[name], dropped.get(name), now)

    def _compare(self, name: str, old: Relation, size: int, dropped: Relation | None, now: Relation) -> None:
        """Notes how ``now`` differs from the rows below ``size`` of an old relation, and those dropped."""
        whole = size == old.size and (dropped is None or not dropped.count)
        if whole and old.is_small and now.is_small:
            before, after = old.tuples(), now.tuples()
            if before.keys() != after.keys():
                gone, new = Relation(old.arity), Relation(old.arity)
                gone.add([row for row in before if row not in after])
                new.add([row for row in after if row not in before])
                self.note(name, gone, new)
            return
        rows = old.rows()
        rows = rows[rows < size]
        found = old.find(now.columns(), now.size)
        # One more than there are rows, so that a number of -1 finds False.
        staying = np.zeros(old.size + 1, np.bool_)
        staying[rows] = True
        # A join that was broken off may have left numbers beyond the last row behind.
        found = np.minimum(found, old.size)
        known: NDArray[np.bool_] = staying[found]
        staying[found[known]] = False
        away = old.part(np.flatnonzero(staying))
        if dropped is not None and dropped.count:
            again = dropped.find(now.columns(), now.size)
            known |= again >= 0
            left = np.ones(dropped.size, np.bool_)
            left[again[again >= 0]] = False
            away.append([column[left] for column in dropped.columns()], int(left.sum()))
        self.note(name, away, now.part(np.flatnonzero(~known)))

    # ------------------------------------------------------------------------------------------ narrower

    def _narrow(self, stratum: Stratum, dropped: Mapping[str, Relation]) -> None:
        """Drops the rows that have lost their support into ``dropped``."""
        candidates: _Rows = {}
        for name in stratum.relations & self._unsaid.keys():
            unsaid = self._unsaid[name]
            candidates[name] = [self._relations[name].find(unsaid.columns(), unsaid.size)]
        self._context.also = {**self.lost, **dropped}
        for rule in stratum.rules:
            self._suspect(rule, candidates)
        # An instance that has come to hold below may have been taken for support in an earlier wave.
        unsure = frozenset(self.gained) | frozenset(self.lost)
        while candidates:
            fallen = self._drop(stratum, candidates, dropped)
            candidates = {}
            if not stratum.recursive:
                return
            for name, (start, stop) in fallen.items():
                self._relations[lost(name)] = dropped[name]
                self._context.deltas = {lost(name): (start, stop)}
                for rule in stratum.rules:
                    for position in positions_of([name], rule):
                        plan = self._plans.touched(rule, position, lost(name), unsure, None)
                        plan.run(self._context, self._suspects(rule, candidates))
        for name in stratum.relations:
            self._relations.pop(lost(name), None)

    def _suspect(self, rule: CheckedRule, candidates: _Rows) -> None:
        """Adds the rows of a rule's head that may have lost an instance through a change below."""
        unsure = frozenset(self.gained)
        self._context.deltas = self._ranges
        sink = self._suspects(rule, candidates)
        aggregates: dict[int, None] = {}
        for position, inside, atom in changed_literals(rule.rule, self.lost.keys() | self.gained.keys()):
            if inside is not None:
                aggregates[position] = None
                continue
            known, change = (self.gained, gained) if atom.negated else (self.lost, lost)
            if atom.relation in known:
                plan = self._plans.touched(rule, position, change(atom.relation), unsure, None)
                plan.run(self._context, sink)
        for position in aggregates:
            groups = self._changed_groups(rule, position)
            if groups is not None:
                self._groups[rule.position, position] = groups
                names = tuple(sorted(groups.columns))
                self._plans.of_groups(rule, position, names, unsure).run(self._context, sink, groups)

    def _changed_groups(self, rule: CheckedRule, position: int) -> Frame | None:
        """The groups of an aggregate that have won or lost members; None for none.

        A frame without columns stands for all groups.
        """
        names = self.lost.keys() | self.gained.keys()
        unsure = frozenset(names)
        frames: list[Frame] = []
        for at, inside, atom in changed_literals(rule.rule, names):
            if at != position or inside is None:
                continue
            if not self._plans.is_plain(rule, position, inside):
                return Frame(1, {})
            for known, change in ((self.lost, lost), (self.gained, gained)):
                if atom.relation in known:
                    plan = self._plans.touched(rule, position, change(atom.relation), unsure, inside)
                    plan.run(self._context, frames.append)
        if not frames:
            return None
        shared = set(frames[0].columns).intersection(*(frame.columns for frame in frames))
        columns = {name: np.concatenate([frame.columns[name] for frame in frames]) for name in sorted(shared)}
        return (
            distinct_frame(Frame(sum(frame.count for frame in frames), columns)) if shared else Frame(1, {})
        )

    def _suspects(self, rule: CheckedRule, candidates: _Rows) -> Callable[[Frame], None]:
        """Collects the rows of the head's relation that agree with what frames tell of the head."""
        head = rule.rule.head
        relation, decl = self._relations[head.relation], self._decls[head.relation]
        found = candidates.setdefault(head.relation, [])
        self._context.rule, self._context.types = rule.rule, rule.info.types

        def collect(frame: Frame) -> None:
            positions, columns = head_columns(rule.rule, frame, decl)
            if len(positions) == relation.arity:
                found.append(relation.find(columns, frame.count))
            elif positions:
                for matches in relation.index(positions).find(columns, frame.count):
                    found.append(expand(matches)[1])
            else:
                found.append(relation.rows())

        return collect

    def _drop(
        self, stratum: Stratum, candidates: _Rows, dropped: Mapping[str, Relation]
    ) -> dict[str, tuple[int, int]]:
        """Moves the candidates without support into ``dropped``; gives the ranges of their rows there."""
        fallen: dict[str, tuple[int, int]] = {}
        also, self._context.also = self._context.also, {}
        for name in sorted(candidates):
            relation = self._relations[name]
            rows = sorted_distinct(np.concatenate([np.empty(0, np.int64), *candidates[name]]))
            rows = rows[rows >= 0]
            alive = relation.alive()
            rows = rows if alive is None else rows[alive[rows]]
            rows = rows[~self._supported(stratum, name, relation, rows, staged=stratum.recursive)]
            if len(rows):
                start = dropped[name].size
                dropped[name].append([column[rows] for column in relation.columns()], len(rows))
                relation.retract(rows)
                fallen[name] = (start, dropped[name].size)
        self._context.also = also
        return fallen

    def _supported(
        self, stratum: Stratum, name: str, held: Relation, rows: Codes, staged: bool
    ) -> NDArray[np.bool_]:
        """Which rows follow from what is there. Shape (len(rows),); ``rows`` are numbers in ``held``.

        ``staged``: from rows of smaller stages than their own.
        """
        columns = [column[rows] for column in held.columns()]
        known = self._facts[name].find(columns, len(rows)) >= 0
        for rule in stratum.rules:
            if rule.rule.head.relation == name and not known.all():
                open_ = np.flatnonzero(~known)
                start = head_frame(rule.rule, [each[open_] for each in columns], open_, self._decls[name])
                self._support(rule, stratum, start, known, rows if staged else None)
        return known

    def _support(
        self,
        rule: CheckedRule,
        stratum: Stratum,
        start: Frame,
        known: NDArray[np.bool_],
        staged: Codes | None,
    ) -> None:
        """Marks in ``known`` the heads that the rule has an instance for."""
        own = positions_of(stratum.relations, rule) if staged is not None else []
        names = [
            literal.relation for literal in (rule.rule.body[at] for at in own) if isinstance(literal, Atom)
        ]
        stages = self._run.stages
        self._context.rule, self._context.types = rule.rule, rule.info.types

        def mark(frame: Frame) -> None:
            heads = frame.columns[ROW]
            if own and staged is not None:
                latest = stages.of(rule.rule.head.relation, staged[heads])
                good = np.ones(frame.count, np.bool_)
                for at, name in zip(own, names, strict=True):
                    good &= stages.of(name, frame.columns[row_name(at)]) < latest
                heads = heads[good]
            known[heads] = True

        if start.count and self._run.has_rows(rule.rule):
            self._plans.support(rule, own).run(self._context, mark, start)

    # ------------------------------------------------------------------------------------------ wider

    def _widen(self, stratum: Stratum, dropped: Mapping[str, Relation]) -> None:
        """Adds what follows from the changes below, and what was dropped and follows all the same."""
        context = self._context
        context.also = {}
        sizes = self._sizes(stratum)
        returning: dict[str, Relation] = {}
        if stratum.recursive:
            for name, gone in dropped.items():
                if gone.count:
                    back = self._supported(stratum, name, gone, np.arange(gone.size), staged=False)
                    returning[name] = gone.part(np.flatnonzero(back))
        for name, rows in returning.items():
            self._run.add_rows(name, rows.columns(), rows.size)
        for name in stratum.relations & self._said.keys():
            self._run.add_rows(name, self._said[name].columns(), self._said[name].size)
        for rule in stratum.rules:
            self._derive(rule)
        if stratum.recursive:
            self._run.iterate(stratum, sizes)

    def _derive(self, rule: CheckedRule) -> None:
        """Adds the heads that follow from what has changed below."""
        self._context.deltas = self._ranges
        for position, inside, atom in changed_literals(rule.rule, self.lost.keys() | self.gained.keys()):
            known, change = (self.lost, lost) if atom.negated else (self.gained, gained)
            if inside is None and atom.relation in known:
                plan = self._plans.given(rule, position, change(atom.relation))
                plan.run(self._context, self._run.sink(rule))
        for (of, _), groups in self._groups.items():
            if of == rule.position and self._run.has_rows(rule.rule):
                plan = self._plans.from_groups(rule, tuple(sorted(groups.columns)))
                plan.run(self._context, self._run.sink(rule), groups)
