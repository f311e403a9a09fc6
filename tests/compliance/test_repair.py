"""The smallest repair of a finding: applied, it mends what it says, and none smaller was overlooked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Delta, DeltaError, Finding, Verdict, Workspace
from panacea_policy.compliance.repair import Repair, Repairer, needed
from panacea_policy.compliance.writing import text_of

DAY = date(2026, 11, 23)
Open = Callable[..., Workspace]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """A sound workspace of a text."""

    def run(text: str) -> Workspace:
        (tmp_path / "model.panacea").write_text(text)
        workspace = Workspace.open(tmp_path, as_of=DAY, cache=None)
        assert [d.message for d in workspace.diagnostics() if d.severity.value == "error"] == []
        return workspace

    return run


def violated(workspace: Workspace) -> list[Finding]:
    return [each for each in workspace.findings() if each.verdict is Verdict.VIOLATED]


def best(workspace: Workspace, number: int = 0) -> Repair:
    return Repairer(workspace).repairs(violated(workspace)[number]).repairs[0]


def after(workspace: Workspace, repair: Repair) -> set[str]:
    """Fingerprints of the violations after a repair was made for good."""
    workspace.apply(Delta(repair.text))
    return {each.fingerprint for each in violated(workspace)}


FLAG = """
zone red { wireless: true  denial_protection: false }
zone green { wireless: false  denial_protection: true }
rule guarded "Not guarded" { severity: high  for zone z require z.denial_protection report z "is open" }
"""


def test_a_flag_is_flipped(opened: Open) -> None:
    workspace = opened(FLAG)
    repair = best(workspace)
    assert repair.lines == ("set red.denial_protection: true",)
    assert (repair.smallest, repair.idle, len(repair.mends), repair.brings) == (True, False, 1, ())
    before = [finding.fingerprint for finding in violated(workspace)]
    assert after(workspace, repair) == set()
    assert before


def test_looking_for_repairs_leaves_the_model_as_it_is(opened: Open) -> None:
    workspace = opened(FLAG)
    before = [(f.fingerprint, f.verdict, f.message) for f in workspace.findings()]
    repairer = Repairer(workspace)
    first = repairer.repairs(violated(workspace)[0])
    assert [(f.fingerprint, f.verdict, f.message) for f in workspace.findings()] == before
    again = Repairer(workspace).repairs(violated(workspace)[0])
    assert [r.lines for r in first.repairs] == [r.lines for r in again.repairs]
    assert first.tried == again.tried


def test_what_a_thing_is_is_never_changed(opened: Open) -> None:
    text = """
    data_class note { sensitivity: secret }
    zone red { }
    system store in red { stores: [note] }
    rule open_zone "Open" { severity: high
      for system s, data_class d in s.stores
      where d.sensitivity = secret report s "keeps {d}" }
    """
    repair = best(opened(text))
    assert repair.lines == ("set store.stores: []",)


def test_two_edits_each_of_which_is_needed(opened: Open) -> None:
    text = """
    remote_access door { per_request: false  always_on: true  recorded: true }
    rule asked "Asked" { severity: high  for remote_access r
      require r.per_request, not r.always_on report r "is open" }
    """
    workspace = opened(text)
    repair = best(workspace)
    assert set(repair.lines) == {"set door.per_request: true", "set door.always_on: false"}
    assert after(workspace, repair) == set()


def test_many_edits_are_borrowed_from_one_for_whom_the_rule_is_met(opened: Open) -> None:
    text = """
    role boss { }
    account good { shared: true  shared_approved_by: boss  shared_reason: "Ward"  logged: true }
    account poor { shared: true  shared_approved_by: none  shared_reason: none  logged: false }
    rule shared "Shared" { severity: high  for account a applies when a.shared
      require a.shared_approved_by != none, a.shared_reason != none, a.logged report a "is shared" }
    """
    workspace = opened(text)
    repair = best(workspace)
    assert set(repair.lines) == {
        "set poor.shared_approved_by: boss",
        'set poor.shared_reason: "to be written"',
        "set poor.logged: true",
    }
    assert after(workspace, repair) == set()


def test_a_declaration_is_made_after_another_one_without_what_is_not_asked_for(opened: Open) -> None:
    text = """
    system ehr { backup nightly { rto: 4 h  rpo: 1 h  offsite: true } }
    system lis { }
    rule saved "Not saved" { severity: high  for system s
      require some backup b with b.of = s and b.rto <= 8 h report s "is not saved" }
    """
    workspace = opened(text)
    repair = best(workspace)
    assert repair.lines == ("backup lis_backup { of: lis  rto: 4 h }",)
    assert after(workspace, repair) == set()


def test_what_brings_other_violations_comes_last_and_says_so(opened: Open) -> None:
    text = """
    remote_access door { per_request: false  always_on: false }
    rule asked "Asked" { severity: high  for remote_access r require r.per_request report r "is open" }
    rule never "Never" { severity: high  for remote_access r where r.per_request report r "is asked for" }
    """
    repair = best(opened(text))
    assert repair.lines == ("set door.per_request: true",)
    assert [each.rule.id for each in repair.brings] == ["never"]


def test_what_mends_more_comes_first(opened: Open) -> None:
    text = """
    security_profile good { encrypts: true }
    zone a { }
    system one in a { }
    system two in a { }
    flow f : one -> two { security: none  encrypted: false }
    flow other : two -> one { security: good  encrypted: true }
    rule clear "Clear" { severity: high  for flow f
      require f.encrypted or f.security.encrypts report f "is clear" }
    rule bare "Bare" { severity: high  for flow f require f.security.encrypts report f "is bare" }
    """
    workspace = opened(text)
    joint = Repairer(workspace).joint(violated(workspace))
    assert joint.repair is not None
    assert joint.repair.lines == ("set f.security: good",)
    assert (len(joint.repair.mends), joint.left) == (2, ())


def test_where_nothing_is_enough_it_says_how_much_was_tried(opened: Open) -> None:
    text = """
    organisation us { country: IE }
    rule abroad "Abroad" { severity: high  for organisation o require o.country = DE report o "is here" }
    """
    workspace = opened(text)
    found = Repairer(workspace).repairs(violated(workspace)[0])
    assert (found.repairs, found.tried) == ((), 0)


def test_shrinking_leaves_only_what_is_needed() -> None:
    wanted = {3, 7, 8}
    assert set(needed(tuple(range(20)), lambda part: wanted <= set(part))) == wanted
    assert needed((1, 2, 3), lambda part: True) == ()


FLAGS = ("per_request", "always_on", "recorded", "supervised")


@st.composite
def models(draw: st.DrawFn) -> str:
    """Accesses with flags and a jump host, and a rule that asks for some of them in one of its ways."""
    lines = ["role boss { }", "system hop { }", "system stone { }"]
    for name in ("one", "two", "three")[: draw(st.integers(1, 3))]:
        said = [
            f"{flag}: {draw(st.sampled_from(['true', 'false']))}" for flag in FLAGS if draw(st.integers(0, 5))
        ]
        said += [draw(st.sampled_from(["", "jump_host: hop", "jump_host: none", "longest: 9 h"]))]
        lines.append(f"remote_access {name} {{ {'  '.join(said)} }}")
    conditions = st.sampled_from(
        [
            *(f"r.{flag}" for flag in FLAGS),
            *(f"not r.{flag}" for flag in FLAGS),
            *(
                "r.jump_host != none",
                "r.longest <= 4 h",
                "(r.recorded or r.supervised)",
                "r.jump_host = stone",
            ),
        ]
    )
    required = ", ".join(draw(st.lists(conditions, min_size=1, max_size=3)))
    applies = f"applies when {draw(conditions)}" if draw(st.booleans()) else ""
    lines.append(
        f'rule asked "Asked" {{ severity: high  for remote_access r {applies} require {required} '
        'report r "is open" }'
    )
    lines.append(
        f'rule also "Also" {{ severity: low  for remote_access r where {draw(conditions)} report r "is so" }}'
    )
    return "\n".join(lines) + "\n"


@settings(derandomize=True, deadline=None, max_examples=40)
@given(models())
def test_repairs_do_what_they_say_and_no_single_edit_is_overlooked(text: str) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "model.panacea").write_text(text)
        workspace = Workspace.open(folder, as_of=DAY, cache=None)
        assert workspace.ok
        repairer = Repairer(workspace)
        for finding in violated(workspace):
            found = repairer.repairs(finding)
            for repair in found.repairs:
                fresh = Workspace.open(folder, as_of=DAY, cache=None)
                before = {each.fingerprint for each in violated(fresh)}
                applied = fresh.apply(Delta(repair.text))
                now = {each.fingerprint for each in violated(fresh)}
                still = {each.fingerprint for each in fresh.findings()}
                assert finding.fingerprint not in still
                assert {each.fingerprint for each in repair.mends} == before - still
                assert {each.fingerprint for each in repair.brings} == now - before
                assert applied.gone
            singles = [each for each in repairer.space_of(finding) if gone_after(folder, each.text, finding)]
            if singles:
                assert min(len(repair.edits) for repair in found.repairs) == 1 or not any(
                    met_after(folder, each.text, finding) for each in singles
                )
                assert found.repairs
            for repair in found.repairs:
                for left_out in range(len(repair.edits) if len(repair.edits) > 1 else 0):
                    rest = (*repair.edits[:left_out], *repair.edits[left_out + 1 :])
                    assert not met_after(folder, text_of(rest), finding)


def gone_after(folder: str, text: str, finding: Finding) -> bool:
    """Whether a change mends a finding, found out by making it in a workspace of its own."""
    fresh = Workspace.open(folder, as_of=DAY, cache=None)
    try:
        fresh.apply(Delta(text))
    except DeltaError:
        return False
    return finding.fingerprint not in {each.fingerprint for each in fresh.findings()}


def met_after(folder: str, text: str, finding: Finding) -> bool:
    """Whether the rule then is met, rather than no longer applying."""
    fresh = Workspace.open(folder, as_of=DAY, cache=None)
    try:
        fresh.apply(Delta(text))
    except DeltaError:
        return False
    names = tuple(each.name for each in finding.subjects)
    return any(t.rule.id == finding.rule.id and names in t.met for t in fresh.tallies())
