"""The log as static files (C2SP tlog-tiles): what a monitor or a mirror of the log reads."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from panacea_policy.evidence.errors import EvidenceError
from panacea_policy.evidence.ledger import Ledger
from panacea_policy.evidence.merkle import Tree
from panacea_policy.evidence.notes import read_checkpoint
from panacea_policy.storage import read_bounded, write_atomically

_WIDTH = 256


def write_tiles(ledger: Ledger, note: str, folder: Path) -> int:
    """Write tiles, entry bundles and, last of all, the checkpoint; the number of files. Whole tiles that are
    there already stay as they are.

    ``note`` is a signed checkpoint of the ledger. Raises EvidenceError where a whole tile in the folder is
    another one, and for a ledger with too few records; OSError.
    """
    size = read_checkpoint(note.rpartition("\n\n")[0] + "\n").size
    written = 0
    for name, data in (*_hashes(ledger.tree(size), size), *_entries(ledger, size)):
        path = folder / name
        if ".p/" not in name and path.exists():
            if path.stat().st_size != len(data) or read_bounded(path, len(data)) != data:
                told = f"`{path}` is a tile of another log, or damaged"
                raise EvidenceError(told, "write to an empty folder")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
        written += 1
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "checkpoint", note)
    return written + 1


def _hashes(tree: Tree, size: int) -> Iterator[tuple[str, bytes]]:
    """The tiles of hashes: level ``n`` holds the roots of complete subtrees of ``256 ** n`` leaves."""
    level, count = 0, size
    while count:
        for index in range(0, count, _WIDTH):
            width = min(_WIDTH, count - index)
            data = b"".join(tree.node(8 * level, index + each) for each in range(width))
            yield f"tile/{level}/{_name(index // _WIDTH, width)}", data
        level, count = level + 1, count // _WIDTH


def _entries(ledger: Ledger, size: int) -> Iterator[tuple[str, bytes]]:
    """The bundles of entries: each entry with its length in two bytes before it."""
    held: list[bytes] = []
    for record in ledger.records(0, size):
        held.append(struct.pack(">H", len(record.entry)) + record.entry)
        if len(held) == _WIDTH or record.seq == size - 1:
            yield f"tile/entries/{_name(record.seq // _WIDTH, len(held))}", b"".join(held)
            held = []


def _name(index: int, width: int) -> str:
    """The path of a tile: its number in groups of three digits, and its width where it is not whole."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03d}")
    path = "/".join(reversed(groups))
    return path if width == _WIDTH else f"{path}.p/{width}"
