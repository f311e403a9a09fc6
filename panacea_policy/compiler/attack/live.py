"""The attack graph of a model that changes: the engine's result is kept up to date, and the graph follows
it.
"""

from __future__ import annotations

from datetime import date

from panacea_policy.compiler.attack.afresh import build_attack_graph
from panacea_policy.compiler.attack.change import Carrier
from panacea_policy.compiler.attack.graph import AttackGraph, Changed
from panacea_policy.compiler.attack.shape import shape_of
from panacea_policy.compiler.attack.store import Store
from panacea_policy.compiler.delta import Change
from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.evaluation import (
    LIMITS,
    Evaluation,
    WorkspaceError,
    columns_of,
    fill_database,
    too_much,
)
from panacea_policy.compiler.facts import Facts
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.live import facts_of, kinds_of, may_differ, with_entries
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.reads import WHOLES
from panacea_policy.compiler.rules.program import needed_relations
from panacea_policy.engine import EvaluationError, Live, Symbols
from panacea_policy.engine.rederive import Rederivation

#: A graph is built afresh where more than one place in so many is empty.
_MOST_HOLES = 4


class LiveAttack:
    """An attack graph that follows the changes of a model.

    At any time `graph` has the facts and instances of a graph built afresh, under the same keys and with
    the same figures; their places, and the numbers of controls and common causes, stay what they were.
    """

    def __init__(self, model: Model, layer: Layer, program: Program, symbols: Symbols, as_of: date) -> None:
        """From a full run. Raises WorkspaceError."""
        self._symbols = symbols
        self._as_of = as_of
        self._start(model, layer, program)

    def _start(self, model: Model, layer: Layer, program: Program) -> None:
        attack = program.attack
        facts = Facts(
            layer.registry, layer.entities, layer.invalid, self._symbols, self._as_of, layer.kind_priors
        )
        database = fill_database(attack.builder, facts, self._symbols, attack.wanted)
        try:
            self._live = Live(attack.compiled, database, limits=LIMITS)
            self._attack, self._program = attack, program
            needed = needed_relations(attack.builder, attack.wanted)
            self._inputs = [each for name, each in attack.builder.inputs.items() if name in needed]
            self._assumptions = facts.assumptions
            self._again = Rederivation(attack.compiled, self._symbols, LIMITS)
            self._build(model)
        except EvaluationError as problem:
            raise WorkspaceError([too_much(problem)]) from None

    def _build(self, model: Model) -> None:
        self._store = Store(self._live.result, shape_of(self._program, model), model, self._program.terms)
        self._carrier = Carrier(self._store, self._again)
        self._changed: Changed | None = None

    @property
    def graph(self) -> AttackGraph:
        """The graph as it is now. Those handed out before stay as they were."""
        return self._store.graph(self._as_of, self._assumptions, self._changed)

    def follow(self, change: Change, model: Model, program: Program) -> None:
        """Takes in a change of the model. Raises WorkspaceError; then nothing more can be asked."""
        layer = change.layer
        if program.attack is not self._attack:
            self._start(model, layer, program)
            return
        builder = self._attack.builder
        insert, retract = facts_of(change, builder, self._symbols, self._as_of, priors=layer.kind_priors)
        self._assume(change)
        try:
            changes = self._live.apply(insert, retract)
            if self._lacks_control(model) or _MOST_HOLES * self._carrier.holes > 1:
                self._build(model)
            else:
                self._changed = self._carrier.carry(self._live.result, changes, model, _reaches_far(change))
        except EvaluationError as problem:
            raise WorkspaceError([too_much(problem)]) from None

    def _assume(self, change: Change) -> None:
        """Brings what is assumed up to date."""
        layer, names = change.layer, with_entries(change)
        touched = {name: layer.entities[name] for name in names if name in layer.entities}
        facts = Facts(layer.registry, touched, layer.invalid, self._symbols, self._as_of, layer.kind_priors)
        kinds = kinds_of(change, names)
        for what, of in self._inputs:
            if may_differ(what, of, kinds):
                columns_of(facts, what, of)
        self._assumptions = self._assumptions.changed(names, facts.assumptions)

    def _lacks_control(self, model: Model) -> bool:
        return any(model.get(name) is None for name in self._store.controls)


class Following:
    """The attack graph of a model at work, and changes that it has yet to follow: it does when asked for.

    It is built without what following takes until the first change has come.
    """

    def __init__(self, evaluation: Evaluation) -> None:
        """``evaluation``: what tells the model, its layer and its program, and the day."""
        self._now = evaluation.model, evaluation.layer, evaluation.program
        self._symbols = evaluation.symbols
        self._as_of = evaluation.as_of
        self._live: LiveAttack | None = None
        self._pending: list[tuple[Change, Model, Program]] = []

    @staticmethod
    def tell(following: object, change: Change, model: Model, program: Program) -> None:
        """Lets one that follows, if it is one, take note of a change."""
        if isinstance(following, Following):
            following._pending.append((change, model, program))

    def graph(self) -> AttackGraph:
        """The graph of the changed model. Raises WorkspaceError."""
        live, self._live = self._live, None
        pending, self._pending = self._pending, []
        start = self._now
        if pending:
            change, model, program = pending[-1]
            self._now = model, change.layer, program
        elif live is None:
            return build_attack_graph(*start, self._symbols, self._as_of)
        live = live or LiveAttack(*start, self._symbols, self._as_of)
        for each in pending:
            live.follow(*each)
        self._live = live
        return live.graph


def _reaches_far(change: Change) -> bool:
    """Whether instances that rules do not touch may be hindered by other controls, or have other causes.

    What is new is asked about when it is met; so only what was there before counts.
    """
    for name in change.touched:
        before, after = change.before.get(name), change.after.get(name)
        if _protection(before) != _protection(after):
            return True
        if before is not None and after is not None and _placement(before) != _placement(after):
            return True
    return False


def _protection(entity: Entity | None) -> object:
    """What a control protects, and as what; None for anything else."""
    if entity is None or "protects" not in entity.kind.attributes:
        return None
    return entity.value("protects"), tuple(each.name for each in entity.lines())


def _placement(entity: Entity) -> object:
    """What a declaration is in or belongs to, and what it has in common with others."""
    owner = entity.owner.name if entity.owner is not None else None
    return owner, [entity.value(each) for each in (*WHOLES, "product") if each in entity.kind.attributes]
