"""A scan of nmap as a model: what becomes what, and that any scan gives a model that compiles."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.compiler import Workspace
from panacea_policy.formats.import_reading import ImportDiagnostic, ImportProblem
from panacea_policy.formats.import_writing import Conversion
from panacea_policy.formats.nmap_model import convert
from panacea_policy.language import Source, format_text
from tests.formats.feeds import samples
from tests.formats.feeds.test_hostile import mutate

DAY = date(2026, 11, 28)


def converted(text: str, folder: Path, *networks: str) -> Conversion:
    (folder / "scan").write_text(text, encoding="utf-8")
    return convert(folder / "scan", networks)


def compiled(conversion: Conversion, folder: Path) -> Workspace:
    target = folder / "model"
    target.mkdir(exist_ok=True)
    for name, text in conversion.files.items():
        (target / name).write_text(text, encoding="utf-8")
    return Workspace.open(target, as_of=DAY, cache=None)


def test_hosts_networks_and_ports_become_a_model(tmp_path: Path) -> None:
    conversion = converted(samples.NMAP, tmp_path)
    text = conversion.files["network.panacea"]
    assert conversion.diagnostics == ()
    for line in (
        'zone net_10_1_2_0_24 "10.1.2.0/24" { addresses: [10.1.2.0/24] }',
        'system pacs_clinic_example "pacs.clinic.example" in net_10_1_2_0_24 {',
        '  mac: "00:0c:29:aa:bb:cc"',
        "  endpoint tcp_104 { protocol: dicom  ports: 104 }",
        "  endpoint tcp_443 { protocol: https  ports: 443 }",
        '  addresses: ["fe80::1"]',
        "affects: [pacs_clinic_example.apache_httpd]",
    ):
        assert line in text
    workspace = compiled(conversion, tmp_path)
    assert [str(d) for d in workspace.diagnostics()] == []
    assert workspace.ok
    assert text == format_text(Source("network.panacea", text)).text


def test_what_a_scan_cannot_say_is_in_the_notes(tmp_path: Path) -> None:
    conversion = converted(samples.NMAP, tmp_path)
    notes = conversion.files["NOTES.md"]
    assert "fe80::/64" in notes, "a network that was assumed"
    assert "10.1.2.0/24" not in notes, "the scan names it"
    assert "Who reaches whom" in notes
    assert all(note in notes for note in conversion.notes)


def test_networks_of_the_site_may_be_stated(tmp_path: Path) -> None:
    text = converted(samples.NMAP, tmp_path, "10.1.2.0/28", "fe80::/10").files["network.panacea"]
    assert 'zone net_10_1_2_0_28 "10.1.2.0/28"' in text, "the smallest network counts"
    assert 'zone net_fe80_10 "fe80::/10"' in text
    with pytest.raises(ImportProblem, match="not written as one"):
        converted(samples.NMAP, tmp_path, "10.1.2")


def test_a_host_in_two_networks_stands_in_both(tmp_path: Path) -> None:
    address = '<address addr="10.9.9.9" addrtype="ipv4"/>'
    text = samples.NMAP.replace("<hostnames><hostname name", f"{address}<hostnames><hostname name", 1)
    model = converted(text, tmp_path).files["network.panacea"]
    assert "also_in: [net_10_9_9_0_24]" in model
    assert compiled(converted(text, tmp_path), tmp_path).ok


def test_kinds_of_device_are_classes_where_they_say_the_same(tmp_path: Path) -> None:
    text = samples.NMAP.replace("<osclass>", '<osclass type="printer">')
    assert '"pacs.clinic.example" : printer in' in converted(text, tmp_path).files["network.panacea"]
    conversion = converted(samples.NMAP.replace("<osclass>", '<osclass type="game console">'), tmp_path)
    assert "game console" in conversion.files["NOTES.md"]


def test_unknown_services_are_protocols_of_their_own(tmp_path: Path) -> None:
    text = samples.NMAP.replace('name="acr-nema"', 'name="odd thing"').replace('name="http"', 'name="x"')
    conversion = converted(text, tmp_path)
    model = conversion.files["network.panacea"]
    assert 'protocol protocol_odd_thing_tcp "odd thing tcp" { transport: tcp }' in model
    assert 'protocol protocol_x_tcp_tls "x tcp tls" { transport: tcp  encrypted: true }' in model
    assert "protocol_odd_thing_tcp, protocol_x_tcp_tls" in conversion.files["NOTES.md"]
    assert compiled(conversion, tmp_path).ok


@pytest.mark.parametrize(
    "name", ["and", "dicom", "printer", 'a" { } zone x', "9lives", "pacs\\", "é", "scanned_site"]
)
def test_names_of_hosts_cannot_break_out(name: str, tmp_path: Path) -> None:
    quoted = name.replace('"', "&quot;")
    text = samples.NMAP.replace("pacs.clinic.example", quoted).replace("Apache httpd", quoted)
    workspace = compiled(converted(text, tmp_path), tmp_path)
    assert [str(d) for d in workspace.diagnostics()] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no XML element"),
        ("<html/>", "no XML output of nmap"),
        ("<nmaprun></nmaprun>", "no host that was up"),
        (samples.NESSUS, "no XML output of nmap"),
    ],
)
def test_what_is_no_scan_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ImportProblem) as caught:
        converted(text, tmp_path)
    assert any(reason in line for line in caught.value.lines())


def test_a_scan_that_was_cut_short_gives_what_it_has_and_says_so(tmp_path: Path) -> None:
    conversion = converted(samples.NMAP[: samples.NMAP.index("<runstats>")], tmp_path)
    assert [d.message for d in conversion.diagnostics] == ["no well-formed XML"]
    assert compiled(conversion, tmp_path).ok


def test_what_is_wrong_with_all_of_a_file_has_no_empty_place() -> None:
    assert str(ImportDiagnostic("scan.xml", "", "no end", "scan again")) == "scan.xml: no end (scan again)"
    assert str(ImportDiagnostic("m.json", "$.a", "no text", "quote it")) == "m.json: $.a: no text (quote it)"


def test_a_cpe_name_of_the_old_form_is_carried_over_with_its_wildcards(tmp_path: Path) -> None:
    scan = samples.NMAP.replace("<cpe>", "<cpe>cpe:/a:acme:pacs%2b:1%02</cpe><cpe>", 1)
    assert scan != samples.NMAP
    texts = "".join(converted(scan, tmp_path).files.values())
    assert "a:acme:pacs\\\\+:1*:" in texts


@given(seed=st.integers(0, 2**32))
def test_any_scan_gives_a_model_in_standard_form_or_a_reason(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("scan")
    (folder / "scan").write_bytes(mutate(samples.NMAP.encode(), seed))
    try:
        conversion = convert(folder / "scan")
    except ImportProblem:
        return
    text = conversion.files["network.panacea"]
    assert format_text(Source("x", text)).text == text
    if random.Random(seed).random() < 0.1:  # compiling takes its time
        assert [str(d) for d in compiled(conversion, folder).diagnostics()] == []
