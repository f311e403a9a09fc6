"""Coverage: what the tests of a package draw from its rules, and which condition ever decided anything.

A condition *decides* in a test when another value of it, everything else being equal, would give another
answer there: a verdict on some subject for a rule, a row for a derivation or a step. It decides by being
false when ``true`` in its place changes an answer, by being true when ``false`` does, and by being unknown
when it was what left an answer open. That is a mutation: the same machinery works it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from panacea_policy.compiler.testing.lab import Lab, Look, Progress, targets_in
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
    """What was seen so far of one target. ``values``: of which changes made a difference."""

    exercised: bool = False
    values: set[int] = field(default_factory=set)
    unknown: set[int] = field(default_factory=set)


def cover(
    workspace: Workspace, results: Sequence[TestResult], progress: Progress | None = None
) -> Sequence[ItemCoverage]:
    """The coverage of the rules, derivations and steps of the workspace's own package, in order of the text.

    ``results``: of the package's tests.
    """
    targets = targets_in(workspace)
    literals = [(target, site) for target in targets for site in sites_of(target.item) if site.literal]
    changes = [
        Change(target, Edit(site.node.start, site.node.end, value))
        for target, site in literals
        for value in ("true", "false")
    ]
    numbers: dict[Target, list[int]] = {}
    for number, change in enumerate(changes):
        numbers.setdefault(change.target, []).append(number)
    lab = Lab(workspace, changes)
    marks = {target: _Marks() for target in targets}
    every = frozenset(range(len(changes)))
    for sight in lab.sights(lambda: every - lab.refused, progress, named=True):
        for target in sight.looked:
            known = marks[target]
            # A difference that was seen need not be seen again; an open answer may still teach something.
            open_ = sight.undecided(target)
            running = [
                number
                for number in numbers[target]
                if number not in lab.refused
                and (number not in known.values or (open_ and number not in known.unknown))
            ]
            if running or not known.exercised:
                _mark(sight.look(target, running), running, known)
    verdicts = _verdicts(results)
    sites: dict[Target, list[tuple[int, Site]]] = {}
    for position, (target, site) in enumerate(literals):
        sites.setdefault(target, []).append((position, site))
    return [
        _item(target, sites.get(target, []), marks[target], lab.refused, verdicts.get(target.name))
        for target in targets
    ]


def _mark(look: Look, running: Sequence[int], marks: _Marks) -> None:
    marks.exercised |= any(look.original.sets)
    undecided = look.original.undecided
    for number in running:
        if number in look.stopped:
            marks.values.add(number)
            continue
        changed = look.changed(number)
        if changed != look.original:
            marks.values.add(number)
            if undecided - changed.undecided:
                marks.unknown.add(number)


def _verdicts(results: Sequence[TestResult]) -> Mapping[str, set[Verdict]]:
    found: dict[str, set[Verdict]] = {}
    for result in results:
        for rule, verdicts in result.exercised.items():
            found.setdefault(rule, set()).update(verdicts)
    return found


def _item(
    target: Target,
    sites: Sequence[tuple[int, Site]],
    marks: _Marks,
    refused: set[int],
    verdicts: set[Verdict] | None,
) -> ItemCoverage:
    rule = target.noun == "rule"
    conditions = []
    top = [each for _, conditions in parts_of(target.item) for each in conditions]
    for position, site in sites:
        as_true, as_false = 2 * position, 2 * position + 1
        true = None if as_false in refused else as_false in marks.values
        if true is None and any(site.node is each for each in top):
            # Without it nothing has a value, so nothing would come out.
            true = marks.exercised
        conditions.append(
            ConditionCoverage(
                text_of(target, site.node),
                site.part,
                Span(target.unit.name, site.node.start, site.node.end),
                true,
                None if as_true in refused else as_true in marks.values,
                bool({as_true, as_false} & marks.unknown),
            )
        )
    exercised = verdicts is not None if rule else marks.exercised
    return ItemCoverage(
        target.name, target.noun, target.span, exercised, frozenset(verdicts or ()), tuple(conditions)
    )
