"""A model as plain data: what is declared, with all that is said of it, whatever the texts look like.

Two texts that declare the same give the same document: order, layout, comments and the split into files leave
no trace; what templates and inventories say is written out where it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from panacea_policy.compiler import Entity, Formula, Workspace
from panacea_policy.model import Distribution

SCHEMA = "panacea/model/v1"


def model_document(workspace: Workspace) -> dict[str, Any]:
    """The declarations of the workspace's own packages by name; numbers are in base units.

    Of libraries only the names are in it: packs are named by their own digests.
    """
    declared = workspace.model.entities()
    own = [each for each in declared if not each.package.library] or declared
    return {
        "schema": SCHEMA,
        "currency": workspace.model.currencies.model,
        "declarations": [_declaration(entity) for entity in sorted(own, key=lambda each: each.name)],
    }


def _declaration(entity: Entity) -> dict[str, Any]:
    values: dict[str, object] = {}
    for template in reversed(list(entity.lines())):
        values.update(template.values)
    values.update(entity.own)
    found: dict[str, Any] = {"name": entity.name, "kind": entity.kind.name}
    if entity.title is not None:
        found["title"] = entity.title
    return {**found, "says": {name: plain(value) for name, value in sorted(values.items())}}


def plain(value: object) -> Any:
    """A value as JSON can say it: references as names, distributions by their parameters, dates as text."""
    if isinstance(value, Formula):
        return {value.word: [plain(value.left), plain(value.right)]}
    if isinstance(value, Distribution):
        parameters = {each: plain(getattr(value, each)) for each in value.__struct_fields__}
        return {"law": type(value).__name__.lower(), **parameters}
    if isinstance(value, tuple | list | frozenset | set):
        listed = [plain(each) for each in value]
        return sorted(listed, key=repr) if isinstance(value, frozenset | set) else listed
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)
