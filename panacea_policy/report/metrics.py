"""How wide a text is in a sans-serif font, well enough to keep labels inside their boxes without a font at
hand.
"""

from __future__ import annotations

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}-/\\ ")
_WIDE = frozenset("mwMW@%—–…")


def width(text: str, size: float) -> float:
    """The width in pixels at font size ``size``; rather too wide than too narrow."""
    return size * sum(_em(c) for c in text)


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.92
    if ord(character) > 0x2E80:
        return 1.05
    if character.isupper():
        return 0.70
    return 0.58


def wrap(text: str, size: float, limit: float, lines: int = 2) -> tuple[str, ...]:
    """The text in at most so many lines of at most this width; what does not fit ends in an ellipsis."""
    words = text.split()
    made: list[str] = []
    current = ""
    for word in words:
        tried = f"{current} {word}".strip()
        if not current or width(tried, size) <= limit:
            current = tried
        else:
            made.append(current)
            current = word
    made.append(current)
    kept = made[:lines]
    if len(made) > lines:
        kept[-1] = f"{kept[-1]} {made[lines]}"
    return tuple(shorten(line, size, limit) for line in kept)


def shorten(text: str, size: float, limit: float) -> str:
    """The text, cut with an ellipsis where it is wider than the limit."""
    if width(text, size) <= limit:
        return text
    while text and width(text + "…", size) > limit:
        text = text[:-1]
    return text.rstrip() + "…"
