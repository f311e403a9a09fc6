"""Our engine. Taking facts in is `Database.insert`; deriving is `compile_program` and `evaluate`."""

from __future__ import annotations

from pathlib import Path

from benchmarks.engine import memory
from benchmarks.engine.peers.outcome import Outcome, Stopwatch, Tables, derived
from benchmarks.engine.problem import Problem
from panacea_policy.engine import compile_program, evaluate


class Ours:
    """Our engine, on one thread: nothing in it uses more."""

    def __init__(self, problem: Problem, folder: Path) -> None:
        self._problem = problem
        self._symbols = problem.symbols()

    def run(self) -> Outcome:
        watch = Stopwatch()
        database = self._problem.database(self._symbols)
        watch.loaded()
        result = evaluate(compile_program(self._problem.program), database)
        seconds = watch.stop()
        peak = memory.peak()
        rows = {name: len(result.table(name)) for name in derived(self._problem.program)}
        return Outcome(*seconds, rows, peak)

    def tables(self) -> Tables:
        """The rows of every derived relation, for tests."""
        program = self._problem.program
        result = evaluate(compile_program(program), self._problem.database(self._symbols))
        return {
            name: set(zip(*(column.tolist() for column in table.columns), strict=True))
            if (table := result.table(name)).columns
            else {()}
            if len(table)
            else set()
            for name in derived(program)
        }
