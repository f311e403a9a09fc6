"""Tests written in the language: run, covered and put to the test themselves."""

from __future__ import annotations

from panacea_policy.compiler.testing.run import TestResult, run_tests

__all__ = ["TestResult", "run_tests"]
