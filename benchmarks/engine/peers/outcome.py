"""What a run of one engine gives, and which relations are compared."""

from __future__ import annotations

from dataclasses import dataclass

from panacea_policy.engine import Program

#: Rows by relation: symbols as their ids.
Tables = dict[str, set[tuple[int, ...]]]


class Untranslatable(Exception):
    """A literal that a peer has no equal for, such as a test of strings."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds to take the facts in, seconds to derive everything, and the rows of every derived relation.

    ``peak``: most megabytes that its process held until then; rows are counted after. ``own``: it ran in a
    process of its own, not in this one.
    """

    load: float
    evaluate: float
    rows: dict[str, int]
    peak: float
    own: bool = False


def derived(program: Program) -> list[str]:
    """The relations that some rule derives, in the order of their declarations."""
    heads = {rule.head.relation for rule in program.rules}
    return [declaration.name for declaration in program.relations if declaration.name in heads]


def arities(program: Program) -> dict[str, int]:
    """How many columns each relation has."""
    return {declaration.name: len(declaration.columns) for declaration in program.relations}
