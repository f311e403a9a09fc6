"""Version ranges as feeds write them: `vers:` ranges, operators, lists, and sentences for people.

What is not understood is kept as text and says so (``understood`` is False); it is never taken as a bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import unquote

from panacea_policy.feeds.records import VersionRange

#: One version: at most four letters, then a digit, as in `v2.0`, `BT06`, `053L000091`, `3.5.12-P30`, `C.0x`.
_PLAIN = (
    r"(?:[A-Za-z]{1,4}[-. ]?)?\d[\w.+~:-]*(?: (?:SR|SP|R|RC|P|U|HF|Rev|Build|Update|Patch)[. ]?\d[\w.]*)?"
)
#: After an operator or a word, also a revision letter (`N`) or a prefix (`S4 A.07.107`).
_BOUND = rf"(?:{_PLAIN}|[A-Z]\d? [A-Z]?[.]?\d[\w.]*|[A-Z])"
_WORDS = r"(?:versions?|vers?\.?|releases?|revisions?|rev\.?|firmware|software|builds?)"
_LEAD = rf"(?:(?:all|any|every|the)\s+)?(?:{_WORDS}\s+)*(?:number\s+)?"

_ALL = re.compile(rf"\*|-|{_LEAD}(?:all|any)|(?:all|any)(?:\s+(?:\S+\s+)?{_WORDS})?|{_LEAD}\*", re.IGNORECASE)
_OPERATOR = re.compile(r"(>=|<=|=>|=<|≥|≤|>|<|==|=)\s*")
_BEFORE = r"(?:prior\s+to|before|earlier\s+than|older\s+than|lower\s+than|less\s+than|below|preceding)"
_AND_BEFORE = (
    r"(?:,?\s*(?:and|or|&)\s+(?:all\s+)?(?:prior|earlier|below|older|lower|previous|before|under)"
    rf"|\s+(?:and|or)\s+less)(?:\s+{_WORDS})?"
)
_AND_AFTER = (
    r"(?:,?\s*(?:and|or|&)\s+(?:all\s+)?(?:later|newer|above|higher|after|greater|up|onwards?)|\s*\+)"
    rf"(?:\s+{_WORDS})?"
)
_UP_TO = r"(?:up\s+to\s+and\s+including|through|thru|up\s+to|until|to|–|—|-)"
_TAIL = re.compile(
    r"\s+(?:on|for|running|with|in|which|that|only|installed|integrated)\b.*|\s*\([^()]*\)\s*$"
)
_DATE = re.compile(r"(?:distributed|manufactured|released|made|sold|built)?\s*<(=?)\s*(.+)", re.IGNORECASE)
_SENTENCE_DATE = re.compile(
    rf"(?:{_LEAD})?(?:distributed|manufactured|released|made|sold|built)[\w\s]*?{_BEFORE}\s+(.+)",
    re.IGNORECASE,
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Bounds:
    low: str | None = None
    low_included: bool = True
    high: str | None = None
    high_included: bool = True
    exactly: str | None = None


def _sentences() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The sentences that are understood; the groups are `a` (lower bound or exact), `b` (upper bound)."""
    a, b = (rf"(?:{_WORDS}\s+)?(?P<{name}>{_BOUND})" for name in "ab")
    texts = (
        (rf"{_LEAD}{_BEFORE}\s+{b}", "b<"),
        (rf"{_LEAD}(?:up\s+to|to)\s+but\s+(?:not\s+including|excluding)\s+{b}", "b<"),
        (rf"{_LEAD}{b}{_AND_BEFORE}", "b"),
        (rf"{_LEAD}{_UP_TO}\s+{b}", "b"),
        (rf"{_LEAD}(?:from\s+)?{a}\s*(?:{_UP_TO}|and\s+up\s+to)\s+{b}(?:\s*,?\s*inclusive)?", "ab"),
        (rf"{_LEAD}between\s+{a}\s+and\s+{b}", "ab"),
        (rf"{_LEAD}{a}\s*<=\s*{b}", "ab"),
        (rf"{_LEAD}(?:from\s+|since\s+|starting\s+(?:with|from)\s+)?{a}(?:{_AND_AFTER})?,?\s*(?:but\s+|and\s+|up\s+)*"
         rf"(?:{_BEFORE})\s+{b}", "ab<"),
        (rf"{_LEAD}{a}{_AND_AFTER}", "a"),
        (rf"{_LEAD}(?:from|since|starting\s+(?:with|from))\s+{a}(?:\s+on(?:wards?)?)?", "a"),
        (rf"{_LEAD}(?:after|later\s+than|newer\s+than|above|higher\s+than)\s+{b}", "b>"),
        (rf"(?:{_WORDS}\s+)+{a}", "="),
        (rf"(?P<a>{_PLAIN})", "="),
    )  # fmt: skip
    return tuple((re.compile(text, re.IGNORECASE), meaning) for text, meaning in texts)


