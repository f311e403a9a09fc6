"""Many small rules over few facts: rules of five shapes, and as many that gather what they find."""

from __future__ import annotations

import numpy as np

from benchmarks.engine.problem import Builder, Problem

RULES = """
relation kind(asset: symbol, kind: symbol)
relation zone(asset: symbol, zone: symbol)
relation flow(from: symbol, to: symbol, protocol: symbol)
relation attribute(asset: symbol, name: symbol, value: symbol)
relation score(asset: symbol, score: int)
relation above(asset: symbol, zone: symbol)
relation finding(rule: symbol, asset: symbol)
above(x, y) if zone(x, y)
above(x, z) if above(x, y), zone(y, z)
"""

SHAPES = (
    "kind(x, 'kind_K'), attribute(x, 'name_A', y), y != 'value_5'",
    "flow(x, y, 'protocol_P'), zone(x, z), zone(y, w), z != w, not attribute(x, 'name_A', _)",
    "kind(x, 'kind_K'), score(x, n), n > 500, flow(x, _, _)",
    "kind(x, 'kind_K'), n = count(by x : flow(x, z, w)), n > COUNT",
    "found_BEFORE(x), above(x, z), zone(y, z)",
)
KINDS, NAMES, VALUES, PROTOCOLS = 40, 30, 10, 10


def rules(pairs: int) -> str:
    """So many rules and as many that gather."""
    lines = [RULES]
    for number in range(pairs):
        body = (
            SHAPES[number % len(SHAPES)]
            .replace("_K", f"_{number % KINDS}")
            .replace("_A", f"_{number % NAMES}")
            .replace("_P", f"_{number % PROTOCOLS}")
            .replace("COUNT", str(number % 4))
            .replace("BEFORE", str(max(number - 1, 0)))
        )
        lines.append(f"relation found_{number}(asset: symbol)")
        lines.append(f"found_{number}(x) if {body}")
        lines.append(f"finding('rule_{number}', x) if found_{number}(x)")
    return "\n".join(lines)


def make(pairs: int = 500, assets: int = 2_000) -> Problem:
    """Five facts and a half for each asset."""
    build = Builder(0, rules(pairs))
    pick = build.pick
    kinds, names = build.named("kind", KINDS), build.named("name", NAMES)
    values, protocols = build.named("value", VALUES), build.named("protocol", PROTOCOLS)
    machines, zones, areas = build.take(assets), build.take(assets // 20), build.take(10)
    build.add("kind", machines, pick(kinds, assets))
    build.add(
        "zone",
        np.concatenate([machines, zones]),
        np.concatenate([pick(zones, assets), pick(areas, len(zones))]),
    )
    often = round(1.5 * assets)
    build.add("flow", pick(machines, often), pick(machines, often), pick(protocols, often))
    build.add("attribute", pick(machines, often), pick(names, often), pick(values, often))
    build.add("score", machines[: assets // 2], build.random.integers(0, 1_000, assets // 2))
    return build.problem(f"rules_{2 * pairs}", "finding")
