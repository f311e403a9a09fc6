"""The updateability and patchability view: the way of a fix from its maker to the system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from panacea_policy.compiler import Entity
from panacea_policy.secure_design.results import Table, View, ViewLink, ViewNode
from panacea_policy.secure_design.surroundings import Surroundings, known, many, one
from panacea_policy.secure_design.views import pieces

_FACTS = (
    ("upgradable", "Security updates can be installed"),
    ("update_route", "Way of an update"),
    ("update_installed_by", "Installed by"),
    ("patch_delay", "Usual time from a fix to its installation"),
    ("exposure_limit", "Longest time that an exploited weakness may stay open"),
    ("support_end", "End of security support"),
    ("bill_of_materials", "Bill of materials of"),
    ("disclosure_contact", "Where vulnerabilities are reported"),
    ("scanned_on", "Last scan for vulnerabilities"),
    ("version", "Version"),
)


def update_view(around: Surroundings) -> View:
    """Maker → way → who installs → the system, with the components that need updates of their own."""
    model, subject = around.model, around.subject
    maker = one(model, subject, "manufacturer") or one(model, subject, "supplier")
    start = ViewNode(
        id="maker",
        title=pieces.title(maker) if maker is not None else "Maker not stated",
        subtitle="finds, fixes and signs",
        role="outside",
    )
    nodes, links = [start], []
    target = ViewNode(
        id="subject",
        title=pieces.title(subject),
        subtitle=pieces.text(model, subject, "version"),
        role="self",
    )
    for n, way in enumerate(_ways(around)):
        origin = "maker" if way.supplier in (None, maker) else f"supplier {way.supplier.name}"
        if way.supplier is not None and origin not in {node.id for node in nodes}:
            name = pieces.title(way.supplier)
            nodes.append(ViewNode(id=origin, title=name, subtitle="not its maker", role="outside"))
        nodes.append(ViewNode(id=f"way {n}", title=way.title, subtitle=way.how, role="system"))
        links.append(ViewLink(source=origin, target=f"way {n}", label=way.carries, broken=not way.stated))
        label = "installs" if way.carries == "update" else "may install"
        links.append(ViewLink(source=f"way {n}", target="subject", label=label, broken=not way.stated))
    nodes.append(target)
    for software in around.of("software", "part of it", "software on it"):
        end = pieces.text(model, software, "support_end")
        nodes.append(
            ViewNode(
                id=software.name, title=pieces.title(software), subtitle=f"support ends: {end}", role="data"
            )
        )
        links.append(ViewLink(source=software.name, target="subject", label="part of"))
    return View(
        id="update",
        title="Updateability and patchability view",
        about="How a fix comes from its maker to the system. A broken arrow is a way of which nobody stated "
        "that updates come by it.",
        nodes=tuple(nodes),
        links=tuple(links),
        tables=tuple(_tables(around)),
        gaps=tuple(_gaps(around)),
    )


@dataclass(frozen=True)
class _Way:
    """What an update passes, and how; ``supplier`` comes by it, the maker if None. ``stated``: that updates
    come by it is declared, not only that something does.
    """

    title: str
    how: str
    stated: bool
    carries: str = "update"
    supplier: Entity | None = None


def _ways(around: Surroundings) -> Iterator[_Way]:
    model, subject = around.model, around.subject
    route, by = known(model, subject, "update_route"), known(model, subject, "update_installed_by")
    found = False
    if isinstance(route, str):
        found = True
        yield _Way(
            route, f"installed by the {by}" if isinstance(by, str) else "installed by: not stated", True
        )
    for flow in around.flows:
        if any(p.short == "device_maintenance" for p in many(model, flow, "purposes")):
            found = True
            source, target = one(model, flow, "source"), one(model, flow, "target")
            ends = f"{pieces.title(source)} → {pieces.title(target)}"
            yield _Way(ends, pieces.protection(model, flow), True)
    for access in around.of("remote_access"):
        host = one(model, access, "jump_host")
        how = f"through {pieces.title(host)}" if host is not None else "straight in"
        supplier = one(model, access, "supplier")
        yield _Way(pieces.title(access), how, False, "remote service", supplier)
    if not found:
        yield _Way("Way not stated", f"by the {by}" if isinstance(by, str) else "by whom: not stated", False)


def _tables(around: Surroundings) -> Iterator[Table]:
    model, subject = around.model, around.subject
    rows = [
        (words, pieces.text(model, subject, attribute))
        for attribute, words in _FACTS
        if attribute in subject.kind.attributes
    ]
    yield Table(caption="How it is kept up to date", columns=("What", "Stated"), rows=tuple(rows))
    parts = around.of("software", "part of it", "software on it")
    if parts:
        yield Table(
            caption="Software on it",
            columns=("Component", "Version", "Support ends", "Known weaknesses"),
            rows=tuple(_part(around, each) for each in parts),
        )


def _part(around: Surroundings, software: Entity) -> tuple[str, ...]:
    model = around.model
    cves = [pieces.text(model, v, "cve") for v in many(model, software, "vulnerabilities")]
    return (
        pieces.title(software),
        pieces.text(model, software, "version"),
        pieces.text(model, software, "support_end"),
        ", ".join(cves) or "–",
    )


def _gaps(around: Surroundings) -> Iterator[str]:
    model, subject = around.model, around.subject
    for attribute, words in _FACTS:
        if attribute in subject.kind.attributes and known(model, subject, attribute) is None:
            yield f"{words}: not stated (`{attribute}`)."
