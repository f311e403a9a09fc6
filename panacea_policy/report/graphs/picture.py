"""A picture as data: boxes with rows, and edges between them. What it shows is decided elsewhere, how it
looks too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["danger", "warning", "care", "device", "admin", "neutral", "data", "good"]


class GraphError(Exception):
    """A picture that cannot be drawn: ``message`` says why, ``help`` what would do."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True)
class Row:
    """One line inside a box; ``id`` is what edges may refer to."""

    id: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Node:
    """A box: a title, lines below it, rows that edges can attach to, and a tone that says what it is."""

    id: str
    title: str
    subtitle: str = ""
    rows: tuple[Row, ...] = ()
    tone: Tone = "neutral"
    mark: str = ""
    width: float | None = None


@dataclass(frozen=True)
class Link:
    """An edge between boxes or rows (by id). ``label`` is what it says, ``strong`` draws it as the main
    thread.
    """

    source: str
    target: str
    label: str = ""
    both_ways: bool = False
    strong: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Picture:
    """A titled picture. ``ordered``: earlier nodes stand before later ones, whatever edges say. ``notes``
    say what was left out or collapsed; ``legend`` explains the tones used.
    """

    title: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    rightwards: bool = False
    ordered: bool = False
    legend: tuple[tuple[Tone, str], ...] = ()
    notes: tuple[str, ...] = field(default=())

    def owners(self) -> dict[str, str]:
        """For every node and row id the node it belongs to."""
        found = {node.id: node.id for node in self.nodes}
        for node in self.nodes:
            for row in node.rows:
                found.setdefault(row.id, node.id)
        return found

    def known_links(self) -> tuple[Link, ...]:
        """The links whose both ends are in the picture."""
        owners = self.owners()
        return tuple(link for link in self.links if link.source in owners and link.target in owners)


def merged(links: Iterable[Link]) -> tuple[Link, ...]:
    """Links with the same ends as one, their labels joined without repeats."""
    groups: dict[tuple[str, str, bool, bool], list[Link]] = {}
    for link in links:
        groups.setdefault((link.source, link.target, link.both_ways, link.dashed), []).append(link)
    made = []
    for (source, target, both_ways, dashed), group in groups.items():
        words = dict.fromkeys(word for link in group for word in link.label.split(", ") if word)
        strong = any(link.strong for link in group)
        made.append(Link(source, target, ", ".join(words), both_ways, strong, dashed))
    return tuple(made)
