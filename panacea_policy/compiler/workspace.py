"""The workspace: what everything starts from. It gives syntax, model, facts and verdicts, each when asked
for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from panacea_policy.compiler.checks import WAIVER_RULES, check_declarations, waiver_findings
from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Names
from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.evaluation import WorkspaceError
from panacea_policy.compiler.overlay import scenario_items
from panacea_policy.compiler.packages import SUFFIX, pack_names, root_of
from panacea_policy.compiler.places import builtin_folder
from panacea_policy.compiler.stages import Stages
from panacea_policy.compiler.static import check_expectations, check_scenarios
from panacea_policy.compiler.verdicts import (
    Finding,
    Findings,
    RuleFindings,
    RuleInfo,
    Tally,
    in_order,
    precedence,
)
from panacea_policy.language import Diagnostic, Severity, Source, Span, TreeCache
from panacea_policy.language import syntax as tree
from panacea_policy.model import Registry, vocabulary

if TYPE_CHECKING:
    from panacea_policy.compiler.absence import Absence
    from panacea_policy.compiler.attack import AttackGraph, Following
    from panacea_policy.compiler.attribute_use import AttributeUse
    from panacea_policy.compiler.delta import Applied, Delta
    from panacea_policy.compiler.explain import Proved
    from panacea_policy.compiler.offered import Offered
    from panacea_policy.compiler.query import QueryResult
    from panacea_policy.compiler.testing import TestResult
    from panacea_policy.compiler.trial import Ground
    from panacea_policy.compiler.witness import Witness
    from panacea_policy.compiler.words import Explanation


class ScenarioInfo(msgspec.Struct, frozen=True):
    """A scenario as people see it."""

    name: str
    title: str
    doc: str | None
    span: Span


class Workspace(Stages):
    """A model with everything that follows from it. Lazy; :meth:`update` redoes only what an edit touches."""

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
        root, files = root_of(given)
        return cls(
            root, files, as_of or datetime.now().astimezone().date(), registry or vocabulary(), tree_cache
        )

    @classmethod
    def installation(cls, as_of: date | None = None) -> Workspace:
        """A workspace without a model: the standard library and every pack of the installation."""
        root = builtin_folder()
        file = root / f"every{SUFFIX}"
        text = "use " + ", ".join(["std.healthcare", *(f"packs.{name}" for name in pack_names())]) + "\n"
        day = as_of or datetime.now().astimezone().date()
        return cls(root, [file], day, vocabulary(), TreeCache(), overlays={file: text})

    # ------------------------------------------------------------------------------------------ edits and
    # scenarios

    def apply(self, delta: Delta) -> Applied:
        """Take in a change of declarations and rules without building everything again.

        All that is asked afterwards speaks of the changed model; edits of files may still come, and the
        changes made so far stay laid over them. Findings are told apart by fingerprint and verdict. Raises
        :class:`DeltaError` for a change that cannot be read or made, and :class:`WorkspaceError` for one that
        cannot be evaluated; then nothing has changed.
        """
        from panacea_policy.compiler.attack import Following
        from panacea_policy.compiler.delta import compare, lay_over, program_after
        from panacea_policy.compiler.live import LiveEvaluation

        if not self.ok:
            raise WorkspaceError(self.diagnostics())
        before, model = LiveEvaluation.of(self._evaluation), self.model
        self._memo[f"evaluation {self.as_of}"] = before
        # What has been read off so far is what the change is told apart from.
        before.judged()
        past = self._past
        change = lay_over(self._layer, self.package, past, delta, self._currencies)
        program = program_after(self._program, change, delta, self.package, self.symbols)
        after = before.changed(change, model.changed(change.layer, change.before, change.after), program)
        past.add(change)
        self._deltas.append(delta)
        kept = ("loaded", "currencies", "following")
        self._memo = {key: self._memo[key] for key in kept if key in self._memo}
        self._memo.update(layer=change.layer, model=after.model, program=program, past=past)
        self._memo[f"evaluation {self.as_of}"] = after
        Following.tell(self._memo.get("following"), change, after.model, program)
        gone, come = waiver_findings(model, self.as_of), waiver_findings(after.model, self.as_of)
        return compare([*after.gone, *gone], [*after.appeared, *come])

    def scenarios(self) -> Mapping[str, ScenarioInfo]:
        """The scenarios of the model, by name."""
        return {
            item.name.name: ScenarioInfo(
                item.name.name,
                item.title.value if item.title else item.name.name.replace("_", " "),
                item.doc,
                Span(unit.name, item.name.start, item.name.end),
            )
            for unit, item in scenario_items(self.package)
        }

    def with_scenario(self, name: str) -> Workspace:
        """The same model with a scenario laid over it. Raises KeyError for an unknown one."""
        if name not in self.scenarios():
            raise KeyError(name)
        other = Workspace(
            self.root, self._files, self.as_of, self.registry, self._cache, overlays=self._texts
        )
        other._deltas = list(self._deltas)
        self._share(other)
        other._scenario = name
        other._base = self
        return other

    def with_texts(self, root: Path, files: Sequence[Path] | None, texts: Mapping[Path, str]) -> Workspace:
        """Another model, of these files with some texts in place of theirs or beside them, that shares the
        libraries which both use.
        """
        other = Workspace(root, files, self.as_of, self.registry, self._cache, overlays=texts)
        self._share(other)
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
        """Everything that is wrong with the texts, by file and place; where there is no error, also what is
        probably not meant so (see :mod:`panacea_policy.compiler.lint`).
        """
        return self._once("diagnostics", self._with_warnings)

    @property
    def ok(self) -> bool:
        """Whether there is no error among the diagnostics."""
        return not any(each.severity is Severity.ERROR for each in self._mistakes)

    @property
    def sources(self) -> Mapping[str, Source]:
        """The texts by the file names that spans carry."""
        return self._loaded[0].sources

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

    def findings(self, packages: Collection[str] | None = None) -> Findings:
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

    def query(self, text: str, *, without: Collection[str] = (), plan: bool = False) -> QueryResult:
        """Answers to a question in rule syntax: ``device d where d.zone.trust < 2``. Raises
        :class:`QueryError`.

        ``without``: passes of the engine to leave out, by name; the answers are the same. ``plan``: the
        result tells how they were found.
        """
        from panacea_policy.compiler.query import run_query

        return run_query(text, self._evaluation, without=without, plan=plan)

    def offered(self) -> Offered:
        """The names that a question may use, for completion."""
        from panacea_policy.compiler.offered import offered

        return offered(self._layer.own[0].package, self._layer, self._program)

    def explain(self, what: Finding | str) -> Explanation:
        """Why a finding, or a fact such as ``reaches(pacs, ehr, dicom)``, holds. Raises
        :class:`QueryError`.
        """
        from panacea_policy.compiler.explain import explain_fact, explain_finding

        if isinstance(what, Finding):
            return explain_finding(what, self._evaluation)
        return explain_fact(what, self._evaluation)

    def prove(self, what: Sequence[Finding] | str) -> Proved:
        """The proofs of some findings, or of a fact, with the engine's steps that can be checked without us.

        Raises :class:`QueryError` as `explain` does, and KeyError for a finding of another workspace.
        """
        from panacea_policy.compiler.explain import prove_fact, prove_findings

        if isinstance(what, str):
            return prove_fact(what, self._evaluation)
        return prove_findings(what, self._evaluation)

    def witness(self, finding: Finding) -> Witness:
        """The smallest set of facts and absences that a finding rests on; found once and kept.

        Raises KeyError for a finding of another workspace, or of no rule of the language.
        """
        from panacea_policy.compiler.witness import witness_of

        known = cast("dict[tuple[str, str], Witness]", self._memo.setdefault("witnesses", {}))
        key = (finding.fingerprint, finding.verdict)
        if key not in known:
            known[key] = witness_of(finding, self._evaluation)
        return known[key]

    def why_not(self, fact: str) -> Explanation | None:
        """Why a fact such as ``reaches(pacs, ehr, dicom)`` does not hold; None if it does.

        Raises :class:`QueryError` for what is no fact.
        """
        from panacea_policy.compiler.why_not import why_not_fact

        return why_not_fact(fact, self._evaluation)

    def why_not_found(self, rule: str, names: Sequence[str]) -> Explanation:
        """Why a rule, by its qualified name, finds nothing on its first subjects: it does not apply, or is
        met.

        Raises KeyError for an unknown rule or name, and ValueError where the rule finds something, or may.
        """
        from panacea_policy.compiler.why_not import why_not_found

        for each in self._evaluation.program.rules:
            if each.declared.qualified == rule:
                return why_not_found(each, names, self._evaluation)
        raise KeyError(rule)

    def prove_absent(self, claim: str) -> Absence:
        """Whether a question, such as ``device d where reaches(guest, d, http)``, has no answer, not even one
        that hangs on what nobody said; with a certificate that can be checked without us.

        Raises :class:`QueryError`, WorkspaceError, and TooLarge for a certificate that nobody would wait for.
        """
        from panacea_policy.compiler.absence import prove_absent

        return prove_absent(claim, self._evaluation)

    def attribute(self, kind: str, name: str) -> AttributeUse:
        """Which rules, relations and steps read an attribute of a kind, and what gives it a value.

        Raises KeyError for a kind or attribute that does not exist, WorkspaceError if there are errors.
        """
        from panacea_policy.compiler.attribute_use import attribute_use

        if not self.ok:
            raise WorkspaceError(self.diagnostics())
        return attribute_use(kind, name, self.model, self._layer, self._program)

    def attack(self) -> AttackGraph:
        """What attackers can do: facts as OR nodes, instances of attack steps as AND nodes, priors filled
        in.
        """
        from panacea_policy.compiler.attack import Following

        following: Following = self._once("following", lambda: Following(self._evaluation))
        return self._once("attack", following.graph)

    def ground(self) -> Ground:
        """The model as one to try changes on (see :mod:`panacea_policy.compiler.trial`), which leave it as
        it is.

        Raises WorkspaceError if there are errors.
        """
        from panacea_policy.compiler.trial import Ground

        if not self.ok:
            raise WorkspaceError(self.diagnostics())
        layer, program = self._layer, self._program
        past = self._past
        return Ground(
            self.model, layer, program, self.package, past, self._currencies, self.symbols, self.as_of
        )

    def run_tests(self) -> Sequence[TestResult]:
        """The tests of the workspace's own files."""
        from panacea_policy.compiler.testing import run_tests

        return run_tests(self)

    # ------------------------------------------------------------------------------------------ internals

    @property
    def _mistakes(self) -> tuple[Diagnostic, ...]:
        return self._once("mistakes", self._diagnostics)

    def _with_warnings(self) -> tuple[Diagnostic, ...]:
        if not self.ok or self._scenario is not None:
            return self._mistakes
        return tuple(sorted((*self._mistakes, *self._warnings()), key=_in_order))

    def _warnings(self) -> tuple[Diagnostic, ...]:
        """What is probably not meant so in rules, relations and steps, which must be without mistakes."""
        return () if self._program.is_tidy else self._once("warnings", self._linted)

    def _linted(self) -> tuple[Diagnostic, ...]:
        from panacea_policy.compiler.lint import lint

        # Others stand on a pack: what it leaves open may be theirs to say.
        library = self.package.boundary == builtin_folder() or any(
            declared.kind.name == "pack"
            for names in self._layer.own
            for group in names.items.values()
            for declared in group
        )
        return lint(self._program, library=library)

    def _diagnostics(self) -> tuple[Diagnostic, ...]:
        report = Report()
        _, _, loading = self._loaded
        report.extend(loading.diagnostics)
        report.extend(self.libraries.layer.diagnostics)
        report.extend(self._layer.diagnostics)
        report.extend(self._rule_diagnostics())
        check_declarations(self.model, self._layer, self.as_of, report)
        if self._scenario is None:
            # A scenario is checked against the model alone, not against what another one makes of it.
            check_scenarios(self._layer, report)
        check_expectations(self._layer.own, self._rule_names(), report)
        found = tuple(sorted(report.diagnostics, key=_in_order))
        if self._keeps_as is not None and not any(each.severity is Severity.ERROR for each in found):
            self._keep_program(tidy=not self._warnings())
        return found

    def _rule_diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with rules, relations and attack steps."""
        program = self._program
        if program.is_sound:
            return ()
        reported = self.libraries.program.reported
        return (*reported, *program.diagnostics, *program.attack.diagnostics)

    def _findings(self, packages: Collection[str] | None) -> Findings:
        parts = [each.part for each in self._evaluation.judged(packages)]
        if packages is None or "std" in packages:
            told = sorted(waiver_findings(self.model, self.as_of), key=in_order)
            parts += [RuleFindings.of(rule, [f for f in told if f.rule is rule]) for rule in WAIVER_RULES]
        return Findings(sorted(parts, key=lambda part: precedence(part.rule)))

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


def _in_order(diagnostic: Diagnostic) -> tuple[str, int, str]:
    return diagnostic.span.file, diagnostic.span.start, diagnostic.code
