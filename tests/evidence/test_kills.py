"""Kill -9 at any moment: no acknowledged record is lost, and the tree stays whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from panacea_policy.evidence import Ledger, SigningKey, audit
from tests.evidence.conftest import ORIGIN

KILLS, PARTIES = 200, 4

#: Forks writers, one after the other, and kills each at a random moment after its first record; prints what
#: they acknowledged before that. Imports are made once, so that the kills fall into the writing.
PARTY = """
import os, random, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from panacea_policy.evidence import Ledger, read_signing_key, seal
from panacea_policy.evidence.statements import Resource, simple_result

place, key, seed, kills = sys.argv[1], read_signing_key(Path(sys.argv[2])), int(sys.argv[3]), int(sys.argv[4])
chance = random.Random(seed)


def write(out, first):
    with Ledger.open(place) as ledger:
        number = first
        while True:
            about = [Resource("model", "ab" * 32)]
            said = simple_result(
                about, [], verifier="urn:t", time=datetime.now(UTC), properties=[f"{seed} {number}"]
            )
            made = seal(said, [key])
            ledger.append([made])
            os.write(out, (made.digest + "\\n").encode())
            number += 1


for kill in range(kills):
    into, out = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(into)
        write(out, kill * 1_000_000)
    os.close(out)
    told = os.read(into, 65)
    assert told, "the writer ended by itself"
    time.sleep(chance.random() * 0.03)
    os.kill(child, signal.SIGKILL)
    while part := os.read(into, 65536):
        told += part
    os.close(into)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    sys.stdout.write(told.decode())
"""


@pytest.mark.slow
def test_writers_killed_at_random_points_lose_nothing_that_they_acknowledged(
    place: str, tmp_path: Path, key: SigningKey, log_key: SigningKey
) -> None:
    path = tmp_path / "attester.pem"
    key.write(path)
    Ledger.open(place, create=ORIGIN).close()
    command = [sys.executable, "-c", PARTY, place, str(path)]
    parties = [
        subprocess.Popen([*command, str(seed), str(KILLS // PARTIES)], stdout=subprocess.PIPE, text=True)
        for seed in range(PARTIES)
    ]
    told = [party.communicate()[0] for party in parties]
    assert [party.returncode for party in parties] == [0] * PARTIES
    acknowledged = {line for text in told for line in text.split("\n") if len(line) == 64}
    with Ledger.open(place) as ledger:
        ledger.checkpoint(log_key)
        written = {record.digest for record in ledger.records()}
        assert len(acknowledged) >= KILLS
        assert acknowledged <= written
        # A record may be written whose writer died before it could say so: at most one for each kill.
        assert len(written - acknowledged) <= KILLS
        found = audit(ledger, [key.public], log_key.public)
        assert (found.ok, found.faults, found.records) == (True, [], len(written))
