"""``panacea comply``: the verdict on every clause of laws and standards."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import (
    as_of_option,
    date_of,
    fail_on_option,
    format_option,
    law_options,
    look_options,
    paths_argument,
    reaches,
)
from panacea_policy.cli.output import Terminal, write_result
from panacea_policy.cli.session import refusing, sound_workspace
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.compliance import Clause
    from panacea_policy.formats.comply_run import ComplyRun, PackView

#: Beside a date: all that is proposed or still to come.
FORESEEN = "foreseen"


@click.command("comply")
@paths_argument
@click.option(
    "--pack",
    "packs",
    multiple=True,
    metavar="NAME",
    help="Only the clauses of this pack; it need not be in use in the model. May be given again.",
)
@click.option("--clause", metavar="ID", help="One clause with everything that its verdict rests on.")
@click.option(
    "--repair",
    is_flag=True,
    help="With --clause: the smallest edits of the model that mend its violations, found by trying them.",
)
@click.option("--soa", metavar="PACK", help="The statement of applicability of a pack.")
@click.option(
    "--diff",
    nargs=2,
    metavar="DAY1 DAY2",
    help="What the law of DAY2 changes against that of DAY1, the model being the same; DAY2 may be "
    f"`{FORESEEN}`: all that is proposed or adopted.",
)
@click.option(
    "--crosswalk",
    "across",
    is_flag=True,
    help="Clauses of all laws that ask for the same, with their verdicts.",
)
@click.option(
    "--certify",
    metavar="PACK",
    help="Write the certification file of a pack into the folder --output: PDF, page, OSCAL, SARIF and more.",
)
@law_options
@format_option("text", "json", "csv")
@click.option("--all", "everything", is_flag=True, help="List every clause, finding and question.")
@fail_on_option
@as_of_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write the result to this file instead of the terminal; with --certify: into this folder.",
)
@look_options
def command(
    paths: tuple[Path, ...],
    packs: tuple[str, ...],
    clause: str | None,
    repair: bool,
    soa: str | None,
    diff: tuple[str, str] | None,
    across: bool,
    certify: str | None,
    law: datetime.date | None,
    foreseen: bool,
    format_: str,
    everything: bool,
    fail_on: str,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Judge a model clause by clause, by the law of one day.

    A clause is met, violated, unknown, attested, waived or not applicable; each verdict says what it rests
    on and how well that is known. Exit code 1: a binding clause is violated by a finding at or above
    --fail-on; 2: the model has errors.
    """
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    if sum(each is not None for each in (clause, soa, diff, certify, across or None)) > 1:
        told = "--clause, --soa, --diff, --crosswalk and --certify are different things"
        raise PanaceaError(told, "give one of them")
    if repair and clause is None:
        raise PanaceaError("--repair mends one clause", "name it with `--clause ID`")
    if output is not None and output.is_dir() and certify is None:
        raise PanaceaError(f"`{output}` is a folder", "-o names a file; --certify writes into a folder")
    one = soa or certify
    wanted = packs or (("crosswalk",) if across else ())
    wanted = (*wanted, one) if one is not None and one not in wanted else wanted
    workspace = sound_workspace(paths, as_of, terminal, packs=wanted)
    with refusing(workspace, terminal):
        run = judged(workspace, law, foreseen, wanted)
    if certify is not None:
        text = _certified(run, certify, output)
        output = None
    elif across:
        text = _crossed(run, terminal, format_)
    elif diff is not None:
        text = _changes(run, diff, terminal, format_)
    elif clause is not None:
        with refusing(workspace, terminal):
            text = _one(run, _clause(run, clause), terminal, format_, everything=everything, repair=repair)
    elif soa is not None:
        text = _statement(run, soa, terminal, format_)
    else:
        text = _whole(run, terminal, format_, everything=everything, quiet=quiet)
    if text:
        write_result(text, output)
    workspace.keep_run()
    return exits.FOUND if violated(run, fail_on) else exits.OK


def violated(run: ComplyRun, threshold: str) -> bool:
    """Whether a clause that binds us is violated, by attestation or a finding at or above the threshold.

    A clause that is violated by its sub-clauses is not asked: they are among the clauses themselves.
    """
    from panacea_policy.compiler import Verdict

    for clause in run.clauses:
        if str(clause.verdict) != "violated" or clause.standing.benchmark or threshold == "never":
            continue
        found = [part.rule for part in clause.findings.parts if part.count(Verdict.VIOLATED)]
        said = clause.attestation
        attested = said is not None and said.valid and str(said.verdict) == "violated"
        if attested or any(reaches(rule.severity, threshold) for rule in found):
            return True
    return False


def judged(
    workspace: Workspace, law: datetime.date | None, foreseen: bool, packs: tuple[str, ...]
) -> ComplyRun:
    """The clauses of ``packs`` (all where empty) judged by the law of a day."""
    from panacea_policy.compliance import assess
    from panacea_policy.formats.check_run import CheckRun
    from panacea_policy.formats.comply_run import ComplyRun

    found = assess(workspace, law_of=law, foreseen=foreseen)
    check = CheckRun(workspace, Path.cwd(), workspace.diagnostics(), found)
    return ComplyRun(check, found, law or workspace.as_of, foreseen, packs)


