"""The chance, the effort and the common cause of instances of attack steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from panacea_policy.compiler.attack.arrays import Indices
from panacea_policy.compiler.attack.identity import SymbolKeys, Words, mixed, name_key
from panacea_policy.compiler.entities import UNKNOWN
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.rules.compiled import CompiledStep
from panacea_policy.compiler.rules.terms import Terms
from panacea_policy.engine import Result, Type
from panacea_policy.engine.index import expand
from panacea_policy.engine.values import decode_floats
from panacea_policy.language import syntax as tree
from panacea_policy.model import Dimension, Distribution, DistributionType, NumberType, build

Floats = NDArray[np.float64]


def constant(value: float) -> Distribution:
    """The law of a value that is certain."""
    return build("constant", [value], {}, Dimension.COUNT)


class Efforts:
    """The laws of effort that occur, each once."""

    def __init__(self) -> None:
        self.laws: list[Distribution] = []
        self._numbers: dict[Distribution, int] = {}

    def number(self, law: Distribution) -> int:
        """The position of a law among :attr:`laws`."""
        found = self._numbers.get(law)
        if found is None:
            found = self._numbers[law] = len(self.laws)
            self.laws.append(law)
        return found


class Figures:
    """Reads the figures of instances off the engine's result; instances are rows of their step's relation."""

    def __init__(
        self, result: Result, terms: Terms, model: Model, efforts: Efforts, keys: SymbolKeys
    ) -> None:
        self._result = result
        self._terms = terms
        self._model = model
        self._efforts = efforts
        self._keys = keys

    def chances(self, step: CompiledStep, columns: Sequence[Indices], count: int) -> Floats:
        """The chance of each instance, given by the columns of the step's relation, in [0, 1]."""
        if step.chance is None:
            node = step.item.chance
            value = self._constant(node, DistributionType(Dimension.FRACTION)).mean() if node else 1.0
            return np.full(count, min(max(value, 0.0), 1.0))
        found = np.ones(count)
        where, values = self._values(step.chance, columns, count)
        if isinstance(values, list):
            means = {id(each): each.mean() for each in values}
            numbers = np.array([means[id(each)] for each in values], np.float64)
        else:
            numbers = values
        found[where] = numbers
        return np.clip(found, 0.0, 1.0)

    def efforts(self, step: CompiledStep, columns: Sequence[Indices], count: int) -> Indices:
        """The effort of each instance, as a position among the laws of effort."""
        if step.effort is None:
            node = step.item.effort
            law = self._constant(node, DistributionType(Dimension.DURATION)) if node else constant(0.0)
            return np.full(count, self._efforts.number(law), np.int64)
        found = np.full(count, self._efforts.number(constant(0.0)), np.int64)
        where, values = self._values(step.effort, columns, count)
        laws = values if isinstance(values, list) else [constant(each) for each in values.tolist()]
        found[where] = [self._efforts.number(each) for each in laws]
        return found

    def causes(self, step: CompiledStep, key: int, columns: Sequence[Indices], count: int) -> Words:
        """The identity of what each instance has in common with others; 0 for nothing.

        Instances with the same variable of the kind that the step calls common share one draw; where no
        variable is of that kind, those with the same value of that attribute, such as the `product` of a
        system.
        """
        entity = self._model.get(step.declared.qualified)
        common = entity.value("common") if entity else None
        typed = [
            (getattr(type, "kinds", ()), column)
            for (_, type), column in zip(step.variables, columns, strict=True)
        ]
        salt = np.uint64(key ^ name_key("common cause"))
        for kinds, column in typed:
            if common in kinds:
                return mixed(self._keys.of(column) ^ salt)
        for kinds, column in typed:
            if kinds and any(common in self._model.registry.kind(each).attributes for each in kinds):
                shared = self._values_of(column, str(common))
                return np.where(shared != 0, mixed(shared ^ salt), np.uint64(0))
        return np.zeros(count, np.uint64)

    def _values_of(self, column: Indices, attribute: str) -> Words:
        """The identity of the value of an attribute of each declaration; 0 where it is not known."""
        ids, inverse = np.unique(column, return_inverse=True)
        found = np.zeros(len(ids), np.uint64)
        for place, symbol in enumerate(ids.tolist()):
            name = self._result.symbols.value(symbol)
            entity = self._model.get(name[0]) if isinstance(name, tuple) and len(name) == 1 else None
            value = entity.value(attribute) if entity is not None else None
            if value is not UNKNOWN and value is not None:
                found[place] = name_key(f"{attribute} {value!r}")
        return found[inverse]

    def _constant(self, node: tree.Expression, type: DistributionType) -> Distribution:
        try:
            value = self._terms.constant(node, type)
        except Rejected:
            return constant(float(str(self._terms.constant(node, NumberType(type.dimension)))))
        assert isinstance(value, Distribution)
        return value

    def _values(
        self, relation: str, columns: Sequence[Indices], count: int
    ) -> tuple[Indices, Floats | list[Distribution]]:
        """The instances for which a figure is known, and its values there.

        Where an instance has several, the greatest in the engine's order comes last.
        """
        held = self._result.relations[relation]
        is_float = self._result.compiled.decls[relation].types[-1] is Type.FLOAT
        left: list[Indices] = [np.empty(0, np.int64)]
        right: list[Indices] = [np.empty(0, np.int64)]
        if held.count and count:
            index = held.index(tuple(range(len(columns))))
            for matches in index.find(list(columns), count):
                mine, theirs = expand(matches)
                left.append(np.arange(count) if mine is None else mine)
                right.append(theirs)
        codes = held.column(held.arity - 1)[np.concatenate(right)]
        where = np.concatenate(left)
        order = np.argsort(codes, kind="stable")
        where, codes = where[order], codes[order]
        if is_float:
            return where, decode_floats(codes)
        ids, inverse = np.unique(codes, return_inverse=True)
        laws = [self._result.symbols.value(each) for each in ids.tolist()]
        known = np.array([isinstance(each, Distribution) for each in laws], np.bool_)
        kept = known[inverse] if len(laws) else np.zeros(0, np.bool_)
        return where[kept], [laws[each] for each in inverse[kept].tolist()]
