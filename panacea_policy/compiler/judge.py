"""Reading verdicts off an evaluated program: all of a rule's, or those that a change touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from panacea_policy.compiler.askings import Asking, Askings
from panacea_policy.compiler.entities import Entity, Origin, Reference
from panacea_policy.compiler.facts import Column, day_of
from panacea_policy.compiler.judged import Evidence, Held, Judged, Row, Subject, Teller
from panacea_policy.compiler.messages import fill
from panacea_policy.compiler.model import Model
from panacea_policy.compiler.questions import Unknowns
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.typing import EntityType, ExpressionType
from panacea_policy.compiler.verdicts import (
    MAX_WITNESSES,
    Finding,
    Question,
    RuleInfo,
    Tally,
    Verdict,
    is_current,
    question,
)
from panacea_policy.compiler.waivers import may_bear
from panacea_policy.engine import Current, Relation, Result, Symbols, Table, Type
from panacea_policy.engine.tuples import picker
from panacea_policy.engine.values import sorted_distinct

if TYPE_CHECKING:
    from panacea_policy.engine import Changes

#: More subjects of one rule than this, and a share of its findings, are looked up all at once.
_FEW, _SHARE = 256, 8
#: So many questions of one rule are looked up one by one.
_FEW_QUESTIONS = 16


class Moves(msgspec.Struct):
    """How the rows of a rule's relations, and the declarations that they speak of, have changed.

    ``subjects``: those whose findings may be others. ``came`` and ``went``: subjects that it may apply to
    now, and those that it no longer may. ``counted``: there may be more or fewer declarations of the kind
    that it is about.
    """

    subjects: set[Subject] = msgspec.field(default_factory=set)
    came: Set[Subject] = frozenset()
    went: Set[Subject] = frozenset()
    counted: bool = False

    def are_few(self, judged: Judged) -> bool:
        """Whether following them takes less time than reading everything off again."""
        return len(self.subjects) <= _FEW + len(judged.findings) // _SHARE


def moves_of(rule: CompiledRule, changes: Changes) -> Moves:
    """The moves that follow from the rows that relations won and lost."""
    subjects: set[Subject] = set()
    every = range(len(rule.subjects))
    for rows in (changes.added, changes.removed):
        for name in (rule.violated, rule.possible):
            subjects |= _distinct(rows.get(name), rule.subjects)
        subjects |= _distinct(rows.get(rule.asked), every)
    came, went = (_distinct(rows.get(rule.may_apply), every) for rows in (changes.added, changes.removed))
    return Moves(subjects, came, went)


def rows_with(columns: Sequence[Column] | None, subject: Subject) -> list[Row]:
    """The rows, given by columns, that begin with a subject."""
    if columns is None:
        return []
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [row for row in rows if row[: len(subject)] == subject]


def _distinct(columns: Sequence[Column] | None, positions: Iterable[int]) -> set[Subject]:
    if columns is None:
        return set()
    return set(zip(*(columns[position].tolist() for position in positions), strict=True))


class Wording:
    """Says what findings rest on, in the words of one model."""

    def __init__(self, model: Model, symbols: Symbols) -> None:
        self._model = model
        self._symbols = symbols

    def sentences(self, evidence: Evidence) -> tuple[str, ...]:
        """The rule's message for every witness."""
        rule, info = evidence.teller.rule, evidence.teller.info
        message = rule.item.message.value if rule.item.message else info.title
        return tuple(
            dict.fromkeys(fill(self._model, message, self._values(rule, row)) for row in evidence.rows)
        )

    def questions(self, evidence: Evidence) -> tuple[Question, ...]:
        """What would settle an unknown verdict, or would have settled it."""
        return self._questions_of(evidence.asked)

    # ------------------------------------------------------------------------------------------ internals

    def _questions_of(self, asked: Iterable[Row]) -> tuple[Question, ...]:
        """The questions behind rows that end in a declaration and the name of an attribute."""
        found: dict[tuple[str, str], Question] = {}
        for *_, owner, attribute in asked:
            entity = self._model.get(self._name(int(owner)))
            if entity is not None:
                name = self._name(int(attribute)).rpartition(".")[2]
                found[entity.name, name] = question(entity, name)
        return tuple(found.values())

    def _values(self, rule: CompiledRule, row: Row) -> dict[str, object]:
        return {name: self._decoded(raw, type) for (name, type), raw in zip(rule.variables, row, strict=True)}

    def _decoded(self, raw: int | float, type: ExpressionType) -> object:
        if isinstance(type, EntityType):
            return Reference(self._name(int(raw)))
        if isinstance(raw, float):
            return day_of(raw) if type.value.__class__.__name__ == "DateType" else raw
        return self._symbols.value(raw)

    def _name(self, symbol: int) -> str:
        return _name(self._symbols, symbol)


