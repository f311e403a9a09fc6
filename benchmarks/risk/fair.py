"""Times one FAIR scenario of a million trials beside pyfair, in turns in the same run.

Run ``python benchmarks/risk/fair.py``; ``--trials`` and ``--rounds`` set the size. pyfair multiplies one
frequency by one loss per trial; here each trial is a year, whose events have losses of their own (about as
many draws). Least times count, and processor time beside time on the clock: the machine may be busy.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from collections.abc import Callable

from panacea_policy.model.distributions import Pert
from panacea_policy.risk.fair import Loss, Scenario

#: The README of pyCRQ: events a year, vulnerability, loss.
FREQUENCY, VULNERABILITY, MAGNITUDE = (1, 3, 8), (0.10, 0.25, 0.55), (50e3, 250e3, 1.5e6)


def ours(trials: int) -> float:
    """The mean annual loss of the compound process."""
    scenario = Scenario(Pert(*FREQUENCY), Loss((Pert(*MAGNITUDE),)), vulnerability=Pert(*VULNERABILITY))
    return float(scenario.simulate(trials).mean())


def peer(trials: int) -> float:
    """The mean annual loss by pyfair."""
    from pyfair import FairModel  # type: ignore[import-untyped]

    model = FairModel(name="scenario", n_simulations=trials)
    for name, (low, mode, high) in (
        ("Threat Event Frequency", FREQUENCY),
        ("Vulnerability", VULNERABILITY),
        ("Loss Magnitude", MAGNITUDE),
    ):
        model.input_data(name, low=low, mode=mode, high=high)
    model.calculate_all()
    return float(model.export_results()["Risk"].mean())


def least(run: Callable[[int], float], trials: int, rounds: int) -> tuple[float, float, float]:
    """The least time on the clock, the least processor time, and the last mean."""
    clock = processor = math.inf
    mean = 0.0
    for _ in range(rounds):
        begun, worked = time.perf_counter(), time.process_time()
        mean = run(trials)
        clock = min(clock, time.perf_counter() - begun)
        processor = min(processor, time.process_time() - worked)
    return clock, processor, mean


def main() -> None:
    """Print both, and how they compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    clock, processor, mean = least(ours, chosen.trials, chosen.rounds)
    their_clock, their_processor, their_mean = least(peer, chosen.trials, chosen.rounds)
    print(f"ours    {clock:.3f} s on the clock, {processor:.3f} s of processor, mean {mean:,.0f}")
    theirs = f"{their_clock:.3f} s on the clock, {their_processor:.3f} s of processor"
    print(f"pyfair  {theirs}, mean {their_mean:,.0f}")
    print(f"ratio   {clock / their_clock:.2f} on the clock, {processor / their_processor:.2f} of processor")


if __name__ == "__main__":
    main()
