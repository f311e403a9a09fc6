"""Scenarios: what they set, remove and add, laid over a model without changing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.compiler.entities import Entity, Origin
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.resolve import Resolver
from panacea_policy.language import Span, suggest
from panacea_policy.language import syntax as tree

if TYPE_CHECKING:
    from panacea_policy.compiler.build import Builder


@dataclass(frozen=True, slots=True)
class Overlay:
    """One scenario."""

    name: str
    package: Package
    unit: FileUnit
    entries: tuple[tree.Entry, ...]

    @property
    def removed(self) -> Iterator[str]:
        """Qualified names of the declarations that the scenario takes away."""
        for entry in self.entries:
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
    """The scenario of that name; None where there is none."""
    for unit, item in scenario_items(package):
        if item.name.name == name:
            return Overlay(item.name.name, package, unit, item.entries)
    return None


def apply_sets(overlay: Overlay, builder: Builder, resolver: Resolver) -> None:
    """Set the attributes that a scenario sets; what it cannot find is reported at its place."""
    for entry in overlay.entries:
        if isinstance(entry, tree.Set):
            _set(overlay, entry, builder, resolver)


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
