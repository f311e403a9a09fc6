"""The smallest witness of a finding: the facts of a lowest proof, and what had to be absent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import Verdict, Witness, Workspace, evaluation

DAY = date(2026, 11, 23)
FRAME = """
relation linked(from: zone, to: zone)
linked(a, b) if some conduit c with c.source = a and c.target = b
linked(a, c) if linked(a, b), linked(b, c)
rule joined "Joined" { severity: high  for zone a, zone b
  where a.wireless, b.isolated, linked(a, b) report a "leads to {b}" }
zone red { wireless: true  isolated: false }
zone mid { wireless: false  isolated: false }
zone blue { wireless: false  isolated: true }
"""
Find = Callable[[str], Witness]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """The witness of the first violation of a text."""

    def run(text: str) -> Witness:
        (tmp_path / "model.panacea").write_text(text)
        workspace = Workspace.open(tmp_path, as_of=DAY, cache=None)
        assert workspace.ok, workspace.diagnostics()
        return workspace.witness(next(f for f in workspace.findings() if f.verdict is Verdict.VIOLATED))

    return run


def texts(witness: Witness) -> list[str]:
    return [each.text for each in witness.leaves]


def test_the_facts_have_places(find: Find) -> None:
    witness = find(FRAME + "conduit red -> blue { }\n")
    assert sorted(texts(witness)) == [
        "blue.isolated = true",
        "red.wireless = true",
        "red_to_blue.source = red",
        "red_to_blue.target = blue",
    ]
    assert all(leaf.span is not None and leaf.span.file == "model.panacea" for leaf in witness.leaves)
    assert witness.facts == witness.leaves


def test_of_two_ways_the_shorter_is_told(find: Find) -> None:
    roundabout = "conduit red -> mid { }\nconduit mid -> blue { }\n"
    far, near = find(FRAME + roundabout), find(FRAME + roundabout + "conduit red -> blue { }\n")
    assert (len(far.facts), len(near.facts)) == (6, 4)
    assert near.height < far.height


def test_of_two_rows_the_one_with_fewer_facts_is_told(find: Find) -> None:
    more = "zone sky { wireless: false  isolated: true }\n"
    witness = find(FRAME + more + "conduit red -> mid { }\nconduit mid -> blue { }\nconduit red -> sky { }\n")
    assert "sky.isolated = true" in texts(witness)
    assert len(witness.facts) == 4


def test_what_is_absent_stands_at_the_condition(find: Find) -> None:
    text = """
    remote_access door { per_request: false }
    rule asked "Asked" { severity: high  for remote_access r require r.per_request report r "is open" }
    """
    (leaf,) = find(text).leaves
    assert (leaf.what, leaf.text) == ("absent", "the model has nothing that meets this condition for door")
    assert leaf.span is not None
    assert text[leaf.span.start : leaf.span.end] == "r.per_request"


def test_every_fact_of_a_witness_is_needed_here(find: Find) -> None:
    """Taking one fact away from a model that has no others leaves no violation."""
    lines = {
        "red.wireless = true": ("wireless: true", "wireless: false"),
        "blue.isolated = true": ("isolated: true", "isolated: false"),
        "red_to_blue.target = blue": ("red -> blue", "red -> mid"),
        "red_to_blue.source = red": ("red -> blue", "mid -> blue"),
    }
    text = FRAME + "conduit red -> blue { }\n"
    assert sorted(lines) == sorted(texts(find(text)))
    for was, other in lines.values():
        with pytest.raises(StopIteration):
            find(text.replace(was, other))


def test_witnesses_share_what_the_verdicts_were_read_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules are not run again for each finding, and a witness that was found is found."""
    other = 'rule aired "Aired" { severity: low  for zone z where z.wireless report z "is on air" }\n'
    (tmp_path / "model.panacea").write_text(FRAME + other + "conduit red -> blue { }\n")
    workspace = Workspace.open(tmp_path, as_of=DAY, cache=None)
    found = [each for each in workspace.findings() if each.verdict is Verdict.VIOLATED]
    assert {each.rule.id for each in found} == {"joined", "aired"}
    monkeypatch.setattr(evaluation, "evaluate", lambda *_, **__: pytest.fail("the rules were run again"))
    assert [sorted(texts(workspace.witness(each))) for each in found if each.rule.id == "aired"] == [
        ["red.wireless = true"]
    ]
    assert all(workspace.witness(each) is workspace.witness(each) for each in found)


def test_a_witness_is_the_same_where_only_its_rule_is_run(tmp_path: Path) -> None:
    (tmp_path / "model.panacea").write_text(FRAME + "conduit red -> blue { }\n")
    whole, alone = (Workspace.open(tmp_path, as_of=DAY, cache=None) for _ in range(2))
    (finding,) = (each for each in whole.findings() if each.verdict is Verdict.VIOLATED)
    assert alone.witness(finding) == whole.witness(finding)


def test_a_fact_of_an_inventory_has_its_row(tmp_path: Path) -> None:
    (tmp_path / "zones.csv").write_text("name,air\nfirst,false\nsecond,true\n")
    text = """
    zone place from inventory("zones.csv") { id: column("name")  wireless: column("air") }
    rule aired "Aired" { severity: low  for zone z where z.wireless report z "is on air" }
    """
    (tmp_path / "model.panacea").write_text(text)
    workspace = Workspace.open(tmp_path, as_of=DAY, cache=None)
    assert workspace.ok, workspace.diagnostics()
    (finding,) = (each for each in workspace.findings() if each.verdict is Verdict.VIOLATED)
    (leaf,) = workspace.witness(finding).leaves
    assert leaf.origin is not None
    assert (leaf.text, leaf.origin.inventory, leaf.origin.row) == (
        'place["second"].wireless = true',
        "zones.csv",
        3,
    )
