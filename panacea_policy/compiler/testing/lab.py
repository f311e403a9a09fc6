"""Changed rules under the tests of a package: where any of them makes a difference."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from panacea_policy.compiler.evaluation import (
    LIMITS,
    WorkspaceError,
    too_much,
)
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import ProgramBuilder, needed_relations
from panacea_policy.compiler.testing.bench import Bench, Case, Row, cases_of, evaluate_needed, table_rows
from panacea_policy.compiler.testing.claims import ClaimReader, Claims, RuleFound
from panacea_policy.compiler.testing.relink import Relinker
from panacea_policy.compiler.testing.run import (
    judge_of,
    judged,
    relations_of,
    rows_of,
    wanted_by,
)
from panacea_policy.compiler.testing.sites import Target, targets_of
from panacea_policy.compiler.testing.variants import (
    Change,
    Group,
    Placed,
    Variants,
    compile_variants,
    is_change,
)
from panacea_policy.engine import (
    Database,
    EvaluationError,
    ProgramErrors,
    Result,
    Table,
    compile_program,
    evaluate,
)

if TYPE_CHECKING:
    from panacea_policy.compiler.workspace import Workspace

_NUMBER = re.compile(r" ~([0-9]+)$")
#: A subject of a rule, or a row of a relation with the relation's name.
Answer = tuple[str, Row]
#: Called with how many tests of how many are done.
Progress = Callable[[int, int], None]


def targets_in(workspace: Workspace) -> list[Target]:
    """The rules, derivations and steps of the workspace's own package that have conditions."""
    program = workspace.evaluation(workspace.as_of).program
    return targets_of(workspace.package, program.relations, [rule.declared for rule in program.rules])


class Lab:
    """The tests of a workspace's own package, and changes of its rules."""

    def __init__(self, workspace: Workspace, changes: Sequence[Change]) -> None:
        self.changes = changes
        self._symbols = workspace.symbols
        self._variants: dict[int, Variants] = {}
        self._bench = Bench(workspace, self._extend)
        package = workspace.package
        self.cases = [case for case in cases_of(workspace) if case.package is package]
        #: Changes that the compiler does not take, by position.
        self.refused: set[int] = set()

    def sights(
        self,
        wanted: Callable[[], Collection[Target]],
        progress: Progress | None = None,
        *,
        named: bool = False,
    ) -> Iterator[Sight]:
        """Each test, evaluated for the targets that are still of interest when it is its turn.

        ``named``: a test is looked at for the rules and relations that it names alone, also where it expects
        that nothing else is found. A test whose own model is wrong is passed over: it fails without any
        change.
        """
        for done, case in enumerate(self.cases):
            if progress is not None:
                progress(done, len(self.cases))
            sight = self._sight(case, wanted(), named)
            if sight is not None:
                yield sight
        if progress is not None:
            progress(len(self.cases), len(self.cases))

    def refuses(self, number: int) -> bool:
        """Whether the engine refuses a change once it takes the original's place: a circle, say."""
        change = self.changes[number]
        for variants in self._variants.values():
            group, placed = variants.groups[change.target], variants.placed[number]
            builder = variants.program.builder
            if not _reads_itself(builder, group, placed):
                continue
            # The rows of one step alone are a relation only where some test speaks of them.
            locals_ = [each.relation for each in placed.locals if each.relation in builder.declared]
            needed = needed_relations(builder, [*group.boundary, *locals_])
            relinker = Relinker(builder, self._symbols, needed)
            affected = relinker.affected(group, placed)
            try:
                compile_program(relinker.program(change.target, group, placed, affected))
            except ProgramErrors:
                return True
        return False

    # ------------------------------------------------------------------------------------------ internals

    def _extend(self, program: Program) -> Program:
        variants = compile_variants(program, self.changes)
        self._variants[id(variants.program)] = variants
        self.refused |= variants.refused
        return variants.program

    def _sight(self, case: Case, interesting: Collection[Target], named: bool) -> Sight | None:
        setting, _ = self._bench.setting(case)
        if setting is None:
            return None
        reader = ClaimReader(setting)
        claims = reader.read()
        if claims.problems:
            return None
        if named:
            rules = {name: rule for name, rule in claims.rules.items() if name in claims.named}
            claims = replace(claims, rules=rules)
        variants = self._variants_of(setting.evaluation.program)
        return Sight.of(claims, reader.builder, variants, interesting)

    def _variants_of(self, program: Program) -> Variants:
        """What a test's program stands on."""
        below: Program | None = program
        while below is not None:
            if id(below) in self._variants:
                return self._variants[id(below)]
            below = below.below
        raise AssertionError("every program of the bench stands on an extended one")


