"""What records come to: vulnerabilities, parts, endpoints, accounts, incidents; and what is only asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from panacea_policy.compiler import Delta
from panacea_policy.feeds.base import Base
from panacea_policy.feeds.declarations import Added, Declared, Said, Told, slots, whole
from panacea_policy.feeds.records import (
    Bill,
    Component,
    ExploitNews,
    IdentityEvent,
    IncidentReport,
    Origin,
    ProductClaim,
    ProductStatus,
    Record,
    Remedy,
    ScanFinding,
    ScannedHost,
    Service,
    VersionRange,
    Weakness,
)
from panacea_policy.feeds.telling import keys_of, tell
from tests.compiler.workspaces import good_model

MODEL = """
use std.healthcare
supplier acme "Acme" { }
zone beds "Beds" { }
device pump from inventory("pumps.csv") in beds {
  id: column("id")  manufacturer: acme  model: "Volumat 5"  version: column("version")
}
system ehr "Record" in beds {
  product: cpe("cpe:2.3:a:care:record:*:*:*:*:*:*:*:*")  version: "4.2"
  hostname: "ehr.ward.example"  mac: "00:1B:44:11:3A:B7"  addresses: [10.0.0.5]
  endpoint web { protocol: https }
  endpoint images { protocol: dicom }
}
vulnerability known "Known here" { cve: "CVE-2026-0009"  cvss: 5  affects: [ehr] }
person jo "Jo Burke" { mail: "jo@ward.example" }
account jo_ehr of jo on ehr { username: "jburke" }
credential jo_password of jo for ehr { authenticator: password }
process care "Care" { needs: ehr }
"""
DAY = date(2026, 11, 28)
FULL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.fixture
def base(tmp_path: Path) -> Base:
    files = {"m.panacea": MODEL, "pumps.csv": "id,version\nP1,2.1\nP2,3.0\nP3,\n"}
    return Base(good_model(tmp_path, files).model)


def origin(document: str = "A-1", feed: str = "csaf", day: int = 1) -> Origin:
    return Origin(feed, document, "file", datetime(2026, 11, day, tzinfo=UTC))


def weakness(*products: ProductStatus, cve: str = "CVE-2026-0001", **what: object) -> Weakness:
    source = what.pop("origin", origin())
    vector = what.pop("cvss_vector", FULL)
    return Weakness(source, cve, cve=cve, cvss_vector=vector, products=products, **what)  # type: ignore[arg-type]


def volumat(status: str = "affected", below: str | None = "3.0", **what: object) -> ProductStatus:
    versions = (VersionRange(high=below, high_included=False),) if below else ()
    return ProductStatus(ProductClaim("Acme", "Volumat 5", versions=versions), status, **what)  # type: ignore[arg-type]


def told(base: Base, *records: Record, key: str = "") -> Told:
    """What they come to, after the model has taken it in without complaint."""
    return tell(base, key or keys_of(records[0])[0], records, DAY)


def the(told_: Told) -> dict[str, str]:
    """The attributes of the one declaration."""
    (declared,) = [each for each in told_.facts if isinstance(each, Declared)]
    return dict(declared.attributes)


# ---------------------------------------------------------------------------------------------- weaknesses


def test_an_advisory_is_a_vulnerability_of_what_it_means(base: Base) -> None:
    found = told(base, weakness(volumat(fixed_version="3.0"), cwe=("CWE-306",), cvss=9.8))
    assert the(found) == {
        "cve": '"CVE-2026-0001"',
        "weakness": '"CWE-306"',
        "vector": "network",
        "complexity": "low",
        "requires": "none",
        "interaction": "false",
        "disrupts": "false",
        "gives": "root",
        "cvss": "9.8",
        "vex_status": "affected",
        "fix_available": "true",
        "fixed_version": '"3.0"',
        "found_on": "2026-11-28",
        "affects": '[pump["P1"], pump["P3"]]',
    }
    assert found.assumptions == (
        '`pump["P3"]` is affected, as the model states no version that could be compared',
        "CVE-2026-0001 gives root: secrecy, integrity and availability are all lost",
    )
    assert [(m.item, m.class_, m.taken) for m in found.matched] == [
        ('pump["P1"]', "exact", True),
        ('pump["P2"]', "exact", False),
        ('pump["P3"]', "strong", True),
    ]


def test_without_a_product_of_ours_nothing_is_declared(base: Base) -> None:
    other = ProductStatus(ProductClaim("Other", "Thing"), "affected")
    assert told(base, weakness(other)).facts == ()
    fixed = told(base, weakness(volumat(below="1.0")))
    assert [each for each in fixed.matched if each.taken and each.item != 'pump["P3"]'] == []


@pytest.mark.parametrize(
    ("vector", "gives"),
    [
        (FULL, "root"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:L/A:N", "user"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "none"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", None),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "root"),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", "user"),
        ("no vector", None),
    ],
)
def test_what_its_use_gives_follows_from_what_is_lost(base: Base, vector: str, gives: str | None) -> None:
    said = the(told(base, weakness(volumat(), cvss_vector=vector)))
    assert said.get("gives") == gives
    assert said.get("disrupts") == (
        "true" if vector.endswith("I:N/A:H") else None if vector == "no vector" else "false"
    )


def test_a_leaked_credential_gives_what_it_opens(base: Base) -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
    assert the(told(base, weakness(volumat(), cvss_vector=vector, cwe=("CWE-798",))))["gives"] == "user"


def test_use_makes_an_attempt_likelier(base: Base) -> None:
    cve = "CVE-2026-0001"

    def chance(*news: ExploitNews, **what: object) -> str | None:
        return the(told(base, weakness(volumat(), **what), *news)).get("exploit_probability")

    def score(value: float) -> ExploitNews:
        return ExploitNews(origin("scores", "epss"), cve, epss=value)

    used = ExploitNews(
        origin("KEV", "kev"),
        cve,
        known_exploited=True,
        exploited_since=date(2026, 5, 1),
        due=date(2026, 6, 1),
    )
    assert chance() is None  # the prior of the library stands
    assert chance(score(0.04)) == "16.4 %"  # 3 % + 67 % x 0.2
    assert chance(score(0.9)) == "66.56 %"
    assert chance(used) == "60 %"
    assert chance(score(0.9), used) == "66.56 %"
    assert chance(score(0.04), cvss_vector=FULL.replace("AC:L", "AC:H")) == "8.2 %"
    said = the(told(base, weakness(volumat()), used))
    assert (said["known_exploited"], said["exploited_since"], said["due"]) == (
        "true",
        "2026-05-01",
        "2026-06-01",
    )


def test_one_cve_of_many_feeds_is_one_vulnerability(base: Base) -> None:
    nvd = weakness(volumat(below="2.5"), origin=origin("NVD", "nvd", 20), cvss=7.0, title="From NVD")
    csaf = weakness(volumat(), origin=origin("A-1", "csaf", 10), cvss=9.8, title="From the maker")
    found = told(base, csaf, nvd)
    assert the(found)["cvss"] == "7"  # the later word
    assert the(found)["affects"] == '[pump["P1"], pump["P3"]]'  # what any of them names
    assert [each.document for each in found.origins] == ["A-1", "NVD"]
    assert found == told(base, nvd, csaf)


@pytest.mark.parametrize("status", ["not_affected", "fixed"])
def test_what_is_clear_is_left_out(base: Base, status: str) -> None:
    clear = weakness(
        ProductStatus(ProductClaim("Acme", "Volumat 5", versions=(VersionRange(exactly="2.1"),)), status),  # type: ignore[arg-type]
        origin=origin("VEX", "vex", 2),
    )
    found = told(base, weakness(volumat()), clear)
    assert the(found)["affects"] == '[pump["P3"]]'  # P3 states no version: nobody says that it is clear
    assert any("clear" in each for each in found.assumptions)


def test_a_later_document_of_the_same_feed_takes_clearance_back(base: Base) -> None:
    clear = weakness(volumat("not_affected", None), origin=origin("A-1", "csaf", 1))
    again = weakness(volumat("affected", None), origin=origin("A-2", "csaf", 5))
    assert 'pump["P1"]' in the(told(base, clear, again))["affects"]
    assert (
        told(base, again, weakness(volumat("not_affected", None), origin=origin("A-3", "csaf", 9))).facts
        == ()
    )


def test_under_investigation_counts_and_says_so(base: Base) -> None:
    assert the(told(base, weakness(volumat("under_investigation"))))["vex_status"] == "under_investigation"


def test_a_withdrawn_number_says_nothing(base: Base) -> None:
    assert told(base, weakness(volumat(), withdrawn=True)).facts == ()


def test_a_vulnerability_of_the_model_is_added_to_not_repeated(base: Base) -> None:
    used = ExploitNews(origin("KEV", "kev"), "CVE-2026-0009", known_exploited=True, epss=0.5)
    found = told(base, used, weakness(volumat(), cve="CVE-2026-0009", cvss=9.9), key="weakness CVE-2026-0009")
    assert not [each for each in found.facts if isinstance(each, Declared)]
    said = {each.attribute: each.value for each in found.facts if isinstance(each, Said)}
    assert said["known_exploited"] == "true"
    assert said["epss"] == "50 %"
    assert "cvss" not in said  # the model's own word stands
    assert Added("known", "affects", ('pump["P1"]', 'pump["P3"]')) in found.facts


def test_a_weak_match_is_one_question(base: Base) -> None:
    claim = ProductStatus(ProductClaim("Acme", "Volumat Wireless"), "affected")
    found = told(base, weakness(claim))
    assert found.facts == ()
    (question,) = found.questions
    assert question.text.startswith('Is `pump["P1"]` (and 2 like it) the `Volumat Wireless` of A-1?')
    assert question.confidence is not None
    assert question.confidence < 0.6


def test_remedies_tell_of_a_fix(base: Base) -> None:
    remedy = Remedy("vendor_fix", "Update", fixed_version="3.0.1")
    assert the(told(base, weakness(volumat(remedies=(remedy,)))))["fixed_version"] == '"3.0.1"'


def test_the_facts_are_sound_in_the_language(base: Base, tmp_path: Path) -> None:
    hostile = 'Evil" } remove ehr system x { note: "\x1b[2J'
    found = told(base, weakness(volumat(fixed_version=hostile), title=hostile, cwe=(hostile,)))
    files = {"m.panacea": MODEL, "pumps.csv": "id,version\nP1,2.1\nP2,3.0\nP3,\n"}
    workspace = good_model(tmp_path / "again", files)
    for text in whole(slots(found.facts, {})):
        workspace.apply(Delta(text))
    assert workspace.model.get("ehr") is not None
    assert workspace.model.get("x") is None


# ------------------------------------------------------------------------------------------ bills and scans


def test_a_bill_is_software_on_what_it_describes(base: Base) -> None:
    parts = (
        Component("openssl", "3.0.1", purl="pkg:generic/openssl@3.0.1"),
        Component("zlib", "1.2", cpe="cpe:2.3:a:zlib:zlib:1.2:*:*:*:*:*:*:*"),
        Component("zlib", "1.2"),
        Component("odd", cpe="no cpe"),
    )
    found = told(
        base, Bill(origin("sbom", "cyclonedx"), Component("Record", cpe="cpe:2.3:a:care:record:4.2"), parts)
    )
    names = [each.name for each in found.facts if isinstance(each, Declared)]
    assert names == [
        "bill_record_any_openssl_3_0_1",
        "bill_record_any_zlib_1_2",
        "bill_record_any_zlib_1_2_n2",
        "bill_record_any_odd",
        "bill_record_any",
    ]
    assert Added("ehr", "software", ("bill_record_any",)) in found.facts


def host(**what: object) -> ScannedHost:
    given = {"origin": origin("scan", "nmap", 20), "addresses": ("10.0.0.5",), **what}
    return ScannedHost(**given)  # type: ignore[arg-type]


def test_a_scan_adds_what_answers_and_asks_for_what_does_not(base: Base) -> None:
    seen = host(
        services=(
            Service(443, "tcp", "https"),
            Service(22, "tcp", "ssh", "OpenSSH", "9.6", ("cpe:2.3:a:openbsd:openssh:9.6:*:*:*:*:*:*:*",)),
            Service(9999, "tcp", "unknown"),
        )
    )
    found = told(base, seen)
    declared = {each.name: dict(each.attributes) for each in found.facts if isinstance(each, Declared)}
    assert declared["ehr_seen_tcp_22"] == {"asset": "ehr", "ports": "22", "protocol": "ssh"}
    assert declared["ehr_seen_tcp_9999"] == {"asset": "ehr", "ports": "9999"}
    assert declared["ehr_runs_openssh"]["version"] == '"9.6"'
    assert Added("ehr", "endpoints", ("ehr_seen_tcp_22", "ehr_seen_tcp_9999")) in found.facts
    assert Said("ehr", "scanned_on", "2026-11-20", "2026-11-20") in found.facts
    assert [each.text for each in found.questions] == [
        "What does `ehr` speak on tcp 9999 (unknown)?",
        "Does `ehr.images` still listen? The scan of `ehr` saw no answer on its ports",
    ]


@pytest.mark.parametrize(
    ("what", "confidence"),
    [
        ({"addresses": ("10.0.0.5",)}, 0.85),
        ({"addresses": (), "mac": "00-1b-44-11-3a-b7"}, 0.99),
        ({"addresses": ("10.9.9.9",), "names": ("EHR.ward.example.",)}, 0.9),
        ({"addresses": ("10.0.0.5",), "names": ("ehr",)}, 0.97),
    ],
)
def test_a_host_is_known_by_its_numbers_and_names(
    base: Base, what: dict[str, object], confidence: float
) -> None:
    (match,) = told(base, host(**what)).matched
    assert (match.item, match.confidence) == ("ehr", confidence)


def test_a_stranger_is_a_question(base: Base) -> None:
    found = told(base, host(addresses=("10.7.7.7",), services=(Service(80, "tcp"),)))
    assert found.facts == ()
    assert found.questions[0].text == (
        "What is the host 10.7.7.7? nmap saw it, the model has no such address, name or MAC; "
        "it answers on tcp 80"
    )


def test_a_scanners_finding_is_a_vulnerability_of_the_host(base: Base) -> None:
    finding = ScanFinding("12345", "Old library", cves=("CVE-2026-0007",), cvss=7.5, cvss_vector=FULL)
    plain = ScanFinding("777", "Banner", severity=0)
    seen = host(origin=origin("scan", "nessus"), findings=(finding, plain))
    assert keys_of(seen) == ("host 10.0.0.5", "weakness CVE-2026-0007")
    said = the(told(base, seen, key="weakness CVE-2026-0007"))
    assert (said["affects"], said["cve"], said["cvss"]) == ("[ehr]", '"CVE-2026-0007"', "7.5")


# ------------------------------------------------------------------------------------------ people, incidents


def event(kind: str, subject: str = "jburke", hour: int = 1) -> IdentityEvent:
    at = datetime(2026, 11, 20, hour, tzinfo=UTC)
    return IdentityEvent(origin("log", "identity"), f"{kind}{hour}", kind, subject, at)  # type: ignore[arg-type]


def said_of(base: Base, *events: IdentityEvent) -> dict[str, str]:
    return {each.slot: each.value for each in told(base, *events).facts if isinstance(each, Said)}


def test_identity_events_are_attributes(base: Base) -> None:
    assert said_of(base, event("locked")) == {"jo_ehr.state": "held"}
    assert said_of(base, event("password_leaked", "jo@ward.example")) == {"jo_password.leaked": "true"}
    assert said_of(base, event("credential_revoked", "Jo Burke")) == {"jo_password.revoked_on": "2026-11-20"}
    assert said_of(base, event("left")) == {"jo.leaves_on": "2026-11-20"}
    assert said_of(base, event("login_failed")) == {}


def test_the_latest_event_counts(base: Base) -> None:
    events = [event("privilege_granted", hour=1), event("privilege_revoked", hour=2)]
    assert said_of(base, *events) == said_of(base, *reversed(events)) == {"jo_ehr.privileged": "false"}


def test_guessed_ways_to_log_in_are_assumptions(base: Base) -> None:
    found = told(base, event("factor_removed"))
    assert said_of(base, event("factor_removed")) == {"jo_ehr.authentication": "password"}
    assert found.assumptions == ("`jo_ehr` is used with `password`: the event names no way to log in",)


def test_strangers_and_missing_accounts_are_questions(base: Base) -> None:
    (question,) = told(base, event("left", "nobody")).questions
    assert question.text == "Who is `nobody`? left on 2026-11-20"


def test_an_incident_is_declared_with_what_it_hit(base: Base) -> None:
    report = IncidentReport(
        origin("INC", "incident"), "INC-7", "Ransomware", "ransomware", datetime(2026, 11, 3, tzinfo=UTC),
        subjects=("10.0.0.5", "Care", "mystery"), techniques=("T1486", "no technique"),
        ended=datetime(2026, 11, 5, tzinfo=UTC),
    )  # fmt: skip
    found = told(base, report)
    assert the(found) == {
        "occurred_on": "2026-11-03",
        "recovered_on": "2026-11-05",
        "affected": "[care, ehr]",
        "techniques": '["T1486"]',
        "note": '"ransomware"',
    }
    assert [each.text for each in found.questions] == ["What is `mystery`, which incident INC-7 names?"]


def test_what_another_organisation_lost_is_not_ours(base: Base, tmp_path: Path) -> None:
    files = {
        "m.panacea": MODEL + 'organisation mater "Mater" { partner: true }',
        "pumps.csv": "id,version\nP1,2.1\n",
    }
    other = Base(good_model(tmp_path / "other", files).model)
    at = datetime(2026, 11, 3, tzinfo=UTC)
    report = IncidentReport(
        origin("INC", "incidents"), "I", "T", "k", at, where="Mater", subjects=("ehr", "x")
    )
    found = told(other, report)
    assert "affected" not in the(found)
    assert the(found)["organisation"] == "mater"
    assert found.questions == ()


def test_of_two_scans_the_one_that_knows_more_counts(base: Base) -> None:
    knows = host(services=(Service(9443, "tcp", "http", "nginx", tls=True),))
    vague = host(origin=origin("scan", "openvas", 25), services=(Service(9443, "tcp", "strange"),))
    for scans in ((knows, vague), (vague, knows)):
        said = [dict(f.attributes) for f in told(base, *scans).facts if isinstance(f, Declared)]
        assert said == [{"asset": "ehr", "ports": "9443", "protocol": "https"}]


def test_every_kind_of_fact_is_taken_by_the_model(base: Base, tmp_path: Path) -> None:
    files = {"m.panacea": MODEL, "pumps.csv": "id,version\nP1,2.1\nP2,3.0\nP3,\n"}
    workspace = good_model(tmp_path / "again", files)
    records: Sequence[tuple[Record, ...]] = (
        (weakness(volumat(fixed_version="3.0"), cwe=("CWE-306",), cvss=9.8, published_on=DAY),),
        (ExploitNews(origin("KEV", "kev"), "CVE-2026-0009", known_exploited=True, epss=0.123456),),
        (
            Bill(
                origin(), Component("Record", cpe="cpe:2.3:a:care:record:4.2"),
                (Component("x", "1", purl="pkg:npm/x@1"),),
            ),
        ),
        (host(services=(Service(22, "tcp", "ssh", cpe=("cpe:2.3:a:openbsd:openssh:9.6:*:*:*:*:*:*:*",)),)),),
        *(
            (event(kind),)
            for kind in (
                "login", "locked", "password_leaked", "credential_issued", "factor_added",
                "privilege_granted",
                "joined", "left", "credential_revoked",
            )
        ),
        (IncidentReport(origin(), "I1", "T", "k", datetime(2026, 11, 3, tzinfo=UTC), subjects=("Care",)),),
    )  # fmt: skip
    for group in records:
        facts = told(base, *group).facts
        assert facts, group
        own = {f.slot: base.own_list(f.target, f.attribute) for f in facts if isinstance(f, Added)}
        for text in whole(slots(facts, own)):
            workspace.apply(Delta(text))
    assert workspace.ok
