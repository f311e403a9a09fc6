"""The verdicts of a model that changes: the engine's result is kept up to date, and only rules that a change
touches are judged again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from panacea_policy.compiler.delta import Change
from panacea_policy.compiler.entities import Template
from panacea_policy.compiler.evaluation import (
    LIMITS,
    Evaluation,
    Program,
    WorkspaceError,
    columns_of,
    fill_database,
    too_much,
)
from panacea_policy.compiler.facts import Column, Facts
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.rules.compile import CompiledRule
from panacea_policy.compiler.rules.program import ProgramBuilder
from panacea_policy.compiler.rules.typing import EntityType
from panacea_policy.compiler.verdicts import Finding, Judge, Tally
from panacea_policy.engine import Changes, Compiled, EvaluationError, Live, Result, Symbols
from panacea_policy.model import Attribute, MapType


@dataclass(slots=True)
class _Judged:
    """What was read off for one rule, and by whom."""

    judge: Judge
    findings: list[Finding]
    tally: Tally


class LiveEvaluation(Evaluation):
    """An evaluation that can be carried over to a changed model."""

    def __init__(self, model: Model, layer: Layer, program: Program, symbols: Symbols, as_of: date) -> None:
        super().__init__(model, layer, program, symbols, as_of)
        self._by_rule: dict[str, _Judged] = {}

    @cached_property
    def live(self) -> Live:
        """The engine's result for all rules, from a full run the first time. Raises WorkspaceError."""
        wanted = [name for rule in self.program.rules for name in _relations_of(rule)]
        database = fill_database(self.program.builder, self.facts, self.symbols, wanted)
        try:
            return Live(self.program.compiled, database, limits=LIMITS)
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
            raise WorkspaceError([too_much(problem)]) from None
        other.live = live
        other._carry(self._by_rule, changes, change)
        return other

    def evaluate(self, builder: ProgramBuilder, compiled: Compiled, wanted: Sequence[str]) -> Result:
        """Evaluate what some relations need; for the rules themselves that is at hand."""
        if compiled is self.program.compiled:
            return self.live.result
        return super().evaluate(builder, compiled, wanted)

    # ------------------------------------------------------------------------------------------ internals

    def _judge(self, packages: Collection[str] | None) -> list[tuple[list[Finding], Tally]]:
        found: list[tuple[list[Finding], Tally]] = []
        for rule in self.program.rules:
            if packages is not None and rule.declared.package.label not in packages:
                continue
            name = rule.declared.qualified
            if name not in self._by_rule:
                judge = Judge(self.model, self.live.result, self.model.entities("waiver"), self.as_of)
                self._by_rule[name] = _Judged(judge, *judge.judge(rule, self.info(rule)))
            found.append((self._by_rule[name].findings, self._by_rule[name].tally))
        return found

    def _carry(self, known: Mapping[str, _Judged], changes: Changes, change: Change) -> None:
        """Keeps what was read off for the rules that the change does not touch."""
        moved = changes.added.keys() | changes.removed.keys()
        touched = change.touched
        ancestors = self.layer.registry.ancestors
        touching = {kind for each in change.entities for kind in ancestors(each.kind.name)}
        if "waiver" in touching or "rule" in touching:
            return
        # A tally counts the declarations of a kind: it is another one where these are more or fewer.
        kinds = {kind for each in change.come_or_gone for kind in ancestors(each.kind.name)}
        for rule in self.program.rules:
            judged = known.get(rule.declared.qualified)
            if judged is None or not moved.isdisjoint(_relations_of(rule)) or _counts(rule, kinds):
                continue
            if any(each.name in touched for finding in judged.findings for each in finding.subjects):
                continue
            judged.judge.renew(self.model, self.live.result)
            # Copies: what was told of a finding may read otherwise now.
            findings = [replace(finding) for finding in judged.findings]
            self._by_rule[rule.declared.qualified] = _Judged(judged.judge, findings, judged.tally)


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
    for name, (what, of) in builder.inputs.items():
        if not may_differ(what, of, kinds):
            continue
        old, new = columns_of(before, what, of), columns_of(after, what, of)
        if len(old[0]) != len(new[0]) or any(
            not np.array_equal(*pair) for pair in zip(old, new, strict=True)
        ):
            insert[name], retract[name] = _without(new, old), _without(old, new)
    return insert, retract


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