class Sight:
    """One test, evaluated, and what changes give in it."""

    def __init__(
        self,
        claims: Claims,
        builder: ProgramBuilder,
        variants: Variants,
        looked: Sequence[Target],
        result: Result,
        wanted: frozenset[str],
    ) -> None:
        """``looked``: the targets of which the test could notice changes. ``wanted``: what was evaluated."""
        self.claims = claims
        self.looked = looked
        self._builder = builder
        self._variants = variants
        self._result = result
        self._wanted = wanted

    @classmethod
    def of(
        cls,
        claims: Claims,
        builder: ProgramBuilder,
        variants: Variants,
        interesting: Collection[Target],
    ) -> Sight:
        """Evaluate a test, and what changes of what it looks at read.

        Raises :class:`~panacea_policy.compiler.evaluation.WorkspaceError` where that has to stop.
        """
        observed = wanted_by(claims)
        needed = needed_relations(builder, observed)
        looked = [
            target
            for target, group in variants.groups.items()
            if target in interesting
            and (
                target.name in claims.rules
                if group.original.rule is not None
                else any(local.relation in needed for local in group.original.locals)
            )
        ]
        wanted = [*observed, *(name for target in looked for name in variants.groups[target].boundary)]
        try:
            result = evaluate_needed(claims.setting.evaluation, builder, list(dict.fromkeys(wanted)))
        except EvaluationError as problem:
            raise WorkspaceError([too_much(problem)]) from None
        return cls(claims, builder, variants, looked, result, frozenset(wanted))

    def look(self, target: Target, numbers: Collection[int]) -> Look:
        """Evaluate changes of one target."""
        group = self._variants.groups[target]
        database = Database(self._result.symbols)
        for name in group.boundary:
            database.insert(name, self._result.table(name).columns)
        placed = {number: self._variants.placed[number] for number in sorted(numbers)}
        stopped: set[int] = set()
        while True:
            running = {number: each for number, each in placed.items() if number not in stopped}
            wanted = [*group.original.wanted, *(name for each in running.values() for name in each.wanted)]
            try:
                result = evaluate(group.compiled, database, only=wanted, limits=LIMITS)
                return Look(self, target, group, running, result, frozenset(stopped))
            except EvaluationError as problem:
                culprit = _NUMBER.search(problem.rule.name) if problem.rule is not None else None
                if culprit is None or int(culprit[1]) not in running:
                    raise
                stopped.add(int(culprit[1]))

    def undecided(self, target: Target) -> bool:
        """Whether a target leaves, or may leave, an answer open in this test."""
        rule = self.claims.rules.get(target.name)
        if rule is None:
            return any(
                local.relation.endswith("?") for local in self._variants.groups[target].original.locals
            )
        return len(self.table(rule.possible)) != len(self.table(rule.violated))

    def table(self, name: str) -> Table:
        """The rows of a relation of the program as it is."""
        return self._result.table(name)

    @cached_property
    def found(self) -> dict[str, RuleFound]:
        """What the rules of the claims say without any change."""
        return judged(self.claims, self._result)

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The rows of the relations of the claims without any change."""
        return rows_of(self.claims, self._result)

    @cached_property
    def relinker(self) -> Relinker:
        """Puts changes in the original's place."""
        needed = needed_relations(self._builder, self._wanted)
        return Relinker(self._builder, self._result.symbols, needed)

    def reads_itself(self, group: Group, placed: Placed) -> bool:
        """Whether what a change derives may be what it rests on."""
        return _reads_itself(self._builder, group, placed)


