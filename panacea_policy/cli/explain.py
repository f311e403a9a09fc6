"""``panacea explain``: why a finding or a fact holds, or what a code of the compiler means."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
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
    from panacea_policy.compiler import Explanation, Finding, Workspace
    from panacea_policy.formats.documents import ProofNode
    from panacea_policy.formats.places import Places

_CODE = re.compile(r"P\d{4}")
_FINGERPRINT = re.compile(r"[0-9a-f]{6,32}")
#: Proofs are long: of more findings the first are proved.
_SHOWN = 20


@click.command("explain")
@click.argument("subject", required=False)
@paths_argument
@click.option(
    "--attribute",
    metavar="KIND.ATTRIBUTE",
    help="Instead: which rules and steps read an attribute, such as system.authentication, and what it is.",
)
@format_option("text", "json")
@as_of_option
@output_option
@look_options
def command(
    subject: str | None,
    paths: tuple[Path, ...],
    attribute: str | None,
    format_: str,
    as_of: datetime.date | None,
    output: Path | None,
    quiet: bool,
    no_color: bool,
) -> int:
    """Show why a finding or a fact holds: its proof.

    SUBJECT is a rule and what it found ("phi_in_clear on ct1_to_pacs"), a rule alone, a fact ("reaches(a, b,
    dicom)"), the first letters of a finding's fingerprint, or a code of the compiler ("P0201").
    """
    if attribute is not None:
        from panacea_policy.cli.attribute import explain_attribute

        chosen = (Path(subject), *paths) if subject else paths
        return explain_attribute(attribute, chosen, format_, as_of, output, no_color=no_color)
    if not subject or not subject.strip():
        raise PanaceaError("nothing was named to explain", "`panacea check` lists what was found")
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    if _CODE.fullmatch(subject):
        from panacea_policy.cli.codes import code_page

        write_result(code_page(subject, terminal), output)
        return exits.OK
    from panacea_policy.cli.session import open_sound_workspace, refusing
    from panacea_policy.formats.places import Places

    workspace = open_sound_workspace(paths, as_of, terminal)
    if workspace is None:
        return exits.WRONG
    places = Places(workspace.root, Path.cwd())
    with refusing(workspace, terminal):
        proofs = [_explain(places, workspace, what) for what in _selected(workspace, subject)]
    if format_ == "json":
        from panacea_policy.formats.documents import ExplainDocument
        from panacea_policy.version import __version__

        document = ExplainDocument(
            version=__version__,
            subject=subject,
            proofs=tuple(_record(places, workspace, proof) for proof in proofs),
        )
        write_result(document.to_json(), output)
    else:
        write_result("\n".join(_tree(places, workspace, proof, terminal) for proof in proofs), output)
    return exits.OK


def proofs_text(workspace: Workspace, subject: str, terminal: Terminal) -> str:
    """The proofs of what a person's words stand for, as text. Raises PanaceaError when there is nothing, and
    what evaluating raises.
    """
    from panacea_policy.formats.places import Places

    places = Places(workspace.root, Path.cwd())
    proofs = [_explain(places, workspace, what) for what in _selected(workspace, subject)]
    return "\n".join(_tree(places, workspace, proof, terminal) for proof in proofs)


def _explain(places: Places, workspace: Workspace, what: Finding | str) -> Explanation:
    from panacea_policy.compiler import Explanation
    from panacea_policy.formats.check_run import sentence

    proof = workspace.explain(what)
    if isinstance(what, str):
        return proof
    rows = [str(row) for subject in what.subjects if (row := places.row(subject.origin)) is not None]
    told = f"{what.verdict.value}: {sentence(what)}" + (f" ({', '.join(rows)})" if rows else "")
    return Explanation(told, proof.span, proof.children)


def _selected(workspace: Workspace, subject: str) -> Sequence[Finding | str]:
    """The findings, or the fact, that a person's words stand for. Raises PanaceaError when there is none."""
    if "(" in subject:
        return [subject]
    rule, _, on = (part.strip() for part in subject.partition(" on "))
    findings = workspace.findings()
    chosen = [
        finding
        for finding in findings
        if rule in (finding.rule.name, finding.rule.id) and (not on or on in _names(finding))
    ]
    if not chosen and _FINGERPRINT.fullmatch(subject):
        chosen = [finding for finding in findings if finding.fingerprint.startswith(subject)]
    if not chosen:
        raise PanaceaError(f"nothing was found for `{subject}`", _nearest(findings, rule, on))
    if len(chosen) > _SHOWN:
        note(f"{len(chosen):,} findings; the first {_SHOWN} are proved (`{rule} on NAME` asks for one)")
    return sorted(chosen, key=lambda finding: finding.verdict != "violated")[:_SHOWN]


def _names(finding: Finding) -> tuple[str, ...]:
    """What a person may call the subjects: all of them, or one."""
    names = [subject.name for subject in finding.subjects]
    return (", ".join(names), *names)


def _nearest(findings: Sequence[Finding], rule: str, on: str) -> str:
    """What the person may have meant."""
    from panacea_policy.language import suggest

    names = {finding.rule.name for finding in findings}
    if rule in names or rule in {finding.rule.id for finding in findings}:
        subjects = [s.name for f in findings if rule in (f.rule.name, f.rule.id) for s in f.subjects]
        near = suggest(on, subjects)
        return f"did you mean `{rule} on {near}`?" if near else f"`panacea explain {rule}` shows all of it"
    near = suggest(rule, names)
    return f"did you mean `{near}`?" if near else "`panacea check` lists what was found"


def _tree(places: Places, workspace: Workspace, proof: Explanation, terminal: Terminal) -> str:
    from panacea_policy.language.diagnostics import visible

    def line(node: Explanation) -> str:
        place = _place(places, workspace, node)
        return visible(node.text) + (f"  {terminal.style(place, dim=True)}" if place else "")

    def below(node: Explanation, indent: str) -> Iterator[str]:
        for index, child in enumerate(node.children):
            last = index == len(node.children) - 1
            yield indent + ("└─ " if last else "├─ ") + line(child)
            yield from below(child, indent + ("   " if last else "│  "))

    return "\n".join([terminal.style(line(proof), bold=True), *below(proof, "")]) + "\n"


def _place(places: Places, workspace: Workspace, node: Explanation) -> str:
    if node.span is None or node.span.file not in workspace.sources:
        return ""
    place = places.place(node.span, workspace.sources)
    return f"{place.path}:{place.line}"


def _record(places: Places, workspace: Workspace, proof: Explanation) -> ProofNode:
    from panacea_policy.formats.check_json import location
    from panacea_policy.formats.documents import ProofNode

    return ProofNode(
        text=proof.text,
        location=location(places.place(proof.span, workspace.sources)) if proof.span is not None else None,
        children=tuple(_record(places, workspace, child) for child in proof.children),
    )
