"""``panacea prove --absent``: shows that a question has no answer, and checks certificates of that."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panacea_policy.cli import exits
from panacea_policy.cli.output import Terminal, note, write_result
from panacea_policy.cli.query import plain, table
from panacea_policy.cli.session import plural, refusing, sound_workspace
from panacea_policy.closurecheck import REFUSES
from panacea_policy.errors import PanaceaError
from panacea_policy.language.diagnostics import visible

NOT_BORNE_OUT = "the model does not bear out the claim"

if TYPE_CHECKING:
    from panacea_policy.compiler import Explanation, Workspace
    from panacea_policy.compiler.absence import Absence


def show_absence(
    claim: str,
    paths: Sequence[Path],
    certificate: Path | None,
    format_: str,
    as_of: datetime.date | None,
    output: Path | None,
    *,
    no_color: bool,
) -> int:
    """Show that a claim holds, or what is against it. Exit code 1 where it is not shown to hold."""
    if certificate is not None and output is not None and certificate.resolve() == output.resolve():
        raise PanaceaError("`--output` and `--certificate` name the same file", "name two files")
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    workspace = sound_workspace(paths, as_of, terminal)
    with refusing(workspace, terminal):
        found = _proved(workspace, claim)
    if found.certificate is None:
        if format_ == "json":
            write_result(_refuted(found, workspace), output)
        else:
            write_result("\n".join(_against(found, workspace, terminal)) + "\n", output)
        if certificate is not None:
            note(f"nothing was written to {certificate}: the claim is not shown to hold")
        return exits.FOUND
    document = _document(found, workspace)
    if certificate is not None:
        write_result(document, certificate)
    if format_ == "json":
        write_result(document, output)
    else:
        lines = [f"{terminal.style('HOLDS', fg='green', bold=True)}  absent: {visible(claim)}"]
        lines.append(f"  {_size(found.certificate)}")
        if certificate is not None:
            lines.append(f"  checked by: python -m panacea_policy.closurecheck {certificate}")
        write_result("\n".join(lines) + "\n", output)
    return exits.OK


def check_absence(
    path: Path,
    told: Any,
    paths: Sequence[Path],
    as_of: datetime.date | None,
    output: Path | None,
    terminal: Terminal,
) -> int:
    """Check a certificate without the engine; with ``paths``, that its rules and facts are the model's."""
    from panacea_policy.closurecheck import Check

    known: Mapping[str, Any] | None = {}
    if paths:
        workspace = sound_workspace(paths, as_of or day_of(told), terminal)
        with refusing(workspace, terminal):
            known = model_says(workspace, str(told["claim"]))
        if known is None:
            note(f"{path}: refused: {NOT_BORNE_OUT}")
            return exits.FOUND
    try:
        checked = Check(told, known)
    except REFUSES as error:
        note(f"{path}: refused: {visible(str(error))}")
        return exits.FOUND
    lines = [f"{path}: closed: absent: {visible(str(told.get('claim')))}", f"  {_size(told)}"]
    lines += [f"  taken on trust: {visible(each)}" for each in checked.trusted]
    if paths:
        lines.append("  rules and facts are those of the model")
    write_result("\n".join(lines) + "\n", output)
    return exits.OK


def day_of(told: Any) -> datetime.date:
    """The day that a certificate speaks of. Raises PanaceaError where it says no day, or no claim."""
    try:
        str(told["claim"])
        return datetime.date.fromisoformat(told["as_of"])
    except REFUSES as error:
        raise PanaceaError(f"the file says no claim or day: {error!r}") from error


def model_says(workspace: Workspace, claim: str) -> Mapping[str, Any] | None:
    """Goal, rules and facts of a model for a claim, as in a certificate; None where the model does not bear
    it out.

    Raises QueryError for what is no claim, WorkspaceError and PanaceaError for what cannot be shown.
    """
    found = _proved(workspace, claim)
    if found.certificate is None:
        return None
    own = json.loads(_document(found, workspace))
    return {each: own[each] for each in ("goal", "rules", "facts")}


def _proved(workspace: Workspace, claim: str) -> Absence:
    from panacea_policy.engine.closure import MAX_ROWS, TooLarge

    try:
        return workspace.prove_absent(claim)
    except TooLarge as problem:
        raise PanaceaError(
            f"a certificate would have {problem.rows:,} rows", f"{MAX_ROWS:,} are the most; ask for less"
        ) from problem


def _size(certificate: Mapping[str, Any]) -> str:
    facts = sum(map(len, certificate["facts"].values()))
    rows = sum(map(len, certificate["closed"].values()))
    rules = plural(len(certificate["rules"]), "rule")
    return f"{plural(facts, 'fact')}, {rules}, a closed set of {plural(rows, 'row')}"


def _document(found: Absence, workspace: Workspace) -> str:
    from panacea_policy.formats.absence_json import AbsenceDocument
    from panacea_policy.version import __version__

    assert found.certificate is not None
    return AbsenceDocument(
        version=__version__, as_of=workspace.as_of, claim=found.claim, **found.certificate
    ).to_json()


def _refuted(found: Absence, workspace: Workspace) -> str:
    from panacea_policy.formats.absence_json import PresenceDocument
    from panacea_policy.version import __version__

    return PresenceDocument(
        version=__version__,
        as_of=workspace.as_of,
        claim=found.claim,
        columns=found.columns,
        certain=tuple(tuple(map(plain, row)) for row in found.certain),
        possible=tuple(tuple(map(plain, row)) for row in found.possible),
    ).to_json()


def _against(found: Absence, workspace: Workspace, terminal: Terminal) -> Iterator[str]:
    """The answers against a claim, and the proof of the first."""
    word, colour = ("DOES NOT HOLD", "red") if found.certain else ("NOT SHOWN", "yellow")
    yield f"{terminal.style(word, fg=colour, bold=True)}  absent: {visible(found.claim)}"
    for title, rows in (
        ("these are there", found.certain),
        ("these may be there: it hangs on what nobody said", found.possible),
    ):
        if rows:
            yield f"  {title}"
            shown = table(found.columns, [tuple(map(plain, row)) for row in rows], terminal)
            yield from (f"    {line}" for line in shown.splitlines())
    if found.why is not None:
        yield "  why the first one is"
        yield from _tree(found.why, workspace, 2)


def _tree(line: Explanation, workspace: Workspace, depth: int) -> Iterator[str]:
    from panacea_policy.formats.places import Places

    places = Places(workspace.root, Path.cwd())
    for each in line.children:
        place = f"  @ {places.place(each.span, workspace.sources)}" if each.span is not None else ""
        yield f"{'  ' * depth}{visible(each.text)}{place}"
        yield from _tree(each, workspace, depth + 1)
