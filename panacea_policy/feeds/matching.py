"""Which assets and software of a model a feed means: by serial number, CPE, package URL, or vendor and
product name, and by version.

Confidence is a number from 0 to 1, the product of how surely the vendor, the product and the version are
those that the feed means; each factor and its reason is in the match. Nothing is guessed silently: a match
below :data:`FACT` is a question to people, one below :data:`QUESTION` is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from panacea_policy.feeds.inventory import Item, Product, purl_key
from panacea_policy.feeds.products import Likeness, ProductName, likeness, product_name
from panacea_policy.feeds.records import ProductClaim, VersionRange
from panacea_policy.feeds.versions import Within, looks_like_version, within
from panacea_policy.feeds.words import Tables, tables, words_of
from panacea_policy.model.cpe import found_cpe
from panacea_policy.model.purl import found_purl

Class = Literal["exact", "strong", "likely", "weak"]

#: From here on a match is a fact; below it, a question; below the second, nothing.
FACT, QUESTION = 0.6, 0.4
_CLASSES: tuple[tuple[float, Class], ...] = ((0.97, "exact"), (0.8, "strong"), (FACT, "likely"))

# How surely the vendor is meant. Assumptions, held by the table test of the advisories.
_VENDOR_IN_NAME = 0.97  #: the vendor is named in the product's name
_VENDOR_UNSAID, _NOTHING_TELLING = 0.72, 0.45  #: no vendor stated; and only words that many products share
#: What an unknown version leaves, where the feed limits versions; and bounds read out of a sentence.
_VERSION_UNKNOWN, _FROM_SENTENCE = 0.88, 0.97
#: A CPE of other edition or target, which one of the sides leaves open.
_CPE_WIDER = 0.97
#: A stock number is one maker's: another may use the same.
_STOCK_NUMBER = 0.9
#: The feed means it inside of another product, and the model does not say that it is there.
_NOT_KNOWN_INSIDE = 0.7
#: Words that are spelled alike have this many first letters in common.
_START = 4
_ANY = ProductClaim()


@dataclass(frozen=True, slots=True)
class Match:
    """A thing of the model that a feed means, how surely, and why. ``inside``: whether its version is
    affected; None where that is unknown.
    """

    item: Item
    confidence: float
    reasons: tuple[str, ...]
    inside: bool | None = True
    claim: ProductClaim = _ANY

    @property
    def class_(self) -> Class:
        """exact, strong, likely or weak."""
        return next((name for least, name in _CLASSES if self.confidence >= least), "weak")

    @property
    def fact(self) -> bool:
        """Whether it is sure enough to be taken as a fact."""
        return self.confidence >= FACT

    def __str__(self) -> str:
        return f"{self.item.reference} ({self.class_}, {self.confidence:.2f}): {', '.join(self.reasons)}"


@dataclass(frozen=True, slots=True)
class Alike:
    """How surely a product, whatever its version, is what a feed names."""

    confidence: float
    reasons: tuple[str, ...]
    ranges: tuple[VersionRange, ...]


class Index:
    """The inventory, so that a product is found without looking at all. Items may be added, not taken
    away.
    """

    def __init__(self, items: Iterable[Item], words: Tables | None = None) -> None:
        self.tables = words or tables()
        self._groups: dict[Product, list[Item]] = {}
        self._names: dict[Product, tuple[ProductName, ...]] = {}
        self._vendors: dict[Product, tuple[str, ...]] = {}
        self._by_key: dict[str, dict[Product, None]] = {}
        self._by_start: dict[str, dict[Product, None]] = {}
        self._by_serial: dict[str, list[Item]] = {}
        self._by_model: dict[str, list[Item]] = {}
        self._parsed: dict[tuple[str, tuple[str, ...]], ProductName] = {}
        for each in items:
            self.add(each)

    def add(self, item: Item) -> None:
        """Take in one item."""
        known = self._groups.get(item.product)
        if known is None:
            known = self._groups[item.product] = []
            self._take_in(item.product)
        known.append(item)
        if item.serial:
            self._by_serial.setdefault(_plain(item.serial), []).append(item)
        if item.model:
            self._by_model.setdefault(_plain(item.model), []).append(item)

    def match(self, claim: ProductClaim) -> list[Match]:
        """What a claim means, best first, then by name; with those whose version is known not to be meant
        (``inside`` False).
        """
        best: dict[str, Match] = {}
        for reading in readings(claim):
            for product in self._candidates(reading):
                alike = self.alike(reading, product)
                if alike is not None and alike.confidence >= QUESTION:
                    for found in self._versions(claim, alike, product):
                        known = best.get(found.item.name)
                        if known is None or found.confidence > known.confidence:
                            best[found.item.name] = found
        for found in self._stock_numbers(claim):
            known = best.get(found.item.name)
            if known is None or found.confidence > known.confidence:
                best[found.item.name] = found
        for found in self._serials(claim):
            best[found.item.name] = found
        for group in claim.within:
            best = self._inside(best, group)
        kept = [each for each in best.values() if each.confidence >= QUESTION]
        return sorted(kept, key=lambda each: (-each.confidence, each.item.name))

    @property
    def products(self) -> Sequence[Product]:
        """Everything that is looked at once, however many pieces of it there are."""
        return tuple(self._groups)

    # ------------------------------------------------------------------------------------------ internals

    def _inside(self, found: dict[str, Match], group: Sequence[ProductClaim]) -> dict[str, Match]:
        """The matches, less sure where none of a group of products is what they are in."""
        around = {
            each.item.name
            for claim in group
            for each in self.match(claim)
            if each.fact and each.inside is not False
        }
        told = " or ".join(dict.fromkeys(each.title or each.name or "?" for each in group))
        kept: dict[str, Match] = {}
        for name, each in found.items():
            if name in around or not around.isdisjoint(each.item.on):
                kept[name] = replace(each, reasons=(*each.reasons, f"inside of `{told}`"))
            else:
                said = f"counts inside of `{told}` only, which the model does not state"
                confidence = round(each.confidence * _NOT_KNOWN_INSIDE, 4)
                kept[name] = replace(each, confidence=confidence, reasons=(*each.reasons, said))
        return kept

    def _take_in(self, product: Product) -> None:
        words = self.tables
        vendors = tuple(dict.fromkeys(v for name in product.vendors for v in words.companies(name)))
        names = tuple(self._name(name, vendors) for name in product.names)
        self._vendors[product], self._names[product] = vendors, names
        keys = {key for name in names for key in name.keys}
        keys |= {f"cpe {each.split(':', 1)[1]}" for each in product.cpes}
        keys |= {f"purl {each}" for each in product.purls}
        for key in sorted(keys):
            self._by_key.setdefault(key, {})[product] = None
            self._by_start.setdefault(key[:_START], {})[product] = None

    def _candidates(self, claim: ProductClaim) -> list[Product]:
        keys: list[str] = []
        cpe, purl = found_cpe(claim.cpe), found_purl(claim.purl)
        if cpe is not None:
            keys.append(f"cpe {cpe.vendor}:{cpe.product}")
        if purl is not None:
            keys.append(f"purl {purl_key(purl)}")
        if claim.name:
            name = self._name(claim.name, self._vendors_of(claim))
            keys += [*name.keys, *name.optional, *self._members(name)]
        found: dict[Product, None] = {}
        for key in dict.fromkeys(keys):
            found.update(self._by_key.get(key, {}))
        if claim.name and not found:
            found.update(self._spelled(self._name(claim.name, self._vendors_of(claim))))
        return list(found)

    def _members(self, name: ProductName) -> Iterator[str]:
        """The models of a series, as words of the index."""
        for first, last in name.series:
            letters = first.rstrip("0123456789")
            low, high = int(first[len(letters) :]), int(last[len(letters) :])
            for number in range(low, min(high, low + 5_000) + 1):
                yield f"{letters}{number}"

    def _spelled(self, name: ProductName) -> Iterator[tuple[Product, None]]:
        """Products with a word that begins as one of the name's does: for names spelled differently."""
        for word in sorted(name.words):
            if len(word) > _START:
                yield from self._by_start.get(word[:_START], {}).items()

    def _vendors_of(self, claim: ProductClaim) -> tuple[str, ...]:
        return self.tables.companies(claim.vendor) if claim.vendor else ()

    def _name(self, text: str, vendors: Sequence[str]) -> ProductName:
        """A product's name without those of its vendor, earlier ones included."""
        known = self._parsed.get((text, tuple(vendors)))
        if known is None:
            earlier = [old for old, now in self.tables.company_names.items() if now in vendors]
            known = self._parsed[text, tuple(vendors)] = product_name(text, self.tables, [*vendors, *earlier])
        return known

    def alike(self, claim: ProductClaim, product: Product) -> Alike | None:
        """How surely a product is what a claim names, whatever the version; None where it is not."""
        ways = (self._by_purl(claim, product), self._by_cpe(claim, product), self._by_name(claim, product))
        found = [each for each in ways if each is not None]
        return max(found, key=lambda each: each.confidence, default=None)

    def _by_purl(self, claim: ProductClaim, product: Product) -> Alike | None:
        purl = found_purl(claim.purl)
        if purl is None or purl_key(purl) not in product.purls:
            return None
        only = (VersionRange(purl.version, exactly=purl.version),) if purl.version else ()
        return Alike(1.0, (f"the same package `{purl_key(purl)}`",), claim.versions or only)

    def _by_cpe(self, claim: ProductClaim, product: Product) -> Alike | None:
        cpe = found_cpe(claim.cpe)
        if cpe is None:
            return None
        for own in product.cpes:
            part, vendor, name = own.split(":", 2)
            if not (_met(cpe.vendor, vendor) and _met(cpe.product, name)):
                continue
            if not _met(cpe.part, part):
                continue
            only = () if cpe.version in "*-" else (VersionRange(cpe.version, exactly=cpe.version),)
            narrower = [
                f for f in ("edition", "sw_edition", "target_sw", "target_hw") if getattr(cpe, f) not in "*-"
            ]
            reasons = [f"the same CPE name `{vendor}:{name}`"]
            if narrower:
                reasons.append(f"{', '.join(narrower)} of the CPE name not compared")
            return Alike(_CPE_WIDER ** len(narrower), tuple(reasons), claim.versions or only)
        return None

    def _by_name(self, claim: ProductClaim, product: Product) -> Alike | None:
        if not claim.name:
            return None
        vendors = self._vendors_of(claim)
        name = self._name(claim.name, vendors)
        best: tuple[float, Likeness, str] | None = None
        for own, text in zip(self._names[product], product.names, strict=True):
            alike = likeness(name, own)
            if best is None or alike.score > best[0]:
                best = (alike.score, alike, text)
        if best is None or best[0] == 0:
            return None
        score, alike, text = best
        factor, said = self._vendor(claim, vendors, product, alike)
        told = f"product `{claim.name}` in `{text}`: {alike.reason}"
        return Alike(round(factor * score, 4), (said, told), claim.versions)

    def _vendor(
        self, claim: ProductClaim, vendors: Sequence[str], product: Product, alike: Likeness
    ) -> tuple[float, str]:
        own = self._vendors[product]
        if not vendors:
            return (_VENDOR_UNSAID if alike.telling else _NOTHING_TELLING), "the feed names no vendor"
        for theirs in vendors:
            if theirs in own:
                return 1.0, f"vendor equal (`{claim.vendor}`)"
            if any(_within(theirs, mine) or _within(mine, theirs) for mine in own):
                return _VENDOR_IN_NAME, f"vendor `{claim.vendor}` is `{product.vendors[0]}`"
        spoken = f" {' '.join(word for name in product.names for word in words_of(name))} "
        for theirs in vendors:
            if f" {theirs} " in spoken:
                return _VENDOR_IN_NAME, f"vendor `{theirs}` in the product's name"
        named = f" {' '.join(words_of(claim.name or ''))} "
        if any(
            f" {mine} " in named or f" {' '.join(words_of(text))} " in named
            for mine, text in self._pairs(product)
        ):
            return _VENDOR_IN_NAME, "the model's vendor in the feed's product name"
        if own:
            return 0.1, f"vendor `{claim.vendor}` is not `{product.vendors[0]}`"
        factor = _VENDOR_UNSAID if alike.telling else _NOTHING_TELLING
        return factor, f"vendor `{claim.vendor}` not stated by the model"

    def _pairs(self, product: Product) -> list[tuple[str, str]]:
        return [(self.tables.company(text), text) for text in product.vendors]

    def _versions(self, claim: ProductClaim, alike: Alike, product: Product) -> Iterator[Match]:
        decided: dict[str | None, Within] = {}
        for item in self._groups[product]:
            if claim.serials and item.serial:
                continue  # serial numbers tell better
            if item.version not in decided:
                decided[item.version] = within(item.version, alike.ranges)
            verdict = decided[item.version]
            confidence = alike.confidence
            confidence *= _VERSION_UNKNOWN if verdict.inside is None else 1.0
            confidence *= 1.0 if verdict.certain else _FROM_SENTENCE
            yield Match(item, round(confidence, 4), (*alike.reasons, verdict.reason), verdict.inside, claim)

    def _serials(self, claim: ProductClaim) -> Iterator[Match]:
        for serial in claim.serials:
            for item in self._by_serial.get(_plain(serial), ()):
                yield Match(item, 1.0, (f"serial number {serial}",), True, claim)

    def _stock_numbers(self, claim: ProductClaim) -> Iterator[Match]:
        """What the model calls by the stock number that the feed gives."""
        for sku in claim.skus:
            for item in self._by_model.get(_plain(sku), ()):
                verdict = within(item.version, claim.versions)
                confidence = _STOCK_NUMBER * (_VERSION_UNKNOWN if verdict.inside is None else 1.0)
                reasons = (f"stock number {sku}", verdict.reason)
                yield Match(item, round(confidence, 4), reasons, verdict.inside, claim)


