"""An attack graph of a group of hospitals: 38 mutually recursive rules of five layers that feed each other.

About ten facts for a host. Neighbourhoods are bounded (50 hosts to a zone, 20 zones to a site, a few conduits
to a zone), so that what follows grows in line with the hosts. From one internet-facing zone and a few
lures nearly everything within reach falls, and almost all of it hangs together in one large cycle.
"""

from __future__ import annotations

import numpy as np

from benchmarks.engine.problem import Builder, Ints, Problem

RULES = """
# Given: network
relation in_zone(host: symbol, zone: symbol)
relation conduit(from: symbol, to: symbol, service: symbol)
relation exposes(host: symbol, service: symbol)
relation flaw(host: symbol, flaw: symbol)
relation vector(flaw: symbol, service: symbol)
relation gives(flaw: symbol, level: symbol)
relation patched(host: symbol, flaw: symbol)
relation entry(zone: symbol)
relation firewall(host: symbol, from: symbol, to: symbol)
relation trusts(host: symbol, client: symbol)
relation mounts(client: symbol, server: symbol)
# Given: access
relation session(account: symbol, host: symbol)
relation secret(host: symbol, account: symbol)
relation member(account: symbol, group: symbol)
relation nested(group: symbol, in: symbol)
relation may_log_in(group: symbol, host: symbol)
relation administers(group: symbol, host: symbol)
relation resets(group: symbol, account: symbol)
relation adds_to(group: symbol, other: symbol)
relation second_factor(account: symbol)
# Given: human
relation owns(person: symbol, account: symbol)
relation uses(person: symbol, host: symbol)
relation works_with(person: symbol, other: symbol)
relation mail_of(host: symbol, person: symbol)
relation first_lure(person: symbol)
relation trained(person: symbol)
relation hardened(host: symbol)
# Given: physical
relation in_room(host: symbol, room: symbol)
relation badge(person: symbol, room: symbol)
relation door(room: symbol, to: symbol)
relation locked(room: symbol, to: symbol)
relation door_control(host: symbol, room: symbol)
relation socket(room: symbol, zone: symbol)
relation guarded(zone: symbol)
relation encrypted(host: symbol)
relation note(room: symbol, account: symbol)
# Given: business
relation runs(host: symbol, process: symbol)
relation needs(process: symbol, other: symbol)
relation fallback(process: symbol, other: symbol)
relation serves(process: symbol, person: symbol)
relation stores(host: symbol, data: symbol)
relation tells(data: symbol, account: symbol)

# Derived
relation reaches(zone: symbol, host: symbol, service: symbol)
relation open_flaw(host: symbol, flaw: symbol)
relation at(zone: symbol)
relation opened(from: symbol, to: symbol)
relation exploits(zone: symbol, host: symbol, flaw: symbol)
relation open_to(host: symbol, zone: symbol)
relation logs_in(account: symbol, host: symbol)
relation controls(host: symbol, level: symbol)
relation holds(account: symbol)
relation acts_as(group: symbol)
relation lured(person: symbol)
relation deceived(person: symbol)
relation inside(room: symbol)
relation stopped(process: symbol)
relation reads(data: symbol)

# What can be reached from where, and what is open: outside the cycle
reaches(z, h, s) if conduit(z, y, s), in_zone(h, y), exposes(h, s)
reaches(z, h, s) if in_zone(h, z), exposes(h, s)
open_flaw(h, v) if flaw(h, v), not patched(h, v)

# Network
at(z) if entry(z)
at(z) if controls(h, l), in_zone(h, z)
at(y) if at(z), opened(z, y)
opened(z, y) if controls(h, 'root'), firewall(h, z, y)
exploits(z, h, v) if at(z), reaches(z, h, s), open_flaw(h, v), vector(v, s)
controls(h, l) if exploits(z, h, v), gives(v, l)
controls(h, 'root') if controls(h, 'user'), open_flaw(h, v), vector(v, 'local')
controls(h, 'user') if controls(h, 'root')
controls(c, 'user') if controls(h, 'user'), trusts(h, c)
controls(c, 'user') if controls(h, 'root'), mounts(c, h), not hardened(c)

# Access
holds(a) if controls(h, 'root'), session(a, h)
holds(a) if controls(h, 'user'), secret(h, a)
acts_as(g) if holds(a), member(a, g)
acts_as(g) if acts_as(f), nested(f, g)
acts_as(g) if acts_as(f), adds_to(f, g)
holds(a) if acts_as(g), resets(g, a), not second_factor(a)
open_to(h, z) if at(z), reaches(z, h, 'remote_desktop')
open_to(h, z) if at(z), reaches(z, h, 'ssh')
logs_in(a, h) if holds(a), member(a, g), may_log_in(g, h), open_to(h, z)
controls(h, 'user') if logs_in(a, h)
controls(h, 'root') if acts_as(g), administers(g, h), open_to(h, z)

# Human
lured(p) if first_lure(p)
lured(p) if controls(h, 'user'), mail_of(h, p)
lured(p) if deceived(q), works_with(q, p)
lured(p) if stopped(s), serves(s, p)
deceived(p) if lured(p), not trained(p)
controls(h, 'user') if deceived(p), uses(p, h), not hardened(h)
holds(a) if deceived(p), owns(p, a), not second_factor(a)

# Physical
inside(r) if deceived(p), badge(p, r)
inside(r) if controls(h, 'root'), door_control(h, r)
inside(q) if inside(r), door(r, q), not locked(r, q)
controls(h, 'root') if inside(r), in_room(h, r), not encrypted(h)
at(z) if inside(r), socket(r, z), not guarded(z)
holds(a) if inside(r), note(r, a)

# Business
stopped(s) if controls(h, 'root'), runs(h, s)
stopped(s) if stopped(t), needs(s, t), not fallback(s, t)
reads(d) if controls(h, 'root'), stores(h, d)
holds(a) if reads(d), tells(d, a)
"""

