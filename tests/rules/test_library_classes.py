"""Classes of the standard library that carry assumptions about patients and about people of suppliers."""

from __future__ import annotations

from datetime import date

import pytest

from panacea_policy.compiler import UNKNOWN, Entity, Workspace
from panacea_policy.model import Distribution
from panacea_policy.model.distributions import Constant
from panacea_policy.risk import inputs

MODEL = """
use std.healthcare
process wards "Wards" : acute_care { volume: 400 per d }
process clinics "Clinics" : planned_care { }
process scans "Scans" : care_by_item { }
process payroll "Payroll" : office_work { }
process other "Of no class" { }
process own "Of a class, with a figure of its own" : acute_care { harm: 5 % }
role technician "Technician" : external_technician { training: [work_on_our_systems] }
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    path = tmp_path_factory.mktemp("house") / "house.panacea"
    path.write_text(MODEL, "utf-8")
    found = Workspace.open(path, as_of=date(2026, 11, 28))
    assert found.ok, found.diagnostics()
    return found


def entity(workspace: Workspace, name: str) -> Entity:
    found = workspace.model.get(name)
    assert isinstance(found, Entity)
    return found


def test_harm_comes_from_the_class_of_a_process(workspace: Workspace) -> None:
    """From nothing (WannaCry) to all of the rise in deaths under severe attack: 34 to 38 % of 3 in 100."""
    laws = [
        inputs.known(workspace.model, entity(workspace, p), "harm") for p in ("wards", "clinics", "scans")
    ]
    means = []
    for law in laws:
        assert isinstance(law, Distribution)
        assert law.percentile(0.0) == pytest.approx(0.0, abs=1e-9)
        means.append(law.mean())
    assert means == sorted(means, reverse=True)
    assert isinstance(laws[0], Distribution)
    assert 0.03 * 0.34 < laws[0].percentile(1.0) < 0.03 * 0.38
    assert inputs.known(workspace.model, entity(workspace, "payroll"), "harm") == Constant(0.0)


def test_what_has_no_class_has_no_harm_and_what_is_stated_holds(workspace: Workspace) -> None:
    assert inputs.known(workspace.model, entity(workspace, "other"), "harm") is UNKNOWN
    assert inputs.known(workspace.model, entity(workspace, "own"), "harm") == Constant(0.05)


def test_a_prior_of_harm_is_no_statement(workspace: Workspace) -> None:
    assert workspace.model.value(entity(workspace, "wards"), "harm") is UNKNOWN


def test_people_of_suppliers_are_taught_what_steps_use(workspace: Workspace) -> None:
    """The module names each behaviour that steps of `sharing` read, and has a lesson about each it names."""
    model = workspace.model
    (module,) = model.value(entity(workspace, "technician"), "training")
    taught = {each.name for each in model.value(module, "behaviours")}
    assert {"std.leaves_remote_session_open", "std.connects_unchecked_machine"} <= taught
    lessons = [each for each in model.entities("lesson") if model.value(each, "module") is module]
    assert {b.name for each in lessons for b in model.value(each, "behaviours")} == taught
