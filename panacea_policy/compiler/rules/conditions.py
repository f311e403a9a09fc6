"""Conditions of rules for the engine, in either of Kleene's two forms.

*Certain* is what holds whatever the unknown values are; *possible* is what holds for some of them. A
comparison is possible also where a value on its path is unset; a negation in one form needs what it negates
in the other form. Several continuations of the same conditions share one auxiliary relation, so the program
grows linearly with the text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.rules.atoms import Atoms
from panacea_policy.compiler.rules.comparisons import MIRROR, Comparisons
from panacea_policy.compiler.rules.program import Body, Form, UserRelation, names_in, roots_in
from panacea_policy.compiler.rules.terms import Terms, Unbound
from panacea_policy.compiler.rules.typing import ScalarType, column_type
from panacea_policy.engine import Atom, Compare, Const, Var
from panacea_policy.language import syntax as tree
from panacea_policy.model import EnumType


class Conditions:
    """Adds conditions to bodies."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._atoms = Atoms(terms, self._either)
        self._comparisons = Comparisons(terms, self._atoms, self)

    def add_all(self, body: Body, conditions: Sequence[tree.Expression]) -> list[Rejected]:
        """Add conditions, each as soon as what it needs is bound; gives what is wrong with those that
        remain.
        """
        # What binds and narrows comes first: every auxiliary relation made after it stays small.
        pending = sorted(conditions, key=rank)
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
        """Add one condition. Raises :class:`Rejected`, :class:`Unbound` where another condition may help
        first.
        """
        if isinstance(node, tree.Binary):
            self._binary(body, node)
        elif isinstance(node, tree.Unary) and node.operator == "not":
            self.add_not(body, node.operand)
        elif isinstance(node, tree.Quantifier):
            self._quantifier(body, node)
        elif isinstance(node, tree.Call):
            self._atoms.call(body, node)
        elif isinstance(node, tree.Path):
            self._atoms.flag(body, node)
        elif isinstance(node, tree.Boolean):
            one = Const(1.0)
            body.literals.append(Compare("=", one, one if node.value else Const(0.0)))
        else:
            raise Rejected("P0505", node, "this is a value, not a condition", "compare it with something")

    def add_not(self, body: Body, node: tree.Expression) -> None:
        """Add the negation of a condition."""
        self.without(body, lambda inner: self.add(inner, node), names_in(body, node))

    def bind(self, body: Body, binding: tree.Binding) -> None:
        """Add ``device d`` or ``data d in f.carries``."""
        name = binding.variable.name
        if name in body.types:
            raise Rejected(
                "P0506",
                binding.variable,
                f"the variable `{name}` is used twice",
                "give one of them another name",
            )
        if binding.source is None:
            assert binding.kind is not None, "the grammar wants a kind or a list"
            # A variable ranges over what is declared: only an unknown list or reference may lead elsewhere.
            type, member = self._atoms.kind(body, binding.kind, Form.CERTAIN)
            kind_atom = Atom(body.builder.kind(type.kinds[0]), (Var(name),))
            body.types[name] = type
            body.pending[name] = member(Var(name)) if member else kind_atom
            return
        self._atoms.bind_in(body, binding, binding.source)

    # ------------------------------------------------------------------------------------------ the forms of
    # conditions

    def _binary(self, body: Body, node: tree.Binary) -> None:
        operator = node.operator
        if operator == "and":
            problems = self.add_all(body, [node.left, node.right])
            if problems:
                raise problems[0]
        elif operator == "or":
            self._either(body, [node.left, node.right])
        elif operator in MIRROR:
            self._comparisons.compare(body, node)
        elif operator == "in":
            self._atoms.is_in(body, node)
        elif operator == "not in":
            positive = tree.Binary(node.start, node.end, "in", node.left, node.right)
            self.without(body, lambda inner: self._atoms.is_in(inner, positive), names_in(body, positive))
        elif operator == "is":
            self._atoms.is_a(body, node)
        elif operator == "is not":
            positive = tree.Binary(node.start, node.end, "is", node.left, node.right)
            self.without(body, lambda inner: self._atoms.is_a(inner, positive), names_in(body, positive))
        else:
            raise Rejected("P0505", node, "this is a value, not a condition", "compare it with something")

    def _either(self, body: Body, branches: list[tree.Expression]) -> None:
        apart, inner = self._branches(body, branches)
        shared = {name for each in inner for name in each.bound if name in body.types}
        names = tuple(name for name in body.types if name in (shared if apart else shared | body.bound))
        types = tuple(column_type(body.types[name]) for name in names)
        relation = body.builder.declare(
            body.builder.fresh(f"{body.source.name}/either{body.form.value}"), types
        )
        head = Atom(relation, tuple(Var(name) for name in names))
        for each in inner:
            for name in names:
                each.ensure_bound(name)
            body.builder.rule(head, tuple(each.literals), body.source)
        body.literals = [*body.literals, head] if apart else [head]
        body.bind(*names)
        body.paths.clear()

    def _branches(self, body: Body, branches: list[tree.Expression]) -> tuple[bool, list[Body]]:
        """Each branch as a body of its own: apart from the conditions so far where that can be, else upon
        them.
        """
        if body.source.role != "rule":
            mark = len(body.builder.rules)
            try:
                found = [self._alone(body, names_in(body, *branches)) for _ in branches]
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

    def without(self, body: Body, add: Callable[[Body], None], names: Sequence[str]) -> None:
        """Add "no continuation by ``add`` exists"."""
        for name in names:
            body.ensure_bound(name)
        if body.source.role == "rule" or not self._apart(body, add, names):
            body.settle()
            inner = body.with_form(body.opposite)
            # Asking is done below, at every level: within here as well it would double with each.
            inner.ask = None
            add(inner)
            for name in inner.types:
                inner.ensure_bound(name)
            head = body.head("found")
            body.builder.rule(head, tuple(inner.literals), body.source)
            body.literals.append(Atom(head.relation, head.terms, negated=True))
        if body.form is Form.POSSIBLE and body.ask is not None:
            # The unknowns inside what is negated are what would settle the negation: compile it once more to
            # ask.
            add(body.copy())

    def _apart(self, body: Body, add: Callable[[Body], None], names: Sequence[str]) -> bool:
        """Negate a condition that is compiled on its own, over the variables it names; False where that
        cannot be.

        In a derivation the conditions so far may depend on the relation being derived; what is negated must
        not.
        """
        inner = self._alone(body, names)
        inner.form = body.opposite
        for name in names:
            type = body.types[name]
            if name in body.bound and isinstance(type, ScalarType) and isinstance(type.value, EnumType):
                inner.literals.append(Atom(body.builder.words(type.value), (Var(name),)))
                inner.bound.add(name)
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
        relation = body.builder.declare(
            body.builder.fresh(f"{body.source.name}/found{inner.form.value}"), types
        )
        head = Atom(relation, tuple(Var(name) for name in kept))
        body.builder.rule(head, tuple(inner.literals), body.source)
        body.literals.append(Atom(relation, head.terms, negated=True))
        return True

    def _quantifier(self, body: Body, node: tree.Quantifier) -> None:
        def inside(inner: Body) -> None:
            inner.witnesses |= _witnesses(node)
            for binding in node.bindings:
                self.bind(inner, binding)
            if node.condition is not None:
                self.add(inner, node.condition)
            if node.word == "every":
                if node.consequence is None:
                    raise Rejected(
                        "P0508",
                        node,
                        "`every … has …` needs a consequence",
                        "write `every person p in … has …`",
                    )
                self.add_not(inner, node.consequence)

        if node.word != "every" and node.consequence is not None:
            raise Rejected("P0508", node, f"`has` belongs to `every`; after `{node.word}` write `with`")
        names = names_in(body, node)
        if node.word in ("no", "every"):
            self.without(body, inside, names)
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

    def relation(self, body: Body, path: tree.Path) -> UserRelation:
        """The declared relation that a call names."""
        return self._atoms.relation(body, path)


def _witnesses(node: tree.Quantifier) -> frozenset[str]:
    """Variables of a quantifier of which only the existence is asked."""
    names = {binding.variable.name for binding in node.bindings}
    said = [node.condition, node.consequence, *(binding.source for binding in node.bindings)]
    return frozenset(names - roots_in(*(each for each in said if each is not None)))


def rank(node: tree.Expression) -> int:
    """How much a condition can narrow: plain ones first, then choices, then what must not be."""
    if isinstance(node, tree.Quantifier):
        return 1 if node.word == "some" else 2
    if isinstance(node, tree.Unary):
        return 2
    if isinstance(node, tree.Binary):
        if node.operator in ("and", "or"):
            return max(1, rank(node.left), rank(node.right))
        if node.operator in ("not in", "is not"):
            return 2
        if isinstance(node.left, tree.Aggregate) or isinstance(node.right, tree.Aggregate):
            return 2
    return 0


def _take_over(body: Body, trial: Body) -> None:
    body.literals, body.types, body.bound, body.paths = trial.literals, trial.types, trial.bound, trial.paths
