"""Names, texts and comments of the language, made of what others call and say things."""

from __future__ import annotations

import re
import unicodedata

from panacea_policy.language.lexer import RESERVED

#: No more of a text than this is looked at for a name.
_MOST_READ = 200


def one_line(text: str) -> str:
    """A text on one line, without characters that could hide or command anything: fit for a comment."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def quoted(text: str, longest: int | None = None) -> str:
    """A text of the language, in quotes, on one line; cut where it has more characters than ``longest``."""
    return '"' + one_line(text)[:longest].replace("\\", "\\\\").replace('"', '\\"') + '"'


def slug(text: str) -> str:
    """The letters and digits of a text in lower case, without accents, joined by single underscores;
    ``unnamed`` where there are none. It may begin with a digit: a name has something before it.
    """
    return _letters(text)[:80] or "unnamed"


def word(text: str, family: str) -> str:
    """A name of the language for a text; ``family`` goes before what may not be one by itself."""
    found = _letters(text)[:60] or family
    return found if found[0].isalpha() and found not in RESERVED else f"{family}_{found}"


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:_MOST_READ]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
