"""Values gathered many at a time are those that asking each entity gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.compiler.entities import UNKNOWN, Entity, Template
from panacea_policy.compiler.gather import Block, Gathered
from panacea_policy.model import vocabulary

KIND = vocabulary().kind("system")
#: No package, no file, no place.
NOWHERE: tuple[Any, Any, Any] = (None, None, None)
values = st.one_of(
    st.just(UNKNOWN), st.none(), st.integers(0, 5), st.lists(st.integers(0, 5), max_size=3).map(tuple)
)
#: Of each entity, its template and what was said of itself, if anything was.
entities = st.lists(st.tuples(st.integers(0, 2), st.one_of(st.just("nothing"), values)), max_size=12)


def made(some: Sequence[tuple[int, object]], templates: Sequence[Template]) -> list[Entity]:
    found = []
    for number, (template, own) in enumerate(some):
        said = {"other": 1} if own == "nothing" else {"other": 1, "a": own}
        found.append(Entity(f"e{number}", KIND, None, None, *NOWHERE, (templates[template],), own=said))
    return found


@given(st.lists(entities, max_size=3), st.lists(values, min_size=3, max_size=3), st.booleans())
def test_columns_are_those_of_each_entity(
    blocks: list[list[tuple[int, object]]], inherited: list[object], listed: bool
) -> None:
    templates = [Template(f"t{n}", KIND, ()) for n in range(3)]
    found = Gathered(listed)
    rows: list[int] = []
    expected: list[object] = []
    unset: list[int] = []
    start = 0
    for some in blocks:
        block = Block(made(some, templates))
        found.each(start, *block.said("a"))
        for members in block.others("a"):
            (template,) = block.entities[int(members[0])].templates
            found.many(members + start, inherited[templates.index(template)])
        for place, (template, own) in enumerate(some):
            value = inherited[template] if own == "nothing" else own
            if value is UNKNOWN:
                unset.append(start + place)
            elif isinstance(value, tuple) and listed:
                rows += [start + place] * len(value)
                expected += value
            elif value is not None:
                rows.append(start + place)
                expected.append(value)
        start += len(some)
    met: list[object] = []

    def encode(many: list[object]) -> np.ndarray:
        for each in many:
            if each not in met:
                met.append(each)
        return np.array([met.index(each) for each in many], np.int64)

    places, codes = found.columns(encode)
    assert places.tolist() == rows
    assert [met[each] for each in codes.tolist()] == expected
    assert met == list(dict.fromkeys(expected)), "values are met in the order of the entities"
    assert sorted(np.concatenate([np.empty(0, np.int64), *found.unset]).tolist()) == unset
