"""A model as an Open Threat Model 0.2 (IriusRisk), which other threat modelling tools read.

OTM knows zones, components, data flows, data, threats and mitigations. What it has no word for (identities,
agreements, rules, processes …) travels in the project's attributes as the files of the model themselves, so
that importing what was exported gives the same model; ``bare`` leaves them out.

OTM wants numbers where a model has words: ``trustRating`` is 20 per level of trust, confidentiality that of
the class's sensitivity; integrity and availability of data are 0 where nobody stated them. They are for
display in the other tool, never for computing risk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from panacea_policy.compiler import Entity

if TYPE_CHECKING:
    from panacea_policy.compiler import Model, Workspace

VERSION = "0.2.0"
#: The key under which the files of the model travel.
OURS = "panacea"
#: Points of `trustRating` (0 to 100) per level of trust.
PER_LEVEL = 20
_SENSITIVITY = {"public": 0, "internal": 33, "sensitive": 67, "secret": 100}
_STATES = {
    "in_place": "implemented",
    "planned": "required",
    "candidate": "recommended",
    "retired": "rejected",
}

Json = dict[str, Any]


def to_otm(workspace: Workspace, *, bare: bool = False) -> str:
    """The model of a workspace as OTM, indented JSON. ``bare`` leaves out what only we can read."""
    return json.dumps(document(workspace, bare=bare), indent=2, ensure_ascii=False) + "\n"


def document(workspace: Workspace, *, bare: bool = False) -> Json:
    """The same as JSON values."""
    model = workspace.model
    own = _Own(workspace)
    home = own.organisation()
    project: Json = {
        "name": (home.title or home.name) if home else workspace.root.name,
        "id": home.name if home else workspace.root.name,
        "description": home.doc if home else None,
    }
    if not bare:
        project["attributes"] = {OURS: {"version": 1, "files": files_of(workspace)}}
    zones = [_zone(model, each) for each in own.of("zone")]
    components = [made for each in own.of("asset") if (made := _component(model, each, zones)) is not None]
    known = {each["id"] for each in components}
    flows = [
        made for each in own.of("flow") if (made := _flow(model, each)) is not None and _joins(made, known)
    ]
    return {
        "otmVersion": VERSION,
        "project": project,
        "representations": [],
        "assets": [_asset(model, each) for each in _data(model, own, components, flows)],
        "trustZones": [*zones, *([_NOWHERE] if any(_is_nowhere(c) for c in components) else [])],
        "components": components,
        "dataflows": flows,
        "threats": [_threat(model, each) for each in own.of("vulnerability")],
        "mitigations": [_mitigation(model, each) for each in own.of("control")],
    }


class _Own:
    """What the model itself declares, not its libraries; in order of declaration."""

    def __init__(self, workspace: Workspace) -> None:
        self._model, self._package = workspace.model, workspace.package

    def of(self, kind: str) -> list[Entity]:
        return [each for each in self._model.entities(kind) if each.package is self._package]

    def organisation(self) -> Entity | None:
        own = [o for o in self.of("organisation") if self._model.value(o, "partner") is not True]
        return next(iter(own), None)


def files_of(workspace: Workspace) -> dict[str, str]:
    """The files of the model, inventories included, by their path in the model's folder."""
    files, _ = workspace.inputs()
    texts = workspace.sources
    root = workspace.root.resolve()
    made = {}
    for path in sorted(files):
        # What is not there, such as a lock of installed packs, was looked for all the same.
        if path.resolve().is_relative_to(root) and path.exists():
            name = PurePosixPath(path.resolve().relative_to(root)).as_posix()
            source = texts.get(name)
            made[name] = source.text if source is not None else _read(path)
    for name, source in texts.items():
        if name not in made and (root / name).exists():
            made[name] = source.text
    return dict(sorted(made.items()))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


# ------------------------------------------------------------------------------------------ elements


def _zone(model: Model, zone: Entity) -> Json:
    trust = model.value(zone, "trust")
    made: Json = {
        "id": zone.name,
        "name": zone.title or zone.short,
        "type": _text(model, zone, "type") or "zone",
        "description": zone.doc,
        "risk": {"trustRating": _rating(trust)},
    }
    parent = model.value(zone, "parent")
    if isinstance(parent, Entity):
        made["parent"] = {"trustZone": parent.name}
    return made


def _rating(trust: object) -> int:
    return max(0, min(100, PER_LEVEL * trust)) if isinstance(trust, int) else 0


#: Where components stand that the model puts nowhere: OTM demands a parent.
_NOWHERE: Json = {
    "id": "panacea-nowhere",
    "name": "No zone stated",
    "type": "unknown",
    "description": "The model does not say where these stand.",
    "risk": {"trustRating": 0},
}


def _is_nowhere(component: Json) -> bool:
    return bool(component["parent"] == {"trustZone": _NOWHERE["id"]})


