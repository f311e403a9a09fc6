"""Optional attributes: each rule in a certain and in a possible form, as the compiler writes them.

What is certain holds however the unset attributes are filled in; what holds for some filling is possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import (
    Atom,
    Compare,
    Const,
    Literal,
    Program,
    ProgramErrors,
    RelationDecl,
    Rule,
    Sym,
    Type,
    Var,
    compile_program,
    evaluate,
)
from tests.engine.programs import LONG, Case
from tests.engine.test_random_programs import QUIET, REPEATABLE

SUBJECTS = tuple(map(Sym, range(4)))
LEVELS = (0, 1, 2)
ATTRIBUTES = {"level": LEVELS, "other": LEVELS, "next": SUBJECTS}
OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<"}
MOST_UNSET = 3


@dataclass(frozen=True)
class Condition:
    """``x.attribute op value``, ``derived(x)`` or, along ``next``, ``derived(x.next)``; maybe negated."""

    name: str
    op: str = ""
    value: int = 0
    negated: bool = False
    along: bool = False

    def bodies(self, possible: bool, number: int) -> list[list[Literal]]:
        """The alternatives of which one must hold."""
        x, v = Var("x"), Var(f"v{number}")
        if self.name in ATTRIBUTES:
            op: Any = OPPOSITE[self.op] if self.negated else self.op
            known: list[Literal] = [Atom(self.name, (x, v)), Compare(op, v, Const(self.value))]
            return [known, [Atom(f"{self.name} unset", (x,))]] if possible else [known]
        name = f"{self.name}?" if possible != self.negated else self.name
        if not self.along:
            return [[Atom(name, (x,), self.negated)]]
        known = [Atom("next", (x, v)), Atom(name, (v,), self.negated)]
        # Where the next one is not known, it may be any.
        unknown: list[Literal] = [
            Atom("next unset", (x,)),
            Atom("subject", (v,)),
            Atom(name, (v,), self.negated),
        ]
        return [known, unknown] if possible else [known]


@dataclass(frozen=True)
class Model:
    """Rules by the number of what they derive, and attributes of the subjects that are set."""

    rules: tuple[tuple[int, tuple[Condition, ...]], ...]
    values: dict[tuple[str, Sym], Any]

    @property
    def unset(self) -> list[tuple[str, Sym]]:
        return [(name, s) for name in ATTRIBUTES for s in SUBJECTS if (name, s) not in self.values]

    def case(self) -> Case:
        decls = [RelationDecl("subject", (("s", Type.SYMBOL),))]
        for name in ATTRIBUTES:
            type = Type.SYMBOL if name == "next" else Type.INT
            decls.append(RelationDecl(name, (("s", Type.SYMBOL), ("v", type))))
            decls.append(RelationDecl(f"{name} unset", (("s", Type.SYMBOL),)))
        for number in range(3):
            decls += [RelationDecl(f"d{number}{form}", (("s", Type.SYMBOL),)) for form in ("", "?")]
        rules = [
            Rule(
                Atom(f"d{number}{'?' if possible else ''}", (Var("x"),)),
                (Atom("subject", (Var("x"),)), *(literal for part in parts for literal in part)),
                f"d{number}",
            )
            for number, conditions in self.rules
            for possible in (False, True)
            for parts in product(*(each.bodies(possible, i) for i, each in enumerate(conditions)))
        ]
        facts: dict[str, set[tuple[Any, ...]]] = {"subject": {(s,) for s in SUBJECTS}}
        for (name, subject), value in self.values.items():
            facts.setdefault(name, set()).add((subject, value))
        for name, subject in self.unset:
            facts.setdefault(f"{name} unset", set()).add((subject,))
        return Case(Program(decls, rules), facts)

    def derived(self) -> dict[str, set[tuple[Any, ...]]] | None:
        case = self.case()
        try:
            compiled = compile_program(case.program)
        except ProgramErrors:
            return None
        result = evaluate(compiled, case.database())
        return {decl.name: case.rows(result, decl.name) for decl in case.program.relations}


@st.composite
def conditions(draw: st.DrawFn, head: int) -> Condition:
    if draw(st.booleans()):
        name = draw(st.sampled_from(["level", "other"]))
        op, value = draw(st.sampled_from(sorted(OPPOSITE))), draw(st.sampled_from(LEVELS))
        return Condition(name, op, value, draw(st.booleans()))
    negated = head > 0 and draw(st.booleans())
    lower = draw(st.integers(0, head - 1 if negated else head))
    return Condition(f"d{lower}", negated=negated, along=draw(st.booleans()))


@st.composite
def models(draw: st.DrawFn) -> Model:
    rules = []
    for _ in range(draw(st.integers(1, 5))):
        head = draw(st.integers(0, 2))
        rules.append((head, tuple(draw(st.lists(conditions(head), min_size=1, max_size=3)))))
    every = [(name, s) for name in ATTRIBUTES for s in SUBJECTS]
    unset = draw(st.lists(st.sampled_from(every), max_size=MOST_UNSET, unique=True))
    values = {key: draw(st.sampled_from(ATTRIBUTES[key[0]])) for key in every if key not in unset}
    return Model(tuple(rules), values)


def check(model: Model) -> None:
    found = model.derived()
    if found is None:
        return
    case = model.case()
    expected = case.oracle().run()
    assert {name: rows for name, rows in expected.items() if rows} == {n: r for n, r in found.items() if r}
    for filling in product(*(ATTRIBUTES[name] for name, _ in model.unset)):
        filled = Model(model.rules, {**model.values, **dict(zip(model.unset, filling, strict=True))})
        truth = filled.derived()
        assert truth is not None
        for number in range(3):
            assert found[f"d{number}"] <= truth[f"d{number}"] <= found[f"d{number}?"]
            assert truth[f"d{number}"] == truth[f"d{number}?"]


@settings(REPEATABLE, max_examples=100)
@given(models())
def test_certain_is_true_of_every_filling_and_possible_of_some(model: Model) -> None:
    check(model)


@pytest.mark.slow
@settings(QUIET, max_examples=LONG)
@given(models())
def test_optional_attributes_at_length(model: Model) -> None:
    check(model)
