"""A vulnerability of the model from everything that feeds say of one CVE: advisories, catalogues, scores,
scans.

CVSS says how a weakness is used and what is lost, not what an attacker then holds; how the one becomes the
other is written at :func:`_gives` and in ``names.panacea``, and listed as an assumption each time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from panacea_policy.compiler import UNKNOWN, Entity
from panacea_policy.feeds.base import Base
from panacea_policy.feeds.declarations import (
    Added,
    Declared,
    Fact,
    Matched,
    Question,
    Said,
    Told,
    day,
    listed,
    percent,
    remark,
    speakable,
)
from panacea_policy.feeds.hosts import match_host
from panacea_policy.feeds.matching import Match
from panacea_policy.feeds.records import (
    ExploitNews,
    Origin,
    ProductClaim,
    ProductStatus,
    ScanFinding,
    ScannedHost,
    Weakness,
)
from panacea_policy.language.writing import slug

_CLEAR = ("not_affected", "fixed")
_NO_PRODUCT = ProductClaim()
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Statement:
    """What one document says of one item."""

    match: Match
    status: ProductStatus
    origin: Origin


def tell_weakness(
    base: Base,
    number: str,
    records: Sequence[Weakness | ExploitNews | ScannedHost],
    found_on: date,
) -> Told:
    """The facts about one CVE (or one document's own number). ``found_on``: when it was first met here."""
    said = sorted((each for each in records if isinstance(each, Weakness) and not each.withdrawn), key=_order)
    news = sorted((each for each in records if isinstance(each, ExploitNews)), key=_order)
    scans = [each for each in records if isinstance(each, ScannedHost)]
    statements = [
        _Statement(match, status, weakness.origin)
        for weakness in said
        for status in weakness.products
        for match in base.index.match(status.product)
    ]
    statements += list(_scanned(base, number, scans))
    own = base.by_cve.get(number.upper())
    affected, clear = _decided(statements)
    questions = tuple(_questions(statements, {*affected, *clear}))
    matched = tuple(_matched(statements))
    speaking: list[Weakness | ExploitNews | ScannedHost] = [*said, *news, *scans]
    origins = tuple(dict.fromkeys(each.origin for each in speaking))
    if clear and not affected and own is None:
        cleared = f"{_some(clear)} not affected, or fixed, by what {_who(clear)} says"
        return Told(questions=questions, matched=matched, origins=origins, notes=(cleared,))
    if not affected and own is None:
        return Told(questions=questions, matched=matched, origins=origins, notes=tuple(_notes(statements)))
    weakness = _merged(number, said, scans)
    chance = _Likelihood(base, weakness, news)
    facts, assumptions = _facts(base, number, weakness, chance, affected, clear, own, found_on)
    return Told(facts, origins, assumptions, questions, matched, tuple(_notes(statements)))


def _order(record: Weakness | ExploitNews) -> tuple[datetime, str, str]:
    return record.origin.said_at or _NEVER, record.origin.feed, record.origin.document


# ---------------------------------------------------------------------------------------------- who has it


def _scanned(base: Base, number: str, scans: Sequence[ScannedHost]) -> Iterator[_Statement]:
    """What scanners saw: the host itself has it."""
    for host in scans:
        finding = next((each for each in host.findings if number in finding_numbers(each, host)), None)
        who = match_host(base, host) if finding else None
        if finding is None or who is None:
            continue
        reasons = (f"seen by {host.origin.feed} as `{finding.id}`", *who.reasons)
        status = ProductStatus(_NO_PRODUCT, "affected")
        yield _Statement(Match(who.item, who.confidence, reasons), status, host.origin)


def finding_numbers(finding: ScanFinding, host: ScannedHost) -> tuple[str, ...]:
    """What a scanner's finding is told under: its CVE numbers, else the scanner's own number where it says
    enough to act on.
    """
    if finding.cves:
        return tuple(each.upper() for each in finding.cves)
    return (f"{host.origin.feed}-{finding.id}".upper(),) if finding.cvss_vector else ()


def _decided(statements: Sequence[_Statement]) -> tuple[dict[str, _Statement], dict[str, _Statement]]:
    """The items that have it and those that do not, each with the statement that decides.

    A statement that a product is clear (not affected, or fixed) counts only where the version is known to be
    meant. It then outweighs one that it is affected if it is at least as sure, and no older within one feed.
    """
    affected: dict[str, _Statement] = {}
    clear: dict[str, _Statement] = {}
    for each in statements:
        if not each.match.fact or each.match.inside is False:
            continue
        name = each.match.item.name
        if each.status.status in _CLEAR:
            if each.match.inside:
                clear[name] = _newer(clear.get(name), each)
        else:
            affected[name] = _newer(affected.get(name), each)
    for name in list(clear):
        other = affected.get(name)
        if other is None:
            continue
        if _outweighs(clear[name], other):
            del affected[name]
        else:
            del clear[name]
    return affected, clear


def _newer(known: _Statement | None, new: _Statement) -> _Statement:
    if known is None:
        return new
    order = (known.origin.said_at or _NEVER, known.match.confidence)
    return new if (new.origin.said_at or _NEVER, new.match.confidence) >= order else known


def _outweighs(clear: _Statement, affected: _Statement) -> bool:
    if clear.match.confidence < affected.match.confidence:
        return False
    same = clear.origin.feed == affected.origin.feed
    return not same or (clear.origin.said_at or _NEVER) >= (affected.origin.said_at or _NEVER)


def _questions(statements: Sequence[_Statement], settled: set[str]) -> Iterator[Question]:
    """One question for each product that may be meant, however many pieces of it there are."""
    asked: dict[tuple[object, str], list[_Statement]] = {}
    for each in statements:
        open_ = not each.match.fact and each.match.inside is not False and each.status.status not in _CLEAR
        if open_ and each.match.item.name not in settled:
            said = each.match.claim.title or each.match.claim.name or each.match.claim.cpe or "a product"
            asked.setdefault((each.match.item.product, said), []).append(each)
    for (_, said), group in asked.items():
        best = max(group, key=lambda each: each.match.confidence)
        item, count = best.match.item, len({each.match.item.name for each in group})
        more = f" (and {count - 1} like it)" if count > 1 else ""
        yield Question(
            id=f"match {best.origin.document} {slug(said)} {item.reference}",
            text=f"Is `{item.reference}`{more} the `{said}` of {best.origin.document}? "
            + "; ".join(best.match.reasons),
            cure="state its manufacturer, model, version or CPE name in the model",
            confidence=best.match.confidence,
        )


def _matched(statements: Sequence[_Statement]) -> Iterator[Matched]:
    best: dict[tuple[str, str], _Statement] = {}
    for each in statements:
        key = (each.match.item.name, each.status.status)
        known = best.get(key)
        if known is None or _rank(each) > _rank(known):
            best[key] = each
    for each in best.values():
        claim = each.match.claim
        yield Matched(
            said=claim.title or claim.name or claim.cpe or claim.purl or "this host",
            item=each.match.item.reference,
            confidence=each.match.confidence,
            class_=each.match.class_,
            reasons=each.match.reasons,
            taken=each.match.fact and each.match.inside is not False,
            status=each.status.status,
        )


def _rank(each: _Statement) -> tuple[bool, float]:
    return each.match.inside is not False, each.match.confidence


def _notes(statements: Sequence[_Statement]) -> Iterator[str]:
    outside = {each.match.item.name for each in statements if each.match.fact and each.match.inside is False}
    inside = {
        each.match.item.name for each in statements if each.match.fact and each.match.inside is not False
    }
    spared = sorted(outside - inside)
    if spared:
        yield f"{len(spared)} of ours are of a version that is not meant"


# ---------------------------------------------------------------------------------------------- what it is


def _merged(number: str, said: Sequence[Weakness], scans: Sequence[ScannedHost]) -> Weakness:
    """One weakness of all documents: of each attribute, the latest that is stated."""
    whole = Weakness(Origin("", "", ""), number)
    for each in said:
        stated = {
            name: value
            for name in ("title", "cve", "cwe", "cvss", "cvss_vector", "vector", "complexity", "privileges",
                         "interaction", "disrupts", "published_on")
            if (value := getattr(each, name)) not in (None, "", ())
        }  # fmt: skip
        whole = _with(whole, stated)
    for host in scans:
        for finding in host.findings:
            if number in finding_numbers(finding, host):
                whole = replace(
                    whole,
                    title=whole.title or finding.title,
                    cvss=finding.cvss if whole.cvss is None else whole.cvss,
                    cvss_vector=whole.cvss_vector or finding.cvss_vector,
                )
    if re.fullmatch(r"CVE-\d{4}-\d{4,}", number):
        whole = replace(whole, cve=number)
    return _from_vector(whole)


def _with(whole: Weakness, values: Mapping[str, Any]) -> Weakness:
    return replace(whole, **values)


def metrics(vector: str | None) -> dict[str, str]:
    """The metrics of a CVSS vector of any version: ``AV`` → ``N`` …"""
    pairs = (part.partition(":")[::2] for part in (vector or "")[:500].split("/") if part.count(":") == 1)
    return dict(pairs)


_VECTORS = {"N": "network", "A": "adjacent", "L": "local", "P": "physical"}


def _from_vector(whole: Weakness) -> Weakness:
    """What the vector says where no document said it in fields."""
    said = metrics(whole.cvss_vector)
    privileges = said.get("PR") or said.get("Au")
    fill: dict[str, object] = {
        "vector": _VECTORS.get(said.get("AV", "")),
        "complexity": {"L": "low", "H": "high", "M": "high"}.get(said.get("AC", "")),
        "privileges": {"N": "none", "L": "low", "S": "low", "H": "high", "M": "high"}.get(privileges or ""),
        "interaction": {"N": False, "R": True, "P": True, "A": True}.get(said.get("UI", "")),
        "disrupts": _only_disrupts(said),
    }
    return _with(whole, {k: v for k, v in fill.items() if v is not None and getattr(whole, k) is None})


def _impact(said: dict[str, str], letter: str) -> str:
    """N, L or H, whatever the version of CVSS (2 says N, P, C)."""
    value = said.get(letter) or said.get(f"V{letter}") or ""
    return {"P": "L", "C": "H"}.get(value, value)


def _only_disrupts(said: dict[str, str]) -> bool | None:
    parts = [_impact(said, letter) for letter in "CIA"]
    if "" in parts:
        return None
    return parts[:2] == ["N", "N"] and parts[2] != "N"


class _Likelihood:
    """How likely an attempt works, and what is known of its use."""

    def __init__(self, base: Base, weakness: Weakness, news: Sequence[ExploitNews]) -> None:
        self.known = any(each.known_exploited for each in news)
        self.epss = next((each.epss for each in reversed(news) if each.epss is not None), None)
        self.since = min((each.exploited_since for each in news if each.exploited_since), default=None)
        self.due = min((each.due for each in news if each.due), default=None)
        self.chance, self.reason = self._chance(base, weakness)

    def _chance(self, base: Base, weakness: Weakness) -> tuple[float | None, str]:
        rates = base.tables.exploit_chance
        chance, why = None, ""
        if self.epss is not None:
            chance = rates["lowest"] + (rates["highest"] - rates["lowest"]) * math.sqrt(self.epss)
            why = f"from EPSS {percent(self.epss)}"
        if self.known and (chance is None or chance < rates["known"]):
            chance, why = rates["known"], "as it is known to be used"
        if chance is not None and weakness.complexity == "high":
            chance, why = (
                chance * rates["hard"],
                f"{why}, times {percent(rates['hard'])} as it is hard to use",
            )
        return chance, why


def _gives(base: Base, weakness: Weakness) -> tuple[str | None, str]:
    """What its use gives, and why: nothing CVSS says, so by what is lost.

    All of secrecy, integrity and availability: full control. Some integrity: a user's. Secrecy alone: nothing
    but what is read, unless it gives away a credential.
    """
    said = metrics(weakness.cvss_vector)
    secrecy, integrity, availability = (_impact(said, letter) for letter in "CIA")
    if weakness.disrupts:
        return None, ""
    if secrecy == integrity == availability == "H" and base.privilege("root"):
        return "root", "secrecy, integrity and availability are all lost"
    if secrecy in ("L", "H") and integrity == availability == "N":
        if set(weakness.cwe) & base.tables.credential_weaknesses:
            return base.privilege("user"), f"{', '.join(sorted(weakness.cwe))} gives away a credential"
        return "none", "only secrecy is lost: something is read, nothing is controlled"
    if integrity:
        return base.privilege("user"), "integrity is lost, not everything"
    return None, ""


# ---------------------------------------------------------------------------------------------- saying it


def _facts(
    base: Base,
    number: str,
    weakness: Weakness,
    chance: _Likelihood,
    affected: dict[str, _Statement],
    clear: dict[str, _Statement],
    own: Entity | None,
    found_on: date,
) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
    references, assumptions = _affects(affected)
    said = dict(_attributes(base, weakness, chance, assumptions, own))
    said.update(_status(affected, assumptions))
    if clear:
        assumptions.append(f"{_some(clear)} clear by what the manufacturer says")
    if own is None:
        name = _free(base, slug(number))
        said["found_on"] = day(found_on)
        said["affects"] = listed(references)
        title = weakness.title or number
        return (Declared(name, "vulnerability", title, tuple(said.items())),), tuple(assumptions)
    facts: list[Fact] = []
    for attribute, value in said.items():
        if attribute in ("epss", "known_exploited", "exploited_since"):
            keep = attribute == "known_exploited" and base.value(own, attribute) is True
        else:
            keep = base.value(own, attribute) is not UNKNOWN
        if not keep and base.text(own, attribute) != value:
            facts.append(Said(own.short, attribute, value))
    known = base.references(own, "affects")
    new = [each for each in references if known is None or each not in known]
    if new:
        facts.append(Added(own.short, "affects", tuple(new)))
    return tuple(facts), tuple(assumptions)


def _attributes(
    base: Base, weakness: Weakness, chance: _Likelihood, assumptions: list[str], own: Entity | None
) -> Iterator[tuple[str, str]]:
    """The attributes that do not depend on who has it; the model's own prior stands for what is left out."""
    number = weakness.cve or weakness.id
    if weakness.cve:
        yield "cve", remark(weakness.cve)
    if weakness.cwe:
        yield "weakness", remark(weakness.cwe[0])
    for name in ("vector", "complexity"):
        value = getattr(weakness, name)
        if value is not None:
            yield name, value
    requires = {"none": "none", "low": base.privilege("user"), "high": base.privilege("root")}
    privilege = requires.get(weakness.privileges or "")
    if privilege is not None:
        yield "requires", privilege
    for name in ("interaction", "disrupts"):
        value = getattr(weakness, name)
        if value is not None:
            yield name, "true" if value else "false"
    gives, why = _gives(base, weakness)
    if gives is not None:
        yield "gives", gives
        if own is None or base.value(own, "gives") is UNKNOWN:
            assumptions.append(f"{number} gives {gives if gives != 'none' else 'no control'}: {why}")
    if chance.chance is not None:
        yield "exploit_probability", percent(chance.chance)
        if own is None or base.value(own, "exploit_probability") is UNKNOWN:
            assumptions.append(
                f"an attempt to use {number} works in {percent(chance.chance)} {chance.reason}"
            )
    if chance.epss is not None:
        yield "epss", percent(chance.epss)
    if weakness.cvss is not None and 0 <= weakness.cvss <= 10:
        yield "cvss", f"{weakness.cvss:g}"
    if chance.known:
        yield "known_exploited", "true"
    for name, when in (
        ("published_on", weakness.published_on),
        ("exploited_since", chance.since),
        ("due", chance.due),
    ):
        if when is not None:
            yield name, day(when)


def _status(affected: dict[str, _Statement], assumptions: list[str]) -> Iterator[tuple[str, str]]:
    """What the manufacturer says of the products that have it."""
    statuses = {each.status.status for each in affected.values()}
    if statuses:
        yield "vex_status", "affected" if "affected" in statuses else "under_investigation"
    fixes = {version for each in affected.values() if (version := _fix(each.status))}
    fixed = any(_fix(each.status) or _has_fix(each.status) for each in affected.values())
    if fixed:
        yield "fix_available", "true"
    if len(fixes) == 1:
        yield "fixed_version", remark(fixes.pop())
    elif fixes:
        assumptions.append(f"fixed in different versions: {', '.join(sorted(fixes))}")


def _fix(status: ProductStatus) -> str | None:
    return status.fixed_version or next((r.fixed_version for r in status.remedies if r.fixed_version), None)


def _has_fix(status: ProductStatus) -> bool:
    return any(each.kind == "vendor_fix" for each in status.remedies)


def _affects(affected: dict[str, _Statement]) -> tuple[list[str], list[str]]:
    """The references to what has it, and what was assumed about that."""
    references = sorted(
        each.match.item.reference for each in affected.values() if speakable(each.match.item.reference)
    )
    assumptions = []
    unsure = {name: each for name, each in affected.items() if each.match.inside is None}
    if unsure:
        assumptions.append(f"{_some(unsure)} affected, as the model states no version that could be compared")
    likely = {name: each for name, each in affected.items() if each.match.class_ == "likely"}
    if likely:
        worst = min(each.match.confidence for each in likely.values())
        assumptions.append(f"{_some(likely)} meant by the feed (likely, {worst:.2f})")
    return references, assumptions


def _some(statements: dict[str, _Statement]) -> str:
    names = sorted(each.match.item.reference for each in statements.values())
    told = f"`{names[0]}`" if len(names) == 1 else f"`{names[0]}` and {len(names) - 1} others"
    return f"{told} {'is' if len(names) == 1 else 'are'}"


def _who(statements: dict[str, _Statement]) -> str:
    return ", ".join(sorted({each.origin.document for each in statements.values()}))


def _free(base: Base, name: str) -> str:
    """The name, or one beside it where the model has another declaration of that name."""
    while name in base.names:
        name += "_feed"
    return name
