"""The inventories of the PANACEA DRMP (release 0.0.1, 2020) as a model: devices, reachability,
vulnerabilities.

The three files describe an emulation environment. What they say is carried over as it stands; what a model
needs and they do not say is written into a file of its own, ``assumptions.panacea``, each assumption with its
reason, so that it can be read, doubted and deleted. Nothing in the inputs is trusted: sizes are bounded,
names are made safe, and every mistake becomes a diagnostic with the file, the JSON path and a cure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from panacea_policy.formats.drmp_inventory import (
    DEVICES,
    REACHABILITY,
    VULNERABILITIES,
    Device,
    Flaw,
    Reached,
    read_devices,
    read_reachability,
    read_vulnerabilities,
)
from panacea_policy.formats.import_reading import ImportDiagnostic, ImportProblem, read_document
from panacea_policy.formats.import_writing import Conversion, Names, formatted
from panacea_policy.language.writing import one_line, quoted, word

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
_WEB_SERVICES = ("apache", "httpd", "nginx", "iis", "tomcat")


def convert(folder: str | Path) -> Conversion:
    """Read the three inventories of ``folder`` and write the model they describe.

    Raises :class:`ImportProblem` if the device inventory cannot be read; without one of the others the model
    has no reachability or no vulnerabilities, and a diagnostic says so.
    """
    problems: list[ImportDiagnostic] = []
    root = Path(folder)
    devices = list(read_devices(read_document(root, DEVICES, problems)))
    if not devices:
        problems.append(
            ImportDiagnostic(
                DEVICES, "$.devices", "there is no usable device", "check that this is a DRMP folder"
            )
        )
        raise ImportProblem("the DRMP inventories cannot be read", problems)
    reached = read_reachability(read_document(root, REACHABILITY, problems), devices)
    flaws = list(read_vulnerabilities(read_document(root, VULNERABILITIES, problems)))
    names = Names(("internet", "point_of_care_testing", "drmp_environment", "inventory_paths"))
    for device in devices:
        names.of("device", device.host)
    notes = _notes(devices, flaws)
    texts = {
        "hospital.panacea": _hospital(devices, reached, names),
        "reachability.panacea": _links(devices, reached, names),
        "vulnerabilities.panacea": _flaws(devices, flaws, names),
        "assumptions.panacea": _assumptions(devices, names),
    }
    return Conversion(formatted(texts, notes), notes, tuple(problems))


# ------------------------------------------------------------------------------------------ writing


_HOSPITAL = """\
# Converted from the DRMP device inventory. Names are the host names, LAN numbers those of the reachability
# inventory.

use std.healthcare
use packs.attack

organisation drmp_environment "PANACEA emulation environment" { currency: EUR }

# Who reaches whom is in reachability.panacea alone: neighbours do not reach each other by themselves.
"""


def _hospital(devices: Sequence[Device], reached: Reached, names: Names) -> str:
    lines = []
    for network, lan in _networks(devices, reached).items():
        title = f"LAN {lan}, {network}" if lan else network
        names.call("lan", network, f"lan {lan}" if lan else network)
        lines.append(
            f"zone {names.of('lan', network)} {quoted(title)} {{ addresses: [{network}]  flat: false }}"
        )
    lines.append("")
    for device in devices:
        lines += [*_device(device, names), ""]
    return _HOSPITAL + "\n".join(lines)


def _networks(devices: Sequence[Device], reached: Reached) -> dict[str, str]:
    """The networks that interfaces are in, with the LAN number that the reachability inventory gives them."""
    found: dict[str, str] = {}
    for device in devices:
        for interface in device.interfaces:
            if interface.network:
                lan = reached.lans.get(interface.address, "")
                found[interface.network] = found.get(interface.network) or lan
    return found


def _device(device: Device, names: Names) -> Iterator[str]:
    kind, template = _CLASSES.get(device.type.lower(), ("system", ""))
    home = next((i.network for i in device.interfaces if i.network), "")
    head = f"{kind} {names.of('device', device.host)} {quoted(device.host)}"
    head += f" : {template}" if template else ""
    head += f" in {names.of('lan', home)}" if home else ""
    yield head + " {"
    yield f"  id: {quoted(device.id)}  hostname: {quoted(device.host)}"
    addresses = [i.address for i in device.interfaces if i.address]
    if addresses:
        yield f"  addresses: [{', '.join(addresses)}]"
    system = " ".join(part for part in (device.vendor, device.family, device.generation) if part)
    end = _SUPPORT_ENDS.get((device.vendor.lower(), device.family.lower(), device.generation.lower()))
    if end:
        yield f"  # ADDED, not in the inventory: end of the maker's support for {one_line(system)}"
        yield f"  support_end: {end}"
    if system:
        version = quoted(device.generation)
        facts = f"operating_system: true  version: {version}"
        yield f"  software operating_system {quoted(system)} {{ {facts} }}"
    for service in dict.fromkeys([*(n for n, _ in device.services if n), *(p.service for p in device.ports)]):
        version = next((p.version for p in device.ports if p.service == service and p.version), "")
        stated = f" {{ version: {quoted(version)} }}" if version else ""
        yield f"  software {word(service, 'program')} {quoted(service)}{stated}"
    for number, service in {p.number: p.service for p in device.ports}.items():
        protocol = _protocol(names, service, number)
        yield f"  endpoint port_{number} {{ protocol: {protocol}  ports: {number} }}"
    if kind == "firewall":
        yield "  default_action: deny"
    yield "}"


def _protocol(names: Names, service: str, port: int) -> str:
    return names.of("protocol", f"{service} {port}")


_REACHABILITY = """\
# Converted from the DRMP reachability inventory: which device can open a connection to which port of which
# other. The inventory states results, not routes and rules: each line is a filter that lets exactly that
# pass, and the firewall that holds them stands for the whole network.

