"""One call of `panacea check`: answered from what is kept, by a process that stayed behind, or by work."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from panacea_policy.caches import code_digest
from panacea_policy.cli import exits
from panacea_policy.cli.answers import Answers
from panacea_policy.cli.options import violates
from panacea_policy.cli.output import Terminal
from panacea_policy.version import __version__

if TYPE_CHECKING:
    from panacea_policy.cli import warm
    from panacea_policy.cli.check_new import Comparison
    from panacea_policy.compiler import Workspace
    from panacea_policy.formats.check_run import CheckRun

Answered = tuple[str, int]


class Call(msgspec.Struct, frozen=True):
    """What was asked. Paths are those that were given, seen from ``folder``."""

    paths: list[str]
    folder: str
    as_of: datetime.date
    format: str = "text"
    profile: str = "github"
    colour: bool = False
    width: int = 100
    quiet: bool = False
    everything: bool = False
    fail_on: str = "high"
    new: bool = False
    against: str | None = None
    baseline: str | None = None
    certified: str | None = None
    keys: list[str] = []
    cached: bool = True

    def answered(self, *, stay: bool) -> Answered:
        """What to print, and the exit code. ``stay``: ask the process that a call before left behind; where
        there is none, one will follow this call.
        """
        comparison = self.comparison()
        answers = Answers()
        question = self._question(comparison)
        known = answers.get(question) if self.cached else None
        if known is not None:
            return known.text, known.code
        if stay and self.cached:
            return self._warm(comparison, answers, question)
        return self._told(self.run(comparison, answers), comparison, answers, question)

    def comparison(self) -> Comparison | None:
        """What the model is compared with, if it is."""
        asked = (self.against, self.baseline, self.certified)
        if not self.new and not self.keys and asked == (None, None, None):
            return None
        from panacea_policy.cli.check_new import Comparison

        return Comparison.asked(
            [Path(path) for path in self.paths],
            new=self.new,
            against=self.against,
            baseline=Path(self.baseline) if self.baseline is not None else None,
            certified=Path(self.certified) if self.certified is not None else None,
            keys=tuple(map(Path, self.keys)),
        )

    def run(
        self, comparison: Comparison | None, answers: Answers | None, workspace: Workspace | None = None
    ) -> CheckRun:
        """The work itself, on a workspace that is open already if there is one."""
        paths = tuple(map(Path, self.paths))
        if workspace is None and not self.cached:
            workspace = _uncached(paths, self.as_of)
        run = _run(paths, self.as_of, workspace)
        return comparison.applied(run, answers if self.cached else None) if comparison is not None else run

    def again(self, workspace: Workspace) -> Answered:
        """The same call on a workspace that was opened for one like it."""
        comparison = self.comparison()
        answers = Answers()
        run = self.run(comparison, answers, workspace)
        return self._told(run, comparison, answers, self._question(comparison))

    # ------------------------------------------------------------------------------------------ internals

    def _warm(self, comparison: Comparison | None, answers: Answers, question: list[str]) -> Answered:
        """The answer of the process that stayed behind; where there is none, this one stays."""
        from panacea_policy.cli import warm

        answer = warm.ask(self._name(), msgspec.to_builtins(self)) if warm.available() else None
        if answer is not None:
            return str(answer["text"]), int(answer["code"])
        run = self.run(comparison, answers)
        found = self._told(run, comparison, answers, question)
        if warm.available() and run.workspace.ok:
            warm.stay_after(self._name(), Host(self, run.workspace).serve)
        return found

    def _told(
        self, run: CheckRun, comparison: Comparison | None, answers: Answers, question: list[str]
    ) -> Answered:
        terminal = Terminal(self.colour, self.width)
        text = _text(run, self.format, self.profile, terminal, self.quiet, self.everything, self.fail_on)
        code = _exit_code(run, self.fail_on)
        if code != exits.WRONG:
            files, folders = run.workspace.inputs()
            beside = [run.workspace.root / "panacea.lock", *(comparison.files() if comparison else ())]
            answers.put(question, text, code, {*files, *beside}, folders)
            if self.cached:
                run.workspace.keep_run()
        return text, code

    def _question(self, comparison: Comparison | None) -> list[str]:
        look = [self.format, self.profile, str(self.everything), self.fail_on, str(self.quiet)]
        terminal = [str(self.colour), str(self.width), self.folder]
        compared = comparison.words() if comparison is not None else []
        return ["check", self.as_of.isoformat(), *look, *terminal, *compared, *self._chosen()]

    def _chosen(self) -> list[str]:
        return [str(Path(path).resolve()) for path in self.paths or ["."]]

    def _name(self) -> str:
        """The process that can answer: of this code, this model and this day."""
        import hashlib

        words = [__version__, code_digest(), self.as_of.isoformat(), *self._chosen()]
        return hashlib.sha256("\x1f".join(words).encode()).hexdigest()


class Host:
    """Answers calls about one model from a workspace that stays open; only what an edit touches is redone."""

    def __init__(self, call: Call, workspace: Workspace) -> None:
        self._workspace = workspace
        self._name = call._name()
        self._installed = self._state()

    def serve(self, question: warm.Message) -> warm.Message | None:
        """The answer to a call; None where the installation has changed, or it is about another model."""
        call = msgspec.convert(question, Call)
        os.chdir(call.folder)
        if call._name() != self._name or self._state() != self._installed:
            return None
        # Nothing is laid over the files: this only says that they may have changed.
        self._workspace.update(self._workspace.root, None)
        text, code = call.again(self._workspace)
        return {"text": text, "code": code}

    def _state(self) -> list[tuple[str, int, int]]:
        """The packages that are read once, by size and time of their files; the model is read each time."""
        from panacea_policy.compiler.places import builtin_folder

        root, builtin = self._workspace.root, builtin_folder()
        folders = (builtin / "models" / "std", builtin / "rules", root / ".panacea" / "packs")
        files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        return sorted(_states([*files, *root.glob("panacea.lock")]))


def _states(paths: Iterable[Path]) -> Iterable[tuple[str, int, int]]:
    for path in paths:
        status = path.stat()
        yield str(path), status.st_size, status.st_mtime_ns


def _text(
    run: CheckRun,
    format_: str,
    sarif_profile: str,
    terminal: Terminal,
    quiet: bool,
    everything: bool,
    fail_on: str,
) -> str:
    if format_ != "text":
        return _machine_text(run, format_, sarif_profile)
    from panacea_policy.cli.check_text import check_text, failures_text

    return failures_text(run, fail_on) if quiet else check_text(run, terminal, everything=everything)


def _run(paths: tuple[Path, ...], as_of: datetime.date, workspace: Workspace | None = None) -> CheckRun:
    from panacea_policy.cli.session import open_workspace
    from panacea_policy.compiler import WorkspaceError
    from panacea_policy.compliance import assess
    from panacea_policy.formats.check_run import CheckRun

    workspace = workspace or open_workspace(paths, as_of)
    diagnostics = workspace.diagnostics()
    compliance = None
    try:
        compliance = assess(workspace) if workspace.ok else None
    except WorkspaceError as error:
        diagnostics = (*diagnostics, *error.diagnostics)
    return CheckRun(workspace, Path.cwd(), diagnostics, compliance)


def _uncached(paths: tuple[Path, ...], as_of: datetime.date) -> Workspace:
    """The model's workspace, with nothing taken from the cache."""
    from panacea_policy.cli.session import open_workspace

    return open_workspace(paths, as_of, cached=False)


def _machine_text(run: CheckRun, format_: str, profile: str) -> str:
    if format_ == "json":
        from panacea_policy.formats.check_json import to_json

        return to_json(run)
    if format_ == "sarif":
        from panacea_policy.formats.sarif import to_sarif

        return to_sarif(run, "audit" if profile == "audit" else "github")
    if format_ == "junit":
        from panacea_policy.formats.junit import to_junit

        return to_junit(run)
    from panacea_policy.formats.github import to_github

    return to_github(run)


def _exit_code(run: CheckRun, threshold: str) -> int:
    if run.compliance is None:
        return exits.WRONG
    void = run.ratchet is not None and bool(run.ratchet.void) and threshold != "never"
    return exits.FOUND if void or violates(run.deciding, threshold) else exits.OK
