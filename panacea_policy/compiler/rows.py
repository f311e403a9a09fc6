"""Inventories row by row: each becomes an entity, and each distinct cell text is understood only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from panacea_policy.compiler.declare import Declared
from panacea_policy.compiler.entities import UNKNOWN, Entity, Origin, Template
from panacea_policy.compiler.inventory import Inventory
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.values import Cell
from panacea_policy.language import syntax as tree

if TYPE_CHECKING:
    from panacea_policy.compiler.build import Builder
    from panacea_policy.compiler.said import Said


class _Plan(msgspec.Struct):
    """How one attribute comes from a row: the columns it reads, and what their texts have meant so far."""

    said: Said
    columns: tuple[str, ...]
    known: dict[tuple[str, ...], tuple[bool, object]]


def declare_rows(
    builder: Builder, declared: Declared, templates: tuple[Template, ...], inventory: Inventory
) -> list[str]:
    """One entity per row, named ``base["id"]``; gives the qualified names in the order of the file.

    Values are evaluated after all names are known, by :class:`RowValues`, which this puts on the builder's
    list.
    """
    id_node = next((a.value for a in declared.attributes if a.key == "id"), None)
    template_node = next((a.value for a in declared.attributes if a.key == "template"), None)
    names: list[str] = []
    rows: list[tuple[Entity, Cell]] = []
    span = (declared.start, declared.end)
    for cell in inventory.rows:
        key = _key(builder, declared, id_node, cell)
        if key is None:
            continue
        short = f'{declared.name}["{key}"]'
        name = declared.package.qualify(short)
        if name in builder.entities:
            first = builder.entities[name].row
            message = f"{inventory.name}: row {cell.number} repeats the id `{key}` of row {first}"
            builder.reject_row(
                declared, Rejected("P0407", id_node or declared.place, message, "ids must differ")
            )
            continue
        origin = Origin(declared.unit.name, *span, cell.number, inventory.name)
        of_row = templates
        if template_node is not None:
            of_row = (*builder.row_template(declared, template_node, cell), *templates)
        entity = Entity(
            name, declared.kind, declared.title, declared.doc, declared.package, declared.unit, origin, of_row
        )
        builder.entities[name] = entity
        builder.offer(declared, short, name)
        names.append(name)
        rows.append((entity, cell))
    builder.later_rows(declared, rows)
    return names


def _key(builder: Builder, declared: Declared, node: tree.Expression | None, cell: Cell) -> str | None:
    if node is None:
        return str(cell.number)
    columns = column_names(node)
    if columns is None or len(columns) != 1 or columns[0] not in cell.columns:
        # A wrong column is the same mistake in every row: the evaluation of the first row says it.
        builder.check_column(declared, node, cell)
        return None
    key = cell.columns[columns[0]].strip().replace('"', "'")[:200]
    if not key:
        builder.reject_row(declared, Rejected("P0404", node, f"row {cell.number} of the inventory has no id"))
        return None
    return key


def evaluate_rows(
    builder: Builder, declared: Declared, saids: list[Said], rows: list[tuple[Entity, Cell]]
) -> None:
    """Set what each row says of its entity."""
    plans = [
        _Plan(said, column_names(said.nodes[0]) or (), {})
        for said in saids
        if said.attribute.name != "template"
    ]
    shared = Origin(declared.unit.name, declared.start, declared.end)
    origins = {
        plan.said.attribute.name: Origin(declared.unit.name, plan.said.start, plan.said.end) for plan in plans
    } or {"": shared}
    for entity, cell in rows:
        own = entity.own
        entity.origins = origins
        for plan in plans:
            texts = tuple([cell.columns.get(column, "") for column in plan.columns])
            result = plan.known.get(texts)
            if result is None:
                where = f"{entity.name}.{plan.said.attribute.name}"
                result = builder.filler.value(plan.said, declared.unit, declared.package, where, cell)
                plan.known[texts] = result
            ok, value = result
            if not ok:
                builder.invalid.add((entity.name, plan.said.attribute.name))
            elif value is not UNKNOWN:
                own[plan.said.attribute.name] = value


def column_names(node: tree.Expression) -> tuple[str, ...] | None:
    """The columns that an expression reads; None where it reads none."""
    found: list[str] = []
    queue: list[tree.Expression] = [node]
    while queue:
        part = queue.pop()
        if isinstance(part, tree.Call):
            first = part.arguments[0].value if part.arguments else None
            if part.function.name == "column" and isinstance(first, tree.String):
                found.append(first.value)
            else:
                queue.extend(argument.value for argument in part.arguments)
        elif isinstance(part, tree.ListOf):
            queue.extend(part.items)
    return tuple(found) or None
