"""Compiled programs as plain data and back: what a cache can hold, and nothing that can run.

What decoding gives is checked against the types of terms, not proved to be sound: whoever keeps a program
answers for where it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from panacea_policy.engine.check import BodyInfo, CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.options import ALL_ON
from panacea_policy.engine.passes import rewritten
from panacea_policy.engine.stratify import Stratum
from panacea_policy.engine.terms import Atom, Literal, Program, RelationDecl, Rule
from panacea_policy.engine.values import Type


class KeptRule(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A rule with what is known of its body. Its name and origin are its keeper's."""

    head: Atom
    body: tuple[Literal, ...]
    info: BodyInfo


class KeptProgram(msgspec.Struct, frozen=True, array_like=True):
    """A checked and ordered program, with the form that evaluation rewrites it to.

    ``strata``: relations, positions of rules, whether recursive. ``changed``: the rules that the rewritten
    form has other than these, by position; None for one that it drops.
    """

    relations: tuple[tuple[str, tuple[tuple[str, Type], ...], bool], ...]
    rules: tuple[KeptRule, ...]
    strata: tuple[tuple[frozenset[str], tuple[int, ...], bool], ...]
    uses: dict[str, dict[str, None]]
    changed: dict[int, KeptRule | None]


def keep(compiled: Compiled) -> KeptProgram:
    """A program as data. All its rules must have passed."""
    form = rewritten(compiled, ALL_ON)
    now = {each.position: each for each in form.rules}
    return KeptProgram(
        tuple((each.name, each.columns, each.kept) for each in compiled.decls.values()),
        tuple(_kept(each) for each in compiled.rules),
        tuple(
            (each.relations, tuple(rule.position for rule in each.rules), each.recursive)
            for each in compiled.strata
        ),
        {name: dict(used) for name, used in compiled.uses.items()},
        {
            each.position: _kept(now[each.position]) if each.position in now else None
            for each in compiled.rules
            if now.get(each.position) is not each
        },
    )


def restore(kept: KeptProgram, names: Sequence[str], origins: Sequence[object]) -> Compiled:
    """The program again. ``names`` and ``origins``: of its rules, in their order.

    Raises KeyError, IndexError or ValueError for data that is none of a program.
    """
    declared = [RelationDecl(name, columns, marked) for name, columns, marked in kept.relations]
    decls = {each.name: each for each in declared}
    rules = [
        Rule(each.head, each.body, name, origin)
        for each, name, origin in zip(kept.rules, names, origins, strict=True)
    ]
    checked = [
        CheckedRule(position, rule, each.info)
        for position, (rule, each) in enumerate(zip(rules, kept.rules, strict=True))
    ]
    strata = _strata(kept, checked)
    compiled = Compiled(Program(declared, rules), decls, tuple(checked), strata, kept.uses)
    form = _changed(kept, compiled)
    compiled.forms[form_names()] = form
    return compiled


def form_names() -> frozenset[str]:
    """The passes behind the form that is kept."""
    from panacea_policy.engine.passes import PASSES

    return frozenset(each.name for each in PASSES if each.keeps_all and ALL_ON.on(each.name))


def _kept(checked: CheckedRule) -> KeptRule:
    return KeptRule(checked.rule.head, checked.rule.body, checked.info)


def _strata(kept: KeptProgram, rules: Sequence[CheckedRule | None]) -> tuple[Stratum, ...]:
    found = []
    for relations, positions, recursive in kept.strata:
        own = [rules[position] for position in positions]
        found.append(Stratum(relations, tuple(each for each in own if each is not None), recursive))
    return tuple(found)


def _changed(kept: KeptProgram, compiled: Compiled) -> Compiled:
    """The rewritten form of a program."""
    if not kept.changed:
        return compiled
    rules: list[CheckedRule | None] = list(compiled.rules)
    for position, each in kept.changed.items():
        before = compiled.rules[position].rule
        rules[position] = (
            None
            if each is None
            else CheckedRule(position, Rule(each.head, each.body, before.name, before.origin), each.info)
        )
    strata = _strata(kept, rules)
    left = tuple(each for each in rules if each is not None)
    return Compiled(compiled.program, compiled.decls, left, strata, compiled.uses)
