"""The picture of what care processes need, down to the systems, with the risk of each process where it is
known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from panacea_policy.compiler import Formula
from panacea_policy.report.figures import percent
from panacea_policy.report.graphs.picture import GraphError, Link, Node, Picture, Tone, merged
from panacea_policy.report.reading import kind, title, words

if TYPE_CHECKING:
    from panacea_policy.compiler import Entity, Model
    from panacea_policy.risk import RiskResult

_LEGEND: tuple[tuple[Tone, str], ...] = (
    ("care", "care process"),
    ("danger", "care process, at least 10 % a year"),
    ("device", "system or device"),
    ("good", "any one of these will do"),
    ("neutral", "other"),
)
_SHOUT = 0.10
_PLACES = ("zone", "role", "supplier", "site", "department")


def processes(model: Model, goal: str | None = None, risk: RiskResult | None = None) -> Picture:
    """Processes at the left, what they need to the right; alternatives stand behind an "any of" box."""
    chosen = [
        p for p in model.entities("process") if goal is None or goal in (p.name, p.name.rsplit(".", 1)[-1])
    ]
    if goal is not None and not chosen:
        names = ", ".join(p.name for p in model.entities("process")) or "none"
        raise GraphError(f"there is no process `{goal}`", f"Processes of the model: {names}.")
    drawing = _Drawing(model, risk)
    for process in chosen:
        drawing.process(process)
    nodes = tuple(drawing.nodes.values())
    used = {node.tone for node in nodes}
    legend = tuple((tone, text) for tone, text in _LEGEND if tone in used)
    return Picture("What care processes need", nodes, merged(drawing.links), rightwards=True, legend=legend)


class _Drawing:
    """Collects nodes and links while walking formulas of needs."""

    def __init__(self, model: Model, risk: RiskResult | None) -> None:
        self._model = model
        self._risk = risk
        self.nodes: dict[str, Node] = {}
        self.links: list[Link] = []

    def process(self, process: Entity) -> None:
        """Draw a process and, once, everything that it needs."""
        if process.name in self.nodes:
            return
        self.nodes[process.name] = self._process_node(process)
        self._needs(process.name, self._model.formula(process, "needs"))

    def _process_node(self, process: Entity) -> Node:
        found = self._risk.goal(process.name) if self._risk else None
        chance = found.probability.value if found else 0.0
        mark = f"{percent(chance)} a year" if found else ""
        return Node(process.name, title(process), tone="danger" if chance >= _SHOUT else "care", mark=mark)

    def _needs(self, owner: str, value: Formula | Entity | None) -> None:
        if value is None:
            return
        if not isinstance(value, Formula):
            self._entity(owner, value)
            return
        if value.word == "or":
            gate = f"any of {value.node}"
            self.nodes[gate] = Node(gate, "any one of", tone="good", width=110)
            self.links.append(Link(owner, gate))
            owner = gate
        for part in _parts(value):
            self._needs(owner, self._model.get(part) if isinstance(part, str) else part)

    def _entity(self, owner: str, entity: Entity) -> None:
        self.links.append(Link(owner, entity.name))
        if kind(entity) == "process":
            self.process(entity)
        elif entity.name not in self.nodes:
            tone: Tone = "neutral" if kind(entity) in _PLACES else "device"
            self.nodes[entity.name] = Node(
                entity.name, title(entity), subtitle=words(kind(entity)), tone=tone
            )


def _parts(formula: Formula) -> list[Formula | str]:
    """The parts of a formula that its word joins: `a and b and c` is one of three."""
    found: list[Formula | str] = []
    for side in (formula.left, formula.right):
        found += _parts(side) if isinstance(side, Formula) and side.word == formula.word else [side]
    return found
