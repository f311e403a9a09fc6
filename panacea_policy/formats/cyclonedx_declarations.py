"""CycloneDX 1.6 attestations: a pack as a standard, its clauses as requirements, verdicts as claims."""

from __future__ import annotations

import json
from collections.abc import Iterator

from panacea_policy.compiler import Verdict
from panacea_policy.compliance import Clause, ClauseVerdict, Strength
from panacea_policy.formats.check_run import sentence
from panacea_policy.formats.comply_run import ComplyRun, PackView, number
from panacea_policy.formats.oscal.names import Json, instant, organisation, uuid
from panacea_policy.version import __version__

#: How far a clause is conformed to. An unknown one has no score: nobody knows.
_SCORES = {
    ClauseVerdict.MET: 1.0,
    ClauseVerdict.ATTESTED: 1.0,
    ClauseVerdict.WAIVED: 0.5,
    ClauseVerdict.VIOLATED: 0.0,
}
#: How sure the verdict is, by what it rests on: an ordinal scale as numbers, which CycloneDX wants.
_CONFIDENCE = {Strength.DECLARED: 0.3, Strength.ATTESTED: 0.6, Strength.MEASURED: 0.9}


def to_cyclonedx(run: ComplyRun, pack: PackView) -> str:
    """The document as JSON text; the same run gives the same bytes."""
    return json.dumps(document(run, pack), indent=2, ensure_ascii=False) + "\n"


def document(run: ComplyRun, pack: PackView) -> Json:
    """The document. Clauses that do not apply are requirements without a claim."""
    judged = [clause for clause in pack.clauses if clause.verdict is not ClauseVerdict.NOT_APPLICABLE]
    target = _reference("organisation", organisation(run))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid('cyclonedx', pack.name, organisation(run), str(run.law_of))}",
        "version": 1,
        "metadata": {
            "timestamp": instant(run.check.workspace.as_of),
            "tools": {
                "components": [{"type": "application", "name": "panacea-policy", "version": __version__}]
            },
        },
        "declarations": {
            "assessors": [
                {
                    "bom-ref": "assessor",
                    "thirdParty": False,
                    "organization": {"name": "Panacea Policy (a program)"},
                }
            ],
            "attestations": [
                {
                    "summary": f"{pack.title}: verdicts as of {run.law_of.isoformat()}",
                    "assessor": "assessor",
                    "map": [_mapped(run, clause) for clause in judged],
                }
            ],
            "claims": [_claim(clause, target) for clause in judged if _held(clause)]
            + [_claim(clause, target, counter=True) for clause in judged if _broken(clause)],
            "evidence": list(_evidence(judged)),
            "targets": {"organizations": [{"bom-ref": target, "name": organisation(run)}]},
        },
        "definitions": {
            "standards": [
                {
                    "bom-ref": _reference("standard", pack.name),
                    "name": pack.title,
                    "version": str(pack.says("version") or ""),
                    "description": str(pack.says("source") or pack.title),
                    "requirements": [
                        {
                            "bom-ref": _reference("requirement", clause.id),
                            "identifier": number(clause),
                            "title": clause.title,
                        }
                        for clause in pack.clauses
                    ],
                }
            ]
        },
    }


def _mapped(run: ComplyRun, clause: Clause) -> Json:
    found: Json = {"requirement": _reference("requirement", clause.id)}
    if _held(clause):
        found["claims"] = [_reference("claim", clause.id)]
    if _broken(clause):
        found["counterClaims"] = [_reference("counterclaim", clause.id)]
    score, strength = _SCORES.get(clause.verdict), run.strength(clause)
    if score is not None:
        found["conformance"] = {"score": score, "rationale": f"{clause.verdict}: {clause.reason}"}
    if strength is not None:
        rationale = f"known as {strength}, the weakest of what it rests on"
        found["confidence"] = {"score": _CONFIDENCE[strength], "rationale": rationale}
    return found


def _claim(clause: Clause, target: str, *, counter: bool = False) -> Json:
    """What is claimed of a clause, or, with ``counter``, what stands against it."""
    return {
        "bom-ref": _reference("counterclaim" if counter else "claim", clause.id),
        "target": target,
        "predicate": f"{number(clause)} {clause.title}: {clause.verdict}",
        "reasoning": clause.reason,
        "counterEvidence" if counter else "evidence": [_reference("evidence", clause.id)],
    }


def _evidence(clauses: list[Clause]) -> Iterator[Json]:
    for clause in clauses:
        if not (_held(clause) or _broken(clause)):
            continue
        said = clause.attestation
        told = [sentence(f) for f in clause.findings if f.verdict is not Verdict.UNKNOWN][:20]
        if said is not None:
            told.append(f"{said.by} attests, {said.term}: {said.because}")
        found: Json = {
            "bom-ref": _reference("evidence", clause.id),
            "propertyName": clause.id,
            "description": "; ".join(told) or f"{clause.met} checks are met",
        }
        if said is not None and said.until is not None:
            found["expires"] = instant(said.until)
        yield found


def _held(clause: Clause) -> bool:
    return clause.verdict in (ClauseVerdict.MET, ClauseVerdict.ATTESTED)


def _broken(clause: Clause) -> bool:
    return clause.verdict in (ClauseVerdict.VIOLATED, ClauseVerdict.WAIVED)


def _reference(kind: str, name: str) -> str:
    return f"{kind}:{name}"
