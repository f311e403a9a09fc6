"""The attack graph: facts as OR nodes, instances of attack steps as AND nodes, taken from the engine's
derivations.

Attributes that nobody set take the prior of their template or kind (``typically``); every one that was
taken is listed. Nothing here enumerates paths: the graph is the proof graph of one evaluation. It is held
in arrays; texts, arguments and bindings are made when asked for.

`shape` sorts the rules, `build` turns the engine's rows into instances, with `figures` and `hindrances`,
`store` holds the arrays, `identity` the keys, `graph` is what others see.
"""

from __future__ import annotations

from datetime import date

from panacea_policy.compiler.attack.graph import AttackFact, AttackGraph, Changed, StepInfo
from panacea_policy.compiler.attack.live import Following
from panacea_policy.compiler.attack.shape import shape_of
from panacea_policy.compiler.attack.store import Store
from panacea_policy.compiler.evaluation import LIMITS, Program, WorkspaceError, fill_database, too_much
from panacea_policy.compiler.facts import Facts
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.model import Model
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
    return store.graph(facts.assumptions)


__all__ = ["AttackFact", "AttackGraph", "Changed", "Following", "StepInfo", "build_attack_graph"]
