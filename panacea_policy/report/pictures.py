"""The pictures of a risk result, each as the text of an SVG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from panacea_policy.report import charts, figures
from panacea_policy.report.graphs.attack_layers import attack_layers
from panacea_policy.report.graphs.lanes import draw_lanes
from panacea_policy.report.graphs.picture import GraphError as PictureError
from panacea_policy.risk import RiskResult

__all__ = ["PictureError", "risk_picture", "risk_pictures"]

States = Sequence[tuple[str, RiskResult]]


def risk_picture(states: States, kind: str, goals: Sequence[str] = ()) -> str:
    """The picture ``layers``, ``exceedance`` (of all states, the first as it is) or ``tornado``.

    Raises :class:`PictureError` where the result has nothing to draw.
    """
    risk = states[0][1]
    if kind == "layers":
        return draw_lanes(attack_layers(risk, goals))
    if kind == "exceedance":
        curves = [charts.State(name, r.loss) for name, r in states if r.loss is not None]
        drawn = charts.compared(curves, risk.currency) if curves else None
        if drawn is None:
            raise PictureError("no year costs anything", "The model states no losses, or nothing happens.")
        return charts.standalone(drawn)
    raise PictureError(f"there is no picture `{kind}`", "Pictures: layers, exceedance, tornado.")


def risk_pictures(states: States) -> Mapping[str, str]:
    """Every picture that the result has something for: file name to text."""
    made = {}
    for kind, name in (
        ("layers", "attack-layers.svg"),
        ("exceedance", "loss-exceedance.svg"),
        ("tornado", "sensitivity.svg"),
    ):
        try:
            made[name] = risk_picture(states, kind)
        except PictureError:
            continue
    return made


def loss_text(currency: str | None) -> charts.Text:
    """How amounts are written on an axis."""
    return lambda value: figures.money(value, currency)
