"""Certificates of absence as plain data, for `panacea_policy.closurecheck`: facts, rules, and the rows of
every relation that a goal without rows depends on.
"""

from __future__ import annotations

from typing import Any

from panacea_policy.closurecheck import Check, text
from panacea_policy.engine.builtins import TESTS, compare_versions
from panacea_policy.engine.certificate import plain_row, rule_record
from panacea_policy.engine.result import Result
from panacea_policy.engine.stratify import needed_for

#: Rows of a certificate: larger ones would be checked for minutes.
MAX_ROWS = 300_000

Json = dict[str, Any]


class TooLarge(Exception):
    """A certificate with more than :data:`MAX_ROWS` rows; ``rows``: how many it would have."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"{rows:,} rows")
        self.rows = rows


def closure(result: Result, goal: str) -> Json:
    """The certificate that a relation has no rows: ``goal``, ``rules``, ``facts``, ``closed``, ``oracle``.

    Everything that the goal depends on must have been evaluated. Raises :class:`TooLarge`, and ValueError
    where the goal has rows or the checker does not accept the certificate: nothing unchecked is handed out.
    """
    certificate = unchecked(result, goal)
    _Asking({**certificate, "schema": "panacea/absence/v1"}, certificate["oracle"])
    return certificate


def unchecked(result: Result, goal: str) -> Json:
    """The same, whatever the checker would say of it, and without the oracle's answers."""
    compiled = result.compiled
    needed = sorted(needed_for([goal], compiled.uses) & result.relations.keys())
    count = sum(len(result.table(name)) for name in needed)
    if count > MAX_ROWS:
        raise TooLarge(count)
    rules = [rule_record(each, result) for each in compiled.rules if each.rule.head.relation in needed]
    facts: Json = {}
    for name in needed:
        given = zip(result.rows(name), result.given(name).tolist(), strict=True)
        rows = [plain_row(row) for row, is_given in given if is_given]
        if rows or name not in compiled.uses:
            facts[name] = rows
    return {
        "goal": goal,
        "rules": rules,
        "facts": facts,
        "closed": {name: list(map(plain_row, result.rows(name))) for name in needed if name in compiled.uses},
        "oracle": {},
    }


class _Asking(Check):
    """The check itself, which asks the engine for what a checker takes on trust, and notes the answers."""

    def __init__(self, told: Any, oracle: Json) -> None:
        self._noted = oracle
        super().__init__(told, {})

    def asked(self, op: str, args: Any) -> Any:
        key = text([op, *args])
        if key not in self._noted:
            self._noted[key] = compare_versions(*args) if op == "version_compare" else bool(TESTS[op](*args))
        return self._noted[key]
