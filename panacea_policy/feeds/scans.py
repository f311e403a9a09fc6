"""What a scan saw of hosts: services that the model does not have, software, hosts that nobody declared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from panacea_policy.compiler import Entity
from panacea_policy.feeds.base import Base
from panacea_policy.feeds.bills import software_item
from panacea_policy.feeds.declarations import (
    Added,
    Declared,
    Fact,
    Matched,
    Question,
    Said,
    Told,
    day,
    remark,
    speakable,
)
from panacea_policy.feeds.hosts import HostMatch, host_key, match_host
from panacea_policy.feeds.inventory import Item
from panacea_policy.feeds.matching import FACT
from panacea_policy.feeds.records import Component, ScannedHost, Service
from panacea_policy.feeds.words import words_of
from panacea_policy.language.writing import slug
from panacea_policy.model.cpe import parse_cpe, sound_cpe


def tell_host(base: Base, scans: Sequence[ScannedHost]) -> Told:
    """The facts about one host: of each kind of scan the newest counts."""
    newest = list(_newest(scans))
    origins = tuple(each.origin for each in newest)
    who = next((found for each in newest if (found := match_host(base, each)) is not None), None)
    named = ", ".join(dict.fromkeys([*newest[0].addresses, *newest[0].names])) or host_key(newest[0])
    if who is None or who.confidence < FACT:
        return Told(questions=(_unknown(newest[0], named, who),), origins=origins)
    matched = Matched(
        named, who.item.reference, who.confidence, _class(who.confidence), who.reasons, True, "seen"
    )
    asset = base.model.get(who.item.name)
    if asset is None or not speakable(who.item.reference):
        return Told(matched=(matched,), origins=origins)
    facts: list[Fact] = []
    questions: list[Question] = []
    assumptions: list[str] = []
    seen = _services(base, newest)
    dates = [each.origin.said_at for each in newest if each.origin.said_at is not None]
    if dates:
        facts.append(Said(who.item.reference, "scanned_on", day(max(dates)), day(max(dates))))
    facts += _endpoints(base, asset, who.item, seen, questions, assumptions)
    facts += _software(base, asset, who.item, newest)
    questions += _not_seen(base, asset, seen)
    return Told(tuple(facts), origins, tuple(assumptions), tuple(questions), (matched,))


def host_items(base: Base, scans: Sequence[ScannedHost]) -> Iterator[Item]:
    """The software that scans saw, as things that later documents may speak of."""
    newest = list(_newest(scans))
    who = next((found for each in newest if (found := match_host(base, each)) is not None), None)
    asset = base.model.get(who.item.name) if who is not None and who.confidence >= FACT else None
    if asset is not None and who is not None:
        for name, part in _parts(base, asset, who.item, newest):
            yield software_item(name, part, (who.item.name,))


def _newest(scans: Sequence[ScannedHost]) -> Iterator[ScannedHost]:
    """The newest scan of each kind, in order of their names."""
    best: dict[str, ScannedHost] = {}
    for each in sorted(scans, key=lambda s: (str(s.origin.said_at or ""), s.origin.document)):
        best[each.origin.feed] = each
    return (best[feed] for feed in sorted(best))


def _class(confidence: float) -> str:
    return "exact" if confidence >= 0.97 else "strong" if confidence >= 0.8 else "likely"


def _unknown(host: ScannedHost, named: str, who: HostMatch | None) -> Question:
    if who is not None:
        text = f"Is the host {named} `{who.item.reference}`? " + "; ".join(who.reasons)
        return Question(
            f"host {host_key(host)}", text, "state its address, name or MAC in the model", who.confidence
        )
    services = ", ".join(f"{s.transport} {s.port}" for s in host.services[:5])
    text = f"What is the host {named}? {host.origin.feed} saw it, the model has no such address, name or MAC"
    text += f"; it answers on {services}" if services else ""
    return Question(f"host {host_key(host)}", text, "declare it, or state an asset's address, name or MAC")


# ---------------------------------------------------------------------------------------------- services


def _endpoints(
    base: Base,
    asset: Entity,
    item: Item,
    seen: dict[tuple[str, int], Service],
    questions: list[Question],
    assumptions: list[str],
) -> Iterator[Fact]:
    known = _declared_ports(base, asset)
    new: list[str] = []
    for (transport, port), service in sorted(seen.items()):
        if any(low <= port <= high for _, low, high in known):
            continue
        name = f"{slug(item.reference)}_seen_{transport}_{port}"
        attributes = [("asset", item.reference), ("ports", str(port))]
        protocol = protocol_of(base, service)
        if protocol is not None:
            attributes.append(("protocol", protocol))
        else:
            said = f" ({service.name})" if service.name else ""
            text = f"What does `{item.reference}` speak on {transport} {port}{said}?"
            cure = "declare the endpoint, or the protocol with its port"
            questions.append(Question(f"service {item.reference} {transport} {port}", text, cure))
        new.append(name)
        title = (
            " ".join(filter(None, (service.name, service.product, service.version))) or f"{transport} {port}"
        )
        yield Declared(name, "endpoint", f"Seen by a scan: {title}", tuple(attributes))
    if new:
        if base.references(asset, "endpoints") is None:
            said = f"`{item.reference}` has endpoints that the language cannot name"
            assumptions.append(f"{said}: {len(new)} seen are not added")
        yield Added(item.reference, "endpoints", tuple(new))


def _services(base: Base, scans: Sequence[ScannedHost]) -> dict[tuple[str, int], Service]:
    """What answers on each port: of several scans, what the one says that knows most."""
    found: dict[tuple[str, int], Service] = {}
    for service in (each for scan in scans for each in scan.services):
        known = found.get((service.transport, service.port))
        if known is None or _known(base, service) > _known(base, known):
            found[service.transport, service.port] = service
    return found


def _known(base: Base, service: Service) -> tuple[bool, bool, bool]:
    return protocol_of(base, service) is not None, service.product is not None, service.tls


def protocol_of(base: Base, service: Service) -> str | None:
    """The protocol of the model that a service speaks: by its name, else by the one protocol of its port."""
    protocols = {each.short: each for each in base.model.entities("protocol")}
    said = " ".join(words_of(service.name or ""))
    named = base.tables.service_names.get(said, slug(said) if said else "")
    if service.tls:
        named = base.tables.service_names.get(f"{named} tls", named)
    if named in protocols:
        return named
    fitting = [
        short
        for short, entity in protocols.items()
        if any(low <= service.port <= high for low, high in _ports(base, entity))
    ]
    return fitting[0] if len(fitting) == 1 else None


def _declared_ports(base: Base, asset: Entity) -> list[tuple[Entity, int, int]]:
    """The ports of the endpoints that the model declares: their own, else their protocol's."""
    found = []
    endpoints = base.model.value(asset, "endpoints")
    for endpoint in endpoints if isinstance(endpoints, tuple) else ():
        if not isinstance(endpoint, Entity):
            continue
        protocol = base.model.value(endpoint, "protocol")
        ports = _ports(base, endpoint) or (_ports(base, protocol) if isinstance(protocol, Entity) else [])
        found += [(endpoint, low, high) for low, high in ports]
    return found


