"""Whether a version is within what a feed says: ranges, single versions, letters, dates and wildcards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from panacea_policy.engine.builtins import compare_versions
from panacea_policy.feeds.records import VersionRange

#: Words before a version that say only that one follows.
_NOISE = re.compile(
    r"^(?:version|versions|ver|rev|revision|release|firmware|software|sw|fw|v)[\s.:]*(?=\S)", re.I
)
#: A prefix of two letters or more (HD 16, SV20.1, LPI 3.5): another prefix is another counting.
_PREFIX = re.compile(r"^([a-z]{2,})[\s._-]*(?=[0-9])", re.I)
#: What looks like a version: it starts with a digit, or with a few letters and then digits, or is one letter.
_VERSION = re.compile(
    r"[0-9][0-9a-z._+~-]*(?:\s?(?:sr|sp|hf|mr|build|b|r|p)\s?[0-9.]+)?|[a-z]{1,4}[\s._-]?[0-9][0-9a-z._-]*|[a-z]",
    re.I,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Within:
    """Whether a version is meant: True, False, or None where that cannot be told; why; and how surely."""

    inside: bool | None
    reason: str
    certain: bool = True


def within(version: str | None, ranges: Sequence[VersionRange]) -> Within:
    """Whether a version is in one of the ranges; without ranges every version is."""
    if any(map(_everything, ranges)):
        ranges = ()
    if not ranges:
        return Within(True, "every version is meant")
    told = " or ".join(dict.fromkeys(_told(each) for each in ranges))
    certain = all(each.certain for each in ranges)
    if not version:
        return Within(None, f"version not stated by the model: unknown whether it is {told}", certain)
    unclear = False
    for each in ranges:
        inside = _inside(version, each)
        if inside:
            return Within(True, f"version {version} is {_told(each)}", each.certain)
        unclear = unclear or inside is None
    if unclear:
        return Within(None, f"version {version} cannot be compared with {told}: unknown", certain)
    return Within(False, f"version {version} is not {told}", certain)


def looks_like_version(text: str) -> bool:
    """Whether a text is a version rather than the name of a model."""
    return bool(_VERSION.fullmatch(_bare(text))) or _day(text) is not None


def compared(left: str, right: str) -> int | None:
    """-1, 0 or 1 as ``left`` is older than, the same as or newer than ``right``; None where that cannot be
    told.

    Dates are compared as dates, other versions as the engine does (see
    :func:`panacea_policy.engine.builtins.compare_versions`). A version with letters before its number is
    compared only with one that has the same letters or none, and a number never with a letter.
    """
    first, second = _day(left), _day(right)
    if first and second:
        return (first > second) - (first < second)
    if first or second:
        return None
    ours, theirs = _bare(left), _bare(right)
    our_prefix, their_prefix = _PREFIX.match(ours), _PREFIX.match(theirs)
    if our_prefix and their_prefix and our_prefix[1].lower() != their_prefix[1].lower():
        return None
    ours = ours[our_prefix.end() :] if our_prefix else ours
    theirs = theirs[their_prefix.end() :] if their_prefix else theirs
    if not ours or not theirs or ours[0].isdigit() != theirs[0].isdigit():
        return None
    return compare_versions(ours, theirs)


def _everything(each: VersionRange) -> bool:
    if not each.understood or each.dated_before is not None:
        return False
    return each.exactly in (None, "*") and each.low in (None, "*") and each.high in (None, "*")


def _told(each: VersionRange) -> str:
    if not each.understood:
        return f"as in `{each.text[:80]}`, which could not be read"
    if each.dated_before is not None:
        return f"made before {each.dated_before.isoformat()}"
    if each.exactly is not None:
        return f"exactly {each.exactly}"
    parts = []
    if each.low is not None:
        parts.append(f"{'at least' if each.low_included else 'above'} {each.low}")
    if each.high is not None:
        parts.append(f"{'at most' if each.high_included else 'below'} {each.high}")
    return " and ".join(parts)


def _inside(version: str, each: VersionRange) -> bool | None:
    if not each.understood:
        return None
    if each.dated_before is not None:
        day = _day(version)
        return None if day is None else day < each.dated_before
    if each.exactly is not None:
        order = _order(version, each.exactly)
        return None if order is None else order == 0
    answers: list[bool | None] = []
    if each.low is not None:
        order = _order(version, each.low)
        answers.append(None if order is None else order > 0 or (each.low_included and order == 0))
    if each.high is not None:
        order = _order(version, each.high)
        answers.append(None if order is None else order < 0 or (each.high_included and order == 0))
    return False if False in answers else None if None in answers else True


def _order(version: str, bound: str) -> int | None:
    """As :func:`compared`; a bound that ends in wildcards (12.2.x.x) is compared in the parts before them."""
    fixed = re.split(r"(?:^|[._-]|(?<=[0-9]))[xX*](?=$|[._-])", bound, maxsplit=1)[0]
    if fixed == bound:
        return compared(version, bound)
    if not fixed:
        return 0
    parts = len(re.findall(r"[0-9]+|[a-z]+", fixed.lower()))
    kept = list(re.finditer(r"[0-9]+|[a-z]+", _bare(version).lower()))
    shortened = _bare(version)[: kept[parts - 1].end()] if len(kept) >= parts else version
    return compared(shortened, fixed)


@lru_cache(maxsize=10_000)
def _bare(text: str) -> str:
    """A version without the words around it."""
    text = " ".join(text.split())[:200]
    while match := _NOISE.match(text):
        text = text[match.end() :]
    return text.strip(" .,;")


@lru_cache(maxsize=10_000)
def _day(text: str) -> date | None:
    """The day that a text names: 2017-07-01, 7/1/2017 (as US advisories write it), july 1, 2017."""
    text = text.strip().lower()
    try:
        if match := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
            return date(int(match[3]), int(match[1]), int(match[2]))
        if match := re.fullmatch(r"([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{4})", text):
            return date(int(match[3]), _MONTHS.index(match[1]) + 1, int(match[2]))
    except ValueError:
        return None
    return None
