"""Matching one claim: by number, name, package and product, with its reasons."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.feeds.inventory import Item, Product, address_key, item, mac_key
from panacea_policy.feeds.matching import FACT, Index, Match
from panacea_policy.feeds.products import likeness, product_name
from panacea_policy.feeds.records import ProductClaim, VersionRange
from panacea_policy.feeds.words import tables
from tests.compiler.workspaces import good_model
from tests.feeds.devices import HELD_OUT, ROWS


def one(claim: ProductClaim, **what: object) -> Match | None:
    """The match of a claim with one item."""
    product = Product(
        tuple(filter(None, [what.pop("vendor", None)])),  # type: ignore[arg-type]
        tuple(filter(None, [what.pop("name", None)])),  # type: ignore[arg-type]
        tuple(filter(None, [what.pop("cpe_key", None)])),  # type: ignore[arg-type]
        tuple(filter(None, [what.pop("purl_key", None)])),  # type: ignore[arg-type]
    )
    found = Index([Item("it", "it", "asset", product, **what)]).match(claim)  # type: ignore[arg-type]
    return found[0] if found else None


def cpe(text: str) -> ProductClaim:
    return ProductClaim(cpe=f"cpe:2.3:{text}")


@pytest.mark.parametrize(
    ("claim", "version", "class_", "inside"),
    [
        (cpe("a:acme:pacs:4.2:*:*:*:*:*:*:*"), "4.2", "exact", True),
        (cpe("a:acme:pacs:4.2:*:*:*:*:*:*:*"), "4.3", "exact", False),
        (cpe("a:acme:pacs:4.2:*:*:*:*:*:*:*"), None, "strong", None),
        (cpe("a:acme:pacs:*:*:*:*:*:*:*:*"), None, "exact", True),
        (cpe("a:acme:pac*:*:*:*:*:*:*:*:*"), "1", None, None),  # found by its full name only
        (cpe("*:acme:pacs:*:*:*:*:*:*:*:*"), "1", "exact", True),
        (cpe("o:acme:pacs:*:*:*:*:*:*:*:*"), "1", None, None),
        (cpe("a:other:pacs:*:*:*:*:*:*:*:*"), "1", None, None),
        (cpe("a:acme:pacs:*:*:*:*:enterprise:*:*:*"), "1", "exact", True),
    ],
)
def test_by_cpe(claim: ProductClaim, version: str | None, class_: str | None, inside: bool | None) -> None:
    match = one(claim, cpe_key="a:acme:pacs", version=version)
    assert (match.class_ if match else None) == class_
    if match is not None:
        assert match.inside is inside


def test_a_scanners_name_finds_the_product() -> None:
    match = one(ProductClaim(cpe="cpe:/a:acme:pacs:4.2"), cpe_key="a:acme:pacs", version="4.2")
    assert match is not None
    assert match.class_ == "exact"


def test_a_range_beside_a_cpe_counts() -> None:
    claim = ProductClaim(cpe="cpe:2.3:a:acme:pacs:*:*:*:*:*:*:*:*", versions=(VersionRange(high="5.0"),))
    assert one(claim, cpe_key="a:acme:pacs", version="5.1").inside is False  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("purl", "key", "version", "inside"),
    [
        ("pkg:pypi/Py_Dicom@2.4.4", "pypi//py-dicom", "2.4.4", True),
        ("pkg:pypi/pydicom@2.4.4", "pypi//pydicom", "2.4.5", False),
        ("pkg:maven/org.apache/tomcat", "maven/org.apache/tomcat", "9", True),
    ],
)
def test_by_package(purl: str, key: str, version: str, inside: bool) -> None:
    match = one(ProductClaim(purl=purl), purl_key=key, version=version)
    assert match is not None
    assert (match.class_, match.inside) == ("exact", inside)


def test_another_package_of_the_same_name_is_not_meant() -> None:
    assert one(ProductClaim(purl="pkg:npm/%40a/core@1"), purl_key="npm/@b/core") is None


def test_by_serial_number() -> None:
    claim = ProductClaim("Acme", "Pump 7", serials=("SN-0042",))
    assert one(claim, vendor="Acme", name="Pump 7", serial="sn0042").class_ == "exact"  # type: ignore[union-attr]
    assert one(claim, vendor="Acme", name="Pump 7", serial="SN-0043") is None
    unstated = one(claim, vendor="Acme", name="Pump 7")
    assert unstated is not None


def test_by_stock_number() -> None:
    claim = ProductClaim("Acme", "Something else", skus=("VM-500",), versions=(VersionRange(high="2"),))
    match = one(claim, vendor="Other", name="Pump", model="vm 500", version="1")
    assert match is not None
    assert (match.class_, match.reasons[0]) == ("strong", "stock number VM-500")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Becton, Dickinson and Company (BD)", "BD"),
        ("BD", "Becton Dickinson & Co."),
        ("General Electric (GE)", "GE Healthcare"),
        ("Philips", "Koninklijke Philips N.V."),
        ("B. Braun Melsungen AG", "B. Braun"),
        ("Hillrom", "Hill-Rom Holdings, Inc."),
        ("Abbott Laboratories", "St. Jude Medical"),
        ("Siemens", "Siemens Healthineers"),
        ("Dräger", "Draeger"),
    ],
)
def test_companies_under_other_names(theirs: str, ours: str) -> None:
    match = one(ProductClaim(theirs, "Volumat 5"), vendor=ours, name="Volumat 5")
    if (theirs, ours) == ("Dräger", "Draeger"):
        assert match is None  # a spelling that no table knows is another company
    else:
        assert match is not None
        assert match.confidence > 0.95


def test_another_vendor_is_not_meant() -> None:
    assert one(ProductClaim("MicroDicom", "DICOM Viewer"), vendor="Horos", name="DICOM Viewer") is None


def test_an_unstated_vendor_leaves_a_doubt() -> None:
    match = one(ProductClaim("Natus", "Xltek NeuroWorks"), name="Xltek NeuroWorks")
    assert match is not None
    assert match.class_ == "likely"
    assert "vendor `Natus` not stated by the model" in match.reasons
    common = one(ProductClaim("Epic", "Patient Portal"), name="Patient Portal")
    assert common is not None
    assert not common.fact


def test_the_reasons_are_words() -> None:
    claim = ProductClaim("BD", "Alaris 8015 PC unit", versions=(VersionRange(high="9.33"),))
    match = one(claim, vendor="BD", name="BD Alaris PC Unit Model 8015")
    assert match is not None
    assert str(match) == (
        "it (strong, 0.88): vendor equal (`BD`), product `Alaris 8015 PC unit` in `BD Alaris PC Unit Model "
        "8015`: `alaris`, `pc` in common; model 8015, version not stated by the model: unknown whether it is "
        "at most 9.33"
    )


@pytest.mark.parametrize(
    ("claim", "own", "low", "high"),
    [
        ("IntelliVue MX400-MX850", "IntelliVue MX450", 0.9, 1.0),
        ("IntelliVue MX400-MX850", "IntelliVue MX900", 0.0, 0.4),
        ("monitors MX800/700/600 ((865240/41/42)", "MX700", 0.8, 1.0),
        ("MP5/5SC (M8105A/5AS)", "MP5SC", 0.8, 1.0),
        ("Optima CT660", "Optima CT520", 0.0, 0.3),
        ("SpaceCom", "Space Com", 0.95, 1.0),
        ("MedStation ES", "Med Station ES", 0.9, 1.0),
        ("CMS8000 ICU Monitor", "CMS 8000", 0.6, 1.0),
        ("Alaris Guardrails Editor", "Alaris Systems Manager", 0.0, 0.5),
        ("Discovery XR656", "Discovery XR656+", 0.0, 0.4),
        ("Cardiology Suite", "Cardiolgy Suite", 0.9, 1.0),
    ],
)
def test_how_alike_names_are(claim: str, own: str, low: float, high: float) -> None:
    words = tables()
    assert low <= likeness(product_name(claim, words), product_name(own, words)).score <= high


def test_it_counts_inside_of_another_only() -> None:
    host = Item("host", "host", "asset", Product(("Acme",), ("Pump 7",)))
    library = Product(("OpenSSL",), ("openssl",))
    index = Index(
        [host, Item("in", "in", "software", library, on=("host",)), Item("out", "out", "software", library)]
    )
    claim = ProductClaim("OpenSSL", "openssl", within=((ProductClaim("Acme", "Pump 7"),),))
    assert {each.item.name: each.confidence for each in index.match(claim)} == {"in": 1.0, "out": 0.7}


def test_a_model_gives_its_items(tmp_path: Path) -> None:
    workspace = good_model(
        tmp_path,
        """
