"""What the warnings say is true: held against random rules and random models in which everything is known.

A condition that is said to hold always is replaced by `true`, one that is said never to hold by `false`, one
that only asks for a value by `… != none`: no verdict changes. A rule that is said to be covered finds nothing
that the other one does not find.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Verdict, Workspace
from panacea_policy.language import Diagnostic
from tests.compiler.conditions import COLOURS, Condition, conditions
from tests.compiler.small_kinds import registry
from tests.compiler.test_three_values import NAMES, UNKNOWNS, model_text, models, program_text
from tests.engine.programs import LONG

ANSWERS = {"P0701": "false", "P0702": "false", "P0703": "false", "P0706": "true"}
ASKED = re.compile(r"`(?P<path>[\w.]+) != none`")
RELATIONS = ("near", "far")
FILE = Path("model.panacea")


def few(names: tuple[str, ...], relations: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    """Conditions on few attributes of few things: they meet often."""
    path = st.sampled_from([(name, *way) for name in names for way in ((), ("mate",))])
    comparison = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])

    def at(last: str) -> st.SearchStrategy[tuple[str, ...]]:
        return path.map(lambda each: (*each, last))

    plain = st.one_of(
        st.tuples(st.just("compare"), at("size"), comparison, st.sampled_from([1.0, 1.5, 2.0])),
        st.tuples(st.just("compare"), at("size"), comparison, at("size")),
        st.tuples(st.just("compare"), at("colour"), st.sampled_from(["=", "!="]), st.sampled_from(COLOURS)),
        st.tuples(st.just("compare"), at("mate"), st.sampled_from(["=", "!="]), path),
        st.tuples(
            st.just("among"),
            at("colour"),
            st.lists(st.sampled_from(COLOURS), min_size=1, max_size=3, unique=True).map(tuple),
            st.booleans(),
        ),
        st.tuples(st.just("none"), at("mate") | at("size"), st.sampled_from(["=", "!="])),
        st.tuples(st.just("flag"), at("flag")),
        st.tuples(st.just("is"), path, st.sampled_from(["gadget", "special", "thing"]), st.booleans()),
        st.tuples(st.just("member"), path, at("knows"), st.booleans()),
    )
    if relations:
        plain |= st.tuples(st.just("relation"), st.sampled_from(relations), path, path, st.booleans())
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            inner.map(lambda each: ("not", each)),
            st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        ),
        max_leaves=3,
    )


def together(names: tuple[str, ...], relations: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    """Two to four conditions that must hold together, as one."""

    def joined(each: list[Condition]) -> Condition:
        whole = each[0]
        for part in each[1:]:
            whole = ("and", whole, part)
        return whole

    part = few(names, relations) | few(names, relations) | conditions(names, NAMES, relations, 1)
    return st.lists(part, min_size=2, max_size=4).map(joined)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Two relations and two rules, as text."""
    derivations: list[tuple[str, Condition]] = [("near", draw(few(("a", "b"), ())))]
    if draw(st.booleans()):
        derivations.append(("far", draw(together(("a", "b"), ("near",)))))
    rules = []
    for _ in range(2):
        names = ("x", "y") if draw(st.booleans()) else ("x",)
        applies = draw(st.none() | few(names, RELATIONS))
        word = draw(st.sampled_from(["where", "require"]))
        rules.append((names, applies, word, draw(together(names, RELATIONS))))
    return program_text(tuple(derivations), tuple(rules))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("things")
    (folder / FILE).write_text("", encoding="utf-8")
    return Workspace.open(folder, as_of=date(2026, 11, 1), registry=registry(), cache=None)


def violations(workspace: Workspace, source: str) -> set[tuple[str, str]]:
    """(rule, subject) pairs of what is violated."""
    workspace.update(FILE, source)
    assert workspace.ok, source
    return {
        (finding.rule.name, finding.subjects[0].name)
        for finding in workspace.findings()
        if finding.verdict is Verdict.VIOLATED
    }


