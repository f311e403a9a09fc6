"""A live assessment equals a fresh one of the changed model, in every figure and path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from panacea_policy.compiler import Delta, Workspace
from panacea_policy.risk import LiveRisk, RiskOptions, RiskResult, assess_risk
from panacea_policy.risk import study as module
from panacea_policy.risk.study import Study
from tests.risk.clinic import CLINIC, clinic

OPTIONS = RiskOptions(trials=640, years=500, ranked=False)
CHANGES = (
    'system extra "Extra" in clinical { endpoint api { protocol: hl7 } }',
    "flow portal -> extra { protocol: hl7  carries: [record]  encrypted: false }",
    "set patch_all.status: in_place",
    "set ward.needs: ehr",
    "remove extra",
    'threat_actor crowd "Crowd" { attempts: 9 per year  skill: advanced  internal: false }',
    "set gang.attempts: 5 per year",
    "remove crowd",
    "remove pump_a",
)


def fresh(workspace: Workspace, folder: Path, done: tuple[str, ...], options: RiskOptions) -> RiskResult:
    """Of a workspace opened anew, with all changes made before anything is asked."""
    folder.mkdir()
    again = clinic(folder)
    for change in done:
        again.apply(Delta(change=change))
    return assess_risk(again.attack(), again.model, options)


@pytest.mark.parametrize("options", [OPTIONS, replace(OPTIONS, attempts_per_world=8)])
def test_every_result_after_a_change_is_that_of_a_fresh_run(tmp_path: Path, options: RiskOptions) -> None:
    (tmp_path / "live").mkdir()
    workspace = clinic(tmp_path / "live")
    live = LiveRisk(workspace, options)
    found = [live.result]
    for n, change in enumerate(CHANGES, 1):
        workspace.apply(Delta(change=change))
        found.append(live.update())
        anew = fresh(workspace, tmp_path / f"fresh {n}", CHANGES[:n], options)
        assert live.result.model_dump_json() == anew.model_dump_json(), change
    assert len({each.model_dump_json() for each in found}) > 5


@pytest.mark.parametrize("options", [OPTIONS, replace(OPTIONS, attempts_per_world=8)])
def test_a_large_model_follows_its_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: RiskOptions
) -> None:
    """Whatever can be followed is, and everything else is run afresh: the results are those of fresh runs."""
    pytest.importorskip("numba")
    monkeypatch.setenv("PANACEA_KERNELS", "numba")
    monkeypatch.setattr(module, "LARGE", 0)
    (tmp_path / "live").mkdir()
    workspace = clinic(tmp_path / "live")
    live = LiveRisk(workspace, options)
    assert live.result.trials == options.trials
    followed = []
    for n, change in enumerate(CHANGES, 1):
        memory = live._memory
        workspace.apply(Delta(change=change))
        live.update()
        followed.append(live._memory is memory)
        anew = fresh(workspace, tmp_path / f"fresh {n}", CHANGES[:n], options)
        assert live.result.model_dump_json() == anew.model_dump_json(), change
    assert any(followed)
    assert not all(followed)


def test_rankings_of_a_large_model_are_those_of_a_fresh_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They need a run of their own, which does not follow."""
    pytest.importorskip("numba")
    monkeypatch.setenv("PANACEA_KERNELS", "numba")
    monkeypatch.setattr(module, "LARGE", 0)
    options = RiskOptions(trials=128, years=100)
    (tmp_path / "live").mkdir()
    workspace = clinic(tmp_path / "live")
    live = LiveRisk(workspace, options)
    assert live.result.controls
    workspace.apply(Delta(change=CHANGES[2]))
    anew = fresh(workspace, tmp_path / "fresh", (CHANGES[2],), options)
    assert live.update().model_dump_json() == anew.model_dump_json()


def test_a_change_is_carried_and_not_run_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = clinic(tmp_path)
    live = LiveRisk(workspace, OPTIONS)
    assert live.result.trials == OPTIONS.trials
    ran: list[str] = []
    whole = Study._followed

    def noted(self: Study, attempts, before, known, most):  # type: ignore[no-untyped-def]
        kept = attempts.kept
        attempts.kept = lambda *given: ran.append(attempts.source.name) or kept(*given)
        return whole(self, attempts, before, known, most)

    monkeypatch.setattr(Study, "_followed", noted)
    workspace.apply(Delta(change=CHANGES[2]))
    live.update()
    assert ran == []
    workspace.apply(Delta(change=CHANGES[5]))
    live.update()
    assert ran == ["crowd"]


def test_with_a_precision_or_without_room_it_is_a_fresh_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = replace(OPTIONS, trials=20_000, precision=0.2)
    monkeypatch.setattr(module, "MOST_KEPT", 0)
    workspace = clinic(tmp_path)
    risks = [LiveRisk(workspace, each) for each in (OPTIONS, asked)]
    for change in CHANGES[:3]:
        workspace.apply(Delta(change=change))
        for risk in risks:
            expected = assess_risk(workspace.attack(), workspace.model, risk._options)
            assert risk.update().model_dump_json() == expected.model_dump_json()
    assert risks[1].result.precision.reached


def test_a_workspace_opened_anew_takes_the_place_of_the_other(tmp_path: Path) -> None:
    workspace = clinic(tmp_path)
    live = LiveRisk(workspace, OPTIONS)
    first = live.result
    other = clinic(tmp_path, CLINIC.replace("attempts: 20 per year", "attempts: 30 per year"))
    second = live.update(other)
    assert second.model_dump_json() == assess_risk(other.attack(), other.model, OPTIONS).model_dump_json()
    assert second.model_dump_json() != first.model_dump_json()
