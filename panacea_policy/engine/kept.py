"""Compiled programs as plain data and back: what a cache can hold, and nothing that can run.

What decoding gives is checked against the types of terms, not proved to be sound: whoever keeps a program
answers for where it comes from.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import msgspec

from panacea_policy.engine.check import BodyInfo, CheckedRule
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.options import ALL_ON
from panacea_policy.engine.passes import rewritten
from panacea_policy.engine.stratify import Stratum
from panacea_policy.engine.terms import Atom, Literal, Program, RelationDecl, Rule, columns_of
from panacea_policy.engine.values import Type


class KeptRule(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A rule. ``info``: which of the program's `infos` tells of its body. Its name and origin are its
    keeper's.
    """

    head: Atom
    body: tuple[Literal, ...]
    info: int


class KeptProgram(msgspec.Struct, frozen=True, array_like=True):
    """A checked and ordered program, with the form that evaluation rewrites it to.

    ``relations``: their names, the types of their columns, which are called c0, c1, …, and whether all their
    derivations will be asked for. ``infos``: what is known of bodies, each once. ``strata``: relations,
    positions of rules, whether recursive. ``changed``: the rules that the rewritten form has otherwise,
    by position; None for one that it drops.
    """

    relations: tuple[tuple[str, tuple[Type, ...], bool], ...]
    infos: tuple[BodyInfo, ...]
    rules: tuple[KeptRule, ...]
    strata: tuple[tuple[frozenset[str], tuple[int, ...], bool], ...]
    uses: dict[str, dict[str, None]]
    changed: dict[int, KeptRule | None]


def keep(compiled: Compiled) -> KeptProgram:
    """A program as data. Raises ValueError for one whose columns have other names than c0, c1, … or that some
    rule was left out of.
    """
    plain = all(each.columns == columns_of(each.types) for each in compiled.decls.values())
    if not plain or len(compiled.rules) != len(compiled.program.rules):
        raise ValueError("no program that can be kept")
    form = rewritten(compiled, ALL_ON)
    now = {each.position: each for each in form.rules}
    infos = _Infos()
    kept = tuple(map(infos.kept, compiled.rules))
    changed = {
        each.position: infos.kept(now[each.position]) if each.position in now else None
        for each in compiled.rules
        if now.get(each.position) is not each
    }
    return KeptProgram(
        tuple((each.name, each.types, each.kept) for each in compiled.decls.values()),
        tuple(infos.found),
        kept,
        tuple(
            (each.relations, tuple(rule.position for rule in each.rules), each.recursive)
            for each in compiled.strata
        ),
        {name: dict(used) for name, used in compiled.uses.items()},
        changed,
    )


def restore(kept: KeptProgram, names: Sequence[str], origins: Sequence[object]) -> Compiled:
    """The program again. ``names`` and ``origins``: of its rules, in their order.

    Raises KeyError, IndexError or ValueError for data that is none of a program.
    """
    columns = {types: columns_of(types) for _, types, _ in kept.relations}
    declared = [RelationDecl(name, columns[types], marked) for name, types, marked in kept.relations]
    decls = {each.name: each for each in declared}
    rules = [
        Rule(each.head, each.body, name, origin)
        for each, name, origin in zip(kept.rules, names, origins, strict=True)
    ]
    checked = [
        CheckedRule(position, rule, kept.infos[each.info])
        for position, (rule, each) in enumerate(zip(rules, kept.rules, strict=True))
    ]
    strata = tuple(
        Stratum(relations, tuple([checked[position] for position in positions]), recursive)
        for relations, positions, recursive in kept.strata
    )
    compiled = Compiled(Program(declared, rules), decls, tuple(checked), strata, kept.uses)
    form = _changed(kept, compiled)
    compiled.forms[form_names()] = form
    return compiled


def form_names() -> frozenset[str]:
    """The passes behind the form that is kept."""
    from panacea_policy.engine.passes import PASSES

    return frozenset(each.name for each in PASSES if each.keeps_all and ALL_ON.on(each.name))


class _Infos:
    """Numbers what is known of bodies: most rules share it with others."""

    def __init__(self) -> None:
        self.found: list[BodyInfo] = []
        self._numbers: dict[bytes, int] = {}

    def kept(self, checked: CheckedRule) -> KeptRule:
        """A rule as data."""
        key = _encoder.encode(checked.info)
        number = self._numbers.setdefault(key, len(self.found))
        if number == len(self.found):
            self.found.append(checked.info)
        return KeptRule(checked.rule.head, checked.rule.body, number)


def _plain(value: object) -> object:
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise NotImplementedError(type(value))


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)


def encoded(kept: object) -> bytes:
    """Something with a kept program in it, as bytes."""
    return _encoder.encode(kept)


def _rules(rules: Sequence[CheckedRule | None], positions: Sequence[int]) -> tuple[CheckedRule, ...]:
    own = (rules[position] for position in positions)
    return tuple(each for each in own if each is not None)


def _changed(kept: KeptProgram, compiled: Compiled) -> Compiled:
    """The rewritten form of a program."""
    if not kept.changed:
        return compiled
    rules: list[CheckedRule | None] = list(compiled.rules)
    for position, each in kept.changed.items():
        before = compiled.rules[position].rule
        if each is None:
            rules[position] = None
        else:
            rule = Rule(each.head, each.body, before.name, before.origin)
            rules[position] = CheckedRule(position, rule, kept.infos[each.info])
    strata = tuple(
        each
        if kept.changed.keys().isdisjoint(positions)
        else Stratum(each.relations, _rules(rules, positions), each.recursive)
        for each, (_, positions, _) in zip(compiled.strata, kept.strata, strict=True)
    )
    left = tuple(each for each in rules if each is not None)
    return Compiled(compiled.program, compiled.decls, left, strata, compiled.uses)