_SENTENCES = _sentences()
_BAR = r"\s*\|\s*"
#: What feeds write in the place of a lower bound where there is none.
_OPEN = ("", "*", "0", "-", "unspecified")
#: Longer texts hold whole paragraphs; looking for versions in them would take time and mean nothing.
_LONGEST = 300


def ranges(text: str) -> tuple[VersionRange, ...]:
    """The ranges that a text means, at least one; the whole text stands in each.

    Certain where operators, lists or `vers:` say it, not certain where words do.
    """
    text = " ".join(text.split())
    if text.startswith("vers:"):
        return tuple(_vers(text))
    if len(text) > _LONGEST:
        return (_unknown(text),)
    if _ALL.fullmatch(text):
        return (VersionRange(text, certain=text in ("*", "-")),)
    if dated := _dated(text):
        return (dated,)
    found = _operators(text) or _alternatives(text)
    if found is None:
        shorter = _TAIL.sub("", text)
        if shorter and shorter != text:
            return tuple(replace(r, text=text, certain=False) for r in ranges(shorter))
    return found or (_unknown(text),)


def exact(text: str) -> VersionRange | None:
    """The one version that a text is, or None where it does not look like one."""
    text = " ".join(text.split())
    return VersionRange(text, exactly=text) if re.fullmatch(_PLAIN, text) else None


def between(
    low: str | None,
    high: str | None,
    *,
    low_included: bool = True,
    high_included: bool = True,
    text: str = "",
) -> VersionRange:
    """A range whose bounds a feed gives in fields; `*`, `0`, `-` and empty ones are open.

    So is a lower bound that is a word (`earlier`), which is not certain.
    An upper bound `1.4.*` or `1.4*` takes in all of 1.4, whatever its sign (CVE record format, `lessThan`).
    """
    certain = not low or low in _OPEN or bool(re.search(r"\d", low))
    low = None if not low or low in _OPEN or not certain else low
    high = None if high in (None, "", "*", "-", "unspecified") else high
    if high and (stem := re.fullmatch(r"(.*\d)\.?\*", high)):
        text, high, high_included = text or f"{low or '*'} – {high}", _next(stem[1]), False
    parts = [f"{'>=' if low_included else '>'} {low}"] if low else []
    parts += [f"{'<=' if high_included else '<'} {high}"] if high else []
    return VersionRange(
        text or " ".join(parts) or "*",
        None,
        low,
        low_included or low is None,
        high,
        high_included or high is None,
        certain,
    )


def fixed_in(text: str) -> str | None:
    """The version that a remedy tells people to go to, where its text names one and no other; else None."""
    found = {m["v"].rstrip(".") for m in _FIX.finditer(text[: _LONGEST * 10])}
    return found.pop() if len(found) == 1 else None


_FIX = re.compile(
    rf"\b(?:(?:updat|upgrad|migrat)\w*\b[^.;\n]{{0,120}}?\bto\s+(?:the\s+)?(?:[\w/]+\s+){{0,4}}?"
    rf"(?:{_WORDS}\s+|v\.?(?=\d))(?P<v>\d[\w.-]*\w|\d)"
    r")",
    re.IGNORECASE,
)


def _vers(text: str) -> Iterator[VersionRange]:
    """A `vers:` range (package-url version range specifier): constraints in the order of versions."""
    scheme, slash, body = text.removeprefix("vers:").partition("/")
    constraints = [unquote(c.strip()) for c in body.split("|")]
    if not slash or not scheme or len(constraints) > 1_000 or not all(constraints):
        yield _unknown(text)
        return
    if constraints == ["*"]:
        yield VersionRange(text)
        return
    bounds, certain = _constraints(constraints)
    if bounds is None:
        yield _unknown(text)
        return
    for b in bounds:
        yield _made(text, b, certain=certain)


def _constraints(constraints: list[str]) -> tuple[list[_Bounds] | None, bool]:
    """Pair each lower bound with the upper bound after it. An excluded version (`!=`) makes it uncertain."""
    found: list[_Bounds] = []
    low: _Bounds | None = None
    certain = True
    for constraint in constraints:
        match = re.fullmatch(r"(!=|>=|<=|>|<|=)?\s*(\S.*)", constraint)
        if match is None or match[2] == "*":
            return None, False
        operator, version = match.groups()
        if operator == "!=":
            certain = False
        elif operator in (">", ">="):
            found += [low] if low else []
            low = _Bounds(low=version, low_included=operator == ">=")
        elif operator in ("<", "<="):
            found.append(replace(low or _Bounds(), high=version, high_included=operator == "<="))
            low = None
        else:
            found.append(_Bounds(exactly=version))
    found += [low] if low else []
    return found or None, certain


