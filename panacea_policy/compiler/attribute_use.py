"""Who reads an attribute (rules, relations and steps, directly or through relations), and who gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.entities import UNKNOWN, Origin, Template
from panacea_policy.compiler.messages import paths_of
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.rules.compile import PackCompiler
from panacea_policy.compiler.rules.program import Form, ProgramBuilder, Source, relations_of
from panacea_policy.compiler.rules.typing import EntityType, of_attribute
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, Registry

if TYPE_CHECKING:
    from panacea_policy.compiler.layers import Layer
    from panacea_policy.compiler.program import Program

RULE, RELATION, STEP = "rule", "relation", "step"
#: What relations of the model call a reading of an attribute, behind its name.
_READINGS = ("", " mean", " unset", " key", " value", " value mean")


@dataclass(frozen=True, slots=True)
class Reader:
    """A rule, relation or step that reads an attribute. ``what``: which of these it is.

    ``parts``: where in it (`for`, `applies when`, `where`, `require`, `report`, `from`, `chance`, `effort`,
    `if`). ``via``: the relation through which it reads it; None where its own text does.
    """

    what: str
    name: str
    title: str
    package: str
    span: Span
    parts: tuple[str, ...]
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Giver:
    """A template that gives an attribute, or (``prior``) says what risk assumes where nobody set it."""

    name: str
    prior: bool
    value: str
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many declarations of a model state an attribute themselves, have it from a template (or, where it
    is complete, are silent and so say that there is none), or leave it open.
    """

    stated: int
    inherited: int
    open: int


@dataclass(frozen=True, slots=True)
class AttributeUse:
    """What there is to know of one attribute of one kind."""

    kind: str
    attribute: Attribute
    readers: tuple[Reader, ...]
    indirect: tuple[Reader, ...]
    givers: tuple[Giver, ...]
    counts: Counts


def attribute_use(kind: str, name: str, model: Model, layer: Layer, program: Program) -> AttributeUse:
    """Everything that reads or gives an attribute. Raises KeyError for one that the kind does not have."""
    attribute = layer.registry.kind(kind).attributes[name]
    search = _Search(attribute, layer, program)
    direct = search.readers()
    return AttributeUse(
        kind,
        attribute,
        tuple(sorted(direct.values(), key=_order)),
        tuple(sorted(search.through(direct), key=_order)),
        tuple(_givers(attribute, model, layer)),
        _counts(kind, attribute, model),
    )


def _order(reader: Reader) -> tuple[int, str, str]:
    return (RULE, RELATION, STEP).index(reader.what), reader.package, reader.name


class _Search:
    """Looks through the engine's form of everything: what it reads there is what is read."""

    def __init__(self, attribute: Attribute, layer: Layer, program: Program) -> None:
        self._attribute = attribute
        self._registry = layer.registry
        self._program = program
        self._builders = (_with_every_relation(program), program.attack.builder)
        self._bases = {
            f"{other.declared_by}.{other.name}"
            for each in layer.registry.descendants(attribute.declared_by)
            if (other := layer.registry.kind(each).attributes.get(attribute.name)) is not None
        }
        self._items = dict(_items(program))

    def readers(self) -> dict[tuple[str, str], Reader]:
        """Those whose own text reads it."""
        found: dict[tuple[str, str], Reader] = {}
        for builder in self._builders:
            for rule in builder.rules:
                source = rule.origin
                if not isinstance(source, Source) or self._is_reading(rule.head.relation):
                    continue
                if any(self._is_reading(name) for name in relations_of(rule.body)):
                    key = _key(source)
                    if key in self._items and key not in found:
                        found[key] = self._reader(key)
        for rule_ in self._program.rules:
            key = (RULE, rule_.declared.qualified)
            if key not in found and self._in_message(rule_.item, dict(rule_.variables)):
                found[key] = self._reader(key)
        return found

    def through(self, direct: Mapping[tuple[str, str], Reader]) -> Iterator[Reader]:
        """Those that read a relation that rests on it, with the nearest such relation."""
        reads: dict[tuple[str, str], set[str]] = {}
        for builder in self._builders:
            for rule in builder.rules:
                if isinstance(rule.origin, Source):
                    names = {name.removesuffix("?") for name in relations_of(rule.body)}
                    reads.setdefault(_key(rule.origin), set()).update(names & self._program.relations.keys())
        resting = [name for what, name in direct if what == RELATION]
        queue = list(resting)
        seen = set(direct)
        while queue:
            relation = queue.pop(0)
            for key, names in reads.items():
                if relation in names and key not in seen and key in self._items:
                    seen.add(key)
                    yield replace(self._reader(key), parts=(), via=relation)
                    if key[0] == RELATION:
                        queue.append(key[1])

    # ------------------------------------------------------------------------------------------ internals

    def _is_reading(self, relation: str) -> bool:
        """Whether a relation of the model is a reading of the attribute, perhaps together with others."""
        return any(
            relation == base + reading
            or (" | " in relation and base in relation.removesuffix(" unset").split(" | "))
            for base in self._bases
            for reading in _READINGS
        )

    def _reader(self, key: tuple[str, str]) -> Reader:
        item, title, package, file, place = self._items[key]
        parts: dict[str, tree.Node] = {}
        for each in item if isinstance(item, list) else [item]:
            for part, nodes in _parts(each):
                at = next(_mentions(nodes, self._attribute.name), None)
                if at is not None:
                    parts.setdefault(part, at)
        if isinstance(item, tree.RuleItem) and self._in_message(item, self._variables(key[1])):
            assert item.message is not None
            parts.setdefault("report", item.message)
        first = next(iter(parts.values()), None)
        span = Span(file, first.start, first.end) if first is not None and len(parts) else place
        return Reader(key[0], key[1], title, package, span, tuple(parts))

    def _variables(self, rule: str) -> dict[str, object]:
        return next(
            (dict(each.variables) for each in self._program.rules if each.declared.qualified == rule), {}
        )

    def _in_message(self, item: tree.RuleItem, variables: Mapping[str, object]) -> bool:
        """Whether a path of the message goes over the attribute."""
        for root, segments in paths_of(item.message.value if item.message else ""):
            type = variables.get(root)
            kinds = type.kinds if isinstance(type, EntityType) else ()
            for segment in segments:
                known = [
                    a for k in kinds if (a := self._registry.kind(k).attributes.get(segment)) is not None
                ]
                if any(f"{each.declared_by}.{each.name}" in self._bases for each in known):
                    return True
                leads_to = of_attribute(known[0]) if known else None
                kinds = leads_to.kinds if isinstance(leads_to, EntityType) else ()
        return False


