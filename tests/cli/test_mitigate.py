"""``panacea mitigate`` as people call it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from jsonschema import validate

from panacea_policy.cli.main import main
from panacea_policy.formats.assessment import SCHEMAS
from tests.risk.mitigation.wards import wards

pytest.importorskip("highspy")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wards")
    wards(folder)
    return folder


Capture = pytest.CaptureFixture[str]


def called(capsys: Capture, folder: Path, *arguments: str) -> tuple[int, str]:
    code = main(["mitigate", str(folder), "--as-of", "2026-11-01", "--trials", "1000", *arguments])
    return code, capsys.readouterr().out


def test_the_advice_tells_what_to_buy_what_it_costs_and_how_sure_it_is(folder: Path, capsys: Capture) -> None:
    code, out = called(capsys, folder, "--budget", "150k")
    assert code == 0
    for heading in (
        "In short",
        "What to buy, in this order",
        "What it costs",
        "What it makes harder for care",
        "What is left",
        "How sure this is",
        "What was not chosen",
    ):
        assert heading in out
    assert "of the EUR 150k there are" in out
    assert "proven best for the simulated attacks (gap 0)" in out
    assert re.search(r"^  year 1: EUR \d+k, year 2: EUR \d", out, re.MULTILINE)
    assert re.search(r"; \+[\d\N{NARROW NO-BREAK SPACE}]+ % on the money \(ROSI\)\.$", out, re.MULTILINE)


def test_a_yearly_budget_is_worth_its_annuity(folder: Path, capsys: Capture) -> None:
    _, yearly = called(capsys, folder, "--budget", "10k per year", "--format", "json", "--discount", "0%")
    assert json.loads(yearly)["budget"] == 50_000


def test_json_follows_its_schema_and_is_all_there_is_on_standard_output(
    folder: Path, capsys: Capture
) -> None:
    code, out = called(
        capsys,
        folder,
        "--budget",
        "90k EUR",
        "--front",
        "--cut-sets",
        "ward",
        "--single-points",
        "--format",
        "json",
    )
    assert code == 0
    document = json.loads(out)
    validate(document, SCHEMAS["mitigation"].model_json_schema(mode="serialization"))
    assert document["front"]["complete"]
    assert document["single_points"]["assets"]
    assert [cuts["of"] for cuts in document["cut_sets"]] == ["controls", "steps", "assets"]


def test_csv_has_a_row_for_each_control_and_each_point_of_the_front(folder: Path, capsys: Capture) -> None:
    _, out = called(capsys, folder, "--budget", "90k", "--front", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert sum(row["part"] == "control" for row in rows) == 7
    assert any(row["part"] == "front" for row in rows)
    assert {row["chosen"] for row in rows if row["part"] == "control"} == {"0", "1"}


def test_weak_points_alone_need_no_budget(folder: Path, capsys: Capture) -> None:
    code, out = called(capsys, folder, "--single-points", "--compare", "today", "no_portal")
    assert code == 0
    assert "What to buy" not in out
    assert "If one asset is lost, care stops by that alone" in out
    assert "independent runs would have" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--budget", "-4k"), "a budget is not negative"),
        (("--budget", "much"), "is no amount such as 400k"),
        (("--budget", "400k USD"), "the model counts in EUR, not in USD"),
        (("--require", "vault_logn"), "did you mean `vault_login`?"),
        (("--care-time", "30"), "is no length of time such as 30min"),
        (("--discount", "400%"), "lies outside 0 to 100 %"),
        (("--horizon", "0 years"), "is no number of years above 0"),
        (("--compare", "today", "no_portl"), "did you mean `no_portal`?"),
        (("--cut-sets", "wrad"), "did you mean `ward`?"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_what_to_do(
    folder: Path, capsys: Capture, arguments: tuple[str, ...], message: str
) -> None:
    code = main(["mitigate", str(folder), "--trials", "200", *arguments])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert message in err
