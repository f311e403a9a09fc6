"""Coverage: what the tests of a package draw from its rules, and which condition ever decided anything.

A condition *decides* an answer of a test (the verdict on a subject for a rule, a row for a derivation or a
step) when another value of it, everything else being equal, would give another answer: by being false when
``true`` in its place would, by being true when ``false`` would, and by being unknown when either would. That
is a mutation: the same machinery works it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.compiler.testing.lab import Answer, Lab, Look, Progress, targets_in
from panacea_policy.compiler.testing.run import TestResult
from panacea_policy.compiler.testing.sites import Edit, Noun, Site, Target, parts_of, sites_of, text_of
from panacea_policy.compiler.testing.variants import Change
from panacea_policy.compiler.verdicts import Verdict
from panacea_policy.language import Span

if TYPE_CHECKING:
    from panacea_policy.compiler.workspace import Workspace

#: A rule is tested when some test saw it object and some test saw it not object.
_OBJECTS = frozenset({Verdict.VIOLATED})
_ACCEPTS = frozenset({Verdict.MET, Verdict.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class ConditionCoverage:
    """Whether a condition ever decided anything by being true, false or unknown.

    None: its value cannot be put there, as with a condition that gives a variable its value.
    """

    text: str
    part: str
    span: Span
    true: bool | None
    false: bool | None
    unknown: bool

    @property
    def judged(self) -> bool:
        """Whether another value could be put in its place at all."""
        return self.true is not None or self.false is not None

    @property
    def decided(self) -> bool:
        """Whether it ever decided anything."""
        return bool(self.true or self.false or self.unknown)


@dataclass(frozen=True, slots=True)
class ItemCoverage:
    """What tests saw of a rule, a derivation or a step.

    ``exercised``: a test expects a verdict of the rule; in a test the derivation or step gives something.
    ``verdicts``: of a rule, those that tests expect.
    """

    name: str
    noun: Noun
    span: Span
    exercised: bool
    verdicts: frozenset[Verdict]
    conditions: tuple[ConditionCoverage, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What no test makes a rule do."""
        if self.noun != "rule":
            return ()
        objects = [] if self.verdicts & _OBJECTS else ["no test makes it object"]
        return (*objects, *([] if self.verdicts & _ACCEPTS else ["no test makes it accept"]))

    @property
    def idle(self) -> tuple[ConditionCoverage, ...]:
        """The conditions that never decided anything."""
        return tuple(each for each in self.conditions if each.judged and not each.decided)


@dataclass
class _Marks:
    """What was seen so far of one condition: whether it decided by being true, false, unknown."""

    site: Site
    as_true: int
    as_false: int
    top: bool
    true: bool = False
    false: bool = False
    unknown: bool = False

    def wants(self, undecided: bool) -> bool:
        """Whether another test may still teach something."""
        return not (self.true and self.false) or (undecided and not self.unknown)

    def take(
        self, by_true: frozenset[Answer], by_false: frozenset[Answer], undecided: frozenset[Answer]
    ) -> None:
        """Note which answers ``true`` and ``false`` in its place would change."""
        both = by_true & by_false
        # Where either value changes a settled answer, the condition counts in both directions.
        settled = bool(both - undecided)
        self.true |= bool(by_false - both) or settled
        self.false |= bool(by_true - both) or settled
        self.unknown |= bool(both & undecided)


@dataclass
class _Tally:
    """What was seen so far of one target."""

    conditions: list[_Marks]
    exercised: bool = False


def cover(
    workspace: Workspace, results: Sequence[TestResult], progress: Progress | None = None
) -> Sequence[ItemCoverage]:
    """The coverage of the rules, derivations and steps of the workspace's own package, in order of the text.

    ``results``: of the package's tests.
    """
    changes: list[Change] = []
    tallies = {target: _Tally(_conditions(target, changes)) for target in targets_in(workspace)}
    lab = Lab(workspace, changes)
    for sight in lab.sights(lambda: tallies.keys(), progress, named=True):
        for target in sight.looked:
            tally = tallies[target]
            # A value that decided need not do so again; an open answer may still teach something.
            open_ = sight.undecided(target)
            wanted = [marks for marks in tally.conditions if marks.wants(open_)]
            if wanted or not tally.exercised:
                numbers = [each for marks in wanted for each in (marks.as_true, marks.as_false)]
                look = sight.look(target, [each for each in numbers if each not in lab.refused])
                _mark(look, wanted, lab.refused, tally)
    verdicts = _verdicts(results)
    return [_item(target, tally, lab.refused, verdicts.get(target.name)) for target, tally in tallies.items()]


def _conditions(target: Target, changes: list[Change]) -> list[_Marks]:
    """The conditions of an item; the two changes of each are added to ``changes``."""
    top = [each for _, conditions in parts_of(target.item) for each in conditions]
    found = []
    for site in sites_of(target.item):
        if site.literal:
            found.append(_Marks(site, len(changes), len(changes) + 1, any(site.node is each for each in top)))
            changes += [
                Change(target, Edit(site.node.start, site.node.end, value)) for value in ("true", "false")
            ]
    return found


def _mark(look: Look, wanted: Sequence[_Marks], refused: set[int], tally: _Tally) -> None:
    tally.exercised |= any(look.original.sets)
    undecided = look.original.undecided
    for marks in wanted:
        by_true = frozenset() if marks.as_true in refused else look.answers_changed(marks.as_true)
        if marks.as_false not in refused:
            by_false = look.answers_changed(marks.as_false)
        else:
            # Without it nothing has a value, so nothing would come out.
            by_false = look.original.answers if marks.top else frozenset()
        marks.take(by_true, by_false, undecided)


def _verdicts(results: Sequence[TestResult]) -> Mapping[str, set[Verdict]]:
    found: dict[str, set[Verdict]] = {}
    for result in results:
        for rule, verdicts in result.exercised.items():
            found.setdefault(rule, set()).update(verdicts)
    return found


def _item(target: Target, tally: _Tally, refused: set[int], verdicts: set[Verdict] | None) -> ItemCoverage:
    conditions = tuple(
        ConditionCoverage(
            text_of(target, marks.site.node),
            marks.site.part,
            Span(target.unit.name, marks.site.node.start, marks.site.node.end),
            None if marks.as_false in refused and not marks.top else marks.true,
            None if marks.as_true in refused else marks.false,
            marks.unknown,
        )
        for marks in tally.conditions
    )
    exercised = verdicts is not None if target.noun == "rule" else tally.exercised
    return ItemCoverage(
        target.name, target.noun, target.span, exercised, frozenset(verdicts or ()), conditions
    )
