"""Hospitals of any size, written as models: sites with wards, shared workstations, devices of inventories,
servers, products with known vulnerabilities, firewalls with filters, controls, roles and care processes.

The same numbers give the same bytes. Per 5,000 assets there is one site with 20 wards; a ward is a network of
its own with about 250 machines, a room, a role that works there and a process that needs its systems.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Shares of the assets, in percent: what is not listed here stands as a device on a ward.
_WORKSTATIONS, _SERVERS = 18, 1

_WARDS_PER_SITE = 20
_SITE = 5_000
#: Workstations that a ward's role shares.
_SHARED = 4
#: Models of devices and builds of computers, each with software of its own.
_DEVICE_MODELS, _BUILDS, _SERVER_BUILDS = 24, 8, 6
_CLASSES = ("infusion_pump", "patient_monitor", "ventilator", "syringe_pump", "ecg_cart", "smart_bed")
_CENTRAL = ("ehr", "archive", "laboratory", "pharmacy")
_VECTORS = ("network", "local", "network", "adjacent", "local")


@dataclass(frozen=True, slots=True)
class Size:
    """How large a hospital is; ``vulnerabilities`` are known per machine, in the software that it runs."""

    assets: int
    vulnerabilities: int = 2

    @property
    def sites(self) -> int:
        return max(1, round(self.assets / _SITE))

    @property
    def wards(self) -> int:
        return self.sites * _WARDS_PER_SITE if self.assets >= _SITE else max(2, self.assets // 250)

    @property
    def workstations(self) -> int:
        return max(self.wards * _SHARED, self.assets * _WORKSTATIONS // 100)

    @property
    def servers(self) -> int:
        return max(self.sites * 4, self.assets * _SERVERS // 100)

    @property
    def devices(self) -> int:
        return max(0, self.assets - self.workstations - self.servers - _FEW)


#: What every hospital has: central systems, a store in each, directory, mail, gateway, portal, firewall,
#: vault.
_FEW = 2 * len(_CENTRAL) + 6


def write(folder: Path, size: Size) -> Path:
    """Writes the model into a folder; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _inventory(folder / "devices.csv", _devices(size, carried=False))
    _inventory(folder / "carried.csv", _devices(size, carried=True))
    _inventory(folder / "workstations.csv", _workstations(size))
    _inventory(folder / "servers.csv", _servers(size))
    files: dict[str, Iterable[str]] = {
        "network.panacea": _network(size),
        "products.panacea": _products(size),
        "systems.panacea": _systems(size),
        "care.panacea": _care(size),
        "controls.panacea": _controls(size),
    }
    for name, lines in files.items():
        text = "\n".join(["use std.healthcare, packs.attack", "", *lines]) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def advisory(number: int, software: Sequence[str]) -> str:
    """The entry of a change that makes one more vulnerability of some software known."""
    return (
        f"vulnerability advisory_{number} {{\n"
        f'  cve: "CVE-2026-{10_000 + number}"  vector: network  requires: none  gives: root\n'
        f"  interaction: false  disrupts: false  exploit_probability: 30 %\n"
        f"  affects: [{', '.join(software)}]\n}}\n"
    )


#: Tag, VLAN, model and end of support.
_Row = tuple[str, str, str, str]


