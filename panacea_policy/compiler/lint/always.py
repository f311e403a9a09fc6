"""Conditions that always hold: by their type, or because others say so already."""

from __future__ import annotations

from collections.abc import Mapping

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.lint.bodies import ReadBody, Site
from panacea_policy.compiler.lint.domains import meet
from panacea_policy.compiler.lint.empty import Empty
from panacea_policy.compiler.lint.formulas import Formula, Test, Universe
from panacea_policy.compiler.lint.phrases import can_be
from panacea_policy.compiler.lint.read import Said
from panacea_policy.compiler.lint.solve import entails
from panacea_policy.language import Label
from panacea_policy.language import syntax as tree
from panacea_policy.model import Registry

CODE = "P0706"


def always(site: Site, body: ReadBody, empty: Empty, registry: Registry, report: Report) -> frozenset[Said]:
    """Warn of the conditions of a site that the rest of it makes needless; gives these."""
    needless: list[Said] = []
    for said in reversed(site.conditions):
        if said.opens or _is_only_true(site, said) or body.is_range(said):
            continue
        if any(name in empty for name in said.lacks):
            consequence = f", so {site.needless}" if site.needless and len(site.conditions) == 1 else ""
            empty.warn(said, body, f"always holds{consequence}", report)
            needless.append(said)
            continue
        rest = [each for each in site.conditions if each is not said and each not in needless]
        if _warn(said, rest, site, body, registry, report):
            needless.append(said)
    return frozenset(needless)


def _warn(
    said: Said, rest: list[Said], site: Site, body: ReadBody, registry: Registry, report: Report
) -> bool:
    text, span = body.text(said), body.span(said.node)
    so = f", so {site.needless}" if site.needless and not rest else ""
    if entails([*site.outer, *(each.formula for each in rest)], said.formula, body.table):
        _warn_of_needless(said, rest, site, body, registry, report, so)
        return True
    asked = _asks_only_for(said.formula, body.table)
    if asked is None:
        return False
    reason = can_be(said.formula, body.table, registry)
    report.warning(
        CODE,
        span,
        f"`{text}` holds for every value of `{asked}`: all it asks is that there is one",
        labels=(Label(span, reason),) if reason else (),
        help=f"write `{asked} != none` if that is meant, or correct the comparison",
    )
    return True


def _warn_of_needless(
    said: Said, rest: list[Said], site: Site, body: ReadBody, registry: Registry, report: Report, so: str
) -> None:
    text, span = body.text(said), body.span(said.node)
    if entails(site.typing, said.formula, body.table):
        reason = can_be(said.formula, body.table, registry)
        labels = (Label(span, reason),) if reason else ()
        help = "remove it, or correct it"
        report.warning(CODE, span, f"`{text}` holds in every model{so}", labels=labels, help=help)
        return
    other = next(
        (
            each
            for each in (*rest, *site.around)
            if entails([*site.typing, each.formula], said.formula, body.table)
        ),
        None,
    )
    report.warning(
        CODE,
        span,
        f"`{text}` says nothing that `{body.text(other)}` does not say already{so}"
        if other is not None
        else f"`{text}` follows from the conditions beside it{so}",
        labels=(Label(body.span(other.node), "said here"),) if other is not None else (),
        help="remove it, or correct the one that was meant otherwise",
    )


def _is_only_true(site: Site, said: Said) -> bool:
    """Whether it is the `true` of a rule without conditions."""
    return isinstance(said.node, tree.Boolean) and len(site.conditions) == 1


def _asks_only_for(formula: Formula, table: Mapping[str, Universe]) -> str | None:
    """The path that a comparison is about, if every value of it would do."""
    if not isinstance(formula, Test) or formula.none or formula.void or "." not in formula.term:
        return None
    universe = table[formula.term]
    if formula.kinds is not None:
        kinds = universe.kinds
        told = kinds is not None and kinds.meet(formula.kinds.complement()).empty
    else:
        wanted, known = formula.domain, universe.domain
        told = (
            wanted is not None
            and not wanted.empty
            and type(wanted) is type(known)
            and meet(known, wanted.complement()).empty
        )
    return formula.term if told else None
