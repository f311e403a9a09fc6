"""The tour of the language: every form of the reference, read without a complaint."""

from __future__ import annotations

from pathlib import Path

from panacea_policy.language import Source, parse
from panacea_policy.language import syntax as tree

TOUR = Path(__file__).parent / "examples" / "tour.panacea"


def _tour() -> tree.File:
    result = parse(Source("tour.panacea", TOUR.read_text(encoding="utf-8")))
    assert result.diagnostics == ()
    return result.file


def test_each_form_becomes_its_node() -> None:
    kinds = [type(item).__name__ for item in _tour().items]
    assert kinds.count("Use") == 2
    assert kinds.count("RelationItem") == 1
    assert kinds.count("DerivationItem") == 2
    for name in ("RuleItem", "StepItem", "TestItem", "ScenarioItem", "Typically"):
        assert kinds.count(name) == 1


def test_doc_comments_attach_to_the_next_declaration() -> None:
    pacs = next(
        i for i in _tour().items if isinstance(i, tree.Declaration) and i.name and i.name.name == "pacs"
    )
    assert pacs.doc == "Keeps all studies for the region."
