"""Conditions that can never hold: alone, together, or because a relation is always empty."""

from __future__ import annotations

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.lint.bodies import ReadBody, Site
from panacea_policy.compiler.lint.empty import Empty
from panacea_policy.compiler.lint.phrases import can_be
from panacea_policy.compiler.lint.read import Said
from panacea_policy.compiler.lint.solve import contradictory
from panacea_policy.language import Label
from panacea_policy.model import Registry


def never(site: Site, body: ReadBody, empty: Empty, registry: Registry, report: Report) -> bool:
    """Warn where the conditions of a site never hold; gives whether that is so.

    One warning a site: what is wrong with one condition is not said of those beside it again.
    """
    for said in site.conditions:
        if any(name in empty for name in said.calls):
            empty.warn(said, body, f"never holds, so {site.effect}", report)
            return True
    formulas = [each.formula for each in site.conditions]
    if not contradictory([*site.outer, *formulas], body.table):
        return False
    for said in site.conditions:
        if contradictory([*site.typing, said.formula], body.table):
            reason = can_be(said.formula, body.table, registry)
            report.warning(
                "P0702",
                body.span(said.node),
                f"`{body.text(said)}` can hold in no model, so {site.effect}",
                labels=(Label(body.span(said.node), reason),) if reason else (),
                help="correct the condition, or remove what rests on it",
            )
            return True
    last = _last_straw(site, body)
    other = _opponent(site, last, body)
    text = body.text(last)
    report.warning(
        "P0701",
        body.span(last.node),
        f"`{text}` excludes `{body.text(other)}`, so {site.effect}"
        if other is not None
        else f"`{text}` excludes what the conditions beside it say, so {site.effect}",
        labels=(Label(body.span(other.node), "excluded by it"),) if other is not None else (),
        help="write `or` if either is meant, or remove one of them",
    )
    return True


def _last_straw(site: Site, body: ReadBody) -> Said:
    """The first condition that cannot be added to those before it."""
    formulas = list(site.outer)
    for said in site.conditions:
        formulas.append(said.formula)
        if contradictory(formulas, body.table):
            return said
    return site.conditions[-1]


def _opponent(site: Site, said: Said, body: ReadBody) -> Said | None:
    """One other condition that alone excludes it."""
    for other in (*site.conditions, *site.around):
        if other is not said and contradictory([*site.typing, other.formula, said.formula], body.table):
            return other
    return None
