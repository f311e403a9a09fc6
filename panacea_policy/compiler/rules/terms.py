"""Expressions of rules: paths through the model, constants, arithmetic; with every place where a value may be
unknown.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
from msgspec.structs import replace

from panacea_policy.compiler.facts import ANY, TODAY, seconds, symbol_of
from panacea_policy.compiler.packages import Package
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.resolve import Resolver
from panacea_policy.compiler.rules.program import Body, Form
from panacea_policy.compiler.rules.typing import (
    COUNT,
    DATE,
    DURATION,
    FRACTION,
    TEXT,
    EntityType,
    ExpressionType,
    ScalarType,
    column_type,
    dimension_of,
    is_number,
    of_attribute,
    of_value,
)
from panacea_policy.compiler.values import Elaborator
from panacea_policy.engine import Apply, Atom, Const, Expr, Sym, Symbols, Type, Var
from panacea_policy.language import suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import (
    UNITS,
    Attribute,
    BooleanType,
    DateType,
    Dimension,
    DistributionType,
    EnumType,
    MapType,
    NumberType,
    Registry,
    ValueType,
    is_currency,
)


class Unbound(Rejected):
    """A name that nothing gives a value to, at least not yet: the condition may become usable after
    others.
    """

    def __init__(self, node: tree.Node, name: str) -> None:
        super().__init__(
            "P0501",
            node,
            f"`{name}` is not a name known here, and nothing gives it a value",
            "bind it with `for KIND NAME`, or check the spelling",
        )
        self.name = name


class Hop(msgspec.Struct, frozen=True, gc=False):
    """One step of a path: ``atom`` reads the attribute of ``owner``; ``attribute`` may be unset (None:
    never).
    """

    owner: Var
    atom: Atom
    attribute: Attribute | None
    unset: str | None


class Lowered(msgspec.Struct, frozen=True):
    """An expression for the engine, its type, and the hops that it needs."""

    expr: Expr
    type: ExpressionType
    hops: tuple[Hop, ...] = ()


class Terms:
    """Lowers expressions. Raises :class:`Rejected` with the place of what is wrong."""

    def __init__(
        self, registry: Registry, resolver: Resolver, elaborator: Elaborator, symbols: Symbols
    ) -> None:
        self.registry = registry
        self.resolver = resolver
        self._elaborator = elaborator
        self.symbols = symbols

    @property
    def anybody(self) -> Const:
        """The symbol for what nobody declared."""
        return Const(Sym(self.symbols.intern(ANY)))

    def on(self, resolver: Resolver, elaborator: Elaborator) -> Terms:
        """The same for other declarations."""
        return Terms(self.registry, resolver, elaborator, self.symbols)

    def lower(self, body: Body, node: tree.Expression, expected: ExpressionType | None = None) -> Lowered:
        """The expression in the context of a body; ``expected`` is what the other side of a comparison is."""
        if isinstance(node, tree.Path):
            return self.path(body, node, expected)
        if isinstance(node, tree.Binary) and node.operator in ("+", "-", "*", "/"):
            return self._arithmetic(body, node, expected)
        if isinstance(node, tree.Unary) and node.operator == "-":
            inner = self.lower(body, node.operand, expected)
            return Lowered(Apply("neg", (inner.expr,)), inner.type, inner.hops)
        if isinstance(node, tree.Call) and node.function.name == "lower":
            inner = self.text(body, node.arguments[0].value) if node.arguments else self._no_argument(node)
            return Lowered(Apply("lower", (inner.expr,)), TEXT, inner.hops)
        return self._constant(body, node, expected)

    def constant(self, node: tree.Expression, type: ValueType) -> object:
        """A value that depends on no variable, such as ``lognormal(p5: 1 d, p95: 30 d)``."""
        return self._elaborator.evaluate(node, type, False, Package("", "", Path(), Path()), "")

    def word(self, body: Body, node: tree.Path, type: ExpressionType) -> Const | None:
        """What a bare name means where a value of this type is expected; None if it can only be a
        variable.
        """
        try:
            lowered = self._named(body, node, type)
        except Rejected:
            return None
        return lowered.expr if isinstance(lowered.expr, Const) else None

    def text(self, body: Body, node: tree.Expression) -> Lowered:
        """An expression that must be a text or one of a list of words."""
        lowered = self.lower(body, node, TEXT)
        if isinstance(lowered.type, EntityType) or is_number(lowered.type):
            raise Rejected("P0503", node, f"a text is expected here, not {lowered.type}")
        return lowered

    def entity(self, body: Body, node: tree.Expression) -> tuple[Var, EntityType, tuple[Hop, ...]]:
        """An expression that must be a declaration, as a variable."""
        lowered = self.lower(body, node)
        if not isinstance(lowered.type, EntityType) or not isinstance(lowered.expr, Var):
            raise Rejected("P0503", node, "a declaration is expected here")
        return lowered.expr, lowered.type, lowered.hops

    def is_open(self, body: Body, node: tree.Expression) -> bool:
        """Whether the expression is a bare name that is no variable (yet)."""
        return (
            isinstance(node, tree.Path)
            and "." not in node.name
            and node.key is None
            and (node.name not in body.types and node.name != "today")
        )

    def path(self, body: Body, node: tree.Path, expected: ExpressionType | None = None) -> Lowered:
        """A variable, a path from one, or the name of something that the expected type knows."""
        root, *rest = node.parts
        if root in body.types and node.key is None:
            type = body.types[root]
            if not rest:
                body.ensure_bound(root)
                if root not in body.bound and not isinstance(type, EntityType):
                    raise Unbound(node, root)
                return Lowered(Var(root), type)
            return self.walk(body, Var(root), type, rest, node)
        if node.name == "today":
            value = Var(body.builder.fresh("$"))
            today = Atom(body.builder.today(), (Const(Sym(self.symbols.intern(TODAY))), value))
            return Lowered(value, DATE, (Hop(value, today, None, None),))
        return self._named(body, node, expected)

    def walk(
        self,
        body: Body,
        start: Var,
        type: ExpressionType,
        segments: list[str],
        node: tree.Path,
        last_many: bool = False,
    ) -> Lowered:
        """Follow attributes; only the last may have several values, and only where ``last_many`` says so."""
        hops: list[Hop] = []
        at, at_type = start, type
        trail = start.name
        for index, segment in enumerate(segments):
            trail = f"{trail}.{segment}"
            is_last = index == len(segments) - 1
            if trail in body.paths and not (last_many and is_last):
                at, at_type = body.paths[trail]
                hops = []
                continue
            hop, at_type = self._hop(body, at, at_type, segment, node, allow_many=last_many and is_last)
            hops.append(hop)
            at = hop.atom.terms[1]  # type: ignore[assignment]
        return Lowered(at, at_type, tuple(hops))

    # ------------------------------------------------------------------------------------------ internals

    def _hop(
        self, body: Body, owner: Var, type: ExpressionType, name: str, node: tree.Path, *, allow_many: bool
    ) -> tuple[Hop, ExpressionType]:
        result = Var(body.builder.fresh("$"))
        if not isinstance(type, EntityType):
            raise Rejected("P0502", node, f"`{node.name}`: {type} has no attributes")
        if type.map is not None and name in ("key", "value"):
            assert isinstance(type.map.type, MapType)
            of = self._plain(body, of_value(type.map.type.key if name == "key" else type.map.type.value))
            relation = body.builder.entry(type.map, name, of)
            return Hop(owner, Atom(relation, (owner, result)), None, None), of
        attributes = self._attributes(type, name)
        if not attributes:
            raise self._no_attribute(type, name, node)
        several = any(each.many or isinstance(each.type, MapType) for each in attributes)
        if several and not allow_many:
            raise Rejected(
                "P0504",
                node,
                f"`{name}` has several values, so a path cannot go through it or compare it",
                f"write `some x in {node.name.rsplit('.', 1)[0]}.{name} with …`, or `… in {node.name}`",
            )
        of = of_attribute(attributes[0])
        if isinstance(attributes[0].type, MapType):
            of = EntityType(("entry",), attributes[0])
        of = self._plain(body, of)
        relation, unset = self._relations(body, attributes, of)
        known = all(each.required or each.complete or self._is_owner(each) for each in attributes)
        hop = Hop(
            owner, Atom(relation, (owner, result)), None if known else attributes[0], None if known else unset
        )
        return hop, of

    def _is_owner(self, attribute: Attribute) -> bool:
        """Whether the attribute says what a nested declaration is part of: where it stands says that."""
        return self.registry.kind(attribute.declared_by).owner == attribute.name

    def _plain(self, body: Body, type: ExpressionType) -> ExpressionType:
        """Conditions read a distribution as its mean; only figures of steps read it as it is."""
        if isinstance(type, ScalarType) and isinstance(type.value, DistributionType) and not body.spread:
            return ScalarType(NumberType(type.value.dimension))
        return type

    def _attributes(self, type: EntityType, name: str) -> list[Attribute]:
        """The attribute of that name of each kind, once per kind that declares it."""
        found: dict[str, Attribute] = {}
        for kind in type.kinds:
            attribute = self.registry.kind(kind).attributes.get(name)
            if attribute is not None:
                found[attribute.declared_by] = attribute
        return list(found.values())

    def _relations(self, body: Body, attributes: list[Attribute], type: ExpressionType) -> tuple[str, str]:
        builder = body.builder
        if len(attributes) == 1:
            return builder.attribute(attributes[0], type), builder.unset(attributes[0])
        name = " | ".join(sorted(f"{each.declared_by}.{each.name}" for each in attributes))
        if name not in builder.declared:
            builder.declare(name, (Type.SYMBOL, column_type(type)))
            builder.declare(f"{name} unset", (Type.SYMBOL,))
            x, v = Var("x"), Var("v")
            for each in attributes:
                builder.rule(Atom(name, (x, v)), (Atom(builder.attribute(each, type), (x, v)),), body.source)
                builder.rule(Atom(f"{name} unset", (x,)), (Atom(builder.unset(each), (x,)),), body.source)
        return name, f"{name} unset"

    def _no_attribute(self, type: EntityType, name: str, node: tree.Path) -> Rejected:
        known = {attribute for kind in type.kinds for attribute in self.registry.kind(kind).attributes}
        near = suggest(name, sorted(known))
        if near is None:
            below = [
                each
                for kind in type.kinds
                for each in self.registry.descendants(kind)
                if name in self.registry.kind(each).attributes
            ]
            help_text = f"only a `{below[0]}` has one: narrow the variable's kind" if below else None
        else:
            help_text = f"did you mean `{near}`?"
        return Rejected(
            "P0502", node, f"a {type} has no attribute `{name}`".replace("a `a", "an `a"), help_text
        )

    def _named(self, body: Body, node: tree.Path, expected: ExpressionType | None) -> Lowered:
        """A name that is no variable: a word of a list, or a declaration, or the start of a path from one."""
        if isinstance(expected, ScalarType):
            word = self._word(node, expected.value)
            if word is not None:
                return Lowered(word, expected)
        if isinstance(expected, EntityType) or expected is None or "." in node.name:
            kinds = expected.kinds if isinstance(expected, EntityType) else ()
            targets = self.resolver.candidates(node, kinds, body.package)
            if len(targets) == 1 and len(targets[0].names) == 1:
                symbol = self.symbols.intern(symbol_of(targets[0].names[0]))
                return Lowered(Const(Sym(symbol)), EntityType((targets[0].kind,)))
            if len(targets) > 1:
                raise Rejected(
                    "P0203",
                    node,
                    f"`{node.name}` could be several declarations",
                    "write the full name of one",
                )
        if "." in node.name:
            raise Unbound(node, node.parts[0])
        if isinstance(expected, ScalarType) and isinstance(expected.value, EnumType):
            near = suggest(node.name, list(expected.value.values))
            listing = "one of: " + ", ".join(expected.value.values[:24])
            if near is not None:
                raise Rejected(
                    "P0304",
                    node,
                    f"`{node.name}` is not one of the possible values",
                    f"did you mean `{near}`?",
                )
            raise _UnknownWord(node, node.name, listing)
        raise Unbound(node, node.name)

    def _word(self, node: tree.Path, type: ValueType) -> Const | None:
        """The constant that a bare word means for a type."""
        if isinstance(type, EnumType) and node.name in type.values:
            return Const(Sym(self.symbols.intern(node.name)))
        options = getattr(type, "options", ())
        return next((word for option in options if (word := self._word(node, option)) is not None), None)

    def _constant(self, body: Body, node: tree.Expression, expected: ExpressionType | None) -> Lowered:
        if isinstance(node, tree.Quantity):
            return self._quantity(body, node, expected)
        if isinstance(node, tree.Boolean):
            return Lowered(Const(Sym(self.symbols.intern(node.value))), ScalarType(BooleanType()))
        if isinstance(node, tree.String):
            return Lowered(Const(Sym(self.symbols.intern(node.value))), TEXT)
        if isinstance(node, tree.Date):
            value = self._elaborator.evaluate(node, DateType(), False, body.package, "")
            assert isinstance(value, date)
            return Lowered(Const(seconds(value)), DATE)
        if isinstance(node, tree.Address):
            return Lowered(Const(Sym(self.symbols.intern(node.value))), TEXT)
        raise Rejected("P0503", node, "this cannot be compared or calculated with")

    def _quantity(self, body: Body, node: tree.Quantity, expected: ExpressionType | None) -> Lowered:
        dimension = dimension_of(expected) if expected is not None else None
        natural = natural_dimension(node)
        if dimension is None or (natural is not Dimension.COUNT and natural is not dimension):
            dimension = natural
        type = NumberType(dimension)
        value = self._elaborator.evaluate(node, type, False, body.package, "")
        assert isinstance(value, float | int)
        return Lowered(Const(float(value)), ScalarType(type))

    def _arithmetic(self, body: Body, node: tree.Binary, expected: ExpressionType | None) -> Lowered:
        left = self.lower(body, node.left, expected if node.operator in ("+", "-") else None)
        right = self.lower(body, node.right, left.type if node.operator in ("+", "-") else None)
        type = _arithmetic_type(node, left.type, right.type)
        return Lowered(Apply(node.operator, (left.expr, right.expr)), type, (*left.hops, *right.hops))

    def _no_argument(self, node: tree.Call) -> Lowered:
        raise Rejected("P0503", node, f"`{node.function.name}` takes one text")


class _UnknownWord(Unbound):
    """A bare word where one of a list is expected: may still be a variable that a later condition binds."""

    def __init__(self, node: tree.Node, name: str, listing: str) -> None:
        super().__init__(node, name)
        self.code = "P0304"
        self.message = f"`{name}` is not one of the possible values, and no variable of that name is bound"
        self.help = listing


def natural_dimension(node: tree.Quantity) -> Dimension:
    """What a quantity measures, going by its unit alone."""
    if node.unit is not None and is_currency(node.unit):
        return Dimension.MONEY_RATE if node.per else Dimension.MONEY
    if node.per is not None:
        return Dimension.RATE
    return UNITS.get(node.unit, Dimension.COUNT) if node.unit else Dimension.COUNT


def _arithmetic_type(node: tree.Binary, left: ExpressionType, right: ExpressionType) -> ExpressionType:
    """The type of ``left operator right``; dates and durations calculate as one expects."""
    if not is_number(left) or not is_number(right):
        wrong = node.left if not is_number(left) else node.right
        raise Rejected("P0503", wrong, f"one cannot calculate with {left if wrong is node.left else right}")
    if node.operator in ("+", "-"):
        if left == DATE and right == DATE and node.operator == "-":
            return DURATION
        if left == DATE and dimension_of(right) is Dimension.DURATION:
            return DATE
        if dimension_of(left) == dimension_of(right) and left != DATE:
            return left
        raise Rejected("P0503", node, f"{left} and {right} cannot be added or subtracted")
    plain = (Dimension.COUNT, Dimension.FRACTION)
    if dimension_of(right) in plain:
        return left
    if dimension_of(left) in plain and node.operator == "*":
        return right
    if node.operator == "/" and dimension_of(left) == dimension_of(right) and left != DATE:
        return COUNT
    raise Rejected("P0503", node, f"{left} and {right} cannot be multiplied or divided")


def with_result(hop: Hop, term: Var | Const) -> Hop:
    """The same hop, its result unified with a term that is already known."""
    return replace(hop, atom=Atom(hop.atom.relation, (hop.atom.terms[0], term)))


__all__ = ["FRACTION", "Form", "Hop", "Lowered", "Terms", "Unbound", "natural_dimension", "with_result"]
