"""The workspace: what everything starts from. It gives syntax, model, facts and verdicts, each when asked
for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from panacea_policy.compiler.attack import AttackGraph, build_attack_graph
from panacea_policy.compiler.checks import check_declarations, expired_findings
from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Names
from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.evaluation import Evaluation, Program
from panacea_policy.compiler.explain import Explanation, explain_fact, explain_finding
from panacea_policy.compiler.layers import Layer, build_layer, currencies_of
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.overlay import Overlay
from panacea_policy.compiler.packages import SUFFIX, FileUnit, Loader, Package
from panacea_policy.compiler.places import builtin_folder
from panacea_policy.compiler.query import QueryResult, run_query
from panacea_policy.compiler.static import check_expectations, check_scenarios
from panacea_policy.compiler.testing import TestResult, run_tests
from panacea_policy.compiler.verdicts import SEVERITIES, Finding, RuleInfo, Tally
from panacea_policy.engine import Symbols
from panacea_policy.language import Diagnostic, Severity, Source, Span, TreeCache
from panacea_policy.language import syntax as tree
from panacea_policy.model import Currencies, Registry, vocabulary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScenarioInfo:
    """A scenario as people see it."""

    name: str
    title: str
    doc: str | None
    span: Span


@dataclass(slots=True)
class Libraries:
    """Packages of the installation, built once and shared by every workspace that stands on them."""

    packages: tuple[Package, ...]
    layer: Layer
    program: Program


class Workspace:
    """A model with everything that follows from it. Lazy; :meth:`update` redoes only what an edit touches."""

    def __init__(
        self,
        root: Path,
        files: Sequence[Path] | None,
        as_of: date,
        registry: Registry,
        cache: TreeCache | None,
        *,
        overlays: Mapping[Path, str] | None = None,
    ) -> None:
        """Prefer :meth:`open`."""
        self.root = root
        self.as_of = as_of
        self.registry = registry
        self._files = list(files) if files is not None else None
        self._cache = cache
        self._texts: dict[Path, str] = dict(overlays or {})
        self._parsed: dict[Path, FileUnit] = {}
        self._shared: dict[Path, Package] = {}
        self._libraries: dict[tuple[str, ...], Libraries] = {}
        self._scenario: str | None = None
        self._base: Workspace | None = None
        self._known_program: tuple[object, Program] | None = None
        self.symbols = Symbols()
        self._memo: dict[str, object] = {}

    @classmethod
    def open(
        cls,
        *paths: str | Path,
        as_of: date | None = None,
        registry: Registry | None = None,
        cache: TreeCache | bool | None = True,
    ) -> Workspace:
        """A workspace over folders and files. ``as_of`` (today if None) is what `today` means in rules.

        Nothing is read yet. Mistakes of the model's author never raise: they are :meth:`diagnostics`. Raises
        FileNotFoundError for a path that does not exist.
        """
        given = [Path(path).resolve() for path in paths or (".",)]
        for path in given:
            if not path.exists():
                raise FileNotFoundError(path)
        tree_cache = TreeCache() if cache is True else cache or None
        root, files = _root_of(given)
        return cls(
            root, files, as_of or datetime.now().astimezone().date(), registry or vocabulary(), tree_cache
        )

    # ------------------------------------------------------------------------------------------ edits and
    # scenarios

    def update(self, path: str | Path, text: str | None) -> None:
        """Take an edited text in place of a file's (None: the file as it is on the disk again)."""
        key = (self.root / path).resolve()
        if text is None:
            self._texts.pop(key, None)
        else:
            self._texts[key] = text
        self._memo.clear()

    def scenarios(self) -> Mapping[str, ScenarioInfo]:
        """The scenarios of the model, by name."""
        return {
            item.name.name: ScenarioInfo(
                item.name.name,
                item.title.value if item.title else item.name.name.replace("_", " "),
                item.doc,
                Span(unit.name, item.name.start, item.name.end),
            )
            for unit, item in self._scenario_items()
        }

    def with_scenario(self, name: str) -> Workspace:
        """The same model with a scenario laid over it. Raises KeyError for an unknown one."""
        if name not in self.scenarios():
            raise KeyError(name)
        other = Workspace(
            self.root, self._files, self.as_of, self.registry, self._cache, overlays=self._texts
        )
        other._parsed = self._parsed
        other._shared = self._shared
        other._libraries = self._libraries
        other.symbols = self.symbols
        other._scenario = name
        other._base = self
        return other

    def with_texts(self, root: Path, files: Sequence[Path] | None, texts: Mapping[Path, str]) -> Workspace:
        """Another model, of these files with some texts in place of theirs or beside them, that shares the
        libraries which both use.
        """
        other = Workspace(root, files, self.as_of, self.registry, self._cache, overlays=texts)
        other._parsed = self._parsed
        other._shared = self._shared
        other._libraries = self._libraries
        other.symbols = self.symbols
        return other

    def beside(self, path: Path, text: str) -> Workspace:
        """The same model with one more text, as if it were a file at ``path``; this workspace stays as
        it is.
        """
        files = [*self._files, path] if self._files is not None else None
        return self.with_texts(self.root, files, {**self._texts, path: text})

    @property
    def base(self) -> Workspace | None:
        """The model that this workspace's scenario is laid over."""
        return self._base

    @property
    def scenario(self) -> str | None:
        """The scenario that is laid over this workspace."""
        return self._scenario

    # ------------------------------------------------------------------------------------------ what it gives

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything that is wrong with the texts, by file and place."""
        return self._once("diagnostics", self._diagnostics)

    @property
    def ok(self) -> bool:
        """Whether there is no error among the diagnostics."""
        return not any(each.severity is Severity.ERROR for each in self.diagnostics())

    @property
    def sources(self) -> Mapping[str, Source]:
        """The texts by the file names that spans carry."""
        return self._loaded[0].sources

    @property
    def model(self) -> Model:
        """Entities and their values."""
        return self._once("model", lambda: Model(self._layer, self._currencies))

    def inputs(self) -> tuple[frozenset[Path], frozenset[Path]]:
        """The files that everything here was made from, inventories included, and the folders that were
        listed.
        """
        self.model  # noqa: B018 - inventories are read when the model is built
        packages = self._loaded[0].packages
        files = frozenset(path for package in packages for path in package.inputs)
        return files, frozenset(package.folder for package in packages)

    def rules(self) -> Sequence[RuleInfo]:
        """The rules of the model and of the packages that it uses."""
        return self._evaluation.rules()

    def findings(self, packages: Collection[str] | None = None) -> Sequence[Finding]:
        """Violated, unknown and waived verdicts: by severity, rule and subject.

        ``packages``: only rules of these, such as ``{"nis2"}``. Raises :class:`WorkspaceError` if there are
        errors.
        """
        return self._once(f"findings {sorted(packages or ())}", lambda: self._findings(packages))

    def tallies(self, packages: Collection[str] | None = None) -> Sequence[Tally]:
        """Per rule, how many subjects have which verdict."""
        return self._evaluation.tallies(packages)

    def requirements(self) -> Sequence[Entity]:
        """The clauses of the packs in use."""
        return self.model.entities("requirement")

    def query(self, text: str) -> QueryResult:
        """Answers to a question in rule syntax: ``device d where d.zone.trust < 2``. Raises
        :class:`QueryError`.
        """
        return run_query(text, self._evaluation)

    def explain(self, what: Finding | str) -> Explanation:
        """Why a finding, or a fact such as ``reaches(pacs, ehr, dicom)``, holds. Raises
        :class:`QueryError`.
        """
        if isinstance(what, Finding):
            return explain_finding(what, self._evaluation)
        return explain_fact(what, self._evaluation)

    def attack(self) -> AttackGraph:
        """What attackers can do: facts as OR nodes, instances of attack steps as AND nodes, priors filled
        in.
        """
        return self._once(
            "attack",
            lambda: build_attack_graph(self.model, self._layer, self._program, self.symbols, self.as_of),
        )

    def run_tests(self) -> Sequence[TestResult]:
        """The tests of the workspace's own files."""
        return run_tests(self)

    # ------------------------------------------------------------------------------------------ stages

    def _once(self, key: str, make: Callable[[], T]) -> T:
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]  # type: ignore[return-value]

    @property
    def _loaded(self) -> tuple[Loader, Package, Report]:
        def load() -> tuple[Loader, Package, Report]:
            report = Report()
            loader = Loader(builtin_folder(), self._cache, self._texts, self._parsed, self._shared, report)
            return loader, loader.load_root(self.root, self._files), report

        return self._once("loaded", load) if self._base is None else self._base._loaded

    @property
    def package(self) -> Package:
        """The package that was opened."""
        return self._loaded[1]

    @property
    def _currencies(self) -> Currencies:
        return self._once("currencies", lambda: currencies_of(self.package.files))

    @property
    def libraries(self) -> Libraries:
        """The packages of the installation that the model uses, built."""
        loader, root, _ = self._loaded
        packages = tuple(each for each in loader.packages if _is_library(each, root))
        key = (*(str(each.folder) for each in packages), repr(self._currencies))
        known = self._libraries.get(key)
        if known is None:
            layer = build_layer(self.registry, packages, None, self._currencies)
            program = Program(layer, layer.own, None, self.symbols)
            known = self._libraries[key] = Libraries(packages, layer, program)
        return known

    @property
    def _layer(self) -> Layer:
        def build() -> Layer:
            libraries = self.libraries
            loader, root, _ = self._loaded
            own = [each for each in loader.packages if not _is_library(each, root)]
            return build_layer(self.registry, own, libraries.layer, self._currencies, self._overlay(root))

        return self._once("layer", build)

    @property
    def _program(self) -> Program:
        def build() -> Program:
            if self._base is not None:
                # A scenario adds, sets and removes declarations; rules stay what they are.
                return self._base._program.on(self._layer)
            signature = _signature(self._layer)
            known = self._known_program
            if known is not None and known[0] == signature:
                # No rule and no name changed: only what the rules are held against.
                return known[1].on(self._layer)
            program = Program(self._layer, self._layer.own, self.libraries.program, self.symbols)
            self._known_program = (signature, program)
            return program

        return self._once("program", build)

    @property
    def _evaluation(self) -> Evaluation:
        return self.evaluation(self.as_of)

    def evaluation(self, as_of: date) -> Evaluation:
        """The model under its rules on a given day."""
        return self._once(
            f"evaluation {as_of}",
            lambda: Evaluation(self.model, self._layer, self._program, self.symbols, as_of),
        )

    def _overlay(self, root: Package) -> Overlay | None:
        for unit, item in self._scenario_items():
            if item.name.name == self._scenario:
                return Overlay(item.name.name, root, unit, item.entries)
        return None

    def _scenario_items(self) -> list[tuple[FileUnit, tree.ScenarioItem]]:
        return [
            (unit, item)
            for unit in self.package.files
            for item in unit.tree.items
            if isinstance(item, tree.ScenarioItem)
        ]

    def _diagnostics(self) -> tuple[Diagnostic, ...]:
        report = Report()
        _, _, loading = self._loaded
        report.extend(loading.diagnostics)
        report.extend(self.libraries.layer.diagnostics)
        report.extend(self.libraries.program.reported)
        report.extend(self._layer.diagnostics)
        report.extend(self._program.diagnostics)
        report.extend(self._program.attack.diagnostics)
        check_declarations(self.model, self._layer, self.as_of, report)
        if self._scenario is None:
            # A scenario is checked against the model alone, not against what another one makes of it.
            check_scenarios(self._layer, report)
        check_expectations(self._layer.own, self._rule_names(), report)
        return tuple(
            sorted(report.diagnostics, key=lambda each: (each.span.file, each.span.start, each.code))
        )

    def _findings(self, packages: Collection[str] | None) -> tuple[Finding, ...]:
        found = list(self._evaluation.findings(packages))
        if packages is None or "std" in packages:
            found += expired_findings(self.model, self.as_of)
        rank = {severity: index for index, severity in enumerate(SEVERITIES)}
        found.sort(key=lambda f: (rank.get(f.rule.severity, 9), f.rule.id, tuple(s.name for s in f.subjects)))
        return tuple(found)

    def _rule_names(self) -> frozenset[str]:
        """The qualified names of all rules, sound or not."""
        return frozenset(
            declared.qualified
            for names in self._program.names
            for group in names.items.values()
            for declared in group
            if isinstance(declared.item, tree.RuleItem)
        )

    def names(self) -> Sequence[Names]:
        """What the workspace's own packages declare."""
        return self._layer.own


def _signature(layer: Layer) -> tuple[object, ...]:
    """What a program is compiled from: rules, steps and relations, and the names that they may mean."""
    items = (tree.RuleItem, tree.StepItem, tree.RelationItem, tree.DerivationItem)
    trees = tuple(
        item
        for names in layer.own
        for unit in names.package.files
        for item in unit.tree.items
        if isinstance(item, items)
    )
    known = frozenset(
        (each.qualified, each.kind.name, each.template)
        for names in layer.own
        for group in names.items.values()
        for each in group
    )
    uses = tuple(used.folder for names in layer.own for used in names.package.uses)
    return trees, known, uses


def _is_library(package: Package, root: Package) -> bool:
    return package is not root and package.boundary == builtin_folder()


def _root_of(paths: list[Path]) -> tuple[Path, list[Path] | None]:
    """The folder that is the workspace's boundary, and its files where not the whole folder is meant."""
    if len(paths) == 1 and paths[0].is_dir():
        return paths[0], None
    files = [
        file for path in paths for file in (sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path])
    ]
    folders = {file.parent for file in files} or {paths[0]}
    root = min(folders, key=lambda folder: len(folder.parts))
    while not all(folder.is_relative_to(root) for folder in folders):
        root = root.parent
    return root, files
