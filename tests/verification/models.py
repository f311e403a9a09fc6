"""Random facts that a model could give, without any text: for holding answers about all models against
many of them. Every one of them is a model that the compiler accepts, and can be written as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import cast

import numpy as np

from panacea_policy.compiler import Workspace
from panacea_policy.compiler.facts import ANY, seconds
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.engine import Database, Symbols, compile_program, evaluate
from panacea_policy.engine import Program as EngineProgram
from panacea_policy.model import (
    Attribute,
    BooleanType,
    DateType,
    EnumType,
    NumberType,
    Registry,
    written_quantity,
)
from panacea_policy.verification.slice import VALUE, concrete, slice_of, value_kinds

#: Named here so that no text is needed: kinds of which random models have declarations.
KINDS = ("zone", "device", "system")
AS_OF = date(2026, 11, 28)
Rows = set[tuple[object, ...]]


def subjects_and_text(
    workspace: Workspace, rules: Sequence[CompiledRule], random: Random, most: int
) -> tuple[list[Rows], str]:
    """The subjects that each rule finds violated in one random model of at most ``most`` declarations a
    kind, and the model's declarations in the language.
    """
    builder = workspace.evaluation(AS_OF).program.builder
    symbols = workspace.symbols
    entities = {
        symbols.intern((f"{kind}_{index}",)): kind
        for kind in KINDS
        for index in range(random.randint(0, most))
    }
    database = Database(symbols)
    draw = _Draw(random, symbols, builder.registry, entities)
    parts = [slice_of(builder, rule.violated) for rule in rules]
    inputs = {name: of for part in parts for name, of in part.inputs.items()}
    derived = {name: each for part in parts for name, each in part.rules.items()}
    for name, (what, of) in inputs.items():
        database.insert(name, draw.columns(what, of))
    program = EngineProgram(
        [builder.declared[name] for name in (*derived, *inputs)],
        [rule for each in derived.values() for rule in each],
    )
    result = evaluate(compile_program(program), database, only=[rule.violated for rule in rules])
    found: list[Rows] = [
        {tuple(row[index] for index in rule.subjects) for row in result.rows(rule.violated)} for rule in rules
    ]
    return found, draw.text()


@dataclass
class _Draw:
    random: Random
    symbols: Symbols
    registry: Registry
    entities: Mapping[int, str]

    def __post_init__(self) -> None:
        self._said: dict[tuple[int, str], tuple[bool, list[object]]] = {}
        self._attributes: dict[str, Attribute] = {}

    def columns(self, what: str, of: object) -> tuple[np.ndarray, ...]:
        match what:
            case "kind" | "domain":
                found = self._of(cast(str, of))
                return (_ids([*found, *([self._any] if what == "domain" else [])]),)
            case "today":
                return _ids([self.symbols.intern("today")]), np.asarray([seconds(AS_OF)])
            case "words":
                return (_ids([self.symbols.intern(word) for word in cast("tuple[str, ...]", of)]),)
            case "unset":
                attribute = cast(Attribute, of)
                rows = [each for each in self._of(attribute.declared_by) if self._say(each, attribute)[0]]
                return (_ids([*rows, self._any]),)
            case "attribute":
                attribute = cast(Attribute, of)
                pairs = [
                    (each, value)
                    for each in self._of(attribute.declared_by)
                    for value in self._say(each, attribute)[1]
                ]
                values = [value for _, value in pairs]
                plain = isinstance(attribute.type, NumberType | DateType)
                column = np.asarray(values, dtype=np.float64) if plain else _ids(values)
                return _ids([each for each, _ in pairs]), column
        raise AssertionError(f"random models have no {what}")

    @property
    def _any(self) -> int:
        return self.symbols.intern(ANY)

    def _of(self, kind: str) -> list[int]:
        kinds = concrete(self.registry, [kind])
        return [each for each, of in self.entities.items() if of in kinds]

    def _say(self, entity: int, attribute: Attribute) -> tuple[bool, list[object]]:
        """Whether nobody set it, and its values; the same whenever it is asked for."""
        key = (entity, f"{attribute.declared_by}.{attribute.name}")
        if key not in self._said:
            self._said[key] = self._draw(entity, attribute)
            self._attributes[key[1]] = attribute
        return self._said[key]

    def _draw(self, entity: int, attribute: Attribute) -> tuple[bool, list[object]]:
        random = self.random
        if not attribute.complete and random.random() < 0.2:
            return True, []
        choices = self._choices(entity, attribute)
        if attribute.many:
            return False, [each for each in choices if random.random() < 0.4]
        # What is true or false cannot be `none`: only where it need not be said may it have no value.
        stated = isinstance(attribute.type, BooleanType) and not attribute.complete
        if not choices or (not stated and random.random() < 0.15):
            return False, []
        return False, [random.choice(choices)]

    def _choices(self, entity: int, attribute: Attribute) -> list[object]:
        target = value_kinds(self.registry, attribute.type)
        if target != VALUE:
            kind = self.entities[entity]
            found = [each for each, other in self.entities.items() if other in target]
            if kind in target and self.registry.kind(kind).clauses.get("in") == attribute.name:
                # Nothing lies in itself. Each lies in one before it: so every shape but circles comes up.
                return found[: found.index(entity)]
            return list(found)
        type = attribute.type
        if isinstance(type, BooleanType):
            return [self.symbols.intern(each) for each in (True, False)]
        if isinstance(type, EnumType):
            return [self.symbols.intern(word) for word in type.values]
        if isinstance(type, DateType):
            return [seconds(AS_OF) + 86_400 * each for each in (-400, -1, 0, 1, 30, 400)]
        if isinstance(type, NumberType):
            # What the rules compare with, and what lies just beside and between.
            least = 0.0 if type.minimum is None else type.minimum
            return [
                least + each for each in (0.0, 1.0, 2.0, 3.0, 4.0) if least + each <= (type.maximum or 99)
            ]
        return [self.symbols.intern(each) for each in ("a", "ab", "b")]

    # ------------------------------------------------------------------------------------------ text

    def text(self) -> str:
        """What was drawn, as declarations."""
        return "".join(
            f"{kind} {self._name(entity)} {{\n{''.join(self._lines(entity))}}}\n"
            for entity, kind in self.entities.items()
        )

    def _lines(self, entity: int) -> Iterator[str]:
        for (owner, relation), (unset, values) in self._said.items():
            attribute = self._attributes[relation]
            if owner != entity or unset or (attribute.complete and not values):
                continue
            written = [self._written(attribute, each) for each in values]
            value = f"[{', '.join(written)}]" if attribute.many else "".join(written) or "none"
            yield f"  {attribute.name}: {value}\n"

    def _written(self, attribute: Attribute, value: object) -> str:
        type = attribute.type
        if value_kinds(self.registry, type) != VALUE:
            return self._name(cast(int, value))
        if isinstance(type, DateType):
            return (date(1970, 1, 1) + timedelta(seconds=cast(float, value))).isoformat()
        if isinstance(type, NumberType):
            return written_quantity(Fraction(cast(float, value)), type.dimension)
        said = self.symbols.value(cast(int, value))
        if isinstance(type, BooleanType):
            return "true" if said else "false"
        return str(said) if isinstance(type, EnumType) else f'"{said}"'

    def _name(self, entity: int) -> str:
        (name,) = cast("tuple[str]", self.symbols.value(entity))
        return name


def _ids(values: list[object]) -> np.ndarray:
    return np.asarray(values, dtype=np.int64)
