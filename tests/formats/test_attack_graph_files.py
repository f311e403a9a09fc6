"""The whole attack graph for other tools: what they read is what the graph has."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import networkx as nx  # type: ignore[import-untyped]
import pytest

from panacea_policy.compiler import AttackGraph
from panacea_policy.formats.attack_graph_files import COLUMNS, edges, to_csv, to_graphml
from tests.risk.clinic import clinic


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> AttackGraph:
    return clinic(tmp_path_factory.mktemp("clinic")).attack()


def test_graphml_reads_back(graph: AttackGraph, tmp_path: Path) -> None:
    path = tmp_path / "g.graphml"
    path.write_text(to_graphml(graph), encoding="utf-8")
    read = nx.read_graphml(path)
    assert len(read) == len(graph.facts) + len(graph.step)
    assert set(read.edges) == set(edges(graph))
    labels = {data["label"] for _, data in read.nodes(data=True) if data["kind"] == "fact"}
    assert labels == {fact.text for fact in graph.facts}
    chances = [read.nodes[f"s{n}"]["chance"] for n in range(len(graph.step))]
    assert chances == graph.chance.tolist()


def test_tables_have_every_node_and_edge(graph: AttackGraph) -> None:
    files = to_csv(graph)
    nodes = list(csv.DictReader(io.StringIO(files["nodes.csv"])))
    assert tuple(nodes[0]) == COLUMNS
    assert len(nodes) == len(graph.facts) + len(graph.step)
    assert {n["id"] for n in nodes if n["initial"] == "yes"} == {
        f"f{n}" for n, held in enumerate(graph.initial.tolist()) if held
    }
    pairs = [tuple(row.values()) for row in csv.DictReader(io.StringIO(files["edges.csv"]))]
    assert pairs == list(edges(graph))


def test_equal_graphs_give_equal_bytes(graph: AttackGraph) -> None:
    assert to_graphml(graph) == to_graphml(graph)
    assert to_csv(graph) == to_csv(graph)
