"""Texts for the language, and differences of states: laid over a model, both ways give the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Delta, Workspace
from panacea_policy.feeds.base import Base
from panacea_policy.feeds.declarations import (
    Added,
    Declared,
    Fact,
    Said,
    Slots,
    difference,
    percent,
    remark,
    set_path,
    slots,
    speakable,
    whole,
)

MODEL = """
zone z { }
software old { }
system a in z { software: [old]  version: "1" }
device row in z from inventory("rows.csv") { id: column("id") }
"""


def opened(folder: Path) -> Workspace:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "m.panacea").write_text(MODEL)
    (folder / "rows.csv").write_text("id\nR-1\nR-2\n")
    workspace = Workspace.open(folder, as_of=date(2026, 11, 28), cache=None)
    assert workspace.ok
    return workspace


def test_hostile_texts_stay_texts() -> None:
    assert remark('x" } system evil { \x1b[2J\n\u202e') == '"x\\" } system evil { [2J"'
    assert len(remark("x" * 1000)) == 402
    assert percent(0.123456) == "12.35 %"
    assert set_path('pump["PMP 1"]', "zone") == 'pump.zone["PMP 1"]'
    assert speakable('pump["PMP 1"]')
    assert not speakable('pump["PMP 1"].web')
    assert not speakable("a; remove b")


FACTS: list[Fact] = [
    Declared("v1", "vulnerability", "One", (("cvss", "5"), ("affects", "[a]"))),
    Declared("v1", "vulnerability", "One", (("cvss", "9.8"), ("vector", "network"), ("affects", "[a]"))),
    Declared("v1", "vulnerability", "Two", (("affects", '[a, row["R-1"]]'),)),
    Declared("v2", "vulnerability", "", (("affects", "[lib]"),)),
    Declared("lib", "software", "Library", (("version", '"2"'),)),
    Declared("lib", "software", "Library", ()),
    Said("a", "version", '"7"', "2026-01-01"),
    Said("a", "version", '"8"', "2026-02-01"),
    Said('row["R-2"]', "scanned_on", "2026-10-01"),
    Added("a", "software", ("lib",)),
]
#: Which facts can be said together: what refers to `lib` needs it.
STATES = st.lists(st.sampled_from(FACTS), unique=True, max_size=6)


def state_of(base: Base, facts: list[Fact]) -> Slots:
    named = {each.name: each for each in facts if isinstance(each, Declared)}
    kept = [f for f in facts if not isinstance(f, Declared)] + list(named.values())
    if "lib" not in named:
        kept = [f for f in kept if not isinstance(f, Added) and "[lib]" not in repr(f)]
    return slots(kept, {f.slot: base.own_list(f.target, f.attribute) for f in kept if isinstance(f, Added)})


def said(workspace: Workspace) -> dict[str, object]:
    """Everything that the model says, by name and attribute."""
    found: dict[str, object] = {}
    for entity in workspace.model.entities():
        for name in entity.kind.attributes:
            found[f"{entity.name}.{name}"] = workspace.model.describe(entity.value(name))
    return found


@settings(max_examples=40)
@given(STATES, STATES)
def test_a_difference_leads_from_one_state_to_the_other(
    tmp_path_factory: pytest.TempPathFactory, before: list[Fact], after: list[Fact]
) -> None:
    folder = tmp_path_factory.mktemp("states")
    moving, fresh = opened(folder), opened(folder)
    base = Base(moving.model)
    old, new = state_of(base, before), state_of(base, after)
    for text in whole(old):
        moving.apply(Delta(text))
    for text in whole(new):
        fresh.apply(Delta(text))
    own = {slot: base.own_text(slot) for slot in old.set if slot not in new.set}
    change = difference(old, new, own)
    if change.fresh:
        assert any(slot not in new.set and base.own_text(slot) is None for slot in old.set)
        return
    for text in change.changes:
        moving.apply(Delta(text))
    assert said(moving) == said(fresh)


def test_the_latest_word_on_an_attribute_counts() -> None:
    early, late = Said("a", "version", '"7"', "2026-01-01"), Said("a", "version", '"8"', "2026-02-01")
    assert slots([early, late], {}).set == slots([late, early], {}).set == {"a.version": '"8"'}


def test_what_the_language_cannot_name_is_not_added_to() -> None:
    assert slots([Added("a", "software", ("lib",))], {"a.software": None}).set == {}


def test_a_long_state_is_several_changes() -> None:
    many = {f"v{n}": Declared(f"v{n}", "vulnerability", "x" * 380) for n in range(5_000)}
    texts = whole(Slots(many, {}))
    assert len(texts) > 1
    assert all(len(text) < 1_000_000 for text in texts)
    assert sum(len(text.splitlines()) for text in texts) == 5_000
