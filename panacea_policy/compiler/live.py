"""The verdicts of a model that changes: the engine's result is kept up to date, and only rules that a change
touches are judged again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import date
from functools import cached_property

import numpy as np

from panacea_policy.compiler.delta import Change
from panacea_policy.compiler.entities import Entity, Template
from panacea_policy.compiler.evaluation import (
    Evaluation,
    WorkspaceError,
    columns_of,
    fill_database,
    limits_for,
    too_much,
)
from panacea_policy.compiler.facts import Column, Facts, symbol_of
from panacea_policy.compiler.judge import Judge, Moves, Wording, moves_of, rows_with
from panacea_policy.compiler.judged import Held, Judged, Row, Subject, Teller
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import ProgramBuilder
from panacea_policy.compiler.rules.typing import EntityType
from panacea_policy.compiler.traffic import READ_KINDS, narrows
from panacea_policy.compiler.verdicts import Finding
from panacea_policy.compiler.waivers import APPROVERS
from panacea_policy.engine import Changes, Compiled, EvaluationError, Live, Result, Symbols
from panacea_policy.model import Attribute, MapType


class LiveEvaluation(Evaluation):
    """An evaluation that can be carried over to a changed model."""

    def __init__(self, model: Model, layer: Layer, program: Program, symbols: Symbols, as_of: date) -> None:
        super().__init__(model, layer, program, symbols, as_of)
        self._by_rule: dict[str, Judged] = {}
        #: What the change that led here did: findings that appeared, and those that are gone.
        self.appeared: list[Finding] = []
        self.gone: list[Finding] = []

    @classmethod
    def of(cls, other: Evaluation) -> LiveEvaluation:
        """Another evaluation as one that can be carried over, with the facts that it has made."""
        if isinstance(other, LiveEvaluation):
            return other
        found = cls(other.model, other.layer, other.program, other.symbols, other.as_of)
        found.__dict__["facts"] = other.facts
        found._infos = other._infos
        for each in other.judged_so_far:
            each.open_to_change()
            each.teller.judge = found._judge
            found._by_rule[each.rule.declared.qualified] = each
        return found

    @cached_property
    def live(self) -> Live:
        """The engine's result for all rules, from a full run the first time. Raises WorkspaceError."""
        wanted = [name for rule in self.program.rules for name in _relations_of(rule)]
        database = fill_database(self.program.builder, self.facts, self.symbols, wanted)
        try:
            return Live(self.program.compiled, database, limits=limits_for(database))
        except EvaluationError as problem:
            raise WorkspaceError([too_much(problem)]) from None

    def changed(self, change: Change, model: Model, program: Program) -> LiveEvaluation:
        """The evaluation of the changed model; this one is of no more use then.

        Raises WorkspaceError; then this one is as it was.
        """
        live = self.live
        other = LiveEvaluation(model, change.layer, program, self.symbols, self.as_of)
        insert, retract = facts_of(change, program.builder, self.symbols, self.as_of)
        known = self.program.builder.inputs
        # What rules ask for the first time has no facts yet.
        asked = {name: each for name, each in program.builder.inputs.items() if name not in known}
        for name, (what, of) in asked.items():
            insert[name] = columns_of(other.facts, what, of)
            retract.pop(name, None)
        try:
            changes = live.apply(
                insert, retract, program=None if program.compiled is live.compiled else program.compiled
            )
        except EvaluationError as problem:
            self._take_back()
            raise WorkspaceError([too_much(problem)]) from None
        except BaseException:
            self._take_back()
            raise
        other.live = live
        other._carry(self, changes, change)
        return other

    def evaluate(self, builder: ProgramBuilder, compiled: Compiled, wanted: Sequence[str]) -> Result:
        """Evaluate what some relations need; for the rules themselves that is at hand."""
        if compiled is self.program.compiled:
            return self.live.result
        return super().evaluate(builder, compiled, wanted)

    # ------------------------------------------------------------------------------------------ internals

    def judged(self, packages: Collection[str] | None = None) -> Sequence[Judged]:
        """What the rules of some packages say: open findings in order, and tallies."""
        found: list[Judged] = []
        for rule in self.program.rules:
            if packages is None or rule.declared.package.label in packages:
                name = rule.declared.qualified
                if name not in self._by_rule:
                    self._by_rule[name] = self._judge.read_now(rule, self.info(rule))
                found.append(self._by_rule[name])
        return found

    # ------------------------------------------------------------------------------------------ internals

    @cached_property
    def _judge(self) -> Judge:
        return Judge(self.model, self.live.result, self.model.entities("waiver"), self.as_of)

    def _take_back(self) -> None:
        """After a change that failed the engine has another result, with the same rows as before."""
        self.__dict__.pop("_judge", None)
        for each in self._by_rule.values():
            each.teller.judge = self._judge

    def _carry(self, earlier: LiveEvaluation, changes: Changes, change: Change) -> None:
        """Takes over what was read off, and reads off again what the change touches."""
        touched = change.touched
        self._infos = {name: info for name, info in earlier._infos.items() if name not in touched}
        moved = changes.added.keys() | changes.removed.keys()
        # A tally counts the declarations of a kind: it is another one where these are more or fewer.
        ancestors = self.layer.registry.ancestors
        counted = {kind for each in change.come_or_gone for kind in ancestors(each.kind.name)}
        waived = {str(each.value("rule")) for each in change.entities if each.kind.name == "waiver"}
        if any(each.kind.name in APPROVERS for each in change.entities):
            waived |= {str(each.value("rule")) for each in self.model.entities("waiver")}
        ids = [self.symbols.find(symbol_of(name)) for name in sorted(touched)]
        symbols = [each for each in ids if each is not None]
        former, left = earlier._judge.wording(), dict(earlier._by_rule)
        for rule in self.program.rules:
            name = rule.declared.qualified
            held = left.pop(name, None)
            if held is not None and held.rule is rule and name not in touched and name not in waived:
                moves = moves_of(rule, changes) if not moved.isdisjoint(_relations_of(rule)) else Moves()
                for symbol in symbols:
                    moves.subjects.update(held.about(symbol))
                moves.counted = bool(counted) and _counts(rule, counted)
                if moves.are_few(held):
                    before = self._judge.revise(held, moves)
                    self._by_rule[name] = held
                    self._compare(rule, before, held, moves.subjects, former, changes)
                    continue
            now = self._by_rule[name] = self._judge.read_now(rule, self.info(rule))
            before = held.evidence if held is not None else {}
            self._compare(rule, before, now, before.keys() | now.evidence.keys(), former, changes)
        for held in left.values():
            self._compare(held.rule, held.evidence, None, held.evidence.keys(), former, changes)

    def _compare(
        self,
        rule: CompiledRule,
        before: Mapping[Subject, Held],
        now: Judged | None,
        subjects: Iterable[Subject],
        former: Wording,
        changes: Changes,
    ) -> None:
        """Notes which findings about some subjects have come and gone."""
        for subject in subjects:
            held, finding = before.get(subject), now.find(subject) if now is not None else None
            if held is not None and (finding is None or finding.verdict is not held[0].verdict):
                asked = self._asked_before(rule, subject, changes) if held[0].ask is not None else ()
                held[1].teller, held[1].asked = Teller(former, rule, held[0].rule), asked
                self.gone.append(held[0])
            if finding is not None and (held is None or finding.verdict is not held[0].verdict):
                self.appeared.append(finding)

    def _asked_before(self, rule: CompiledRule, subject: Subject, changes: Changes) -> list[Row]:
        """The rows that said of a subject which attributes were unknown, before a change."""
        if rule.asked not in self.live.result.relations:
            return []
        rows = self._judge.asked(rule, subject)
        came, went = (rows_with(known.get(rule.asked), subject) for known in (changes.added, changes.removed))
        return sorted({*rows} - {*came} | {*went})


