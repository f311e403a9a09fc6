"""An attack graph built from nothing."""

from __future__ import annotations

from datetime import date

from panacea_policy.compiler.attack.graph import AttackGraph
from panacea_policy.compiler.attack.shape import shape_of
from panacea_policy.compiler.attack.store import Store
from panacea_policy.compiler.evaluation import LIMITS, WorkspaceError, fill_database, too_much
from panacea_policy.compiler.facts import Facts
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.program import Program
from panacea_policy.engine import EvaluationError, Symbols, evaluate


def build_attack_graph(
    model: Model, layer: Layer, program: Program, symbols: Symbols, as_of: date
) -> AttackGraph:
    """The attack graph of a model under all attack steps of the packages in use. Raises WorkspaceError."""
    attack = program.attack
    facts = Facts(layer.registry, layer.entities, layer.invalid, symbols, as_of, layer.kind_priors)
    wanted = attack.wanted
    database = fill_database(attack.builder, facts, symbols, wanted)
    try:
        result = evaluate(attack.compiled, database, only=wanted, limits=LIMITS)
        store = Store(result, shape_of(program, model), model, program.terms)
    except EvaluationError as problem:
        raise WorkspaceError([too_much(problem)]) from None
    return store.graph(as_of, facts.assumptions)
