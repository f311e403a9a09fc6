"""How much of a stranger's file is looked at before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from panacea_policy.feeds.records import LONGEST

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file. What is beyond them is set aside with its place; nothing is cut silently.

    ``file_bytes``: as it lies on the disk; ``unpacked_bytes``: what it may unpack to; ``depth``: nesting of
    JSON and XML; ``records``: of one file, and products and remedies of one document; ``items``: entries of
    one list inside of a record; ``text``: characters of one text; ``line_bytes``: of one of our own JSON
    lines; ``damage``: pieces of damage that are told one by one, the others are counted.
    """

    file_bytes: int = 256 * _MB
    unpacked_bytes: int = 512 * _MB
    depth: int = 64
    records: int = 2_000_000
    items: int = 200_000
    text: int = LONGEST
    line_bytes: int = _MB
    damage: int = 1_000
