"""Compiling attack steps: their instances, their results, and figures that depend on the instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from panacea_policy.compiler.declare import Declared
from panacea_policy.compiler.entities import Template, linearised
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.rules.compiled import CompiledStep
from panacea_policy.compiler.rules.conclude import conclude
from panacea_policy.compiler.rules.program import Body, Form, ProgramBuilder, Source, names_in
from panacea_policy.compiler.rules.typing import (
    DURATION,
    FRACTION,
    ExpressionType,
    ScalarType,
    column_type,
    is_number,
)
from panacea_policy.engine import Atom, Compare, Var
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import Dimension, DistributionType

if TYPE_CHECKING:
    from panacea_policy.compiler.rules.compile import PackCompiler


#: What a figure measured on single accounts or people may act on: the step must be about one of these.
_PERSONAL = frozenset(
    {"account", "credential", "authenticator", "privilege", "remote_access", "role", "person", "behaviour"}
)
_MEASURED = {"per_account": "accounts", "per_person": "people", "per_mail": "mails"}


def check_level(path: tree.Path, template: Template, types: Sequence[ExpressionType]) -> None:
    """Raise :class:`Rejected` where a class of controls whose effectiveness was measured on single accounts,
    people or mails hinders a step that is about none of them: an account-level figure is no figure of an
    organisation.
    """
    level = next((each.values["level"] for each in linearised([template]) if "level" in each.values), None)
    if level not in _MEASURED or any(_PERSONAL & set(getattr(type, "kinds", ())) for type in types):
        return
    raise Rejected(
        "P0520",
        path,
        f"the effectiveness of `{path.name}` was measured on single {_MEASURED[str(level)]}, "
        "and this step is about none of them",
        "let the step speak of the account, credential, way to log in or role that it passes, "
        "or name another control",
    )


class StepCompiler:
    """Compiles the attack steps of the packages that a pack compiler is at work on."""

    def __init__(self, packs: PackCompiler) -> None:
        self._packs = packs

    def step(self, builder: ProgramBuilder, declared: Declared) -> CompiledStep | None:
        item = declared.item
        assert isinstance(item, tree.StepItem)
        name = declared.qualified
        source = Source(Span(declared.unit.name, item.start, item.end), name, "step")
        body = Body(builder, source, declared.unit, declared.package, Form.CERTAIN)
        if not self._packs.bindings(body, item.bindings) or not self._packs.add(body, item.conditions):
            return None
        for each in list(body.types):
            body.ensure_bound(each)
        variables = tuple((each, body.types[each]) for each in body.variables())
        head = tuple(Var(each) for each, _ in variables)
        types = tuple(column_type(type) for _, type in variables)
        instance = builder.declare(f"{name} instance", types, kept=True)
        builder.rule(Atom(instance, head), tuple(body.literals), source)
        body.literals, body.paths = [Atom(instance, head)], {}
        for result in item.results:
            if not self._result(body.copy(), result, name):
                return None
        try:
            if not self._constants_hold(body, item):
                return None
            chance = self._figure(body.copy(), item.chance, f"{name} chance", FRACTION)
            effort = self._figure(body.copy(), item.effort, f"{name} effort", DURATION)
            hindrances = tuple(self._hindrance(body, each, variables) for each in item.hindrances)
        except Rejected as problem:
            self._packs.reject(declared.unit, problem)
            return None
        return CompiledStep(declared, item, variables, instance, chance, effort, hindrances)

    def _result(self, body: Body, result: tree.Call, name: str) -> bool:
        relation = self._packs.relation_of(body.builder.user, result.function, body.package, body.unit)
        if relation is None:
            return False
        body.source = Source(body.source.span, name, "result")
        before = set(body.types)
        terms = self._packs.head(body, result, relation)
        if terms is None:
            return False
        fresh = [each for each in body.types if each not in before]
        if fresh:
            problem = Rejected(
                "P0501", result, f"nothing gives `{fresh[0]}` a value", "bind it in `for` or `from`"
            )
            self._packs.reject(body.unit, problem)
            return False
        body.builder.relation(relation, Form.CERTAIN)
        body.builder.rule(Atom(relation.name, terms), tuple(body.literals), body.source)
        return True

    def _figure(
        self, body: Body, node: tree.Expression | None, name: str, type: ExpressionType
    ) -> str | None:
        """A relation (instance, value) for a chance or effort that depends on the instance; None for a
        constant.
        """
        if node is None or not _depends(body, node):
            return None
        body.spread = True
        lowered = self._packs.terms.lower(body, node, type)
        spread = isinstance(lowered.type, ScalarType) and isinstance(lowered.type.value, DistributionType)
        if not spread and not is_number(lowered.type):
            raise Rejected("P0503", node, f"{type} is expected here, not {lowered.type}")
        conclude(body, lowered.hops, [])
        value = Var(body.builder.fresh("$"))
        names = body.variables()
        types = tuple(column_type(body.types[each]) for each in names)
        relation = body.builder.declare(name, (*types, column_type(lowered.type)))
        literals = (*body.literals, Compare("=", value, lowered.expr))
        body.builder.rule(Atom(relation, (*(Var(each) for each in names), value)), literals, body.source)
        return relation

    def _constants_hold(self, body: Body, item: tree.StepItem) -> bool:
        """Whether a chance and an effort that are constants can be one; reports each that cannot."""
        good = True
        for node, dimension in ((item.chance, Dimension.FRACTION), (item.effort, Dimension.DURATION)):
            if node is None or _depends(body, node):
                continue
            try:
                self._packs.terms.constant(node, DistributionType(dimension))
            except Rejected as problem:
                self._packs.reject(body.unit, problem)
                good = False
        return good

    def _hindrance(
        self, body: Body, hindrance: tree.Hindrance, variables: tuple[tuple[str, ExpressionType], ...]
    ) -> tuple[tuple[str, ...], int]:
        """Names of the control classes, and which variable's entity they must protect."""
        classes = [
            (path, self._packs.resolver.template(path, ("control",), body.package))
            for path in hindrance.controls
        ]
        for path, template in classes:
            check_level(path, template, [type for _, type in variables])
        names = tuple(template.name for _, template in classes)
        order = [each for each, _ in variables]
        if hindrance.subject is None:
            return names, 0
        if hindrance.subject.name not in order:
            raise Rejected(
                "P0501", hindrance.subject, f"`{hindrance.subject.name}` is not a variable of this step"
            )
        return names, order.index(hindrance.subject.name)


def _depends(body: Body, node: tree.Expression) -> bool:
    """Whether an expression speaks of a variable."""
    return bool(names_in(body, node))
