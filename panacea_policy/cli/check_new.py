"""The ratchet of `panacea check --new`: what is compared with what, and how a run looks in its light."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from panacea_policy.cli.answers import Answers
from panacea_policy.errors import PanaceaError
from panacea_policy.service.attesters import attesters, endorsement_of
from panacea_policy.service.certified import (
    FILE,
    HELD,
    LEDGER,
    MOST_BYTES,
    Certificate,
    in_ledger,
    newest,
    read_certificate,
)
from panacea_policy.service.history import Commit, HistoryError, commit_of, installed_files, working_files
from panacea_policy.storage import read_bounded

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.compliance import Clause, Compliance
    from panacea_policy.formats.check_run import CheckRun, Void
    from panacea_policy.service.baseline import Baseline


@dataclass(frozen=True)
class Comparison:
    """What a check is compared with. ``commit`` or ``baseline``, never both."""

    root: Path
    chosen: tuple[Path, ...]
    commit: Commit | None
    baseline: Path | None
    certified: Path | None
    keys: tuple[Path, ...]
    accepted: tuple[str, ...] = ()

    @classmethod
    def asked(
        cls,
        paths: Sequence[Path],
        *,
        new: bool,
        against: str | None,
        baseline: Path | None,
        certified: Path | None,
        keys: tuple[Path, ...],
        accepted: tuple[str, ...] = (),
    ) -> Comparison | None:
        """The comparison that was asked for, if one was. Raises PanaceaError where it cannot be made."""
        if against is not None and baseline is not None:
            raise PanaceaError("--against and --baseline are different things", "give one of them")
        if not new and against is None and baseline is None:
            if certified is not None or keys:
                raise PanaceaError("--certified and --key belong to --new", "give --new as well")
            return None  # accepted keys may come from the environment, and then stand for every check
        root, files = _root(paths)
        commit = None if baseline is not None else _commit(root, against or "HEAD")
        return cls(root, tuple(files or ()), commit, baseline, certified, keys, accepted)

    def words(self) -> list[str]:
        """What tells this question from others."""
        commit = str(self.commit.oid) + self.commit.revision if self.commit is not None else ""
        return ["new", commit, str(self.baseline), str(self.certified), *map(str, self.keys), *self.accepted]

    def files(self) -> list[Path]:
        """The files that the answer rests on, besides the model's."""
        ledger = self.root / LEDGER
        own = [self.certified or self.root / FILE, ledger, ledger.with_name(f"{ledger.name}-wal"), *self.keys]
        own += map(endorsement_of, self.keys)
        return [path.resolve() for path in (*own, *([self.baseline] if self.baseline else []))]

    def applied(self, run: CheckRun, answers: Answers | None) -> CheckRun:
        """The run beside what was there before. ``answers``: where states judged before are kept."""
        from panacea_policy.formats.check_run import Ratchet
        from panacea_policy.service.baseline import Baseline

        if run.compliance is None:
            return run
        certificates, changed_keys = self._certificates()
        certificate = newest(certificates)
        packs = _packs_to_add(certificate, run.compliance)
        claimed = _with_packs(run.workspace, packs, run.compliance)
        before, told, notes = self._before(run.workspace, packs, answers)
        if not before.sound:
            notes.append(f"{told} has errors, so that nothing is known of it: every violation counts as new")
        now = Baseline.of(claimed)
        void = _void(certificate, claimed) if certificate is not None else []
        if certificate is not None:
            notes += _notes(certificate, certificates)
        notes += changed_keys
        false = {each.clause for each in void if before.clauses.get(each.clause, "met") not in _STANDS}
        if answers is not None and self.commit is not None:
            self._keep(run.workspace, now, packs, answers)
        ratchet = Ratchet(
            known=frozenset(before.violated),
            before=told,
            void=tuple(each for each in void if each.clause not in false),
            void_before=tuple(each for each in void if each.clause in false),
            gone=len(before.violated.keys() - now.violated.keys()),
            notes=tuple(notes),
        )
        return replace(run, ratchet=ratchet)

    # ------------------------------------------------------------------------------------------ internals

    def _certificates(self) -> tuple[list[Certificate], tuple[str, ...]]:
        """The certificates in the working tree, in the commit, in the ledger; and notes on keys that changed.
        A file that the change itself takes away, or makes a link, binds all the same.
        """
        path = self.certified or self.root / FILE
        place = self.commit.place(path) if self.commit is not None else None
        committed = self.commit.file(place) if self.commit is not None and place is not None else None
        signers = attesters(self.keys, self.commit, committed, self.accepted, _shown)
        notes = signers.notes
        found: list[Certificate | None] = []
        if path.is_file():
            found.append(read_certificate(_read(path), f"`{_shown(path)}`", signers.now))
        elif self.certified is not None:
            raise PanaceaError(f"there is no file `{self.certified}`", "--certified names a signed `result`")
        if committed is not None:
            source = f"`{_shown(path)}` of {self.commit}"
            found.append(read_certificate(committed, source, signers.ever))
            if not path.is_file():
                notes = (
                    *notes,
                    f"this change takes {source} away: once it is committed, nothing guards its claims",
                )
        if self.certified is None:
            found.append(in_ledger(self.root / LEDGER, signers.ever))
        return [each for each in found if each is not None], notes

    def _before(
        self, workspace: Workspace, packs: Collection[str], answers: Answers | None
    ) -> tuple[Baseline, str, list[str]]:
        """What was found before, how that state is called, and notes."""
        from panacea_policy.service.baseline import Baseline, judged_before, read_baseline

        if self.commit is None:
            assert self.baseline is not None
            return read_baseline(self.baseline), f"`{self.baseline}`", []
        files = self.commit.files(self.root, self._suffixes(workspace))
        question = self._question(workspace, files, packs)
        kept = answers.get(question) if answers is not None else None
        if kept is not None:
            return Baseline.from_json(kept.text, "the cache"), str(self.commit), []
        # Packs that a model installed need not be committed: its lock tells whether they are the right ones.
        whole = {**installed_files(self.root), **files}
        baseline, used = judged_before(workspace, self.chosen, whole, packs)
        if answers is not None and baseline.sound:
            answers.put(question, baseline.to_json(), 0, used, ())
        return baseline, str(self.commit), []

    def _keep(
        self, workspace: Workspace, baseline: Baseline, packs: Collection[str], answers: Answers
    ) -> None:
        """Keep what was found now: once this is committed it is what the next change is compared with."""
        files = working_files(self.root, self._suffixes(workspace))
        read, _ = workspace.inputs()
        used = [path for path in read if not path.is_relative_to(self.root)]
        answers.put(self._question(workspace, files, packs), baseline.to_json(), 0, used, ())

    def _question(
        self, workspace: Workspace, files: Mapping[str, bytes], packs: Collection[str]
    ) -> list[str]:
        """The state of the model's files, by which what was found of it is kept."""
        import hashlib

        state = [f"{hashlib.sha256(data).hexdigest()} {name}" for name, data in sorted(files.items())]
        chosen = [path.relative_to(self.root).as_posix() for path in self.chosen]
        day = workspace.as_of.isoformat()
        return ["baseline", day, self.root.name, *chosen, "packs", *sorted(packs), "files", *state]

    def _suffixes(self, workspace: Workspace) -> frozenset[str]:
        from panacea_policy.service.baseline import SUFFIXES

        read, _ = workspace.inputs()
        return SUFFIXES | {path.suffix.lower() for path in read}


