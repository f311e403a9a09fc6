"""Where things are said, in paths that editors and other tools can open."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from panacea_policy.compiler.entities import Origin
from panacea_policy.compiler.places import builtin_folder
from panacea_policy.language import Diagnostic, Source, Span


class Place(msgspec.Struct, frozen=True):
    """A range in a file. Lines and columns count characters from 1; the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Row(msgspec.Struct, frozen=True):
    """A row of an inventory: a line of a table, the header being line 1, or an item of a list, from 1."""

    path: str
    number: int

    @property
    def is_line(self) -> bool:
        """Whether the number is a line of the file."""
        return self.path.lower().endswith(".csv")

    def __str__(self) -> str:
        return f"{self.path} {'row' if self.is_line else 'item'} {self.number}"


class Places:
    """Turns the file names of spans into paths.

    Spans name files relative to ``root``, the workspace's folder, or to the installation; people need them
    relative to ``base``, the folder that they are in. A file of the workspace elsewhere gets its way from
    there (``../…``). One of the installation keeps its name, as does what is no file, such as a question.
    """

    def __init__(self, root: Path, base: Path) -> None:
        self._root = root
        self._folders = (root, builtin_folder())
        self._base = base
        self._known: dict[str, str] = {}

    def path(self, name: str) -> str:
        """The path of the file that spans call ``name``."""
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def place(self, span: Span, sources: Mapping[str, Source]) -> Place:
        """Where a span is. A file without a text, such as an unreadable one, is its own first character."""
        source = sources.get(span.file)
        if source is None:
            return Place(self.path(span.file), 1, 1, 1, 1)
        return Place(self.path(span.file), *source.position(span.start), *source.position(span.end))

    def row(self, origin: Origin) -> Row | None:
        """The row of the inventory that something came from; None for what a model file says itself."""
        if origin.inventory is None or origin.row is None:
            return None
        return Row(self.path(str(PurePosixPath(origin.file).parent / origin.inventory)), origin.row)

    def diagnostic(self, diagnostic: Diagnostic) -> Diagnostic:
        """The diagnostic with paths for file names."""
        labels = tuple(
            msgspec.structs.replace(label, span=self._span(label.span)) for label in diagnostic.labels
        )
        return msgspec.structs.replace(diagnostic, span=self._span(diagnostic.span), labels=labels)

    def relocated(
        self, diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source]
    ) -> tuple[list[Diagnostic], dict[str, Source]]:
        """Diagnostics and the texts that they point into, both by path."""
        named = {span.file for each in diagnostics for span in (each.span, *(la.span for la in each.labels))}
        texts = {self.path(name): sources[name] for name in sorted(named & sources.keys())}
        return [self.diagnostic(each) for each in diagnostics], texts

    def _find(self, name: str) -> str:
        for folder in self._folders:
            path = folder / name
            if path.is_symlink() or path.exists():
                seen = Path(os.path.relpath(path, self._base)).as_posix()
                return seen if self._is_own(path) or not seen.startswith("..") else name
        return name

    def _is_own(self, path: Path) -> bool:
        """Whether the file is the workspace's, not one of the installation that it uses."""
        return path.is_relative_to(self._root)

    def _span(self, span: Span) -> Span:
        return Span(self.path(span.file), span.start, span.end)
