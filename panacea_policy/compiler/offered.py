"""The names that a question may use: for completion, never for judging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.compiler.packages import Package

if TYPE_CHECKING:
    from panacea_policy.compiler.layers import Layer
    from panacea_policy.compiler.program import Program


@dataclass(frozen=True, slots=True)
class Offered:
    """Short names: relations with their columns, templates with their kinds, declarations by kind."""

    relations: Mapping[str, tuple[str, ...]]
    templates: Mapping[str, str]
    declarations: Mapping[str, tuple[str, ...]]


#: Kinds that no condition compares with.
_APART = frozenset({"relation", "rule", "step", "scenario", "test", "entry", "requirement", "pack"})


def offered(package: Package, layer: Layer, program: Program) -> Offered:
    """What a question about a package may name: its own names, and those of what it uses."""
    relations: dict[str, tuple[str, ...]] = {}
    templates: dict[str, str] = {}
    declarations: dict[str, list[str]] = {}
    for each in _visible(package):
        table = layer.resolver.table(each)
        for name, group in table.templates.items():
            templates.setdefault(name, group[0].kind.name)
        for name, targets in table.targets.items():
            for target in targets:
                if target.kind == "relation" and target.names[0] in program.relations:
                    relations.setdefault(name, program.relations[target.names[0]].names)
                elif target.kind not in _APART:
                    declarations.setdefault(target.kind, []).append(name)
    return Offered(relations, templates, {kind: tuple(names) for kind, names in declarations.items()})


def _visible(package: Package) -> Iterator[Package]:
    yield package
    yield from package.uses