class Judge(Wording):
    """Reads verdicts off an evaluated program."""

    def __init__(
        self,
        model: Model,
        result: Result,
        waivers: Sequence[Entity],
        as_of: date,
        further: Callable[[], Result] | None = None,
        askings: Askings | None = None,
    ) -> None:
        """``further``: gives a result that has what rules ask too, where ``result`` has not. ``askings``:
        what findings ask, as far as it is known; not for a result that is going to change.
        """
        super().__init__(model, result.symbols)
        self._result = result
        self._further = further
        self._askings = askings
        #: The relations that the answer at hand rests on; None where it cannot be kept.
        self._looked: set[str] | None = None
        self._waivers: dict[str, list[Entity]] = {}
        self._asked: dict[str, dict[Subject, list[Row]] | int] = {}
        for waiver in waivers:
            if is_current(waiver, as_of):
                self._waivers.setdefault(str(waiver.value("rule")), []).append(waiver)

    def judge(self, rule: CompiledRule, info: RuleInfo) -> tuple[list[Finding], Tally]:
        """Open findings of a rule, by subject, and the tally of all its subjects."""
        judged = self.read(rule, info)
        return judged.findings, judged.tally

    def read(self, rule: CompiledRule, info: RuleInfo) -> Judged:
        """The same, as it can be brought up to date by :meth:`revise`."""
        judged = Judged(Teller(self, rule, info))
        relations = self._result.relations
        applies, possible = relations[rule.may_apply], relations[rule.possible]
        judged.applies = applies.count
        if possible.count:
            subjects = _distinct_codes(possible, rule.subjects)
            every = tuple(range(len(rule.subjects)))
            judged.open = int(applies.contains(every, subjects, len(subjects[0])).sum())
            if rule.declared.qualified in self._waivers:
                self._find_all(judged)
            else:
                certain = _distinct_codes(relations[rule.violated], rule.subjects)
                judged.counts[Verdict.VIOLATED] = len(certain[0])
                judged.counts[Verdict.UNKNOWN] = len(subjects[0]) - len(certain[0])
                judged.leave(self._find_all)
        self._tally(judged, partial(self._met_of, rule))
        return judged

    def read_now(self, rule: CompiledRule, info: RuleInfo) -> Judged:
        """The same with all findings made, for a result that is going to change."""
        judged = self.read(rule, info)
        judged.open_to_change()
        self._tally(judged, self._kept_met(rule))
        return judged

    def revise(self, judged: Judged, moves: Moves) -> dict[Subject, Held]:
        """Bring up to date what another judge read off an earlier result; gives the findings so far about
        the subjects touched.

        INVARIANT: those about other subjects rest on the same rows as before.
        """
        rule, current = judged.rule, self._current
        judged.teller.judge = self
        judged.renew()
        before: dict[Subject, Held] = {}
        both = {each for each in moves.came | moves.went if each in judged.evidence}
        for subject in sorted(moves.subjects | both):
            held = judged.drop(subject)
            if held is not None:
                before[subject] = held
                judged.open -= current.holds(rule.may_apply, subject) and subject not in moves.came
                judged.open -= subject in moves.went
            rows = current.matching(rule.possible, rule.subjects, subject)[:MAX_WITNESSES]
            if rows:
                certain = current.matching(rule.violated, rule.subjects, subject)[:MAX_WITNESSES]
                judged.place(self._find(judged, subject, certain or rows, bool(certain)), subject)
                judged.open += current.holds(rule.may_apply, subject)
        applies = current.count(rule.may_apply)
        if moves.subjects or moves.counted or applies != judged.applies or moves.came or moves.went:
            judged.applies = applies
            self._tally(judged, self._kept_met(rule))
        return before

    def questions(self, evidence: Evidence) -> tuple[Question, ...]:
        """What would settle an unknown verdict."""
        rule, askings = evidence.teller.rule, self._askings
        if askings is None:
            return self._asked_now(evidence)
        names = tuple(self._name(int(each)) for each in evidence.subject)
        known = askings.known(rule.possible, names, self._asks)
        if known is not None:
            return self._questions_about(known)
        self._looked = {rule.possible, rule.asked}
        found = self._asked_now(evidence)
        if self._looked is not None:
            pairs = [(each.entity.name, each.attribute) for each in found]
            askings.note(rule.possible, names, pairs, self._looked)
        return found

    def wording(self) -> Wording:
        """The words of the model alone, for what is told when the result is another one."""
        return Wording(self._model, self._symbols)

    def asked(self, rule: CompiledRule, subject: Subject) -> list[Row]:
        """The rows that say of a subject which attributes of which declarations are unknown."""
        return self._current_asks.matching(rule.asked, range(len(subject)), subject)

    # ------------------------------------------------------------------------------------------ internals

    @cached_property
    def _current(self) -> Current:
        return Current(self._result.compiled, self._result.relations)

    @cached_property
    def _asks(self) -> Result:
        """Has what the rules with undecided subjects ask."""
        return self._result if self._further is None else self._further()

    @cached_property
    def _current_asks(self) -> Current:
        return Current(self._asks.compiled, self._asks.relations)

    def _tally(self, judged: Judged, list_met: Callable[[], tuple[tuple[str, ...], ...]]) -> None:
        counts = judged.counts
        counts[Verdict.MET] = judged.applies - judged.open
        counts[Verdict.NOT_APPLICABLE] = max(0, self._universe(judged.rule) - judged.applies)
        judged.tally = Tally(judged.info, dict(counts), list_met)

    def _find_all(self, judged: Judged) -> None:
        """Make all findings of a rule."""
        rule = judged.rule
        violated = self._by_subject(rule, rule.violated)
        for subject, rows in self._by_subject(rule, rule.possible).items():
            certain = violated.get(subject)
            self._find(judged, subject, rows if certain is None else certain, certain is not None)
        judged.put_in_order()

    def _kept_met(self, rule: CompiledRule) -> Callable[[], tuple[tuple[str, ...], ...]]:
        """What names the subjects for which a rule is met now, at any later time."""
        applies = self._current.kept(rule.may_apply, range(len(rule.subjects)))
        possible = self._current.kept(rule.possible, rule.subjects)
        return partial(_met, self._symbols, applies, possible)

    def _met_of(self, rule: CompiledRule) -> tuple[tuple[str, ...], ...]:
        """The names of the subjects for which a rule is met."""
        subjects = _subjects(self._result.table(rule.possible), rule.subjects)
        every = _subjects(self._result.table(rule.may_apply), range(len(rule.subjects)))
        return _met(self._symbols, every, subjects)

    def _by_subject(self, rule: CompiledRule, relation: str) -> dict[Subject, list[Row]]:
        """Rows of a relation by their subject, the first few of each."""
        columns = self._result.table(relation).columns
        if rule.subjects == tuple(range(len(rule.variables))):
            return {row: [row] for row in rows_of(columns)}
        found: dict[Subject, list[Row]] = {}
        subject_of = cast("Callable[[Row], Subject]", picker(rule.subjects))
        for row in rows_of(first_of_each(columns, rule.subjects, MAX_WITNESSES)):
            found.setdefault(subject_of(row), []).append(row)
        return found

    def _universe(self, rule: CompiledRule) -> int:
        """How many subjects there are at all, where that can be said: the members of the first subject's
        kind.
        """
        if len(rule.subjects) != 1:
            return 0
        type = rule.variables[rule.subjects[0]][1]
        kinds = type.kinds if isinstance(type, EntityType) else ()
        return sum(self._model.count(kind) for kind in kinds)

    def _find(self, judged: Judged, subject: Subject, rows: Sequence[Row], certain: bool) -> Finding:
        names = tuple([self._name(int(each)) for each in subject])
        info = judged.info
        entities = tuple(each for each in map(self._model.get, names) if each is not None)
        waiver = self._waiver(info, entities) if certain else None
        verdict = Verdict.VIOLATED if waiver is None else Verdict.WAIVED
        evidence = Evidence(judged.teller, subject, rows, certain)
        finding = Finding(
            info,
            entities,
            verdict if certain else Verdict.UNKNOWN,
            waiver,
            entities[0].origin if entities else Origin(info.span.file, info.span.start, info.span.end),
            names,
            evidence.tell,
            None if certain else evidence.ask,
        )
        judged.put(finding, evidence)
        return finding

    def _unknown(self, rule: CompiledRule, subject: Subject) -> Sequence[Row]:
        """The rows that say which attributes of which declarations are unknown."""
        known = self._asked.get(rule.asked, 0)
        if isinstance(known, int):
            if known < _FEW_QUESTIONS:
                self._asked[rule.asked] = known + 1
                return self.asked(rule, subject)
            found: dict[Subject, list[Row]] = {}
            for row in rows_of(self._asks.table(rule.asked).columns):
                found.setdefault(row[: len(subject)], []).append(row)
            known = self._asked[rule.asked] = found
        return known.get(subject, ())

    @cached_property
    def _unknowns(self) -> Unknowns:
        return Unknowns(self._result)

    def _asked_now(self, evidence: Evidence) -> tuple[Question, ...]:
        """What would settle an unknown verdict, found out anew."""
        rule = evidence.teller.rule
        found = self._questions_of(self._unknown(rule, evidence.subject))
        return found or self._indirect(rule, evidence.rows[0])

    def _indirect(self, rule: CompiledRule, row: Row) -> tuple[Question, ...]:
        """Questions behind derived relations: the unset attributes that the possible verdict's proof rests
        on.
        """
        types = self._result.compiled.decls[rule.possible].types
        possible = tuple(
            self._symbols.value(int(each)) if type is Type.SYMBOL else each
            for each, type in zip(row, types, strict=True)
        )
        about = frozenset(possible[index] for index in rule.subjects)
        try:
            found = self._unknowns.behind(rule.possible, possible, about)
        except KeyError:
            # Asked of a finding from before a change, whose subject is in doubt for other reasons by now.
            self._looked = None
            return ()
        if self._looked is not None:
            self._looked |= self._unknowns.looked
        return self._questions_about(found)

    def _questions_about(self, asked: Iterable[Asking]) -> tuple[Question, ...]:
        entities = ((self._model.get(name), attribute) for name, attribute in asked)
        return tuple(question(entity, attribute) for entity, attribute in entities if entity is not None)

    def _waiver(self, info: RuleInfo, entities: tuple[Entity, ...]) -> Entity | None:
        for waiver in self._waivers.get(info.id, ()):
            subjects = waiver.value("subjects")
            covered = not isinstance(subjects, tuple) or any(entity.name in subjects for entity in entities)
            if covered and may_bear(self._model, waiver, info.severity):
                return waiver
        return None


