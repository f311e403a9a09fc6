"""Pictures: boxes never overlap, edges never run behind boxes, labels stand free."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.report.graphs.layout import Box, Layout, place
from panacea_policy.report.graphs.picture import Link, Node, Picture, Row, merged
from panacea_policy.report.graphs.svg import draw_svg
from panacea_policy.report.graphs.texts import as_json, dot, mermaid

NAMES = [f"n{i}" for i in range(9)]

pairs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=18)
sizes = st.fixed_dictionaries({name: st.tuples(st.floats(40, 220), st.floats(30, 160)) for name in NAMES})


def overlap(one: Box, two: Box, slack: float = 1e-6) -> bool:
    return (
        one.x + slack < two.x + two.width
        and two.x + slack < one.x + one.width
        and one.y + slack < two.y + two.height
        and two.y + slack < one.y + one.height
    )


@given(sizes, pairs, st.booleans(), st.sampled_from([300.0, 900.0]))
@settings(max_examples=60)
def test_boxes_do_not_overlap_and_lie_in_the_picture(
    boxes: dict[str, tuple[float, float]], edges: list[tuple[str, str]], rightwards: bool, limit: float
) -> None:
    layout = place(boxes, edges, rightwards=rightwards, limit=limit)
    for one, two in itertools.combinations(layout.boxes.values(), 2):
        assert not overlap(one, two)
    for box in layout.boxes.values():
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= layout.width + 1e-6
        assert box.y + box.height <= layout.height + 1e-6


@given(sizes, pairs)
@settings(max_examples=60)
def test_edges_start_and_end_at_their_boxes_and_pass_behind_none(
    boxes: dict[str, tuple[float, float]], edges: list[tuple[str, str]]
) -> None:
    layout = place(boxes, edges)
    for (source, target), route in zip(edges, layout.routes, strict=True):
        if source == target:
            assert route == ()
            continue
        assert near(layout.boxes[source], route[0])
        assert near(layout.boxes[target], route[-1])
        for name, box in layout.boxes.items():
            if name not in (source, target):
                assert not any(straight_through(box, a, b) for a, b in itertools.pairwise(route))
    assert layout == place(boxes, edges)


def near(box: Box, point: tuple[float, float]) -> bool:
    x, y = point
    return box.x - 1 <= x <= box.x + box.width + 1 and box.y - 1 <= y <= box.y + box.height + 1


def straight_through(box: Box, a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Whether the straight (vertical) piece a-b runs through the inside of the box."""
    if abs(a[0] - b[0]) > 0.01:
        return False
    low, high = sorted((a[1], b[1]))
    return box.x + 1 < a[0] < box.x + box.width - 1 and low < box.y + box.height - 1 and high > box.y + 1


HOSTILE = 'A "quoted" <b>name</b> & | [x](y) `z` \\ end'


def sample() -> Picture:
    nodes = (
        Node("a", HOSTILE, subtitle="first", tone="danger", mark="trust 0"),
        Node("b", "Second", rows=(Row("b1", "240 infusion pumps"), Row("b2", HOSTILE))),
        Node("c", "Third", tone="care"),
    )
    links = (
        Link("a", "b", "https, dicom", both_ways=True),
        Link("a", "b", "hl7", both_ways=True),
        Link("b1", "b2", "https"),
        Link("b", "c", "a very long label that cannot stand on the edge itself"),
        Link("c", "nowhere", "lost"),
        Link("a", "c", HOSTILE, dashed=True),
    )
    return Picture("Sample " + HOSTILE, nodes, merged(links), notes=("A note.",), legend=(("care", "care"),))


def test_svg_is_well_formed_and_says_every_label() -> None:
    text = draw_svg(sample())
    root = ET.fromstring(text)
    said = "".join(root.itertext())
    assert HOSTILE in said
    assert "https, dicom, hl7" in said
    assert "a very long label that cannot" in said
    assert "lost" not in said


def test_labels_and_numbers_overlap_neither_boxes_nor_each_other() -> None:
    root = ET.fromstring(draw_svg(sample()))
    space = "{http://www.w3.org/2000/svg}"
    boxes = [
        area(r)
        for g in root.iter(f"{space}g")
        if g.get("class") == "boxes"
        for r in g.iter(f"{space}rect")
        if r.get("class") == "body"
    ]
    labels = [
        area(r) for g in root.iter(f"{space}g") if g.get("class") == "labels" for r in g.iter(f"{space}rect")
    ]
    assert labels
    for one, two in itertools.combinations([*boxes, *labels], 2):
        assert not overlap(one, two)


def area(rect: ET.Element) -> Box:
    x, y, w, h = (float(rect.get(k, "0")) for k in ("x", "y", "width", "height"))
    return Box(x, y, w, h)


def test_dot_quotes_everything() -> None:
    text = dot(sample())
    assert text.startswith("digraph ")
    without = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    assert "<b>" not in without
    assert without.count("{") == without.count("}")
    assert "->" in without


def test_mermaid_escapes_what_it_would_read() -> None:
    text = mermaid(sample())
    assert text.startswith("flowchart TB\n")
    assert "<b>" not in text
    assert "`" not in text
    assert '"quoted"' not in text


def test_json_is_versioned() -> None:
    assert '"schema": "panacea/graph/v1"' in as_json(sample())


def test_a_layout_of_nothing() -> None:
    layout: Layout = place({}, [])
    assert layout.boxes == {}
