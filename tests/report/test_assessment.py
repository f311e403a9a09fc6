"""The report of a small clinic: chapters, machine form, folder."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from panacea_policy.errors import PanaceaError
from panacea_policy.report import (
    CHAPTERS,
    Assessment,
    AssessmentError,
    AssessOptions,
    Chapter,
    ChapterContent,
    Context,
    assess,
    write_folder,
)
from panacea_policy.report.graphs import FORMATS, KINDS, GraphError, draw
from panacea_policy.report.html import render
from tests.report.test_html import read
from tests.risk.clinic import CLINIC, clinic

OPTIONS = AssessOptions(trials=2048)


@pytest.fixture(scope="module")
def assessment(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assess(clinic(tmp_path_factory.mktemp("clinic")), OPTIONS)


def test_the_headline_says_what_matters(assessment: Assessment) -> None:
    headline = assessment.summary
    assert headline.organisation == "Small <Clinic> & Partners"
    assert "Ward care" in headline.lead
    assert "Patch within a week" in headline.lead
    lines = headline.lines()
    assert any(line.startswith("Ward care") and "EUR" in line for line in lines)
    assert headline.findings["high"] == 1


def test_the_report_has_its_chapters_in_order(assessment: Assessment) -> None:
    html = assessment.html()
    ids = [c.id for c, _ in assessment.chapters]
    assert ids[:5] == ["summary", "actions", "losses", "moves", "attack-paths"]
    assert {"scenarios", "hospital", "assumptions"} <= set(ids)
    places = [html.index(f'id="{i}"') for i in ids]
    assert places == sorted(places)


def test_the_report_escapes_names_and_needs_nothing_from_outside(assessment: Assessment) -> None:
    html = assessment.html()
    assert "Small &lt;Clinic&gt; &amp; Partners" in html
    tags = read(html).tags
    assert "clinic" not in tags
    assert not {"script", "link", "img", "iframe", "object"} & set(tags)
    assert tags.count("h1") == 1


def test_the_scenario_without_the_portal_is_compared(assessment: Assessment) -> None:
    (scenario,) = assessment.context.scenarios
    ward = scenario.risk.goal("ward")
    assert ward is not None
    assert ward.probability.value == 0.0
    assert "Without the portal" in assessment.html()


def test_a_scenario_that_cannot_be_laid_over_the_model_is_said(tmp_path: Path) -> None:
    made = assess(clinic(tmp_path), OPTIONS)
    context = replace(made.context, scenarios=(), unfit=(("Wishful", "there is no declaration called `x`"),))
    content = next(c for c in CHAPTERS if c.id == "scenarios").build(context)
    assert content is not None
    said = "".join(render(block) for block in content.sections[0].blocks)  # type: ignore[arg-type]
    assert "“Wishful” cannot be compared" in said


def test_the_machine_form(assessment: Assessment) -> None:
    data = json.loads(assessment.to_json())
    assert data["schema"] == "panacea/assessment/v1"
    assert data["risk"]["schema"] == "panacea/risk/v1"
    (finding,) = [f for f in data["findings"] if f["rule"].endswith("clear_text")]
    assert finding["place"]["file"].endswith("clinic.panacea")
    assert len(finding["fingerprint"]) == 32


def test_the_folder_holds_old_or_new_files(assessment: Assessment, tmp_path: Path) -> None:
    written = write_folder(assessment, tmp_path / "report", extra={"findings.sarif": "{}"})
    names = {str(p.relative_to(tmp_path / "report")) for p in written}
    assert {"report.html", "assessment.json", "findings.sarif"} <= names
    again = write_folder(assessment, tmp_path / "report")
    assert not [n for n in os.listdir(tmp_path / "report") if n.endswith(".tmp")]
    assert len(again) == len(written) - 1


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", ""])
def test_no_file_leaves_the_folder(assessment: Assessment, tmp_path: Path, name: str) -> None:
    with pytest.raises(PanaceaError):
        write_folder(assessment, tmp_path / "r", extra={name: "x"})
    assert not (tmp_path / "evil").exists()


def test_a_folder_that_cannot_be_written_is_an_error_with_a_cure(
    assessment: Assessment, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PanaceaError) as caught:
        write_folder(assessment, tmp_path / "file" / "report")
    assert caught.value.help


def test_chapters_can_be_chosen(tmp_path: Path) -> None:
    some = assess(
        clinic(tmp_path), AssessOptions(trials=256, chapters=frozenset({"summary"}), scenarios=False)
    )
    assert [c.id for c, _ in some.chapters] == ["summary"]
    assert some.context.scenarios == ()


def test_a_model_with_errors_is_refused(tmp_path: Path) -> None:
    workspace = clinic(tmp_path)
    workspace.update("clinic.panacea", CLINIC + "\nsystem x in nowhere { }\n")
    with pytest.raises(AssessmentError) as caught:
        assess(workspace, OPTIONS)
    assert caught.value.diagnostics


def test_an_empty_model_gives_a_report_too(tmp_path: Path) -> None:
    empty = assess(clinic(tmp_path, 'organisation x "Empty" { }\n'), OPTIONS)
    assert "no risk to compute" in empty.html()


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    assess(clinic(tmp_path), AssessOptions(trials=64, progress=lambda s, x: told.append((s, x))))
    shares = [x for _, x in told]
    assert shares == sorted(shares)
    assert told[-1] == ("done", 1.0)


def test_every_chapter_is_a_chapter(assessment: Assessment) -> None:
    def accept(chapter: Chapter, context: Context) -> ChapterContent | None:
        return chapter.build(context)

    for chapter in CHAPTERS:
        made = accept(chapter, assessment.context)
        assert made is None or made.sections


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format", FORMATS)
def test_every_picture_in_every_format(tmp_path: Path, kind: str, format: str) -> None:
    assert draw(clinic(tmp_path), kind, format).strip()


def test_unknown_pictures_and_goals_are_named(tmp_path: Path) -> None:
    workspace = clinic(tmp_path)
    with pytest.raises(GraphError) as caught:
        draw(workspace, "attack", goal="dinner")
    assert "ward" in (caught.value.help or "")
    with pytest.raises(GraphError):
        draw(workspace, "cats")
    with pytest.raises(GraphError):
        draw(workspace, "zones", "png")
