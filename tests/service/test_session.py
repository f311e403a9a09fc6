"""A model that feeds change: each file once, one line each, and all of it kept."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace, WorkspaceError
from panacea_policy.feeds.store import Store, StoreError
from panacea_policy.risk import RiskOptions
from panacea_policy.service.estimate import Estimate, FullEstimator, LiveEstimator, NoEstimator, ProcessRisk
from panacea_policy.service.session import FeedSession
from tests.service.ward import advisory, catalogue, lay_out, read_note

NOON = datetime(2026, 11, 28, 12, 0).astimezone()
FEW = RiskOptions(trials=2_000, seed=7, ranked=False, years=200)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def session(folder: Path, **what: object) -> FeedSession:
    model = lay_out(folder / "model") if not (folder / "model").exists() else folder / "model"
    store = Store(folder / "feed.sqlite")
    given = {"estimator": LiveEstimator(FEW), "reader": read_note, "clock": Clock(), **what}
    return FeedSession([model], store, **given)  # type: ignore[arg-type]


def line(found: object) -> str:
    assert found is not None
    return str(found.line)  # type: ignore[attr-defined]


def test_a_line_says_which_process_how_much_and_by_which_new_path(tmp_path: Path) -> None:
    feeds = session(tmp_path)
    path = advisory(
        tmp_path / "in", "A-4", "CVE-2026-0004", product="Portal", vendor="Careweave", below="5.0"
    )
    before = feeds.estimate["emergency_care"].probability
    moment = feeds.take(path)
    after = feeds.estimate["emergency_care"].probability
    assert after > before + 0.1
    assert line(moment).startswith(
        f"2026-11-28 12:00  A-4 (CSAF)  emergency_care {100 * before:.1f} → {100 * after:.1f} % a year "
        f"(+{round(100 * after, 1) - round(100 * before, 1):.1f})  "
        "new path: internet → portal (exploit_service)"
    )
    assert feeds.store.timeline()[0].line == line(moment)


def test_the_estimate_is_that_of_a_model_with_the_facts_in_its_text(tmp_path: Path) -> None:
    feeds = session(tmp_path)
    feeds.take(advisory(tmp_path / "in", "A-4", "CVE-2026-0004", product="Portal", vendor="Careweave"))
    feeds.take(advisory(tmp_path / "in", "A-1", "CVE-2026-0001", product="Volumat 5", below="3.0"))
    said = "\n".join(feeds.ledger.changes())
    written = lay_out(tmp_path / "written")
    (written / "facts.panacea").write_text(f"use std.healthcare\n{said}\n", encoding="utf-8")
    fresh = Workspace.open(written, as_of=NOON.date())
    assert fresh.ok, fresh.diagnostics()
    assert dict(FullEstimator(FEW).estimate(fresh)) == dict(feeds.estimate)


def test_nothing_changes_and_the_line_says_why(tmp_path: Path) -> None:
    feeds = session(tmp_path)
    stranger = advisory(tmp_path / "in", "A-3", "CVE-2026-0003", product="Thing", vendor="Nobody")
    assert line(feeds.take(stranger)).endswith("A-3 (CSAF)  nothing changes: no product of ours")
    spared = advisory(tmp_path / "in", "A-5", "CVE-2026-0005", product="Pump server", status="not_affected")
    assert "`pump_server` is not affected, or fixed, by what A-5 says" in line(feeds.take(spared))
    old = advisory(tmp_path / "in", "A-6", "CVE-2026-0006", product="Volumat 5", below="2.0")
    assert "are of a version that is not meant" in line(feeds.take(old))
    assert feeds.take(old) is None  # the same content once more
    pump = advisory(tmp_path / "in", "A-1", "CVE-2026-0001", product="Volumat 5", below="3.0")
    assert line(feeds.take(pump)).endswith("1 of ours named; no process is more or less at risk")


def test_damage_is_set_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    feeds = session(tmp_path, estimator=NoEstimator())
    bad = tmp_path / "bad.json"
    bad.write_text('{"half": ')
    assert "set aside: no feed" in line(feeds.take(bad))
    assert feeds.take(bad) is None
    assert [each.source for _, each in feeds.store.damage()] == [str(bad)]

    def fails(path: Path) -> object:
        raise ValueError("broken \x1b[31mreader")

    worse = session(tmp_path, estimator=NoEstimator(), reader=fails)
    other = tmp_path / "other.json"
    other.write_text("{}")
    found = line(worse.take(other))
    assert "it could not be read: broken" in found
    assert "\x1b" not in found
    assert line(worse.take(tmp_path / "missing.json")).endswith(
        "it could not be opened: no such file or directory"
    )


def test_a_restart_finds_everything(tmp_path: Path) -> None:
    feeds = session(tmp_path)
    for path in (
        advisory(tmp_path / "in", "A-4", "CVE-2026-0004", product="Portal", vendor="Careweave"),
        catalogue(tmp_path / "in", ["CVE-2026-0004"]),
    ):
        feeds.take(path)
    again = session(tmp_path)
    assert again.ledger.state == feeds.ledger.state
    assert dict(again.estimate) == dict(feeds.estimate)
    assert again.take(tmp_path / "in" / "A-4.json") is None


def test_the_model_may_be_edited_meanwhile(tmp_path: Path) -> None:
    feeds = session(tmp_path)
    feeds.take(
        advisory(tmp_path / "in", "A-4", "CVE-2026-0004", product="Portal", vendor="Careweave", below="5.0")
    )
    assert feeds.tick() == []
    model = tmp_path / "model" / "ward.panacea"
    text = model.read_text()
    model.write_text(text.replace('version: "4.1"', 'version: "5.0"').replace("portal:4.1:", "portal:5.0:"))
    os.utime(model, ns=(1, 1))
    (moment,) = feeds.tick()
    assert "model edited  emergency_care" in moment.line
    assert feeds.ledger.state.declared == {}
    os.utime(model, ns=(2, 2))
    assert feeds.tick() == []  # touched, not edited
    model.write_text("zone {")
    (moment,) = feeds.tick()
    assert "has mistakes, the earlier one is watched on" in moment.line
    assert feeds.tick() == []


def test_touching_the_model_changes_nothing(tmp_path: Path) -> None:
    feeds = session(tmp_path)
    feeds.take(advisory(tmp_path / "in", "A-4", "CVE-2026-0004", product="Portal", vendor="Careweave"))
    before = dict(feeds.estimate)
    os.utime(tmp_path / "model" / "ward.panacea", ns=(1, 1))
    assert feeds.tick() == []
    assert feeds.workspace.model.get("cve_2026_0004") is not None
    assert dict(feeds.estimate) == before


def test_time_withdraws_what_no_longer_counts(tmp_path: Path) -> None:
    clock = Clock()
    feeds = session(tmp_path, clock=clock)
    feeds.take(advisory(tmp_path / "in", "A-4", "CVE-2026-0004", product="Portal", vendor="Careweave"))
    assert feeds.tick() == []
    clock.now = NOON + timedelta(days=1)
    assert feeds.tick() == []
    assert feeds.workspace.as_of == clock.now.date()
    assert "cve_2026_0004" in feeds.ledger.state.declared
    before = feeds.estimate["emergency_care"].probability
    with feeds.store.transaction():
        feeds.store._connection.execute("UPDATE records SET expires = '2026-12-01'")
    clock.now = NOON + timedelta(days=4)
    (moment,) = feeds.tick()
    assert moment.line.startswith(f"2026-12-02 12:00  time  emergency_care {100 * before:.1f} → ")
    assert feeds.workspace.model.get("cve_2026_0004") is None
    assert feeds.store.timeline()[-1].line == moment.line


class Counting:
    """An estimator that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def estimate(self, workspace: Workspace) -> Estimate:
        self.asked += 1
        weak = float(len(workspace.model.entities("vulnerability")))
        return {"care": ProcessRisk("care", "Care", weak / 10, None, ())}


