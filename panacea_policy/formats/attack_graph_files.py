"""The whole attack graph for other tools: GraphML (Gephi, yEd, networkx, igraph) and two tables as CSV.

Facts are OR nodes, step instances AND nodes; an edge leads from a premise to its instance and from an
instance to its result. Node ids are positions, equal for equal models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from panacea_policy.formats.csv_table import csv_text

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph

#: Attributes of nodes, in the order of the columns. ``chance`` is before controls, ``effort_days`` the mean.
COLUMNS = (
    "id",
    "kind",
    "label",
    "relation",
    "step",
    "layer",
    "techniques",
    "chance",
    "effort_days",
    "initial",
)

Node = Mapping[str, str | float | bool]

_DAY = 86400.0


def nodes(graph: AttackGraph) -> Iterator[Node]:
    """Every fact, then every step instance; places that a change has emptied are passed over."""
    for n in np.flatnonzero(graph.facts.present).tolist():
        fact = graph.facts[n]
        yield {
            "id": f"f{n}",
            "kind": "fact",
            "label": fact.text,
            "relation": fact.relation,
            "initial": bool(graph.initial[n]),
        }
    means = [law.mean() / _DAY for law in graph.efforts]
    for n in np.flatnonzero(graph.present).tolist():
        step = graph.steps[graph.step[n]]
        yield {
            "id": f"s{n}",
            "kind": "step",
            "label": step.title,
            "step": step.id,
            "layer": step.layer,
            "techniques": " ".join(step.attack_ids),
            "chance": float(graph.chance[n]),
            "effort_days": means[int(graph.effort[n])],
        }


def edges(graph: AttackGraph) -> Iterator[tuple[str, str]]:
    """Premise to instance, instance to result."""
    for n in np.flatnonzero(graph.present).tolist():
        for fact in graph.premise[graph.premise_start[n] : graph.premise_start[n + 1]].tolist():
            yield f"f{fact}", f"s{n}"
        for fact in graph.result[graph.result_start[n] : graph.result_start[n + 1]].tolist():
            yield f"s{n}", f"f{fact}"


def to_graphml(graph: AttackGraph) -> str:
    """The graph as GraphML."""
    import networkx as nx  # type: ignore[import-untyped]

    made = nx.DiGraph()
    for node in nodes(graph):
        made.add_node(node["id"], **{key: _printable(value) for key, value in node.items() if key != "id"})
    made.add_edges_from(edges(graph))
    return "\n".join(nx.generate_graphml(made)) + "\n"


def _printable(value: str | float | bool) -> str | float | bool:
    """XML cannot hold control characters, so a name that has some shows a replacement character."""
    if isinstance(value, str):
        return "".join(c if c >= " " or c in "\t\n" else "\N{REPLACEMENT CHARACTER}" for c in value)
    return value


def to_csv(graph: AttackGraph) -> Mapping[str, str]:
    """``nodes.csv`` and ``edges.csv`` (RFC 4180, line feeds)."""
    rows = (tuple(_cell(node.get(column, "")) for column in COLUMNS) for node in nodes(graph))
    return {"nodes.csv": csv_text(COLUMNS, rows), "edges.csv": csv_text(("source", "target"), edges(graph))}


def _cell(value: str | float | bool) -> str | float:
    return ("yes" if value else "no") if isinstance(value, bool) else value
