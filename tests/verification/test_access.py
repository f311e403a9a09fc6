"""Questions about what grants permit, under every choice of conditions and on every day."""

from __future__ import annotations

from datetime import date
from itertools import product
from pathlib import Path

import pytest

from panacea_policy.compiler import Verdict
from panacea_policy.errors import PanaceaError
from panacea_policy.verification import Answer, Outcome, Settings, prove
from panacea_policy.verification.policy import RULE, Policy, Request
from tests.compiler.workspaces import good_model

DAY = date(2026, 11, 28)
MODEL = """use std.healthcare
role nurse {}
role doctor { includes: [nurse] }
role cleaner {}
role visitor {}
role auditor {}
role clerk {}
system ehr { stores: [health_record]  data_store notes { stores: [treatment_plan] } }
system board {}
dataset cohort { classes: [research_dataset] }
grant nurse may read on ehr when on_shift and (same_ward or emergency)
grant doctor may modify on ehr.notes
grant not_doctor : doctor may append on ehr.notes { denies: true }
grant no_records : cleaner may read on health_record { denies: true }
grant cleaner may read on ehr
grant visitor may read on board
grant auditor may read on cohort until 2025-01-01
grant clerk may read on ehr when on_shift
grant no_clerk : clerk may read on ehr when same_ward { denies: true }
scenario renamed { set nurse_may_read_on_ehr.note: "as before" }
scenario wider { set nurse_may_read_on_ehr.condition: on_shift }
scenario swapped { set nurse_may_read_on_ehr.condition: (emergency or same_ward) and on_shift }
scenario ended { set doctor_may_modify_on_ehr_notes.expires: 2027-01-01 }
scenario gone { remove visitor_may_read_on_board }
scenario told { set board.stores: [] }
"""


@pytest.fixture
def ask(tmp_path: Path):  # type: ignore[no-untyped-def]
    workspace = good_model(tmp_path / "model", MODEL, DAY)
    return lambda question, settings=None: prove(workspace, question, settings)


def found_in(folder: Path, text: str, day: date) -> bool:
    """Whether the rule of the question fires in an example that is opened like any model."""
    workspace = good_model(folder, text, day)
    return any(each.rule.name == RULE and each.verdict is Verdict.VIOLATED for each in workspace.findings())


REACHES = {
    "under its condition": ("nurse", "health_record", "when on_shift and same_ward hold"),
    "by a role that it includes": ("doctor", "health_record", "when on_shift and same_ward hold"),
    "in a store": ("doctor", "treatment_plan", "whatever holds"),
    "in a store of the system": ("cleaner", "treatment_plan", "whatever holds"),
    "past a refusal that depends": ("clerk", "health_record", "when on_shift holds"),
}


@pytest.mark.parametrize(("role", "data", "under"), REACHES.values(), ids=REACHES)
def test_a_role_reaches_data(ask, tmp_path: Path, role: str, data: str, under: str) -> None:  # type: ignore[no-untyped-def]
    answer: Answer = ask(f"role {role} can reach data_class {data}")
    assert answer.outcome is Outcome.HOLDS
    # Either of two conditions does: the solver may choose.
    assert answer.shows.replace("emergency", "same_ward").endswith(under)
    (example,) = answer.examples
    assert found_in(tmp_path / "example", example.text, example.as_of)
    assert len([line for line in example.text.splitlines() if line.startswith("grant ")]) <= 4


def test_an_ended_grant_reached_data_on_an_earlier_day(ask) -> None:  # type: ignore[no-untyped-def]
    answer: Answer = ask("role auditor can reach data_class research_dataset")
    assert answer.outcome is Outcome.HOLDS
    assert answer.examples[0].as_of <= date(2025, 1, 1)


