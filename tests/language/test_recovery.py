"""Faulty files: each mistake once, and what is sound stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.language import Severity, Source, parse
from panacea_policy.language import syntax as tree
from panacea_policy.language.parser import engine
from tests.language.programs import programs

TOUR = (Path(__file__).parent / "examples" / "tour.panacea").read_text(encoding="utf-8")
SOUND = parse(Source("", TOUR)).file.items


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in parse(Source("", text)).diagnostics]


def names(file: tree.File) -> set[str]:
    return {
        item.name.name for item in file.items if isinstance(item, tree.Declaration) and item.name is not None
    }


@pytest.mark.parametrize("item", range(2, len(SOUND)))
def test_a_bad_item_hides_no_other(item: int) -> None:
    start = SOUND[item].start
    text = TOUR[:start] + "zone = 3\n" + TOUR[start:]
    result = parse(Source("", text))
    assert len(result.diagnostics) == 1
    assert len(result.file.items) == len(SOUND)
    shift = len("zone = 3\n")
    assert [i.start for i in result.file.items] == [
        i.start + (shift if i.start >= start else 0) for i in SOUND
    ]


def test_all_mistakes_of_one_body_are_reported_and_its_sound_entries_kept() -> None:
    text = "system pacs {\n  a = 1\n  b 2\n  c: [x y]\n  d:\n  e: 5\n  f: 6 +\n  g: 7\n}\nzone z\n"
    result = parse(Source("", text))
    assert [d.code for d in result.diagnostics] == ["P0106", "P0107", "P0111", "P0118", "P0118"]
    declaration = result.file.items[0]
    assert isinstance(declaration, tree.Declaration)
    assert declaration.body is not None
    keys = [entry.key for entry in declaration.body.entries if isinstance(entry, tree.Attribute)]
    assert keys == ["a", "b", "c", "e", "g"]
    assert names(result.file) == {"pacs", "z"}


def test_unindented_bodies_are_one_item() -> None:
    assert codes("system a {\nowner: x\nwhere y\nzone: z\n}\nzone z { trust 3 }\n") == ["P0109", "P0107"]


def test_documentation_stays_with_its_item() -> None:
    result = parse(Source("", "zone = 1\n## The wards.\n## All of them.\nzone wards\n"))
    (wards,) = result.file.items
    assert isinstance(wards, tree.Declaration)
    assert wards.doc == "The wards.\nAll of them."


def test_comments_survive_mistakes() -> None:
    text = "# one\nzone a { trust 3 } # two\n## three\nzone b\n# four\n"
    assert [comment.text for comment in parse(Source("", text)).file.comments] == [
        "# one",
        "# two",
        "## three",
        "# four",
    ]


def test_mistakes_are_sorted_by_place_and_limited() -> None:
    text = "zone a { trust 3 }\n" * 300
    found = parse(Source("", text)).diagnostics
    assert len(found) == 101
    assert found[-1].code == "P0005"
    starts = [diagnostic.span.start for diagnostic in found]
    assert starts == sorted(starts)


def test_mended_operators_mean_what_was_meant() -> None:
    text = "rule r { for a b where b.x == 1 && b.y report b }"
    (rule,) = parse(Source("", text)).file.items
    assert isinstance(rule, tree.RuleItem)
    (condition,) = rule.where
    assert isinstance(condition, tree.Binary)
    assert condition.operator == "and"
    assert isinstance(condition.left, tree.Binary)
    assert condition.left.operator == "="


@given(programs(), st.data())
@settings(max_examples=60)
def test_a_token_lost_or_doubled_never_fails(text: str, data: st.DataObject) -> None:
    lexer, _ = engine()
    tokens = lexer.tokenize(text)
    if not len(tokens):
        return
    at = data.draw(st.integers(0, len(tokens) - 1))
    start, end = tokens.starts[at], tokens.ends[at]
    changed = data.draw(st.sampled_from([text[:start] + text[end:], text[:end] + " " + text[start:]]))
    result = parse(Source("f", changed))
    check_result(result.diagnostics, changed)


@given(
    st.text(st.sampled_from('ab{}[]():=,."\\#\n\r\t -+<>!@é\x00\u202e1k%') | st.characters(), max_size=120)
)
@settings(max_examples=200)
def test_any_text_is_read_or_explained(text: str) -> None:
    check_result(parse(Source("f", text)).diagnostics, text)


@given(
    st.lists(
        st.sampled_from(sorted(engine()[0]._words) + list('{}[]():,=.+-"') + ["x", "1", "\n", '"t"']),
        max_size=40,
    )
)
@settings(max_examples=200)
def test_any_words_are_read_or_explained(words: list[str]) -> None:
    text = " ".join(words)
    check_result(parse(Source("f", text)).diagnostics, text)


def check_result(diagnostics: tuple[object, ...], text: str) -> None:
    """Every message has its place inside the text, and no two say the same of one place."""
    seen = set()
    for diagnostic in diagnostics:
        assert diagnostic.severity is Severity.ERROR  # type: ignore[attr-defined]
        span = diagnostic.span  # type: ignore[attr-defined]
        assert 0 <= span.start <= span.end <= len(text)
        key = (diagnostic.code, diagnostic.message, span)  # type: ignore[attr-defined]
        assert key not in seen
        seen.add(key)


@pytest.mark.parametrize(
    "word", ["report", "step", "on", "rule", "use", "to", "given", "typically", "count", "test"]
)
def test_words_that_are_not_reserved_can_be_names(word: str) -> None:
    text = f"zone {word} in {word} {{ {word}: {word} }}\nr({word}) if {word}.x = {word}, {word} in {word}.y\n"
    text += f"rule {word} {{ for zone {word}  where {word}.trust > 3  report {word} }}\n"
    assert codes(text) == []


@pytest.mark.parametrize("word", ["and", "every", "in", "none", "true", "where"])
def test_reserved_words_can_be_keys(word: str) -> None:
    assert codes(f"zone z {{ {word}: 1  b: {{ {word} : 2 }} }}\nr(a) if f(x, {word}: 3)\n") == []
