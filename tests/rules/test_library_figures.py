"""Every figure of the standard library says where it comes from, or that it is an assumption."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "models" / "std"
FIGURES = re.findall(r"^figure (\w+) (.*?)^}", (LIBRARY / "evidence.panacea").read_text("utf-8"), re.M | re.S)
#: A share or a law: what risk computes with.
NUMBER = re.compile(r"\d ?%|\b(?:lognormal|pert|beta|uniform|normal|empirical|poisson)\(")
#: What a comment beside a number must hold.
GROUND = re.compile(r"assumption|by (?:definition|declaration)|art\. [0-9]|figures?|cases?|[12][0-9]{3}")
#: Words of the heat map: nothing is computed from them, and a heading says that they are assumed.
VIEWS = ("rating",)


@pytest.mark.parametrize(("name", "body"), FIGURES)
def test_a_figure_has_source_grade_level_and_year(name: str, body: str) -> None:
    for attribute in ("source", "grade", "level"):
        assert f"{attribute}:" in body
    assert "year:" in body or "grade: assumption" in body


def grounded(line: str, effect: str) -> bool:
    """Whether a line that holds a number says why: beside it, or by the attributes of its ``effect``."""
    code, _, said = line.partition("#")
    if not NUMBER.search(re.sub(r'"[^"]*"', "", code)) or GROUND.search(said):
        return True
    return "grade: assumption" in effect or ("source:" in effect and "year:" in effect)


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.panacea")), ids=lambda path: path.stem)
def test_a_number_has_a_source_beside_it(path: Path) -> None:
    if path.stem == "evidence":
        pytest.skip("held by the test above")
    lines = path.read_text("utf-8").splitlines()
    bare = []
    for number, line in enumerate(lines):
        if line.startswith(VIEWS) or line.lstrip().startswith("##"):
            continue
        if not grounded(line, _effect(lines, number)):
            bare.append(f"{path.name}:{number + 1}: {line.strip()}")
    assert bare == []


def _effect(lines: list[str], number: int) -> str:
    """The braces of the ``effect`` that a line stands in; empty elsewhere."""
    first = number
    while first >= 0 and "effect:" not in lines[first] and lines[first].startswith("    "):
        first -= 1
    if first < 0 or "effect:" not in lines[first]:
        return ""
    last = first
    while "}" not in lines[last]:
        last += 1
    return "\n".join(lines[first : last + 1])