def _relations_of(rule: CompiledRule) -> tuple[str, ...]:
    return rule.violated, rule.possible, rule.applies, rule.may_apply, rule.asked


def _counts(rule: CompiledRule, kinds: Set[str]) -> bool:
    """Whether a rule's tally counts declarations of one of these kinds."""
    types = [rule.variables[index][1] for index in rule.subjects]
    return any(isinstance(type, EntityType) and not kinds.isdisjoint(type.kinds) for type in types)


def facts_of(
    change: Change,
    builder: ProgramBuilder,
    symbols: Symbols,
    as_of: date,
    priors: Mapping[str, Template] | None = None,
) -> tuple[dict[str, tuple[Column, ...]], dict[str, tuple[Column, ...]]]:
    """The facts that come and those that go, by relation: the touched declarations', now and before.

    ``priors``: see `Facts`.
    """
    registry, names = change.layer.registry, with_entries(change)
    before, after = (
        Facts(
            registry,
            {name: layer.entities[name] for name in names if name in layer.entities},
            layer.invalid,
            symbols,
            as_of,
            priors,
        )
        for layer in (change.lower, change.layer)
    )
    kinds = kinds_of(change, names)
    insert: dict[str, tuple[Column, ...]] = {}
    retract: dict[str, tuple[Column, ...]] = {}
    traffic: tuple[Facts, Facts] | None = None
    for name, (what, of) in builder.inputs.items():
        if not may_differ(what, of, kinds):
            continue
        sides = (before, after)
        if what == "traffic":
            sides = traffic = traffic or _traffic_of(change, kinds, symbols, as_of, priors)
        old, new = (columns_of(each, what, of) for each in sides)
        if len(old[0]) != len(new[0]) or any(
            not np.array_equal(*pair) for pair in zip(old, new, strict=True)
        ):
            insert[name], retract[name] = _without(new, old), _without(old, new)
    return insert, retract


