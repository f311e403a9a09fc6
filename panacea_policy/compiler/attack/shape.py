"""What the rules of an attack program are to the graph: which derive facts, which steps, and which what
steps lead to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from panacea_policy.compiler.attack.graph import StepInfo
from panacea_policy.compiler.attack.identity import name_key
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.program import AttackProgram, Program
from panacea_policy.compiler.rules.compiled import CompiledStep
from panacea_policy.compiler.rules.program import Source
from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.derivations import atoms_over
from panacea_policy.language import Span

#: The number that keeps auxiliary relations of the compiler apart; it depends on what else was compiled.
_COUNTER = re.compile(r"\d+(?=\??$)")


@dataclass(frozen=True, slots=True)
class StepShape:
    """An attack step: the rule that gives its instances, and those that say what each leads to."""

    number: int
    compiled: CompiledStep
    rule: CheckedRule
    results: tuple[CheckedRule, ...]
    key: int


@dataclass(frozen=True, slots=True)
class Shape:
    """An attack program sorted by what its rules are to the graph.

    ``facts``: the relations of facts, sorted. ``derived``: rules by which facts follow from facts, with the
    identity of each; ``initial``: rules by which facts hold from the start, by relation. ``infos``: the
    steps as people see them; the first is what follows without doing anything.
    """

    kept: frozenset[str]
    facts: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]
    names: Mapping[str, str]
    steps: tuple[StepShape, ...]
    derived: tuple[tuple[CheckedRule, int], ...]
    initial: Mapping[str, tuple[CheckedRule, ...]]
    infos: tuple[StepInfo, ...]


def shape_of(program: Program, model: Model) -> Shape:
    """The shape of a program's attack steps and of what follows from them."""
    attack = program.attack
    steps = {step.instance: step for step in attack.steps}
    facts = tuple(sorted(attack.kept - steps.keys()))
    of_steps: dict[str, CheckedRule] = {}
    results: dict[str, list[CheckedRule]] = {}
    derived: list[tuple[CheckedRule, int]] = []
    initial: dict[str, list[CheckedRule]] = {}
    seen: dict[str, int] = {}
    names = _stable_names(attack)
    for rule in attack.compiled.rules:
        head = rule.rule.head.relation
        if head in steps:
            of_steps[head] = rule
        elif head in attack.kept:
            premises = atoms_over(rule.rule, attack.kept)
            origin = rule.rule.origin
            if isinstance(origin, Source) and origin.role == "result":
                results.setdefault(premises[0][1].relation, []).append(rule)
            elif premises:
                seen[head] = seen.get(head, 0) + 1
                derived.append((rule, name_key(f"derived {names[head]} {seen[head]}")))
            else:
                initial.setdefault(head, []).append(rule)
    shapes = tuple(
        StepShape(
            number,
            steps[name],
            of_steps[name],
            tuple(results.get(name, ())),
            name_key(f"step {_id(steps[name])}"),
        )
        for number, name in enumerate(sorted(of_steps), start=1)
    )
    return Shape(
        attack.kept,
        facts,
        {name: _label(program, name) for name in facts},
        names,
        shapes,
        tuple(derived),
        {name: tuple(rules) for name, rules in initial.items()},
        (_DERIVED, *(_info(each.compiled, model) for each in shapes)),
    )


def _stable_names(attack: AttackProgram) -> dict[str, str]:
    """A name for each kept relation that does not depend on what else was compiled."""
    found: dict[str, str] = {}
    count: dict[str, int] = {}
    for name in attack.builder.declared:
        if name in attack.kept:
            stem = _COUNTER.sub("", name) if "/" in name else name
            count[stem] = count.get(stem, 0) + 1
            found[name] = f"{stem} {count[stem]}" if "/" in name else name
    return found


def _label(program: Program, name: str) -> tuple[str, str]:
    """The name of a relation of facts, and how texts call it."""
    relation = program.relations.get(name)
    short = relation.item.name.name if relation else name
    return short, short.replace("_", " ")


_DERIVED = StepInfo("derived", "derived", "Follows", "network", (), Span("", 0, 0), None)


def _id(step: CompiledStep) -> str:
    return step.declared.qualified


def _info(step: CompiledStep, model: Model) -> StepInfo:
    declared = step.declared
    entity = model.get(declared.qualified)
    layer = entity.value("layer") if entity else None
    attack = entity.value("attack") if entity else None
    return StepInfo(
        declared.qualified,
        declared.name,
        declared.title or declared.name.replace("_", " "),
        layer if isinstance(layer, str) else "network",
        tuple(str(each) for each in attack) if isinstance(attack, tuple) else (),
        declared.span,
        declared.doc,
        tuple(dict.fromkeys(name for classes, _ in step.hindrances for name in classes)),
    )
