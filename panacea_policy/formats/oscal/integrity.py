"""References between OSCAL documents: that each leads to something. Other validators do not look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from panacea_policy.formats.oscal.names import Json

#: Members that name something by UUID, anywhere in the documents.
_REFERENCES = frozenset(
    {
        "observation-uuid", "risk-uuid", "component-uuid", "actor-uuid", "subject-uuid", "task-uuid",
        "implementation-statement-uuid", "finding-uuid",
    }
)  # fmt: skip


def dangling(documents: Mapping[str, Json]) -> tuple[str, ...]:
    """What is wrong with the references of some documents, by the names of their files; empty if nothing is.

    Looked at are UUIDs that are named and never given, or given twice in one document for different things;
    documents that are imported and not there; controls, roles and parties that are named and not declared.
    """
    problems: list[str] = []
    given = {value for document in documents.values() for name, value in _pairs(document) if name == "uuid"}
    controls = {each["id"] for each in documents["catalog.json"]["catalog"]["controls"]}
    for file, document in documents.items():
        pairs = list(_pairs(document))
        twice = [v for v, count in Counter(v for n, v in pairs if n == "uuid").items() if count > 1]
        problems += [f"{file}: two things have the UUID {value}" for value in sorted(twice)]
        roles = {role["id"] for role in _head(document).get("roles", ())}
        people = {party["uuid"] for party in _head(document).get("parties", ())}
        for name, value in pairs:
            if name in _REFERENCES and value not in given:
                problems.append(f"{file}: {name} {value} leads to nothing")
            elif name in ("control-id", "with-ids", "target-id") and value not in controls:
                problems.append(f"{file}: there is no control {value}")
            elif name in ("role-id", "role-ids") and value not in roles:
                problems.append(f"{file}: there is no role {value}")
            elif name == "party-uuids" and value not in people:
                problems.append(f"{file}: there is no party {value}")
            elif name in ("href", "source") and value.startswith("#"):
                if value[1:] not in controls:
                    problems.append(f"{file}: {value} leads to nothing")
            elif name in ("href", "source") and value.endswith(".json") and value not in documents:
                problems.append(f"{file}: {value} is not there")
    return tuple(problems)


def _head(document: Json) -> Json:
    (body,) = document.values()
    found = body["metadata"]
    assert isinstance(found, dict)
    return found


def _pairs(node: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a document with the name of the member it is in."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _pairs(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from _pairs(value, name)
    elif isinstance(node, str):
        yield name, node
