"""The law of three values: a verdict is the same in every way in which unset attributes could be completed.

Whatever is violated is so in every completion, whatever is met or not spoken of is so in none, and where
everything is known the verdict is exact. Completions are enumerated and evaluated by an evaluator that
shares no code with the compiler. Kleene's logic may say *unknown* where all completions agree; it must never
be wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Verdict, Workspace
from tests.compiler.conditions import COLOURS, SIZES, Condition, conditions, derived, holds, text
from tests.compiler.small_kinds import registry

NAMES = ("t1", "t2", "t3")
UNSET = object()
SCALARS: Mapping[str, tuple[Any, ...]] = {
    "flag": (True, False),
    "colour": (*COLOURS, None),
    "size": (*SIZES, None),
    "mate": (*NAMES, None),
    "home": (*NAMES, None),
}
LISTS: Mapping[str, tuple[str, ...]] = {"likes": NAMES, "shades": COLOURS, "knows": NAMES}
COMPLETE = frozenset({"home", "knows"})
#: At most so many attributes are left unset, so that all completions can be tried.
UNKNOWNS = 3


def _subsets(items: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(subset for size in range(len(items) + 1) for subset in itertools.combinations(items, size))


DOMAINS: Mapping[str, tuple[Any, ...]] = {
    **SCALARS,
    **{name: _subsets(items) for name, items in LISTS.items()},
}


@st.composite
def models(draw: st.DrawFn, unknowns: int) -> tuple[dict[str, str], dict[tuple[str, str], Any]]:
    """Kinds and values of three things, of which some attributes are unset."""
    kinds = {name: draw(st.sampled_from(["", "gadget", "special", "gadget special"])) for name in NAMES}
    slots = [(name, attribute) for name in NAMES for attribute in DOMAINS]
    values = {slot: draw(st.sampled_from(DOMAINS[slot[1]])) for slot in slots}
    open_slots = [slot for slot in slots if slot[1] not in COMPLETE]
    for slot in (
        draw(st.lists(st.sampled_from(open_slots), max_size=unknowns, unique=True)) if unknowns else ()
    ):
        values[slot] = UNSET
    return kinds, values


@st.composite
def cases(draw: st.DrawFn, unknowns: int) -> tuple[Any, ...]:
    """A model, two relations with their derivations, and a few rules."""
    kinds, values = draw(models(unknowns))
    first = conditions(("a", "b"), NAMES, (), 1)
    second = conditions(("a", "b"), NAMES, ("near",), 1)
    derivations: list[tuple[str, Condition]] = [("near", draw(first)), ("far", draw(second))]
    if draw(st.booleans()):
        derivations.append(("near", draw(first)))
    if draw(st.booleans()):
        step = (
            "some",
            ("thing", "c", None),
            ("and", ("relation", "far", ("a",), ("c",), True), draw(conditions(("c", "b"), NAMES, (), 0))),
        )
        derivations.append(("far", step))
    names = ("x", "y") if draw(st.booleans()) else ("x",)
    rules = draw(
        st.lists(
            st.tuples(
                st.just(names),
                st.none() | conditions(names, NAMES, ("near", "far"), 1),
                st.sampled_from(["where", "require"]),
                conditions(names, NAMES, ("near", "far"), 2),
            ),
            min_size=1,
            max_size=3,
        )
    )
    return kinds, values, tuple(derivations), tuple(rules)


def model_text(kinds: Mapping[str, str], values: Mapping[tuple[str, str], Any]) -> str:
    lines = ["template thing special { }"]
    for name in NAMES:
        kind = "gadget" if "gadget" in kinds[name] else "thing"
        parent = " : special" if "special" in kinds[name] else ""
        said = [
            f"{attribute}: {_written(values[name, attribute])}"
            for attribute in DOMAINS
            if values[name, attribute] is not UNSET
        ]
        lines.append(f"{kind} {name}{parent} {{ {'  '.join(said)} }}")
    return "\n".join(lines) + "\n"


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    if value is None:
        return "none"
    return (
        str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else value
    )


def program_text(derivations: tuple[tuple[str, Condition], ...], rules: tuple[Any, ...]) -> str:
    lines = ["relation near(thing, thing)", "relation far(thing, thing)"]
    lines += [f"{name}(a, b) if {text(condition)}" for name, condition in derivations]
    for number, (names, applies, word, condition) in enumerate(rules):
        bound = ", ".join(f"thing {name}" for name in names)
        when = f" applies when {text(applies)}" if applies else ""
        lines.append(f'rule r{number} "R" {{ for {bound}{when} {word} {text(condition)} report x "bad" }}')
    return "\n".join(lines) + "\n"


def completions(values: Mapping[tuple[str, str], Any]) -> Iterator[dict[tuple[str, str], Any]]:
    missing = [slot for slot, value in values.items() if value is UNSET]
    for chosen in itertools.product(*(DOMAINS[slot[1]] for slot in missing)):
        yield {**values, **dict(zip(missing, chosen, strict=True))}


def _violations(
    kinds: Mapping[str, str],
    derivations: tuple[Any, ...],
    rules: tuple[Any, ...],
    values: Mapping[tuple[str, str], Any],
) -> set[tuple[str, str]]:
    """(rule, subject) pairs that are violated in one completion."""
    world = derived(kinds, values, derivations)
    found: set[tuple[str, str]] = set()
    for number, (names, applies, word, condition) in enumerate(rules):
        for chosen in itertools.product(NAMES, repeat=len(names)):
            env = dict(zip(names, chosen, strict=True))
            if applies is not None and not holds(applies, env, world):
                continue
            if holds(condition, env, world) is (word == "where"):
                found.add((f"r{number}", env["x"]))
    return found


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("things")
    (folder / "model.panacea").write_text("", encoding="utf-8")
    return Workspace.open(folder, as_of=date(2026, 11, 1), registry=registry(), cache=None)


def _verdicts(workspace: Workspace, source: str) -> dict[tuple[str, str], Verdict]:
    workspace.update(Path("model.panacea"), source)
    assert workspace.ok, source
    verdicts: dict[tuple[str, str], Verdict] = {}
    for finding in workspace.findings():
        verdicts[finding.rule.name, finding.subjects[0].name] = finding.verdict
        if finding.verdict is Verdict.UNKNOWN:
            assert all(
                q.entity.value(q.attribute).__class__.__name__ == "Missing" for q in finding.questions
            ), source
    return verdicts


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(case=cases(UNKNOWNS))
def test_a_verdict_holds_in_every_completion(workspace: Workspace, case: tuple[Any, ...]) -> None:
    kinds, values, derivations, rules = case
    source = model_text(kinds, values) + program_text(derivations, rules)
    verdicts = _verdicts(workspace, source)
    found = [_violations(kinds, derivations, rules, each) for each in completions(values)]
    always, ever = set.intersection(*found), set.union(*found)
    assert {key for key, verdict in verdicts.items() if verdict is Verdict.VIOLATED} <= always, source
    assert ever <= verdicts.keys(), source


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(case=cases(0))
def test_what_is_known_is_decided(workspace: Workspace, case: tuple[Any, ...]) -> None:
    kinds, values, derivations, rules = case
    source = model_text(kinds, values) + program_text(derivations, rules)
    verdicts = _verdicts(workspace, source)
    violated = _violations(kinds, derivations, rules, values)
    assert verdicts == dict.fromkeys(violated, Verdict.VIOLATED), source


@pytest.mark.parametrize(
    "rule",
    [
        'rule r { for thing x where x.size = n, n > 1 report x "bad" }',
        "relation of_size(thing, number)\nof_size(x, n) if x.size = n\n"
        'rule r { for thing x where of_size(x, n), n > 1 report x "bad" }',
    ],
)
def test_a_number_that_may_be_unknown_gets_no_name(workspace: Workspace, rule: str) -> None:
    workspace.update(Path("model.panacea"), f"thing t1 {{}}\n{rule}\n")
    assert [each.code for each in workspace.diagnostics()] == ["P0519"]
