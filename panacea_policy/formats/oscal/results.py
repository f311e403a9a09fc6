"""What was found: assessment results, and the plan of action with its milestones.

Six verdicts become two states of OSCAL: met and attested are `satisfied`, the others `not-satisfied`, with
the verdict as a property. What is not applicable is no finding but a property with its reason; what is waived
is a risk with the deadline of the waiver; what is unknown has the reason `other`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from panacea_policy.compiler import SEVERITIES, Entity, Finding, Verdict
from panacea_policy.compliance import Attestation, Clause, ClauseVerdict, read_waiver
from panacea_policy.formats.check_run import sentence
from panacea_policy.formats.comply_run import ComplyRun, PackView, number, open_questions
from panacea_policy.formats.oscal.controls import reviewed, validator_uuid
from panacea_policy.formats.oscal.evidence import evidence_of
from panacea_policy.formats.oscal.names import (
    ASSESSOR,
    NS,
    PLAN,
    SSP,
    Json,
    control_id,
    filled,
    instant,
    line,
    metadata,
    organisation,
    person_uuid,
    prop,
    statement_of,
    uuid,
)
from panacea_policy.formats.oscal.system import item, item_uuid, requirement_uuid, task_uuid

_SATISFIED = (ClauseVerdict.MET, ClauseVerdict.ATTESTED)
#: Severities in the words of a facet.
_SEVERITY = "https://csrc.nist.gov/ns/oscal"


def assessment_results(run: ComplyRun, pack: PackView) -> Json:
    """One result: observations for open findings and for rules that are met, a finding for each clause."""
    binding = [clause for clause in pack.clauses if clause.standing.binds]
    start = instant(run.check.workspace.as_of)
    found: Json = {
        "uuid": uuid("result", pack.name, organisation(run), start),
        "title": f"{line(pack.title)}: verdicts",
        "description": "Every rule of the pack on every subject of the model, and what people attested.",
        "start": start,
        "end": start,
        "props": [
            prop("coverage", f"{pack.coverage.decided}/{pack.coverage.applicable}"),
            *(
                prop("not-applicable", control_id(clause), remarks=line(clause.reason))
                for clause in pack.clauses
                if clause.verdict is ClauseVerdict.NOT_APPLICABLE
            ),
        ],
        "reviewed-controls": reviewed(pack, "Every clause that binds or measures the organisation."),
    }
    subjects = _subjects(binding)
    if subjects:
        found["local-definitions"] = {"inventory-items": [item(entity) for entity in subjects]}
    attestations = [_attestation(clause) for clause in binding if clause.attestation is not None]
    found.update(filled("attestations", attestations))
    found.update(filled("observations", list(_observations(run, pack, binding))))
    found.update(filled("risks", list(_risks(run, pack, binding))))
    found.update(
        filled("findings", [_finding(run, pack, clause) for clause in binding if _is_finding(clause)])
    )
    return {
        "assessment-results": {
            "uuid": uuid("assessment-results", pack.name, organisation(run)),
            "metadata": metadata(run, pack, "Assessment results"),
            "import-ap": {"href": PLAN},
            "results": [found],
        }
    }


def poam(run: ComplyRun, pack: PackView) -> Json:
    """What is to be done: an item for each clause that is violated, waived or unknown."""
    binding = [clause for clause in pack.clauses if clause.standing.binds]
    todo = [clause for clause in binding if _is_finding(clause) and clause.verdict not in _SATISFIED]
    subjects = _subjects(todo)
    document: Json = {
        "uuid": uuid("poam", pack.name, organisation(run)),
        "metadata": metadata(run, pack, "Plan of action and milestones"),
        "import-ssp": {"href": SSP},
    }
    if subjects:
        document["local-definitions"] = {"inventory-items": [item(entity) for entity in subjects]}
    document.update(filled("observations", list(_observations(run, pack, todo))))
    document.update(filled("risks", list(_risks(run, pack, todo))))
    document["poam-items"] = [_item(pack, clause) for clause in todo] or [_nothing_to_do(pack)]
    return {"plan-of-action-and-milestones": document}


# ------------------------------------------------------------------------------------------ observations


def _observations(run: ComplyRun, pack: PackView, clauses: Sequence[Clause]) -> Iterator[Json]:
    """Each open finding once, however many clauses it speaks of; each rule with checks that are met once."""
    rules: dict[str, None] = {}
    seen: set[str] = set()
    for clause in clauses:
        for finding in clause.findings:
            if finding.fingerprint not in seen:
                seen.add(finding.fingerprint)
                yield _observation(run, pack, finding)
        rules.update(dict.fromkeys(rule.id for rule in clause.rules))
    for rule in rules:
        tally = run.compliance.tally(rule)
        met = tally.counts[Verdict.MET] if tally is not None else 0
        if met:
            yield {
                **_seen(run, pack, ["TEST"]),
                "uuid": _met_uuid(pack, rule),
                "title": rule,
                "description": f"{met} checks of {rule} are met.",
                "props": [prop("rule", rule), prop("verdict", "met"), prop("checks", str(met))],
            }
    for clause in clauses:
        if clause.attestation is not None:
            yield _said(run, pack, clause, clause.attestation)


def _observation(run: ComplyRun, pack: PackView, finding: Finding) -> Json:
    return {
        **_seen(run, pack, ["TEST"]),
        "uuid": _observation_uuid(pack, finding),
        "title": finding.rule.id,
        "description": line(sentence(finding)),
        "props": [
            prop("rule", finding.rule.id),
            prop("verdict", str(finding.verdict)),
            prop("severity", finding.rule.severity),
            prop("fingerprint", finding.fingerprint),
        ],
        "subjects": [
            {"subject-uuid": item_uuid(subject), "type": "inventory-item", "title": subject.name}
            for subject in finding.subjects
        ],
        "relevant-evidence": evidence_of(run, finding),
    }


def _said(run: ComplyRun, pack: PackView, clause: Clause, said: Attestation) -> Json:
    found: Json = {
        **_seen(run, pack, ["INTERVIEW"]),
        "uuid": _said_uuid(pack, clause),
        "title": f"Attestation of {clause.id}",
        "description": line(f"{said.by} attests, {said.term}: {said.because}"),
        "props": [
            prop("verdict", str(said.verdict)),
            prop("valid", "yes" if said.valid else "no"),
            prop("until", said.end),
        ],
    }
    return {**found, "expires": instant(said.until)} if said.until is not None else found


def _seen(run: ComplyRun, pack: PackView, methods: list[str]) -> Json:
    return {
        "methods": methods,
        "types": ["finding"],
        "origins": [
            {
                "actors": [{"type": "tool", "actor-uuid": validator_uuid(pack)}],
                "related-tasks": [{"task-uuid": task_uuid(pack)}],
            }
        ],
        "collected": instant(run.check.workspace.as_of),
    }


def _subjects(clauses: Sequence[Clause]) -> list[Entity]:
    found = {s.name: s for clause in clauses for finding in clause.findings for s in finding.subjects}
    return [found[name] for name in sorted(found)]


def _attestation(clause: Clause) -> Json:
    said = clause.attestation
    assert said is not None
    return {
        "responsible-parties": [{"role-id": "attester", "party-uuids": [person_uuid(said.by)]}],
        "parts": [
            {
                "uuid": uuid("attestation", clause.id, said.by),
                "name": "attestation",
                "ns": NS,
                "title": statement_of(clause),
                "prose": line(said.because),
                "props": [prop("until", said.end)],
            }
        ],
    }


# ------------------------------------------------------------------------------------------ risks, findings


def _risks(run: ComplyRun, pack: PackView, clauses: Sequence[Clause]) -> Iterator[Json]:
    for clause in clauses:
        for verdict in _risky(clause):
            yield _risk(run, pack, clause, verdict)


def _risky(clause: Clause) -> list[Verdict]:
    """The verdicts on findings of a clause that are a risk: what is violated, and what was accepted so."""
    there = {finding.verdict for finding in clause.findings}
    violated = clause.verdict is ClauseVerdict.VIOLATED and Verdict.VIOLATED in there
    return [*([Verdict.VIOLATED] if violated else []), *([Verdict.WAIVED] if Verdict.WAIVED in there else [])]


def _risk(run: ComplyRun, pack: PackView, clause: Clause, verdict: Verdict) -> Json:
    findings = [finding for finding in clause.findings if finding.verdict is verdict]
    waived = verdict is Verdict.WAIVED
    remedies = dict.fromkeys(finding.rule.remedy for finding in findings if finding.rule.remedy)
    found: Json = {
        "uuid": _risk_uuid(pack, clause, verdict),
        "title": statement_of(clause),
        "description": "; ".join(dict.fromkeys(line(sentence(finding)) for finding in findings))
        or line(clause.reason),
        "statement": line(clause.reason) if not waived else "Accepted for a time: see the waivers.",
        "props": [prop("verdict", str(verdict)), prop("severity", _worst(findings))],
        "status": "deviation-approved" if waived else "open",
        "related-observations": [
            {"observation-uuid": _observation_uuid(pack, finding)} for finding in findings
        ],
    }
    if waived:
        accepted = {w.name: read_waiver(w, run.model) for w in clause.waivers}
        ends = [each.until for each in accepted.values() if each.until is not None]
        if ends:
            found["deadline"] = instant(min(ends))
        found["mitigating-factors"] = [
            {"uuid": uuid("waiver", clause.id, name), "description": line(str(each))}
            for name, each in accepted.items()
        ]
    if remedies and not waived:
        found["remediations"] = [
            {
                "uuid": uuid("remedy", clause.id, str(remedy)),
                "lifecycle": "recommendation",
                "title": "Remedy",
                "description": line(str(remedy)),
                "origins": [{"actors": [{"type": "party", "actor-uuid": ASSESSOR}]}],
            }
            for remedy in remedies
        ]
    return found


def _worst(findings: Sequence[Finding]) -> str:
    return min((finding.rule.severity for finding in findings), key=SEVERITIES.index, default="info")


def _is_finding(clause: Clause) -> bool:
    return clause.verdict is not ClauseVerdict.NOT_APPLICABLE


def _finding(run: ComplyRun, pack: PackView, clause: Clause) -> Json:
    strength = run.strength(clause)
    satisfied = clause.verdict in _SATISFIED
    reason = {ClauseVerdict.UNKNOWN: "other"}.get(clause.verdict, "pass" if satisfied else "fail")
    found: Json = {
        "uuid": uuid("finding", pack.name, clause.id, organisation(run)),
        "title": statement_of(clause),
        "description": line(clause.reason),
        "props": [prop("verdict", str(clause.verdict)), prop("number", number(clause))],
        "target": {
            "type": "objective-id",
            "target-id": control_id(clause),
            "status": {"state": "satisfied" if satisfied else "not-satisfied", "reason": reason},
        },
        "implementation-statement-uuid": requirement_uuid(run, pack, clause),
    }
    if strength is not None:
        found["props"].append(prop("known-as", str(strength)))
    found.update(filled("related-observations", list(_related(run, pack, clause))))
    risks = [{"risk-uuid": _risk_uuid(pack, clause, verdict)} for verdict in _risky(clause)]
    found.update(filled("related-risks", risks))
    if asked := open_questions(clause):
        found["remarks"] = "Open questions: " + "; ".join(map(line, asked))
    return found


def _related(run: ComplyRun, pack: PackView, clause: Clause) -> Iterator[Json]:
    for finding in clause.findings:
        yield {"observation-uuid": _observation_uuid(pack, finding)}
    for rule in clause.rules:
        tally = run.compliance.tally(rule.id)
        if tally is not None and tally.counts[Verdict.MET]:
            yield {"observation-uuid": _met_uuid(pack, rule.id)}
    if clause.attestation is not None:
        yield {"observation-uuid": _said_uuid(pack, clause)}


def _item(pack: PackView, clause: Clause) -> Json:
    found: Json = {
        "uuid": uuid("poam-item", pack.name, clause.id),
        "title": statement_of(clause),
        "description": line(clause.reason),
        "props": [prop("verdict", str(clause.verdict))],
    }
    observed = [{"observation-uuid": _observation_uuid(pack, finding)} for finding in clause.findings]
    found.update(filled("related-observations", observed))
    risks = [{"risk-uuid": _risk_uuid(pack, clause, verdict)} for verdict in _risky(clause)]
    found.update(filled("related-risks", risks))
    return found


def _nothing_to_do(pack: PackView) -> Json:
    return {
        "uuid": uuid("poam-item", pack.name, "nothing"),
        "title": "Nothing to do",
        "description": "Every clause that binds is met, attested or not applicable.",
    }


def _observation_uuid(pack: PackView, finding: Finding) -> str:
    return uuid("observation", pack.name, finding.fingerprint)


def _met_uuid(pack: PackView, rule: str) -> str:
    return uuid("observation", "met", pack.name, rule)


def _said_uuid(pack: PackView, clause: Clause) -> str:
    return uuid("observation", "attestation", pack.name, clause.id)


def _risk_uuid(pack: PackView, clause: Clause, verdict: Verdict) -> str:
    return uuid("risk", pack.name, clause.id, str(verdict))
