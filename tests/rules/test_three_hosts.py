"""MulVAL's three hosts: each what-if has its answer, worked out by hand from the chances of the steps.

With w = .5 (web server), m = .4 (mount service), s = .9 (write to the share), t = .6 (planted program runs):
the workstation falls with w (1 - (1 - m)(1 - s)) t = .282, and the like without one of the ways.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from panacea_policy.compiler import Entity, Workspace
from panacea_policy.risk.exact import probability
from panacea_policy.risk.graph import from_attack

MODEL = Path(__file__).resolve().parents[2] / "models" / "three_hosts"
#: Scenario: probability that the attacker runs code on the web server, the file server and the workstation.
ANSWERS = {
    None: (0.5, 0.2, 0.282),
    "web_server_patched": (0, 0, 0),
    "mount_patched": (0.5, 0, 0.27),
    "share_gone": (0.5, 0.2, 0),
    "share_gone_and_patched": (0.5, 0, 0),
    "programs_local": (0.5, 0.2, 0),
    "perimeter_closed": (0.5, 0, 0),
    # The mount service is out of reach until the workstation has fallen.
    "only_share_open": (0.5, 0.27 * 0.4, 0.27),
    "only_mounting_open": (0.5, 0.2, 0.12),
    "web_server_moved": (0, 0, 0),
}


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.open(MODEL, as_of=date(2026, 11, 1), cache=None)


def test_every_what_if_has_an_answer(workspace: Workspace) -> None:
    assert {None, *workspace.scenarios()} == set(ANSWERS)
    assert all(each.passed for each in workspace.run_tests())


@pytest.mark.parametrize("scenario", ANSWERS)
def test_the_answer(workspace: Workspace, scenario: str | None) -> None:
    attack = (workspace if scenario is None else workspace.with_scenario(scenario)).attack()
    graph, start = from_attack(attack), np.flatnonzero(attack.initial).tolist()
    found = {"web_server": 0.0, "file_server": 0.0, "workstation": 0.0}
    for number, fact in enumerate(attack.facts):
        host = fact.args[0] if fact.relation == "runs_code" else None
        if isinstance(host, Entity):
            found[host.name] = max(found[host.name], probability(graph, number, start))
    assert tuple(found.values()) == pytest.approx(ANSWERS[scenario], abs=1e-12)


def test_without_a_way_nothing_is_run_at_all(workspace: Workspace) -> None:
    patched = workspace.with_scenario("web_server_patched")
    assert not patched.query("asset h, privilege q where runs_code(h, q)").rows
