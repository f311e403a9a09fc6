"""The page of a design file: whole, linked, safe with hostile names, and readable without the picture."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from panacea_policy.report.design import design_files, to_html, view_svg
from panacea_policy.secure_design import DesignFile, design
from tests.secure_design.ward import MODEL, pump_file, workspace


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DesignFile:
    return pump_file(tmp_path_factory.mktemp("page"))


def test_every_link_leads_to_a_place_on_the_page(made: DesignFile) -> None:
    page = to_html(made)
    places = set(re.findall(r'id="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links - {"content"} <= places
    assert {r.id for r in made.requirements} <= places
    assert len(re.findall(r'id="', page)) == len(re.findall(r'id="([^"]+)"', page))


def test_every_requirement_risk_and_answer_is_on_the_page(made: DesignFile) -> None:
    page = to_html(made)
    for each in (*made.requirements, *made.risks, *made.threats):
        assert each.id in page
    for answer in made.disclosure:
        assert answer.number in page
    assert page.count("<svg") >= 4


def test_a_hostile_name_stays_a_name(tmp_path: Path) -> None:
    text = MODEL.replace('"New pump"', '"<script>alert(1)</script>"')
    hostile = design(workspace(tmp_path, text=text), "pump", simulate=False)
    for name, content in design_files(hostile).items():
        if name.endswith((".html", ".svg")):
            assert "<script" not in str(content), name


def test_a_view_is_a_picture_with_a_title(made: DesignFile) -> None:
    for view in made.views:
        svg = view_svg(view)
        assert svg.startswith("<svg")
        assert view.title in svg
