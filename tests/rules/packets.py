"""Small networks drawn at random, as text of the language and as something that sends packets one by one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

#: Every address that the networks name lies here; one more stands for all the rest.
ADDRESSES = [*(f"10.0.0.{n}" for n in range(8)), *(f"fd00::{n:x}" for n in range(4)), "192.0.2.1"]
PREFIXES = [
    "10.0.0.0/29",
    "10.0.0.0/30",
    "10.0.0.4/30",
    "10.0.0.2/31",
    "10.0.0.4/31",
    "fd00::/126",
    "fd00::2/127",
]
PORTS = range(1, 8)
PROTOCOLS = {"red": [(1, 2)], "green": [(3, 3)], "blue": [(5, 7)]}
Ranges = list[tuple[int, int]]


def inside(address: str, prefix: str) -> bool:
    """Whether an address of the drawn ones lies in a prefix, by spelling out the prefix."""
    if "/" not in prefix:
        return address == prefix
    base, length = prefix.split("/")
    if (":" in address) != (":" in base):
        return False
    separator = "::" if ":" in base else "."
    start, number = base.rpartition(separator)[2], address.rpartition(separator)[2]
    if address.rpartition(separator)[0] != base.rpartition(separator)[0]:
        return False
    size = 2 ** ((128 if ":" in base else 32) - int(length))
    first = int(start or "0", 16)
    return first <= int(number, 16) < first + size


@dataclass
class Filter:
    source: str
    target: str
    both_ways: bool
    protocols: list[str]
    source_addresses: list[str]
    target_addresses: list[str]
    ports: Ranges
    position: int
    allow: bool


@dataclass
class Host:
    zones: list[str]
    addresses: list[str]
    #: Protocol, ports (none: the usual ones) and addresses (none: all) of each end point.
    endpoints: list[tuple[str, Ranges, list[str]]]


@dataclass
class Wall:
    joins: list[str]
    allow: bool
    filters: list[Filter] = field(default_factory=list)
    #: The zone and addresses of each route.
    routes: list[tuple[str, list[str]]] = field(default_factory=list)


@dataclass
class Conduit:
    source: str
    target: str
    both_ways: bool
    allow: list[str]
    ports: Ranges
    wall: str | None


@dataclass
class Network:
    """Zones by name with the zone around each, their addresses and whether their members reach each other."""

    parents: dict[str, str | None]
    networks: dict[str, list[str]]
    flat: dict[str, bool]
    hosts: dict[str, Host]
    walls: dict[str, Wall]
    conduits: list[Conduit]

    # -------------------------------------------------------------------------------------------- packets

    def reaches(self) -> set[tuple[str, str, str]]:
        """Zone, host and protocol wherever some packet arrives."""
        return {
            (zone, host, protocol)
            for zone in self.parents
            for host in self.hosts
            for protocol in PROTOCOLS
            if any(self.passes(zone, host, protocol, *each) for each in self.packets(zone, host, protocol))
        }

    def packets(self, zone: str, name: str, protocol: str) -> Iterator[tuple[str, str, str, int]]:
        """Source address, zone of arrival, target address and port."""
        host = self.hosts[name]
        for target_zone in host.zones:
            for spoken, ports, own in host.endpoints:
                if spoken != protocol:
                    continue
                for target in self.interface(own or host.addresses, target_zone, len(host.zones) > 1):
                    for low, high in ports or PROTOCOLS[protocol]:
                        for port in range(low, high + 1):
                            for source in self.senders(zone):
                                yield source, target_zone, target, port

    def senders(self, zone: str) -> list[str]:
        at: str | None = zone
        while at is not None:
            if self.networks[at]:
                return [a for a in ADDRESSES if any(inside(a, p) for p in self.networks[at])]
            at = self.parents[at]
        return ADDRESSES

    def interface(self, addresses: list[str], zone: str, several: bool) -> list[str]:
        own = [a for a in ADDRESSES if any(inside(a, p) for p in addresses)]
        here = [a for a in own if a in self.senders(zone)]
        return here if several and here else own

    def border(self, zone: str) -> str:
        """The outermost zone that nothing separates this one from."""
        parent = self.parents[zone]
        named = {end for each in self.conduits for end in (each.source, each.target)}
        for wall in self.walls.values():
            named |= {*wall.joins, *(end for each in wall.filters for end in (each.source, each.target))}
        return zone if parent is None or zone in named else self.border(parent)

    def passes(
        self, zone: str, host: str, protocol: str, source: str, y: str, target: str, port: int
    ) -> bool:
        if self.border(zone) == self.border(y) and self.flat[y]:
            return True
        packet = (zone, host, protocol, source, y, target, port)
        for conduit in self.conduits:
            ways = [(conduit.source, conduit.target)]
            if conduit.both_ways:
                ways.append((conduit.target, conduit.source))
            listed = protocol in conduit.allow or any(low <= port <= high for low, high in conduit.ports)
            if listed and (self.border(zone), self.border(y)) in ways:
                wall = self.walls[conduit.wall] if conduit.wall else None
                if wall is None or (self.decide(wall, *packet) is not False and self.routes(wall, y, target)):
                    return True
        for wall in self.walls.values():
            verdict = self.decide(wall, *packet)
            if verdict is None and wall.allow:
                joined = [self.border(each) for each in wall.joins]
                verdict = self.border(zone) in joined and self.border(y) in joined
                verdict = verdict and self.border(zone) != self.border(y)
            if verdict and self.routes(wall, y, target):
                return True
        return False

    def decide(
        self, wall: Wall, zone: str, host: str, protocol: str, source: str, y: str, target: str, port: int
    ) -> bool | None:
        """What the first filter that fits does with the packet; None where none fits."""
        for each in sorted(wall.filters, key=lambda each: each.position):
            ways = [(each.source, each.target, each.source_addresses, each.target_addresses)]
            if each.both_ways:
                ways.append((each.target, each.source, each.target_addresses, each.source_addresses))
            for begin, end, sources, targets in ways:
                if (
                    begin == self.border(zone)
                    and end in (self.border(y), host)
                    and (not each.protocols or protocol in each.protocols)
                    and (not sources or any(inside(source, prefix) for prefix in sources))
                    and (not targets or any(inside(target, prefix) for prefix in targets))
                    and (not each.ports or any(low <= port <= high for low, high in each.ports))
                ):
                    return each.allow
        return None

    def routes(self, wall: Wall, y: str, target: str) -> bool:
        return not wall.routes or any(
            self.border(zone) == self.border(y) and (not prefixes or any(inside(target, p) for p in prefixes))
            for zone, prefixes in wall.routes
        )

    # -------------------------------------------------------------------------------------------- text

    def text(self, prefix: str) -> str:
        """The same network in the language, every name of it with a prefix."""
        lines = []
        for zone, parent in self.parents.items():
            within = f" in {prefix}{parent}" if parent else ""
            flat = "" if self.flat[zone] else "flat: false"
            lines.append(
                f"zone {prefix}{zone}{within} {{ {_listed('addresses', self.networks[zone])} {flat} }}"
            )
        for name, host in self.hosts.items():
            ends = "\n".join(
                f"  endpoint e{index} {{ protocol: {protocol} {_ports(ports)} {_listed('addresses', own)} }}"
                for index, (protocol, ports, own) in enumerate(host.endpoints)
            )
            also = [prefix + zone for zone in host.zones[1:]]
            lines.append(
                f"system {prefix}{name} in {prefix}{host.zones[0]} "
                f"{{ {_listed('addresses', host.addresses)} {_listed('also_in', also)}\n{ends} }}"
            )
        for name, wall in self.walls.items():
            joins = _listed("joins", [prefix + zone for zone in wall.joins])
            inner = [
                *(self._filter(prefix, index, each) for index, each in enumerate(wall.filters)),
                *(
                    f"route r{index} to {prefix}{zone} {{ {_listed('addresses', prefixes)} }}"
                    for index, (zone, prefixes) in enumerate(wall.routes)
                ),
            ]
            action = "allow" if wall.allow else "deny"
            body = "\n".join("  " + each for each in inner)
            lines.append(f"firewall {prefix}{name} {{ {joins} default_action: {action}\n{body} }}")
        for index, each in enumerate(self.conduits):
            arrow = "<->" if each.both_ways else "->"
            via = f" via {prefix}{each.wall}" if each.wall else ""
            lines.append(
                f"conduit {prefix}c{index}: {prefix}{each.source} {arrow} {prefix}{each.target}{via} "
                f"{{ {_listed('allow', each.allow)} {_ports(each.ports)} }}"
            )
        return "\n".join(lines)

    def _filter(self, prefix: str, index: int, each: Filter) -> str:
        over = " over " + ", ".join(each.protocols) if each.protocols else ""
        arrow = "<->" if each.both_ways else "->"
        return (
            f"filter f{index}: {prefix}{each.source} {arrow} {prefix}{each.target}{over} {{ "
            f"position: {each.position} action: {'allow' if each.allow else 'deny'} {_ports(each.ports)} "
            f"{_listed('source_addresses', each.source_addresses)} "
            f"{_listed('target_addresses', each.target_addresses)} }}"
        )


def _listed(name: str, items: list[str]) -> str:
    items = [f'"{each}"' if ":" in each else each for each in items]
    return f"{name}: [{', '.join(items)}]" if items else ""


def _ports(ranges: Ranges) -> str:
    return _listed("ports", [f"{low}..{high}" if low != high else str(low) for low, high in ranges])


def draw(seed: int) -> Network:
    """A network for each seed."""
    lot = random.Random(seed)
    zones = ["a", "b", "c", "inner"]
    parents: dict[str, str | None] = dict.fromkeys(zones[:3])
    parents["inner"] = lot.choice(["a", "b"])

    def some(items: list[str], chance: float, most: int = 2) -> list[str]:
        return lot.sample(items, lot.randint(1, most)) if lot.random() < chance else []

    def ports(chance: float) -> Ranges:
        if lot.random() >= chance:
            return []
        low = lot.choice(PORTS)
        return [(low, lot.randint(low, PORTS[-1]))]

    places = [*PREFIXES, *ADDRESSES[:-1]]
    hosts = {
        f"h{index}": Host(
            lot.sample(zones, 2 if lot.random() < 0.3 else 1),
            lot.sample(ADDRESSES[:-1], lot.randint(1, 2)),
            [],
        )
        for index in range(2)
    }
    for host in hosts.values():
        for _ in range(lot.randint(1, 2)):
            host.endpoints.append((lot.choice([*PROTOCOLS]), ports(0.4), some(host.addresses, 0.3, 1)))
    walls = {
        f"w{index}": Wall(lot.sample(zones, 2), lot.random() < 0.3) for index in range(lot.randint(1, 2))
    }
    for wall in walls.values():
        for position in range(lot.randint(0, 5)):
            wall.filters.append(
                Filter(
                    lot.choice(zones), lot.choice([*zones, *hosts]), False, some([*PROTOCOLS], 0.6),
                    some(places, 0.5), some(places, 0.5), ports(0.4), position, lot.random() < 0.6,
                )
            )  # fmt: skip
            wall.filters[-1].both_ways = wall.filters[-1].target in zones and lot.random() < 0.3
        if lot.random() < 0.3:
            wall.routes += [(lot.choice(zones), some(places, 0.5)) for _ in range(lot.randint(1, 2))]
    conduits = [
        Conduit(*lot.sample(zones, 2), lot.random() < 0.3, some([*PROTOCOLS], 0.7), ports(0.4),
                lot.choice([None, *walls]))
        for _ in range(lot.randint(0, 2))
    ]  # fmt: skip
    return Network(
        parents, {zone: some(PREFIXES, 0.5) for zone in zones}, {zone: lot.random() < 0.7 for zone in zones},
        hosts, walls, conduits,
    )  # fmt: skip
