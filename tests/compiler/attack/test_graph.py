"""The attack graph: facts, instances of steps, figures, controls, common causes and assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from panacea_policy.compiler import AttackGraph, Workspace
from tests.compiler.workspaces import codes, good_model, named, open_model

MODEL = """
organisation clinic { currency: EUR }
zone internet { type: internet }
zone ward { }
protocol https {}
conduit way: internet -> ward { allow: [https] }
template system old { typically { patch_delay: 90 d } }
system portal : old in ward { endpoint web { protocol: https } }
system ehr in ward {}
system paper in ward {}
flow portal -> ehr {}
process care { needs: ehr or paper }
threat_actor gang { attempts: 3 per year }
threat_actor kid { attempts: 9 per year }
template control patching {}
template control watching {}
control patch : patching { protects: [portal]  status: in_place  effectiveness: 60 % }
control watch : watching { protects: [ward]  effectiveness: 30 % }
control other : watching { protects: [paper]  effectiveness: 10 % }

relation attempts(threat_actor)
attempts(t) if t is threat_actor
relation at(zone)
relation controls(asset)
relation fails(element)
step enter "Come in" { layer: network  attack: ["T1595"]
  for threat_actor t, zone z
  from attempts(t), z.type = internet
  to at(z)  chance 100 %  effort 1 h }
step exploit "Exploit" { layer: network
  for zone z, conduit c, asset h
  from at(z), c.source = z, h.zone = c.target, some endpoint e in h.endpoints with e.protocol in c.allow
  to controls(h)
  chance 20 %  effort lognormal(p5: 4 h, p95: 30 d)  hindered by patching, watching on h }
step move "Move" {
  for flow f, asset a, asset b
  from controls(a), f.source = a, f.target = b
  to controls(b), fails(b)
  chance 50 %  effort 3 d  hindered by watching on b }
relation slow(asset)
step wait "Wait for it" {
  for asset h from controls(h), h.patch_delay > 30 d to slow(h) chance 10 % effort 1 h }
fails(n) if any_of(n, l, r), fails(l), fails(r)
relation down(process)
down(p) if p.needs = n, fails(n)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return good_model(tmp_path, MODEL)


Fact = tuple[str, tuple[object, ...]]


def facts(graph: AttackGraph) -> dict[tuple[str, tuple[object, ...]], int]:
    return {(f.relation, tuple(named(a) for a in f.args)): i for i, f in enumerate(graph.facts)}


def instances(graph: AttackGraph, step: str) -> list[tuple[set[Fact], set[Fact], int]]:
    """What each instance of a step rests on, what it leads to, and its number.

    A fact of the compiler's own, with a slash in its relation, stands for what it is derived from.
    """
    short = [(fact.relation, tuple(named(each) for each in fact.args)) for fact in graph.facts]
    found = []
    for number in np.flatnonzero(np.asarray([graph.steps[each].name == step for each in graph.step])):
        results = {short[index] for index in _part(graph.result_start, graph.result, number)}
        if not any("/" in relation for relation, _ in results):
            found.append((_grounds(graph, short, int(number)), results, int(number)))
    return found


def _grounds(graph: AttackGraph, short: Sequence[Fact], number: int) -> set[Fact]:
    grounds: set[Fact] = set()
    for index in _part(graph.premise_start, graph.premise, number):
        if "/" not in short[index][0]:
            grounds.add(short[index])
            continue
        for other in range(len(graph.step)):
            if index in _part(graph.result_start, graph.result, other):
                grounds |= _grounds(graph, short, other)
    return grounds


def _part(start: NDArray[np.int64], values: NDArray[np.int64], number: int) -> list[int]:
    return [int(each) for each in values[start[number] : start[number + 1]]]


def test_arrays_fit_together(workspace: Workspace) -> None:
    graph = workspace.attack()
    count = len(graph.step)
    assert len(graph.premise_start) == len(graph.result_start) == len(graph.hinder_start) == count + 1
    assert len(graph.chance) == len(graph.effort) == len(graph.common_cause) == len(graph.bindings) == count
    assert graph.premise_start[-1] == len(graph.premise)
    assert graph.result_start[-1] == len(graph.result)
    assert graph.hinder_start[-1] == len(graph.hinder)
    assert len(graph.initial) == len(graph.facts)
    for indices, size in (
        (graph.premise, len(graph.facts)),
        (graph.result, len(graph.facts)),
        (graph.effort, len(graph.efforts)),
    ):
        assert indices.min() >= 0
        assert indices.max() < size
    assert ((graph.chance >= 0) & (graph.chance <= 1)).all()
    assert (np.diff(graph.result_start) >= 1).all(), "an instance without a result leads nowhere"


