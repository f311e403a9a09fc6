"""Tests written in the language: run, covered and put to the test themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panacea_policy.on_demand import on_demand

if TYPE_CHECKING:
    from panacea_policy.compiler.testing.run import TestResult, run_tests

__all__ = ["TestResult", "run_tests"]

__getattr__ = on_demand(
    __name__,
    {
        "run": "TestResult run_tests",
    },
)