use std.healthcare

"""


def _links(devices: Sequence[Device], reached: Reached, names: Names) -> str:
    services = {(d.host, p.number): p.service for d in devices for p in d.ports}
    lines = []
    for service, number in sorted({(p.service, p.number) for d in devices for p in d.ports}):
        name = _protocol(names, service, number)
        title = quoted(f"{service} on port {number}")
        lines.append(f"protocol {name} {title} {{ ports: {number}  transport: tcp }}")
    lines += [
        "",
        'firewall inventory_paths "Paths of the reachability inventory" {',
        "  default_action: deny",
    ]
    known = [link for link in reached.links if (link.target, link.port) in services]
    for n, link in enumerate(known, start=1):
        source, target = names.of("device", link.source), names.of("device", link.target)
        protocol = _protocol(names, services[link.target, link.port], link.port)
        lines.append(
            f"  filter path_{n}: {source} -> {target} over {protocol} {{ position: {n}  action: allow }}"
        )
    return _REACHABILITY + "\n".join([*lines, "}", ""])


_FLAWS = """\
# Converted from the DRMP vulnerability catalogue. `requires` says which account the use of the weakness
# itself needs, by CVSS; the DRMP's precondition, the privilege on the machine one attacks from, is kept as a
# note. The catalogue has no probabilities: the product of its CVSS exploitability metrics stands in for one,
# which is an ASSUMPTION.

use std.healthcare

"""


def _flaws(devices: Sequence[Device], flaws: Sequence[Flaw], names: Names) -> str:
    return _FLAWS + "\n".join(line for flaw in flaws for line in _flaw(devices, flaw, names))


def _flaw(devices: Sequence[Device], flaw: Flaw, names: Names) -> Iterator[str]:
    places = list(_places(devices, flaw.cve, names))
    yield f"# {one_line(flaw.description)[:110]}…"
    yield f"vulnerability {names.of('cve', flaw.cve)} {quoted(flaw.cve)} {{"
    yield f"  cve: {quoted(flaw.cve)}" + (f"  weakness: {quoted(flaw.weakness)}" if flaw.weakness else "")
    if flaw.score is not None:
        yield f"  cvss: {flaw.score:g}    # CVSS {one_line(flaw.version)}"
    if flaw.metrics:
        factors = " x ".join(f"{m:g}" for m in flaw.metrics)
        yield f"  exploit_probability: {100 * math.prod(flaw.metrics):.0f} %    # assumption: {factors}"
    tricked = str(flaw.interaction).lower()
    yield f"  vector: {flaw.vector}  complexity: {flaw.complexity}  interaction: {tricked}"
    yield f"  requires: none  gives: {'root' if flaw.after == 'root' else 'user'}  disrupts: false"
    yield f'  note: "DRMP: before {flaw.before.upper()}, after {flaw.after.upper()}"'
    nowhere = "" if places else "    # the device inventory places it nowhere"
    yield f"  affects: [{', '.join(places)}]{nowhere}"
    yield "}"
    yield ""


def _places(devices: Sequence[Device], cve: str, names: Names) -> Iterator[str]:
    for device in devices:
        host = names.of("device", device.host)
        if cve in device.flaws:
            yield f"{host}.operating_system"
        for service, flaws in (*device.services, *((p.service, p.flaws) for p in device.ports)):
            if cve in flaws and service:
                yield f"{host}.{word(service, 'program')}"


_OUTSIDE = """\
# What the inventories do not say and a risk assessment needs. Every line is an ASSUMPTION: delete or change
# it.

