"""Changes of a model that is at work: what they say, and what they make of the declarations.

A change is laid over a layer as one more layer, so that only what it speaks of is built. The declarations
that it touches are copied; the lower layer stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.layers import Layer, build_layer
from panacea_policy.compiler.overlay import Overlay
from panacea_policy.compiler.packages import FileUnit, Package, parse_text
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.removal import Mentions, references
from panacea_policy.compiler.static import check_scenario
from panacea_policy.compiler.verdicts import Finding, in_order
from panacea_policy.engine import Symbols
from panacea_policy.language import Diagnostic, Source, Span, suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import Currencies

_BEFORE = "scenario change {\n"
_AFTER = "\n}"
#: The longest text of a change; a model is the place for more.
_MOST_TEXT = 1_000_000
_RULES = (tree.RuleItem, tree.StepItem, tree.RelationItem, tree.DerivationItem)


@dataclass(frozen=True, slots=True)
class Delta:
    """A change of a model.

    ``change``: entries as in a scenario: declarations that come, ``set NAME.ATTRIBUTE: VALUE``, ``remove
    NAME``. ``rules``: rules, relations and what derives them, as in a file. ``withdraw``: names of rules that
    go.
    """

    change: str = ""
    rules: str = ""
    withdraw: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What a change did: findings that appeared, and findings that are gone or have another verdict now."""

    appeared: tuple[Finding, ...]
    gone: tuple[Finding, ...]


