"""Grammar reductions → nodes: one method for each rule or alias of ``grammars/panacea.lark``.

Every method takes the values of the rule's parts and the range of characters that the rule covers. Mistakes
that the grammar lets through (two ``report`` lines, an unknown escape) become diagnostics; the node is built
all the same.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from panacea_policy.language import syntax as tree
from panacea_policy.language.diagnostics import Diagnostic, Severity, Span
from panacea_policy.language.precedence import Operator, Prefix, resolve

Parts = list[Any]

QUANTITY = re.compile(
    r"([0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?(?:[eE]-?[0-9]+)?)([kM](?!\w))?"
    r"[ \t]*(%|(?!per[ \t])[A-Za-z_]\w*)?(?:[ \t]*per[ \t]+(\w+))?"
)
_AFTER_CALL = re.compile(r"\)[ \t]*(%|(?!per[ \t])\w+)?(?:[ \t]*per[ \t]+(\w+))?")
_ESCAPE = re.compile(r"\\(u\{([0-9A-Fa-f]{1,6})\}|.)")
_SIMPLE_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_SCALE = {None: 1.0, "k": 1e3, "M": 1e6}
# One text reports no more than this many mistakes of any one sort: nobody reads them, and hostile texts have
# millions.
MAX_MISTAKES = 100
# Words that would be read as the kind of a declaration when they stand where an entry or item begins.
_CLAUSE = "the head of a declaration", "put it in front of `when` and of the braces"
_NO_KINDS: dict[str, tuple[str, str | None]] = {
    **dict.fromkeys(
        ("over", "between", "may", "on", "when", "until", "because", "by", "to", "from"), _CLAUSE
    ),
    **dict.fromkeys(("via", "of", "at", "as", "under"), _CLAUSE),
    **dict.fromkeys(("applies", "require", "report", "remedy"), ("a rule", None)),
    **dict.fromkeys(("chance", "effort", "hindered"), ("a step", None)),
    **dict.fromkeys(("given", "expect", "todo"), ("a test", None)),
}
# What other languages write; it gets here only after an error message, so that the rest of the line is read
# as meant.
FOREIGN_SPELLING = {
    "==": "=",
    "===": "=",
    "&&": "and",
    "||": "or",
    "!": "not",
    "–": "-",
    "−": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
}


class Builder:
    """Builds the tree of one text and collects the mistakes found on the way."""

    def __init__(self, name: str, docs: dict[int, str]) -> None:
        self._name = name
        self._docs = docs
        self.diagnostics: list[Diagnostic] = []

    def _error(self, code: str, message: str, start: int, end: int, cure: str | None = None) -> None:
        if len(self.diagnostics) >= MAX_MISTAKES:
            return
        span = Span(self._name, start, end)
        self.diagnostics.append(Diagnostic(code, Severity.ERROR, message, span, help=cure))

    # ------------------------------------------------------------------------------------------ names, values

    def path(self, parts: Parts, start: int, end: int) -> tree.Path:
        return tree.Path(start, end, parts[0])

    def keyed_path(self, parts: Parts, start: int, end: int) -> tree.Path:
        return tree.Path(start, end, parts[0], parts[1].value)

    def string(self, parts: Parts, start: int, end: int) -> tree.String:
        return tree.String(start, end, self._unquote(parts[0], start))

    def quantity(self, parts: Parts, start: int, end: int) -> tree.Quantity:
        text: str = parts[0]
        if text.isdigit():
            return tree.Quantity(start, end, float(text))
        match = QUANTITY.fullmatch(text)
        assert match is not None, text
        number, scale, unit, per = match.groups()
        return tree.Quantity(start, end, float(number) * _SCALE[scale], unit, per)

    def date(self, parts: Parts, start: int, end: int) -> tree.Date:
        text: str = parts[0]
        if len(text) != len("2028-06-30"):
            year, month, day = text.split("-")
            cure = f"write `{year}-{month:0>2}-{day:0>2}`"
            self._error("P0121", "a date has two digits for the month and for the day", start, end, cure)
        return tree.Date(start, end, text)

    def address(self, parts: Parts, start: int, end: int) -> tree.Address:
        return tree.Address(start, end, parts[0])

    def interval(self, parts: Parts, start: int, end: int) -> tree.Interval:
        return tree.Interval(start, end, parts[0], parts[2])

    def true(self, parts: Parts, start: int, end: int) -> tree.Boolean:
        return tree.Boolean(start, end, True)

    def false(self, parts: Parts, start: int, end: int) -> tree.Boolean:
        return tree.Boolean(start, end, False)

    def none(self, parts: Parts, start: int, end: int) -> tree.Nothing:
        return tree.Nothing(start, end)

    def list(self, parts: Parts, start: int, end: int) -> tree.ListOf:
        return tree.ListOf(start, end, tuple(parts))

    def argument(self, parts: Parts, start: int, end: int) -> tree.Argument:
        return tree.Argument(start, end, None, parts[0])

    def named_argument(self, parts: Parts, start: int, end: int) -> tree.Argument:
        return tree.Argument(start, end, parts[0], parts[1])

    def call(self, parts: Parts, start: int, end: int) -> tree.Call:
        if len(parts) > 1 and isinstance(parts[-1], str):
            match = _AFTER_CALL.fullmatch(parts[-1])
            assert match is not None, parts[-1]
            return tree.Call(start, end, parts[0], tuple(parts[1:-1]), match[1], match[2])
        return tree.Call(start, end, parts[0], tuple(parts[1:]))

    def _unquote(self, literal: str, start: int) -> str:
        """The text between the quotes, its escapes resolved; ``start`` is where the opening quote stands."""
        inner = literal[1:-1] if literal[-1] in "\"'" and len(literal) > 1 else literal[1:]
        if "\\" not in inner:
            return inner

        def replace(match: re.Match[str]) -> str:
            simple = _SIMPLE_ESCAPES.get(match[1])
            if simple is not None:
                return simple
            if match[2] is not None:
                code = int(match[2], 16)
                if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
                    return chr(code)
            at = start + 1 + match.start()
            cure = r"the escapes are \" \\ \n \t and \u{…}; write \\ for a backslash"
            self._error("P0108", f"`{match[0]}` is not an escape", at, at + len(match[0]), cure)
            return match[0]

        return _ESCAPE.sub(replace, inner)

    # ------------------------------------------------------------------------------------------ expressions

    def operator(self, parts: Parts, start: int, end: int) -> Operator:
        word = " ".join(parts[0].split())
        return Operator(start, end, FOREIGN_SPELLING.get(word, word))

    def sign(self, parts: Parts, start: int, end: int) -> Prefix:
        word: str = parts[0]
        return Prefix(start, end, FOREIGN_SPELLING.get(word, word))

    def quantifier(self, parts: Parts, start: int, end: int) -> Prefix:
        return Prefix(start, end, parts[0], tuple(parts[1:]))

    def count_of(self, parts: Parts, start: int, end: int) -> Prefix:
        return Prefix(start, end, "count", tuple(parts[1:]))

    def measure_of(self, parts: Parts, start: int, end: int) -> Prefix:
        return Prefix(start, end, parts[0].split()[0], tuple(parts[2:]), parts[1])

    def quantifier_prefix(self, parts: Parts, start: int, end: int) -> Prefix:
        bare: Prefix = parts[0]
        return bare._replace(open=True)

    def sequence(self, parts: Parts, start: int, end: int) -> tree.Expression:
        expression, misplaced = resolve(parts)
        for stray in misplaced:
            if stray.reason == "chained":
                cure = "say it in two: `a < b and b < c`"
                self._error("P0112", "comparisons cannot be chained", stray.start, stray.end, cure)
            else:
                cure = "write `every KIND NAME … has CONDITION`"
                self._error("P0113", "`has` belongs to `every`", stray.start, stray.end, cure)
        return expression

    def group(self, parts: Parts, start: int, end: int) -> tree.Expression:
        node: tree.Expression = parts[0]
        if isinstance(node, tree.Unary | tree.Binary | tree.Quantifier | tree.Aggregate):
            return msgspec.structs.replace(node, start=start, end=end)
        return node

    def kind_binding(self, parts: Parts, start: int, end: int) -> tree.Binding:
        return tree.Binding(start, end, parts[0], parts[1], parts[2] if len(parts) > 2 else None)

    def member_binding(self, parts: Parts, start: int, end: int) -> tree.Binding:
        return tree.Binding(start, end, None, parts[0], parts[1])

    def conditions(self, parts: Parts, start: int, end: int) -> tuple[tree.Expression, ...]:
        return tuple(parts)

    # ------------------------------------------------------------------------------------------ declarations

    def attribute(self, parts: Parts, start: int, end: int) -> tree.Attribute:
        key, value = parts
        return tree.Attribute(start, end, key, start + len(key), value)

    def text_row(self, parts: Parts, start: int, end: int) -> tree.Attribute:
        literal, value = parts
        return tree.Attribute(start, end, self._unquote(literal, start), start + len(literal), value)

    def number_row(self, parts: Parts, start: int, end: int) -> tree.Attribute:
        key, value = parts
        return tree.Attribute(start, end, key, start + len(key), value)

    def body(self, parts: Parts, start: int, end: int) -> tree.Body:
        return tree.Body(start, end, tuple(parts))

    def set(self, parts: Parts, start: int, end: int) -> tree.Set:
        return tree.Set(start, end, parts[0], parts[1])

    def remove(self, parts: Parts, start: int, end: int) -> tree.Remove:
        return tree.Remove(start, end, parts[0])

    def typically(self, parts: Parts, start: int, end: int) -> tree.Typically:
        return tree.Typically(start, end, parts[0], parts[1])

    def arrow(self, parts: Parts, start: int, end: int) -> tree.Arrow:
        return tree.Arrow(start, end, parts[0], parts[2], parts[1] in ("<->", "↔"))

    def parents(self, parts: Parts, start: int, end: int) -> tree.Arrow | tuple[tree.Path, ...]:
        return parts[0] if isinstance(parts[0], tree.Arrow) else tuple(parts)

    def clause(self, parts: Parts, start: int, end: int) -> tree.Clause:
        return tree.Clause(start, end, parts[0], tuple(parts[1:]))

    def clauses(self, parts: Parts, start: int, end: int) -> tuple[tree.Clause, ...]:
        return tuple(part for part in parts if part is not None)

    def counted(self, parts: Parts, start: int, end: int) -> tuple[tree.Path, tree.Quantity]:
        name, count = parts
        return tree.Path(start, start + len(name), name), count

    def named_head(self, parts: Parts, start: int, end: int) -> Parts:
        template, kind, name, title, parents = parts
        return [template, kind, name, None, title, parents]

    def counted_head(self, parts: Parts, start: int, end: int) -> Parts:
        template, kind, (name, count), title, parents = parts
        return [template, kind, name, count, title, parents]

    def arrow_head(self, parts: Parts, start: int, end: int) -> Parts:
        template, kind, arrow, title = parts
        return [template, kind, None, None, title, arrow]

    def declaration(self, parts: Parts, start: int, end: int) -> tree.Declaration:
        template, kind, name, count, title, origin = parts[0]
        arrow = origin if isinstance(origin, tree.Arrow) else None
        if kind.name in _NO_KINDS:
            home, cure = _NO_KINDS[kind.name]
            self._error("P0109", f"`{kind.name}` belongs to {home}", kind.start, kind.end, cure)
        return tree.Declaration(
            start,
            end,
            kind,
            name,
            title,
            template is not None,
            count,
            () if arrow is not None or origin is None else origin,
            arrow,
            parts[1] or (),
            parts[2] if len(parts) > 2 else None,
            self._docs.get(start),
        )

    # ------------------------------------------------------------------------------------------ items

    def file(self, parts: Parts, start: int, end: int) -> tuple[tree.Item, ...]:
        return items_of(parts)

    def use(self, parts: Parts, start: int, end: int) -> tuple[tree.Use, ...]:
        return tuple(tree.Use(path.start, path.end, path) for path in parts)

    def parameter(self, parts: Parts, start: int, end: int) -> tree.Parameter:
        if len(parts) == 1:
            return tree.Parameter(start, end, None, parts[0])
        return tree.Parameter(start, end, parts[0].name, parts[1])

    def relation(self, parts: Parts, start: int, end: int) -> tree.RelationItem:
        return tree.RelationItem(start, end, parts[0], tuple(parts[1:]), self._docs.get(start))

    def derivation(self, parts: Parts, start: int, end: int) -> tree.DerivationItem:
        return tree.DerivationItem(start, end, parts[0], parts[1])

    def fact(self, parts: Parts, start: int, end: int) -> tree.DerivationItem:
        return tree.DerivationItem(start, end, parts[0], ())

    def scenario(self, parts: Parts, start: int, end: int) -> tree.ScenarioItem:
        name, title, body = parts
        return tree.ScenarioItem(start, end, name, title, body.entries, self._docs.get(start))


def items_of(parts: Parts) -> tuple[tree.Item, ...]:
    """The items in a row; a ``use`` line of several packages counts as several."""
    items: list[tree.Item] = []
    for part in parts:
        if type(part) is tuple:
            items += part
        else:
            items.append(part)
    return tuple(items)
