"""The interactive session: keys go in by a pipe, and once through a terminal of its own."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from panacea_policy.cli.interactive import HISTORY, MAX_HISTORY, Questions, run_interactive
from panacea_policy.cli.main import main
from panacea_policy.cli.output import Terminal
from tests.compiler.workspaces import lay_out

MODEL = """
zone ward { trust: 2 }
zone hall { trust: 1 }
## What is lower.
relation below(zone, zone)
below(y, z) if y.trust < z.trust
"""
ROOT = Path(__file__).resolve().parents[2]
ENTER, TAB, UP, CTRL_C, CTRL_D = "\r", "\t", "\x1b[A", "\x03", "\x04"
Play = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
    return lay_out(tmp_path / "model", MODEL)


@pytest.fixture
def play(folder: Path, capsys: pytest.CaptureFixture[str]) -> Play:
    """Types keys into a session; gives its exit code and what it printed."""

    def typed(*keys: str) -> tuple[int, str, str]:
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            pipe.send_text("".join(keys))
            code = run_interactive([folder], None, Terminal(colour=False, width=100))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return typed


def test_a_question_and_its_answer(play: Play) -> None:
    code, out, err = play("zone z where z.trust < 2", ENTER, CTRL_D)
    assert (code, out.split()) == (0, ["z", "hall"])
    assert "1 row" in err


def test_a_question_over_several_lines(play: Play) -> None:
    _, out, _ = play("zone z where", ENTER, "z.trust < 2", ENTER, CTRL_D)
    assert out.split() == ["z", "hall"]


def test_an_empty_line_asks_whatever_stands_there(play: Play) -> None:
    _, out, err = play("zone z where (z.trust < 2", ENTER, ENTER, CTRL_D)
    assert out == ""
    assert "error[" in err


def test_tab_completes(play: Play) -> None:
    _, out, _ = play("zone z where z.trus", TAB, " < 2", ENTER, CTRL_D)
    assert out.split() == ["z", "hall"]
    _, out, _ = play("zone z where z.TRUS", TAB, " < 2", ENTER, CTRL_D)
    assert out.split() == ["z", "hall"]


def test_tab_writes_what_all_suggestions_begin_with(play: Play) -> None:
    _, out, _ = play("data_cl", TAB, " d", ENTER, CTRL_D)
    assert out.split() == ["d"]


def test_a_mistake_is_shown_with_its_place_and_the_session_goes_on(play: Play) -> None:
    code, out, err = play("zone z where z.trst < 2", ENTER, "zone z where z.trust = 2", ENTER, CTRL_D)
    assert code == 0
    assert "error[P0502]" in err
    assert "^^^^^^" in err
    assert "did you mean `trust`?" in err
    assert out.split() == ["z", "ward"]


def test_ctrl_c_drops_the_line(play: Play) -> None:
    _, out, _ = play("zone z where nonsense", CTRL_C, "zone z where z.trust = 2", ENTER, CTRL_D)
    assert out.split() == ["z", "ward"]


def test_commands(play: Play) -> None:
    code, out, _ = play(":explain below(hall, ward)", ENTER, ":help", ENTER, ":quit", ENTER)
    assert code == 0
    assert "below(hall, ward)" in out
    assert ":reload" in out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (":hepl", "did you mean `:help`?"),
        (":explain", "`:explain` takes FACT"),
        (":explain below(ward, nowhere)", "nowhere"),
        (":explain nothing_here", "nothing was found"),
    ],
)
def test_a_wrong_command_is_answered(play: Play, line: str, said: str) -> None:
    code, _, err = play(line, ENTER, CTRL_D)
    assert code == 0
    assert said in err


def test_reload_reads_the_files_anew(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from panacea_policy.cli.interactive import Session
    from panacea_policy.cli.session import open_sound_workspace

    terminal = Terminal(colour=False, width=100)

    def reopen() -> object:
        return open_sound_workspace([folder], None, terminal)

    session = Session(open_sound_workspace([folder], None, terminal), reopen, terminal)  # type: ignore[arg-type]
    model = folder / "model.panacea"
    model.write_text(MODEL + "zone yard { trust: 0 }\n", encoding="utf-8")
    assert session.answer("zone z where z.trust = 0")
    assert "yard" not in capsys.readouterr().out
    assert session.answer(":reload")
    assert session.answer("zone z where z.trust = 0")
    assert "yard" in capsys.readouterr().out
    model.write_text(MODEL + "zone yard { trst: 0 }\n", encoding="utf-8")
    assert session.answer(":reload")
    assert "P0302" in capsys.readouterr().err
    assert session.answer("zone z where z.trust = 0")
    assert "yard" in capsys.readouterr().out


def test_the_history_outlives_the_session(play: Play, tmp_path: Path) -> None:
    play("zone z where z.trust = 2", ENTER, CTRL_D)
    _, out, _ = play(UP, ENTER, CTRL_D)
    assert out.split() == ["z", "ward"]
    kept = tmp_path / "cache" / HISTORY
    assert json.loads(kept.read_text(encoding="utf-8")) == ["zone z where z.trust = 2"]
    assert kept.stat().st_mode & 0o077 == 0


def test_the_history_is_bounded_and_survives_damage(tmp_path: Path) -> None:
    history = Questions(tmp_path)
    for number in range(MAX_HISTORY + 5):
        if number < 3 or number > MAX_HISTORY:
            history.store_string(f"zone z{number}")
    history.store_string("x" * 100_000)
    newest = list(history.load_history_strings())
    assert newest[0] == f"zone z{MAX_HISTORY + 4}"
    (tmp_path / HISTORY).write_text(json.dumps([f"q{n}" for n in range(MAX_HISTORY + 50)]), encoding="utf-8")
    history.store_string("last")
    assert len(json.loads((tmp_path / HISTORY).read_text(encoding="utf-8"))) == MAX_HISTORY
    (tmp_path / HISTORY).write_bytes(b"\xff{")
    assert list(history.load_history_strings()) == []
    history.store_string("again")
    assert list(history.load_history_strings()) == ["again"]


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    history = Questions(blocked)
    history.store_string("zone z")
    assert list(history.load_history_strings()) == []


def test_machine_output_needs_a_question(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "-i", str(folder), "--format", "json"]) == 2
    assert "interactive" in capsys.readouterr().err


def test_without_a_question_and_without_a_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query"]) == 2
    assert "the question is empty" in capsys.readouterr().err


def test_nothing_else_imports_prompt_toolkit(folder: Path) -> None:
    script = (
        "import sys; from panacea_policy.cli.main import main;"
        f"main(['query', 'zone z', {str(folder)!r}]); assert 'prompt_toolkit' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=120)


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
def test_a_real_terminal(folder: Path) -> None:
    """As a person has it: the command finds that it is on a terminal, completes, answers and leaves."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", PYTHONPATH=str(ROOT))
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-m", "panacea_policy", "query"])
    seen = b""

    def until(wanted: bytes) -> None:
        nonlocal seen
        while wanted not in seen:
            ready, _, _ = select.select([terminal], [], [], 60)
            assert ready, seen
            part = os.read(terminal, 65_536)
            assert part, seen
            seen += part
            if b"\x1b[6n" in part:
                # Where the cursor is, as terminals tell when they are asked.
                os.write(terminal, b"\x1b[1;1R")

    until(b"\x1b[?2004h")  # pasting in brackets: the prompt reads keys from here on
    os.write(terminal, b"zone z where z.trus\t < 2\r")
    until(b"1 row")
    os.write(terminal, b":quit\r")
    try:
        while os.read(terminal, 65_536):
            pass
    except OSError:
        pass
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert b"hall" in seen
