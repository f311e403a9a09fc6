"""Evidence: records appended one by one, each durable, and a ledger of 100,000 of them verified.

    python benchmarks/evidence.py [--records N] [--appends N]

Peers, in the same run, on the same envelopes: appending a row to a SQLite table with the same durability and
nothing else (what the disk allows), and DSSE signatures verified by securesystemslib, the reference
implementation in Python, on a sample, for as many records.

Goals: 500 records a second, every one durable; 100,000 records verified in 10 s.
"""

from __future__ import annotations

import argparse
import json
import platform
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.dsse import Envelope as Reference
from securesystemslib.signer import SSlibKey

from panacea_policy.evidence import Envelope, Ledger, SigningKey, audit, seal
from panacea_policy.evidence.statements import Resource, simple_result

DAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
SAMPLE = 3_000


def envelopes(count: int, key: SigningKey) -> list[Envelope]:
    """Signed statements of the size of a simple result with ten properties."""
    about, packs = [Resource("model", "ab" * 32)], [Resource("packs.nis2", "cd" * 32)]
    names = [f"PANACEA_nis2.art21_2_{letter}:met" for letter in "abcdefghij"]
    return [
        seal(simple_result(about, packs, verifier="urn:x", time=DAY, properties=[*names, str(number)]), [key])
        for number in range(count)
    ]


def appended(folder: Path, made: Sequence[Envelope]) -> float:
    """Seconds for appending envelopes to a ledger, one transaction each."""
    with Ledger.open(folder / "ledger.sqlite", create="bench/evidence") as ledger:
        start = time.perf_counter()
        for each in made:
            ledger.append([each])
        return time.perf_counter() - start


def plain(folder: Path, made: Sequence[Envelope]) -> float:
    """Seconds for the same bytes as rows of a table, one transaction each."""
    connection = sqlite3.connect(folder / "plain.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, data BLOB)")
    start = time.perf_counter()
    for number, each in enumerate(made):
        connection.execute("INSERT INTO rows VALUES (?, ?)", (number, each.data))
    took = time.perf_counter() - start
    connection.close()
    return took


def verified(folder: Path, made: Sequence[Envelope], key: SigningKey) -> float:
    """Seconds for the audit of a ledger: signatures, digests, the tree, a checkpoint."""
    with Ledger.open(folder / "large.sqlite", create="bench/evidence") as ledger:
        ledger.append(made)
        ledger.checkpoint(key)
        start = time.perf_counter()
        found = audit(ledger, [key.public], key.public)
        took = time.perf_counter() - start
    assert found.ok
    assert found.records == len(made)
    return took


def reference(made: Sequence[Envelope], key: SigningKey) -> float:
    """Seconds that the reference implementation takes for one envelope, from its bytes."""
    theirs = SSlibKey(key.public.id, "ed25519", "ed25519", {"public": key.public.raw.hex()})
    start = time.perf_counter()
    for each in made:
        Reference.from_dict(json.loads(each.data)).verify([theirs], threshold=1)
    return (time.perf_counter() - start) / len(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--appends", type=int, default=2_000)
    arguments = parser.parse_args()
    key = SigningKey.new()
    made = envelopes(max(arguments.records, arguments.appends), key)
    print(f"{platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        few = made[: arguments.appends]
        ours, theirs = appended(folder, few), plain(folder, few)
        print(f"append   {len(few) / ours:>8,.0f} records/s, each durable (goal 500)")
        print(f"  peer   {len(few) / theirs:>8,.0f} rows/s in a plain table, as durable")
        many = made[: arguments.records]
        took = verified(folder, many, key)
        print(f"verify   {took:>8.1f} s for {len(many):,} records (goal 10 s for 100,000)")
        each = reference(many[:SAMPLE], key)
        told = f"securesystemslib, signatures alone, from {SAMPLE:,} of them"
        print(f"  peer   {each * len(many):>8.1f} s: {told}")


if __name__ == "__main__":
    main()
