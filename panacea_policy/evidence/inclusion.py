"""`.tlog-proof` files (C2SP tlog-proof): that an entry is in a log; the log's key is enough to verify it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.keys import PublicKey
from panacea_policy.evidence.merkle import included, leaf_hash
from panacea_policy.evidence.notes import Checkpoint, open_note, read_checkpoint

MAGIC = "c2sp.org/tlog-proof@v1"
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class LogProof:
    """Where an entry stands in a log, the hashes up to the root, and the signed checkpoint with that root."""

    index: int
    path: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """The file."""
        hashes = "".join(base64.b64encode(each).decode() + "\n" for each in self.path)
        return f"{MAGIC}\nindex {self.index}\n{hashes}\n{self.note}"

    def verify(self, entry: bytes, origin: str, key: PublicKey) -> Checkpoint:
        """The checkpoint under which the entry is in the log of that name and key.

        Raises EvidenceError where the checkpoint is not the log's own, or the hashes do not lead to its root.
        """
        checkpoint = read_checkpoint(open_note(self.note, origin, key))
        if checkpoint.origin != origin:
            raise EvidenceError(f"the checkpoint is that of the log `{checkpoint.origin}`, not of `{origin}`")
        if not included(leaf_hash(entry), self.index, checkpoint.size, self.path, checkpoint.root):
            raise EvidenceError("the entry is not in the log: its hash does not lead to the signed root")
        return checkpoint


def read_proof(text: str) -> LogProof:
    """A proof from its file. Raises EvidenceError."""
    if len(text) > _MOST_BYTES:
        raise EvidenceError("the proof is too long")
    head, mark, note = text.partition("\n\n")
    lines = head.split("\n")
    if not mark or lines[0] != MAGIC:
        raise EvidenceError(f"this is no proof: the first line is not `{MAGIC}`")
    if len(lines) > 1 and lines[1].startswith("extra "):
        del lines[1]
    found = re.fullmatch(r"index (0|[1-9][0-9]{0,15})", lines[1]) if len(lines) > 1 else None
    if found is None:
        raise EvidenceError("the proof does not say the index of its entry")
    return LogProof(int(found[1]), tuple(map(_hash, lines[2:])), note)


def _hash(line: str) -> bytes:
    try:
        value = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != 32:
        raise EvidenceError("a hash in the proof is none of 32 bytes")
    return value
