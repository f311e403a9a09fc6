"""How a question was answered: ``panacea query --plan`` and ``--print-pass``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panacea_policy.cli.output import Terminal
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.compiler import QueryResult, Workspace
    from panacea_policy.compiler.query import QueryPlan
    from panacea_policy.engine.report import PassReport, PlanReport, RuleReport, StratumReport
    from panacea_policy.formats.documents import Location

_WIDEST = 70


def plan_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--plan``, ``--print-pass`` and ``--without``."""
    for option in (
        click.option("--plan", is_flag=True, help="Show how the rows were found, instead of the rows."),
        click.option("--print-pass", metavar="PASS", help="Show the program before and after a pass."),
        click.option("--without", metavar="PASSES", default="", help="Leave passes out, by name: a,b."),
    ):
        command = option(command)
    return command


def passes(without: str, printed: str | None) -> tuple[str, ...]:
    """The passes to leave out. Raises PanaceaError for a name that no pass has."""
    from panacea_policy.engine.options import PASSES, PROGRAM_PASSES, Options, UnknownPass

    names = tuple(name.strip() for name in without.split(",") if name.strip())
    try:
        Options.without([*names, *([printed] if printed else [])])
    except UnknownPass as error:
        known = f"there are {', '.join(PASSES)}"
        close = f"did you mean `{error.suggestion}`?" if error.suggestion else known
        raise PanaceaError(f"no pass is called `{error.name}`", close) from error
    if printed is not None and printed not in PROGRAM_PASSES:
        raise PanaceaError(f"`{printed}` does not change the program", "it shows in --plan")
    if printed in names:
        raise PanaceaError(f"`{printed}` is left out and has nothing to show", "drop it from --without")
    return names


def program_text(name: str, plan: QueryPlan) -> str:
    """The program before and after a pass."""
    from panacea_policy.language.diagnostics import visible

    if name not in plan.listings:
        return f"# {name} was left out: there are few facts\n"
    before, after = plan.listings[name]
    if before == after:
        return f"# {name} changes nothing\n" + "".join(f"{visible(rule)}\n" for rule in after)
    parts = ((f"before {name}", before), (f"after {name}", after))
    return "\n".join(
        f"# {title}: {len(rules)} rules\n" + "".join(f"{visible(rule)}\n" for rule in rules)
        for title, rules in parts
    )


def plan_json(question: str, result: QueryResult, workspace: Workspace) -> str:
    """The plan as a document."""
    from panacea_policy.formats import documents
    from panacea_policy.version import __version__

    plan = _plan(result)
    report = plan.report
    strata = tuple(
        documents.PlanStratum(
            relations=dict(stratum.relations),
            recursive=stratum.recursive,
            rounds=stratum.rounds,
            rules=tuple(
                documents.PlanRule(
                    text=rule.text,
                    location=_location(rule, plan, workspace),
                    new=rule.new,
                    time=round(rule.time, 4),
                    plans=tuple(
                        documents.PlanVariant.model_validate(each, from_attributes=True)
                        for each in rule.plans
                    ),
                )
                for rule in stratum.rules
            ),
        )
        for stratum in report.strata
    )
    return documents.PlanDocument(
        version=__version__,
        query=question,
        answers=len(result.rows),
        off=report.off,
        passes=tuple(documents.PlanPass.model_validate(each, from_attributes=True) for each in report.passes),
        given=dict(report.given),
        strata=strata,
        indexes=tuple(
            documents.PlanIndex.model_validate(each, from_attributes=True) for each in report.indexes
        ),
        derived=report.rows,
    ).to_json()


def plan_text(result: QueryResult, workspace: Workspace, terminal: Terminal) -> str:
    """The plan for people."""
    from panacea_policy.cli.session import plural

    plan = _plan(result)
    report = plan.report

    def title(text: str) -> str:
        return terminal.style(text, bold=True)

    lines = [title("Passes")]
    lines += [_pass_line(each) for each in report.passes]
    others = [name for name in report.off if name not in {each.name for each in report.passes}]
    if others:
        lines.append(f"  switched off besides: {', '.join(others)}")
    read = sum(rows for _, rows in report.given)
    lines += [title("Facts"), f"  {plural(read, 'row')} of {plural(len(report.given), 'relation')}"]
    for number, stratum in enumerate(report.strata, 1):
        lines.append(title(f"Stratum {number}") + "  " + _stratum_line(stratum))
        for rule in stratum.rules:
            lines += _rule_lines(rule, _place(rule, plan, workspace))
    lines.append(title("Indexes") if report.indexes else title("Indexes") + "  none")
    lines += [
        f"  {index.relation} by {', '.join(index.columns)}: {plural(index.rows, 'row')}"
        for index in report.indexes
    ]
    lines.append(
        title("Answer")
        + f"  {plural(len(result.rows), 'row')}, of {plural(report.rows, 'row')} derived in all"
    )
    return "\n".join(lines) + "\n"


def _plan(result: QueryResult) -> QueryPlan:
    assert result.plan is not None
    return result.plan


def _pass_line(each: PassReport) -> str:
    if not each.on:
        what = "switched off"
    elif not each.ran:
        what = "left out: few facts"
    elif each.dropped or each.added:
        what = f"{each.dropped} rules out, {each.added} in"
    else:
        what = "nothing to do"
    return f"  {each.name:<10} {what:<24} {each.summary}"


def _stratum_line(stratum: StratumReport) -> str:
    from panacea_policy.cli.session import plural

    relations = ", ".join(f"{name} ({plural(rows, 'row')})" for name, rows in stratum.relations)
    return relations + (f", recursive, {plural(stratum.rounds, 'round')}" if stratum.recursive else "")


def _rule_lines(rule: RuleReport, place: str) -> list[str]:
    from panacea_policy.cli.session import plural
    from panacea_policy.language.diagnostics import visible

    where = f"  # {place}" if place else ""
    lines = [f"  {visible(rule.text)}{where}"]
    if not rule.plans:
        return [*lines, "    not run: a relation that it needs rows of is empty"]
    lines.append(f"    {plural(rule.new, 'new row')}, {100 * rule.time:.0f} % of the time")
    for plan in rule.plans:
        lines += _plan_lines(plan)
    return lines


def _plan_lines(plan: PlanReport) -> list[str]:
    from panacea_policy.cli.session import plural
    from panacea_policy.language.diagnostics import visible

    form = "on tuples" if plan.form == "tuples" else "on columns"
    lines = [f"    {plural(plan.runs, 'run')} {form}, {plural(plan.new, 'new row')}"]
    texts = [
        visible(step.text) + (f" by {', '.join(step.index)}" if step.index else "") for step in plan.steps
    ]
    width = min(max(map(len, texts), default=0), _WIDEST)
    for step, text in zip(plan.steps, texts, strict=True):
        expected = "" if step.expected is None else f"expected {_rounded(step.expected)}, "
        lines.append(f"      {step.kind:<9} {text:<{width}}  {expected}found {step.rows:,}")
    return lines


def _rounded(rows: float) -> str:
    return f"{rows:,.0f}" if rows >= 10 or rows == int(rows) else f"{rows:.2g}"


def _location(rule: RuleReport, plan: QueryPlan, workspace: Workspace) -> Location | None:
    from panacea_policy.formats.check_json import location
    from panacea_policy.formats.check_run import CheckRun

    span = plan.places.get(rule.text)
    return None if span is None else location(CheckRun(workspace, Path.cwd(), (), None).place(span))


def _place(rule: RuleReport, plan: QueryPlan, workspace: Workspace) -> str:
    found = _location(rule, plan, workspace)
    return "" if found is None else f"{found.path}:{found.line}"