supplier acme "Acme Medical Inc." { }
zone z { }
template device flow_four { manufacturer: acme }
device d "Bed 5" : flow_four in z {
  model: "Volumat 5"  serial: "A1"  version: "2.1"
  mac: "00:1B:44:11:3A:B7"  addresses: [10.0.0.5, 10.1.0.0/24]
  software os { cpe: cpe("cpe:2.3:o:microsoft:windows_10:1809:*:*:*:*:*:*:*") }
}
""",
    )
    device = workspace.model.get("d")
    system = workspace.model.get("d.os")
    assert device is not None
    assert system is not None
    found = item(workspace.model, device)
    assert found.product == Product(("Acme Medical Inc.",), ("Volumat 5", "Bed 5", "flow four"))
    assert (found.version, found.serial, found.mac) == ("2.1", "A1", "001b44113ab7")
    assert found.addresses == ("10.0.0.5",)
    assert item(workspace.model, system).version == "1809"


def test_addresses_are_compared_in_one_form() -> None:
    assert mac_key("00-1b-44-11-3a-B7") == mac_key("001B.4411.3AB7") == "001b44113ab7"
    assert mac_key("broadcast") is None
    assert address_key("2001:DB8::0001") == address_key("2001:db8::1/128") == "2001:db8::1"
    assert address_key("10.0.0.0/24") is None


ROWS_ALL = [*ROWS, *HELD_OUT]


@given(st.lists(st.sampled_from(range(len(ROWS_ALL))), min_size=1, max_size=12, unique=True), st.data())
def test_the_index_finds_what_looking_at_all_finds(chosen: list[int], data: st.DataObject) -> None:
    rows = [ROWS_ALL[each] for each in chosen]
    items = [Item(r.tag, r.tag, "asset", Product((r.maker,) if r.maker else (), (r.model,))) for r in rows]
    named = data.draw(st.sampled_from(ROWS_ALL))
    claim = ProductClaim(named.maker or None, named.model)
    together = {m.item.name: m.confidence for m in Index(items).match(claim) if m.confidence >= FACT}
    alone = {
        m.item.name: m.confidence
        for each in items
        for m in Index([each]).match(claim)
        if m.confidence >= FACT
    }
    assert together == alone


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_name_breaks_it(vendor: str, name: str, own: str) -> None:
    for match in Index([Item("i", "i", "asset", Product((vendor,), (own,)))]).match(
        ProductClaim(vendor, name)
    ):
        assert 0 <= match.confidence <= 1
