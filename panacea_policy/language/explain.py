"""From a stuck parse to words: what is wrong at this place, and the smallest change that lets the rest be read.

Each recogniser knows one mistake. The first that recognises the situation explains it; the last always does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from panacea_policy.language.diagnostics import Diagnostic, Label, Severity, Span, suggest
from panacea_policy.language.lexer import RESERVED
from panacea_policy.language.situation import (
    CLOSER_OF,
    CLOSERS,
    END,
    FOREIGN,
    PART_WORDS,
    SIGN_OF,
    VALUE_STARTS,
    Edit,
    Situation,
)


class Finding(NamedTuple):
    """A mistake and the edits that step over it; None: leave out the entry around the place."""

    diagnostic: Diagnostic
    edits: tuple[Edit, ...] | None


class Writer:
    """Makes diagnostics about the tokens of one situation."""

    def __init__(self, situation: Situation, file: str) -> None:
        self.situation = situation
        self._file = file

    def span(self, index: int, last: int | None = None) -> Span:
        """The place of a token, or of the tokens from ``index`` to ``last``."""
        start, end = self.situation.span(index)
        return Span(self._file, start, end if last is None else self.situation.span(last)[1])

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        *labels: Label,
        cure: str | None = None,
        notes: tuple[str, ...] = (),
    ) -> Diagnostic:
        return Diagnostic(code, Severity.ERROR, message, span, labels, cure, notes)


Recogniser = Callable[[Situation, Writer], Finding | None]


def explain(situation: Situation, file: str) -> Finding:
    """What is wrong where the parse got stuck."""
    writer = Writer(situation, file)
    for recogniser in _RECOGNISERS:
        finding = recogniser(situation, writer)
        if finding is not None:
            return finding
    return _anything(situation, writer)


# ------------------------------------------------------------------------------------------ foreign characters

_FOREIGN_SIGNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "==": ("equality is a single `=`", ("EQUAL",)),
    "===": ("equality is a single `=`", ("EQUAL",)),
    "&&": ("write `and`", ("AND",)),
    "||": ("write `or`", ("OR",)),
    "!": ("write `not`", ("NOT",)),
    ";": ("leave it out: entries need no sign between them", ()),
    ":=": ("write `:` to give an attribute its value", ("COLON",)),
    "=>": ("write `->` for the direction of a flow", ("ARROW",)),
    "–": ("write the plain sign `-`", ("MINUS",)),
    "−": ("write the plain sign `-`", ("MINUS",)),
    "≤": ("write `<=`", ("AT_MOST",)),
    "≥": ("write `>=`", ("AT_LEAST",)),
    "≠": ("write `!=`", ("UNEQUAL",)),
    "→": ("write `->`", ("ARROW",)),
    "↔": ("write `<->`", ("ARROW",)),
    "\N{NO-BREAK SPACE}": ("replace it by a plain space", ()),
}
_QUOTES = "“”„‟«»‘’`´"


def _unterminated_text(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) != FOREIGN or not situation.text(at).startswith('"'):
        return None
    start = situation.span(at)[0]
    span = Span(writer.span(at).file, start, start + 1)
    cure = 'a text ends with `"` on the line on which it begins; a line end inside it is written \\n'
    diagnostic = writer.error("P0103", "this text has no closing quote", span, cure=cure)
    return Finding(diagnostic, (Edit(at, at + 1, ("STRING",)),))


def _foreign_sign(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) != FOREIGN:
        return None
    text = situation.text(at)
    span = writer.span(at)
    if text.startswith("'"):
        diagnostic = writer.error("P0105", "texts stand in double quotes", span, cure=f'write "{text[1:-1]}"')
        kind = "STRING" if len(text) > 1 else None
        return Finding(diagnostic, (Edit(at, at + 1, (kind,)),) if kind else None)
    if text in _FOREIGN_SIGNS:
        instead, kinds = _FOREIGN_SIGNS[text]
        fits = not kinds or kinds[0] in situation.expected
        diagnostic = writer.error("P0105", f"`{text}` is not a sign of this language", span, cure=instead)
        return Finding(diagnostic, (Edit(at, at + 1, kinds),) if fits else None)
    cure: str | None = None
    if text in ("//", "/*"):
        cure = "a comment starts with `#` and ends with the line"
    elif text in _QUOTES:
        cure = 'texts stand in plain double quotes, "…"'
    elif text == "." and situation.kind(at - 1) == "QUANTITY":
        cure = 'write versions and other dotted numbers as a text, "4.2.1"'
    elif text.isalpha():
        cure = "names are made of the letters a to z, digits and _; write anything else as a text in quotes"
    return Finding(writer.error("P0105", f"`{text}` has no meaning here", span, cure=cure), None)


# ------------------------------------------------------------------------------------------ brackets


def _stray_closer(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    kind = situation.kind(at)
    if kind not in CLOSERS or situation.opener(at) >= 0:
        return None
    diagnostic = writer.error("P0104", f"`{situation.text(at)}` closes nothing", writer.span(at))
    return Finding(diagnostic, (Edit(at, at + 1),))


def _mismatched_closer(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    kind = situation.kind(at)
    opener = situation.opener(at)
    if kind not in ("RBRACE", "RPAR", "RSQB") or opener < 0:
        return None
    wanted = CLOSER_OF[situation.kind(opener)]
    if wanted == kind:
        return None
    outer = situation.opener(opener)
    closes_outer = outer >= 0 and CLOSER_OF[situation.kind(outer)] == kind
    rest = range(at + 1, len(situation))
    if not closes_outer and any(situation.kind(index) == wanted for index in rest):
        return Finding(
            writer.error("P0104", f"`{situation.text(at)}` closes nothing", writer.span(at)),
            (Edit(at, at + 1),),
        )
    opened = situation.text(opener)
    message = f"`{opened}` is not closed before this `{situation.text(at)}`"
    label = Label(writer.span(opener), f"`{opened}` opened here")
    diagnostic = writer.error(
        "P0104", message, writer.span(at), label, cure=f"close it with `{SIGN_OF[wanted]}`"
    )
    return Finding(diagnostic, (Edit(at, at if closes_outer else at + 1, (wanted,)),))


def _unclosed_bracket(situation: Situation, writer: Writer) -> Finding | None:
    unclosed = situation.unclosed()
    if situation.at < len(situation) or not unclosed:
        return None
    opener, before = _culprit(situation, unclosed[-1])
    sign, wanted = situation.text(opener), CLOSER_OF[situation.kind(opener)]
    cure = f"add `{SIGN_OF[wanted]}`" + (
        " before the marked place" if before < len(situation) else " at the end"
    )
    labels = [Label(writer.span(opener), "opened here")]
    if before < len(situation):
        labels.append(Label(writer.span(before), f"`{SIGN_OF[wanted]}` is missing before this"))
    diagnostic = writer.error("P0102", f"`{sign}` is never closed", writer.span(opener), *labels, cure=cure)
    return Finding(diagnostic, (Edit(before, before, (wanted,)),))


_LONG = 200_000


def _culprit(situation: Situation, innermost: int) -> tuple[int, int]:
    """Which bracket was forgotten, and before which token its closing belongs: indentation tells.

    A closing bracket that begins a line further left than the line of its opening bracket closes another one.
    """
    if len(situation.source_text) < _LONG:
        for index in range(len(situation)):
            opener = situation.opener(index)
            if situation.kind(index) not in CLOSERS or opener < 0 or not situation.first_on_line(index):
                continue
            if situation.indent(index) < situation.indent(opener):
                return opener, _dedent(situation, opener, index)
    return innermost, len(situation)


def _dedent(situation: Situation, opener: int, last: int) -> int:
    """The first line's first token after ``opener`` that is indented no further than the line of ``opener``."""
    limit = situation.indent(opener)
    for index in range(opener + 1, last):
        if situation.first_on_line(index) and situation.indent(index) <= limit:
            return index
    return last


