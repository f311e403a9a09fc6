"""Who may do what in the applications of a group of hospitals: 853 rules, 1.2 M facts, and 50 small changes.

Twenty rules are shared (nested groups, senior roles, delegation); every application has seventeen of its own
from one template: who is staff, what may be read, written and exported, exceptions, thresholds, and what was
done against the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.engine.problem import Builder, Columns, Ints, Problem

SHARED = """
relation has_role(user: symbol, role: symbol)
relation senior(role: symbol, to: symbol)
relation member(user: symbol, group: symbol)
relation nested(group: symbol, in: symbol)
relation group_role(group: symbol, role: symbol)
relation works_on(user: symbol, ward: symbol)
relation resource(resource: symbol, application: symbol)
relation class(resource: symbol, class: symbol)
relation kept_on(resource: symbol, ward: symbol)
relation accessed(user: symbol, resource: symbol, times: int)
relation trained(user: symbol, course: symbol)
relation blocked(user: symbol, resource: symbol)
relation delegates(user: symbol, to: symbol)
relation suspended(user: symbol)
relation consent(resource: symbol)
relation emergency(user: symbol, resource: symbol)
relation frozen(resource: symbol)

relation within(group: symbol, in: symbol)
relation above(role: symbol, to: symbol)
relation in_group(user: symbol, group: symbol)
relation effective(user: symbol, role: symbol)
relation active(user: symbol)
relation stands_in(user: symbol, for: symbol)
relation protected(resource: symbol)
relation special(resource: symbol)
relation roles_of(user: symbol, number: int)
relation overloaded(user: symbol)
relation idle(user: symbol)
relation finding(resource: symbol, kind: symbol)
relation suspect(user: symbol, kind: symbol)

within(g, h) if nested(g, h)
within(g, i) if within(g, h), nested(h, i)
above(r, s) if senior(r, s)
above(r, t) if above(r, s), senior(s, t)
in_group(u, g) if member(u, g)
in_group(u, h) if member(u, g), within(g, h)
active(u) if works_on(u, _), not suspended(u)
effective(u, r) if has_role(u, r), active(u)
effective(u, s) if has_role(u, r), above(r, s), active(u)
effective(u, r) if in_group(u, g), group_role(g, r), active(u)
stands_in(u, v) if delegates(v, u), active(u), active(v)
special(x) if class(x, 'health')
special(x) if class(x, 'genetic')
protected(x) if special(x), not consent(x)
protected(x) if class(x, 'confidential')
roles_of(u, n) if active(u), n = count(by u : effective(u, r))
overloaded(u) if roles_of(u, n), n > 12
suspect(u, 'overloaded') if overloaded(u), accessed(u, x, c), protected(x)
idle(u) if active(u), n = count(by u : accessed(u, x, c)), n = 0
suspect(u, 'idle') if idle(u), in_group(u, g), group_role(g, r)
"""

APPLICATION = """
relation staff_K(user: symbol)
relation chief_K(user: symbol)
relation read_K(user: symbol, resource: symbol)
relation write_K(user: symbol, resource: symbol)
relation export_K(user: symbol, resource: symbol)
relation glass_K(user: symbol, resource: symbol)
relation readers_K(resource: symbol, number: int)
relation used_K(user: symbol, times: int)
relation held_K(resource: symbol)

