"""The catalogue of known exploited vulnerabilities (CISA), JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from panacea_policy.feeds.records import ExploitNews, Origin, ProductClaim, Reading
from panacea_policy.formats.feeds.cve_id import cve_number
from panacea_policy.formats.feeds.intake import Intake, JsonObject, Refused, Where, as_number

FEED = "kev"


def recognises(first: object) -> bool:
    """Whether a record is one of the catalogue's."""
    return isinstance(first, dict) and "cveID" in first


def read(head: JsonObject, entries: Iterable[tuple[JsonObject, Where]], intake: Intake) -> Reading:
    """The catalogue: one piece of news for each entry. ``head`` may be filled up while entries are read."""
    return intake.reading(FEED, _news(head, entries, intake))


def _news(
    head: JsonObject, entries: Iterable[tuple[JsonObject, Where]], intake: Intake
) -> Iterator[ExploitNews]:
    if "catalogVersion" not in head:  # it may stand after the list
        entries = list(entries)
    origin = Origin(
        FEED,
        intake.text(head, (), "catalogVersion") or "catalogue",
        intake.source,
        intake.moment(head, (), "dateReleased"),
        version=intake.text(head, (), "catalogVersion"),
        publisher="CISA",
    )
    count = 0
    for given, where in entries:
        count = where[1] + 1
        try:
            yield _entry(given, where, origin, intake)
        except Refused as refusal:
            intake.refuse(refusal)
    stated = as_number(head.get("count"))
    if stated is not None and stated != count:
        reason = f"the catalogue says that it has {stated:,.0f} entries; it has {count:,}"
        intake.damage(((), "count"), reason, "get the file anew from its source")


def _entry(given: JsonObject, where: Where, origin: Origin, intake: Intake) -> ExploitNews:
    vendor, product = intake.text(given, where, "vendorProject"), intake.text(given, where, "product")
    ransomware = intake.text(given, where, "knownRansomwareCampaignUse")
    return ExploitNews(
        origin,
        cve_number(intake.needed(given, where, "cveID"), (where, "cveID")),
        known_exploited=True,
        exploited_since=intake.day(given, where, "dateAdded"),
        due=intake.day(given, where, "dueDate"),
        # "Unknown" is what the catalogue says of all others: it does not say no.
        ransomware=True if ransomware == "Known" else None,
        title=intake.text(given, where, "vulnerabilityName") or "",
        product=ProductClaim(vendor, product) if vendor or product else None,
        cwe=intake.texts(given, where, "cwes"),
        action=intake.text(given, where, "requiredAction"),
    )
