"""What would mend findings, as text: the edits in the language, and what each set of them does."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from panacea_policy.cli.output import Terminal
from panacea_policy.cli.session import plural
from panacea_policy.compiler import Finding, Workspace
from panacea_policy.compliance.repair import FindingRepairs, Repair, Repairer
from panacea_policy.formats.check_run import sentence
from panacea_policy.formats.repair_json import Mending
from panacea_policy.language.diagnostics import visible

#: Of more findings the first are mended one by one.
MAX_FINDINGS = 20


def mending_of(workspace: Workspace, findings: Sequence[Finding], *, together: bool = True) -> Mending:
    """Look for repairs of violated findings, and for one of all of them."""
    repairer = Repairer(workspace)
    every = [each for each in findings if repairer.can_mend(each)]
    wanted = every[:MAX_FINDINGS]
    each = tuple(map(repairer.repairs, wanted))
    joint = repairer.joint(wanted) if together and len(wanted) > 1 else None
    return Mending(each, joint, len(every) - len(wanted))


def mending_text(mending: Mending, terminal: Terminal) -> str:
    """The repairs of findings one by one, then the one of all."""
    lines: list[str] = []
    for found in mending.each:
        lines += [visible(sentence(found.finding)), *repair_lines(found, terminal), ""]
    lines += together_lines(mending, terminal)
    return "\n".join(lines).rstrip() + "\n"


def repair_lines(found: FindingRepairs, terminal: Terminal) -> Iterator[str]:
    """The repairs of one finding."""
    if not found.repairs:
        yield f"  no repair found among {plural(found.tried, 'change')} tried"
    for number, repair in enumerate(found.repairs):
        yield from _repair(repair, terminal, "or: " if number else "repair: ")


def together_lines(mending: Mending, terminal: Terminal) -> Iterator[str]:
    """The repair of all findings, and what is left after it."""
    joint = mending.all
    if joint is None:
        return
    if joint.repair is not None:
        yield terminal.style(f"All together, {plural(len(joint.repair.edits), 'edit')}", bold=True)
        yield from _repair(joint.repair, terminal, "", known=True)
    if joint.left:
        yield f"  nothing found for {plural(len(joint.left), 'finding')}:"
        yield from (f"    {visible(sentence(each))}" for each in joint.left)
    if mending.passed_over:
        yield f"  {plural(mending.passed_over, 'more finding')} not looked at: ask for one rule or finding"


def _repair(repair: Repair, terminal: Terminal, lead: str, *, known: bool = False) -> Iterator[str]:
    told = [f"mends {plural(len(repair.mends), 'finding')}, brings {len(repair.brings) or 'none'}"]
    if not known and len(repair.edits) > 1:
        told.append("each edit is needed")
    if repair.idle:
        told.append("the rule then no longer applies")
    yield f"  {lead}{'; '.join(told)}"
    for edit in repair.edits:
        room = max(terminal.width - 6, 30)
        first, *rest = textwrap.wrap(visible(edit.text), room, break_long_words=False, break_on_hyphens=False)
        yield f"    {terminal.style(first, fg='green')}"
        yield from (f"      {terminal.style(line, fg='green')}" for line in rest)
        if edit.note:
            yield f"      {terminal.style(f'# {visible(edit.note)}', dim=True)}"
    for finding in repair.brings:
        yield f"    brings {visible(sentence(finding))}"