def replaced(program: str, warning: Diagnostic) -> str:
    """The program with what the warning says of a condition written in place of it."""
    answer = ANSWERS[warning.code]
    if "all it asks" in warning.message:
        asked = ASKED.search(warning.help or "")
        assert asked is not None, warning
        answer = f"{asked['path']} != none"
    elif "always holds" in warning.message:
        answer = "true"
    span = warning.span
    said = re.compile(rf"(^|: )`not {re.escape(program[span.start : span.end])}`")
    if said.search(warning.message):
        # A `not` further out applies to it.
        answer = f"not {answer}"
    return f"{program[: span.start]}({answer}){program[span.end :]}"


def warned(workspace: Workspace, program: str) -> list[Diagnostic]:
    """Warnings of a program, which stands on some model."""
    things = "\n".join(f"thing {name} {{ }}" for name in NAMES)
    workspace.update(FILE, f"{program}template thing special {{ }}\n{things}\n")
    assert workspace.ok, program
    return [each for each in workspace.diagnostics() if each.code != "P0705"]


def check(workspace: Workspace, program: str, worlds: list[tuple[Any, Any]], seen: Counter[str]) -> None:
    warnings = warned(workspace, program)
    for warning in warnings:
        seen[warning.code] += 1
    if not warnings:
        return
    for kinds, values in worlds:
        world = model_text(kinds, values)
        found = violations(workspace, program + world)
        for warning in warnings:
            if warning.code == "P0704":
                covered, other = re.findall(r"`(r\d)`", warning.message)
                subjects = {subject for rule, subject in found if rule == covered}
                assert subjects <= {subject for rule, subject in found if rule == other}, program
            else:
                assert violations(workspace, replaced(program, warning) + world) == found, (warning, program)


KNOWN = st.lists(models(0), min_size=2, max_size=3)


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(program=programs(), worlds=KNOWN)
def test_what_is_warned_of_is_so(workspace: Workspace, program: str, worlds: list[tuple[Any, Any]]) -> None:
    check(workspace, program, worlds, Counter())


@pytest.mark.slow
def test_what_is_warned_of_is_so_in_very_many_programs(workspace: Workspace) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=LONG, suppress_health_check=list(HealthCheck))
    @given(program=programs(), worlds=KNOWN)
    def law(program: str, worlds: list[tuple[Any, Any]]) -> None:
        check(workspace, program, worlds, seen)

    law()
    assert min(seen[code] for code in ("P0701", "P0702", "P0703", "P0704", "P0706")) > 5, seen


def idle(warnings: list[Diagnostic]) -> list[Diagnostic]:
    """Warnings that a rule finds nothing at all."""
    return [each for each in warnings if each.message.endswith("the rule never finds anything")]


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(program=programs(), world=models(UNKNOWNS))
def test_a_rule_that_never_fires_is_never_violated(
    workspace: Workspace, program: str, world: tuple[Mapping[str, str], Mapping[tuple[str, str], Any]]
) -> None:
    warnings = idle(warned(workspace, program))
    if not warnings:
        return
    found = {rule for rule, _ in violations(workspace, program + model_text(*world))}
    for warning in warnings:
        line = program.count("\n", 0, warning.span.start)
        rule = re.match(r"rule (r\d)", program.splitlines()[line])
        assert rule is not None
        assert rule[1] not in found, (warning, program)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(program=programs(), world=models(UNKNOWNS))
def test_a_covered_rule_is_covered_where_something_is_unknown_too(
    workspace: Workspace, program: str, world: tuple[Any, Any]
) -> None:
    warnings = [each for each in warned(workspace, program) if each.code == "P0704"]
    if not warnings:
        return
    found = violations(workspace, program + model_text(*world))
    for warning in warnings:
        covered, other = re.findall(r"`(r\d)`", warning.message)
        subjects = {subject for rule, subject in found if rule == covered}
        assert subjects <= {subject for rule, subject in found if rule == other}, program
