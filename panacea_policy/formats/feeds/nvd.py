"""CVE entries of the National Vulnerability Database, JSON of its API 2.0: pages, and whole years."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from panacea_policy.feeds.records import (
    ExploitNews,
    Origin,
    ProductClaim,
    ProductStatus,
    Reading,
    Score,
    VersionRange,
    Weakness,
)
from panacea_policy.formats.feeds import cvss
from panacea_policy.formats.feeds.cve_id import cpe_names, cve_number
from panacea_policy.formats.feeds.intake import Intake, JsonObject, Refused, Where, unique
from panacea_policy.formats.feeds.versions import between

FEED = "nvd"
_METRICS = ("cvssMetricV40", "cvssMetricV31", "cvssMetricV30", "cvssMetricV2")
_BOUNDS = ("versionStartIncluding", "versionStartExcluding", "versionEndIncluding", "versionEndExcluding")

#: One match of a node: whether it is what is vulnerable, and the product.
_Match = tuple[bool, ProductClaim]


def recognises(first: object) -> bool:
    """Whether a record is one of the database's."""
    return isinstance(first, dict) and isinstance(first.get("cve"), dict) and "id" in first["cve"]


def read(head: JsonObject, entries: Iterable[tuple[JsonObject, Where]], intake: Intake) -> Reading:
    """One weakness for each entry, and the news of its use where the entry has it from CISA."""
    return intake.reading(FEED, _records(entries, intake))


def _records(entries: Iterable[tuple[JsonObject, Where]], intake: Intake) -> Iterator[Weakness | ExploitNews]:
    for given, where in entries:
        try:
            cve = intake.inner(given, where, "cve")
            place = (where, "cve")
            weakness = _weakness(cve, place, intake)
            yield weakness
            if "cisaExploitAdd" in cve:
                yield ExploitNews(
                    weakness.origin,
                    weakness.id,
                    known_exploited=True,
                    exploited_since=intake.day(cve, place, "cisaExploitAdd"),
                    due=intake.day(cve, place, "cisaActionDue"),
                    title=intake.text(cve, place, "cisaVulnerabilityName") or "",
                    action=intake.text(cve, place, "cisaRequiredAction"),
                )
        except Refused as refusal:
            intake.refuse(refusal)


def _weakness(given: JsonObject, where: Where, take: Intake) -> Weakness:
    number = cve_number(take.needed(given, where, "id"), (where, "id"))
    status = take.text(given, where, "vulnStatus")
    origin = Origin(
        FEED,
        number,
        take.source,
        take.moment(given, where, "lastModified"),
        status=status,
        publisher=take.text(given, where, "sourceIdentifier"),
    )
    scores, helped = _scores(given, where, take)
    best, traits = cvss.chosen(scores), cvss.traits(scores)
    return Weakness(
        origin,
        id=number,
        title=take.text(given, where, "cisaVulnerabilityName") or "",
        cve=number,
        cwe=_cwes(given, where, take),
        cvss=best.base if best else None,
        cvss_vector=best.vector if best else None,
        vector=traits.vector if traits else None,
        complexity=traits.complexity if traits else None,
        privileges=traits.privileges if traits else None,
        interaction=(helped if traits.version == "2.0" else traits.interaction) if traits else None,
        disrupts=traits.disrupts if traits else None,
        published_on=take.day(given, where, "published"),
        products=tuple(_products(given, where, take)),
        references=unique(
            take.text(r, place, "url") for r, place in take.objects(given, where, "references")
        ),
        description=english(given, where, "descriptions", take),
        scores=scores,
        withdrawn=status == "Rejected",
    )


def english(given: JsonObject, where: Where, key: str, take: Intake) -> str:
    """The English one of some texts with languages, or the first."""
    found = [(take.text(d, place, "lang") or "", d, place) for d, place in take.objects(given, where, key)]
    found.sort(key=lambda d: not d[0].startswith("en"))
    return (take.text(found[0][1], found[0][2], "value") or "") if found else ""


def _cwes(given: JsonObject, where: Where, take: Intake) -> tuple[str, ...]:
    """The kinds of the weakness; `NVD-CWE-noinfo` and its like say that there is none."""
    found: list[str | None] = []
    for entry, place in take.objects(given, where, "weaknesses"):
        found += [take.text(d, inside, "value") for d, inside in take.objects(entry, place, "description")]
    return unique(c for c in found if c and c.startswith("CWE-"))


