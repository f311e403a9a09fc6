"""The sentences of rules: `{f.source}` in a message stands for what the path leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from panacea_policy.compiler.entities import UNKNOWN, Entity, Reference
from panacea_policy.compiler.facts import ANY
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.rules.typing import EntityType, ExpressionType
from panacea_policy.language import syntax as tree
from panacea_policy.model import MapType, ReferenceType, Registry, StructureType

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")


def fill(model: Model, message: str, values: Mapping[str, object]) -> str:
    """The message with every placeholder replaced by what it stands for."""

    def replace(match: re.Match[str]) -> str:
        root, *rest = match[1].split(".")
        return _follow(model, values.get(root, UNKNOWN), rest)

    return _PLACEHOLDER.sub(replace, message)


def paths_of(message: str) -> Iterator[tuple[str, list[str]]]:
    """The placeholders of a message: the variable, and the attributes that lead on from it."""
    for match in _PLACEHOLDER.finditer(message):
        root, *rest = match[1].split(".")
        yield root, rest


def _follow(model: Model, value: object, segments: list[str]) -> str:
    if value in (ANY, ANY[0]):
        return "one not declared"
    if not segments:
        return model.describe(value)
    if isinstance(value, tuple):
        return ", ".join(_follow(model, each, segments) for each in value) or "nothing"
    entity = model.get(value) if isinstance(value, Reference) else value
    if not isinstance(entity, Entity):
        return "unknown" if value is UNKNOWN else "none"
    found = entity.value(segments[0])
    if len(segments) == 1:
        return model.text(entity, segments[0])
    return _follow(model, found, segments[1:])


def wrong_placeholders(
    registry: Registry, message: tree.String, variables: Mapping[str, ExpressionType]
) -> Iterator[tuple[str, str]]:
    """Placeholders that stand for nothing, each with the reason."""
    for match in _PLACEHOLDER.finditer(message.value):
        root, *rest = match[1].split(".")
        if root not in variables:
            yield match[1], f"`{root}` is no variable of this rule"
            continue
        type = variables[root]
        kinds = type.kinds if isinstance(type, EntityType) else ()
        for segment in rest:
            attributes = [
                registry.kind(kind).attributes[segment]
                for kind in kinds
                if segment in registry.kind(kind).attributes
            ]
            if not attributes and kinds != ("entry",):
                yield match[1], f"there is no attribute `{segment}`"
                break
            kinds = _kinds(attributes[0].type) if attributes else ()


def _kinds(type: object) -> tuple[str, ...]:
    if isinstance(type, ReferenceType):
        return type.kinds
    if isinstance(type, StructureType):
        return (type.kind,)
    return ("entry",) if isinstance(type, MapType) else ()
