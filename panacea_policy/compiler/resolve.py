"""Finding what a name means: by the kind its place expects, first in the own package, then in the used
ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from panacea_policy.compiler.entities import Template
from panacea_policy.compiler.packages import Package
from panacea_policy.compiler.plain import Rejected
from panacea_policy.language import suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import Registry


class Target(msgspec.Struct, frozen=True):
    """What a name may stand for: one entity, or all entities of an inventory."""

    kind: str
    names: tuple[str, ...]


class Table(msgspec.Struct):
    """What one package offers, by short name."""

    package: Package
    targets: dict[str, list[Target]] = msgspec.field(default_factory=dict)
    templates: dict[str, list[Template]] = msgspec.field(default_factory=dict)


class Resolver:
    """Looks names up in the packages of a workspace."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._tables: dict[int, Table] = {}

    def above(self) -> Resolver:
        """A resolver that also knows everything this one knows; new packages are added to it alone."""
        other = Resolver(self._registry)
        other._tables = dict(self._tables)
        return other

    def table(self, package: Package) -> Table:
        """The table of one package, made on first use."""
        return self._tables.setdefault(id(package), Table(package))

    def templates(self) -> Iterator[Template]:
        """All templates of all packages."""
        for table in self._tables.values():
            for group in table.templates.values():
                yield from group

    def add(self, package: Package, short: str, kind: str, names: tuple[str, ...]) -> None:
        """Offer a name."""
        self.table(package).targets.setdefault(short, []).append(Target(kind, names))

    def resolve(
        self, path: tree.Path, kinds: tuple[str, ...], template: bool, package: Package
    ) -> tuple[str, ...]:
        """Qualified names of what a path stands for (several for a whole inventory). Raises
        :class:`Rejected`.
        """
        if template:
            return (self.template(path, kinds, package).name,)
        found = self.candidates(path, kinds, package)
        if len(found) == 1:
            return found[0].names
        if found:
            raise self._ambiguous(path, [target.names[0] for target in found])
        raise self._unknown(path, kinds, package)

    def candidates(self, path: tree.Path, kinds: tuple[str, ...], package: Package) -> list[Target]:
        """Everything of one of these kinds that the path may stand for: own names hide those of used
        packages.
        """
        name = path.name if path.key is None else f'{path.name}["{path.key}"]'
        own = self._fitting(self.table(package).targets.get(name, ()), kinds)
        if own:
            return own
        found: dict[tuple[str, ...], Target] = {}
        for used in package.uses:
            for short in _readings(name, used):
                for target in self._fitting(self.table(used).targets.get(short, ()), kinds):
                    found[target.names] = target
        return list(found.values())

    def meanings(self, name: str, package: Package) -> tuple[list[Target], list[Template]]:
        """Everything that a name could stand for in a package if any kind fitted: its own, and those of used
        packages, which own ones may hide.
        """
        tables = [(self.table(package), name)]
        tables += [(self.table(used), short) for used in package.uses for short in _readings(name, used)]
        targets = [target for table, short in tables for target in table.targets.get(short, ())]
        templates = [template for table, short in tables for template in table.templates.get(short, ())]
        return targets, templates

    def template(self, path: tree.Path, kinds: tuple[str, ...], package: Package) -> Template:
        """The template that a path names. Raises :class:`Rejected`."""
        own = self._fitting_templates(self.table(package).templates.get(path.name, ()), kinds)
        found = {each.name: each for each in own}
        if not own:
            for used in package.uses:
                for short in _readings(path.name, used):
                    templates = self.table(used).templates.get(short, ())
                    found.update((each.name, each) for each in self._fitting_templates(templates, kinds))
        if len(found) == 1:
            return next(iter(found.values()))
        if found:
            raise self._ambiguous(path, list(found))
        near = suggest(path.name, list(self.template_names(package)))
        raise Rejected(
            "P0202",
            path,
            f"there is no template `{path.name}`",
            f"did you mean `{near}`?"
            if near
            else "declare `template KIND NAME { … }` or `use` the package that has it",
        )

    def template_names(self, package: Package) -> Iterator[str]:
        """The names of all templates of a package and of those it uses."""
        for each in [package, *package.uses]:
            yield from self.table(each).templates

    # ------------------------------------------------------------------------------------------ internals

    def _fitting(self, targets: Iterable[Target], kinds: tuple[str, ...]) -> list[Target]:
        if not kinds:
            return list(targets)
        return [target for target in targets if any(self._registry.is_a(target.kind, kind) for kind in kinds)]

    def _fitting_templates(self, templates: Iterable[Template], kinds: tuple[str, ...]) -> list[Template]:
        return [
            template
            for template in templates
            if not kinds
            or any(
                self._registry.is_a(template.kind.name, k) or self._registry.is_a(k, template.kind.name)
                for k in kinds
            )
        ]

    def _names(self, package: Package, kinds: tuple[str, ...]) -> Iterator[str]:
        for each in [package, *package.uses]:
            for name, targets in self.table(each).targets.items():
                if self._fitting(targets, kinds):
                    yield name

    def _ambiguous(self, path: tree.Path, names: list[str]) -> Rejected:
        listing = ", ".join(f"`{name}`" for name in names[:6])
        return Rejected(
            "P0203",
            path,
            f"`{path.name}` could be several declarations: {listing}",
            "write the full name of one",
        )

    def _unknown(self, path: tree.Path, kinds: tuple[str, ...], package: Package) -> Rejected:
        name = path.name if path.key is None else f'{path.name}["{path.key}"]'
        wanted = " or ".join(f"`{kind}`" for kind in kinds) or "declaration"
        other = self.candidates(path, (), package)
        if other:
            return Rejected(
                "P0207", path, f"`{name}` is a `{other[0].kind}`, but a {wanted} is expected here"
            )
        near = suggest(name, list(self._names(package, kinds)))
        if near is None and (elsewhere := self._elsewhere(path, kinds, package)) is not None:
            return Rejected(
                "P0202", path, f"there is no {wanted} called `{name}`", f"`use {elsewhere}` has one"
            )
        return Rejected(
            "P0202",
            path,
            f"there is no {wanted} called `{name}`",
            f"did you mean `{near}`?" if near else "declare it, or `use` the package that has it",
        )

    def _elsewhere(self, path: tree.Path, kinds: tuple[str, ...], package: Package) -> str | None:
        for table in self._tables.values():
            if table.package is not package and self._fitting(table.targets.get(path.name, ()), kinds):
                return table.package.label
        return None


def _readings(name: str, used: Package) -> Iterator[str]:
    """The short names in ``used`` that a name may mean: itself, or without the package in front."""
    yield name
    for label in {used.label, used.prefix.rstrip(".")}:
        if label and name.startswith(f"{label}."):
            yield name[len(label) + 1 :]
