"""CSAF 2.0 (OASIS): security advisories and VEX documents. Those of 2.1 are read as far as they are alike."""

from __future__ import annotations

from collections.abc import Iterator

from panacea_policy.feeds.records import (
    Origin,
    ProductClaim,
    ProductStatus,
    Reading,
    Remedy,
    Score,
    Status,
    Weakness,
)
from panacea_policy.formats.feeds import cvss
from panacea_policy.formats.feeds.csaf_products import ProductTree
from panacea_policy.formats.feeds.intake import Intake, JsonObject, Refused, Where, unique
from panacea_policy.formats.feeds.versions import fixed_in

FEED = "csaf"
#: Groups of product ids and what they say. ``recommended`` says nothing about being affected.
_GROUPS: dict[str, Status] = {
    "first_affected": "affected",
    "known_affected": "affected",
    "last_affected": "affected",
    "known_not_affected": "not_affected",
    "first_fixed": "fixed",
    "fixed": "fixed",
    "under_investigation": "under_investigation",
}
_METRICS = ("cvss_v2", "cvss_v3", "cvss_v4")


def recognises(document: JsonObject) -> bool:
    """Whether a JSON document says that it is CSAF."""
    head = document.get("document")
    return isinstance(head, dict) and "csaf_version" in head


def read(document: JsonObject, intake: Intake) -> Reading:
    """One advisory: a weakness for each of its vulnerabilities."""
    return intake.reading(FEED, _weaknesses(document, intake))


def _weaknesses(document: JsonObject, intake: Intake) -> Iterator[Weakness]:
    head, place = intake.inner(document, (), "document"), ((), "document")
    version = intake.text(head, place, "csaf_version")
    if version not in ("2.0", "2.1"):
        raise Refused((place, "csaf_version"), f"CSAF {version or '?'}", "2.0 and 2.1 are read")
    advisory = _Advisory(document, head, place, intake)
    count = 0
    for given, where in intake.objects(document, (), "vulnerabilities"):
        try:
            yield advisory.weakness(given, where)
        except Refused as refusal:
            intake.refuse(refusal)
        count += 1
    if not count and head.get("category") in ("csaf_security_advisory", "csaf_vex", "ICS Advisory"):
        intake.damage(((), "vulnerabilities"), "the advisory names no vulnerability")


