"""From a stuck parse to words: what is wrong here, and the smallest change that lets the rest be read.

Each recogniser knows one mistake. The first that recognises the situation explains it; the last always does.
"""

from __future__ import annotations

from panacea_policy.language import mistaken_places as places
from panacea_policy.language import mistaken_signs as signs
from panacea_policy.language import mistaken_values as values
from panacea_policy.language.diagnostics import Label
from panacea_policy.language.finding import CONDITION_WORDS, Finding, Recogniser, Writer
from panacea_policy.language.situation import (
    END,
    Situation,
)


def explain(situation: Situation, file: str) -> Finding:
    """What is wrong where the parse got stuck."""
    writer = Writer(situation, file)
    for recogniser in _RECOGNISERS:
        finding = recogniser(situation, writer)
        if finding is not None:
            return finding
    return _anything(situation, writer)


def _anything(situation: Situation, writer: Writer) -> Finding:
    at = situation.at
    wanted = describe(situation)
    if not len(situation):
        return Finding(writer.error("P0120", "there is nothing to read here", writer.span(0)), None)
    if at >= len(situation):
        last = situation.shown(len(situation) - 1)
        message = f"{wanted} is missing after `{last}`"
        return Finding(writer.error("P0120", message, writer.span(len(situation) - 1)), None)
    found = situation.shown(at)
    diagnostic = writer.error(
        "P0101", f"`{found}` does not fit here", writer.span(at), Label(writer.span(at), f"expected {wanted}")
    )
    return Finding(diagnostic, None)


def describe(situation: Situation) -> str:
    """What could have come instead, in words."""
    expected, inside = situation.expected, situation.inside()
    if {"STRING", "QUANTITY", "LSQB"} <= expected:
        conditional = situation.at > 0 and situation.kind(situation.at - 1) in CONDITION_WORDS
        return "a condition" if conditional else "a value"
    if "EQUAL" in expected or "PLUS" in expected or "COMMA" in expected:
        if inside == "LSQB":
            return "`,` or `]`"
        if inside == "LPAR":
            return "`,` or `)`"
    if {"USE", "RULE", "SCENARIO"} <= expected and "LBRACE" not in expected:
        return "the next declaration or rule"
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
    signs.unterminated_text,
    signs.foreign_sign,
    signs.stray_closer,
    signs.mismatched_closer,
    signs.unclosed_bracket,
    signs.unclosed_before_entry,
    values.swallowed_word,
    values.key_in_list,
    places.unit_after_group,
    values.equals_for_colon,
    places.part_in_wrong_body,
    places.misspelt_part,
    values.missing_colon,
    places.entry_outside,
    values.key_without_value,
    places.title_before_name,
    values.missing_value,
    values.missing_comma,
    places.reserved_word,
)
