"""Tests written in the language: a small model, what rules must say of it, and that they say nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from panacea_policy.compiler.asked_fact import read_fact
from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Names, declare_package
from panacea_policy.compiler.evaluation import Evaluation, Program
from panacea_policy.compiler.layers import Layer, build_layer, currencies_of
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.query import QueryError
from panacea_policy.compiler.verdicts import Finding, Verdict
from panacea_policy.language import Severity, Span
from panacea_policy.language import syntax as tree

if TYPE_CHECKING:
    from panacea_policy.compiler.workspace import Workspace

#: Kinds of instances that a pack's tests may refer to: what the pack is, not what a hospital has.
_OF_PACKS = frozenset({"pack", "requirement"})


@dataclass(frozen=True, slots=True)
class TestResult:
    """The outcome of one test; ``exercised``: which verdicts it saw of which rule."""

    name: str
    span: Span
    passed: bool
    failures: tuple[str, ...]
    exercised: Mapping[str, frozenset[Verdict]]


def run_tests(workspace: Workspace) -> Sequence[TestResult]:
    """Run every test of the workspace's own files, in order."""
    runner = _Runner(workspace)
    return [
        runner.run(unit, names.package, item)
        for names in workspace.names()
        for unit in names.package.files
        for item in unit.tree.items
        if isinstance(item, tree.TestItem)
    ]


class _Runner:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._bases: dict[int, tuple[Layer, Program, Package]] = {}

    def run(self, unit: FileUnit, package: Package, item: tree.TestItem) -> TestResult:
        """One test."""
        span = Span(unit.name, item.title.start, item.title.end)
        as_of = _as_of(item) or self._workspace.as_of
        evaluation, problems = self._evaluation(unit, package, item, as_of)
        failures = list(problems)
        exercised: dict[str, frozenset[Verdict]] = {}
        if evaluation is not None and not failures:
            checker = _Checker(evaluation, package)
            failures += checker.check(item.expectations)
            exercised = checker.exercised
        return TestResult(item.title.value, span, not failures, tuple(failures), exercised)

    def _evaluation(
        self, unit: FileUnit, package: Package, item: tree.TestItem, as_of: date
    ) -> tuple[Evaluation | None, list[str]]:
        workspace = self._workspace
        if not item.given:
            return workspace.evaluation(as_of), []
        below, program, base = self._base(package)
        given = Package("test", "", package.folder, package.boundary)
        file = tree.File(item.start, item.end, item.given, ())
        given.files.append(FileUnit(unit.name, unit.folder, unit.source, file))
        given.uses = [base, *package.uses]
        currencies = currencies_of(given.files)
        layer = build_layer(workspace.registry, [given], below, currencies)
        own = Program(layer, layer.own, program, workspace.symbols)
        problems = [
            f"{each.message} (line {unit.source.position(each.span.start)[0]})"
            for each in (*layer.diagnostics, *own.diagnostics)
            if each.severity is Severity.ERROR
        ]
        model = Model(layer, currencies)
        return Evaluation(model, layer, own, workspace.symbols, as_of), problems

    def _base(self, package: Package) -> tuple[Layer, Program, Package]:
        """The layer that a test's model stands on: libraries, and the package's own rules without its
        instances.
        """
        key = id(package)
        if key not in self._bases:
            libraries = self._workspace.libraries
            report = Report()
            names = declare_package(package, self._workspace.registry, report)
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
                self._workspace.registry, [], libraries.layer, currencies_of(()), prepared=[rules_only]
            )
            program = Program(layer, layer.own, libraries.program, self._workspace.symbols)
            self._bases[key] = (layer, program, package)
        return self._bases[key]


