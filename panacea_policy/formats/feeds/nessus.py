"""Scans of Nessus (Tenable), the export `.nessus`, version 2."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from panacea_policy.feeds.records import Origin, Reading, ScanFinding, ScannedHost, Service
from panacea_policy.formats.feeds import xml_text
from panacea_policy.formats.feeds.cve_id import cve_numbers
from panacea_policy.formats.feeds.intake import Intake, Refused, as_epoch, as_number, unique
from panacea_policy.formats.feeds.nmap import Texts, port_number, transport_of

FEED = "nessus"
#: Names that Nessus gives to ports on which it recognised nothing.
_NO_SERVICE = ("general", "unknown", "")


def recognises(root: str) -> bool:
    """Whether the first element is that of an export."""
    return root == "NessusClientData_v2"


def read(data: bytes, intake: Intake) -> Reading:
    """The hosts of the report, in its order. A port with a finding is a port that answered."""
    return intake.reading(FEED, _hosts(data, intake))


def _hosts(data: bytes, intake: Intake) -> Iterator[ScannedHost]:
    for found in xml_text.records(data, ("ReportHost", "Policy"), intake):
        if found.element.tag != "ReportHost":
            continue
        try:
            yield _host(found, intake)
        except Refused as refusal:
            intake.refuse(refusal)


def _host(found: xml_text.Found, intake: Intake) -> ScannedHost:
    element, place = found.element, found.place
    text = Texts(intake, place)
    tags: dict[str, str] = {}
    cpes: list[str | None] = []
    for tag in element.iterfind("HostProperties/tag"):
        name, value = tag.get("name") or "", text(tag.text)
        if name == "cpe" or name.startswith("cpe-"):
            cpes.append((value or "").split(" -> ")[0].strip())
        elif value:
            tags.setdefault(name, value)
    address = tags.get("host-ip") or text(element.get("name"))
    if address is None:
        raise Refused(place, "a host without an address")
    at = (
        as_epoch(tags.get("HOST_END_TIMESTAMP"))
        or _clock(tags.get("HOST_END"))
        or _clock(tags.get("HOST_START"))
    )
    services: dict[tuple[int, str], Service] = {}
    findings = []
    for item in element.iterfind("ReportItem"):
        _service(item, services, text)
        if finding := _finding(item, text, intake, place):
            findings.append(finding)
    report = found.around.get("Report", {})
    systems = (tags.get("operating-system") or "").splitlines()
    macs = (tags.get("mac-address") or "").split()
    return ScannedHost(
        Origin(FEED, text(report.get("name")) or "report", intake.source, at),
        (address,),
        unique([tags.get("host-fqdn"), tags.get("netbios-name"), tags.get("hostname")]),
        macs[0].lower() if macs else None,
        systems[0] if systems else None,
        unique(cpes),
        tuple(services[key] for key in sorted(services)),
        tuple(dict.fromkeys(findings)),
    )


def _service(item: Element, services: dict[tuple[int, str], Service], text: Texts) -> None:
    """Port 0 stands for the host as a whole. A question mark says that the service is a guess by its port."""
    number, transport = port_number(item.get("port")), transport_of(item.get("protocol"))
    if not number or transport is None:
        return
    name = (text(item.get("svc_name")) or "").rstrip("?")
    plugin = item.get("pluginName") or ""
    before = services.get((number, transport))
    services[number, transport] = Service(
        number,
        transport,
        (before.name if before else None) or (name if name not in _NO_SERVICE else None),
        tls=(before.tls if before else False) or plugin.startswith(("SSL ", "SSL/", "TLS ", "SSL / TLS")),
    )


def _finding(item: Element, text: Texts, intake: Intake, place: str) -> ScanFinding | None:
    plugin = text(item.get("pluginID"))
    if plugin is None:
        intake.damage(place, "a finding without the number of its plugin")
        return None
    severity = as_number(item.get("severity") or "0")
    base, vector = _score(item, text)
    advice = xml_text.child_text(item, "solution")
    return ScanFinding(
        plugin,
        text(item.get("pluginName")) or plugin,
        port_number(item.get("port")) or None,
        unique(n for cve in item.findall("cve") for n in cve_numbers(cve.text or "")),
        base,
        vector,
        int(severity) if severity is not None and 0 <= severity <= 4 else 0,
        transport_of(item.get("protocol")),
        solution=None if advice.lower() == "n/a" else text(advice),
    )


def _score(item: Element, text: Texts) -> tuple[float | None, str | None]:
    """The score of CVSS 3 where there is one, then 4, then 2, as everywhere."""
    for name in ("cvss3", "cvss4", "cvss"):
        base = as_number(xml_text.child_text(item, f"{name}_base_score"))
        if base is not None and 0 <= base <= 10:
            vector = text(xml_text.child_text(item, f"{name}_vector"))
            return base, vector.removeprefix("CVSS2#") if vector else None
    return None, None


def _clock(value: str | None) -> datetime | None:
    """`Fri Mar  1 10:00:00 2026`: the scanner's own time, whose zone is not said; taken as UTC."""
    try:
        return datetime.strptime(value, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC) if value else None
    except ValueError:
        return None
