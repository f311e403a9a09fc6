"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint): what a log says of itself."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.keys import PublicKey, SigningKey

_ED25519 = b"\x01"
_MOST_BYTES = 64 * 1024
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<value>[A-Za-z0-9+/]+={0,2})")
#: Names of logs: no blank, no plus sign; in practice an address without its scheme.
ORIGIN = re.compile(r"[^\s+]{1,200}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size and root hash of a log at some moment, under the log's name."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_hash(name: str, key: PublicKey) -> bytes:
    """The four bytes by which a note tells keys apart."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.raw).digest()[:4]


def verifier_key(name: str, key: PublicKey) -> str:
    """The key in the form that tools for notes read: ``NAME+HASH+KEY``."""
    return f"{name}+{key_hash(name, key).hex()}+{base64.b64encode(_ED25519 + key.raw).decode()}"


def sign_note(text: str, name: str, key: SigningKey) -> str:
    """The note: the text, an empty line, and a signature line. The text ends with a line feed."""
    value = base64.b64encode(key_hash(name, key.public) + key.sign(text.encode())).decode()
    return f"{text}\n— {name} {value}\n"


def open_note(note: str, name: str, key: PublicKey) -> str:
    """The text of a note that the key of that name signed. Raises EvidenceError for anything else."""
    if len(note) > _MOST_BYTES:
        raise EvidenceError("the note is too long")
    text, mark, signatures = note.rpartition("\n\n")
    if not mark or not signatures.endswith("\n"):
        raise EvidenceError("the note has no signatures")
    text += "\n"
    wanted = key_hash(name, key)
    for line in signatures.removesuffix("\n").split("\n"):
        found = _SIGNATURE.fullmatch(line)
        if found is None:
            raise EvidenceError("a signature line of the note is malformed")
        value = _decoded(found["value"])
        if found["name"] == name and value[:4] == wanted:
            if key.verifies(value[4:], text.encode()):
                return text
            raise EvidenceError(f"the signature of `{name}` on the note is wrong")
    raise EvidenceError(f"the note is not signed by the key of `{name}` that is trusted")


def read_checkpoint(text: str) -> Checkpoint:
    """A checkpoint from its lines. Raises EvidenceError."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or any(not line for line in lines[:-1]):
        raise EvidenceError("a checkpoint has a name, a size and a root hash, each on a line")
    origin, size, root = lines[:3]
    if re.fullmatch(r"0|[1-9][0-9]{0,15}", size) is None:
        raise EvidenceError("the size in the checkpoint is no number")
    value = _decoded(root)
    if len(value) != 32:
        raise EvidenceError("the root hash in the checkpoint has not 32 bytes")
    return Checkpoint(origin, int(size), value)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EvidenceError("a hash or signature is no base64") from None
