"""Reports of OpenVAS and Greenbone, XML, alone or in the answer of the management protocol (GMP)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from panacea_policy.feeds.records import Origin, Reading, ScanFinding, ScannedHost, Service
from panacea_policy.formats.feeds import xml_text
from panacea_policy.formats.feeds.cve_id import cve_numbers
from panacea_policy.formats.feeds.intake import Intake, Refused, as_moment, as_number, unique
from panacea_policy.formats.feeds.nmap import Texts, Transport, port_number, severity_of, transport_of
from panacea_policy.formats.feeds.xml_text import child_text, children

FEED = "openvas"
_RECORDS = ("host", "result", "ports", "scan_start", "scan_end", "timestamp")
#: Scores of the type `cvss_base_v3` come first: what follows is in the words of version 3.
_TYPES = ("cvss_base_v3", "cvss_base_v4", "cvss_base_v2")


def recognises(root: str) -> bool:
    """Whether the first element is that of a report, or of an answer with reports."""
    return root in ("report", "get_reports_response")


def read(data: bytes, intake: Intake) -> Reading:
    """The hosts of the report, in its order, each with its findings. False positives are left out."""
    return intake.reading(FEED, _hosts(data, intake))


class _Host:
    """What is known of one host so far."""

    def __init__(self) -> None:
        self.details: dict[str, list[str]] = {}
        self.names: list[str | None] = []
        self.services: dict[tuple[int, str], Service] = {}
        self.findings: list[ScanFinding] = []
        self.at: datetime | None = None

    def port(self, number: int, transport: Transport, name: str | None = None, *, tls: bool = False) -> None:
        """A port that answered."""
        before = self.services.get((number, transport))
        self.services[number, transport] = Service(
            number,
            transport,
            name or (before.name if before else None),
            tls=tls or (before.tls if before else False),
        )


def _hosts(data: bytes, intake: Intake) -> Iterator[ScannedHost]:
    hosts: dict[str, _Host] = {}
    times: dict[str, datetime | None] = {}
    report = ""
    refusal: Refused | None = None
    try:
        for found in xml_text.records(data, _RECORDS, intake):
            report = report or found.around.get("report", {}).get("id", "")
            tag, text = found.element.tag, Texts(intake, found.place)
            if tag == "host":
                _described(found.element, hosts, text)
            elif tag == "result":
                _result(found, hosts, text, intake)
            elif tag == "ports":
                _ports(found.element, hosts, text)
            else:
                times.setdefault(tag, as_moment((found.element.text or "").strip()))
    except Refused as raised:
        refusal = raised
    ended = times.get("scan_end") or times.get("scan_start") or times.get("timestamp")
    document = Texts(intake, "")(report) or "report"
    for address, host in hosts.items():
        yield _made(address, host, Origin(FEED, document, intake.source, host.at or ended))
    if refusal is not None:
        raise refusal


def _made(address: str, host: _Host, origin: Origin) -> ScannedHost:
    details = host.details
    macs = details.get("MAC", [])
    return ScannedHost(
        origin,
        (address,),
        unique([*host.names, *details.get("hostname", [])]),
        macs[0].lower() if macs else None,
        next(iter(details.get("best_os_txt", [])), None),
        unique([*details.get("best_os_cpe", []), *details.get("App", [])]),
        tuple(host.services[key] for key in sorted(host.services)),
        tuple(dict.fromkeys(host.findings)),
    )


def _described(element: Element, hosts: dict[str, _Host], text: Texts) -> None:
    """A host of the report, with its details: operating system, addresses, services, applications."""
    address = text(child_text(element, "ip"))
    if address is None:
        return
    host = hosts.setdefault(address, _Host())
    host.at = as_moment(child_text(element, "end")) or as_moment(child_text(element, "start")) or host.at
    for detail in children(element, "detail"):
        name, value = child_text(detail, "name"), text(child_text(detail, "value"))
        if not value:
            continue
        host.details.setdefault(name, []).append(value)
        if name == "Services":  # such as `443,tcp,www,TLS`
            number, transport, *rest = (*value.split(","), "", "")[:4]
            port, kind = port_number(number.strip()), transport_of(transport.strip())
            if port and kind:
                host.port(port, kind, rest[0] or None if rest else None, tls="tls" in value.lower())


def _ports(element: Element, hosts: dict[str, _Host], text: Texts) -> None:
    """The list of open ports: `<port>443/tcp<host>10.0.0.5</host>…`."""
    for entry in children(element, "port"):
        address, port = text(child_text(entry, "host")), _port(entry.text)
        if address and port:
            hosts.setdefault(address, _Host()).port(*port)


def _result(found: xml_text.Found, hosts: dict[str, _Host], text: Texts, intake: Intake) -> None:
    element = found.element
    where = next(children(element, "host"), None)
    address = text(where.text) if where is not None else None
    test = next(children(element, "nvt"), None)
    if address is None or test is None:
        intake.damage(found.place, "a result without its host or its test")
        return
    host = hosts.setdefault(address, _Host())
    host.names.append(text(child_text(where, "hostname")) if where is not None else None)
    severity = as_number(child_text(element, "severity"))
    if child_text(element, "threat") == "False Positive" or (severity is not None and severity < 0):
        return
    port = _port(child_text(element, "port"))
    if port:
        host.port(*port)
    score, vector = _score(test, text)
    score = score if score is not None else severity if severity is not None and severity <= 10 else None
    quality = as_number(next((child_text(q, "value") for q in children(element, "qod")), ""))
    host.findings.append(
        ScanFinding(
            text(test.get("oid")) or "test",
            text(child_text(element, "name")) or text(child_text(test, "name")) or "finding",
            port[0] if port else None,
            _numbers(test),
            score,
            vector,
            severity_of(severity if severity is not None else score),
            port[1] if port else None,
            quality=int(quality) if quality is not None and 0 <= quality <= 100 else None,
            solution=text(child_text(test, "solution")),
        )
    )


def _port(value: str | None) -> tuple[int, Transport] | None:
    """`443/tcp` or `https (443/tcp)`; `general/tcp` stands for the host as a whole."""
    number, _, transport = (value or "").strip().rpartition("(")[2].rstrip(")").partition("/")
    port, kind = port_number(number), transport_of(transport)
    return (port, kind) if port and kind else None


def _numbers(test: Element) -> tuple[str, ...]:
    """The CVE numbers of a test, as references or (in older reports) as one text."""
    refs = [
        r.get("id") or "" for r in children(test, "refs", "ref") if (r.get("type") or "").lower() == "cve"
    ]
    return unique(n for value in [*refs, child_text(test, "cve")] for n in cve_numbers(value))


def _score(test: Element, text: Texts) -> tuple[float | None, str | None]:
    by_type: dict[str, Element] = {}
    for severity in children(test, "severities", "severity"):
        by_type.setdefault(severity.get("type") or "", severity)
    for kind in _TYPES:
        if (given := by_type.get(kind)) is not None:
            base = as_number(child_text(given, "score"))
            if base is not None and 0 <= base <= 10:
                return base, text(child_text(given, "value"))
    base = as_number(child_text(test, "cvss_base"))
    tags = dict(part.partition("=")[::2] for part in child_text(test, "tags").split("|"))
    return (base if base is not None and 0 <= base <= 10 else None), text(tags.get("cvss_base_vector"))
