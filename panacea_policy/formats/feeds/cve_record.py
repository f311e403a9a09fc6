"""CVE records, JSON 5.x (cve.org): what the number's authority and others who add to it say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from panacea_policy.feeds.records import (
    ExploitNews,
    Origin,
    ProductClaim,
    ProductStatus,
    Reading,
    Remedy,
    Score,
    Status,
    VersionRange,
    Weakness,
)
from panacea_policy.formats.feeds import cvss, versions
from panacea_policy.formats.feeds.cve_id import cpe_names, cve_number
from panacea_policy.formats.feeds.intake import Intake, JsonObject, Refused, Where, unique
from panacea_policy.formats.feeds.nvd import english

FEED = "cve"
_METRICS = ("cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0")
_STATUSES: dict[str, Status] = {
    "affected": "affected",
    "unaffected": "not_affected",
    "unknown": "under_investigation",
}
_SYSTEM_PACKAGES = frozenset(["rpm", "deb", "apk"])
#: Where packages lie that are products themselves.
_REGISTRIES = (
    "npmjs.com", "npmjs.org", "pypi.org", "pypi.python.org", "maven.org", "maven.apache.org", "sonatype.com",
    "nuget.org", "crates.io", "packagist.org", "rubygems.org", "go.dev", "golang.org", "github.com",
    "gitlab.com", "wordpress.org", "hex.pm", "cpan.org", "metacpan.org", "drupal.org", "hackage.haskell.org",
)  # fmt: skip
_NO_VERSION = ("n/a", "unspecified", "unknown", "see references", "")


def recognises(document: JsonObject) -> bool:
    """Whether a JSON document says that it is a CVE record."""
    return document.get("dataType") == "CVE_RECORD"


def read(document: JsonObject, intake: Intake) -> Reading:
    """The weakness, and the news of its use where someone added it."""
    return intake.reading(FEED, _records(document, intake))


def _records(document: JsonObject, take: Intake) -> Iterator[Weakness | ExploitNews]:
    stated = take.text(document, (), "dataVersion") or ""
    if not stated.startswith("5."):
        raise Refused(((), "dataVersion"), f"a CVE record of version {stated or '?'}", "5.x is read")
    meta, place = take.inner(document, (), "cveMetadata"), ((), "cveMetadata")
    number = cve_number(take.needed(meta, place, "cveId"), (place, "cveId"))
    state = take.text(meta, place, "state")
    origin = Origin(
        FEED,
        number,
        take.source,
        take.moment(meta, place, "dateUpdated") or take.moment(meta, place, "datePublished"),
        status=state,
        publisher=take.text(meta, place, "assignerShortName"),
    )
    containers, inside = take.inner(document, (), "containers"), ((), "containers")
    cna = (take.inner(containers, inside, "cna"), (inside, "cna"))
    parts = [cna, *take.objects(containers, inside, "adp")]
    yield _weakness(origin, state == "REJECTED", parts, take.day(meta, place, "datePublished"), take)
    for given, where in parts:
        yield from _news(given, where, origin, take)


_Part = tuple[JsonObject, Where]


def _weakness(
    origin: Origin, withdrawn: bool, parts: list[_Part], published: date | None, take: Intake
) -> Weakness:
    given, where = parts[0]
    scores = tuple(dict.fromkeys(s for part in parts for s in _scores(*part, take)))
    best, traits = cvss.chosen(scores), cvss.traits(scores)
    return Weakness(
        origin,
        id=origin.document,
        title=take.text(given, where, "title") or "",
        cve=origin.document,
        cwe=unique(c for part in parts for c in _cwes(*part, take)),
        cvss=best.base if best else None,
        cvss_vector=best.vector if best else None,
        vector=traits.vector if traits else None,
        complexity=traits.complexity if traits else None,
        privileges=traits.privileges if traits else None,
        interaction=traits.interaction if traits else None,
        disrupts=traits.disrupts if traits else None,
        published_on=published,
        products=tuple(s for part in parts for s in _products(*part, take)),
        references=unique(u for part in parts for u in _urls(*part, take)),
        description=english(given, where, "descriptions", take),
        scores=scores,
        withdrawn=withdrawn,
    )


def _scores(given: JsonObject, where: Where, take: Intake) -> Iterator[Score]:
    provider = take.inner(given, where, "providerMetadata")
    source = take.text(provider, (where, "providerMetadata"), "shortName")
    for entry, place in take.objects(given, where, "metrics"):
        for key in _METRICS:
            if key in entry and (
                made := cvss.score(take.inner(entry, place, key), (place, key), take, source)
            ):
                yield made


def _news(given: JsonObject, where: Where, origin: Origin, take: Intake) -> Iterator[ExploitNews]:
    """That CISA lists the number as exploited is among the metrics of the container that it adds."""
    for entry, place in take.objects(given, where, "metrics"):
        other, inside = take.inner(entry, place, "other"), (place, "other")
        if other.get("type") == "kev":
            content = take.inner(other, inside, "content")
            since = take.day(content, (inside, "content"), "dateAdded")
            yield ExploitNews(origin, origin.document, known_exploited=True, exploited_since=since)


def _cwes(given: JsonObject, where: Where, take: Intake) -> Iterator[str]:
    for entry, place in take.objects(given, where, "problemTypes"):
        for text, inside in take.objects(entry, place, "descriptions"):
            if cwe := take.text(text, inside, "cweId"):
                yield cwe


def _urls(given: JsonObject, where: Where, take: Intake) -> Iterator[str]:
    for entry, place in take.objects(given, where, "references"):
        if url := take.text(entry, place, "url"):
            yield url


# --------------------------------------------------------------------------------------------------- products


def _products(given: JsonObject, where: Where, take: Intake) -> Iterator[ProductStatus]:
    remedies = tuple(_remedies(given, where, take))
    for entry, place in take.objects(given, where, "affected"):
        for status in _product(entry, place, take):
            if status.status == "affected" and remedies:
                fixed = next((r.fixed_version for r in remedies if r.fixed_version), None)
                yield replace(status, remedies=remedies, remedy=remedies[0].text, fixed_version=fixed)
            else:
                yield status


def _remedies(given: JsonObject, where: Where, take: Intake) -> Iterator[Remedy]:
    """What the container advises: solutions before workarounds."""
    for key, kind in (("solutions", "vendor_fix"), ("workarounds", "workaround")):
        if text := english(given, where, key, take):
            yield Remedy(kind, text, fixed_version=versions.fixed_in(text) if kind == "vendor_fix" else None)


def _distributed(given: JsonObject, where: Where, take: Intake) -> bool:
    """Whether the product is a distribution that holds the package, and not another name for it.

    A registry of a language (npm, PyPI …) holds packages that are the product; a distributor's own collection
    holds those of its product.
    """
    kinds = {str(entry.get("versionType")) for entry, _ in take.objects(given, where, "versions")}
    collection = re.match(r"https?://([^/:?#\s]+)", take.text(given, where, "collectionURL") or "")
    foreign = collection is not None and not collection[1].lower().endswith(_REGISTRIES)
    return foreign or bool(kinds & _SYSTEM_PACKAGES)


def _product(given: JsonObject, where: Where, take: Intake) -> Iterator[ProductStatus]:
    """A status for each that its versions have. Versions that are not listed have the default status."""
    cpes = take.texts(given, where, "cpes")
    names = cpe_names(cpes[0]) if cpes else None
    vendor = _named(take.text(given, where, "vendor")) or (names.vendor if names else None)
    product, package = (_named(take.text(given, where, key)) for key in ("product", "packageName"))
    base = ProductClaim(
        vendor,
        product or package or (names.product if names else None),
        cpes[0] if cpes else None,
        take.text(given, where, "packageURL"),
        title=" ".join([product or "", package or "", *take.texts(given, where, "platforms")]).strip(),
    )
    if package and product and _distributed(given, where, take):
        # a package of a distribution: the versions are the package's own
        whole = ProductClaim(vendor, product, base.cpe)
        base = ProductClaim(vendor, package, purl=base.purl, title=base.title, within=((whole,),))
    default = _status(take.text(given, where, "defaultStatus") or "unknown", (where, "defaultStatus"), take)
    listed: dict[Status, list[VersionRange]] = {}
    for entry, place in take.objects(given, where, "versions"):
        for status, found in _ranges(entry, place, take):
            listed.setdefault(status, []).append(found)
    if default != "under_investigation" or not listed:
        yield ProductStatus(base, default, group="default")
    for status, ranges in listed.items():
        if status != default:
            claim = replace(base, versions=tuple(dict.fromkeys(ranges)))
            yield ProductStatus(claim, status, group=status)


def _named(text: str | None) -> str | None:
    return None if text is None or text.lower() in ("n/a", "unknown", "unspecified") else text


def _status(text: str, where: Where, take: Intake) -> Status:
    if text not in _STATUSES:
        take.damage(where, f"`{text[:60]}` is no status", "affected, unaffected or unknown")
    return _STATUSES.get(text, "under_investigation")


def _ranges(given: JsonObject, where: Where, take: Intake) -> Iterator[tuple[Status, VersionRange]]:
    """The ranges of one entry: a version, or all from it up to a bound, cut where the status changes."""
    status = _status(take.text(given, where, "status") or "unknown", (where, "status"), take)
    version = take.text(given, where, "version") or ""
    before, until = take.text(given, where, "lessThan"), take.text(given, where, "lessThanOrEqual")
    if given.get("versionType") == "git":  # commits have no order that anyone could compare with
        text = f"commits {version} to {before or until or version}"
        yield status, VersionRange(text, certain=False, understood=False)
        return
    if before is None and until is None:
        if version.lower() in _NO_VERSION:
            yield status, VersionRange(version, certain=False, understood=False)
        else:
            for found in [versions.exact(version)] if versions.exact(version) else versions.ranges(version):
                yield status, found or VersionRange(version, exactly=version)
        return
    low, included = version, True
    for change, place in take.objects(given, where, "changes"):
        at = take.text(change, place, "at")
        if at is None:
            take.damage(place, "a change of status without its version")
            continue
        yield status, versions.between(low, at, low_included=included, high_included=False)
        status = _status(take.text(change, place, "status") or "unknown", (place, "status"), take)
        low, included = at, True
    if re.search(r"\s", before or until or ""):
        for found in versions.ranges(f"{'<' if before else '<='} {before or until}"):
            yield status, found
    else:
        yield (
            status,
            versions.between(low, before or until, low_included=included, high_included=before is None),
        )
