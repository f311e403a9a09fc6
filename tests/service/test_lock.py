"""One process watches a model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from panacea_policy.errors import PanaceaError
from panacea_policy.service.lock import watching

HOLD = """
import sys
from pathlib import Path
from panacea_policy.service.lock import watching
with watching(Path(sys.argv[1]), Path("model")):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_says_so_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == b"held\n"
    told = rf"another process \({holder.pid}\) is watching model"
    with pytest.raises(PanaceaError, match=told), watching(tmp_path, Path("model")):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    holder.stdin.close()
    with watching(tmp_path, Path("model")):
        assert (tmp_path / "watch.pid").exists()
    with watching(tmp_path, Path("model")):
        pass
    assert not (tmp_path / "watch.pid").exists()
