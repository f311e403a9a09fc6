"""The format is found in the content; every sample is read whole."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from panacea_policy.feeds.records import ExploitNews, Weakness
from panacea_policy.formats.feeds import read
from panacea_policy.formats.feeds.detect import read_bytes
from tests.formats.feeds import samples

COUNTS = {
    "csaf": 2, "kev": 2, "epss": 2, "nvd": 3, "cve": 2, "cyclonedx": 3, "cyclonedx_xml": 3, "nmap": 2,
    "nessus": 1, "openvas": 2, "events": 2,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(samples.ALL))
def test_every_format_is_known_by_its_content(name: str, tmp_path: Path) -> None:
    reading = read(samples.written(tmp_path, name))
    assert reading.damage == ()
    assert reading.format == name.removesuffix("_xml")
    assert len(reading.records) == COUNTS[name]
    assert all(record.origin.source == str(tmp_path / "data.bin") for record in reading.records)


@pytest.mark.parametrize("name", sorted(samples.ALL))
def test_packed_files_say_the_same(name: str, tmp_path: Path) -> None:
    plain = read(samples.written(tmp_path, name), source="x")
    data = samples.ALL[name].encode()
    (tmp_path / "packed").write_bytes(gzip.compress(data))
    assert read(tmp_path / "packed", source="x") == plain
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("any", data)
    (tmp_path / "packed").write_bytes(archive.getvalue())
    assert read(tmp_path / "packed", source="x") == plain


@pytest.mark.parametrize("name", sorted(samples.ALL))
def test_a_byte_order_mark_changes_nothing(name: str) -> None:
    data = samples.ALL[name].encode()
    assert read_bytes(b"\xef\xbb\xbf" + data, "x") == read_bytes(data, "x")


def test_xml_in_two_bytes_is_read() -> None:
    data = samples.NMAP.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    assert read_bytes(data, "x").records == read_bytes(samples.NMAP.encode(), "x").records


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("hello", "no format that is known"),
        ("{}", "JSON of no format"),
        ("[]", "an object is expected"),
        ('{"vulnerabilities": []}', "JSON of no format"),
        ("<html/>", "XML that begins with `html`"),
        ("<", "no XML element"),
        ('{"document": {"csaf_version": "1.2"}}', "CSAF 1.2"),
        ('{"bomFormat": "CycloneDX", "specVersion": "1.2"}', "CycloneDX 1.2"),
        ('{"dataType": "CVE_RECORD", "dataVersion": "4.0"}', "a CVE record of version 4.0"),
    ],
)
def test_what_is_no_feed_is_refused_with_a_reason(text: str, reason: str) -> None:
    reading = samples.read_text(text)
    assert reading.records == ()
    [damage] = reading.damage
    assert reason in damage.reason


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    assert "cannot be read" in read(tmp_path / "none").damage[0].reason
    assert "regular file" in read(tmp_path).damage[0].reason or "directory" in read(tmp_path).damage[0].reason


def test_lists_may_have_their_head_after_the_list() -> None:
    document = samples.kev()
    listed = document.pop("vulnerabilities")
    reading = samples.read_json({"vulnerabilities": listed, **document})
    assert reading.format == "kev"
    assert [r.origin.document for r in reading.records if isinstance(r, ExploitNews)] == ["2024.05.01"] * 2


def test_an_empty_catalogue_is_a_catalogue() -> None:
    reading = samples.read_json({**samples.kev(), "vulnerabilities": [], "count": 0})
    assert (reading.format, reading.records, reading.damage) == ("kev", (), ())
    reading = samples.read_json({**samples.nvd(), "vulnerabilities": []})
    assert (reading.format, reading.records, reading.damage) == ("nvd", (), ())


def test_the_same_bytes_give_the_same_reading() -> None:
    for text in samples.ALL.values():
        first = samples.read_text(text)
        assert repr(first) == repr(samples.read_text(text))
        assert all(isinstance(hash(r), int) for r in first.records)
        assert [r for r in first.records if isinstance(r, Weakness) and not r.id] == []
