"""Sequences of changes of models with inventories: what is kept up to date equals what is built anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import (
    Delta,
    DeltaError,
    Finding,
    Workspace,
    WorkspaceError,
    extents,
    judge,
)
from panacea_policy.compiler.entities import UNKNOWN, Entity, Formula, Reference
from panacea_policy.compiler.removal import Mentions, mentions, remove, without

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 11, 28)
ROWS = "tag,ward,model,end\n" + "".join(
    f"A{n},{'wards' if n % 3 else 'theatre'},{'old' if n % 4 else 'new'},{2024 + n % 5}-01-01\n"
    for n in range(9)
)
MODEL = """
zone wards "Wards" { trust: 3 }
zone theatre "Theatre" { trust: 3 }
zone servers "Servers" { trust: 4 }
site main_site
role manager "Manager"
template device old { networked: true  owner: manager }
template device new { networked: true  zone: theatre }
template device watched : old { support_end: 2025-01-01 }
table places { "wards": wards  "theatre": theatre }
table models { "old": old  "new": new }
device pump from inventory("pumps.csv") {
  id: column("tag")  zone: lookup(places, column("ward"))  template: lookup(models, column("model"))
  support_end: column("end")
}
device monitor : watched in wards
system ehr "Patient record" in servers { owner: manager }
system desk in servers
security_profile tls { encrypts: true }
flow pump_flow: pump["A1"] -> ehr { security: tls }
flow second_flow: pump["A2"] -> ehr
flow desk_flow: desk -> ehr
process care { needs: ehr or desk }

relation near(device, device)
near(a, b) if a.zone = b.zone, a != b
relation leads(flow, asset, asset)
leads(f, a, b) if f.source = a, f.target = b
relation reaches(asset, asset)
reaches(a, b) if leads(f, a, b)
reaches(a, c) if reaches(a, b), reaches(b, c)