def test_a_role_never_reaches_what_is_forbidden_or_not_granted(ask) -> None:  # type: ignore[no-untyped-def]
    for role, data in (("cleaner", "health_record"), ("nurse", "payroll")):
        answer = ask(f"role {role} never reaches data_class {data}")
        assert (answer.outcome, answer.examples, answer.reasons) == (Outcome.HOLDS, (), ())
        assert ask(f"can role {role} ever reach data_class {data}?").outcome is Outcome.FAILS


def test_what_the_model_does_not_say_is_not_verified(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask("role visitor can reach data_class payroll")
    assert answer.outcome is Outcome.NOT_VERIFIED
    assert "`stores` of board" in answer.reasons[0]


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        ("access equals scenario renamed", Outcome.HOLDS),
        ("access equals scenario swapped", Outcome.HOLDS),
        ("access equals scenario told", Outcome.HOLDS),
        ("access equals scenario wider", Outcome.FAILS),
        ("access implies scenario wider", Outcome.HOLDS),
        ("access equals scenario ended", Outcome.FAILS),
        ("access equals scenario gone", Outcome.FAILS),
        ("access implies scenario gone", Outcome.FAILS),
    ],
)
def test_access_is_compared_with_a_scenario(ask, question: str, outcome: Outcome) -> None:  # type: ignore[no-untyped-def]
    assert ask(question).outcome is outcome


def test_a_difference_is_shown_from_both_sides(ask, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    answer: Answer = ask("access equals scenario wider")
    permits, refuses = answer.examples
    assert answer.sentence == (
        "scenario wider permits `nurse read ehr` when on_shift holds, this model does not"
    )
    assert found_in(tmp_path / "permits", permits.text, permits.as_of)
    assert not found_in(tmp_path / "refuses", refuses.text, refuses.as_of)


def test_access_is_compared_with_another_model(tmp_path: Path) -> None:
    workspace = good_model(tmp_path / "model", MODEL, DAY)
    same = good_model(
        tmp_path / "same", MODEL.replace("(same_ward or emergency)", "(emergency or same_ward)")
    )
    other = good_model(tmp_path / "other", MODEL.replace("grant auditor may read", "grant auditor may print"))
    assert prove(workspace, f"access equals model {same.root}").outcome is Outcome.HOLDS
    answer = prove(workspace, f"access equals model {other.root}")
    assert answer.outcome is Outcome.FAILS
    assert "auditor read cohort" in answer.sentence
    with pytest.raises(PanaceaError, match="there is no folder"):
        prove(workspace, "access equals model nowhere")


def test_unknown_names_are_refused_with_a_near_one(ask) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PanaceaError) as role:
        ask("role nurs can reach data_class health_record")
    assert role.value.help == "did you mean `nurse`?"
    with pytest.raises(PanaceaError) as data:
        ask("role nurse can reach data_class health_recrod")
    assert data.value.help == "did you mean `health_record`?"
    with pytest.raises(PanaceaError) as scenario:
        ask("access equals scenario widr")
    assert scenario.value.help == "did you mean `wider`?"


def test_time_is_bounded(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask("role nurse can reach data_class health_record", Settings(seconds=1e-6))
    assert answer.outcome is Outcome.NOT_VERIFIED
    assert "ran out of time" in answer.reasons[0]


@pytest.mark.slow
def test_answers_agree_with_every_choice_of_conditions(tmp_path: Path) -> None:
    """The engine, asked under each choice of three conditions, grants what the answers say."""
    workspace = good_model(tmp_path / "model", MODEL, DAY)
    policy = Policy(workspace)
    names = ("std.on_shift", "std.same_ward", "std.emergency")
    for role in ("nurse", "doctor", "cleaner", "clerk"):
        for data in ("std.health_record", "std.treatment_plan"):
            request = Request(holder=role, data_class=data, data=True)
            granted = [
                policy.shows(request, [n for n, holds in zip(names, choice, strict=True) if holds], DAY)
                for choice in product((False, True), repeat=3)
            ]
            answer = prove(workspace, f"role {role} can reach data_class {data}")
            assert (answer.outcome is Outcome.HOLDS) == any(granted)