class Look:
    """Changes of one rule, derivation or step in one test. ``stopped``: those that end the evaluation."""

    def __init__(
        self,
        sight: Sight,
        target: Target,
        group: Group,
        placed: dict[int, Placed],
        result: Result,
        stopped: frozenset[int],
    ) -> None:
        self._sight = sight
        self._target = target
        self._group = group
        self._placed = placed
        self._result = result
        self.stopped = stopped

    @cached_property
    def original(self) -> Seen:
        """What the original gives here."""
        return Seen(self._result, self._group.original)

    def changed(self, number: int) -> Seen:
        """What a change gives here, everything else being as it was."""
        return Seen(self._result, self._placed[number])

    def answers_changed(self, number: int) -> frozenset[Answer]:
        """The answers that a change alters, everything else being as it was."""
        if number in self.stopped:
            return frozenset({("the evaluation stops", ())})
        return self.original.changed(self.changed(number))

    def noticed(self, number: int) -> bool | None:
        """Whether the test fails with a change in the original's place; None where the engine refuses it."""
        placed = self._placed[number]
        differs = self.changed(number) != self.original
        if placed.rule is not None:
            return differs and self._rule_noticed(placed.rule)
        # Equal rows mean equal results, unless rows may rest on themselves; no rows never do.
        if differs or (any(self.original.sets) and self._sight.reads_itself(self._group, placed)):
            return self._linked_noticed(placed)
        return False

    # ------------------------------------------------------------------------------------------ internals

    def _rule_noticed(self, rule: CompiledRule) -> bool:
        claims, name = self._sight.claims, self._target.name
        judge = judge_of(claims.setting.evaluation, self._result)
        info = claims.setting.evaluation.info(claims.rules[name])
        return bool(claims.judge({name: RuleFound.of(judge.judge(rule, info))}, {}, only=name).failures)

    def _linked_noticed(self, placed: Placed) -> bool | None:
        sight, relinker = self._sight, self._sight.relinker
        affected = relinker.affected(self._group, placed)
        rules = [
            name for name, rule in sight.claims.rules.items() if not affected.isdisjoint(relations_of(rule))
        ]
        facts = [name for name in sight.claims.columns if name in affected]
        wanted = [*facts, *(each for name in rules for each in relations_of(sight.claims.rules[name]))]
        if not wanted:
            return False
        try:
            result = relinker.evaluate(
                self._target, self._group, placed, self._table, affected, dict.fromkeys(wanted)
            )
        except ProgramErrors:
            return None
        except EvaluationError:
            return True
        found = {**sight.found, **judged(sight.claims, result, rules)}
        rows = {**sight.rows, **{name: table_rows(result, name) for name in facts}}
        return bool(sight.claims.judge(found, rows).failures)

    def _table(self, name: str) -> Table:
        return self._result.table(name) if is_change(name) else self._sight.table(name)


class Seen:
    """What one rule, derivation or step gives in one test."""

    def __init__(self, result: Result, placed: Placed) -> None:
        self._result = result
        self._placed = placed

    @cached_property
    def sets(self) -> tuple[frozenset[Row], ...]:
        """Of a rule the subjects that it certainly and possibly finds fault with and that it may apply to; of
        others the rows that they derive, certainly and possibly.
        """
        rule = self._placed.rule
        if rule is None:
            return tuple(frozenset(table_rows(self._result, each.name)) for each in self._placed.locals)
        names = (rule.violated, rule.possible)
        subjects = (self._subjects(rule, name) for name in names)
        return (*subjects, frozenset(table_rows(self._result, rule.may_apply)))

    @property
    def answers(self) -> frozenset[Answer]:
        """Everything that comes out, certainly or possibly."""
        return frozenset().union(*self._answers())

    @property
    def undecided(self) -> frozenset[Answer]:
        """What possibly, but not certainly, comes out."""
        certain, possible = self._answers()[:2]
        return possible - certain

    def changed(self, other: Seen) -> frozenset[Answer]:
        """The answers that differ."""
        pairs = zip(self._answers(), other._answers(), strict=True)
        return frozenset().union(*(mine ^ others for mine, others in pairs))

    def _answers(self) -> tuple[frozenset[Answer], ...]:
        """What certainly and what possibly comes out; of a rule also whom it may apply to."""
        if self._placed.rule is not None:
            return tuple(frozenset(("", row) for row in rows) for rows in self.sets)
        certain: set[Answer] = set()
        possible: set[Answer] = set()
        forms = {each.relation for each in self._placed.locals}
        for local, rows in zip(self._placed.locals, self.sets, strict=True):
            name = local.relation.removesuffix("?")
            answers = {(name, row) for row in rows}
            if local.relation == name:
                certain |= answers
            if local.relation != name or f"{name}?" not in forms:
                possible |= answers
        return frozenset(certain), frozenset(possible)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and self.sets == other.sets

    def __hash__(self) -> int:
        return hash(self.sets)

    def _subjects(self, rule: CompiledRule, name: str) -> frozenset[Row]:
        columns = self._result.table(name).columns
        return frozenset(zip(*(columns[index].tolist() for index in rule.subjects), strict=True))


def _reads_itself(builder: ProgramBuilder, group: Group, placed: Placed) -> bool:
    needed = needed_relations(builder, group.boundary)
    return any(local.relation in needed for local in placed.locals)
