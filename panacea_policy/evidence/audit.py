"""The audit of a whole ledger: every envelope, every hash, every checkpoint, and what was seen before."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, islice

from panacea_policy.evidence.envelopes import read_envelope
from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.keys import PublicKey, public_key
from panacea_policy.evidence.ledger import Ledger, Record
from panacea_policy.evidence.merkle import grown, leaf_hash, root_of

#: Signatures are checked in portions of so many records or bytes, on all processors where there are many.
_PORTION, _PORTION_BYTES = 2000, 8 * 1024 * 1024
#: Where a checkpoint is that somebody kept, in the text of a fault.
SEEN = "seen before"
#: Faults and notices of one kind beyond these are counted, not told.
_TOLD = 5


@dataclass
class Audit:
    """What an audit found. ``unsigned`` and ``strange`` count records without a signature, and with those of
    untrusted keys alone. Of many faults of one kind the first few are told, and then how many there are.
    """

    records: int = 0
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    unsigned: int = 0
    strange: int = 0
    root: bytes = b""
    _counts: Counter[str] = field(default_factory=Counter)

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the ledger. Unsigned records are told, and prove nothing."""
        return not self.faults

    def fault(self, text: str, kind: str = "") -> None:
        """Something that must not be. ``kind`` is what there may be many of."""
        self._tell(self.faults, text, kind)

    def notice(self, text: str, kind: str = "") -> None:
        """Something that people should look at."""
        self._tell(self.notices, text, kind)

    def _tell(self, texts: list[str], text: str, kind: str) -> None:
        self._counts[kind] += bool(kind)
        if self._counts[kind] <= _TOLD:
            texts.append(text)

    def sum_up(self) -> None:
        """Say how many there are of what was told a few times."""
        for kind, count in self._counts.items():
            if count > _TOLD:
                texts = self.notices if kind == _CLOCK else self.faults
                texts.append(f"{count:,} records in all {kind}")


def audit(
    ledger: Ledger,
    keys: Sequence[PublicKey],
    log_key: PublicKey | None = None,
    seen: Iterable[str] = (),
) -> Audit:
    """Check a ledger from its first record to its last.

    ``keys`` are those whose signatures count; ``log_key`` is that of the checkpoints. ``seen`` are
    checkpoints kept elsewhere: by an earlier audit, in a bundle, by a witness; the ledger must have grown
    from them.
    """
    found = Audit()
    try:
        _walk(ledger, keys, _marks(ledger, log_key, seen, found), found)
    except EvidenceError as error:  # what cannot be read is no evidence
        found.fault(error.message)
    found.sum_up()
    return found


#: Roots that signed checkpoints demand, by size, each with where it stands.
_Marks = dict[int, list[tuple[bytes, str]]]


def _walk(ledger: Ledger, keys: Sequence[PublicKey], marks: _Marks, found: Audit) -> None:
    peaks: list[bytes] = []
    last, expected = None, 0
    for record in _checked(ledger, keys, found):
        entry = hashlib.sha256(record.envelope).digest()
        if entry.hex() != record.digest:
            found.fault(f"record {record.seq} was altered: its envelope has another digest", _ALTERED)
        if record.seq != expected:
            found.fault(f"record {expected} is missing: the next one is {record.seq}", _AFTER_GAP)
        expected = record.seq + 1
        if last is not None and record.written_at < last:
            told = f"record {record.seq} was written with a clock set back"
            found.notice(f"{told}: {record.note or 'no note'}", _CLOCK)
        last = record.written_at
        peaks = grown(peaks, found.records, leaf_hash(entry))
        found.records += 1
        if found.records in marks:
            _compare(marks.pop(found.records), peaks, found)
    found.root = root_of(peaks)
    if found.records != ledger.size:
        found.fault(f"the head counts {ledger.size:,} records, and there are {found.records:,}")
    elif found.root != ledger.root:
        found.fault("the records do not lead to the root of the head: something was altered or reordered")
    for size, signed in sorted(marks.items()):
        for _, where in signed:
            if size:
                found.fault(f"a checkpoint {where} speaks of {size:,} records: the ledger was cut off")