class _Checker:
    """Holds expectations against what the rules say."""

    def __init__(self, evaluation: Evaluation, package: Package) -> None:
        self._evaluation = evaluation
        self._package = package
        self._packages: set[str] = {package.label}
        self.exercised: dict[str, frozenset[Verdict]] = {}

    def check(self, expectations: Sequence[tree.Expectation]) -> list[str]:
        """What does not come out as expected."""
        rules = {
            index: self._rule(each.rule) for index, each in enumerate(expectations) if each.rule is not None
        }
        for rule in rules.values():
            if rule is not None:
                self._packages.add(rule.rpartition(".")[0] or self._package.label)
        labels = {info.package for info in self._evaluation.rules() if info.id in rules.values()}
        scope = labels | {self._package.label}
        findings = self._evaluation.findings(scope)
        failures: list[str] = []
        expected: set[str] = set()
        for index, each in enumerate(expectations):
            if each.atom is not None:
                failures += self._fact(each)
            elif each.rule is not None:
                failures += self._verdict(each, rules[index], findings, scope, expected)
        if any(each.nothing_else for each in expectations):
            failures += [
                f"unexpected: {found.rule.id} on {', '.join(each.short for each in found.subjects)}:"
                f" {found.message}"
                for found in findings
                if found.verdict is Verdict.VIOLATED and found.fingerprint not in expected
            ]
        return failures

    # ------------------------------------------------------------------------------------------ internals

    def _rule(self, path: tree.Path | None) -> str | None:
        if path is None:
            return None
        known = [info.id for info in self._evaluation.rules()]
        for name in (self._package.qualify(path.name), path.name):
            if name in known:
                return name
        matching = [name for name in known if name.endswith(f".{path.name}")]
        return matching[0] if len(matching) == 1 else None

    def _verdict(
        self,
        each: tree.Expectation,
        rule: str | None,
        findings: Sequence[Finding],
        scope: set[str],
        expected: set[str],
    ) -> list[str]:
        assert each.rule is not None
        if rule is None:
            return [f"there is no rule `{each.rule.name}`"]
        names = tuple(self._name(path) for path in each.subjects)
        counts = {
            len(info.subjects) for info in self._evaluation.program.rules if info.declared.qualified == rule
        }
        if counts and len(names) not in counts:
            reports = counts.pop()
            return [f"{rule} reports {reports} at a time, but {len(names)} are named: one `expect` for each"]
        wanted = Verdict(each.verdict)
        matching = [f for f in findings if f.rule.id == rule and tuple(s.name for s in f.subjects) == names]
        actual = matching[0].verdict if matching else self._closed(rule, names, scope)
        expected.update(found.fingerprint for found in matching)
        self.exercised[rule] = self.exercised.get(rule, frozenset()) | {actual}
        if actual is wanted:
            return []
        reason = f": {matching[0].message}" if matching else ""
        return [f"{rule} on {', '.join(names)}: expected {wanted}, got {actual}{reason}"]

    def _closed(self, rule: str, names: tuple[str, ...], scope: set[str]) -> Verdict:
        for tally in self._evaluation.tallies(scope):
            if tally.rule.id == rule:
                return Verdict.MET if names in tally.met else Verdict.NOT_APPLICABLE
        return Verdict.NOT_APPLICABLE

    def _name(self, path: tree.Path) -> str:
        name = path.name if path.key is None else f'{path.name}["{path.key}"]'
        if self._evaluation.model.get(name) is not None:
            return name
        qualified = self._package.qualify(name)
        if self._evaluation.model.get(qualified) is not None:
            return qualified
        for used in self._package.uses:
            if self._evaluation.model.get(used.qualify(name)) is not None:
                return used.qualify(name)
        return name

    def _fact(self, each: tree.Expectation) -> list[str]:
        assert each.atom is not None
        arguments = ", ".join(_text(argument.value) for argument in each.atom.arguments)
        text = f"{each.atom.function.name}({arguments})"
        try:
            holds = read_fact(text, self._evaluation).found() is not None
        except QueryError as problem:
            return [f"{text}: {problem.diagnostics[0].message}"]
        if holds == each.negated:
            return [f"{text} {'holds, but must not' if holds else 'does not hold'}"]
        return []


def _as_of(item: tree.TestItem) -> date | None:
    for attribute in item.attributes:
        if attribute.key == "as_of" and isinstance(attribute.value, tree.Date):
            return date.fromisoformat(attribute.value.value)
    return None


def _text(node: tree.Expression) -> str:
    if isinstance(node, tree.Path):
        return node.name if node.key is None else f'{node.name}["{node.key}"]'
    if isinstance(node, tree.String):
        return f'"{node.value}"'
    return str(getattr(node, "value", "_"))
