"""The texts of `panacea evidence`: a ledger's records, and what a verification found."""

from __future__ import annotations

from collections.abc import Iterator

from panacea_policy.cli.output import Terminal
from panacea_policy.cli.session import plural
from panacea_policy.evidence import Audit, EvidenceError, Ledger, Record, Verification, read_envelope
from panacea_policy.language.diagnostics import visible


def log_text(ledger: Ledger, last: int) -> str:
    """The name, size and root of a ledger, and its last records."""
    size = ledger.size
    lines = [visible(f"{ledger.origin}: {plural(size, 'record')}, root {ledger.root.hex()}")]
    for record in ledger.records(max(0, size - last)):
        lines.append(f"  {record.seq:>6}  {record.written_at:%Y-%m-%d %H:%M:%SZ}  {_about(record)}")
    return "\n".join(lines) + "\n"


def _about(record: Record) -> str:
    try:
        envelope = read_envelope(record.envelope)
        kind = str(envelope.statement().get("predicateType", "?"))
    except EvidenceError as error:
        return visible(f"unreadable: {error.message}")
    signed = ", ".join(each.keyid[:16] for each in envelope.signatures) or "UNSIGNED"
    note = f"  ({record.note})" if record.note else ""
    return visible(f"{record.digest[:16]}…  {kind}  {signed}{note}")


def verification_text(found: Verification, terminal: Terminal) -> str:
    """Every step of a verification, and the outcome in the last line."""
    return "\n".join([*_steps(found, terminal), _outcome(found.ok, terminal)]) + "\n"


def _steps(found: Verification, terminal: Terminal) -> Iterator[str]:
    width = max((len(step.about) for step in found.steps), default=0)
    for step in found.steps:
        mark, colour = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}[step.ok]
        yield f"  {terminal.style(mark, fg=colour)} {step.about:<{width}}  {visible(step.told)}"


def audit_text(found: Audit, origin: str, terminal: Terminal) -> str:
    """What an audit of a ledger found."""
    lines = [visible(f"{origin}: {plural(found.records, 'record')}, root {found.root.hex()}")]
    lines += [f"  {terminal.style('✗', fg='red')} {visible(fault)}" for fault in found.faults]
    lines += [f"  {terminal.style('–', fg='yellow')} {visible(told)}" for told in found.notices]
    if found.unsigned:
        told = f"{plural(found.unsigned, 'record')} UNSIGNED: nobody answers for them"
        lines.append(f"  {terminal.style('–', fg='yellow')} {told}")
    return "\n".join([*lines, _outcome(found.ok, terminal)]) + "\n"


def _outcome(ok: bool, terminal: Terminal) -> str:
    told = "verified" if ok else "NOT VERIFIED: do not rely on it"
    return terminal.style(told, fg="green" if ok else "red", bold=True)
