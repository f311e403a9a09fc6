"""``panacea risk --exact``: the simulation beside exact computation, where the graph allows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from panacea_policy.cli import exits
from panacea_policy.cli.output import Terminal, deliver
from panacea_policy.cli.text_table import Head, lines_of
from panacea_policy.errors import PanaceaError
from panacea_policy.language.diagnostics import visible
from panacea_policy.report import figures
from panacea_policy.report.reading import listed

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import RiskOptions
    from panacea_policy.risk.exact_risk import ExactChance, ExactCheck

#: Chance alone takes a simulated figure this many standard errors away once in 1.7 million comparisons.
FAR = 5.0


def compare(
    workspace: Workspace,
    options: RiskOptions,
    format_: str,
    goals: Sequence[str],
    output: Path | None,
    terminal: Terminal,
    *,
    quiet: bool,
) -> int:
    """Write the comparison; gives the exit code: 1 where a simulated chance is far from the exact one.

    Raises PanaceaError where the library `dd` is missing, a goal is not known, or the format has no form for
    it.
    """
    from panacea_policy.risk.exact_risk import ExactCheck, exact_chances

    if format_ == "svg":
        raise PanaceaError("there is no picture of --exact", "use --format text, json or csv")
    found = exact_chances(workspace.attack(), workspace.model, options)
    check = ExactCheck(trials=options.trials, seed=options.seed, chances=_only(found, goals))
    if format_ == "json":
        text = check.to_json()
    elif format_ == "csv":
        text = _csv(check)
    elif quiet:
        text = "".join(f"{line}\n" for line in _failures(check))
    else:
        text = "\n".join(_text(check, terminal)) + "\n"
    if text:
        deliver(text, output, quiet=quiet)
    return exits.FOUND if _far(check) else exits.OK


def _only(found: Sequence[ExactChance], goals: Sequence[str]) -> tuple[ExactChance, ...]:
    if not goals:
        return tuple(found)
    chosen = tuple(c for c in found if {c.goal, c.goal.rsplit(".", 1)[-1]} & set(goals))
    if not chosen:
        known = ", ".join(dict.fromkeys(c.goal for c in found)) or "none"
        raise PanaceaError(f"no actor reaches `{', '.join(goals)}`", f"goals that are reached: {known}")
    return chosen


def _far(check: ExactCheck) -> list[ExactChance]:
    return [c for c in check.chances if c.errors is not None and c.errors > FAR]


def _failures(check: ExactCheck) -> Iterator[str]:
    """One plain line for each chance that decides the exit code."""
    for chance in _far(check):
        actor, goal, simulated, exact, off = _row(chance)
        yield visible(f"{actor} reaches {goal}: simulated {simulated}, exact {exact}, off by {off}")


def _text(check: ExactCheck, terminal: Terminal) -> Iterator[str]:
    compared = [c for c in check.chances if c.exact is not None]
    yield terminal.style("Simulated beside exact: the chance that one attempt ever reaches a goal", bold=True)
    yield "Exact: decision diagrams over the whole graph, without a limit of time."
    if compared:
        yield ""
        heads = (
            Head("actor", 26, left=True),
            Head("goal", 28, left=True),
            Head("simulated", 10),
            Head("exact", 10),
            Head("off by", 16),
        )
        yield from lines_of(heads, [_row(c) for c in compared])
    left = [c for c in check.chances if c.exact is None]
    if left:
        yield ""
        reasons = listed(dict.fromkeys(c.reason for c in left), 2)
        yield (
            f"{figures.count(len(left), 'pair')} of actor and goal cannot be computed exactly: the graph is "
            f"too large for it ({reasons})."
        )
        yield "The simulation has no such limit."
    if not check.chances:
        yield "No actor reaches any goal: there is nothing to compare."
    far = _far(check)
    yield ""
    if far:
        yield (
            f"{figures.count(len(far), 'chance')} more than {FAR:.0f} standard errors off: please report it."
        )
    elif compared:
        worst = max(c.errors or 0.0 for c in compared)
        yield f"All {len(compared)} agree within {worst:.1f} standard errors ({check.trials:,} trials)."


def _row(chance: ExactChance) -> tuple[str, ...]:
    assert chance.exact is not None
    off = "—" if chance.errors is None else f"{chance.errors:.1f} std. errors"
    return (
        chance.actor or "Any attacker",
        f"{chance.goal} (changed)" if chance.kind == "corruption" else chance.goal,
        f"{chance.simulated:.5f}",
        f"{chance.exact:.5f}",
        off,
    )


def _csv(check: ExactCheck) -> str:
    from panacea_policy.formats.csv_table import Table

    columns = ("actor", "kind", "goal", "simulated", "exact", "standard_errors", "reason")
    rows = tuple((c.actor, c.kind, c.goal, c.simulated, c.exact, c.errors, c.reason) for c in check.chances)
    return Table("exact", "simulated beside exact chances", columns, rows).to_csv()
