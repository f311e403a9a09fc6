"""``panacea explain``: why a finding or a fact holds, why not, or what a code of the compiler means."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    from panacea_policy.compiler import Explanation, Finding, Proved, Workspace
    from panacea_policy.formats.places import Places

_CODE = re.compile(r"P\d{4}")
_FINGERPRINT = re.compile(r"[0-9a-f]{6,32}")
#: Proofs are long: of more findings the first are proved.
_SHOWN = 20


@dataclass(frozen=True)
class Answer:
    """What there is to say of a subject: proofs of what holds, or why it does not."""

    told: tuple[Explanation, ...]
    proved: Proved | None


@click.command("explain")
@click.argument("subject", required=False)
@paths_argument
@click.option(
    "--attribute",
    metavar="KIND.ATTRIBUTE",
    help="Instead: which rules and steps read an attribute, such as system.authentication, and what it is.",
)
@format_option("text", "json", "dot")
@click.option("--check", is_flag=True, help="SUBJECT is a proof, as written with --format json: check it.")
@click.option(
    "--repair",
    is_flag=True,
    help="Instead: the smallest edits of the model after which the findings are gone, found by trying them.",
)
@as_of_option
@output_option
@look_options
def command(
    subject: str | None,
    paths: tuple[Path, ...],
    attribute: str | None,
    format_: str,
    check: bool,
    repair: bool,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Show why a finding or a fact holds, or why not.

    What holds is proved; of what does not, the nearest instances of rules are shown, and what they lack.

    SUBJECT is a rule and what it found ("phi_in_clear on ct1_to_pacs"), a rule alone, a fact ("reaches(a, b,
    dicom)"), the first letters of a finding's fingerprint, or a code of the compiler ("P0201").

    With --check it is a file that --format json has written. Its steps are worked out again without the
    engine; with PATHS, its rules and facts are compared with those of the model there.
    """
    if attribute is not None:
        from panacea_policy.cli.attribute import explain_attribute

        chosen = (Path(subject), *paths) if subject else paths
        return explain_attribute(attribute, chosen, format_, as_of, output, no_color=no_color)
    if not subject or not subject.strip():
        raise PanaceaError("nothing was named to explain", "`panacea check` lists what was found")
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    if check:
        from panacea_policy.cli.explain_check import check_proof

        return check_proof(Path(subject), paths, as_of, output, terminal)
    if _CODE.fullmatch(subject):
        from panacea_policy.cli.codes import code_page

        write_result(code_page(subject, terminal), output)
        return exits.OK
    from panacea_policy.cli.session import refusing, sound_workspace
    from panacea_policy.formats.places import Places

    workspace = sound_workspace(paths, as_of, terminal)
    places = Places(workspace.root, Path.cwd())
    if repair:
        with refusing(workspace, terminal):
            write_result(_repairs(places, workspace, subject, format_, terminal), output)
        return exits.OK
    with refusing(workspace, terminal):
        answer = answer_of(places, workspace, subject)
    from panacea_policy.cli import explain_text

    if format_ == "json":
        result = explain_text.document(places, workspace, subject, answer)
    elif format_ == "dot":
        result = explain_text.picture(places, workspace, subject, answer)
    else:
        result = explain_text.trees(places, workspace, answer, terminal)
    write_result(result, output)
    return exits.OK


def _repairs(places: Places, workspace: Workspace, subject: str, format_: str, terminal: Terminal) -> str:
    """What would mend the findings that a person's words stand for. Raises PanaceaError for none."""
    from panacea_policy.cli.repair_text import mending_of, mending_text
    from panacea_policy.formats.check_run import CheckRun
    from panacea_policy.formats.repair_json import repair_document

    rule, _, on = (part.strip() for part in subject.partition(" on "))
    found = [each for each in _selected(workspace, subject, rule, on) if each.verdict == "violated"]
    if not found:
        help = _nearest(workspace, workspace.findings(), rule, on)
        raise PanaceaError(f"nothing is violated that `{subject}` stands for", help)
    mending = mending_of(workspace, found)
    if format_ == "json":
        check = CheckRun(workspace, Path.cwd(), workspace.diagnostics(), None)
        return repair_document(check, subject, mending).to_json()
    if format_ != "text":
        raise PanaceaError(f"repairs have no form `{format_}`", "take --format json, or text")
    return mending_text(mending, terminal)


