"""The place where a test runs: its little model under the rules of its package, evaluated once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Names, declare_package
from panacea_policy.compiler.evaluation import (
    LIMITS,
    Evaluation,
    fill_database,
)
from panacea_policy.compiler.layers import Layer, build_layer, currencies_of
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.rules.program import Form, ProgramBuilder, needed_relations
from panacea_policy.engine import Compiled, Result, compile_program, evaluate
from panacea_policy.engine import Program as EngineProgram
from panacea_policy.language import Severity, Span
from panacea_policy.language import syntax as tree

if TYPE_CHECKING:
    from panacea_policy.compiler.workspace import Workspace

#: Kinds of instances that a pack's tests may refer to: what the pack is, not what a hospital has.
_OF_PACKS = frozenset({"pack", "requirement"})

#: One row as the engine holds it.
Row = tuple[int | float, ...]
#: Adds something to a compiled program before tests stand on it; gives another program.
Extend = Callable[[Program], Program]


@dataclass(frozen=True, slots=True)
class Case:
    """One test as written, and where."""

    item: tree.TestItem
    unit: FileUnit
    package: Package

    @property
    def span(self) -> Span:
        """The place of its title."""
        return Span(self.unit.name, self.item.title.start, self.item.title.end)

    def line(self, node: tree.Node) -> int:
        """The line of one of its parts, from 1."""
        return self.unit.source.position(node.start)[0]


@dataclass(frozen=True, slots=True)
class Setting:
    """A test's model under its rules. ``asking``: the package in which the test's names are looked up.

    ``own``: the names of what the test's model declares; everything else is the libraries'. ``background``:
    the rows of a relation that hold without the test's model.
    """

    case: Case
    evaluation: Evaluation
    asking: Package
    own: frozenset[str]
    background: Callable[[str], frozenset[Row]]


def extended(program: Program) -> ProgramBuilder:
    """A builder for questions to a program, which is not changed."""
    return program.builder.extended({name: each.above() for name, each in program.relations.items()})


def evaluate_needed(evaluation: Evaluation, builder: ProgramBuilder, wanted: Sequence[str]) -> Result:
    """Evaluate what some relations need, and compile nothing else.

    Raises ProgramErrors and EvaluationError.
    """
    facts, symbols = evaluation.facts, evaluation.symbols
    compiled = compile_needed(builder, wanted)
    return evaluate(compiled, fill_database(builder, facts, symbols, wanted), only=wanted, limits=LIMITS)


def compile_needed(builder: ProgramBuilder, wanted: Iterable[str]) -> Compiled:
    """The part of a program that some relations need, for the engine. Raises ProgramErrors."""
    needed = needed_relations(builder, wanted)
    return compile_program(
        EngineProgram(
            [each for name, each in builder.declared.items() if name in needed],
            [rule for rule in builder.rules if rule.head.relation in needed],
        )
    )


def table_rows(result: Result, name: str) -> list[Row]:
    """The rows of a relation as the engine holds them."""
    return list(zip(*(column.tolist() for column in result.table(name).columns), strict=True))


def cases_of(workspace: Workspace) -> list[Case]:
    """The tests of the workspace's own files, in order."""
    return [
        Case(item, unit, names.package)
        for names in workspace.names()
        for unit in names.package.files
        for item in unit.tree.items
        if isinstance(item, tree.TestItem)
    ]


