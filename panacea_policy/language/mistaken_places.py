"""Recognisers of words that stand in the wrong place, or that are no names."""

from __future__ import annotations

from panacea_policy.language.diagnostics import Span, suggest
from panacea_policy.language.finding import Finding, Writer
from panacea_policy.language.lexer import RESERVED
from panacea_policy.language.situation import (
    END,
    PART_WORDS,
    Edit,
    Situation,
)


def reserved_word(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    word = situation.text(at)
    wants_name = "NAME" in situation.expected and not situation.expected & {"STRING", "COMMA", "LSQB"}
    if word not in RESERVED or not wants_name or situation.starts_entry(at):
        return None
    message = f"`{word}` is a word of the language and cannot be a name"
    cure = f"choose another name, such as `{word}_1`, or a longer word"
    return Finding(writer.error("P0110", message, writer.span(at), cure=cure), (Edit(at, at + 1, ("NAME",)),))


def entry_outside(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.inside() != END:
        return None
    if situation.kind(at) == "COLON" and situation.kind(at - 1) == "NAME" and situation.starts_entry(at - 1):
        message = f"the attribute `{situation.shown(at - 1)}` stands outside of any declaration"
        cure = "move it between the braces of the declaration that it belongs to"
        diagnostic = writer.error("P0109", message, writer.span(at - 1, at), cure=cure)
        return Finding(diagnostic, None)
    if situation.kind(at) in PART_WORDS | {"FOR"} and situation.starts_entry(at):
        word = situation.shown(at)
        message = f"`{word}` stands outside of any rule or step"
        cure = "look for a `}` too many above it"
        return Finding(writer.error("P0109", message, writer.span(at), cure=cure), None)
    return None


def part_in_wrong_body(situation: Situation, writer: Writer) -> Finding | None:
    """``where`` in a declaration, ``require`` in a step; taken for a name, it sticks one token later."""
    for index in (situation.at, situation.at - 1):
        kind = situation.kind(index)
        if kind not in _HOMES or not situation.starts_entry(index) or not situation.in_body(index):
            continue
        opener = situation.opener(index)
        owner = situation.shown(situation.entry(opener)[0]) if opener >= 0 else ""
        if index < situation.at and owner in _HOMES[kind]:
            continue
        word = situation.shown(index)
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


def misspelt_part(situation: Situation, writer: Writer) -> Finding | None:
    """``wher x = y`` in a rule: read as a key that lacks its colon."""
    at = situation.at
    if situation.inside() != "LBRACE" or situation.kind(at - 1) != "NAME":
        return None
    owner = situation.shown(situation.entry(situation.opener(at))[0])
    words = _PART_WORDS_OF.get(owner)
    meant = suggest(situation.shown(at - 1), words) if words else None
    if meant is None or situation.expected != {"COLON"}:
        return None
    message = f"a {owner} has no `{situation.shown(at - 1)}`"
    diagnostic = writer.error("P0122", message, writer.span(at - 1), cure=f"did you mean `{meant}`?")
    return Finding(diagnostic, (Edit(at - 1, situation.entry(at - 1)[1]),))


_PART_WORDS_OF = {
    "rule": ("for", "applies", "where", "require", "report", "remedy"),
    "step": ("for", "from", "to", "chance", "effort", "hindered"),
    "test": ("given", "expect"),
}


def unit_after_group(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) != "UNIT_AFTER_CALL":
        return None
    text = situation.shown(at)
    _, end = situation.span(at)
    unit = text[1:].strip()
    span = Span(writer.span(at).file, end - len(unit), end)
    cure = f"write it behind each number: `(20k {unit} + 30k {unit})`"
    diagnostic = writer.error("P0119", "a unit follows a number or a call, not a group", span, cure=cure)
    return Finding(diagnostic, (Edit(at, at + 1, ("RPAR",)),))


def title_before_name(situation: Situation, writer: Writer) -> Finding | None:
    at = situation.at
    if situation.kind(at) not in ("STRING", "LBRACE") or "NAME" not in situation.expected:
        return None
    if situation.expected & {"STRING", "RBRACE"} or situation.kind(at - 1) != "NAME":
        return None
    kind = situation.shown(at - 1)
    message = f"this `{kind}` has no name"
    cure = f'a declaration starts with its kind and its name: `{kind} NAME "Title" {{ … }}`'
    edit = Edit(situation.entry(at - 1)[0], situation.entry(at)[1])
    return Finding(writer.error("P0120", message, writer.span(at - 1), cure=cure), (edit,))
