"""Recognisers of mistakes in single signs: characters of other languages, quotes and brackets."""

from __future__ import annotations

from panacea_policy.language.diagnostics import Label, Span
from panacea_policy.language.finding import Finding, Writer
from panacea_policy.language.situation import (
    CLOSER_OF,
    CLOSERS,
    FOREIGN,
    SIGN_OF,
    Edit,
    Situation,
)

# -------------------------------------------------------------------------------- foreign characters

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


def unterminated_text(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) != FOREIGN or not situation.text(at).startswith('"'):
        return None
    start = situation.span(at)[0]
    span = Span(writer.span(at).file, start, start + 1)
    cure = 'a text ends with `"` on the line on which it begins; a line end inside it is written \\n'
    diagnostic = writer.error("P0103", "this text has no closing quote", span, cure=cure)
    return Finding(diagnostic, (Edit(at, at + 1, ("STRING",)),))


def foreign_sign(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) != FOREIGN:
        return None
    text = situation.shown(at)
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


# -------------------------------------------------------------------------------- brackets


def stray_closer(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) not in CLOSERS or situation.opener(at) >= 0:
        return None
    stop = at + 1
    while situation.kind(stop) in CLOSERS:
        stop += 1
    diagnostic = writer.error("P0104", f"`{situation.shown(at)}` closes nothing", writer.span(at))
    return Finding(diagnostic, (Edit(at, stop),))


def mismatched_closer(situation: Situation, writer: Writer) -> Finding | None:
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
            writer.error("P0104", f"`{situation.shown(at)}` closes nothing", writer.span(at)),
            (Edit(at, at + 1),),
        )
    opened = situation.text(opener)
    message = f"`{opened}` is not closed before this `{situation.shown(at)}`"
    label = Label(writer.span(opener), f"`{opened}` opened here")
    diagnostic = writer.error(
        "P0104", message, writer.span(at), label, cure=f"close it with `{SIGN_OF[wanted]}`"
    )
    return Finding(diagnostic, (Edit(at, at if closes_outer else at + 1, (wanted,)),))


def unclosed_bracket(situation: Situation, writer: Writer) -> Finding | None:
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


def unclosed_before_entry(situation: Situation, writer: Writer) -> Finding | None:
    """A list or call whose next line is plainly the next entry: indented no further than its own line."""
    at = situation.at
    opener = situation.opener(at)
    if situation.inside() not in ("LSQB", "LPAR") or at >= len(situation) or not situation.first_on_line(at):
        return None
    if not situation.is_name(at) or situation.indent(at) > situation.indent(opener):
        return None
    wanted = CLOSER_OF[situation.kind(opener)]
    label = Label(writer.span(opener), "opened here")
    missing = Label(writer.span(at), f"`{SIGN_OF[wanted]}` is missing before this")
    message = f"`{situation.text(opener)}` is never closed"
    cure = f"add `{SIGN_OF[wanted]}` before the marked place"
    diagnostic = writer.error("P0102", message, writer.span(opener), label, missing, cure=cure)
    return Finding(diagnostic, (Edit(at, at, (wanted,)),))


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
    """The first token after ``opener`` whose line is indented no further than that of ``opener``."""
    limit = situation.indent(opener)
    for index in range(opener + 1, last):
        if situation.first_on_line(index) and situation.indent(index) <= limit:
            return index
    return last
