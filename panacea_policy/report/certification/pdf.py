"""The certification file as PDF, set by typst from the same data as the page."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from panacea_policy.errors import PanaceaError
from panacea_policy.report.certification.content import Json

TEMPLATE = Path(__file__).with_name("certificate.typ")

#: PDF/A-2a, for archives and screen readers. It forbids letters that no font has, so that typst names them.
STANDARD: Final = "a-2a"
_NAMED = re.compile(
    r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed|contains the codepoint `"((?:[^"\\]|\\.)*)"`'
)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|(.))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
#: Typst names clusters, which may begin with a letter that every font has; these stay.
_KNOWN = 0x250


def to_pdf(content: Json) -> bytes:
    """The PDF; the same content gives the same bytes.

    It is set in the fonts that typst brings along. Those of this machine are asked only for letters that
    these lack; what none of them has is written as its number, ``[U+75C5]``, and the cover says so: never as
    a box. Texts reach typst as data, never as markup: what a model is called cannot run. Raises PanaceaError
    where typst is not installed.
    """
    try:
        import typst
    except ImportError:
        raise PanaceaError(
            "PDF needs the package `typst`", "In the checkout: pip install '.[certify]'"
        ) from None
    with tempfile.TemporaryDirectory(prefix="panacea-") as folder:
        root = Path(folder)
        (root / "certificate.typ").write_bytes(TEMPLATE.read_bytes())
        letters: dict[str, None] = {}
        embedded = True
        while True:
            told = {**_written_out(content, letters), "letters": [_number(each) for each in letters]}
            (root / "content.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
            try:
                made = typst.compile(
                    str(root / "certificate.typ"),
                    root=str(root),
                    ignore_system_fonts=embedded,
                    pdf_standards=STANDARD,
                )
            except typst.TypstError as wrong:
                lacking = [each for each in _lacking(wrong.diagnostic) if each not in letters]
                if not lacking:
                    raise
                if embedded:
                    embedded = False
                else:
                    letters.update(dict.fromkeys(lacking))
            else:
                assert isinstance(made, bytes)
                return made


def _lacking(diagnostic: str) -> Iterator[str]:
    """The letters that typst's error names, in its order."""
    for named in _NAMED.finditer(diagnostic):
        text = _ESCAPE.sub(_unescaped, named[1] or named[2] or "")
        yield from (each for each in text if ord(each) >= _KNOWN or not each.isprintable())


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _ESCAPED.get(escape[2], escape[2])


def _number(letter: str) -> str:
    return f"[U+{ord(letter):04X}]"


def _written_out(value: Json, letters: Iterable[str]) -> Json:
    """The data with these letters as their numbers, in every text."""
    table = str.maketrans({each: _number(each) for each in letters})

    def walk(node: object) -> object:
        if isinstance(node, str):
            return node.translate(table)
        if isinstance(node, list):
            return [walk(each) for each in node]
        return {name: walk(each) for name, each in node.items()} if isinstance(node, dict) else node

    return {name: walk(each) for name, each in value.items()} if table else value