def _marks(ledger: Ledger, log_key: PublicKey | None, seen: Iterable[str], found: Audit) -> _Marks:
    marks: _Marks = {}
    if log_key is None:
        found.notice("no key of the log was given: its checkpoints are not believed")
        if any(True for _ in seen):
            found.fault(f"a checkpoint {SEEN} was given, but no key of the log to believe it with")
        return marks
    for where, notes in (("in the ledger", ledger.checkpoints()), (SEEN, seen)):
        for note in notes:
            try:
                checkpoint = ledger.checked_checkpoint(note, log_key)
            except EvidenceError as error:
                found.fault(f"a checkpoint {where} does not hold: {error.message}", _NOT_HELD)
                continue
            marks.setdefault(checkpoint.size, []).append((checkpoint.root, where))
    return marks


def _compare(signed: Iterable[tuple[bytes, str]], peaks: list[bytes], found: Audit) -> None:
    root = root_of(peaks)
    for wanted, where in signed:
        if wanted != root:
            found.fault(
                f"the first {found.records:,} records are not those of a checkpoint {where}: "
                "something was altered, reordered or put in"
            )


def _checked(ledger: Ledger, keys: Sequence[PublicKey], found: Audit) -> Iterator[Record]:
    """The records in order, their signatures checked portion by portion."""
    pems = [key.pem for key in keys]
    portions = _portions(ledger.records())
    first = list(islice(portions, 2))
    if len(first) < 2 or _processors() < 2:
        for portion in chain(first, portions):
            _take(_signatures(pems, [record.envelope for record in portion]), portion, found)
            yield from portion
        return
    with ProcessPoolExecutor(_processors()) as pool:
        waiting = []
        for portion in chain(first, portions):
            job = pool.submit(_signatures, pems, [record.envelope for record in portion])
            waiting.append((job, portion))
            if len(waiting) > 2 * _processors():
                done, records = waiting.pop(0)
                _take(done.result(), records, found)
                yield from records
        for done, records in waiting:
            _take(done.result(), records, found)
            yield from records


def _portions(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Records in lists: some portions are in memory at once, and envelopes may be large."""
    portion: list[Record] = []
    size = 0
    for record in records:
        portion.append(record)
        size += len(record.envelope)
        if len(portion) == _PORTION or size >= _PORTION_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _signatures(pems: Sequence[bytes], envelopes: Sequence[bytes]) -> list[str]:
    """For each envelope: nothing where a trusted key signed it, else what is wrong."""
    keys = [public_key(pem, "a trusted key") for pem in pems]
    return [_signature(keys, data) for data in envelopes]


def _signature(keys: Sequence[PublicKey], data: bytes) -> str:
    try:
        envelope = read_envelope(data)
    except EvidenceError as error:
        return f"holds no envelope: {error.message}"
    if not envelope.signatures:
        return _UNSIGNED
    return "" if envelope.signers(keys) else _STRANGE


_UNSIGNED, _STRANGE = "is unsigned", "is signed by no key that is trusted"
#: Kinds of which there may be many, as it is said how many.
_ALTERED, _AFTER_GAP = "were altered", "follow a gap"
_BROKEN, _CLOCK = "hold no envelope", "were written with a clock set back"
_SIGNED, _NOT_HELD = "are signed by no key that is trusted", "are checkpoints that do not hold"


def _take(results: Iterable[str], records: Sequence[Record], found: Audit) -> None:
    for result, record in zip(results, records, strict=True):
        if result == _UNSIGNED:
            found.unsigned += 1
        elif result == _STRANGE:
            found.strange += 1
            found.fault(f"record {record.seq} {result}", _SIGNED)
        elif result:
            found.fault(f"record {record.seq} {result}", _BROKEN)


def _processors() -> int:
    return os.cpu_count() or 1
