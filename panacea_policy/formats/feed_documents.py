"""The JSON of ``panacea feed``, version 1 (see :mod:`panacea_policy.formats.documents` for what that
promises).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from panacea_policy.formats.documents import Document

if TYPE_CHECKING:
    from panacea_policy.feeds.declarations import Matched, Question
    from panacea_policy.feeds.records import Damage
    from panacea_policy.feeds.store import Moment, Store


class FeedMatch(Document):
    """Something of ours that a feed means, how surely (0 to 1), and why. ``taken``: as a fact."""

    key: str
    said: str
    item: str
    status: str
    confidence: float
    certainty: Literal["exact", "strong", "likely", "weak"]
    taken: bool
    reasons: tuple[str, ...]


class FeedQuestion(Document):
    """Something that people have to decide."""

    id: str
    key: str
    text: str
    cure: str
    confidence: float | None


class FeedDamage(Document):
    """A file, or a part of one, that was set aside."""

    source: str
    place: str
    reason: str
    cure: str


class FeedProcess(Document):
    """The risk of a care process before and after: chance of a disruption within a year, and loss a year."""

    process: str
    title: str
    before: float
    after: float
    loss_before: float | None
    loss_after: float | None
    path: str = Field(description="the likeliest way of those who mean harm, where it is another one now")


class FeedMoment(Document):
    """One entry of the timeline."""

    at: datetime
    what: str
    line: str
    declared: int
    withdrawn: int
    processes: tuple[FeedProcess, ...]


class FeedReadDocument(Document):
    """What `panacea feed read --format json` writes."""

    schema_: Literal["panacea/feed-read/v1"] = Field(default="panacea/feed-read/v1", alias="schema")
    moments: tuple[FeedMoment, ...]
    matches: tuple[FeedMatch, ...]
    declarations: tuple[str, ...] = Field(description="what feeds declare now, in the language")
    assumptions: tuple[str, ...]
    questions: tuple[FeedQuestion, ...]
    damage: tuple[FeedDamage, ...]


class FeedStatusDocument(Document):
    """What `panacea feed status --format json` writes. ``feeds``: documents that count, by kind of feed."""

    schema_: Literal["panacea/feed-status/v1"] = Field(default="panacea/feed-status/v1", alias="schema")
    store: str
    files: int
    feeds: dict[str, int]
    facts: int
    matches: int
    questions: int
    assumptions: tuple[str, ...]
    damage: tuple[FeedDamage, ...]
    last: datetime | None


class FeedQuestionsDocument(Document):
    """What `panacea feed questions --format json` writes."""

    schema_: Literal["panacea/feed-questions/v1"] = Field(default="panacea/feed-questions/v1", alias="schema")
    questions: tuple[FeedQuestion, ...]


class FeedTimelineDocument(Document):
    """What `panacea feed timeline --format json` writes."""

    schema_: Literal["panacea/feed-timeline/v1"] = Field(default="panacea/feed-timeline/v1", alias="schema")
    moments: tuple[FeedMoment, ...]


FEED_DOCUMENTS: dict[str, type[Document]] = {
    "feed-read": FeedReadDocument,
    "feed-status": FeedStatusDocument,
    "feed-questions": FeedQuestionsDocument,
    "feed-timeline": FeedTimelineDocument,
}


def moment_record(moment: Moment) -> FeedMoment:
    """An entry of the timeline."""
    return FeedMoment(
        at=moment.at,
        what=moment.what,
        line=moment.line,
        declared=moment.declared,
        withdrawn=moment.withdrawn,
        processes=tuple(
            FeedProcess(
                process=each.process,
                title=each.title,
                before=each.before,
                after=each.after,
                loss_before=each.loss_before,
                loss_after=each.loss_after,
                path=each.path,
            )
            for each in moment.processes
        ),
    )


def match_record(key: str, match: Matched) -> FeedMatch:
    """A match."""
    return FeedMatch.model_validate(
        {
            "key": key,
            "said": match.said,
            "item": match.item,
            "status": match.status,
            "confidence": match.confidence,
            "certainty": match.class_,
            "taken": match.taken,
            "reasons": match.reasons,
        }
    )


def question_record(key: str, question: Question) -> FeedQuestion:
    """A question."""
    return FeedQuestion(
        id=question.id, key=key, text=question.text, cure=question.cure, confidence=question.confidence
    )


def damage_record(damage: Damage) -> FeedDamage:
    """Something set aside."""
    return FeedDamage(
        source=damage.source, place=damage.place, reason=damage.reason, cure=damage.cure
    )  # fmt: skip


def read_document(store: Store, moments: Iterable[Moment], declarations: Iterable[str]) -> FeedReadDocument:
    """What was read, and what feeds come to now."""
    return FeedReadDocument(
        moments=tuple(map(moment_record, moments)),
        matches=tuple(match_record(key, each) for key, each in store.matches()),
        declarations=tuple(line for text in declarations for line in text.splitlines()),
        assumptions=store.assumptions(),
        questions=tuple(question_record(key, each) for key, each in store.questions()),
        damage=tuple(damage_record(each) for _, each in store.damage()),
    )


def status_document(store: Store) -> FeedStatusDocument:
    """The state of a store."""
    feeds: dict[str, int] = {}
    for document in store.documents():
        feeds[document.feed] = feeds.get(document.feed, 0) + 1
    files = store.files()
    return FeedStatusDocument(
        store=store.path,
        files=len(files),
        feeds=feeds,
        facts=sum(map(len, store.facts().values())),
        matches=len({match.item for _, match in store.matches() if match.taken}),
        questions=len(store.questions()),
        assumptions=store.assumptions(),
        damage=tuple(damage_record(each) for _, each in store.damage()),
        last=files[-1].read_at if files else None,
    )
