"""From declarations to entities: templates, inventories, nested parts, values, and a scenario's overlay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Declared, Names, Part, parts_of
from panacea_policy.compiler.entities import Entity, Origin, Reference, Template
from panacea_policy.compiler.fill import Filler, Pending, as_tuple
from panacea_policy.compiler.inventory import read_inventory
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.resolve import Resolver
from panacea_policy.compiler.rows import declare_rows, evaluate_rows
from panacea_policy.compiler.said import Said, SaidReader, attributes_of, is_source
from panacea_policy.compiler.values import Cell, Elaborator
from panacea_policy.language import Label, Span, suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, Kind, MapType, Registry, StructureType, TextType

MAX_NESTING = 16


class Builder:
    """Builds the entities of a workspace. Use once."""

    def __init__(
        self,
        registry: Registry,
        names: Mapping[int, Names],
        resolver: Resolver,
        elaborator: Elaborator,
        report: Report,
    ) -> None:
        self._registry = registry
        self._names = names
        self._resolver = resolver
        self._elaborator = elaborator
        self.report = report
        self._reader = SaidReader(registry, report)
        self._pending: list[Pending] = []
        self._rows: list[tuple[Declared, list[Said], list[tuple[Entity, Cell]]]] = []
        self.template_parts: dict[int, list[tuple[Part, Template]]] = {}
        self._declared_template: dict[int, Declared] = {}
        self.entities: dict[str, Entity] = {}
        self._taken: Mapping[str, Entity] = {}
        self._parts_below: Mapping[int, list[tuple[Part, Template]]] = {}
        self.kind_priors: dict[str, Template] = {}
        self.invalid: set[tuple[str, str]] = set()
        self.filler = Filler(registry, elaborator, report, self.invalid)

    def build(self) -> None:
        """Everything: names first, then values, so that order never matters."""
        for names in self._names.values():
            self._declare_templates(names)
        for names in self._names.values():
            self._link_templates(names)
        for names in self._names.values():
            for declared in _flat(names):
                if not declared.template:
                    self._declare_entity(declared)
        for names in self._names.values():
            self._declare_priors(names)
        for pending in self._pending:
            self.filler.fill(pending)
        for declared, saids, rows in self._rows:
            evaluate_rows(self, declared, saids, rows)
            for entity, _ in rows:
                self.filler.check_required(entity)
        self._pending.clear()
        self._rows.clear()

    def stand_on(
        self,
        template_parts: Mapping[int, list[tuple[Part, Template]]],
        kind_priors: Mapping[str, Template],
        entities: Mapping[str, Entity],
    ) -> None:
        """Know what the templates, priors and names of a lower layer are, without changing that layer."""
        self._taken = entities
        self._parts_below = template_parts
        self.template_parts = {**template_parts}
        self.kind_priors = {
            name: Template(
                each.name,
                each.kind,
                (each,),
                priors=dict(each.priors),
                prior_origins=dict(each.prior_origins),
            )
            for name, each in kind_priors.items()
        }

    def has(self, name: str) -> bool:
        """Whether there is an entity of that name, here or in a lower layer."""
        return name in self.entities or name in self._taken

    def editable(self, name: str) -> Entity:
        """The entity of that name; of one of a lower layer a copy, which belongs to this one."""
        if name not in self.entities:
            self.entities[name] = copy(self._taken[name])
        return self.entities[name]

    def templates(self) -> Iterator[Template]:
        """The templates of these packages, and those of their parts."""
        for names in self._names.values():
            for group in self._resolver.table(names.package).templates.values():
                yield from group
        for key, parts in self.template_parts.items():
            if key not in self._parts_below:
                yield from (inner for _, inner in parts)

    @staticmethod
    def said(attribute: Attribute, value: tree.Expression, start: int, end: int) -> Said:
        """One attribute as a scenario says it."""
        return Said(attribute, (value,), start, end, False)

    # ------------------------------------------------------------------------------------------ templates

    def _declare_templates(self, names: Names) -> None:
        table = self._resolver.table(names.package)
        for declared in _flat(names):
            if declared.template:
                template = Template(declared.qualified, declared.kind, ())
                table.templates.setdefault(declared.name, []).append(template)
                self._declared_template[id(template)] = declared

    def _link_templates(self, names: Names) -> None:
        table = self._resolver.table(names.package)
        for template in [each for group in table.templates.values() for each in group]:
            declared = self._declared_template[id(template)]
            template.parents = tuple(self._parents(declared, template))
            self._cut_cycle(template, declared)
            self._template_body(template, declared.kind, declared, 0)

    def _parents(self, declared: Declared, child: Template | None) -> Iterator[Template]:
        for path in declared.parents:
            span = Span(declared.unit.name, path.start, path.end)
            try:
                parent = self._resolver.template(path, (), declared.package)
            except Rejected as problem:
                self.report.error(problem.code, span, problem.message, help=problem.help)
                continue
            if not self._registry.is_a(declared.kind.name, parent.kind.name):
                self.report.error(
                    "P0316",
                    span,
                    f"`{path.name}` is a template of kind `{parent.kind.name}`, not `{declared.kind.name}`",
                    help=f"use a template of kind `{declared.kind.name}`, or declare a `{parent.kind.name}`",
                )
                continue
            yield parent

    def _cut_cycle(self, template: Template, declared: Declared) -> None:
        """Refuse inheritance that comes back to itself, with the circle shown."""
        # What was linked before has no circle, so every circle leads through this template.
        reached_from: dict[int, Template] = {}
        queue = [template]
        while queue:
            at = queue.pop(0)
            for parent in at.parents:
                if parent is template:
                    trail = [at]
                    while trail[-1] is not template:
                        trail.append(reached_from[id(trail[-1])])
                    path = " → ".join(each.name for each in [*reversed(trail), template])
                    message = f"the template inherits from itself: {path}"
                    self.report.error("P0205", declared.span, message, help="remove one `: parent`")
                    template.parents = ()
                    return
                if id(parent) not in reached_from:
                    reached_from[id(parent)] = at
                    queue.append(parent)

    def _template_body(self, template: Template, kind: Kind, declared: Declared, depth: int) -> None:
        unit, package = declared.unit, declared.package
        assert declared.node is not None
        said = list(
            self._reader.said(kind, declared.node.clauses, declared.node.arrow, declared.attributes, unit)
        )
        self._pending.append(Pending(template, kind, said, unit, package, template.name))
        entries = declared.node.body.entries if declared.node.body else ()
        self._template_inside(template, kind, entries, unit, package, depth)

    def _template_inside(
        self,
        template: Template,
        kind: Kind,
        entries: tuple[tree.Entry, ...],
        unit: FileUnit,
        package: Package,
        depth: int,
    ) -> None:
        for entry in entries:
            if isinstance(entry, tree.Typically):
                said = list(self._reader.said(kind, (), None, attributes_of(entry.body.entries), unit))
                self._pending.append(Pending(template, kind, said, unit, package, template.name, prior=True))
        for part in parts_of(kind, entries, unit, self._registry, self.report):
            inner = Template(f"{template.name}.{part.name}", part.kind, ())
            self.template_parts.setdefault(id(template), []).append((part, inner))
            self._part_values(inner, part, unit, package)
            if depth < MAX_NESTING:
                self._template_inside(inner, part.kind, part.entries, unit, package, depth + 1)

    def _part_values(self, target: Entity | Template, part: Part, unit: FileUnit, package: Package) -> None:
        if part.kind.name == "entry":
            return
        clauses = part.node.clauses if part.node else ()
        arrow = part.node.arrow if part.node else None
        said = list(self._reader.said(part.kind, clauses, arrow, attributes_of(part.entries), unit))
        self._pending.append(Pending(target, part.kind, said, unit, package, target.name))
        if part.node is not None and part.node.parents:
            self._part_parents(target, part, unit, package)

    def _part_parents(self, target: Entity | Template, part: Part, unit: FileUnit, package: Package) -> None:
        assert part.node is not None
        stand_in = Declared(
            part.name, part.kind, False, package, unit, part.node, *part.span, parents=part.node.parents
        )
        parents = tuple(self._parents(stand_in, None))
        if isinstance(target, Entity):
            target.templates = (*parents, *target.templates)
        else:
            target.parents = parents

    def _declare_priors(self, names: Names) -> None:
        for item, unit in names.priors:
            kind = self._registry.kinds.get(item.kind.name) if item.kind else None
            if item.kind is None or kind is None:
                path = item.kind or item
                near = suggest(item.kind.name, list(self._registry.kinds)) if item.kind else None
                self.report.error(
                    "P0301",
                    Span(unit.name, path.start, path.end),
                    "`typically` must name a kind of declaration",
                    help=f"did you mean `{near}`?" if near else None,
                )
                continue
            template = self.kind_priors.setdefault(kind.name, Template(f"typically {kind.name}", kind, ()))
            said = list(self._reader.said(kind, (), None, attributes_of(item.body.entries), unit))
            self._pending.append(
                Pending(template, kind, said, unit, names.package, template.name, prior=True)
            )

    # ------------------------------------------------------------------------------------------ entities

    def _declare_entity(self, declared: Declared) -> None:
        templates = tuple(self._parents(declared, None))
        source = _inventory_clause(declared.node)
        if source is not None:
            self._declare_rows(declared, templates, source)
            return
        if declared.node is not None and declared.node.count is not None:
            self.report.error(
                "P0406",
                declared.span,
                f"`{declared.name}[…]` counts rows, but no inventory is given",
                help='add `from inventory("file.csv")`',
            )
        origin = Origin(declared.unit.name, declared.start, declared.end)
        entity = Entity(
            declared.qualified,
            declared.kind,
            declared.title,
            declared.doc,
            declared.package,
            declared.unit,
            origin,
            templates,
            node=declared.node,
        )
        if not self._claim(entity, declared.span):
            return
        self._resolver.add(declared.package, declared.name, declared.kind.name, (entity.name,))
        clauses = declared.node.clauses if declared.node else ()
        arrow = declared.node.arrow if declared.node else None
        said = list(self._reader.said(declared.kind, clauses, arrow, declared.attributes, declared.unit))
        if declared.subject is not None and declared.kind.subject is not None:
            attribute = declared.kind.attributes[declared.kind.subject]
            said.insert(
                0, Said(attribute, (declared.subject,), declared.subject.start, declared.subject.end, True)
            )
        self._pending.append(
            Pending(entity, declared.kind, said, declared.unit, declared.package, entity.name)
        )
        entries = declared.node.body.entries if declared.node is not None and declared.node.body else ()
        self._inside(entity, entries, declared.unit, declared.package, 0)

    def _claim(self, entity: Entity, place: Span) -> bool:
        """Take an entity in under its name, which facts and people know it by; report a name that is
        taken.
        """
        other = self.entities.get(entity.name) or self._taken.get(entity.name)
        if other is None:
            self.entities[entity.name] = entity
            return True
        self.report.error(
            "P0204",
            place,
            f"`{entity.name}` is declared twice",
            labels=(Label(other.span, f"this {other.kind.name} has the name"),),
            help="rename one of them: a name stands for one thing, whatever its kind",
        )
        return False

    def _inside(
        self, owner: Entity, entries: tuple[tree.Entry, ...], unit: FileUnit, package: Package, depth: int
    ) -> None:
        """The parts of an entity: its own, and those its templates give it, merged by name."""
        written = {
            part.name: part for part in parts_of(owner.kind, entries, unit, self._registry, self.report)
        }
        inherited: dict[str, list[tuple[Part, Template]]] = {}
        for template in owner.lines():
            for part, inner in self.template_parts.get(id(template), ()):
                inherited.setdefault(part.name, []).append((part, inner))
        for name in [*written, *(each for each in inherited if each not in written)]:
            own = written.get(name)
            givers = inherited.get(name, [])
            self._part(
                owner, own or givers[0][0], own, tuple(inner for _, inner in givers), unit, package, depth
            )

    def _part(
        self,
        owner: Entity,
        part: Part,
        own: Part | None,
        templates: tuple[Template, ...],
        unit: FileUnit,
        package: Package,
        depth: int,
    ) -> None:
        name = f"{owner.name}.{part.name}"
        span = part.span if own is not None else (owner.origin.start, owner.origin.end)
        origin = Origin(owner.origin.file, span[0], span[1], owner.origin.row, owner.origin.inventory)
        title = part.node.title.value if part.node and part.node.title else None
        entity = Entity(
            name,
            part.kind,
            title,
            part.node.doc if part.node else None,
            package,
            unit,
            origin,
            templates,
            owner,
        )
        if not self._claim(entity, Span(unit.name, *span)):
            return
        self._resolver.add(package, entity.short, part.kind.name, (name,))
        if part.kind.owner is not None:
            entity.own[part.kind.owner] = Reference(owner.name)
        if part.listed:
            owner.own[part.slot] = (*as_tuple(owner.own.get(part.slot)), Reference(name))
        else:
            owner.own[part.slot] = Reference(name)
        if part.kind.name == "entry":
            self._entry(entity, owner, part, unit, package)
            return
        if own is not None:
            self._part_values(entity, own, unit, package)
        if depth < MAX_NESTING:
            self._inside(entity, own.entries if own is not None else (), unit, package, depth + 1)

    def _entry(self, entity: Entity, owner: Entity, part: Part, unit: FileUnit, package: Package) -> None:
        """A pair of a map: key and value take the types that the map's attribute says."""
        attribute = owner.kind.attributes[part.slot]
        pair = part.entries[0]
        assert isinstance(attribute.type, MapType)
        assert isinstance(pair, tree.Attribute)
        key_node = tree.Path(pair.start, pair.key_end, pair.key)
        said = [
            Said(_loose("key", attribute.type.key), (key_node,), pair.start, pair.key_end, False),
            Said(_loose("value", attribute.type.value), (pair.value,), pair.start, pair.end, False),
        ]
        self._pending.append(Pending(entity, part.kind, said, unit, package, entity.name))

    def _declare_rows(self, declared: Declared, templates: tuple[Template, ...], source: tree.Call) -> None:
        unit, package, node = declared.unit, declared.package, declared.node
        assert node is not None
        inventory = read_inventory(source, unit.folder, package.boundary, unit.name, self.report)
        if inventory is None:
            self._resolver.add(package, declared.name, declared.kind.name, ())
            return
        package.inputs.add(inventory.path)
        if node.count is not None and node.count.value != len(inventory.rows):
            self.report.error(
                "P0406",
                Span(unit.name, node.count.start, node.count.end),
                f"{inventory.name} has {len(inventory.rows)} rows, not {node.count.value:g}",
                help=f"write [{len(inventory.rows)}], or leave the number out",
            )
        names = declare_rows(self, declared, templates, inventory)
        self._resolver.add(package, declared.name, declared.kind.name, tuple(names))

    def offer(self, declared: Declared, short: str, name: str) -> None:
        """Make the entity of a row known by name."""
        self._resolver.add(declared.package, short, declared.kind.name, (name,))

    def later_rows(self, declared: Declared, rows: list[tuple[Entity, Cell]]) -> None:
        """Evaluate these rows' values once all names are known, and make their parts now."""
        assert declared.node is not None
        attributes = tuple(a for a in declared.attributes if a.key != "template")
        saids = list(
            self._reader.said(
                declared.kind, declared.node.clauses, declared.node.arrow, attributes, declared.unit
            )
        )
        self._rows.append((declared, saids, rows))
        entries = declared.node.body.entries if declared.node.body else ()
        inner = any(isinstance(entry, tree.Declaration) for entry in entries) or any(
            isinstance(said.attribute.type, StructureType | MapType) for said in saids
        )
        for entity, _ in rows:
            if inner or any(id(template) in self.template_parts for template in entity.lines()):
                self._inside(entity, entries, declared.unit, declared.package, 0)

    def row_template(self, declared: Declared, node: tree.Expression, cell: Cell) -> tuple[Template, ...]:
        """The template that a row names through ``template: lookup(…)`` or ``column(…)``."""
        try:
            path = self._elaborator.row_path(node, declared.package, cell)
            return (self._resolver.template(path, (declared.kind.name,), declared.package),) if path else ()
        except Rejected as problem:
            self.reject_row(declared, problem, cell)
            return ()

    def reject_row(self, declared: Declared, problem: Rejected, cell: Cell | None = None) -> None:
        """Report a problem of a row at the place of the expression that read it."""
        span = Span(declared.unit.name, problem.node.start, problem.node.end)
        row = f" (row {cell.number} of the inventory)" if cell else ""
        self.report.error(problem.code, span, problem.message + row, help=problem.help)

    def check_column(self, declared: Declared, node: tree.Expression, cell: Cell) -> None:
        """Report why an expression cannot be read from a row's columns."""
        try:
            self._elaborator.evaluate(node, TextType(), False, declared.package, declared.name, cell)
        except Rejected as problem:
            self.reject_row(declared, problem)

    # ------------------------------------------------------------------------------------------ attributes
    # and values


def _flat(names: Names) -> Iterator[Declared]:
    for group in names.items.values():
        yield from group


def _loose(name: str, type: object) -> Attribute:
    return Attribute(name, type, False, False, False, "", "entry")  # type: ignore[arg-type]


def _inventory_clause(node: tree.Declaration | None) -> tree.Call | None:
    for clause in node.clauses if node is not None else ():
        if clause.word == "from" and is_source(clause):
            call = clause.values[0]
            assert isinstance(call, tree.Call)
            return call
    return None
