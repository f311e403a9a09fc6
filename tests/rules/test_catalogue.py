"""Attack steps and design threats as a whole: how many, what each must say, and that a test saw each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from panacea_policy.compiler import TestResult, Verdict, Workspace
from panacea_policy.language import Source, parse
from panacea_policy.language import syntax as tree

RULES = Path(__file__).resolve().parents[2] / "rules"
#: ATT&CK for Enterprise and for ICS, CWE, CAPEC.
IDENTIFIER = re.compile(r"T[0-9]{4}(\.[0-9]{3})?|CWE-[1-9][0-9]*|CAPEC-[1-9][0-9]*")
LINE = re.compile(r"\s*(?:chance|effort)\b[^#]*(?P<comment>#.*)?")
#: A comment that says where a figure comes from: a source with its year or size, or that there is none.
SOURCED = re.compile(r"assumption|by definition|by declaration|DBIR|[12][0-9]{3}|N = [0-9]+|[0-9]+ sticks")


@cache
def files(pack: str) -> tuple[tuple[str, tree.File], ...]:
    found = []
    for path in sorted((RULES / pack).glob("*.panacea")):
        text = path.read_text()
        parsed = parse(Source(path.name, text))
        assert not parsed.diagnostics
        found.append((text, parsed.file))
    return tuple(found)


def steps() -> Iterator[tuple[str, tree.StepItem]]:
    for text, file in files("attack"):
        yield from ((text, item) for item in file.items if isinstance(item, tree.StepItem))


def threats() -> Iterator[tree.RuleItem]:
    for _, file in files("design"):
        yield from (item for item in file.items if isinstance(item, tree.RuleItem))


def said(item: tree.StepItem | tree.RuleItem, *keys: str) -> list[str]:
    """The texts that an item lists under some keys."""
    found = []
    for attribute in item.attributes:
        if attribute.key in keys:
            value = attribute.value
            values = value.items if isinstance(value, tree.ListOf) else (value,)
            found += [each.value for each in values if isinstance(each, tree.String)]
    return found


@cache
def results(pack: str) -> tuple[TestResult, ...]:
    return tuple(Workspace.open(RULES / pack, cache=None).run_tests())


def test_there_are_enough_and_no_two_are_alike() -> None:
    names = [item.name.name for _, item in steps()] + [item.name.name for item in threats()]
    titles = [item.title.value for _, item in steps() if item.title] + [
        item.title.value for item in threats() if item.title
    ]
    assert len(names) >= 150
    assert len(set(names)) == len(set(titles)) == len(titles) == len(names)


@pytest.mark.parametrize(("text", "step"), [pytest.param(*each, id=each[1].name.name) for each in steps()])
def test_a_step_is_complete(text: str, step: tree.StepItem) -> None:
    listed = said(step, "attack", "weakness")
    assert all(IDENTIFIER.fullmatch(each) for each in listed)
    assert all(each.startswith("T") for each in said(step, "attack"))
    # Fire, failure and the like are no attacks and no weaknesses.
    assert listed or step.name.name in {"lose_room", "lose_power", "fail_by_itself", "find_backup_useless"}
    assert step.chance is not None
    assert step.effort is not None
    lines = [LINE.match(line) for line in text[step.start : step.end].splitlines()]
    figures = [match for match in lines if match]
    assert len(figures) == 2
    for match, figure in zip(figures, (step.chance, step.effort), strict=True):
        # What is read off the model has its source there.
        assert isinstance(figure, tree.Path) or SOURCED.search(match["comment"] or ""), match[0]


@pytest.mark.parametrize("rule", [pytest.param(each, id=each.name.name) for each in threats()])
def test_a_threat_is_complete(rule: tree.RuleItem) -> None:
    listed = [each for each in said(rule, "weakness", "attack", "threat") if each[:1].isupper()]
    # How people are dealt with is no weakness of a system.
    dealings = {"clicks_are_held_against_people", "mistakes_are_punished", "patients_cannot_see_readers"}
    assert listed or rule.name.name in dealings
    assert all(IDENTIFIER.fullmatch(each) for each in listed)
    # Where it applies stands apart from what would answer it.
    assert rule.applies or rule.require
    assert rule.remedy is not None


def test_every_test_passes() -> None:
    assert not [each.name for pack in ("attack", "design") for each in results(pack) if not each.passed]


def test_every_step_is_seen_at_work() -> None:
    """Some test names a fact and the step by which it came about."""
    seen = {name.rpartition(" by ")[2] for each in results("attack") for name in each.relations}
    assert not {f"attack.{item.name.name}" for _, item in steps()} - seen


def test_every_threat_is_seen_to_object_and_to_accept() -> None:
    seen: dict[str, set[Verdict]] = {}
    for each in results("design"):
        for rule, verdicts in each.exercised.items():
            seen.setdefault(rule, set()).update(verdicts)
    for item in threats():
        verdicts = seen.get(f"design.{item.name.name}", set())
        assert Verdict.VIOLATED in verdicts, item.name.name
        assert verdicts & {Verdict.MET, Verdict.NOT_APPLICABLE}, item.name.name


#: Packs of law that speak of systems and devices, and the share of their rules that have both texts at least.
DESIGNED = {
    "devices": 0.6,
    "iec62443": 0.8,
    "cra": 0.5,
    "ehds": 0.3,
    "hipaa": 0.4,
    "nis2": 0.4,
    "ir2024_2690": 0.4,
}
#: What an engineer can try on a system; the rest is for governance.
TRIED = {"spoofing", "tampering", "disclosure", "elevation", "denial", "safety"}
#: Of these categories, and about papers or people all the same.
ON_PAPER = {
    "hip_25_validated",
    "ehd_08_environment",
    "ehd_08_output",
    "ir_12_2_disposal",
}


def law_rules(pack: str) -> list[tree.RuleItem]:
    return [item for _, file in files(pack) for item in file.items if isinstance(item, tree.RuleItem)]


@pytest.mark.parametrize("pack", DESIGNED)
def test_law_says_what_to_build_and_how_to_try_it(pack: str) -> None:
    rules = law_rules(pack)
    told = {rule.name.name for rule in rules if said(rule, "demands")}
    assert told == {rule.name.name for rule in rules if said(rule, "test_idea")}
    assert len(told) >= DESIGNED[pack] * len(rules)
    silent = {
        rule.name.name
        for rule in rules
        if any(
            isinstance(each.value, tree.Path) and each.value.name in TRIED
            for each in rule.attributes
            if each.key == "category"
        )
    }
    assert silent - told <= ON_PAPER
    for rule in rules:
        for text in said(rule, "demands"):
            assert "shall" in text, rule.name.name
        for text in said(rule, "test_idea"):
            assert len(text.split()) >= 6, rule.name.name


def test_no_law_repeats_the_words_of_another() -> None:
    packs = [*DESIGNED, "gdpr", "design"]
    texts = [
        text for pack in packs for rule in law_rules(pack) for text in said(rule, "demands", "test_idea")
    ]
    assert sorted({text for text in texts if texts.count(text) > 1}) == []
