"""Conditions of rules for the engine, in either of Kleene's two forms.

*Certain* is what holds whatever the unknown values are; *possible* is what holds for some of them. A comparison is
possible also where a value on its path is unset; a negation in one form needs what it negates in the other form.
Several continuations of the same conditions share one auxiliary relation, so the program grows linearly with the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from panacea_policy.compiler.facts import ALL_OF, ANY, ANY_OF, symbol_of
from panacea_policy.compiler.rules.program import Body, Form, UserRelation
from panacea_policy.compiler.rules.terms import Hop, Lowered, Terms, Unbound, with_result
from panacea_policy.compiler.rules.typing import (
    COUNT,
    EntityType,
    ExpressionType,
    ScalarType,
    column_type,
    comparable,
    is_number,
)
from panacea_policy.compiler.values import Rejected
from panacea_policy.engine import Aggregate, Apply, Atom, Compare, Const, Literal, Sym, Test, Type, Var
from panacea_policy.language import suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import BooleanType

TESTS = frozenset({"starts_with", "ends_with", "contains", "matches"})
MIRROR = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
AGGREGATES = {"count": "sum", "sum": "sum", "lowest": "min", "highest": "max", "average": "avg"}


class Conditions:
    """Adds conditions to bodies."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._registry = terms.registry

    def add_all(self, body: Body, conditions: Sequence[tree.Expression]) -> list[Rejected]:
        """Add conditions, each as soon as what it needs is bound; gives what is wrong with those that remain."""
        # What binds and narrows comes first: every auxiliary relation made after it stays small.
        pending = sorted(conditions, key=_rank)
        problems: list[Rejected] = []
        while pending:
            waiting: list[tuple[tree.Expression, Unbound]] = []
            for condition in pending:
                mark = len(body.builder.rules)
                trial = body.copy()
                try:
                    self.add(trial, condition)
                except Unbound as problem:
                    del body.builder.rules[mark:]
                    waiting.append((condition, problem))
                except Rejected as problem:
                    del body.builder.rules[mark:]
                    problems.append(problem)
                else:
                    _take_over(body, trial)
            if len(waiting) == len(pending):
                # What cannot be bound may be the consequence of a condition that is already reported.
                return problems or [problem for _, problem in waiting]
            pending = [condition for condition, _ in waiting]
        return problems

    def add(self, body: Body, node: tree.Expression) -> None:
        """Add one condition. Raises :class:`Rejected`, :class:`Unbound` where another condition may help first."""
        if isinstance(node, tree.Binary):
            self._binary(body, node)
        elif isinstance(node, tree.Unary) and node.operator == "not":
            self.add_not(body, node.operand)
        elif isinstance(node, tree.Quantifier):
            self._quantifier(body, node)
        elif isinstance(node, tree.Call):
            self._call(body, node)
        elif isinstance(node, tree.Path):
            self._flag(body, node)
        elif isinstance(node, tree.Boolean):
            one = Const(1.0)
            body.literals.append(Compare("=", one, one if node.value else Const(0.0)))
        else:
            raise Rejected("P0505", node, "this is a value, not a condition", "compare it with something")

    def add_not(self, body: Body, node: tree.Expression) -> None:
        """Add the negation of a condition."""
        self._without(body, lambda inner: self.add(inner, node), self._names(body, node))

    def bind(self, body: Body, binding: tree.Binding) -> None:
        """Add ``device d`` or ``data d in f.carries``."""
        name = binding.variable.name
        if name in body.types:
            raise Rejected("P0506", binding.variable, f"the variable `{name}` is used twice", "give one of them another name")
        if binding.source is None:
            if binding.kind is None:
                raise Rejected("P0507", binding, "a variable needs a kind or a list to range over")
            type, member = self._kind(body, binding.kind)
            kind_atom = Atom(body.builder.kind(type.kinds[0]), (Var(name),))
            body.types[name] = type
            body.pending[name] = member(Var(name)) if member else kind_atom
            return
        self._bind_in(body, binding, binding.source)

    # ------------------------------------------------------------------------------------------ the forms of conditions

    def _binary(self, body: Body, node: tree.Binary) -> None:
        operator = node.operator
        if operator == "and":
            problems = self.add_all(body, [node.left, node.right])
            if problems:
                raise problems[0]
        elif operator == "or":
            self._either(body, [node.left, node.right])
        elif operator in MIRROR:
            self._compare(body, node)
        elif operator == "in":
            self._in(body, node)
        elif operator == "not in":
            positive = tree.Binary(node.start, node.end, "in", node.left, node.right)
            self._without(body, lambda inner: self._in(inner, positive), self._names(body, positive))
        elif operator == "is":
            self._is(body, node)
        elif operator == "is not":
            positive = tree.Binary(node.start, node.end, "is", node.left, node.right)
            self._without(body, lambda inner: self._is(inner, positive), self._names(body, positive))
        else:
            raise Rejected("P0505", node, "this is a value, not a condition", "compare it with something")

    def _either(self, body: Body, branches: list[tree.Expression]) -> None:
        apart, inner = self._branches(body, branches)
        shared = {name for each in inner for name in each.bound if name in body.types}
        names = tuple(name for name in body.types if name in (shared if apart else shared | body.bound))
        types = tuple(column_type(body.types[name]) for name in names)
        relation = body.builder.declare(body.builder.fresh(f"{body.source.name}/either{body.form.value}"), types)
        head = Atom(relation, tuple(Var(name) for name in names))
        for each in inner:
            for name in names:
                each.ensure_bound(name)
            body.builder.rule(head, tuple(each.literals), body.source)
        body.literals = [*body.literals, head] if apart else [head]
        body.bind(*names)
        body.paths.clear()

    def _branches(self, body: Body, branches: list[tree.Expression]) -> tuple[bool, list[Body]]:
        """Each branch as a body of its own: apart from the conditions so far where that can be, else upon them."""
        if body.source.role != "rule":
            mark = len(body.builder.rules)
            try:
                found = [self._alone(body, self._names(body, *branches)) for _ in branches]
                for each, branch in zip(found, branches, strict=True):
                    self.add(each, branch)
                return True, found
            except Unbound:
                del body.builder.rules[mark:]
        body.settle()
        found = [body.copy() for _ in branches]
        for each, branch in zip(found, branches, strict=True):
            self.add(each, branch)
        return False, found

    def _alone(self, body: Body, names: Sequence[str]) -> Body:
        """An empty body that knows the types of some variables."""
        inner = Body(body.builder, body.source, body.unit, body.package, body.form)
        inner.types = {name: type for name, type in body.types.items() if name in names}
        inner.pending = {name: atom for name, atom in body.pending.items() if name in names}
        return inner

    def _without(self, body: Body, add: Callable[[Body], None], names: Sequence[str]) -> None:
        """Add "no continuation by ``add`` exists"."""
        for name in names:
            body.ensure_bound(name)
        if body.source.role == "rule" or not self._apart(body, add, names):
            body.settle()
            inner = body.with_form(body.opposite)
            add(inner)
            for name in inner.types:
                inner.ensure_bound(name)
            head = body.head("found")
            body.builder.rule(head, tuple(inner.literals), body.source)
            body.literals.append(Atom(head.relation, head.terms, negated=True))
        if body.form is Form.POSSIBLE and body.ask is not None:
            # The unknowns inside what is negated are what would settle the negation: compile it once more to ask.
            add(body.copy())

    def _apart(self, body: Body, add: Callable[[Body], None], names: Sequence[str]) -> bool:
        """Negate a condition that is compiled on its own, over the variables it names; False where that cannot be.

        In a derivation the conditions so far may depend on the relation being derived; what is negated must not.
        """
        inner = self._alone(body, names)
        inner.form = body.opposite
        mark = len(body.builder.rules)
        try:
            add(inner)
        except Unbound:
            del body.builder.rules[mark:]
            return False
        for name in inner.types:
            inner.ensure_bound(name)
        kept = tuple(name for name in names if name in body.bound)
        if any(name not in inner.bound for name in kept):
            del body.builder.rules[mark:]
            return False
        types = tuple(column_type(body.types[name]) for name in kept)
        relation = body.builder.declare(body.builder.fresh(f"{body.source.name}/found{inner.form.value}"), types)
        head = Atom(relation, tuple(Var(name) for name in kept))
        body.builder.rule(head, tuple(inner.literals), body.source)
        body.literals.append(Atom(relation, head.terms, negated=True))
        return True

    def _quantifier(self, body: Body, node: tree.Quantifier) -> None:
        def inside(inner: Body) -> None:
            for binding in node.bindings:
                self.bind(inner, binding)
            if node.condition is not None:
                self.add(inner, node.condition)
            if node.word == "every":
                if node.consequence is None:
                    raise Rejected("P0508", node, "`every … has …` needs a consequence", "write `every person p in … has …`")
                self.add_not(inner, node.consequence)

        if node.word != "every" and node.consequence is not None:
            raise Rejected("P0508", node, f"`has` belongs to `every`; after `{node.word}` write `with`")
        names = self._names(body, node)
        if node.word in ("no", "every"):
            self._without(body, inside, names)
            return
        inner = body.copy()
        inside(inner)
        for name in [name for name in inner.types if name not in body.types]:
            inner.ensure_bound(name)
        found = [name for name in body.types if name in inner.bound and name not in body.bound]
        body.bound |= set(found)
        head = body.head("some")
        body.builder.rule(head, tuple(inner.literals), body.source)
        body.literals = [head]
        body.bind(*found)
        body.paths.clear()

    def _call(self, body: Body, node: tree.Call) -> None:
        name = node.function.name
        if name in TESTS:
            if len(node.arguments) != 2:
                raise Rejected("P0503", node, f"`{name}` takes two texts")
            left, right = (self.terms.text(body, argument.value) for argument in node.arguments)
            self._conclude(body, (*left.hops, *right.hops), [Test(name, (left.expr, right.expr))])
        elif name == "version_before":
            if len(node.arguments) != 2:
                raise Rejected("P0503", node, "`version_before` takes two versions")
            left, right = (self.terms.text(body, argument.value) for argument in node.arguments)
            compared = Apply("version_compare", (left.expr, right.expr))
            self._conclude(body, (*left.hops, *right.hops), [Compare("<", compared, Const(0))])
        elif name in (ALL_OF, ANY_OF):
            self._atom(body, node, body.builder.formula(name), (EntityType(()),) * 3)
        else:
            relation = self.relation(body, node.function)
            self._atom(body, node, body.builder.relation(relation, body.form), relation.parameters)

    def relation(self, body: Body, path: tree.Path) -> UserRelation:
        """The declared relation that a call names."""
        targets = self.terms.resolver.candidates(path, ("relation",), body.package)
        if len(targets) == 1:
            return body.builder.user[targets[0].names[0]]
        if targets:
            raise Rejected("P0203", path, f"`{path.name}` could be several relations", "write the full name of one")
        known = [name.rsplit(".", 1)[-1] for name in body.builder.user]
        near = suggest(path.name, [*known, *TESTS, "version_before"])
        raise Rejected(
            "P0509",
            path,
            f"there is no relation or test called `{path.name}`",
            f"did you mean `{near}`?" if near else "declare it: `relation NAME(kind, …)`",
        )

    def _atom(self, body: Body, node: tree.Call, relation: str, parameters: tuple[ExpressionType, ...]) -> None:
        if len(node.arguments) != len(parameters):
            raise Rejected("P0510", node, f"`{node.function.name}` takes {len(parameters)} arguments, not {len(node.arguments)}")
        terms: list[Var | Const] = []
        hops: list[Hop] = []
        new: dict[str, ExpressionType] = {}
        tail: list[Literal] = []
        for argument, type in zip(node.arguments, parameters, strict=True):
            terms.append(self._argument(body, argument.value, type, hops, new, tail))
        self._conclude(body, tuple(hops), [*tail, Atom(relation, tuple(terms))], new)

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
                if not _fits(body.types[node.name], type, self._registry):
                    raise Rejected("P0503", node, f"`{node.name}` is {body.types[node.name]}, but {type} is expected here")
                if node.name not in body.bound:
                    new[node.name] = body.types[node.name]
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
        if not _fits(lowered.type, type, self._registry):
            raise Rejected("P0503", node, f"this is {lowered.type}, but {type} is expected here")
        hops.extend(lowered.hops)
        if isinstance(lowered.expr, Apply):
            result = Var(body.builder.fresh("$"))
            tail.append(Compare("=", result, lowered.expr))
            return result
        return lowered.expr

    def _flag(self, body: Body, node: tree.Path) -> None:
        lowered = self.terms.path(body, node)
        if not isinstance(lowered.type, ScalarType) or not isinstance(lowered.type.value, BooleanType):
            raise Rejected(
                "P0505", node, f"`{node.name}` is {lowered.type}, not a condition", "compare it: `… = …`, or test `… is KIND`"
            )
        value = Const(Sym(self.terms.symbols.intern(True)))
        if not lowered.hops:
            self._conclude(body, (), [Compare("=", lowered.expr, value)])
            return
        self._conclude(body, (*lowered.hops[:-1], with_result(lowered.hops[-1], value)), [])

    def _is(self, body: Body, node: tree.Binary) -> None:
        if not isinstance(node.right, tree.Path):
            raise Rejected("P0503", node.right, "`is` takes a kind or a template")
        variable, _, hops = self.terms.entity(body, node.left)
        type, member = self._kind(body, node.right)
        if member is not None:
            atom = member(variable)
        else:
            of_kind = body.builder.kind if body.form is Form.CERTAIN else body.builder.domain
            atom = Atom(of_kind(type.kinds[0]), (variable,))
        self._conclude(body, hops, [atom])

    def _in(self, body: Body, node: tree.Binary) -> None:
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
        right = self._several(body, node.right)
        new: dict[str, ExpressionType] = {}
        tail: list[Literal] = []
        hops: list[Hop] = []
        if isinstance(node.left, tree.Path) and body.types.get(node.left.name) == EntityType(("entry",)):
            # An entry's key and value have types only once it is known of which map it is one.
            body.types[node.left.name] = right.type
        term = self._argument(body, node.left, right.type, hops, new, tail)
        self._conclude(body, (*hops, *right.hops[:-1], with_result(right.hops[-1], term)), tail, new)

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
            self._check_comparable(one, "=", lowered, items)
            constants.append(lowered.expr)
        relation = "one of " + " ".join(str(each.value) for each in constants)
        if relation not in body.builder.declared:
            body.builder.declare(relation, (Type.SYMBOL,))
            for each in constants:
                body.builder.rule(Atom(relation, (each,)), (), body.source)
        self._conclude(body, one.hops, [Atom(relation, (one.expr,))])
        return bool(constants)

    def _several(self, body: Body, node: tree.Path) -> Lowered:
        """A path whose last attribute may have several values."""
        root, *rest = node.parts
        if root not in body.types or not rest:
            raise Unbound(node, root)
        body_type = body.types[root]
        return self.terms.walk(body, Var(root), body_type, rest, node, last_many=True)

    def _bind_in(self, body: Body, binding: tree.Binding, source: tree.Path) -> None:
        lowered = self._several(body, source)
        name = binding.variable.name
        type = lowered.type
        tail: list[Literal] = []
        if binding.kind is not None and not (isinstance(type, EntityType) and type.map is not None):
            narrowed, member = self._kind(body, binding.kind)
            if not isinstance(type, EntityType) or not _fits(narrowed, type, self._registry):
                raise Rejected("P0503", binding.kind, f"`{source.name}` lists {type}, not a `{binding.kind.name}`")
            if member is not None:
                tail.append(member(Var(name)))
            elif not all(self._registry.is_a(kind, narrowed.kinds[0]) for kind in type.kinds):
                of_kind = body.builder.kind if body.form is Form.CERTAIN else body.builder.domain
                tail.append(Atom(of_kind(narrowed.kinds[0]), (Var(name),)))
            type = narrowed
        hops = (*lowered.hops[:-1], with_result(lowered.hops[-1], Var(name)))
        self._conclude(body, hops, tail, {name: type})

    def _kind(self, body: Body, path: tree.Path) -> tuple[EntityType, object]:
        """The type that a kind or template name stands for, and, for a template, how to test membership."""
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
        relation = self._membership(body, template.name, symbol)

        def member(variable: Var) -> Atom:
            return Atom(relation, (variable,))

        return EntityType((template.kind.name,)), member

    def _membership(self, body: Body, name: str, symbol: Const) -> str:
        builder = body.builder
        relation = f"is {name}{body.form.value}"
        if relation not in builder.declared:
            builder.declare(relation, (Type.SYMBOL,))
            x = Var("x")
            builder.rule(Atom(relation, (x,)), (Atom(builder.member(), (x, symbol)),), body.source)
            if body.form is Form.POSSIBLE:
                anybody = Const(Sym(self.terms.symbols.intern(ANY)))
                builder.rule(Atom(relation, (anybody,)), (), body.source)
        return relation

    # ------------------------------------------------------------------------------------------ comparisons

    def _compare(self, body: Body, node: tree.Binary) -> None:
        left, right, operator = node.left, node.right, node.operator
        if isinstance(left, tree.Nothing | tree.Aggregate) or (
            self.terms.is_open(body, left) and not self.terms.is_open(body, right)
        ) or _is_literal(left):
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
                new[right.name] = body.types[right.name]
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
        if operator == "=" and one.hops and one.expr == one.hops[-1].atom.terms[1] and isinstance(other.expr, Var | Const):
            unified = (*one.hops[:-1], with_result(one.hops[-1], other.expr), *other.hops)
            self._conclude(body, unified, [], new)
            return
        self._conclude(body, hops, [Compare(operator, one.expr, other.expr)], new)  # type: ignore[arg-type]

    def _awaits(self, body: Body, node: tree.Expression) -> bool:
        """Whether the expression is a variable that has a type but no value yet: an equation can give it one."""
        return isinstance(node, tree.Path) and node.name in body.types and node.name not in body.bound

    def _check_comparable(self, one: Lowered, operator: str, other: Lowered, node: tree.Binary) -> None:
        if not comparable(one.type, other.type) or (
            isinstance(one.type, EntityType) and not _fits(other.type, one.type, self._registry)
        ):
            raise Rejected("P0503", node, f"{one.type} cannot be compared with {other.type}")
        if operator not in ("=", "!=") and not is_number(one.type):
            raise Rejected("P0503", node, f"`{operator}` needs numbers, quantities or dates, not {one.type}")

    def _compare_none(self, body: Body, left: tree.Expression, operator: str, node: tree.Binary) -> None:
        """``x.a = none``: the architect stated that there is none; ``!=``: there is one."""
        if operator not in ("=", "!=") or not isinstance(left, tree.Path) or "." not in left.name:
            raise Rejected("P0503", node, "`none` can only be compared by `=` and `!=`, with an attribute")
        several = self._several(body, left)
        if operator == "!=":
            self._conclude(body, several.hops, [])
            return
        root = left.parts[0]
        positive = tree.Binary(node.start, node.end, "!=", left, tree.Nothing(node.start, node.end))
        # Nothing is known to be there only where everything on the way is known.
        if len(several.hops) > 1:
            last = several.hops[-1]
            owner = self.terms.walk(body, Var(root), body.types[root], list(left.parts[1:-1]), left)
            last = Hop(owner.expr, Atom(last.atom.relation, (owner.expr, Var("_"))), last.attribute, last.unset)  # type: ignore[arg-type]
            assert isinstance(owner.expr, Var)
            self._conclude(body, owner.hops, [], {owner.expr.name: owner.type})
            body.settle()
            inner = body.with_form(body.opposite)
            self._conclude(inner, (last,), [])
            head = body.head("stated")
            body.builder.rule(head, tuple(inner.literals), body.source)
            body.literals.append(Atom(head.relation, head.terms, negated=True))
            return
        self._without(
            body, lambda inner: self._compare_none(inner, left, "!=", positive), [root] if root in body.types else []
        )

    def _compare_aggregate(self, body: Body, left: tree.Expression, operator: str, node: tree.Aggregate) -> None:
        """``left operator aggregate``, by the certain and the possible members."""
        bound = self.terms.lower(body, left, COUNT if node.word == "count" else None)
        if bound.hops:
            self._conclude(body, bound.hops, [])
        for name in self._names(body, node):
            body.ensure_bound(name)
        body.settle()
        if bound.hops and isinstance(bound.expr, Var):
            raise Rejected("P0503", left, "compare an aggregate with a number or a variable", "bind it first: `… = n`")
        if node.word == "count":
            self._compare_count(body, bound, MIRROR[operator], node)
        else:
            self._compare_total(body, bound, MIRROR[operator], node)

    def _compare_count(self, body: Body, bound: Lowered, operator: str, node: tree.Aggregate) -> None:
        """``count operator bound``: the certain members are the least count, the possible ones the greatest."""
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
            raise Rejected("P0503", node, f"`{node.word} of` needs a value", f"write `{node.word} of x.cost for …`")
        known = self._members(body, node, Form.CERTAIN, node.value)
        possible = self._members(body, node, Form.POSSIBLE, None)
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

    def _members(self, body: Body, node: tree.Aggregate, form: Form, value: tree.Expression | None) -> Atom:
        """The members that an aggregate ranges over, as a relation; with their value where one is asked for."""
        inner = body.with_form(form)
        for binding in node.bindings:
            self.bind(inner, binding)
        if node.condition is not None:
            self.add(inner, node.condition)
        for name in inner.types:
            inner.ensure_bound(name)
        keep = (*body.variables(), *(binding.variable.name for binding in node.bindings))
        terms: list[Var] = [Var(name) for name in dict.fromkeys(keep)]
        types = [column_type(inner.types[term.name]) for term in terms]
        if value is not None:
            lowered = self.terms.lower(inner, value)
            if not is_number(lowered.type):
                raise Rejected("P0503", value, f"a number is expected here, not {lowered.type}")
            self._conclude(inner, lowered.hops, [])
            result = Var(body.builder.fresh("$"))
            inner.literals.append(Compare("=", result, lowered.expr))
            terms.append(result)
            types.append(Type.FLOAT)
        relation = body.builder.declare(body.builder.fresh(f"{body.source.name}/member{form.value}"), tuple(types))
        head = Atom(relation, tuple(terms))
        body.builder.rule(head, tuple(inner.literals), body.source)
        return head

    # ------------------------------------------------------------------------------------------ hops and unknowns

    def _conclude(
        self,
        body: Body,
        hops: tuple[Hop, ...],
        tail: list[Literal],
        new: dict[str, ExpressionType] | None = None,
    ) -> None:
        """Add hops and what follows from them; in the possible form also every way in which a hop may be unknown."""
        new = new or {}
        doubtful = [index for index, hop in enumerate(hops) if hop.unset is not None]
        touched = dict.fromkeys(hop.owner.name for hop in hops if hop.owner.name in body.types)
        for name, type in new.items():
            body.types.setdefault(name, type)
        if body.form is Form.CERTAIN or not doubtful:
            body.literals.extend(hop.atom for hop in hops)
            body.literals.extend(tail)
            body.bind(*touched, *new)
            return
        # Only what an unknown list or reference leads to may be undeclared; what a condition starts from is declared.
        for name in touched:
            body.ensure_bound(name)
        kinds = [body.pending.pop(name) for name in new if name in body.pending]
        body.settle()
        context = list(body.literals)
        body.bound |= {*touched, *new}
        head = body.head("maybe")
        tail = [*tail, *kinds]
        body.builder.rule(head, (*context, *(hop.atom for hop in hops), *tail), body.source)
        for index in doubtful:
            self._unknown(body, head, context, hops, index)
        body.literals = [head]

    def _unknown(self, body: Body, head: Atom, context: list[Literal], hops: tuple[Hop, ...], index: int) -> None:
        """The rule for "this hop is unset, so the condition may hold"."""
        hop = hops[index]
        assert hop.unset is not None and hop.attribute is not None
        literals = [*context, *(each.atom for each in _leading(hops, index)), Atom(hop.unset, (hop.owner,))]
        known = {term.name for each in literals if isinstance(each, Atom) for term in each.terms if isinstance(term, Var)}
        for term in head.terms:
            if isinstance(term, Var) and term.name not in known:
                type = body.types[term.name]
                if not isinstance(type, EntityType) or not type.kinds:
                    return
                literals.append(body.ranging(term.name, type, undeclared=term == hop.atom.terms[1]))
        body.builder.rule(head, tuple(literals), body.source)
        if body.ask is not None:
            body.ask(body, tuple(literals), hop.owner, hop.attribute)

    def _names(self, body: Body, *nodes: tree.Expression) -> list[str]:
        """Typed variables that an expression speaks of."""
        found: dict[str, None] = {}
        queue: list[object] = list(nodes)
        while queue:
            part = queue.pop()
            if isinstance(part, tree.Path):
                if part.parts[0] in body.types:
                    found[part.parts[0]] = None
            elif isinstance(part, tree.Node):
                queue.extend(getattr(part, field) for field in part.__struct_fields__ if field not in ("start", "end"))
            elif isinstance(part, tuple):
                queue.extend(part)
        return list(found)


