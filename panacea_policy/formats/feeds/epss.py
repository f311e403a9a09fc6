"""EPSS scores (FIRST), the daily CSV: how likely a CVE is to be exploited within 30 days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from panacea_policy.feeds.records import ExploitNews, Origin, Reading
from panacea_policy.formats.feeds.intake import Intake, Refused, as_moment

FEED = "epss"
#: What a score speaks of (FIRST, EPSS model: probability of exploitation activity in the next 30 days).
HORIZON = timedelta(days=30)

_COMMENT = re.compile(
    rb"#\s*model_version:([\w.\-]{1,40})(?:,\s*score_date:([0-9T:+\-Z. ]{10,40}))?\s*", re.ASCII
)
_HEADER = re.compile(rb"\s*cve\s*,\s*epss\s*(,\s*percentile\s*)?", re.IGNORECASE)
_ROW = re.compile(rb"(CVE-\d{4}-\d{4,19}),([0-9.eE+\-]{1,24})(?:,([0-9.eE+\-]{1,24}))?\s*", re.ASCII)


def recognises(data: bytes) -> bool:
    """Whether a text begins as the scores do: with the comment line, or with the names of the columns."""
    first = data[:200].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    return bool(_COMMENT.match(first) or _HEADER.fullmatch(first))


def read(data: bytes, intake: Intake) -> Reading:
    """The scores, in the file's order; they count for the 30 days that they speak of."""
    return intake.reading(FEED, _scores(data.removeprefix(b"\xef\xbb\xbf"), intake))


def _scores(data: bytes, intake: Intake) -> Iterator[ExploitNews]:
    lines = enumerate(data.split(b"\n"), start=1)
    number, line = next(lines)
    version = said_at = None
    if comment := _COMMENT.fullmatch(line):
        version = comment[1].decode()
        said_at = as_moment(comment[2].decode().strip()) if comment[2] else None
        number, line = next(lines, (2, b""))
    if said_at is None:
        intake.damage("line 1", "the day of the scores is not said: they do not expire")
    if not _HEADER.fullmatch(line):
        raise Refused(
            f"line {number}", "the names of the columns are missing", "they are cve,epss,percentile"
        )
    expires = said_at.date() + HORIZON if said_at else None
    document = f"epss-{said_at.date()}" if said_at else "epss"
    origin = Origin(FEED, document, intake.source, said_at, expires, version, publisher="FIRST")
    seen: set[bytes] = set()
    for number, line in lines:
        match = _ROW.fullmatch(line)
        if match is None:
            if line.strip():
                intake.damage(
                    f"line {number}", "no CVE number with its score", "get the file anew from its source"
                )
            continue
        cve, score, rank = match.groups()
        probability, percentile = _share(score), _share(rank) if rank else None
        if probability is None or (rank and percentile is None):
            intake.damage(f"line {number}", "a score must be from 0 to 1")
        elif cve in seen:
            intake.damage(f"line {number}", f"{cve.decode()} has a score already", "keep one of the two")
        else:
            seen.add(cve)
            yield ExploitNews(origin, cve.decode(), epss=probability, percentile=percentile)


def _share(text: bytes) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None
