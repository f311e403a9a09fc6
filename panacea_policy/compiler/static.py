"""Checks of what is written but not worked out unless asked for: scenarios and the expectations of tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Names
from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.resolve import Resolver
from panacea_policy.language import Span, suggest
from panacea_policy.language import syntax as tree


def check_scenarios(
    own: Sequence[Names], resolver: Resolver, entities: Mapping[str, Entity], report: Report
) -> None:
    """Report what a scenario sets or removes that the model does not have."""
    for names in own:
        for unit in names.package.files:
            for item in unit.tree.items:
                if isinstance(item, tree.ScenarioItem):
                    _check_scenario(item, unit, names.package, resolver, entities, report)


def check_expectations(own: Sequence[Names], rules: Collection[str], report: Report) -> None:
    """Report expectations of tests about rules that nobody declared."""
    for names in own:
        known = {rule.removeprefix(names.package.prefix) for rule in rules} | set(rules)
        shorts = {rule.rpartition(".")[2] for rule in rules}
        for unit in names.package.files:
            for item in unit.tree.items:
                if not isinstance(item, tree.TestItem):
                    continue
                given = {each.name.name for each in item.given if isinstance(each, tree.RuleItem)}
                for each in item.expectations:
                    if each.rule is not None and each.rule.name not in known | shorts | given:
                        _unknown_rule(each.rule, unit, known, report)


def _check_scenario(
    item: tree.ScenarioItem,
    unit: FileUnit,
    package: Package,
    resolver: Resolver,
    entities: Mapping[str, Entity],
    report: Report,
) -> None:
    added = {each.name.name for each in item.entries if isinstance(each, tree.Declaration) and each.name}
    for entry in item.entries:
        if isinstance(entry, tree.Remove):
            _target(entry.target, entry.target.name, unit, package, resolver, report)
        elif isinstance(entry, tree.Set):
            path, _, attribute = entry.target.name.rpartition(".")
            if path.partition(".")[0] in added:
                continue
            found = _target(entry.target, path, unit, package, resolver, report)
            entity = entities.get(found[0]) if found else None
            if entity is not None and attribute not in entity.kind.attributes:
                near = suggest(attribute, list(entity.kind.attributes))
                report.error(
                    "P0302",
                    Span(unit.name, entry.target.start, entry.target.end),
                    f"a `{entity.kind.name}` has no attribute `{attribute}`",
                    help=f"did you mean `{near}`?" if near else None,
                )


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
