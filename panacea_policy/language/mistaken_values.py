"""Recognisers of mistakes between a key and its value, and between the items of a list."""

from __future__ import annotations

from panacea_policy.language.diagnostics import Diagnostic, Span
from panacea_policy.language.finding import CONDITION_WORDS, Finding, Writer
from panacea_policy.language.situation import (
    CLOSERS,
    END,
    PART_WORDS,
    VALUE_STARTS,
    Edit,
    Situation,
)


def equals_for_colon(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) != "EQUAL" or "COLON" not in situation.expected:
        return None
    cure = f"write `{situation.shown(at - 1)}: …`"
    diagnostic = writer.error(
        "P0106", "an attribute gets its value with `:`, not `=`", writer.span(at), cure=cure
    )
    return Finding(diagnostic, (Edit(at, at + 1, ("COLON",)),))


def missing_colon(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    starts = VALUE_STARTS | {"LPAR", "MINUS"}
    if "COLON" not in situation.expected or situation.kind(at) not in starts:
        return None
    key = situation.shown(at - 1)
    span = writer.span(at - 1)
    after = Span(span.file, span.end, span.end)
    diagnostic = writer.error("P0107", f"`:` is missing after `{key}`", after, cure=f"write `{key}: …`")
    return Finding(diagnostic, (Edit(at, at, ("COLON",)),))


def key_without_value(situation: Situation, writer: Writer) -> Finding | None:
    """``a:`` at the end of a line, the next key taken for its value; or an operator with nothing behind."""
    at = situation.at
    if situation.kind(at) != "COLON" or situation.inside() not in ("LBRACE", END):
        return None
    before = at - 2
    if situation.kind(at - 1) not in ("NAME", "STRING", "QUANTITY") or before < 0:
        return None
    if situation.kind(before) not in _UNFINISHED or not situation.in_body(before):
        return None
    diagnostic = _value_missing_after(situation, writer, before)
    return Finding(diagnostic, (Edit(*situation.entry(before)),))


_UNFINISHED = frozenset(
    {
        "COLON",
        "PLUS",
        "MINUS",
        "STAR",
        "SLASH",
        "EQUAL",
        "UNEQUAL",
        "LESS",
        "MORE",
        "AT_MOST",
        "AT_LEAST",
        "AND",
        "OR",
    }
    | {"NOT", "IN", "NOT_IN", "IS", "IS_NOT", "BY", "ARROW"}
)


def _value_missing_after(situation: Situation, writer: Writer, index: int) -> Diagnostic:
    if situation.kind(index) == "COLON":
        key = situation.shown(index - 1)
        cure = "write `none` if there is none, or leave the attribute out if it is not known"
        return writer.error("P0118", f"`{key}` has no value", writer.span(index - 1, index), cure=cure)
    text = situation.shown(index)
    what = "a condition" if situation.kind(index) in CONDITION_WORDS else "a value"
    return writer.error("P0118", f"{what} is missing after `{text}`", writer.span(index))


_NO_VALUE = frozenset({END, "COMMA", "FOR", "COLON", "EQUAL", "ARROW", "LBRACE"})


def missing_value(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if not {"STRING", "QUANTITY", "LSQB"} <= situation.expected or at == 0:
        return None
    kind = situation.kind(at)
    ends_here = kind in CLOSERS or kind in PART_WORDS or kind in _NO_VALUE
    if not ends_here and not (situation.starts_entry(at) and situation.in_body(at)):
        return None
    if situation.kind(at - 1) == "LSQB" and kind == "COMMA":
        return None
    return Finding(_value_missing_after(situation, writer, at - 1), None)


def swallowed_word(situation: Situation, writer: Writer) -> Finding | None:
    """``where a and``, then ``report s "…"`` on the next line: `report` was read as a name."""
    at = situation.at
    for index in range(at - 1, max(at - 4, 0), -1):
        kind, before = situation.kind(index), situation.kind(index - 1)
        word = kind != "NAME" and situation.is_name(index)
        if not word or not (before in _UNFINISHED or before in CONDITION_WORDS or before in _CLAUSE_WORDS):
            continue
        if kind in PART_WORDS | {"FROM", "TO"} and not situation.first_on_line(index):
            continue
        diagnostic = _value_missing_after(situation, writer, index - 1)
        start = situation.entry(index - 1)[0] if before == "COLON" else index - 1
        return Finding(diagnostic, (Edit(start, index),))
    return None


_CLAUSE_WORDS = frozenset(
    {
        "IN",
        "OVER",
        "BETWEEN",
        "MAY",
        "ON",
        "UNTIL",
        "BECAUSE",
        "BY",
        "FOR",
        "TO",
        "WITH",
        "FROM",
        "VIA",
        "OF",
        "AT",
    }
    | {"AS", "UNDER", "AFTER", "BEFORE", "COMMA"}
)


def key_in_list(situation: Situation, writer: Writer) -> Finding | None:
    """``[protocol: dicom]``."""
    at = situation.at
    if situation.kind(at) != "COLON" or situation.inside() != "LSQB":
        return None
    cure = "a list holds values alone; write `{ key: value }` for values with keys"
    message = f"`{situation.shown(at - 1)}:` cannot stand in a list"
    diagnostic = writer.error("P0109", message, writer.span(at - 1, at), cure=cure)
    return Finding(diagnostic, (Edit(at - 1, at + 1),))


def missing_comma(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    inside = situation.inside()
    starts = situation.kind(at) in VALUE_STARTS | {"LBRACE"} or situation.is_name(at)
    if inside not in ("LSQB", "LPAR") or "COMMA" not in situation.expected or not starts:
        return None
    opener = situation.opener(at)
    if inside == "LPAR" and situation.kind(opener - 1) != "NAME":
        return None
    before = writer.span(at - 1)
    what = "the items of a list" if inside == "LSQB" else "the arguments"
    span = Span(before.file, before.end, before.end)
    diagnostic = writer.error(
        "P0111", f"`,` is missing between {what}", span, cure="put a comma between them"
    )
    return Finding(diagnostic, (Edit(at, at, ("COMMA",)),))