def _inventory(path: Path, rows: Iterator[_Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["tag", "vlan", "model", "support_end"])
        writer.writerows(rows)


def _devices(size: Size, *, carried: bool) -> Iterator[_Row]:
    """The devices that have a room of their own, or those that are carried from bed to bed: two of three."""
    for number in range(size.devices):
        if (number % 3 != 0) == carried:
            end = "2025-06-30" if number % 50 == 0 else f"{2028 + number % 6}-0{1 + number % 9}-15"
            yield f"D-{number:06d}", str(number % size.wards), str(number * 7 % _DEVICE_MODELS), end


def _workstations(size: Size) -> Iterator[_Row]:
    for number in range(size.workstations):
        ward = str(number % size.wards)
        yield f"W-{number:06d}", ward, str(number // size.wards % _BUILDS), "2031-10-14"


def _servers(size: Size) -> Iterator[_Row]:
    for number in range(size.servers):
        yield f"S-{number:06d}", str(number % size.sites), str(number % _SERVER_BUILDS), "2029-12-31"


def _network(size: Size) -> Iterator[str]:
    yield 'zone internet "Internet" { type: internet  trust: 0 }'
    yield "zone campus { type: office  trust: 2 }"
    yield "zone dmz in campus { type: dmz  trust: 1  wireless: false }"
    yield "zone offices in campus { type: office  trust: 2  wireless: false  messaging: true }"
    yield "zone central in campus { type: server  trust: 4  flat: false  wireless: false }"
    for site in range(size.sites):
        yield f"zone site_{site} in campus {{ type: clinical  trust: 3  wireless: false }}"
        yield f"zone servers_{site} in site_{site} {{ type: server  trust: 4  flat: false  wireless: false }}"
    for ward in range(size.wards):
        flat = "false" if ward % 4 == 3 else "true"
        yield (
            f"zone ward_{ward} in site_{ward % size.sites} "
            f"{{ type: clinical  trust: 2  flat: {flat}  wireless: {'true' if ward % 5 == 0 else 'false'} }}"
        )
        yield (
            f"room room_{ward} {{ public: {'true' if ward % 3 == 0 else 'false'}  locked: false  "
            f"staffed: true  sockets: [ward_{ward}]  port_control: {'true' if ward % 2 else 'false'} }}"
        )
    for ward in range(size.wards):
        servers = f"servers_{ward % size.sites}"
        yield f"conduit ward_{ward} -> {servers} via core {{ allow: [vendor_protocol, smb] }}"
        yield f"conduit ward_{ward} -> central via core {{ allow: [https, hl7, ldap] }}"
    for site in range(size.sites):
        yield f"conduit servers_{site} <-> central via core {{ allow: [hl7, ldap, https] }}"
    yield "firewall core in campus {"
    yield "  joins: [internet, dmz, offices, central]"
    yield "  default_action: deny"
    yield "  filter web_in: internet -> dmz over https { position: 10  action: allow }"
    yield "  filter nothing_else_in: internet -> campus { position: 20  action: deny }"
    yield "  filter portal_in: dmz -> central over fhir, https { position: 30  action: allow }"
    yield "  filter no_files: dmz -> central over smb { position: 35  action: deny }"
    yield "  filter offices_in: offices -> central over https, ldap { position: 40  action: allow }"
    yield "  filter offices_out: offices -> internet over https { position: 50  action: allow }"
    yield "}"


def _products(size: Size) -> Iterator[str]:
    """Every machine runs two products; half of its vulnerabilities are in each."""
    in_base, in_app = size.vulnerabilities - size.vulnerabilities // 2, size.vulnerabilities // 2
    for stem, count in (("device", _DEVICE_MODELS), ("build", _BUILDS), ("server", _SERVER_BUILDS)):
        for model in range(count):
            for part, known in (("system", in_base), ("program", in_app)):
                yield f"software {stem}_{part}_{model} {{"
                yield f'  version: "{1 + model % 5}.{model}"'
                for number in range(known):
                    yield from _vulnerability(model + number, number)
                yield "}"


def _vulnerability(seed: int, number: int) -> Iterator[str]:
    vector = _VECTORS[seed % len(_VECTORS)]
    gives = "root" if seed % 3 == 0 or vector == "local" else "user"
    yield f"  vulnerability known_{number} {{"
    yield f'    cve: "CVE-20{18 + seed % 8}-{1000 + seed * 37 % 9000}"  vector: {vector}  requires: none'
    yield f"    gives: {gives}  interaction: false  disrupts: {'true' if seed % 11 == 10 else 'false'}"
    yield f"    exploit_probability: {1 + seed * 13 % 60} %"
    if seed % 7 == 6:
        yield "    fixed_on: 2026-01-10"
    yield "  }"


def _systems(size: Size) -> Iterator[str]:
    yield from _templates("device", _DEVICE_MODELS, lambda n: f"device_{n} : {_CLASSES[n % len(_CLASSES)]}")
    yield from _templates("build", _BUILDS, lambda n: f"build_{n} : shared_workstation")
    yield from _templates("server", _SERVER_BUILDS, lambda n: f"server_{n} : application_server")
    yield from _table("ward_zone", (f"ward_{n}" for n in range(size.wards)))
    yield from _table("ward_room", (f"room_{n}" for n in range(size.wards)))
    yield from _table("site_zone", (f"servers_{n}" for n in range(size.sites)))
    for stem, count in (("device", _DEVICE_MODELS), ("build", _BUILDS), ("server", _SERVER_BUILDS)):
        yield from _table(f"{stem}_model", (f"{stem}_{n}" for n in range(count)))
    common = 'id: column("tag")  support_end: column("support_end")'
    for name, file, place in (
        ("bedside", "devices", '  place: lookup(ward_room, column("vlan"))'),
        ("carried", "carried", ""),
    ):
        yield f'device {name} : medical_device from inventory("{file}.csv") {{'
        yield f'  {common}  template: lookup(device_model, column("model"))'
        yield f'  zone: lookup(ward_zone, column("vlan")){place}'
        yield "  endpoint service { protocol: vendor_protocol }"
        yield "}"
    yield 'system station : workstation from inventory("workstations.csv") {'
    yield f'  {common}  template: lookup(build_model, column("model"))  identity_provider: directory'
    yield '  zone: lookup(ward_zone, column("vlan"))  place: lookup(ward_room, column("vlan"))'
    yield "  endpoint remote { protocol: rdp  authentication: password }"
    yield "}"
    yield 'system node : server from inventory("servers.csv") {'
    yield f'  {common}  template: lookup(server_model, column("model"))  identity_provider: directory'
    yield '  zone: lookup(site_zone, column("vlan"))'
    yield "  endpoint files { protocol: smb  authentication: password }"
    yield "  endpoint devices { protocol: vendor_protocol }"
    yield "}"
    for name in _CENTRAL:
        yield f"system {name} : application_server in central {{"
        yield "  software: [server_system_0, server_program_1]  identity_provider: directory"
        yield "  authentication: password  interactive: true  stores: [health_record, laboratory_result]"
        yield "  data_store records { stores: [health_record, laboratory_result] }"
        yield "  endpoint web { protocol: https  authentication: password }"
        yield "  endpoint orders { protocol: hl7 }"
        offline = "true" if name == "ehr" else "false"
        yield f"  backup nightly {{ target: vault  offline: {offline}  immutable: false"
        yield "    separate_credentials: false  encrypted: true  tested_on: 2026-05-01 }"
        yield "}"
    yield "system vault : backup_server in central { endpoint copies { protocol: https } }"
    yield "identity_provider directory : directory_server in central {"
    yield "  software: [server_system_2]  endpoint logons { protocol: ldap  authentication: password }"
    yield "}"
    yield "system mail : mail_server in dmz { endpoint web { protocol: https  authentication: password } }"
    yield "system gateway : vpn_gateway in dmz { endpoint tunnel { protocol: https  authentication: mfa } }"
    yield "system portal : web_portal in dmz {"
    yield "  software: [server_program_0]  endpoint web { protocol: https  authentication: password }"
    yield "  stores: [appointment]"
    yield "}"
    yield "flow portal -> ehr over fhir { carries: [health_record]  encrypted: true }"
    for name in _CENTRAL[1:]:
        yield f"flow {name} -> ehr over hl7 {{ carries: [laboratory_result] }}"


def _templates(stem: str, count: int, of: object) -> Iterator[str]:
    kind = "device" if stem == "device" else "system"
    for number in range(count):
        name = of(number)  # type: ignore[operator]
        parts = f"software: [{stem}_system_{number}, {stem}_program_{number}]"
        yield f"template {kind} {name} {{ {parts} }}"


def _table(name: str, values: Iterable[str]) -> Iterator[str]:
    yield f"table {name} {{"
    yield from (f"  {number}: {value}" for number, value in enumerate(values))
    yield "}"


def _care(size: Size) -> Iterator[str]:
    yield "organisation large { country: IE  currency: EUR  partner: false }"
    yield "role administrator { privileged: true  uses: [directory, vault, ehr] }"
    yield "role clerk { uses: [ehr, mail] }"
    for ward in range(size.wards):
        shared = ", ".join(f'station["W-{number * size.wards + ward:06d}"]' for number in range(_SHARED))
        node = f'node["S-{ward % size.sites:06d}"]'
        yield f"role nurse_{ward} {{ clinical: true  uses: [{shared}, ehr, {node}]  places: [room_{ward}] }}"
        yield f"process ward_care_{ward} {{"
        yield f"  needs: (ehr or {node}) and ({'laboratory' if ward % 2 else 'pharmacy'} or archive)"
        yield "  rto: 4 h  uses: [health_record]  integrity_matters: true"
        yield "  outage_loss: pert(1k, 4k, 16k) EUR per h"
        yield "}"


def _controls(size: Size) -> Iterator[str]:
    for site in range(size.sites):
        status = ("in_place", "planned", "candidate")[site % 3]
        yield f"control walls_{site} : segmentation {{ protects: [site_{site}]  status: {status} }}"
        yield f"control watch_{site} : endpoint_detection {{ protects: [servers_{site}]  status: in_place }}"
    for ward in range(0, size.wards, 7):
        yield f"control gateway_{ward} : protective_gateway {{ protects: [ward_{ward}]  status: candidate }}"
    yield "control central_patching : patching { protects: [central, dmz]  status: in_place }"
    yield "control second_factor : multi_factor { protects: [gateway, ehr]  status: planned }"
    yield "control locks : session_lock { protects: [campus]  status: candidate }"
    yield "control copies : immutable_backup { protects: [vault]  status: candidate }"
