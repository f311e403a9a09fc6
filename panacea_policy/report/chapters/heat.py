"""The heat map: goals in ordinal words, a view of the figures of which nothing is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from panacea_policy.report import figures
from panacea_policy.report.chapter import Context
from panacea_policy.report.html import Child, Element, el, framed, paragraph
from panacea_policy.report.reading import listed, number, text, words
from panacea_policy.risk import RiskResult

if TYPE_CHECKING:
    from panacea_policy.compiler import Model

#: From this sum of places on (both counted from 0) a cell is dark, from that one on it is tinted.
_DARK, _TINTED = 5, 3


def heat(context: Context) -> Sequence[Child]:
    """The map with the meaning of its words; empty where the model declares none or nothing is rated."""
    risk = context.risk
    if risk is None or not risk.heat:
        return ()
    model = context.workspace.model
    often, bad = _scale(model, "likelihood", "from_rate"), _scale(model, "impact", "from_share")
    placed = [rated for rated in risk.heat if rated.impact is not None]
    if not often or not bad or not placed:
        return ()
    told = (
        "A view of the figures above for those who think in words. Nothing is computed from the words: two "
        "goals in one cell may differ tenfold."
    )
    return (
        paragraph(told),
        _map(risk, [word for word, _ in often], [word for word, _ in bad]),
        el("details", el("summary", "What the words stand for"), _meaning(often, bad)),
    )


def _scale(model: Model, word: str, least: str) -> list[tuple[str, float]]:
    """The words with the least value that each stands for, rising."""
    found = []
    for entity in model.entities("rating"):
        name, from_ = text(model, entity, word), number(model, entity, least)
        if name is not None and from_ is not None:
            found.append((name, from_))
    return sorted(found, key=lambda each: each[1])


def _map(risk: RiskResult, often: Sequence[str], bad: Sequence[str]) -> Element:
    titles = {(goal.kind, goal.name): goal.title for goal in risk.goals}
    kinds = {"process": "", "data_class": "", "corruption": " (changed)"}
    cells: dict[tuple[str, str], list[str]] = {}
    for goal, rated in zip(risk.goals, risk.heat, strict=True):
        if goal.reachable and rated.impact is not None:
            title = titles[goal.kind, goal.name] + kinds[goal.kind]
            cells.setdefault((rated.likelihood, rated.impact), []).append(title)
    head = el("tr", el("th", "How often", scope="col"), [el("th", _word(b), scope="col") for b in bad])
    rows = [
        el(
            "tr",
            el("th", _word(o), scope="row"),
            [
                el("td", _cell(cells.get((o, b), [])), class_=_tone(often.index(o) + n))
                for n, b in enumerate(bad)
            ],
        )
        for o in reversed(often)
    ]
    caption = "How often, and how bad one event is on average"
    parts = el("thead", head), el("tbody", rows)
    return framed(caption, parts, note="Impact rises to the right.", class_="table heat")


def _cell(names: Sequence[str]) -> Child:
    if not names:
        return None
    return [el("strong", str(len(names))), el("span", listed(names, 3), class_="sub")]


def _tone(place: int) -> str:
    return "hot" if place >= _DARK else "warm" if place >= _TINTED else "cool"


def _word(name: str) -> str:
    shown = words(name)
    return shown[:1].upper() + shown[1:]


def _meaning(often: Sequence[tuple[str, float]], bad: Sequence[tuple[str, float]]) -> Element:
    lines = [f"{_word(w)}: from {figures.rate(v)}" if v > 0 else f"{_word(w)}: less often" for w, v in often]
    lines += [
        f"{_word(w)}: an event costs from {figures.percent(v)} of a year’s turnover"
        if v > 0
        else f"{_word(w)}: less"
        for w, v in bad
    ]
    return el("ul", [el("li", line) for line in lines], class_="plain")
