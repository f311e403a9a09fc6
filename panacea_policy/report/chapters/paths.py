"""The attack paths: the worst one drawn and told step by step, the others in one line each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from panacea_policy.report import figures
from panacea_policy.report.chapter import ChapterContent, Context, Section, section
from panacea_policy.report.graphs.attack import attack
from panacea_policy.report.graphs.attack_layers import attack_layers
from panacea_policy.report.graphs.lanes import lanes_element
from panacea_policy.report.graphs.svg import svg_element
from panacea_policy.report.html import Child, Column, Element, badge, code, el, paragraph, table
from panacea_policy.report.plates import figure
from panacea_policy.report.reading import listed, shown, words
from panacea_policy.risk import AttackPath, GoalRisk, PathStep, Premise, RiskResult, Using


@dataclass(frozen=True)
class AttackPaths:
    """How an attack would go."""

    id: str = "attack-paths"
    title: str = "How an attack would go"
    order: int = 100

    def build(self, context: Context) -> ChapterContent | None:
        """The most likely path to the worst goal, then a table of the others."""
        risk = context.risk
        if risk is None:
            return None
        reached = [g for g in risk.goals if g.attack is not None]
        if not reached:
            return ChapterContent(
                (section("", paragraph("No attack reaches any care process or data of the model.")),)
            )
        worst = next((g for g in reached if g.kind == "process"), reached[0])
        return ChapterContent(tuple(_sections(risk, worst, reached)))


def _sections(risk: RiskResult, worst: GoalRisk, reached: list[GoalRisk]) -> Iterator[Section]:
    path = worst.attack
    assert path is not None
    told = (
        f"Of all ways to {_aim(worst)} on purpose, this is the most likely: one attempt by "
        f"{path.actor or 'an attacker'} gets through along it with a chance of "
        f"{figures.percent(path.chance)}, in about {figures.duration(path.time)}. "
        f"All ways of that actor together, as far as its patience goes, give "
        f"{figures.percent(_per_attempt(worst, path))} per attempt."
    )
    yield section("", paragraph(told))
    drawn = svg_element(attack(risk, worst.name), limit=700.0)
    caption = "Each box is a step; at its right the chance that it succeeds and the time it takes (median)."
    yield section(f"To {worst.title}", figure(drawn, caption))
    yield section("Step by step", steps(path))
    if len(reached) > 1:
        told = "The likeliest ways to the worst goals, laid over each other where they share steps."
        yield section("By layer", figure(lanes_element(attack_layers(risk)), told))
    others = [g for g in reached if g is not worst]
    if others:
        yield section("Other goals", _others(others))


def _aim(goal: GoalRisk) -> str:
    verb = {"process": "disrupt", "data_class": "disclose", "corruption": "change unnoticed:"}[goal.kind]
    return f"{verb} {goal.title}"


def _per_attempt(goal: GoalRisk, path: AttackPath) -> float:
    return max((a.chance_per_attempt.value for a in goal.actors if a.title == path.actor), default=0.0)


def steps(path: AttackPath) -> Element:
    """The steps of a path as a numbered list."""
    return el("ol", [_step(step) for step in path.steps], class_="steps")


def _step(step: PathStep) -> Element:
    kind = "certain" if step.certain else None
    return el(
        "li",
        el("span", str(step.number), class_="count", aria_hidden="true"),
        el("h4", step.title),
        el("dl", [[el("dt", name), el("dd", value)] for name, value in _facts(step)]),
        class_=kind,
    )


def _facts(step: PathStep) -> Iterator[tuple[str, Child]]:
    if step.premises:
        yield "Given", el("ul", [_premise(p) for p in step.premises], class_="plain")
    if step.using:
        yield "Using", el("ul", [_used(u) for u in step.using], class_="plain")
    yield "Gives", listed([r[:1].upper() + r[1:] for r in step.results], 3)
    if step.certain:
        yield "Chance", "certain: it follows from what was reached"
    else:
        base = (
            ""
            if step.base_chance == step.chance
            else f" ({figures.percent(step.base_chance)} without the controls in place)"
        )
        yield "Chance", figures.percent(step.chance) + base
        if step.effort.mean > 0:
            yield "Time", figures.spread(step.effort)
    if step.techniques:
        yield "Known as", ", ".join(step.techniques)
    if step.hindrances:
        yield (
            "Hindered by",
            el(
                "ul",
                [
                    el(
                        "li",
                        h.title,
                        " ",
                        badge(words(h.status), h.status),
                        f" takes away {figures.percent(h.effectiveness)}",
                    )
                    for h in step.hindrances
                ],
                class_="plain",
            ),
        )
    if step.place:
        yield "Rule", code(shown(step.place))


def _used(using: Using) -> Element:
    return el("li", f"{using.title} ({words(using.kind)}) ", code(shown(using.place)))


def _premise(premise: Premise) -> Element:
    text = premise.text[:1].upper() + premise.text[1:]
    by = ", ".join(map(str, premise.by))
    origin = f" (step {by})" if by else ""
    return el("li", text + origin, [[" ", code(shown(p))] for p in premise.places[:3]])


def _others(goals: list[GoalRisk]) -> Element:
    rows: list[tuple[Child, ...]] = []
    for goal in goals:
        path = goal.attack
        assert path is not None
        active = [s for s in path.steps if not s.certain]
        way = " → ".join(s.title for s in active[:5]) + (" → …" if len(active) > 5 else "")
        name = f"{goal.title} (changed)" if goal.kind == "corruption" else goal.title
        rows.append((name, figures.percent(path.chance), figures.duration(path.time), way))
    columns: list[Column | str] = [
        "Goal",
        Column("Chance of this way", True),
        Column("Time", True),
        Column("Most likely way", wide=True),
    ]
    return table("The most likely way to each other goal, per attempt", columns, rows)