def proofs_text(workspace: Workspace, subject: str, terminal: Terminal) -> str:
    """What there is to say of a person's words, as text. Raises PanaceaError when there is nothing, and what
    evaluating raises.
    """
    from panacea_policy.cli import explain_text
    from panacea_policy.formats.places import Places

    places = Places(workspace.root, Path.cwd())
    return explain_text.trees(places, workspace, answer_of(places, workspace, subject), terminal)


def answer_of(places: Places, workspace: Workspace, subject: str) -> Answer:
    """What there is to say. Raises PanaceaError or QueryError for what cannot be asked."""
    if "(" in subject:
        return _of_fact(workspace, subject)
    rule, _, on = (part.strip() for part in subject.partition(" on "))
    findings = _selected(workspace, subject, rule, on)
    if findings:
        proved = workspace.prove(findings)
        told = tuple(
            _with_verdict(places, finding, each)
            for finding, each in zip(findings, proved.explanations, strict=True)
        )
        return Answer(told, proved)
    return Answer((_not_found(workspace, subject, rule, on),), None)


def _of_fact(workspace: Workspace, subject: str) -> Answer:
    from panacea_policy.compiler import QueryError
    from panacea_policy.language import Severity

    try:
        proved = workspace.prove(subject)
    except QueryError as problem:
        if any(each.severity is Severity.ERROR for each in problem.diagnostics):
            raise
    else:
        return Answer(proved.explanations, proved)
    reason = workspace.why_not(subject)
    assert reason is not None
    return Answer((reason,), None)


def _with_verdict(places: Places, finding: Finding, proof: Explanation) -> Explanation:
    from panacea_policy.formats.check_run import sentence

    rows = [str(row) for subject in finding.subjects if (row := places.row(subject.origin)) is not None]
    told = f"{finding.verdict.value}: {sentence(finding)}" + (f" ({', '.join(rows)})" if rows else "")
    return replace(proof, text=told)


def _not_found(workspace: Workspace, subject: str, rule: str, on: str) -> Explanation:
    """Why a rule found nothing. Raises PanaceaError when there is no such rule or subject."""
    known = [info for info in workspace.rules() if rule in (info.name, info.id)]
    names = [part.strip() for part in on.split(",") if part.strip()]
    if len(known) == 1 and names:
        try:
            return workspace.why_not_found(known[0].id, names)
        except KeyError:
            pass
    clause = workspace.model.get(rule)
    if clause is not None and clause.kind.name == "requirement":
        raise PanaceaError(f"`{rule}` is a clause", f"`panacea comply --clause {rule}` says what it rests on")
    findings = workspace.findings()
    raise PanaceaError(f"nothing was found for `{subject}`", _nearest(workspace, findings, rule, on))


def _selected(workspace: Workspace, subject: str, rule: str, on: str) -> Sequence[Finding]:
    """The findings that a person's words stand for."""
    findings = workspace.findings()
    chosen = [
        finding
        for finding in findings
        if rule in (finding.rule.name, finding.rule.id) and (not on or on in _names(finding))
    ]
    if not chosen and _FINGERPRINT.fullmatch(subject):
        chosen = [finding for finding in findings if finding.fingerprint.startswith(subject)]
    if len(chosen) > _SHOWN:
        note(f"{len(chosen):,} findings; the first {_SHOWN} are proved (`{rule} on NAME` asks for one)")
    return sorted(chosen, key=lambda finding: finding.verdict != "violated")[:_SHOWN]


def _names(finding: Finding) -> tuple[str, ...]:
    """What a person may call the subjects: all of them, or one."""
    names = [subject.name for subject in finding.subjects]
    return (", ".join(names), *names)


def _nearest(workspace: Workspace, findings: Sequence[Finding], rule: str, on: str) -> str:
    """What the person may have meant."""
    from panacea_policy.language import suggest

    names = {info.name for info in workspace.rules()}
    found = [f for f in findings if rule in (f.rule.name, f.rule.id)]
    if found:
        near = suggest(on, [subject.name for f in found for subject in f.subjects])
        return f"did you mean `{rule} on {near}`?" if near else f"`panacea explain {rule}` shows all of it"
    if rule in names or any(rule == info.id for info in workspace.rules()):
        return f'it finds nothing; `panacea explain "{rule} on NAME"` says why not'
    near = suggest(rule, names)
    return f"did you mean `{near}`?" if near else "`panacea check` lists what was found"
