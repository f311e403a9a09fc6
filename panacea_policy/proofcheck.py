"""Checks proofs of ``panacea explain --format json``, alone: ``proofcheck.py PROOF.json [PROGRAM.json]``.

Each step must be an instance of its rule: head, comparisons, tests and arithmetic are worked out again, what
it rests on stands before it, absences and aggregates agree with the rows listed of their relations. PROGRAM
("rules", "facts" by relation) is what the auditor knows. The rest is trusted, and said; lower proofs may be.
"""

import hashlib
import json
import math
import operator
import sys
from pathlib import Path
from typing import Any

MOST = 1_000_000  # rows looked at to work aggregates out again. The + below: "a" * 10**13, "%9999999d" % 1
NUMBERS = {"+": operator.add, "-": operator.sub, "*": lambda a, b: +a * +b, "%": lambda a, b: +a % +b}
ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "min": min, "max": max}
ROUNDS = {"abs": abs, "floor": math.floor, "ceil": math.ceil, "float": float, "sum": sum, "neg": operator.neg}
TEXTS = {"lower": str.lower, "length": len, "starts_with": str.startswith, "ends_with": str.endswith}
OPERATIONS: dict[str, Any] = NUMBERS | ORDERS | ROUNDS | TEXTS | {"concat": lambda *parts: "".join(parts)}
OPERATIONS |= {"=": lambda a, b: text(a) == text(b), "!=": lambda a, b: text(a) != text(b)}
OPERATIONS |= {"contains": operator.contains, "/": lambda a, b: a // b if isinstance(a, int) else a / b}
OPERATIONS |= {"count": lambda each: len(texts(each)), "avg": lambda each: math.fsum(each) / len(each)}


def need(holds: object, why: str) -> None:
    if not holds:
        raise ValueError(why)


def text(value: Any) -> str:
    """Values are equal if their texts are: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True)


def texts(values: Any) -> list[str]:
    return sorted(set(map(text, values)))


def agree(atom: Any, row: Any, env: Any) -> Any:
    """The bindings with those that make an atom the row; None where none do."""
    env = dict(env)
    for term, have in zip(atom["terms"], row, strict=True):
        if not term.get("var", "").startswith("_"):
            want = env.setdefault(term["var"], have) if "var" in term else term["value"]
            if text(want) != text(have):
                return None
    return env


class Check:
    """Goes through one document, or raises; ``trusted`` says what could not be checked."""

    def __init__(self, proof: Any, program: Any) -> None:
        need(proof["schema"] == "panacea/proof/v1" and proof["goals"], "no panacea/proof/v1")
        self.trusted = {f"the {each} are the model's" for each in ("facts", "rules") if each not in program}
        self.steps, self.rules, self.tried = proof["steps"], proof["rules"], 0
        need(set(proof["goals"]) <= set(range(len(self.steps))), "a goal without a step")
        self.facts = program.get("facts") and {n: set(texts(r)) for n, r in program["facts"].items()}
        strange = set(texts(self.rules)) - set(texts(program.get("rules", self.rules)))
        need(not strange, f"rules that the program does not have: {', '.join(strange)}")
        self.rows: dict[str, Any] = {}
        for name, told in proof["extensions"].items():
            rows = None if told["rows"] is None else {text(row): row for row in told["rows"]}
            digest = hashlib.sha256("\n".join(sorted(rows or ())).encode()).hexdigest()
            need(rows is None or digest == told["sha256"], f"the rows of {name} are others")
            what = "what is said of the" if rows is None else "there are no others than the"
            self.rows[name] = rows
            self.trusted.add(f"{what} {told['count']} rows of {name}, SHA-256 {told['sha256']}")
        for number, step in enumerate(self.steps):
            try:
                self.step(number, step, step["relation"], step["bindings"])
            except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
                raise ValueError(f"step {number}, {step['relation']}{step['row']}: {error!r}") from error

    def step(self, number: int, step: Any, name: str, env: Any) -> None:
        need(self.rows.get(name) is None or text(step["row"]) in self.rows[name], "not among all rows")
        if step["rule"] is None:
            need(self.facts is None or text(step["row"]) in self.facts.get(name, ()), "no fact of the model")
            return
        head, body = self.rules[step["rule"]]["head"], self.rules[step["rule"]]["body"]
        need(head["relation"] == name and agree(head, step["row"], env) == env, "the rule gives another row")
        for literal, premise in zip(body, step["premises"], strict=True):
            if "aggregate" in literal:
                self.aggregate(literal, premise["members"], env)
            elif literal.get("negated") or "op" in literal:
                shown = "op" in literal or agree(literal, premise["absent"], env) == env
                need(shown and self.holds(literal, env), f"does not hold: {text(literal)}")
            else:
                need(0 <= premise["step"] < number, f"step {premise['step']} does not stand before it")
                below = self.steps[premise["step"]]
                fits = below["relation"] == literal["relation"] and agree(literal, below["row"], env) == env
                need(fits, f"not met: {text(literal)}")

    def holds(self, literal: Any, env: Any) -> bool:
        """Whether an absence, a comparison or a test holds."""
        if "relation" in literal:
            rows = (self.rows[literal["relation"]] or {}).values()
            return all(agree(literal, row, env) is None for row in rows)
        if literal["opaque"]:
            self.trusted.add(f"this holds: {text(literal)} for {text(env)}")
        return bool(literal["opaque"] or self.value(literal, env) != literal["negated"])

    def value(self, expr: Any, env: Any) -> Any:
        if "op" not in expr:
            return env[expr["var"]] if "var" in expr else expr["value"]
        found = OPERATIONS[expr["op"]](*[self.value(each, env) for each in expr["args"]])
        whole = not isinstance(found, str | float)
        need(-(2**63) <= found < 2**63 if whole else found not in (math.inf, -math.inf), "out of range")
        return found

    def aggregate(self, literal: Any, told: Any, env: Any) -> None:
        """The members are those that the rows give, and the result is what they come to."""
        op, result, members = literal["aggregate"], env[literal["result"]], list(map(json.loads, texts(told)))
        if literal["opaque"] or None in [self.rows.get(each.get("relation"), 0) for each in literal["body"]]:
            self.trusted.add(f"the members are right: {text(literal)}")
        else:
            found = self.solve(literal["body"], {name: env[name] for name in literal["group"]})
            need(texts(found) == texts(told), f"{op} has other members")
        if literal["opaque"] == "value":
            return
        values = [self.value(literal["value"], each) for each in members] if literal["value"] else members
        need(values or literal["empty"], f"{op} of nothing")
        total = OPERATIONS[op](values)
        close = isinstance(result, float) and math.isclose(total, result, rel_tol=1e-9, abs_tol=1e-9)
        need(close or total == result, f"{op} is {total}")

    def solve(self, body: Any, env: Any) -> Any:
        """All bindings for which a body holds; its literals are in an order that binds before it asks."""
        if not body:
            return [env]
        first, found = body[0], []
        if "relation" in first and not first["negated"]:
            self.tried += len(self.rows[first["relation"]])
            need(self.tried <= MOST, "an aggregate that is too large to work out again")
            found = [agree(first, row, env) for row in self.rows[first["relation"]].values()]
        elif first["binds"] and first["binds"] not in env:
            found = [{**env, first["binds"]: self.value(first["args"][1], env)}]
        elif self.holds(first, env):
            found = [env]
        return [last for each in found if each is not None for last in self.solve(body[1:], each)]


if __name__ == "__main__":
    try:
        documents = [json.loads(Path(path).read_text("utf-8")) for path in sys.argv[1:]] + [{}]
        sys.stdout.write("\ntrusted: ".join(["holds", *sorted(Check(*documents[:2]).trusted)]) + "\n")
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, OSError) as error:
        sys.exit(f"refused: {error}")
