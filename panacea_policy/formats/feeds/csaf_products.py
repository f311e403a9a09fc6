"""The product tree of a CSAF document: every product id and the claim that it stands for.

Three places name products: branches (vendor, product, version), full product names, and relationships (one
product in, on or with another).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from panacea_policy.feeds.records import ProductClaim, VersionRange
from panacea_policy.formats.feeds import versions
from panacea_policy.formats.feeds.intake import Intake, JsonObject, Refused, Where, unique

#: How many relationships may stand on each other. Each may double the claim, so it must not be many.
_NESTED = 4
_WITH_SOFTWARE = re.compile(r"(.+?) with (?:software|firmware)(?: version)? (.+)", re.IGNORECASE)
_MODELS = re.compile(r"\bmodels?\b", re.IGNORECASE)


class ProductTree:
    """The products of a document by their ids, in its order."""

    def __init__(self, given: JsonObject, where: Where, intake: Intake) -> None:
        self.claims: dict[str, ProductClaim] = {}
        self._intake = intake
        self._groups: dict[str, tuple[str, ...]] = {}
        for branch, place in intake.objects(given, where, "branches"):
            self._branch(branch, place, {})
        for product, place in intake.objects(given, where, "full_product_names"):
            self._product(product, place, {})
        self._relationships(list(intake.objects(given, where, "relationships")))
        for group, place in intake.objects(given, where, "product_groups"):
            name = intake.text(group, place, "group_id")
            if name:
                self._groups[name] = intake.texts(group, place, "product_ids")

    def ids(self, given: JsonObject, where: Where) -> tuple[str, ...]:
        """The products that an entry is about: those listed, and those of the groups listed."""
        listed = self._intake.texts(given, where, "product_ids")
        groups = unique(self._intake.texts(given, where, "group_ids"))
        for group in groups:
            self._intake.spend(len(self._groups.get(group, ())), where)
            if group not in self._groups:
                self._intake.damage((where, "group_ids"), f"there is no product group `{group[:100]}`")
        return unique([*listed, *(p for group in groups for p in self._groups.get(group, ()))])

    def _branch(self, given: JsonObject, where: Where, outer: dict[str, str]) -> None:
        category = self._intake.text(given, where, "category") or ""
        name = self._intake.text(given, where, "name") or ""
        names = {**outer, category: name}
        if category == "product_name" and "product_name" in outer:
            names[category] = f"{outer[category]} {name}"
        for branch, place in self._intake.objects(given, where, "branches"):
            self._branch(branch, place, names)
        if isinstance(given.get("product"), dict):
            self._product(given["product"], (where, "product"), names)

    def _product(self, given: JsonObject, where: Where, names: dict[str, str]) -> None:
        try:
            identity = self._intake.needed(given, where, "product_id")
        except Refused as refusal:
            self._intake.refuse(refusal)
            return
        if identity in self.claims:
            self._intake.damage((where, "product_id"), "a product id stands twice", "give it one product")
            return
        title = self._intake.text(given, where, "name") or " ".join(names.values())
        ranges, models = _versions(names, title)
        claim = ProductClaim(
            vendor=names.get("vendor"),
            name=names.get("product_name") or names.get("product_family") or title or None,
            versions=ranges,
            models=models,
            title=title,
        )
        helper = self._intake.inner(given, where, "product_identification_helper")
        self.claims[identity] = self._identified(claim, helper, (where, "product_identification_helper"))

    def _identified(self, claim: ProductClaim, helper: JsonObject, where: Where) -> ProductClaim:
        if not helper:
            return claim
        take = self._intake
        purls = take.texts(helper, where, "purls")
        return replace(
            claim,
            cpe=take.text(helper, where, "cpe"),
            purl=take.text(helper, where, "purl") or (purls[0] if purls else None),
            serials=take.texts(helper, where, "serial_numbers"),
            models=unique([*claim.models, *take.texts(helper, where, "model_numbers")]),
            skus=take.texts(helper, where, "skus"),
            sboms=take.texts(helper, where, "sbom_urls"),
            hashes=tuple(self._hashes(helper, where)),
        )

    def _hashes(self, helper: JsonObject, where: Where) -> Iterator[str]:
        for file, place in self._intake.objects(helper, where, "hashes"):
            for entry, inside in self._intake.objects(file, place, "file_hashes"):
                algorithm = self._intake.text(entry, inside, "algorithm")
                value = self._intake.text(entry, inside, "value")
                if algorithm and value:
                    yield f"{algorithm.lower()}:{value.lower()}"

    def _relationships(self, waiting: list[tuple[JsonObject, Where]]) -> None:
        """Relationships may use the products of others, in any order."""
        for _ in range(_NESTED):
            later = [(given, where) for given, where in waiting if not self._related(given, where)]
            if len(later) == len(waiting):
                break
            waiting = later
        for _, where in waiting:
            self._intake.damage(where, "it rests on products that the document does not describe")

    def _related(self, given: JsonObject, where: Where) -> bool:
        """Add the product that a relationship makes. False if what it rests on is not there (yet)."""
        part = self.claims.get(str(given.get("product_reference")))
        whole = self.claims.get(str(given.get("relates_to_product_reference")))
        if part is None or whole is None:
            return False
        full = self._intake.inner(given, where, "full_product_name")
        identity = self._intake.text(full, (where, "full_product_name"), "product_id")
        if identity is None or identity in self.claims:
            self._intake.damage((where, "full_product_name"), "its product id is missing or stands twice")
            return True
        title = self._intake.text(full, (where, "full_product_name"), "name") or ""
        claim = replace(part, title=title or part.title, within=(*part.within, (whole,)))
        helper = self._intake.inner(full, (where, "full_product_name"), "product_identification_helper")
        self.claims[identity] = self._identified(claim, helper, (where, "full_product_name"))
        return True


def _versions(names: dict[str, str], title: str) -> tuple[tuple[VersionRange, ...], tuple[str, ...]]:
    """What branches say about versions, and the models that some documents give in the place of versions."""
    ranged, single = names.get("product_version_range"), names.get("product_version")
    parts: list[VersionRange] = []
    models: list[str] = []
    if ranged is not None:
        parts += versions.ranges(ranged)
    if single is not None:
        named_models = _MODELS.search(f"{names.get('product_name')} {title}")
        found = versions.ranges(single)
        software = _WITH_SOFTWARE.fullmatch(single)
        if software and not found[0].understood:
            models.append(software[1])
            parts += [replace(r, text=single, certain=False) for r in versions.ranges(software[2])]
        elif not found[0].understood or (found[0].exactly and named_models):
            models += [m.strip() for m in re.split(r"\||\s/\s|\sand\s", single) if m.strip()]
        else:
            parts += found
    if patch := " ".join(names[c] for c in ("service_pack", "patch_level") if c in names):
        parts = [replace(p, text=f"{p.text} {patch}", certain=False) for p in parts or [VersionRange("*")]]
    return tuple(parts), tuple(models)
