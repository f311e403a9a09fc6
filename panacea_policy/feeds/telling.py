"""Which records speak of one matter, and what they come to together.

A *key* names a matter: one CVE, one product's bill of materials, one host, one subject of an identity system,
one incident. What is told of a key is a function of its records, the model and the day alone: it does not
depend on the order in which documents arrived.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from panacea_policy.feeds.base import Base
from panacea_policy.feeds.bills import bill_items, bill_key, newest, tell_bill
from panacea_policy.feeds.declarations import NOTHING, Told
from panacea_policy.feeds.hosts import host_key
from panacea_policy.feeds.identities import tell_identity
from panacea_policy.feeds.incidents import tell_incident
from panacea_policy.feeds.inventory import Item
from panacea_policy.feeds.records import (
    Bill,
    ExploitNews,
    IdentityEvent,
    IncidentReport,
    Record,
    ScannedHost,
    Weakness,
)
from panacea_policy.feeds.scans import host_items, tell_host
from panacea_policy.feeds.weaknesses import finding_numbers, tell_weakness


def keys_of(record: Record) -> tuple[str, ...]:
    """The matters that a record speaks of."""
    if isinstance(record, Weakness):
        return (f"weakness {(record.cve or record.id).upper()}",)
    if isinstance(record, ExploitNews):
        return (f"weakness {record.cve.upper()}",)
    if isinstance(record, Bill):
        return (bill_key(record),)
    if isinstance(record, ScannedHost):
        numbers = dict.fromkeys(n.upper() for each in record.findings for n in finding_numbers(each, record))
        return (f"host {host_key(record)}", *(f"weakness {number}" for number in numbers))
    if isinstance(record, IdentityEvent):
        return (f"identity {record.subject.strip().lower()}",)
    return (f"incident {record.id}",)


def tell(base: Base, key: str, records: Sequence[Record], found_on: date) -> Told:
    """What the records of one key come to. ``found_on``: the day on which the matter was first met."""
    kind, _, subject = key.partition(" ")
    if not records:
        return NOTHING
    if kind == "weakness":
        speaking = [each for each in records if isinstance(each, Weakness | ExploitNews | ScannedHost)]
        return tell_weakness(base, subject, speaking, found_on)
    if kind == "bill":
        return tell_bill(base, [each for each in records if isinstance(each, Bill)])
    if kind == "host":
        return tell_host(base, [each for each in records if isinstance(each, ScannedHost)])
    if kind == "identity":
        return tell_identity(base, [each for each in records if isinstance(each, IdentityEvent)])
    return tell_incident(base, [each for each in records if isinstance(each, IncidentReport)])


def items_told(base: Base, key: str, records: Sequence[Record]) -> Iterator[Item]:
    """What the records of a key add to the inventory: components, and software that a scan saw."""
    bills = [each for each in records if isinstance(each, Bill)]
    if key.startswith("bill ") and bills:
        yield from bill_items(base, newest(bills))
    scans = [each for each in records if isinstance(each, ScannedHost)]
    if key.startswith("host ") and scans:
        yield from host_items(base, scans)
