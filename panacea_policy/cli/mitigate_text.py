"""Advice on controls for a terminal: what to buy, in which order, what it brings, what is left, how sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from textwrap import wrap

from panacea_policy.cli.output import Terminal
from panacea_policy.report import figures
from panacea_policy.report.portfolios import burdens_of
from panacea_policy.risk import Estimate
from panacea_policy.risk.mitigation import MitigationResult
from panacea_policy.risk.mitigation.results import (
    CutSets,
    Dependence,
    Difference,
    Failure,
    GoalChange,
    ParetoFront,
    Portfolio,
    Purchase,
    Return,
    SinglePoints,
)
from panacea_policy.risk.order_statistics import Z95

#: Rows of a list that are told; the rest is counted.
_MOST = 12


def text(organisation: str, as_of: date, result: MitigationResult, terminal: Terminal) -> str:
    """The result in sections."""
    tell = _Teller(result)
    lines = [terminal.style(f"{organisation}, as of {as_of.isoformat()}", bold=True)]
    for heading, body in tell.sections():
        told = list(body)
        if told:
            lines += ["", terminal.style(heading, bold=True), *told]
    lines += ["", *_made(result)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _made(result: MitigationResult) -> Iterator[str]:
    fresh = f", judged by fresh ones (seed {result.fresh_seed})" if result.portfolio else ""
    yield f"{result.trials:,} simulated attempts per threat actor, seed {result.seed}{fresh}."


class _Teller:
    def __init__(self, result: MitigationResult) -> None:
        self._result = result
        self._priced = result.unit == "loss"

    # ------------------------------------------------------------------------------------------ figures

    def _value(self, value: float) -> str:
        if self._priced:
            return figures.money(value, self._result.currency)
        return f"{value:.2g} events"

    def _between(self, estimate: Estimate) -> str:
        low, high = max(estimate.low, min(0.0, estimate.value)), estimate.high
        if self._priced:
            return f"{figures.money(low, None)} – {figures.money(high, None)}"
        return f"{low:.2g} – {high:.2g}"

    def _money(self, value: float) -> str:
        return figures.money(value, self._result.currency)

    @property
    def _years(self) -> str:
        return f"{self._result.horizon_years:g} years" if self._result.horizon_years != 1 else "one year"

    # ------------------------------------------------------------------------------------------ sections

    def sections(self) -> Iterator[tuple[str, Iterator[str]]]:
        result = self._result
        if result.portfolio is not None:
            yield "In short", self._short(result.portfolio)
            yield "What to buy, in this order", self._purchases(result.portfolio)
            yield "What it costs", self._costs(result.portfolio)
            yield "What it makes harder for care", self._burdens(result.portfolio)
            yield "What is left", self._left(result.portfolio)
            yield "How sure this is", self._sure(result.portfolio)
            yield "What was not chosen", self._rejected(result.portfolio)
        if result.front is not None:
            yield "Cost against loss: portfolios that no other beats", self._front(result.front)
        for cuts in result.cut_sets:
            yield f"Cutting off {cuts.title} by {cuts.of}", self._cuts(cuts)
        if result.single_points is not None:
            yield from self._single(result.single_points)
        if result.comparison is not None:
            yield "Two scenarios, the same attacks", self._difference(result.comparison)
        yield "Notes", (f"  {line}" for note in result.notes for line in wrap(note, 96))

    def _short(self, portfolio: Portfolio) -> Iterator[str]:
        result, today = self._result, self._result.today
        assert today is not None
        if not portfolio.controls:
            yield "  Nothing within these limits lowers the objective: keep the money, or relax the limits."
            return
        count = figures.count(len(portfolio.controls), "control")
        limit = "" if result.budget is None else f" of the {self._money(result.budget)} there are"
        yield (
            f"  Buy {count} for {self._money(portfolio.payments.present.value)}{limit}, all payments of"
            f" {self._years} in today's money."
        )
        share = portfolio.saves.value / today.value if today.value > 0 else 0.0
        yield (
            f"  Expected loss a year falls from {self._value(today.value)} to"
            f" {self._value(portfolio.left.value)}: {figures.percent(share)} less."
        )
        if portfolio.tail_before is not None and portfolio.tail_after is not None:
            yield (
                f"  A bad year (the mean of the worst {figures.percent(result.worst_share)}) falls from"
                f" {self._value(portfolio.tail_before)} to {self._value(portfolio.tail_after)}."
            )
        if portfolio.returns is not None:
            yield from self._return(portfolio.returns, "  ")

    def _return(self, returns: Return, indent: str) -> Iterator[str]:
        net = returns.net_benefit
        paid = "" if returns.rosi is None else f"; {figures.change(returns.rosi.value)} on the money (ROSI)"
        yield (
            f"{indent}Net benefit over {self._years}: {self._money(net.value)}"
            f" ({figures.money(net.low, None)} – {figures.money(net.high, None)}){paid}."
        )

    def _purchases(self, portfolio: Portfolio) -> Iterator[str]:
        for number, control in enumerate(portfolio.controls, start=1):
            yield f"  {number}. {control.title}  ({control.name}, {control.status})"
            yield (
                f"     takes {self._value(control.adds.value)} a year off ({self._between(control.adds)})"
                f" for {self._money(control.payments.present.value)}: {self._terms(control)}"
            )
            yield f"     {self._worth(control)}"
            if control.returns is not None and control.returns.net_benefit.high < 0:
                yield "     costs more than it saves: --objective net leaves such controls out"
        if portfolio.given_up:
            yield (
                f"  No longer needed with these: {', '.join(portfolio.given_up)};"
                f" that saves {self._money(portfolio.falls_away)}, which counts towards the budget."
            )

    def _terms(self, control: Purchase) -> str:
        paid = control.payments
        return f"{self._money(paid.once)} once, {figures.money(paid.yearly, None)} a year"

    def _worth(self, control: Purchase) -> str:
        share = f"fair share {self._value(control.shapley)}"
        if control.shapley_error:
            share += f" ± {figures.money(Z95 * control.shapley_error, None)}"
        missed = f"missed if left out {self._value(control.last.value)}"
        told = f"alone {self._value(control.alone.value)}, {share}, {missed}"
        returns = control.returns
        if returns is None or returns.rosi is None:
            return told
        back = returns.payback_years
        when = f"paid back after {back:.1f} years" if back is not None else "not paid back in that time"
        return f"{told}; ROSI {figures.change(returns.rosi.value)}, {when}"

    def _costs(self, portfolio: Portfolio) -> Iterator[str]:
        paid = portfolio.payments
        if not portfolio.controls:
            return
        years = ", ".join(
            f"year {n}: {self._money(amount)}" for n, amount in enumerate(paid.by_year, start=1)
        )
        yield f"  {years}"
        spread = paid.present
        range_ = (
            ""
            if spread.low == spread.high
            else f" ({figures.money(spread.low, None)} – {figures.money(spread.high, None)})"
        )
        yield (
            f"  In today's money at {figures.percent(self._result.discount)} a year:"
            f" {self._money(spread.value)}{range_}, like {self._money(paid.annual)} every year."
        )

    def _burdens(self, portfolio: Portfolio) -> Iterator[str]:
        for control in portfolio.controls:
            told = burdens_of(control)
            if told:
                yield from wrap(
                    f"{control.title}: {'; '.join(told)}",
                    96,
                    initial_indent="  ",
                    subsequent_indent="    ",
                )
        if portfolio.care_time:
            yield f"  In all {figures.duration(portfolio.care_time)} a day taken from patients."
        elif portfolio.controls:
            yield "  No time is said to be taken from patients."

    def _left(self, portfolio: Portfolio) -> Iterator[str]:
        shown = portfolio.goals[:_MOST]
        for goal in shown:
            yield _changed(goal)
        if len(portfolio.goals) > len(shown):
            yield f"  and {len(portfolio.goals) - len(shown)} more that weigh less"

    def _sure(self, portfolio: Portfolio) -> Iterator[str]:
        result = self._result
        proven = (
            "proven best for the simulated attacks"
            if portfolio.gap < 1e-6
            else f"within {figures.percent(portfolio.gap)} of the best for the simulated attacks"
        )
        yield f"  The choice is {proven} (gap {portfolio.gap:.2g})."
        yield (
            f"  The optimiser's own attacks promised {self._value(portfolio.promised)}; fresh ones confirm"
            f" {self._value(portfolio.confirmed)}. The figures above are the fresh ones."
        )
        saves = portfolio.saves
        yield f"  Saved a year: {self._value(saves.value)}, 90 % interval {self._between(saves)}."
        returns = portfolio.returns
        if returns is not None and returns.realised is not None and returns.pays_off is not None:
            lucky = returns.realised
            yield (
                f"  As chance has it, {self._years} may end between {self._money(lucky.p5)} and"
                f" {figures.money(lucky.p95, None)}; it pays for itself with a probability of"
                f" {figures.percent(returns.pays_off)}."
            )
            yield f"  It is worth buying up to a price of {self._money(returns.break_even_cost)}."
            if returns.break_even_effect is not None and returns.break_even_effect < 1:
                yield (
                    f"  It still pays if it saves only {figures.percent(returns.break_even_effect)}"
                    " of what is estimated."
                )
        if result.unit == "events":
            yield "  The model prices no loss: events are counted, all alike."

    def _rejected(self, portfolio: Portfolio) -> Iterator[str]:
        reasons = list(dict.fromkeys(control.reason for control in portfolio.rejected))
        for reason in reasons:
            yield from wrap(
                f"{reason[:1].upper()}{reason[1:]}:", 96, initial_indent="  ", subsequent_indent="  "
            )
            for control in portfolio.rejected:
                if control.reason == reason:
                    yield (
                        f"    {control.title:<56.56} {self._money(control.present):>10},"
                        f" alone {self._value(max(0.0, control.alone.value))} a year"
                    )

    def _front(self, front: ParetoFront) -> Iterator[str]:
        what = "loss a year" if front.of == "expected" else "bad year"
        yield f"  {'cost':>10}  {what:>12}  {'on fresh trials':>18}  gap    adds / drops"
        before: set[str] = set()
        for point in front.points:
            now = set(point.controls)
            change = [f"+{name}" for name in point.controls if name not in before]
            change += [f"-{name}" for name in sorted(before - now)]
            fresh = point.fresh.value if front.of == "expected" else point.tail or 0.0
            yield (
                f"  {self._money(point.present):>10}  {self._value(point.value):>12}"
                f"  {self._value(fresh):>18}  {point.gap:<5.1g}  {' '.join(change) or 'nothing'}"
            )
            before = now
        if front.complete:
            yield f"  All {len(front.points)} of them, each proven best for the simulated attacks."
        else:
            yield f"  Not all: {len(front.unexplored)} ranges of cost were not searched to the end."

    def _cuts(self, cuts: CutSets) -> Iterator[str]:
        if not cuts.possible:
            yield f"  No set of {cuts.of} cuts it off: some way is stopped by none of them."
            return
        for each in cuts.sets:
            names = " + ".join(f"{e.title} ({e.name})" for e in each.elements) or "nothing leads to it"
            cost = f"{self._money(each.cost)}: " if cuts.of == "controls" else ""
            left = (
                f"; as effective as they are said to be: {figures.rate(each.remaining)}"
                if each.remaining is not None
                else ""
            )
            yield from wrap(f"{cost}{names}{left}", 98, initial_indent="  ", subsequent_indent="      ")
        yield "  These are all minimal sets." if cuts.complete else "  There are more, none cheaper."

    def _single(self, points: SinglePoints) -> Iterator[tuple[str, Iterator[str]]]:
        yield "If one control in place fails", self._failures(points.controls)
        yield "If two fail together", self._failures(points.pairs)
        yield "If one asset is lost, care stops by that alone", self._stops(points.assets)
        yield "If two assets are lost, neither of which would do it alone", self._stops(points.asset_pairs)

    def _failures(self, found: Sequence[Failure]) -> Iterator[str]:
        for failure in found[:_MOST]:
            if failure.raises.value <= 0 and not failure.opens:
                continue
            opens = f"; opens a way to {', '.join(failure.opens)}" if failure.opens else ""
            line = (
                f"{' + '.join(failure.titles)}: adds {self._value(failure.raises.value)} a year"
                f" ({self._between(failure.raises)}){opens}"
            )
            yield from wrap(line, 98, initial_indent="  ", subsequent_indent="      ")

    def _stops(self, found: Sequence[Dependence]) -> Iterator[str]:
        for loss in found[:_MOST]:
            line = f"{' + '.join(loss.titles)}: {', '.join(loss.processes)}"
            yield from wrap(line, 98, initial_indent="  ", subsequent_indent="      ")
        if len(found) > _MOST:
            yield f"  and {len(found) - _MOST} more"

    def _difference(self, gap: Difference) -> Iterator[str]:
        for title, value in ((gap.first, gap.first_value), (gap.second, gap.second_value)):
            yield f"  {title}: {self._value(value.value)} a year ({self._between(value)})"
        change = gap.difference
        word = "less" if change.value < 0 else "more"
        yield (
            f"  The second has {self._value(abs(change.value))} {word} a year, standard error"
            f" {self._value(change.standard_error)} (independent runs would have"
            f" {self._value(gap.unpaired_error)})."
        )
        for goal in gap.goals[:_MOST]:
            if goal.before.value != goal.after.value:
                yield _changed(goal)


def _changed(goal: GoalChange) -> str:
    before, after = figures.rate(goal.before.value), figures.rate(goal.after.value)
    return f"  {goal.title:<44.44} {before:>22} → {after}"
