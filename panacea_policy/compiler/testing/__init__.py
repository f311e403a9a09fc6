"""Tests written in the language: run, covered and put to the test themselves."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panacea_policy.compiler.testing.run import TestResult, run_tests

__all__ = ["TestResult", "run_tests"]

#: What a check may not need is imported when it is asked for. No name is that of a module, too.
_ON_DEMAND = {
    "run": "TestResult run_tests",
}


def __getattr__(name: str) -> object:
    for home, names in _ON_DEMAND.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
