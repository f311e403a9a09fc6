"""The inventories of the PANACEA DRMP (release 0.0.1, 2020) as a model: devices, reachability,
vulnerabilities.

The three files describe an emulation environment. What they say is carried over as it stands; what a model
needs and they do not say is written into a file of its own, ``assumptions.panacea``, each assumption with its
reason, so that it can be read, doubted and deleted. Nothing in the inputs is trusted: sizes are bounded,
names are made safe, and every mistake becomes a diagnostic with the file, the JSON path and a cure.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from panacea_policy.errors import PanaceaError

DEVICES, REACHABILITY, VULNERABILITIES = (
    "deviceInventory.json",
    "reachabilityInventory.json",
    "vulnerabilityCatalog.json",
)
MAX_BYTES = 64 * 1024 * 1024
MAX_ITEMS = 20_000
MAX_TEXT = 2_000

#: Device types of the inventory and the classes of the standard library that they are.
_CLASSES = {
    "server": ("system", "server"),
    "terminal": ("system", "workstation"),
    "switch": ("system", "network_switch"),
    "medical device": ("device", "medical_device"),
    "firewall": ("firewall", ""),
}
#: Ends of security support by (vendor, family, generation), from the makers' public life cycle pages. They
#: are not in the inventories: each one used is marked as added. Debian counts with its long-term support,
#: Windows and Ubuntu without paid extensions.
_SUPPORT_ENDS = {
    ("linux", "debian", "7"): "2018-05-31",
    ("linux", "centos", "7"): "2024-06-30",
    ("linux", "ubuntu server", "18.04"): "2023-05-31",
    ("microsoft", "windows server", "2008 r2 enterprise"): "2020-01-14",
    ("microsoft", "windows", "10"): "2025-10-14",
}
_PRIVILEGES = {"NONE": "none", "USER": "user", "ROOT": "root"}
_VECTORS = {
    "NETWORK": "network",
    "ADJACENT": "adjacent",
    "ADJACENT_NETWORK": "adjacent",
    "LOCAL": "local",
    "PHYSICAL": "physical",
}
_WEB_SERVICES = ("apache", "httpd", "nginx", "iis", "tomcat")


@dataclass(frozen=True)
class ImportDiagnostic:
    """Something in the input that could not be used as it stands: the file, the JSON path, what, and what to
    do.
    """

    file: str
    path: str
    message: str
    help: str

    def __str__(self) -> str:
        return f"{self.file}: {self.path}: {self.message} ({self.help})"


class DrmpError(PanaceaError):
    """The folder holds nothing that can be converted."""

    def __init__(self, diagnostics: Sequence[ImportDiagnostic]) -> None:
        super().__init__(
            "the DRMP inventories cannot be read", "See the diagnostics: each names file, place and cure."
        )
        self.diagnostics = tuple(diagnostics)

    def lines(self) -> list[str]:
        """One line per diagnostic, for a terminal."""
        return [str(d) for d in self.diagnostics]


@dataclass(frozen=True)
class Conversion:
    """The model: file names to texts; what could not be carried over; what was wrong with the input."""

    files: Mapping[str, str]
    notes: tuple[str, ...]
    diagnostics: tuple[ImportDiagnostic, ...]


def convert(folder: str | Path) -> Conversion:
    """Read the three inventories of ``folder`` and write the model they describe.

    Raises :class:`DrmpError` if the device inventory cannot be read; without one of the other two the model
    has no reachability or no vulnerabilities, and a diagnostic says so.
    """
    problems: list[ImportDiagnostic] = []
    root = Path(folder)
    devices = list(_devices(_document(root, DEVICES, problems), problems))
    if not devices:
        problems.append(
            ImportDiagnostic(
                DEVICES, "$.devices", "there is no usable device", "check that this is a DRMP folder"
            )
        )
        raise DrmpError(problems)
    reached = _reachability(_document(root, REACHABILITY, problems), devices, problems)
    flaws = list(_vulnerabilities(_document(root, VULNERABILITIES, problems), problems))
    names = _Names(devices)
    notes = _notes(devices, reached, flaws)
    files = {
        "hospital.panacea": _hospital(devices, reached, names),
        "reachability.panacea": _links(devices, reached, names),
        "vulnerabilities.panacea": _flaws(devices, flaws, names),
        "assumptions.panacea": _assumptions(devices, names),
        "NOTES.md": "# What was not carried over, and why\n\n" + "".join(f"- {note}\n" for note in notes),
    }
    return Conversion(files, notes, tuple(problems))


# ------------------------------------------------------------------------------------------ reading


@dataclass(frozen=True)
class _At:
    """A value of a JSON document and where it stands; reading it wrongly reports and gives nothing."""

    file: str
    path: str
    value: object
    problems: list[ImportDiagnostic] = field(repr=False)

    def report(self, message: str, cure: str) -> None:
        self.problems.append(ImportDiagnostic(self.file, self.path, message, cure))

    def get(self, key: str) -> _At:
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return _At(self.file, f"{self.path}.{key}", value, self.problems)

    def items(self) -> Iterator[_At]:
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.report("a list is expected here", "write [ … ]")
            return
        if len(self.value) > MAX_ITEMS:
            self.report(f"more than {MAX_ITEMS} entries; the rest is left out", "split the inventory")
        for n, value in enumerate(self.value[:MAX_ITEMS]):
            yield _At(self.file, f"{self.path}[{n}]", value, self.problems)

    def text(self, *, required: bool = False) -> str:
        if isinstance(self.value, str) and (self.value.strip() or not required):
            return self.value.strip()[:MAX_TEXT]
        if required or self.value is not None:
            self.report("a text is expected here", 'write a text in quotes, such as "noemagw"')
        return ""

    def number(self, low: float, high: float) -> float | None:
        value = self.value
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.report(f"a number from {low:g} to {high:g} is expected here", "correct the number")
            return None
        return float(value)


def _document(root: Path, name: str, problems: list[ImportDiagnostic]) -> _At:
    """One of the files, or an empty document and a diagnostic."""
    empty = _At(name, "$", None, problems)
    try:
        with (root / name).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        empty.report(
            f"the file cannot be read: {error.strerror or type(error).__name__}",
            f"put {name} into the folder",
        )
        return empty
    if len(data) > MAX_BYTES:
        empty.report(f"the file is larger than {MAX_BYTES // 1024 // 1024} MB", "split the inventory")
        return empty
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        empty.report(
            f"no valid JSON: {error.msg} in line {error.lineno}, column {error.colno}", "correct it there"
        )
        return empty
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else "not valid UTF-8 JSON"
        empty.report(f"the file is {what}", "export it again")
        return empty
    if not isinstance(value, dict):
        empty.report("an object is expected at the top", "write { … }")
        return empty
    return _At(name, "$", value, problems)


@dataclass(frozen=True)
class _Port:
    number: int
    service: str
    version: str
    flaws: tuple[str, ...]


@dataclass(frozen=True)
class _Interface:
    name: str
    address: str
    network: str
    mac: str
    ports: tuple[_Port, ...]


@dataclass(frozen=True)
class _Device:
    host: str
    id: str
    type: str
    vendor: str
    family: str
    generation: str
    interfaces: tuple[_Interface, ...]
    services: tuple[tuple[str, tuple[str, ...]], ...]
    flaws: tuple[str, ...]

    @property
    def ports(self) -> list[_Port]:
        return [port for interface in self.interfaces for port in interface.ports]


@dataclass(frozen=True)
class _Reach:
    source: str
    target: str
    port: int
    service: str


@dataclass(frozen=True)
class _Reached:
    links: tuple[_Reach, ...]
    lans: Mapping[str, str]


@dataclass(frozen=True)
class _Flaw:
    cve: str
    weakness: str
    score: float | None
    version: str
    vector: str
    complexity: str
    interaction: bool
    before: str
    after: str
    description: str


def _devices(document: _At, problems: list[ImportDiagnostic]) -> Iterator[_Device]:
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
        yield _Device(
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


def _texts(at: _At) -> tuple[str, ...]:
    return tuple(text for item in at.items() if (text := item.text(required=True)))


def _interface(at: _At) -> _Interface:
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
    return _Interface(at.get("name").text(), address, network, at.get("macAddress").text(), ports)


def _port(at: _At) -> _Port | None:
    number = at.get("number").number(1, 65535)
    if number is None:
        at.get("number").report("a port number is missing", "write a number from 1 to 65535")
        return None
    service = at.get("service")
    return _Port(
        int(number),
        service.get("description").text() or f"port {int(number)}",
        service.get("version").text(),
        _texts(service.get("vulnerabilities")),
    )


def _reachability(document: _At, devices: Sequence[_Device], problems: list[ImportDiagnostic]) -> _Reached:
    known = {d.host: d for d in devices}
    links: dict[_Reach, None] = {}
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
                        links[_Reach(host, reached, int(number), port.get("service").text())] = None
    return _Reached(tuple(links), lans)


def _host(at: _At, known: Mapping[str, _Device]) -> str:
    name = at.get("hostName").text(required=True)
    if name and name not in known:
        at.get("hostName").report(
            f"no device is called `{name}`", f"add it to {DEVICES}, or correct the name"
        )
        return ""
    return name


def _vulnerabilities(document: _At, problems: list[ImportDiagnostic]) -> Iterator[_Flaw]:
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
        yield _Flaw(
            cve=cve,
            weakness=next((w for w in words if re.fullmatch(r"CWE-\d+", w)), ""),
            score=impact.get("baseScore").number(0, 10),
            version=impact.get("cvss_version").text(),
            vector=_choice(impact, access, _VECTORS, "NETWORK", "attack vector"),
            complexity="high" if ease is not None and ease < 0.5 else "low",
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


def _choice(at: _At, word: str, table: Mapping[str, str], default: str, what: str) -> str:
    found = table.get(word.upper())
    if found is None:
        at.report(f"`{word}` is no {what}; {default} is taken", f"one of {', '.join(table)}")
        return table[default]
    return found


# ------------------------------------------------------------------------------------------ names and values


class _Names:
    """Names of the language for what the inventories call devices, networks, services and CVEs."""

    def __init__(self, devices: Sequence[_Device]) -> None:
        self._used: set[str] = {"internet", "point_of_care_testing", "drmp_environment"}
        self._known: dict[tuple[str, str], str] = {}
        for device in devices:
            self.of("device", device.host)

    def of(self, family: str, text: str) -> str:
        """One name per text, unique in the model, a word of the language."""
        return self._known.get((family, text)) or self.call(family, text, text)

    def call(self, family: str, text: str, wish: str) -> str:
        """Give ``text`` a name made from ``wish``."""
        base = re.sub(r"[^a-z0-9]+", "_", wish.lower()).strip("_")[:60] or family
        base = base if base[0].isalpha() and base not in _RESERVED else f"{family}_{base}"
        name, n = base, 2
        while name in self._used:
            name, n = f"{base}_{n}", n + 1
        self._used.add(name)
        self._known[family, text] = name
        return name


_RESERVED = frozenset(
    [
        "and",
        "or",
        "not",
        "in",
        "is",
        "if",
        "for",
        "where",
        "with",
        "has",
        "true",
        "false",
        "none",
        "some",
        "no",
        "every",
    ]
)


def _quoted(text: str) -> str:
    """A text of the language: quotes and backslashes escaped, control characters dropped, one line."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return '"' + " ".join(plain.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _comment(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