class _Advisory:
    """What the vulnerabilities of one document share."""

    def __init__(self, document: JsonObject, head: JsonObject, place: Where, intake: Intake) -> None:
        self._take = intake
        tracking, track = intake.inner(head, place, "tracking"), (place, "tracking")
        self._first = intake.day(tracking, track, "initial_release_date")
        self._title = intake.text(head, place, "title") or ""
        severity = intake.inner(head, place, "aggregate_severity")
        self._severity = intake.text(severity, (place, "aggregate_severity"), "text")
        distribution = intake.inner(head, place, "distribution")
        tlp = intake.inner(distribution, (place, "distribution"), "tlp")
        publisher = intake.inner(head, place, "publisher")
        self.origin = Origin(
            FEED,
            intake.needed(tracking, track, "id"),
            intake.source,
            intake.moment(tracking, track, "current_release_date"),
            version=intake.text(tracking, track, "version"),
            status=intake.text(tracking, track, "status"),
            publisher=intake.text(publisher, (place, "publisher"), "name"),
            tlp=intake.text(tlp, ((place, "distribution"), "tlp"), "label"),
        )
        self._references = tuple(self._urls(head, place))
        self._products = ProductTree(intake.inner(document, (), "product_tree"), ((), "product_tree"), intake)

    def weakness(self, given: JsonObject, where: Where) -> Weakness:
        """One vulnerability of the document."""
        take = self._take
        cve = take.text(given, where, "cve")
        scores, by_product = self._scores(given, where)
        best, traits = cvss.chosen(scores), cvss.traits(scores)
        released = take.day(given, where, "release_date") or take.day(given, where, "discovery_date")
        return Weakness(
            self.origin,
            id=cve or self._own_id(given, where),
            title=take.text(given, where, "title") or self._title,
            cve=cve,
            cwe=self._cwes(given, where),
            cvss=best.base if best else None,
            cvss_vector=best.vector if best else None,
            vector=traits.vector if traits else None,
            complexity=traits.complexity if traits else None,
            privileges=traits.privileges if traits else None,
            interaction=traits.interaction if traits else None,
            disrupts=traits.disrupts if traits else None,
            published_on=released or self._first,
            products=tuple(self._statuses(given, where, by_product, best)),
            references=unique([*self._urls(given, where), *self._references]),
            description=self._description(given, where),
            severity=self._severity,
            scores=scores,
            threats=tuple(self._threats(given, where)),
            recommended=tuple(self._recommended(given, where)),
        )

    def _own_id(self, given: JsonObject, where: Where) -> str:
        """A vulnerability without a CVE number is known by another id, or by its place in its document."""
        for entry, place in self._take.objects(given, where, "ids"):
            if text := self._take.text(entry, place, "text"):
                return text
        return f"{self.origin.document}#{where[1] + 1}"

    def _cwes(self, given: JsonObject, where: Where) -> tuple[str, ...]:
        one = self._take.text(self._take.inner(given, where, "cwe"), (where, "cwe"), "id")
        many = [self._take.text(c, place, "id") for c, place in self._take.objects(given, where, "cwes")]
        return unique([one, *many])

    def _description(self, given: JsonObject, where: Where) -> str:
        """The summary or description among its notes."""
        found: dict[str, str] = {}
        for note, place in self._take.objects(given, where, "notes"):
            category, text = self._take.text(note, place, "category"), self._take.text(note, place, "text")
            if category and text:
                found.setdefault(category, text)
        return found.get("summary") or found.get("description") or next(iter(found.values()), "")

    def _urls(self, given: JsonObject, where: Where) -> Iterator[str]:
        for entry, place in self._take.objects(given, where, "references"):
            if url := self._take.text(entry, place, "url"):
                yield url

    def _threats(self, given: JsonObject, where: Where) -> Iterator[tuple[str, str]]:
        for entry, place in self._take.objects(given, where, "threats"):
            category, details = (
                self._take.text(entry, place, "category"),
                self._take.text(entry, place, "details"),
            )
            if category and details:
                yield category, details

    # ----------------------------------------------------------------------------------------------- scores

    def _scores(self, given: JsonObject, where: Where) -> tuple[tuple[Score, ...], dict[str, Score]]:
        """All scores, and for each product the one that counts for it."""
        scores: list[Score] = []
        of_product: dict[str, list[Score]] = {}
        for metrics, place, products in self._metrics(given, where):
            for key in _METRICS:
                inner = self._take.inner(metrics, place, key)
                made = cvss.score(inner, (place, key), self._take) if inner else None
                if made is None:
                    continue
                scores.append(made)
                for product in products:
                    of_product.setdefault(product, []).append(made)
        best = {product: found for product, made in of_product.items() if (found := cvss.chosen(made))}
        return tuple(dict.fromkeys(scores)), best

    def _metrics(
        self, given: JsonObject, where: Where
    ) -> Iterator[tuple[JsonObject, Where, tuple[str, ...]]]:
        """`scores` of CSAF 2.0, and `metrics` of 2.1."""
        for entry, place in self._take.objects(given, where, "scores"):
            yield entry, place, self._take.texts(entry, place, "products")
        for entry, place in self._take.objects(given, where, "metrics"):
            inner = self._take.inner(entry, place, "content")
            yield inner, (place, "content"), self._take.texts(entry, place, "products")

    # --------------------------------------------------------------------------------------------- products

    def _statuses(
        self, given: JsonObject, where: Where, scores: dict[str, Score], best: Score | None
    ) -> Iterator[ProductStatus]:
        remedies = self._remedies(given, where)
        flags = self._flags(given, where)
        status = self._take.inner(given, where, "product_status")
        for unknown in sorted(set(status) - set(_GROUPS) - {"recommended", "unknown"}):
            self._take.damage(((where, "product_status"), unknown), "an unknown group of products")
        for group, meaning in _GROUPS.items():
            for product, claim in self._claims(status, (where, "product_status"), group):
                fixes = sorted(remedies.get(product, ()), key=lambda r: r.kind != "vendor_fix")
                score = scores.get(product)
                yield ProductStatus(
                    claim,
                    meaning,
                    flags.get(product) if meaning == "not_affected" else None,
                    next((r.fixed_version for r in fixes if r.fixed_version), None),
                    fixes[0].text if fixes else None,
                    tuple(fixes),
                    group,
                    score if score != best else None,
                )

    def _claims(self, given: JsonObject, where: Where, key: str) -> Iterator[tuple[str, ProductClaim]]:
        for n, product in enumerate(unique(self._take.texts(given, where, key))):
            claim = self._products.claims.get(product)
            if claim is None:
                self._take.damage(((where, key), n), f"there is no product `{product[:100]}` in the tree")
            else:
                yield product, claim

    def _recommended(self, given: JsonObject, where: Where) -> Iterator[ProductClaim]:
        status = self._take.inner(given, where, "product_status")
        for _, claim in self._claims(status, (where, "product_status"), "recommended"):
            yield claim

    def _flags(self, given: JsonObject, where: Where) -> dict[str, str]:
        """The VEX justification for each product that is not affected."""
        found: dict[str, str] = {}
        for entry, place in self._take.objects(given, where, "flags"):
            label = self._take.text(entry, place, "label")
            for product in self._products.ids(entry, place) if label else ():
                found.setdefault(product, label or "")
        return found

    def _remedies(self, given: JsonObject, where: Where) -> dict[str, list[Remedy]]:
        """What to do, by product; one that names no product is for all."""
        found: dict[str, list[Remedy]] = {}
        for entry, place in self._take.objects(given, where, "remediations"):
            kind = self._take.text(entry, place, "category")
            text = self._take.text(entry, place, "details")
            if not kind or not text:
                self._take.damage(place, "a remedy without a category or without details")
                continue
            version = fixed_in(text) if kind == "vendor_fix" else None
            remedy = Remedy(
                kind,
                text,
                self._take.text(entry, place, "url"),
                version,
                self._take.day(entry, place, "date"),
            )
            named = "product_ids" in entry or "group_ids" in entry
            products = self._products.ids(entry, place) if named else tuple(self._products.claims)
            self._take.spend(len(products), place)
            for product in products:
                found.setdefault(product, []).append(remedy)
        return found
