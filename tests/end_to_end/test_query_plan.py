"""`panacea query --plan`, `--print-pass` and `--without` on a small model."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from panacea_policy.engine import PASSES, asking
from tests.end_to_end.test_cli import Capture, validate

MODEL = """\
organisation clinic "Clinic" { country: IE }
zone outside "Outside" { trust: 0 }
zone ward "Ward" { trust: 1 }
zone lab "Laboratory" { trust: 2 }

relation leads(source: zone, target: zone)
leads(x, y) if x.trust < y.trust, y.trust < 2
leads(x, z) if leads(x, y), y.trust < z.trust
"""
QUESTION = ["query", "zone z where leads(outside, z)"]


@pytest.fixture(autouse=True)
def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clinic.panacea").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_the_plan_shows_passes_strata_steps_and_rows(capsys: Capture) -> None:
    assert main([*QUESTION, "--plan"]) == exits.OK
    shown = capsys.readouterr().out
    assert "left out: few facts" in shown
    assert "leads (2 rows), recursive, " in shown
    assert "# clinic.panacea:7" in shown
    assert "scan      leads(outside, z)  found 2" in shown
    assert shown.endswith("Answer  2 rows, of 4 rows derived in all\n")


def test_the_plan_as_a_document(capsys: Capture) -> None:
    assert main([*QUESTION, "--plan", "--format", "json", "--without", "small"]) == exits.OK
    document = validate("plan", capsys.readouterr().out)
    assert (document["answers"], document["derived"], document["off"]) == (2, 4, ["small"])


def test_a_pass_is_printed(capsys: Capture) -> None:
    with patch.object(asking, "FEW_FACTS", 0):
        assert main([*QUESTION, "--print-pass", "demand"]) == exits.OK
    before, after = capsys.readouterr().out.split("# after demand")
    assert "asked" not in before
    assert "leads asked(outside)" in after
    assert main([*QUESTION, "--print-pass", "demand"]) == exits.OK
    assert "few facts" in capsys.readouterr().out


@pytest.mark.parametrize("name", PASSES)
def test_without_a_pass_the_answer_is_the_same(name: str, capsys: Capture) -> None:
    assert main([*QUESTION, "--without", name]) == exits.OK
    assert capsys.readouterr().out == "z\nlab\nward\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--without", "deman"], "did you mean `demand`?"),
        (["--without", "x"], "there are needed, constants"),
        (["--print-pass", "join_order"], "it shows in --plan"),
        (["--print-pass", "demand", "--without", "demand"], "drop it from --without"),
    ],
)
def test_wrong_names_of_passes(options: list[str], words: str, capsys: Capture) -> None:
    assert main([*QUESTION, *options]) == exits.WRONG
    assert words in capsys.readouterr().err
