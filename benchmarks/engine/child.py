"""One engine or one figure in a process of its own: ``python -m benchmarks.engine.child``.

Prints one line of JSON for each run. A run that takes longer than the bound ends the process by SIGALRM,
whatever code it is in.
"""

from __future__ import annotations

import gc
import json
import pickle
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from benchmarks.engine import memory
from benchmarks.engine.peers.outcome import Outcome
from benchmarks.engine.problem import Problem

#: Seconds after which a process starts no further run.
ENOUGH = 12.0


class Runner(Protocol):
    """An engine with a problem before it."""

    def run(self) -> Outcome: ...


def runner(peer: str) -> Callable[[Problem, Path], Runner]:
    """The engine of this name; only its own package is imported."""
    if peer == "ours":
        from benchmarks.engine.peers.ours import Ours

        return Ours
    if peer == "clingo":
        from benchmarks.engine.peers.asp import Clingo

        return Clingo
    if peer in ("duckdb", "duckdb, 2 threads"):
        from benchmarks.engine.peers.sql import DuckDB

        return partial(DuckDB, threads=1 if peer == "duckdb" else 2)
    if peer in ("souffle", "souffle -c"):
        from benchmarks.engine.peers.souffle import Souffle

        return partial(Souffle, compile=peer == "souffle -c")
    raise ValueError(f"no engine is called `{peer}`")


def run_peer(peer: str, folder: Path, repeat: int, bound: float) -> None:
    """Runs a problem up to ``repeat`` times."""
    with (folder / "problem.pickle").open("rb") as file:
        problem: Problem = pickle.load(file)
    engine = runner(peer)(problem, folder)
    start = time.perf_counter()
    for _ in range(repeat):
        gc.collect()
        base = memory.held()
        memory.forget_peak()
        signal.setitimer(signal.ITIMER_REAL, bound)
        outcome = engine.run()
        signal.setitimer(signal.ITIMER_REAL, 0)
        line = {
            "load": outcome.load,
            "evaluate": outcome.evaluate,
            "cpu": outcome.cpu,
            "peak": outcome.peak,
            "base": 0.0 if outcome.own else base,
            "rows": outcome.rows,
            "numba": "numba" in sys.modules,
            "compiled": not {"numba", "llvmlite"}.isdisjoint(sys.modules),
        }
        print(json.dumps(line), flush=True)
        if time.perf_counter() - start > ENOUGH:
            break


def main() -> None:
    what, name, folder, repeat, bound = sys.argv[1:]
    if what == "peer":
        run_peer(name, Path(folder), int(repeat), float(bound))
    else:
        from benchmarks.engine.figures import FIGURES

        signal.setitimer(signal.ITIMER_REAL, float(bound))
        print(json.dumps(FIGURES[name].run(quick=what == "quick figure")), flush=True)


if __name__ == "__main__":
    main()
