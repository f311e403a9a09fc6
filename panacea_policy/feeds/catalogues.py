"""Catalogues in the store: feeds of which each edition replaces the whole of the one before.

EPSS scores 300,000 numbers a day. As records they would be 170 MB and half a minute; here a score is one row
of two numbers, and only what an edition changes for something that is told is told anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

import msgspec

from panacea_policy.feeds.records import ExploitNews, Origin

#: The feeds that are catalogues.
FEEDS = frozenset({"kev", "epss"})


class Catalogues:
    """The present edition of each catalogue."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def replace(self, feed: str, news: Sequence[ExploitNews], expires: date | None) -> None:
        """Put an edition in place of the one before. ``expires``: the last day on which it counts."""
        self.remove(feed)
        if not news:
            return
        self._connection.execute(
            "INSERT INTO editions (feed, origin, expires) VALUES (?, ?, ?)",
            (feed, msgspec.json.encode(news[0].origin), expires.isoformat() if expires else None),
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO news (feed, cve, epss, percentile, body) VALUES (?, ?, ?, ?, ?)",
            (
                (
                    feed,
                    each.cve.upper(),
                    each.epss,
                    each.percentile,
                    None if _bare(each) else msgspec.json.encode(each),
                )
                for each in news
            ),
        )

    def remove(self, feed: str) -> None:
        """Forget a catalogue."""
        self._connection.execute("DELETE FROM news WHERE feed = ?", (feed,))
        self._connection.execute("DELETE FROM editions WHERE feed = ?", (feed,))

    def expired(self, today: date) -> list[str]:
        """The catalogues whose last day is over."""
        rows = self._connection.execute(
            "SELECT feed FROM editions WHERE expires < ? ORDER BY feed", (today.isoformat(),)
        )
        return [feed for (feed,) in rows]

    def news(self, cve: str) -> list[ExploitNews]:
        """What the catalogues say of a number, by feed."""
        rows = self._connection.execute(
            "SELECT origin, epss, percentile, body FROM editions JOIN news USING (feed) WHERE cve = ?"
            " ORDER BY feed",
            (cve.upper(),),
        )
        found = []
        for origin, epss, percentile, body in rows:
            if body is not None:
                found.append(msgspec.json.decode(body, type=ExploitNews))
            else:
                said_by = msgspec.json.decode(origin, type=Origin)
                found.append(ExploitNews(said_by, cve.upper(), epss=epss, percentile=percentile))
        return found

    def rows(self, feed: str, numbers: Iterable[str]) -> dict[str, tuple[object, ...]]:
        """What a catalogue has under some numbers, to compare editions by."""
        found: dict[str, tuple[object, ...]] = {}
        for number in numbers:
            row = self._connection.execute(
                "SELECT epss, body FROM news WHERE feed = ? AND cve = ?", (feed, number)
            ).fetchone()
            if row is not None:
                body = msgspec.json.decode(row[1], type=ExploitNews) if row[1] is not None else None
                found[number] = (row[0], replace(body, origin=_NOBODY) if body is not None else None)
        return found


_NOBODY = Origin("", "", "")


def _bare(news: ExploitNews) -> bool:
    """Whether it says nothing but a score."""
    more = (news.known_exploited, news.exploited_since, news.due, news.ransomware, news.product, news.action)
    return not any(each is not None for each in more) and not news.title and not news.cwe
