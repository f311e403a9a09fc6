"""The chance per year that single facts fall, by state of the controls."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.risk import RiskOptions, falls

MODEL = """\
template control lock { effectiveness: 50 % }
system a { }
system b { }
threat_actor one { attempts: 2 per year }
threat_actor two { attempts: 1 per year }
relation attempts(threat_actor)
attempts(t) if t is threat_actor
relation taken(asset)
step take "Take" {
  for threat_actor t, system s
  from attempts(t), s = a
  to taken(s)
  chance 40 %
  hindered by lock on s
}
control first : lock { protects: [a]  status: in_place }
control second : lock { protects: [a]  status: planned }
control third : lock { protects: [a]  status: candidate }
"""


@pytest.fixture
def opened(tmp_path: Path) -> Workspace:
    (tmp_path / "model.panacea").write_text(MODEL)
    found = Workspace.open(tmp_path)
    assert found.ok, found.diagnostics()
    return found


def test_chances_are_those_of_the_closed_form(opened: Workspace) -> None:
    attack = opened.attack()
    (taken,) = attack.positions("taken").tolist()
    (fall,) = falls(attack, opened.model, [[taken]], RiskOptions(trials=20_000))
    for state, chance in (("bare", 0.4), ("in_place", 0.2), ("planned", 0.1), ("all", 0.05)):
        exact = 1 - math.exp(-3 * chance)
        got = fall[state].chance
        assert abs(got.value - exact) < 5 * got.standard_error + 1e-9, state
        by_actor = {actor.actor: actor.chance for actor in fall[state].actors}
        assert abs(by_actor["one"].value - (1 - math.exp(-2 * chance))) < 5 * by_actor["one"].standard_error
        assert by_actor["one"].value > by_actor["two"].value


def test_a_group_of_no_facts_cannot_fall(opened: Workspace) -> None:
    attack = opened.attack()
    (taken,) = attack.positions("taken").tolist()
    none, some = falls(attack, opened.model, [[], [taken]], RiskOptions(trials=500))
    assert not none["bare"].reachable
    assert none["bare"].chance.value == none["bare"].chance.high == 0
    assert some["bare"].reachable
    assert not falls(attack, opened.model, [[]])[0]["all"].reachable
