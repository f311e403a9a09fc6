"""The chapters on money, sensitivity, people and sources: what they say, and when they are silent."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml import ElementTree

from panacea_policy.report import CHAPTERS, Assessment, AssessOptions, ChapterContent, Context, assess
from panacea_policy.report.charts import Amount, amounts, compared, standalone
from panacea_policy.report.charts import State as ChartState
from panacea_policy.report.html import render
from panacea_policy.report.pictures import PICTURES
from tests.report.test_charts import classes, curve, texts
from tests.report.test_html import read
from tests.risk.clinic import CLINIC, clinic

HOSTILE = '<script>alert("1")</script> & Sons'
MORE = """
insurance cover "Cyber cover" { limit: 2M EUR  deductible: 10k EUR  share: 80 %  covers: [outage, breach] }
rating rare "Rare" { likelihood: rare  from_rate: 0 per year }
rating possible "Possible" { likelihood: possible  from_rate: 0.05 per year }
rating minor "Minor" { impact: minor  from_share: 0 % }
rating severe "Severe" { impact: severe  from_share: 1 % }
role nurse "NAME" { headcount: 40  clicks: beta(1.79, 16.7)  lures: 10 }
figure median_outage "NAME" {
  time: 7 d  source: "NAME"  year: 2024  grade: registry  level: per_organisation
  caution: "not of one process"  supports: ["process.outage"]
}
""".replace("NAME", HOSTILE.replace('"', '\\"'))
RICH = CLINIC.replace("country: IE", "country: IE  turnover: 20M EUR per year") + MORE
OPTIONS = AssessOptions(trials=2048, scenarios=False)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assess(clinic(tmp_path_factory.mktemp("clinic"), RICH), OPTIONS)


def content(id_: str, context: Context) -> ChapterContent | None:
    return next(c for c in CHAPTERS if c.id == id_).build(context)


def said(id_: str, context: Context) -> str:
    made = content(id_, context)
    assert made is not None
    blocks = [block for part in made.sections for block in part.blocks if block is not None]
    texts_ = (read(render(block)).texts for block in blocks)  # type: ignore[arg-type]
    return " ".join(" ".join(" ".join(each) for each in texts_).split())


def test_the_year_is_told_before_and_after_insurance(rich: Assessment) -> None:
    told = said("losses", rich.context)
    for part in (
        "Insurance takes over",
        "After insurance",
        "value at risk",
        "tail mean",
        "without any loss",
        "by closed forms instead of simulated years",
        "Panjer",
    ):
        assert part in told


def test_the_figures_are_those_of_the_result(rich: Assessment) -> None:
    from panacea_policy.report import figures

    loss, told = rich.risk.loss, said("losses", rich.context)
    assert loss is not None
    assert loss.value_at_risk is not None
    assert figures.money(loss.mean.value, "EUR") in told
    assert figures.money(loss.value_at_risk.value, "EUR") in told
    assert f"± {figures.money(loss.value_at_risk.standard_error, None)}" in told
    for form in rich.risk.forms:
        assert form.title in told


def test_one_event_is_told_of_all_and_of_each_actor(rich: Assessment) -> None:
    told = said("losses", rich.context)
    assert "Care is disrupted" in told
    assert "By threat actor" in told
    assert "Ransomware group" in told


def test_the_heat_map_says_what_its_words_stand_for(rich: Assessment) -> None:
    told = said("losses", rich.context)
    assert "Nothing is computed from the words" in told
    assert "Possible: from once in 20 years" in told
    assert "Severe: an event costs from 1.0 % of a year’s turnover" in told


def test_the_tornado_stands_with_its_numbers(rich: Assessment) -> None:
    told = said("moves", rich.context)
    for each in rich.risk.sensitivity[:5]:
        assert each.title in told
        assert each.low in told
        assert each.high in told


def test_people_stand_beside_people_who_are_all_alike(rich: Assessment) -> None:
    """Beta(1.79, 16.7) and ten lures: 56 % at least once, 26 % twice, 10 % three times (RCT, San Diego)."""
    told = said("people", rich.context)
    for figure in ("56 %", "26 %", "10 %", "if alike 64 %"):
        assert figure in told


def test_evidence_has_source_grade_level_and_caution(rich: Assessment) -> None:
    told = said("evidence", rich.context)
    for part in ("registry", "per organisation", "not of one process", "2024", HOSTILE):
        assert part in told


def test_hostile_names_stay_texts(rich: Assessment) -> None:
    html = rich.html()
    assert "<script>" not in html
    assert "script" not in read(html).tags


def test_care_not_given_stands_with_the_processes(tmp_path: Path) -> None:
    text = RICH.replace("needs: ehr or paper", "needs: ehr").replace(
        "volume: 90 per d", "volume: 90 per d  care_per_case: 4 h"
    )
    made = assess(clinic(tmp_path, text), OPTIONS)
    told = said("summary", made.context)
    assert "patient-hours" in told
    assert "patients seriously harmed" in told


def test_a_hospital_without_losses_has_nothing_of_them(tmp_path: Path) -> None:
    text = CLINIC.replace("breach_loss: pert(50k, 200k, 900k) EUR", "")
    text = text.replace("outage_loss: pert(1k, 2k, 9k) EUR per h", "").replace(
        "outage_loss: 500 EUR per h", ""
    )
    made = assess(clinic(tmp_path, text), OPTIONS)
    ids = [chapter.id for chapter, _ in made.chapters]
    assert not {"losses", "people", "evidence"} & set(ids)
    assert "events a year" in said("moves", made.context)


def test_no_risk_no_chapters(rich: Assessment) -> None:
    nothing = replace(rich.context, risk=None)
    assert [content(i, nothing) for i in ("losses", "moves", "people", "evidence")] == [None] * 4


def test_the_folder_has_every_picture_and_its_numbers(rich: Assessment) -> None:
    files = rich.files()
    for name in PICTURES.values():
        assert ElementTree.fromstring(files[f"pictures/{name}"]).tag.endswith("svg")
    for name in ("exceedance", "forms", "sensitivity", "events", "heat", "staff", "evidence", "goals"):
        rows = list(csv.DictReader(io.StringIO(files[f"numbers/{name}.csv"])))
        assert rows, name
    curves = list(csv.DictReader(io.StringIO(files["numbers/exceedance.csv"])))
    assert {row["insurance"] for row in curves} == {"gross", "net"}
    assert all(float(r["low"]) <= float(r["loss_exceeded"]) + 1e-6 for r in curves)
    assert all(float(r["loss_exceeded"]) <= float(r["high"]) + 1e-6 for r in curves)


def test_a_curve_with_a_band_shows_it() -> None:
    banded = curve().model_copy(update={"band": ((0.5, 0.0, 9e4), (0.2, 1e5, 3e5), (0.05, 8e5, 2e6))})
    drawn = compared([ChartState("", banded)], "EUR")
    assert classes(drawn, "path") == ["band curve", "curve"]


def test_amounts_are_bars_in_proportion() -> None:
    parts = [
        Amount("a", 10.0, "ten", "first"),
        Amount("b", 5.0, "five", "second"),
        Amount("c", 0, "none", "second"),
    ]
    drawn = amounts(parts, "Things", (("first", "one"), ("second", "other")))
    assert drawn is not None
    assert {"a", "ten", "five", "none", "one", "other"} <= set(texts(drawn))
    root = ElementTree.fromstring(standalone(drawn))
    bars = [float(e.get("width", "0")) for e in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars[0] == pytest.approx(2 * bars[1], rel=1e-3)
    assert amounts(parts[2:], "Things", ()) is None