def _rank(node: tree.Expression) -> int:
    """How much a condition can narrow: plain ones first, then choices, then what must not be."""
    if isinstance(node, tree.Quantifier):
        return 1 if node.word == "some" else 2
    if isinstance(node, tree.Unary):
        return 2
    if isinstance(node, tree.Binary):
        if node.operator in ("and", "or"):
            return max(1, _rank(node.left), _rank(node.right))
        if node.operator in ("not in", "is not"):
            return 2
        if isinstance(node.left, tree.Aggregate) or isinstance(node.right, tree.Aggregate):
            return 2
    return 0


def _leading(hops: tuple[Hop, ...], index: int) -> tuple[Hop, ...]:
    """The hops that lead to the owner of hop ``index``: its own path, not that of the other side."""
    needed: list[Hop] = []
    owner = hops[index].owner
    for hop in reversed(hops[:index]):
        if hop.atom.terms[1] == owner:
            needed.insert(0, hop)
            owner = hop.owner
    return tuple(needed)


def _take_over(body: Body, trial: Body) -> None:
    body.literals, body.types, body.bound, body.paths = trial.literals, trial.types, trial.bound, trial.paths


def _is_literal(node: tree.Expression) -> bool:
    return isinstance(node, tree.Quantity | tree.String | tree.Boolean | tree.Date | tree.Address)


def _fits(given: ExpressionType, wanted: ExpressionType, registry: object) -> bool:
    """Whether a value of one type can be one of another: kinds that overlap, or comparable values."""
    if isinstance(given, EntityType) and isinstance(wanted, EntityType):
        if not given.kinds or not wanted.kinds:
            return True
        is_a = registry.is_a  # type: ignore[attr-defined]
        return any(is_a(g, w) or is_a(w, g) for g in given.kinds for w in wanted.kinds)
    return comparable(given, wanted)
