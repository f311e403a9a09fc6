"""The numbers of a risk result as tables."""

from __future__ import annotations

import csv
import io

import pytest

from panacea_policy.formats.csv_table import Table
from panacea_policy.formats.risk_tables import NAMES, tables
from panacea_policy.risk import RiskOptions, RiskResult, assess_risk
from tests.risk.clinic import clinic


@pytest.fixture(scope="module")
def risk(tmp_path_factory: pytest.TempPathFactory) -> RiskResult:
    workspace = clinic(tmp_path_factory.mktemp("clinic"))
    return assess_risk(workspace.attack(), workspace.model, RiskOptions(trials=300))


def read(table: Table) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.to_csv())))


def test_every_table_has_the_rows_of_the_result(risk: RiskResult) -> None:
    made = {table.name: read(table) for table in tables(risk)}
    assert set(made) <= set(NAMES)
    assert [row["name"] for row in made["goals"]] == [g.name for g in risk.goals]
    assert len(made["actors"]) == sum(len(g.actors) for g in risk.goals)
    assert [row["name"] for row in made["controls"]] == [c.name for c in risk.controls]
    assert risk.loss is not None
    assert [float(row["loss_exceeded"]) for row in made["exceedance"]] == [x for _, x in risk.loss.exceedance]


def test_figures_are_those_of_the_result(risk: RiskResult) -> None:
    rows = next(read(t) for t in tables(risk) if t.name == "goals")
    for row, goal in zip(rows, risk.goals, strict=True):
        assert float(row["probability"]) == goal.probability.value
        assert float(row["probability_se"]) == goal.probability.standard_error
        if goal.time is not None:
            assert float(row["time_p50_days"]) == pytest.approx(goal.time.p50 / 86400)


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx", "\n=1", "＝1+1"])
def test_names_are_not_formulas(name: str) -> None:
    table = Table("t", "", ("name", "value"), ((name, -2.5),))
    [row] = read(table)
    assert row["name"] == f"'{name}"
    assert row["value"] == "-2.5"


@pytest.mark.parametrize("name", ["a\r=1+1", "a\r\n=1+1"])
def test_no_name_begins_a_row(name: str) -> None:
    text = Table("t", "", ("name",), ((name,),)).to_csv()
    assert text == 'name\n"a\n=1+1"\n'


def test_texts_with_commas_quotes_and_lines_survive() -> None:
    text = 'a, "b"\nc'
    [row] = read(Table("t", "", ("name",), ((text,),)))
    assert row["name"] == text
