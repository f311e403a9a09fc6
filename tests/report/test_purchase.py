"""The chapter that says what to buy, and its picture."""

from __future__ import annotations

import csv
import io

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.report import Assessment, AssessOptions, assess, figures
from panacea_policy.report.chapters.purchase import beside_the_advice, bought
from panacea_policy.report.portfolios import front_of
from panacea_policy.risk import Estimate, RiskOptions, assess_risk
from panacea_policy.risk.mitigation import MitigationOptions, MitigationResult, mitigate
from tests.report.test_html import read
from tests.risk.mitigation.wards import wards

pytest.importorskip("highspy")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return wards(tmp_path_factory.mktemp("wards"))


@pytest.fixture(scope="module")
def assessment(workspace: Workspace) -> Assessment:
    return assess(workspace, AssessOptions(trials=512, budget=90e3, scenarios=False))


@pytest.fixture(scope="module")
def advice(workspace: Workspace) -> MitigationResult:
    return mitigate(
        workspace.attack(), workspace.model, MitigationOptions(trials=512, budget=90e3, front=True)
    )


def test_the_chapter_says_what_to_buy_and_what_it_brings(
    assessment: Assessment, advice: MitigationResult
) -> None:
    html = assessment.html()
    read(html)
    assert "What to buy" in html
    assert "Losses before and after" in html
    assert "What it makes harder for care" in html
    assert advice.portfolio is not None
    assert advice.portfolio.controls
    for control in advice.portfolio.controls:
        assert control.title in html
    ids = [chapter.id for chapter, _ in assessment.chapters]
    assert ids.index("actions") < ids.index("purchase") < ids.index("attack-paths")


def test_the_front_is_a_picture_and_a_table_of_the_folder(
    assessment: Assessment, advice: MitigationResult
) -> None:
    files = assessment.files()
    read(files["pictures/pareto-front.svg"])
    assert advice.front is not None
    assert advice.portfolio is not None
    rows = list(csv.DictReader(io.StringIO(files["numbers/front.csv"])))
    assert [float(row["present_cost"]) for row in rows] == [p.present for p in advice.front.points]
    (chosen,) = [row for row in rows if row["chosen"] == "1"]
    assert set(chosen["controls"].split("+")) == {c.name for c in advice.portfolio.controls}


def test_the_picture_marks_the_chosen_portfolio_and_shows_intervals(advice: MitigationResult) -> None:
    drawn = str(front_of(advice))
    assert advice.front is not None
    assert drawn.count("whisker") == len(advice.front.points)
    assert drawn.count("chosen: ") == 1


def test_without_a_budget_there_is_no_such_chapter(workspace: Workspace) -> None:
    plain = assess(workspace, AssessOptions(trials=128, scenarios=False, chapters=frozenset({"purchase"})))
    assert plain.chapters == ()


def test_what_is_bought_lowers_the_loss_of_the_model_and_changes_it_nowhere_else(
    workspace: Workspace,
) -> None:
    changed = bought(workspace, ["vault_login"], ("watch",))
    assert changed is not None
    states = {c.name: changed.model.value(c, "status") for c in changed.model.entities("control")}
    assert states["vault_login"] == "in_place"
    assert states["watch"] == "retired"
    assert states["login_watch"] == "candidate"
    first = assess_risk(workspace.attack(), workspace.model).loss
    then = assess_risk(changed.attack(), changed.model).loss
    assert first is not None
    assert then is not None
    assert then.mean.value < first.mean.value
    assert bought(workspace, [], ()) is None


def test_the_chapter_says_why_the_advice_and_the_model_assessed_anew_differ(
    workspace: Workspace, assessment: Assessment, advice: MitigationResult
) -> None:
    assert assessment.html().count("The advice above leaves") == 1
    portfolio = advice.portfolio
    assert portfolio is not None
    changed = bought(workspace, [c.name for c in portfolio.controls], portfolio.given_up)
    assert changed is not None
    options = RiskOptions(trials=512, ranked=False)
    before, after = (assess_risk(w.attack(), w.model, options) for w in (workspace, changed))
    assert before.loss is not None
    assert after.loss is not None

    def told(left: float) -> str:
        exact = Estimate(value=left, standard_error=0.0, low=left, high=left)
        return beside_the_advice(before, after, portfolio.model_copy(update={"left": exact}))

    mean = after.loss.mean
    assert "agree within the error" in told(mean.value + mean.standard_error)
    assert "Those that remain cost less" in told(mean.value + 10 * mean.standard_error)
    assert "Those that remain cost more" in told(mean.value - 10 * mean.standard_error)


def test_the_chapter_names_what_an_event_costs_before_and_after(workspace: Workspace) -> None:
    before = assess_risk(workspace.attack(), workspace.model, RiskOptions(trials=512, ranked=False))
    goal = next(g for g in before.goals if g.loss_per_year is not None and g.loss_per_year.value > 0)
    assert goal.loss_per_year is not None
    half = goal.loss_per_year.model_copy(update={"value": goal.loss_per_year.value / 2})
    cheaper = goal.model_copy(update={"loss_per_year": half})
    after = before.model_copy(update={"goals": tuple(cheaper if g is goal else g for g in before.goals)})
    assert before.loss is not None
    left = Estimate(value=2 * before.loss.mean.value, standard_error=0.0, low=0.0, high=0.0)
    advice = mitigate(workspace.attack(), workspace.model, MitigationOptions(trials=512, budget=90e3))
    assert advice.portfolio is not None
    said = beside_the_advice(before, after, advice.portfolio.model_copy(update={"left": left}))
    each = goal.loss_per_year.value / goal.events_per_year.value
    costs, cost = (figures.money(v, before.currency) for v in (each, each / 2))
    assert f"an event of {goal.title} {costs} before and {cost} after." in said
