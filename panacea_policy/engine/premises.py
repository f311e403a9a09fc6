"""What proofs rest on besides proofs: absences, comparisons and aggregates, with what was looked for."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence

import msgspec
import numpy as np

from panacea_policy.engine.check import BodyInfo
from panacea_policy.engine.compiled import Compiled
from panacea_policy.engine.frame import Context, Frame
from panacea_policy.engine.plan import Planner
from panacea_policy.engine.steps import run_steps
from panacea_policy.engine.terms import Aggregate, Atom, Compare, Const, Literal, Test, const_code
from panacea_policy.engine.values import INT_MAX, INT_MIN, Type, encode_scalar


class NegatedPremise(msgspec.Struct, frozen=True):
    """No row of ``atom.relation`` has these values; a wildcard's place is None."""

    atom: Atom
    row: tuple[object, ...]


class TestPremise(msgspec.Struct, frozen=True):
    """A comparison or test that holds for the proof's bindings."""

    #: Keeps pytest from taking the class for a group of tests.
    __test__ = False

    literal: Compare | Test


class AggregatePremise(msgspec.Struct, frozen=True):
    """``value`` is what the aggregate gives for this ``group``; ``members`` are the bindings it took."""

    aggregate: Aggregate
    group: Mapping[str, object]
    value: object
    members: tuple[Mapping[str, object], ...]


class Leaves:
    """Makes the premises that are no proofs, for given codes of the variables."""

    def __init__(self, compiled: Compiled, context: Context) -> None:
        self._compiled = compiled
        self._context = context

    def leaf(
        self, literal: Literal, position: int, info: BodyInfo, found: Mapping[str, int]
    ) -> NegatedPremise | TestPremise | AggregatePremise:
        """The premise that a literal of a body is, all its variables being known."""
        if isinstance(literal, Compare | Test):
            return TestPremise(literal)
        if isinstance(literal, Aggregate):
            inner = info.inner[position]
            return self.aggregate(literal, inner, info, found, found[literal.result.name])
        return NegatedPremise(literal, self.pattern(literal, found))

    def pattern(self, atom: Atom, found: Mapping[str, int]) -> tuple[object, ...]:
        """The row that an atom asks for; None where any value will do or none is known."""
        row: list[object] = []
        for term, type in zip(atom.terms, self._compiled.decls[atom.relation].types, strict=True):
            if isinstance(term, Const):
                row.append(self._context.value(const_code(term, type), type))
            else:
                code = None if term.is_wildcard else found.get(term.name)
                row.append(None if code is None else self._context.value(code, type))
        return tuple(row)

    def aggregate(
        self, aggregate: Aggregate, inner: BodyInfo, info: BodyInfo, found: Mapping[str, int], result: int
    ) -> AggregatePremise:
        """What an aggregate takes for a group; ``result``: the code of what it gives."""
        group = {var.name: found[var.name] for var in aggregate.group}
        planner = Planner(self._compiled.decls, self._context.relations)
        names = sorted(inner.scope.bound)
        start = {name: np.array([code]) for name, code in group.items()}
        steps = planner.plan(aggregate.body, inner, names, start=start)
        members: set[tuple[int, ...]] = set()

        def collect(frame: Frame) -> None:
            members.update(zip(*(frame.columns[name].tolist() for name in names), strict=True))
            if not names:
                members.add(())

        run_steps(steps, Frame(1, start), self._context, collect)
        return AggregatePremise(
            aggregate,
            self.decoded(group, info),
            self._context.value(result, info.types[aggregate.result.name]),
            tuple(self.decoded(dict(zip(names, codes, strict=True)), inner) for codes in sorted(members)),
        )

    def decoded(self, codes: Mapping[str, int], info: BodyInfo) -> dict[str, object]:
        """Values of variables by name."""
        return {name: self._context.value(codes[name], info.types[name]) for name in sorted(codes)}


def row_values(codes: Sequence[int], types: Sequence[Type], context: Context) -> tuple[object, ...]:
    """The Python values of a row's codes."""
    return tuple(context.value(code, type) for code, type in zip(codes, types, strict=True))


def row_codes(row: Sequence[Hashable], types: Sequence[Type], context: Context) -> list[int] | None:
    """The codes of a row given by its Python values; None where some value can be in no row.

    Raises ValueError for a row of another width.
    """
    codes: list[int] = []
    for value, type in zip(row, types, strict=True):
        if type is Type.SYMBOL:
            code = context.symbols.find(value)
            if code is None:
                return None
            codes.append(code)
            continue
        if not isinstance(value, int | float) or not math.isfinite(value):
            return None
        if type is Type.INT and not (value == int(value) and INT_MIN <= value <= INT_MAX):
            return None
        codes.append(encode_scalar(value, type))
    return codes
