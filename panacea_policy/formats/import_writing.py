"""Writing a model from another tool's document: names and the files of a conversion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from panacea_policy.formats.import_reading import At, ImportDiagnostic
from panacea_policy.language import Source, format_text
from panacea_policy.language.writing import one_line, word


@dataclass(frozen=True)
class Conversion:
    """The model: file names to texts; what could not be carried over; what was wrong with the input."""

    files: Mapping[str, str]
    notes: tuple[str, ...]
    diagnostics: tuple[ImportDiagnostic, ...]


class Names:
    """Names of the language for what another tool calls anything: one per text of a family, unique in the
    model. ``taken`` are names that the conversion uses itself.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._used: set[str] = set(taken)
        self._known: dict[tuple[str, str], str] = {}

    def of(self, family: str, text: str) -> str:
        """The name of ``text``."""
        return self._known.get((family, text)) or self.call(family, text, text)

    def known(self, family: str, text: str) -> str | None:
        """The name of ``text`` if it has got one."""
        return self._known.get((family, text))

    def call(self, family: str, text: str, wish: str) -> str:
        """Give ``text`` a name made from ``wish``."""
        base = word(wish, family)
        name, n = base, 2
        while name in self._used:
            name, n = f"{base}_{n}", n + 1
        self._used.add(name)
        self._known[family, text] = name
        return name


def references(names: Names, family: str, listed: At) -> list[str]:
    """The names of what a list of ids refers to, each once; an id that nothing has is reported."""
    found: list[str] = []
    for each in listed.items():
        name = names.known(family, each.text())
        if name is None and each.text():
            each.report(f"there is no `{one_line(each.text())[:60]}` in {family}", "declare it")
        elif name and name not in found:
            found.append(name)
    return found


def file_of(declarations: Iterable[str]) -> str:
    """The text of a file of declarations; nothing where there are none."""
    body = "\n".join(declarations)
    return f"use std.healthcare\n\n{body}\n" if body else ""


def formatted(texts: Mapping[str, str], notes: Iterable[str]) -> dict[str, str]:
    """The files of a conversion in their standard form, with NOTES.md for what was not carried over."""
    files = {name: format_text(Source(name, text)).text for name, text in texts.items() if text.strip()}
    files["NOTES.md"] = "# What was not carried over, and why\n\n" + "".join(f"- {note}\n" for note in notes)
    return files
