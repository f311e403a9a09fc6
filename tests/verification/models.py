"""Random facts that a model could give, without any text: for holding answers about all models against
many of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import cast

import numpy as np

from panacea_policy.compiler import Workspace
from panacea_policy.compiler.facts import ANY, seconds
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.engine import Database, Symbols, compile_program, evaluate
from panacea_policy.engine import Program as EngineProgram
from panacea_policy.model import Attribute, BooleanType, DateType, EnumType, NumberType, Registry
from panacea_policy.verification.slice import VALUE, concrete, slice_of, value_kinds

#: Named here so that no text is needed: kinds of which random models have declarations.
KINDS = ("zone", "device", "system")
AS_OF = date(2026, 11, 28)
Rows = set[tuple[object, ...]]


def subjects_in(workspace: Workspace, rules: Sequence[CompiledRule], random: Random, most: int) -> list[Rows]:
    """The subjects that each rule finds violated in one random model of at most ``most`` declarations a
    kind.
    """
    builder = workspace.evaluation(AS_OF).program.builder
    symbols = workspace.symbols
    entities = {
        symbols.intern((f"{kind} {index}",)): kind
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
    return [
        {tuple(row[index] for index in rule.subjects) for row in result.rows(rule.violated)} for rule in rules
    ]


@dataclass
class _Draw:
    random: Random
    symbols: Symbols
    registry: Registry
    entities: Mapping[int, str]

    def __post_init__(self) -> None:
        self._said: dict[tuple[int, str], tuple[bool, list[object]]] = {}

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
            self._said[key] = self._draw(attribute)
        return self._said[key]

    def _draw(self, attribute: Attribute) -> tuple[bool, list[object]]:
        random = self.random
        if not attribute.complete and random.random() < 0.2:
            return True, []
        choices = self._choices(attribute)
        if attribute.many:
            return False, [each for each in choices if random.random() < 0.4]
        boolean = isinstance(attribute.type, BooleanType)
        if not choices or (not boolean and random.random() < 0.15):
            return False, []
        return False, [random.choice(choices)]

    def _choices(self, attribute: Attribute) -> list[object]:
        target = value_kinds(self.registry, attribute.type)
        if target != VALUE:
            return [each for each, kind in self.entities.items() if kind in target]
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


def _ids(values: list[object]) -> np.ndarray:
    return np.asarray(values, dtype=np.int64)
