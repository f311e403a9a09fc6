"""``panacea feed``: what the world says about what we run, as facts of the model, and what it changes."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import (
    Command,
    as_of_option,
    format_option,
    look_options,
    output_option,
    seed_option,
    trials_option,
)
from panacea_policy.cli.output import Terminal, note, write_result
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.feeds.store import Moment, Store
    from panacea_policy.service.session import FeedSession
    from panacea_policy.service.sources import FeedSource

#: Where a model's store is, seen from the model's folder.
FOLDER, NAME = ".panacea", "feed.sqlite"


@click.group("feed")
def command() -> None:
    """Take in advisories, scans and events, and say what they change.

    \b
    Read are: CSAF 2.0 advisories, the KEV catalogue, EPSS scores, CVE and NVD records, CycloneDX bills of
    materials and VEX, nmap, Nessus and OpenVAS scans, identity events and incident reports (JSON lines).
    """


def _model_option(command: Command) -> Command:
    return click.option(
        "--model",
        "models",
        multiple=True,
        type=click.Path(path_type=Path),
        help="A file or folder of the model; may be given several times [default: the current folder].",
    )(command)


def _store_option(command: Command) -> Command:
    return click.option(
        "--store",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"The file that keeps what feeds said [default: {FOLDER}/{NAME} in the model's folder].",
    )(command)


def _risk_options(command: Command) -> Command:
    command = seed_option(trials_option(least=100)(command))
    return click.option("--no-risk", is_flag=True, help="Do not estimate what it does to care.")(command)


@command.command("read")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@_model_option
@click.option(
    "--store",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep what is read in this file [default: nothing is kept].",
)
@_risk_options
@format_option("text", "json")
@as_of_option
@output_option
@look_options
def read(
    files: tuple[Path, ...],
    models: tuple[Path, ...],
    store: Path | None,
    trials: int,
    seed: int,
    no_risk: bool,
    format_: str,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Read feed files, or folders of them, and show what they mean for the model.

    What matched what, how surely and why; what is declared because of it; what was assumed; what has to be
    asked. Exit code 1: a file, or a part of one, was set aside.
    """
    from contextlib import nullcontext

    from panacea_policy.cli.feed_text import read_text
    from panacea_policy.cli.session import require_exists
    from panacea_policy.feeds.store import Store
    from panacea_policy.formats.feed_documents import read_document
    from panacea_policy.service.lock import watching
    from panacea_policy.service.sources import feed_files

    for path in files:
        require_exists(path)
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    paths = [each for path in files for each in (feed_files(path) if path.is_dir() else [path])]
    folder = _folder(models)
    lock = watching(*_lock(folder, store)) if store is not None else nullcontext()
    with lock, Store(store if store is not None else ":memory:") as kept:
        _announce(kept)
        session = _session(models, kept, terminal, as_of, trials=trials, seed=seed, no_risk=no_risk)
        moments = [moment for path in paths if (moment := session.take(path)) is not None]
        if format_ == "json":
            text = read_document(kept, moments, session.ledger.changes()).to_json()
        else:
            text = read_text(kept, moments, session.ledger.changes(), terminal, quiet=quiet)
        write_result(text, output)
        return exits.FOUND if kept.damage() else exits.OK


