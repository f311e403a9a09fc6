"""Building a model in two layers: libraries once, what stands on them as often as it changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from panacea_policy.compiler.build import Builder
from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Declared, Names, Part, add_declarations, declare_package
from panacea_policy.compiler.entities import Entity, Template
from panacea_policy.compiler.extents import merged, overlaid
from panacea_policy.compiler.overlay import Overlay, apply_sets
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.removal import Mentions, remove
from panacea_policy.compiler.resolve import Resolver
from panacea_policy.compiler.values import Elaborator, Lookup
from panacea_policy.language import Diagnostic
from panacea_policy.language import syntax as tree
from panacea_policy.model import Currencies, Registry, is_currency

#: What amounts mean while no organisation states a currency.
DEFAULT_CURRENCY = "EUR"


class Layer(msgspec.Struct):
    """What some packages give: names, entities and priors, on top of a lower layer's."""

    registry: Registry
    names: dict[int, Names]
    resolver: Resolver
    elaborator: Elaborator
    entities: Mapping[str, Entity]
    kind_priors: dict[str, Template]
    template_parts: dict[int, list[tuple[Part, Template]]]
    invalid: set[tuple[str, str]]
    diagnostics: tuple[Diagnostic, ...]
    own: tuple[Names, ...] = ()
    #: Of a small change: names of the declarations that are others than below, new, or gone.
    touched: tuple[str, ...] = ()
    #: Its declarations of the kinds that traffic passes, once somebody has gone through all for them.
    network: Mapping[str, Entity] | None = None

    def declared(self, item: type[tree.Node]) -> list[Declared]:
        """Declarations of this layer itself (not of lower ones) that are items of one type."""
        return [
            declared
            for names in self.own
            for group in names.items.values()
            for declared in group
            if isinstance(declared.item, item)
        ]


def build_layer(
    registry: Registry,
    packages: Sequence[Package],
    below: Layer | None,
    currencies: Currencies,
    overlay: Overlay | None = None,
    prepared: Sequence[Names] = (),
    mentions: Mentions | None = None,
) -> Layer:
    """Declare and build some packages on top of a lower layer, which is not changed.

    ``prepared``: names that are declared already, in place of those of their packages. ``mentions``: of the
    lower layer, for a small change of it: then only what is touched takes time and memory.
    """
    report = Report()
    own = [*prepared, *(declare_package(package, registry, report) for package in packages)]
    if overlay is not None:
        target = next(names for names in own if names.package is overlay.package)
        for part in overlay.parts():
            add_declarations(target, part.unit, part.entries, registry, report)
    names = {**(below.names if below else {}), **{id(each.package): each for each in own}}
    resolver = below.resolver.above() if below else Resolver(registry)
    elaborator = Elaborator(resolver.resolve, _lookup(names), currencies, report)
    builder = Builder(registry, {id(each.package): each for each in own}, resolver, elaborator, report)
    if below is not None:
        builder.stand_on(below.template_parts, below.kind_priors, below.entities)
    builder.build()
    if overlay is not None:
        apply_sets(overlay, builder, resolver)
    lower: Mapping[str, Entity] = below.entities if below else {}
    laid = overlaid if mentions is not None else merged
    changed, gone = builder.entities, frozenset[str]()
    removed = list(overlay.removed) if overlay is not None else []
    if removed:
        known = mentions if mentions is not None else Mentions(lower)
        removal = remove(removed, laid(lower, changed), changed, builder.templates(), known)
        gone = removal.gone
        changed = {name: each for name, each in changed.items() if name not in gone}
        changed.update(removal.changed)
    entities = laid(lower, changed, gone)
    return Layer(
        registry,
        names,
        resolver,
        elaborator,
        entities,
        builder.kind_priors,
        builder.template_parts,
        (below.invalid if below else set()) | builder.invalid,
        report.diagnostics,
        tuple(own),
        (*changed, *sorted(gone & lower.keys())) if mentions is not None else (),
    )


def currencies_of(units: Iterable[FileUnit]) -> Currencies:
    """The currency that the organisation states, and its exchange rates; euros where none is stated."""
    for unit in units:
        for item in unit.tree.items:
            if isinstance(item, tree.Declaration) and item.kind.name == "organisation" and item.body:
                said = {
                    entry.key: entry.value for entry in item.body.entries if isinstance(entry, tree.Attribute)
                }
                currency = said.get("currency")
                if isinstance(currency, tree.Path) and is_currency(currency.name):
                    return Currencies(currency.name, _rates(said.get("exchange_rates")))
    return Currencies(DEFAULT_CURRENCY)


def _rates(node: tree.Expression | None) -> Mapping[str, float]:
    if not isinstance(node, tree.Body):
        return {}
    return {
        entry.key: entry.value.value
        for entry in node.entries
        if isinstance(entry, tree.Attribute) and isinstance(entry.value, tree.Quantity)
    }


def _lookup(names: Mapping[int, Names]) -> Lookup:
    """How tables are found: in the package itself, then in those it uses."""
    known: dict[tuple[int, str], Mapping[str, tuple[tree.Expression, Package]]] = {}

    def lookup(table: str, package: Package) -> Mapping[str, tuple[tree.Expression, Package]] | None:
        for each in [package, *package.uses]:
            key = (id(each), table)
            if key in known:
                return known[key]
            node = names[id(each)].tables.get(table) if id(each) in names else None
            if node is not None:
                entries = node.body.entries if node.body else ()
                rows = {
                    entry.key: (entry.value, each) for entry in entries if isinstance(entry, tree.Attribute)
                }
                known[key] = rows
                return rows
        return None

    return lookup