def _scores(given: JsonObject, where: Where, take: Intake) -> tuple[tuple[Score, ...], bool | None]:
    """All scores; and whether a user must help, which of version 2 only the database says."""
    metrics, inside = take.inner(given, where, "metrics"), (where, "metrics")
    scores: list[Score] = []
    helped: bool | None = None
    for key in _METRICS:
        for entry, place in take.objects(metrics, inside, key):
            data = take.inner(entry, place, "cvssData")
            made = cvss.score(data, (place, "cvssData"), take, take.text(entry, place, "source"))
            if made:
                scores.append(made)
            if key == "cvssMetricV2" and helped is None:
                helped = take.flag(entry, place, "userInteractionRequired")
    return tuple(dict.fromkeys(scores)), helped


# -------------------------------------------------------------------------------------------- configurations


def _products(given: JsonObject, where: Where, take: Intake) -> Iterator[ProductStatus]:
    seen: set[ProductClaim] = set()
    for configuration, place in take.objects(given, where, "configurations"):
        try:
            claims = list(_configuration(configuration, place, take))
        except Refused as refusal:
            take.refuse(refusal)
            continue
        for claim in claims:
            if claim not in seen:
                seen.add(claim)
                yield ProductStatus(claim, "affected", group="vulnerable")


def _configuration(given: JsonObject, where: Where, take: Intake) -> Iterator[ProductClaim]:
    """The vulnerable products of one configuration, each within what it must be together with."""
    nodes: list[tuple[bool, list[_Match]]] = []
    for node, place in take.objects(given, where, "nodes"):
        if given.get("negate") is True or node.get("negate") is True or node.get("children"):
            take.damage(place, "a negated or nested node: the configuration is left out")
            return
        matches = [
            m for entry, inside in take.objects(node, place, "cpeMatch") if (m := _match(entry, inside, take))
        ]
        nodes.append((node.get("operator") == "AND", matches))
    together = given.get("operator") == "AND" and len(nodes) > 1
    groups = [_groups(all_of, matches) for all_of, matches in nodes]
    for n, (all_of, matches) in enumerate(nodes):
        others = tuple(g for m, made in enumerate(groups) if m != n for g in made) if together else ()
        around = sum(map(len, others)) + (len(matches) if all_of else 0)
        if around * sum(vulnerable for vulnerable, _ in matches) > take.limits.items:
            raise Refused(where, f"more than {take.limits.items:,} combinations of products and platforms")
        for vulnerable, claim in matches:
            if not vulnerable:
                continue
            beside = tuple((c,) for _, c in matches if c != claim) if all_of else ()
            yield _within(claim, beside + others)


def _groups(all_of: bool, matches: list[_Match]) -> list[tuple[ProductClaim, ...]]:
    """What a node demands: one of its products, or each of them."""
    claims = tuple(claim for _, claim in matches)
    if all_of:
        return [(claim,) for claim in claims]
    return [claims] if claims else []


def _within(claim: ProductClaim, groups: tuple[tuple[ProductClaim, ...], ...]) -> ProductClaim:
    if not groups:
        return claim
    return ProductClaim(claim.vendor, claim.name, claim.cpe, versions=claim.versions, within=groups)


def _match(given: JsonObject, where: Where, take: Intake) -> _Match | None:
    criteria = take.text(given, where, "criteria")
    names = cpe_names(criteria) if criteria else None
    if criteria is None or names is None:
        take.damage((where, "criteria"), "no CPE name")
        return None
    versions: tuple[VersionRange, ...] = ()
    if not given.keys().isdisjoint(_BOUNDS):
        start, after, end, before = (
            take.text(given, where, key) if key in given else None for key in _BOUNDS
        )
        versions = (
            between(start or after, end or before, low_included=after is None, high_included=before is None),
        )
    elif names.version:
        versions = (VersionRange(names.version, exactly=names.version),)
    return given.get("vulnerable") is not False, ProductClaim(
        names.vendor, names.product, criteria, versions=versions
    )
