"""Watching: what arrives is taken in at once, each document in one line; nothing that arrives ends it."""

from __future__ import annotations

import time
from collections.abc import Callable

from panacea_policy.feeds.store import Moment
from panacea_policy.service.fetch import FetchError
from panacea_policy.service.session import FeedSession
from panacea_policy.service.sources import FeedSource

#: The longest pause after a source could not be reached, in seconds.
LONGEST_PAUSE = 3600.0


def watch(
    session: FeedSession,
    source: FeedSource,
    *,
    emit: Callable[[Moment], None],
    warn: Callable[[str], None],
    interval: float = 60.0,
    once: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Poll a source and take in what is new, until the process ends, or one round if ``once``.

    ``emit`` gets what happened, after it is kept; ``warn`` what could not be had, in one line. After a
    failure the pause doubles, up to an hour. Gives the number of documents taken in.
    """
    taken, failures = 0, 0
    while True:
        for moment in session.tick():
            emit(moment)
        try:
            for arrived in source.poll(warn):
                moment_or_none = session.take(arrived.path, arrived.name)
                arrived.taken()
                if moment_or_none is not None:
                    taken += 1
                    emit(moment_or_none)
            failures = 0
        except FetchError as error:
            failures += 1
            warn(error.message)
        if once:
            return taken
        sleep(min(interval * 2**failures, max(interval, LONGEST_PAUSE)))
