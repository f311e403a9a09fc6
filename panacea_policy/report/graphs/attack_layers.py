"""The attack graph by layer: the likeliest ways to the worst goals, merged where they share steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from panacea_policy.report.figures import percent
from panacea_policy.report.graphs.picture import GraphError, Link, Node, Picture, Tone
from panacea_policy.report.reading import listed
from panacea_policy.risk import AttackPath, GoalRisk, PathStep, RiskResult

#: The layers from the person to the patient, as RISK names them, with their headings and tones.
LAYERS: tuple[tuple[str, str, Tone], ...] = (
    ("human", "People", "warning"),
    ("access", "Credentials and rights", "admin"),
    ("physical", "Rooms and things", "neutral"),
    ("network", "Network and systems", "device"),
    ("business", "Data and care", "care"),
)
_TONES = {layer: tone for layer, _, tone in LAYERS}
#: How many goals are drawn where none is asked for.
GOALS = 4
_WIDTH = 152.0


@dataclass(frozen=True)
class Laned:
    """A picture whose nodes each belong to a lane (a layer) and a rank (how far along the way)."""

    picture: Picture
    lane: Mapping[str, str]
    rank: Mapping[str, int]


def attack_layers(risk: RiskResult, goals: Sequence[str] = ()) -> Laned:
    """The likeliest ways to ``goals``, or to the worst that can be reached. Raises :class:`GraphError`."""
    chosen = _chosen(risk, goals)
    merged = _Merged()
    for goal in chosen:
        path = goal.attack or goal.path
        assert path is not None
        merged.add(goal, path)
    ways = "way" if len(chosen) == 1 else "ways"
    rest = sum(1 for g in risk.goals if (g.attack or g.path) is not None) - len(chosen)
    picture = Picture(
        f"Likeliest {ways} to {listed([g.title for g in chosen], 4)}",
        tuple(merged.nodes.values()),
        tuple(Link(a, b, strong=used > 1) for (a, b), used in merged.links.items()),
        rightwards=True,
        notes=(
            "Below a title: the chance that the step succeeds. Thick lines serve several goals.",
            *([f"{rest} more goals can be reached; name them to see their ways."] if rest > 0 else []),
        ),
    )
    return Laned(picture, merged.lane, _ranks(merged.nodes, merged.links))


def _chosen(risk: RiskResult, names: Sequence[str]) -> list[GoalRisk]:
    reached = [g for g in risk.goals if (g.attack or g.path) is not None]
    if not names:
        if not reached:
            raise GraphError(
                "no attack reaches any goal", "The model has no threat actor, or nothing leads to a goal."
            )
        return reached[:GOALS]
    found = []
    for name in names:
        goal = risk.goal(name)
        if goal is None:
            known = listed([g.name for g in risk.goals], 12) or "none"
            raise GraphError(f"there is no goal `{name}`", f"Goals of the model: {known}.")
        if (goal.attack or goal.path) is None:
            raise GraphError(f"no attack reaches {goal.title}", "Nothing in the model leads to it.")
        found.append(goal)
    return found


class _Merged:
    """Paths laid over each other: equal steps with equal results are one box."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.lane: dict[str, str] = {}
        self.links: dict[tuple[str, str], int] = {}

    def add(self, goal: GoalRisk, path: AttackPath) -> None:
        start = f"actor {path.actor}"
        self._node(start, Node(start, path.actor or "Attacker", "starts here", tone="danger"), "human")
        ids = {step.number: f"{step.step} {' | '.join(step.results)}" for step in path.steps}
        used: set[tuple[str, str]] = set()
        for step in path.steps:
            mine = ids[step.number]
            self._node(mine, _box(mine, step), step.layer if step.layer in _TONES else "network")
            before = {n for premise in step.premises for n in premise.by}
            used |= {(ids[n], mine) for n in before} or {(start, mine)}
        end = f"goal {goal.kind} {goal.name}"
        told = {"process": "disrupted", "data_class": "disclosed", "corruption": "changed"}[goal.kind]
        chance = percent(goal.probability.value)
        self._node(end, Node(end, goal.title, f"{told}: {chance}", tone="danger"), "business")
        used.add((ids[path.steps[-1].number], end) if path.steps else (start, end))
        for link in sorted(used):
            self.links[link] = self.links.get(link, 0) + 1

    def _node(self, id_: str, node: Node, lane: str) -> None:
        if id_ not in self.nodes:
            self.nodes[id_] = Node(node.id, node.title, node.subtitle, tone=node.tone, width=_WIDTH)
            self.lane[id_] = lane


def _box(id_: str, step: PathStep) -> Node:
    told = listed([r[:1].upper() + r[1:] for r in step.results], 1)
    # The chance stands below the title: narrow boxes leave no room beside it.
    subtitle = told if step.certain else f"{percent(step.chance)} · {told}"
    return Node(id_, step.title, subtitle, tone=_TONES.get(step.layer, "device"))


def _ranks(nodes: Iterable[str], links: Iterable[tuple[str, str]]) -> dict[str, int]:
    """How many steps lie before each node at most. Ways of different goals can run against each other: an
    edge that would close a circle is left out of the count.
    """
    after: dict[str, list[str]] = {}
    for a, b in links:
        after.setdefault(a, []).append(b)
    rank = dict.fromkeys(nodes, 0)
    for node in [n for n in rank if n.startswith("actor ")]:
        _push(node, after, rank, [])
    return rank


def _push(node: str, after: Mapping[str, list[str]], rank: dict[str, int], trail: list[str]) -> None:
    for other in after.get(node, ()):
        if other not in trail and other != node and rank[other] <= rank[node]:
            rank[other] = rank[node] + 1
            _push(other, after, rank, [*trail, node])
