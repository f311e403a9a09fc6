"""When the compiled kernels are taken, and that nothing depends on their being there."""

from __future__ import annotations

import os
import subprocess
import sys
from contextvars import ContextVar
from pathlib import Path

import numpy as np
import pytest

from panacea_policy.engine.kernels import Form, announce_to, build, choice, kernels_for, store, using
from panacea_policy.engine.kernels.compiled import CompiledKernels
from panacea_policy.engine.kernels.plain import NumpyKernels
from panacea_policy.errors import PanaceaError
from tests.engine.kernels.both import compiled


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """As if the process had just begun, for a user without cache; what the compiler is asked for is listed.

    Compiling gives the library that the tests share, at once.
    """
    compiled()
    library = store.read_library()
    assert library is not None, "the tests need a cache folder that they can write"
    asked: list[str] = []

    def compile_kernels() -> build.Library:
        asked.append("compiled")
        assert library is not None
        return library

    monkeypatch.setattr(build, "compile_kernels", compile_kernels)
    monkeypatch.setattr(choice, "_Process", type("_Process", (), dict(vars(choice._Process))))
    choice._Process.kernels = None
    choice._Process.tried_loading = choice._Process.tried_compiling = False
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "state"))
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    return asked


def again() -> None:
    """As if a new process began."""
    choice._Process.kernels = None
    choice._Process.tried_loading = choice._Process.tried_compiling = False


def test_small_runs_stay_with_numpy(fresh: list[str]) -> None:
    with using():
        for _ in range(1_000):
            assert isinstance(kernels_for(100), NumpyKernels)
    assert not fresh
    assert not choice._Process.tried_loading


def test_large_runs_load_and_larger_ones_compile(fresh: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(choice, "_ANNOUNCE", ContextVar("announce", default=None))
    announce_to(lambda: said.append("compiling"))
    with using():
        assert isinstance(kernels_for(choice.LOAD), NumpyKernels)
        assert choice._Process.tried_loading
        assert not fresh
        assert isinstance(kernels_for(choice.COMPILE), CompiledKernels)
        assert (fresh, said) == (["compiled"], ["compiling"])
        assert isinstance(kernels_for(1), CompiledKernels)
    again()
    with using():
        assert isinstance(kernels_for(choice.LOAD), CompiledKernels)
    assert (fresh, said) == (["compiled"], ["compiling"])


def test_each_run_is_measured_on_its_own(fresh: list[str]) -> None:
    for _ in range(3):
        with using():
            kernels_for(choice.LOAD // 2)
    assert not choice._Process.tried_loading


def test_either_form_can_be_had_by_option_and_by_variable(
    fresh: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with using(Form.NUMBA):
        assert isinstance(kernels_for(0), CompiledKernels)
        with using(Form.NUMPY):
            assert isinstance(kernels_for(10**9), NumpyKernels)
        with using():
            assert isinstance(kernels_for(0), CompiledKernels)
    monkeypatch.setenv(choice.VARIABLE, "numpy")
    with using():
        assert isinstance(kernels_for(10**9), NumpyKernels)
    monkeypatch.setenv(choice.VARIABLE, "numba")
    with using():
        assert isinstance(kernels_for(0), CompiledKernels)
    monkeypatch.setenv(choice.VARIABLE, "fortran")
    message = r"PANACEA_KERNELS is `fortran` .use auto, numpy or numba"
    with pytest.raises(PanaceaError, match=message), using():
        pass


def test_where_nothing_can_be_kept_only_the_explicit_wish_compiles(
    fresh: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PANACEA_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with using():
        assert isinstance(kernels_for(2 * choice.COMPILE), NumpyKernels)
    assert not fresh
    again()
    with using(Form.NUMBA):
        assert isinstance(kernels_for(0), CompiledKernels)
    assert fresh == ["compiled"]


def test_a_compiler_that_fails_leaves_numpy(fresh: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> build.Library:
        fresh.append("asked")
        raise build.CannotCompile("no")

    monkeypatch.setattr(build, "compile_kernels", refuse)
    with using(Form.NUMBA):
        assert isinstance(kernels_for(0), NumpyKernels)
        assert isinstance(kernels_for(0), NumpyKernels)
    assert fresh == ["asked"]


PROGRAM = """
import sys
{before}
import numpy as np
from panacea_policy.engine import *
X, Y, Z = map(Var, "xyz")
declare = lambda name: RelationDecl(name, (("a", Type.INT), ("b", Type.INT)))
rules = [Rule(Atom("path", (X, Y)), (Atom("edge", (X, Y)),), "edge"),
         Rule(Atom("path", (X, Z)), (Atom("path", (X, Y)), Atom("edge", (Y, Z))), "step")]
database = Database(Symbols())
database.insert("edge", [np.arange({size}), (np.arange({size}) * 7 + 1) % {size}])
result = evaluate(compile_program(Program([declare("edge"), declare("path")], rules)), database)
table = result.table("path")
print(len(table), int((table.columns[0] * 31 + table.columns[1]).sum()))
print(*(name for name in ("numba", "llvmlite") if sys.modules.get(name)))
"""


def play(size: int, before: str = "", **variables: str) -> list[str]:
    """The lines that the program prints in a process of its own."""
    environment = {**os.environ, choice.VARIABLE: "", "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    code = PROGRAM.format(size=size, before=before)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_small_runs_import_neither_numba_nor_llvm() -> None:
    assert play(200)[1] == ""


def test_a_cached_library_does_not_need_numba() -> None:
    compiled()
    assert play(200, PANACEA_KERNELS="numba")[1] == "llvmlite"
    assert play(200, before="sys.modules['numba'] = None", PANACEA_KERNELS="numba") == play(
        200, PANACEA_KERNELS="numba"
    )


def test_without_numba_everything_works(tmp_path: Path) -> None:
    absent = "sys.modules.update(dict.fromkeys(['numba', 'llvmlite', 'llvmlite.binding']))"
    without = play(200, before=absent, PANACEA_KERNELS="numba", PANACEA_CACHE_DIR=str(tmp_path))
    assert without == [play(200)[0], ""]


@pytest.mark.slow
def test_two_processes_may_compile_at_once(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    variables = {
        "PANACEA_KERNELS": "numba",
        "PANACEA_CACHE_DIR": str(tmp_path / "cache"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    code = PROGRAM.format(size=200, before="")
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate()[0].splitlines() for process in both]
    assert outputs[0] == outputs[1]
    assert outputs[0][0] == play(200)[0]
    files = [file.name for file in (tmp_path / "cache" / "kernels").iterdir()]
    assert len([name for name in files if name.endswith(".kernels")]) == 1
    assert not [name for name in files if name.endswith(".tmp")]
    assert play(200, **variables) == [outputs[0][0], "llvmlite"]


def test_results_of_both_forms_are_of_the_same_types(fresh: list[str]) -> None:
    fast = compiled()
    assert fast.bounds(np.array([1, 2])) == (1, 2)
    assert {type(bound) for bound in fast.bounds(np.array([1, 2]))} == {int}