class Bench:
    """Makes the settings of tests; what they have in common is built once."""

    def __init__(self, workspace: Workspace, extend: Extend | None = None) -> None:
        """``extend``: what is put upon each program that tests stand on."""
        self.workspace = workspace
        self._extend = extend
        self._bases: dict[int, tuple[Layer, Program]] = {}
        self._programs: dict[int, Program] = {}
        self._backgrounds: dict[tuple[int, date, str], frozenset[Row]] = {}

    def setting(self, case: Case) -> tuple[Setting | None, list[str]]:
        """The setting of a test, or what is wrong with its model."""
        as_of = as_of_date(case.item) or self.workspace.as_of
        return self._given(case, as_of) if case.item.given else (self._whole(case, as_of), [])

    # ------------------------------------------------------------------------------------------ internals

    def _whole(self, case: Case, as_of: date) -> Setting:
        """The workspace's own model."""
        evaluation = self.workspace.evaluation(as_of)
        if self._extend is not None:
            program = self._extended(evaluation.program)
            symbols = self.workspace.symbols
            evaluation = Evaluation(evaluation.model, evaluation.layer, program, symbols, as_of)
        own = evaluation.layer.entities.keys() - self.workspace.libraries.layer.entities.keys()
        return Setting(case, evaluation, case.package, frozenset(own), lambda _: frozenset())

    def _given(self, case: Case, as_of: date) -> tuple[Setting | None, list[str]]:
        workspace, package, unit, item = self.workspace, case.package, case.unit, case.item
        below, program = self._base(package)
        given = Package("test", "", package.folder, package.boundary)
        given.files.append(
            FileUnit(unit.name, unit.folder, unit.source, tree.File(item.start, item.end, item.given, ()))
        )
        given.uses = [package, *package.uses]
        currencies = currencies_of(given.files)
        layer = build_layer(workspace.registry, [given], below, currencies)
        own = Program(layer, layer.own, program, workspace.symbols)
        problems = [
            f"{each.message} (line {unit.source.position(each.span.start)[0]})"
            for each in (*layer.diagnostics, *own.reported)
            if each.severity is Severity.ERROR
        ]
        if problems:
            return None, problems
        evaluation = Evaluation(Model(layer, currencies), layer, own, workspace.symbols, as_of)
        names = layer.entities.keys() - below.entities.keys()
        return Setting(
            case, evaluation, given, frozenset(names), lambda name: self._background(package, as_of, name)
        ), []

    def _background(self, package: Package, as_of: date, relation: str) -> frozenset[Row]:
        """What holds of a relation for what the libraries declare, and nobody else."""
        key = (id(package), as_of, relation)
        if key not in self._backgrounds:
            layer, program = self._base(package)
            symbols = self.workspace.symbols
            evaluation = Evaluation(Model(layer, currencies_of(())), layer, program, symbols, as_of)
            builder = extended(program)
            rows: frozenset[Row] = frozenset()
            # A relation that the test declares itself holds of nothing without it.
            if relation in builder.user:
                builder.relation(builder.user[relation], Form.CERTAIN)
                program.compiler.complete(builder)
                rows = frozenset(table_rows(evaluate_needed(evaluation, builder, [relation]), relation))
            self._backgrounds[key] = rows
        return self._backgrounds[key]

    def _base(self, package: Package) -> tuple[Layer, Program]:
        """The layer that a test's model stands on: libraries, and the package's own rules without its
        instances.
        """
        key = id(package)
        if key not in self._bases:
            libraries = self.workspace.libraries
            report = Report()
            names = declare_package(package, self.workspace.registry, report)
            rules_only = Names(
                package, tables=names.tables, priors=names.priors, derivations=names.derivations
            )
            for short, group in names.items.items():
                kept = [
                    each
                    for each in group
                    if each.template or each.item is not None or each.kind.name in _OF_PACKS
                ]
                if kept:
                    rules_only.items[short] = kept
            layer = build_layer(
                self.workspace.registry, [], libraries.layer, currencies_of(()), prepared=[rules_only]
            )
            program = Program(layer, layer.own, libraries.program, self.workspace.symbols)
            self._bases[key] = (layer, self._extended(program))
        return self._bases[key]

    def _extended(self, program: Program) -> Program:
        if self._extend is None:
            return program
        key = id(program)
        if key not in self._programs:
            self._programs[key] = self._extend(program)
        return self._programs[key]


def as_of_date(item: tree.TestItem) -> date | None:
    """The day of a test that says one. A day that does not exist is a diagnostic of the workspace."""
    for attribute in item.attributes:
        if attribute.key == "as_of" and isinstance(attribute.value, tree.Date):
            return date.fromisoformat(attribute.value.value)
    return None


def packages_of(rules: Collection[str], evaluation: Evaluation) -> set[str]:
    """The labels of the packages that some rules are of."""
    return {
        each.declared.package.label for each in evaluation.program.rules if each.declared.qualified in rules
    }
