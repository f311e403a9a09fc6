"""Relations that nothing reads.

A relation is read by conditions of rules, derivations (its own do not count) and steps, by tests, and by
risk, which follows from what attackers do. One with a doc comment is meant for others: for questions, and for
packages that stand on this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Names
from panacea_policy.compiler.packages import Package
from panacea_policy.compiler.resolve import Resolver
from panacea_policy.compiler.rules.program import UserRelation
from panacea_policy.compiler.rules.typing import EntityType
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree


def unused(
    own: Sequence[Names], relations: Mapping[str, UserRelation], resolver: Resolver, report: Report
) -> None:
    """Warn of declared relations that nothing reads and no doc comment explains."""
    candidates = {
        name: relation
        for name, relation in relations.items()
        if any(names.package is relation.package for names in own)
        and not relation.item.doc
        and not relation.steps
        and not _begins_attacks(relation)
    }
    if not candidates:
        return
    read = {
        name
        for names in own
        for path, head in _calls_of(names)
        for target in resolver.candidates(path, ("relation",), names.package)
        for name in target.names
        if head is None or not _same(head, name, names.package, resolver)
    }
    for name, relation in candidates.items():
        if name not in read:
            short = relation.item.name
            report.warning(
                "P0705",
                Span(relation.unit.name, short.start, short.end),
                f"nothing reads the relation `{short.name}`",
                help="remove it, or say above it what others use it for: `## …`",
            )


def _begins_attacks(relation: UserRelation) -> bool:
    """Whether it is about what threat actors do, which risk reads."""
    return any(
        isinstance(type, EntityType) and type.kinds == ("threat_actor",) for type in relation.parameters
    )


def _same(head: tree.Path, name: str, package: Package, resolver: Resolver) -> bool:
    """Whether a derivation's own relation is meant."""
    targets = resolver.candidates(head, ("relation",), package)
    return any(name in target.names for target in targets)


def _calls_of(names: Names) -> Iterator[tuple[tree.Path, tree.Path | None]]:
    """Names of relations that a package reads, with the head of the derivation that does."""
    for unit in names.package.files:
        for item in unit.tree.items:
            yield from _of_item(item)


def _of_item(item: tree.Item) -> Iterator[tuple[tree.Path, tree.Path | None]]:
    if isinstance(item, tree.DerivationItem):
        yield from ((path, item.head.function) for path in calls(item.conditions))
    elif isinstance(item, tree.RuleItem):
        yield from ((path, None) for path in calls((item.applies, item.where, item.require)))
    elif isinstance(item, tree.StepItem):
        yield from ((path, None) for path in calls((item.conditions, item.chance, item.effort)))
    elif isinstance(item, tree.TestItem):
        for inner in item.given:
            yield from _of_item(inner)
        yield from ((each.atom.function, None) for each in item.expectations if each.atom is not None)


def calls(part: object) -> Iterator[tree.Path]:
    """The names of relations (and tests) that conditions call."""
    if isinstance(part, tree.Call):
        yield part.function
    if isinstance(part, tree.Node):
        for each in part.__struct_fields__:
            if each not in ("start", "end"):
                yield from calls(getattr(part, each))
    elif isinstance(part, tuple):
        for each in part:
            yield from calls(each)
