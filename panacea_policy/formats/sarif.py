"""SARIF 2.1.0 (OASIS), in two profiles.

``github`` holds open failures alone, each with a place: GitHub code scanning drops a whole file for one
result without a location, and ignores suppressions. ``audit`` holds everything: pass, open, and
waived findings as suppressed with their justification; the clauses that rules satisfy are its taxonomies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from panacea_policy.compiler import Entity, Finding, RuleInfo, Verdict
from panacea_policy.compliance import Clause, read_waiver
from panacea_policy.formats.check_run import DIAGNOSTIC_LEVELS, LEVELS, CheckRun, sentence
from panacea_policy.formats.places import Place, Row
from panacea_policy.language import Diagnostic, Severity
from panacea_policy.version import __version__

Profile = Literal["github", "audit"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

#: GitHub refuses more than 25,000 results in a run and more than 20 runs in a file.
RESULTS_IN_RUN = 25_000
RUNS_IN_FILE = 20

#: GitHub sorts by this number: above 9.0 critical, from 7.0 high, from 4.0 medium, above 0 low (CVSS bands).
SECURITY_SEVERITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}

_KINDS = {
    Verdict.VIOLATED: "fail",
    Verdict.WAIVED: "fail",
    Verdict.UNKNOWN: "open",
}

Json = dict[str, Any]


def to_sarif(run: CheckRun, profile: Profile, automation: str = "panacea/check/") -> str:
    """The run as SARIF text; the same run gives the same bytes.

    ``automation`` is the category of what is judged, with a slash at its end: on GitHub a file closes the
    alerts of earlier ones of its category that it does not have.
    """
    results = [_diagnostic_result(run, diagnostic) for diagnostic in run.diagnostics]
    for finding in run.findings:
        if profile == "audit" or finding.verdict is Verdict.VIOLATED:
            results.append(_result(run, finding, profile))
    if profile == "audit" and run.compliance is not None:
        results += [_pass(run, tally.rule, names) for tally in run.compliance.tallies for names in tally.met]
    starts = range(0, max(len(results), 1), RESULTS_IN_RUN)
    parts = [results[start : start + RESULTS_IN_RUN] for start in starts]
    runs = [
        _run(run, profile, part, automation if index == 0 else f"{automation}{index + 1}/")
        for index, part in enumerate(parts[:RUNS_IN_FILE])
    ]
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _run(run: CheckRun, profile: Profile, results: Sequence[Json], automation: str) -> Json:
    listed = run.compliance.rules if run.compliance is not None else ()
    # The compiler's own rules, such as that of expired waivers, are not among those of the packs.
    rules = {rule.id: rule for rule in (*listed, *(finding.rule for finding in run.findings))}.values()
    packs = run.compliance.packs() if run.compliance is not None and profile == "audit" else {}
    broken = any(diagnostic.severity is Severity.ERROR for diagnostic in run.diagnostics)
    document: Json = {
        "tool": {
            "driver": {
                "name": "panacea",
                "fullName": f"Panacea Policy {__version__}",
                "semanticVersion": __version__,
                # Every rule is declared, not only those with results, so that resolved alerts are closed.
                "rules": [*map(_diagnostic_rule, _codes(run)), *(_rule(rule, packs) for rule in rules)],
            }
        },
        "automationDetails": {"id": automation},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not broken}],
        "results": list(results),
        "properties": {"asOf": run.workspace.as_of.isoformat(), "profile": profile},
    }
    if packs:
        document["taxonomies"] = [_taxonomy(pack, clauses) for pack, clauses in packs.items()]
        document["tool"]["driver"]["supportedTaxonomies"] = [
            {"name": pack, "index": index} for index, pack in enumerate(packs)
        ]
    return document


def _rule(rule: RuleInfo, packs: Mapping[str, Sequence[Clause]]) -> Json:
    clauses = ", ".join(rule.satisfies)
    remedy = rule.remedy or "See the rule's text for what it asks."
    properties: Json = {"tags": ["security", *rule.satisfies][:20], "precision": "very-high"}
    if rule.severity in SECURITY_SEVERITY:
        properties["security-severity"] = SECURITY_SEVERITY[rule.severity]
    described: Json = {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.title or rule.name},
        "fullDescription": {"text": rule.doc or rule.title or rule.name},
        "help": {
            "text": f"{remedy} Clauses: {clauses}." if clauses else remedy,
            "markdown": f"{remedy}\n\n**Clauses:** {clauses}" if clauses else remedy,
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": properties,
    }
    related = [
        {
            "target": {"id": clause, "toolComponent": {"name": clause.rpartition(".")[0]}},
            "kinds": ["relevant"],
        }
        for clause in rule.satisfies
        if clause.rpartition(".")[0] in packs
    ]
    return described | ({"relationships": related} if related else {})


def _taxonomy(pack: str, clauses: Sequence[Clause]) -> Json:
    return {
        "name": pack,
        "shortDescription": {"text": f"Clauses of {pack}"},
        "taxa": [
            {
                "id": clause.id,
                "name": clause.title,
                "shortDescription": {"text": clause.title},
                "properties": {"verdict": str(clause.verdict), "reason": clause.reason},
            }
            for clause in clauses
        ],
    }


def _result(run: CheckRun, finding: Finding, profile: Profile) -> Json:
    kind = _KINDS[finding.verdict]
    result: Json = {
        "ruleId": finding.rule.id,
        "kind": kind,
        "level": LEVELS[finding.rule.severity] if kind == "fail" else "none",
        "message": {"text": sentence(finding)},
        "locations": [_location(run.place(finding.span), finding.subjects)],
        "partialFingerprints": _fingerprints(finding.fingerprint),
    }
    if age := run.age(finding):
        result["baselineState"] = "unchanged" if age == "known" else "new"
    if rows := run.rows(finding):
        result["relatedLocations"] = [_row_location(number, row) for number, row in enumerate(rows)]
    if profile == "github":
        return result
    result["properties"] = {"verdict": str(finding.verdict)}
    if finding.questions:
        result["properties"]["questions"] = [question.text for question in finding.questions]
    if finding.waiver is not None:
        result["suppressions"] = [_suppression(run, finding.waiver)]
    return result


def _pass(run: CheckRun, rule: RuleInfo, names: Sequence[str]) -> Json:
    subjects = [entity for name in names if (entity := run.workspace.model.get(name)) is not None]
    place = run.place(subjects[0].span if subjects else rule.span)
    return {
        "ruleId": rule.id,
        "kind": "pass",
        "level": "none",
        "message": {"text": f"{rule.title}: met"},
        "locations": [_location(place, subjects)],
        "properties": {"verdict": str(Verdict.MET)},
    }


def _suppression(run: CheckRun, entity: Entity) -> Json:
    waiver = read_waiver(entity, run.workspace.model)
    until = waiver.until.isoformat() if waiver.until is not None else None
    return {
        "kind": "external",
        "status": "accepted",
        "justification": waiver.because,
        "properties": {"by": waiver.by, "until": until},
    }


def _location(place: Place, subjects: Sequence[Entity]) -> Json:
    location: Json = {
        "physicalLocation": {
            "artifactLocation": _artifact(place.path),
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        }
    }
    if subjects:
        location["logicalLocations"] = [
            {"fullyQualifiedName": subject.name, "kind": "declaration"} for subject in subjects
        ]
    return location


def _row_location(number: int, row: Row) -> Json:
    """A row of an inventory; only a table's has a line of its own."""
    physical: Json = {"artifactLocation": _artifact(row.path)}
    if row.is_line:
        physical["region"] = {"startLine": row.number}
    return {"id": number, "message": {"text": str(row)}, "physicalLocation": physical}