def _operators(text: str) -> tuple[VersionRange, ...] | None:
    """`>= 1.0 | <= 1.3.1`, `< 2`, `>=1.1, <1.4`: bounds by sign. None where anything else is in the text."""
    pieces = _OPERATOR.split(text)
    if len(pieces) < 3 or pieces[0].strip():
        return None
    low: _Bounds | None = None
    found: list[_Bounds] = []
    for sign, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        version = piece.strip(" |,;&")
        version = re.sub(r"\s*(?:,|\band\b|\bor\b)$", "", version)
        if not re.fullmatch(_BOUND, version):
            return None
        if sign in (">", ">=", "=>", "≥"):
            found += [low] if low else []
            low = _Bounds(low=version, low_included=sign != ">")
        elif sign in ("=", "=="):
            found.append(_Bounds(exactly=version))
        else:
            found.append(replace(low or _Bounds(), high=version, high_included=sign != "<"))
            low = None
    found += [low] if low else []
    return tuple(_made(text, b, certain=True) for b in found)


def _alternatives(text: str) -> tuple[VersionRange, ...] | None:
    """A sentence, or several joined by bars, commas, slashes or `and`. Versions with bars are certain."""
    if sentence := _sentence(text):
        return (sentence,)
    if (hardware := re.search(rf"\bfirmware (?P<v>{_BOUND})(?:,|$)", text, re.IGNORECASE)) and "," in text:
        return (VersionRange(text, exactly=hardware["v"], certain=False),)
    for separator in (_BAR, r"\s*;\s*", r"\s*,\s*(?:and\s+)?|\s+and\s+", r"\s*/\s*|\s*,\s*|\s+and\s+"):
        parts = [p for p in re.split(separator, text) if p]
        if not 1 < len(parts) <= 100:
            continue
        read = [_sentence(p) or _sentence(_TAIL.sub("", p)) for p in parts]
        if all(read):
            plain = separator == _BAR and all(re.fullmatch(_PLAIN, p) for p in parts)
            return tuple(replace(r, text=text, certain=plain) for r in read if r)
    return None


def _sentence(text: str) -> VersionRange | None:
    for pattern, meaning in _SENTENCES:
        if match := pattern.fullmatch(text):
            groups = match.groupdict()
            a, b = groups.get("a"), groups.get("b")
            if meaning == "=":
                return _made(text, _Bounds(exactly=a), certain=a == text)
            if meaning == "b>":
                return _made(text, _Bounds(low=b, low_included=False), certain=False)
            return _made(text, _Bounds(low=a, high=b, high_included=not meaning.endswith("<")), certain=False)
    return None


def _made(text: str, bounds: _Bounds, *, certain: bool) -> VersionRange:
    """The range; an upper bound with `x` for any number is turned into one that can be compared."""
    high, included = bounds.high, bounds.high_included
    if high and (stem := re.fullmatch(r"(?P<stem>.*?\d)(?P<any>(?:\.[xX*])+)", high)):
        # `<= 12.2.x.x` takes in all of 12.2, `< 3.x` nothing of 3.
        certain = False
        high = stem["stem"]
        if included:
            high = _next(high)
        included = False
    elif high and re.search(r"\d[xX]$", high):
        certain = False
        high = high[:-1] + ("9" if included else "0")
    low = re.sub(r"(?<=\d)(?:\.[xX*])+$", "", bounds.low) if bounds.low else None
    return VersionRange(text, bounds.exactly, low, bounds.low_included, high, included, certain)


def _next(stem: str) -> str:
    """The first version after all that begin with this stem: 12.3 after 12.2."""
    return re.sub(r"\d{1,18}$", lambda m: str(int(m[0]) + 1), stem)


def _dated(text: str) -> VersionRange | None:
    """Units made before a day, where year, month and day cannot be taken for one another."""
    match = _DATE.fullmatch(text)
    day = _day(match[2]) if match else None
    if day is None and (match := _SENTENCE_DATE.fullmatch(text)):
        day = _day(match[1])
    return VersionRange(text, certain=False, dated_before=day) if day else None


def _day(text: str) -> date | None:
    words = re.findall(r"[a-z]+|\d+", text.lower())
    if len(words) != 3 or len(text) > 40:
        return None
    try:
        if words[0] in _MONTHS:
            return date(int(words[2]), _MONTHS.index(words[0]) + 1, int(words[1]))
        if words[1] in _MONTHS:
            return date(int(words[2]), _MONTHS.index(words[1]) + 1, int(words[0]))
        first, second, third = (int(w) for w in words)
        if "/" in text and second > 12:  # 8/30/2024 can only be the American order
            return date(third, first, second)
        if "-" in text and first > 31:
            return date(first, second, third)
    except ValueError:
        return None
    return None


def _unknown(text: str) -> VersionRange:
    return VersionRange(text, certain=False, understood=False)