def _component(model: Model, asset: Entity, zones: Sequence[Json]) -> Json | None:
    known = {zone["id"] for zone in zones}
    zone = model.value(asset, "zone") if "zone" in asset.kind.attributes else None
    if asset.owner is not None and "asset" in model.registry.ancestors(asset.owner.kind.name):
        parent = {"component": asset.owner.name}
    elif isinstance(zone, Entity) and zone.name in known:
        parent = {"trustZone": zone.name}
    else:
        parent = {"trustZone": _NOWHERE["id"]}
    template = next((each.name for each in asset.templates), None)
    held: Json = {
        "processed": _names(model, asset, "handles"),
        "stored": _names(model, asset, "stores"),
    }
    return {
        "id": asset.name,
        "name": asset.title or asset.short,
        "type": (template or asset.kind.name).rpartition(".")[2],
        "description": asset.doc,
        "parent": parent,
        "assets": held,
        "threats": [{"threat": each, "state": "exposed"} for each in _names(model, asset, "vulnerabilities")],
        "tags": [str(tag) for tag in _many(model, asset, "tags") if isinstance(tag, str)],
        "attributes": {"kind": asset.kind.name},
    }


def _flow(model: Model, flow: Entity) -> Json | None:
    source, target = model.value(flow, "source"), model.value(flow, "target")
    if not isinstance(source, Entity) or not isinstance(target, Entity):
        return None
    return {
        "id": flow.name,
        "name": flow.title or flow.short,
        "description": flow.doc,
        "bidirectional": model.value(flow, "both_ways") is True,
        "source": source.name,
        "destination": target.name,
        "assets": _names(model, flow, "carries"),
        "tags": [each for each in (_name(model, flow, "protocol"),) if each],
    }


def _joins(flow: Json, components: set[str]) -> bool:
    """OTM allows flows between components it has alone."""
    return flow["source"] in components and flow["destination"] in components


def _data(model: Model, own: _Own, components: Sequence[Json], flows: Sequence[Json]) -> list[Entity]:
    """The model's own classes of data, and those of its libraries that something of the model holds."""
    used = {name for c in components for held in c["assets"].values() for name in held}
    used |= {name for flow in flows for name in flow["assets"]}
    mine = {each.name for each in own.of("data_class")}
    return [each for each in model.entities("data_class") if each.name in used | mine]


def _asset(model: Model, data: Entity) -> Json:
    words = _text(model, data, "sensitivity")
    return {
        "id": data.name,
        "name": data.title or data.short,
        "description": data.doc,
        "risk": {
            "confidentiality": _SENSITIVITY.get(words or "", 0),
            "integrity": 0,
            "availability": 0,
            "comment": f"sensitivity: {words or 'not stated'}; integrity and availability: not stated",
        },
    }


def _threat(model: Model, flaw: Entity) -> Json:
    probability = model.value(flaw, "exploit_probability")
    chance = probability.mean() if hasattr(probability, "mean") else probability
    score = model.value(flaw, "cvss")
    weakness = _text(model, flaw, "weakness")
    return {
        "id": flaw.name,
        "name": flaw.title or flaw.short,
        "description": flaw.doc,
        "categories": [each for each in (_text(model, flaw, "cve"),) if each],
        "cwes": [weakness] if weakness else [],
        "risk": {
            "likelihood": round(100 * chance, 1) if isinstance(chance, float) else None,
            "likelihoodComment": "probability that an attempt to use it works",
            "impact": round(10 * score, 1) if isinstance(score, float | int) else 0,
            "impactComment": "CVSS base score, times ten",
        },
    }


def _mitigation(model: Model, control: Entity) -> Json:
    value = model.value(control, "effectiveness")
    share = value.mean() if hasattr(value, "mean") else value
    status = _text(model, control, "status")
    return {
        "id": control.name,
        "name": control.title or control.short,
        "description": control.doc,
        "riskReduction": round(100 * share, 1) if isinstance(share, float) else 0,
        "attributes": {"state": _STATES.get(status or "", "recommended")},
    }


# ------------------------------------------------------------------------------------------ values


def _many(model: Model, entity: Entity, attribute: str) -> tuple[object, ...]:
    if attribute not in entity.kind.attributes:
        return ()
    value = model.value(entity, attribute)
    return value if isinstance(value, tuple) else ()


def _names(model: Model, entity: Entity, attribute: str) -> list[str]:
    return [each.name for each in _many(model, entity, attribute) if isinstance(each, Entity)]


def _name(model: Model, entity: Entity, attribute: str) -> str | None:
    value = model.value(entity, attribute)
    return value.name if isinstance(value, Entity) else None


def _text(model: Model, entity: Entity, attribute: str) -> str | None:
    value = model.value(entity, attribute)
    return value if isinstance(value, str) else None


def elements(otm: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every element of a document with the list that it stands in."""
    for family in ("trustZones", "components", "dataflows", "assets", "threats", "mitigations"):
        for each in otm.get(family) or ():
            if isinstance(each, dict):
                yield family, each
