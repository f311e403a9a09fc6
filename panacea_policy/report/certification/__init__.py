"""The certification file of one pack: for people as PDF and page, for machines in the formats of others."""

from __future__ import annotations

import json

from msgspec.structs import replace

from panacea_policy.compiler import Findings
from panacea_policy.formats.check_run import CheckRun
from panacea_policy.formats.comply_json import comply_document
from panacea_policy.formats.comply_run import ComplyRun, PackView
from panacea_policy.formats.comply_tables import clause_table, statement_table
from panacea_policy.formats.cyclonedx_declarations import to_cyclonedx
from panacea_policy.formats.junit import to_junit
from panacea_policy.formats.oscal import dangling, documents, to_text
from panacea_policy.formats.sarif import to_sarif
from panacea_policy.formats.workbook import to_xlsx
from panacea_policy.report.certification.content import content
from panacea_policy.report.certification.page import to_html
from panacea_policy.report.certification.pdf import to_pdf


def certification(run: ComplyRun, pack: PackView) -> dict[str, str | bytes]:
    """Every file of a certification by name. The same model and law give the same bytes, wherever one stands:
    places are those seen from the model's folder. In ``github.sarif`` alone they are seen from where the
    command ran, since GitHub looks for them there.

    Raises PanaceaError where a package that PDF or spreadsheets need is not installed.
    """
    from_here = _narrowed(run, pack)
    run = replace(run, check=replace(run.check, base=run.check.workspace.root))
    told = content(run, pack)
    oscal = documents(run, pack)
    wrong = dangling(oscal)
    assert not wrong, wrong
    check = _narrowed(run, pack)
    category = f"panacea/certify/{pack.name}/"
    tables = (clause_table(run), statement_table(run, pack.name))
    return {
        "certification.pdf": to_pdf(told),
        "certification.html": to_html(told),
        "certification.json": json.dumps(told, indent=2, ensure_ascii=False) + "\n",
        "verdicts.json": comply_document(run).to_json(),
        "clauses.csv": tables[0].to_csv(),
        "statement-of-applicability.csv": tables[1].to_csv(),
        "certification.xlsx": to_xlsx(tables, f"{pack.title}", run.check.workspace.as_of),
        "cyclonedx.json": to_cyclonedx(run, pack),
        "github.sarif": to_sarif(from_here, "github", category),
        "audit.sarif": to_sarif(check, "audit", category),
        "junit.xml": to_junit(check),
        **{f"oscal/{name}": to_text(document) for name, document in oscal.items()},
    }


def _narrowed(run: ComplyRun, pack: PackView) -> CheckRun:
    """The check as far as it speaks of the pack: what rules that satisfy its clauses found."""
    rules = {rule.id for clause in pack.clauses for rule in clause.rules}
    found = run.compliance
    mine = replace(
        found,
        rules=tuple(rule for rule in found.rules if rule.id in rules),
        findings=found.findings.only(lambda rule: rule.id in rules),
        tallies=tuple(tally for tally in found.tallies if tally.rule.id in rules),
        clauses=pack.clauses,
        unbound=Findings(),
    )
    return replace(run.check, diagnostics=(), compliance=mine)


__all__ = ["certification"]
