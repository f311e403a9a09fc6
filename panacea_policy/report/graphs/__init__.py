"""Pictures of a model: zones and conduits, data flows, the most likely attack, what care processes need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panacea_policy.report.graphs.attack import attack
from panacea_policy.report.graphs.attack_layers import Laned, attack_layers
from panacea_policy.report.graphs.lanes import draw_lanes, lanes_element
from panacea_policy.report.graphs.network import flows, zones
from panacea_policy.report.graphs.picture import GraphError, Picture
from panacea_policy.report.graphs.processes import processes
from panacea_policy.report.graphs.svg import draw_svg, svg_element
from panacea_policy.report.graphs.texts import as_json, dot, mermaid
from panacea_policy.report.page import picture_page
from panacea_policy.report.reading import places
from panacea_policy.risk import RiskOptions, RiskResult, assess_risk

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace

KINDS = ("zones", "flows", "attack", "layers", "processes")
FORMATS = ("svg", "html", "dot", "mermaid", "json")

__all__ = ["FORMATS", "KINDS", "GraphError", "Picture", "draw", "picture", "svg_element"]


def picture(
    workspace: Workspace,
    kind: str,
    *,
    goal: str | None = None,
    risk: RiskResult | None = None,
    options: RiskOptions | None = None,
) -> Picture:
    """The picture of one kind. The attack needs the risk; it is assessed here where it is not given.

    Raises :class:`GraphError` for an unknown kind or goal, or where there is nothing to draw.
    """
    if kind == "zones":
        return _filled(zones(workspace.model), "zone")
    if kind == "flows":
        return _filled(flows(workspace.model), "flow")
    if kind == "processes":
        return _filled(processes(workspace.model, goal, risk), "process")
    if kind == "attack":
        return attack(risk or _risk(workspace, options or RiskOptions(trials=1)), goal)
    if kind == "layers":
        return _layers(workspace, goal, risk, options).picture
    raise GraphError(f"there is no picture `{kind}`", f"Pictures: {', '.join(KINDS)}.")


def draw(
    workspace: Workspace,
    kind: str = "zones",
    format: str = "svg",
    *,
    goal: str | None = None,
    risk: RiskResult | None = None,
    options: RiskOptions | None = None,
) -> str:
    """A picture as text in one of :data:`FORMATS`. Raises :class:`GraphError`."""
    if format not in FORMATS:
        raise GraphError(f"there is no format `{format}`", f"Formats: {', '.join(FORMATS)}.")
    if kind == "layers" and format in ("svg", "html"):
        laned = _layers(workspace, goal, risk, options)
        drawn = lanes_element(laned)
        return draw_lanes(laned) if format == "svg" else picture_page(laned.picture.title, drawn)
    found = picture(workspace, kind, goal=goal, risk=risk, options=options)
    if format == "svg":
        return draw_svg(found)
    if format == "html":
        return picture_page(found.title, svg_element(found))
    if format == "dot":
        return dot(found)
    return mermaid(found) if format == "mermaid" else as_json(found)


def _risk(workspace: Workspace, options: RiskOptions) -> RiskResult:
    return assess_risk(workspace.attack(), workspace.model, options, locate=places(workspace))


def _layers(
    workspace: Workspace, goal: str | None, risk: RiskResult | None, options: RiskOptions | None
) -> Laned:
    """Chances of goals are part of this picture, so it takes a few trials even where nobody asks for more."""
    known = risk or _risk(workspace, options or RiskOptions(trials=2000, ranked=False))
    return attack_layers(known, [goal] if goal else [])


def _filled(found: Picture, noun: str) -> Picture:
    if not found.nodes:
        raise GraphError(f"there is nothing to draw: the model declares no {noun}")
    return found