rule supported "Out of support" {
  severity: high
  for device d
  applies when d.networked = true
  require d.support_end > 2026-11-28
  report d "{d} in {d.zone} ended {d.support_end}"
}
rule owned "Without owner" {
  severity: medium
  for asset a
  require a.owner != none
  report a "{a} in {a.zone} has no owner"
}
rule pairs "Two of one owner" {
  severity: low
  for device a, device b
  applies when near(a, b)
  where a.owner = b.owner, a.support_end < b.support_end
  report a, b "{a} and {b}"
}
rule reached "Reached" {
  severity: low
  for asset a, asset b
  where reaches(b, a), b.zone.trust < a.zone.trust
  report a "{b} in {b.zone}"
}
rule crowded "Many devices" {
  severity: info
  for zone z
  where (count of device d with d.zone = z) > 4
  report z "has many"
}
rule low "Little trust" {
  severity: info
  for zone z
  where 1 / z.trust > 0.4
  report z "low"
}
rule encrypted "In clear" {
  severity: critical
  for flow f
  require f.security.encrypts = true
  report f "{f}"
}
"""
ENTRIES = (
    'set pump.networked["A1"]: false',
    'set pump.networked["A1"]: true',
    'set pump.zone["A2"]: wards',
    'set pump.zone["A2"]: servers',
    'set pump.support_end["A3"]: 2030-01-01',
    'set pump.support_end["A3"]: none',
    'set pump.owner["A4"]: none',
    'set pump.owner["A4"]: manager',
    "set wards.trust: 5",
    "set desk.owner: manager",
    "set second_flow.security: tls",
    "set care.needs: ehr and desk",
    'remove pump["A1"]',
    'remove pump["A2"]',
    'remove pump["A5"]',
    "remove pump",
    "remove monitor",
    "remove theatre",
    "remove manager",
    "remove ehr",
    "remove tls",
    "device extra : old in wards",
    "device extra in theatre { networked: true }",
    'flow third_flow: pump["A3"] -> desk { security: tls }',
    "flow pump_flow: desk -> ehr { security: tls }",
    "zone theatre { trust: 1 }",
    # Refused, for one over it does not exist; what has been carried through by then is taken back.
    "set theatre.trust: 0",
    "set wards.trust: 0",
    "role manager",
    'waive supported on monitor until 2027-01-01 because "known" by manager',
    'waive supported on pump["A1"] until 2027-01-01 because "known" by manager',
    'waive owned on desk until 2020-01-01 because "over" by manager',
)
RULES = (
    "near(a, b) if a.owner = b.owner, a != b",
    'rule lone "Lone" { severity: low for device d where not near(d, d) report d "{d}" }',
    'rule odd "Odd" { severity: low for device d where 1 / (d.zone.trust - 4) > 0.4 report d "{d}" }',
)
DELTAS = st.builds(
    Delta,
    st.lists(st.sampled_from(ENTRIES), max_size=3, unique=True).map("\n".join),
    st.sampled_from(["", "", "", "", *RULES]),
    st.sampled_from([(), (), (), (), ("owned",), ("lone",)]),
)


def opened(folder: Path) -> Workspace:
    (folder / "model.panacea").write_text(MODEL)
    (folder / "pumps.csv").write_text(ROWS)
    workspace = Workspace.open(folder, as_of=DAY, cache=None)
    assert workspace.ok, workspace.diagnostics()
    return workspace


def afresh(workspace: Workspace) -> Workspace:
    """The same model with the same changes, built in full."""
    fresh = Workspace.open(workspace.root, as_of=DAY, cache=None)
    fresh._deltas = list(workspace._deltas)
    return fresh


def said(workspace: Workspace) -> list[object]:
    """Findings with all that they tell, but for the order of witnesses and questions, which is that in which
    names were first met.
    """
    return [told(each) for each in workspace.findings()]


def told(finding: Finding) -> object:
    witnesses = finding.witnesses
    return (
        finding.rule.id,
        finding.verdict.value,
        tuple(each.name for each in finding.subjects),
        # Of more than are listed, others may be.
        sorted(witnesses) if len(witnesses) < judge.MAX_WITNESSES else len(witnesses),
        sorted(question.text for question in finding.questions),
        finding.origin,
        finding.waiver.name if finding.waiver is not None else None,
    )


def tallies(workspace: Workspace) -> list[object]:
    return [
        (tally.rule, {verdict.value: count for verdict, count in tally.counts.items()}, sorted(tally.met))
        for tally in workspace.tallies()
    ]


def extents_of(workspace: Workspace) -> dict[str, list[str]]:
    kinds = workspace.registry.kinds
    found = {kind: [each.name for each in workspace.model.entities(kind)] for kind in kinds}
    assert all(workspace.model.count(kind) == len(names) for kind, names in found.items())
    return found


def values(workspace: Workspace) -> dict[str, dict[str, object]]:
    return {
        entity.name: {name: entity.value(name) for name in entity.kind.attributes}
        for entity in workspace.model.entities()
    }


def agree(workspace: Workspace, fresh: Workspace) -> None:
    """Holds two workspaces to give the same."""
    assert [each.name for each in workspace.model.entities()] == [e.name for e in fresh.model.entities()]
    assert values(workspace) == values(fresh)
    assert extents_of(workspace) == extents_of(fresh)
    assert said(workspace) == said(fresh)
    assert tallies(workspace) == tallies(fresh)
    assert len(workspace.query("device d").rows) == len(fresh.query("device d").rows)


@contextmanager
def few_kept_apart() -> Iterator[None]:
    """Plain collections and full readings are made after a handful of differences already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extents, "_FEW", 3)
        patch.setattr(judge, "_FEW", 1)
        patch.setattr(judge, "_FEW_QUESTIONS", 2)
        yield


def follow(workspace: Workspace, deltas: list[Delta], quiet: bool) -> None:
    """Makes changes, and holds each to what a fresh workspace says.

    ``quiet``: nothing is asked in between but what has come and gone.
    """
    fresh = afresh(workspace)
    if not quiet:
        agree(workspace, fresh)
    for delta in deltas:
        before, then = said(fresh), {(each.fingerprint, each.verdict): each for each in fresh.findings()}
        listed, counts = workspace.findings(), workspace.tallies()
        met = [sorted(each.met) for each in fresh.tallies()]
        try:
            applied = workspace.apply(delta)
        except (DeltaError, WorkspaceError):
            agree(workspace, afresh(workspace))
            continue
        fresh = afresh(workspace)
        now = {(each.fingerprint, each.verdict): each for each in fresh.findings()}
        assert [(f.fingerprint, f.verdict) for f in applied.appeared] == [
            key for key in now if key not in then
        ]
        gone = {key: each for key, each in then.items() if key not in now}
        assert [(f.fingerprint, f.verdict) for f in applied.gone] == list(gone)
        # What is gone tells what held then, whether that had been asked before or not.
        assert [told(each) for each in applied.gone] == [told(each) for each in gone.values()]
        if not quiet:
            agree(workspace, fresh)
            # What has been told once stays as it was told.
            assert [told(each) for each in listed] == before
        assert [sorted(each.met) for each in counts] == met
    agree(workspace, fresh)


