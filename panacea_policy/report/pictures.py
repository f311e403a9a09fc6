"""The pictures of a risk result, each as the text of an SVG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from panacea_policy.report import charts, figures
from panacea_policy.report.graphs.attack_layers import attack_layers
from panacea_policy.report.graphs.lanes import draw_lanes
from panacea_policy.report.graphs.picture import GraphError as PictureError
from panacea_policy.report.html import Element
from panacea_policy.risk import RiskResult

__all__ = ["PICTURES", "PictureError", "forms_of", "insured", "risk_picture", "risk_pictures", "tornado_of"]

States = Sequence[tuple[str, RiskResult]]

#: The pictures of a result, and the names of their files.
PICTURES: Mapping[str, str] = {
    "layers": "attack-layers.svg",
    "exceedance": "loss-exceedance.svg",
    "insurance": "loss-insurance.svg",
    "forms": "loss-forms.svg",
    "tornado": "sensitivity.svg",
}


def risk_picture(states: States, kind: str, goals: Sequence[str] = ()) -> str:
    """The picture ``layers``, ``exceedance`` (of all states, the first as it is), ``insurance`` (before and
    after it), ``forms`` (of loss) or ``tornado``.

    Raises :class:`PictureError` where the result has nothing to draw.
    """
    risk = states[0][1]
    if kind == "layers":
        return draw_lanes(attack_layers(risk, goals))
    drawn: Element | None
    lacking = "no year costs anything", "The model states no losses, or nothing happens."
    if kind == "exceedance":
        curves = [charts.State(name, r.loss) for name, r in states if r.loss is not None]
        drawn = charts.compared(curves, risk.currency) if curves else None
    elif kind == "tornado":
        drawn = tornado_of(risk)
        lacking = "nothing that is uncertain moves the result", "No attack reaches any goal."
    elif kind == "insurance":
        drawn = insured(risk) if risk.net_loss is not None else None
        lacking = "no insurance takes anything over", "The model declares none that pays."
    elif kind == "forms":
        drawn = forms_of(risk)
    else:
        raise PictureError(f"there is no picture `{kind}`", f"Pictures: {', '.join(PICTURES)}.")
    if drawn is None:
        raise PictureError(*lacking)
    return charts.standalone(drawn)


def risk_pictures(states: States) -> Mapping[str, str]:
    """Every picture that the result has something for: file name to text."""
    made = {}
    for kind, name in PICTURES.items():
        try:
            made[name] = risk_picture(states, kind)
        except PictureError:
            continue
    return made


def insured(risk: RiskResult) -> Element | None:
    """The loss of a year, and where there is insurance what is left of it; None where nothing costs."""
    if risk.loss is None:
        return None
    if risk.net_loss is None:
        return charts.exceedance(risk.loss, risk.currency)
    states = [charts.State("before insurance", risk.loss), charts.State("after insurance", risk.net_loss)]
    return charts.compared(states, risk.currency)


def forms_of(risk: RiskResult) -> Element | None:
    """The expected loss a year by form, as bars; None where there is none."""
    total = sum(form.per_year.value for form in risk.forms)
    parts = [
        charts.Amount(
            form.title,
            form.per_year.value,
            f"{figures.money(form.per_year.value, risk.currency)} "
            f"({figures.percent(form.per_year.value / total)})",
            "first" if form.primary else "second",
        )
        for form in risk.forms
        if total > 0
    ]
    legend = (("first", "primary"), ("second", "secondary"))
    return charts.amounts(parts, "Expected loss a year by form", legend)


def tornado_of(risk: RiskResult) -> Element | None:
    """What moves the result most, as a chart; None where nothing does."""
    swings = [charts.Swing(s.title, s.low, s.high, s.at_low, s.at_high) for s in risk.sensitivity]
    if risk.loss is not None:
        yearly = figures.a_year(risk.loss.mean.value, risk.horizon_days)
        return charts.tornado(swings, yearly, _money(risk.currency), "expected loss a year")
    events = sum(goal.events_per_year.value for goal in risk.goals)
    return charts.tornado(swings, events, lambda v: f"{v:.3g}", "number of events a year")


def _money(currency: str | None) -> charts.Text:
    return lambda value: figures.money(value, currency)
