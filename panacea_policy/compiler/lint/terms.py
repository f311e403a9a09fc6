"""Names and types while conditions are read: what a path, a word or a variable stands for and can be."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from panacea_policy.compiler.entities import Template
from panacea_policy.compiler.facts import engine_type
from panacea_policy.compiler.lint.domains import ALL_NUMBERS, ALL_WORDS, Domain, Words, between, these
from panacea_policy.compiler.lint.formulas import Of, Universe
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.rules.program import Body, Form, ProgramBuilder, Source, UserRelation
from panacea_policy.compiler.rules.terms import Terms
from panacea_policy.compiler.rules.typing import (
    DATE,
    EntityType,
    ExpressionType,
    ScalarType,
    is_number,
    of_attribute,
)
from panacea_policy.engine import Const, Sym, Type
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import (
    Attribute,
    BooleanType,
    DistributionType,
    EnumType,
    MapType,
    NumberType,
    ReferenceType,
    Registry,
    ValueType,
)

TODAY = "today"


class Term(msgspec.Struct, frozen=True):
    """An expression whose value depends on the model, by its name in the table."""

    name: str
    type: ExpressionType

    @property
    def part(self) -> object:
        """How a key speaks of it."""
        return Of(self.name)


class Constant(msgspec.Struct, frozen=True):
    """A value that is the same in every model: a number in base units, or what a symbol stands for."""

    value: object
    type: ExpressionType

    @property
    def part(self) -> object:
        """How a key speaks of it."""
        return ("constant", type(self.value).__name__, self.value)


Known = Term | Constant


class Vocabulary:
    """What the types of the vocabulary say, asked again and again; one for all bodies of a run."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._kinds: dict[tuple[str, ...], Words | None] = {}
        self._attributes: dict[tuple[tuple[str, ...], str], tuple[Attribute, Universe] | None] = {}
        self.columns: dict[str, tuple[Words | None, ...]] = {}
        self._words: frozenset[str] | None = None

    def kinds_of(self, kinds: tuple[str, ...]) -> Words | None:
        """The kinds that a declaration of one of these can have; None for no limit."""
        if kinds not in self._kinds:
            found = {
                each
                for kind in kinds
                for each in self.registry.descendants(kind)
                if not self.registry.kind(each).abstract
            }
            self._kinds[kinds] = these(found) if kinds else None
        return self._kinds[kinds]

    def attribute(self, kinds: tuple[str, ...], name: str) -> tuple[Attribute, Universe] | None:
        """An attribute of a declaration of these kinds, and what its values can be."""
        key = (kinds, name)
        if key not in self._attributes:
            self._attributes[key] = self._attribute(kinds, name)
        return self._attributes[key]

    def universe(self, type: ExpressionType) -> Universe:
        """What an expression of a type can be, when it has a value."""
        if isinstance(type, EntityType):
            return Universe(ALL_WORDS, self.kinds_of(type.kinds) if type.map is None else None)
        return _universe(type.value)

    def is_word(self, name: str) -> bool:
        """Whether some list of the vocabulary has this word."""
        if self._words is None:
            self._words = frozenset(
                value
                for kind in self.registry.kinds.values()
                for attribute in kind.attributes.values()
                if isinstance(attribute.type, EnumType)
                for value in attribute.type.values
            )
        return name in self._words

    def _attribute(self, kinds: tuple[str, ...], name: str) -> tuple[Attribute, Universe] | None:
        registry = self.registry
        every = [registry.kind(each).attributes.get(name) for k in kinds for each in registry.descendants(k)]
        known = [each for each in every if each is not None]
        first = next((a for k in kinds if (a := registry.kind(k).attributes.get(name)) is not None), None)
        if first is None:
            return None
        if any(each.type != first.type or each.many != first.many for each in known):
            return first, Universe(ALL_WORDS, none=True)
        universe = self.universe(of_attribute(first))
        certain = all(
            each is not None and (each.required or registry.kind(each.declared_by).owner == each.name)
            for each in every
        )
        kinds_known = universe.kinds
        if isinstance(first.type, ReferenceType) and first.type.template:
            kinds_known = None
        return first, Universe(universe.domain, kinds_known, not certain, whole=universe.whole)


