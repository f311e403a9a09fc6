"""Charts: scales, what is drawn and what is not, and files that other programs can read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.report import figures
from panacea_policy.report.charts import (
    FrontPoint,
    Moment,
    State,
    Swing,
    compared,
    exceedance,
    front,
    standalone,
    timeline,
    tornado,
)
from panacea_policy.report.charts.axes import LEFT, WIDE, Scale, across, stairs
from panacea_policy.report.html import Element
from panacea_policy.risk import Estimate, LossCurve

_SVG = "{http://www.w3.org/2000/svg}"


def curve(factor: float = 1.0) -> LossCurve:
    mean = Estimate(value=1e5 * factor, standard_error=0.0, low=9e4 * factor, high=1.1e5 * factor)
    exceeded = ((0.5, 0.0), (0.2, 2e5 * factor), (0.05, 1e6 * factor), (0.01, 4e6 * factor))
    return LossCurve(
        mean=mean,
        p5=0.0,
        p50=0.0,
        p90=4e5 * factor,
        p95=1e6 * factor,
        p99=4e6 * factor,
        tail_mean=2e6 * factor,
        none=0.6,
        exceedance=exceeded,
    )


def texts(drawn: Element | None) -> list[str]:
    assert drawn is not None
    root = ElementTree.fromstring(standalone(drawn))
    return ["".join(t.itertext()) for t in root.iter(f"{_SVG}text")]


def classes(drawn: Element | None, tag: str) -> list[str]:
    assert drawn is not None
    root = ElementTree.fromstring(standalone(drawn))
    return [e.get("class", "") for e in root.iter(f"{_SVG}{tag}")]


@given(
    low=st.floats(-1e9, 1e9),
    span=st.floats(1e-6, 1e9),
    values=st.lists(st.floats(-2e9, 2e9), min_size=2),
)
def test_a_scale_keeps_order_and_stays_inside(low: float, span: float, values: list[float]) -> None:
    scale = Scale(low, low + span, 10.0, 110.0)
    placed = [scale(v) for v in sorted(values)]
    assert placed == sorted(placed)
    assert all(10.0 <= p <= 110.0 for p in placed)


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), about=st.integers(1, 10))
def test_ticks_are_round_few_and_inside(low: float, span: float, about: int) -> None:
    scale = Scale(low, low + span, 0.0, 1.0)
    ticks = scale.ticks(about)
    assert len(ticks) <= about + 2
    room = 1e-6 * (abs(low) + span)
    assert all(low - room <= t <= low + span + room for t in ticks)


def test_a_logarithmic_scale_ends_at_powers_of_ten() -> None:
    scale = across(3_000.0, 450_000.0, log=True)
    assert (scale.low, scale.high) == (1_000.0, 1_000_000.0)
    assert scale.ticks() == (1_000.0, 10_000.0, 100_000.0, 1_000_000.0)
    assert scale(1_000.0) == LEFT
    assert scale(1_000_000.0) == LEFT + WIDE


def test_stairs_keep_their_height_until_the_next_point() -> None:
    assert stairs([(0, 5), (10, 3)]) == "M0.0 5.0 L10.0 5.0 L10.0 3.0"


def test_the_exceedance_curve_marks_one_year_in_twenty() -> None:
    assert "1 year in 20 costs more than EUR 1M" in texts(exceedance(curve(), "EUR"))


def test_a_hospital_without_losses_has_no_curve() -> None:
    none = curve().model_copy(update={"exceedance": ((0.5, 0.0), (0.05, 0.0))})
    assert exceedance(none, "EUR") is None


def test_states_stand_side_by_side_with_a_legend() -> None:
    drawn = compared([State("as it is", curve()), State("with a second factor", curve(0.5))], "EUR")
    assert {"as it is", "with a second factor"} <= set(texts(drawn))
    assert classes(drawn, "path") == ["curve", "curve second"]


def test_a_state_without_losses_is_left_out_of_the_comparison() -> None:
    none = curve().model_copy(update={"exceedance": ((0.5, 0.0),)})
    drawn = compared([State("as it is", curve()), State("safe", none), State("half", curve(0.5))], "EUR")
    assert "half" in texts(drawn)
    assert "safe" not in texts(drawn)


def test_the_front_marks_what_was_chosen() -> None:
    points = [FrontPoint(0, 9e5), FrontPoint(1e5, 5e5, 4e5, 6e5, chosen=True), FrontPoint(3e5, 2e5)]
    drawn = front(points, "EUR")
    assert "EUR 100k leaves EUR 500k" in texts(drawn)
    assert classes(drawn, "circle").count("dot") == 1
    assert front(points[:1], "EUR") is None


def test_the_tornado_shows_the_widest_first_and_leaves_out_what_moves_nothing() -> None:
    swings = [
        Swing("narrow", "1", "2", 90, 110),
        Swing("wide", "a", "b", 50, 200),
        Swing("nothing", "a", "b", 100, 100),
    ]
    drawn = tornado(swings, 100, str, "loss")
    said = texts(drawn)
    assert said.index("wide") < said.index("narrow")
    assert "nothing" not in said
    assert tornado(swings[2:], 100, str, "loss") is None


def test_the_timeline_tells_its_largest_moves() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    moments = [
        Moment(start, 0.03),
        Moment(start + timedelta(days=2), 0.05, "a scanner's advisory"),
        Moment(start + timedelta(days=4), 0.05, "nothing of ours"),
    ]
    said = texts(timeline(moments, figures.percent, "Emergency care"))
    assert "1. 03 Nov 2026 a scanner's advisory" in said
    assert not any("nothing of ours" in text for text in said)
    assert timeline(moments[:1], figures.percent, "x") is None


@pytest.mark.parametrize("name", ['<script>alert("1")</script>', "a & b", "\x00\x1b[31m", "𝕏 ünïcode"])
def test_hostile_names_stay_texts(name: str) -> None:
    drawn = tornado([Swing(name, name, name, 1, 3)], 2, str, name)
    assert drawn is not None
    root = ElementTree.fromstring(standalone(drawn))
    assert not list(root.iter(f"{_SVG}script"))
