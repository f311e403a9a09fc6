"""The picture of an attack: the most likely way to a goal, step by step, from what the attacker has at
first.
"""

from __future__ import annotations

from panacea_policy.report.figures import duration, percent
from panacea_policy.report.graphs.picture import GraphError, Link, Node, Picture, Tone
from panacea_policy.report.reading import listed
from panacea_policy.risk import GoalRisk, PathStep, RiskResult

_LAYER_TONES: dict[str, Tone] = {
    "human": "warning",
    "access": "admin",
    "network": "device",
    "physical": "neutral",
    "business": "care",
}
_LEGEND: tuple[tuple[Tone, str], ...] = (
    ("warning", "people"),
    ("admin", "credentials and rights"),
    ("device", "network and systems"),
    ("neutral", "physical, or a plain consequence"),
    ("care", "care and data"),
    ("danger", "the goal"),
)
_WIDTH = 300.0


def attack(risk: RiskResult, goal: str | None = None) -> Picture:
    """The most likely path to ``goal``, or to the worst goal that can be reached."""
    found = goal_of(risk, goal)
    path = found.attack or found.path
    if path is None:
        raise GraphError(
            f"no attack reaches {found.title}", "Nothing in the model leads to it; see the list of goals."
        )
    nodes = [Node("start", path.actor or "Attacker", subtitle="starts here", tone="danger", width=_WIDTH)]
    links: list[Link] = []
    for step in path.steps:
        nodes.append(_step(step))
        before = sorted({n for p in step.premises for n in p.by})
        links += [Link(f"step {n}", f"step {step.number}", strong=True) for n in before]
        if not before:
            links.append(Link("start", f"step {step.number}", strong=True))
    nodes.append(Node("goal", _ending(found), subtitle=found.title, tone="danger", width=_WIDTH))
    links.append(Link(f"step {path.steps[-1].number}", "goal", strong=True))
    used = {node.tone for node in nodes}
    return Picture(
        f"Most likely attack on {found.title}",
        tuple(nodes),
        tuple(links),
        legend=tuple((tone, text) for tone, text in _LEGEND if tone in used),
    )


def goal_of(risk: RiskResult, goal: str | None) -> GoalRisk:
    """The goal of that name, or the worst that can be reached. Raises :class:`GraphError`."""
    if goal is None:
        reachable = [g for g in risk.goals if (g.attack or g.path) is not None]
        if not reachable:
            raise GraphError(
                "no attack reaches any goal", "The model has no threat actor, or nothing leads to a goal."
            )
        return reachable[0]
    found = risk.goal(goal)
    if found is None:
        names = listed([g.name for g in risk.goals], 12) or "none"
        raise GraphError(f"there is no goal `{goal}`", f"Goals of the model: {names}.")
    return found


def _ending(goal: GoalRisk) -> str:
    return "Care process disrupted" if goal.kind == "process" else "Data disclosed"


def _step(step: PathStep) -> Node:
    subtitle = listed([r[:1].upper() + r[1:] for r in step.results], 2)
    if step.certain:
        mark = ""
    else:
        mark = percent(step.chance) + ("" if step.effort.mean <= 0 else f" · {duration(step.effort.p50)}")
    tone = "neutral" if step.certain and step.layer != "business" else _LAYER_TONES.get(step.layer, "neutral")
    return Node(
        f"step {step.number}", f"{step.number}. {step.title}", subtitle, tone=tone, mark=mark, width=_WIDTH
    )
