"""Every code that the compiler gives has a page, and each page's examples are true."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import panacea_policy.compiler
from panacea_policy.compiler import CODES, QueryError, Workspace, WorkspaceError
from panacea_policy.language import CODES as LANGUAGE_CODES
from panacea_policy.language import merge_codes

#: Codes of questions put to a model, with a question that gives each.
ASKED = {"P0515": "zone", "P0516": "near(ward, lab)"}
#: Codes whose examples are no text of a model; the tests of packages give them.
SHOWN_ELSEWHERE = {"P0201", "P0208", "P0210", "P0211"}
COMPILER = Path(panacea_policy.compiler.__file__).parent


def lay_out(folder: Path, text: str) -> Workspace:
    """A workspace of one file, beside an inventory and two packages."""
    for package in ("east", "west"):
        (folder / package).mkdir(parents=True)
        (folder / package / "zones.panacea").write_text("zone ward {}\n", encoding="utf-8")
    (folder / "model.panacea").write_text(text + "\n", encoding="utf-8")
    (folder / "pumps.csv").write_text("asset_tag,model\nPMP-1,F2\nPMP-2,F2\n", encoding="utf-8")
    return Workspace.open(folder, as_of=date(2026, 11, 23), cache=None)


def codes_of(folder: Path, text: str) -> set[str]:
    """The codes that reading and judging a model give."""
    workspace = lay_out(folder, text)
    found = list(workspace.diagnostics())
    if not found:
        try:
            workspace.findings()
        except WorkspaceError as problem:
            found += problem.diagnostics
    return {diagnostic.code for diagnostic in found}


def test_the_catalogue_is_complete() -> None:
    sources = [
        path.read_text(encoding="utf-8") for path in COMPILER.rglob("*.py") if path.name != "catalogue.py"
    ]
    emitted = {code for source in sources for code in re.findall(r'"(P0\d{3})"', source)}
    # A question may be told what the parser would say.
    assert emitted - LANGUAGE_CODES.keys() == set(CODES)


def test_codes_are_unique_across_the_layers() -> None:
    merged = merge_codes(LANGUAGE_CODES, CODES)
    assert len(merged) == len(LANGUAGE_CODES) + len(CODES)
    titles = [info.title for info in merged.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("code", sorted(CODES.keys() - ASKED.keys() - SHOWN_ELSEWHERE))
def test_the_examples_are_true(code: str, tmp_path: Path) -> None:
    assert codes_of(tmp_path / "bad", CODES[code].example_bad) == {code}
    assert codes_of(tmp_path / "good", CODES[code].example_good) == set()


def test_codes_of_questions(tmp_path: Path) -> None:
    workspace = lay_out(tmp_path, "zone ward {}\nzone lab {}\nrelation near(zone, zone)\nnear(ward, ward)")
    for code, question in ASKED.items():
        with pytest.raises(QueryError) as problem:
            workspace.explain(question)
        assert {diagnostic.code for diagnostic in problem.value.diagnostics} == {code}
    assert workspace.explain("near(ward, ward)").text == "near(ward, ward)"
