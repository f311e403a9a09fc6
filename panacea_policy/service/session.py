"""A model, its feeds and its risk together: a file comes in, the model changes, a line says what that did."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from panacea_policy.compiler import Delta, DeltaError, Workspace, WorkspaceError
from panacea_policy.errors import PanaceaError
from panacea_policy.feeds.base import Base
from panacea_policy.feeds.declarations import Slots, whole
from panacea_policy.feeds.ledger import Ledger, Step
from panacea_policy.feeds.records import Damage, Reading
from panacea_policy.feeds.store import File, Moment, ProcessChange, Store, StoreError
from panacea_policy.feeds.words import NAMES, plain_value
from panacea_policy.language import syntax as tree
from panacea_policy.service.effects import changes, effect, line, moved
from panacea_policy.service.estimate import Estimate, Estimator, LiveEstimator
from panacea_policy.version import __version__

Reader = Callable[[Path], Reading]
Clock = Callable[[], datetime]

#: Every change lies over the earlier ones; after so many the model is opened anew with all of them as one.
_MOST_CHANGES = 64
#: What ends the taking in of one file, and not the watch: the file is set aside with the reason.
_UNTAKEN = (
    PanaceaError,
    WorkspaceError,
    DeltaError,
    ValueError,
    ArithmeticError,
    LookupError,
    RecursionError,
)
#: So many declarations of one document may be refused before the rest is given up.
_MOST_REFUSED = 200


def now() -> datetime:
    """The time, with this machine's zone."""
    return datetime.now().astimezone()


def read_feed(path: Path) -> Reading:
    """Read a file, whatever its format."""
    from panacea_policy.formats.feeds.detect import read

    return read(path)


