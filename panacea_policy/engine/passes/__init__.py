"""Passes that rewrite a program before it runs: one to a file, each can be printed and switched off by name.

A pass takes a program to one that gives the same rows of what is asked for. `constants` and `repeated` keep
every relation as it is, so they serve every evaluation; `demand` keeps the wanted ones alone, so it serves
questions. Proofs and derivations are always of the rules as they were written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.options import ALL_ON, PROGRAM_PASSES, Options
from panacea_policy.engine.passes.constants import constants
from panacea_policy.engine.passes.demand import Expect, demand
from panacea_policy.engine.passes.repeated import repeated
from panacea_policy.engine.passes.rewrite import exchanged
from panacea_policy.engine.stratify import needed_for
from panacea_policy.engine.terms import Rule

__all__ = ["PASSES", "Change", "Expect", "Goal", "Pass", "optimise", "rewritten"]


class Goal(msgspec.Struct, frozen=True):
    """The relations that are asked for.

    ``expect``: what is known of the rows of given relations.
    """

    wanted: tuple[str, ...]
    expect: Expect | None = None


class Pass(msgspec.Struct, frozen=True):
    """A pass by its name. ``keeps_all``: it changes no relation, wanted or not."""

    name: str
    run: Callable[[Compiled, Goal], Compiled]
    keeps_all: bool

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return PROGRAM_PASSES[self.name]


class Change(msgspec.Struct, frozen=True):
    """What a pass made of a program."""

    name: str
    before: Compiled
    after: Compiled

    @property
    def dropped(self) -> tuple[Rule, ...]:
        """The rules that are there no more, in their order."""
        return _without(self.before, self.after)

    @property
    def added(self) -> tuple[Rule, ...]:
        """The rules that were not there before."""
        return _without(self.after, self.before)


def _needed(compiled: Compiled, goal: Goal) -> Compiled:
    needed = needed_for(goal.wanted, compiled.uses)
    if needed.issuperset(compiled.decls):
        return compiled
    program = replace(
        compiled.program,
        relations=[decl for decl in compiled.program.relations if decl.name in needed],
        rules=[rule for rule in compiled.program.rules if rule.head.relation in needed],
    )
    return Compiled(
        program,
        {name: decl for name, decl in compiled.decls.items() if name in needed},
        tuple(rule for rule in compiled.rules if rule.rule.head.relation in needed),
        tuple(stratum for stratum in compiled.strata if stratum.relations <= needed),
        {name: used for name, used in compiled.uses.items() if name in needed},
    )


#: In the order in which they are applied.
PASSES: tuple[Pass, ...] = (
    Pass("needed", _needed, keeps_all=False),
    Pass("constants", lambda compiled, _: exchanged(compiled, constants(compiled)), keeps_all=True),
    Pass("repeated", lambda compiled, _: exchanged(compiled, repeated(compiled)), keeps_all=True),
    Pass("demand", lambda compiled, goal: demand(compiled, goal.wanted, goal.expect), keeps_all=False),
)


def optimise(
    compiled: Compiled, goal: Goal, options: Options = ALL_ON
) -> tuple[Compiled, tuple[Change, ...]]:
    """A program for the wanted relations alone, and what each pass changed, in order."""
    changes: list[Change] = []
    for each in PASSES:
        if options.on(each.name):
            after = each.run(compiled, goal)
            changes.append(Change(each.name, compiled, after))
            compiled = after
    return compiled, tuple(changes)


def rewritten(compiled: Compiled, options: Options = ALL_ON) -> Compiled:
    """The program after the passes that keep every relation; made once."""
    names = frozenset(each.name for each in PASSES if each.keeps_all and options.on(each.name))
    found = compiled.forms.get(names)
    if found is None:
        found = compiled
        for each in PASSES:
            if each.name in names:
                found = each.run(found, Goal(()))
        compiled.forms[names] = found
    return found


def _without(one: Compiled, other: Compiled) -> tuple[Rule, ...]:
    rules: Sequence[Rule] = [checked.rule for checked in other.rules]
    known = {id(rule) for rule in rules}
    equal = set(rules)
    return tuple(
        checked.rule for checked in one.rules if id(checked.rule) not in known and checked.rule not in equal
    )