def _ports(base: Base, entity: Entity) -> list[tuple[int, int]]:
    value = base.model.value(entity, "ports")
    if not isinstance(value, tuple):
        return []
    return [(each[0], each[1]) for each in value if isinstance(each, tuple) and len(each) == 2]


def _not_seen(base: Base, asset: Entity, seen: dict[tuple[str, int], Service]) -> Iterator[Question]:
    """Endpoints that are declared and did not answer; asked only where the scan saw some service at all."""
    if not seen:
        return
    answering = {port for _, port in seen}
    by_endpoint: dict[str, list[tuple[int, int]]] = {}
    for endpoint, low, high in _declared_ports(base, asset):
        by_endpoint.setdefault(endpoint.short, []).append((low, high))
    for name, ranges in by_endpoint.items():
        if not any(low <= port <= high for port in answering for low, high in ranges):
            text = f"Does `{name}` still listen? The scan of `{asset.short}` saw no answer on its ports"
            yield Question(f"endpoint {name}", text, "remove the endpoint, or scan its ports")


# ---------------------------------------------------------------------------------------------- software


def _software(base: Base, asset: Entity, item: Item, scans: Sequence[ScannedHost]) -> Iterator[Fact]:
    names: list[str] = []
    for name, part in _parts(base, asset, item, scans):
        names.append(name)
        attributes = [("cpe", f"cpe({remark(part.cpe or '')})")]
        if part.version:
            attributes.append(("version", remark(part.version)))
        if part.kind == "operating-system":
            attributes.append(("operating_system", "true"))
        yield Declared(name, "software", f"Seen by a scan: {part.name}", tuple(attributes))
    if names:
        yield Added(item.reference, "software", tuple(names))


def _parts(
    base: Base, asset: Entity, item: Item, scans: Sequence[ScannedHost]
) -> Iterator[tuple[str, Component]]:
    """The products that services and the host itself are, where they have a CPE name and are not declared."""
    known = {cpe for each in base.items.values() if item.name in each.on for cpe in each.product.cpes}
    known |= set(item.product.cpes)
    seen: set[str] = set()
    for scan in scans:
        named = [(cpe, service.version) for service in scan.services for cpe in service.cpe]
        for text, version in [*((cpe, None) for cpe in scan.cpe), *named]:
            sound = sound_cpe(text)
            if sound is None:
                continue
            cpe = parse_cpe(sound)
            product = f"{cpe.part}:{cpe.vendor}:{cpe.product}"
            if cpe.product in "*-" or cpe.part not in "ao" or product in known or product in seen:
                continue
            seen.add(product)
            kind = "operating-system" if cpe.part == "o" else None
            own = cpe.version if cpe.version not in "*-" else version
            title = cpe.product.replace("_", " ")
            yield f"{slug(item.reference)}_runs_{slug(cpe.product)}", Component(title, own, sound, kind=kind)
