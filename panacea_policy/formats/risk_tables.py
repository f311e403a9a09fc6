"""The numbers of a risk result as tables (CSV): what the pictures show, for a spreadsheet.

Times are in days, money in the model's currency, probabilities and shares from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from panacea_policy.formats.csv_table import Row, Table
from panacea_policy.risk import Estimate, GoalRisk, LossCurve, Quantiles, RiskResult

_DAY = 86400.0


def tables(risk: RiskResult) -> tuple[Table, ...]:
    """All tables of a result that have rows."""
    made = (build(risk) for build in _TABLES)
    return tuple(table for table in made if table.rows)


def _goals(risk: RiskResult) -> Table:
    columns = (
        "kind",
        "name",
        "title",
        "probability",
        "probability_se",
        "probability_low",
        "probability_high",
        "events_per_year",
        "events_per_year_se",
        "time_p5_days",
        "time_p50_days",
        "time_p95_days",
        "outage_p50_days",
        "outage_p95_days",
        "beyond_tolerable",
        "outage_hours_per_year",
        "care_hours_not_given_per_year",
        "harmed_per_year",
        "loss_per_event_mean",
        "loss_per_year",
        "loss_per_year_se",
    )
    return Table("goals", "care processes and classes of data", columns, tuple(map(_goal, risk.goals)))


def _goal(goal: GoalRisk) -> Row:
    time, outage, each, yearly = goal.time, goal.outage, goal.loss_per_event, goal.loss_per_year
    return (
        goal.kind,
        goal.name,
        goal.title,
        *_estimate(goal.probability),
        goal.events_per_year.value,
        goal.events_per_year.standard_error,
        *_days(time, "p5", "p50", "p95"),
        *_days(outage, "p50", "p95"),
        goal.beyond_tolerable,
        goal.outage_hours_per_year,
        goal.care_hours_per_year,
        goal.harmed_per_year,
        each.mean if each else None,
        yearly.value if yearly else None,
        yearly.standard_error if yearly else None,
    )


def _estimate(estimate: Estimate) -> Row:
    return (estimate.value, estimate.standard_error, estimate.low, estimate.high)


def _days(times: Quantiles | None, *which: str) -> Row:
    return tuple(None if times is None else getattr(times, name) / _DAY for name in which)


def _actors(risk: RiskResult) -> Table:
    rows = tuple(
        (
            goal.name,
            share.actor,
            share.title,
            share.attempts_per_year,
            *_estimate(share.chance_per_attempt),
            share.events_per_year,
        )
        for goal in risk.goals
        for share in goal.actors
    )
    columns = (
        "goal",
        "actor",
        "title",
        "attempts_per_year",
        "chance_per_attempt",
        "chance_se",
        "chance_low",
        "chance_high",
        "events_per_year",
    )
    return Table("actors", "who brings about what", columns, rows)


def _loss(risk: RiskResult) -> Table:
    rows = (
        *_curve(risk.loss, "gross", risk.currency or ""),
        *_curve(risk.net_loss, "net", risk.currency or ""),
    )
    columns = ("figure", "value", "standard_error", "low", "high", "currency", "insurance")
    return Table("loss", "the loss within the horizon, before and after insurance", columns, rows)


def _curve(curve: LossCurve | None, insurance: str, currency: str) -> Iterator[Row]:
    if curve is None:
        return
    yield ("mean", *_estimate(curve.mean), currency, insurance)
    for share, estimate in curve.percentiles:
        yield (f"p{share * 100:g}", *_estimate(estimate), currency, insurance)
    if curve.tail is not None:
        yield ("tail_mean_5_percent", *_estimate(curve.tail), currency, insurance)
    if curve.none_estimate is not None:
        yield ("no_loss", *_estimate(curve.none_estimate), "", insurance)


def _exceedance(risk: RiskResult) -> Table:
    rows: list[Row] = []
    for curve, insurance in ((risk.loss, "gross"), (risk.net_loss, "net")):
        bands = {share: (low, high) for share, low, high in curve.band} if curve is not None else {}
        for share, loss in curve.exceedance if curve is not None else ():
            rows.append((share, loss, *bands.get(share, (None, None)), insurance))
    columns = ("probability", "loss_exceeded", "low", "high", "insurance")
    return Table("exceedance", "the loss exceedance curve with its 90 % band", columns, tuple(rows))


def _controls(risk: RiskResult) -> Table:
    rows = tuple(
        (
            c.name,
            c.title,
            c.status,
            c.effectiveness,
            c.steps,
            c.saves_per_year.value if c.saves_per_year else None,
            c.saves_per_year.standard_error if c.saves_per_year else None,
            c.events_avoided_per_year.value,
            c.events_avoided_per_year.standard_error,
            c.relative,
            c.cost_once,
            c.cost_per_year,
        )
        for c in risk.controls
    )
    columns = (
        "name",
        "title",
        "status",
        "effectiveness",
        "steps_hindered",
        "saves_per_year",
        "saves_per_year_se",
        "events_avoided_per_year",
        "events_avoided_se",
        "share_of_objective",
        "cost_once",
        "cost_per_year",
    )
    return Table("controls", "what each control not in place would save", columns, rows)


def _assumptions(risk: RiskResult) -> Table:
    rows = tuple(
        (a.entity, a.attribute, a.value, a.source, "yes" if a.tested else "no", a.share, a.share_error)
        for a in risk.assumptions
    )
    columns = ("entity", "attribute", "value", "source", "tested", "share_of_objective", "share_se")
    return Table("assumptions", "what was assumed, and what rests on it", columns, rows)


def _sensitivity(risk: RiskResult) -> Table:
    rows = tuple((s.kind, s.name, s.title, s.low, s.high, s.at_low, s.at_high) for s in risk.sensitivity)
    columns = ("kind", "name", "title", "low", "high", "result_at_low", "result_at_high")
    return Table("sensitivity", "how far one input moves the result", columns, rows)


def _forms(risk: RiskResult) -> Table:
    rows = tuple((f.form, f.title, "yes" if f.primary else "no", *_estimate(f.per_year)) for f in risk.forms)
    columns = ("form", "title", "primary", "per_year", "per_year_se", "per_year_low", "per_year_high")
    return Table("forms", "the expected loss a year by form", columns, rows)


def _staff(risk: RiskResult) -> Table:
    rows = tuple(
        (g.role, g.title, g.headcount, g.lures, k + 1, share, g.homogeneous[k])
        for g in risk.staff
        for k, share in enumerate(g.repeat)
    )
    columns = ("role", "title", "headcount", "lures", "clicks_at_least", "share", "share_if_all_were_alike")
    return Table("staff", "repeat clickers by role", columns, rows)


def _evidence(risk: RiskResult) -> Table:
    rows = tuple(
        (
            e.name,
            e.title,
            "; ".join(e.supports),
            e.value,
            e.source,
            e.year,
            e.grade,
            e.level,
            e.population,
            e.caution,
        )
        for e in risk.evidence
    )
    columns = (
        "name",
        "title",
        "supports",
        "value",
        "source",
        "year",
        "grade",
        "level",
        "population",
        "caution",
    )
    return Table("evidence", "figures that what was used rests on", columns, rows)


def _events(risk: RiskResult) -> Table:
    rows = tuple(
        (
            event.what,
            event.actor or "",
            event.per_year,
            *_four(event.loss),
            *_days(event.outage, "mean", "p5", "p50", "p95"),
            *_days(event.start, "mean", "p5", "p50", "p95"),
            *_four(event.extent),
            *_four(event.cases),
            event.rebuilt,
        )
        for event in risk.event_summaries
    )
    columns = ["what", "actor", "per_year"]
    for name in ("loss", "outage_days", "start_days", "share_of_processes", "cases_not_treated"):
        columns += [f"{name}_{figure}" for figure in ("mean", "p5", "p50", "p95")]
    told = "what one event is like, of all actors (none named) and of each"
    return Table("events", told, (*columns, "copies_lost"), rows)


def _four(spread: Quantiles | None) -> Row:
    if spread is None:
        return (None, None, None, None)
    return (spread.mean, spread.p5, spread.p50, spread.p95)


def _heat(risk: RiskResult) -> Table:
    kinds = [goal.kind for goal in risk.goals] if len(risk.heat) == len(risk.goals) else []
    rows = tuple(
        (kind, rated.goal, rated.likelihood, rated.impact)
        for kind, rated in zip(kinds, risk.heat, strict=False)
    )
    told = "the goals in words; nothing is computed from them"
    return Table("heat", told, ("kind", "goal", "likelihood", "impact"), rows)


def _priors(risk: RiskResult) -> Table:
    rows = tuple(
        (a.attribute, a.value, a.source, "; ".join(a.basis), a.subjects, a.share)
        for a in risk.loss_assumptions
    )
    columns = ("attribute", "value", "source", "basis", "subjects", "share_of_loss")
    return Table("loss_assumptions", "priors that losses are computed with", columns, rows)


def _steps(risk: RiskResult) -> Table:
    columns = (
        "goal",
        "way",
        "number",
        "step",
        "title",
        "layer",
        "techniques",
        "base_chance",
        "chance",
        "effort_p50_days",
        "results",
    )
    return Table("paths", "the likeliest ways, step by step", columns, tuple(_way_rows(risk)))


def _way_rows(risk: RiskResult) -> Iterator[Row]:
    for goal in risk.goals:
        for way, path in (("likeliest", goal.path), ("likeliest_attack", goal.attack)):
            for step in path.steps if path is not None else ():
                yield (
                    goal.name,
                    way,
                    step.number,
                    step.step,
                    step.title,
                    step.layer,
                    " ".join(step.techniques),
                    step.base_chance,
                    step.chance,
                    step.effort.p50 / _DAY,
                    "; ".join(step.results),
                )


_TABLES: Sequence[Callable[[RiskResult], Table]] = (
    _goals,
    _loss,
    _exceedance,
    _actors,
    _controls,
    _assumptions,
    _sensitivity,
    _forms,
    _staff,
    _evidence,
    _events,
    _heat,
    _priors,
    _steps,
)

#: The names of all tables.
NAMES = (
    "goals",
    "loss",
    "exceedance",
    "actors",
    "controls",
    "assumptions",
    "sensitivity",
    "forms",
    "staff",
    "evidence",
    "events",
    "heat",
    "loss_assumptions",
    "paths",
)
