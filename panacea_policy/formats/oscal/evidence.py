"""What a finding was read off: the declaration of its subject, and the facts of its smallest witness."""

from __future__ import annotations

from panacea_policy.compiler import Finding, Verdict
from panacea_policy.formats.comply_run import ComplyRun
from panacea_policy.formats.oscal.names import Json, line, prop
from panacea_policy.formats.witnesses import leaf_place, leaf_text, witness_of

#: Facts of one finding that are told; a rule reads a handful, a count in it may name very many.
MOST_FACTS = 50

#: What a place is to a part of a witness: the text says facts; what is absent or counted, a rule asks for.
_PLACED = {"fact": "at", "absent": "asked for at", "counted": "counted at"}


def evidence_of(run: ComplyRun, finding: Finding) -> list[Json]:
    """The evidence of an observation: where the subject is declared, then each fact with its place.

    What is violated, or waived, rests on facts of the model, on what it does not have, and on what was
    counted; property `part` says which. What is unknown rests on nothing yet: it has questions.
    """
    declared: Json = {"description": f"Declared at {run.check.where(finding)}"}
    if finding.verdict is Verdict.UNKNOWN:
        return [declared]
    witness = witness_of(run.check, finding)
    leaves = witness.leaves if witness is not None else ()
    facts: list[Json] = []
    for leaf in leaves[:MOST_FACTS]:
        text, place = line(leaf_text(run.check, leaf)), leaf_place(run.check, leaf)
        facts.append(
            {
                "description": f"{text}, {_PLACED[leaf.what]} {place}" if place else text,
                "props": [prop("part", leaf.what), *([prop("place", place)] if place else [])],
            }
        )
    if len(leaves) > MOST_FACTS:
        declared["remarks"] = f"{len(leaves) - MOST_FACTS} more facts: `panacea comply --clause` lists all."
    return [declared, *facts]