class DeltaError(Exception):
    """A change that cannot be made: ``diagnostics`` say why, with places in ``sources``."""

    def __init__(self, diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = tuple(diagnostics)
        self.sources = sources


@dataclass(slots=True)
class Change:
    """A layer with a change laid over a lower one, and the package of what came with it.

    ``before`` and ``after``: the declarations touched, by name. ``has_rules``: rules, relations or steps have
    come.
    """

    lower: Layer
    layer: Layer
    package: Package
    has_rules: bool
    before: dict[str, Entity] = field(default_factory=dict)
    after: dict[str, Entity] = field(default_factory=dict)

    @property
    def entities(self) -> list[Entity]:
        """The declarations touched, as they were and as they are."""
        return [*self.before.values(), *self.after.values()]

    @property
    def come_or_gone(self) -> list[Entity]:
        """Those that are in one of the two layers only."""
        return [each for each in self.entities if (each.name in self.before) != (each.name in self.after)]

    @property
    def declares(self) -> bool:
        """Whether names or rules have come with it."""
        return self.has_rules or any(
            names.items or names.tables or names.derivations
            for names in (self.layer.own if self.layer is not self.lower else ())
        )

    @property
    def touched(self) -> frozenset[str]:
        """Names of the declarations that came, went or are others now."""
        return frozenset(self.before) | frozenset(self.after)


@dataclass(slots=True)
class Past:
    """What has to be known of the changes made so far: how many they were, the packages of those that declare
    something, the last first, the names that are no more, and who speaks of whom now.
    """

    mentions: Mentions
    count: int = 0
    packages: list[Package] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def add(self, change: Change) -> None:
        """Take note of a change that has been made."""
        self.count += 1
        if change.declares:
            self.packages.insert(0, change.package)
        self.gone.update(change.before.keys() - change.after.keys())
        self.gone -= change.after.keys()
        self.mentions.follow(change.layer.entities, change.before, change.after)

    def lay(self, layer: Layer, root: Package, delta: Delta, currencies: Currencies) -> Change:
        """Lay one more change over a layer, and take note of it; see :func:`lay_over`."""
        change = lay_over(layer, root, self, delta, currencies)
        self.add(change)
        return change


def lay_over(layer: Layer, root: Package, past: Past, delta: Delta, currencies: Currencies) -> Change:
    """A layer with a change on top.

    ``root``: the model's package. ``past``: the changes made before. Raises :class:`DeltaError`.
    """
    report = Report()
    number = past.count + 1
    names = f"change {number}", f"rules of change {number}"
    if len(delta.change) + len(delta.rules) > _MOST_TEXT:
        report.error("P0208", Span(names[0], 0, 0), f"a change has at most {_MOST_TEXT} characters")
        raise DeltaError(report.diagnostics, {names[0]: Source(names[0], "")})
    unit = parse_text(names[0], f"{_BEFORE}{delta.change}{_AFTER}", Path(), report)
    rules = parse_text(names[1], delta.rules, root.folder, report)
    uses = [*past.packages, root, *root.uses]
    package = Package(root.label, root.prefix, root.folder, root.boundary, [rules], uses)
    item = _scenario(unit, report)
    upper = layer
    if item is not None:
        check_scenario(item, unit, package, layer, report)
        _check_removed(item, unit, package, layer, report)
    if item is not None and not report.diagnostics:
        overlay = Overlay("change", package, unit, item.entries)
        upper = build_layer(layer.registry, [package], layer, currencies, overlay, mentions=past.mentions)
        report.extend(upper.diagnostics)
    found = Change(layer, upper, package, any(isinstance(each, _RULES) for each in rules.tree.items))
    for name in upper.touched if upper is not layer else ():
        if name in layer.entities:
            found.before[name] = layer.entities[name]
        if name in upper.entities:
            found.after[name] = upper.entities[name]
    _check_mentions(found, past, unit, report)
    if report.diagnostics:
        sources = {names[0]: Source(names[0], delta.change), names[1]: rules.source}
        raise DeltaError(_shown(report.diagnostics, names[0]), sources)
    return found


def _check_removed(
    item: tree.ScenarioItem, unit: FileUnit, package: Package, layer: Layer, report: Report
) -> None:
    """Report what an earlier change has removed already."""
    for entry in item.entries:
        if isinstance(entry, tree.Remove) and not report.diagnostics:
            target = entry.target
            name = package.qualify(target.name + (f'["{target.key}"]' if target.key else ""))
            if name not in layer.entities and not any(
                each.startswith(f"{name}[") and each in layer.entities
                for found in layer.resolver.candidates(target, (), package)
                for each in found.names
            ):
                span = Span(unit.name, target.start, target.end)
                report.error("P0202", span, f"`{target.name}` was removed by an earlier change")


def _check_mentions(found: Change, past: Past, unit: FileUnit, report: Report) -> None:
    """Report values that refer to what an earlier change took away."""
    if not past.gone:
        return
    for entity in found.after.values():
        for attribute, value in entity.own.items():
            names = references([value])
            if any(name in past.gone and name not in found.layer.entities for name in names):
                origin = entity.origin_of(attribute) or entity.origin
                span = origin.span if origin.file == unit.name else Span(unit.name, 0, 0)
                report.error(
                    "P0202",
                    span,
                    f"`{attribute}` of {entity.short} refers to what an earlier change removed",
                    help="declare it again first",
                )


def _scenario(unit: FileUnit, report: Report) -> tree.ScenarioItem | None:
    items = unit.tree.items
    if report.diagnostics:
        return None
    if len(items) == 1 and isinstance(items[0], tree.ScenarioItem):
        return items[0]
    report.error(
        "P0515",
        Span(unit.name, len(_BEFORE), len(_BEFORE)),
        "this is no change",
        help="write declarations, `set NAME.ATTRIBUTE: VALUE` and `remove NAME`; rules stand apart",
    )
    return None


def _shown(diagnostics: Sequence[Diagnostic], name: str) -> list[Diagnostic]:
    """The diagnostics as if the change alone were the text."""
    shift = len(_BEFORE)
    return [
        Diagnostic(
            each.code,
            each.severity,
            each.message,
            Span(name, max(each.span.start - shift, 0), max(each.span.end - shift, 0)),
            (),
            each.help,
        )
        if each.span.file == name
        else each
        for each in diagnostics
    ]


def compare(before: Iterable[Finding], after: Iterable[Finding]) -> Applied:
    """What has come and gone between two collections of findings."""
    old = {(each.fingerprint, each.verdict): each for each in before}
    new = {(each.fingerprint, each.verdict): each for each in after}
    return Applied(
        tuple(sorted((each for key, each in new.items() if key not in old), key=in_order)),
        tuple(sorted((each for key, each in old.items() if key not in new), key=in_order)),
    )


def unknown_rule(name: str, known: Sequence[str]) -> Diagnostic:
    """What to say of a rule to withdraw that there is none of."""
    report = Report()
    near = suggest(name, known)
    report.error(
        "P0202",
        Span("", 0, 0),
        f"there is no rule `{name}` to withdraw",
        help=f"did you mean `{near}`?" if near else None,
    )
    return report.diagnostics[0]


def program_after(program: Program, change: Change, delta: Delta, root: Package, symbols: Symbols) -> Program:
    """The program with what a change brings and withdraws. Raises DeltaError."""
    if change.has_rules:
        after = Program(change.layer, change.layer.own, program, symbols)
        problems = after.diagnostics + after.attack.diagnostics
        if problems:
            raise DeltaError(problems, {unit.name: unit.source for unit in change.package.files})
    else:
        after = program.on(change.layer)
    if not delta.withdraw:
        return after
    known = {rule.declared.qualified for rule in after.rules}
    names = {name if name in known else root.qualify(name) for name in delta.withdraw}
    for name in sorted(names - known):
        raise DeltaError([unknown_rule(name, sorted(known))], {})
    return after.without(names)
