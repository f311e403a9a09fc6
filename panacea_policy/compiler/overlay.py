"""Scenarios: what they set, remove and add, laid over a model without changing it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from panacea_policy.compiler.entities import Entity, Origin
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.resolve import Resolver
from panacea_policy.language import Span, suggest
from panacea_policy.language import syntax as tree

if TYPE_CHECKING:
    from panacea_policy.compiler.build import Builder


class Overlay(msgspec.Struct, frozen=True):
    """One scenario; ``included`` are those that it builds on, in the order in which they are laid."""

    name: str
    package: Package
    unit: FileUnit
    entries: tuple[tree.Entry, ...]
    included: tuple[Overlay, ...] = ()

    def parts(self) -> Iterator[Overlay]:
        """All that is laid over the model, what a scenario builds on before the scenario itself."""
        yield from self.included
        yield self

    @property
    def removed(self) -> Iterator[str]:
        """Qualified names of the declarations that are taken away."""
        for part in self.parts():
            for entry in part.entries:
                if isinstance(entry, tree.Remove):
                    key = f'["{entry.target.key}"]' if entry.target.key else ""
                    yield self.package.qualify(entry.target.name + key)


def scenario_items(package: Package) -> list[tuple[FileUnit, tree.ScenarioItem]]:
    """The scenarios of a package, each with its file."""
    return [
        (unit, item)
        for unit in package.files
        for item in unit.tree.items
        if isinstance(item, tree.ScenarioItem)
    ]


def overlay_of(package: Package, name: str | None) -> Overlay | None:
    """The scenario of that name with all that it builds on; None where there is none."""
    items = {item.name.name: (unit, item) for unit, item in scenario_items(package)}
    if name is None or name not in items:
        return None
    *below, last = [
        Overlay(each, package, items[each][0], items[each][1].entries) for each in _order(name, items)
    ]
    return replace(last, included=tuple(below))


_Items = Mapping[str, tuple[FileUnit, tree.ScenarioItem]]


def _order(name: str, items: _Items) -> list[str]:
    """A scenario and all that it builds on, each once and after what it builds on itself."""
    order: list[str] = []
    open_: set[str] = set()

    def visit(each: str) -> None:
        if each in items and each not in open_:
            open_.add(each)
            for below in included(items[each][1]):
                visit(below.name)
            order.append(each)

    visit(name)
    return order


def included(item: tree.ScenarioItem) -> Iterator[tree.Path]:
    """The names of the scenarios that one says it builds on."""
    for entry in item.entries:
        if isinstance(entry, tree.Attribute) and entry.key == "includes":
            each = entry.value.items if isinstance(entry.value, tree.ListOf) else (entry.value,)
            yield from (path for path in each if isinstance(path, tree.Path))


def circle(item: tree.ScenarioItem, items: Iterable[tree.ScenarioItem]) -> list[str] | None:
    """The way by which a scenario builds on itself; None where it does not."""
    known = {**{each.name.name: each for each in items}, item.name.name: item}
    trails = [[item.name.name]]
    seen: set[str] = set()
    while trails:
        trail = trails.pop()
        for path in included(known[trail[-1]]):
            if path.name == item.name.name:
                return [*trail, path.name]
            if path.name in known and path.name not in seen:
                seen.add(path.name)
                trails.append([*trail, path.name])
    return None


def apply_sets(overlay: Overlay, builder: Builder, resolver: Resolver) -> None:
    """Set the attributes that a scenario sets; what it cannot find is reported at its place."""
    for part in overlay.parts():
        for entry in part.entries:
            if isinstance(entry, tree.Set):
                _set(part, entry, builder, resolver)


def _set(overlay: Overlay, entry: tree.Set, builder: Builder, resolver: Resolver) -> None:
    path, _, name = entry.target.name.rpartition(".")
    span = Span(overlay.unit.name, entry.target.start, entry.target.end)
    node = tree.Path(entry.target.start, entry.target.end, path, entry.target.key)
    targets = resolver.candidates(node, (), overlay.package) if path else []
    names = [name for target in targets for name in target.names if builder.has(name)]
    if len(targets) != 1 or not names:
        builder.report.error(
            "P0202",
            span,
            f"`{entry.target.name}` names no attribute of one declaration",
            help="write `set NAME.ATTRIBUTE: VALUE`",
        )
        return
    for qualified in names:
        entity = builder.editable(qualified)
        attribute = entity.kind.attributes.get(name)
        if attribute is None:
            near = suggest(name, list(entity.kind.attributes))
            builder.report.error(
                "P0302",
                span,
                f"a `{entity.kind.name}` has no attribute `{name}`",
                help=f"did you mean `{near}`?" if near else None,
            )
            return
        said = builder.said(attribute, entry.value, entry.start, entry.end)
        ok, value = builder.filler.value(said, overlay.unit, overlay.package, f"{qualified}.{name}")
        if ok:
            _store(entity, name, value, Origin(overlay.unit.name, entry.start, entry.end))


def _store(entity: Entity, name: str, value: object, origin: Origin) -> None:
    entity.own = {**entity.own, name: value}
    entity.origins = {**entity.origins, name: origin}
