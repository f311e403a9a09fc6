"""OSCAL 1.2.1: an export of verdicts, never a form to write in."""

from __future__ import annotations

import json

from panacea_policy.formats.comply_run import ComplyRun, PackView
from panacea_policy.formats.oscal.controls import catalog, component_definition, profile
from panacea_policy.formats.oscal.integrity import dangling
from panacea_policy.formats.oscal.names import (
    CATALOG,
    COMPONENTS,
    PLAN,
    POAM,
    PROFILE,
    RESULTS,
    SSP,
    Json,
)
from panacea_policy.formats.oscal.results import assessment_results, poam
from panacea_policy.formats.oscal.system import assessment_plan, ssp


def documents(run: ComplyRun, pack: PackView) -> dict[str, Json]:
    """Every document about one pack by the name of its file. They refer to each other by these names."""
    return {
        CATALOG: catalog(run, pack),
        PROFILE: profile(run, pack),
        COMPONENTS: component_definition(run, pack),
        SSP: ssp(run, pack),
        PLAN: assessment_plan(run, pack),
        RESULTS: assessment_results(run, pack),
        POAM: poam(run, pack),
    }


def to_text(document: Json) -> str:
    """A document as JSON text; the same document gives the same bytes."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


__all__ = ["Json", "dangling", "documents", "to_text"]
