"""nmap, Nessus and OpenVAS: the same host, as each of them saw it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from panacea_policy.feeds.records import ScanFinding, ScannedHost, Service
from tests.formats.feeds import samples


def hosts(text: str) -> list[ScannedHost]:
    return [r for r in samples.read_text(text).records if isinstance(r, ScannedHost)]


def test_a_host_that_nmap_saw() -> None:
    pacs, other = hosts(samples.NMAP)
    assert (pacs.addresses, pacs.names, pacs.mac) == (
        ("10.1.2.5",), ("pacs.clinic.example",), "00:0c:29:aa:bb:cc"
    )  # fmt: skip
    assert (pacs.os, pacs.cpe) == ("Linux 5.4", ("cpe:/o:linux:linux_kernel:5.4",))
    assert pacs.services == (
        Service(104, "tcp", "acr-nema"),
        Service(
            443, "tcp", "http", "Apache httpd", "2.4.49", ("cpe:/a:apache:http_server:2.4.49",), tls=True
        ),
    )
    [finding] = pacs.findings
    assert (finding.id, finding.port, finding.cvss, finding.severity) == ("CVE-2021-41773", 443, 9.8, 4)
    assert pacs.origin.said_at == datetime.fromtimestamp(1764300060, UTC)
    assert other.addresses == ("fe80::1",)


def test_an_nmap_scan_that_was_stopped_is_told() -> None:
    cut = samples.NMAP[: samples.NMAP.index("<runstats>")]
    reading = samples.read_text(cut)
    assert len(reading.records) == 2
    assert [d.reason for d in reading.damage] == ["no well-formed XML"]
    reading = samples.read_text(cut + "</nmaprun>")
    assert "did not come to its end" in reading.damage[0].reason


def test_what_vulnerability_scripts_of_nmap_report() -> None:
    script = """<script id="smb-vuln-ms17-010" output="x"><table key="CVE-2017-0143">
    <elem key="title">RCE in SMBv1</elem><elem key="state">VULNERABLE</elem>
    <table key="ids"><elem>CVE:CVE-2017-0143</elem></table></table></script>"""
    text = samples.NMAP.replace("<os><osmatch", f"<hostscript>{script}</hostscript><os><osmatch", 1)
    finding = hosts(text)[0].findings[-1]
    assert (finding.id, finding.cves, finding.port) == ("smb-vuln-ms17-010", ("CVE-2017-0143",), None)
    assert (finding.title, finding.severity) == ("RCE in SMBv1", 3)


def test_a_host_that_nessus_saw() -> None:
    [host] = hosts(samples.NESSUS)
    assert (host.addresses, host.names, host.mac) == (
        ("10.1.2.5",), ("pacs.clinic.example",), "00:0c:29:aa:bb:cc"
    )  # fmt: skip
    assert host.os == "Linux Kernel 5.4"
    assert host.cpe == ("cpe:/o:linux:linux_kernel:5.4", "cpe:/a:apache:http_server:2.4.49")
    assert host.services == (Service(443, "tcp", "www", tls=True),)
    assert host.findings[0] == ScanFinding(
        "153952",
        "Apache 2.4.49 Traversal",
        443,
        ("CVE-2021-41773",),
        7.5,
        "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
        4,
        "tcp",
        solution="Upgrade to Apache 2.4.51.",
    )
    assert [f.id for f in host.findings] == ["153952", "10863", "19506"]
    assert (host.origin.document, host.origin.said_at) == (
        "Ward scan",
        datetime.fromtimestamp(1764300060, UTC),
    )


def test_hosts_that_openvas_saw() -> None:
    first, second = sorted(hosts(samples.OPENVAS), key=lambda h: h.addresses)
    assert (first.names, first.mac, first.os) == (("pacs",), "00:0c:29:aa:bb:cc", "Linux 5.4")
    assert first.services == (Service(104, "tcp"), Service(443, "tcp", "www", tls=True))
    assert first.findings == (
        ScanFinding(
            "1.3.6.1.4.1.25623.1.0.1",
            "Apache 2.4.49 Traversal",
            443,
            ("CVE-2021-41773",),
            7.5,
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
            3,
            "tcp",
            98,
            "Update.",
        ),
    )
    assert first.origin.said_at == datetime(2025, 11, 28, 3, 21, tzinfo=UTC)
    [old] = second.findings
    assert (old.cves, old.cvss, old.severity) == (("CVE-2008-0001", "CVE-2008-0002"), 1.2, 1)
    assert old.cvss_vector == "AV:L/AC:H/Au:N/C:P/I:N/A:N"


def test_an_answer_of_the_management_protocol_is_read_too() -> None:
    wrapped = f'<get_reports_response status="200">{samples.OPENVAS}</get_reports_response>'
    assert hosts(wrapped) == hosts(samples.OPENVAS)


@pytest.mark.parametrize("name", ["nmap", "nessus", "openvas"])
def test_a_scan_that_is_cut_short_gives_the_hosts_before_the_cut(name: str) -> None:
    text = samples.ALL[name]
    end = text.rindex("</")
    reading = samples.read_text(text[:end])
    assert reading.damage
    assert reading.records == samples.read_text(text).records


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE nmaprun [<!ENTITY a "b">]>',
        '<!DOCTYPE nmaprun [<!ENTITY % a SYSTEM "file:///etc/passwd">%a;]>',
        "<!DOCTYPE nmaprun [<!ELEMENT host ANY>]>",
        '<!DOCTYPE other SYSTEM "http://x.example/x.dtd">',
    ],
)
def test_declarations_are_refused(head: str) -> None:
    reading = samples.read_text(samples.NMAP.replace("<!DOCTYPE nmaprun>", head))
    assert reading.records == ()
    assert "not read" in reading.damage[0].reason


def test_ports_and_addresses_that_are_none_are_set_aside() -> None:
    text = samples.NMAP.replace('portid="104"', 'portid="99999"').replace('addr="fe80::1" ', "")
    reading = samples.read_text(text)
    assert ["99999" in d.reason for d in reading.damage] == [True, False]
    assert [d.reason for d in reading.damage][1] == "a host without an address"
    assert len(reading.records) == 1
