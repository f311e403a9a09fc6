"""What a graph says, without places and numbers, so that two graphs can be compared."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from panacea_policy.compiler import AttackGraph, Workspace
from panacea_policy.compiler.attack import build_attack_graph
from tests.compiler.workspaces import named


def told(graph: AttackGraph) -> dict[str, object]:
    """Everything that a graph says of what is present."""
    facts = np.flatnonzero(graph.facts.present)
    nodes = np.flatnonzero(graph.present).tolist()
    names = {int(i): graph.facts[int(i)].text for i in facts}
    causes = defaultdict(set)
    for i in nodes:
        if graph.common_cause[i] >= 0:
            causes[int(graph.common_cause[i])].add(int(graph.key[i]))
    return {
        "facts": {int(graph.fact_key[i]): (names[int(i)], bool(graph.initial[i])) for i in facts},
        "instances": {int(graph.key[i]): _instance(graph, i, names) for i in nodes},
        "size": (len(facts), len(nodes)),
        "causes": {frozenset(each) for each in causes.values()},
        "effectiveness": {
            control.name: float(graph.effectiveness[n])
            for n, control in enumerate(graph.controls)
            if any(n in _part(graph.hinder_start, graph.hinder, i) for i in nodes)
        },
        "assumptions": sorted(
            (a.entity.name, a.attribute, str(a.value), a.source) for a in graph.assumptions
        ),
        "relations": {
            name: {names[i] for i in graph.positions(name).tolist()}
            for name in graph.facts.names()
            if len(graph.positions(name))
        },
    }


def _instance(graph: AttackGraph, i: int, names: dict[int, str]) -> tuple[object, ...]:
    return (
        graph.steps[graph.step[i]].id,
        sorted(names[f] for f in _part(graph.premise_start, graph.premise, i)),
        sorted(names[f] for f in _part(graph.result_start, graph.result, i)),
        float(graph.chance[i]),
        graph.efforts[graph.effort[i]],
        {graph.controls[c].name for c in _part(graph.hinder_start, graph.hinder, i)},
        int(graph.cause_key[i]),
        [(name, named(value)) for name, value in graph.bindings[i]],
    )


def _part(start: np.ndarray, values: np.ndarray, i: int) -> list[int]:
    return [int(each) for each in values[start[i] : start[i + 1]]]


def afresh(workspace: Workspace) -> AttackGraph:
    """The graph of a workspace's model as it is now, built from nothing."""
    return build_attack_graph(
        workspace.model, workspace._layer, workspace._program, workspace.symbols, workspace.as_of
    )
