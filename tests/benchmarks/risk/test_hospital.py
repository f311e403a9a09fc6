"""Generated hospitals: sound, the same each time, as large as asked for; their graphs follow changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from benchmarks.risk import equal, hospital
from benchmarks.risk.hospital import Size
from panacea_policy.compiler import Delta, Workspace
from tests.compiler.attack.compare import afresh, told

DAY = date(2026, 11, 1)


def opened(folder: Path) -> Workspace:
    return Workspace.open(folder, as_of=DAY, cache=None)


@pytest.mark.parametrize("assets", [200, 1_000, 10_000])
def test_the_numbers_add_up(assets: int) -> None:
    size = Size(assets)
    assert size.devices + size.workstations + size.servers + hospital._FEW == assets
    assert size.devices > size.workstations > size.servers > 0


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = (hospital.write(tmp_path / name, Size(300, 4)) for name in "ab")
    names = sorted(each.name for each in one.iterdir())
    assert names == sorted(each.name for each in other.iterdir())
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def test_a_hospital_is_sound_and_can_be_attacked(tmp_path: Path) -> None:
    workspace = opened(hospital.write(tmp_path, Size(300)))
    assert [each.message for each in workspace.diagnostics() if each.severity.value == "error"] == []
    assert len(workspace.model.entities("asset")) == 300
    graph = workspace.attack()
    steps = {graph.steps[each].name for each in graph.step}
    assert {
        "exploit_service",
        "raise_privileges",
        "lose_login",
        "encrypt_machine",
        "disrupt_process",
    } <= steps
    assert len(graph.positions("disrupted")) == Size(300).wards
    assert len(graph.controls) > 3


@pytest.mark.slow
def test_the_graph_of_a_hospital_follows_its_changes(tmp_path: Path) -> None:
    workspace = opened(hospital.write(tmp_path, Size(250)))
    workspace.attack()
    for change in (
        hospital.advisory(1, ["build_system_1", "server_program_2"]),
        hospital.advisory(2, ["ehr", "vault"]),
        "set walls_0.status: planned",
        "set walls_0.protects: [central]",
        "set advisory_1.gives: user",
        'remove station["W-000001"]',
        "remove advisory_1",
        "system more : server in central { endpoint web { protocol: https }  identity_provider: directory }",
        "set ehr.redundant_with: [archive]",
    ):
        workspace.apply(Delta(change=change))
        graph = workspace.attack()
        assert graph.changed is not None, change
        assert told(graph) == told(afresh(workspace)), change


def test_the_network_in_two_languages_has_the_nodes_that_it_says(tmp_path: Path) -> None:
    network = equal.Network(hosts=250, vulnerabilities=2)
    graph = opened(equal.write(tmp_path, network)).attack()
    # Beside those of MAL: the attempt, and the step that begins it.
    assert len(graph.facts) + len(graph.step) == network.nodes + 2


def test_mal_toolbox_counts_the_same_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where it writes its log
    pytest.importorskip("maltoolbox")
    from benchmarks.risk import graph

    network = equal.Network(hosts=250, vulnerabilities=2)
    run, nodes = graph._peer(network, tmp_path)
    run()
    assert nodes() == network.nodes
