"""Models come from strangers: whatever they hold, a check ends with a diagnosis, never a fault or a hang."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.cli import exits
from panacea_policy.cli.main import main
from tests.end_to_end.small_models import CLINIC, clinic

ROOT = Path(__file__).parents[2]
SECONDS = 10
DIAGNOSED = (exits.OK, exits.FOUND, exits.WRONG)

#: Words and signs that parsers and compilers have stumbled over.
POISON = [
    "{", "}", "[", "]", "(", ")", "\"", "\\", "#", "##", ":", "->", "<->", ",", ".", "..", "…", "\x00",
    "\r", "\t", "\u202e", "\ufeff", "\U0001f480", "e\u0301", "none", "true", "not", "or", "and", "is",
    "in", "some", "every", "no", "with", "has", "count of", "sum of", "rule", "step", "scenario", "test",
    "given", "template", "typically", "relation", "from inventory(\"../../etc/passwd\")",
    "from inventory(\"/dev/zero\")", "use packs.gdpr", "use std", "0", "-1", "1e999",
    "99999999999999999999", "9" * 400, "0.1 %", "1k EUR per h", "2026-02-30", "10.0.0.0/99", "1..0",
    "pert(1, 0, 2)", "x" * 5000, "a.b.c.d", "pump[\"\"]", "pump[0]", "set ehr.owner: none", "remove ehr",
    "matches(s.hostname, \"(a+)+$\")", "today - 1 y", "1 / 0", "waive", "attest", "until 2020-01-01",
]  # fmt: skip


class Hang(BaseException):
    """The check took too long; no OSError, so that nothing on the way takes it for a wrong call."""


@contextmanager
def limited() -> Iterator[None]:
    """Ends what takes longer than the limit."""

    def give_up(signum: int, frame: FrameType | None) -> None:
        raise Hang(f"no answer after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def corpus() -> list[str]:
    """Texts of real models: the hospital's files, the standard library, the example, the packs."""
    files = [
        *sorted((ROOT / "models").rglob("*.panacea")),
        *sorted((ROOT / "rules").rglob("*.panacea")),
        *sorted((ROOT / "panacea_policy" / "cli" / "example").glob("*.panacea")),
    ]
    texts = [file.read_text(encoding="utf-8") for file in files]
    # Packs cost seconds to load and are no text of the stranger's; their own files are in the corpus.
    light = [
        "\n".join(line for line in text.splitlines() if "use packs" not in line) + "\n" for text in texts
    ]
    # Every other mutant is of a model that stands alone, so that many get as far as evaluation.
    return [*light, *[CLINIC] * len(light)]


TEXTS = corpus()
Change = Callable[[str, random.Random], str]


def cut(text: str, draw: random.Random) -> str:
    start = draw.randrange(len(text))
    return text[:start] + text[start + draw.randrange(1, 40) :]


def repeat(text: str, draw: random.Random) -> str:
    start = draw.randrange(len(text))
    end = min(len(text), start + draw.randrange(1, 200))
    return text[:end] + text[start:end] + text[end:]


def poison(text: str, draw: random.Random) -> str:
    words = text.split(" ")
    words.insert(draw.randrange(len(words)), draw.choice(POISON))
    return " ".join(words)


def exchange(text: str, draw: random.Random) -> str:
    words = text.split(" ")
    one, other = draw.randrange(len(words)), draw.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    return " ".join(words)


def substitute(text: str, draw: random.Random) -> str:
    words = text.split(" ")
    words[draw.randrange(len(words))] = draw.choice([*POISON, draw.choice(words)])
    return " ".join(words)


def truncate(text: str, draw: random.Random) -> str:
    return text[: draw.randrange(1, len(text) + 1)]


def flip(text: str, draw: random.Random) -> str:
    start = draw.randrange(len(text))
    return (
        text[:start]
        + chr(draw.choice([draw.randrange(32, 127), draw.randrange(0, 0x2FF)]))
        + text[start + 1 :]
    )


CHANGES: list[Change] = [cut, repeat, poison, exchange, substitute, truncate, flip]


def mutated(number: int) -> str:
    """The mutant of that number: one to four changes to a text of the corpus."""
    draw = random.Random(number)
    text = draw.choice(TEXTS)
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        text = draw.choice(CHANGES)(text, draw) or " "
    return text


def check_mutant(number: int, folder: Path) -> None:
    """The check of a mutant ends in time with a diagnosis."""
    clinic(folder, mutated(number))
    format_ = ("text", "json", "sarif", "junit", "github")[number % 5]
    with limited():
        code = main(
            ["check", str(folder), "--format", format_, "-o", str(folder / "out"), "--as-of", "2026-11-23"]
        )
    assert code in DIAGNOSED, f"mutant {number} ended with {code}:\n{mutated(number)}"


@settings(max_examples=100)
@given(number=st.integers(0, 10**9))
def test_mutants_of_real_models_are_diagnosed(number: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    check_mutant(number, tmp_path_factory.getbasetemp() / "mutant")


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(8))
def test_two_thousand_mutants_of_real_models_are_diagnosed(shard: int, tmp_path: Path) -> None:
    for number in range(shard * 250, shard * 250 + 250):
        check_mutant(number, tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("brackets", b"[" * 10_000_000),
        ("braces", b"zone a {" * 1_250_000),
        ("closing", b"}" * 10_000_000),
        ("negations", b"rule r { for zone z where " + b"not " * 2_000_000 + b'z.flat report z "x" }'),
        ("sums", b"zone a { trust: 1" + b" + 1" * 2_000_000 + b" }"),
        ("one line of names", b"a" * 10_000_000),
        ("comment without end", b"#" * 10_000_000),
        ("text without end", b'zone a "' + b"x" * 10_000_000),
        ("nothing", b""),
        ("zeros", bytes(1_000_000)),
        ("noise", random.Random(3).randbytes(1_000_000)),
        ("noise as text", bytes(random.Random(4).choices(range(32, 127), k=300_000))),
        ("too large", b" " * 17_000_000),
        ("lone surrogate", "zone a \ud800".encode("utf-8", "surrogatepass")),
        ("carriage returns", b"zone a {\rtrust: 3\r}\r"),
    ],
)
def test_monstrous_files_are_diagnosed(name: str, content: bytes, tmp_path: Path) -> None:
    """In a process of their own, with little memory and time, as a crash would not be an exception."""
    (tmp_path / "model.panacea").write_bytes(content)
    code = (
        "import resource, sys; from panacea_policy.cli.main import main;"
        "resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30));"
        f"sys.exit(main(['check', {str(tmp_path)!r}]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
        errors="replace",
    )
    assert result.returncode in DIAGNOSED, result.stderr[-2000:]
    assert len(result.stdout) < 100_000
    assert "Traceback" not in result.stderr


def test_a_file_that_links_out_of_the_workspace_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("id,password\nalice,hunter2\n")
    folder = clinic(
        tmp_path / "model",
        'device d from inventory("link.csv") { id: column("id")  note: column("password") }\n',
    )
    (folder / "link.csv").symlink_to(secret)
    assert main(["check", str(folder)]) == exits.WRONG
    shown = capsys.readouterr().out
    assert "hunter2" not in shown
    assert "outside the workspace" in shown
