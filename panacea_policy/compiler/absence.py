"""Claims that something is absent, such as a way from one place to another, and certificates of them.

A claim is a question in the words of a rule that has no answer: no certain one, and none that hangs on what
nobody said. So a certificate never rests on silence: what is unknown counts as possible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from panacea_policy.compiler.evaluation import Evaluation, WorkspaceError, too_much
from panacea_policy.compiler.explain import Teller
from panacea_policy.compiler.query import decoded_rows, read_question
from panacea_policy.compiler.words import Explanation
from panacea_policy.engine import EvaluationError

#: Answers against a claim that are told, and that are proved.
MAX_TOLD, MAX_PROVED = 20, 1


@dataclass(frozen=True, slots=True)
class Absence:
    """Whether a claim holds.

    ``certificate``: of a claim that does, for `panacea_policy.closurecheck`. ``columns``, ``certain`` and
    ``possible``: the first answers against it, those that hold and those that may; ``why``: the proof of one.
    """

    claim: str
    certificate: Mapping[str, Any] | None
    columns: tuple[str, ...]
    certain: Sequence[tuple[object, ...]]
    possible: Sequence[tuple[object, ...]]
    why: Explanation | None


def prove_absent(claim: str, evaluation: Evaluation) -> Absence:
    """Whether a question has no answers, certain or possible.

    Raises :class:`QueryError` for what is no question, WorkspaceError for an evaluation that has to stop, and
    TooLarge for a certificate that nobody would wait for.
    """
    from panacea_policy.engine.closure import closure

    builder, rule = read_question(claim, evaluation)
    compiled = evaluation.program.compile(builder)
    try:
        result = evaluation.evaluate(builder, compiled, [rule.violated, rule.possible])
    except EvaluationError as problem:
        raise WorkspaceError([too_much(problem)]) from None
    columns = tuple(name for name, _ in rule.variables)
    found = {}
    for relation in (rule.violated, rule.possible):
        table = result.table(relation)
        values = [column[:].tolist() for column in table.columns]
        found[relation] = decoded_rows(values, rule.variables, evaluation)
    certain = found[rule.violated]
    if found[rule.possible]:
        known = set(certain)
        possible = [row for row in found[rule.possible] if row not in known]
        first = rule.violated if certain else rule.possible
        proof = result.explain(first, result.rows(first)[0])
        why = Explanation("against the claim", None, Teller(evaluation, sorts=False).premises(proof))
        return Absence(claim, None, columns, certain[:MAX_TOLD], possible[:MAX_TOLD], why)
    return Absence(claim, closure(result, rule.possible), columns, (), (), None)
