"""Identities: from names alone, the same wherever and whenever they are made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.compiler import AttackGraph
from panacea_policy.compiler.attack.identity import SymbolKeys, chained, mixed, name_key, told_apart
from panacea_policy.engine import Symbols
from tests.compiler.attack.test_graph import MODEL
from tests.compiler.workspaces import good_model

words = st.lists(st.integers(0, 2**64 - 1), max_size=40).map(lambda each: np.array(each, np.uint64))


def by_key(graph: AttackGraph) -> dict[int, str]:
    """What each instance is, by its key."""

    def told(start: np.ndarray, values: np.ndarray, i: int) -> list[str]:
        return sorted(graph.facts[f].text for f in values[start[i] : start[i + 1]])

    return {
        int(key): f"{graph.steps[graph.step[i]].id} {told(graph.premise_start, graph.premise, i)} "
        f"{told(graph.result_start, graph.result, i)}"
        for i, key in enumerate(graph.key)
    }


def test_a_name_has_one_key_in_every_process() -> None:
    code = "from panacea_policy.compiler.attack.identity import name_key; print(name_key('zone ward'))"
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert int(done.stdout) == name_key("zone ward") == 14784590153770231400  # by b2sum -l 64


def test_symbols_have_keys_whatever_their_order() -> None:
    values = [("a",), ("b",), "a", True, 1, 1.0, ('ward["1"]',)]
    one, other = Symbols(values), Symbols(reversed(values))
    keys, others = SymbolKeys(one), SymbolKeys(other)
    found = keys.of(np.array([one.intern(each) for each in values]))
    assert np.array_equal(found, others.of(np.array([other.intern(each) for each in values])))
    assert len(set(found.tolist())) == len(values), "a declaration, a text and a number are told apart"


@given(words)
def test_mixing_loses_nothing(some: np.ndarray) -> None:
    assert len(np.unique(mixed(some))) == len(np.unique(some))


@given(words, words)
def test_the_order_of_columns_counts(one: np.ndarray, other: np.ndarray) -> None:
    size = min(len(one), len(other))
    one, other = one[:size], other[:size]
    start = np.zeros(size, np.uint64)
    differ = one != other
    assert (chained(start, [one, other]) != chained(start, [other, one]))[differ].all()


@given(st.lists(st.integers(0, 3), max_size=30))
def test_equal_identities_are_told_apart_by_occurrence(some: list[int]) -> None:
    keys = np.array(some, np.uint64)
    found = told_apart(keys)
    assert len(np.unique(found)) == len(keys)
    for each in set(some):
        first = some.index(each)
        assert found[first] == each, "the first keeps its own"
    again = told_apart(np.concatenate([keys, np.array([0], np.uint64)]))
    assert np.array_equal(again[: len(keys)], found), "one more changes no other"


def test_the_order_of_the_text_is_without_effect(tmp_path: Path) -> None:
    lines = MODEL.strip().splitlines()
    cut = next(i for i, line in enumerate(lines) if line.startswith("relation attempts"))
    declared = [line for line in lines[:cut] if line]
    other = "\n".join([*reversed(declared), *lines[cut:]])
    one = good_model(tmp_path / "one", MODEL).attack()
    two = good_model(tmp_path / "two", other).attack()
    assert by_key(one) == by_key(two)
    assert len(by_key(one)) == len(one.key), "each instance has a key of its own"
    assert {int(k): f.text for k, f in zip(one.fact_key, one.facts, strict=True)} == {
        int(k): f.text for k, f in zip(two.fact_key, two.facts, strict=True)
    }


def test_what_is_elsewhere_in_the_model_is_without_effect(tmp_path: Path) -> None:
    more = (
        MODEL
        + "\nzone attic { type: internet }\nsystem more : old in attic { endpoint web { protocol: https } }\n"
    )
    one = by_key(good_model(tmp_path / "one", MODEL).attack())
    two = by_key(good_model(tmp_path / "two", more).attack())
    assert one.items() <= two.items()
    assert len(one) < len(two)


def test_instances_of_one_cause_share_its_key(tmp_path: Path) -> None:
    text = MODEL.replace('step move "Move" {', 'step move "Move" { common: role').replace(
        "for flow f, asset a, asset b\n  from controls(a),",
        "for flow f, asset a, asset b, role r\n  from controls(a),",
    )
    graph = good_model(tmp_path, text + "\nrole nurse {}\nrole clerk {}\n").attack()
    common = graph.common_cause >= 0
    assert common.sum() == 2
    assert ((graph.cause_key != 0) == common).all()
    assert len(set(graph.cause_key[common].tolist())) == 2
