"""Proofs for people: why a finding or a fact holds, step by step, each with its place in the source."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from panacea_policy.compiler.asked_fact import read_fact
from panacea_policy.compiler.evaluation import Evaluation
from panacea_policy.compiler.facts import symbol_of
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.verdicts import Finding, Verdict
from panacea_policy.compiler.words import SORTS, Explanation, Mark, Words, is_inner, origin_of
from panacea_policy.engine import AggregatePremise, NegatedPremise, Proof, Result
from panacea_policy.engine.certificate import certify

#: What is told at most; a document has all.
MAX_LINES = 400
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Proved:
    """The engine's proofs of some things, all of one result, and their explanations."""

    explanations: tuple[Explanation, ...]
    proofs: tuple[Proof, ...]
    result: Result

    def certificate(self) -> Mapping[str, Any]:
        """Everything the proofs rest on as plain data; see `panacea_policy.proofcheck`."""
        return certify(self.result, self.proofs)


def explain_finding(finding: Finding, evaluation: Evaluation) -> Explanation:
    """Why a rule gives this verdict. Raises KeyError for a finding of another workspace."""
    return prove_findings([finding], evaluation).explanations[0]


def explain_fact(text: str, evaluation: Evaluation) -> Explanation:
    """Why ``relation(a, b)`` holds. Raises :class:`QueryError` if it cannot be read or does not hold."""
    return prove_fact(text, evaluation).explanations[0]


def prove_findings(findings: Sequence[Finding], evaluation: Evaluation) -> Proved:
    """The proofs of some findings. Raises KeyError for a finding of another workspace."""
    by_id = {rule.declared.qualified: rule for rule in evaluation.program.rules}
    for finding in findings:
        if finding.rule.id not in by_id:
            raise KeyError(finding.fingerprint)
    rules = [by_id[name] for name in dict.fromkeys(finding.rule.id for finding in findings)]
    result = evaluation.result(rules)
    told: list[Explanation] = []
    proofs: list[Proof] = []
    for finding in findings:
        rule = by_id[finding.rule.id]
        proof = _proof_of(finding, rule, result)
        children = Teller(evaluation).premises(proof)
        open_questions = [
            Explanation(each.text, each.entity.origin.span, mark=Mark.NOTE) for each in finding.questions
        ]
        told.append(
            Explanation(
                finding.message, finding.span, (_rule_line(rule, finding), *children, *open_questions)
            )
        )
        proofs.append(proof)
    return Proved(tuple(told), tuple(proofs), result)


def prove_fact(text: str, evaluation: Evaluation) -> Proved:
    """The proof of ``relation(a, b)``. Raises :class:`QueryError` if it cannot be read or does not hold."""
    asked = read_fact(text, evaluation)
    row = asked.found()
    if row is None:
        raise asked.does_not_hold()
    proof = asked.result.explain(asked.relation, row)
    teller = Teller(evaluation)
    told = Explanation(teller.words.fact(proof.relation, proof.row), None, teller.premises(proof))
    return Proved((told,), (proof,), asked.result)


def _proof_of(finding: Finding, rule: CompiledRule, result: Result) -> Proof:
    relation = rule.possible if finding.verdict is Verdict.UNKNOWN else rule.violated
    wanted: list[Hashable] = [None] * len(rule.variables)
    for index, subject in zip(rule.subjects, finding.subjects, strict=True):
        wanted[index] = symbol_of(subject.name)
    for row in result.rows_like(relation, wanted, 1):
        return result.explain(relation, row)
    raise KeyError(finding.fingerprint)


def _rule_line(rule: CompiledRule, finding: Finding) -> Explanation:
    return Explanation(
        f"rule {rule.declared.qualified}: {finding.rule.title}", finding.rule.span, mark=Mark.NOTE
    )


def _distinct(lines: Sequence[Explanation]) -> Iterator[Explanation]:
    """Lines without those that say again what a line before said; what has lines below it is kept."""
    said: set[tuple[str, Mark]] = set()
    for line in lines:
        if line.children or (line.text, line.mark) not in said:
            said.add((line.text, line.mark))
            yield line


class Teller:
    """Puts proofs into words; auxiliary relations of the compiler are passed over."""

    def __init__(self, evaluation: Evaluation, *, sorts: bool = True) -> None:
        """``sorts``: whether to tell of what kind things are, too."""
        self.words = Words(evaluation)
        self._sorts = sorts
        self._evaluation = evaluation
        self._told: set[tuple[str, tuple[object, ...]]] = set()
        self._lines = 0
        self._depth = 0

    def premises(self, proof: Proof) -> tuple[Explanation, ...]:
        """What a proof rests on. What a fact rests on is told once."""
        found: list[Explanation] = []
        for premise in proof.premises:
            if isinstance(premise, Proof):
                found.extend(self._proof(premise))
            elif isinstance(premise, NegatedPremise):
                found.append(self.negated(premise))
            elif isinstance(premise, AggregatePremise):
                found.append(self.words.aggregate(premise))
        return tuple(_distinct(found))

    def negated(self, premise: NegatedPremise) -> Explanation:
        """What was looked for and is not there."""
        relation = premise.atom.relation
        if is_inner(relation):
            origin = self._evaluation.program.place_of(relation)
            about = [self.words.value(value) for value in premise.row if value is not None]
            text = "the model has nothing that meets this condition" + (
                f" for {', '.join(about)}" if about else ""
            )
            return Explanation(text, origin, mark=Mark.ABSENT)
        return Explanation(f"not {self.words.fact(relation, premise.row)}", None, mark=Mark.ABSENT)

    # ------------------------------------------------------------------------------------------ internals

    def _proof(self, proof: Proof) -> Sequence[Explanation]:
        if is_inner(proof.relation):
            return self.premises(proof)
        if not self._sorts and proof.relation.startswith(SORTS):
            return []
        key = (proof.relation, proof.row)
        text = self.words.fact(proof.relation, proof.row)
        if key in self._told:
            # A fact of the model needs no second line, and what is derived is found above.
            return [] if proof.rule is None else [Explanation(text, None).again()]
        self._told.add(key)
        self._lines += 1
        if self._lines > MAX_LINES:
            first = self._lines == MAX_LINES + 1
            note = f"… and more: only {MAX_LINES} lines are told (`--format json` has all)"
            return [Explanation(note, None, mark=Mark.NOTE)] if first else []
        if proof.rule is None:
            return [Explanation(text, self.words.place(proof.relation, proof.row), mark=Mark.FACT)]
        if self._depth == MAX_DEPTH:
            deeper = f"… and what that rests on: only {MAX_DEPTH} levels are told (`--format json` has all)"
            below: tuple[Explanation, ...] = (Explanation(deeper, None, mark=Mark.NOTE),)
        else:
            self._depth += 1
            below = self.premises(proof)
            self._depth -= 1
        return [Explanation(text, origin_of(proof.rule), below)]