class Reading:
    """The variables known so far in one body, and the table of its terms."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        terms: Terms,
        relations: Mapping[str, UserRelation],
        package: Package,
        unit: FileUnit,
    ) -> None:
        self._vocabulary = vocabulary
        self._terms = terms
        self._relations = relations
        self._package = package
        self._unit = unit
        self.types: dict[str, ExpressionType] = {}
        self._roots: dict[str, str] = {}
        self._declared: dict[str, tuple[ExpressionType, Words | None]] = {}
        self.table: dict[str, Universe] = {TODAY: Universe(ALL_NUMBERS)}
        self._aggregates: dict[object, str] = {}
        builder = ProgramBuilder(terms.registry, relations, terms.anybody)
        source = Source(Span(unit.name, 0, 0), "lint", "rule")
        self._body = Body(builder, source, unit, package, Form.CERTAIN, types=self.types)

    def copy(self) -> Reading:
        """The same for an inner part: variables that it adds stay inside, the table is shared."""
        other = Reading(self._vocabulary, self._terms, self._relations, self._package, self._unit)
        other.types.update(self.types)
        other._roots.update(self._roots)
        other._declared = self._declared
        other.table = self.table
        other._aggregates = self._aggregates
        return other

    @property
    def registry(self) -> Registry:
        """The kinds."""
        return self._vocabulary.registry

    def kinds_of(self, kinds: tuple[str, ...]) -> Words | None:
        """See :meth:`Vocabulary.kinds_of`."""
        return self._vocabulary.kinds_of(kinds)

    def declare(self, name: str, type: ExpressionType, kinds: Words | None = None) -> None:
        """A variable of that type; ``kinds`` where less is known of what it is than of its type."""
        root, other = name, 2
        while self._declared.setdefault(root, (type, kinds)) != (type, kinds):
            # Another part of the rule calls something else so.
            root, other = f"{name}~{other}", other + 1
        self.types[name] = type
        self._roots[name] = root
        universe = self._vocabulary.universe(type)
        self.table[root] = Universe(universe.domain, kinds, whole=universe.whole)

    def adopt(self, name: str, inner: Reading) -> None:
        """A variable that an inner part binds in every way it can hold."""
        self.types[name] = inner.types[name]
        self._roots[name] = inner._roots[name]

    def root(self, name: str) -> str:
        """The term of a variable."""
        return self._roots[name]

    def aggregate(self, node: tree.Aggregate, universe: Universe) -> str:
        """The term of an aggregate; the same for the same text."""
        name = self._aggregates.setdefault(self.key(node), f"({node.word} {len(self._aggregates)})")
        self.table[name] = universe
        return name

    # ------------------------------------------------------------------------------------------ expressions

    def operand(self, node: tree.Expression, expected: ExpressionType | None = None) -> Known | None:
        """What an expression stands for; None where that is not looked into."""
        if isinstance(node, tree.Path):
            if node.key is None and (node.parts[0] in self.types or node.name == TODAY):
                return Term(TODAY, DATE) if node.name == TODAY else self._path(node)
            return self._constant(node, expected)
        if isinstance(node, tree.Binary) and node.operator in ("+", "-", "*", "/"):
            return self._calculated(node, expected)
        if isinstance(node, tree.Unary) and node.operator == "-":
            inner = self.operand(node.operand, expected)
            if isinstance(inner, Constant) and isinstance(inner.value, float):
                return Constant(-inner.value, inner.type)
            return None
        if isinstance(node, tree.Quantity | tree.String | tree.Boolean | tree.Date | tree.Address):
            return self._constant(node, expected)
        return None

    def is_open(self, node: tree.Expression) -> bool:
        """Whether the expression is a bare name that is no variable yet."""
        return self._terms.is_open(self._body, node)

    def is_variable(self, node: tree.Expression, type: ExpressionType) -> bool:
        """Whether a bare name becomes a variable where a value of that type is expected."""
        return (
            isinstance(node, tree.Path)
            and self.is_open(node)
            and not node.name.startswith("_")
            and self._terms.word(self._body, node, type) is None
        )

    def listed(self, node: tree.Path) -> tuple[Term, str] | None:
        """Owner and name of an attribute with several values, at the end of a path."""
        owner, _, name = node.name.rpartition(".")
        if not owner or node.key is not None or node.parts[0] not in self.types:
            return None
        of = self._path(tree.Path(node.start, node.end, owner))
        if of is None or not isinstance(of.type, EntityType) or of.type.map is not None:
            return None
        found = self._vocabulary.attribute(of.type.kinds, name)
        if found is None or not found[0].many or isinstance(found[0].type, MapType):
            return None
        return of, f"{found[0].declared_by}.{name}"

    def member_type(self, node: tree.Path) -> ExpressionType:
        """The type of the members of such an attribute; open where it is not known."""
        owner, _, name = node.name.rpartition(".")
        of = self._path(tree.Path(node.start, node.end, owner)) if owner else None
        if of is None or not isinstance(of.type, EntityType) or of.type.map is not None:
            return EntityType(())
        found = self._vocabulary.attribute(of.type.kinds, name)
        if found is None:
            return EntityType(())
        if isinstance(found[0].type, MapType):
            return EntityType(("entry",), found[0])
        return of_attribute(found[0])

    def kind_type(self, path: tree.Path) -> EntityType:
        """The type that a kind or template name stands for."""
        if path.name in self.registry.kinds:
            return EntityType((path.name,))
        return EntityType((self.template(path).kind.name,))

    def template(self, path: tree.Path) -> Template:
        """The template of that name."""
        return self._terms.resolver.template(path, (), self._package)

    def relation(self, node: tree.Call) -> UserRelation | None:
        """The declared relation that a call names; None for tests of texts and formulas."""
        targets = self._terms.resolver.candidates(node.function, ("relation",), self._package)
        found = self._relations.get(targets[0].names[0]) if len(targets) == 1 else None
        return found if found is not None and len(found.parameters) == len(node.arguments) else None

    def columns(self, relation: UserRelation) -> tuple[Words | None, ...]:
        """Of what kinds the members of each column certainly are: those of the column, where every
        derivation puts a variable there.
        """
        known = self._vocabulary.columns.get(relation.name)
        if known is None:
            heads = [item.head for item, _, _ in relation.derivations]
            known = tuple(
                self._vocabulary.universe(type).kinds
                if isinstance(type, EntityType)
                and all(self.registry.kind(kind).parent is not None for kind in type.kinds)
                and not relation.steps
                and all(_is_variable(head, index) for head in heads)
                else None
                for index, type in enumerate(relation.parameters)
            )
            self._vocabulary.columns[relation.name] = known
        return known

    def key(self, node: object, bound: Mapping[str, int] | None = None) -> tuple[object, ...]:
        """A text as a key: the same for the same text, whatever its bound variables are called."""
        bound = bound or {}
        if isinstance(node, tree.Path):
            root, *rest = node.parts
            if root in bound:
                return "bound", bound[root], *rest
            if root in self.types and node.key is None:
                known = self._path(node)
                return ("path", Of(known.name)) if known is not None else ("path", Of(self.root(root)), *rest)
            return "name", node.name, node.key
        if isinstance(node, tree.Quantifier | tree.Aggregate):
            names = [binding.variable.name for binding in node.bindings]
            bound = {**bound, **{name: len(bound) + index for index, name in enumerate(names)}}
        if isinstance(node, tree.Node):
            fields = [each for each in node.__struct_fields__ if each not in ("start", "end")]
            return type(node).__name__, *(self.key(getattr(node, each), bound) for each in fields)
        if isinstance(node, tuple):
            return tuple(self.key(each, bound) for each in node)
        return (node,)

    def may_bind(self, node: object, bound: frozenset[str] = frozenset()) -> bool:
        """Whether a text that is not looked into has a bare name that may be a variable of its own."""
        if isinstance(node, tree.Path):
            return (
                node.key is None
                and node.parts[0] not in bound
                and node.parts[0] not in self.types
                and node.name != TODAY
                and not node.name.startswith("_")
                and not self._vocabulary.is_word(node.name)
                and not self._terms.resolver.candidates(node, (), self._package)
            )
        if isinstance(node, tree.Quantifier | tree.Aggregate):
            bound = bound | {binding.variable.name for binding in node.bindings}
        if isinstance(node, tree.Binding):
            return node.source is not None and self.may_bind(node.source, bound)
        if isinstance(node, tree.Call):
            return self.may_bind(node.arguments, bound)
        if isinstance(node, tree.Binary) and node.operator in ("is", "is not"):
            return self.may_bind(node.left, bound)
        if isinstance(node, tree.Node):
            return any(self.may_bind(getattr(node, each), bound) for each in node.__struct_fields__)
        return isinstance(node, tuple) and any(self.may_bind(each, bound) for each in node)

    # ------------------------------------------------------------------------------------------ internals

    def _path(self, node: tree.Path) -> Term | None:
        root, *rest = node.parts
        if root not in self.types:
            return None
        at, type = self.root(root), self.types[root]
        for name in rest:
            if not isinstance(type, EntityType) or type.map is not None:
                return None
            found = self._vocabulary.attribute(type.kinds, name)
            if found is None or found[0].many or isinstance(found[0].type, MapType):
                return None
            attribute, universe = found
            owner, at = at, f"{at}.{name}"
            if at not in self.table:
                above = self.table[owner]
                self.table[at] = Universe(
                    universe.domain,
                    universe.kinds,
                    universe.none,
                    above.none or above.void,
                    universe.whole,
                    owner,
                    name,
                )
            type = of_attribute(attribute)
        return Term(at, _plain(type))

    def _calculated(self, node: tree.Binary, expected: ExpressionType | None) -> Term | None:
        left = self.operand(node.left, expected)
        right = self.operand(node.right, left.type if left is not None else None)
        if left is None or right is None or not (is_number(left.type) and is_number(right.type)):
            return None
        parts = [each.name if isinstance(each, Term) else f"#{each.value}" for each in (left, right)]
        name = f"( {parts[0]} {node.operator} {parts[1]} )"
        self.table.setdefault(name, Universe(ALL_NUMBERS, void=True))
        return Term(name, left.type if isinstance(left, Term) else right.type)

    def _constant(self, node: tree.Expression, expected: ExpressionType | None) -> Constant | None:
        try:
            lowered = self._terms.lower(self._body, node, expected)
        except Rejected:
            return None
        if not isinstance(lowered.expr, Const):
            return None
        value = lowered.expr.value
        symbols = self._terms.symbols
        return Constant(symbols.value(value.id) if isinstance(value, Sym) else float(value), lowered.type)


def _is_variable(head: tree.Call, index: int) -> bool:
    value = head.arguments[index].value if index < len(head.arguments) else None
    return isinstance(value, tree.Path) and "." not in value.name and value.key is None


def _plain(type: ExpressionType) -> ExpressionType:
    """Conditions read a distribution as its mean."""
    if isinstance(type, ScalarType) and isinstance(type.value, DistributionType):
        return ScalarType(NumberType(type.value.dimension))
    return type


def _universe(type: ValueType) -> Universe:
    if isinstance(type, NumberType):
        return Universe(between(type.minimum, type.maximum), whole=type.integer)
    if isinstance(type, EnumType):
        return Universe(these(type.values))
    if isinstance(type, BooleanType):
        return Universe(these([True, False]))
    domain: Domain = ALL_NUMBERS if engine_type(type) is Type.FLOAT else ALL_WORDS
    if isinstance(type, DistributionType):
        domain = ALL_NUMBERS
    return Universe(domain)
