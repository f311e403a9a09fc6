"""Reading other tools' documents for an import: bounded, and every mistake with its file, path and cure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from panacea_policy.errors import PanaceaError

MAX_BYTES = 64 * 1024 * 1024
MAX_ITEMS = 20_000
MAX_TEXT = 2_000


class ImportProblem(PanaceaError):
    """There is nothing that can be converted; ``diagnostics`` say why."""

    def __init__(self, what: str, diagnostics: list[ImportDiagnostic]) -> None:
        super().__init__(what, "See the diagnostics: each names file, place and cure.")
        self.diagnostics = tuple(diagnostics)

    def lines(self) -> list[str]:
        """One line per diagnostic, for a terminal."""
        return [str(d) for d in self.diagnostics]


@dataclass(frozen=True)
class ImportDiagnostic:
    """Something in the input that could not be used as it stands.

    The file, the place in it (empty: all of it), what is wrong, and what to do.
    """

    file: str
    path: str
    message: str
    help: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.path}" if self.path else self.file
        return f"{place}: {self.message} ({self.help})"


@dataclass(frozen=True)
class At:
    """A value of a JSON document and where it stands; reading it wrongly reports and gives nothing."""

    file: str
    path: str
    value: object
    problems: list[ImportDiagnostic] = field(repr=False)

    def report(self, message: str, cure: str) -> None:
        self.problems.append(ImportDiagnostic(self.file, self.path, message, cure))

    def get(self, key: str) -> At:
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return At(self.file, f"{self.path}.{key}", value, self.problems)

    def items(self) -> Iterator[At]:
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.report("a list is expected here", "write [ … ]")
            return
        if len(self.value) > MAX_ITEMS:
            self.report(f"more than {MAX_ITEMS} entries; the rest is left out", "split the inventory")
        for n, value in enumerate(self.value[:MAX_ITEMS]):
            yield At(self.file, f"{self.path}[{n}]", value, self.problems)

    def text(self, *, required: bool = False) -> str:
        if isinstance(self.value, str) and (self.value.strip() or not required):
            return self.value.strip()[:MAX_TEXT]
        if required or self.value is not None:
            self.report("a text is expected here", 'write a text in quotes, such as "noemagw"')
        return ""

    def number(self, low: float, high: float) -> float | None:
        value = self.value
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.report(f"a number from {low:g} to {high:g} is expected here", "correct the number")
            return None
        return float(value)


def read_document(root: Path, name: str, problems: list[ImportDiagnostic]) -> At:
    """One of the files, or an empty document and a diagnostic."""
    empty = At(name, "$", None, problems)
    try:
        with (root / name).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        empty.report(
            f"the file cannot be read: {error.strerror or type(error).__name__}",
            f"put {name} into the folder",
        )
        return empty
    if len(data) > MAX_BYTES:
        empty.report(f"the file is larger than {MAX_BYTES // 1024 // 1024} MB", "split the inventory")
        return empty
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        empty.report(
            f"no valid JSON: {error.msg} in line {error.lineno}, column {error.colno}", "correct it there"
        )
        return empty
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else "not valid UTF-8 JSON"
        empty.report(f"the file is {what}", "export it again")
        return empty
    if not isinstance(value, dict):
        empty.report("an object is expected at the top", "write { … }")
        return empty
    return At(name, "$", value, problems)
