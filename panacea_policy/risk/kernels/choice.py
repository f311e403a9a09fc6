"""Chooses the form of the kernels by the size of the work at hand."""

from __future__ import annotations

from pathlib import Path

from panacea_policy.engine.kernels.choice import Form, announce, form_from_environment
from panacea_policy.risk.kernels.form import Kernels
from panacea_policy.risk.kernels.plain import NumpyKernels

SOURCE = "panacea_policy.risk.kernels.source"
SOURCES = tuple(
    Path(__file__).with_name(name)
    for name in ("source.py", "timing.py", "flow.py", "heap.py", "drawing.py", "signature.py")
)

# Work is counted in edges times words of trials. With NumPy, times of goals included, one takes about 0.7 µs
# of a processor on a hospital of 9,000 instances, compiled a third of that; loading the
# compiled kernels takes 0.15 s and compiling them 4 s.

#: From here on the compiled kernels are loaded, if they are in the cache.
LOAD = 300_000
#: From here on they are compiled, if they are not.
COMPILE = 4_000_000


class _Process:
    """What this process knows of the compiled kernels; they are loaded once and never change."""

    kernels: Kernels | None = None
    tried_loading = False
    tried_compiling = False


_PLAIN = NumpyKernels()


def kernels_for(work: int, form: Form | None = None) -> Kernels:
    """The kernels to use for so many edges times words of trials.

    None as the form takes that of the variable PANACEA_KERNELS. Where the compiled form cannot be had, each
    takes NumPy's. Raises PanaceaError when the variable has no such value.
    """
    form = form_from_environment() if form is None else form
    if form is Form.NUMPY:
        return _PLAIN
    if form is Form.AUTO and _Process.kernels is None and work < LOAD:
        return _PLAIN
    if not _Process.tried_loading:
        _Process.tried_loading = True
        _Process.kernels = _load()
    wanted = form is Form.NUMBA or work >= COMPILE
    if _Process.kernels is None and wanted and not _Process.tried_compiling:
        _Process.tried_compiling = True
        _Process.kernels = _compile(form)
    return _Process.kernels or _PLAIN


def _load() -> Kernels | None:
    from panacea_policy.engine.kernels.native import CannotLoad
    from panacea_policy.engine.kernels.store import read_library
    from panacea_policy.risk.kernels.compiled import CompiledKernels

    try:
        library = read_library(SOURCES)
        return None if library is None else CompiledKernels(library)
    except (ImportError, CannotLoad):
        return None


def _compile(form: Form) -> Kernels | None:
    from importlib.util import find_spec

    from panacea_policy.engine.kernels.build import CannotCompile, compile_kernels
    from panacea_policy.engine.kernels.native import CannotLoad
    from panacea_policy.engine.kernels.store import can_write, write_library
    from panacea_policy.risk.kernels.compiled import CompiledKernels

    if find_spec("numba") is None or (form is Form.AUTO and not can_write()):
        return None
    announce()
    try:
        library = compile_kernels(SOURCE)
        kernels = CompiledKernels(library)
    except (CannotCompile, CannotLoad):
        return None
    write_library(library, SOURCES)
    return kernels
