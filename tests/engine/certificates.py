"""Documents of proofs for tests, and ways to damage them that no checker may let pass."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from panacea_policy.engine import Proof, Result
from panacea_policy.engine.certificate import certify, plain_row, rule_record

Json = Any


def document(result: Result, *proofs: Proof) -> Json:
    """The document as a file would have it."""
    return json.loads(json.dumps({"schema": "panacea/proof/v1", **certify(result, proofs)}))


def program(result: Result) -> Json:
    """All that an auditor may know: the rules, and the facts by relation."""
    facts = {}
    for name in result.compiled.decls:
        given = result.given(name).tolist()
        facts[name] = [
            plain_row(row) for row, is_given in zip(result.rows(name), given, strict=True) if is_given
        ]
    rules = [rule_record(checked, result) for checked in result.compiled.rules]
    return json.loads(json.dumps({"rules": rules, "facts": facts}))


def other(value: Json) -> Json:
    """A value of the same sort that occurs nowhere."""
    if isinstance(value, str):
        return f"{value}, but not quite"
    return value + 1_000.5 if isinstance(value, float) else value + 1_000


def damaged(proof: Json) -> Iterator[tuple[str, Json]]:
    """Documents that are wrong, each with what was done to it."""
    yield from _rules(proof)
    for number, step in enumerate(proof["steps"]):
        yield from _steps(proof, number, step)
        rule = None if step["rule"] is None else proof["rules"][step["rule"]]
        for position, premise in enumerate(step["premises"]):
            place = f"premise {position} of step {number}"
            if "step" in premise:
                for wrong in (number, len(proof["steps"]), -1):
                    yield (
                        f"{place} is not before it",
                        edited(proof, ("steps", number, "premises", position, "step"), wrong),
                    )
                for wrong, each in enumerate(proof["steps"][:number]):
                    if each["relation"] != proof["steps"][premise["step"]]["relation"]:
                        path = ("steps", number, "premises", position, "step")
                        yield f"{place} is another", edited(proof, path, wrong)
            elif "absent" in premise:
                yield from _absences(proof, number, position, rule["body"][position])
            elif "members" in premise:
                yield from _members(proof, number, position, premise["members"])


def _rules(proof: Json) -> Iterator[tuple[str, Json]]:
    """Rules that ask for less, with proofs that are right by them."""
    for number, rule in enumerate(proof["rules"]):
        for position in range(len(rule["body"])):
            changed = copy.deepcopy(proof)
            del changed["rules"][number]["body"][position]
            for step in changed["steps"]:
                if step["rule"] == number:
                    del step["premises"][position]
            yield f"condition {position} of rule {number} is left out", changed


def _steps(proof: Json, number: int, step: Json) -> Iterator[tuple[str, Json]]:
    for column, value in enumerate(step["row"]):
        yield f"step {number} has another row", edited(proof, ("steps", number, "row", column), other(value))
    yield f"step {number} has a wider row", edited(proof, ("steps", number, "row"), [*step["row"], 1])
    yield f"step {number} is of another relation", edited(proof, ("steps", number, "relation"), "elsewhere")
    if step["rule"] is None:
        return
    yield f"step {number} is called a fact", edited(proof, ("steps", number, "rule"), None)
    yield f"step {number} has no such rule", edited(proof, ("steps", number, "rule"), len(proof["rules"]))
    for wrong, rule in enumerate(proof["rules"]):
        if rule["head"]["relation"] != step["relation"] or len(rule["body"]) != len(step["premises"]):
            yield f"step {number} has another rule", edited(proof, ("steps", number, "rule"), wrong)
    for name, value in step["bindings"].items():
        yield (
            f"{name} of step {number} is another",
            edited(proof, ("steps", number, "bindings", name), other(value)),
        )
        fewer = {each: have for each, have in step["bindings"].items() if each != name}
        yield f"{name} of step {number} is left out", edited(proof, ("steps", number, "bindings"), fewer)
    if step["premises"]:
        yield (
            f"step {number} drops a premise",
            edited(proof, ("steps", number, "premises"), step["premises"][1:]),
        )


def _premises(proof: Json, number: int, position: int) -> Iterator[tuple[str, Json]]:
    path = ("steps", number, "premises", position, "step")
    right = proof["steps"][number]["premises"][position]["step"]
    for wrong in (number, len(proof["steps"]), -1):
        yield f"premise {position} of step {number} is not before it", edited(proof, path, wrong)
    for wrong, each in enumerate(proof["steps"][:number]):
        if each["relation"] != proof["steps"][right]["relation"]:
            yield f"premise {position} of step {number} is another", edited(proof, path, wrong)


def _absences(proof: Json, number: int, position: int, literal: Json) -> Iterator[tuple[str, Json]]:
    looked_for = proof["steps"][number]["premises"][position]["absent"]
    row = [1 if value is None else value for value in looked_for]
    name = literal["relation"]
    rows = [*proof["extensions"][name]["rows"], row]
    yield f"{name} has one more row", edited(proof, ("extensions", name, "rows"), rows)
    digest = hashlib.sha256("\n".join(sorted(map(json.dumps, rows))).encode()).hexdigest()
    against = edited(proof, ("extensions", name, "rows"), rows)
    yield f"{name} has what should be absent", edited(against, ("extensions", name, "sha256"), digest)
    for column, value in enumerate(looked_for):
        if value is not None:
            path = ("steps", number, "premises", position, "absent", column)
            yield f"{name} was not looked for so", edited(proof, path, other(value))


def _members(proof: Json, number: int, position: int, members: Json) -> Iterator[tuple[str, Json]]:
    path = ("steps", number, "premises", position, "members")
    yield "a member more", edited(proof, path, [*members, {"nobody": 1}])
    if members:
        yield "a member less", edited(proof, path, members[1:])
        for name, value in members[0].items():
            changed = [{**members[0], name: other(value)}, *members[1:]]
            yield f"a member with another {name}", edited(proof, path, changed)


def edited(proof: Json, path: tuple[str | int, ...], value: Json) -> Json:
    """A copy with something else at a place."""
    changed = copy.deepcopy(proof)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed
