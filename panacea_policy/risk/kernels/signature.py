"""How kernels are written down: their arguments' types, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

INT = types.int64
_pointer: Any = types.CPointer
LONGS, SHORTS = _pointer(types.int64), _pointer(types.int32)
WORDS, BYTES, FLOATS = _pointer(types.uint64), _pointer(types.uint8), _pointer(types.float64)

#: By name: the kernel and the types of its arguments; every kernel returns an INT.
KERNELS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}


def kernel(*args: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Notes a function as a kernel of these arguments."""

    def note(function: Callable[..., Any]) -> Callable[..., Any]:
        KERNELS[function.__name__] = function, args
        return function

    return note