# ------------------------------------------------------------------------------------------ writing


def _hospital(devices: Sequence[_Device], reached: _Reached, names: _Names) -> str:
    lines = [
        "# Converted from the DRMP device inventory. Names are the host names; LAN numbers are those of the reachability inventory.",
        "",
        "use std.healthcare",
        "use packs.attack",
        "",
        'organisation drmp_environment "PANACEA emulation environment" { currency: EUR }',
        "",
    ]
    lines.append(
        "# Who reaches whom is in reachability.panacea alone: neighbours do not reach each other by themselves."
    )
    for network, lan in _networks(devices, reached).items():
        title = f"LAN {lan}, {network}" if lan else network
        names.call("lan", network, f"lan {lan}" if lan else network)
        lines.append(
            f"zone {names.of('lan', network)} {_quoted(title)} {{ addresses: [{network}]  flat: false }}"
        )
    lines.append("")
    for device in devices:
        lines += [*_device(device, names), ""]
    return "\n".join(lines)


def _networks(devices: Sequence[_Device], reached: _Reached) -> dict[str, str]:
    """The networks that interfaces are in, with the LAN number that the reachability inventory gives them."""
    found: dict[str, str] = {}
    for device in devices:
        for interface in device.interfaces:
            if interface.network:
                lan = reached.lans.get(interface.address, "")
                found[interface.network] = found.get(interface.network) or lan
    return found


