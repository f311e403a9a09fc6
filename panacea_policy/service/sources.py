"""Where feed files come from: a folder, one file on the web, or a directory of advisories there.

A CSAF provider is found by its ``provider-metadata.json``, whose distributions are ROLIE feeds or directories
with ``changes.csv`` and ``index.txt`` (CSAF 2.0, sections 7.1.7 to 7.1.15). Paths and links that these name
are addresses relative to where they were read, never paths on this machine.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from urllib.parse import quote, urljoin, urlsplit

from panacea_policy.feeds.store import Store, Visit
from panacea_policy.service.fetch import Answer, FetchError, Web, checked, linked

#: Most files of a folder, or advisories of a provider, that are looked at in one round.
MOST = 100_000
#: A document that is listed without a time is asked for again after this time.
_AGAIN = timedelta(days=1)
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".swp")
_LISTS = ("index.txt", "changes.csv")
#: Labels of what everybody may have (TLP 1 and 2).
_PUBLIC = ("WHITE", "CLEAR", "UNLABELED", None)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that may be new. ``name``: what it is called where that is not its path. ``taken``: to be called
    once it is kept.
    """

    path: Path
    name: str | None = None
    taken: Callable[[], None] = lambda: None


class FeedSource(Protocol):
    """Something that gives files."""

    def poll(self, warn: Callable[[str], None]) -> Iterator[Arrived]:
        """The files that may be new, oldest first. Each is valid until the next is asked for. What cannot be
        had is told to ``warn`` in one line; raises FetchError where nothing can be had at all.
        """
        ...


