"""Entries of the NVD, and records of cve.org."""

from __future__ import annotations

from datetime import UTC, date, datetime

from panacea_policy.feeds.records import ExploitNews, VersionRange, Weakness
from panacea_policy.formats.feeds.cve_id import CpeNames, cpe_names, cve_numbers
from tests.formats.feeds import samples
from tests.formats.feeds.test_versions import short


def nvd() -> tuple[Weakness, ExploitNews, Weakness]:
    one, use, other = samples.read_json(samples.nvd()).records
    assert isinstance(one, Weakness)
    assert isinstance(use, ExploitNews)
    assert isinstance(other, Weakness)
    return one, use, other


def test_an_entry_of_the_database() -> None:
    one, use, other = nvd()
    assert (one.id, one.cwe, one.description) == (
        "CVE-2026-1000", ("CWE-77",), "The portal can be taken over."
    )  # fmt: skip
    assert one.origin.said_at == datetime(2026, 2, 2, 10, 0, 0, 123000, UTC)
    assert (one.origin.status, one.published_on) == ("Analyzed", date(2026, 1, 31))
    assert (one.cvss, one.vector, one.complexity, one.interaction) == (7.1, "network", "high", True)
    assert [(s.version, s.base) for s in one.scores] == [("4.0", 9.3), ("3.1", 7.1), ("2.0", 7.5)]
    assert (use.exploited_since, use.due) == (date(2026, 2, 3), date(2026, 2, 24))
    assert other.withdrawn is True
    assert not one.withdrawn


def test_configurations_are_products_with_ranges_and_platforms() -> None:
    ranged, single, on_platform = [s.product for s in nvd()[0].products]
    assert [short(v) for v in ranged.versions] == ["[2.0, 2.4.1)"]
    assert (ranged.vendor, ranged.name, ranged.within) == ("acme", "portal", ())
    assert single.versions == (VersionRange("1:9", exactly="1:9"),)
    assert on_platform.versions == ()
    [[platform]] = on_platform.within
    assert (platform.name, platform.cpe) == ("appliance os", samples.cpe("acme", "appliance_os", part="o"))


def test_all_of_a_node_means_each_beside_the_others() -> None:
    document = samples.nvd()
    first = {"vulnerable": True, "criteria": samples.cpe("a", "one")}
    second = {"vulnerable": True, "criteria": samples.cpe("a", "two")}
    third = {"vulnerable": False, "criteria": samples.cpe("a", "three", part="h")}
    fourth = {"vulnerable": False, "criteria": samples.cpe("a", "four", part="h")}
    cve = document["vulnerabilities"][0]["cve"]
    cve["configurations"] = [
        {
            "operator": "AND",
            "nodes": [
                {"operator": "AND", "cpeMatch": [first, second]},
                {"operator": "OR", "cpeMatch": [third, fourth]},
            ],
        }
    ]
    found = samples.read_json(document).records[0]
    assert isinstance(found, Weakness)
    names = {s.product.name: [[c.name for c in group] for group in s.product.within] for s in found.products}
    assert names == {"one": [["two"], ["three", "four"]], "two": [["one"], ["three", "four"]]}


def test_what_cannot_be_said_is_left_out_with_its_place() -> None:
    document = samples.nvd()
    cve = document["vulnerabilities"][0]["cve"]
    cve["configurations"][1]["nodes"][0]["negate"] = True
    cve["configurations"][0]["nodes"][0]["cpeMatch"][0]["criteria"] = "portal"
    cve["metrics"]["cvssMetricV31"][0]["cvssData"]["baseScore"] = 11
    reading = samples.read_json(document)
    here = "/vulnerabilities/0/cve"
    assert [d.place for d in reading.damage] == [
        f"{here}/metrics/cvssMetricV31/0/cvssData/baseScore",
        f"{here}/configurations/0/nodes/0/cpeMatch/0/criteria",
        f"{here}/configurations/1/nodes/0",
    ]
    assert len(reading.records) == 3


def test_whether_a_user_must_help_is_known_of_version_two_from_the_database_only() -> None:
    document = samples.nvd()
    metrics = document["vulnerabilities"][0]["cve"]["metrics"]
    document["vulnerabilities"][0]["cve"]["metrics"] = {"cvssMetricV2": metrics["cvssMetricV2"]}
    one = samples.read_json(document).records[0]
    assert isinstance(one, Weakness)
    assert one.interaction is False
    del metrics["cvssMetricV2"][0]["userInteractionRequired"]
    one = samples.read_json(document).records[0]
    assert isinstance(one, Weakness)
    assert (one.interaction, one.vector) == (None, "network")


def test_a_record_of_cve_org() -> None:
    one, use = samples.read_json(samples.cve_record()).records
    assert isinstance(one, Weakness)
    assert isinstance(use, ExploitNews)
    assert (one.id, one.title, one.cwe) == ("CVE-2026-1000", "Take-over of the portal", ("CWE-77",))
    assert (one.cvss, one.vector, one.privileges) == (4.0, "physical", "high")
    assert one.scores[0].source == "acme"
    assert use.exploited_since == date(2026, 2, 3)


