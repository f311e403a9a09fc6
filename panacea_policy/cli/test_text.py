"""What ``panacea test`` prints for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from panacea_policy.cli.session import plural
from panacea_policy.compiler.testing.coverage import ConditionCoverage, ItemCoverage
from panacea_policy.formats.test_run import Suite, mutated, outcomes
from panacea_policy.language.diagnostics import visible

if TYPE_CHECKING:
    from panacea_policy.cli.output import Terminal
    from panacea_policy.compiler.testing.mutants import Mutant

#: Verdicts in the order of the table of coverage.
_VERDICTS = ("violated", "unknown", "waived", "met", "not_applicable")
_MARKS = {"passed": ("✓", "green"), "todo": ("◌", "yellow"), "failed": ("✗", "red")}


class TestText:
    """The report of a run of tests."""

    #: Keeps pytest from taking the class for a group of tests.
    __test__ = False

    def __init__(self, suites: tuple[Suite, ...], terminal: Terminal, *, quiet: bool) -> None:
        self._suites = suites
        self._terminal = terminal
        self._quiet = quiet

    def text(self) -> str:
        """All of it; the last line is the verdict."""
        lines = [line for suite in self._suites for line in self._tests(suite)]
        for suite in self._suites:
            if suite.coverage is not None:
                lines += self._coverage(suite, suite.coverage)
        for suite in self._suites:
            if suite.mutation is not None:
                lines += self._survivors(suite, suite.mutation.survivors)
        lines += self._mutation()
        return "\n".join([*lines, self._closing()]) + "\n"

    # ------------------------------------------------------------------------------------------ tests

    def _tests(self, suite: Suite) -> Iterator[str]:
        if suite.results and not self._quiet:
            yield self._bold(suite.name)
        for result in suite.results:
            sign, colour = _MARKS[result.outcome]
            if result.outcome != "passed" or not self._quiet:
                place = suite.place(result.span)
                where = "" if result.outcome == "passed" else self._dim(f"  {place.path}:{place.line}")
                yield f"  {self._style(sign, colour)} {visible(result.name)}{where}"
            yield from (f"      {visible(failure)}" for failure in result.failures)
            yield from (f"      todo: {visible(miss)}" for miss in result.todo)

    def _closing(self) -> str:
        counts = outcomes(self._suites)
        total = sum(counts.values())
        if not total:
            return self._style("no tests", "yellow")
        known = f", {counts['todo']} todo" if counts["todo"] else ""
        if counts["failed"]:
            return self._style(f"{plural(total, 'test')}, {counts['failed']} failed{known}", "red", bold=True)
        return self._style(f"{plural(counts['passed'], 'test')} passed{known}", "green", bold=True)

    # ------------------------------------------------------------------------------------------ coverage

    def _coverage(self, suite: Suite, items: Sequence[ItemCoverage]) -> Iterator[str]:
        if not items:
            return
        yield self._bold(f"Coverage of {suite.name}")
        if not self._quiet:
            yield from self._table(suite, items)
        yield from self._gaps(items)
        for noun, many in (("rule", "Rules"), ("relation", "Relations"), ("step", "Steps")):
            never = [item for item in items if item.noun == noun and not item.exercised]
            if never:
                what = (
                    "exercises" if noun == "rule" else "makes hold" if noun == "relation" else "makes happen"
                )
                yield f"{many} that no test {what}:"
                for item in never:
                    yield f"  {self._open()} {item.name}{self._dim(f'  {suite.place(item.span)}')}"
        idle = [(item, each) for item in items for each in item.idle]
        if idle:
            yield "Conditions that never decided anything:"
            for item, each in idle:
                yield self._condition(suite, item, each)
        yield from self._totals(items)

    def _table(self, suite: Suite, items: Sequence[ItemCoverage]) -> Iterator[str]:
        """A line for each item: the verdicts expected of it, how many conditions decided by which value."""
        width = max(len("rule, relation or step"), *(len(item.name) for item in items))
        yield self._dim(
            f"  {'rule, relation or step':<{width}}  verdicts  conditions  true  false  unknown  place"
        )
        for item in items:
            verdicts = "".join(v[0] if v in item.verdicts else "·" for v in _VERDICTS)
            shown = verdicts if item.noun == "rule" else "     "
            judged = [each for each in item.conditions if each.judged]
            counts = [
                sum(bool(getattr(each, value)) for each in judged) for value in ("true", "false", "unknown")
            ]
            figures = f"{len(judged):>10}  {counts[0]:>4}  {counts[1]:>5}  {counts[2]:>7}"
            place = suite.place(item.span)
            yield f"  {item.name:<{width}}  {shown:<8}  {figures}  {self._dim(f'{place.path}:{place.line}')}"
        legend = "verdicts: v violated, u unknown, w waived, m met, n not applicable"
        yield self._dim(f"  {legend}")

    def _gaps(self, items: Sequence[ItemCoverage]) -> Iterator[str]:
        for item in items:
            if item.missing:
                yield f"  {self._open()} {item.name}: {', '.join(item.missing)}"

    def _condition(self, suite: Suite, item: ItemCoverage, each: ConditionCoverage) -> str:
        text = each.text if len(each.text) <= 70 else f"{each.text[:69]}…"
        place = self._dim(f"  {suite.place(each.span)}")
        return f"  {self._open()} {item.name}: {each.part} {visible(text)}{place}"

    def _totals(self, items: Sequence[ItemCoverage]) -> Iterator[str]:
        rules = [item for item in items if item.noun == "rule"]
        judged = [each for item in items for each in item.conditions if each.judged]
        decided = sum(each.decided for each in judged)
        if rules:
            full = sum(not item.missing for item in rules)
            yield f"{full} of {len(rules)} rules are seen to object and to accept"
        yield f"{decided} of {len(judged)} conditions decided something"

    # ------------------------------------------------------------------------------------------ mutation

    def _survivors(self, suite: Suite, survivors: Sequence[Mutant]) -> Iterator[str]:
        if not survivors:
            return
        yield self._bold(f"Changes of {suite.name} that no test notices")
        for name, group in groupby(survivors, key=lambda mutant: mutant.target):
            yield f"{name.noun} {self._bold(name.name)}"
            for mutant in group:
                yield f"  {suite.place(mutant.span)}  {mutant.operator}"
                if self._quiet:
                    continue
                before, after = mutant.lines
                yield from (f"    {self._style('- ' + visible(line), 'red')}" for line in before)
                yield from (f"    {self._style('+ ' + visible(line), 'green')}" for line in after)
                yield f"    = wanted: {visible(mutant.hint)}"

    def _mutation(self) -> Iterator[str]:
        report = mutated(self._suites)
        if report is None:
            return
        refused = f", {report.refused} refused by the compiler" if report.refused else ""
        left_out = f", {report.left_out} left out" if report.left_out else ""
        score = "nothing could be changed" if report.score is None else f"{report.score:.1%} noticed"
        yield (
            f"{plural(report.tried, 'change')}: {report.killed} noticed, {len(report.survivors)} survived"
            f"{refused}{left_out}; {score}"
        )

    # ------------------------------------------------------------------------------------------ looks

    def _style(self, text: str, colour: str, *, bold: bool = False) -> str:
        return self._terminal.style(text, fg=colour, bold=bold or None)

    def _bold(self, text: str) -> str:
        return self._terminal.style(text, bold=True)

    def _dim(self, text: str) -> str:
        return self._terminal.style(text, dim=True)

    def _open(self) -> str:
        return self._style("○", "yellow")
