"""What the model says that a hospital has, as feeds look for it: products, versions, serial numbers,
addresses.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from panacea_policy.compiler import UNKNOWN, Entity, Model
from panacea_policy.model.cpe import Cpe, found_cpe
from panacea_policy.model.purl import PackageUrl, found_purl


@dataclass(frozen=True, slots=True)
class Product:
    """What one thing is, as far as names go: equal products are compared once. CPE and purl without their
    versions.
    """

    vendors: tuple[str, ...]
    names: tuple[str, ...]
    cpes: tuple[str, ...] = ()
    purls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One asset or piece of software of the model. ``reference`` is how the language names it."""

    name: str
    reference: str
    kind: str
    product: Product
    version: str | None = None
    serial: str | None = None
    model: str | None = None
    udi: str | None = None
    asset_id: str | None = None
    hostname: str | None = None
    addresses: tuple[str, ...] = ()
    mac: str | None = None
    #: The CPE and the purl as they were written, with what they say of the version.
    cpe: str | None = None
    purl: str | None = None
    #: Software: the assets that it runs on, by name.
    on: tuple[str, ...] = ()


def items(model: Model) -> Iterator[Item]:
    """Everything of a model that a feed may speak of, in order of declaration."""
    hosts = _hosts_of_software(model)
    for kind in ("asset", "software"):
        for entity in model.entities(kind):
            yield item(model, entity, hosts.get(entity.name, ()))


def item(model: Model, entity: Entity, on: tuple[str, ...] = ()) -> Item:
    """One asset or piece of software, which runs on these assets."""
    attribute = "cpe" if "cpe" in entity.kind.attributes else "product"
    written = _text(model, entity, attribute)
    cpe = found_cpe(written)
    purl = found_purl(_text(model, entity, "purl"))
    return Item(
        name=entity.name,
        reference=entity.short,
        kind="software" if attribute == "cpe" else "asset",
        product=Product(
            vendors=tuple(_vendors(model, entity, cpe)),
            names=tuple(_names(model, entity, cpe, purl)),
            cpes=(f"{cpe.part}:{cpe.vendor}:{cpe.product}",) if cpe else (),
            purls=(purl_key(purl),) if purl else (),
        ),
        version=_text(model, entity, "version") or _cpe_version(cpe) or (purl.version if purl else None),
        serial=_text(model, entity, "serial"),
        model=_text(model, entity, "model"),
        udi=_text(model, entity, "udi"),
        asset_id=_text(model, entity, "id"),
        hostname=_text(model, entity, "hostname"),
        addresses=tuple(_hosts(model, entity)),
        mac=mac_key(_text(model, entity, "mac")),
        cpe=written if cpe else None,
        purl=_text(model, entity, "purl") if purl else None,
        on=on,
    )


def _hosts_of_software(model: Model) -> dict[str, tuple[str, ...]]:
    """For each piece of software, by name, the assets that it runs on; a part runs where its whole does."""
    found: dict[str, dict[str, None]] = {}
    agenda: list[tuple[Entity, str]] = []
    for asset in model.entities("asset"):
        if "software" in asset.own or asset.templates:
            value = model.value(asset, "software")
            agenda += (
                [(each, asset.name) for each in value or () if isinstance(each, Entity)]
                if isinstance(value, tuple)
                else []
            )
    while agenda:
        software, host = agenda.pop()
        hosts = found.setdefault(software.name, {})
        if host in hosts:
            continue
        hosts[host] = None
        parts = model.value(software, "components")
        agenda += (
            [(each, host) for each in parts if isinstance(each, Entity)] if isinstance(parts, tuple) else []
        )
    return {name: tuple(sorted(hosts)) for name, hosts in found.items()}


def purl_key(purl: PackageUrl) -> str:
    """The package without its version: type, namespace and name, in the form that its registry holds for
    equal.
    """
    name, namespace = purl.name, purl.namespace or ""
    if purl.type in ("pypi", "nuget", "npm", "github", "bitbucket", "composer", "deb", "rpm", "golang"):
        name, namespace = name.lower(), namespace.lower()
    if purl.type == "pypi":
        name = re.sub(r"[-_.]+", "-", name)
    return f"{purl.type}/{namespace}/{name}"


def mac_key(text: str | None) -> str | None:
    """A hardware address as twelve digits; None for what is none."""
    digits = re.sub(r"[^0-9a-f]", "", (text or "").lower())
    return digits if len(digits) == 12 else None


def address_key(text: str) -> str | None:
    """The address of one host in its usual form; None for a network or a name."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return str(network.network_address) if network.num_addresses == 1 else None


def _text(model: Model, entity: Entity, attribute: str) -> str | None:
    if attribute not in entity.kind.attributes:
        return None
    value = entity.value(attribute)
    return str(value) if value is not UNKNOWN and value is not None else None


def _names(model: Model, entity: Entity, cpe: Cpe | None, purl: PackageUrl | None) -> Iterable[str]:
    found = [_text(model, entity, "model"), entity.title]
    if not entity.title and entity.row is None:
        found.append(entity.short.rsplit(".", 1)[-1].replace("_", " "))
    # A template of the model's own is a product; those of libraries are classes.
    found += [line.name.replace("_", " ") for line in entity.lines() if "." not in line.name]
    found.append(cpe.product.replace("_", " ") if cpe and cpe.product not in "*-" else None)
    found.append(purl.name if purl else None)
    return dict.fromkeys(each for each in found if each)


def _vendors(model: Model, entity: Entity, cpe: Cpe | None) -> Iterable[str]:
    found: dict[str, None] = {}
    for attribute in ("manufacturer", "supplier"):
        if attribute in entity.kind.attributes:
            party = model.value(entity, attribute)
            if isinstance(party, Entity):
                found[party.title or party.short.replace("_", " ")] = None
                break
    if cpe and cpe.vendor not in "*-":
        found[cpe.vendor.replace("_", " ")] = None
    return found


def _hosts(model: Model, entity: Entity) -> Iterator[str]:
    values = entity.value("addresses") if "addresses" in entity.kind.attributes else UNKNOWN
    for value in values if isinstance(values, tuple) else ():
        key = address_key(str(value))
        if key is not None:
            yield key


def _cpe_version(cpe: Cpe | None) -> str | None:
    return cpe.version if cpe and cpe.version not in "*-" else None