def test_versions_of_a_record_by_status() -> None:
    one = samples.read_json(samples.cve_record()).records[0]
    assert isinstance(one, Weakness)
    shown = [
        (s.product.name, s.group, s.status, [short(v) for v in s.product.versions]) for s in one.products
    ]
    assert shown == [
        ("Portal", "default", "not_affected", []),
        ("Portal", "affected", "affected", ["[2.0, 2.4.1)", "(, 1.9]", "(, 0.5)?"]),
        ("Portal", "under_investigation", "under_investigation", ["[5.0, 6)"]),
        ("Viewer", "default", "affected", []),
    ]


def test_a_package_of_a_distribution_counts_within_it() -> None:
    document = samples.cve_record()
    document["containers"]["cna"]["affected"] = [
        {
            "vendor": "Hat",
            "product": "Enterprise Linux 9",
            "packageName": "pcp",
            "collectionURL": "https://access.hat.example/packages/",
            "defaultStatus": "affected",
            "versions": [
                {"version": "0:6.2.0-2.el9", "lessThan": "*", "versionType": "rpm", "status": "unaffected"}
            ],
            "cpes": ["cpe:/o:hat:enterprise_linux:9"],
        },
        {
            "vendor": "Axios",
            "product": "Axios",
            "packageName": "axios",
            "collectionURL": "https://www.npmjs.com",
        },
    ]
    one = samples.read_json(document).records[0]
    assert isinstance(one, Weakness)
    default, newer, axios = one.products
    [[whole]] = default.product.within
    assert (default.product.name, whole.name, whole.cpe) == (
        "pcp", "Enterprise Linux 9", "cpe:/o:hat:enterprise_linux:9"
    )  # fmt: skip
    assert (newer.status, [short(v) for v in newer.product.versions]) == (
        "not_affected",
        ["[0:6.2.0-2.el9, )"],
    )
    assert (axios.product.name, axios.product.within) == ("Axios", ())


def test_odd_places_of_packages_harm_nothing() -> None:
    document = samples.cve_record()
    document["containers"]["cna"]["affected"] = [
        {
            "product": "A",
            "packageName": "b",
            "collectionURL": "http://[",
            "versions": [{"versionType": ["x"]}],
        }
    ]
    assert len(samples.read_json(document).records) == 2


def test_words_and_commits_in_the_place_of_versions() -> None:
    document = samples.cve_record()
    document["containers"]["cna"]["affected"] = [
        {
            "vendor": "A",
            "product": "B",
            "defaultStatus": "unaffected",
            "versions": [
                {
                    "version": "earlier",
                    "lessThanOrEqual": "3.0_24",
                    "status": "affected",
                    "versionType": "custom",
                },
                {"version": "1da177e", "lessThan": "9f00aa1", "status": "affected", "versionType": "git"},
            ],
        }
    ]
    one = samples.read_json(document).records[0]
    assert isinstance(one, Weakness)
    assert [short(v) for v in one.products[1].product.versions] == ["(, 3.0_24]?", "unknown"]


def test_what_the_authority_advises_is_a_remedy() -> None:
    document = samples.cve_record()
    document["containers"]["cna"]["solutions"] = [{"lang": "en", "value": "Upgrade to version 3.1 or later."}]
    document["containers"]["cna"]["workarounds"] = [{"lang": "en", "value": "Switch it off."}]
    one = samples.read_json(document).records[0]
    assert isinstance(one, Weakness)
    found = {s.status: ([r.kind for r in s.remedies], s.fixed_version) for s in one.products}
    assert found["affected"] == (["vendor_fix", "workaround"], "3.1")
    assert found["not_affected"] == ([], None)


def test_a_rejected_record_is_withdrawn() -> None:
    document = samples.cve_record()
    document["cveMetadata"]["state"] = "REJECTED"
    document["containers"] = {"cna": {"rejectedReasons": [{"lang": "en", "value": "Not one."}]}}
    [one] = samples.read_json(document).records
    assert isinstance(one, Weakness)
    assert one.withdrawn is True
    assert one.products == ()


def test_names_in_cpe_texts() -> None:
    assert cpe_names(samples.cpe("acme", "pump_one", "1\\:9")) == CpeNames("a", "acme", "pump one", "1:9")
    assert cpe_names(samples.cpe("acme", "a\\\\", "-")) == CpeNames("a", "acme", "a\\", None)
    assert cpe_names("cpe:/o:linux:linux_kernel:5.4") == CpeNames("o", "linux", "linux kernel", "5.4")
    assert cpe_names("cpe:/o:linux") == CpeNames("o", "linux", None, None)
    assert cpe_names("cpe:2.3:x:a:b") is None
    assert cpe_names("acme") is None


def test_numbers_in_texts() -> None:
    assert cve_numbers("see cve-2021-44228, CVE-2021-44228 and CVE-2021-1; XCVE-2021-4444") == (
        "CVE-2021-44228",
    )
