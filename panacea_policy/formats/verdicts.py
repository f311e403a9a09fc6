"""What evidence says of a judged model: its subjects, the packs, the simple result and every verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from panacea_policy.compiler.installed import content_digest
from panacea_policy.compliance import ClauseVerdict, Strength
from panacea_policy.compliance.strength import assurance
from panacea_policy.evidence import Resource, canonical, digest, full_verdicts, simple_result
from panacea_policy.evidence.absences import named
from panacea_policy.evidence.statements import written
from panacea_policy.formats.check_run import sentence
from panacea_policy.formats.comply_json import comply_document
from panacea_policy.formats.comply_run import ComplyRun
from panacea_policy.formats.model_json import model_document
from panacea_policy.version import __version__

VERIFIER = f"urn:panacea-policy:comply:{__version__}"
#: Verdicts by which a clause counts as met in the simple result. A waived one does not.
_MET = (ClauseVerdict.MET, ClauseVerdict.ATTESTED)


def model_bytes(run: ComplyRun) -> bytes:
    """The model in canonical form: what the subject `model` is the digest of."""
    return canonical(model_document(run.check.workspace))


def statements(
    run: ComplyRun, model: bytes, time: datetime, absences: Sequence[bytes] = ()
) -> Mapping[str, dict[str, Any]]:
    """The statements about a run, by name: ``result`` for machines that ask one question, ``verdicts`` for
    people who want to know why. ``absences``: certificates that the model bears out; ``verdicts`` names them.
    """
    subjects = [Resource("model", digest(model))]
    packs = _packs(run)
    properties = [f"{clause.id}:{clause.verdict}" for clause in run.clauses if clause.verdict in _MET]
    return {
        "result": simple_result(
            subjects,
            packs,
            verifier=VERIFIER,
            time=time,
            properties=[f"PANACEA_{each}" for each in properties],
        ),
        "verdicts": full_verdicts(subjects, _predicate(run, packs, time, absences)),
    }


def _packs(run: ComplyRun) -> list[Resource]:
    """The packs whose rules ran, by what is in them."""
    used = {unit.package.folder: unit.package for unit in run.model.entities("pack")}
    return sorted(
        (
            Resource(f"packs.{package.label}", content_digest(folder))
            for folder, package in used.items()
            if package.label
        ),
        key=lambda each: each.name,
    )


def _predicate(
    run: ComplyRun, packs: list[Resource], time: datetime, absences: Sequence[bytes]
) -> dict[str, Any]:
    document = comply_document(run).model_dump(mode="json", by_alias=True)
    document.pop("schema")
    return {
        "verifier": {"id": VERIFIER, "policies": [pack.descriptor() for pack in packs]},
        "timeCreated": written(time),
        **document,
        "findings": [
            {
                "fingerprint": finding.fingerprint,
                "rule": finding.rule.id,
                "severity": finding.rule.severity,
                "verdict": str(finding.verdict),
                "subjects": [subject.name for subject in finding.subjects],
                "message": sentence(finding),
            }
            for finding in sorted(run.compliance.findings, key=lambda each: each.fingerprint)
        ],
        **({"absences": sorted(map(named, absences), key=canonical)} if absences else {}),
        "limits": _limits(run),
    }


def _limits(run: ComplyRun) -> dict[str, Any]:
    """What the verdicts rest on, and where they end: their blind spots."""
    known = Counter(str(assurance(entity, run.model)) for entity in run.model.entities("asset"))
    return {
        "about": "Verdicts speak of what the model declares. What is only `declared` nobody observed.",
        "assets": {str(strength): known.get(str(strength), 0) for strength in Strength},
        "openQuestions": len(run.compliance.questions),
        "uncheckedStatements": {pack.name: list(pack.unchecked) for pack in run.packs if pack.unchecked},
        "rulesOfLawThatDoesNotBind": len({finding.rule.id for finding in run.compliance.unbound}),
    }