class FeedSession:
    """A model that feeds change. Nothing is printed; what happened is a :class:`Moment`."""

    def __init__(
        self,
        paths: Sequence[Path],
        store: Store,
        *,
        estimator: Estimator | None = None,
        reader: Reader = read_feed,
        clock: Clock = now,
        workspace: Workspace | None = None,
    ) -> None:
        """Open the model at ``paths`` (``workspace``: if that is done already, on the clock's day), and lay
        over it what the store has.

        Raises WorkspaceError for a model with errors.
        """
        self.store = store
        self._paths = list(paths)
        self._estimator = estimator or LiveEstimator()
        self._reader = reader
        self._clock = clock
        self._estimate: Estimate | None = None
        self._applied = 0
        self._day = clock().date()
        self._torn = False
        self._workspace = workspace or self._fresh()
        self._seen_inputs = self._inputs()
        self.ledger = Ledger(store, Base(self._workspace.model, model_tables(self._workspace)), self._day)
        with store.transaction():
            self.ledger.open(self._signature())
        self._lay_over(self.ledger.changes())

    # ------------------------------------------------------------------------------------------ what happens

    @property
    def workspace(self) -> Workspace:
        """The model with what feeds say."""
        self._mend()
        return self._workspace

    @property
    def estimate(self) -> Estimate:
        """The risk of the model as it is now."""
        self._mend()
        if self._estimate is None:
            self._estimate = self._estimator.estimate(self._workspace)
        return self._estimate

    def take(self, path: Path, source: str | None = None) -> Moment | None:
        """Take a file in; None where its content was taken in before.

        ``source``: what it is called, where that is not its path. What cannot be read is remembered as
        damage. All of it is one transaction: when this returns, it is kept.
        """
        try:
            digest = _digest(path)
            if self.store.seen(digest):
                return None
            reading = self._read(path)
            if _digest(path) != digest:
                return None  # it is being written: the next look finds the whole
        except OSError as error:
            digest, reading = f"unreadable {path}", Reading(damage=(_unreadable(path, error),))
            if self.store.seen(digest):
                return None
        if source is not None:
            reading = named(reading, str(path), source)
        file = File(digest, source or str(path), self._clock(), reading.format)
        try:
            return self._carry_out(lambda: self.ledger.take(file, reading), file.source, reading)
        except StoreError:
            raise
        except _UNTAKEN as error:
            damage = Damage(file.source, "", f"it could not be taken in: {error}"[:500])
            aside = Reading(damage=(*reading.damage, damage), format=reading.format)
            return self._carry_out(lambda: self.ledger.take(file, aside), file.source, aside)

    def tick(self) -> list[Moment]:
        """What time and the model's authors changed since: withdraw what expired, take edits of the model
        in.
        """
        found = []
        if self._clock().date() != self._day:
            self._day = self._clock().date()
            moment = self._carry_out(lambda: self.ledger.expire(self._day), "time", None)
            if moment.line:
                found.append(moment)
            self._reopen()
        if self._inputs() != self._seen_inputs:
            edited = self._edited()
            found += [edited] if edited is not None else []
        return found

    # ------------------------------------------------------------------------------------------ internals

    def _read(self, path: Path) -> Reading:
        try:
            return self._reader(path)
        except (PanaceaError, OSError, ValueError, RecursionError, MemoryError) as error:
            return Reading(damage=(Damage(str(path), "", f"it could not be read: {error}"[:500]),))

    def _carry_out(self, work: Callable[[], Step], source: str, reading: Reading | None) -> Moment:
        self._mend()
        before, opened = self._applied, self._workspace
        try:
            with self.store.transaction():
                step = work()
                empty = step.change.empty
                old = None if empty else self._estimated()
                if not empty:
                    self._apply(step)
                    self._estimate = None
                processes, problem = ((), "") if empty else self._compared(old)
                said = problem or _said(step, processes, empty=empty)
                at = self._clock()
                what = _what(step, source, reading)
                moment = Moment(
                    at=at,
                    what=what,
                    line=line(at, what, said + _damaged(reading)),
                    processes=processes,
                    declared=len(step.after.declared.keys() - self.ledger.state.declared.keys()),
                    withdrawn=len(self.ledger.state.declared.keys() - step.after.declared.keys()),
                )
                if reading is None and not step.told:
                    moment = Moment(at, what, "")  # a day on which nothing ends is no event
                else:
                    self.store.add_moment(moment)
        except BaseException:
            self._torn = self._applied != before or self._workspace is not opened
            raise
        self.ledger.accept(step)
        if self._applied > _MOST_CHANGES:
            self._reopen()
        return moment

    def _estimated(self) -> Estimate | str:
        """The present estimate, or why there is none."""
        try:
            return self.estimate
        except WorkspaceError as error:
            return f"no estimate: {error}"

    def _compared(self, old: Estimate | str | None) -> tuple[tuple[ProcessChange, ...], str]:
        """What changed against an earlier estimate, and what prevents telling."""
        new = self._estimated()
        if isinstance(old, str) or isinstance(new, str) or old is None:
            return (), old if isinstance(old, str) else new if isinstance(new, str) else ""
        return changes(old, new), ""

    def _apply(self, step: Step) -> None:
        """Lay what a step changes over the model; what the model refuses is left out and remembered."""
        for _ in range(_MOST_REFUSED):
            if step.change.empty:
                return
            if step.change.fresh:
                self._start_anew(step.after)
                return
            done = 0
            try:
                for text in step.change.changes:
                    self._workspace.apply(Delta(text))
                    self._applied += 1
                    done += 1
                return
            except DeltaError as error:
                slot = _refused(error, step.change.changes[done])
                if done:
                    self._reopen()
                if slot is None or not self.ledger.leave_out(step, slot, f"`{slot}` is left out: {error}"):
                    raise PanaceaError(f"the model refuses what a feed says: {error}") from error
        raise PanaceaError("the model refuses too much of what a feed says", "see the notes of `feed status`")

    def _start_anew(self, state: Slots) -> None:
        self._workspace = self._fresh()
        self._lay_over(whole(state))
        self._applied = 1

    def _fresh(self) -> Workspace:
        workspace = Workspace.open(*self._paths, as_of=self._day)
        if not workspace.ok:
            raise WorkspaceError(workspace.diagnostics())
        return workspace

    def _lay_over(self, texts: Sequence[str]) -> None:
        for text in texts:
            self._workspace.apply(Delta(text))
        self._applied = 0

    def _mend(self) -> None:
        """After a change that was broken off the model is opened anew, once it is asked for."""
        if self._torn:
            self._reopen()
            self._torn = False

    def _reopen(self) -> None:
        """Open the model anew with the present state as one change."""
        self._workspace = self._fresh()
        self._lay_over(self.ledger.changes())
        self._estimate = None

    def _edited(self) -> Moment | None:
        """The model's files are others: tell everything anew against the new model."""
        self._seen_inputs = self._inputs()
        old = self._estimated()
        try:
            workspace = self._fresh()
        except WorkspaceError as error:
            at = self._clock()
            said = f"the edited model has mistakes, the earlier one is watched on: {error}"
            return Moment(at, "model", line(at, "model", said))
        self._workspace = workspace
        self._seen_inputs = self._inputs()
        ledger = Ledger(self.store, Base(workspace.model, model_tables(workspace)), self._day)
        with self.store.transaction():
            anew = ledger.open(self._signature())
            self.ledger = ledger
            self._lay_over(ledger.changes())
            if not anew:
                return None  # touched, not edited
            self._estimate = None
            processes, problem = self._compared(old)
            at = self._clock()
            said = problem or effect(processes) or "no process changes"
            moment = Moment(at, "model edited", line(at, "model edited", said), processes)
            self.store.add_moment(moment)
        return moment

    def _inputs(self) -> tuple[tuple[str, int, int], ...]:
        """The model's files as the disk has them: any edit changes this."""
        files, folders = self._workspace.inputs()
        listed = {path for folder in folders for path in folder.glob("*.panacea")}
        found = []
        for path in sorted({*files, *listed}):
            with suppress(OSError):
                status = path.stat()
                found.append((str(path), status.st_mtime_ns, status.st_size))
        return tuple(found)

    def _signature(self) -> str:
        """What the telling of keys depends on beside the records: model, tables, and the program itself."""
        digest = hashlib.sha256(__version__.encode())
        digest.update(NAMES.read_bytes())
        files, _ = self._workspace.inputs()
        for path in sorted(files):
            with suppress(OSError):
                digest.update(path.read_bytes())
        return digest.hexdigest()


