"""``panacea prove``: questions about a policy over all models, with a counterexample that was run."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import (
    as_of_option,
    format_option,
    look_options,
    output_option,
    paths_argument,
)
from panacea_policy.cli.output import Terminal, note, write_result
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.verification import Answer, Example

#: Longer than any question is worth waiting for.
MAX_SECONDS = 3_600


@click.command("prove")
@click.argument("question")
@paths_argument
@click.option(
    "--counterexample",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the model that shows the answer to this file, for `panacea check`.",
)
@click.option(
    "--absent",
    is_flag=True,
    help="QUESTION is one in the words of a rule, as of `panacea query`: show that it has no answer here.",
)
@click.option(
    "--certificate",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --absent: write the certificate to this file; `panacea evidence verify` checks it.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0.1, MAX_SECONDS),
    default=10.0,
    show_default=True,
    help="How long a question may take; after that it is not verified.",
)
@click.option(
    "--memory",
    metavar="MB",
    type=click.IntRange(64, 65_536),
    default=1_024,
    show_default=True,
    help="How much memory the solver may take.",
)
@format_option("text", "json")
@as_of_option
@output_option
@look_options
def command(
    question: str,
    paths: tuple[Path, ...],
    counterexample: Path | None,
    absent: bool,
    certificate: Path | None,
    timeout: float,
    memory: int,
    format_: str,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Answer a question about rules or access over all models.

    \b
    "RULE can fire"              some model violates the rule
    "RULE never fires"           no model does
    "RULE always fires"          where it applies, no model can meet it
    "RULE implies RULE"          what violates the first violates the second
    "RULE equals RULE"           the same subjects violate both
    "RULE excludes RULE"         nothing violates both
    "role ROLE can reach data_class CLASS"
    "role ROLE never reaches data_class CLASS"
    "access equals scenario SCENARIO"    (or: model FOLDER)
    "access implies scenario SCENARIO"   (or: model FOLDER)

    \b
    For instance:
      panacea prove "health_data_in_clear never fires" rules/design
      panacea prove "role accountant never reaches data_class health_record" hospital

    With --absent the question is about this model alone, as in
    "device d, protocol p where d is infusion_pump, reaches(guest_wifi, d, p)": it holds if there is no
    answer, and none that hangs on what nobody said.

    Exit code 0: it holds; 1: it does not, or it is not verified (and the answer says why); 2: wrong call.
    """
    if absent:
        from panacea_policy.cli.prove_absent import show_absence

        return show_absence(question, paths, certificate, format_, as_of, output, no_color=no_color)
    if certificate is not None:
        raise PanaceaError("`--certificate` is of something absent", "ask with `--absent`")
    from panacea_policy.cli.session import refusing, sound_workspace
    from panacea_policy.verification import Outcome, Settings, prove
    from panacea_policy.verification.questions import read_question

    read_question(question)
    _check_target(counterexample, output)
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    workspace = sound_workspace(paths, as_of, terminal)
    with refusing(workspace, terminal):
        answer = prove(workspace, question, Settings(seconds=timeout, megabytes=memory))
    written = _write_examples(answer.examples, counterexample)
    if format_ == "json":
        write_result(_document(answer), output)
    else:
        write_result(_text(answer, written, quiet=quiet, terminal=terminal), output)
    if counterexample is not None and not written:
        note(f"nothing was written to {counterexample}: there is no counterexample")
    return exits.OK if answer.outcome is Outcome.HOLDS else exits.FOUND


def _check_target(counterexample: Path | None, output: Path | None) -> None:
    if counterexample is None:
        return
    if counterexample.suffix != ".panacea":
        raise PanaceaError(
            f"`{counterexample}` is no *.panacea file", "a counterexample is a model: name it so"
        )
    if output is not None and output.resolve() == counterexample.resolve():
        raise PanaceaError("`--output` and `--counterexample` name the same file", "name two files")


def _write_examples(examples: Sequence[Example], target: Path | None) -> list[Path]:
    """Write what there is: the first to the file that was named, a second beside it."""
    if target is None:
        return []
    names = [target, target.with_stem(f"{target.stem}_other")]
    written = names[: len(examples)]
    for example, name in zip(examples, written, strict=True):
        write_result(example.text, name)
    return written


def _document(answer: Answer) -> str:
    from panacea_policy.formats.documents import CounterexampleRecord, ProveDocument
    from panacea_policy.version import __version__

    return ProveDocument(
        version=__version__,
        question=answer.question,
        outcome=answer.outcome.value,
        sentence=answer.sentence,
        reasons=answer.reasons,
        shows=answer.shows,
        counterexamples=tuple(
            CounterexampleRecord(text=each.text, as_of=each.as_of) for each in answer.examples
        ),
        declarations=answer.declarations,
    ).to_json()


def _text(answer: Answer, written: Sequence[Path], *, quiet: bool, terminal: Terminal) -> str:
    from panacea_policy.language.diagnostics import visible

    word, colour = {
        "holds": ("HOLDS", "green"),
        "fails": ("DOES NOT HOLD", "red"),
        "not_verified": ("NOT VERIFIED", "yellow"),
    }[answer.outcome.value]
    lines = [f"{terminal.style(word, fg=colour, bold=True)}  {visible(answer.question)}"]
    if not answer.reasons and answer.sentence != answer.question:
        lines.append(f"  {visible(answer.sentence)}")
    lines += [f"  because {visible(each)}" for each in answer.reasons]
    if quiet:
        return "\n".join(lines) + "\n"
    if answer.shows:
        lines.append(f"  shown by a model that was run: {visible(answer.shows)}")
    for index, example in enumerate(answer.examples):
        day = f"--as-of {example.as_of.isoformat()}"
        if written:
            lines.append(f"  panacea check {written[index]} {day}")
        else:
            lines += ["", terminal.style(f"# {day}", dim=True), *map(visible, _shown(example.text))]
    return "\n".join(lines) + "\n"


def _shown(text: str) -> list[str]:
    """An example without the text that says how grants are read: the file has it."""
    from panacea_policy.verification.policy import READING

    return text.replace(READING.read_text(encoding="utf-8"), "").strip().splitlines()
