"""Scans of nmap, its XML output: hosts that are up, their open ports, and what was recognised on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args
from xml.etree.ElementTree import Element

from panacea_policy.feeds.records import Origin, Reading, ScanFinding, ScannedHost, Service
from panacea_policy.formats.feeds import xml_text
from panacea_policy.formats.feeds.cve_id import cve_numbers
from panacea_policy.formats.feeds.intake import (
    Intake,
    Refused,
    as_epoch,
    as_number,
    seen,
    unique,
    unusable,
)

FEED = "nmap"
Transport = Literal["tcp", "udp", "sctp"]


def recognises(root: str) -> bool:
    """Whether the first element is that of a scan."""
    return root == "nmaprun"


def read(data: bytes, intake: Intake) -> Reading:
    """The hosts that were up, in the order of the scan. Ports that may be filtered are not taken as open."""
    return intake.reading(FEED, _hosts(data, intake))


def targets(data: bytes, intake: Intake) -> tuple[str, ...]:
    """What the scan was told to look at: the words of its command line, without options."""
    for found in xml_text.records(data, ("scaninfo", "host", "runstats"), intake):
        arguments = Texts(intake, found.place)(found.around.get("nmaprun", {}).get("args"))
        return tuple(word for word in (arguments or "").split()[1:] if not word.startswith("-"))
    return ()


def _hosts(data: bytes, intake: Intake) -> Iterator[ScannedHost]:
    finished = False
    for found in xml_text.records(data, ("host", "runstats"), intake):
        if found.element.tag == "runstats":
            finished = True
            continue
        try:
            host = _host(found, intake)
        except Refused as refusal:
            intake.refuse(refusal)
            continue
        if host is not None:
            yield host
    if not finished:
        intake.damage((), "the scan did not come to its end: hosts may be missing", "scan again")


def _host(found: xml_text.Found, intake: Intake) -> ScannedHost | None:
    element, place = found.element, found.place
    status = element.find("status")
    if status is not None and status.get("state") not in ("up", "unknown"):
        return None
    text = Texts(intake, place)
    addresses: list[str | None] = []
    mac = None
    for address in element.findall("address"):
        if address.get("addrtype") == "mac":
            mac = text(address.get("addr"))
        else:
            addresses.append(text(address.get("addr")))
    if not unique(addresses):
        raise Refused(place, "a host without an address")
    run = found.around.get("nmaprun", {})
    at = as_epoch(element.get("endtime")) or as_epoch(element.get("starttime")) or as_epoch(run.get("start"))
    os, cpe, kinds = _system(element, text)
    services = []
    findings: list[ScanFinding] = []
    for port in element.iterfind("ports/port"):
        service = _service(port, text, intake, place)
        if service is not None:
            services.append(service)
            findings += _findings(port, service, text)
    for script in element.iterfind("hostscript/script"):
        findings += _cves(script, None, text)
    return ScannedHost(
        Origin(FEED, text(run.get("startstr")) or text(run.get("start")) or "scan", intake.source, at),
        unique(addresses),
        unique(text(n.get("name")) for n in element.iterfind("hostnames/hostname")),
        mac.lower() if mac else None,
        os,
        cpe,
        tuple(services),
        tuple(dict.fromkeys(findings)),
        unique([*kinds, *(text(s.get("devicetype")) for s in element.iterfind("ports/port/service"))]),
    )


def _system(element: Element, text: Texts) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """The likeliest operating system; CPE names and kinds of device of those that are as likely."""
    matches = [(as_number(m.get("accuracy")) or 0, m) for m in element.iterfind("os/osmatch")]
    best = max((accuracy for accuracy, _ in matches), default=0)
    likely = [m for accuracy, m in matches if accuracy == best]
    names = unique(text(m.get("name")) for m in likely)
    classes = [c for m in likely for c in m.findall("osclass")]
    cpe = unique(text(c.text) for each in classes for c in each.findall("cpe"))
    return (names[0] if names else None), cpe, unique(text(c.get("type")) for c in classes)


def _service(port: Element, text: Texts, intake: Intake, place: str) -> Service | None:
    """An open port, None for one that is not."""
    state = port.find("state")
    if state is None or state.get("state") != "open":
        return None
    number, transport = port_number(port.get("portid")), transport_of(port.get("protocol"))
    if number is None or transport is None:
        intake.damage(place, f"port `{(port.get('portid') or '')[:20]}` is no port", "ports are 0 to 65535")
        return None
    found = port.find("service")
    if found is None:
        return Service(number, transport)
    return Service(
        number,
        transport,
        text(found.get("name")),
        text(found.get("product")),
        text(found.get("version")),
        unique(text(c.text) for c in found.iterfind("cpe")),
        tls=found.get("tunnel") == "ssl",
    )


def _findings(port: Element, service: Service, text: Texts) -> Iterator[ScanFinding]:
    for script in port.iterfind("script"):
        yield from _cves(script, service, text)


def _cves(script: Element, service: Service | None, text: Texts) -> Iterator[ScanFinding]:
    """What the scripts `vulners` and those of the category `vuln` report."""
    name = text(script.get("id")) or "script"
    port, transport = (service.port, service.transport) if service else (None, None)
    structured = False
    for table in script.iter("table"):
        values = {e.get("key"): (e.text or "") for e in table.findall("elem")}
        numbers = cve_numbers(values.get("id", ""))
        if numbers and values.get("type", "cve") == "cve":
            structured = True
            score = as_number(values.get("cvss", ""))
            score = score if score is not None and 0 <= score <= 10 else None
            yield ScanFinding(
                numbers[0], f"{name}: {numbers[0]}", port, numbers, score, None, severity_of(score), transport
            )
        elif values.get("state", "").startswith(("VULNERABLE", "LIKELY VULNERABLE")):
            structured = True
            numbers = cve_numbers(" ".join(e.text or "" for e in table.iter("elem")))
            title = text(values.get("title")) or name
            yield ScanFinding(name, title, port, numbers, None, None, 3, transport)
    if not structured and "vuln" in name:
        output = script.get("output") or ""
        for number in cve_numbers(output) if "NOT VULNERABLE" not in output else ():
            yield ScanFinding(number, f"{name}: {number}", port, (number,), None, None, 0, transport)


class Texts:
    """Texts of one record of a scan, checked; what is unusable is noted and left out."""

    def __init__(self, intake: Intake, place: str) -> None:
        self._intake = intake
        self._place = place

    def __call__(self, value: str | None) -> str | None:
        value = (value or "").strip()
        if not value:
            return None
        if reason := unusable(value, self._intake.limits.text):
            self._intake.damage(self._place, reason)
            return None
        return seen(value)


def port_number(value: str | None) -> int | None:
    """A port, 0 to 65535."""
    return int(value) if value and value.isdecimal() and len(value) <= 5 and int(value) <= 65_535 else None


def transport_of(value: str | None) -> Transport | None:
    """TCP, UDP or SCTP."""
    return next((t for t in get_args(Transport) if t == (value or "").lower()), None)


def severity_of(score: float | None) -> int:
    """The severity of a CVSS 3 score in the bands of its specification (section 5): 0 none to 4 critical."""
    if score is None or score <= 0:
        return 0
    return 1 if score < 4 else 2 if score < 7 else 3 if score < 9 else 4
