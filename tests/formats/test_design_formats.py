"""Requirements as ReqIF and CSV, the file as Markdown: structure, escaping, the same bytes."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from panacea_policy.cli.design_text import summary
from panacea_policy.cli.output import Terminal
from panacea_policy.formats.design_markdown import to_markdown
from panacea_policy.formats.design_tables import (
    DISCLOSURE_COLUMNS,
    REQUIREMENT_COLUMNS,
    disclosure_table,
    requirement_table,
)
from panacea_policy.formats.reqif import NAMESPACE, to_reqif
from panacea_policy.report.design import to_html
from panacea_policy.risk import RiskOptions
from panacea_policy.secure_design import DesignFile, design
from tests.secure_design.ward import MODEL, workspace

HOSTILE = (
    'Pump\\n\\n# Approved\\n\\n </SPEC-OBJECT> & \\"co\\" | <script>alert(1)</script> `x` [a](javascript:b)'
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DesignFile:
    text = MODEL.replace('"New pump"', f'"{HOSTILE}"')
    opened = workspace(tmp_path_factory.mktemp("hostile"), text=text)
    return design(opened, "pump", options=RiskOptions(trials=200))


def tags(root: Element, name: str) -> list[Element]:
    return root.findall(f".//{{{NAMESPACE}}}{name}")


def test_reqif_holds_every_requirement_once_and_every_reference_leads_somewhere(made: DesignFile) -> None:
    root = fromstring(to_reqif(made))
    assert root.tag == f"{{{NAMESPACE}}}REQ-IF"
    identifiers = [e.get("IDENTIFIER") for e in root.iter() if e.get("IDENTIFIER")]
    assert len(identifiers) == len(set(identifiers))
    references = [e.text for e in root.iter() if e.tag.endswith("-REF")]
    assert references
    assert set(references) <= set(identifiers)
    values = [e.get("THE-VALUE") for e in tags(root, "ATTRIBUTE-VALUE-STRING")]
    for requirement in made.requirements:
        assert values.count(requirement.id) == 1
        assert requirement.text in values
    placed = [e.text for e in tags(root, "SPEC-OBJECT-REF")]
    assert sorted(placed) == sorted(str(e.get("IDENTIFIER")) for e in tags(root, "SPEC-OBJECT"))


def test_reqif_states_and_priorities_are_those_of_the_requirements(made: DesignFile) -> None:
    root = fromstring(to_reqif(made))
    words = {e.get("IDENTIFIER"): e.get("LONG-NAME") for e in tags(root, "ENUM-VALUE")}
    found = {}
    for thing in tags(root, "SPEC-OBJECT"):
        texts = [e.get("THE-VALUE") for e in tags(thing, "ATTRIBUTE-VALUE-STRING")]
        found[texts[0]] = [words[e.text] for e in tags(thing, "ENUM-VALUE-REF")]
    for each in made.requirements:
        assert found[each.id] == [each.state, each.priority]


def test_reqif_is_accepted_by_the_schema_of_the_omg(made: DesignFile, tmp_path: Path) -> None:
    reqif = pytest.importorskip("reqif", reason="the package `reqif` brings the schema")
    xmlschema = pytest.importorskip("xmlschema")
    path = tmp_path / "made.reqif"
    path.write_text(to_reqif(made), encoding="utf-8")
    schema = Path(reqif.__file__).parent / "reqif_schema" / "reqif.xsd"
    xmlschema.XMLSchema(str(schema), allow="local").validate(str(path))


def test_the_same_design_gives_the_same_bytes_in_each_form(made: DesignFile) -> None:
    copy = DesignFile.model_validate_json(made.to_json())
    assert to_reqif(copy) == to_reqif(made)
    assert to_markdown(copy) == to_markdown(made)
    assert requirement_table(copy).to_csv() == requirement_table(made).to_csv()


def test_the_table_of_requirements_has_a_row_for_each(made: DesignFile) -> None:
    rows = list(csv.DictReader(io.StringIO(requirement_table(made).to_csv())))
    assert tuple(rows[0]) == REQUIREMENT_COLUMNS
    assert [row["id"] for row in rows] == [r.id for r in made.requirements]
    assert [row["test_idea"] for row in rows] == [r.test_idea for r in made.requirements]


def test_the_table_of_the_disclosure_has_a_row_for_each_question(made: DesignFile) -> None:
    rows = list(csv.DictReader(io.StringIO(disclosure_table(made).to_csv())))
    assert tuple(rows[0]) == DISCLOSURE_COLUMNS
    assert [(row["number"], row["answer"]) for row in rows] == [(a.number, a.answer) for a in made.disclosure]
    assert {row["note"] for row in rows if row["answer"] == "see note"} == {"not stated"}


def test_markdown_shows_hostile_names_as_text(made: DesignFile) -> None:
    text = to_markdown(made)
    assert text.startswith("# Secure design file: Pump \\# Approved \\</SPEC-OBJECT\\>")
    assert "<script>" not in text
    assert "](javascript" not in text.replace("\\]", "")
    for line in text.splitlines():
        if line.startswith("| "):
            assert line.endswith(" |")


def test_markdown_tells_each_risk_in_the_words_of_iso_14971(made: DesignFile) -> None:
    text = to_markdown(made)
    states = {threat.id: threat.state for threat in made.threats}
    assert made.risks
    for risk in made.risks:
        chapter = text.split(f"### {risk.id}: ")[1].split("\n#")[0]
        (line,) = (each for each in chapter.splitlines() if each.startswith("- Sequence of events"))
        for threat in risk.threats:
            assert (threat in line) == (states[threat] != "met")
        assert ("- Foreseeable misuse: " in chapter) == bool(risk.foreseeable_misuse)
        assert ("- With all candidates: " in chapter) == (risk.basis == "simulated")
    assert any(risk.foreseeable_misuse for risk in made.risks)
    matrix = text.split("### Matrix of acceptable risk")[1].split("\n## ")[0]
    for row in made.matrix.rows:
        assert row.severity.meaning in matrix.replace("\\", "")
    for level, least in zip(made.matrix.columns, made.matrix.from_chance, strict=True):
        assert f"{level.title} (from {least:.2g} a year)" in matrix


def test_controls_are_told_by_what_people_call_them(made: DesignFile) -> None:
    hindering = {name for move in made.moves for name in move.hindered_by}
    assert hindering == {"guard"}
    steps = to_markdown(made).split("## Attack steps")[1].split("\n## Risks")[0]
    page = to_html(made).split('id="attacks"')[1].split("</section>")[0]
    for told in (steps, page):
        assert "Guard" in told
        assert "guard" not in told


def test_every_form_says_who_accepted_what_and_until_when(tmp_path: Path) -> None:
    more = """\