def test_actors_start_and_their_steps_need_them(workspace: Workspace) -> None:
    graph = workspace.attack()
    known = facts(graph)
    initial = {key for key, index in known.items() if graph.initial[index]}
    assert initial == {("attempts", ("gang",)), ("attempts", ("kid",))}
    assert [(p, r) for p, r, _ in instances(graph, "enter")] == [
        ({("attempts", (name,))}, {("at", ("internet",))}) for name in ("gang", "kid")
    ]


def test_steps_lead_from_facts_to_facts(workspace: Workspace) -> None:
    graph = workspace.attack()
    assert [(p, r) for p, r, _ in instances(graph, "exploit")] == [
        ({("at", ("internet",))}, {("controls", ("portal",))})
    ]
    assert [(p, r) for p, r, _ in instances(graph, "move")] == [
        ({("controls", ("portal",))}, {("controls", ("ehr",)), ("fails", ("ehr",))})
    ]


def test_what_follows_from_facts_is_derived(workspace: Workspace) -> None:
    graph = workspace.attack()
    assert ("down", ("care",)) not in facts(graph), "paper does not fail"
    assert ("fails", ("paper",)) not in facts(graph)


def test_goals_that_follow_are_in_the_graph(tmp_path: Path) -> None:
    graph = good_model(tmp_path, MODEL.replace("ehr or paper", "ehr")).attack()
    found = instances(graph, "derived")
    assert ({("fails", ("ehr",))}, {("down", ("care",))}) in [(p, r) for p, r, _ in found]
    for _, _, number in found:
        assert graph.chance[number] == 1
        assert graph.efforts[graph.effort[number]].mean() == 0


def test_figures(workspace: Workspace) -> None:
    graph = workspace.attack()
    ((_, _, number),) = instances(graph, "exploit")
    assert graph.chance[number] == pytest.approx(0.2)
    effort = graph.efforts[graph.effort[number]]
    assert 4 * 3600 < effort.mean() < 30 * 86400
    assert graph.steps[graph.step[number]].title == "Exploit"
    assert dict(graph.bindings[number])["h"] == workspace.model.get("portal")


def test_controls_that_protect_hinder(workspace: Workspace) -> None:
    graph = workspace.attack()
    hindering = {}
    for step in ("exploit", "move"):
        ((_, _, number),) = instances(graph, step)
        found = graph.hinder[graph.hinder_start[number] : graph.hinder_start[number + 1]]
        hindering[step] = {graph.controls[i].name: graph.effectiveness[i] for i in found}
    assert hindering["exploit"] == {"patch": pytest.approx(0.6), "watch": pytest.approx(0.3)}
    assert hindering["move"] == {"watch": pytest.approx(0.3)}, (
        "the zone around it is protected, paper is another thing"
    )


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ("coverage: 50 %", 0.3),
        ("failure: 10 %", 0.54),
        ("coverage: 50 %  failure: 10 %", 0.27),
        ("failure: pert(0 %, 10 %, 20 %)", 0.54),
        ("coverage: 0 %", 0.0),
        ("failure: 100 %", 0.0),
    ],
)
def test_a_control_stops_nothing_where_it_does_not_reach_or_fails(
    said: str, share: float, tmp_path: Path
) -> None:
    graph = good_model(
        tmp_path, MODEL.replace("effectiveness: 60 %", f"effectiveness: 60 %  {said}")
    ).attack()
    stopped = dict(zip((c.name for c in graph.controls), graph.effectiveness.tolist(), strict=True))
    assert stopped == {"patch": pytest.approx(share), "watch": pytest.approx(0.3)}


def test_the_share_that_a_control_fails_may_be_a_prior(tmp_path: Path) -> None:
    graph = good_model(tmp_path, MODEL + "typically control { failure: 2 % }\n").attack()
    stopped = dict(zip((c.name for c in graph.controls), graph.effectiveness.tolist(), strict=True))
    assert stopped == {"patch": pytest.approx(0.6 * 0.98), "watch": pytest.approx(0.3 * 0.98)}