def _artifact(path: str) -> Json:
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}


def _codes(run: CheckRun) -> list[Diagnostic]:
    """One diagnostic for each code in use, in order of the codes."""
    return [group for _, group in sorted({d.code: d for d in reversed(run.diagnostics)}.items())]


def _diagnostic_rule(diagnostic: Diagnostic) -> Json:
    level = DIAGNOSTIC_LEVELS[diagnostic.severity]
    return {
        "id": diagnostic.code,
        "shortDescription": {"text": f"Language {level} {diagnostic.code}"},
        "fullDescription": {
            "text": f"The compiler reports {diagnostic.code}; the model cannot be trusted before."
        },
        "help": {"text": f"Run `panacea explain {diagnostic.code}` to read about it."},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["correctness"], "precision": "very-high"},
    }


def _diagnostic_result(run: CheckRun, diagnostic: Diagnostic) -> Json:
    place = run.place(diagnostic.span)
    text = f"{diagnostic.message}\n{diagnostic.help}" if diagnostic.help else diagnostic.message
    return {
        "ruleId": diagnostic.code,
        "kind": "fail",
        "level": DIAGNOSTIC_LEVELS[diagnostic.severity],
        "message": {"text": text},
        "locations": [_location(place, ())],
        "partialFingerprints": _fingerprints(_digest(diagnostic.code, place.path, diagnostic.message)),
    }


def _fingerprints(fingerprint: str) -> Json:
    return {"panacea/v1": fingerprint, "primaryLocationLineHash": f"{fingerprint}:1"}


def _digest(*parts: str) -> str:
    from hashlib import blake2b

    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
