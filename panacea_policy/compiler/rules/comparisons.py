"""Comparisons: of values, with `none`, and of aggregates with their certain and possible members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.rules.atoms import Atoms
from panacea_policy.compiler.rules.conclude import conclude
from panacea_policy.compiler.rules.program import Body, Form, names_in
from panacea_policy.compiler.rules.terms import Hop, Lowered, Terms, Unbound, with_result
from panacea_policy.compiler.rules.typing import (
    COUNT,
    EntityType,
    ExpressionType,
    column_type,
    comparable,
    fits,
    is_number,
)
from panacea_policy.engine import Aggregate, Atom, Compare, Const, Type, Var
from panacea_policy.language import syntax as tree

if TYPE_CHECKING:
    from panacea_policy.compiler.rules.conditions import Conditions

MIRROR = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
AGGREGATES = {"count": "sum", "sum": "sum", "lowest": "min", "highest": "max", "average": "avg"}


class Comparisons:
    """Adds comparisons to bodies."""

    def __init__(self, terms: Terms, atoms: Atoms, conditions: Conditions) -> None:
        self.terms = terms
        self._registry = terms.registry
        self._atoms = atoms
        self._conditions = conditions

    def compare(self, body: Body, node: tree.Binary) -> None:
        left, right, operator = node.left, node.right, node.operator
        if (
            isinstance(left, tree.Nothing | tree.Aggregate)
            or (self.terms.is_open(body, left) and not self.terms.is_open(body, right))
            or _is_literal(left)
        ):
            left, right, operator = right, left, MIRROR[operator]
        if isinstance(right, tree.Nothing):
            self._compare_none(body, left, operator, node)
        elif isinstance(right, tree.Aggregate):
            self._compare_aggregate(body, left, operator, right)
        elif isinstance(left, tree.Aggregate):
            self._compare_aggregate(body, right, MIRROR[operator], left)
        else:
            self._compare_values(body, left, operator, right, node)

    def _compare_values(
        self, body: Body, left: tree.Expression, operator: str, right: tree.Expression, node: tree.Binary
    ) -> None:
        if operator == "=" and self._awaits(body, left) and not self._awaits(body, right):
            left, right = right, left
        one = self.terms.lower(body, left)
        new: dict[str, ExpressionType] = {}
        try:
            if operator == "=" and isinstance(right, tree.Path) and self._awaits(body, right) and one.hops:
                new[right.name] = one.type
                other = Lowered(Var(right.name), body.types[right.name])
            else:
                other = self.terms.lower(body, right, one.type)
        except Unbound:
            if operator != "=" or not self.terms.is_open(body, right) or isinstance(one.expr, Const):
                raise
            assert isinstance(right, tree.Path)
            new[right.name] = one.type
            other = Lowered(Var(right.name), one.type)
        self._check_comparable(one, operator, other, node)
        hops = (*one.hops, *other.hops)
        if (
            operator == "="
            and one.hops
            and one.expr == one.hops[-1].atom.terms[1]
            and isinstance(other.expr, Var | Const)
        ):
            unified = (*one.hops[:-1], with_result(one.hops[-1], other.expr), *other.hops)
            conclude(body, unified, [], new)
            return
        conclude(body, hops, [Compare(operator, one.expr, other.expr)], new)  # type: ignore[arg-type]

    def _awaits(self, body: Body, node: tree.Expression) -> bool:
        """Whether the expression is a variable that has a type but no value yet: an equation can give it
        one.
        """
        return isinstance(node, tree.Path) and node.name in body.types and node.name not in body.bound

    def _check_comparable(self, one: Lowered, operator: str, other: Lowered, node: tree.Binary) -> None:
        if not comparable(one.type, other.type) or (
            isinstance(one.type, EntityType) and not fits(other.type, one.type, self._registry)
        ):
            raise Rejected("P0503", node, f"{one.type} cannot be compared with {other.type}")
        if operator not in ("=", "!=") and not is_number(one.type):
            raise Rejected("P0503", node, f"`{operator}` needs numbers, quantities or dates, not {one.type}")

    def _compare_none(self, body: Body, left: tree.Expression, operator: str, node: tree.Binary) -> None:
        """``x.a = none``: the architect stated that there is none; ``!=``: there is one."""
        if operator not in ("=", "!=") or not isinstance(left, tree.Path) or "." not in left.name:
            raise Rejected("P0503", node, "`none` can only be compared by `=` and `!=`, with an attribute")
        several = self._atoms.several(body, left)
        if operator == "!=":
            conclude(body, several.hops, [])
            return
        root = left.parts[0]
        positive = tree.Binary(node.start, node.end, "!=", left, tree.Nothing(node.start, node.end))
        # Nothing is known to be there only where everything on the way is known.
        if len(several.hops) > 1:
            last = several.hops[-1]
            owner = self.terms.walk(body, Var(root), body.types[root], list(left.parts[1:-1]), left)
            assert isinstance(owner.expr, Var)
            last = Hop(
                owner.expr, Atom(last.atom.relation, (owner.expr, Var("_"))), last.attribute, last.unset
            )
            conclude(body, owner.hops, [], {owner.expr.name: owner.type})
            self._conditions.without(body, lambda inner: conclude(inner, (last,), []), [owner.expr.name])
            return
        self._conditions.without(
            body,
            lambda inner: self._compare_none(inner, left, "!=", positive),
            [root] if root in body.types else [],
        )

    def _compare_aggregate(
        self, body: Body, left: tree.Expression, operator: str, node: tree.Aggregate
    ) -> None:
        """``left operator aggregate``, by the certain and the possible members."""
        bound = self.terms.lower(body, left, COUNT if node.word == "count" else None)
        if bound.hops:
            conclude(body, bound.hops, [])
        for name in names_in(body, node):
            body.ensure_bound(name)
        body.settle()
        if bound.hops and isinstance(bound.expr, Var):
            raise Rejected(
                "P0503", left, "compare an aggregate with a number or a variable", "bind it first: `… = n`"
            )
        if node.word == "count":
            self._compare_count(body, bound, MIRROR[operator], node)
        else:
            self._compare_total(body, bound, MIRROR[operator], node)

    def _compare_count(self, body: Body, bound: Lowered, operator: str, node: tree.Aggregate) -> None:
        """``count operator bound``: the certain members are the least count, the possible ones the
        greatest.
        """
        least, greatest = Form.CERTAIN, Form.POSSIBLE
        certain = body.form is Form.CERTAIN
        wanted: list[tuple[str, Form]]
        if operator in (">=", ">"):
            wanted = [(operator, least if certain else greatest)]
        elif operator in ("<=", "<"):
            wanted = [(operator, greatest if certain else least)]
        elif operator == "=":
            wanted = [(">=", least if certain else greatest), ("<=", greatest if certain else least)]
        else:
            raise Rejected("P0503", node, "compare a count by `=`, `<`, `<=`, `>` or `>=`")
        if not certain and body.ask is not None and all(form is least for _, form in wanted):
            # Fewer than counted may be enough, or not: the unknowns of the possible members would settle it.
            self._members(body.copy(), node, Form.POSSIBLE, None)
        for comparison, form in wanted:
            members = self._members(body, node, form, None)
            result = Var(body.builder.fresh("$"))
            group = tuple(Var(name) for name in body.variables())
            # Each aggregate has inner variables of its own: two of one rule must not share them.
            inner = tuple(term if term in group else Var(body.builder.fresh("$")) for term in members.terms)
            counted = Atom(members.relation, inner)
            body.literals.append(Aggregate(result, "sum", Const(1.0), group, (counted,)))
            body.literals.append(Compare(comparison, result, bound.expr))  # type: ignore[arg-type]

    def _compare_total(self, body: Body, bound: Lowered, operator: str, node: tree.Aggregate) -> None:
        """``sum, lowest, … operator bound``: known only where every possible member has a known value."""
        if node.value is None:
            raise Rejected(
                "P0503", node, f"`{node.word} of` needs a value", f"write `{node.word} of x.cost for …`"
            )
        known = self._members(body, node, Form.CERTAIN, node.value)
        possible = self._members(body, node, Form.POSSIBLE, node.value, listed=False)
        doubt = body.head("doubt")
        names = len(possible.terms)
        matching = Atom(known.relation, (*known.terms[:names], Var("_")), negated=True)
        body.builder.rule(doubt, (possible, matching), body.source)
        context = body.copy()
        result = Var(body.builder.fresh("$"))
        group = tuple(Var(name) for name in body.variables())
        value = known.terms[-1]
        assert isinstance(value, Var)
        total = Aggregate(result, AGGREGATES[node.word], value, group, (known,))  # type: ignore[arg-type]
        compared = Compare(operator, result, bound.expr)  # type: ignore[arg-type]
        body.literals.extend([total, compared])
        if body.form is Form.CERTAIN:
            body.literals.append(Atom(doubt.relation, doubt.terms, negated=True))
            return
        head = body.head("total")
        body.builder.rule(head, tuple(body.literals), body.source)
        body.builder.rule(head, (*context.literals, doubt), body.source)
        body.literals = [head]

    def _members(
        self,
        body: Body,
        node: tree.Aggregate,
        form: Form,
        value: tree.Expression | None,
        *,
        listed: bool = True,
    ) -> Atom:
        """The members that an aggregate ranges over, as a relation; those that have ``value`` where one is
        asked for, with it where ``listed``.
        """
        inner = body.with_form(form)
        for binding in node.bindings:
            self._conditions.bind(inner, binding)
        if node.condition is not None:
            self._conditions.add(inner, node.condition)
        for name in inner.types:
            inner.ensure_bound(name)
        keep = (*body.variables(), *(binding.variable.name for binding in node.bindings))
        terms: list[Var] = [Var(name) for name in dict.fromkeys(keep)]
        types = [column_type(inner.types[term.name]) for term in terms]
        if value is not None:
            lowered = self.terms.lower(inner, value)
            if not is_number(lowered.type):
                raise Rejected("P0503", value, f"a number is expected here, not {lowered.type}")
            conclude(inner, lowered.hops, [])
            if listed:
                result = Var(body.builder.fresh("$"))
                inner.literals.append(Compare("=", result, lowered.expr))
                terms.append(result)
                types.append(Type.FLOAT)
        relation = body.builder.declare(
            body.builder.fresh(f"{body.source.name}/member{form.value}"), tuple(types)
        )
        head = Atom(relation, tuple(terms))
        body.builder.rule(head, tuple(inner.literals), body.source)
        return head


def _is_literal(node: tree.Expression) -> bool:
    return isinstance(node, tree.Quantity | tree.String | tree.Boolean | tree.Date | tree.Address)
