"""What is suggested behind a question, without a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.cli.completion import Completions, is_complete
from tests.compiler.workspaces import good_model

MODEL = """
template system kiosk {}
zone ward { type: clinical }
zone hall {}
system door in ward { endpoint web { protocol: none } }
data_class film {}
## What is near.
relation beside(zone, zone)
beside(y, z) if y.parent = z
"""


@pytest.fixture(scope="module")
def completions(tmp_path_factory: pytest.TempPathFactory) -> Completions:
    workspace = good_model(tmp_path_factory.mktemp("model"), MODEL)
    return Completions(workspace.registry, workspace.offered(), {":help": "", ":quit": ""})


def texts(completions: Completions, text: str) -> list[str]:
    return [each.text for each in completions.after(text)]


@pytest.mark.parametrize(
    ("text", "among"),
    [
        ("", ["zone", "system", "kiosk"]),
        ("zo", ["zone"]),
        ("zone z, sys", ["system"]),
        ("zone z wh", ["where"]),
        ("zone z where z.", ["trust", "type", "flat", "owner"]),
        ("zone z where z.tr", ["trust"]),
        ("kiosk k where k.zone.tr", ["trust"]),
        ("zone z where z.type = ", ["clinical", "internet", "none"]),
        ("zone z where z.type = clin", ["clinical"]),
        ("zone z where z.type not in [internet, clin", ["clinical"]),
        ("zone z where z.flat = t", ["true"]),
        ("system s where s.zone = ", ["ward", "hall"]),
        ("zone z where z.parent = z, bes", ["beside("]),
        ("zone z where some sys", ["system"]),
        ("zone z where some system s with s.zone = z and s.rt", ["rto"]),
        ("system s where some e in s.endpoints with e.pro", ["protocol"]),
        ("system s where s is ki", ["kiosk"]),
        ("system s where s is not ki", ["kiosk"]),
        ("zone z where z = wa", ["ward"]),
        (":q", [":quit"]),
    ],
)
def test_what_comes_next(completions: Completions, text: str, among: list[str]) -> None:
    assert set(among) <= set(texts(completions, text)), text


def test_only_what_fits_what_was_typed(completions: Completions) -> None:
    assert texts(completions, "zone z where z.trus") == ["trust"]
    assert texts(completions, "zone z where z.nothing") == []
    assert texts(completions, 'zone z where z.note = "zo') == []
    assert "trust" not in texts(completions, "zone z where q.")


def test_attributes_that_all_kinds_have_come_last(completions: Completions) -> None:
    found = texts(completions, "zone z where z.")
    assert found.index("trust") < found.index("owner")


@given(text=st.text(alphabet=st.sampled_from('zonesytm whr.=<>[](),":\\"_1?x'), max_size=60))
def test_no_text_is_too_odd(completions: Completions, text: str) -> None:
    for each in completions.after(text):
        assert 0 <= each.back <= len(text)
        assert each.text.casefold().startswith(text[len(text) - each.back :].casefold()) or text.startswith(
            " "
        )
    is_complete(text)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("zone z", True),
        ("zone z where z.trust < 2", True),
        ("zone z where", False),
        ("zone z,", False),
        ("zone z where (z.flat or", False),
        ("zone z where (z.flat", False),
        ("zone z where z.type in [dmz,", False),
        ('zone z where z.note = "a', False),
        ('zone z where z.note = "("', True),
        ("zone z where not", False),
        (":explain reaches(", True),
    ],
)
def test_when_a_question_is_finished(text: str, whole: bool) -> None:
    assert is_complete(text) is whole


def test_suggestions_replace_what_was_typed(completions: Completions, tmp_path: Path) -> None:
    text = "zone z where z.tr"
    (only,) = completions.after(text)
    assert text[: len(text) - only.back] + only.text == "zone z where z.trust"
