"""The four security views as pictures."""

from __future__ import annotations

from collections.abc import Mapping

from panacea_policy.report.graphs.picture import Link, Node, Picture, Row, Tone, merged
from panacea_policy.report.graphs.svg import draw_svg, svg_element
from panacea_policy.report.html import Element
from panacea_policy.secure_design import View

_TONES: Mapping[str, Tone] = {
    "self": "good",
    "device": "device",
    "system": "admin",
    "zone": "neutral",
    "person": "warning",
    "outside": "danger",
    "care": "care",
    "data": "data",
    "control": "good",
}
_WORDS: Mapping[str, str] = {
    "self": "the system",
    "device": "devices",
    "system": "systems, ways",
    "zone": "zones",
    "person": "people",
    "outside": "outside",
    "care": "care",
    "data": "software",
    "control": "controls",
}


def view_picture(view: View) -> Picture:
    """A view as data for drawing: broken arrows are dashed."""
    used = dict.fromkeys(node.role for node in view.nodes)
    return Picture(
        view.title,
        tuple(
            Node(
                node.id,
                node.title,
                node.subtitle,
                tuple(Row(f"{node.id} / {n}", text) for n, text in enumerate(node.rows)),
                _TONES[node.role],
            )
            for node in view.nodes
        ),
        merged(
            Link(link.source, link.target, link.label, link.both_ways, link.strong, link.broken)
            for link in view.links
        ),
        rightwards=view.id in ("update", "use"),
        legend=tuple((_TONES[role], _WORDS[role]) for role in used),
    )


def view_element(view: View) -> Element:
    """The picture for a page."""
    return svg_element(view_picture(view))


def view_svg(view: View) -> str:
    """The picture as the text of an SVG file."""
    return draw_svg(view_picture(view))
