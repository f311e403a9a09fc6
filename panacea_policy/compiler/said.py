"""What a declaration says of its attributes: in its head, in its arrow, between its braces; each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.inventory import SOURCES
from panacea_policy.compiler.packages import FileUnit
from panacea_policy.language import Label, Span, suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, Kind, Registry


class Said(msgspec.Struct, frozen=True):
    """One attribute as said somewhere: its key's place, its value, and whether a clause of the head says
    it.
    """

    attribute: Attribute
    nodes: tuple[tree.Expression, ...]
    start: int
    end: int
    listed: bool


class SaidReader:
    """Reads what is said of attributes; unknown, misplaced and repeated ones are reported."""

    def __init__(self, registry: Registry, report: Report) -> None:
        self._registry = registry
        self._report = report

    def said(
        self,
        kind: Kind,
        clauses: tuple[tree.Clause, ...],
        arrow: tree.Arrow | None,
        attributes: tuple[tree.Attribute, ...],
        unit: FileUnit,
    ) -> Iterator[Said]:
        """What is said of the attributes of a declaration, each once; unknown and repeated ones are
        reported.
        """
        seen: dict[str, Said] = {}
        for said in self._all(kind, clauses, arrow, attributes, unit):
            name = said.attribute.name
            if name in seen:
                span = Span(unit.name, said.start, said.end)
                first = Label(Span(unit.name, seen[name].start, seen[name].end), "first said here")
                self._report.error(
                    "P0308", span, f"`{name}` is said twice", labels=(first,), help="keep one of them"
                )
                continue
            seen[name] = said
            yield said

    def _all(
        self,
        kind: Kind,
        clauses: tuple[tree.Clause, ...],
        arrow: tree.Arrow | None,
        attributes: tuple[tree.Attribute, ...],
        unit: FileUnit,
    ) -> Iterator[Said]:
        if arrow is not None:
            yield from self._arrow(kind, arrow, unit)
        for clause in clauses:
            if clause.word == "from" and is_source(clause):
                continue
            attribute = kind.attributes.get(kind.clauses.get(clause.word, ""))
            if attribute is None:
                words = ", ".join(f"`{word}`" for word in kind.clauses) or "none"
                span = Span(unit.name, clause.start, clause.end)
                message = f"`{clause.word}` has no meaning in the head of a `{kind.name}`"
                self._report.error("P0309", span, message, help=f"its clauses are: {words}")
                continue
            yield Said(attribute, clause.values, clause.start, clause.end, True)
        for entry in attributes:
            attribute = kind.attributes.get(entry.key)
            if attribute is None:
                self._unknown_attribute(kind, entry, unit)
            else:
                yield Said(attribute, (entry.value,), entry.start, entry.key_end, False)

    def _arrow(self, kind: Kind, arrow: tree.Arrow, unit: FileUnit) -> Iterator[Said]:
        if kind.arrow is None:
            span = Span(unit.name, arrow.start, arrow.end)
            self._report.error("P0314", span, f"a `{kind.name}` does not go from one place to another")
            return
        for name, path in zip(kind.arrow, (arrow.source, arrow.target), strict=True):
            yield Said(kind.attributes[name], (path,), path.start, path.end, True)
        both = kind.attributes.get("both_ways")
        if both is not None:
            said = tree.Boolean(arrow.start, arrow.end, arrow.both_ways)
            yield Said(both, (said,), arrow.start, arrow.end, True)

    def _unknown_attribute(self, kind: Kind, entry: tree.Attribute, unit: FileUnit) -> None:
        if kind.name == "table" or (entry.key in ("id", "template") and "id" not in kind.attributes):
            return
        near = suggest(entry.key, list(kind.attributes))
        if near is None:
            holders = [each.name for each in self._registry.kinds.values() if entry.key in each.attributes]
            help_text = (
                f"`{holders[0]}` has one" if holders else f"`panacea schema {kind.name}` lists its attributes"
            )
        else:
            help_text = f"did you mean `{near}`?"
        span = Span(unit.name, entry.start, entry.key_end)
        self._report.error("P0302", span, f"a `{kind.name}` has no attribute `{entry.key}`", help=help_text)


def attributes_of(entries: Iterable[tree.Entry]) -> tuple[tree.Attribute, ...]:
    """The attributes among the entries of a body."""
    return tuple(entry for entry in entries if isinstance(entry, tree.Attribute))


def is_source(clause: tree.Clause) -> bool:
    """Whether a `from` clause names an inventory."""
    first = clause.values[0] if clause.values else None
    return isinstance(first, tree.Call) and first.function.name in SOURCES
