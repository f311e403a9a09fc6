"""How alike two product names are: words, model numbers and series, as advisories and inventories write
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from panacea_policy.feeds.words import Tables, words_of

#: What remains of the likeness where …
_BOTH_MORE = 0.6  #: each name has words that the other lacks
_OTHER_MODEL = 0.25  #: they name different model numbers
_MODEL_UNSAID = 0.8  #: the inventory names no model number and the feed does
#: What a word weighs that many products share, beside one that tells.
_COMMON = 0.3
#: How alike two words must be to count as one (spelling); shorter ones must be equal.
_SPELLING, _SHORTEST = 0.88, 5
#: Series with more members than this are sentences, not series.
_MOST = 64

_PARENTHESIS = re.compile(r"\(([^()]*)\)?")
_MODEL = re.compile(r"([a-z]*)([0-9].*)")


@dataclass(frozen=True, slots=True)
class ProductName:
    """A name taken apart. ``optional``: words in brackets, which count where they are met. ``joined``: the
    words in a row.

    ``telling``: whether it has a word that few products share; without one, common words stand in for them.
    ``models`` are words with digits; ``series`` pairs of the first and last of a run (MX400 to MX850).
    """

    words: frozenset[str]
    common: frozenset[str]
    models: frozenset[str]
    series: tuple[tuple[str, str], ...]
    optional: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    joined: str
    telling: bool = True

    @property
    def keys(self) -> Iterator[str]:
        """What an index finds it by: its telling words, its models, and pairs of words written as one."""
        yield from self.words
        yield from self.models
        yield from (left + right for left, right in self.pairs)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike, from 0 to 1, and why in words. ``telling``: a word or number that few products share is in
    both.
    """

    score: float
    reason: str
    telling: bool = True


def product_name(text: str, tables: Tables, companies: Sequence[str] = ()) -> ProductName:
    """Take a name apart. ``companies``: comparable names whose words are left out of it."""
    outside = _words(_PARENTHESIS.sub(" ", text), tables)
    inside = [word for part in _PARENTHESIS.findall(text) for word in _words(part, tables)]
    theirs = {word for name in companies for word in name.split()}
    plain = [word for word in outside if word not in theirs] or outside
    models = {word for word in plain if _is_model(word)}
    words = [word for word in plain if not _is_model(word)]
    telling = frozenset(word for word in words if word not in tables.common_words)
    common = frozenset(words) - telling
    expanded, series = _models_of(text)
    models |= {model for model in expanded if model in models or not models.isdisjoint(expanded)}
    tells = bool(telling or models)
    if not tells:
        telling, common = common, frozenset[str]()
    optional = frozenset(inside) | {each for each in expanded if each not in models}
    pairs = frozenset(pairwise(plain))
    return ProductName(telling, common, frozenset(models), series, optional, pairs, "".join(plain), tells)


def likeness(claim: ProductName, own: ProductName) -> Likeness:
    """How alike what a feed names and what an inventory names are.

    Words count by how telling they are: 1, common ones :data:`_COMMON`. With s the weight of what both have
    and c and o of what each has alone, it is 0.6 times the larger and 0.4 times the smaller of s/(s+c) and
    s/(s+o), times 1 - 0.4 min(1, c) min(1, o): two products of one family have its name in common and words
    of their own on both sides. Model numbers change it as the constants above say. 1 is the same name.
    """
    if claim.joined and claim.joined == own.joined:
        return Likeness(1.0, "the same name", claim.telling)
    met = _met(claim, own)
    agreed = _agreed(claim, own)
    shared = len([w for w in claim.words if w in met]) + bool(agreed)
    if not shared:
        return Likeness(0.0, "no telling word in common")
    common = _COMMON * len(claim.common & own.common)
    claim_more = len([w for w in claim.words if w not in met]) + _COMMON * len(claim.common - own.common)
    own_more = len([w for w in own.words if w not in met]) + _COMMON * len(own.common - claim.common)
    if not agreed and not claim.models and not claim.series:
        own_more += bool(own.models)
    weight = shared + common
    ours, theirs = weight / (weight + claim_more), weight / (weight + own_more)
    score = 0.6 * max(ours, theirs) + 0.4 * min(ours, theirs)
    score *= 1 - (1 - _BOTH_MORE) * min(1.0, claim_more) * min(1.0, own_more)
    notes = []
    if claim_more >= 1 and own_more >= 1:
        notes.append("each has words that the other lacks")
    if agreed:
        score = min(1.0, score + 0.1)
        notes.append(f"model {agreed}")
    elif (claim.models or claim.series) and own.models:
        score *= _OTHER_MODEL
        notes.append(f"other model numbers ({_some(claim.models)}; {_some(own.models)})")
    elif claim.models or claim.series:
        score *= _MODEL_UNSAID
        notes.append(f"model {_some(claim.models)} is not stated by the model")
    telling = sorted(w for w in claim.words if w in met)
    told = f"`{'`, `'.join(telling)}` in common" if telling else "the same model number"
    return Likeness(round(score, 4), "; ".join([told, *notes]), claim.telling)


