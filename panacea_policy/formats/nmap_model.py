"""A scan of nmap as a model: networks become zones, hosts systems, open ports endpoints.

A scan says what answered one machine on one day. Who reaches whom, what a host is for and what it holds are
not in it; NOTES.md lists that, and nothing is guessed but the size of networks that the scan does not name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from pathlib import Path

from panacea_policy.feeds.records import ScanFinding, ScannedHost, Service
from panacea_policy.formats.feeds import nmap, opening, xml_text
from panacea_policy.formats.feeds.intake import Intake, Refused
from panacea_policy.formats.feeds.limits import Limits
from panacea_policy.formats.import_reading import ImportDiagnostic, ImportProblem
from panacea_policy.formats.import_writing import Conversion, Names, formatted
from panacea_policy.language.writing import one_line, quoted, word
from panacea_policy.model.cpe import sound_cpe

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Names of services in nmap's list, by whether they are in TLS, and the protocols of the standard library.
_PROTOCOLS = {
    ("acr-nema", False): "dicom", ("dicom", False): "dicom", ("http", False): "http", ("http", True): "https",
    ("https", False): "https", ("https", True): "https", ("http-proxy", False): "http",
    ("http-alt", False): "http", ("https-alt", False): "https", ("ftp", False): "ftp",
    ("tftp", False): "tftp",
    ("microsoft-ds", False): "smb", ("netbios-ssn", False): "smb", ("nfs", False): "nfs",
    ("ms-sql-s", False): "sql", ("mysql", False): "sql", ("postgresql", False): "sql",
    ("oracle-tns", False): "sql", ("mqtt", False): "mqtt", ("smtp", False): "smtp", ("imap", False): "imap",
    ("sip", False): "sip", ("ldap", False): "ldap", ("ldap", True): "ldaps", ("ldaps", False): "ldaps",
    ("ldapssl", False): "ldaps", ("kerberos-sec", False): "kerberos", ("radius", False): "radius",
    ("domain", False): "dns", ("ntp", False): "ntp", ("syslog", False): "syslog", ("snmp", False): "snmp",
    ("ssh", False): "ssh", ("telnet", False): "telnet", ("ms-wbt-server", False): "rdp",
    ("ms-wbt-server", True): "rdp", ("vnc", False): "vnc", ("ipp", False): "ipp",
    ("jetdirect", False): "jetdirect", ("modbus", False): "modbus", ("mbap", False): "modbus",
    ("bacnet", False): "bacnet",
}  # fmt: skip
#: Those of them that run over UDP; nmap's may be over either.
_OVER_UDP = frozenset(["tftp", "sip", "radius", "dns", "ntp", "syslog", "snmp", "bacnet"])
#: What nmap takes a device for, and the class of the standard library that this is.
_CLASSES = {
    "printer": "printer",
    "print server": "print_server",
    "switch": "network_switch",
    "PBX": "telephone_exchange",
    "terminal": "thin_client",
}
_ALWAYS = (
    "Who reaches whom: the scan was made from one place. Members of a zone reach each other (`flat` says "
    "otherwise), zones have no conduits: declare those, and the firewalls with their filters.",
    "What each host is for, what it holds and who answers for it: give it a class of the standard library, "
    "an owner and its data.",
    "Ports that were closed or filtered, and UDP ports that gave no answer (`open|filtered`).",
    "Output of scripts, but for CVE numbers; times, routes and fingerprints.",
    "Makers of network cards.",
)


def convert(file: str | Path, networks: Sequence[str] = ()) -> Conversion:
    """Read a scan and write the model of what it saw.

    ``networks`` are the networks of the site, such as ``10.1.2.0/24``. Those that the scan was told to look
    at are known; a host in none of them is put into one of 256 addresses (IPv6: of 64 bits), which is an
    assumption. Raises :class:`ImportProblem` for a file that is no scan or holds no host, and for a network
    that is none.
    """
    intake = Intake(str(file), Limits())
    stated = [_network(text, str(file)) for text in networks]
    try:
        data = opening.content(file, intake.limits)
        if not nmap.recognises(xml_text.root(data)):
            raise Refused((), "no XML output of nmap", "scan with -oX FILE")
        named = [n for text in nmap.targets(data, intake) if (n := _as_network(text))]
    except Refused as refusal:
        intake.refuse(refusal)
        raise _problem(intake) from None
    reading = nmap.read(data, intake)
    hosts = [r for r in reading.records if isinstance(r, ScannedHost)]
    if not hosts:
        intake.damage((), "there is no host that was up", "check the scan")
        raise _problem(intake)
    model = _Model(hosts, [*stated, *named])
    files = formatted({"network.panacea": model.text()}, model.notes)
    return Conversion(files, tuple(model.notes), _diagnostics(intake))


def _diagnostics(intake: Intake) -> tuple[ImportDiagnostic, ...]:
    damage = intake.reading(nmap.FEED, ()).damage
    return tuple(ImportDiagnostic(d.source, d.place, d.reason, d.cure or "scan again") for d in damage)


def _problem(intake: Intake) -> ImportProblem:
    return ImportProblem("the scan cannot be read", list(_diagnostics(intake)))


def _network(text: str, file: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        wrong = ImportDiagnostic(file, text[:60], "no network", "write it as 10.1.2.0/24")
        raise ImportProblem("a network is not written as one", [wrong]) from None


def _as_network(text: str) -> Network | None:
    """A network with its length, as the target of a scan may be; single hosts are none."""
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


_HEAD = """\
# Converted from a scan of nmap{when}. What answered is here; NOTES.md lists what a scan cannot say.

