"""CVE numbers and the names in CPE texts, as several formats hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from panacea_policy.formats.feeds.intake import Refused, Where

_CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_FIELD = re.compile(r"((?:[^:\\]|\\.)*)(?::|$)", re.DOTALL)


def cve_number(text: str, where: Where) -> str:
    """A CVE number in capitals. Raises :class:`Refused` for another text."""
    number = text.strip().upper()
    if not _CVE.fullmatch(number):
        raise Refused(where, f"`{text[:60]}` is no CVE number", "write it as CVE-2026-12345")
    return number


def cve_numbers(text: str) -> tuple[str, ...]:
    """All CVE numbers in a text, each once, in their order."""
    return tuple(dict.fromkeys(m.upper() for m in re.findall(r"(?ai)\bCVE-\d{4}-\d{4,19}\b", text)))


@dataclass(frozen=True, slots=True)
class CpeNames:
    """What a CPE text names; None where it says any or not applicable."""

    part: str
    vendor: str | None
    product: str | None
    version: str | None


@lru_cache(maxsize=65_536)
def cpe_names(text: str) -> CpeNames | None:
    """The names in a CPE 2.3 text (``cpe:2.3:a:…``) or a 2.2 one (``cpe:/a:…``); None for another text."""
    if text.startswith("cpe:2.3:"):
        fields = _fields(text[8:])
    elif text.startswith("cpe:/"):
        fields = text[5:].split(":")
    else:
        return None
    if len(fields) < 2 or len(text) > 1_000 or fields[0] not in ("a", "o", "h", "*", "-"):
        return None
    vendor, product, version = (_name(f) for f in (*fields[1:4], "", "", "")[:3])
    return CpeNames(fields[0], _words(vendor), _words(product), version)


def _fields(text: str) -> list[str]:
    """Split at colons that no backslash escapes."""
    if "\\" not in text:
        return text.split(":")
    return [m[1] for m in _FIELD.finditer(text)]


def _name(field: str) -> str | None:
    if "\\" in field:
        field = re.sub(r"\\(.)", r"\1", field)
    return None if field in ("", "*", "-") else field


def _words(name: str | None) -> str | None:
    return name.replace("_", " ") if name else None
