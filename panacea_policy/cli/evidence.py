"""``panacea evidence``: signed statements about a model, their log, bundles for auditors, verification."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import (
    as_of_option,
    law_options,
    look_options,
    output_option,
    paths_argument,
)
from panacea_policy.cli.output import Terminal, note, write_result
from panacea_policy.cli.session import contents, evidence_extra, refusing, sound_workspace
from panacea_policy.errors import PanaceaError
from panacea_policy.language.diagnostics import visible

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.evidence import Ledger, Trust

Command = TypeVar("Command", bound=Callable[..., object])

#: Where a model's ledger is, seen from the model's folder; a URL names one in PostgreSQL.
FOLDER, NAME = ".panacea", "evidence.sqlite"
PASSPHRASE = "PANACEA_KEY_PASSPHRASE"
LEDGER = "PANACEA_LEDGER"
#: A certificate or a checkpoint is far smaller.
_MOST_TEXT = 1024 * 1024


@click.group("evidence")
def command() -> None:
    """Sign what was found; log, bundle and verify it for auditors.

    Whoever verifies needs your public keys and nothing else from you.
    """


def _ledger_option(subcommand: Command) -> Command:
    return click.option(
        "--ledger",
        envvar=LEDGER,
        show_envvar=True,
        metavar="FILE|URL",
        help=f"The ledger: a file, or postgresql+psycopg://… [default: {FOLDER}/{NAME} beside the model].",
    )(subcommand)


def _absence_option(told: str) -> Callable[[Command], Command]:
    return click.option("--absence", "absences", multiple=True, metavar="FILE",
                        type=click.Path(dir_okay=False, path_type=Path), help=told)  # fmt: skip


def _key_option(name: str, told: str) -> Callable[[Command], Command]:
    return click.option(name, type=click.Path(dir_okay=False, path_type=Path), required=True, help=told)


@command.command("keygen")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def keygen(folder: Path) -> int:
    """Make two pairs of keys in FOLDER: one of the attester, one of the log.

    The private ones stay with you, readable by you alone, under the passphrase in PANACEA_KEY_PASSPHRASE
    where it is set; the public ones (*.pub.pem) go to whoever verifies.
    """
    evidence = evidence_extra()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    from panacea_policy.storage import write_atomically

    pairs = ("attester", "log")
    for path in (folder / f"{name}{end}" for name in pairs for end in (".pem", ".pub.pem")):
        if path.exists():  # the public one too: somebody may have put the private one away
            raise PanaceaError(f"`{path}` exists already", "a key is never replaced: choose another folder")
    for name in pairs:
        key = evidence.SigningKey.new()
        key.write(folder / f"{name}.pem", _passphrase())
        write_atomically(folder / f"{name}.pub.pem", key.public.pem)
        click.echo(f"{folder / name}.pem  key {key.public.id}")
    return exits.OK


@command.command("endorse")
@click.argument("new", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, required=True,
              type=click.Path(dir_okay=False, path_type=Path),
              help="The private key (PEM) that was used before. May be given again.")  # fmt: skip
@click.option("--time", metavar="TIME", help="When it was said, such as 2026-11-23T12:00:00Z [default: now].")
def endorse(new: Path, keys: tuple[Path, ...], time: str | None) -> int:
    """Have the attester's old key say that the public key NEW may sign from now on.

    The endorsement is written beside NEW; commit both. `panacea check --new --key NEW` refuses a change of
    the key that is not endorsed.
    """
    evidence = evidence_extra()
    from panacea_policy.evidence.endorsements import endorse as endorsed
    from panacea_policy.evidence.statements import moment
    from panacea_policy.service.attesters import endorsement_of
    from panacea_policy.storage import write_atomically

    key = evidence.read_public_key(new)
    signing = [evidence.read_signing_key(path, _passphrase()) for path in keys]
    made = endorsed(key, signing, moment(time) if time else _now())
    write_atomically(endorsement_of(new), made.data)
    click.echo(f"{endorsement_of(new)}: key {key.id}")
    return exits.OK


@command.command("attest")
@paths_argument
@click.option("--pack", "packs", multiple=True, metavar="NAME", help="Only the clauses of this pack.")
@law_options
@as_of_option
@_key_option("--key", "The attester's private key (PEM).")
@_ledger_option
@click.option("--tsa", metavar="URL", help="Have the envelopes time-stamped by this authority (RFC 3161).")
@click.option(
    "--time", metavar="TIME", help="When it was judged, such as 2026-11-23T12:00:00Z [default: now]."
)
@click.option("--result", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the signed `result` to FILE too, such as .panacea/certified.dsse.json beside "
                   "the model: once committed, `panacea check --new` guards what it claims.")  # fmt: skip
@_absence_option("Name this certificate in the statement (`panacea prove --absent … --certificate FILE`); "
                 "the model must bear it out. May be given again.")  # fmt: skip
@click.option("--accept-clock", is_flag=True, help="Write although the clock is behind the last record.")
@look_options
def attest(
    paths: tuple[Path, ...],
    packs: tuple[str, ...],
    law: datetime.date | None,
    foreseen: bool,
    as_of: datetime.date | None,
    key: Path,
    ledger: str | None,
    tsa: str | None,
    time: str | None,
    result: Path | None,
    absences: tuple[Path, ...],
    accept_clock: bool,
    quiet: bool,
    no_color: bool,
) -> int:
    """Judge a model and put signed statements about it into the ledger.

    Two statements are made: `result` (which clauses are met) and `verdicts` (everything that was found). The
    ledger is made where there is none.
    """
    evidence = evidence_extra()
    from panacea_policy.cli.comply import judged
    from panacea_policy.cli.evidence_absences import certificates, require_borne_out
    from panacea_policy.evidence.statements import moment
    from panacea_policy.formats.verdicts import model_bytes, statements

    terminal = Terminal.detect(no_color=no_color, to_file=False)
    signing = evidence.read_signing_key(key, _passphrase())
    workspace = sound_workspace(paths, as_of, terminal, packs)
    with refusing(workspace, terminal):
        run = judged(workspace, law, foreseen, packs)
        shown = certificates(absences)
        require_borne_out(workspace, shown)
    when = moment(time) if time else _now()
    model = model_bytes(run)
    told = statements(run, model, when, list(shown.values()))
    sealed = {name: evidence.seal(each, [signing]) for name, each in told.items()}
    made = list(sealed.values())
    # What somebody else must answer comes first: where they do not, nothing was written.
    tokens = _stamps(tsa, [envelope.data for envelope in made])
    with _ledger(ledger, workspace, create=True) as book:
        first = book.append(made, accept_clock=accept_clock)
        for envelope, token in zip(made, tokens, strict=False):
            book.stamp(envelope.digest, token)
        if result is not None:
            from panacea_policy.storage import write_atomically

            result.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(result, sealed["result"].data)
        if not quiet:
            last = first + len(made) - 1
            click.echo(f"records {first} and {last} of `{book.origin}`: the model {evidence.digest(model)}")
    return exits.OK


@command.command("log")
@paths_argument
@_ledger_option
@click.option(
    "--create", metavar="NAME", help="Make an empty ledger of this name, such as house.example/log."
)
@click.option("--checkpoint", type=click.Path(dir_okay=False, path_type=Path), metavar="KEY",
              help="Sign the log as it is with this private key, and print the checkpoint.")  # fmt: skip
@click.option("--tiles", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="With --checkpoint: write the log as static files (C2SP tlog-tiles).")  # fmt: skip
@click.option(
    "--last", type=click.IntRange(1), default=20, show_default=True, help="How many records are listed."
)
@output_option
@look_options
def log(
    paths: tuple[Path, ...],
    ledger: str | None,
    create: str | None,
    checkpoint: Path | None,
    tiles: Path | None,
    last: int,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """List the ledger's records; make a ledger; sign a checkpoint of it."""
    evidence = evidence_extra()
    if tiles is not None and checkpoint is None:
        raise PanaceaError("--tiles needs a signed checkpoint", "give --checkpoint KEY as well")
    with _opened_ledger(ledger, paths, create) as book:
        if create is not None and create != book.origin:
            told = f"there is a ledger already, and its name is `{book.origin}`"
            raise PanaceaError(told, "name another place with --ledger")
        if checkpoint is None:
            from panacea_policy.cli.evidence_text import log_text

            write_result(log_text(book, last), output)
            return exits.OK
        signed = book.checkpoint(evidence.read_signing_key(checkpoint, _passphrase()))
        if tiles is not None:
            from panacea_policy.evidence.tiles import write_tiles

            note(f"{write_tiles(book, signed, tiles)} files written to {tiles}")
        write_result(signed, output)
    return exits.OK