@command.command("watch")
@click.argument("place")
@_model_option
@_store_option
@click.option(
    "--interval", type=click.FloatRange(1, 86_400), default=60.0, show_default=True,
    help="Seconds between two looks.",
)  # fmt: skip
@click.option("--once", is_flag=True, help="Look once, and end.")
@_risk_options
@format_option("text", "json")
@as_of_option
@look_options
def watch(
    place: str,
    models: tuple[Path, ...],
    store: Path | None,
    interval: float,
    once: bool,
    trials: int,
    seed: int,
    no_risk: bool,
    format_: str,
    as_of: datetime.date | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Watch a folder or a URL, take in what is new, and say in one line what it changes.

    PLACE is a folder, the URL of a feed file, of a CSAF provider's metadata or ROLIE feed, or of a directory
    of advisories (with a / at its end). What was taken in is kept: it may be ended at any moment. With
    --format json each line is a JSON object. Exit code 1 with --once: a file was set aside, or something
    could not be fetched.
    """
    from panacea_policy.feeds.store import Store
    from panacea_policy.formats.feed_documents import moment_record
    from panacea_policy.service.lock import watching
    from panacea_policy.service.watch import watch as run

    terminal = Terminal.detect(no_color=no_color, to_file=False)
    folder = _folder(models)
    path = store or folder / FOLDER / NAME
    warned = []

    def warn(message: str) -> None:
        warned.append(message)
        _warn(message)

    def emit(moment: Moment) -> None:
        write_result(moment_record(moment).model_dump_json() if format_ == "json" else moment.line, None)

    with watching(*_lock(folder, path)), Store(_made(path)) as kept:
        _announce(kept)
        session = _session(models, kept, terminal, as_of, trials=trials, seed=seed, no_risk=no_risk)
        source = _source(place, kept, session)
        known = len(kept.damage())
        if not once and not quiet:
            note(f"watching {place} for {folder}; what is taken in is kept, Ctrl-C ends it")
        try:
            taken = run(session, source, emit=emit, warn=warn, interval=interval, once=once)
        except KeyboardInterrupt:
            if not quiet:
                note("ended; what was taken in is kept")
            return exits.OK
        failed = bool(warned) or len(kept.damage()) > known
        if not taken and not failed and not quiet:
            note("nothing new")
    return exits.FOUND if failed else exits.OK


@command.command("status")
@_model_option
@_store_option
@format_option("text", "json")
@output_option
@look_options
def status(
    models: tuple[Path, ...],
    store: Path | None,
    format_: str,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Show what is known from feeds: documents, facts, assumptions, and what was set aside."""
    from panacea_policy.cli.feed_text import status_text
    from panacea_policy.formats.feed_documents import status_document

    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    with _kept(models, store) as kept:
        document = status_document(kept)
        text = document.to_json() if format_ == "json" else status_text(document, terminal, quiet=quiet)
    write_result(text, output)
    return exits.OK


@command.command("questions")
@_model_option
@_store_option
@format_option("text", "json")
@output_option
@look_options
def questions(
    models: tuple[Path, ...],
    store: Path | None,
    format_: str,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """List what only people can decide: weak matches, unknown hosts, endpoints that did not answer."""
    from panacea_policy.cli.feed_text import questions_text
    from panacea_policy.formats.feed_documents import FeedQuestionsDocument, question_record

    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    with _kept(models, store) as kept:
        asked = kept.questions()
    if format_ == "json":
        text = FeedQuestionsDocument(questions=tuple(question_record(k, q) for k, q in asked)).to_json()
    else:
        text = questions_text(asked, terminal, quiet=quiet)
    write_result(text, output)
    return exits.OK


@command.command("timeline")
@_model_option
@_store_option
@format_option("text", "json", "csv", "svg")
@click.option(
    "--process", help="The care process that --format svg draws [default: the one that moved most]."
)
@output_option
@look_options
def timeline(
    models: tuple[Path, ...],
    store: Path | None,
    format_: str,
    process: str | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Show how the risk of each care process moved, and what moved it."""
    from panacea_policy.cli.feed_text import timeline_csv
    from panacea_policy.formats.feed_documents import FeedTimelineDocument, moment_record

    with _kept(models, store) as kept:
        moments = kept.timeline()
    if format_ == "json":
        text = FeedTimelineDocument(moments=tuple(map(moment_record, moments))).to_json()
    elif format_ == "csv":
        text = timeline_csv(moments)
    elif format_ == "svg":
        text = _drawn(moments, process)
    else:
        text = "\n".join(moment.line for moment in moments) or "nothing yet"
    write_result(text, output)
    return exits.OK


def _drawn(moments: Sequence[Moment], process: str | None) -> str:
    from panacea_policy.report.charts import standalone
    from panacea_policy.report.timelines import processes_of, timeline_of

    known = processes_of(moments)
    if process is not None and process not in known:
        near = get_close_matches(process, known, n=1)
        help = f"did you mean `{near[0]}`?" if near else f"processes: {', '.join(known) or 'none yet'}"
        raise PanaceaError(f"the timeline has no care process `{process}`", help)
    drawn = timeline_of(moments, process)
    if drawn is None:
        raise PanaceaError("there is nothing to draw yet", "`panacea feed watch` adds to the timeline")
    return standalone(drawn)


@command.command("facts")
@_model_option
@_store_option
@output_option
def facts(models: tuple[Path, ...], store: Path | None, output: Path | None) -> int:
    """Print what feeds declare now, as a scenario that a model can have, each entry with its origins."""
    from panacea_policy.cli.feed_text import facts_text

    with _kept(models, store) as kept:
        text = facts_text(kept)
    write_result(text, output)
    return exits.OK


# ---------------------------------------------------------------------------------------------- internals


def _folder(models: Sequence[Path]) -> Path:
    """The model's folder."""
    from panacea_policy.cli.session import require_exists

    first = models[0] if models else Path()
    require_exists(first)
    return first if first.is_dir() else first.parent


def _lock(folder: Path, store: Path) -> tuple[Path, Path]:
    """Where a model's lock is kept, and the model: in the model's folder, or beside the store where that
    cannot be written.
    """
    import os

    target = folder / FOLDER
    writable = os.access(target if target.exists() else folder, os.W_OK)
    return (target if writable else store.parent), folder


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _kept(models: Sequence[Path], store: Path | None) -> Store:
    from panacea_policy.feeds.store import Store

    path = store or _folder(models) / FOLDER / NAME
    if not path.is_file():
        raise PanaceaError(
            f"there is no store `{path}`", "`panacea feed watch` makes it, and `--store` names another"
        )
    kept = Store(path)
    _announce(kept)
    return kept


def _announce(store: Store) -> None:
    if store.aside:
        note(f"panacea: {store.aside}")


def _session(
    models: Sequence[Path],
    store: Store,
    terminal: Terminal,
    as_of: datetime.date | None,
    *,
    trials: int,
    seed: int,
    no_risk: bool,
) -> FeedSession:
    """The model with its feeds; one with errors ends the command."""
    from panacea_policy.cli.session import sound_workspace
    from panacea_policy.risk import RiskOptions
    from panacea_policy.service.estimate import LiveEstimator, NoEstimator
    from panacea_policy.service.session import FeedSession, now

    paths = list(models) or [Path()]
    workspace = sound_workspace(paths, as_of, terminal)
    options = RiskOptions(trials=trials, seed=seed, ranked=False)
    estimator = NoEstimator() if no_risk else LiveEstimator(options)
    clock = now
    if as_of is not None:
        noon = datetime.datetime.combine(as_of, datetime.time()).astimezone()
        clock = lambda: noon  # noqa: E731 - a clock that stands still
    return FeedSession(paths, store, estimator=estimator, clock=clock, workspace=workspace)


def _source(place: str, store: Store, session: FeedSession) -> FeedSource:
    from panacea_policy.cli.session import require_exists
    from panacea_policy.service.fetch import Web
    from panacea_policy.service.session import now
    from panacea_policy.service.sources import FolderSource, WebSource

    if "://" in place:
        return WebSource(place, store, Web(), now)
    folder = Path(place)
    require_exists(folder)
    if not folder.is_dir():
        raise PanaceaError(f"`{place}` is no folder", "`panacea feed read` takes single files")
    return FolderSource(folder)


def _warn(text: str) -> None:
    from panacea_policy.language.diagnostics import visible

    note(f"panacea: {visible(text)}")