#: Verdicts under which a claim is not false: nobody is held to what does not apply.
_STANDS = HELD | {"not_applicable"}


def _root(paths: Sequence[Path]) -> tuple[Path, list[Path] | None]:
    """The model's folder, and its files where not all of it is meant."""
    given = [path.resolve() for path in paths or (Path(),)]
    if len(given) == 1 and given[0].is_dir():
        return given[0], None  # without the compiler, which takes longer to import than an answer to find
    from panacea_policy.cli.session import require_exists
    from panacea_policy.compiler.packages import root_of

    for path in given:
        require_exists(path)
    return root_of(given)


def _commit(root: Path, revision: str) -> Commit:
    try:
        return commit_of(root, revision)
    except HistoryError as error:
        help = error.help or "compare with a file: --baseline FILE, which --write-baseline FILE makes"
        raise PanaceaError(f"--new compares with the committed state: {error.message}", help) from None


def _packs_to_add(certificate: Certificate | None, compliance: Compliance) -> tuple[str, ...]:
    """Packs of the installation that the model does not use and a certificate speaks of."""
    if certificate is None:
        return ()
    judged = {clause.id for clause in compliance.clauses}
    missing = {clause.partition(".")[0] for clause in certificate.claims if clause not in judged}
    if not missing:
        return ()
    from panacea_policy.compiler.packages import pack_names

    return tuple(sorted(missing & set(pack_names())))


def _notes(certificate: Certificate, all_: Sequence[Certificate]) -> Iterator[str]:
    """What people should know of the newest certificate: it decides, and whoever writes it may claim less."""
    if certificate.checked is None:
        yield f"nobody checked who signed {certificate.source}: give --key ATTESTER.pub.pem"
    for older in all_:
        gone = sorted(older.claims.keys() - certificate.claims.keys())
        if gone:
            names = ", ".join(f"`{each}`" for each in gone[:5]) + (" …" if len(gone) > 5 else "")
            yield f"{certificate.source} is newer than {older.source}, and claims no longer: {names}"


def _with_packs(workspace: Workspace, packs: Collection[str], compliance: Compliance) -> Compliance:
    if not packs:
        return compliance
    from panacea_policy.compliance import assess
    from panacea_policy.service.baseline import using

    return assess(using(workspace, packs))


def _void(certificate: Certificate, compliance: Compliance) -> list[Void]:
    """The claims that do not hold."""
    from panacea_policy.formats.check_run import Void

    judged: dict[str, Clause] = {clause.id: clause for clause in compliance.clauses}
    found = []
    for name, was in sorted(certificate.claims.items()):
        clause = judged.get(name)
        if clause is None:
            found.append(Void(name, was, certificate.source, "not judged", "no pack here has this clause"))
        elif str(clause.verdict) not in _STANDS:
            open_ = tuple(f for f in clause.findings if str(f.verdict) == str(clause.verdict))
            found.append(Void(name, was, certificate.source, str(clause.verdict), clause.reason, open_))
    return found


def written(run: CheckRun, path: Path) -> str:
    """Write what a run found as a baseline; says so."""
    from panacea_policy.service.baseline import Baseline
    from panacea_policy.storage import write_atomically

    assert run.compliance is not None
    baseline = Baseline.of(run.compliance)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, baseline.to_json())
    return f"{path}: {len(baseline.violated):,} violations are known from now on"


def _read(path: Path) -> bytes:
    try:
        return read_bounded(path, MOST_BYTES)
    except OSError as error:
        raise PanaceaError(f"`{_shown(path)}` cannot be read: {error.strerror}") from None


def _shown(path: Path) -> str:
    here, path = Path.cwd(), path.absolute()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
