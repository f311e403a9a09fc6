"""Software components of a product from its bill of materials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from panacea_policy.feeds.base import Base
from panacea_policy.feeds.declarations import (
    Added,
    Declared,
    Fact,
    Matched,
    Question,
    Told,
    listed,
    remark,
    speakable,
)
from panacea_policy.feeds.inventory import Item, Product, purl_key
from panacea_policy.feeds.matching import Match
from panacea_policy.feeds.records import Bill, Component, ProductClaim, VersionRange
from panacea_policy.language.writing import slug
from panacea_policy.model.cpe import found_cpe, sound_cpe
from panacea_policy.model.purl import found_purl

#: A bill with more components than this is not laid over a model.
MOST = 20_000


def bill_key(bill: Bill) -> str:
    """What one product's bills are known by, from version to version of the document."""
    return f"bill {slug(bill.product.name)}_{slug(bill.product.version or '')}"


def bill_name(bill: Bill) -> str:
    """The name of the declaration that holds a bill's components together."""
    return f"bill_{slug(bill.product.name)}_{slug(bill.product.version or 'any')}"


def product_of(bill: Bill) -> ProductClaim:
    """The product that a bill is about."""
    product = bill.product
    only = (VersionRange(product.version, exactly=product.version),) if product.version else ()
    return ProductClaim(product.supplier, product.name, product.cpe, product.purl, only)


def newest(bills: Sequence[Bill]) -> Bill:
    """The newest of a product's bills, without the files that it lists beside its components."""
    bill = max(bills, key=lambda each: (each.origin.said_at is not None, str(each.origin.said_at)))
    return replace(bill, components=tuple(each for each in bill.components if each.kind != "file"))


def tell_bill(base: Base, bills: Sequence[Bill]) -> Told:
    """The components of the newest of a product's bills, on everything of ours that is that product."""
    bill = newest(bills)
    matches = [each for each in base.index.match(product_of(bill)) if each.inside is not False]
    taken = [each for each in matches if each.fact and speakable(each.item.reference)]
    matched = tuple(
        Matched(bill.product.name, m.item.reference, m.confidence, m.class_, m.reasons, m.fact, "contains")
        for m in matches
    )
    if not taken:
        questions = tuple(_questions(bill, matches))
        return Told(questions=questions, matched=matched, origins=(bill.origin,))
    if len(bill.components) > MOST:
        note = f"it lists {len(bill.components):,} components; at most {MOST:,} are taken"
        return Told(matched=matched, origins=(bill.origin,), notes=(note,))
    whole = bill_name(bill)
    parts = [
        Declared(name, "software", part.name, tuple(_attributes(part)))
        for name, part in zip(component_names(bill), bill.components, strict=True)
    ]
    facts: list[Fact] = [*parts]
    title = f"Components of {bill.product.name}"
    facts.append(Declared(whole, "software", title, (("components", listed(p.name for p in parts)),)))
    for match in taken:
        attribute = "components" if match.item.kind == "software" else "software"
        facts.append(Added(match.item.reference, attribute, (whole,)))
    assumptions = tuple(
        f"`{each.item.reference}` contains what the bill of {bill.product.name} lists ({each.reasons[-1]})"
        for each in taken[:1]
        if each.inside is None or each.class_ == "likely"
    )
    return Told(tuple(facts), (bill.origin,), assumptions, (), matched)


def component_names(bill: Bill) -> list[str]:
    """The names of the components' declarations, in the bill's order; equal components get numbers."""
    whole = bill_name(bill)
    names: list[str] = []
    seen: dict[str, int] = {}
    for part in bill.components:
        name = f"{whole}_{slug(part.name)}" + (f"_{slug(part.version)}" if part.version else "")
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_n{seen[name]}")
    return names


def bill_items(base: Base, bill: Bill) -> Iterator[Item]:
    """The components as things that later documents may speak of."""
    hosts: dict[str, None] = {}
    for match in base.index.match(product_of(bill)):
        if match.fact and match.inside is not False:
            hosts.update(
                dict.fromkeys(match.item.on if match.item.kind == "software" else (match.item.name,))
            )
    for name, part in zip(component_names(bill), bill.components, strict=True):
        yield software_item(name, part, tuple(sorted(hosts)))


def software_item(name: str, part: Component, on: tuple[str, ...]) -> Item:
    """A component as an item of the inventory."""
    cpe, purl = sound_cpe(part.cpe), _sound_purl(part.purl)
    parsed, package = found_cpe(cpe), found_purl(purl)
    vendors = [part.supplier, parsed.vendor.replace("_", " ") if parsed else None]
    return Item(
        name=name,
        reference=name,
        kind="software",
        product=Product(
            vendors=tuple(dict.fromkeys(each for each in vendors if each)),
            names=(part.name,),
            cpes=(f"{parsed.part}:{parsed.vendor}:{parsed.product}",) if parsed else (),
            purls=(purl_key(package),) if package else (),
        ),
        version=part.version
        or (package.version if package else None)
        or (parsed.version if parsed and parsed.version not in "*-" else None),
        cpe=cpe,
        purl=purl,
        on=on,
    )


def _attributes(part: Component) -> Iterator[tuple[str, str]]:
    if part.version:
        yield "version", remark(part.version)
    if cpe := sound_cpe(part.cpe):
        yield "cpe", f"cpe({remark(cpe)})"
    if purl := _sound_purl(part.purl):
        yield "purl", remark(purl)


def _sound_purl(text: str | None) -> str | None:
    return text if found_purl(text) else None


def _questions(bill: Bill, matches: Sequence[Match]) -> Iterator[Question]:
    name = f"{bill.product.name} {bill.product.version or ''}".strip()
    best = max(matches, key=lambda each: each.confidence, default=None)
    cure = "state its manufacturer, model, version, CPE name or package URL in the model"
    if best is None:
        return
    yield Question(
        f"bill {slug(name)}",
        f"Is `{best.item.reference}` the `{name}` that the bill of materials is about? "
        + "; ".join(best.reasons),
        cure,
        best.confidence,
    )
