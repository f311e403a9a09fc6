"""Files are replaced as a whole, whatever happens meanwhile."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from panacea_policy import storage
from panacea_policy.storage import write_atomically

WRITER = """
import sys
from panacea_policy.storage import write_atomically
print("ready", flush=True)
size = int(sys.argv[2])
letter = 0
while True:
    write_atomically(sys.argv[1], "AB"[letter] * size)
    letter = 1 - letter
"""


def test_a_new_file_gets_the_permissions_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "report.txt", "grün\n")
    finally:
        os.umask(before)
    assert (tmp_path / "report.txt").read_bytes() == "grün\n".encode()
    assert stat.S_IMODE((tmp_path / "report.txt").stat().st_mode) == 0o640


def test_an_existing_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("old")
    target.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("step", ["replace", "fsync", "chmod"])
def test_a_failing_step_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, step, fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(target, "new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_a_missing_folder_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "no" / "report.txt", "x")
    assert not (tmp_path / "no").exists()


def test_killing_the_writer_never_leaves_a_half_file(tmp_path: Path) -> None:
    """``kill -9`` at random moments: readers always see one whole version."""
    target = tmp_path / "report.txt"
    size = 400_000
    whole = ("A" * size, "B" * size)
    target.write_text(whole[0])
    draw = random.Random(7)
    seen = set()
    for _ in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(target), str(size)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        for _ in range(draw.randrange(1, 300)):
            content = target.read_text()
            assert content in whole
            seen.add(content)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert target.read_text() in whole
    assert seen == set(whole), "the writer was never seen at work"


def test_no_more_is_read_than_may_be(tmp_path: Path) -> None:
    (tmp_path / "five").write_bytes(b"12345")
    assert storage.read_bounded(tmp_path / "five", 5) == b"12345"
    with pytest.raises(OSError, match="File too large"):
        storage.read_bounded(tmp_path / "five", 4)
    if Path("/dev/zero").exists():
        with pytest.raises(OSError, match="File too large"):
            storage.read_bounded("/dev/zero", 1000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for name in (pipe, link):
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            write_atomically(name, "told")
            assert pipe.is_fifo()
            assert os.read(reader, 100) == b"told"
        finally:
            os.close(reader)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link", "pipe"]
