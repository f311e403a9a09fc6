"""Which asset of the model a scanned host is: by hardware address, address and name."""

from __future__ import annotations

from dataclasses import dataclass

from panacea_policy.feeds.base import Base, host_names
from panacea_policy.feeds.inventory import Item, address_key, mac_key
from panacea_policy.feeds.records import ScannedHost

# How surely one agreement alone says which asset it is: addresses are leased, hardware stays.
_MAC, _NAME, _ADDRESS = 0.99, 0.9, 0.85
#: Agreement in two of these; and what another asset's agreement in something else takes away, at most.
_TOGETHER, _DISPUTED = 0.97, 0.5


@dataclass(frozen=True, slots=True)
class HostMatch:
    """The asset that a host is, how surely, and why."""

    item: Item
    confidence: float
    reasons: tuple[str, ...]


def match_host(base: Base, host: ScannedHost) -> HostMatch | None:
    """The asset that most agrees with a host; None if none does, or several do equally."""
    found: dict[str, dict[float, str]] = {}

    def agree(key: str, weight: float, said: str) -> None:
        names = base.hosts.get(key, ())
        for name in names if len(names) == 1 else ():
            found.setdefault(name, {}).setdefault(weight, said)

    mac = mac_key(host.mac)
    if mac:
        agree(f"mac {mac}", _MAC, f"hardware address {host.mac}")
    for address in host.addresses:
        key = address_key(address)
        if key:
            agree(f"address {key}", _ADDRESS, f"address {key}")
    for name in host_names(host.names):
        agree(f"name {name}", _NAME, f"name {name}")
    if not found:
        return None
    ranked = sorted(found.items(), key=lambda each: (-max(each[1]), -len(each[1]), each[0]))
    name, agreements = ranked[0]
    reasons = tuple(agreements.values())
    confidence = max(agreements)
    if len(reasons) > 1:
        confidence = max(confidence, _TOGETHER)
    if len(ranked) > 1:
        other, theirs = ranked[1]
        if max(theirs) == max(agreements):
            return None
        confidence *= 1 - _DISPUTED * max(theirs)
        reasons = (*reasons, f"but {theirs[max(theirs)]} is {base.items[other].reference}")
    return HostMatch(base.items[name], round(confidence, 4), reasons)


def host_key(host: ScannedHost) -> str:
    """What one host is known by from scan to scan: its hardware address, else its first address or name."""
    mac = mac_key(host.mac)
    if mac:
        return mac
    return next(iter([*host.addresses, *host_names(host.names)]), "unknown")
