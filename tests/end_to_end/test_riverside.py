"""The reference hospital and the packs keep what they promise: what is wrong on purpose, and their size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from panacea_policy.cli.check_text import LINES
from panacea_policy.cli.main import main
from panacea_policy.compiler import Verdict, Workspace
from panacea_policy.model import vocabulary

ROOT = Path(__file__).parents[2]
RIVERSIDE = ROOT / "models" / "riverside"
README = (RIVERSIDE / "README.md").read_text(encoding="utf-8")
DAY = date(2026, 11, 1)
#: The text is longer than what `check` tries to keep to, for it cannot leave out whole rules.
ROOM = LINES + 20


@cache
def hospital() -> Workspace:
    """The model on the day that its README speaks of."""
    return Workspace.open(RIVERSIDE, as_of=DAY)


@cache
def verdicts() -> Mapping[tuple[str, str], str]:
    """The verdict of each rule on each subject, `met` included."""
    found = {
        (finding.rule.id, subject.name): str(finding.verdict)
        for finding in hospital().findings()
        for subject in finding.subjects
    }
    met = {
        (tally.rule.id, name): "met"
        for tally in hospital().tallies()
        for subjects in tally.met
        for name in subjects
    }
    return {**met, **found}


def rule_names(text: str) -> list[str]:
    """The names in backquotes; `a_e` to `a_h` stands for four."""
    names: list[str] = []
    for first, last in re.findall(r"`([^`]+)`(?: to `([^`]+)`)?", text):
        letters = range(ord(first[-1]), ord((last or first)[-1]) + 1)
        names += [first[:-1] + chr(letter) for letter in letters]
    return names


def promises(cell: str) -> list[tuple[str, str, str]]:
    """Rule, subject and verdict of each finding that a cell of the table names."""
    found: list[tuple[str, str, str]] = []
    for part in cell.split(";"):
        rules, _, subjects = part.partition(" on ")
        if not subjects:  # "it lets offices reach `subject` (`rule`)"
            subjects, _, rules = part.partition("(")
        verdict = "waived" if " waived" in rules else "violated"
        found += [
            (rule, subject, verdict)
            for rule in rule_names(rules)
            for subject in re.findall("`(.+?)`", subjects)
        ]
    return found


MISTAKES = [
    (row[0], promises(row[2]))
    for line in README.splitlines()
    if re.match(r"\| \d+ \|", line)
    for row in [[cell.strip() for cell in line.strip("|").split(" | ")]]
]


def test_the_table_was_read() -> None:
    assert len(MISTAKES) >= 23
    assert all(promised for _, promised in MISTAKES)
    assert sum(len(promised) for _, promised in MISTAKES) >= 55
    rules = {rule.id for rule in hospital().rules()} | {"std.expired_waiver"}
    assert {rule for _, promised in MISTAKES for rule, _, _ in promised} <= rules


@pytest.mark.parametrize(("number", "promised"), MISTAKES, ids=[number for number, _ in MISTAKES])
def test_each_mistake_is_found(number: str, promised: list[tuple[str, str, str]]) -> None:
    assert {(rule, on): verdicts().get((rule, on)) for rule, on, _ in promised} == {
        (rule, on): verdict for rule, on, verdict in promised
    }


def test_no_other_finding_is_a_surprise() -> None:
    told = [set(rule_names(line)) for line in README.splitlines() if line.startswith("|")]
    surprises = [
        (finding.rule.id, *(subject.name for subject in finding.subjects))
        for finding in hospital().findings()
        if finding.verdict is Verdict.VIOLATED
        if not any({finding.rule.id, finding.subjects[0].name} <= line for line in told)
    ]
    assert surprises == []


def test_an_expired_waiver_is_told() -> None:
    (warning,) = hospital().diagnostics()
    assert (warning.code, warning.severity.value) == ("P0601", "warning")
    assert "2026-09-30" in warning.message


def test_what_nobody_knows_is_asked() -> None:
    asked = {
        (question.entity.name, question.attribute)
        for finding in hospital().findings()
        if finding.verdict is Verdict.UNKNOWN
        for question in finding.questions
    }
    assert ("voxnote", "subcontractors") in asked
    assert ("scanner_service", "purposes") in asked
    assert ("bed_management.nightly", "tested_on") in asked
    assert ("alarm_router", "support_end") in asked
    assert ("vital_signs_gateway", "support_end") in asked
    assert not any(name.startswith("monitor[") for name, _ in asked)


def test_what_is_in_order_is_met() -> None:
    text = " ".join(README.partition("## What is in order")[2].split())
    orders = re.findall(r"`([^`]+)` (met|not applicable) on `([^`]+)`", text)
    assert len(orders) >= 4
    for rule, verdict, subject in orders:
        assert verdicts().get((rule, subject)) == ("met" if verdict == "met" else None)


def test_the_hospital_is_as_large_as_a_hospital() -> None:
    model = hospital().model
    count = {
        kind: len(model.entities(kind)) for kind in ("zone", "flow", "role", "grant", "process", "scenario")
    }
    assert count["zone"] >= 12
    assert count["flow"] >= 60
    assert count["role"] >= 25
    assert count["grant"] >= 15
    assert count["process"] >= 12
    assert len(hospital().scenarios()) >= 3
    systems = [entity for entity in model.entities("system") if entity.package.folder == RIVERSIDE]
    assert sum(entity.row is None for entity in systems) >= 60
    assert sum(entity.row is not None for entity in systems) >= 600
    assert len({entity.origin.inventory for entity in systems if entity.row is not None}) >= 9
    status = Counter(str(model.value(control, "status")) for control in model.entities("control"))
    assert sum(status.values()) >= 30
    assert all(status[each] for each in ("in_place", "planned", "candidate"))


def test_it_has_agreements_one_with_a_partner_without_the_toolkit() -> None:
    model = hospital().model
    partners = [each for each in model.entities("organisation") if model.value(each, "partner") is True]
    without = [each for each in partners if "toolkit" not in set(map(str, model.value(each, "capability")))]  # type: ignore[call-overload]
    agreements = [set(model.value(each, "parties")) for each in model.entities("agreement")]  # type: ignore[call-overload]
    assert len(agreements) >= 6
    assert any(parties & set(without) for parties in agreements)
    assert without != partners


def test_its_tests_pass() -> None:
    results = hospital().run_tests()
    assert len(results) >= 5
    assert [failure for result in results for failure in result.failures] == []


def test_the_text_of_its_check_can_be_read_at_a_sitting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(RIVERSIDE), "--as-of", DAY.isoformat()]) == 1
    shown = capsys.readouterr().out
    assert shown.count("\n") <= ROOM
    for finding in hospital().findings():
        if finding.verdict is Verdict.VIOLATED:
            assert finding.rule.id in shown
    order = [shown.index(f"\n{word}") for word in ("CRITICAL", "HIGH", "MEDIUM", "LOW", "WAIVED", "UNKNOWN")]
    assert order == sorted(order)


# ------------------------------------------------------------------------------------------ packs


def test_the_library_has_templates_of_machines() -> None:
    registry = vocabulary()
    machines = [
        item.kind.name
        for unit in Workspace.open(ROOT / "models" / "std").package.files
        for item in unit.tree.items
        if getattr(item, "template", False) and item.kind.name in registry.keywords
        if "system" in {kind.lower() for kind in registry.ancestors(registry.keywords[item.kind.name].name)}
    ]
    assert len(machines) >= 40


def test_attack_steps_cover_five_layers() -> None:
    layers = Counter(step.layer for step in hospital().attack().steps)
    assert sum(layers.values()) >= 40
    assert len(layers) >= 5


def test_design_has_thirty_rules() -> None:
    assert len(own_rules("design")) >= 30


@pytest.mark.parametrize("pack", ["nis2", "gdpr"])
def test_a_pack_of_law_has_fifteen_numbers(pack: str) -> None:
    numbers = {re.sub(rf"^{pack}\.{pack}_(\d\d).*", r"\1", rule) for rule in own_rules(pack)}
    assert numbers == {f"{number:02}" for number in range(1, 16)}


#: A conduit whose `any_traffic` is not set is known to have none: what is declared of conduits is complete.
NEVER_UNKNOWN = {"nis2.nis2_09_open_conduit"}


@pytest.mark.parametrize("pack", ["nis2", "gdpr"])
def test_each_rule_of_a_pack_of_law_is_seen_with_every_verdict(pack: str) -> None:
    workspace = Workspace.open(ROOT / "rules" / pack, as_of=DAY)
    seen: dict[str, set[str]] = {rule: set() for rule in own_rules(pack)}
    for result in workspace.run_tests():
        assert result.passed, result.failures
        for rule, found in result.exercised.items():
            seen.setdefault(rule, set()).update(map(str, found))
    lacking = {rule: {"violated", "met", "unknown"} - found for rule, found in seen.items()}
    assert {rule for rule, found in lacking.items() if found} <= NEVER_UNKNOWN
    assert all(found <= {"unknown"} for found in lacking.values())


@cache
def own_rules(pack: str) -> tuple[str, ...]:
    """The ids of the rules that a pack declares."""
    return tuple(rule.id for rule in Workspace.open(ROOT / "rules" / pack).rules())
