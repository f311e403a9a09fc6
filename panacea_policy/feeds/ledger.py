"""The state of all feeds over one model: files come in, keys are told anew, and what changes is worked out.

A step is worked out inside a transaction of the store and taken over with :meth:`Ledger.accept` once that is
committed, so that memory never runs ahead of the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from panacea_policy.feeds.base import Base
from panacea_policy.feeds.catalogues import FEEDS
from panacea_policy.feeds.declarations import (
    NOTHING,
    Added,
    Difference,
    Fact,
    Slots,
    Told,
    difference,
    slots,
    whole,
)
from panacea_policy.feeds.inventory import Item
from panacea_policy.feeds.matching import Index
from panacea_policy.feeds.records import (
    ExploitNews,
    IdentityEvent,
    IncidentReport,
    Reading,
    Record,
    Weakness,
)
from panacea_policy.feeds.store import Document, File, Store
from panacea_policy.feeds.telling import items_told, keys_of, tell

_TOLD_FOR = "told for"
#: The note of the store that has the whole state as entries of a change, one to a line.
STATE = "state"


@dataclass(slots=True)
class Step:
    """What one file, or one day, changes. ``told``: every key that was told anew; ``items``: what keys add to
    the inventory now; ``refused``: what the model did not take.
    """

    documents: tuple[str, ...] = ()
    told: dict[str, Told] = field(default_factory=dict)
    items: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    after: Slots = field(default_factory=lambda: Slots({}, {}))
    change: Difference = field(default_factory=lambda: Difference(()))
    records: int = 0

    @property
    def matched(self) -> int:
        """How many things of ours the keys that were told mean, those left out that are not affected."""
        matched = (each for told in self.told.values() for each in told.matched if each.taken)
        return len({each.item for each in matched if each.status not in ("not_affected", "fixed")})


class Ledger:
    """Facts by key, and the state that they come to."""

    def __init__(self, store: Store, base: Base, today: date) -> None:
        self.store = store
        self.base = base
        self.today = today
        self._facts: dict[str, tuple[Fact, ...]] = {}
        self._items: dict[str, tuple[Item, ...]] = {}
        self.state = Slots({}, {})

    # ------------------------------------------------------------------------------------------ opening

    def open(self, signature: str) -> bool:
        """Load what was told, or tell everything anew where the model (``signature``) is another one since.

        Gives whether it was told anew. To be called inside a transaction.
        """
        known = self.store.note(_TOLD_FOR) == signature
        self._load_items()
        if known:
            self._facts = self.store.facts()
        else:
            step = Step()
            self._tell(step, sorted(self._relevant()))
            for key, told in step.told.items():
                self.store.put_told(key, told)
            self._facts = {key: told.facts for key, told in step.told.items() if told.facts}
            self.store.put_note(_TOLD_FOR, signature)
        self.state = self._slots(self._facts)
        if not known:
            self.store.put_note(STATE, "\n".join(self.changes()))
        return not known

    def changes(self) -> tuple[str, ...]:
        """The whole state as changes of a model that has none of it."""
        return whole(self.state)

    # ------------------------------------------------------------------------------------------ steps

    def take(self, file: File, reading: Reading) -> Step:
        """Take a file in: write its records, and work out what changes. To be called inside a
        transaction.
        """
        step = Step()
        self.store.add_file(file, reading.damage)
        groups: dict[tuple[str, str], list[Record]] = {}
        for record in reading.records:
            groups.setdefault(_document_of(record), []).append(record)
        touched: set[str] = set()
        names: list[str] = []
        for (feed, name), records in groups.items():
            said_at = max((each.origin.said_at for each in records if each.origin.said_at), default=None)
            known = self.store.document(feed, name)
            if known is not None and known.said_at and said_at and _moment(said_at) < _moment(known.said_at):
                step.notes.append(
                    f"{name} is older than what is known of it ({known.said_at.date()}): not taken"
                )
                continue
            document = Document(feed, name, file.digest, said_at, len(records))
            if feed in FEEDS and name == feed:
                touched |= self._edition(document, records, step)
                names.append(records[0].origin.document)
                step.records += len(records)
                continue
            dated = [(each, keys_of(each), self._last_day(each)) for each in records]
            touched |= self.store.replace_document(
                document, [d for d in dated if self._counts(d[2])], self.today
            )
            late = sum(not self._counts(last) for _, _, last in dated)
            if late:
                step.notes.append(
                    f"{late} of {len(records)} records of {records[0].origin.document} no longer count"
                )
            names.append(records[0].origin.document)
            step.records += len(records)
        step.documents = tuple(dict.fromkeys(names))
        self._work_out(step, touched)
        return step

    def expire(self, today: date) -> Step:
        """Withdraw what no longer counts on a day. To be called inside a transaction."""
        self.today = today
        step = Step()
        touched = self.store.expire(today)
        for feed in self.store.catalogues.expired(today):
            before = self.store.catalogues.rows(feed, self._numbers())
            self.store.catalogues.remove(feed)
            touched |= {f"weakness {number}" for number in before}
        if touched:
            step.notes.append(f"{len(touched)} matters lost a word whose time is over")
        self._work_out(step, touched)
        return step

    def accept(self, step: Step) -> None:
        """Take a step over once it is committed."""
        self._facts = self._with(step)
        self._items = {**self._items, **step.items}
        self.state = step.after

    def leave_out(self, step: Step, slot: str, reason: str) -> bool:
        """Take out of a step what the model refuses, so that the rest goes on; False if it is not the
        step's.
        """
        found = False
        for key, told in step.told.items():
            kept = tuple(f for f in told.facts if f.slot != slot and f.slot != slot.rpartition(".")[0])
            if len(kept) != len(told.facts):
                step.told[key] = replace(told, facts=kept, notes=(*told.notes, reason))
                self.store.put_told(key, step.told[key])
                found = True
        step.refused.append(reason)
        self._compare(step)
        return found

    # ------------------------------------------------------------------------------------------ internals

    def _edition(self, document: Document, records: Sequence[Record], step: Step) -> set[str]:
        """Put an edition of a catalogue in place of the one before; the keys for which it says otherwise."""
        news = [each for each in records if isinstance(each, ExploitNews)]
        last = self._last_day(news[0])
        numbers, catalogues = self._numbers(), self.store.catalogues
        before = catalogues.rows(document.feed, numbers)
        self.store.replace_document(document, [], self.today)
        catalogues.replace(document.feed, news if self._counts(last) else [], last)
        if not self._counts(last):
            step.notes.append(f"{news[0].origin.document} no longer counts since {last}")
        after = catalogues.rows(document.feed, numbers)
        return {f"weakness {n}" for n in numbers if before.get(n) != after.get(n)}

    def _numbers(self) -> list[str]:
        """The CVE numbers that are worth asking a catalogue for."""
        keys = self._relevant()
        return sorted(key.partition(" ")[2] for key in keys if key.startswith("weakness CVE-"))

    def _last_day(self, record: Record) -> date | None:
        if record.origin.expires is not None:
            return record.origin.expires
        days = self.base.tables.days_that_count.get(record.origin.feed)
        if days is None or record.origin.said_at is None:
            return None
        return record.origin.said_at.date() + timedelta(days=days)

    def _counts(self, last: date | None) -> bool:
        return last is None or last >= self.today

    def _relevant(self) -> set[str]:
        """The keys worth telling: those of which more is known than use, or that the model speaks of itself,
        or that came to something before.
        """
        own = {f"weakness {cve}" for cve in self.base.by_cve}
        return self.store.speaking() | own | self.store.told_before()

    def _work_out(self, step: Step, touched: set[str]) -> None:
        keys = sorted(touched & self._relevant()) if touched else []
        keys += self._reindexed(step, keys)
        self._tell(step, sorted(set(keys)))
        for key, told in step.told.items():
            self.store.put_told(key, told)
        self._compare(step)

    def _compare(self, step: Step) -> None:
        step.after = self._slots(self._with(step))
        own = {slot: self.base.own_text(slot) for slot in self.state.set if slot not in step.after.set}
        step.change = difference(self.state, step.after, own)
        if not step.change.empty:
            self.store.put_note(STATE, "\n".join(whole(step.after)))

    def _with(self, step: Step) -> dict[str, tuple[Fact, ...]]:
        facts = {**self._facts, **{key: told.facts for key, told in step.told.items()}}
        return {key: each for key, each in facts.items() if each}

    def _tell(self, step: Step, keys: Sequence[str]) -> None:
        for key in keys:
            records = self.store.records(key)
            step.told[key] = (
                tell(self.base, key, records, self.store.met_on(key, self.today)) if records else NOTHING
            )

    def _load_items(self) -> None:
        for key in self.store.every_key():
            if key.startswith(("bill ", "host ")):
                self._items[key] = tuple(items_told(self.base, key, self.store.records(key)))
        self._index(self._items)

    def _reindexed(self, step: Step, keys: Sequence[str]) -> list[str]:
        """Where keys add other things to the inventory than before: the weaknesses to be told anew for it."""
        new: list[Item] = []
        gone: list[Item] = []
        for key in keys:
            if key.startswith(("bill ", "host ")):
                before = self._items.get(key, ())
                after = tuple(items_told(self.base, key, self.store.records(key)))
                if before != after:
                    step.items[key] = after
                    new += [each for each in after if each not in before]
                    gone += [each for each in before if each not in after]
        if not step.items:
            return []
        self._index({**self._items, **step.items})
        found = self.store.keys_matched([each.reference for each in gone])
        if new:
            index = Index(new, self.base.tables)
            for key, record in self.store.records_of(Weakness):
                if isinstance(record, Weakness) and any(
                    index.match(each.product) for each in record.products
                ):
                    found.add(key)
        return sorted(found)

    def _index(self, items: Mapping[str, Sequence[Item]]) -> None:
        added = [each for key in sorted(items) for each in items[key]]
        self.base.index = Index([*self.base.items.values(), *added], self.base.tables)

    def _slots(self, facts: Mapping[str, Sequence[Fact]]) -> Slots:
        flat = [each for group in facts.values() for each in group]
        own = {f.slot: self.base.own_list(f.target, f.attribute) for f in flat if isinstance(f, Added)}
        return slots(flat, own)


def _document_of(record: Record) -> tuple[str, str]:
    """The feed and the document that a record belongs to, as far as one replaces another.

    Catalogues that are published as a whole are one document however they number themselves; of events each
    is its own.
    """
    origin = record.origin
    if isinstance(record, ExploitNews) and origin.feed in FEEDS:
        return origin.feed, origin.feed
    if isinstance(record, IdentityEvent | IncidentReport):
        return origin.feed, f"{origin.document} {record.id}"
    return origin.feed, origin.document


def _moment(value: datetime) -> datetime:
    """Times without a zone are taken as this machine's."""
    return value if value.tzinfo else value.astimezone()
