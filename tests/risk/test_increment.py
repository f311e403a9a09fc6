"""A run carried over to a changed graph equals a fresh one, whatever changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.risk import study as module
from panacea_policy.risk.kernels import Form
from panacea_policy.risk.study import Study
from tests.risk.graphs import Step, build_named, step_lists, steps
from tests.risk.test_study import study

named = st.dictionaries(st.integers(0, 12), steps, max_size=10)


def numbered(chosen: dict[int, Step]) -> Any:
    """The graph of steps that keep their names whatever else there is."""
    return build_named([(str(n), step) for n, step in chosen.items()], effectiveness=0.5, slows=0.5)


def same(one: Study, other: Study) -> None:
    for mine, theirs in zip(one.outcome.time, other.outcome.time, strict=True):
        assert np.array_equal(mine, theirs)


@given(named, named, st.sets(st.integers(0, 12)), st.sampled_from([(), (0,), (0, 1)]), st.integers(0, 2))
@settings(max_examples=60)
def test_a_run_after_a_change_equals_a_fresh_one(
    first: dict[int, Step], more: dict[int, Step], gone: set[int], active: tuple[int, ...], shift: int
) -> None:
    """Steps come, go, and change their chance by the controls that are in place."""
    second = {n: step for n, step in {**first, **more}.items() if n not in gone}
    before = study(numbered(first), keep=True, shift=shift)
    after = study(numbered(second), active, keep=True, before=before, shift=shift)
    same(after, study(numbered(second), active, shift=shift))
    third = study(numbered(first), keep=True, before=after, shift=shift)
    same(third, before)


@given(named, named, st.sets(st.integers(0, 12)))
@settings(max_examples=30)
def test_the_compiled_form_carries_over_as_well(
    first: dict[int, Step], more: dict[int, Step], gone: set[int]
) -> None:
    pytest.importorskip("numba")
    second = {n: step for n, step in {**first, **more}.items() if n not in gone}
    before = study(numbered(first), keep=True, form=Form.NUMBA, threads=2)
    after = study(numbered(second), keep=True, before=before, form=Form.NUMBA, threads=2)
    same(after, study(numbered(second)))


@given(step_lists)
@settings(max_examples=10)
def test_without_room_to_keep_anything_the_result_is_the_same(chosen: list[Step]) -> None:
    graph = numbered(dict(enumerate(chosen)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_KEPT", 0)
        before = study(graph, keep=True)
        same(before, study(graph))
        same(study(graph, keep=True, before=before), before)
