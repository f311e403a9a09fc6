"""The problems by name, at full size and at a quick one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.engine.problem import Problem
from benchmarks.engine.programs import (
    attack,
    closure,
    compliance,
    firewall,
    many_rules,
    points_to,
    policy,
    same_generation,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is measured, in words, and how to make it."""

    title: str
    full: Callable[[], Problem]
    quick: Callable[[], Problem]


PROBLEMS: dict[str, Entry] = {
    "closure_random": Entry(
        "transitive closure, random: 1,500 nodes, 6,000 edges",
        closure.random,
        partial(closure.random, 300, 1_200),
    ),
    "closure_chain": Entry("transitive closure, chain of 1,000", closure.chain, partial(closure.chain, 100)),
    "closure_layered": Entry(
        "transitive closure, 40 layers of 100, fan-out 3",
        closure.layered,
        partial(closure.layered, 10, 40, 3),
    ),
    "same_generation": Entry(
        "same generation, 12 layers of 250",
        same_generation.make,
        partial(same_generation.make, 6, 60),
    ),
    "points_to": Entry(
        "Andersen's points-to, 40,000 variables", points_to.make, partial(points_to.make, 2_000)
    ),
    "firewall": Entry(
        "reachability by zones and ordered firewall rules",
        firewall.make,
        partial(firewall.make, 12, 6, 5, 200),
    ),
    "attack_1000": Entry("attack graph, 1,000 hosts", partial(attack.make, 1_000), partial(attack.make, 300)),
    "attack_10000": Entry(
        "attack graph, 10,000 hosts", partial(attack.make, 10_000), partial(attack.make, 1_000)
    ),
    "attack_100000": Entry(
        "attack graph, 100,000 hosts", partial(attack.make, 100_000), partial(attack.make, 3_000)
    ),
    "compliance": Entry(
        "compliance, 200 rules with negation and aggregates",
        compliance.make,
        partial(compliance.make, 3_000),
    ),
    "policy": Entry("policy, 853 rules", policy.make, partial(policy.make, 5, 300, 600)),
    "rules_200": Entry(
        "small input: 200 rules on 5,000 facts",
        partial(many_rules.make, 100, 900),
        partial(many_rules.make, 100, 900),
    ),
    "rules_1000": Entry(
        "many small rules: 1,000 rules on 11,000 facts",
        many_rules.make,
        partial(many_rules.make, 200, 900),
    ),
}