# ---------------------------------------------------------------------------------------------- taking apart


def _words(text: str, tables: Tables) -> list[str]:
    """The words, with those that mean the same written the same way."""
    joined = f" {' '.join(words_of(text))} "
    for phrase, same in tables.same_words.items():
        joined = joined.replace(f" {phrase} ", f" {same} ")
    return joined.split()


def _is_model(word: str) -> bool:
    return any(char.isdigit() for char in word)


@lru_cache(maxsize=20_000)
def _models_of(text: str) -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """The models that runs like ``MX800/700/600`` and ``MP20-MP90`` name, beside the words as they stand."""
    found: set[str] = set()
    series: list[tuple[str, str]] = []
    for run in re.findall(r"[A-Za-z0-9]+(?:[/-][A-Za-z0-9]+)+", text[:300]):
        parts = [words_of(part)[0] for part in re.split(r"[/-]", run) if words_of(part)]
        if len(parts) < 2 or len(parts) > _MOST or not _is_model(parts[0]):
            continue
        if "/" in run:
            found.update(_alternatives(parts))
        elif len(parts) == 2 and (pair := _series(parts[0], parts[1])):
            series.append(pair)
    return frozenset(found), tuple(series)


def _alternatives(parts: Sequence[str]) -> Iterator[str]:
    """``MX800, 700`` → mx800, mx700; ``865240, 41`` → 865240, 865241; ``MP5, 5SC`` → mp5, mp5sc."""
    first = parts[0]
    yield first
    match = _MODEL.fullmatch(first)
    prefix, rest = (match[1], match[2]) if match else ("", first)
    for part in parts[1:]:
        if not part[0].isdigit():
            yield part
        elif len(part) >= len(rest):
            yield prefix + part
        else:
            yield first[: -len(part)] + part


def _series(first: str, last: str) -> tuple[str, str] | None:
    """The two ends of a run of models with the same letters: MP2 and MP90."""
    one, other = re.fullmatch(r"([a-z]+)(\d+)", first), re.fullmatch(r"([a-z]*)(\d+)", last)
    if one and other and other[1] in ("", one[1]) and int(one[2]) < int(other[2]):
        return first, one[1] + other[2]
    return None


# ---------------------------------------------------------------------------------------------- comparing


def _met(claim: ProductName, own: ProductName) -> set[str]:
    """The words of either name that the other has too: equal, spelled alike, or written apart or as one."""
    met = set(claim.words & own.words)
    met |= claim.words & own.optional | own.words & claim.optional
    for mine, theirs in ((claim, own), (own, claim)):
        for left, right in mine.pairs:
            if left + right in theirs.words or left + right in theirs.models:
                met |= {left, right, left + right}
    for word in claim.words - met:
        alike = _spelled_alike(word, own.words - met)
        if alike is not None:
            met |= {word, alike}
    return met


def _spelled_alike(word: str, others: Iterable[str]) -> str | None:
    if len(word) < _SHORTEST:
        return None
    for other in sorted(others):
        near = len(other) >= _SHORTEST and word[0] == other[0] and abs(len(word) - len(other)) <= 2
        if near and SequenceMatcher(None, word, other, autojunk=False).ratio() >= _SPELLING:
            return other
    return None


def _agreed(claim: ProductName, own: ProductName) -> str | None:
    """A model number that both name, or one of a series of the other's."""
    both = (claim.models | claim.optional) & own.models | claim.models & own.optional
    numbers = sorted(word for word in both if _is_model(word))
    for mine, theirs in ((claim, own), (own, claim)):
        numbers += sorted(a + b for a, b in mine.pairs if a + b in theirs.models and _is_model(a + b))
    if numbers:
        return numbers[0]
    for first, last in claim.series:
        for model in sorted(own.models):
            if _between(model, first, last):
                return f"{model} of {first} to {last}"
    return None


def _between(model: str, first: str, last: str) -> bool:
    low, high, own = (re.fullmatch(r"([a-z]+)(\d+)[a-z]*", each) for each in (first, last, model))
    if not (low and high and own) or own[1] != low[1]:
        return False
    return int(low[2]) <= int(own[2]) <= int(high[2])


def _some(models: Iterable[str]) -> str:
    listed = sorted(models)
    return ", ".join(listed[:3]) + (" …" if len(listed) > 3 else "")
