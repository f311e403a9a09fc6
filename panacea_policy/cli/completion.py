"""What may come next in a question: kinds, attributes behind a variable, relations, names, words of a list.

Plain text in, suggestions out; nothing here knows a terminal. A suggestion may be wrong, as the question is
not finished; what is right is decided when it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from panacea_policy.compiler.offered import Offered
from panacea_policy.model import (
    Attribute,
    BooleanType,
    EnumType,
    MapType,
    ReferenceType,
    Registry,
    StructureType,
    ValueType,
)

_WORD = re.compile(r"[\w.]*$")
#: `kind variable`, where it can stand: at the beginning, behind a comma, `for`, `of` or a quantifier.
_BINDING = re.compile(r"(?:^|,|\(|\bfor|\bof|\bsome|\bno|\bevery)\s*([A-Za-z_][\w.]*)\s+([A-Za-z_]\w*)\b")
_MEMBER = re.compile(r"\b([A-Za-z_]\w*)\s+in\s+([A-Za-z_]\w*(?:\.\w+)+)")
_COMPARED = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+)\s*(?:!=|<=|>=|=|<|>)\s*[\w.]*$")
_AMONG = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+)\s+(?:not\s+)?in\s+\[[^\]]*$")
_IS = re.compile(r"\bis(?:\s+not)?\s+[\w.]*$")
_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"?')
_BINDS = re.compile(r"(?:^|,|\bfor|\bof|\bsome|\bno|\bevery|\()\s*[\w.]*$")

WORDS = ("where", "with", "has", "and", "or", "not", "in", "is", "is not", "some", "no", "every", "count of")
TOTALS = ("sum of", "lowest of", "highest of", "average of")
TESTS = ("starts_with", "ends_with", "contains", "matches", "version_before")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text to put in place of the last ``back`` characters; ``meta`` says what it is."""

    text: str
    back: int
    meta: str