_Item = tuple[object, str, str, str, Span]


def _items(program: Program) -> Iterator[tuple[tuple[str, str], _Item]]:
    """Every rule, relation and step: its text, title, package, file and place."""
    for relation in program.relations.values():
        derivations: Sequence[tree.DerivationItem] = [item for item, _, _ in relation.derivations]
        item, unit = relation.item, relation.unit
        title = _first_line(item.doc) or f"({', '.join(relation.names)})"
        place = Span(unit.name, item.name.start, item.name.end)
        file = relation.derivations[0][1].name if relation.derivations else unit.name
        yield (RELATION, relation.name), (derivations, title, relation.package.label, file, place)
    for names in program.names:
        for group in names.items.values():
            for declared in group:
                what = {"RuleItem": RULE, "StepItem": STEP}.get(type(declared.item).__name__)
                if what is not None:
                    title = declared.title or declared.name.replace("_", " ")
                    unit_name = declared.unit.name
                    yield (
                        (what, declared.qualified),
                        (declared.item, title, declared.package.label, unit_name, declared.span),
                    )


def _key(source: Source) -> tuple[str, str]:
    what = {"rule": RULE, "derivation": RELATION}.get(source.role, STEP)
    return what, source.name


def _parts(item: object) -> Iterator[tuple[str, object]]:
    """The parts of a text that conditions and figures stand in."""
    if isinstance(item, tree.RuleItem):
        yield "for", item.bindings
        yield "applies when", item.applies
        yield "where", item.where
        yield "require", item.require
    elif isinstance(item, tree.StepItem):
        yield "for", item.bindings
        yield "from", item.conditions
        yield "chance", item.chance
        yield "effort", item.effort
    elif isinstance(item, tree.DerivationItem):
        yield "if", (item.head, item.conditions)


def _mentions(part: object, name: str) -> Iterator[tree.Path]:
    """Paths that go over an attribute of that name."""
    if isinstance(part, tree.Path):
        if name in part.parts[1:]:
            yield part
    elif isinstance(part, tree.Node):
        for each in part.__struct_fields__:
            yield from _mentions(getattr(part, each), name)
    elif isinstance(part, tuple):
        for each in part:
            yield from _mentions(each, name)


def _with_every_relation(program: Program) -> ProgramBuilder:
    """The program with all relations, those too that no rule reads."""
    terms = program.compiled_with
    compiler = PackCompiler(terms.registry, terms.resolver, terms, Report())
    builder = program.builder.extended({name: each.above() for name, each in program.relations.items()})
    for relation in builder.user.values():
        builder.relation(relation, Form.CERTAIN)
    compiler.complete(builder)
    return builder


def _givers(attribute: Attribute, model: Model, layer: Layer) -> Iterator[Giver]:
    registry = layer.registry
    for template in layer.resolver.templates():
        if not _related(registry, template.kind.name, attribute):
            continue
        if attribute.name in template.values:
            yield _giver(template, attribute, model, prior=False)
        if attribute.name in template.priors:
            yield _giver(template, attribute, model, prior=True)
    for kind, template in sorted(layer.kind_priors.items()):
        if attribute.name in template.priors and _related(registry, kind, attribute):
            yield _giver(template, attribute, model, prior=True)


def _related(registry: Registry, kind: str, attribute: Attribute) -> bool:
    return registry.is_a(kind, attribute.declared_by)


def _giver(template: Template, attribute: Attribute, model: Model, *, prior: bool) -> Giver:
    values, origins = (
        (template.priors, template.prior_origins) if prior else (template.values, template.origins)
    )
    value = model.describe(values[attribute.name], attribute.type)
    return Giver(template.name, prior, value, origins.get(attribute.name))


def _counts(kind: str, attribute: Attribute, model: Model) -> Counts:
    entities = model.entities(kind)
    stated = sum(attribute.name in each.own for each in entities)
    left = 0 if attribute.complete else sum(each.value(attribute.name) is UNKNOWN for each in entities)
    return Counts(stated, len(entities) - stated - left, left)


def _first_line(doc: str | None) -> str:
    return doc.strip().split("\n")[0] if doc else ""
