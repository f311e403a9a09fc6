"""The smallest repair of a finding that the engine can find: edits of the model after which it is gone.

Every candidate is tried by the engine, nothing is argued. Single edits are tried exhaustively within the
space of :mod:`panacea_policy.compliance.edits`, so a repair of one edit is a smallest one there; of a longer
one no part is enough, each left out (1-minimal, as in delta debugging). Tries are counted, not timed: the
same model has the same repairs on every machine.

A. Zeller, R. Hildebrandt: Simplifying and isolating failure-inducing input, IEEE TSE 28(2), 2002 (ddmin).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import TypeVar

from panacea_policy.compiler import Entity, Finding, Verdict, Workspace
from panacea_policy.compiler.facts import Facts
from panacea_policy.compiler.trial import Outcome, RuleTrials, Trials
from panacea_policy.compliance.edits import Space
from panacea_policy.compliance.writing import ACCEPTANCE, Edit, numbers_of, text_of

T = TypeVar("T")

#: Single edits, pairs and shrinking steps that are tried for one finding.
MAX_SINGLES, MAX_PAIRED, MAX_SHRINKS = 400, 30, 200
#: Contented subjects whose values are borrowed.
MAX_LENDERS = 3
#: Repairs of one finding that are tried on all rules, and that are handed out.
MAX_WEIGHED, MAX_GIVEN = 10, 3


@dataclass(frozen=True, slots=True)
class Repair:
    """Edits after which findings are gone, as the engine has found.

    ``mends``: the violations that are gone after it; ``brings``: new ones. ``idle``: the rule no longer
    applies to its subject, rather than being met. ``smallest``: no smaller one is in the space of edits; else
    no part of it is enough.
    """

    edits: tuple[Edit, ...]
    mends: tuple[Finding, ...]
    brings: tuple[Finding, ...]
    idle: bool
    smallest: bool

    @property
    def text(self) -> str:
        """The edits as entries of a change or scenario."""
        return text_of(self.edits)

    @property
    def lines(self) -> tuple[str, ...]:
        """The edits, one text each."""
        return tuple(edit.text for edit in self.edits)


@dataclass(frozen=True, slots=True)
class FindingRepairs:
    """What was found for one finding, the best first. ``tried``: how many changes the engine was asked
    about.
    """

    finding: Finding
    repairs: tuple[Repair, ...]
    tried: int


@dataclass(frozen=True, slots=True)
class JointRepair:
    """One set of edits for many findings. ``left``: those that nothing was found for."""

    repair: Repair | None
    left: tuple[Finding, ...]


class Repairer:
    """Looks for repairs of one model. Leaves the workspace as it is."""

    def __init__(self, workspace: Workspace) -> None:
        """Evaluates the model once more, for trials. Raises WorkspaceError."""
        self._workspace = workspace
        self._ground = workspace.ground()
        self._trials = Trials(self._ground)
        ground = self._ground
        self._facts = Facts(
            ground.layer.registry, ground.layer.entities, ground.layer.invalid, ground.symbols, ground.as_of
        )
        self._benches: dict[str, RuleTrials] = {}
        self._found: dict[str, FindingRepairs] = {}
        self._rules = {rule.declared.qualified for rule in ground.program.rules}

    def can_mend(self, finding: Finding) -> bool:
        """Whether it is a violation that a rule of the language has found."""
        return finding.verdict is Verdict.VIOLATED and finding.rule.id in self._rules

    def repairs(self, finding: Finding) -> FindingRepairs:
        """The repairs of a violated finding. Raises KeyError for one that :meth:`can_mend` does not take."""
        if finding.fingerprint not in self._found:
            self._found[finding.fingerprint] = self._repairs(finding)
        return self._found[finding.fingerprint]

    def _repairs(self, finding: Finding) -> FindingRepairs:
        if not self.can_mend(finding):
            raise KeyError(finding.fingerprint)
        search = _Search(self._bench(finding.rule.id), finding, self._space(finding))
        subjects = finding.subjects
        witnesses = self._witnesses(finding)
        met = self._met(finding)
        found = search.run(subjects, witnesses, met)
        weighed = sorted(
            (self._weighed(edits, idle, search.exhausted) for edits, idle in found),
            key=lambda each: _preference(each, finding),
        )
        return FindingRepairs(finding, tuple(_apart(weighed))[:MAX_GIVEN], search.tried)

    def space_of(self, finding: Finding) -> list[Edit]:
        """Every single edit that is tried for a finding, in order."""
        space = self._space(finding)
        return space.edits(finding.subjects, self._witnesses(finding), self._met(finding))[:MAX_SINGLES]

    def joint(self, findings: Sequence[Finding]) -> JointRepair:
        """One repair for all of some findings, each edit of which is needed."""
        wanted = {each.fingerprint for each in findings if each.verdict is Verdict.VIOLATED}
        chosen: dict[str, Edit] = {}
        mended: set[str] = set()
        left: list[Finding] = []
        for finding in findings:
            if finding.fingerprint not in wanted or finding.fingerprint in mended:
                continue
            for repair in self.repairs(finding).repairs:
                trial = {**chosen, **{edit.text: edit for edit in repair.edits}}
                outcome = self._outcome(tuple(trial.values()))
                now = _fingerprints(outcome.mends) & wanted if outcome is not None else set()
                if finding.fingerprint in now and now >= mended:
                    chosen, mended = trial, now
                    break
            else:
                left.append(finding)
        if not chosen:
            return JointRepair(None, tuple(left))
        edits = needed(tuple(chosen.values()), lambda part: self._still(part, mended))
        outcome = self._outcome(edits)
        assert outcome is not None
        left = [each for each in left if each.fingerprint not in _fingerprints(outcome.mends)]
        repair = Repair(edits, outcome.mends, outcome.brings, False, False)
        return JointRepair(repair, tuple(left))

    # ------------------------------------------------------------------------------------------ internals

    def _still(self, edits: tuple[Edit, ...], wanted: set[str]) -> bool:
        outcome = self._outcome(edits)
        return outcome is not None and _fingerprints(outcome.mends) >= wanted

    def _outcome(self, edits: Iterable[Edit]) -> Outcome | None:
        return self._trials.outcome_or_none(text_of(edits))

    def _bench(self, rule: str) -> RuleTrials:
        if rule not in self._benches:
            self._benches[rule] = RuleTrials(self._ground, self._ground.rule(rule), self._facts)
        return self._benches[rule]

    def _space(self, finding: Finding) -> Space:
        bench = self._bench(finding.rule.id)
        item = bench.rule.item
        numbers = numbers_of((item.applies, item.where, item.require), self._ground.currencies)
        return Space(self._ground.model, list(bench.reads()), numbers, self._ground.as_of)

    def _witnesses(self, finding: Finding) -> list[Entity]:
        """The declarations that the proof of a finding speaks of, the nearest to the conclusion first."""
        found: dict[str, Entity] = {}
        (proof,) = self._workspace.prove([finding]).proofs
        for step in proof.walk():
            for value in step.row if step.rule is None else ():
                name = value[0] if isinstance(value, tuple) and len(value) == 1 else None
                entity = self._ground.model.get(name) if isinstance(name, str) else None
                if entity is not None:
                    found.setdefault(entity.name, entity)
        return list(found.values())

    def _met(self, finding: Finding) -> list[Entity]:
        """Subjects that the rule is content with."""
        tally = next((t for t in self._workspace.tallies() if t.rule.id == finding.rule.id), None)
        names = [each[0] for each in tally.met] if tally is not None else []
        kind = finding.subjects[0].kind.name
        entities = [entity for name in names if (entity := self._ground.model.get(name)) is not None]
        return sorted(entities, key=lambda each: (each.kind.name != kind, each.name))

    def _weighed(self, edits: tuple[Edit, ...], idle: bool, exhausted: bool) -> Repair:
        outcome = self._outcome(edits)
        mends, brings = (outcome.mends, outcome.brings) if outcome is not None else ((), ())
        return Repair(edits, mends, brings, idle, len(edits) == 1 and exhausted)


class _Search:
    """The search for the edits that mend one finding, on its rule alone."""

    def __init__(self, bench: RuleTrials, finding: Finding, space: Space) -> None:
        self._bench = bench
        self._names = [each.name for each in finding.subjects]
        self._space = space
        self.tried = 0
        #: Whether every single edit of the space was tried.
        self.exhausted = True

    def run(
        self, subjects: Sequence[Entity], witnesses: Sequence[Entity], met: Sequence[Entity]
    ) -> list[tuple[tuple[Edit, ...], bool]]:
        """The smallest sets of edits, each with whether the rule then no longer applies."""
        every = self._space.edits(subjects, witnesses, met)
        singles, self.exhausted = every[:MAX_SINGLES], len(every) <= MAX_SINGLES
        found: list[tuple[tuple[Edit, ...], bool]] = [
            ((edit,), verdict is Verdict.NOT_APPLICABLE)
            for edit in singles
            if (verdict := self._verdict((edit,))) in _GONE
        ]
        if all(idle for _, idle in found):
            # A pair with an edit that is enough by itself would be no smallest one.
            found += [
                each for each in self._several(subjects, met, singles, pairs=not found) if len(each[0]) > 1
            ]
        found.sort(key=lambda each: (each[1], len(each[0]), sum(edit.rank for edit in each[0])))
        return [
            ((self._slim(edits[0]),) if len(edits) == 1 else edits, idle)
            for edits, idle in found[:MAX_WEIGHED]
        ]

    def _several(
        self, subjects: Sequence[Entity], met: Sequence[Entity], singles: Sequence[Edit], *, pairs: bool
    ) -> Iterator[tuple[tuple[Edit, ...], bool]]:
        """Sets of more than one edit: something of its own for the subject; ``pairs`` of the first edits;
        else what contented subjects have, or every setting at once, shrunk.
        """
        for pair in islice(self._space.maker.made(subjects[0]), MAX_LENDERS):
            if (verdict := self._verdict(pair)) in _GONE:
                yield (self._slim(pair[0], pair[1:]), pair[1]), verdict is Verdict.NOT_APPLICABLE
                return
        some = False
        for pair in combinations(_spread(singles), 2) if pairs else ():
            if pair[0].site != pair[1].site and (verdict := self._verdict(pair)) in _GONE:
                some = some or verdict is Verdict.MET
                yield pair, verdict is Verdict.NOT_APPLICABLE
        if some:
            return
        for batch in self._batches(subjects, met, singles):
            if len(batch) > 1 and (verdict := self._verdict(batch)) in _GONE:
                edits = needed(batch, lambda part: self._verdict(part) in _GONE)
                yield edits, self._verdict(edits) is Verdict.NOT_APPLICABLE
                return

    def _batches(
        self, subjects: Sequence[Entity], met: Sequence[Entity], singles: Sequence[Edit]
    ) -> Iterator[tuple[Edit, ...]]:
        lenders = [each for each in met if each.kind.name == subjects[0].kind.name][:MAX_LENDERS]
        for lender in lenders:
            yield tuple(self._space.borrowed(subjects[0], lender, [lender]))
        first: dict[tuple[str, str], Edit] = {}
        last: dict[tuple[str, str], Edit] = {}
        for edit in singles:
            first.setdefault(edit.site, edit)
            last[edit.site] = edit
        yield tuple(first.values())[:MAX_PAIRED]
        yield tuple(last.values())[:MAX_PAIRED]

    def _slim(self, edit: Edit, others: tuple[Edit, ...] = ()) -> Edit:
        """A declaration without the lines that the rule does not ask for, beside some other edits."""

        def gone(part: tuple[int, ...]) -> bool:
            return self._verdict((edit.with_lines(part), *others)) in _GONE

        return edit.with_lines(needed(tuple(edit.optional), gone)) if edit.optional else edit

    def _verdict(self, edits: Iterable[Edit]) -> Verdict | None:
        self.tried += 1
        return self._bench.verdict(text_of(edits), self._names)


#: A finding is gone where it is neither violated nor left open.
_GONE = (Verdict.MET, Verdict.NOT_APPLICABLE)


def _spread(singles: Sequence[Edit]) -> list[Edit]:
    """The first and the last two edits of each site, as far as there is room."""
    sites: dict[tuple[str, str], list[Edit]] = {}
    for edit in singles:
        sites.setdefault(edit.site, []).append(edit)
    turns = ([edits[at] for edits in sites.values() if len(edits) > abs(at)] for at in (0, -1, -2))
    return list(dict.fromkeys(edit for turn in turns for edit in turn))[:MAX_PAIRED]


def needed(parts: tuple[T, ...], holds: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """Parts of which each is needed: chunks are left out while it still holds, ever smaller ones (ddmin)."""
    size, tries = max(len(parts) // 2, 1), 0
    while parts and tries < MAX_SHRINKS:
        left_out = False
        start = 0
        while start < len(parts) and tries < MAX_SHRINKS:
            rest = parts[:start] + parts[start + size :]
            tries += 1
            if holds(rest):
                parts, left_out = rest, True
            else:
                start += size
        if size == 1 and not left_out:
            break
        size = max(size // 2, 1)
    return parts


def _preference(repair: Repair, finding: Finding) -> tuple[object, ...]:
    """Those that bring nothing and keep the rule at work first; then smaller ones, that ask for less and mend
    more.
    """
    worst = max((edit.rank for edit in repair.edits), default=0)
    return (
        bool(repair.brings),
        repair.idle,
        len(repair.edits),
        len(repair.brings),
        max(worst, 1),
        -len(repair.mends),
        sum(not _is_of(edit.site[0], finding) for edit in repair.edits),
        worst,
        sum(len(edit.lines) for edit in repair.edits),
    )


def _is_of(name: str, finding: Finding) -> bool:
    """Whether a declaration is a subject of a finding, or a part of one."""
    return any(name == each.name or name.startswith(f"{each.name}.") for each in finding.subjects)


def _apart(repairs: Iterable[Repair]) -> Iterator[Repair]:
    """The first repair of those that change the same things.

    What brings violations, takes the subject out of the rule's sight, or accepts a risk, is only told where
    nothing else is.
    """
    seen: set[frozenset[tuple[str, str]]] = set()
    first: tuple[bool, bool, bool] | None = None
    for repair in repairs:
        key = frozenset(edit.site for edit in repair.edits)
        accepts = any(edit.rank == ACCEPTANCE for edit in repair.edits)
        kind = bool(repair.brings), repair.idle, accepts
        if repair.mends and key not in seen and first in (None, kind):
            first = kind
            seen.add(key)
            yield repair


def _fingerprints(findings: Iterable[Finding]) -> set[str]:
    return {each.fingerprint for each in findings}
