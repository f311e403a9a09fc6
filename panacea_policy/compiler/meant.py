"""What a layer's rules are compiled from: their texts, and what the names in them may stand for.

The rest of what a model declares means nothing to its rules: another device makes no other program. Values
are facts, not part of a program either, but for the one that is looked at where attack steps name controls.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from panacea_policy.compiler.declare import Names
from panacea_policy.compiler.entities import Template, linearised
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.packages import FileUnit
from panacea_policy.language import syntax as tree
from panacea_policy.model import Currencies

#: Items that a program is compiled from, and those that tell what of it is used.
_DECLARED = (tree.RuleItem, tree.StepItem, tree.RelationItem)


def digest_of(layer: Layer, currencies: Currencies) -> str:
    """The digest of all that a layer's program on top of that of its libraries is compiled from, and that
    the warnings about it depend on; the libraries themselves not included.
    """
    state = hashlib.sha256(f"{currencies!r}\n".encode())
    own = {id(names.package) for names in layer.own}
    for names in layer.names.values():
        package = names.package
        # A package below that uses one of these sees its names: it is one of the texts.
        if id(package) not in own and not any(id(used) in own for used in package.uses):
            continue
        uses = [f"{each.label} {each.prefix} {each.folder}" for each in package.uses]
        head = (package.label, package.prefix, package.library, str(package.boundary), uses)
        state.update(msgspec.msgpack.encode(head))
        items = list(_items(names))
        for unit, item in items:
            text = unit.source.text[item.start : item.end].encode("utf-8", "surrogatepass")
            state.update(msgspec.msgpack.encode((unit.name, type(item).__name__, item, text)))
        state.update(msgspec.msgpack.encode(sorted(_meanings(layer, names, [item for _, item in items]))))
        # Warnings about a package that others stand on are other ones.
        is_pack = any(each.kind.name == "pack" for group in names.items.values() for each in group)
        state.update(msgspec.msgpack.encode((is_pack, _offered(layer, names))))
    return state.hexdigest()


# ---------------------------------------------------------------------------------------------- internals


def _items(names: Names) -> Iterator[tuple[FileUnit, tree.Item]]:
    """Items in the order in which they are compiled."""
    for group in names.items.values():
        for declared in group:
            if isinstance(declared.item, _DECLARED):
                yield declared.unit, declared.item
    for item, unit in names.derivations:
        yield unit, item
    for unit in names.package.files:
        for other in unit.tree.items:
            if isinstance(other, tree.TestItem):
                yield unit, other


def _meanings(layer: Layer, names: Names, items: list[tree.Item]) -> Iterator[tuple[str, str, str, str]]:
    """What the names that stand in some items may stand for, whatever is expected there: variables, words and
    names of attributes too are names that a declaration may have.
    """
    for name in {each for path in _paths(items) for each in _readings(path)}:
        targets, templates = layer.resolver.meanings(name, names.package)
        for place, target in enumerate(targets):
            # Of an inventory only that it is no single declaration counts: which rows it has is a fact.
            one = target.names[0] if len(target.names) == 1 else ""
            yield name, f"{place} declaration", target.kind, one
        for place, template in enumerate(templates):
            yield name, f"{place} template {_level(template)}", template.kind.name, template.name


def _paths(items: list[tree.Item]) -> Iterator[tree.Path]:
    queue: list[object] = list(items)
    while queue:
        part = queue.pop()
        if isinstance(part, tree.Path):
            yield part
        elif isinstance(part, tuple):
            queue.extend(part)
        elif isinstance(part, tree.Node):
            queue.extend(getattr(part, each) for each in part.__struct_fields__)


def _readings(path: tree.Path) -> Iterator[str]:
    """A name, that of one row of an inventory, and what a path may begin with."""
    name = path.name
    if path.key is not None:
        yield f'{name}["{path.key}"]'
    while name:
        yield name
        name = name.rpartition(".")[0]


def _level(template: Template) -> str:
    """On what a control's effectiveness was measured, which an attack step that names it must be about."""
    found = (each.values["level"] for each in linearised([template]) if "level" in each.values)
    return str(next(found, None))


def _offered(layer: Layer, names: Names) -> list[str]:
    """The templates among which the nearest is told to a step that names none."""
    if not any(isinstance(each.item, tree.StepItem) for group in names.items.values() for each in group):
        return []
    return list(layer.resolver.template_names(names.package))
