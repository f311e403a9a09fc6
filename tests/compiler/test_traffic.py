"""The parts into which filters cut addresses and ports, what lacks either, and changes of a model."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.compiler import Delta, Workspace
from panacea_policy.compiler.traffic import Cutting, Span
from tests.compiler.workspaces import good_model, named

numbers = st.integers(0, 40)
ranges = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
spans = st.lists(ranges, min_size=1, max_size=3).map(lambda found: Span(tuple(found)))


@given(st.lists(spans, max_size=5), st.lists(ranges, min_size=1, max_size=3))
def test_parts_stand_for_all_numbers(named_spans: list[Span], asked: list[tuple[int, int]]) -> None:
    """Each way in which a number of the ranges is covered has one part, all of it covered so."""
    cutting = Cutting(named_spans, [(0, 63)])

    def covered(number: int) -> tuple[bool, ...]:
        return tuple(span.covers(number) for span in named_spans)

    parts = list(cutting.parts(asked))
    wanted = {covered(number) for low, high in asked for number in range(low, high + 1)}
    assert [*map(covered, (first for first, _ in parts))] == list(
        dict.fromkeys(covered(first) for first, _ in parts)
    )
    assert {covered(first) for first, _ in parts} == wanted
    for first, last in parts:
        assert {covered(number) for number in range(first, last + 1)} == {covered(first)}


NETWORK = """
use std.healthcare, packs.attack
zone a { addresses: [10.0.1.0/24] }
zone b { addresses: [10.0.2.0/24, "fd00:2::/64"] }
protocol odd {}
system low in b { addresses: [10.0.2.7]  hostname: "low.clinic.example"  endpoint e { protocol: https } }
system high in b { addresses: [10.0.2.200]  endpoint e { protocol: https } }
system six in b { addresses: ["fd00:2::9"]  endpoint e { protocol: https } }
system nowhere in b { endpoint e { protocol: https }  endpoint f { protocol: odd } }
firewall wall { joins: [a, b]  default_action: deny
  %s
}
"""


def reached(workspace: Workspace, what: str = "reaches(a, h, p)") -> set[str]:
    rows = workspace.query(f"asset h, protocol p where {what}").rows
    return {str(named(row[0])) for row in rows}


@pytest.mark.parametrize(
    ("filters", "hosts"),
    [
        ("", set()),
        ("filter f: a -> b { position: 1  action: allow }", {"low", "high", "six", "nowhere"}),
        (
            "filter f: a -> b { position: 1  action: allow  target_addresses: [10.0.2.0/25] }",
            {"low"},
        ),
        (
            'filter f: a -> b { position: 1  action: allow  target_addresses: ["fd00:2::8/125"] }',
            {"six"},
        ),
        (
            'filter f: a -> b { position: 1  action: allow  target_addresses: ["LOW.clinic.example"] }',
            {"low"},
        ),
        # All of the zone's addresses, whichever of them a host has.
        (
            'filter f: a -> b { position: 1  action: allow  target_addresses: [10.0.0.0/16, "fd00::/16"] }',
            {"low", "high", "six", "nowhere"},
        ),
        (
            "filter f: a -> b { position: 1  action: allow  ports: [80, 400..500] }",
            {"low", "high", "six", "nowhere"},
        ),
        ("filter f: a -> b over https { position: 1  action: allow  ports: 80 }", set()),
        (
            "filter f: a -> b { position: 1  action: deny  target_addresses: [10.0.2.0/25] }\n"
            "  filter g: a -> b { position: 2  action: allow }",
            {"high", "six"},
        ),
    ],
)
def test_who_is_certainly_reached(tmp_path: Path, filters: str, hosts: set[str]) -> None:
    assert reached(good_model(tmp_path, NETWORK % filters)) == hosts


CHANGES = [
    "system late in b { addresses: [10.0.2.8]  endpoint e { protocol: https } }",
    "set low.addresses: [10.0.2.201]",
    "set wall.f.target_addresses: [10.0.2.128/25]",
    "set wall.f.ports: 80",
    "set wall.f.action: deny",
    "set high.e.ports: 8443",
    "remove wall.f",
    "set b.addresses: [10.0.2.0/25]",
    "zone inner in b { addresses: [10.0.2.64/26] }  system deep in inner { endpoint e { protocol: https } }",
    "set std.https.ports: 80",
]


FILTERS = [
    "filter f: a -> b { position: 1  action: allow  target_addresses: [10.0.2.0/25] }",
    "filter f: a -> b { position: 1  action: allow }",
]
RULE = 'rule seen { severity: low  for asset h, zone z where reaches(z, h, std.https) report h "from {z}" }'


def told(workspace: Workspace) -> list[tuple[str, str]]:
    return [(str(each.verdict), each.message + each.subjects[0].name) for each in workspace.findings()]


@pytest.mark.slow
@pytest.mark.parametrize("filters", FILTERS)
def test_changes_give_what_a_fresh_run_gives(tmp_path: Path, filters: str) -> None:
    scenarios = "\n".join(f"scenario s{number} {{ {change} }}" for number, change in enumerate(CHANGES))
    fresh = good_model(tmp_path / "fresh", f"{NETWORK % filters}{RULE}\n{scenarios}")
    seen = set()
    for number, change in enumerate(CHANGES):
        live = good_model(tmp_path / f"live{number}", NETWORK % filters + RULE)
        live.findings()
        live.apply(Delta(change))
        assert told(live) == told(fresh.with_scenario(f"s{number}")), change
        seen.add(str(told(live)))
    assert len(seen) > 4
