"""Checks of what is written but not worked out unless asked for: scenarios and the expectations of tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Names
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.overlay import circle, included, overlay_of, scenario_items
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.plain import Rejected, date
from panacea_policy.compiler.resolve import Resolver
from panacea_policy.language import Span, suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, MapType, StructureType


def check_scenarios(layer: Layer, report: Report) -> None:
    """Report what a scenario sets or removes that the model does not have, and values that do not fit."""
    for names in layer.own:
        for unit in names.package.files:
            for item in unit.tree.items:
                if isinstance(item, tree.ScenarioItem):
                    check_scenario(item, unit, names.package, layer, report)


def check_expectations(own: Sequence[Names], rules: Collection[str], report: Report) -> None:
    """Report expectations of tests about rules that nobody declared, and attributes that no test has."""
    for names in own:
        known = {rule.removeprefix(names.package.prefix) for rule in rules} | set(rules)
        shorts = {rule.rpartition(".")[2] for rule in rules}
        for unit in names.package.files:
            for item in unit.tree.items:
                if not isinstance(item, tree.TestItem):
                    continue
                _check_attributes(item, unit, report)
                given = {each.name.name for each in item.given if isinstance(each, tree.RuleItem)}
                for each in item.expectations:
                    if each.rule is not None and each.rule.name not in known | shorts | given:
                        _unknown_rule(each.rule, unit, known, report)


def _check_attributes(item: tree.TestItem, unit: FileUnit, report: Report) -> None:
    """A test says its day and nothing else; a day that does not exist would be another one in silence."""
    for each in item.attributes:
        if each.key != "as_of":
            span = Span(unit.name, each.start, each.key_end)
            message = f"a `test` has no attribute `{each.key}`"
            report.error("P0302", span, message, help="its one attribute is `as_of`, the day of the test")
            continue
        try:
            date(each.value)
        except Rejected as problem:
            place = Span(unit.name, problem.node.start, problem.node.end)
            report.error(problem.code, place, problem.message, help=problem.help)


def check_scenario(
    item: tree.ScenarioItem,
    unit: FileUnit,
    package: Package,
    layer: Layer,
    report: Report,
) -> None:
    """Report what one scenario sets or removes and nobody declared, and values that do not fit."""
    resolver = layer.resolver
    _check_circle(item, unit, package, report)
    overlay = overlay_of(package, item.name.name)
    entries = [
        *item.entries,
        *(each for part in (overlay.included if overlay else ()) for each in part.entries),
    ]
    added = {each.name.name for each in entries if isinstance(each, tree.Declaration) and each.name}
    for entry in item.entries:
        if isinstance(entry, tree.Remove):
            _target(entry.target, entry.target.name, unit, package, resolver, report)
        elif isinstance(entry, tree.Set):
            path, _, attribute = entry.target.name.rpartition(".")
            if path.partition(".")[0] in added:
                continue
            found = _target(entry.target, path, unit, package, resolver, report)
            entity = layer.entities.get(found[0]) if found else None
            if entity is None:
                continue
            known = entity.kind.attributes.get(attribute)
            if known is not None:
                _check_value(entry, known, unit, package, layer, report)
                continue
            near = suggest(attribute, list(entity.kind.attributes))
            report.error(
                "P0302",
                Span(unit.name, entry.target.start, entry.target.end),
                f"a `{entity.kind.name}` has no attribute `{attribute}`",
                help=f"did you mean `{near}`?" if near else None,
            )


def _check_circle(item: tree.ScenarioItem, unit: FileUnit, package: Package, report: Report) -> None:
    way = circle(item, [each for _, each in scenario_items(package)])
    if way is None:
        return
    span = next(Span(unit.name, path.start, path.end) for path in included(item) if path.name == way[1])
    report.error(
        "P0209",
        span,
        f"scenario `{way[0]}` builds on itself: {' → '.join(way)}",
        help="leave one of them out of `includes`",
    )


def _check_value(
    entry: tree.Set, attribute: Attribute, unit: FileUnit, package: Package, layer: Layer, report: Report
) -> None:
    node = entry.value
    if isinstance(attribute.type, StructureType | MapType):
        return
    if attribute.dated is not None and isinstance(node, tree.Binary) and node.operator == "by":
        node = node.left
    try:
        layer.elaborator.evaluate(node, attribute.type, attribute.many, package, attribute.name)
    except Rejected as problem:
        # Names may be of what the scenario itself adds: applying it says whether they exist.
        if problem.code not in ("P0202", "P0203", "P0207"):
            place = Span(unit.name, problem.node.start, problem.node.end)
            report.error(problem.code, place, problem.message, help=problem.help)


def _target(
    node: tree.Path, name: str, unit: FileUnit, package: Package, resolver: Resolver, report: Report
) -> tuple[str, ...]:
    """The qualified names that a scenario speaks of; none after reporting that there are none."""
    targets = (
        resolver.candidates(tree.Path(node.start, node.end, name, node.key), (), package) if name else []
    )
    if targets:
        return targets[0].names
    near = suggest(name, list(resolver.table(package).targets))
    report.error(
        "P0202",
        Span(unit.name, node.start, node.end),
        f"there is no declaration called `{name}`" if name else f"`{node.name}` names no attribute",
        help=f"did you mean `{near}`?" if near else "write `set NAME.ATTRIBUTE: VALUE`",
    )
    return ()


def _unknown_rule(path: tree.Path, unit: FileUnit, known: Collection[str], report: Report) -> None:
    near = suggest(path.name, sorted(known))
    report.error(
        "P0202",
        Span(unit.name, path.start, path.end),
        f"there is no rule called `{path.name}`",
        help=f"did you mean `{near}`?" if near else "`use` the package that has it",
    )
