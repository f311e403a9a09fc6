"""Conditions that say that something holds: relations, kinds, membership in lists, yes-no attributes."""

from __future__ import annotations

from collections.abc import Callable

from panacea_policy.compiler.facts import ALL_OF, ANY_OF, symbol_of
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.rules.conclude import conclude
from panacea_policy.compiler.rules.program import Body, Form, UserRelation
from panacea_policy.compiler.rules.terms import Hop, Lowered, Terms, Unbound, with_result
from panacea_policy.compiler.rules.typing import (
    TEXT,
    EntityType,
    ExpressionType,
    ScalarType,
    fits,
    is_number,
)
from panacea_policy.compiler.traffic import TRAFFIC
from panacea_policy.engine import Apply, Atom, Compare, Const, Literal, Sym, Test, Type, Var
from panacea_policy.engine.regex import PatternError, compile_pattern
from panacea_policy.language import suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import BooleanType

TESTS = frozenset({"starts_with", "ends_with", "contains", "matches"})
#: What tests that a variable is a member of a template.
Member = Callable[[Var], Atom]


class Atoms:
    """Adds such conditions to bodies."""

    def __init__(self, terms: Terms, either: Callable[[Body, list[tree.Expression]], None]) -> None:
        """``either`` adds a choice between conditions."""
        self.terms = terms
        self._registry = terms.registry
        self._either = either

    def call(self, body: Body, node: tree.Call) -> None:
        name = node.function.name
        if name in TESTS:
            if len(node.arguments) != 2:
                raise Rejected("P0503", node, f"`{name}` takes two texts")
            left, right = (self.terms.text(body, argument.value) for argument in node.arguments)
            if name == "matches":
                _check_pattern(node.arguments[1].value)
            conclude(body, (*left.hops, *right.hops), [Test(name, (left.expr, right.expr))])
        elif name == "version_before":
            if len(node.arguments) != 2:
                raise Rejected("P0503", node, "`version_before` takes two versions")
            left, right = (self.terms.text(body, argument.value) for argument in node.arguments)
            compared = Apply("version_compare", (left.expr, right.expr))
            conclude(body, (*left.hops, *right.hops), [Compare("<", compared, Const(0))])
        elif name in (ALL_OF, ANY_OF):
            self._atom(body, node, body.builder.formula(name), (EntityType(()),) * 3)
        elif name in TRAFFIC:
            others, texts = TRAFFIC[name]
            zone: ExpressionType = EntityType(("zone",))
            types = (EntityType(()), *(zone,) * others, *(TEXT,) * texts)
            self._atom(body, node, body.builder.traffic(name), types)
        else:
            relation = self.relation(body, node.function)
            self._atom(body, node, body.builder.relation(relation, body.form), relation.parameters)

    def relation(self, body: Body, path: tree.Path) -> UserRelation:
        """The declared relation that a call names."""
        targets = self.terms.resolver.candidates(path, ("relation",), body.package)
        if len(targets) == 1:
            return body.builder.user[targets[0].names[0]]
        if targets:
            raise Rejected(
                "P0203", path, f"`{path.name}` could be several relations", "write the full name of one"
            )
        known = [name.rsplit(".", 1)[-1] for name in body.builder.user]
        near = suggest(path.name, [*known, *TESTS, "version_before"])
        raise Rejected(
            "P0509",
            path,
            f"there is no relation or test called `{path.name}`",
            f"did you mean `{near}`?" if near else "declare it: `relation NAME(kind, …)`",
        )

    def _atom(
        self, body: Body, node: tree.Call, relation: str, parameters: tuple[ExpressionType, ...]
    ) -> None:
        if len(node.arguments) != len(parameters):
            raise Rejected(
                "P0510",
                node,
                f"`{node.function.name}` takes {len(parameters)} arguments, not {len(node.arguments)}",
            )
        terms: list[Var | Const] = []
        hops: list[Hop] = []
        new: dict[str, ExpressionType] = {}
        tail: list[Literal] = []
        for argument, type in zip(node.arguments, parameters, strict=True):
            terms.append(self._argument(body, argument.value, type, hops, new, tail))
        conclude(body, tuple(hops), [*tail, Atom(relation, tuple(terms))], new)

    def _argument(
        self,
        body: Body,
        node: tree.Expression,
        type: ExpressionType,
        hops: list[Hop],
        new: dict[str, ExpressionType],
        tail: list[Literal],
    ) -> Var | Const:
        """One argument of a relation: a wildcard, a known value, or a name that this atom binds."""
        if isinstance(node, tree.Path) and node.key is None:
            if node.name.startswith("_"):
                return Var("_")
            if node.name in body.types:
                if not fits(body.types[node.name], type, self._registry):
                    raise Rejected(
                        "P0503",
                        node,
                        f"`{node.name}` is {body.types[node.name]}, but {type} is expected here",
                    )
                if node.name not in body.bound:
                    new[node.name] = type
                return Var(node.name)
            if self.terms.is_open(body, node):
                try:
                    lowered = self.terms.path(body, node, type)
                except Unbound:
                    new.setdefault(node.name, type)
                    return Var(node.name)
                assert isinstance(lowered.expr, Var | Const)
                return lowered.expr
        lowered = self.terms.lower(body, node, type)
        if not fits(lowered.type, type, self._registry):
            raise Rejected("P0503", node, f"this is {lowered.type}, but {type} is expected here")
        hops.extend(lowered.hops)
        if isinstance(lowered.expr, Apply):
            result = Var(body.builder.fresh("$"))
            tail.append(Compare("=", result, lowered.expr))
            return result
        return lowered.expr

    def flag(self, body: Body, node: tree.Path) -> None:
        lowered = self.terms.path(body, node)
        if not isinstance(lowered.type, ScalarType) or not isinstance(lowered.type.value, BooleanType):
            raise Rejected(
                "P0505",
                node,
                f"`{node.name}` is {lowered.type}, not a condition",
                "compare it: `… = …`, or test `… is KIND`",
            )
        value = Const(Sym(self.terms.symbols.intern(True)))
        if not lowered.hops:
            conclude(body, (), [Compare("=", lowered.expr, value)])
            return
        conclude(body, (*lowered.hops[:-1], with_result(lowered.hops[-1], value)), [])

    def is_a(self, body: Body, node: tree.Binary) -> None:
        if not isinstance(node.right, tree.Path):
            raise Rejected("P0503", node.right, "`is` takes a kind or a template")
        variable, _, hops = self.terms.entity(body, node.left)
        type, member = self.kind(body, node.right)
        if member is not None:
            atom = member(variable)
        else:
            of_kind = body.builder.kind if body.form is Form.CERTAIN else body.builder.domain
            atom = Atom(of_kind(type.kinds[0]), (variable,))
        conclude(body, hops, [atom])

    def is_in(self, body: Body, node: tree.Binary) -> None:
        if isinstance(node.right, tree.ListOf) and self._in_constants(body, node.left, node.right):
            return
        if isinstance(node.right, tree.ListOf):
            branches: list[tree.Expression] = [
                tree.Binary(item.start, item.end, "=", node.left, item) for item in node.right.items
            ]
            if not branches:
                raise Rejected("P0505", node.right, "nothing can be in an empty list")
            self._either(body, branches)
            return
        if not isinstance(node.right, tree.Path) or "." not in node.right.name:
            raise Rejected("P0503", node.right, "`in` takes a list, or an attribute that has several values")
        right = self.several(body, node.right)
        new: dict[str, ExpressionType] = {}
        tail: list[Literal] = []
        hops: list[Hop] = []
        if isinstance(node.left, tree.Path) and body.types.get(node.left.name) == EntityType(("entry",)):
            # An entry's key and value have types only once it is known of which map it is one.
            body.types[node.left.name] = right.type
        term = self._argument(body, node.left, right.type, hops, new, tail)
        conclude(body, (*hops, *right.hops[:-1], with_result(right.hops[-1], term)), tail, new)

    def _in_constants(self, body: Body, left: tree.Expression, items: tree.ListOf) -> bool:
        """``x.a in [b, c]`` where the list holds constants only: one lookup. False where it does not."""
        one = self.terms.lower(body, left)
        if is_number(one.type) or not isinstance(one.expr, Var):
            return False
        constants: list[Const] = []
        for item in items.items:
            lowered = self.terms.lower(body, item, one.type)
            if not isinstance(lowered.expr, Const) or not isinstance(lowered.expr.value, Sym):
                return False
            if not fits(lowered.type, one.type, self._registry):
                raise Rejected("P0503", item, f"{one.type} cannot be compared with {lowered.type}")
            constants.append(lowered.expr)
        relation = "one of " + " ".join(str(each.value) for each in constants)
        if relation not in body.builder.declared:
            body.builder.declare(relation, (Type.SYMBOL,))
            for each in constants:
                body.builder.rule(Atom(relation, (each,)), (), body.source)
        conclude(body, one.hops, [Atom(relation, (one.expr,))])
        return bool(constants)

    def several(self, body: Body, node: tree.Path) -> Lowered:
        """A path whose last attribute may have several values."""
        root, *rest = node.parts
        if root not in body.types or not rest:
            raise Unbound(node, root)
        body_type = body.types[root]
        return self.terms.walk(body, Var(root), body_type, rest, node, last_many=True)

    def bind_in(self, body: Body, binding: tree.Binding, source: tree.Path) -> None:
        lowered = self.several(body, source)
        name = binding.variable.name
        type = lowered.type
        tail: list[Literal] = []
        if binding.kind is not None and not (isinstance(type, EntityType) and type.map is not None):
            narrowed, member = self.kind(body, binding.kind)
            if not isinstance(type, EntityType) or not fits(narrowed, type, self._registry):
                raise Rejected(
                    "P0503", binding.kind, f"`{source.name}` lists {type}, not a `{binding.kind.name}`"
                )
            if member is not None:
                tail.append(member(Var(name)))
            elif not all(self._registry.is_a(kind, narrowed.kinds[0]) for kind in type.kinds):
                of_kind = body.builder.kind if body.form is Form.CERTAIN else body.builder.domain
                tail.append(Atom(of_kind(narrowed.kinds[0]), (Var(name),)))
            type = narrowed
        hops = (*lowered.hops[:-1], with_result(lowered.hops[-1], Var(name)))
        if len(hops) == 1:
            body.listed[name] = hops[0].atom
        conclude(body, hops, tail, {name: type})

    def kind(self, body: Body, path: tree.Path, form: Form | None = None) -> tuple[EntityType, Member | None]:
        """The type that a kind or template name stands for, and, for a template, how to test membership.

        ``form``: in which of the two forms (the body's own if None).
        """
        if path.name in self._registry.kinds:
            return EntityType((path.name,)), None
        templates = self.terms.resolver
        try:
            template = templates.template(path, (), body.package)
        except Rejected:
            known = [*self._registry.kinds]
            near = suggest(path.name, known)
            raise Rejected(
                "P0301",
                path,
                f"there is no kind or template called `{path.name}`",
                f"did you mean `{near}`?" if near else "`use` the package that has the template",
            ) from None
        symbol = Const(Sym(self.terms.symbols.intern(symbol_of(template.name))))
        relation = self._membership(body, template.name, symbol, form or body.form)

        def member(variable: Var) -> Atom:
            return Atom(relation, (variable,))

        return EntityType((template.kind.name,)), member

    def _membership(self, body: Body, name: str, symbol: Const, form: Form) -> str:
        builder = body.builder
        relation = f"is {name}{form.value}"
        if relation not in builder.declared:
            builder.declare(relation, (Type.SYMBOL,))
            x = Var("x")
            builder.rule(Atom(relation, (x,)), (Atom(builder.member(), (x, symbol)),), body.source)
            if form is Form.POSSIBLE:
                builder.rule(Atom(relation, (builder.anybody,)), (), body.source)
        return relation


def _check_pattern(node: tree.Expression) -> None:
    """Refuse a written pattern that cannot be read, before any text is held against it."""
    if isinstance(node, tree.String):
        try:
            compile_pattern(node.value)
        except PatternError as problem:
            raise Rejected("P0518", node, f"this pattern cannot be used: {problem}") from None
