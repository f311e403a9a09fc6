"""What ``panacea feed`` prints for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

from panacea_policy.cli.output import Terminal
from panacea_policy.cli.session import plural
from panacea_policy.language.diagnostics import visible

if TYPE_CHECKING:
    from panacea_policy.feeds.declarations import Matched, Question
    from panacea_policy.feeds.store import Moment, Store
    from panacea_policy.formats.feed_documents import FeedStatusDocument

_COLOURS = {"exact": "green", "strong": "green", "likely": "yellow", "weak": "red"}
#: Of one key, so many matches are listed; the JSON form has all.
_MOST = 12


def read_text(
    store: Store, moments: Sequence[Moment], changes: Sequence[str], terminal: Terminal, *, quiet: bool
) -> str:
    """What was read: a line for each file, those that change nothing for the same reason as one, then the
    matches, declarations, assumptions and questions.
    """
    lines = _folded(moments) or ["nothing new"]
    if quiet:
        return "\n".join(lines)
    lines += ["", *_matches(store.matches(), terminal)]
    declared = [line for text in changes for line in _laid_out(text)]
    lines += _section("Declared", declared, terminal)
    lines += _section("Assumed", store.assumptions(), terminal)
    asked = store.questions()
    if asked:
        lines += [terminal.style("Questions", bold=True), *_questions(asked, terminal)]
    lines += _section("Set aside", [str(damage) for _, damage in store.damage()], terminal)
    return "\n".join(lines).rstrip()


def _folded(moments: Sequence[Moment]) -> list[str]:
    """The lines of moments; where several change nothing for the same reason, one line that counts them."""
    groups: dict[str, list[Moment]] = {}
    for moment in moments:
        groups.setdefault(_idle(moment) or f"{len(groups)} {moment.line}", []).append(moment)
    lines = []
    for reason, group in groups.items():
        first = group[0]
        if len(group) > 1:
            when = first.line.partition(f"  {first.what}  ")[0]
            lines.append(f"{when}  {len(group)} documents (--format json names them)  {reason}")
        else:
            lines.append(first.line)
    return lines


def _idle(moment: Moment) -> str | None:
    """Why a moment changes nothing; None where it changes something."""
    if moment.processes or moment.declared or moment.withdrawn:
        return None
    reason = moment.line.partition(f"  {moment.what}  ")[2]
    return reason if reason.startswith("nothing changes") else None


def _matches(matches: Sequence[tuple[str, Matched]], terminal: Terminal) -> list[str]:
    if not matches:
        return ["No product of ours is named.", ""]
    by_key: dict[str, list[Matched]] = {}
    for key, match in matches:
        by_key.setdefault(key.partition(" ")[2], []).append(match)
    width = min(28, max(len(match.item) for _, match in matches))
    lines = [terminal.style("Matches", bold=True)]
    for subject, group in by_key.items():
        lines.append(f"  {visible(subject)}  {visible(group[0].said)}")
        for match in group[:_MOST]:
            word = terminal.style(f"{match.class_:<6} {match.confidence:.2f}", fg=_COLOURS[match.class_])
            status = "" if match.status == "affected" else f" {match.status.replace('_', ' ')}"
            taken = "" if match.taken else ("  (a question)" if match.confidence < 0.6 else "  (not meant)")
            lines.append(f"    {visible(match.item):<{width}}  {word}{status}{taken}")
            why = visible("; ".join(match.reasons))
            lines.append(
                terminal.style(
                    fill(why, terminal.width, initial_indent=" " * 6, subsequent_indent=" " * 6), dim=True
                )
            )
        if len(group) > _MOST:
            lines.append(f"    and {len(group) - _MOST} more")
    return [*lines, ""]


def _laid_out(text: str) -> list[str]:
    """Entries of a change, one to a line, as the formatter lays declarations out."""
    from panacea_policy.language import Source, format_text

    found: list[str] = []
    for entry in text.splitlines():
        written = entry if entry.startswith("set ") else format_text(Source("feed", entry)).text
        found += written.splitlines()
    return found


def _section(title: str, entries: Sequence[str], terminal: Terminal) -> list[str]:
    listed = [f"  {visible(each)}" for each in entries]
    return [terminal.style(title, bold=True), *listed, ""] if listed else []


def _questions(asked: Sequence[tuple[str, Question]], terminal: Terminal) -> list[str]:
    lines = []
    for _, question in asked:
        sure = f" ({question.confidence:.2f})" if question.confidence is not None else ""
        lines.append(
            fill(visible(question.text) + sure, terminal.width, initial_indent="  ", subsequent_indent="    ")
        )
        if question.cure:
            lines.append(terminal.style(f"    to settle it: {visible(question.cure)}", dim=True))
    return [*lines, ""]


def questions_text(asked: Sequence[tuple[str, Question]], terminal: Terminal, *, quiet: bool) -> str:
    """The open questions, those nearest to a fact first, and how many there are."""
    if not asked:
        return "no questions"
    lines = [] if quiet else _questions(asked, terminal)
    return "\n".join([*lines, plural(len(asked), "question")])


def status_text(document: FeedStatusDocument, terminal: Terminal, *, quiet: bool) -> str:
    """The state of a store."""
    last = f", the last at {document.last:%Y-%m-%d %H:%M}" if document.last else ""
    feeds = ", ".join(f"{count} {name}" for name, count in document.feeds.items()) or "none"
    lines = [
        f"{visible(document.store)}: {plural(document.files, 'file')} taken in{last}",
        f"  documents that count: {feeds}",
        f"  {plural(document.facts, 'fact')} about {document.matches} of ours, "
        f"{plural(len(document.assumptions), 'assumption')}, {plural(document.questions, 'question')}",
    ]
    if not quiet:
        lines += ["", *_section("Assumed", document.assumptions, terminal)] if document.assumptions else []
        aside = [f"{d.source}{':' + d.place if d.place else ''}: {d.reason}" for d in document.damage]
        lines += _section("Set aside", aside, terminal)
    return "\n".join(lines).rstrip()


def timeline_csv(moments: Sequence[Moment]) -> str:
    """One row for each process at each moment, for a table or a chart."""
    from panacea_policy.formats.csv_table import csv_text

    def money(loss: float | None) -> str:
        return "" if loss is None else f"{loss:.2f}"

    columns = ("at", "what", "process", "before", "after", "loss_before", "loss_after", "path")
    rows = (
        (
            moment.at.isoformat(),
            moment.what,
            each.process,
            f"{each.before:.6f}",
            f"{each.after:.6f}",
            money(each.loss_before),
            money(each.loss_after),
            each.path,
        )
        for moment in moments
        for each in moment.processes
    )
    return csv_text(columns, rows)


def facts_text(store: Store) -> str:
    """What feeds come to, as a scenario that a model can have: each entry with its origins and what was
    assumed.
    """
    from panacea_policy.feeds.ledger import STATE
    from panacea_policy.language import Source, format_text

    keys: dict[str, list[str]] = {}
    for key, group in sorted(store.facts().items()):
        for fact in group:
            keys.setdefault(fact.slot, []).append(key)
    lines = ['scenario from_feeds "What feeds say" {']
    for entry in (store.note(STATE) or "").splitlines():
        match = re.match(r'set (.+?(?:\["[^"]*"\])?): |[a-z_]+ (\w+)', entry)
        slot = (match[1] or match[2]) if match else ""
        for key in keys.get(slot, ()):
            lines += _told(store, key)
        lines.append(entry)
    return format_text(Source("feeds", "\n".join([*lines, "}"]))).text


def _told(store: Store, key: str) -> list[str]:
    """Where what a key comes to was said, and what was assumed, as comments."""
    origins, assumptions, _ = store.told(key)
    lines = []
    for origin in origins:
        when = f", {origin.said_at:%Y-%m-%d}" if origin.said_at else ""
        until = f", until {origin.expires.isoformat()}" if origin.expires else ""
        lines.append(f"# {visible(origin.document)} ({origin.feed}{when}{until})")
    return [*lines, *(f"# assumed: {visible(each)}" for each in assumptions)]
