"""Product names: the formatted-string binding of the Common Platform Enumeration 2.3 (NIST IR 7695, 6.2)."""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

from panacea_policy.model.values import InvalidValue

_FIELDS = (
    "part", "vendor", "product", "version", "update", "edition", "language", "sw_edition", "target_sw",
    "target_hw", "other",
)  # fmt: skip
#: One field: letters, digits, `_ . -` and backslash-escaped punctuation; wildcards at the ends only.
_FIELD = re.compile(r"\*|-|(?:\*|\?*)(?:[A-Za-z0-9_.\-]|\\[!-/:-@\[-`{-~])+(?:\*|\?*)", re.ASCII)
_LIMIT = 1000
_EXAMPLE = '"cpe:2.3:a:vendor:product:4.2:*:*:*:*:*:*:*"'


class InvalidCpe(InvalidValue):
    """A text that is no formatted CPE 2.3 string."""


class Cpe(msgspec.Struct, frozen=True):
    """The eleven fields, unescaped and in lower case; ``*`` means any and ``-`` not applicable."""

    part: str
    vendor: str
    product: str
    version: str
    update: str
    edition: str
    language: str
    sw_edition: str
    target_sw: str
    target_hw: str
    other: str


def parse_cpe(text: str) -> Cpe:
    """Read ``cpe:2.3:a:vendor:product:…``; missing trailing fields mean any. Raises :class:`InvalidCpe`."""
    if len(text) > _LIMIT:
        raise InvalidCpe(f"a CPE name has at most {_LIMIT} characters")
    if not text.startswith("cpe:2.3:"):
        raise InvalidCpe("a CPE name starts with `cpe:2.3:`", f"As in {_EXAMPLE}.")
    fields = _split(text.removeprefix("cpe:2.3:"))
    if not 3 <= len(fields) <= len(_FIELDS):
        raise InvalidCpe(f"a CPE name has eleven fields after `cpe:2.3`, this one has {len(fields)}")
    fields += ["*"] * (len(_FIELDS) - len(fields))
    for name, value in zip(_FIELDS, fields, strict=True):
        if not _FIELD.fullmatch(value):
            message = f"`{value[:40]}` cannot be the {name} of a CPE name"
            raise InvalidCpe(message, "Escape punctuation with a backslash.")
    if fields[0] not in ("a", "o", "h", "*", "-"):
        raise InvalidCpe(f"`{fields[0][:40]}` cannot be the part of a CPE name", "It is a, o or h.")
    return Cpe(*(re.sub(r"\\(.)", r"\1", value).lower() for value in fields))


def _split(text: str) -> list[str]:
    """Split at colons that no backslash escapes."""
    fields, current, escaped = [], "", False
    for character in text:
        if character == ":" and not escaped:
            fields.append(current)
            current = ""
            continue
        current += character
        escaped = character == "\\" and not escaped
    return [*fields, current]


def found_cpe(text: str | None) -> Cpe | None:
    """Read a CPE name of either age (:func:`sound_cpe`); None for what is none."""
    sound = sound_cpe(text)
    return parse_cpe(sound) if sound else None


def sound_cpe(text: str | None) -> str | None:
    """A CPE name as a formatted string of CPE 2.3; None for what is none.

    Scanners write the older URI, ``cpe:/a:vendor:product:1.0`` (NIST IR 7695, 6.1): its parts are unescaped
    from percent signs and escaped with backslashes, ``%01`` and ``%02`` being its wildcards.
    """
    written = (text or "").strip()
    if written.startswith("cpe:/"):
        parts = written.removeprefix("cpe:/").split(":")[:7]
        written = "cpe:2.3:" + ":".join(_formatted(part) for part in [*parts, *[""] * (11 - len(parts))])
    try:
        parse_cpe(written)
    except InvalidCpe:
        return None
    return written


def _formatted(part: str) -> str:
    """One part of a CPE URI as the formatted string has it."""
    if part in ("", "-"):
        return part or "*"
    shown = unquote(part.replace("%01", "\x01").replace("%02", "\x02"))
    escaped = "".join(c if c.isalnum() or c in "_.-" or c < " " else f"\\{c}" for c in shown)
    return escaped.replace("\x01", "?").replace("\x02", "*")