#: The kinds that traffic passes, and those that speak of it.
_NETWORK = frozenset({"zone", "filter", "route", "conduit", "protocol"})


def _traffic_of(
    change: Change,
    kinds: Set[str],
    symbols: Symbols,
    as_of: date,
    priors: Mapping[str, Template] | None,
) -> tuple[Facts, Facts]:
    """What facts about traffic are made from, before and now.

    What filters say tells apart the addresses of all declarations. As long as none says anything of addresses
    or ports and none is touched, the declarations touched are enough, with what they stand among.
    """
    untouched = kinds.isdisjoint(_NETWORK)
    among = [_network(change.lower), _network(change.lower if untouched else change.layer)]
    if untouched:
        change.layer.network = among[0]
    whole = not untouched or any(
        each.kind.name not in ("zone", "protocol") and narrows(each) for each in among[0].values()
    )
    found = []
    for layer, side in zip((change.lower, change.layer), among, strict=True):
        entities = layer.entities if whole else {**side, **_with_owners(change, layer)}
        found.append(Facts(change.layer.registry, entities, layer.invalid, symbols, as_of, priors))
    return found[0], found[1]


def _network(layer: Layer) -> Mapping[str, Entity]:
    """The declarations of the kinds that traffic passes, gone through once for a layer."""
    if layer.network is None:
        layer.network = {name: each for name, each in layer.entities.items() if each.kind.name in _NETWORK}
    return layer.network


def _with_owners(change: Change, layer: Layer) -> dict[str, Entity]:
    """The declarations touched, each with all that it is part of."""
    found: dict[str, Entity] = {}
    for name in sorted(change.touched):
        each = layer.entities.get(name)
        while each is not None:
            found[each.name] = each
            each = each.owner
    return found


def kinds_of(change: Change, names: Sequence[str]) -> set[str]:
    """The kinds of some declarations before and after a change, and those above them."""
    return {
        kind
        for layer in (change.lower, change.layer)
        for name in names
        if name in layer.entities
        for kind in layer.registry.ancestors(layer.entities[name].kind.name)
    }


def with_entries(change: Change) -> list[str]:
    """The declarations touched, with the entries of their maps, and for an entry with all of its owner's."""
    found = dict.fromkeys(sorted(change.touched))
    for entity in change.entities:
        owner = entity.owner if entity.kind.name == "entry" and entity.owner is not None else entity
        found[owner.name] = None
        for attribute in owner.kind.attributes.values():
            if isinstance(attribute.type, MapType):
                for layer in (change.lower, change.layer):
                    held = layer.entities.get(owner.name)
                    value = held.value(attribute.name) if held is not None else None
                    found.update(dict.fromkeys(map(str, value)) if isinstance(value, tuple) else {})
    return list(found)


def may_differ(what: str, of: object, kinds: Set[str]) -> bool:
    """Whether an input of a program may have other facts where declarations of some kinds are others."""
    if what in ("today", "words"):
        return False
    if what in ("kind", "domain"):
        return of in kinds
    if what == "traffic":
        return not kinds.isdisjoint(READ_KINDS)
    attribute = of[0] if isinstance(of, tuple) else of
    return not isinstance(attribute, Attribute) or attribute.declared_by in kinds


def _without(rows: tuple[Column, ...], others: tuple[Column, ...]) -> tuple[Column, ...]:
    """The rows that are not among the others."""
    known = set(zip(*(column.tolist() for column in others), strict=True))
    kept = [
        index
        for index, row in enumerate(zip(*(column.tolist() for column in rows), strict=True))
        if row not in known
    ]
    return tuple(column[kept] for column in rows)