use std.healthcare

# 1. There is an outside, with the threat actors of the standard library in it. The firewall has a public
# interface, but the reachability inventory says that it reaches nothing: as inventoried, no attack from
# outside is possible.
zone internet "Internet" { type: internet  trust: 0 }
"""

_PUBLISHED = """
# 2. Web servers are there to be reached. These devices run one as a local service, without a port, and have
# an interface in the network behind the firewall. Assumed: it answers HTTPS, and the firewall lets the
# internet in.
"""

_CARE = """
# 3. Care depends on the medical devices. The inventories hold no business layer.
"""


def _assumptions(devices: Sequence[Device], names: Names) -> str:
    parts = [_OUTSIDE]
    web = [d for d in devices if any(_is_web(s) for s, _ in d.services)]
    edge = next((d for d in devices if d.type.lower() == "firewall"), None)
    if web and edge is not None:
        parts.append(_PUBLISHED)
        parts += [_published(n, d, edge, names) for n, d in enumerate(web, start=1)]
    medical = [names.of("device", d.host) for d in devices if d.type.lower() == "medical device"]
    if medical:
        parts.append(_CARE)
        parts.append(
            f'process point_of_care_testing "Point-of-care testing" {{ needs: {" and ".join(medical)} }}\n'
        )
    return "".join(parts)


def _is_web(service: str) -> bool:
    return any(word in service.lower() for word in _WEB_SERVICES)


def _published(number: int, device: Device, edge: Device, names: Names) -> str:
    host, firewall = names.of("device", device.host), names.of("device", edge.host)
    body = f"firewall: {firewall}  position: {number}  action: allow"
    return (
        f"endpoint web_on_{host} of {host} over https {{ }}\n"
        f"filter publish_{host}: internet -> {host} over https {{ {body} }}\n"
    )


def _notes(devices: Sequence[Device], flaws: Sequence[Flaw]) -> tuple[str, ...]:
    return (*_notes_on_flaws(devices, flaws), *_notes_on_networks(devices), *_ALWAYS)


def _notes_on_flaws(devices: Sequence[Device], flaws: Sequence[Flaw]) -> Iterator[str]:
    placed = {cve for d in devices for cve in d.all_flaws}
    listed = {flaw.cve for flaw in flaws}
    for cve in sorted(listed - placed):
        yield f"{cve} is in the catalogue, but no device carries it: it is declared and affects nothing."
    for cve in sorted(placed - listed):
        yield f"{cve} is placed on a device, but is not in the catalogue: left out."
    for flaw in flaws:
        if flaw.version.startswith("2"):
            yield f"{flaw.cve}: the catalogue has CVSS 2 only."
        if flaw.interaction:
            yield (
                f"{flaw.cve} needs a user who is tricked, by its CVSS. The DRMP does not use that; "
                "the attack steps here do, and are stricter."
            )


def _notes_on_networks(devices: Sequence[Device]) -> Iterator[str]:
    double = [d.host for d in devices if len({i.network for i in d.interfaces if i.network}) > 1]
    if double:
        yield (
            "Devices in several networks stand in the zone of their first interface; the other addresses are "
            f"kept as addresses: {', '.join(double)}."
        )


_ALWAYS = (
    "LAN numbers are in the names of zones; switches on the way and snapshot ids are not carried over.",
    "MAC addresses and operating system users are not carried over.",
    "Ends of support of operating systems come from the makers' public pages; they are marked ADDED.",
    "The firewall's public interface reaches nothing; assumptions.panacea says what lets the outside in.",
)