role ciso "Officer" { }
waive design.service_password_known on pump until 2027-02-28 because "Sealed ward" by ciso
"""
    opened = workspace(tmp_path, more)
    rule = next(f.rule.id for f in opened.findings() if f.waiver is not None)
    waived = design(opened, "pump", simulate=False)
    (told,) = {each.waiver for each in waived.requirements if each.rule == rule}
    assert told == "ciso, until 2027-02-28: Sealed ward"
    text = summary(waived, Terminal(colour=False, width=200), quiet=False)
    forms = (to_markdown(waived), to_reqif(waived), requirement_table(waived).to_csv(), to_html(waived), text)
    for form in forms:
        assert told in " ".join(form.split())


def test_every_form_says_which_clauses_do_not_bind_here(tmp_path: Path) -> None:
    law = """\
pack house "House law" { version: "1.0.0"  status: in_force }
requirement keys "Keys" of house { clause: "7"  decided_by: rules  effective: 2030-01-01 }
rule own_keys "A service key that others have" {
  severity: high  satisfies: [keys]
  for device d
  where d.default_service_password
  report d "has one"
}
"""
    found = design(workspace(tmp_path, law), "pump", simulate=False)
    forms = (to_markdown(found), to_reqif(found), requirement_table(found).to_csv(), to_html(found))
    for form in forms:
        assert "house 7 (does not bind here)" in form


def test_markdown_tables_keep_their_columns(made: DesignFile) -> None:
    columns = 0
    for line in to_markdown(made).splitlines():
        if line.startswith("|---"):
            columns = line.count("|")
        elif line.startswith("| ") and columns:
            assert line.replace("\\|", "").count("|") == columns
        elif not line.startswith("|"):
            columns = 0