use std.healthcare
use packs.attack

organisation scanned_site "Scanned site" {{ }}

"""


class _Model:
    """The text of the model, and what it does not hold."""

    def __init__(self, hosts: Sequence[ScannedHost], known: Sequence[Network]) -> None:
        self.notes: list[str] = []
        self._names = Names(["scanned_site", *_PROTOCOLS.values(), *_CLASSES.values()])
        self._hosts = hosts
        # the smallest network that holds an address is its own
        self._known = sorted(set(known), key=lambda n: (-n.prefixlen, n.version, int(n.network_address)))
        self._addresses = {id(h): [a for text in h.addresses if (a := _address(text))] for h in hosts}
        self._networks: dict[Network, str] = {}
        self._protocols: dict[tuple[str, str, bool], tuple[str, set[int]]] = {}
        self._found: dict[str, tuple[ScanFinding, list[str]]] = {}
        self._unknown_kinds: set[str] = set()

    def text(self) -> str:
        """The whole file."""
        for network in sorted(
            {self._home(a) for found in self._addresses.values() for a in found}, key=_order
        ):
            self._networks[network] = self._names.call("zone", str(network), f"net_{network}")
        hosts = [line for host in self._hosts for line in [*self._host(host), ""]]
        said = [host.origin.said_at for host in self._hosts if host.origin.said_at]
        when = f" of {min(said):%Y-%m-%d}" if said else ""
        zones = [
            f'zone {name} "{network}" {{ addresses: [{_written(network)}] }}'
            for network, name in self._networks.items()
        ]
        self._note()
        parts = [*zones, "", *self._declared(), "", *hosts, *self._vulnerabilities()]
        return _HEAD.format(when=when) + "\n".join(parts) + "\n"

    def _home(self, address: Address) -> Network:
        for network in self._known:
            if address in network:
                return network
        return ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False)

    def _host(self, host: ScannedHost) -> Iterator[str]:
        addresses = self._addresses[id(host)]
        title = host.names[0] if host.names else host.addresses[0]
        name = self._names.call("host", f"{id(host)}", title if host.names else f"host_{title}")
        classes = [_CLASSES[kind] for kind in host.kinds if kind in _CLASSES]
        self._unknown_kinds.update(kind for kind in host.kinds if kind not in _CLASSES)
        zones = list(dict.fromkeys(self._networks[self._home(a)] for a in addresses))
        head = f"system {name} {quoted(title)}"
        head += f" : {classes[0]}" if classes else ""
        yield head + (f" in {zones[0]}" if zones else "") + " {"
        if host.names:
            yield f"  hostname: {quoted(host.names[0])}"
        if addresses:
            yield f"  addresses: [{', '.join(_written(a) for a in addresses)}]"
        if len(zones) > 1:
            yield f"  also_in: [{', '.join(zones[1:])}]"
        if host.mac:
            yield f"  mac: {quoted(host.mac)}"
        yield from self._software(host, name)
        for service in host.services:
            yield f"  endpoint {service.transport}_{service.port} {{ {self._endpoint(service)} }}"
        yield "}"

    def _endpoint(self, service: Service) -> str:
        return f"protocol: {self._protocol(service)}  ports: {service.port}"

    def _software(self, host: ScannedHost, name: str) -> Iterator[str]:
        """The operating system and the programs that answered, each once; weaknesses are kept for later."""
        inner = Names()
        if host.os:
            own = inner.call("program", "os", "operating_system")
            said = ["operating_system: true", *_cpe([c for c in host.cpe if _part(c) == "o"])]
            yield f"  software {own} {quoted(host.os)} {{ {'  '.join(said)} }}"
        at_port: dict[tuple[int | None, str | None], str] = {}
        for service in host.services:
            if not service.product:
                continue
            key = f"{service.product} {service.version or ''}"
            fresh = inner.known("program", key) is None
            own = inner.known("program", key) or inner.call("program", key, word(service.product, "program"))
            at_port[service.port, service.transport] = f"{name}.{own}"
            if fresh:
                said = [f"version: {quoted(service.version)}"] if service.version else []
                said += _cpe([c for c in service.cpe if _part(c) == "a"])
                yield f"  software {own} {quoted(service.product)} {{ {'  '.join(said)} }}"
        for finding in host.findings:
            subject = at_port.get((finding.port, finding.transport), name)
            for cve in finding.cves:
                places = self._found.setdefault(cve, (finding, []))[1]
                if subject not in places:
                    places.append(subject)

    def _protocol(self, service: Service) -> str:
        """A protocol of the standard library, or one that is declared for this service."""
        known = _PROTOCOLS.get((service.name or "", service.tls))
        if known and (service.transport == "udp") == (known in _OVER_UDP):
            return known
        wish = f"{service.name or 'unknown'}_{service.transport}{'_tls' if service.tls else ''}"
        if service.name in (None, "unknown"):
            wish = f"unknown_{service.transport}_{service.port}"
        key = (wish, service.transport, service.tls)
        if key not in self._protocols:
            self._protocols[key] = (self._names.call("protocol", wish, f"protocol_{wish}"), set())
        name, ports = self._protocols[key]
        ports.add(service.port)
        return name

    def _declared(self) -> Iterator[str]:
        for (wish, transport, tls), (name, _) in self._protocols.items():
            title = quoted(wish.replace("_", " "))
            secure = "  encrypted: true" if tls else ""
            yield f"protocol {name} {title} {{ transport: {transport}{secure} }}"

    def _vulnerabilities(self) -> Iterator[str]:
        if self._found:
            yield "# Reported by scripts of nmap, most of them from the version alone: to be confirmed."
        for cve in sorted(self._found):
            finding, places = self._found[cve]
            said = [f"cve: {quoted(cve)}"]
            if finding.cvss is not None:
                said.append(f"cvss: {finding.cvss:g}")
            name = self._names.call("vulnerability", cve, cve)
            said.append(f"affects: [{', '.join(places)}]")
            yield f"vulnerability {name} {quoted(cve)} {{ {'  '.join(said)} }}"

    def _note(self) -> None:
        assumed = [str(n) for n in self._networks if n not in self._known]
        if assumed:
            which = ", ".join(assumed)
            self.notes.append(
                f"Networks that the scan does not name were assumed, of 256 addresses or 64 bits: {which}."
            )
        odd = [text for h in self._hosts for text in h.addresses if _address(text) is None]
        if odd:
            self.notes.append(f"Addresses that are none: {one_line(', '.join(odd))[:500]}.")
        if self._unknown_kinds:
            kinds = ", ".join(sorted(self._unknown_kinds))
            self.notes.append(
                f"What nmap takes hosts for, where no class says the same: {one_line(kinds)[:500]}."
            )
        if self._protocols:
            named = ", ".join(name for name, _ in self._protocols.values())
            self.notes.append(
                f"What these protocols are; say it, or name others in their place: {named[:2_000]}."
            )
        others = sorted({n for h in self._hosts for n in h.names[1:]})
        if others:
            self.notes.append(f"Further names of hosts: {one_line(', '.join(others))[:2_000]}.")
        self.notes.extend(_ALWAYS)


def _order(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), network.prefixlen


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _written(value: Address | Network) -> str:
    """An address as the language wants it: those of IPv6 in quotes."""
    return str(value) if value.version == 4 else f'"{value}"'


def _part(cpe: str) -> str:
    return cpe.removeprefix("cpe:/")[:1] if cpe.startswith("cpe:/") else cpe.removeprefix("cpe:2.3:")[:1]


def _cpe(names: Sequence[str]) -> list[str]:
    """The first of the names that is a CPE name, as an attribute in the form of CPE 2.3."""
    sound = (sound_cpe(name) for name in names)
    return [f"cpe: cpe({quoted(text)})" for text in sound if text][:1]