SEQUENCES = st.lists(DELTAS, min_size=1, max_size=5)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(SEQUENCES, st.booleans())
def test_sequences_of_changes_equal_fresh_runs(
    tmp_path_factory: pytest.TempPathFactory, deltas: list[Delta], quiet: bool
) -> None:
    follow(opened(tmp_path_factory.mktemp("model")), deltas, quiet)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(SEQUENCES, st.booleans(), st.booleans())
def test_many_sequences_of_changes_equal_fresh_runs(
    tmp_path_factory: pytest.TempPathFactory, deltas: list[Delta], quiet: bool, early: bool
) -> None:
    with few_kept_apart() if early else nullcontext():
        follow(opened(tmp_path_factory.mktemp("model")), deltas, quiet)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(SEQUENCES)
def test_the_same_with_collections_made_plain_early(
    tmp_path_factory: pytest.TempPathFactory, deltas: list[Delta]
) -> None:
    with few_kept_apart():
        follow(opened(tmp_path_factory.mktemp("model")), deltas, quiet=True)


@pytest.mark.slow
def test_changes_of_the_reference_hospital_equal_fresh_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "models/riverside", tmp_path / "riverside")
    workspace = Workspace.open(tmp_path / "riverside", as_of=DAY)
    deltas = [
        Delta("set pacs.owner: none\nset ehr.interactive: false"),
        Delta("remove pacs"),
        Delta("set wards.trust: 1\nremove lis"),
    ]
    for delta in deltas:
        workspace.apply(delta)
        fresh = afresh(workspace)
        assert said(workspace) == said(fresh)
        assert tallies(workspace) == tallies(fresh)


def goes_by_hand(names: set[str], entities: dict[str, Entity]) -> set[str]:
    """What goes with some declarations, found by looking at all of them again and again."""

    def goes(entity: Entity, gone: set[str]) -> bool:
        ends = [*(entity.kind.arrow or ()), *((entity.kind.owner,) if entity.kind.owner else ())]
        return (
            entity.name in gone
            or entity.name.partition("[")[0] in gone
            or (entity.owner is not None and entity.owner.name in gone)
            or any((value := entity.value(end)) is not UNKNOWN and mentions(value, gone) for end in ends)
        )

    gone = set(names)
    while more := {name for name, each in entities.items() if name not in gone and goes(each, gone)}:
        gone |= more
    return gone & entities.keys()


@cache
def reference() -> Workspace:
    """The reference hospital, which no test changes."""
    return Workspace.open(ROOT / "models/riverside", as_of=DAY)


@cache
def spoken() -> list[tuple[Entity, str, object]]:
    """Of each declaration of it the values that refer to others."""
    return [
        (entity, name, value)
        for entity in reference().model.entities()
        for name in entity.kind.attributes
        if isinstance(value := entity.value(name), Reference | tuple | Formula)
    ]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.data())
def test_what_speaks_of_what_goes_is_found_without_looking_at_all(data: st.DataObject) -> None:
    entities = {each.name: each for each in reference().model.entities()}
    names = data.draw(st.sets(st.sampled_from([*entities, "infusion_pump", "ward_monitor"]), max_size=3))
    removal = remove(names, entities, {}, (), Mentions(entities))
    gone = goes_by_hand(names, entities)
    assert removal.gone == gone
    assert removal.changed.keys() <= {each.name for each, _, value in spoken() if mentions(value, gone)}
    for entity, attribute, value in spoken():
        if entity.name not in gone:
            now = removal.changed.get(entity.name, entity)
            assert now.value(attribute) == without(value, gone)