def _device(device: _Device, names: _Names) -> Iterator[str]:
    kind, template = _CLASSES.get(device.type.lower(), ("system", ""))
    home = next((i.network for i in device.interfaces if i.network), "")
    head = f"{kind} {names.of('device', device.host)} {_quoted(device.host)}"
    head += f" : {template}" if template else ""
    head += f" in {names.of('lan', home)}" if home else ""
    yield head + " {"
    yield f"  id: {_quoted(device.id)}  hostname: {_quoted(device.host)}"
    addresses = [i.address for i in device.interfaces if i.address]
    if addresses:
        yield f"  addresses: [{', '.join(addresses)}]"
    end = _SUPPORT_ENDS.get((device.vendor.lower(), device.family.lower(), device.generation.lower()))
    if end:
        yield f"  support_end: {end}                    # ADDED: end of support of {_comment(device.family)} {_comment(device.generation)} by its maker; not in the inventory"
    system = " ".join(part for part in (device.vendor, device.family, device.generation) if part)
    if system:
        yield f"  software {_software(names, device, 'operating system')} {_quoted(system)} {{ operating_system: true  version: {_quoted(device.generation)} }}"
    for service in dict.fromkeys(
        [*(name for name, _ in device.services if name), *(p.service for p in device.ports)]
    ):
        version = next((p.version for p in device.ports if p.service == service and p.version), "")
        stated = f" {{ version: {_quoted(version)} }}" if version else ""
        yield f"  software {_software(names, device, service)} {_quoted(service)}{stated}"
    for port in device.ports:
        yield f"  endpoint port_{port.number} {{ protocol: {_protocol(names, port.service, port.number)}  ports: {port.number} }}"
    if kind == "firewall":
        yield "  default_action: deny"
    yield "}"


