"""A program that has been checked and ordered."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from panacea_policy.engine.check import CheckedRule, check_program
from panacea_policy.engine.errors import ProgramErrors
from panacea_policy.engine.stratify import Stratum, dependencies, stratify
from panacea_policy.engine.terms import Program, RelationDecl


class Compiled(msgspec.Struct, frozen=True, eq=False):
    """A sound program: its declarations by name, its rules with their types, and its strata in order.

    ``uses``: for each derived relation those that its rules speak of. ``forms``: rewritten forms by the names
    of the passes that made them; who replaces another field gives new ones.
    """

    program: Program
    decls: Mapping[str, RelationDecl]
    rules: tuple[CheckedRule, ...]
    strata: tuple[Stratum, ...]
    uses: Mapping[str, Mapping[str, None]]
    forms: dict[frozenset[str], Compiled] = msgspec.field(default_factory=dict)


def compile_program(program: Program) -> Compiled:
    """Checks a program and orders it into strata. Raises ProgramErrors with every problem found."""
    decls, rules, errors = check_program(program)
    uses = dependencies(rules)
    strata, cycles = stratify(rules, uses)
    if errors or cycles:
        raise ProgramErrors([*errors, *cycles])
    return Compiled(program, decls, tuple(rules), tuple(strata), uses)
