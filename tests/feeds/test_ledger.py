"""Files come in: in any order to the same state, each once, and what depends on what is told anew."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from panacea_policy.compiler import Delta, Workspace
from panacea_policy.feeds.base import Base
from panacea_policy.feeds.declarations import Slots
from panacea_policy.feeds.ledger import Ledger, Step
from panacea_policy.feeds.records import (
    Bill,
    Component,
    ExploitNews,
    IdentityEvent,
    Origin,
    ProductClaim,
    ProductStatus,
    Reading,
    Record,
    ScannedHost,
    Service,
    Weakness,
)
from panacea_policy.feeds.store import File, Store

MODEL = """
use std.healthcare
supplier acme "Acme" { }
zone z { }
system ehr "Record" in z { supplier: acme  addresses: [10.0.0.5]  version: "1.0" }
"""
TODAY = date(2026, 11, 28)
SSL = "cpe:2.3:a:openssl:openssl:3.0.1:*:*:*:*:*:*:*"
SSH = "cpe:2.3:a:openbsd:openssh:9.6:*:*:*:*:*:*:*"


def origin(feed: str, document: str, day: int = 1, expires: date | None = None) -> Origin:
    return Origin(feed, document, "f", datetime(2026, 11, day, tzinfo=UTC), expires)


def weakness(
    document: str, cve: str, claim: ProductClaim, day: int = 1, expires: date | None = None
) -> Weakness:
    return Weakness(
        origin("csaf", document, day, expires), cve, cve=cve, products=(ProductStatus(claim, "affected"),)
    )


RECORD = ProductClaim("Acme", "Record")
FILES: dict[str, tuple[Record, ...]] = {
    "advisory": (weakness("A-1", "CVE-2026-0001", RECORD),),
    "ssl": (weakness("A-2", "CVE-2026-0002", ProductClaim(cpe=SSL)),),
    "ssh": (weakness("A-3", "CVE-2026-0003", ProductClaim(cpe=SSH)),),
    "bill": (
        Bill(
            origin("cyclonedx", "B"),
            Component("Record", "1.0", supplier="Acme"),
            (Component("openssl", "3.0.1", cpe=SSL),),
        ),
    ),
    "kev": (ExploitNews(origin("kev", "KEV"), "CVE-2026-0002", known_exploited=True),),
    "scan": (
        ScannedHost(
            origin("nmap", "S"), ("10.0.0.5",), services=(Service(22, "tcp", "ssh", cpe=(SSH,)),)
        ),
    ),
    "newer": (weakness("A-1", "CVE-2026-0004", RECORD, day=9),),
}  # fmt: skip


class Desk:
    """A model, a store and a ledger; every step is applied to the model as well."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "m.panacea").write_text(MODEL)
        self.folder = folder
        self.workspace = Workspace.open(folder, as_of=TODAY, cache=None)
        assert self.workspace.ok
        self.store = Store(folder / "s.sqlite")
        self.ledger = self.again()

    def again(self, signature: str = "one") -> Ledger:
        ledger = Ledger(self.store, Base(Workspace.open(self.folder, as_of=TODAY, cache=None).model), TODAY)
        with self.store.transaction():
            self.anew = ledger.open(signature)
        return ledger

    def take(self, name: str, records: tuple[Record, ...] | None = None) -> Step:
        with self.store.transaction():
            file = File(name, name, datetime(2026, 11, 28, tzinfo=UTC))
            step = self.ledger.take(file, Reading(FILES[name] if records is None else records))
        return self._accept(step)

    def expire(self, day: date) -> Step:
        with self.store.transaction():
            step = self.ledger.expire(day)
        return self._accept(step)

    def _accept(self, step: Step) -> Step:
        for text in step.change.changes:
            self.workspace.apply(Delta(text))
        self.ledger.accept(step)
        return step

    @property
    def state(self) -> Slots:
        return self.ledger.state


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_documents_does_not_matter(tmp_path: Path, seed: int) -> None:
    names = list(FILES)
    order = next(itertools.islice(itertools.permutations(names), seed * 397, None))
    one, other = Desk(tmp_path / "one"), Desk(tmp_path / "other")
    for name in names:
        one.take(name)
    for name in order:
        other.take(name)
    assert one.state == other.state
    assert one.store.facts().keys() == other.store.facts().keys()
    assert set(one.state.declared) >= {"cve_2026_0002", "cve_2026_0003", "cve_2026_0004"}
    assert "cve_2026_0001" not in one.state.declared  # the newer document says nothing of it