staff_K(u) if effective(u, 'role_K_staff')
staff_K(u) if effective(u, 'role_K_chief')
chief_K(u) if effective(u, 'role_K_chief'), trained(u, 'course_COURSE')
read_K(u, x) if staff_K(u), works_on(u, w), kept_on(x, w), resource(x, 'app_K'), not blocked(u, x)
read_K(u, x) if read_K(v, x), stands_in(u, v), staff_K(u), not blocked(u, x)
write_K(u, x) if read_K(u, x), chief_K(u), not frozen(x)
export_K(u, x) if write_K(u, x), not protected(x)
glass_K(u, x) if emergency(u, x), resource(x, 'app_K'), chief_K(u), not read_K(u, x)
held_K(x) if read_K(u, x)
readers_K(x, n) if resource(x, 'app_K'), special(x), n = count(by x : read_K(u, x))
used_K(u, n) if staff_K(u), n = sum(c by u : accessed(u, x, c), resource(x, 'app_K'))
finding(x, 'many_readers') if readers_K(x, n), n > LIMIT
finding(x, 'no_reader') if resource(x, 'app_K'), not held_K(x)
finding(x, 'frozen_but_open') if frozen(x), export_K(u, x)
suspect(u, 'against_policy') if accessed(u, x, c), resource(x, 'app_K'), not read_K(u, x), not glass_K(u, x)
suspect(u, 'heavy_use') if used_K(u, n), n > HEAVY
suspect(u, 'broke_glass') if glass_K(u, x), protected(x)
"""

APPLICATIONS = 49
#: Users and resources of each application, and wards and courses of all.
USERS, RESOURCES = 1_200, 3_100
WARDS, COURSES = 400, 7
CLASSES = ("health", "genetic", "confidential")


@dataclass(frozen=True, slots=True)
class Change:
    """Rows to insert and to retract, by relation."""

    kind: str
    insert: Mapping[str, Columns] = field(default_factory=dict)
    retract: Mapping[str, Columns] = field(default_factory=dict)


def rules(applications: int = APPLICATIONS) -> str:
    """The text of the program; limits differ a little between applications."""
    own = (
        APPLICATION.replace("_K", f"_{number}")
        .replace("COURSE", str(number % COURSES))
        .replace("LIMIT", str(8 + number % 5))
        .replace("HEAVY", str(20 + number % 7))
        for number in range(applications)
    )
    return SHARED + "".join(own)


def make(applications: int = APPLICATIONS, users: int = USERS, resources: int = RESOURCES) -> Problem:
    """So many applications, and users and resources for each."""
    build = Builder(5, rules(applications))
    numbers = range(applications)
    staff = build.words(*(f"role_{n}_staff" for n in numbers))
    chiefs = build.words(*(f"role_{n}_chief" for n in numbers))
    names = build.words(*(f"app_{n}" for n in numbers))
    courses = build.words(*(f"course_{n}" for n in range(min(COURSES, applications))))
    other_roles = build.take(4 * applications)
    everyone, things = build.take(users * applications), build.take(resources * applications)
    wards = build.take(max(4, min(WARDS, len(everyone) // 100)))
    roles = np.concatenate([staff, staff, chiefs, other_roles])
    _people(build, everyone, roles, staff, chiefs, courses, wards)
    _groups(build, everyone, staff, other_roles, chiefs)
    _resources(build, things, names, wards)
    _events(build, everyone, things, applications, len(wards))
    return build.problem("policy", "finding", "suspect", *(f"read_{n}" for n in numbers))


# User and resource number n belong to application n % applications and to ward (n // applications) % wards.


def _people(
    build: Builder, everyone: Ints, roles: Ints, staff: Ints, chiefs: Ints, courses: Ints, wards: Ints
) -> None:
    pick, some, count, numbers = build.pick, build.some, len(everyone), np.arange(len(everyone))
    # One of ten is a chief of the own application.
    application = numbers % len(staff)
    leads = numbers // len(staff) % 10 == 0
    own_role = np.where(leads, chiefs[application], staff[application])
    roles_held = np.concatenate([own_role, pick(roles, count)])
    build.add("has_role", np.concatenate([everyone, pick(everyone, count)]), roles_held)
    also = some(everyone, 0.3)
    own = wards[numbers // len(staff) % len(wards)]
    build.add("works_on", np.concatenate([everyone, also]), np.concatenate([own, pick(wards, len(also))]))
    build.add("trained", pick(everyone, 2 * count), pick(courses, 2 * count))
    build.add("suspended", some(everyone, 0.02))
    build.add("delegates", pick(everyone, count // 6), pick(everyone, count // 6))


def _groups(build: Builder, everyone: Ints, staff: Ints, other: Ints, chiefs: Ints) -> None:
    pick, count = build.pick, len(everyone)
    groups = build.take(count // 100)
    build.add("member", pick(everyone, 2 * count), pick(groups, 2 * count))
    # A group lies in the one of a tenth of its number.
    numbers = np.arange(1, len(groups))
    build.add("nested", groups[numbers], groups[numbers // 10])
    leaves = groups[len(groups) // 3 :]
    build.add("group_role", pick(leaves, len(groups)), pick(np.concatenate([staff, other]), len(groups)))
    build.add("senior", np.concatenate([chiefs, other[:-1:2]]), np.concatenate([staff, other[1::2]]))


def _resources(build: Builder, things: Ints, names: Ints, wards: Ints) -> None:
    pick, some, count, numbers = build.pick, build.some, len(things), np.arange(len(things))
    build.add("resource", things, names[numbers % len(names)])
    build.add("class", things, pick(np.append(build.words(*CLASSES), build.take(2)), count))
    build.add("kept_on", things, wards[numbers // len(names) % len(wards)])
    build.add("consent", some(things, 0.4))
    build.add("frozen", some(things, 0.03))


def _events(build: Builder, everyone: Ints, things: Ints, applications: int, wards: int) -> None:
    pick, count, draw = build.pick, len(things), build.random.integers
    # Nine of ten uses are of a resource of one's own application and ward.
    users = draw(0, len(everyone), 2 * count)
    place = applications * wards
    own = (users % place + place * draw(0, max(1, count // place), len(users))) % count
    used = np.where(draw(0, 10, len(users)) > 0, own, draw(0, count, len(users)))
    build.add("accessed", everyone[users], things[used], draw(1, 9, len(users)))
    build.add("blocked", pick(everyone, count // 8), pick(things, count // 8))
    urgent = draw(0, len(everyone), count // 30)
    wanted = urgent % applications + applications * draw(0, count // applications, len(urgent))
    build.add("emergency", everyone[urgent], things[wanted])


def changes(problem: Problem, count: int = 50) -> list[Change]:
    """A sequence of small changes, of ten kinds in turn, each a few rows; the same ones every time."""
    random = np.random.default_rng(7)
    facts = {name: [column.copy() for column in columns] for name, columns in problem.facts.items()}

    def rows(relation: str, number: int) -> Columns:
        """Some rows that are there, taken out of what later changes may take."""
        columns = facts[relation]
        chosen = random.choice(len(columns[0]), number, replace=False)
        facts[relation] = [np.delete(column, chosen) for column in columns]
        return [column[chosen] for column in columns]

    def drawn(relation: str, number: int) -> Columns:
        """Rows made of values that the columns of the relation hold."""
        return [random.choice(column, number) for column in problem.facts[relation]]

    found: list[Change] = []
    kinds = (
        "role given", "role taken", "moved ward", "class changed", "blocked", "unblocked",
        "stands in", "joined group", "used", "suspended",
    )  # fmt: skip
    relation = {
        "role given": "has_role", "role taken": "has_role", "blocked": "blocked", "unblocked": "blocked",
        "stands in": "delegates", "joined group": "member", "used": "accessed", "suspended": "suspended",
        "moved ward": "works_on", "class changed": "class",
    }  # fmt: skip
    for number in range(count):
        kind = kinds[number % len(kinds)]
        name = relation[kind]
        if kind in ("role taken", "unblocked"):
            found.append(Change(kind, retract={name: rows(name, 1)}))
        elif kind in ("moved ward", "class changed"):
            old = rows(name, 1)
            new = [old[0], random.choice(problem.facts[name][1], 1)]
            found.append(Change(kind, {name: new}, {name: old}))
        elif kind == "suspended":
            found.append(Change(kind, {name: [random.choice(problem.facts["has_role"][0], 1)]}))
        else:
            found.append(Change(kind, {name: drawn(name, 10 if kind == "used" else 1)}))
    return found
