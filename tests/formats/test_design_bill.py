"""A bill of materials held against records, the catalogue of exploited weaknesses, and the model."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.errors import PanaceaError
from panacea_policy.feeds.records import (
    ExploitNews,
    Origin,
    ProductClaim,
    ProductStatus,
    VersionRange,
    Weakness,
)
from panacea_policy.feeds.store import Document, File, Store
from panacea_policy.formats.design_bill import check_bill
from panacea_policy.secure_design import BillCheck, find
from tests.secure_design.ward import workspace

PURL = "pkg:generic/openssl@3.0.1"
EXTRA = """\
software foo { purl: "pkg:generic/libfoo@1.0"  version: "1.0"  vulnerabilities: [foo_hole] }
vulnerability foo_hole { cve: "CVE-2026-0009"  cvss: 5.0  known_exploited: false }
"""


def bill(**more: Any) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "version": 1,
        "metadata": {"component": {"type": "device", "name": "P-9", "version": "0.9", "bom-ref": "p9",
                                   "supplier": {"name": "Maker"}}},
        "components": [
            {"type": "library", "name": "openssl", "version": "3.0.1", "purl": PURL, "bom-ref": "ssl"},
            {"type": "library", "name": "libfoo", "version": "1.0", "purl": "pkg:generic/libfoo@1.0"},
            {"type": "library", "name": "quiet", "version": "7"},
        ],
        **more,
    }  # fmt: skip


@pytest.fixture
def opened(tmp_path: Path) -> Workspace:
    return workspace(tmp_path / "model", EXTRA)


def held(
    opened: Workspace, tmp_path: Path, document: dict[str, Any], store: Store | None = None
) -> BillCheck:
    path = tmp_path / "bill.cdx.json"
    path.write_text(json.dumps(document))
    return check_bill(path, opened.model, find(opened.model, "pump"), store)


def stored(affected: str = "3.0.2") -> Store:
    """A store that knows one hole in openssl below a version, and that it is exploited."""
    store = Store(":memory:")
    origin = Origin("csaf", "ADV-1", "adv.json")
    claim = ProductClaim(
        name="openssl",
        purl="pkg:generic/openssl",
        versions=(VersionRange(high=affected, high_included=False),),
    )
    weakness = Weakness(
        origin, "CVE-2026-0001", cve="CVE-2026-0001", cvss=9.8,
        products=(ProductStatus(claim, "affected", fixed_version=affected),),
    )  # fmt: skip
    news = ExploitNews(
        Origin("kev", "kev", "kev.json"), "CVE-2026-0001", known_exploited=True, due=date(2026, 12, 1)
    )
    with store.transaction():
        store.add_file(File("digest", "adv.json", datetime(2026, 11, 1, tzinfo=UTC), "csaf"))
        document = Document("csaf", "ADV-1", "digest", None, 1)
        store.replace_document(document, [(weakness, ["CVE-2026-0001"], None)], date(2026, 11, 1))
        store.catalogues.replace("kev", [news], None)
    return store


def test_components_are_held_against_the_model_where_there_is_no_store(
    opened: Workspace, tmp_path: Path
) -> None:
    found = held(opened, tmp_path, bill())
    assert [c.name for c in found.components] == ["openssl", "libfoo", "quiet"]
    assert [(w.id, w.component, w.source) for w in found.weaknesses] == [
        ("CVE-2026-0009", "libfoo 1.0", "the model")
    ]
    assert "no store" in found.records
    assert found.about_subject is True


def test_records_and_the_catalogue_tell_what_is_known_and_exploited(
    opened: Workspace, tmp_path: Path
) -> None:
    with stored() as store:
        found = held(opened, tmp_path, bill(), store)
    first = found.weaknesses[0]
    assert (first.id, first.component, first.status) == ("CVE-2026-0001", "openssl 3.0.1", "affected")
    assert first.known_exploited
    assert first.exploited_due == date(2026, 12, 1)
    assert first.fixed_version == "3.0.2"
    assert found.components[0].weaknesses == ("CVE-2026-0001",)
    assert "1 feed files" in found.records


def test_versions_that_are_not_meant_are_not_affected(opened: Workspace, tmp_path: Path) -> None:
    with stored(affected="3.0.1") as store:
        found = held(opened, tmp_path, bill(), store)
    assert [w.id for w in found.weaknesses] == ["CVE-2026-0009"]


def test_what_the_maker_says_of_its_own_product_settles_it(opened: Workspace, tmp_path: Path) -> None:
    vex = [{"id": "CVE-2026-0001", "affects": [{"ref": "ssl"}],
            "analysis": {"state": "not_affected", "justification": "code_not_reachable"}}]  # fmt: skip
    with stored() as store:
        found = held(opened, tmp_path, bill(vulnerabilities=vex), store)
    (mine,) = (w for w in found.weaknesses if w.id == "CVE-2026-0001")
    assert (mine.status, mine.source) == ("not affected", "the bill itself")


def test_a_bill_of_another_product_says_so(opened: Workspace, tmp_path: Path) -> None:
    other = bill(metadata={"component": {"type": "device", "name": "Toaster", "version": "3"}})
    assert held(opened, tmp_path, other).about_subject is None


@pytest.mark.parametrize("text", ["{}", "not json", '{"bomFormat": "CycloneDX", "specVersion": "9.9"}'])
def test_a_file_that_is_no_bill_is_refused(opened: Workspace, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(PanaceaError, match="no bill of materials"):
        check_bill(path, opened.model, find(opened.model, "pump"), None)
