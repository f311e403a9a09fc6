"""Reading the three inventories of the PANACEA DRMP: bounded, and every mistake with its file, JSON path and
cure.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from panacea_policy.formats.import_reading import At

DEVICES, REACHABILITY, VULNERABILITIES = (
    "deviceInventory.json",
    "reachabilityInventory.json",
    "vulnerabilityCatalog.json",
)
_PRIVILEGES = {"NONE": "none", "USER": "user", "ROOT": "root"}
_VECTORS = {
    "NETWORK": "network",
    "ADJACENT": "adjacent",
    "ADJACENT_NETWORK": "adjacent",
    "LOCAL": "local",
    "PHYSICAL": "physical",
}


@dataclass(frozen=True)
class Port:
    number: int
    service: str
    version: str
    flaws: tuple[str, ...]


@dataclass(frozen=True)
class Interface:
    name: str
    address: str
    network: str
    mac: str
    ports: tuple[Port, ...]


@dataclass(frozen=True)
class Device:
    host: str
    id: str
    type: str
    vendor: str
    family: str
    generation: str
    interfaces: tuple[Interface, ...]
    services: tuple[tuple[str, tuple[str, ...]], ...]
    flaws: tuple[str, ...]

    @property
    def ports(self) -> list[Port]:
        """The open ports of all its interfaces."""
        return [port for interface in self.interfaces for port in interface.ports]

    @property
    def all_flaws(self) -> list[str]:
        """The CVE numbers on its operating system, its services and its ports."""
        on_services = [cve for _, flaws in self.services for cve in flaws]
        return [*self.flaws, *on_services, *(cve for port in self.ports for cve in port.flaws)]


@dataclass(frozen=True)
class Reach:
    source: str
    target: str
    port: int
    service: str


@dataclass(frozen=True)
class Reached:
    links: tuple[Reach, ...]
    lans: Mapping[str, str]


@dataclass(frozen=True)
class Flaw:
    cve: str
    weakness: str
    score: float | None
    version: str
    vector: str
    complexity: str
    interaction: bool
    metrics: tuple[float, ...]
    before: str
    after: str
    description: str


def read_devices(document: At) -> Iterator[Device]:
    seen: set[str] = set()
    for at in document.get("devices").items():
        host = at.get("hostName").text(required=True)
        if not host:
            continue
        if host.lower() in seen:
            at.get("hostName").report(
                f"`{host}` is there twice; the second is left out", "give each device its own name"
            )
            continue
        seen.add(host.lower())
        system = at.get("operatingSystem")
        yield Device(
            host=host,
            id=at.get("id").text(),
            type=at.get("type").text(),
            vendor=system.get("vendor").text(),
            family=system.get("family").text(),
            generation=system.get("generation").text(),
            interfaces=tuple(_interface(i) for i in at.get("networkInterfaces").items()),
            services=tuple(
                (s.get("name").text(), _texts(s.get("vulnerabilities")))
                for s in system.get("localServices").items()
            ),
            flaws=_texts(system.get("osVulnerabilities")),
        )


def _texts(at: At) -> tuple[str, ...]:
    return tuple(text for item in at.items() if (text := item.text(required=True)))


def _interface(at: At) -> Interface:
    address, mask = at.get("IPAddress").text(), at.get("mask").text()
    network = ""
    if address:
        try:
            network = str(ipaddress.ip_interface(f"{address}/{mask}" if mask else address).network)
        except ValueError:
            at.report(
                f"`{address}` with mask `{mask}` is no address",
                "write an address such as 10.0.0.1 and a mask such as 255.255.255.0",
            )
            address = ""
    ports = tuple(port for p in at.get("ports").items() if (port := _port(p)))
    return Interface(at.get("name").text(), address, network, at.get("macAddress").text(), ports)


def _port(at: At) -> Port | None:
    number = at.get("number").number(1, 65535)
    if number is None:
        at.get("number").report("a port number is missing", "write a number from 1 to 65535")
        return None
    service = at.get("service")
    return Port(
        int(number),
        service.get("description").text() or f"port {int(number)}",
        service.get("version").text(),
        _texts(service.get("vulnerabilities")),
    )


def read_reachability(document: At, devices: Sequence[Device]) -> Reached:
    known = {d.host: d for d in devices}
    links: dict[Reach, None] = {}
    lans: dict[str, str] = {}
    for source in document.get("sourceDevices").items():
        host = _host(source, known)
        for interface in source.get("reachedInterface").items():
            address, lan = interface.get("address").text(), interface.get("lanID").text()
            if address and lan:
                lans[address] = lan
            for target in interface.get("reachedDevices").items():
                reached = _host(target, known)
                for port in target.get("reachedPorts").items():
                    number = port.get("port").number(1, 65535)
                    if host and reached and number is not None and host != reached:
                        links[Reach(host, reached, int(number), port.get("service").text())] = None
    return Reached(tuple(links), lans)


def _host(at: At, known: Mapping[str, Device]) -> str:
    name = at.get("hostName").text(required=True)
    if name and name not in known:
        at.get("hostName").report(
            f"no device is called `{name}`", f"add it to {DEVICES}, or correct the name"
        )
        return ""
    return name


def read_vulnerabilities(document: At) -> Iterator[Flaw]:
    for at in document.get("vulnerabilities").items():
        cve = at.get("CVE_ID").text(required=True)
        if not cve:
            continue
        third, second = at.get("impactV3"), at.get("impactV2")
        impact = third if isinstance(third.value, dict) else second
        words = [w.get("CWE_ID").text() for w in at.get("CWE").items()]
        access = impact.get("attackVector").text() or impact.get("accessVector").text()
        ease = impact.get("attackComplexity").number(0, 1) or impact.get("accessComplexity").number(0, 1)
        tricked = impact.get("userInteraction").number(0, 1)
        yield Flaw(
            cve=cve,
            weakness=next((w for w in words if re.fullmatch(r"CWE-\d+", w)), ""),
            score=impact.get("baseScore").number(0, 10),
            version=impact.get("cvss_version").text(),
            vector=_choice(impact, access, _VECTORS, "NETWORK", "attack vector"),
            complexity="high" if ease is not None and ease < 0.5 else "low",
            metrics=_metrics(impact),
            interaction=tricked < 0.85
            if tricked is not None
            else impact.get("userInteractionRequired").value is True,
            before=_choice(
                at.get("preCondition"), at.get("preCondition").text(), _PRIVILEGES, "NONE", "precondition"
            ),
            after=_choice(
                at.get("postCondition"), at.get("postCondition").text(), _PRIVILEGES, "USER", "postcondition"
            ),
            description=at.get("description").text(),
        )


#: The exploitability metrics of CVSS 3 and, in its absence, CVSS 2, as the catalogue names them.
_METRICS = (
    ("attackVectorScore", "attackComplexity", "privilegesRequired", "userInteraction"),
    ("accessVectorScore", "accessComplexity", "authentication"),
)


def _metrics(impact: At) -> tuple[float, ...]:
    """The exploitability metrics of one assessment; empty where one of them is missing."""
    for names in _METRICS:
        if isinstance(impact.value, dict) and all(name in impact.value for name in names):
            found = [impact.get(name).number(0, 1) for name in names]
            return tuple(v for v in found if v is not None) if None not in found else ()
    return ()


def _choice(at: At, word: str, table: Mapping[str, str], default: str, what: str) -> str:
    found = table.get(word.upper())
    if found is None:
        at.report(f"`{word}` is no {what}; {default} is taken", f"one of {', '.join(table)}")
        return table[default]
    return found
