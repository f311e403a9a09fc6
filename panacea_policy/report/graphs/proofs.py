"""A proof, or what is missing for one, as a picture: what holds points at what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from panacea_policy.compiler import Explanation, Mark
from panacea_policy.report.graphs.picture import Link, Node, Picture, Tone, merged

_TONES: Mapping[Mark, Tone] = {
    Mark.HOLDS: "device",
    Mark.FACT: "data",
    Mark.ABSENT: "care",
    Mark.AGGREGATE: "admin",
    Mark.ABOVE: "device",
    Mark.MISSING: "danger",
    Mark.AGAINST: "warning",
    Mark.RULE: "neutral",
    Mark.NOTE: "neutral",
}

#: What is the same wherever it stands, and so has one box.
_SHARED = frozenset({Mark.HOLDS, Mark.FACT, Mark.ABOVE})


def proof_picture(
    title: str, explanations: Sequence[Explanation], place: Callable[[Explanation], str]
) -> Picture:
    """The picture of some explanations; ``place`` gives the words for where a line is said."""
    nodes: dict[str, Node] = {}
    links: list[Link] = []

    def add(line: Explanation, above: str | None) -> None:
        id = f"= {line.fact}" if line.mark in _SHARED else f"{len(nodes)} {line.text}"
        if id not in nodes or line.mark is not Mark.ABOVE:
            nodes[id] = Node(id, line.fact, place(line), tone=_TONES[line.mark])
        if above is not None:
            links.append(Link(above, id))
        for child in line.children:
            add(child, id)

    for each in explanations:
        add(each, None)
    return Picture(title, tuple(nodes.values()), merged(links))