def test_the_estimator_can_be_exchanged_and_is_asked_only_for_changes(tmp_path: Path) -> None:
    counting = Counting()
    feeds = session(tmp_path, estimator=counting)
    feeds.take(advisory(tmp_path / "in", "A-3", "CVE-2026-0003", product="Thing", vendor="Nobody"))
    assert counting.asked == 0
    moment = feeds.take(advisory(tmp_path / "in", "A-1", "CVE-2026-0001", product="Volumat 5"))
    assert counting.asked == 2
    assert "care 0.0 → 10.0 % a year (+10.0)" in line(moment)
    feeds.take(advisory(tmp_path / "in", "A-2", "CVE-2026-0002", product="Volumat 5"))
    assert counting.asked == 3


def test_a_failure_leaves_store_and_model_as_they_were(tmp_path: Path) -> None:
    class Failing(Counting):
        def estimate(self, workspace: Workspace) -> Estimate:
            if self.asked == 1:
                self.asked += 1
                raise KeyboardInterrupt
            return super().estimate(workspace)

    feeds = session(tmp_path, estimator=Failing())
    path = advisory(tmp_path / "in", "A-1", "CVE-2026-0001", product="Volumat 5")
    with pytest.raises(KeyboardInterrupt):
        feeds.take(path)
    assert feeds.store.timeline() == []
    assert feeds.workspace.model.get("cve_2026_0001") is None
    assert "care 0.0 → 10.0" in line(feeds.take(path))