def _software(names: _Names, device: _Device, service: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", service.lower()).strip("_")[:60] or "program"


def _protocol(names: _Names, service: str, port: int) -> str:
    return names.of("protocol", f"{service} {port}")


def _links(devices: Sequence[_Device], reached: _Reached, names: _Names) -> str:
    services = {(d.host, p.number): p.service for d in devices for p in d.ports}
    protocols = {(p.service, p.number) for d in devices for p in d.ports}
    lines = [
        "# Converted from the DRMP reachability inventory: which device can open a connection to which port of which other.",
        "# The inventory states results, not routes and rules: each line is a filter that lets exactly that pass, and the firewall",
        "# that holds them stands for the whole network.",
        "",
        "use std.healthcare",
        "",
    ]
    for service, number in sorted(protocols):
        name = _protocol(names, service, number)
        lines.append(
            f"protocol {name} {_quoted(f'{service} on port {number}')} {{ ports: {number}  transport: tcp }}"
        )
    lines += [
        "",
        'firewall inventory_paths "Paths of the reachability inventory" {',
        "  default_action: deny",
    ]
    for n, link in enumerate(reached.links, start=1):
        service = services.get((link.target, link.port))
        if service is None:
            continue
        source, target = names.of("device", link.source), names.of("device", link.target)
        protocol = _protocol(names, service, link.port)
        lines.append(
            f"  filter path_{n}: {source} -> {target} over {protocol} {{ position: {n}  action: allow }}"
        )
    return "\n".join([*lines, "}", ""])


def _flaws(devices: Sequence[_Device], flaws: Sequence[_Flaw], names: _Names) -> str:
    lines = [
        "# Converted from the DRMP vulnerability catalogue. `requires` says which account the use of the weakness itself needs, by",
        "# CVSS; the DRMP's precondition, the privilege on the machine one attacks from, is kept as a note.",
        "",
        "use std.healthcare",
        "",
    ]
    for flaw in flaws:
        places = list(_places(devices, flaw.cve, names))
        lines.append(f"# {_comment(flaw.description)[:200]}")
        lines.append(f"vulnerability {names.of('cve', flaw.cve)} {_quoted(flaw.cve)} {{")
        lines.append(
            f"  cve: {_quoted(flaw.cve)}" + (f"  weakness: {_quoted(flaw.weakness)}" if flaw.weakness else "")
        )
        if flaw.score is not None:
            lines.append(
                f"  cvss: {flaw.score:g}                              # CVSS {_comment(flaw.version)}"
            )
        lines.append(
            f"  vector: {flaw.vector}  complexity: {flaw.complexity}  interaction: {str(flaw.interaction).lower()}"
        )
        lines.append(
            f"  requires: none  gives: {flaw.after if flaw.after != 'none' else 'user'}  disrupts: false"
        )
        lines.append(f'  note: "DRMP: before {flaw.before.upper()}, after {flaw.after.upper()}"')
        lines.append(
            f"  affects: [{', '.join(places)}]"
            + ("" if places else "        # the inventory places it on no device")
        )
        lines += ["}", ""]
    return "\n".join(lines)


def _places(devices: Sequence[_Device], cve: str, names: _Names) -> Iterator[str]:
    for device in devices:
        host = names.of("device", device.host)
        if cve in device.flaws:
            yield f"{host}.operating_system"
        for service, flaws in (*device.services, *((p.service, p.flaws) for p in device.ports)):
            if cve in flaws and service:
                yield f"{host}.{_software(names, device, service)}"


def _assumptions(devices: Sequence[_Device], names: _Names) -> str:
    lines = [
        "# What the inventories do not say and a risk assessment needs. Every line here is an assumption: delete or change it.",
        "",
        "use std.healthcare",
        "",
        "# 1. There is an outside. The firewall has a public interface, but the reachability inventory says that it reaches",
        "#    nothing, so as inventoried no attack from outside is possible at all.",
        'zone internet "Internet" { type: internet  trust: 0 }',
        "",
    ]
    published = [d for d in devices if any(_is_web(s) for s, _ in d.services)]
    edge = next((d for d in devices if d.type.lower() == "firewall"), None)
    if published and edge is not None:
        lines += _published(published, names.of("device", edge.host), names)
    medical = [names.of("device", d.host) for d in devices if d.type.lower() == "medical device"]
    if medical:
        lines += [
            "# 3. Care depends on the medical devices. The inventories hold no business layer.",
            'process point_of_care_testing "Point-of-care testing" {',
            f"  needs: {' and '.join(medical)}",
            "  safety: diagnostic",
            "}",
            "",
        ]
    return "\n".join(lines)


def _is_web(service: str) -> bool:
    return any(word in service.lower() for word in _WEB_SERVICES)


def _published(devices: Sequence[_Device], edge: str, names: _Names) -> Iterator[str]:
    yield "# 2. Web servers are there to be reached. These servers run one as a local service without a port; they have an interface in"
    yield "#    the network behind the firewall. Assumed: it answers HTTPS, and the firewall lets the internet through to it."
    for n, device in enumerate(devices, start=1):
        host = names.of("device", device.host)
        yield f"endpoint web_on_{host} of {host} over https {{ }}"
        yield f"filter publish_{host}: internet -> {host} over https {{ firewall: {edge}  position: {n}  action: allow }}"
    yield ""


def _notes(devices: Sequence[_Device], reached: _Reached, flaws: Sequence[_Flaw]) -> tuple[str, ...]:
    carried = {
        cve
        for d in devices
        for cve in (*d.flaws, *(c for _, f in d.services for c in f), *(c for p in d.ports for c in p.flaws))
    }
    listed = {flaw.cve for flaw in flaws}
    notes = [
        f"{cve} is in the catalogue, but the device inventory places it nowhere: it is declared and affects nothing."
        for cve in sorted(listed - carried)
    ]
    notes += [
        f"{cve} is placed on a device, but is not in the catalogue: left out."
        for cve in sorted(carried - listed)
    ]
    notes += [f"{flaw.cve}: the catalogue has CVSS 2 only." for flaw in flaws if flaw.version.startswith("2")]
    notes += [
        f"{flaw.cve} needs a user who is tricked (CVSS user interaction); the DRMP itself does not use that, so our attack steps are stricter here."
        for flaw in flaws
        if flaw.interaction
    ]
    double = [d.host for d in devices if len({i.network for i in d.interfaces if i.network}) > 1]
    if double:
        notes.append(
            f"Devices in several networks stand in the zone of their first interface; their other addresses are kept as addresses: {', '.join(double)}."
        )
    notes += [
        "LAN numbers are kept in the zones' titles and notes; network paths (which switches are passed) and snapshot ids are not carried over.",
        "MAC addresses, operating system users and local services' own users are not carried over.",
        "Ends of operating system support are added from the makers' public pages where known (marked ADDED).",
        "The public interface of the firewall reaches nothing in the reachability inventory; assumptions.panacea states what lets the outside in.",
    ]
    return tuple(notes)