def readings(claim: ProductClaim) -> Iterator[ProductClaim]:
    """A claim in the ways that it may be meant: as it stands, or as each of the models that it names.

    Where what stands as a version is no version but a model (``3120``, ``Accu-Chek Inform II``), it is read
    as a claim of every version of that model.
    """
    for model in claim.models:
        yield from _as_model(replace(claim, models=()), model)
    if claim.models:
        return
    odd = [each.exactly for each in claim.versions if each.exactly and _may_be_model(each.exactly)]
    plain = tuple(v for v in claim.versions if not (v.exactly and not looks_like_version(v.exactly)))
    if plain or not claim.versions:
        yield replace(claim, versions=plain)
    for model in odd:
        yield from _as_model(replace(claim, versions=()), model)


def _as_model(claim: ProductClaim, model: str) -> Iterator[ProductClaim]:
    yield replace(claim, name=f"{claim.name or ''} {model}".strip())
    if len(words_of(model)) > 1 and not looks_like_version(model):
        yield replace(claim, name=model)


def _may_be_model(text: str) -> bool:
    """Whether what stands where a version should may be the name of a model."""
    return (
        not looks_like_version(text)
        or (text.isdigit() and len(text) >= 4)
        or (text[:-1].isdigit() and len(text) >= 5)
    )


def _met(claim: str, own: str) -> bool:
    """Whether a field of a CPE name, which may hold wildcards, covers a value (NIST IR 7696, table 6-2)."""
    if claim in ("*", own) or own == "*":
        return True
    if claim.startswith(("*", "?")) or claim.endswith(("*", "?")):
        from fnmatch import fnmatchcase

        return fnmatchcase(own, claim.replace("[", "[[]"))
    return False


def _within(part: str, whole: str) -> bool:
    """Whether a company's name is a part of another, word by word."""
    return len(part) > 1 and f" {part} " in f" {whole} "


def _plain(serial: str) -> str:
    return "".join(char for char in serial.lower() if char.isalnum())
