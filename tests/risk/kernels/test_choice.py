"""When the compiled kernels are taken, and that nothing depends on their being there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from panacea_policy.engine.kernels import announce_to, build, store
from panacea_policy.errors import PanaceaError
from panacea_policy.risk.kernels import Form, choice, kernels_for
from panacea_policy.risk.kernels.plain import NumpyKernels


@pytest.fixture(scope="module")
def library() -> build.Library:
    """The compiled kernels, which the tests of this machine share."""
    pytest.importorskip("numba")
    kernels_for(0, Form.NUMBA)
    found = store.read_library(choice.SOURCES)
    assert found is not None, "the tests need a cache folder that they can write"
    return found


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As if the process had just begun, for a user without cache."""
    monkeypatch.setattr(choice, "_Process", type("_Process", (), dict(vars(choice._Process))))
    again()
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "state"))
    monkeypatch.delenv("PANACEA_KERNELS", raising=False)


def again() -> None:
    choice._Process.kernels = None
    choice._Process.tried_loading = choice._Process.tried_compiling = False


@pytest.mark.usefixtures("fresh")
def test_small_work_stays_with_numpy() -> None:
    assert isinstance(kernels_for(choice.LOAD - 1), NumpyKernels)
    assert not choice._Process.tried_loading


@pytest.mark.usefixtures("library", "fresh")
def test_work_that_pays_compiles_once_and_says_so(
    library: build.Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def compile_kernels(source: str) -> build.Library:
        asked.append(source)
        return library

    monkeypatch.setattr(build, "compile_kernels", compile_kernels)
    announce_to(lambda: asked.append("announced"))
    try:
        assert isinstance(kernels_for(choice.LOAD), NumpyKernels)
        found = kernels_for(choice.COMPILE)
        assert not isinstance(found, NumpyKernels)
        assert asked == ["announced", choice.SOURCE]
        again()
        assert not isinstance(kernels_for(choice.LOAD), NumpyKernels), "a later run loads what was kept"
        assert asked == ["announced", choice.SOURCE]
    finally:
        announce_to(None)


@pytest.mark.usefixtures("fresh")
def test_what_cannot_be_compiled_is_done_with_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str) -> build.Library:
        raise build.CannotCompile(source)

    monkeypatch.setattr(build, "compile_kernels", refuse)
    assert isinstance(kernels_for(0, Form.NUMBA), NumpyKernels)


@pytest.mark.usefixtures("fresh")
def test_the_variable_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANACEA_KERNELS", "numpy")
    assert isinstance(kernels_for(1 << 60), NumpyKernels)
    monkeypatch.setenv("PANACEA_KERNELS", "fortran")
    with pytest.raises(PanaceaError, match="PANACEA_KERNELS is `fortran`"):
        kernels_for(1)


def test_kernels_take_as_many_arguments_as_they_are_called_with() -> None:
    pytest.importorskip("numba")
    from panacea_policy.risk.kernels.compiled import ARGUMENTS
    from panacea_policy.risk.kernels.source import INT, KERNELS

    assert {name: len(args) for name, (_, args) in KERNELS.items()} == {
        name: len(kinds) for name, kinds in ARGUMENTS.items()
    }
    for name, (_, args) in KERNELS.items():
        assert [arg == INT for arg in args] == [kind == "n" for kind in ARGUMENTS[name]], name


def test_numba_is_imported_by_nothing_but_compiling() -> None:
    code = "import sys, panacea_policy.risk.study; print('numba' in sys.modules, 'dd' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ["False", "False"]
