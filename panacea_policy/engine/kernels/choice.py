"""Chooses the form of the kernels by the size of the work at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum

import msgspec

from panacea_policy.engine.kernels.form import Kernels
from panacea_policy.engine.kernels.plain import NumpyKernels
from panacea_policy.errors import PanaceaError

VARIABLE = "PANACEA_KERNELS"

# Measured on one core of a small server: with NumPy a key or row costs about 15 ns more than compiled, and a
# call as much as a thousand of them, so that the compiled kernels win from a single row on, once they are
# there. Loading takes 0.1 s, compiling 5 s.

#: What a call costs besides its keys or rows, in these.
CALL_WORK = 1_000
#: A run that has done so much with NumPy loads the compiled kernels, if they are in the cache: it has lost by
#: then what loading takes.
LOAD = 5_000_000
#: A run that has done so much compiles them, if they are not; later runs of this user gain, too.
COMPILE = 100_000_000


class Form(Enum):
    """Which form of the kernels to take.

    AUTO takes the better one for the size of a run. NUMBA takes the compiled one from the first call on, and
    compiles it even where it cannot be kept. Where it cannot be had at all, each takes NumPy's.
    """

    AUTO = "auto"
    NUMPY = "numpy"
    NUMBA = "numba"


class Work(msgspec.Struct):
    """The form that is wanted, and how much has been done so far."""

    form: Form
    done: int = 0


class _Process:
    """What this process knows of the compiled kernels; they are loaded once and never change."""

    kernels: Kernels | None = None
    tried_loading = False
    tried_compiling = False


_PLAIN = NumpyKernels()
_WORK: ContextVar[Work | None] = ContextVar("panacea_kernels", default=None)
_ANNOUNCE: ContextVar[Callable[[], None] | None] = ContextVar("panacea_announce", default=None)


def announce_to(listener: Callable[[], None] | None) -> None:
    """Who is told, from here on in this context, that kernels are about to be compiled.

    That takes seconds and happens once for a user, so people at a terminal want to know. Nothing is printed
    by the engine itself.
    """
    _ANNOUNCE.set(listener)


def announce() -> None:
    """Tells who listens that kernels are about to be compiled."""
    listener = _ANNOUNCE.get()
    if listener is not None:
        listener()


@contextmanager
def using(form: Form | None = None) -> Iterator[None]:
    """A run for which the form of the kernels is chosen; None: as around it.

    Around all runs the form is that of the variable PANACEA_KERNELS (auto, numpy or numba; else auto). Raises
    PanaceaError when the variable has another value.
    """
    around = _WORK.get()
    if form is None:
        form = around.form if around is not None else form_from_environment()
    token = _WORK.set(Work(form))
    try:
        yield
    finally:
        _WORK.reset(token)


def kernels_for(count: int) -> Kernels:
    """The kernels to use for ``count`` keys or rows."""
    work = _WORK.get()
    kernels = _Process.kernels
    if work is None:
        # Not in a run: nothing is loaded for this.
        return _PLAIN if kernels is None else kernels
    if work.form is Form.AUTO:
        if kernels is not None:
            return kernels
        work.done += count + CALL_WORK
        if work.done > LOAD:
            kernels = _loaded(work, work.done > COMPILE)
    elif work.form is Form.NUMBA:
        kernels = _loaded(work, compile=True)
    else:
        return _PLAIN
    return _PLAIN if kernels is None else kernels


def _loaded(work: Work, compile: bool) -> Kernels | None:
    """The compiled kernels, loaded or compiled if that has not been tried before."""
    if not _Process.tried_loading:
        _Process.tried_loading = True
        _Process.kernels = _load()
    if compile and _Process.kernels is None and not _Process.tried_compiling:
        _Process.tried_compiling = True
        _Process.kernels = _compile(work)
    return _Process.kernels


def _load() -> Kernels | None:
    from panacea_policy.engine.kernels.compiled import CompiledKernels
    from panacea_policy.engine.kernels.native import CannotLoad
    from panacea_policy.engine.kernels.store import read_library

    try:
        library = read_library()
        return None if library is None else CompiledKernels(library)
    except (ImportError, CannotLoad):
        return None


def _compile(work: Work) -> Kernels | None:
    from importlib.util import find_spec

    from panacea_policy.engine.kernels.build import CannotCompile, compile_kernels
    from panacea_policy.engine.kernels.compiled import CompiledKernels
    from panacea_policy.engine.kernels.native import CannotLoad
    from panacea_policy.engine.kernels.store import can_write, write_library

    if find_spec("numba") is None or (work.form is Form.AUTO and not can_write()):
        return None
    announce()
    try:
        library = compile_kernels()
        kernels = CompiledKernels(library)
    except (CannotCompile, CannotLoad):
        return None
    write_library(library)
    return kernels


def form_from_environment() -> Form:
    """The form that the variable PANACEA_KERNELS asks for. Raises PanaceaError when it has another value."""
    chosen = os.environ.get(VARIABLE) or Form.AUTO.value
    try:
        return Form(chosen)
    except ValueError:
        raise PanaceaError(f"the variable {VARIABLE} is `{chosen}`", "use auto, numpy or numba") from None