def model_tables(workspace: Workspace) -> Mapping[str, Mapping[str, str | float]]:
    """The tables of a model that add to those of ``names.panacea``."""
    found: dict[str, dict[str, str | float]] = {}
    for names in workspace.names():
        for name, node in names.tables.items():
            entries = node.body.entries if node.body else ()
            for entry in entries:
                value = plain_value(entry.value) if isinstance(entry, tree.Attribute) else None
                if isinstance(entry, tree.Attribute) and value is not None:
                    found.setdefault(name, {})[entry.key] = value
    return found


def named(reading: Reading, path: str, source: str) -> Reading:
    """A reading whose records say where they came from, not the file that they were read out of."""
    records = tuple(replace(r, origin=replace(r.origin, source=source)) for r in reading.records)
    damage = tuple(replace(d, source=source if d.source == path else d.source) for d in reading.damage)
    return replace(reading, records=records, damage=damage)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unreadable(path: Path, error: OSError) -> Damage:
    return Damage(str(path), "", f"it could not be opened: {(error.strerror or str(error)).lower()}")


def _refused(error: DeltaError, text: str) -> str | None:
    """The slot of the entry that a change was refused for; entries stand one to a line."""
    start = min((each.span.start for each in error.diagnostics), default=-1)
    if not 0 <= start < len(text):
        return None
    entry = text[text.rfind("\n", 0, start) + 1 :].split("\n", 1)[0]
    match = re.match(r'set ([\w.]+(?:\["[^"]*"\])?):|[a-z_]+ (\w+)', entry)
    return (match[1] or match[2]) if match else None


def _what(step: Step, source: str, reading: Reading | None) -> str:
    """The document, and its feed in capitals: ``ICSMA-24-151-02 (CSAF)``."""
    if reading is None:
        return source
    feeds = sorted({each.origin.feed.upper() for each in reading.records})
    name = step.documents[0] if len(step.documents) == 1 else Path(source).name or source
    return f"{name} ({', '.join(feeds)})" if feeds else name


def _damaged(reading: Reading | None) -> str:
    if reading is None or not reading.damage:
        return ""
    first = reading.damage[0].reason
    more = f" and {len(reading.damage) - 1} more" if len(reading.damage) > 1 else ""
    return f"  set aside: {first}{more}"


def _said(step: Step, processes: Sequence[ProcessChange], *, empty: bool) -> str:
    """What a step did, or why it did nothing."""
    asked = len({q.id for told in step.told.values() for q in told.questions})
    questions = f"; {asked} question{'s' if asked > 1 else ''} (panacea feed questions)" if asked else ""
    if step.refused:
        questions = f"; {step.refused[0]}{questions}"
    if empty:
        if step.refused:
            return f"nothing changes{questions}"
        if step.notes:
            return f"nothing changes: {step.notes[0]}{questions}"
        if not step.records:
            return f"nothing in it that could be used{questions}"
        cleared = [note for told in step.told.values() for note in told.notes]
        if step.matched:
            return f"nothing changes: what it says of {step.matched} of ours is known{questions}"
        if cleared:
            return f"nothing changes: {cleared[0]}{questions}"
        return f"nothing changes: no product of ours{questions}"
    if moved(processes):
        return effect(processes) + questions
    told = f"{step.matched} of ours named" if step.matched else "what was declared changes"
    any_at_all = any(each.after != each.before for each in processes)
    less = (
        "every process changes by less than 0.1 points"
        if any_at_all
        else "no process is more or less at risk"
    )
    return f"{told}; {less}{questions}"
