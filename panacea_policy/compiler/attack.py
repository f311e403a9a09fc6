"""The attack graph: facts as OR nodes, instances of attack steps as AND nodes, taken from the engine's
derivations.

Attributes that nobody set take the prior of their template or kind (``typically``); every one that was taken
is listed. Nothing here enumerates paths: the graph is the proof graph of one evaluation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import overload

import numpy as np
from numpy.typing import NDArray

from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.evaluation import LIMITS, Program, WorkspaceError, fill_database, too_much
from panacea_policy.compiler.facts import Assumption, Facts
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.reads import WHOLES
from panacea_policy.compiler.rules.compile import CompiledStep
from panacea_policy.compiler.rules.program import Source
from panacea_policy.compiler.rules.typing import ExpressionType
from panacea_policy.engine import EvaluationError, Result, RuleInstances, Symbols, evaluate
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import Dimension, Distribution, DistributionType, NumberType, build

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AttackFact:
    """Something an attacker may have: a row of a relation that steps lead to, directly or not."""

    relation: str
    args: tuple[object, ...]
    text: str


@dataclass(frozen=True, slots=True)
class StepInfo:
    """An attack step as people see it; ``name`` is ``derived`` for what follows without doing anything."""

    id: str
    name: str
    title: str
    layer: str
    attack_ids: tuple[str, ...]
    span: Span
    doc: str | None


@dataclass(frozen=True, slots=True)
class AttackGraph:
    """Arrays over instances (AND nodes); ``premise`` and ``result`` are positions in ``facts``, in CSR form.

    ``chance``: probability in [0, 1] before controls. ``effort``: position in ``efforts`` (seconds).
    ``hinder``: positions in ``controls``, whatever their status. ``common_cause``: instances with the same
    number (not -1) share one draw. ``initial``: facts that hold from the start.
    """

    facts: Sequence[AttackFact]
    steps: Sequence[StepInfo]
    step: Indices
    premise_start: Indices
    premise: Indices
    result_start: Indices
    result: Indices
    chance: NDArray[np.float64]
    effort: Indices
    efforts: Sequence[Distribution]
    hinder_start: Indices
    hinder: Indices
    controls: Sequence[Entity]
    effectiveness: NDArray[np.float64]
    initial: NDArray[np.bool_]
    common_cause: Indices
    assumptions: Sequence[Assumption]
    bindings: Sequence[tuple[tuple[str, object], ...]]


def build_attack_graph(
    model: Model, layer: Layer, program: Program, symbols: Symbols, as_of: date
) -> AttackGraph:
    """The attack graph of a model under all attack steps of the packages in use."""
    attack = program.attack
    builder, kept = attack.builder, set(attack.kept)
    facts = Facts(layer.registry, layer.entities, layer.invalid, symbols, as_of, layer.kind_priors)
    wanted = [*sorted(kept), *(name for step in attack.steps for name in (step.chance, step.effort) if name)]
    database = fill_database(builder, facts, symbols, wanted)
    try:
        result = evaluate(attack.compiled, database, only=wanted, limits=LIMITS)
    except EvaluationError as problem:
        raise WorkspaceError([too_much(problem)]) from None
    collector = _Collector(model, program, result, attack.steps, kept, as_of)
    return collector.graph(facts.assumptions)


class _Collector:
    """Turns derivations into the arrays of the graph."""

    def __init__(
        self,
        model: Model,
        program: Program,
        result: Result,
        steps: Sequence[CompiledStep],
        kept: set[str],
        as_of: date,
    ) -> None:
        self._model = model
        self._program = program
        self._result = result
        self._steps = {step.instance: step for step in steps}
        self._kept = kept
        self._as_of = as_of
        self._facts: list[AttackFact] = []
        self._offset: dict[str, int] = {}
        self._infos: list[StepInfo] = []
        self._premises: list[Indices] = []
        self._counts: list[Indices] = []
        self._results: list[Indices] = []
        self._result_counts: list[Indices] = []
        self._rows: list[Indices] = []
        self._variables: list[tuple[str, tuple[tuple[str, ExpressionType], ...], int]] = []
        self._results_of: dict[str, tuple[Indices, Indices]] = {}
        self._step: list[Indices] = []
        self._chance: list[NDArray[np.float64]] = []
        self._effort: list[Indices] = []
        self._efforts: list[Distribution] = []
        self._effort_index: dict[Distribution, int] = {}
        self._common: list[Indices] = []
        self._next_common = 0
        self._hinder: list[list[int]] = []
        self._controls: dict[str, int] = {}
        self._protecting: dict[tuple[str, str], tuple[int, ...]] | None = None
        self._by_class: dict[str, list[Entity]] = {}

    def graph(self, assumptions: Sequence[Assumption]) -> AttackGraph:
        for name in sorted(self._kept - self._steps.keys()):
            self._add_facts(name)
        for name in self._steps:
            self._find_results(name)
        initial = np.zeros(len(self._facts), dtype=np.bool_)
        derived = self._info("derived", "derived", "Follows", "network", (), Span("", 0, 0), None)
        for name in sorted(self._kept):
            step = self._steps.get(name)
            if step is None:
                given = self._result.given(name)
                offset = self._offset[name]
                initial[offset : offset + len(given)] |= given
            for instances in self._result.derivations(name).by_rule:
                if not len(instances) or _is_result(instances):
                    continue
                if step is None and not any(each.relation in self._kept for each in instances.premises):
                    # What the model alone says holds from the start.
                    initial[instances.head + self._offset[name]] = True
                else:
                    self._add_instances(name, instances, step, derived)
        hinder_start = np.cumsum([0, *(len(each) for each in self._hinder)])
        counts = _joined(self._counts)
        controls = [self._entity(name) for name in self._controls]
        return AttackGraph(
            tuple(self._facts),
            tuple(self._infos),
            _joined(self._step),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            _joined(self._premises),
            np.concatenate([[0], np.cumsum(_joined(self._result_counts))]).astype(np.int64),
            _joined(self._results),
            np.concatenate(self._chance) if self._chance else np.empty(0),
            _joined(self._effort),
            tuple(self._efforts),
            hinder_start.astype(np.int64),
            np.asarray([each for row in self._hinder for each in row], dtype=np.int64),
            tuple(controls),
            np.asarray([self._effectiveness(control) for control in controls], dtype=np.float64),
            initial,
            _joined(self._common),
            tuple(assumptions),
            _Bindings(self._result, self._model, self._variables, _joined(self._rows)),
        )

    # ------------------------------------------------------------------------------------------ facts and
    # instances

    def _add_facts(self, name: str) -> None:
        self._offset[name] = len(self._facts)
        relation = self._program.relations.get(name)
        for row in self._result.rows(name):
            args = tuple(self._decoded(value) for value in row)
            words = [each.short if isinstance(each, Entity) else str(each) for each in args]
            label = (relation.item.name.name if relation else name).replace("_", " ")
            text = f"{label} {', '.join(words)}"
            self._facts.append(AttackFact(relation.item.name.name if relation else name, args, text))

    def _find_results(self, instance: str) -> None:
        """For each row of a step's instances, the facts that it leads to, in CSR form."""
        rows: list[Indices] = [np.empty(0, dtype=np.int64)]
        facts: list[Indices] = [np.empty(0, dtype=np.int64)]
        for name in self._kept - self._steps.keys():
            for instances in self._result.derivations(name).by_rule:
                if _is_result(instances) and instances.premises[0].relation == instance:
                    rows.append(instances.premises[0].rows)
                    facts.append(instances.head + self._offset[name])
        every, heads = np.concatenate(rows), np.concatenate(facts)
        order = np.lexsort((heads, every))
        size = len(self._result.table(instance))
        start = np.concatenate([[0], np.cumsum(np.bincount(every, minlength=size))]).astype(np.int64)
        self._results_of[instance] = (start, heads[order])

    def _decoded(self, value: object) -> object:
        if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], str):
            return self._model.get(value[0]) or value[0]
        return value

    def _add_instances(
        self, name: str, instances: RuleInstances, step: CompiledStep | None, derived: int
    ) -> None:
        count = len(instances)
        premises = [
            each.rows + self._offset[each.relation]
            for each in instances.premises
            if each.relation in self._kept
        ]
        self._premises.append(
            np.stack(premises, axis=1).reshape(-1) if premises else np.empty(0, dtype=np.int64)
        )
        self._counts.append(np.full(count, len(premises), dtype=np.int64))
        if step is None:
            self._results.append(instances.head + self._offset[name])
            self._result_counts.append(np.ones(count, dtype=np.int64))
            self._step.append(np.full(count, derived, dtype=np.int64))
            self._chance.append(np.ones(count))
            self._effort.append(np.full(count, self._effort_of(_constant(0.0)), dtype=np.int64))
            self._common.append(np.full(count, -1, dtype=np.int64))
            self._hinder.extend([] for _ in range(count))
            self._variables.append(("", (), count))
            self._rows.append(instances.head)
            return
        self._variables.append((name, step.variables, count))
        self._rows.append(instances.head)
        start, results = self._results_of[name]
        counts = np.diff(start)[instances.head]
        self._results.append(
            np.concatenate([results[start[row] : start[row + 1]] for row in instances.head.tolist()])
        )
        self._result_counts.append(counts)
        self._step.append(np.full(count, self._step_info(step), dtype=np.int64))
        self._chance.append(self._chances(step)[instances.head])
        self._effort.append(self._effort_rows(step)[instances.head])
        self._common.append(self._commons(step)[instances.head])
        hindered = self._hindrances(step)
        self._hinder.extend(hindered[row] for row in instances.head.tolist())

    def _step_info(self, step: CompiledStep) -> int:
        declared = step.declared
        entity = self._model.get(declared.qualified)
        layer = entity.value("layer") if entity else None
        attack = entity.value("attack") if entity else None
        return self._info(
            declared.qualified,
            declared.name,
            declared.title or declared.name.replace("_", " "),
            layer if isinstance(layer, str) else "network",
            tuple(str(each) for each in attack) if isinstance(attack, tuple) else (),
            declared.span,
            declared.doc,
        )

    def _info(
        self, id: str, name: str, title: str, layer: str, attack: tuple[str, ...], span: Span, doc: str | None
    ) -> int:
        for index, known in enumerate(self._infos):
            if known.id == id:
                return index
        self._infos.append(StepInfo(id, name, title, layer, attack, span, doc))
        return len(self._infos) - 1

    # ------------------------------------------------------------------------------------------ figures of
    # steps

    def _chances(self, step: CompiledStep) -> NDArray[np.float64]:
        """The chance of every instance of a step, in the order of its table."""
        size = len(self._result.table(step.instance))
        if step.chance is None:
            return np.full(size, self._constant_chance(step.item.chance))
        values = self._figures(step, step.chance, size, 1.0)
        numbers = [value.mean() if isinstance(value, Distribution) else float(value) for value in values]
        return np.clip(np.asarray(numbers, dtype=np.float64), 0.0, 1.0)

    def _constant_chance(self, node: tree.Expression | None) -> float:
        if node is None:
            return 1.0
        value = self._constant_of(node, DistributionType(Dimension.FRACTION))
        return min(max(value.mean(), 0.0), 1.0)

    def _constant_of(self, node: tree.Expression, type: DistributionType) -> Distribution:
        try:
            value = self._program.terms.constant(node, type)
        except Rejected:
            number = NumberType(type.dimension)
            return _constant(float(str(self._program.terms.constant(node, number))))
        assert isinstance(value, Distribution)
        return value

    def _effort_rows(self, step: CompiledStep) -> Indices:
        size = len(self._result.table(step.instance))
        if step.effort is None:
            node = step.item.effort
            effort = self._constant_of(node, DistributionType(Dimension.DURATION)) if node else _constant(0.0)
            return np.full(size, self._effort_of(effort), dtype=np.int64)
        values = self._figures(step, step.effort, size, 0.0)
        spreads = [value if isinstance(value, Distribution) else _constant(float(value)) for value in values]
        return np.asarray([self._effort_of(each) for each in spreads], dtype=np.int64)

    def _effort_of(self, effort: Distribution) -> int:
        index = self._effort_index.get(effort)
        if index is None:
            index = self._effort_index[effort] = len(self._efforts)
            self._efforts.append(effort)
        return index

    def _figures(
        self, step: CompiledStep, relation: str, size: int, default: float
    ) -> list[Distribution | float]:
        """The value of a figure for each instance; ``default`` where what it reads is unknown."""
        table = self._result.table(step.instance)
        found: list[Distribution | float] = [default] * size
        for row in self._result.rows(relation):
            *key, value = row
            position = table.find([self._encoded(each) for each in key])
            if position is not None and isinstance(value, Distribution | float):
                found[position] = value
        return found

    def _encoded(self, value: object) -> int | float:
        return value if isinstance(value, float) else self._result.symbols.intern(value)

    def _commons(self, step: CompiledStep) -> Indices:
        """Instances with the same variables of the kind that the step calls common share one draw."""
        table = self._result.table(step.instance)
        entity = self._model.get(step.declared.qualified)
        common = entity.value("common") if entity else None
        columns = [
            index
            for index, (_, type) in enumerate(step.variables)
            if isinstance(common, str) and common in getattr(type, "kinds", ())
        ]
        if not columns or not len(table):
            return np.full(len(table), -1, dtype=np.int64)
        keys = table.columns[columns[0]]
        _, inverse = np.unique(keys, return_inverse=True)
        numbers = inverse.astype(np.int64) + self._next_common
        self._next_common = int(numbers.max()) + 1
        return numbers

    # ------------------------------------------------------------------------------------------ controls

    def _hindrances(self, step: CompiledStep) -> list[list[int]]:
        table = self._result.table(step.instance)
        found: list[list[int]] = [[] for _ in range(len(table))]
        for classes, column in step.hindrances:
            for row, symbol in enumerate(table.columns[column].tolist()):
                protected = self._decoded(self._result.symbols.value(int(symbol)))
                if isinstance(protected, Entity):
                    for name in classes:
                        found[row].extend(self._protection(name, protected))
        return [sorted(set(each)) for each in found]

    def _protection(self, name: str, entity: Entity) -> tuple[int, ...]:
        """Controls of a class that protect an entity: itself, what it is part of, its zone, its site, or
        everything.
        """
        if self._protecting is None:
            self._protecting = {}
            for control in self._model.entities("control"):
                for template in control.lines():
                    self._by_class.setdefault(template.name, []).append(control)
        key = (name, entity.name)
        known = self._protecting.get(key)
        if known is None:
            around = _surroundings(entity, self._model)
            known = tuple(
                self._controls.setdefault(control.name, len(self._controls))
                for control in self._by_class.get(name, ())
                if self._protects(control, around)
            )
            self._protecting[key] = known
        return known

    def _protects(self, control: Entity, around: set[str]) -> bool:
        protects = control.value("protects")
        return isinstance(protects, tuple) and any(str(each) in around for each in protects)

    def _effectiveness(self, control: Entity) -> float:
        value = control.value("effectiveness")
        if not isinstance(value, Distribution | float | int):
            prior = self._model.prior(control, "effectiveness")
            value = prior.value if prior else 0.0
        return value.mean() if isinstance(value, Distribution) else float(value)  # type: ignore[arg-type]

    def _entity(self, name: str) -> Entity:
        entity = self._model.get(name)
        assert entity is not None
        return entity