def test_priors_are_assumptions(workspace: Workspace) -> None:
    graph = workspace.attack()
    assert [(p, r) for p, r, _ in instances(graph, "wait")] == [
        ({("controls", ("portal",))}, {("slow", ("portal",))})
    ]
    assumed = {(a.entity.name, a.attribute): a for a in graph.assumptions}
    assert assumed["portal", "patch_delay"].value == 90 * 86400
    assert assumed["portal", "patch_delay"].source == "old"
    assert ("ehr", "patch_delay") not in assumed


def test_a_stated_value_is_no_assumption(tmp_path: Path) -> None:
    text = MODEL.replace("system portal : old in ward {", "system portal : old in ward { patch_delay: 1 d ")
    graph = good_model(tmp_path, text).attack()
    assert instances(graph, "wait") == []
    assert not any(a.entity.name == "portal" and a.attribute == "patch_delay" for a in graph.assumptions)


def test_instances_with_one_cause_share_a_draw(tmp_path: Path) -> None:
    text = """
    threat_actor gang {}
    role nurse {}
    role clerk {}
    system a { interactive: false }
    system b { interactive: false }
    relation attempts(threat_actor)
    attempts(t) if t is threat_actor
    relation opens(asset, role)
    step lure { common: role  for threat_actor t, system a, role r from attempts(t), a.interactive != true
      to opens(a, r) chance 10 % effort 1 h }
    """
    workspace = open_model(tmp_path, text)
    if codes(workspace):
        pytest.fail(str(workspace.diagnostics()))
    graph = workspace.attack()
    by_role: dict[object, set[int]] = {}
    for _, results, number in instances(graph, "lure"):
        ((_, args),) = results
        by_role.setdefault(args[1], set()).add(int(graph.common_cause[number]))  # type: ignore[index]
    assert set(by_role) == {"nurse", "clerk"}
    assert all(len(numbers) == 1 for numbers in by_role.values())
    assert len(set.union(*by_role.values())) == 2


def test_machines_of_one_product_share_a_draw(tmp_path: Path) -> None:
    """No variable is of the kind that is common: then it is the attribute of that name."""
    text = """
    threat_actor gang {}
    template system box { product: cpe("cpe:2.3:a:maker:box:1:*:*:*:*:*:*:*") }
    system a : box {}
    system b : box {}
    system c { product: cpe("cpe:2.3:a:maker:box:2:*:*:*:*:*:*:*") }
    system d {}
    relation attempts(threat_actor)
    attempts(t) if t is threat_actor
    relation controls(asset)
    step exploit { common: product  for threat_actor t, system s from attempts(t), s is system
      to controls(s) chance 10 % effort 1 h }
    """
    graph = good_model(tmp_path, text).attack()
    causes = {}
    for _, results, number in instances(graph, "exploit"):
        ((_, args),) = results
        causes[str(args[0])] = int(graph.common_cause[number])
    assert causes["a"] == causes["b"] >= 0
    assert causes["c"] >= 0
    assert causes["c"] != causes["a"]
    assert causes["d"] == -1, "nobody said what it is"


def test_two_evaluations_give_one_graph(tmp_path: Path) -> None:
    one, other = (good_model(tmp_path / name, MODEL).attack() for name in "ab")
    assert [f.text for f in one.facts] == [f.text for f in other.facts]
    for name in ("step", "premise", "result", "chance", "effort", "hinder"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_a_model_without_steps_has_an_empty_graph(tmp_path: Path) -> None:
    graph = good_model(tmp_path, "zone ward {}").attack()
    assert len(graph.step) == len(graph.facts) == len(graph.premise) == 0


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("step s { for zone z from at(z) to at(y) chance 1 % effort 1 h }", "P0501"),
        ("step s { for zone z from at(z) to att(z) chance 1 % effort 1 h }", "P0509"),
        ("step s { for zone z from at(z) to at(z) chance z.trust effort 1 h hindered by nothing }", "P0202"),
        ("step s { for zone z from at(z) to at(z) chance z.note effort 1 h }", "P0503"),
        ("step s { for zone z from at(z) to at(z) chance 1 % effort 5 }", "P0305"),
    ],
)
def test_mistakes_in_steps_are_reported(tmp_path: Path, step: str, code: str) -> None:
    assert codes(open_model(tmp_path, f"relation at(zone)\n{step}")) == [code]