def _whole(run: ComplyRun, terminal: Terminal, format_: str, *, everything: bool, quiet: bool) -> str:
    """Every clause of the packs that were asked for."""
    for name in run.chosen:
        _view(run, name)
    if format_ == "json":
        from panacea_policy.formats.comply_json import comply_document

        return comply_document(run).to_json()
    if format_ == "csv":
        from panacea_policy.formats.comply_tables import clause_table

        return clause_table(run).to_csv()
    from panacea_policy.cli.comply_text import overview_text, violated_text

    return violated_text(run) if quiet else overview_text(run, terminal, everything=everything)


def _one(
    run: ComplyRun, clause: Clause, terminal: Terminal, format_: str, *, everything: bool, repair: bool
) -> str:
    """One clause in full, with repairs if they are asked for."""
    mending = None
    if repair:
        from panacea_policy.cli.repair_text import mending_of

        mending = mending_of(run.check.workspace, clause.findings)
    if format_ == "json":
        from panacea_policy.formats.repair_json import clause_document

        return clause_document(run, clause, mending).to_json()
    if format_ == "csv":
        raise PanaceaError("one clause has no CSV form", "take --format json, or text")
    from panacea_policy.cli.comply_text import clause_text

    return clause_text(run, clause, terminal, everything=everything, mending=mending)


def _statement(run: ComplyRun, pack: str, terminal: Terminal, format_: str) -> str:
    """The statement of applicability of a pack."""
    _view(run, pack)
    if format_ == "json":
        from panacea_policy.formats.comply_json import statement_document

        return statement_document(run, pack).to_json()
    from panacea_policy.formats.comply_tables import statement_table

    if format_ == "csv":
        return statement_table(run, pack).to_csv()
    from panacea_policy.cli.comply_text import statement_text

    return statement_text(run, pack, terminal)


def _certified(run: ComplyRun, name: str, folder: Path | None) -> str:
    """Writes the certification file of a pack; says what was written."""
    from panacea_policy.report.certification import certification
    from panacea_policy.report.folder import write_files

    pack = _view(run, name)
    folder = folder or Path(f"certification-{name}")
    written = write_files(certification(run, pack), folder)
    return f"{len(written)} files written to {folder}: begin with {folder / 'certification.pdf'}"


def _view(run: ComplyRun, name: str) -> PackView:
    """The pack of that name. Raises PanaceaError where it has no clauses."""
    pack = next((each for each in run.packs if each.name == name), None)
    if pack is None:
        raise PanaceaError(
            f"the pack `{name}` has no clauses", "`panacea comply` lists the packs that have some"
        )
    return pack


def _crossed(run: ComplyRun, terminal: Terminal, format_: str) -> str:
    """Every topic with the verdicts of its clauses."""
    from panacea_policy.compliance import crosswalk

    topics = crosswalk(run.compliance, run.model)
    if format_ == "json":
        from panacea_policy.formats.comply_json import crosswalk_document

        return crosswalk_document(run, topics).to_json()
    if format_ == "csv":
        from panacea_policy.formats.comply_tables import crosswalk_table

        return crosswalk_table(topics).to_csv()
    from panacea_policy.cli.comply_text import crosswalk_text

    return crosswalk_text(topics, terminal)


def _changes(run: ComplyRun, days: tuple[str, str], terminal: Terminal, format_: str) -> str:
    """What differs between the law of two days for one and the same model."""
    from panacea_policy.compliance import assess, compare

    workspace = run.check.workspace
    ahead = days[1] == FORESEEN
    first, second = _day(days[0]), None if ahead else _day(days[1])
    before, after = assess(workspace, law_of=first), assess(workspace, law_of=second, foreseen=ahead)
    days = (
        str(first),
        FORESEEN if second is None else str(second),
    )  # `today` says nothing to who reads it later
    shown = replace(run, compliance=after)
    change = compare(before, after).within({clause.id for clause in shown.clauses})
    if format_ == "json":
        from panacea_policy.formats.comply_json import change_document

        return change_document(shown, change, days).to_json()
    if format_ == "csv":
        raise PanaceaError("a comparison of two laws has no CSV form", "take --format json, or text")
    from panacea_policy.cli.comply_text import change_text

    return change_text(shown, change, days, terminal)


def _clause(run: ComplyRun, name: str) -> Clause:
    """The clause of that id, or of that number in the only pack that has it."""
    from panacea_policy.formats.comply_run import number
    from panacea_policy.language.diagnostics import suggest

    exact = [clause for clause in run.clauses if clause.id == name]
    found = exact or [c for c in run.clauses if name in (number(c), c.id.rpartition(".")[2])]
    if len(found) == 1:
        return found[0]
    if found:
        raise PanaceaError(f"`{name}` may be {', '.join(c.id for c in found)}", "give the whole id")
    near = suggest(name, [clause.id for clause in run.clauses])
    raise PanaceaError(
        f"no clause in use is called `{name}`",
        f"did you mean `{near}`?" if near else "`panacea comply --all` lists them",
    )


def _day(text: str) -> datetime.date:
    found = date_of(text)
    if found is None:
        raise PanaceaError(f"`{text}` of --diff is not a date", "write it like 2027-03-26, or `today`")
    return found
