"""Why a fact does not hold, or a rule finds nothing: what comes nearest, and the condition not met."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

from panacea_policy.compiler.asked_fact import AskedFact, read_fact
from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.evaluation import Evaluation
from panacea_policy.compiler.explain import Teller
from panacea_policy.compiler.facts import TODAY, symbol_of
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import Form
from panacea_policy.compiler.rules.typing import EntityType
from panacea_policy.compiler.words import SORTS, Explanation, Mark, Words, is_inner, origin_of
from panacea_policy.engine import Aggregate, Atom, Compare, Lack, NearMiss, Proof, Result, Test, WhyNot

#: How often a missing fact is asked about in turn.
DEPTH = 1

#: Near misses told of a fact, and of one that is missing for it.
_TOLD = (3, 6)

#: Auxiliary relations inside auxiliary relations that are looked into.
_INNER = 12


def why_not_fact(text: str, evaluation: Evaluation) -> Explanation | None:
    """Why ``relation(a, b)`` does not hold; None if it does. Raises :class:`QueryError`."""
    asked = read_fact(text, evaluation)
    if asked.found() is not None:
        return None
    teller = _Teller(evaluation, asked.result)
    said = teller.words.question(asked.relation, asked.row) or text.strip()
    unknown = _unknown(read_fact(text, evaluation, Form.POSSIBLE), evaluation)
    if unknown:
        told = f"{said} may hold: that is unknown until somebody says"
        return Explanation(told, None, tuple(unknown), Mark.NOTE)
    reasons = teller.reasons(asked.relation, asked.row)
    return Explanation(f"{said} does not hold", None, reasons, Mark.MISSING, said)


def why_not_found(rule: CompiledRule, names: Sequence[str], evaluation: Evaluation) -> Explanation:
    """Why a rule finds nothing on some subjects: it does not apply, or a condition is not met.

    ``names``: of the subjects, from the first on as many as are known. Raises KeyError for a name that
    nothing has, and ValueError where the rule does find something, or may.
    """
    subjects = [_subject(rule, number, name, evaluation) for number, name in enumerate(names)]
    result = evaluation.result([rule])
    teller = _Teller(evaluation, result)
    told_of = ", ".join(subject.short for subject in subjects)
    row: list[Hashable] = [None] * len(rule.subjects)
    for number, subject in enumerate(subjects[: len(row)]):
        row[number] = symbol_of(subject.name)
    strangers = [
        Explanation(
            f"{each.short} is a {each.kind.keyword}, not a {kinds}", each.origin.span, mark=Mark.MISSING
        )
        for each, kinds in _of_other_kinds(rule, subjects, evaluation)
    ]
    if strangers:
        told = f"{rule.declared.qualified} does not apply to {told_of}"
        return Explanation(told, rule.declared.span, tuple(strangers), Mark.MISSING)
    if not result.rows_like(rule.may_apply, row, 1):
        told = f"{rule.declared.qualified} does not apply to {told_of}"
        return Explanation(told, rule.declared.span, teller.reasons(rule.applies, row), Mark.MISSING)
    wanted: list[Hashable] = [None] * len(rule.variables)
    for index, value in zip(rule.subjects, row, strict=True):
        wanted[index] = value
    if result.rows_like(rule.possible, wanted, 1):
        raise ValueError(f"{rule.declared.qualified} finds something on {told_of}")
    told = f"{rule.declared.qualified} is met by {told_of}: what it looks for is not there"
    return Explanation(told, rule.declared.span, teller.reasons(rule.violated, wanted), Mark.NOTE)


def _subject(rule: CompiledRule, number: int, name: str, evaluation: Evaluation) -> Entity:
    """The declaration that a name stands for where a subject of a rule is named."""
    found = evaluation.model.get(name)
    if found is not None:
        return found
    if number < len(rule.subjects):
        type = rule.variables[rule.subjects[number]][1]
        for kind in type.kinds if isinstance(type, EntityType) else ():
            for entity in evaluation.model.entities(kind):
                if name in (entity.name, entity.short):
                    return entity
    raise KeyError(name)


def _of_other_kinds(
    rule: CompiledRule, subjects: Sequence[Entity], evaluation: Evaluation
) -> Iterator[tuple[Entity, str]]:
    """Those of the subjects that are of none of the kinds that the rule is about, with these kinds."""
    for number, subject in enumerate(subjects[: len(rule.subjects)]):
        type = rule.variables[rule.subjects[number]][1]
        kinds = type.kinds if isinstance(type, EntityType) else ()
        if kinds and not any(subject in evaluation.model.entities(kind) for kind in kinds):
            yield subject, " or ".join(kinds)


def _unknown(asked: AskedFact, evaluation: Evaluation) -> list[Explanation]:
    """What nobody said that the possible form of a fact rests on."""
    row = asked.found()
    if row is None:
        return []
    words = Words(evaluation)
    proof = asked.result.explain(asked.relation, row)
    unset = [each for each in proof.walk() if each.relation.endswith(" unset")]
    return [
        Explanation(
            words.fact(each.relation, each.row), words.place(each.relation, each.row), mark=Mark.MISSING
        )
        for each in unset
    ]


def _without_repeats(conditions: Iterable[Explanation]) -> Iterator[Explanation]:
    """Conditions told once. What stands in the way of one rests in part on what the others told already."""
    told = list(dict.fromkeys(conditions))
    said = {each.text for each in told}
    for each in told:
        if each.mark is Mark.AGAINST:
            below = tuple(child for child in each.children if child.text not in said)
            if len(below) == 1:
                (only,) = below
                yield replace(each, text=f"{only.text}: {each.text}", span=only.span, children=only.children)
            else:
                yield replace(each, children=below)
        else:
            yield each


class _Teller:
    """Puts near misses into words. Of auxiliary relations it tells what is lacking inside them."""

    def __init__(self, evaluation: Evaluation, result: Result) -> None:
        self.words = Words(evaluation)
        self._evaluation = evaluation
        self._result = result

    def reasons(self, relation: str, row: Sequence[object], depth: int = DEPTH) -> tuple[Explanation, ...]:
        """The nearest instances, each with its conditions."""
        found = self._result.why_not(relation, row)
        if not found.rules:
            return (Explanation("nothing derives it, and the model does not say it", None, mark=Mark.NOTE),)
        told = list(dict.fromkeys(self._instance(miss, depth) for miss in found.misses))
        most = _TOLD[min(depth, 1)]
        if not told:
            told.append(Explanation("no rule derives such a fact", None, mark=Mark.NOTE))
        if found.more or len(told) > most:
            del told[most:]
            told.append(Explanation("… and more come as near", None, mark=Mark.NOTE))
        return tuple(told)

    def _instance(self, miss: NearMiss, depth: int) -> Explanation:
        conditions = tuple(_without_repeats(self._conditions(miss, depth, _INNER)))
        lacking = [each for each in conditions if each.mark in (Mark.MISSING, Mark.AGAINST)]
        text = f"{len(lacking)} condition{'s are' if len(lacking) > 1 else ' is'} not met"
        return Explanation(text, origin_of(miss.rule), conditions, Mark.RULE)

    def _conditions(self, miss: NearMiss, depth: int, inner: int) -> Iterator[Explanation]:
        """What is met and what is lacking, in the order of the body."""
        lacks = {lack.position: lack for lack in miss.lacks}
        for position, literal in enumerate(miss.rule.body):
            lack = lacks.get(position)
            if isinstance(literal, Aggregate) and position in miss.aggregates:
                yield self.words.aggregate(miss.aggregates[position])
            if lack is not None:
                yield from self._lacking(lack, miss, depth, inner)
            elif isinstance(literal, Atom) and not literal.negated and not literal.relation.startswith(SORTS):
                yield from self._met(literal, miss)

    def _met(self, atom: Atom, miss: NearMiss) -> Iterator[Explanation]:
        """A row that agrees with an atom that is met."""
        row = self._pattern(atom, miss)
        for each in self._result.rows_like(atom.relation, row, 1):
            proof = self._result.explain(atom.relation, each)
            if is_inner(atom.relation):
                for told in Teller(self._evaluation, sorts=False).premises(proof):
                    yield Explanation(told.text, told.span, (), told.mark)
            else:
                yield self._fact(proof)

    def _fact(self, proof: Proof) -> Explanation:
        text = self.words.fact(proof.relation, proof.row)
        if proof.rule is None:
            return Explanation(text, self.words.place(proof.relation, proof.row), mark=Mark.FACT)
        return Explanation(text, origin_of(proof.rule))

    def _pattern(self, atom: Atom, miss: NearMiss) -> tuple[object, ...]:
        return self._result.pattern(atom, miss.bindings)

    def _lacking(self, lack: Lack, miss: NearMiss, depth: int, inner: int) -> Iterator[Explanation]:
        literal = lack.literal
        if lack.open:
            return
        if isinstance(literal, Atom) and lack.row is not None:
            yield from (self._against if literal.negated else self._missing)(literal, lack, depth, inner)
        elif isinstance(literal, Compare):
            yield Explanation(self._comparison(literal, lack, miss), origin_of(miss.rule), mark=Mark.MISSING)
        elif isinstance(literal, Test):
            values = ", ".join(f'"{value}"' for value in lack.values)
            told = "holds, and must not" if literal.negated else "does not hold"
            yield Explanation(f"{literal.function}({values}) {told}", origin_of(miss.rule), mark=Mark.MISSING)
        elif lack.aggregate is None:
            yield Explanation("there is nothing to take together", origin_of(miss.rule), mark=Mark.MISSING)
        else:
            found = self.words.value(lack.aggregate.value)
            yield Explanation(
                f"another value is needed than {found}", origin_of(miss.rule), mark=Mark.MISSING
            )

    def _missing(self, atom: Atom, lack: Lack, depth: int, inner: int) -> Iterator[Explanation]:
        assert lack.row is not None
        relation = atom.relation
        if is_inner(relation):
            yield from self._inside(self._result.why_not(relation, lack.row), depth, inner)
            return
        children: tuple[Explanation, ...] = ()
        if depth and None not in lack.row and self.words.question(relation, lack.row):
            children = self.reasons(relation, lack.row, depth - 1)
        ask = self.words.question(relation, lack.row)
        text = self._absence(relation, lack.row)
        yield Explanation(text, self.words.place(relation, lack.row), children, Mark.MISSING, ask)

    def _inside(self, found: WhyNot, depth: int, inner: int) -> Iterator[Explanation]:
        """What is lacking in a part of a rule; where the part has several ways, in each of them."""
        if not inner or not found.misses:
            yield Explanation("a part of the condition is not met", None, mark=Mark.MISSING)
            return
        ways = list(dict.fromkeys(id(miss.rule) for miss in found.misses))
        if len(ways) == 1:
            yield from self._conditions(found.misses[0], depth, inner - 1)
            return
        each_way = [next(miss for miss in found.misses if id(miss.rule) == way) for way in ways]
        told = [tuple(self._conditions(miss, depth, inner - 1)) for miss in each_way]
        children = tuple(dict.fromkeys(each for part in told for each in part if each.mark is not Mark.FACT))
        yield Explanation("none of these is so", origin_of(each_way[0].rule), children, Mark.MISSING)

    def _against(self, atom: Atom, lack: Lack, depth: int, inner: int) -> Iterator[Explanation]:
        assert lack.against is not None
        proof = self._result.explain(atom.relation, lack.against)
        others = f" (and {lack.count - 1:,} more)" if lack.count > 1 else ""
        premises = Teller(self._evaluation, sorts=False).premises(proof)
        if is_inner(atom.relation):
            text = f"this is so, and must not be{others}"
            yield Explanation(text, origin_of(proof.rule) if proof.rule else None, premises, Mark.AGAINST)
            return
        fact = self.words.fact(proof.relation, proof.row)
        place = origin_of(proof.rule) if proof.rule else self.words.place(proof.relation, proof.row)
        ask = self.words.question(proof.relation, proof.row)
        yield Explanation(f"{fact} holds, and must not{others}", place, (), Mark.AGAINST, ask)

    def _absence(self, relation: str, row: Sequence[object]) -> str:
        """What is missing, and what is there instead."""
        if relation.startswith((*SORTS, "is ")):
            return self.words.fact(relation, row).replace(" is a ", " is no ", 1)
        declared = self._evaluation.program.relations.get(relation.removesuffix("?"))
        if declared is None and len(row) == 2 and row[0] is None:
            attribute = relation.rpartition(".")[2]
            return f"nothing has `{attribute}` = {self.words.attribute_value(relation, row[1])}"
        if declared is None and len(row) == 2:
            owner, attribute = self.words.value(row[0]), relation.rpartition(".")[2]
            have = [
                self.words.attribute_value(relation, each[1])
                for each in self._result.rows_like(relation, (row[0], None), 4)
            ]
            if row[1] is None:
                return f"`{attribute}` of {owner} has no value"
            instead = f": it is {', '.join(have[:3])}{', …' if len(have) > 3 else ''}" if have else ""
            return f"{owner}.{attribute} is not {self.words.attribute_value(relation, row[1])}{instead}"
        return f"missing: {self.words.fact(relation, row)}"

    def _comparison(self, literal: Compare, lack: Lack, miss: NearMiss) -> str:
        """A comparison with its values, in the units of the attribute that one side is."""
        attribute = next(
            (
                atom.relation
                for atom in miss.rule.body
                if isinstance(atom, Atom)
                and len(atom.terms) == 2
                and atom.relation not in (TODAY, *self._evaluation.program.relations)
                and atom.terms[1] in (literal.left, literal.right)
            ),
            "",
        )
        left, right = (self.words.attribute_value(attribute, value) for value in lack.values)
        return f"{left} {literal.op} {right} does not hold"
