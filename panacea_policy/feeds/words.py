"""Names as feeds and inventories write them, made comparable: companies, products, and the tables that say
how.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from panacea_policy.language import Source, parse
from panacea_policy.language import syntax as tree

NAMES = Path(__file__).with_name("names.panacea")

#: The longest name that is looked at; longer ones are cut, for they are sentences.
_LONGEST = 300
#: Characters that hold a word together: an apostrophe in a name, the marks of trade names.
_DROPPED = re.compile(r"['’`´™®©℠]")
#: A full stop stays between digits (3.0t), and a plus after a letter or digit (XR656+).
_WORD = re.compile(r"[a-z0-9]+(?:\.(?=[0-9])[a-z0-9]+)*\+?")
_PARENTHESIS = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True)
class Tables:
    """The tables of ``names.panacea``, with what a model adds. Keys and words are in their comparable
    form.
    """

    company_words: frozenset[str]
    company_names: Mapping[str, str]
    common_words: frozenset[str]
    same_words: Mapping[str, str]
    days_that_count: Mapping[str, int]
    exploit_chance: Mapping[str, float]
    credential_weaknesses: frozenset[str]
    service_names: Mapping[str, str]
    _seen: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def company(self, name: str) -> str:
        """The comparable name of a company: without legal form, under the name of today's owner."""
        known = self._seen.get(name)
        if known is None:
            known = self._seen[name] = self._company(name)
        return known

    def _company(self, name: str) -> str:
        words = [word for word in words_of(_PARENTHESIS.sub(" ", name)) if word != "and"]
        whole = " ".join(words)
        kept = list(words)
        while len(kept) > 1 and kept[-1] in self.company_words:
            kept.pop()
        short = " ".join(kept)
        for form in (whole, short):
            if form in self.company_names:
                return self.company_names[form]
        return short

    def companies(self, name: str) -> tuple[str, ...]:
        """All names that a company's text gives: with its abbreviation in brackets, and each of several."""
        found = [self.company(name)]
        found += [self.company(each) for each in _PARENTHESIS.findall(name)]
        parts = re.split(r"\s*[,;/]\s*|\s+and\s+|\s+or\s+", _PARENTHESIS.sub(" ", name))
        if len(parts) > 1:
            found += [self.company(part) for part in parts if len(part.split()) > 1]
        return tuple(dict.fromkeys(each for each in found if each and each not in self.company_words))


def words_of(text: str) -> list[str]:
    """The words of a text: lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text[:_LONGEST])
    plain = "".join(char for char in plain if not unicodedata.combining(char)).casefold()
    return _WORD.findall(_DROPPED.sub("", plain).replace("_", " "))


def read_tables(text: str, name: str) -> dict[str, dict[str, str | float]]:
    """The tables of a text in the language: rows of texts, names and numbers (a percentage as a fraction)."""
    found: dict[str, dict[str, str | float]] = {}
    for item in parse(Source(name, text)).file.items:
        if isinstance(item, tree.Declaration) and item.kind.name == "table" and item.name and item.body:
            rows = found.setdefault(item.name.name, {})
            for entry in item.body.entries:
                if isinstance(entry, tree.Attribute) and (value := plain_value(entry.value)) is not None:
                    rows.setdefault(entry.key, value)
    return found


def plain_value(node: tree.Expression) -> str | float | None:
    """A text, a name or a number as written in a table; None for anything else."""
    if isinstance(node, tree.String):
        return node.value
    if isinstance(node, tree.Path):
        return node.name
    if isinstance(node, tree.Quantity):
        return node.value / 100 if node.unit == "%" else node.value
    return None


@lru_cache(maxsize=1)
def _own() -> dict[str, dict[str, str | float]]:
    return read_tables(NAMES.read_text(encoding="utf-8"), str(NAMES))


def tables(added: Mapping[str, Mapping[str, str | float]] | None = None) -> Tables:
    """The tables of the installation; ``added``: rows of a model's tables of the same names, which count
    first.
    """
    rows = {name: {**own, **(added or {}).get(name, {})} for name, own in _own().items()}

    def texts(name: str) -> dict[str, str]:
        return {" ".join(words_of(key)): " ".join(words_of(str(value))) for key, value in rows[name].items()}

    def numbers(name: str) -> dict[str, float]:
        return {key: float(value) for key, value in rows[name].items() if not isinstance(value, str)}

    def words(name: str) -> frozenset[str]:
        return frozenset(word for value in rows[name].values() for word in str(value).split())

    return Tables(
        company_words=words("company_words"),
        company_names=texts("company_names"),
        common_words=words("common_words"),
        same_words=texts("same_words"),
        days_that_count={key: int(value) for key, value in numbers("days_that_count").items()},
        exploit_chance=numbers("exploit_chance"),
        credential_weaknesses=words("credential_weaknesses"),
        service_names={key: str(value) for key, value in rows["service_names"].items()},
    )