def test_a_state_is_the_same_after_a_restart_and_when_told_anew(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for name in FILES:
        desk.take(name)
    loaded = desk.again()
    assert not desk.anew
    told = desk.again("another model")
    assert desk.anew
    assert loaded.state == told.state == desk.state
    for text in loaded.changes():
        Workspace.open(tmp_path, as_of=TODAY, cache=None).apply(Delta(text))


def test_a_weakness_is_told_anew_when_a_part_comes_and_goes(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.take("ssl").change.empty
    desk.take("bill")
    assert (
        dict(desk.state.declared["cve_2026_0002"].attributes)["affects"] == "[bill_record_1_0_openssl_3_0_1]"
    )
    newer = Bill(
        origin("cyclonedx", "B", 5),
        Component("Record", "1.0", supplier="Acme"),
        (Component("openssl", "3.0.2"),),
    )
    desk.take("other bill", (newer,))
    assert "cve_2026_0002" not in desk.state.declared
    assert desk.workspace.model.get("cve_2026_0002") is None


def test_an_older_document_is_not_taken(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take("newer")
    step = desk.take("advisory")
    assert step.change.empty
    assert step.notes == ["A-1 is older than what is known of it (2026-11-09): not taken"]


def test_what_expires_is_withdrawn(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take("a", (weakness("A-1", "CVE-2026-0001", RECORD, expires=TODAY),))
    assert desk.workspace.model.get("cve_2026_0001") is not None
    assert desk.expire(TODAY).change.empty
    step = desk.expire(TODAY + timedelta(days=1))
    assert step.notes == ["1 matters lost a word whose time is over"]
    assert desk.workspace.model.get("cve_2026_0001") is None


def test_what_has_expired_already_is_not_taken(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    step = desk.take("a", (weakness("A-1", "CVE-2026-0001", RECORD, expires=TODAY - timedelta(days=1)),))
    assert step.change.empty
    assert step.notes == ["1 of 1 records of A-1 no longer count"]


def test_a_feed_has_its_own_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    old = ExploitNews(Origin("epss", "E", "f", datetime(2026, 10, 1, tzinfo=UTC)), "CVE-2026-0001", epss=0.9)
    desk.take("advisory")
    assert desk.take("epss", (old,)).change.empty  # 30 days are over
    fresh = ExploitNews(
        Origin("epss", "E", "f", datetime(2026, 11, 20, tzinfo=UTC)), "CVE-2026-0001", epss=0.9
    )
    desk.take("epss again", (fresh,))
    assert dict(desk.state.declared["cve_2026_0001"].attributes)["epss"] == "90 %"
    desk.expire(date(2026, 12, 21))
    assert "epss" not in dict(desk.state.declared["cve_2026_0001"].attributes)


def test_news_of_what_nobody_has_costs_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    news = tuple(ExploitNews(origin("epss", "E", 27), f"CVE-2020-{n}", epss=0.1) for n in range(1000, 1200))
    step = desk.take("epss", news)
    assert step.told == {}
    assert desk.store.every_key() == []
    assert desk.store.catalogues.news("CVE-2020-1100")[0].epss == 0.1


def test_events_add_up_and_a_catalogue_is_replaced(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    at = datetime(2026, 11, 20, tzinfo=UTC)
    for number in (1, 2):
        source = Origin("identity", "directory", "f", at + timedelta(hours=number))
        desk.take(f"log {number}", (IdentityEvent(source, f"e{number}", "left", "jo", at),))
    assert len(desk.store.records("identity jo")) == 2
    for edition, cve in (("2026.11.1", "CVE-2026-0001"), ("2026.11.2", "CVE-2026-0002")):
        news = ExploitNews(origin("kev", edition, int(edition[-1])), cve, known_exploited=True)
        desk.take(edition, (news,))
    assert desk.store.every_key() == ["identity jo"]
    assert desk.store.catalogues.news("CVE-2026-0001") == []
    assert [each.known_exploited for each in desk.store.records("weakness CVE-2026-0002")] == [True]


def test_found_on_stays_the_day_it_was_met(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take("advisory")
    desk.ledger.today = date(2026, 12, 24)
    desk.take("late", (weakness("A-9", "CVE-2026-0001", RECORD),))
    assert dict(desk.state.declared["cve_2026_0001"].attributes)["found_on"] == "2026-11-28"


def test_an_edition_that_says_the_same_changes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take("ssl")
    desk.take("bill")
    assert not desk.take("kev").change.empty
    again = (ExploitNews(origin("kev", "KEV 2", 5), "CVE-2026-0002", known_exploited=True),)
    step = desk.take("kev again", again)
    assert (step.told, step.change.empty) == ({}, True)
    gone = desk.take(
        "kev without", (ExploitNews(origin("kev", "KEV 3", 6), "CVE-1999-1", known_exploited=True),)
    )
    assert "known_exploited" not in dict(desk.state.declared["cve_2026_0002"].attributes)
    assert set(gone.told) == {"weakness CVE-2026-0002"}


def test_what_the_model_refuses_is_left_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with desk.store.transaction():
        step = desk.ledger.take(
            File("x", "x", datetime(2026, 11, 28, tzinfo=UTC)), Reading(FILES["advisory"])
        )
        assert desk.ledger.leave_out(step, "cve_2026_0001", "`cve_2026_0001` is left out: because")
        assert not desk.ledger.leave_out(step, "something_else", "no")
    assert step.change.empty
    assert step.refused[0] == "`cve_2026_0001` is left out: because"
