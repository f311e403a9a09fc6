"""Giving entities and templates the values that are said of them, and asking for those that must be said."""

from __future__ import annotations

import msgspec

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.entities import UNKNOWN, Entity, Origin, Template
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.said import Said
from panacea_policy.compiler.values import Cell, Elaborator, is_empty
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, Kind, MapType, Registry, StructureType


class Pending(msgspec.Struct):
    """An entity or template whose values are still to be evaluated."""

    target: Entity | Template
    kind: Kind
    said: list[Said]
    unit: FileUnit
    package: Package
    where: str
    prior: bool = False


class Filler:
    """Evaluates what is said; ``invalid`` collects the attributes whose value was refused."""

    def __init__(
        self, registry: Registry, elaborator: Elaborator, report: Report, invalid: set[tuple[str, str]]
    ) -> None:
        self._registry = registry
        self._elaborator = elaborator
        self._report = report
        self.invalid = invalid

    def fill(self, pending: Pending) -> None:
        target = pending.target
        for said in pending.said:
            name = said.attribute.name
            ok, value = self.value(said, pending.unit, pending.package, f"{pending.where}.{name}")
            if not ok:
                self.invalid.add((target.name, name))
                continue
            if value is UNKNOWN:
                continue
            origin = Origin(
                pending.unit.name, said.start, max(said.end, said.nodes[-1].end if said.nodes else said.end)
            )
            _store(target, name, value, origin, pending.prior)
            if said.attribute.dated is not None:
                self._dated(pending, said, origin)
        if isinstance(target, Entity):
            self.check_required(target)

    def _dated(self, pending: Pending, said: Said, origin: Origin) -> None:
        node = said.nodes[0]
        dated = said.attribute.dated
        if isinstance(node, tree.Binary) and node.operator == "by" and dated is not None:
            attribute = pending.kind.attributes[dated]
            ok, value = self._elaborator.attempt(
                node.right, attribute.type, attribute.many, pending.unit, pending.package, pending.where
            )
            if ok:
                _store(pending.target, dated, value, origin, pending.prior)

    def value(
        self, said: Said, unit: FileUnit, package: Package, where: str, cell: Cell | None = None
    ) -> tuple[bool, object]:
        """The value of one attribute as said: ``(ok, value)``; UNKNOWN for an empty cell or a part made
        elsewhere.
        """
        attribute = said.attribute
        node: tree.Expression = said.nodes[0]
        if said.listed and attribute.many:
            node = tree.ListOf(said.start, said.end, said.nodes)
        elif len(said.nodes) > 1:
            span = Span(unit.name, said.nodes[1].start, said.nodes[-1].end)
            self._report.error("P0309", span, f"`{attribute.name}` takes one value", help="keep one")
            return False, None
        if self._is_part(attribute, node):
            # An empty map is known to be empty; everything else has become entities of its own.
            empty = isinstance(attribute.type, MapType) and isinstance(node, tree.Body) and not node.entries
            return True, () if empty else UNKNOWN
        if attribute.dated is not None and isinstance(node, tree.Binary) and node.operator == "by":
            node = node.left
        try:
            value = self._elaborator.evaluate(node, attribute.type, attribute.many, package, where, cell)
        except Rejected as problem:
            if problem.code == "P0306" and package.prefix:
                # A library's amounts in a currency that this model has no rate for are unknown here, not
                # mistakes.
                return True, UNKNOWN
            span = Span(unit.name, problem.node.start, problem.node.end)
            row = f" (row {cell.number} of the inventory)" if cell else ""
            self._report.error(problem.code, span, problem.message + row, help=problem.help)
            return False, None
        return True, UNKNOWN if is_empty(value) else value

    def _is_part(self, attribute: Attribute, node: tree.Expression) -> bool:
        """Whether a value is a body (or a sum that stands for one) that became an entity of its own."""
        if isinstance(attribute.type, MapType):
            return isinstance(node, tree.Body)
        if not isinstance(attribute.type, StructureType) or isinstance(node, tree.Nothing):
            return False
        if isinstance(node, tree.ListOf):
            return all(isinstance(item, tree.Body) for item in node.items)
        return isinstance(node, tree.Body) or bool(self._registry.kind(attribute.type.kind).summands)

    def check_required(self, entity: Entity) -> None:
        for attribute in entity.kind.attributes.values():
            if attribute.required and (entity.name, attribute.name) not in self.invalid:
                value = entity.value(attribute.name)
                if value is UNKNOWN and attribute.name not in entity.own:
                    span = Span(entity.unit.name, entity.origin.start, entity.origin.end)
                    row = f" (row {entity.row} of {entity.origin.inventory})" if entity.row else ""
                    self._report.error(
                        "P0307",
                        span,
                        f"`{entity.short}` must state its `{attribute.name}`{row}",
                        help=attribute.doc,
                    )


def _store(target: Entity | Template, name: str, value: object, origin: Origin, prior: bool) -> None:
    if isinstance(target, Entity):
        if not isinstance(target.origins, dict):
            target.origins = {}
        if isinstance(value, tuple) and isinstance(target.own.get(name), tuple):
            value = (*as_tuple(target.own[name]), *value)
        target.own[name] = value
        target.origins[name] = origin
    elif prior:
        target.priors[name] = value
        target.prior_origins[name] = origin
    else:
        target.values[name] = value
        target.origins[name] = origin


def as_tuple(value: object) -> tuple[object, ...]:
    """A list's members; none for anything else."""
    return value if isinstance(value, tuple) else ()
