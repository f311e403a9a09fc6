"""Markup is built, escaped once, and never taken from a text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.report.html import el, escape, paragraph, render, slug, table
from panacea_policy.report.page import document

HOSTILE = "<script>alert('x')</script>\"&\x00\ud800"


class Reader(HTMLParser):
    """Collects the tags and texts that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@given(st.text(), st.text())
def test_a_text_comes_out_as_the_text_and_nothing_else(content: str, title: str) -> None:
    reader = read(render(el("p", content, title=title)))
    assert reader.tags == ["p"]
    shown = escape(content)
    assert "<" not in shown
    assert [name for name, _ in reader.attributes] == ["title"]


def test_a_hostile_name_stays_a_name() -> None:
    page = document(HOSTILE, [paragraph(HOSTILE), table(HOSTILE, ["a"], [[HOSTILE]])])
    assert "script" not in read(page).tags
    assert "\x00" not in page
    page.encode("utf-8")


def test_event_handlers_and_odd_names_are_refused() -> None:
    with pytest.raises(ValueError, match="not an attribute"):
        el("p", onclick="x")
    with pytest.raises(ValueError, match="not a tag"):
        el("p onclick=x")


def test_attributes_none_false_and_true() -> None:
    assert render(el("p", hidden=True, id=None, title=False)) == '<p hidden="hidden"></p>\n'
    assert render(el("rect", stroke_width=1.50, class_="a")) == '<rect stroke-width="1.5" class="a"/>'


def test_a_page_is_self_contained() -> None:
    page = document("Title", [paragraph("text")])
    reader = read(page)
    assert page.startswith("<!DOCTYPE html>")
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "url(" not in page
    assert "@media print" in page
    assert "prefers-color-scheme: dark" in page
    assert ("lang", "en") in reader.attributes


def test_tables_have_captions_and_headings() -> None:
    reader = read(render(table("What", ["A", "B"], [["1", "2"]])))
    assert reader.tags.count("caption") == 1
    assert ("scope", "col") in reader.attributes
    assert ("scope", "row") in reader.attributes


@pytest.mark.parametrize(("text", "expected"), [("Emergency care", "emergency-care"), ("§", "x")])
def test_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected
