"""Sets of numbers and words against sets of samples."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.compiler.lint.domains import Domain, Numbers, Words, compared, meet, these
from panacea_policy.compiler.lint.formulas import Test, Universe, negated
from panacea_policy.compiler.lint.solve import contradictory

SAMPLES = [step / 2 for step in range(-8, 9)]
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISONS = st.tuples(st.sampled_from(sorted(SIGNS)), st.sampled_from(SAMPLES[4:-4]))


def within(domain: Domain, value: float) -> bool:
    return isinstance(domain, Numbers) and any(
        (each.low < value or (each.low == value and not each.low_open))
        and (value < each.high or (value == each.high and not each.high_open))
        for each in domain.stretches
    )


@given(first=COMPARISONS, second=COMPARISONS)
def test_numbers_are_those_that_compare_so(first: tuple[str, float], second: tuple[str, float]) -> None:
    one, other = compared(*first), compared(*second)
    for value in SAMPLES:
        a, b = SIGNS[first[0]](value, first[1]), SIGNS[second[0]](value, second[1])
        assert within(one, value) is a
        assert within(one.complement(), value) is not a
        assert within(meet(one, other), value) is (a and b)


@given(values=st.lists(COMPARISONS, min_size=1, max_size=4), whole=st.booleans())
def test_comparisons_exclude_each_other_where_no_number_is_left(
    values: list[tuple[str, float]], whole: bool
) -> None:
    samples = [each for each in SAMPLES if not whole or each == int(each)]
    left = [v for v in samples if all(SIGNS[sign](v, bound) for sign, bound in values)]
    table = {"n": Universe(compared(">=", -4.0).meet(compared("<=", 4.0)), whole=whole)}
    tests = [Test("n", compared(*each)) for each in values]
    if left:
        assert not contradictory(tests, table)
    elif whole:
        assert contradictory(tests, table)


@given(
    one=st.frozensets(st.sampled_from("abc")),
    other=st.frozensets(st.sampled_from("abc")),
    excluded=st.tuples(st.booleans(), st.booleans()),
)
def test_words(one: frozenset[str], other: frozenset[str], excluded: tuple[bool, bool]) -> None:
    first, second = Words(one, excluded[0]), Words(other, excluded[1])
    both = first.meet(second)
    for word in "abcd":
        a, b = (word in one) is not excluded[0], (word in other) is not excluded[1]
        assert ((word in both.values) is not both.excluded) is (a and b)
        assert ((word in first.complement().values) is not first.complement().excluded) is not a


def test_a_negation_takes_in_what_has_no_value() -> None:
    test = Test("x.a", these(["red"]))
    assert negated(negated(test)) == test
    opposite = negated(test)
    assert isinstance(opposite, Test)
    assert opposite.none
    assert opposite.void
