"""Files that want to do harm, or were damaged by chance: never an exception, never beyond a bound."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.feeds.records import ExploitNews, Reading
from panacea_policy.formats.feeds import Limits, read
from panacea_policy.formats.feeds.detect import read_bytes
from tests.formats.feeds import samples
from tests.shared_data import FOLDER

NAMES = sorted(samples.ALL)
SMALL = Limits(file_bytes=10_000, unpacked_bytes=20_000, depth=12, records=3, items=4, text=60, damage=5)


def reason_of(reading: Reading) -> str:
    assert reading.records == ()
    [damage] = reading.damage
    return damage.reason


# ----------------------------------------------------------------------------------------------------- bounds


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b" " * 10_001)
    assert "larger than 10,000 bytes" in reason_of(read(path, limits=SMALL))


@pytest.mark.parametrize("size", [20_001, 50_000_000])
def test_what_unpacks_to_too_much_is_not_read(size: int, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    limits = Limits(file_bytes=100_000, unpacked_bytes=20_000)
    path.write_bytes(gzip.compress(b"#" * size))
    assert "unpacks to more than 20,000 bytes" in reason_of(read(path, limits=limits))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x", b"#" * size)
    path.write_bytes(archive.getvalue())
    assert "unpacks to more than 20,000 bytes" in reason_of(read(path, limits=limits))


def test_many_members_of_a_gzip_file_count_together(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(b"#" * 5_000) * 5)
    assert "unpacks to more than" in reason_of(read(path, limits=SMALL))


def test_archives_of_several_files_or_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("../a", "x")
        file.writestr("b", "x")
    assert "a zip file of 2 files" in reason_of(read(path))
    path.write_bytes(gzip.compress(gzip.compress(b"x")))
    assert "packed twice" in reason_of(read(path))
    assert list(tmp_path.iterdir()) == [path]


def test_zip_files_with_long_tables_or_odd_packing_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    with zipfile.ZipFile(path, "w") as file:
        for n in range(1_001):
            file.writestr(str(n), "")
    assert "a zip file of many files" in reason_of(read(path))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("x", samples.EPSS)
    assert "packed in an unknown way" in reason_of(read(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in reason_of(read(tmp_path / "pipe"))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"vulnerabilities":[' + '{"a":' * 100_000, '{"a":' * 65 + "1" + "}" * 65]
)
def test_json_that_is_nested_too_deeply(text: str) -> None:
    assert "nested deeper than 64 levels" in reason_of(samples.read_text(text))


def test_brackets_in_texts_are_no_nesting() -> None:
    document = samples.kev()
    document["vulnerabilities"][0]["requiredAction"] = '[{"' * 100 + "\\" + '"[[['
    reading = samples.read_json(document)
    assert reading.damage == ()
    assert len(reading.records) == 2


def test_xml_that_is_nested_too_deeply() -> None:
    reading = samples.read_text(samples.NMAP.replace("<ports>", "<ports>" + "<a>" * 100_000))
    assert reading.records == ()
    assert "nested deeper than 64 levels" in reading.damage[0].reason


def test_records_are_bounded() -> None:
    rows = "".join(f"CVE-2026-{n},0.1,0.1\n" for n in range(1000, 1010))
    reading = read_bytes((samples.EPSS + rows).encode(), "x", limits=SMALL)
    assert len(reading.records) == 3
    assert "more than 3 records" in reading.damage[-1].reason


def test_texts_and_lists_are_bounded_not_cut() -> None:
    document = samples.kev()
    document["vulnerabilities"][0]["requiredAction"] = "x" * 61
    document["vulnerabilities"][1]["cwes"] = ["CWE-1"] * 5
    reading = read_bytes(json.dumps(document).encode(), "x", limits=SMALL)
    assert [(d.place, d.reason) for d in reading.damage] == [
        ("/vulnerabilities/0/requiredAction", "a text of 61 characters; at most 60 are read"),
        ("/vulnerabilities/1/cwes", "5 entries; at most 4 are read"),
    ]
    first, second = reading.records
    assert isinstance(first, ExploitNews)
    assert isinstance(second, ExploitNews)
    assert (first.action, first.cwe) == (None, ("CWE-77",))
    assert (second.action, second.cwe) == ("Apply the update.", ())


def test_damage_is_told_up_to_a_bound_and_then_counted() -> None:
    reading = read_bytes((samples.EPSS + "odd\n" * 50).encode(), "x", limits=SMALL)
    assert len(reading.damage) == 6
    assert reading.damage[-1].reason == "45 more pieces of damage"


def test_a_few_lines_cannot_stand_for_any_number_of_products() -> None:
    document = samples.csaf()
    many = [f"Q{n}" for n in range(100)]
    document["product_tree"]["product_groups"] = [{"group_id": "old", "product_ids": many}]
    flag = {"label": "component_not_present", "group_ids": ["old"] * 50}
    document["vulnerabilities"][0]["flags"] = [flag] * 5
    data = json.dumps(document).encode()
    assert len(read_bytes(data, "x", limits=Limits(records=800)).records) == 2
    reading = read_bytes(data, "x", limits=Limits(records=600))
    assert [d.place for d in reading.damage] == ["/vulnerabilities/0/flags/3"]
    assert len(reading.records) == 1


def test_platforms_of_the_database_are_bounded() -> None:
    document = samples.nvd()
    nodes = document["vulnerabilities"][0]["cve"]["configurations"][1]["nodes"]
    for node in nodes:
        node["cpeMatch"] = [
            {**node["cpeMatch"][0], "criteria": samples.cpe("acme", f"p{n}")} for n in range(30)
        ]
    data = json.dumps(document).encode()
    assert read_bytes(data, "x", limits=Limits(items=900)).damage == ()
    reading = read_bytes(data, "x", limits=Limits(items=899))
    assert [d.place for d in reading.damage] == ["/vulnerabilities/0/cve/configurations/1"]
    assert len(reading.records) == 3


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_days_at_the_ends_of_the_calendar_are_none(day: str) -> None:
    reading = samples.read_text(samples.EPSS.replace("2026-11-28T12:55:00+0000", f"{day}T23:59:59-1400"))
    assert len(reading.records) == 2
    assert [d.place for d in reading.damage] == ["line 1"]


# ------------------------------------------------------------------------------------------------- bad values


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 400, '"nan"', "true", "[9]", "{}"]
)
def test_a_number_that_is_none_is_damage_of_its_field(value: str) -> None:
    text = samples.ALL["nvd"].replace('"baseScore": 7.1', f'"baseScore": {value}')
    reading = samples.read_text(text)
    assert len(reading.records) == 3
    assert [d.place for d in reading.damage] == [
        "/vulnerabilities/0/cve/metrics/cvssMetricV31/0/cvssData/baseScore"
    ]


def test_a_number_of_many_digits_ends_the_list_at_its_record() -> None:
    text = samples.ALL["nvd"].replace('"baseScore": 7.1', f'"baseScore": {"1" * 5_000}')
    reading = samples.read_text(text)
    assert reading.records == ()
    assert "a number that is too long" in reading.damage[0].reason


def test_a_key_that_stands_twice_sets_its_record_aside() -> None:
    text = samples.ALL["kev"].replace(
        '"cveID": "CVE-2024-0001"', '"cveID": "CVE-2024-0001", "cveID": "CVE-2024-9"'
    )
    reading = samples.read_text(text)
    assert len(reading.records) == 1
    assert [(d.place, d.reason) for d in reading.damage] == [
        ("/vulnerabilities/0", "a key stands twice in this object")
    ]


def test_a_key_that_stands_twice_at_the_top_or_in_a_document_refuses_it() -> None:
    twice = samples.ALL["kev"].rstrip().removesuffix("}") + ', "vulnerabilities": []}'
    reading = samples.read_text(twice)
    assert len(reading.records) == 2
    assert reading.damage[0].place == "/vulnerabilities"
    text = samples.ALL["csaf"].replace('"id": "ACME-2026-01"', '"id": "ACME-2026-01", "id": "OTHER"')
    assert reason_of(samples.read_text(text)) == "a key stands twice in this object"
    assert samples.read_text(text).damage[0].place == "/document/tracking"


def test_bytes_that_are_no_utf8_spoil_only_the_text_that_holds_them() -> None:
    data = samples.ALL["kev"].encode().replace(b"Command Injection", b"Command \xff Injection", 1)
    reading = read_bytes(data, "x")
    assert len(reading.records) == 2
    assert [d.place for d in reading.damage] == ["/vulnerabilities/0/vulnerabilityName"]
    half = samples.ALL["kev"].replace("Command Injection", "Command \\ud800 Injection", 1)
    assert [d.place for d in samples.read_text(half).damage] == ["/vulnerabilities/0/vulnerabilityName"]


def test_what_terminals_would_act_on_is_shown() -> None:
    document = samples.kev()
    document["vulnerabilities"][0]["vulnerabilityName"] = "a\x1b[31mb\u202ec\x00d\ne"
    [first, _] = samples.read_json(document).records
    assert first.title == "a\ufffd[31mb\ufffdc\ufffdd\ne"  # type: ignore[union-attr]


def test_a_list_that_is_cut_short_gives_the_records_before_the_cut() -> None:
    text = samples.ALL["kev"]
    reading = samples.read_text(text[: text.index("CVE-2024-0002")])
    assert len(reading.records) == 1
    assert "no valid JSON" in reading.damage[0].reason
    assert reading.damage[0].place.startswith("line ")


# -------------------------------------------------------------------------------------------------- mutations


def sound(reading: Reading, limits: Limits) -> None:
    """What must hold of whatever was read: bounds, texts that can be stored, a reason for all."""
    assert len(reading.records) <= limits.records
    assert len(reading.damage) <= limits.damage + 1
    assert reading.records or reading.damage or reading.format
    for record in reading.records:
        hash(record)
    text = repr(reading)
    text.encode("utf-8")
    for damage in reading.damage:
        assert damage.reason
        str(damage).encode("utf-8")


def mutate(data: bytes, seed: int) -> bytes:
    """The bytes with a few changes: flips, cuts, doublings, odd insertions."""
    draw = random.Random(seed)
    odd = [
        b"\x00", b"\xff", b'"', b"\\", b"{", b"]", b"<", b">", b"&", b"null", b"-1", b"NaN", b"\xed\xa0\x80",
        b"1e999", b"[[[[", b"<a>", b"]]>", b"\n", b",",
    ]  # fmt: skip
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data) + 1)
        kind = draw.randrange(5)
        if kind == 0 and at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << draw.randrange(8))]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + draw.choice(odd) + data[at:]
        elif kind == 2:
            data = data[:at]
        elif kind == 3:
            end = min(len(data), at + draw.randint(1, 200))
            data = data[:at] + data[end:]
        else:
            end = min(len(data), at + draw.randint(1, 200))
            data = data[:end] + data[at:end] + data[end:]
    return data


@given(name=st.sampled_from(NAMES), seed=st.integers(0, 2**32), limits=st.sampled_from([Limits(), SMALL]))
def test_a_damaged_file_never_raises(name: str, seed: int, limits: Limits) -> None:
    data = mutate(samples.ALL[name].encode(), seed)
    reading = read_bytes(data, "x", limits=limits)
    sound(reading, limits)
    assert reading == read_bytes(data, "x", limits=limits)


@given(name=st.sampled_from(NAMES), seed=st.integers(0, 2**32), packed=st.booleans())
def test_a_damaged_packed_file_never_raises(
    name: str, seed: int, packed: bool, tmp_path_factory: Any
) -> None:
    path = tmp_path_factory.mktemp("x") / "file"
    data = samples.ALL[name].encode()
    if packed:
        data = gzip.compress(data)
    else:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("x", data)
        data = archive.getvalue()
    path.write_bytes(mutate(data, seed))
    sound(read(path, limits=Limits()), Limits())


_LEAF = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("CVE-2026-1000")
)
_KEYS = st.sampled_from(
    [
        "document",
        "csaf_version",
        "tracking",
        "id",
        "product_tree",
        "branches",
        "product",
        "product_id",
        "vulnerabilities",
        "cve",
        "cveID",
        "scores",
        "cvss_v3",
        "baseScore",
        "vectorString",
        "product_status",
        "known_affected",
        "remediations",
        "details",
        "category",
        "configurations",
        "nodes",
        "cpeMatch",
        "criteria",
        "containers",
        "cna",
        "affected",
        "versions",
        "version",
        "lessThan",
        "changes",
        "at",
        "bomFormat",
        "specVersion",
        "components",
        "name",
        "bom-ref",
        "affects",
        "ref",
        "analysis",
        "state",
        "metadata",
        "component",
    ]
)
_TREE = st.recursive(
    _LEAF,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=20,
)


def graft(document: Any, draw: random.Random, piece: Any) -> Any:
    """The document with a piece of another in the place of one of its values."""
    if draw.random() < 0.15 or not isinstance(document, dict | list) or not document:
        return piece
    if isinstance(document, dict):
        key = draw.choice(sorted(document))
        return {**document, key: graft(document[key], draw, piece)}
    n = draw.randrange(len(document))
    return [*document[:n], graft(document[n], draw, piece), *document[n + 1 :]]


DOCUMENTS = [samples.csaf, samples.kev, samples.nvd, samples.cve_record, samples.cyclonedx]


@given(
    make=st.sampled_from(DOCUMENTS),
    seed=st.integers(0, 2**32),
    pieces=st.lists(_TREE, min_size=1, max_size=4),
)
def test_values_of_the_wrong_kind_never_raise(make: Any, seed: int, pieces: list[Any]) -> None:
    document, draw = make(), random.Random(seed)
    for piece in pieces:
        document = graft(document, draw, piece)
    sound(samples.read_json(document), Limits())


@given(st.binary(max_size=300) | st.text("<>{}[]\"':,&;! \nab", max_size=200).map(str.encode))
def test_any_bytes_never_raise(data: bytes) -> None:
    sound(read_bytes(data, "x"), Limits())


@pytest.mark.slow
@given(seed=st.integers(0, 2**32))
def test_damaged_real_files_never_raise(seed: int) -> None:
    files = sorted(FOLDER.glob("csaf/*.json"))
    if not files:
        pytest.skip("csaf is not in the folder of test data")
    draw = random.Random(seed)
    data = mutate(draw.choice(files).read_bytes(), seed)
    sound(read_bytes(data, "x"), Limits())
