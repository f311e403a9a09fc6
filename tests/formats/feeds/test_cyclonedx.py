"""CycloneDX: bills and VEX, in JSON and XML."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from panacea_policy.feeds.records import Bill, Component, Weakness
from tests.formats.feeds import samples
from tests.formats.feeds.test_versions import short


def read() -> tuple[Bill, Weakness, Weakness]:
    bill, one, other = samples.read_json(samples.cyclonedx()).records
    assert isinstance(bill, Bill)
    assert isinstance(one, Weakness)
    assert isinstance(other, Weakness)
    return bill, one, other


def test_a_bill_has_its_product_and_all_components() -> None:
    bill = read()[0]
    assert bill.product == Component("Pump One", "2.4", supplier="Acme", kind="device", ref="pump")
    assert [c.name for c in bill.components] == ["zlib", "inflate.c", "VxWorks"]
    zlib, _, system = bill.components
    assert (zlib.purl, zlib.version, zlib.hashes) == ("pkg:generic/zlib@1.2.11", "1.2.11", ("sha-256:cafe",))
    assert system.supplier == "Wind River"
    assert bill.origin.document == "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"
    assert (bill.origin.version, bill.origin.said_at) == ("3", datetime(2026, 5, 1, 10, tzinfo=UTC))


def test_a_statement_on_a_part_counts_within_its_product() -> None:
    one = read()[1]
    [status] = one.products
    assert (status.status, status.justification) == ("not_affected", "vulnerable_code_not_in_execute_path")
    assert (status.product.name, status.product.purl) == ("zlib", "pkg:generic/zlib@1.2.11")
    [[whole]] = status.product.within
    assert (whole.vendor, whole.name, [short(v) for v in whole.versions]) == ("Acme", "Pump One", ["{2.4}"])
    assert (one.cve, one.cvss, one.cwe, one.disrupts) == ("CVE-2018-25032", 7.5, ("CWE-787",), True)
    assert [(r.kind, r.fixed_version) for r in status.remedies] == [("vendor_fix", "2.5")]


def test_versions_have_their_own_status() -> None:
    shown = [(s.status, [short(v) for v in s.product.versions]) for s in read()[2].products]
    assert shown == [("affected", ["[2.0, 2.5)"]), ("not_affected", ["{2.5}"])]
    assert all(s.product.within == () for s in read()[2].products)


def test_xml_says_the_same_as_json() -> None:
    assert samples.read_text(samples.CYCLONEDX_XML).records == samples.read_json(samples.cyclonedx()).records


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6"])
def test_three_versions_are_read(version: str) -> None:
    document = {**samples.cyclonedx(), "specVersion": version}
    assert samples.read_json(document).records == samples.read_json(samples.cyclonedx()).records
    xml = samples.CYCLONEDX_XML.replace("bom/1.5", f"bom/{version}")
    assert samples.read_text(xml).records == samples.read_text(samples.CYCLONEDX_XML).records


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("resolved", "fixed"),
        ("resolved_with_pedigree", "fixed"),
        ("exploitable", "affected"),
        ("in_triage", "under_investigation"),
        ("false_positive", "not_affected"),
        ("not_affected", "not_affected"),
    ],
)
def test_states_of_an_analysis(state: str, status: str) -> None:
    document = samples.cyclonedx()
    document["vulnerabilities"][0]["analysis"] = {"state": state}
    one = samples.read_json(document).records[1]
    assert isinstance(one, Weakness)
    assert [s.status for s in one.products] == [status]


def test_vex_beside_a_bill_is_no_bill() -> None:
    document = samples.cyclonedx()
    del document["components"]
    reading = samples.read_json(document)
    assert [type(r) for r in reading.records] == [Weakness, Weakness]
    assert [d.place for d in reading.damage] == ["/vulnerabilities/0/affects/0/ref"]


def test_a_package_may_be_referred_to_by_its_url() -> None:
    document = samples.cyclonedx()
    document["vulnerabilities"][0]["affects"] = [{"ref": "pkg:pypi/django@4.2"}]
    one = samples.read_json(document).records[1]
    assert isinstance(one, Weakness)
    assert one.products[0].product.purl == "pkg:pypi/django@4.2"


def test_damage_in_a_bill_has_its_place() -> None:
    document = samples.cyclonedx()
    del document["metadata"]["component"]
    document["components"][0]["name"] = 7
    document["components"][1]["bom-ref"] = "zlib"
    document["vulnerabilities"][1]["analysis"]["state"] = "odd"
    reading = samples.read_json(document)
    assert {d.place for d in reading.damage} == {
        "/components/0/name",
        "/metadata",
        "/vulnerabilities/1/analysis/state",
        "/vulnerabilities/1/affects/0/ref",
    }
