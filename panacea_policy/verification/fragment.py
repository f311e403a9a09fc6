"""The fragment in which every question is decided, and why a goal lies outside it."""

from __future__ import annotations

from collections.abc import Iterator

from panacea_policy.engine import Aggregate, Apply, Compare, Expr, Test
from panacea_policy.model import Attribute, DistributionType
from panacea_policy.verification.demand import Demand
from panacea_policy.verification.expressions import FUNCTIONS, TESTS, untranslated
from panacea_policy.verification.slice import NARROWED, Slice
from panacea_policy.verification.solver import Budget, Settings


def outside(part: Slice, settings: Settings, budget: Budget | None = None) -> tuple[str, ...]:
    """Why a goal lies outside the fragment; nothing where it lies within, and z3 alone can fail on its
    numbers.
    """
    reasons = dict.fromkeys(
        [
            *(cycle(members) for members in dict.fromkeys(part.cycles.values())),
            *_inputs(part),
            *_functions(part),
        ]
    )
    if not part.cycles:
        demand = Demand(part, budget)
        universe = demand.universe(settings.declarations)
        reasons.update(demand.reasons)
        if not universe.complete and not demand.reasons:
            reasons[f"a model that shows it may need more than {settings.declarations} declarations"] = None
    return tuple(reasons)


def cycle(members: tuple[str, ...]) -> str:
    """A cycle in the words of the rules, without the compiler's own relations."""
    names = list(dict.fromkeys(each.removesuffix("?") for each in members if "/" not in each)) or ["?"]
    path = " → ".join(f"`{each}`" for each in [*names, names[0]])
    return f"the relation {path} is recursive"


def _inputs(part: Slice) -> Iterator[str]:
    for what, of in part.inputs.values():
        if what == "entry":
            yield "maps (such as `behaviours`) are left empty"
        elif what == "traffic":
            yield NARROWED
        elif what == "formula":
            yield "formulas joined by `and` and `or` are looked at only as single names"
        elif what == "attribute" and isinstance(of, Attribute) and isinstance(of.type, DistributionType):
            yield f"distributions are compared by `{of.name}`"


def _functions(part: Slice) -> Iterator[str]:
    for rules in part.rules.values():
        for rule in rules:
            for literal in rule.body:
                if isinstance(literal, Test) and literal.function not in TESTS:
                    yield untranslated(literal.function)
                elif isinstance(literal, Aggregate) and literal.op == "avg":
                    yield "an average is compared"
                elif isinstance(literal, Compare):
                    for side in (literal.left, literal.right):
                        yield from _untranslated(side)


def _untranslated(expr: Expr) -> Iterator[str]:
    if isinstance(expr, Apply):
        if expr.op not in FUNCTIONS:
            yield untranslated(expr.op)
        for each in expr.args:
            yield from _untranslated(each)


__all__ = ["cycle", "outside"]
