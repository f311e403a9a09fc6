"""Every way in which a command can end, and the exit code of each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

import panacea_policy
from panacea_policy.cli import commands, exits
from panacea_policy.cli.main import main, panacea
from panacea_policy.errors import PanaceaError

PANACEA = [sys.executable, "-m", "panacea_policy"]


def run_as(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    """The exit code when a command ends with this exception."""

    @click.command()
    def command() -> None:
        raise error

    monkeypatch.setattr(commands.Commands, "get_command", lambda *_: command)
    return main(["check"])


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == exits.OK
    assert capsys.readouterr().out == f"panacea {panacea_policy.__version__}\n"


def test_help_names_every_command_and_imports_none_of_them() -> None:
    code = (
        "import sys; from panacea_policy.cli.main import main; main(['--help']);"
        "loaded = [m for m in sys.modules if m.startswith('panacea_policy.')];"
        "heavy = {'numpy', 'pydantic', 'lark', 'networkx', 'rich', 'ruamel', 'msgspec'} & set(sys.modules);"
        "print(sorted(loaded), sorted(heavy))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *help_lines, loaded = result.stdout.splitlines()
    for name, (_, summary) in commands.COMMANDS.items():
        assert any(line.split(maxsplit=1) == [name, summary] for line in help_lines if line.strip()), name
    assert (
        loaded
        == str(
            [
                f"panacea_policy.{module}"
                for module in ("cli", "cli.commands", "cli.exits", "cli.main", "errors", "version")
            ]
        )
        + " []"
    )


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_a_commands_own_help_begins_with_its_summary(name: str) -> None:
    command = panacea.get_command(click.Context(panacea), name)
    assert command is not None
    assert command.name == name
    assert (command.help or "").split("\n\n")[0].replace("\n", " ") == commands.COMMANDS[name][1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chek"], "panacea: there is no command `chek`; did you mean `check`?"),
        (["check", "--formatt", "json"], "panacea: no such option '--formatt'. Did you mean '--format'?"),
        (["check", "--format", "yaml"], "panacea: invalid value for '--format'"),
        (["check", "--as-of", "31.12.2026"], "`31.12.2026` is not a date such as 2026-11-01"),
        (["check", "--fail-on", "bad"], "panacea: invalid value for '--fail-on'"),
        (["check", "nowhere"], "panacea: there is no file or folder `nowhere`"),
        (["query"], "panacea: the question is empty"),
        (["query", " "], "panacea: the question is empty"),
        (["explain", ""], "panacea: nothing was named to explain"),
        (["check", "test_main.py"], "panacea: `test_main.py` is no *.panacea file"),
        (["fmt", "test_main.py"], "panacea: `test_main.py` is no *.panacea file"),
        (
            ["check", "."],
            "panacea: there is no *.panacea file in `.`\n  help: `panacea init .` starts a model",
        ),
        (["test", "."], "panacea: there is no *.panacea file in `.`"),
        (["fmt", "."], "panacea: there is no *.panacea file in `.`"),
    ],
)
def test_a_wrong_call_is_explained_in_one_line_and_ends_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    assert main(arguments) == exits.WRONG
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert "Traceback" not in captured.err


def test_the_models_below_a_folder_that_holds_none_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("clinic", "deep/hospital", "practice", "ward", ".hidden"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "a.panacea").write_text("zone a { }\n")
    monkeypatch.chdir(tmp_path)
    assert main(["assess", "models"]) == exits.WRONG
    assert capsys.readouterr().err == (
        "panacea: there is no *.panacea file in `models`\n"
        "  help: give the folder of one model: `models/clinic`, `models/deep/hospital`, `models/practice`"
        " or one of 1 more\n"
    )


@pytest.mark.parametrize("arguments", [[], ["import"]])
def test_without_a_command_the_help_is_shown_as_it_is(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == exits.WRONG
    assert capsys.readouterr().err.startswith("Usage: panacea")


def test_an_output_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.panacea").write_text("zone a { }\n")
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    assert main(["check", ".", "-o", "file/result"]) == exits.WRONG
    assert capsys.readouterr().err.startswith("panacea: file")


def test_a_near_name_is_suggested_for_a_missing_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "riverside").mkdir()
    assert main(["check", str(tmp_path / "riversde")]) == exits.WRONG
    assert f"help: did you mean `{tmp_path / 'riverside'}`?" in capsys.readouterr().err


def test_an_unusable_input_ends_with_2_and_its_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_as(monkeypatch, PanaceaError("The thing is broken", "mend it")) == exits.WRONG
    assert capsys.readouterr().err == "panacea: the thing is broken\n  help: mend it\n"


def test_a_full_disk_ends_with_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    error = OSError(28, "No space left on device", "out.json")
    assert run_as(monkeypatch, error) == exits.WRONG
    assert capsys.readouterr().err == "panacea: out.json: no space left on device\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_ends_with_130(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_as(monkeypatch, error) == exits.INTERRUPTED
    assert capsys.readouterr().err.strip() == "interrupted"


def test_a_fault_is_one_line_and_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_as(monkeypatch, ZeroDivisionError("division by zero\nsecond line")) == exits.FAULT
    (report,) = tmp_path.iterdir()
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.startswith("panacea: internal fault: ZeroDivisionError: division by zero; please report it")
    assert str(report) in line
    text = report.read_text()
    assert "arguments: check" in text
    assert "Traceback (most recent call last)" in text
    assert f"panacea {panacea_policy.__version__}" in text


def test_a_fault_without_a_place_for_the_report_is_still_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    assert run_as(monkeypatch, RuntimeError("")) == exits.FAULT
    assert capsys.readouterr().err == (
        "panacea: internal fault: RuntimeError: no message (and the report could not be written)\n"
    )


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`panacea schema vocabulary | head -1`: far more is written than a pipe holds."""
    writer = subprocess.Popen(
        [*PANACEA, "schema", "vocabulary"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.readline()
    writer.stdout.close()
    assert writer.stderr.read() == ""
    writer.stderr.close()
    assert writer.wait() == exits.OK


def test_output_that_the_encoding_lacks_is_replaced_not_refused() -> None:
    result = subprocess.run(
        [*PANACEA, "chek·"], capture_output=True, env={"PYTHONIOENCODING": "ascii"}, check=False
    )
    assert result.returncode == exits.WRONG
    assert b"there is no command" in result.stderr


@pytest.mark.parametrize("slashes", [":/", "://", ":///"])
def test_no_password_of_an_address_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    slashes: str,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    address = f"postgresql+psycopg{slashes}auditor:cor:rect@horse@host/name"
    assert run_as(monkeypatch, PanaceaError(f"there is no ledger at `{address}`")) == exits.WRONG
    assert run_as(monkeypatch, RuntimeError(f"cannot use {address}")) == exits.FAULT
    (report,) = tmp_path.iterdir()
    told = capsys.readouterr().err + report.read_text()
    assert f"{slashes}auditor:***@host/name" in told
    assert "rect" not in told.replace("correct", "")


def test_what_a_terminal_obeys_is_written_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "\x1b[2Jpack\u202e\r"
    assert run_as(monkeypatch, PanaceaError(f"`{name}` is no pack", f"look at `{name}`")) == exits.WRONG
    shown = "\\x1b[2Jpack\\u{202e}\\r"
    assert capsys.readouterr().err == f"panacea: `{shown}` is no pack\n  help: look at `{shown}`\n"


def test_a_report_holds_whatever_was_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_as(monkeypatch, RuntimeError("half a letter \ud800")) == exits.FAULT
    (report,) = tmp_path.iterdir()
    assert "half a letter \\ud800" in report.read_text()
