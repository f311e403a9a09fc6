"""A portfolio and its front as one CSV table, for a spreadsheet. Money is in the model's currency."""

from __future__ import annotations

from panacea_policy.formats.csv_table import Row, Table
from panacea_policy.risk.mitigation import MitigationResult

COLUMNS = (
    "part",
    "controls",
    "chosen",
    "present_cost",
    "annual_cost",
    "value",
    "value_low",
    "value_high",
    "shapley",
    "rosi",
    "care_seconds_per_day",
    "gap",
    "note",
)


def to_csv(result: MitigationResult) -> str:
    """One row per control (what it adds or would add), per point of the front, per failure and cut set."""
    rows = (*_controls(result), *_front(result), *_weak(result))
    return Table("mitigation", "What to buy and what it brings.", COLUMNS, rows).to_csv()


def front_table(result: MitigationResult) -> Table:
    """The points of the front alone."""
    told = "Portfolios that no other beats in cost and loss, cheapest first."
    return Table("front", told, COLUMNS, _front(result))


def _row(part: str, names: tuple[str, ...], **cells: float | str | bool | None) -> Row:
    values = {"part": part, "controls": "+".join(names), **cells}
    return tuple(values.get(column) for column in COLUMNS)


def _controls(result: MitigationResult) -> tuple[Row, ...]:
    if result.portfolio is None:
        return ()
    bought = [
        _row(
            "control",
            (c.name,),
            chosen=1,
            present_cost=c.payments.present.value,
            annual_cost=c.payments.annual,
            value=c.adds.value,
            value_low=c.adds.low,
            value_high=c.adds.high,
            shapley=c.shapley,
            rosi=c.returns.rosi.value if c.returns and c.returns.rosi else None,
            care_seconds_per_day=c.care_time,
        )
        for c in result.portfolio.controls
    ]
    others = [
        _row(
            "control",
            (r.name,),
            chosen=0,
            present_cost=r.present,
            value=r.alone.value,
            value_low=r.alone.low,
            value_high=r.alone.high,
            note=r.reason,
        )
        for r in result.portfolio.rejected
    ]
    return (*bought, *others)


def _front(result: MitigationResult) -> tuple[Row, ...]:
    points = result.front.points if result.front else ()
    return tuple(
        _row(
            "front",
            p.controls,
            chosen=int(result.is_chosen(p)),
            present_cost=p.present,
            annual_cost=p.annual,
            value=p.fresh.value,
            value_low=p.fresh.low,
            value_high=p.fresh.high,
            gap=p.gap,
        )
        for p in points
    )


def _weak(result: MitigationResult) -> tuple[Row, ...]:
    rows: list[Row] = []
    for cuts in result.cut_sets:
        rows += [
            _row(
                f"cut by {cuts.of}", tuple(e.name for e in s.elements), present_cost=s.cost, value=s.remaining
            )
            for s in cuts.sets
        ]
    if result.single_points is not None:
        points = result.single_points
        rows += [
            _row(
                "failure", f.controls, value=f.raises.value, value_low=f.raises.low, value_high=f.raises.high
            )
            for f in (*points.controls, *points.pairs)
        ]
        rows += [
            _row("loss", d.assets, note="+".join(d.processes)) for d in (*points.assets, *points.asset_pairs)
        ]
    if result.comparison is not None:
        gap = result.comparison.difference
        names = (result.comparison.first, result.comparison.second)
        rows.append(_row("difference", names, value=gap.value, value_low=gap.low, value_high=gap.high))
    return tuple(rows)