ASKED = (
    "exploits",
    "logs_in",
    "controls",
    "holds",
    "acts_as",
    "deceived",
    "inside",
    "stopped",
    "reads",
    "at",
)
SERVICES = ("remote_desktop", "ssh")
OTHER_SERVICES = 8
ZONE, SITE = 50, 1_000


def make(hosts: int = 100_000) -> Problem:
    """The graph of so many hosts; `Problem.engine` gives it as (program, database, relations asked for)."""
    build = Builder(3, RULES)
    machines = build.take(hosts)
    zones = build.take(hosts // ZONE)
    services = np.concatenate([build.words(*SERVICES), build.take(OTHER_SERVICES)])
    _network(build, machines, zones, services)
    accounts = build.take(hosts)
    _access(build, machines, accounts)
    people = build.take(hosts // 2)
    _human(build, machines, people, accounts)
    _physical(build, machines, zones, people, accounts)
    _business(build, machines, people, accounts)
    return build.problem(f"attack_{hosts}", *ASKED)


def _network(build: Builder, machines: Ints, zones: Ints, services: Ints) -> None:
    pick, near, some = build.pick, build.near, build.some
    count, places = len(machines), np.arange(len(machines))
    build.add("in_zone", machines, zones[np.minimum(places // ZONE, len(zones) - 1)])
    # Three neighbours of a zone in its site, and one link of a zone to anywhere.
    numbers = np.arange(len(zones))
    onward = np.concatenate([near(np.repeat(numbers, 3), zones, SITE // ZONE), pick(zones, len(zones))])
    sources = zones[np.concatenate([np.repeat(numbers, 3), numbers])]
    allowed = np.repeat(np.arange(len(sources)), 4)
    build.add("conduit", sources[allowed], onward[allowed], pick(services, len(allowed)))
    offering, offered = (
        pick(machines, round(1.4 * count)),
        build.random.integers(0, len(services), round(1.4 * count)),
    )
    build.add("exposes", offering, services[offered])
    # A flaw lies in a service that the host offers, or is local; all services have as many flaws.
    ways = np.append(services, build.word("local"))
    flaws = build.take(max(20, count // 200) * len(ways))
    build.add("vector", flaws, ways[np.arange(len(flaws)) % len(ways)])
    build.add("gives", flaws, pick(build.words("user", "root"), len(flaws)))
    kinds = build.random.integers(0, len(flaws) // len(ways), count) * len(ways)
    kinds += np.where(build.random.random(count) < 0.2, len(services), offered[:count])
    build.add("flaw", offering[:count], flaws[kinds])
    settled = some(np.arange(count), 0.3)
    build.add("patched", offering[settled], flaws[kinds[settled]])
    build.add("entry", zones[:1])
    guards = some(places, 0.01)
    guarded = guards // ZONE
    build.add("firewall", machines[guards], near(guarded, zones, 3), near(guarded, zones, SITE // ZONE))
    trusting = some(places, 0.1)
    build.add("trusts", machines[trusting], near(trusting, machines, SITE))
    mounting = some(places, 0.2)
    build.add("mounts", machines[mounting], machines[mounting // ZONE * ZONE])


def _access(build: Builder, machines: Ints, accounts: Ints) -> None:
    pick, near, some = build.pick, build.near, build.some
    count, places = len(machines), np.arange(len(machines))
    groups = build.take(count // 25)
    own = places // 25
    logged_in = some(places, 0.5)
    build.add("session", near(logged_in, accounts, ZONE), machines[logged_in])
    leaking = some(places, 0.2)
    build.add("secret", machines[leaking], near(leaking, accounts, SITE))
    build.add("member", accounts, near(own, groups, 4))
    nested = some(np.arange(len(groups)), 0.5)
    build.add("nested", groups[nested], near(nested, groups, 40))
    opened = some(places, 0.6)
    build.add("may_log_in", near(opened // 25, groups, 40), machines[opened])
    managed = some(places, 0.2)
    build.add("administers", near(managed // 25, groups, 40), machines[managed])
    resetting = some(places, 0.1)
    build.add("resets", near(resetting // 25, groups, 40), accounts[resetting])
    adding = some(np.arange(len(groups)), 0.1)
    build.add("adds_to", groups[adding], pick(groups, len(adding)))
    build.add("second_factor", some(accounts, 0.3))


def _human(build: Builder, machines: Ints, people: Ints, accounts: Ints) -> None:
    near, some = build.near, build.some
    places = np.arange(len(people))
    build.add("owns", people, accounts[places * 2])
    build.add("uses", people, near(places * 2, machines, ZONE))
    close = some(places, 0.6)
    build.add("works_with", people[close], near(close, people, 25))
    build.add("mail_of", machines[np.minimum(places * 2 // SITE * SITE, len(machines) - 1)], people)
    build.add("first_lure", some(people, 0.0002))
    build.add("trained", some(people, 0.6))
    build.add("hardened", some(machines, 0.3))


def _physical(build: Builder, machines: Ints, zones: Ints, people: Ints, accounts: Ints) -> None:
    near, some = build.near, build.some
    count, places = len(machines), np.arange(len(machines))
    rooms = build.take(count // 10)
    numbers = np.arange(len(rooms))
    housed = some(places, 0.6)
    build.add("in_room", machines[housed], near(housed // 10, rooms, 5))
    admitted = some(np.arange(len(people)), 0.6)
    build.add("badge", people[admitted], near(admitted // 5, rooms, 20))
    onward = near(numbers, rooms, 10)
    build.add("door", rooms, onward)
    shut = some(numbers, 0.8)
    build.add("locked", rooms[shut], onward[shut])
    controlling = some(places, 0.01)
    build.add("door_control", machines[controlling], near(controlling // 10, rooms, 20))
    wired = some(numbers, 0.5)
    build.add("socket", rooms[wired], near(wired * 10 // ZONE, zones, 1))
    build.add("guarded", some(zones, 0.7))
    build.add("encrypted", some(machines, 0.3))
    noted = some(numbers, 0.1)
    build.add("note", rooms[noted], near(noted * 10, accounts, ZONE))


def _business(build: Builder, machines: Ints, people: Ints, accounts: Ints) -> None:
    pick, near, some = build.pick, build.near, build.some
    count, places = len(machines), np.arange(len(machines))
    processes = build.take(count // 50)
    running = some(places, 0.2)
    build.add("runs", machines[running], near(running // 50, processes, 3))
    numbers = np.repeat(np.arange(len(processes)), 2)
    needed = near(numbers, processes, 10)
    build.add("needs", processes[numbers], needed)
    spared = some(np.arange(len(numbers)), 0.5)
    build.add("fallback", processes[numbers[spared]], needed[spared])
    served = some(np.arange(len(people)), 0.4)
    build.add("serves", near(served // 25, processes, 3), people[served])
    data = build.take(count // 5)
    storing = some(places, 0.3)
    build.add("stores", machines[storing], near(storing // 5, data, 20))
    telling = some(np.arange(len(data)), 0.1)
    build.add("tells", data[telling], pick(accounts, len(telling)))