# ------------------------------------------------------------------------------------------ keys and values


def _equals_for_colon(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) != "EQUAL" or "COLON" not in situation.expected:
        return None
    cure = f"write `{situation.text(at - 1)}: …`"
    diagnostic = writer.error(
        "P0106", "an attribute gets its value with `:`, not `=`", writer.span(at), cure=cure
    )
    return Finding(diagnostic, (Edit(at, at + 1, ("COLON",)),))


def _missing_colon(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    starts = VALUE_STARTS | {"LPAR", "MINUS"}
    if "COLON" not in situation.expected or situation.kind(at) not in starts:
        return None
    key = situation.text(at - 1)
    span = writer.span(at - 1)
    after = Span(span.file, span.end, span.end)
    diagnostic = writer.error("P0107", f"`:` is missing after `{key}`", after, cure=f"write `{key}: …`")
    return Finding(diagnostic, (Edit(at, at, ("COLON",)),))


def _key_without_value(situation: Situation, writer: Writer) -> Finding | None:
    """``a:`` at the end of a line, with the next key taken for its value; or an operator with nothing behind it."""
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
        key = situation.text(index - 1)
        cure = "write `none` if there is none, or leave the attribute out if it is not known"
        return writer.error("P0118", f"`{key}` has no value", writer.span(index - 1, index), cure=cure)
    text = " ".join(situation.text(index).split())
    what = "a condition" if situation.kind(index) in _CONDITION_WORDS else "a value"
    return writer.error("P0118", f"{what} is missing after `{text}`", writer.span(index))


_CONDITION_WORDS = PART_WORDS | {"IF", "WITH", "AND", "OR", "NOT", "FROM", "WHEN"}


def _missing_value(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if not {"STRING", "QUANTITY", "LSQB"} <= situation.expected or at == 0:
        return None
    kind = situation.kind(at)
    ends_here = (
        kind in CLOSERS or kind in PART_WORDS or kind in (END, "COMMA", "FOR", "COLON", "EQUAL", "ARROW")
    )
    if not ends_here and not (situation.starts_entry(at) and situation.in_body(at)):
        return None
    if situation.kind(at - 1) == "LSQB" and kind == "COMMA":
        return None
    return Finding(_value_missing_after(situation, writer, at - 1), None)


def _missing_comma(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    inside = situation.inside()
    starts = VALUE_STARTS | {"NAME", "LBRACE"}
    if (
        inside not in ("LSQB", "LPAR")
        or "COMMA" not in situation.expected
        or situation.kind(at) not in starts
    ):
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


# ------------------------------------------------------------------------------------------ names and places


def _reserved_word(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    word = situation.text(at)
    wants_name = "NAME" in situation.expected and not situation.expected & {"STRING", "COMMA", "LSQB"}
    if word not in RESERVED or not wants_name or situation.starts_entry(at):
        return None
    message = f"`{word}` is a word of the language and cannot be a name"
    cure = f"choose another name, such as `{word}_1`, or a longer word"
    return Finding(writer.error("P0110", message, writer.span(at), cure=cure), (Edit(at, at + 1, ("NAME",)),))


def _entry_outside(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.inside() != END:
        return None
    if situation.kind(at) == "COLON" and situation.kind(at - 1) == "NAME" and situation.starts_entry(at - 1):
        message = f"the attribute `{situation.text(at - 1)}` stands outside of any declaration"
        cure = "move it between the braces of the declaration that it belongs to"
        diagnostic = writer.error("P0109", message, writer.span(at - 1, at), cure=cure)
        return Finding(diagnostic, None)
    if situation.kind(at) in PART_WORDS | {"FOR"} and situation.starts_entry(at):
        word = " ".join(situation.text(at).split())
        message = f"`{word}` stands outside of any rule or step"
        cure = "look for a `}` too many above it"
        return Finding(writer.error("P0109", message, writer.span(at), cure=cure), None)
    return None


def _part_in_wrong_body(situation: Situation, writer: Writer) -> Finding | None:
    """``where`` in a declaration, ``require`` in a step; read as a name at first, it sticks one token later."""
    for index in (situation.at, situation.at - 1):
        kind = situation.kind(index)
        if kind not in _HOMES or not situation.starts_entry(index) or not situation.in_body(index):
            continue
        opener = situation.opener(index)
        owner = situation.text(situation.entry(opener)[0]) if opener >= 0 else ""
        if index < situation.at and owner in _HOMES[kind]:
            continue
        word = " ".join(situation.text(index).split())
        home = " or ".join(f"a {name}" for name in _HOMES[kind])
        message = f"`{word}` belongs to {home}" + (f", not to a `{owner}`" if owner else "")
        return Finding(writer.error("P0109", message, writer.span(index)), (Edit(*situation.entry(index)),))
    return None


_RULE, _STEP, _TEST = ("rule",), ("step",), ("test",)
_HOMES = {
    "FOR": ("rule", "step"),
    "CHANCE": _STEP,
    "EFFORT": _STEP,
    "HINDERED_BY": _STEP,
    "APPLIES_WHEN": _RULE,
    "WHERE": _RULE,
    "REQUIRE": _RULE,
    "REPORT": _RULE,
    "REMEDY": _RULE,
    "EXPECT": _TEST,
    "GIVEN": _TEST,
    "SET": ("scenario",),
    "REMOVE": ("scenario",),
}


def _misspelt_part(situation: Situation, writer: Writer) -> Finding | None:
    """``wher x = y`` in a rule: read as a key that lacks its colon."""
    at = situation.at
    if (
        situation.inside() != "LBRACE"
        or situation.kind(at - 1) != "NAME"
        or not situation.starts_entry(at - 1)
    ):
        return None
    owner = situation.text(situation.entry(situation.opener(at))[0])
    words = _PART_WORDS_OF.get(owner)
    meant = suggest(situation.text(at - 1), words) if words else None
    if meant is None or situation.expected != {"COLON"}:
        return None
    message = f"a {owner} has no `{situation.text(at - 1)}`"
    diagnostic = writer.error("P0122", message, writer.span(at - 1), cure=f"did you mean `{meant}`?")
    return Finding(diagnostic, (Edit(at - 1, situation.entry(at - 1)[1]),))


_PART_WORDS_OF = {
    "rule": ("for", "applies", "where", "require", "report", "remedy"),
    "step": ("for", "from", "to", "chance", "effort", "hindered"),
    "test": ("given", "expect"),
}


def _unit_after_group(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) != "UNIT_AFTER_CALL":
        return None
    text = situation.text(at)
    _, end = situation.span(at)
    unit = text[1:].strip()
    span = Span(writer.span(at).file, end - len(unit), end)
    cure = f"write it behind each number: `(20k {unit} + 30k {unit})`"
    diagnostic = writer.error("P0119", "a unit follows a number or a call, not a group", span, cure=cure)
    return Finding(diagnostic, (Edit(at, at + 1, ("RPAR",)),))


def _title_before_name(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) not in ("STRING", "LBRACE") or "NAME" not in situation.expected:
        return None
    if situation.expected & {"STRING", "RBRACE"} or situation.kind(at - 1) != "NAME":
        return None
    kind = situation.text(at - 1)
    message = f"this `{kind}` has no name"
    cure = f'a declaration starts with its kind and its name: `{kind} NAME "Title" {{ … }}`'
    return Finding(writer.error("P0120", message, writer.span(at - 1), cure=cure), None)


# ------------------------------------------------------------------------------------------ anything else


def _anything(situation: Situation, writer: Writer) -> Finding:
    at = situation.at
    wanted = describe(situation)
    if at >= len(situation):
        last = situation.text(len(situation) - 1)
        message = f"{wanted} is missing after `{last}`"
        return Finding(writer.error("P0120", message, writer.span(len(situation) - 1)), None)
    found = " ".join(situation.text(at).split())
    diagnostic = writer.error(
        "P0101", f"`{found}` does not fit here", writer.span(at), Label(writer.span(at), f"expected {wanted}")
    )
    return Finding(diagnostic, None)


def describe(situation: Situation) -> str:
    """What could have come instead, in words."""
    expected, inside = situation.expected, situation.inside()
    if {"STRING", "QUANTITY", "LSQB"} <= expected:
        conditional = situation.at > 0 and situation.kind(situation.at - 1) in _CONDITION_WORDS
        return "a condition" if conditional else "a value"
    if "EQUAL" in expected or "PLUS" in expected or "COMMA" in expected:
        if inside == "LSQB":
            return "`,` or `]`"
        if inside == "LPAR":
            return "`,` or `)`"
    choices = [words for terminals, words in _CHOICES if terminals <= expected]
    if inside == END and not choices:
        choices = ["a declaration, a rule or another item"]
    if "RBRACE" in expected and inside == "LBRACE" and len(choices) < 3:
        choices = [*(choice for choice in choices if choice != "a name"), "the next entry", "`}`"]
    if not choices:
        choices = sorted(f"`{name.lower().replace('_', ' ')}`" for name in expected if name != END)
    return _either(choices[:3]) if choices else "the end of the file"


_CHOICES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"COLON"}), "`:`"),
    (frozenset({"LBRACE"}), "`{`"),
    (frozenset({"LPAR"}), "`(`"),
    (frozenset({"ARROW"}), "`->`"),
    (frozenset({"NAME"}), "a name"),
    (frozenset({"STRING"}), "a text in quotes"),
)


def _either(choices: list[str]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"


_RECOGNISERS: tuple[Recogniser, ...] = (
    _unterminated_text,
    _foreign_sign,
    _stray_closer,
    _mismatched_closer,
    _unclosed_bracket,
    _unit_after_group,
    _equals_for_colon,
    _part_in_wrong_body,
    _misspelt_part,
    _missing_colon,
    _entry_outside,
    _key_without_value,
    _title_before_name,
    _missing_value,
    _missing_comma,
    _reserved_word,
)
