"""Starts a process for each engine and figure, and gathers what they say."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.engine.problem import Problem
from benchmarks.engine.programs import closure

ROOT = Path(__file__).resolve().parents[2]

#: By the name on the command line, the engines that it stands for.
PEERS = {
    "ours": ("ours",),
    "clingo": ("clingo",),
    "duckdb": ("duckdb", "duckdb, 2 threads"),
    "souffle": ("souffle", "souffle -c"),
}


class Failed(Exception):
    """A process ended with an error, or two engines do not derive the same rows."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run. Seconds and megabytes; ``base`` is what the process held before it.

    ``cpu``: of the processor, by all threads. ``numba``: Numba had been imported by its end; ``compiled``:
    compiled kernels had been loaded.
    """

    load: float
    evaluate: float
    cpu: float
    peak: float
    base: float
    rows: dict[str, int]
    numba: bool
    compiled: bool

    @property
    def seconds(self) -> float:
        return self.load + self.evaluate


@dataclass(frozen=True, slots=True)
class Measured:
    """All runs of one engine on one problem, in the order of time; none if the first took too long.

    The first run of a process pays for what is set up once, the others do not.
    """

    peer: str
    bound: float
    samples: tuple[Sample, ...]

    @property
    def first(self) -> float:
        return self.samples[0].seconds

    @property
    def warm(self) -> list[float]:
        """The later runs, or the only one."""
        return [sample.seconds for sample in self.samples[1:] or self.samples]

    @property
    def seconds(self) -> float:
        """The median of the warm runs."""
        return median(self.warm)

    @property
    def cpu(self) -> float:
        """The median of the processor's seconds in the warm runs."""
        return median(sample.cpu for sample in self.samples[1:] or self.samples)

    @property
    def peak(self) -> float:
        """Megabytes at most in the first run: later ones find memory that the first has left behind."""
        return self.samples[0].peak

    @property
    def rows(self) -> dict[str, int]:
        return self.samples[0].rows

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"peer": self.peer, "bound": self.bound}
        if self.samples:
            found |= {
                "first": self.first,
                "median": self.seconds,
                "min": min(self.warm),
                "max": max(self.warm),
                "cpu": self.cpu,
                "peak_mb": self.peak,
                "base_mb": self.samples[0].base,
                "runs": [
                    {key: value for key, value in asdict(each).items() if key != "rows"}
                    for each in self.samples
                ],
            }
        return found


@dataclass(frozen=True, slots=True)
class Line:
    """One problem and all engines on it.

    ``rows``: derived, in all relations together. ``loops``: DuckDB has no statement for its recursion.
    """

    name: str
    title: str
    rules: int
    facts: int
    rows: int
    loops: bool
    measured: tuple[Measured, ...]

    def of(self, peer: str) -> Measured | None:
        """What an engine did, if it was asked."""
        return next((each for each in self.measured if each.peer == peer), None)


class Laboratory:
    """A folder for data and one for the cache of compiled kernels, both gone at the end."""

    def __init__(self, folder: Path, *, repeat: int, bound: float) -> None:
        self._folder = folder
        self._repeat = repeat
        self._bound = bound
        self._cache = folder / "cache"
        self._is_filled = False

    @contextmanager
    def problem(self, problem: Problem) -> Iterator[Path]:
        """A folder with the problem for the time of the measurements."""
        place = self._folder / problem.name
        place.mkdir()
        with (place / "problem.pickle").open("wb") as file:
            pickle.dump(problem, file, protocol=5)
        try:
            yield place
        finally:
            shutil.rmtree(place)

    def measure(self, peer: str, place: Path) -> Measured:
        """Runs one engine. Raises Failed."""
        if peer == "ours":
            self._fill_cache()
        return self._runs(peer, place, self._cache, self._repeat)

    def compile_kernels(self, place: Path, cache: Path) -> Sample | None:
        """One run of our engine with compiled kernels, made in it if the cache does not have them.

        None if it takes too long. Who has set PANACEA_KERNELS to ``numpy`` measures that form alone.
        """
        form = "numpy" if os.environ.get("PANACEA_KERNELS") == "numpy" else "numba"
        found = self._runs("ours", place, cache, 1, {"PANACEA_KERNELS": form})
        return next(iter(found.samples), None)

    def _fill_cache(self) -> None:
        """Compiles the kernels before anything is measured that may use them."""
        if not self._is_filled:
            with self.problem(replace(closure.chain(3), name="filling")) as place:
                self.compile_kernels(place, self._cache)
            self._is_filled = True

    def figure(self, name: str, *, quick: bool) -> dict[str, Any]:
        """One of the figures of our own engine. Raises Failed."""
        self._fill_cache()
        what = "quick figure" if quick else "figure"
        code, out, errors = self._child(
            [what, name, str(self._folder), "1", str(20 * self._bound)], self._cache
        )
        if code:
            raise Failed(f"{name}: exit {code}\n{errors[-2000:]}")
        found: dict[str, Any] = json.loads(out)
        return found

    def _runs(
        self, peer: str, place: Path, cache: Path, repeat: int, extra: Mapping[str, str] | None = None
    ) -> Measured:
        arguments = ["peer", peer, str(place), str(repeat), str(self._bound)]
        code, out, errors = self._child(arguments, cache, extra)
        if code not in (0, -signal.SIGALRM):
            raise Failed(f"{peer} on {place.name}: exit {code}\n{errors[-2000:]}")
        samples = tuple(Sample(**json.loads(line)) for line in out.splitlines())
        return Measured(peer, self._bound, samples)

    def _child(
        self, arguments: Sequence[str], cache: Path, extra: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        one = dict.fromkeys(
            ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
        )
        # Nothing of this user's is read or written: caches, and the state that belongs to them.
        names = ("PANACEA_CACHE_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "NUMBA_CACHE_DIR")
        places = dict.fromkeys(names, str(cache))
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.engine.child", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **one, **places, "PYTHONHASHSEED": "0", "PYTHONPATH": path, **(extra or {})},
            start_new_session=True,
        )
        try:
            out, errors = process.communicate()
        finally:
            # Soufflé runs in a process of the child's, which outlives it when the alarm ends it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, out, errors


@contextmanager
def laboratory(*, repeat: int, bound: float) -> Iterator[Laboratory]:
    with tempfile.TemporaryDirectory(prefix="panacea-bench-") as folder:
        yield Laboratory(Path(folder), repeat=repeat, bound=bound)


def check_rows(name: str, measured: Sequence[Measured]) -> dict[str, int]:
    """The rows of every derived relation. Raises Failed where two engines do not have the same."""
    done = [each for each in measured if each.samples]
    if not done:
        return {}
    rows = done[0].rows
    for each in done:
        for relation, count in rows.items():
            for sample in each.samples:
                if sample.rows.get(relation) != count:
                    raise Failed(
                        f"{name}: `{relation}` has {count:,} rows by {done[0].peer} and "
                        f"{sample.rows.get(relation)} by {each.peer}"
                    )
    return rows