def _name(symbols: Symbols, symbol: int) -> str:
    value = symbols.value(symbol)
    return str(value[0]) if isinstance(value, tuple) else str(value)


def _distinct_codes(relation: Relation, positions: tuple[int, ...]) -> list[NDArray[np.int64]]:
    """The distinct subjects of a relation's rows, by columns of the engine's codes."""
    columns, alive = [relation.column(position) for position in positions], relation.alive()
    if alive is not None:
        columns = [column[alive] for column in columns]
    if len(set(positions)) == relation.arity:
        return columns
    if len(columns) == 1:
        return [sorted_distinct(columns[0])]
    return list(np.unique(np.stack(columns), axis=1))


def rows_of(columns: Sequence[Column]) -> list[Row]:
    """Rows that are given by columns."""
    return list(zip(*(column.tolist() for column in columns), strict=True))


def first_of_each(columns: Sequence[Column], positions: Sequence[int], most: int) -> list[Column]:
    """The first rows with each key at some positions, at most so many of each, in their order."""
    count = len(columns[0]) if columns else 0
    if not count or not positions:
        return [column[:most] for column in columns]
    keys = [columns[position] for position in positions]
    order = np.lexsort(keys[::-1])
    begins = np.ones(count, np.bool_)
    begins[1:] = np.any([key[order[1:]] != key[order[:-1]] for key in keys], axis=0)
    starts = np.flatnonzero(begins)
    place = np.arange(count) - np.repeat(starts, np.diff(starts, append=count))
    chosen = np.sort(order[place < most])
    return [column[chosen] for column in columns]


def _subjects(table: Table, positions: Sequence[int]) -> Callable[[], list[Subject]]:
    columns = [table.columns[position] for position in positions]
    return lambda: list(zip(*(column.tolist() for column in columns), strict=True))


def _met(
    symbols: Symbols, applies: Callable[[], Iterable[Subject]], possible: Callable[[], Iterable[Subject]]
) -> tuple[tuple[str, ...], ...]:
    """The names of the subjects that a rule may apply to and that have no finding."""
    open = set(possible())
    return tuple(
        tuple(_name(symbols, int(each)) for each in subject) for subject in applies() if subject not in open
    )
