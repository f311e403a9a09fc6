"""Programs that come back from plain data are what they were: same rows, same order, same proofs."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings

from panacea_policy.engine import (
    Compiled,
    EvaluationError,
    Program,
    ProgramErrors,
    Type,
    compile_program,
    evaluate,
)
from panacea_policy.engine.kept import KeptProgram, encoded, form_names, keep, restore
from panacea_policy.engine.passes import rewritten
from panacea_policy.engine.terms import RelationDecl, columns_of
from tests.engine.programs import Case, cases
from tests.engine.test_live import LIMITS
from tests.engine.test_random_programs import REPEATABLE
from tests.engine.test_unchanged import alike


def compiled_of(case: Case) -> Compiled | None:
    declared = [RelationDecl(each.name, columns_of(each.types), each.kept) for each in case.program.relations]
    try:
        return compile_program(Program(declared, case.program.rules))
    except ProgramErrors:
        return None


def again(compiled: Compiled) -> Compiled:
    """A program after a stay on the disk."""
    kept = msgspec.msgpack.decode(encoded(keep(compiled)), type=KeptProgram)
    rules = compiled.program.rules
    return restore(kept, [rule.name for rule in rules], [rule.origin for rule in rules])


def shape(compiled: Compiled) -> object:
    """All of a program, the order of everything included."""
    return (
        list(compiled.decls.items()),
        [(each.position, each.rule, each.rule.name, each.info) for each in compiled.rules],
        [(s.relations, [each.position for each in s.rules], s.recursive) for s in compiled.strata],
        [(name, list(used)) for name, used in compiled.uses.items()],
    )


@settings(REPEATABLE, max_examples=60)
@given(cases())
def test_what_comes_back_is_the_program_that_was_kept(case: Case) -> None:
    compiled = compiled_of(case)
    if compiled is None:
        return
    found = again(compiled)
    assert shape(found) == shape(compiled)
    assert shape(found.forms[form_names()]) == shape(rewritten(compiled))
    assert rewritten(found) is found.forms[form_names()]
    try:
        expected = evaluate(compiled, case.database(), limits=LIMITS)
    except EvaluationError:
        return
    result = evaluate(found, case.database(), limits=LIMITS)
    # Results are compared under one program: positions and relations are the same.
    result.compiled = compiled
    alike(result, expected)


def test_columns_with_other_names_are_not_kept() -> None:
    declared = [RelationDecl("a", (("x", Type.SYMBOL),))]
    with pytest.raises(ValueError, match="kept"):
        keep(compile_program(Program(declared, [])))


def test_data_of_no_program_is_refused() -> None:
    kept = KeptProgram((), (), (), ((frozenset({"a"}), (7,), False),), {}, {})
    with pytest.raises(IndexError):
        restore(kept, [], [])
    with pytest.raises(ValueError, match="argument"):
        restore(kept, ["a"], [])
