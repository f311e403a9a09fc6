"""The model as feeds look at it: what it has, under which names, and what it says itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

from panacea_policy.compiler import UNKNOWN, Entity, Model
from panacea_policy.feeds.declarations import day, listed, remark, speakable
from panacea_policy.feeds.inventory import Item, items, mac_key
from panacea_policy.feeds.matching import Index
from panacea_policy.feeds.words import Tables, tables


class Base:
    """A model without what feeds say, and the indexes over it. What feeds add is added to the index alone."""

    def __init__(self, model: Model, added: Mapping[str, Mapping[str, str | float]] | None = None) -> None:
        self.model = model
        self.tables: Tables = tables(added)
        self.items: dict[str, Item] = {each.name: each for each in items(model)}
        self.index = Index(self.items.values(), self.tables)
        self._lists: dict[tuple[str, str], tuple[str, ...] | None] = {}

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that are taken in the model."""
        return frozenset(entity.short for entity in self.model.entities())

    @cached_property
    def by_cve(self) -> Mapping[str, Entity]:
        """The model's own vulnerabilities, by CVE number."""
        found: dict[str, Entity] = {}
        for entity in self.model.entities("vulnerability"):
            cve = entity.value("cve")
            if isinstance(cve, str):
                found.setdefault(cve.upper(), entity)
        return found

    @cached_property
    def hosts(self) -> Mapping[str, tuple[str, ...]]:
        """Names of assets by ``mac …``, ``address …``, ``name …`` and ``id …``."""
        found: dict[str, dict[str, None]] = {}
        for item in self.items.values():
            if item.kind != "asset":
                continue
            keys = [f"mac {item.mac}"] if item.mac else []
            keys += [f"address {each}" for each in item.addresses]
            keys += [f"name {each}" for each in host_names([item.hostname])] if item.hostname else []
            keys += [f"id {item.asset_id.lower()}"] if item.asset_id else []
            for key in keys:
                found.setdefault(key, {})[item.name] = None
        return {key: tuple(names) for key, names in found.items()}

    @cached_property
    def spoken(self) -> Mapping[str, tuple[Entity, ...]]:
        """Declarations by what people call them: name, title, id, user name, mail; in lower case."""
        found: dict[str, dict[str, Entity]] = {}
        for entity in self.model.entities():
            calls = [entity.short, entity.title]
            for attribute in ("username", "mail", "id", "hostname"):
                if attribute in entity.kind.attributes:
                    value = entity.value(attribute)
                    calls.append(value if isinstance(value, str) else None)
            for call in calls:
                if call:
                    found.setdefault(call.lower(), {})[entity.name] = entity
        return {call: tuple(group.values()) for call, group in found.items()}

    def called(self, text: str, kinds: Iterable[str]) -> list[Entity]:
        """The declarations of these kinds that a text names."""
        wanted = set(kinds)
        found = self.spoken.get(text.strip().lower(), ())
        return [each for each in found if wanted & set(self.model.registry.ancestors(each.kind.name))]

    def privilege(self, short: str) -> str | None:
        """How the language names a privilege; None where the model knows none of that name."""
        for entity in self.model.entities("privilege"):
            if entity.short == short:
                return short
        return None

    def value(self, entity: Entity, attribute: str) -> object:
        """What the model states, with UNKNOWN where it states nothing."""
        return entity.value(attribute) if attribute in entity.kind.attributes else UNKNOWN

    def references(self, entity: Entity, attribute: str) -> tuple[str, ...] | None:
        """What a list attribute of the model refers to; None where the language cannot name all of it."""
        value = self.model.value(entity, attribute)
        if not isinstance(value, tuple):
            return () if value is None or value is UNKNOWN else None
        names = tuple(each.short for each in value if isinstance(each, Entity))
        return names if len(names) == len(value) and all(map(speakable, names)) else None

    @cached_property
    def _by_reference(self) -> Mapping[str, Entity]:
        return {each.short: each for each in self.model.entities()}

    def own_list(self, target: str, attribute: str) -> tuple[str, ...] | None:
        """What the model lists in an attribute of what the language calls ``target``; as
        :meth:`references`.
        """
        if (target, attribute) not in self._lists:
            entity = self._by_reference.get(target)
            self._lists[target, attribute] = () if entity is None else self.references(entity, attribute)
        return self._lists[target, attribute]

    def own_text(self, slot: str) -> str | None:
        """The model's own text for an attribute, named as ``set`` names it; None where it states nothing."""
        path, _, key = slot.partition("[")
        target, _, attribute = path.rpartition(".")
        entity = self._by_reference.get(f"{target}[{key}" if key else target)
        return None if entity is None else self.text(entity, attribute)

    def text(self, entity: Entity, attribute: str) -> str | None:
        """The model's own value of an attribute as text of the language; None where it states nothing."""
        value = self.value(entity, attribute)
        if value is UNKNOWN:
            return (
                "[]"
                if entity.kind.attributes[attribute].complete and entity.kind.attributes[attribute].many
                else None
            )
        if value is None:
            return "none"
        if entity.kind.attributes[attribute].many:
            names = self.references(entity, attribute)
            return None if names is None else listed(names)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, date):
            return day(value)
        resolved = self.model.value(entity, attribute)
        if isinstance(resolved, Entity):
            return resolved.short
        if isinstance(value, str):
            kind = type(entity.kind.attributes[attribute].type).__name__
            return remark(value) if kind == "TextType" else value
        return None


def host_names(names: Sequence[str | None]) -> list[str]:
    """Names of a host as they are compared: lower case, whole, and up to the first dot."""
    found: dict[str, None] = {}
    for name in names:
        whole = (name or "").strip().rstrip(".").lower()
        if whole:
            found[whole] = None
            if not whole.replace(".", "").isdigit():
                found[whole.split(".", 1)[0]] = None
    return list(found)


__all__ = ["Base", "host_names", "mac_key"]