class FolderSource:
    """The files in a folder and below; hidden ones, links and unfinished downloads are passed over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[int, int]] = {}

    def poll(self, warn: Callable[[str], None]) -> Iterator[Arrived]:
        """As :meth:`FeedSource.poll`: those whose size or time changed, by name."""
        for path in feed_files(self._folder):
            try:
                status = path.stat()
            except OSError:
                continue
            mark = (status.st_mtime_ns, status.st_size)
            if self._known.get(str(path)) != mark:
                yield Arrived(path)
                self._known[str(path)] = mark


def feed_files(folder: Path) -> list[Path]:
    """The files in a folder and below that may be feeds, by name; at most :data:`MOST`."""
    found: list[Path] = []
    for place, below, files in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(files):
            path = Path(place) / name
            if name.startswith(".") or name.endswith(_UNFINISHED) or path.is_symlink() or not path.is_file():
                continue
            found.append(path)
            if len(found) >= MOST:
                return found
    return found


@dataclass(frozen=True, slots=True)
class _Listed:
    """A document of a list, and its time as the list has it."""

    url: str
    updated: str | None


class WebSource:
    """A file on the web, a provider of advisories, or one of its directories."""

    def __init__(self, url: str, store: Store, web: Web, clock: Callable[[], datetime]) -> None:
        """Raises FetchError for an address that is not fetched."""
        self._url = checked(url)
        self._store = store
        self._web = web
        self._clock = clock

    def poll(self, warn: Callable[[str], None]) -> Iterator[Arrived]:
        """As :meth:`FeedSource.poll`."""
        with TemporaryDirectory(prefix="panacea-feed-") as folder:
            place = Path(folder) / "document"
            if self._url.endswith(("/", *_LISTS)):
                listed = self._directory(self._url)
            else:
                visit = self._store.visit(self._url)
                answer = self._web.get(self._url, None if visit and visit.digest == "list" else visit)
                if answer.body is None:
                    return
                listing = self._provider(answer, warn)
                if listing is None:
                    yield self._arrived(place, self._url, answer, None)
                    return
                listed = listing
            for each in sorted(listed, key=lambda d: (d.updated or "", d.url))[:MOST]:
                arrived = self._document(place, each, warn)
                if arrived is not None:
                    yield arrived

    # ------------------------------------------------------------------------------------------ documents

    def _document(self, place: Path, listed: _Listed, warn: Callable[[str], None]) -> Arrived | None:
        known = self._store.visit(listed.url)
        if known is not None:
            if listed.updated is not None and known.digest == f"listed {listed.updated}":
                return None
            if listed.updated is None and self._clock() - known.visited_at < _AGAIN:
                return None
        try:
            answer = self._web.get(listed.url, known)
        except FetchError as error:
            warn(error.message)
            return None
        if answer.body is None:
            self._remember(listed.url, answer, listed.updated)
            return None
        return self._arrived(place, listed.url, answer, listed.updated)

    def _arrived(self, place: Path, url: str, answer: Answer, updated: str | None) -> Arrived:
        place.write_bytes(answer.body or b"")
        return Arrived(place, url, lambda: self._remember(url, answer, updated))

    def _remember(self, url: str, answer: Answer, updated: str | None) -> None:
        digest = f"listed {updated}" if updated else hashlib.sha256(answer.body or b"").hexdigest()
        with self._store.transaction():
            self._store.put_visit(
                Visit(url, answer.etag, answer.last_modified, self._clock(), digest)
            )  # fmt: skip

    # ------------------------------------------------------------------------------------------ lists

    def _provider(self, answer: Answer, warn: Callable[[str], None]) -> list[_Listed] | None:
        """The documents of a provider's metadata or of a ROLIE feed; None where the answer is neither."""
        try:
            said = json.loads(answer.body or b"")
        except (ValueError, RecursionError):
            return None
        if not isinstance(said, dict):
            return None
        if isinstance(said.get("feed"), dict):
            return list(self._rolie(answer.url, said["feed"], warn))
        if not isinstance(said.get("distributions"), list):
            return None
        found: list[_Listed] = []
        for each in said["distributions"][:100]:
            with _told(warn):
                found += self._distribution(answer.url, each, warn)
        return found

    def _distribution(self, base: str, said: object, warn: Callable[[str], None]) -> list[_Listed]:
        if not isinstance(said, dict):
            return []
        rolie = said.get("rolie")
        feeds = rolie.get("feeds") if isinstance(rolie, dict) else None
        found: list[_Listed] = []
        for feed in feeds[:100] if isinstance(feeds, list) else []:
            if (
                isinstance(feed, dict)
                and isinstance(feed.get("url"), str)
                and feed.get("tlp_label") in _PUBLIC
            ):
                answer = self._web.get(linked(base, feed["url"]))
                listing = self._provider(answer, warn) if answer.body is not None else None
                found += listing or []
        directory = said.get("directory_url")
        if not found and isinstance(directory, str):
            found += self._directory(linked(base, directory if directory.endswith("/") else directory + "/"))
        return found

    def _rolie(self, base: str, feed: dict[str, object], warn: Callable[[str], None]) -> Iterator[_Listed]:
        entries = feed.get("entry")
        for entry in entries[:MOST] if isinstance(entries, list) else []:
            if not isinstance(entry, dict):
                continue
            content = entry.get("content")
            link = content.get("src") if isinstance(content, dict) else None
            links = entry.get("link")
            for each in links if isinstance(links, list) else []:
                if not link and isinstance(each, dict) and each.get("rel") == "self":
                    link = each.get("href")
            updated = entry.get("updated")
            if isinstance(link, str):
                with _told(warn):
                    yield _Listed(linked(base, link), updated if isinstance(updated, str) else None)

    def _directory(self, url: str) -> list[_Listed]:
        """The documents of a directory, by its ``changes.csv``, else its ``index.txt``."""
        folder = urljoin(url, ".")
        names = [url.rsplit("/", 1)[1]] if url.endswith(_LISTS) else ["changes.csv", "index.txt"]
        problem: FetchError | None = None
        for name in names:
            try:
                body = self._web.get(urljoin(folder, name)).body or b""
            except FetchError as error:
                problem = problem or error
                continue
            text = body.decode("utf-8", "replace")
            return list(_changes(folder, text) if name == "changes.csv" else _index(folder, text))
        raise problem or FetchError(f"{folder}: neither changes.csv nor index.txt")


def _changes(folder: str, text: str) -> Iterator[_Listed]:
    with suppress(csv.Error):
        for number, row in enumerate(csv.reader(text.splitlines())):
            if number >= MOST:
                return
            if len(row) >= 2 and row[0].endswith(".json") and (url := _inside(folder, row[0])):
                yield _Listed(url, row[1].strip() or None)


def _index(folder: str, text: str) -> Iterator[_Listed]:
    for line in text.splitlines()[:MOST]:
        if line.strip().endswith(".json") and (url := _inside(folder, line.strip())):
            yield _Listed(url, None)


def _inside(folder: str, path: str) -> str | None:
    """The address of a path in a directory; None for one that leads out of it."""
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") for part in parts) or len(path) > 500:
        return None
    url = urljoin(folder, "/".join(quote(part) for part in parts))
    return url if url.startswith(folder) and urlsplit(url).netloc == urlsplit(folder).netloc else None


class _told:  # noqa: N801 - reads as a phrase: with told(warn)
    """Tells of what cannot be had, and lets the rest go on."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> bool:
        if isinstance(error, FetchError):
            self._warn(error.message)
            return True
        return False
