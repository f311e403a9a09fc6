"""What rows follow from after a change: the heads that are asked again are all whose support has changed,
and what they say is what all rules say.
"""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.engine import EvaluationError, Live, Result, increment, live, relation
from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.derivations import atoms_over
from panacea_policy.engine.rederive import Rederivation
from panacea_policy.engine.relation import Relation
from panacea_policy.engine.terms import Atom, Var
from tests.engine.circles import circles
from tests.engine.programs import LONG, Case
from tests.engine.test_live import CAREFUL, LIMITS, Step, circular, columns, histories, program_of
from tests.engine.test_random_programs import QUIET, REPEATABLE

Row = tuple[int, ...]


def rows_of(relation: Relation) -> list[Row]:
    """All rows by number, those taken away too."""
    if not relation.arity:
        return [()] * relation.size
    return list(zip(*(column.tolist() for column in relation.columns()), strict=True))


def supports(result: Result, rule: CheckedRule) -> dict[Row, set[tuple[Row, ...]]]:
    """For each head of a rule, the choices of rows that it follows from."""
    every = set(result.relations)
    found = result.supports(rule, every)
    tables = {name: rows_of(result.relations[name]) for name in every}
    heads = tables[rule.rule.head.relation]
    said: dict[Row, set[tuple[Row, ...]]] = {}
    for i, head in enumerate(found.head.tolist()):
        said.setdefault(heads[head], set()).add(
            tuple(tables[each.relation][each.rows[i]] for each in found.premises)
        )
    assert sum(map(len, said.values())) == len(found), "each choice comes once"
    return said


def check(case: Case, steps: list[Step]) -> None:
    compiled = program_of(case, frozenset(range(len(case.program.rules))))
    if compiled is None:
        return
    try:
        world = Live(compiled, case.database(), limits=LIMITS)
    except EvaluationError:
        return
    again = Rederivation(compiled, world.result.symbols, LIMITS)
    before = {rule.position: supports(world.result, rule) for rule in compiled.rules}
    held = {name: set(alive(relation)) for name, relation in world.result.relations.items()}
    for step in steps:
        try:
            changes = world.apply(columns(step.new), columns(step.gone))
        except EvaluationError:
            return
        result = world.result
        again.begin(result.relations, changes)
        now = {name: set(alive(relation)) for name, relation in result.relations.items()}
        for rule in compiled.rules:
            name = rule.rule.head.relation
            gone = sorted(held[name] - now[name])
            lost = Relation(len(compiled.decls[name].columns))
            lost.append([np.array(each, np.int64) for each in zip(*gone, strict=True)], len(gone))
            touched = again.touched(rule, lost)
            heads, away = rows_of(result.relations[name]), rows_of(lost)
            asked = {heads[each] for each in touched.rows.tolist()} | {
                away[each] for each in touched.gone.tolist()
            }
            said = supports(result, rule)
            differ = {
                head
                for head in before[rule.position].keys() | said.keys()
                if before[rule.position].get(head) != said.get(head)
            }
            assert differ <= asked
            some = again.supports(rule, touched.rows, set(result.relations))
            tables = {each: rows_of(result.relations[each]) for each in result.relations}
            found: dict[Row, set[tuple[Row, ...]]] = {}
            for i, head in enumerate(some.head.tolist()):
                premises = tuple(tables[each.relation][each.rows[i]] for each in some.premises)
                found.setdefault(heads[head], set()).add(premises)
            assert found == {head: each for head, each in said.items() if head in asked}
            check_leads(again, rule, result, said)
            before[rule.position] = said
        held = now


def check_leads(
    again: Rederivation, rule: CheckedRule, result: Result, said: dict[Row, set[tuple[Row, ...]]]
) -> None:
    """What follows from the rows of one atom is what those rows are a support of."""
    atoms = atoms_over(rule.rule, set(result.relations))
    if not atoms or len(rule.rule.body) > 2 or any(not isinstance(each, Atom) for each in rule.rule.body):
        return
    _, atom = atoms[0]
    if any(isinstance(each, Var) and each.is_wildcard for each in atom.terms):
        return
    held = result.relations[atom.relation]
    rows, heads = rows_of(held), rows_of(result.relations[rule.rule.head.relation])
    ground, head = again.leads(rule, atom, held.rows())
    pairs = {(rows[g], heads[h]) for g, h in zip(ground.tolist(), head.tolist(), strict=True)}
    assert pairs == {(choice[0], head) for head, choices in said.items() for choice in choices}


def alive(relation: Relation) -> list[Row]:
    every = rows_of(relation)
    return [every[each] for each in relation.rows().tolist()]


@given(histories())
@settings(REPEATABLE, max_examples=50)
def test_all_that_differs_is_asked_again(history: tuple[Case, list[Step]]) -> None:
    with CAREFUL:
        check(*history)


@given(histories(circular()))
@settings(REPEATABLE, max_examples=20)
def test_circles_are_asked_again(history: tuple[Case, list[Step]]) -> None:
    with CAREFUL:
        check(*history)


@pytest.mark.slow
@given(
    st.one_of(histories(), histories(circular())),
    st.sampled_from([0, 512]),
    st.sampled_from([1, 4]),
    st.sampled_from([-1, 3_000, 200_000]),
)
@settings(QUIET, max_examples=LONG)
def test_histories_at_length(history: tuple[Case, list[Step]], small: int, dead: int, work: int) -> None:
    with (
        patch.object(relation, "SMALL", small),
        patch.object(live, "_MOST_DEAD", dead),
        patch.object(increment, "_LITTLE_WORK", work),
    ):
        check(*history)


def test_nothing_changed_touches_nothing() -> None:
    case = Case(circles(), {"node": set()})
    compiled = program_of(case, frozenset(range(len(case.program.rules))))
    assert compiled is not None
    world = Live(compiled, case.database(), limits=LIMITS)
    again = Rederivation(compiled, world.result.symbols, LIMITS)
    again.begin(world.result.relations, world.apply())
    for rule in compiled.rules:
        assert not again.touched(rule, Relation(len(compiled.decls[rule.rule.head.relation].columns)))
