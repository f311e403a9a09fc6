"""The attack graph by layer: ways merged, lanes kept, ranks that follow the way."""

from __future__ import annotations

import pytest
from defusedxml import ElementTree

from panacea_policy.report.graphs.attack_layers import attack_layers
from panacea_policy.report.graphs.lanes import draw_lanes
from panacea_policy.report.graphs.picture import GraphError
from panacea_policy.risk import RiskOptions, RiskResult, assess_risk
from tests.risk.clinic import clinic


@pytest.fixture(scope="module")
def risk(tmp_path_factory: pytest.TempPathFactory) -> RiskResult:
    workspace = clinic(tmp_path_factory.mktemp("clinic"))
    return assess_risk(workspace.attack(), workspace.model, RiskOptions(trials=200, ranked=False))


def test_every_way_ends_at_its_goal_and_starts_with_an_actor(risk: RiskResult) -> None:
    laned = attack_layers(risk)
    into = {link.target for link in laned.picture.links}
    out_of = {link.source for link in laned.picture.links}
    for node in laned.picture.nodes:
        assert (node.id in into) != node.id.startswith("actor "), node.id
        assert (node.id in out_of) != node.id.startswith("goal "), node.id


def test_edges_run_to_the_right(risk: RiskResult) -> None:
    laned = attack_layers(risk)
    assert laned.picture.links
    for link in laned.picture.links:
        assert laned.rank[link.source] < laned.rank[link.target]


def test_boxes_of_one_layer_do_not_overlap(risk: RiskResult) -> None:
    root = ElementTree.fromstring(draw_lanes(attack_layers(risk)))
    boxes = [
        tuple(float(rect.get(key)) for key in ("x", "y", "width", "height"))
        for rect in root.iter("{http://www.w3.org/2000/svg}rect")
        if rect.get("class") == "body"
    ]
    assert len(boxes) >= 4
    for n, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[n + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_an_unknown_goal_is_named_with_those_there_are(risk: RiskResult) -> None:
    with pytest.raises(GraphError) as caught:
        attack_layers(risk, ["nowhere"])
    assert "nowhere" in caught.value.message
    assert caught.value.help
