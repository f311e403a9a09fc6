"""What a certification file says: scope, method, verdicts, witnesses, questions, waivers, limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from panacea_policy.compiler import SEVERITIES, UNKNOWN, Entity, Finding, Verdict
from panacea_policy.compliance import Clause, ClauseVerdict, Strength, own_organisations, read_waiver
from panacea_policy.compliance.strength import assurance
from panacea_policy.formats.check_run import sentence
from panacea_policy.formats.comply_run import ComplyRun, PackView, number, open_questions, undecided
from panacea_policy.formats.oscal.names import organisation
from panacea_policy.formats.witnesses import leaf_place, leaf_text, witness_of
from panacea_policy.version import __version__

Json = dict[str, Any]

#: Findings of a clause beyond these are counted; the machine-readable files hold all.
SHOWN = 12
#: Questions, and violations that one waiver accepts, which page and PDF list: nobody reads a thousand pages.
LISTED = 200
ORDER = tuple(str(verdict) for verdict in ClauseVerdict)

#: What each verdict means, for readers who see it for the first time.
MEANINGS = {
    "violated": "What the model declares contradicts the clause.",
    "unknown": "Nobody stated what would decide it, or nobody attests what no rule can judge.",
    "waived": "Violated, and somebody with a name accepted that for a reason and until a day.",
    "attested": "Somebody with a name answers for it; no rule can show it, or not all of it.",
    "met": "Everything that the rules look at is declared as the clause asks.",
    "not applicable": "It does not bind here on this day, or the model has nothing that it speaks of.",
}
METHOD = (
    "Rules for each clause were run over a model of the organisation: its architecture, identities, "
    "agreements and governance. Each rule reads what the model declares, and decides for each subject that "
    "it speaks of. What nobody declared is unknown and never counts as met. A clause takes the worst verdict "
    "of the checks that speak of it; a violated clause may have undecided ones, too. Where no rule can "
    "decide, somebody with a name attests: the attestations say until when."
)
LIMITS = (
    "Verdicts speak of what the model declares. That the hospital is as the model says, and that a measure "
    "is good enough and lived, is for audits and exercises to show. This file supports such work; it is no "
    "certificate of an accredited body."
)


def content(run: ComplyRun, pack: PackView) -> Json:
    """The file as plain data: texts and numbers, in the order of reading."""
    clauses = [_clause(run, clause) for clause in pack.clauses]
    questions = _questions(pack)
    known = Counter(str(assurance(entity, run.model)) for entity in run.model.entities("asset"))
    return {
        "title": pack.title,
        "pack": pack.name,
        "version": str(pack.says("version") or ""),
        "source": str(pack.says("source") or ""),
        "status": pack.status_on(run.law_of),
        "organisation": organisation(run),
        "judgedAs": _judged_as(run),
        "asOf": run.check.workspace.as_of.isoformat(),
        "lawOf": run.law_of.isoformat(),
        "foreseen": run.foreseen,
        "program": f"Panacea Policy {__version__}",
        "method": METHOD,
        "limits": LIMITS,
        "meanings": [{"verdict": name, "meaning": meaning} for name, meaning in MEANINGS.items()],
        "counts": [{"verdict": _words(verdict), "count": pack.counts.get(verdict, 0)} for verdict in ORDER],
        "coverage": {"decided": pack.coverage.decided, "applicable": pack.coverage.applicable},
        "scope": _scope(run),
        "strengths": [{"strength": str(each), "assets": known.get(str(each), 0)} for each in Strength],
        "clauses": clauses,
        "waivers": list(_waivers(run, pack)),
        "attestations": list(_attestations(pack)),
        "questions": questions[:LISTED],
        "moreQuestions": max(0, len(questions) - LISTED),
        "unchecked": list(pack.unchecked),
        "statement": [
            {
                "number": number(line.clause),
                "title": line.clause.title,
                "applies": {True: "yes", False: "no", None: "unsaid"}[line.applies],
                "state": line.state or "unsaid",
                "reason": line.reason,
                "remark": line.remark,
            }
            for line in run.statement(pack.name)
        ],
    }


def _judged_as(run: ComplyRun) -> str:
    """To whom a clause must speak, and where it must hold, to bind: what decides which clauses apply."""
    ours = own_organisations(run.model)
    said = {
        attribute: dict.fromkeys(
            text for each in ours for text in _texts(run.model.value(each, attribute)) if text
        )
        for attribute in ("addressees", "country")
    }
    whom, where = (", ".join(map(_words, each)) for each in said.values())
    return " in ".join(filter(None, (whom, where)))


def _texts(value: object) -> tuple[str, ...]:
    if value is UNKNOWN or value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


_KINDS = (
    "organisation", "site", "zone", "conduit", "system", "device", "workload", "data_store", "flow",
    "data_class", "role", "person", "account", "grant", "agreement", "supplier", "process", "control",
)  # fmt: skip


def _scope(run: ComplyRun) -> list[Json]:
    kinds = Counter(entity.kind.name for entity in run.model.entities() if not entity.package.prefix)
    return [{"kind": _words(kind), "count": kinds[kind]} for kind in _KINDS if kinds[kind]]


def _clause(run: ComplyRun, clause: Clause) -> Json:
    strength = run.strength(clause)
    stands = sorted((f for f in _counting(clause) if f.verdict is not Verdict.UNKNOWN), key=_gravity)
    questions = open_questions(clause)
    return {
        "number": number(clause),
        "id": clause.id,
        "title": clause.title,
        "verdict": _words(str(clause.verdict)),
        "reason": clause.reason,
        "strength": str(strength) if strength is not None else "",
        "benchmark": clause.standing.benchmark,
        "met": clause.met,
        "undecided": len(undecided(clause)),
        "findings": [_finding(run, finding) for finding in stands[:SHOWN]],
        "more": max(0, len(stands) - SHOWN),
        "questions": list(questions[:SHOWN]),
        "moreQuestions": max(0, len(questions) - SHOWN),
        "remedies": list(
            dict.fromkeys(f.rule.remedy for f in stands if f.verdict is Verdict.VIOLATED and f.rule.remedy)
        ),
    }


def _counting(clause: Clause) -> tuple[Finding, ...]:
    """The findings of a clause; of one that does not apply none counts."""
    return () if clause.verdict is ClauseVerdict.NOT_APPLICABLE else tuple(clause.findings)


def _gravity(finding: Finding) -> tuple[bool, int]:
    """What nobody accepted comes first, then the gravest: what is cut off is what matters least."""
    severity = finding.rule.severity
    return finding.verdict is Verdict.WAIVED, SEVERITIES.index(severity) if severity in SEVERITIES else 99


def _finding(run: ComplyRun, finding: Finding) -> Json:
    return {
        "verdict": _words(str(finding.verdict)),
        "severity": finding.rule.severity,
        "rule": finding.rule.id,
        "message": sentence(finding),
        "place": run.check.where(finding),
        "facts": list(_facts(run, finding)),
    }


def _facts(run: ComplyRun, finding: Finding) -> Iterator[Json]:
    """The smallest witness of a violation, as far as a page has room for it."""
    witness = witness_of(run.check, finding)
    for leaf in witness.leaves[:SHOWN] if witness is not None else ():
        yield {
            "what": leaf.what,
            "text": " ".join(leaf_text(run.check, leaf).split()),
            "place": leaf_place(run.check, leaf),
        }


def _waivers(run: ComplyRun, pack: PackView) -> Iterator[Json]:
    """Each waiver with all that it accepts: no other place of the page names every one."""
    clauses: dict[str, dict[str, None]] = {}
    accepted: dict[str, dict[str, None]] = {}
    entities: dict[str, Entity] = {}
    for clause in pack.clauses:
        if clause.verdict is ClauseVerdict.NOT_APPLICABLE:
            continue
        for waiver in clause.waivers:
            entities[waiver.name] = waiver
            clauses.setdefault(waiver.name, {})[number(clause)] = None
        for finding in clause.findings.with_verdict(Verdict.WAIVED):
            if finding.waiver is not None:
                accepted.setdefault(finding.waiver.name, {})[sentence(finding)] = None
    for name in sorted(entities):
        said = read_waiver(entities[name], run.model)
        yield {
            "clauses": ", ".join(clauses[name]),
            "accepts": list(accepted.get(name, ()))[:LISTED],
            "more": max(0, len(accepted.get(name, ())) - LISTED),
            "by": said.by,
            "because": said.because,
            "until": said.until.isoformat() if said.until else "without end",
        }


def _attestations(pack: PackView) -> Iterator[Json]:
    for clause in pack.clauses:
        said = clause.attestation
        if said is not None:
            yield {
                "clause": number(clause),
                "by": said.by,
                "because": said.because,
                "until": said.end,
                "valid": said.valid,
            }


def _questions(pack: PackView) -> list[Json]:
    """Every question, those that most clauses wait for first."""
    waiting: dict[str, list[str]] = {}
    for clause in pack.clauses:
        for text in open_questions(clause):
            waiting.setdefault(text, []).append(number(clause))
    ranked = sorted(waiting.items(), key=lambda each: (-len(each[1]), each[0]))
    return [{"question": text, "clauses": ", ".join(numbers)} for text, numbers in ranked]


def _words(name: str) -> str:
    return name.replace("_", " ")