@command.command("bundle")
@paths_argument
@as_of_option
@_ledger_option
@_key_option("--log-key", "The log's private key: it signs the checkpoint of the bundle.")
@click.option("--attester", "attesters", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
              help="A public key to put in, for convenience.")  # fmt: skip
@_absence_option("Put in this certificate, which the statement names. May be given again.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="The zip to write.")  # fmt: skip
@look_options
def bundle(
    paths: tuple[Path, ...],
    as_of: datetime.date | None,
    ledger: str | None,
    log_key: Path,
    attesters: tuple[Path, ...],
    absences: tuple[Path, ...],
    output: Path,
    quiet: bool,
    no_color: bool,
) -> int:
    """Put the newest statements about a model, with all their proofs, into one zip for an auditor."""
    evidence = evidence_extra()
    from panacea_policy.cli.evidence_absences import certificates
    from panacea_policy.formats.evidence_bundle import bundle_of, missing_claims
    from panacea_policy.formats.model_json import model_document
    from panacea_policy.storage import write_atomically

    terminal = Terminal.detect(no_color=no_color, to_file=False)
    workspace = sound_workspace(paths, as_of, terminal)
    signing = evidence.read_signing_key(log_key, _passphrase())
    keys = [evidence.read_public_key(path) for path in attesters]
    model = evidence.canonical(model_document(workspace))
    with _ledger(ledger, workspace, create=False) as book:
        shown = certificates(absences)
        made = bundle_of(book, model, book.checkpoint(signing), keys, signing.public, shown)
    for claim in missing_claims(made):
        note(f"the statement names a certificate that is not put in (--absence FILE): {visible(claim)}")
    write_atomically(output, made.to_bytes())
    if not quiet:
        click.echo(f"{output}: {len(made.named('statements'))} statements of `{made.origin}`")
    return exits.OK


@command.command("verify")
@click.argument("target", metavar="FILE|URL")
@click.option("--key", "keys", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
              help="A public key of an attester that you trust (PEM). May be given again.")  # fmt: skip
@click.option(
    "--log-key", type=click.Path(dir_okay=False, path_type=Path), help="The log's public key (PEM)."
)
@click.option(
    "--origin", metavar="NAME", help="The name of the log [default: what the bundle or ledger says]."
)
@click.option("--tsa-root", "roots", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
              help="A root certificate of a time-stamping authority (PEM).")  # fmt: skip
@click.option("--model", "models", multiple=True, type=click.Path(path_type=Path),
              help="The model that the evidence should be about.")  # fmt: skip
@click.option("--not-before", metavar="TIME", help="Refuse evidence that was made earlier.")
@click.option("--checkpoint", "seen", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
              help="A signed checkpoint kept from earlier: the ledger must have grown from it.")  # fmt: skip
@look_options
def verify(
    target: str,
    keys: tuple[Path, ...],
    log_key: Path | None,
    origin: str | None,
    roots: tuple[Path, ...],
    models: tuple[Path, ...],
    not_before: str | None,
    seen: tuple[Path, ...],
    quiet: bool,
    no_color: bool,
) -> int:
    """Verify a bundle, an envelope, a certificate of absence or a whole ledger, offline.

    Exit code 1: it must not be believed.

    What you trust comes from you: keys in a bundle are there for convenience and are never believed.
    """
    from panacea_policy.cli.evidence_verify import verified

    evidence_extra()
    terminal = Terminal.detect(no_color=no_color, to_file=False)
    trust = _trust(keys, log_key, origin, roots, models, not_before)
    text, ok = verified(target, trust, [_text(path) for path in seen], terminal)
    if not quiet or not ok:
        write_result(text, None)
    return exits.OK if ok else exits.FOUND


def _stamps(tsa: str | None, envelopes: list[bytes]) -> list[bytes]:
    """The time stamps of some envelopes; none where no authority was named."""
    if tsa is None:
        return []
    from panacea_policy.evidence.timestamps import fetch

    return [fetch(tsa, data) for data in envelopes]


def _trust(
    keys: tuple[Path, ...],
    log_key: Path | None,
    origin: str | None,
    roots: tuple[Path, ...],
    models: tuple[Path, ...],
    not_before: str | None,
) -> Trust:
    from panacea_policy.evidence import Trust, canonical, digest, read_public_key
    from panacea_policy.evidence.statements import moment
    from panacea_policy.formats.model_json import model_document

    model = said = None
    if models:
        from panacea_policy.cli.evidence_absences import knows
        from panacea_policy.cli.session import open_workspace

        workspace = open_workspace(models, None)
        if not workspace.ok:
            raise PanaceaError("the model has errors", "`panacea check` shows them")
        model, said = digest(canonical(model_document(workspace))), knows(models)
    return Trust(
        keys=[read_public_key(path) for path in keys],
        log_key=read_public_key(log_key) if log_key is not None else None,
        origin=origin,
        roots=[_text(path).encode() for path in roots],
        model=model,
        not_before=moment(not_before) if not_before else None,
        knows=said,
    )


def _ledger(where: str | None, workspace: Workspace, *, create: bool) -> Ledger:
    """The ledger that was named, or the one beside the model, made where there is none and that is wanted."""
    from panacea_policy.evidence import Ledger

    place = where or str(workspace.root / FOLDER / NAME)
    name = (
        f"{workspace.root.name.replace(' ', '_').replace('+', '_') or 'model'}/evidence" if create else None
    )
    if "://" not in place and create:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
    return Ledger.open(place, create=name)


def _opened_ledger(where: str | None, paths: tuple[Path, ...], create: str | None) -> Ledger:
    from panacea_policy.evidence import Ledger

    folder = paths[0] if paths else Path()
    place = where or str((folder if folder.is_dir() else folder.parent) / FOLDER / NAME)
    if "://" not in place:
        if create is not None:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
        elif not Path(place).exists():
            help = "`panacea evidence attest` makes one, and so does --create NAME"
            raise PanaceaError(f"there is no ledger at `{place}`", help)
    return Ledger.open(place, create=create)


def _text(path: Path) -> str:
    try:
        return contents(path, _MOST_TEXT).decode("utf-8")
    except UnicodeDecodeError:
        raise PanaceaError(f"`{path}` is no text") from None


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def _passphrase() -> bytes | None:
    return os.environ[PASSPHRASE].encode() if os.environ.get(PASSPHRASE) else None