@dataclass(frozen=True)
class Completions:
    """Suggestions for questions about one model."""

    registry: Registry
    names: Offered
    commands: Mapping[str, str]

    def after(self, text: str) -> Iterator[Suggestion]:
        """What may come next behind a text, each once, in order of usefulness."""
        if text.lstrip().startswith(":"):
            yield from self._commands(text.lstrip())
            return
        if _inside_text(text):
            return
        # Texts in quotes say nothing of names.
        plain = _TEXT.sub(lambda found: " " * len(found[0]), text)
        found = _WORD.search(plain)
        word = found[0] if found else ""
        seen: set[str] = set()
        for name, meta in self._candidates(plain, word):
            start = word.rpartition(".")[2] if "." in word else word
            if name.casefold().startswith(start.casefold()) and name not in seen:
                seen.add(name)
                yield Suggestion(name, len(start), meta)

    # ------------------------------------------------------------------------------------------ internals

    def _commands(self, text: str) -> Iterator[Suggestion]:
        for name, meta in self.commands.items():
            if name.startswith(text):
                yield Suggestion(name, len(text), meta)

    def _candidates(self, text: str, word: str) -> Iterator[tuple[str, str]]:
        variables = self._variables(text)
        if "." in word:
            yield from self._attributes(word.rpartition(".")[0], variables)
            return
        compared = _COMPARED.search(text) or _AMONG.search(text)
        if compared is not None:
            yield from self._values(compared[1], variables)
            yield from ((name, kind) for name, kind in variables.items())
            return
        if _IS.search(text):
            yield from self._kinds()
            return
        before_where = not re.search(r"\bwhere\b", text)
        if before_where or _BINDS.search(text):
            if before_where and re.search(r"\w\s+\w+\s+\w*$", text):
                yield "where", "conditions"
            yield from self._kinds()
        if not before_where:
            yield from ((name, kind) for name, kind in variables.items())
            yield from ((f"{each}(", ", ".join(columns)) for each, columns in self.names.relations.items())
            yield from ((each, "") for each in WORDS if each != "where")
            yield from ((each, "") for each in TOTALS)
            yield from ((f"{each}(", "test of texts") for each in TESTS)
            yield from ((n, kind) for kind, names in self.names.declarations.items() for n in names)

    def _kinds(self) -> Iterator[tuple[str, str]]:
        for kind in self.registry.kinds.values():
            if not kind.structure:
                yield kind.name, kind.doc.split(".")[0]
        yield from ((name, f"class of {kind}") for name, kind in self.names.templates.items())

    def _attributes(self, path: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for kind in self._kinds_of(path, variables):
            # What every kind has comes last.
            known = self.registry.kind(kind).attributes.values()
            for attribute in sorted(known, key=lambda each: each.declared_by == "element"):
                yield attribute.name, attribute.doc

    def _values(self, path: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        owner, _, name = path.rpartition(".")
        for kind in self._kinds_of(owner, variables):
            attribute = self.registry.kind(kind).attributes.get(name)
            if attribute is not None:
                yield from self._values_of(attribute.type, attribute)
        yield "none", "there is none"

    def _values_of(self, type: ValueType, attribute: Attribute) -> Iterator[tuple[str, str]]:
        if isinstance(type, EnumType):
            yield from ((each, attribute.name) for each in type.values)
        elif isinstance(type, BooleanType):
            yield from (("true", ""), ("false", ""))
        elif isinstance(type, ReferenceType):
            for kind in type.kinds:
                for each in self.registry.descendants(kind):
                    yield from ((name, each) for name in self.names.declarations.get(each, ()))
        for option in getattr(type, "options", ()):
            yield from self._values_of(option, attribute)

    def _variables(self, text: str) -> dict[str, str]:
        """Variables of the question so far, with their kinds."""
        found: dict[str, str] = {}
        for kind, name in _BINDING.findall(text):
            known = kind if kind in self.registry.kinds else self.names.templates.get(kind)
            if known is not None and name not in WORDS:
                found[name] = known
        for name, path in _MEMBER.findall(text):
            if name not in found:
                owner, _, attribute = path.rpartition(".")
                for kind in self._kinds_of(owner, found):
                    type = self.registry.kind(kind).attributes.get(attribute)
                    kinds = _leads_to(type.type) if type is not None else ()
                    if kinds:
                        found[name] = kinds[0]
        return found

    def _kinds_of(self, path: str, variables: Mapping[str, str]) -> tuple[str, ...]:
        """The kinds that a path may lead to."""
        root, *rest = path.split(".")
        kinds: tuple[str, ...] = (variables[root],) if root in variables else ()
        for name in rest:
            kinds = tuple(
                dict.fromkeys(
                    each
                    for kind in kinds
                    if (attribute := self.registry.kind(kind).attributes.get(name)) is not None
                    for each in _leads_to(attribute.type)
                )
            )
        return kinds


def _leads_to(type: ValueType) -> tuple[str, ...]:
    if isinstance(type, ReferenceType) and not type.template:
        return type.kinds
    if isinstance(type, StructureType):
        return (type.kind,)
    return ("entry",) if isinstance(type, MapType) else ()


def _inside_text(text: str) -> bool:
    """Whether the text ends inside quotes."""
    texts = list(_TEXT.finditer(text))
    return bool(texts) and texts[-1].end() == len(text) and not _closed(texts[-1][0])


def _closed(text: str) -> bool:
    return len(text) > 1 and text.endswith('"') and not text.endswith('\\"')


def is_complete(text: str) -> bool:
    """Whether a question may be finished: brackets are closed, and nothing at its end waits for more."""
    if text.lstrip().startswith(":"):
        return True
    if _inside_text(text):
        return False
    plain = _TEXT.sub('""', text).strip()
    depth = sum({"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(sign, 0) for sign in plain)
    waits = re.search(r"(?:[,=<>+*/([{-]|\b(?:where|with|has|and|or|not|in|is|some|no|every|of|for))$", plain)
    return depth <= 0 and waits is None


def first(suggestions: Iterable[Suggestion], count: int) -> list[Suggestion]:
    """The first few suggestions: a model may have very many names."""
    found: list[Suggestion] = []
    for each in suggestions:
        found.append(each)
        if len(found) == count:
            break
    return found
