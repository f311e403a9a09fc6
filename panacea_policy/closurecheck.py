"""Checks certificates of absence, alone: ``closurecheck.py ABSENCE.json [PROGRAM.json]``.

A certificate lists facts, rules and, of each derived relation, a closed set: all that may hold. Checked is
that every fact is inside, that no rule leads from inside to outside, and that the claimed relation has no
row: then nothing more can be derived, whoever wrote the certificate. Where a relation is negated or
aggregated, a set that is too large would hide rows: those, and all that they rest on, must be founded on
facts as well, row by row, and none may rest on its own absence. PROGRAM ("goal", "rules", "facts") is what
the auditor knows: all must be the same. The rest is trusted, and said.
"""

import hashlib
import json
import math
import operator
import sys
from pathlib import Path
from typing import Any

MOST = 50_000_000  # rows looked at in all. The + below: "a" * 10**13 and "%9999999d" % 1 are no numbers
LONGEST = 1_000_000  # characters of texts that are joined or looked into
NUMBERS = {"+": operator.add, "-": operator.sub, "*": lambda a, b: +a * +b, "%": lambda a, b: +a % +b}
ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "min": min, "max": max}
ROUNDS = {"abs": abs, "floor": math.floor, "ceil": math.ceil, "float": float, "sum": sum, "neg": operator.neg}
TEXTS = {"lower": str.lower, "length": len, "starts_with": str.startswith, "ends_with": str.endswith}
OPERATIONS: dict[str, Any] = NUMBERS | ORDERS | ROUNDS | TEXTS | {"concat": lambda *parts: "".join(parts)}
OPERATIONS |= {"=": lambda a, b: text(a) == text(b), "!=": lambda a, b: text(a) != text(b)}
OPERATIONS |= {"contains": operator.contains, "/": lambda a, b: a // b if isinstance(a, int) else a / b}
OPERATIONS["count"] = len
OPERATIONS["avg"] = lambda each: math.fsum(each) / len(each)
#: What a certificate that is none may raise; whoever calls `Check` takes any of them as a refusal.
REFUSES = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def need(holds: object, why: str) -> None:
    if not holds:
        raise ValueError(why)


def text(value: Any) -> str:
    """Values are equal if their texts are: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True)


def rows_of(rows: Any) -> dict[Any, None]:
    return {tuple(map(text, row)): None for row in rows}


def variables(part: Any) -> set[str]:
    """The variables of a literal or expression; those of an aggregate's body stay inside."""
    if "aggregate" in part:
        return set(part["group"])
    if "var" in part:
        return set() if part["var"].startswith("_") else {part["var"]}
    return {name for each in part.get("terms", part.get("args", ())) for name in variables(each)}


def is_atom(literal: Any) -> bool:
    return "relation" in literal and not literal["negated"]


class Check:
    """Goes through one certificate, or raises; ``trusted`` says what could not be checked."""

    def __init__(self, told: Any, program: Any) -> None:
        need(told["schema"] == "panacea/absence/v1", "no panacea/absence/v1")
        self.rules, self.oracle, self.looked = told["rules"], told["oracle"], 0
        self.facts = {name: rows_of(rows) for name, rows in told["facts"].items()}
        closed = {name: rows_of(rows) for name, rows in told["closed"].items()}
        derived = {rule["head"]["relation"] for rule in self.rules}
        need(derived <= closed.keys(), f"no closed set of {sorted(derived - closed.keys())}")
        self.rows = {**self.facts, **closed}
        self.indexes: dict[Any, dict[Any, list[Any]]] = {}
        self.trusted = self.compare(told, program)
        if self.oracle:
            self.trusted.append(f"{len(self.oracle)} results of text patterns and versions")
        for name in closed.keys() & self.facts.keys():
            for row in self.facts[name]:
                need(row in closed[name], f"not closed: the fact {name}{row} is outside")
        self.exact = self.negated()
        #: What each exact row was derived from, once per instance of a rule.
        self.founded: dict[Any, list[Any]] = {}
        for rule in self.rules:
            self.rule(rule)
        self.found(closed)
        need(told["goal"] in closed, f"no closed set of {told['goal']}")
        for row in closed[told["goal"]]:
            raise ValueError(f"the claim may have a row: {told['goal']}{row}")

    def compare(self, told: Any, program: Any) -> list[str]:
        """The certificate's rules and facts against those that the auditor knows: no more and no fewer."""
        trusted = [] if "goal" in program else [f"{told['goal']} is what is claimed to be absent"]
        need(program.get("goal", told["goal"]) == told["goal"], "the goal is not that of the claim")
        for what, mine in (("rules", told["rules"]), ("facts", told["facts"])):
            if what in program:
                need(
                    text(program[what]) == text(mine), f"not closed: the {what} are not those of the program"
                )
            else:
                digest = hashlib.sha256(text(mine).encode()).hexdigest()
                count = len(mine) if what == "rules" else sum(map(len, mine.values()))
                trusted.append(f"the model has these {count} {what} and no others, SHA-256 {digest}")
        return trusted

    def negated(self) -> set[str]:
        """The relations whose sets must be exact; refuses one that rests on its own absence."""
        rests: dict[str, set[str]] = {}
        strict: list[tuple[str, str]] = []
        for rule in self.rules:
            head = rule["head"]["relation"]
            todo = [(each, False) for each in rule["body"]]
            while todo:
                literal, inside = todo.pop()
                if "aggregate" in literal:
                    todo += [(each, True) for each in literal["body"]]
                elif "relation" in literal:
                    rests.setdefault(head, set()).add(literal["relation"])
                    if inside or literal["negated"]:
                        strict.append((head, literal["relation"]))
        below = {}
        for name in {each for _, each in strict}:
            seen, queue = {name}, [name]
            while queue:
                new = rests.get(queue.pop(), set()) - seen
                seen |= new
                queue += sorted(new)
            below[name] = seen
        for head, name in strict:
            need(head not in below[name], f"{head} rests on its own absence")
        return set().union(*below.values())

    def rule(self, rule: Any) -> None:
        """Every instance of a rule gives a row that is inside; what exact rows are founded on is noted."""
        head = rule["head"]
        name, inside = head["relation"], self.rows[head["relation"]]
        for env, used in self.solve(self.plan(rule["body"], set()), 0, {}, ()):
            row = tuple(self.term(term, env) for term in head["terms"])
            need(row in inside, f"not closed: {rule['name']} gives {name}{row}, which is outside")
            if name in self.exact:
                self.founded.setdefault((name, row), []).append(used)

    def found(self, closed: Any) -> None:
        """Every row of an exact relation follows from facts by steps that do not lean on it."""
        known = {(name, row) for name in self.exact for row in self.facts.get(name, ())}
        waiting: dict[Any, list[Any]] = {}
        for goal, instances in self.founded.items():
            for used in instances:
                state = [len(set(used)), goal]
                for each in set(used):
                    waiting.setdefault(each, []).append(state)
                if not used:
                    known.add(goal)
        queue = list(known)
        while queue:
            for state in waiting.pop(queue.pop(), ()):
                state[0] -= 1
                if not state[0] and state[1] not in known:
                    known.add(state[1])
                    queue.append(state[1])
        for name in sorted(self.exact & closed.keys()):
            for row in closed[name]:
                need((name, row) in known, f"not founded: {name}{row} is inside, but nothing leads to it")

    def plan(self, body: Any, bound: set[str]) -> list[Any]:
        """The literals in an order that binds before it asks, each with the variables bound before it."""
        bound, left, found = set(bound), list(body), []
        while left:
            best = min(left, key=lambda each: self.cost(each, bound))
            need(self.cost(best, bound)[0] < 9, f"unsafe: {text(best)}")
            found.append((best, frozenset(bound)))
            left.remove(best)
            bound |= variables(best) | ({best["result"]} if "aggregate" in best else set())
        return found

    def cost(self, literal: Any, bound: set[str]) -> tuple[int, int, int]:
        free = variables(literal) - bound
        if is_atom(literal):
            return 5, len(free), len(self.rows.get(literal["relation"], ()))
        if not free or "aggregate" in literal:
            return 6 * ("aggregate" in literal), len(free), 0
        sides = literal["args"] if literal.get("op") == "=" else [{}, {}]
        binds = any(a.get("var") in free and not variables(b) - bound for a, b in (sides, sides[::-1]))
        return (1, 0, 0) if binds else (9, 0, 0)

    def solve(self, plan: Any, at: int, env: Any, used: Any) -> Any:
        """All bindings for which the literals from ``at`` on hold, and the exact rows that they rest on."""
        if at == len(plan):
            yield env, used
            return
        literal, bound = plan[at]
        if "aggregate" in literal:
            for more in self.worked_out(self.aggregate, literal, env):
                yield from self.solve(plan, at + 1, more, used)
        elif "relation" in literal:
            name, rows = literal["relation"], self.matching(literal, bound, env)
            pairs = ((row, more) for row in rows if (more := agree(literal, row, env)) is not None)
            if not literal["negated"]:
                for row, more in pairs:
                    rest = (*used, (name, row)) if name in self.exact else used
                    yield from self.solve(plan, at + 1, more, rest)
            elif next(pairs, None) is None:
                yield from self.solve(plan, at + 1, env, used)
        elif variables(literal) - bound:
            for left, right in (literal["args"], literal["args"][::-1]):
                if variables(left) - bound and not variables(right) - bound:
                    for value in self.worked_out(lambda part, env: [self.value(part, env)], right, env):
                        yield from self.solve(plan, at + 1, {**env, left["var"]: text(value)}, used)
                    return
        elif True in self.worked_out(
            lambda part, env: [self.value(part, env) != part["negated"]], literal, env
        ):
            yield from self.solve(plan, at + 1, env, used)

    def worked_out(self, work: Any, part: Any, env: Any) -> Any:
        """What comes of some work; nothing where a number does not exist: no rule fires on that."""
        try:
            return list(work(part, env))
        except ArithmeticError:
            return []

    def matching(self, literal: Any, bound: Any, env: Any) -> Any:
        """The rows of a literal's relation that agree with what is bound, by an index made once."""
        name, terms = literal["relation"], literal["terms"]
        known = [at for at, term in enumerate(terms) if "value" in term or term["var"] in bound]
        key = (name, *known)
        if key not in self.indexes:
            index: dict[Any, list[Any]] = {}
            for row in self.rows.get(name, ()):
                index.setdefault(tuple(row[at] for at in known), []).append(row)
            self.indexes[key] = index
        found = self.indexes[key].get(tuple(self.term(terms[at], env) for at in known), ())
        self.looked += len(found) + 1
        need(self.looked <= MOST, "too large to be checked")
        return found

    def term(self, term: Any, env: Any) -> Any:
        return text(term["value"]) if "value" in term else env.get(term["var"])

    def value(self, expr: Any, env: Any) -> Any:
        if "op" not in expr:
            return json.loads(env[expr["var"]]) if "var" in expr else expr["value"]
        args = [self.value(each, env) for each in expr["args"]]
        if expr["op"] not in OPERATIONS:
            return self.asked(expr["op"], args)
        need(sum(len(each) for each in args if isinstance(each, str)) <= LONGEST, "a text is too long")
        found = OPERATIONS[expr["op"]](*args)
        whole = not isinstance(found, str | float)
        if not (-(2**63) <= found < 2**63 if whole else found not in (math.inf, -math.inf)):
            raise OverflowError(f"out of range: {found}")
        return found

    def asked(self, op: str, args: Any) -> Any:
        """The result of an operation that is not worked out here."""
        return self.oracle[text([op, *args])]

    def aggregate(self, literal: Any, env: Any) -> Any:
        """The bindings that an aggregate gives: one for each group of members, one of nothing if it may."""
        start = {name: env[name] for name in literal["group"] if name in env}
        groups: dict[Any, dict[str, Any]] = {(): {}} if literal["empty"] else {}
        for each, _ in self.solve(self.plan(literal["body"], set(start)), 0, start, ()):
            key = tuple((name, each[name]) for name in literal["group"] if name not in env)
            groups.setdefault(key, {})[text(each)] = each
        need(not (literal["empty"] and len(groups) > 1), "an aggregate of nothing for no group")
        for key, members in groups.items():
            values = (
                [self.value(literal["value"], each) for each in members.values()] if literal["value"] else []
            )
            op = literal["aggregate"]
            result = text(OPERATIONS[op](list(members) if op == "count" else values))
            if env.get(literal["result"], result) == result:
                yield {**env, **dict(key), literal["result"]: result}


def agree(atom: Any, row: Any, env: Any) -> Any:
    """The bindings with those that make an atom the row; None where none do."""
    env = dict(env)
    for term, have in zip(atom["terms"], row, strict=True):
        if "value" in term:
            if text(term["value"]) != have:
                return None
        elif not term["var"].startswith("_") and env.setdefault(term["var"], have) != have:
            return None
    return env


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: closurecheck.py ABSENCE.json [PROGRAM.json]")
    try:
        documents = [json.loads(Path(path).read_text("utf-8")) for path in sys.argv[1:]] + [{}]
        sys.stdout.write("\ntrusted: ".join(["closed: it is absent", *Check(*documents[:2]).trusted]) + "\n")
    except (*REFUSES, OSError) as error:
        sys.exit(f"refused: {error}")
