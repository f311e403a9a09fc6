"""What rules and attack steps are once compiled: the names of their relations in the program."""

from __future__ import annotations

import msgspec

from panacea_policy.compiler.declare import Declared
from panacea_policy.compiler.rules.typing import ExpressionType
from panacea_policy.language import syntax as tree


class CompiledRule(msgspec.Struct, frozen=True):
    """A rule's relations in the program. ``variables`` are those of `for`; ``subjects`` index into them."""

    declared: Declared
    item: tree.RuleItem
    variables: tuple[tuple[str, ExpressionType], ...]
    subjects: tuple[int, ...]
    violated: str
    possible: str
    applies: str
    may_apply: str
    asked: str


class CompiledStep(msgspec.Struct, frozen=True):
    """An attack step's relations: its instances, and their chance and effort where these depend on the
    instance.
    """

    declared: Declared
    item: tree.StepItem
    variables: tuple[tuple[str, ExpressionType], ...]
    instance: str
    chance: str | None
    effort: str | None
    hindrances: tuple[tuple[tuple[str, ...], int], ...]
