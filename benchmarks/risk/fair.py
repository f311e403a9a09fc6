"""One FAIR scenario of a million years, beside pyfair."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec

from benchmarks.risk.figure import Figure, Found, Goal, at_most, timed
from panacea_policy.model.distributions import Pert

#: Threat events per year, vulnerability, loss of each: the scenario of pyCRQ's quick start.
FREQUENCY, VULNERABILITY, LOSS = Pert(1, 3, 8), Pert(0.10, 0.25, 0.55), Pert(50e3, 250e3, 1.5e6)


def fair(*, quick: bool) -> Found:
    if find_spec("panacea_policy.risk.fair") is None:
        return {"skipped": "this build has no FAIR scenarios"}
    if find_spec("pyfair") is None:
        return {"skipped": "pyfair is not installed"}
    ours = import_module("panacea_policy.risk.fair")
    years = 20_000 if quick else 1_000_000
    scenario = ours.Scenario(
        frequency=FREQUENCY, vulnerability=VULNERABILITY, primary=ours.Loss(magnitudes=(LOSS,))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyfair import FairModel

        def peer() -> None:
            model = FairModel("peer", n_simulations=years)
            for target, law in (
                ("Threat Event Frequency", FREQUENCY),
                ("Vulnerability", VULNERABILITY),
                ("Loss Magnitude", LOSS),
            ):
                model.input_data(target, low=law.low, mode=law.mode, high=law.high)
            model.calculate_all()

        peer()
        theirs = timed(peer, 3)
    found = scenario.simulate(years)
    return {
        "years": years,
        "ours": timed(lambda: scenario.simulate(years), 3),
        "peer": theirs,
        "mean": float(found.mean()),
        "closed": float(scenario.mean()),
    }


def _lines(found: Found) -> list[str]:
    return [
        f"{found['years']:,} years: {found['ours']:.2f} s, each loss event drawn by itself; pyfair "
        f"{found['peer']:.2f} s, one loss per year: {found['ours'] / found['peer']:.2f} of its time",
        f"mean {found['mean']:,.0f}, in closed form {found['closed']:,.0f}",
    ]


def _goals(found: Found) -> list[Goal]:
    share = found["ours"] / found["peer"]
    return [at_most("a FAIR scenario in at most 0.3 of pyfair's time", share, 0.3, "of its time")]


FIGURES = {"fair": Figure("one FAIR scenario of 1,000,000 years", fair, _lines, _goals)}
