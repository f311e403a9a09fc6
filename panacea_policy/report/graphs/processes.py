"""The picture of what care processes need, down to the systems, with the risk of each process where it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panacea_policy.report.figures import percent
from panacea_policy.report.graphs.picture import GraphError, Link, Node, Picture, Tone, merged
from panacea_policy.report.reading import title, words

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
        self._needs(process.name, self._model.value(process, "needs"), process.name)

    def _process_node(self, process: Entity) -> Node:
        found = self._risk.goal(process.name) if self._risk else None
        chance = found.probability.value if found else 0.0
        mark = f"{percent(chance)} a year" if found else ""
        return Node(process.name, title(process), tone="danger" if chance >= _SHOUT else "care", mark=mark)

    def _needs(self, owner: str, value: object, where: str) -> None:
        parts = getattr(value, "parts", None)
        if parts is None:
            if hasattr(value, "span"):
                self._entity(owner, value)  # type: ignore[arg-type]
            return
        if getattr(value, "op", "all") == "any" and len(parts) > 1:
            gate = f"any of {where}"
            self.nodes[gate] = Node(gate, "any one of", tone="good", width=110)
            self.links.append(Link(owner, gate))
            owner = gate
        for n, part in enumerate(parts):
            self._needs(owner, part, f"{where}.{n}")

    def _entity(self, owner: str, entity: Entity) -> None:
        kind = getattr(entity.kind, "name", entity.kind)
        self.links.append(Link(owner, entity.name))
        if kind == "process":
            self.process(entity)
        elif entity.name not in self.nodes:
            tone: Tone = "neutral" if kind in ("zone", "role", "supplier", "site", "department") else "device"
            self.nodes[entity.name] = Node(entity.name, title(entity), subtitle=words(str(kind)), tone=tone)
