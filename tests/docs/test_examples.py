"""The examples in the documentation are true: each block of the language compiles, each played page shows
what is printed, and what is generated is up to date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from panacea_policy.cli.codes import all_codes
from panacea_policy.compiler import Workspace
from panacea_policy.language import render

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

import generate  # noqa: E402
import walkthrough  # noqa: E402

#: A block that is checked on its own, and the comment before it that declares what it stands on.
BLOCK = re.compile(
    r"(?:<!-- with\s(?P<given>.*?)-->\n)?^```panacea\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]


def examples() -> Iterator[tuple[str, str, str]]:
    """Page and line, what the example stands on, the example."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start("text")) + 1
            yield f"{page.relative_to(ROOT)}:{line}", block["given"] or "", block["text"]


EXAMPLES = {name: (given, text) for name, given, text in examples()}
MISTAKEN = ("docs/verification.md",)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_compiles(name: str, tmp_path: Path) -> None:
    given, text = EXAMPLES[name]
    declared, *files = re.split(r"^file ", given, flags=re.MULTILINE)
    for file in files:
        path, _, content = file.partition("\n")
        (tmp_path / path.strip()).write_text(content, encoding="utf-8")
    (tmp_path / "given.panacea").write_text(f"use std.healthcare\n{declared}", encoding="utf-8")
    (tmp_path / "example.panacea").write_text(text, encoding="utf-8")
    workspace = Workspace.open(tmp_path, as_of=date(2026, 11, 23))
    told = {each.code: render(each, workspace.sources) for each in workspace.diagnostics()}
    page = name.partition(":")[0]
    # An example of mistakes may be warned of; the other pages show what is right.
    assert {code: text for code, text in told.items() if page not in MISTAKEN or code[:3] != "P07"} == {}
    workspace.findings()
    assert [result.failures for result in workspace.run_tests() if not result.passed] == []


def lines_of(text: str) -> list[str]:
    """The lines; those of a proof in any order, as the premises of a conjunction have none."""
    lines = text.splitlines()
    return sorted(line.replace("└", "├") for line in lines) if "├" in text else lines


@pytest.mark.parametrize("name", generate.PLAYED)
def test_a_played_page_shows_what_is_printed(name: str, tmp_path: Path) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    _, steps = walkthrough.play(page, tmp_path)
    assert steps
    for step in steps:
        assert step.code <= 1 or step.printed.startswith("error[P"), step.printed
        assert lines_of(step.printed) == lines_of(step.shown), f"{step.command}: run `make docs`"


def test_the_tutorial_ends_well(tmp_path: Path) -> None:
    walkthrough.play((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"), tmp_path)
    printed, code = walkthrough.run(["fmt", "--check", "clinic"], tmp_path)
    assert code == 0, printed
    assert walkthrough.run(["test", "clinic"], tmp_path)[1] == 0
    assert walkthrough.run(["check", "clinic", "--as-of", "2026-11-23"], tmp_path)[1] == 0


def test_the_reference_is_up_to_date() -> None:
    for name, text in generate.reference().items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, f"{name}: run `make docs`"


@pytest.mark.slow
def test_the_pictures_are_up_to_date() -> None:
    for name, text in {**generate.clinic_pictures(), **generate.hospital_pictures()}.items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, f"{name}: run `make docs`"


def test_every_code_has_its_page() -> None:
    page = (ROOT / "docs" / "reference" / "diagnostics.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (P\d{4}):", page, re.MULTILINE) == list(all_codes())


def test_links_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "CHANGELOG.md", ROOT / "SECURITY.md"]:
        text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
