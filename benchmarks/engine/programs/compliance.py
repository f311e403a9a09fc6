"""Two hundred requirements' rules without recursion, with negation and aggregates, over a million facts.

Forty requirements of five shapes, five rules each: what a requirement applies to, what meets or breaks it,
and how many breaches each zone has.
"""

from __future__ import annotations

import numpy as np

from benchmarks.engine.problem import Builder, Ints, Problem

RELATIONS = """
relation zone(zone: symbol)
relation kind(asset: symbol, kind: symbol)
relation in_zone(asset: symbol, zone: symbol)
relation attribute(asset: symbol, name: symbol, value: symbol)
relation accepted(name: symbol, value: symbol)
relation flow(flow: symbol, from: symbol, to: symbol, protocol: symbol)
relation clear(protocol: symbol)
relation encrypted(flow: symbol)
relation support_ends(asset: symbol, day: int)
relation patched(asset: symbol, day: int)
relation backup(asset: symbol, to: symbol)
relation account(asset: symbol, account: symbol, level: int)
relation waived(asset: symbol, requirement: symbol)
relation finding(requirement: symbol, subject: symbol)
"""

#: An attribute that must have an accepted value.
ATTRIBUTE = """
relation applies_K(asset: symbol)
relation met_K(asset: symbol)
relation open_K(zone: symbol, number: int)
applies_K(x) if kind(x, 'kind_A'), not waived(x, 'requirement_K')
met_K(x) if applies_K(x), attribute(x, 'name_B', v), accepted('name_B', v)
finding('requirement_K', x) if applies_K(x), not met_K(x)
open_K(z, n) if zone(z), n = count(by z : in_zone(x, z), applies_K(x), not met_K(x))
finding('requirement_K', z) if open_K(z, n), n > 40
"""

#: Flows between zones that are open to be read.
FLOW = """
relation crosses_K(flow: symbol, zone: symbol)
relation broken_K(flow: symbol, zone: symbol)
relation number_K(zone: symbol, number: int)
crosses_K(f, z) if flow(f, x, y, 'protocol_C'), kind(x, 'kind_A'), in_zone(x, z), in_zone(y, w), z != w
broken_K(f, z) if crosses_K(f, z), clear('protocol_C'), not encrypted(f)
finding('requirement_K', f) if broken_K(f, z)
number_K(z, n) if zone(z), n = count(by z : broken_K(f, z))
finding('requirement_K', z) if number_K(z, n), n > 3
"""

#: Support and patches by day.
AGE = """
relation due_K(asset: symbol, days: int)
relation worst_K(zone: symbol, days: int)
due_K(x, d) if kind(x, 'kind_A'), support_ends(x, e), e < 400, d = 400 - e
due_K(x, d) if kind(x, 'kind_A'), patched(x, p), d = 365 - p, d > 90
finding('requirement_K', x) if due_K(x, d), not waived(x, 'requirement_K')
worst_K(z, m) if m = max(d by z : due_K(x, d), in_zone(x, z))
finding('requirement_K', z) if worst_K(z, m), m > 360
"""

#: Copies elsewhere.
COPIES = """
relation elsewhere_K(asset: symbol, to: symbol)
relation copies_K(asset: symbol, number: int)
relation lone_K(asset: symbol)
elsewhere_K(x, b) if kind(x, 'kind_A'), backup(x, b), in_zone(x, z), in_zone(b, w), z != w
copies_K(x, n) if kind(x, 'kind_A'), attribute(x, 'name_B', _), n = count(by x : elsewhere_K(x, b))
lone_K(x) if copies_K(x, n), n < 1
finding('requirement_K', x) if lone_K(x), not waived(x, 'requirement_K')
finding('requirement_K', y) if lone_K(x), flow(f, x, y, 'protocol_C'), not encrypted(f)
"""

#: Rights piled up.
RIGHTS = """
relation rights_K(asset: symbol, sum: int)
relation strong_K(asset: symbol)
relation watched_K(asset: symbol)
rights_K(x, s) if kind(x, 'kind_A'), s = sum(n by x : account(x, a, n))
strong_K(x) if rights_K(x, s), s > 9
watched_K(x) if strong_K(x), attribute(x, 'name_B', v), accepted('name_B', v)
finding('requirement_K', x) if strong_K(x), not watched_K(x)
finding('requirement_K', z) if in_zone(x, z), strong_K(x), not waived(x, 'requirement_K'),
  patched(x, p), p < 60
"""

SHAPES = (ATTRIBUTE, FLOW, AGE, COPIES, RIGHTS)
REQUIREMENTS, KINDS, NAMES, PROTOCOLS = 40, 20, 16, 8


def rules(requirements: int) -> str:
    """Five rules for each requirement."""
    return RELATIONS + "".join(
        SHAPES[number % len(SHAPES)]
        .replace("_K", f"_{number}")
        .replace("_A", f"_{number * 3 % KINDS}")
        .replace("_B", f"_{number % NAMES}")
        .replace("_C", f"_{number % PROTOCOLS}")
        for number in range(requirements)
    )


def make(assets: int = 95_000, requirements: int = REQUIREMENTS) -> Problem:
    """About eleven facts for each asset."""
    build = Builder(8, rules(requirements))
    kinds, names = build.named("kind", KINDS), build.named("name", NAMES)
    protocols = build.named("protocol", PROTOCOLS)
    machines, zones = build.take(assets), build.take(assets // 200)
    build.add("zone", zones)
    build.add("kind", machines, build.pick(kinds, assets))
    build.add("in_zone", machines, build.pick(zones, assets))
    _assets(build, machines, names, requirements)
    _flows(build, machines, protocols)
    return build.problem("compliance", "finding")


def _assets(build: Builder, machines: Ints, names: Ints, requirements: int) -> None:
    pick, some, count, draw = build.pick, build.some, len(machines), build.random.integers
    values = build.take(8)
    build.add("attribute", pick(machines, 4 * count), pick(names, 4 * count), pick(values, 4 * count))
    build.add("accepted", np.repeat(names, 4), np.tile(values[:4], len(names)))
    build.add("support_ends", some(machines, 0.8), draw(0, 3_000, round(0.8 * count)))
    build.add("patched", some(machines, 0.7), draw(0, 365, round(0.7 * count)))
    backed = some(machines, 0.5)
    build.add("backup", backed, build.near(backed - machines[0], machines, 500))
    build.add("account", pick(machines, count), build.take(count), draw(1, 10, count))
    wanted = build.named("requirement", requirements)
    build.add("waived", pick(machines, count // 20), pick(wanted, count // 20))


def _flows(build: Builder, machines: Ints, protocols: Ints) -> None:
    count = round(1.2 * len(machines))
    flows = build.take(count)
    build.add(
        "flow", flows, build.pick(machines, count), build.pick(machines, count), build.pick(protocols, count)
    )
    build.add("clear", protocols[: len(protocols) // 2])
    build.add("encrypted", build.some(flows, 0.6))
