"""The page on verification shows what is printed, and its figures are measured.
``PANACEA_GOLDEN=write`` puts the present ones there.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from panacea_policy.cli.main import main
from panacea_policy.compiler import Workspace
from panacea_policy.engine import Atom, Rule, Var
from panacea_policy.verification import MEANINGS, Outcome, Settings, prove
from panacea_policy.verification.fragment import outside
from panacea_policy.verification.program import Subject
from panacea_policy.verification.slice import slice_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "verification.md"
FILE = re.compile(r"<!-- file (\S+) -->\n```panacea\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DAY = date(2026, 11, 28)
#: Patient on a slow machine: the page tells of answers, not of time.
PATIENT = Settings(seconds=60.0)


def held(pattern: re.Pattern[str], make: Callable[[re.Match[str]], str]) -> None:
    """The page has what ``make`` gives in place of each match; written there where that is asked for."""
    text = PAGE.read_text(encoding="utf-8")
    fresh = pattern.sub(make, text)
    if os.environ.get("PANACEA_GOLDEN") == "write":
        PAGE.write_text(fresh, encoding="utf-8")
    else:
        assert fresh == text


def part(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)


def test_examples_show_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").symlink_to(ROOT / "models")
    for name, text in FILE.findall(PAGE.read_text(encoding="utf-8")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    def played(block: re.Match[str]) -> str:
        lines: list[str] = []
        for command in re.findall(r"^\$ panacea (.*)$", block[1], re.MULTILINE):
            assert main([*shlex.split(command), "--timeout", "60"]) <= 1
            lines += [f"$ panacea {command}", *capsys.readouterr().out.rstrip("\n").splitlines()]
        return "```console\n" + "\n".join(lines) + "\n```"

    held(CONSOLE, played)


def test_the_questions_are_listed() -> None:
    rows = "".join(f"| `{form.value}` | {meaning} |\n" for form, meaning in MEANINGS.items())
    held(
        part("questions"), lambda found: f"{found[1]}| question | holds where |\n|---|---|\n{rows}{found[2]}"
    )


@pytest.mark.slow
def test_the_figures_of_the_packs_are_measured() -> None:
    rows = [
        "| pack | rules | within the fragment | can fire, example run | never fire | not verified |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    workspace = Workspace.open(ROOT / "models" / "riverside", as_of=DAY)
    subject = Subject(workspace)
    packs: dict[str, list[str]] = {}
    for name, rule in subject.rules.items():
        label = rule.declared.package.label
        packs.setdefault("house rules of Riverside" if label == "riverside" else f"`{label}`", []).append(
            name
        )
    for pack, names in packs.items():
        inside = sum(not outside(question(subject, name), PATIENT) for name in names)
        outcomes = [prove(workspace, f"{name} never fires", PATIENT).outcome for name in names]
        counts = [outcomes.count(each) for each in (Outcome.FAILS, Outcome.HOLDS, Outcome.NOT_VERIFIED)]
        rows.append(f"| {pack} | {len(names)} | {inside} | " + " | ".join(map(str, counts)) + " |")
    held(part("table"), lambda found: found[1] + "\n".join(rows) + "\n" + found[2])


def question(subject: Subject, name: str):  # type: ignore[no-untyped-def]
    """The rules that a question about one rule needs."""
    rule = subject.rule(name)
    terms = tuple(Var(f"v{index}") for index in range(len(rule.variables)))
    return slice_of(subject.builder, "goal", [Rule(Atom("goal", ()), (Atom(rule.violated, terms),), "goal")])
