"""From addresses and ports to facts: the parts into which filters, routes and conduits cut the address space.

What a firewall does with a packet depends only on which of its filters name the packet's addresses and port.
So the addresses that a zone or asset may send from or answer at fall into parts of which each is treated
alike throughout, and one packet of each combination of parts stands for all. A part is called by its first
and last address. Where no filter that can concern an element names addresses, it has the one part
:data:`ANY_ADDRESS`: nothing is split that nobody tells apart.

Relations (``part`` is a text):

- ``sends_from`` (zone or asset, part): what may send from there. A zone without addresses has those of the
  zone around it; where nobody gives any, it may have every address. Assets: only sources of filters.
- ``answers_at`` (asset, endpoint with addresses of its own, or zone; part)
- ``answers_outside`` (asset or endpoint, zone, part): where an asset stands in several zones, the addresses
  that it does not have in this one
- ``uses_port`` (endpoint, protocol or filter; conduit that names ports; part)
- ``misses_source``, ``misses_target`` (filter or route, way, part): it does not speak of that part; ``way``
  is "there" as the filter is written, "back" against the arrow ``<->``
- ``misses_port`` (filter or conduit, part)

An asset without addresses has one of its zone's; where filters tell these apart it has
:data:`UNKNOWN_ADDRESS`, and a protocol without ports has :data:`UNKNOWN_PORT`; rules decide what follows. For
risk, where nothing is unknown, they may have each that is possible.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from panacea_policy.compiler.entities import Entity

ANY_ADDRESS = "any address"
UNKNOWN_ADDRESS = "unknown address"
ANY_PORT = "any port"
UNKNOWN_PORT = "unknown port"
THERE = "there"
BACK = "back"

#: The built-in relations, with how many columns after the first hold a declaration and how many a text.
TRAFFIC: Mapping[str, tuple[int, int]] = {
    "sends_from": (0, 1),
    "answers_at": (0, 1),
    "answers_outside": (1, 1),
    "uses_port": (0, 1),
    "misses_source": (0, 2),
    "misses_target": (0, 2),
    "misses_port": (0, 1),
}

#: The kinds whose declarations the facts are made from.
READ_KINDS = frozenset({"zone", "asset", "endpoint", "protocol", "filter", "route", "conduit"})

#: First and last, both included. IPv6 addresses follow all of IPv4 on one line of numbers.
Range = tuple[int, int]
_IPV6 = 1 << 32
_EVERY_ADDRESS: tuple[Range, ...] = ((0, _IPV6 - 1), (_IPV6, _IPV6 + (1 << 128) - 1))
_EVERY_PORT: tuple[Range, ...] = ((0, 65535),)


class Span(msgspec.Struct, frozen=True, gc=False):
    """Addresses as ranges, with host names as they are written."""

    ranges: tuple[Range, ...]
    names: frozenset[str] = frozenset()

    def covers(self, number: int) -> bool:
        """Whether a number lies in one of the ranges."""
        return any(low <= number <= high for low, high in self.ranges)


class Cutting:
    """The line of numbers, cut where any of some spans begins or ends."""

    def __init__(self, spans: Iterable[Span], whole: Sequence[Range]) -> None:
        edges = {low for low, _ in whole} | {high + 1 for _, high in whole}
        distinct = list(dict.fromkeys(span.ranges for span in spans))
        for ranges in distinct:
            for low, high in ranges:
                edges |= {low, high + 1}
        self._starts = sorted(edges)
        self._marks = self._signatures(distinct)

    def _signatures(self, spans: Sequence[tuple[Range, ...]]) -> list[frozenset[int]]:
        """For each interval, the spans that cover it."""
        opening: dict[int, list[int]] = {}
        closing: dict[int, list[int]] = {}
        for number, ranges in enumerate(spans):
            for low, high in ranges:
                opening.setdefault(low, []).append(number)
                closing.setdefault(high + 1, []).append(number)
        open_: dict[int, int] = {}
        found: list[frozenset[int]] = []
        known: dict[frozenset[int], frozenset[int]] = {}
        for start in self._starts:
            for number in closing.get(start, ()):
                open_[number] -= 1
                if not open_[number]:
                    del open_[number]
            for number in opening.get(start, ()):
                open_[number] = open_.get(number, 0) + 1
            if start in opening or start in closing or not found:
                mark = frozenset(open_)
                found.append(known.setdefault(mark, mark))
            else:
                found.append(found[-1])
        return found

    def parts(self, ranges: Iterable[Range]) -> Iterator[Range]:
        """One interval, as first and last number, for each way in which numbers of ``ranges`` are covered."""
        seen: set[frozenset[int]] = set()
        for low, high in ranges:
            first, last = bisect_right(self._starts, low) - 1, bisect_left(self._starts, high + 1)
            for index in range(first, last):
                if self._marks[index] not in seen:
                    seen.add(self._marks[index])
                    yield self._starts[index], self._starts[index + 1] - 1


class Part(msgspec.Struct, frozen=True, gc=False):
    """One part of the line, for an element that goes by some names."""

    first: int
    text: str
    names: frozenset[str] = frozenset()


class Narrowing(msgspec.Struct, frozen=True, gc=False):
    """What one end of a filter or route, read one way, is narrowed to."""

    relation: str
    name: str
    way: str
    span: Span

    def covers(self, part: Part) -> bool:
        """Whether it speaks of a part."""
        return self.span.covers(part.first) or bool(self.span.names & part.names)


class _Named(msgspec.Struct):
    """What can concern one element, and the parts that are told apart by it."""

    narrowings: Sequence[Narrowing]
    cutting: Cutting
    names: frozenset[str]
    parts: dict[object, tuple[Part, ...]] = msgspec.field(default_factory=dict)


Rows = list[tuple[str, ...]]


class Traffic:
    """The facts of one model; ``settled``: for risk, nothing is unknown."""

    def __init__(self, entities: Callable[[str], Sequence[Entity]], *, settled: bool) -> None:
        self._settled = settled
        self._zones = {each.name: each for each in entities("zone")}
        self._assets = entities("asset")
        self._endpoints = entities("endpoint")
        self._protocols = {each.name: each for each in entities("protocol")}
        self._filters = entities("filter")
        self._routes = entities("route")
        self._conduits = entities("conduit")
        self._source: dict[str, list[Narrowing]] = {}
        self._target: dict[str, list[Narrowing]] = {}
        self._routed: dict[str, list[Narrowing]] = {}
        self._sides()
        self._cuttings: dict[tuple[bool, tuple[str, ...]], _Named | None] = {}
        self._misses: dict[str, dict[tuple[str, ...], None]] = {"misses_source": {}, "misses_target": {}}
        self._rows: dict[str, Rows] = {}
        self._addresses()
        self._ports()

    def rows(self, relation: str) -> Rows:
        """The rows of one of the relations, each of names of declarations and texts."""
        return self._rows[relation]

    # ------------------------------------------------------------------------------------------ addresses

    def _sides(self) -> None:
        """What narrows each end of each filter, and which elements may have to do with it."""
        for each in self._filters:
            ends = {"source": _reference(each, "source"), "target": _reference(each, "target")}
            spans = {"source": _span(each, "source_addresses"), "target": _span(each, "target_addresses")}
            ways = [(THERE, "source", "target")]
            if each.value("both_ways") is True:
                ways.append((BACK, "target", "source"))
            for way, begin, end in ways:
                for relation, side, end_of in (
                    ("misses_source", begin, self._source),
                    ("misses_target", end, self._target),
                ):
                    span, element = spans[side], ends[side]
                    if span is not None and element is not None:
                        end_of.setdefault(element, []).append(Narrowing(relation, each.name, way, span))
        for each in self._routes:
            span, destination = _span(each, "addresses"), _reference(each, "destination")
            if span is not None and destination is not None:
                # A route to a zone leads to all of its network: to zones inside it, or beside it.
                outermost = self._around(destination)[-1]
                self._routed.setdefault(outermost, []).append(
                    Narrowing("misses_target", each.name, THERE, span)
                )

    def _addresses(self) -> None:
        sends: Rows = []
        answers: Rows = []
        outside: Rows = []
        for name, zone in self._zones.items():
            around = tuple(self._around(name))
            span = self._network(around)
            # Some machine of the zone has any given address of it: nothing is unknown about a zone.
            sends += [(name, part) for part in self._parts(False, around, span or _all(), zone)]
            answers += [(name, part) for part in self._parts(True, around, span or _all(), zone)]
        named = {end for each in self._filters for end in _ends(each)} - self._zones.keys()
        inner: dict[str, list[Entity]] = {}
        for each in self._endpoints:
            owner = _reference(each, "asset")
            if owner is not None and _span(each, "addresses") is not None:
                inner.setdefault(owner, []).append(each)
        for asset in self._assets:
            zones = _zones_of(asset)
            if asset.name in named:
                around = (asset.name, *(each for zone in zones for each in self._around(zone)))
                sends += [
                    (asset.name, part)
                    for part in self._parts(False, around, _span(asset, "addresses"), asset)
                ]
            for element in (asset, *inner.get(asset.name, ())):
                parts = self._homes(element, asset, zones, asset.name in named)
                every = dict.fromkeys(part for found in parts.values() for part in found)
                answers += [(element.name, part) for part in every]
                outside += [
                    (element.name, zone, part)
                    for zone, found in parts.items()
                    for part in every
                    if part not in found
                ]
        self._rows["answers_outside"] = outside
        self._rows["sends_from"], self._rows["answers_at"] = sends, answers
        self._rows.update((relation, list(rows)) for relation, rows in self._misses.items())

    def _homes(
        self, element: Entity, asset: Entity, zones: Sequence[str], named: bool
    ) -> dict[str, list[str]]:
        """The parts of an asset's or endpoint's addresses in each zone in which the asset stands."""
        own = (asset.name,) if named else ()
        if not zones:
            # It may stand anywhere, behind any filter.
            return {"": [UNKNOWN_ADDRESS if self._target and not self._settled else ANY_ADDRESS]}
        return {
            zone: self._parts(
                True, (*own, *self._around(zone)), self._there(element, zone, len(zones) > 1), asset
            )
            for zone in zones
        }

    def _there(self, element: Entity, zone: str, several: bool) -> Span | None:
        """The addresses of an asset or endpoint in one of the zones in which the asset stands."""
        span = _span(element, "addresses")
        network = self._network(self._around(zone)) if several and span is not None else None
        if span is None or network is None:
            return span
        here = Span(tuple(_shared(span.ranges, network.ranges)), span.names)
        return here if here.ranges else span

    def _parts(self, target: bool, around: tuple[str, ...], span: Span | None, element: Entity) -> list[str]:
        """The parts of an element's addresses that the filters around it tell apart."""
        named = self._cut(target, around)
        if named is None:
            return [ANY_ADDRESS]
        if span is None:
            found = self._parts(target, around, self._network(around) or _all(), element)
            if self._settled or len(found) == 1:
                return found
            return [UNKNOWN_ADDRESS]
        names = _names(element, span) & named.names
        ranges = span.ranges or _EVERY_ADDRESS
        key = (ranges, names)
        if key not in named.parts:
            known = " = " + ", ".join(sorted(names)) if names else ""
            named.parts[key] = tuple(
                Part(first, f"{_range_text(first, last)}{known}", names)
                for first, last in named.cutting.parts(ranges)
            )
            for each in named.narrowings:
                self._misses[each.relation].update(
                    ((each.name, each.way, part.text), None)
                    for part in named.parts[key]
                    if not each.covers(part)
                )
        return [part.text for part in named.parts[key]]

    def _cut(self, target: bool, around: tuple[str, ...]) -> _Named | None:
        """What the filters that begin (or end) at some elements tell apart; None where they name no
        addresses.
        """
        key = (target, around)
        if key not in self._cuttings:
            sides = self._target if target else self._source
            found = [narrowing for each in around for narrowing in sides.get(each, ())]
            found += self._routed.get(around[-1], []) if target and around else []
            spans = [each.span for each in found]
            names = frozenset().union(*(span.names for span in spans))
            self._cuttings[key] = _Named(found, Cutting(spans, _EVERY_ADDRESS), names) if found else None
        return self._cuttings[key]

    def _around(self, zone: str) -> list[str]:
        """A zone and the zones around it, the nearest first."""
        found: dict[str, None] = {}
        at: str | None = zone
        while at is not None and at not in found:
            found[at] = None
            at = _reference(self._zones[at], "parent") if at in self._zones else None
        return list(found)

    def _network(self, around: Iterable[str]) -> Span | None:
        """The addresses of a zone: its own, or those of the nearest zone around it that has any."""
        for each in around:
            span = _span(self._zones[each], "addresses") if each in self._zones else None
            if span is not None and span.ranges:
                return span
        return None

    # ------------------------------------------------------------------------------------------ ports

    def _ports(self) -> None:
        naming = [
            (each.name, Span(ports))
            for each in (*self._filters, *self._conduits)
            if (ports := _port_ranges(each)) is not None
        ]
        uses: Rows = []
        cutting = Cutting([span for _, span in naming], _EVERY_PORT) if naming else None
        used: dict[str, int] = {}

        def add(element: Entity, ranges: tuple[Range, ...] | None) -> None:
            if cutting is None:
                uses.append((element.name, ANY_PORT))
            elif ranges is None:
                uses.append((element.name, UNKNOWN_PORT))
            else:
                for first, last in cutting.parts(ranges):
                    text = f"{first}..{last}" if first != last else str(first)
                    used[text] = first
                    uses.append((element.name, text))

        unknown = _EVERY_PORT if self._settled else None
        for each in self._protocols.values():
            add(each, _port_ranges(each) or unknown)
        for each in self._endpoints:
            protocol = self._protocols.get(_reference(each, "protocol") or "")
            usual = _port_ranges(protocol) if protocol is not None else None
            add(each, _port_ranges(each) or usual or unknown)
        for each in self._filters:
            add(each, _port_ranges(each) or _EVERY_PORT)
        for each in self._conduits:
            if _port_ranges(each) is not None:
                add(each, _port_ranges(each))
        self._rows["uses_port"] = uses
        self._rows["misses_port"] = [
            (name, text) for name, span in naming for text, first in used.items() if not span.covers(first)
        ]


