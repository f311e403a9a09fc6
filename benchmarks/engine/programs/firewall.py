"""Network reachability by zones and ordered firewall rules: the first rule that fits a flow decides on it.

A flow is admitted when every firewall on some way of it does so; rules are written for groups of zones and of
services, and the last of each firewall refuses the rest.
"""

from __future__ import annotations

import numpy as np

from benchmarks.engine.problem import Builder, Ints, Problem

RULES = """
relation link(zone: symbol, firewall: symbol, to: symbol)
relation rule(firewall: symbol, number: int, from: symbol, to: symbol, service: symbol)
relation action(firewall: symbol, number: int, action: symbol)
relation in_group(zone: symbol, group: symbol)
relation of_kind(service: symbol, kind: symbol)
relation in_zone(host: symbol, zone: symbol)
relation serves(host: symbol, service: symbol)
relation restricted(host: symbol)

relation offered(zone: symbol, service: symbol)
relation fits(firewall: symbol, from: symbol, to: symbol, service: symbol, number: int)
relation first(firewall: symbol, from: symbol, to: symbol, service: symbol, number: int)
relation admits(firewall: symbol, from: symbol, to: symbol, service: symbol)
relation arrives(from: symbol, to: symbol, service: symbol, at: symbol)
relation passes(from: symbol, to: symbol, service: symbol)
relation reaches(host: symbol, to: symbol, service: symbol)
relation exposure(host: symbol, number: int)

offered(z, s) if in_zone(h, z), serves(h, s)
fits(f, x, y, s, n) if rule(f, n, g, i, k), in_group(x, g), in_group(y, i), of_kind(s, k), offered(y, s)
first(f, x, y, s, m) if m = min(n by f, x, y, s : fits(f, x, y, s, n))
admits(f, x, y, s) if first(f, x, y, s, m), action(f, m, 'allow')
arrives(x, y, s, d) if link(x, f, d), admits(f, x, y, s)
arrives(x, y, s, d) if arrives(x, y, s, c), c != y, link(c, f, d), admits(f, x, y, s)
passes(x, y, s) if arrives(x, y, s, y)
reaches(h, i, s) if passes(x, y, s), in_zone(h, x), in_zone(i, y), serves(i, s), not restricted(h)
exposure(i, n) if serves(i, _), n = count(by i : reaches(h, i, s))
"""


def make(zones: int = 40, firewalls: int = 20, services: int = 10, hosts: int = 2_000) -> Problem:
    build = Builder(6, RULES)
    places, walls, offers = build.take(zones), build.take(firewalls), build.take(services)
    machines = build.take(hosts)
    _rules(build, places, walls, offers)
    build.add("in_zone", machines, build.pick(places, hosts))
    serving = np.sort(build.pick(machines, hosts // 4))
    build.add("serves", serving, build.pick(offers, len(serving)))
    build.add("restricted", build.some(machines, 0.3))
    return build.problem("firewall", "reaches", "passes", "exposure")


def _rules(build: Builder, places: Ints, walls: Ints, offers: Ints) -> None:
    """Links, groups of zones and services, and thirty rules a firewall, the last for everything."""
    pick, draw = build.pick, build.random.integers
    ends = np.concatenate([places, pick(places, 2 * len(walls))])
    beside = np.concatenate([walls[np.arange(len(places)) % len(walls)], np.repeat(walls, 2)])
    met = [ends[beside == wall] for wall in walls]
    crossed = [
        (x, wall, y) for wall, sides in zip(walls, met, strict=True) for x in sides for y in sides if x != y
    ]
    build.add("link", *np.array(crossed, np.int64).T)
    groups, kinds = build.take(len(places) // 3 + 2), build.take(len(offers) // 2 + 2)
    everywhere, everything = groups[:1], kinds[:1]
    build.add(
        "in_group",
        np.concatenate([places, pick(places, 2 * len(places))]),
        np.concatenate([np.repeat(everywhere, len(places)), pick(groups[1:], 2 * len(places))]),
    )
    build.add(
        "of_kind",
        np.concatenate([offers, pick(offers, 2 * len(offers))]),
        np.concatenate([np.repeat(everything, len(offers)), pick(kinds[1:], 2 * len(offers))]),
    )
    count = 30
    order = np.tile(np.arange(1, count + 1), len(walls))
    total, last = len(order), order == count
    build.add(
        "rule",
        np.repeat(walls, count),
        order,
        np.where(last | (draw(0, 4, total) == 0), everywhere, pick(groups, total)),
        np.where(last, everywhere, pick(groups, total)),
        np.where(last | (draw(0, 3, total) == 0), everything, pick(kinds, total)),
    )
    allow, deny = build.word("allow"), build.take(1)[0]
    build.add("action", np.repeat(walls, count), order, np.where(last | (draw(0, 5, total) < 2), deny, allow))
