"""The smallest witness of a finding: the facts of the model that it rests on, and what had to be absent.

Smallest means: of the rows that say that the rule is violated (at most :data:`MOST_ROWS` are looked at), the
one with the proof of least height, no proof of which is lower; of equally low ones the one with the fewest
facts, then with the fewest absences, then the first. The facts are the leaves of that proof; each is used in
it.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from panacea_policy.compiler.entities import Origin
from panacea_policy.compiler.evaluation import Evaluation
from panacea_policy.compiler.explain import Teller
from panacea_policy.compiler.facts import symbol_of
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.verdicts import Finding, Verdict
from panacea_policy.compiler.words import SORTS
from panacea_policy.engine import AggregatePremise, NegatedPremise, Proof
from panacea_policy.language import Span

#: Rows of one finding whose proofs are compared.
MOST_ROWS = 16


@dataclass(frozen=True, slots=True)
class WitnessLeaf:
    """One thing that a finding rests on, in words, and where the model says it; ``what``: a `fact`, something
    `absent`, or a figure that was `counted`. ``origin``: whence the declaration that a fact is about.
    """

    what: str
    text: str
    span: Span | None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """Everything that one proof of a finding rests on; ``height`` is that of the proof."""

    leaves: tuple[WitnessLeaf, ...]
    height: int

    @property
    def facts(self) -> tuple[WitnessLeaf, ...]:
        """The facts of the model."""
        return tuple(each for each in self.leaves if each.what == "fact")


def witness_of(finding: Finding, evaluation: Evaluation) -> Witness:
    """The smallest witness of a finding. Raises KeyError for a finding of another workspace or of no rule of
    the language, such as that of a waiver past its day.
    """
    rule = evaluation.rule(finding.rule.id)
    result = evaluation.result_with(rule)
    relation = rule.possible if finding.verdict is Verdict.UNKNOWN else rule.violated
    wanted: list[Hashable] = [None] * len(rule.variables)
    for index, subject in zip(rule.subjects, finding.subjects, strict=True):
        wanted[index] = symbol_of(subject.name)
    proofs = [result.explain(relation, row) for row in result.rows_like(relation, wanted, MOST_ROWS)]
    if not proofs:
        raise KeyError(finding.fingerprint)
    found = [Witness(_leaves(proof, rule, evaluation), proof.height) for proof in proofs]
    return min(found, key=lambda each: (each.height, len(each.facts), len(each.leaves)))


def _leaves(proof: Proof, rule: CompiledRule, evaluation: Evaluation) -> tuple[WitnessLeaf, ...]:
    """The leaves of a proof, each once, those near the conclusion first; of what kind things are, is left
    out: the names in the other facts say it.
    """
    teller = Teller(evaluation, sorts=False)
    found: dict[WitnessLeaf, None] = {}
    for step in proof.walk():
        if step.rule is None and not step.relation.startswith((*SORTS, "one word of ")):
            text = teller.words.fact(step.relation, step.row)
            about = teller.words.about(step.row)
            place = teller.words.place(step.relation, step.row)
            found[WitnessLeaf("fact", text, place, about.origin if about is not None else None)] = None
        for premise in step.premises:
            if isinstance(premise, NegatedPremise):
                told = teller.negated(premise)
                found[WitnessLeaf("absent", told.text, _condition(rule, told.span))] = None
            elif isinstance(premise, AggregatePremise):
                told = teller.words.aggregate(premise)
                parts = ", ".join(each.text for each in told.children)
                found[WitnessLeaf("counted", f"{told.text} ({parts})" if parts else told.text, told.span)] = (
                    None
                )
    return tuple(found)


def _condition(rule: CompiledRule, span: Span | None) -> Span | None:
    """The conditions of a rule, where a place is the whole of it: what nothing meets is one of them."""
    item = rule.item
    conditions = item.require or item.where
    if span is None or not conditions or span.file != rule.declared.unit.name or span.start != item.start:
        return span
    return Span(span.file, conditions[0].start, conditions[-1].end)