def narrows(entity: Entity) -> bool:
    """Whether a filter, route or conduit tells addresses or ports apart."""
    return any(
        isinstance(value, tuple) and value
        for name in ("source_addresses", "target_addresses", "addresses", "ports")
        if name in entity.kind.attributes and (value := entity.value(name))
    )


def _all() -> Span:
    return Span(_EVERY_ADDRESS)


def _reference(entity: Entity, attribute: str) -> str | None:
    value = entity.value(attribute)
    return str(value) if isinstance(value, str) else None


def _ends(each: Entity) -> Iterator[str]:
    for side in ("source", "target"):
        name = _reference(each, side)
        if name is not None:
            yield name


def _zones_of(asset: Entity) -> list[str]:
    """The zone of an asset, and those in which it has a further interface."""
    own, others = _reference(asset, "zone"), asset.value("also_in")
    found = [own] if own is not None else []
    return [*dict.fromkeys([*found, *(map(str, others) if isinstance(others, tuple) else ())])]


def _names(element: Entity, span: Span) -> frozenset[str]:
    """The host names by which filters may speak of an element."""
    own = element.value("hostname") if "hostname" in element.kind.attributes else None
    return span.names | {own.lower()} if isinstance(own, str) else span.names


def _span(entity: Entity, attribute: str) -> Span | None:
    """The addresses that an attribute gives; None where it gives none."""
    value = entity.value(attribute)
    if not isinstance(value, tuple) or not value:
        return None
    ranges: list[Range] = []
    names: list[str] = []
    for each in map(str, value):
        try:
            network = ipaddress.ip_network(each, strict=False)
        except ValueError:
            names.append(each.lower())
            continue
        shift = 0 if network.version == 4 else _IPV6
        ranges.append((int(network[0]) + shift, int(network[-1]) + shift))
    return Span(tuple(sorted(ranges)), frozenset(names))


def _port_ranges(entity: Entity) -> tuple[Range, ...] | None:
    value = entity.value("ports")
    return value if isinstance(value, tuple) and value else None


def _shared(ours: Iterable[Range], theirs: Sequence[Range]) -> Iterator[Range]:
    for low, high in ours:
        for first, last in theirs:
            if max(low, first) <= min(high, last):
                yield max(low, first), min(high, last)


def _range_text(first: int, last: int) -> str:
    return _address_text(first) if first == last else f"{_address_text(first)}..{_address_text(last)}"


def _address_text(number: int) -> str:
    if number >= _IPV6:
        return str(ipaddress.IPv6Address(number - _IPV6))
    return str(ipaddress.IPv4Address(number))
