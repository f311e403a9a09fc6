"""Both forms of the kernels, for tests that compare them."""

from __future__ import annotations

from functools import cache

import pytest

from panacea_policy.engine.kernels import Form, Kernels, kernels_for, using
from panacea_policy.engine.kernels.plain import NumpyKernels

PLAIN = NumpyKernels()


@cache
def _compiled() -> Kernels | None:
    with using(Form.NUMBA):
        kernels = kernels_for(1)
    return None if isinstance(kernels, NumpyKernels) else kernels


def compiled() -> Kernels:
    """The compiled kernels, from the cache or compiled now; skips a test where Numba is not installed."""
    pytest.importorskip("numba")
    kernels = _compiled()
    assert kernels is not None, "Numba is installed, and yet there are no compiled kernels"
    return kernels
