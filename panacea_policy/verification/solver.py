"""z3, loaded only when a question is asked, and the bounds within which it may think."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from panacea_policy.errors import PanaceaError

#: A z3 object. The library has no types of its own.
Z3 = Any


@dataclass(frozen=True, slots=True)
class Settings:
    """How much one question may cost.

    ``seconds``: for the whole question, solving and translating; ``megabytes``: of the solver;
    ``rows``: of one relation under translation; ``declarations``: of the largest universe that is tried.
    """

    seconds: float = 10.0
    megabytes: int = 1_024
    rows: int = 20_000
    declarations: int = 48


class OutOfBounds(Exception):
    """A question that costs more than its settings allow; ``reason`` says what ran out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Budget:
    """What is left of a question's time."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._end = time.monotonic() + settings.seconds

    @property
    def seconds(self) -> float:
        """The seconds that are left; never negative."""
        return max(0.0, self._end - time.monotonic())

    def check(self, rows: int = 0) -> None:
        """Raise :class:`OutOfBounds` when time is up, or when a relation has too many ``rows``."""
        if rows > self.settings.rows:
            raise OutOfBounds(f"the translation needs more than {self.settings.rows:,} rows of one relation")
        if self.seconds <= 0:
            raise OutOfBounds(f"the solver ran out of time ({self.settings.seconds:g} s)")


def load_z3() -> Z3:
    """The z3 module. Raises PanaceaError, with the cure, where it is not installed."""
    try:
        import z3
    except ImportError:
        raise PanaceaError(
            "`panacea prove` needs the solver z3, which is not installed",
            "In the checkout: pip install '.[verify]'",
        ) from None
    return z3


def satisfiable(z3: Z3, solver: Z3, budget: Budget, *assumptions: Z3) -> bool:
    """Whether the solver's formulas can hold together. Raises :class:`OutOfBounds` where z3 cannot say."""
    budget.check()
    solver.set("timeout", max(1, int(budget.seconds * 1000)))
    try:
        answer = solver.check(*assumptions)
    except z3.Z3Exception as problem:
        raise OutOfBounds(f"the solver gave up ({problem})") from None
    if answer == z3.unknown:
        reason = str(solver.reason_unknown())
        if "memory" in reason:
            raise OutOfBounds(f"the solver ran out of memory ({budget.settings.megabytes:,} MB)")
        if any(word in reason for word in ("timeout", "canceled", "interrupted")):
            raise OutOfBounds(f"the solver ran out of time ({budget.settings.seconds:g} s)")
        raise OutOfBounds(f"the solver cannot decide it ({reason})")
    return bool(answer == z3.sat)


def new_solver(z3: Z3, budget: Budget) -> Z3:
    """A solver with a bound on its memory and a fixed seed, so that the same question has the same answer."""
    solver = z3.Solver()
    solver.set("max_memory", budget.settings.megabytes)
    solver.set("random_seed", 0)
    return solver
