"""From the engine's result to instances of the graph, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from panacea_policy.compiler.attack.arrays import Indices, joined, starts_of, taken
from panacea_policy.compiler.attack.figures import Efforts, Figures, constant
from panacea_policy.compiler.attack.hindrances import Protection
from panacea_policy.compiler.attack.identity import SymbolKeys, Words, chained, mixed, name_key
from panacea_policy.compiler.attack.shape import Shape, StepShape
from panacea_policy.engine import Result, Type
from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.table import sort_order

_NONE: Indices = np.empty(0, np.int64)


@dataclass(slots=True)
class Batch:
    """Instances: n of them, with premises, results and controls as lists behind each other.

    ``rule``: the position of the rule that gives each. ``place``: its place among its step's rows, or for
    what follows the fact that it leads to. Premises and results are places of facts; ``hinder`` has
    controls of the model.
    """

    rule: NDArray[np.int32]
    step: Indices
    place: Indices
    premise_count: Indices
    premise: Indices
    result_count: Indices
    result: Indices
    chance: NDArray[np.float64]
    effort: Indices
    cause: Words
    hinder_count: Indices
    hinder: Indices
    key: Words

    def __len__(self) -> int:
        return len(self.step)


def joined_batches(batches: Sequence[Batch]) -> Batch:
    """Batches behind each other."""
    whole = [empty_batch(), *batches]
    return Batch(*(np.concatenate([getattr(each, f.name) for each in whole]) for f in fields(Batch)))


def empty_batch() -> Batch:
    """No instance."""
    none = _NONE
    words = np.empty(0, np.uint64)
    return Batch(
        np.empty(0, np.int32), none, none, none, none, none, none, np.empty(0), none, words, none, none, words
    )


class Places:
    """Where the rows of each kept relation are: facts among the facts of the graph, instances of a step
    among those of that step. By the engine's number of the row; -1 for none.
    """

    def __init__(self) -> None:
        self.of: dict[str, Indices] = {}


class Batches:
    """Makes instances of the rows that the engine tells of."""

    def __init__(
        self,
        result: Result,
        shape: Shape,
        places: Places,
        fact_key: Words,
        figures: Figures,
        protection: Protection,
        efforts: Efforts,
        keys: SymbolKeys,
    ) -> None:
        self._result = result
        self._shape = shape
        self._places = places
        self._fact_key = fact_key
        self._figures = figures
        self._protection = protection
        self._keys = keys
        self._at_once = efforts.number(constant(0.0))

    def derived(self, rule: CheckedRule, key: int, head: Indices, premises: Sequence[Indices]) -> Batch:
        """What follows by a rule: ``head`` and ``premises`` are places of facts."""
        count = len(head)
        order = sort_order([head, *premises], count)
        head = head[order]
        premise = _rows(premises, order)
        width = np.full(count, len(premises), np.int64)
        key_of = self._instance_keys(key, premise, width, head, np.ones(count, np.int64))
        return Batch(
            np.full(count, rule.position, np.int32),
            np.zeros(count, np.int64),
            head,
            width,
            premise,
            np.ones(count, np.int64),
            head,
            np.ones(count),
            np.full(count, self._at_once, np.int64),
            np.zeros(count, np.uint64),
            np.zeros(count, np.int64),
            _NONE,
            key_of,
        )

    def of_step(
        self, step: StepShape, row: Indices, premises: Sequence[Indices], results: tuple[Indices, Indices]
    ) -> Batch:
        """Instances of a step: ``row`` is each one's row of the step's relation, ``premises`` are places of
        facts.

        ``results``: how many facts each leads to, and their places behind each other. One that leads
        nowhere is left out.
        """
        place = self._places.of[step.compiled.instance][row]
        leads = np.flatnonzero(results[0] > 0)
        order = leads[sort_order([place[leads], *(each[leads] for each in premises)], len(leads))]
        row, place, count = row[order], place[order], len(order)
        result_count, result = taken(starts_of(results[0]), results[1], order)
        columns = [column[row] for column in self._result.relations[step.compiled.instance].columns()]
        hinder_count, hinder = self._protection.hindering(step.compiled.hindrances, columns, count)
        premise = _rows(premises, order)
        width = np.full(count, len(premises), np.int64)
        own = self._row_keys(step.compiled.instance, step.key, columns, count)
        return Batch(
            np.full(count, step.rule.position, np.int32),
            np.full(count, step.number, np.int64),
            place,
            width,
            premise,
            result_count,
            result,
            self._figures.chances(step.compiled, columns, count),
            self._figures.efforts(step.compiled, columns, count),
            self.causes(step, columns, count),
            hinder_count,
            hinder,
            mixed(self._instance_keys(step.key, premise, width, result, result_count) ^ own),
        )

    def causes(self, step: StepShape, columns: Sequence[Indices], count: int) -> Words:
        """What instances of a step have in common with others."""
        return self._figures.causes(step.compiled, step.key, columns, count)

    def _row_keys(self, name: str, key: int, columns: Sequence[Indices], count: int) -> Words:
        types = self._result.compiled.decls[name].types
        return row_keys(key, types, columns, count, self._keys)

    def _instance_keys(
        self, key: int, premise: Indices, premise_count: Indices, result: Indices, result_count: Indices
    ) -> Words:
        """Identities from a step's, its premises' and its results', whatever their order."""
        found = np.full(len(premise_count), key, np.uint64)
        for salt, facts, counts in (("premises", premise, premise_count), ("results", result, result_count)):
            spread = mixed(self._fact_key[facts] ^ np.uint64(name_key(salt)))
            found = mixed(found ^ _sums(spread, counts))
        return found


def row_keys(
    key: int, types: Sequence[Type], columns: Sequence[Indices], count: int, keys: SymbolKeys
) -> Words:
    """The identities of rows of a relation, from its own and those of the values in order."""
    words = [
        keys.of(column) if type is Type.SYMBOL else mixed(column.view(np.uint64))
        for column, type in zip(columns, types, strict=True)
    ]
    return chained(np.full(count, key, np.uint64), words)


def _rows(premises: Sequence[Indices], order: Indices) -> Indices:
    """Premises in columns as lists behind each other, of equal length."""
    if not premises:
        return _NONE
    return np.stack([each[order] for each in premises], axis=1).reshape(-1)


def _sums(words: Words, counts: Indices) -> Words:
    """The sum of each list of words, modulo 2**64."""
    ends = np.cumsum(counts)
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(words, dtype=np.uint64)])
    found: Words = total[ends] - total[ends - counts]
    return found


__all__ = ["Batch", "Batches", "Places", "empty_batch", "joined", "joined_batches", "row_keys"]