class _Bindings(Sequence[tuple[tuple[str, object], ...]]):
    """The variables of every instance, read off the steps' tables on demand."""

    def __init__(
        self,
        result: Result,
        model: Model,
        blocks: Sequence[tuple[str, tuple[tuple[str, ExpressionType], ...], int]],
        rows: Indices,
    ) -> None:
        self._result = result
        self._model = model
        self._blocks = blocks
        self._rows = rows
        self._starts = np.cumsum([0, *(count for _, _, count in blocks)])

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> tuple[tuple[str, object], ...]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[tuple[str, object], ...]]: ...
    def __getitem__(
        self, index: int | slice
    ) -> tuple[tuple[str, object], ...] | Sequence[tuple[tuple[str, object], ...]]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        name, variables, _ = self._blocks[int(np.searchsorted(self._starts, index, side="right")) - 1]
        if not name:
            return ()
        table, row = self._result.table(name), int(self._rows[index])
        return tuple(
            (variable, self._value(column[row]))
            for (variable, _), column in zip(variables, table.columns, strict=True)
        )

    def _value(self, raw: np.int64 | np.float64) -> object:
        if isinstance(raw, np.floating):
            return float(raw)
        value = self._result.symbols.value(int(raw))
        if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], str):
            return self._model.get(value[0]) or value[0]
        return value


def _is_result(instances: RuleInstances) -> bool:
    """Whether a rule says what a step leads to: the step's instance stands for it in the graph."""
    origin = instances.rule.origin
    return isinstance(origin, Source) and origin.role == "result"


def _surroundings(entity: Entity, model: Model) -> set[str]:
    """The entity, its owner, its zone with the zones around it, its site and department: what protecting may
    mean.
    """
    found: set[str] = set()
    queue: list[Entity] = [entity]
    while queue:
        each = queue.pop()
        if each.name in found:
            continue
        found.add(each.name)
        if each.owner is not None:
            queue.append(each.owner)
        for attribute in WHOLES:
            if attribute in each.kind.attributes:
                value = model.value(each, attribute)
                if isinstance(value, Entity):
                    queue.append(value)
    return found


def _constant(value: float) -> Distribution:
    return build("constant", [value], {}, Dimension.COUNT)


def _joined(parts: Sequence[Indices]) -> Indices:
    return np.concatenate(parts).astype(np.int64) if parts else np.empty(0, dtype=np.int64)