def test_what_the_model_refuses_is_left_out_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds = session(tmp_path, estimator=NoEstimator())
    pump = advisory(tmp_path / "in", "A-1", "CVE-2026-0001", product="Volumat 5")
    monkeypatch.setattr("panacea_policy.feeds.weaknesses._gives", lambda *_: ("no_such_privilege", "why"))
    moment = feeds.take(pump)
    assert "`cve_2026_0001` is left out" in line(moment)
    assert feeds.ledger.state.declared == {}


def test_a_file_that_cannot_be_taken_in_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds = session(tmp_path, estimator=NoEstimator())
    pump = advisory(tmp_path / "in", "A-1", "CVE-2026-0001", product="Volumat 5")

    def fails(*_: object) -> None:
        raise ValueError("odd content")

    with monkeypatch.context() as patch:
        patch.setattr("panacea_policy.feeds.telling.tell_weakness", fails)
        assert "set aside: it could not be taken in: odd content" in line(feeds.take(pump))
    assert feeds.take(pump) is None
    assert feeds.store.every_key() == []
    assert "1 of ours" in line(
        feeds.take(advisory(tmp_path / "in", "A-2", "CVE-2026-0002", product="Syringa 9"))
    )


def test_a_store_that_cannot_be_written_ends_it_in_one_line(tmp_path: Path) -> None:
    feeds = session(tmp_path, estimator=NoEstimator())
    feeds.store._connection.execute("PRAGMA query_only = ON")
    pump = advisory(tmp_path / "in", "A-1", "CVE-2026-0001", product="Volumat 5")
    with pytest.raises(StoreError, match="cannot be written"):
        feeds.take(pump)
    feeds.store._connection.execute("PRAGMA query_only = OFF")
    assert feeds.take(pump) is not None


def test_many_changes_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("panacea_policy.service.session._MOST_CHANGES", 2)
    feeds = session(tmp_path, estimator=NoEstimator())
    for number in range(6):
        feeds.take(advisory(tmp_path / "in", f"A-{number}", f"CVE-2026-000{number}", product="Volumat 5"))
    assert feeds._applied <= 2
    assert len(feeds.workspace.model.entities("vulnerability")) == 6


def test_a_model_with_errors_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "m.panacea").write_text("zone {")
    with pytest.raises(WorkspaceError):
        session(tmp_path)
