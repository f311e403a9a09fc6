"""From the texts of a generated hospital to its risk, and how both follow an advisory.

Each size is read with an empty cache of models, by the same calls as `panacea risk` makes.
"""

from __future__ import annotations

import resource
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.risk import hospital
from benchmarks.risk.figure import Figure, Found, Goal, at_most
from benchmarks.risk.hospital import Size

DAY = date(2026, 11, 1)
TRIALS = 10_000
#: Advisories that are taken in; the first makes the graph ready to follow and is told apart.
_ADVISORIES = 4


class _Watch:
    """Seconds of wall and of the processors since the last look."""

    def __init__(self) -> None:
        self._seen = time.perf_counter(), time.process_time()

    def lap(self) -> tuple[float, float]:
        now = time.perf_counter(), time.process_time()
        spent = now[0] - self._seen[0], now[1] - self._seen[1]
        self._seen = now
        return spent


def _whole(size: Size, trials: int, *, ranked: bool = False) -> Found:
    """From texts to risk, stage by stage."""
    from panacea_policy.compiler import Workspace
    from panacea_policy.risk import RiskOptions, assess_risk

    with tempfile.TemporaryDirectory() as name:
        place = hospital.write(Path(name), size)
        watch = _Watch()
        workspace = Workspace.open(place, as_of=DAY, cache=None)
        model = workspace.model
        stages = {"texts": watch.lap()}
        attack = workspace.attack()
        stages["graph"] = watch.lap()
        result = assess_risk(attack, model, RiskOptions(trials=trials, ranked=False))
        stages["risk"] = watch.lap()
        if ranked:
            assess_risk(attack, model, RiskOptions(trials=trials))
            stages["ranked"] = watch.lap()
    plain = [stages[stage] for stage in ("texts", "graph", "risk")]
    return {
        "assets": size.assets,
        "vulnerabilities": size.vulnerabilities,
        "facts": result.size.facts,
        "instances": result.size.instances,
        "relevant": result.size.relevant_instances,
        "goals": len(result.goals),
        "trials": trials,
        "stages": stages,
        "seconds": sum(wall for wall, _ in plain),
        "processor": sum(used for _, used in plain),
    }


def thousand(*, quick: bool) -> Found:
    """1,000 hosts with 10 vulnerabilities each."""
    return _whole(Size(200 if quick else 1_000, 10), 640 if quick else TRIALS, ranked=True)


def large(*, quick: bool) -> Found:
    """100,000 assets."""
    return _whole(Size(1_000 if quick else 100_000), 640 if quick else TRIALS)


def advisory(*, quick: bool) -> Found:
    """One more vulnerability of a product becomes known: model, attack graph, and risk follow."""
    return _advisories(Size(500 if quick else 10_000), 640 if quick else 1024)


def live(*, quick: bool) -> Found:
    """The same on the largest hospital."""
    return _advisories(Size(1_000 if quick else 100_000), 640 if quick else TRIALS)


def _advisories(size: Size, trials: int) -> Found:
    from panacea_policy.compiler import Delta, Workspace
    from panacea_policy.risk import LiveRisk, RiskOptions, assess_risk

    options = RiskOptions(trials=trials, ranked=False)
    with tempfile.TemporaryDirectory() as name:
        workspace = Workspace.open(hospital.write(Path(name), size), as_of=DAY, cache=None)
        estimate = LiveRisk(workspace, options)
        watch = _Watch()
        estimate.result  # noqa: B018
        first = watch.lap()
        laps = []
        for number in range(_ADVISORIES):
            text = hospital.advisory(number, [f"build_system_{number}", f"server_program_{number % 6}"])
            watch.lap()
            workspace.apply(Delta(change=text))
            taken = watch.lap()
            workspace.attack()
            followed = watch.lap()
            estimate.update()
            laps.append((taken, followed, watch.lap()))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        fresh = assess_risk(workspace.attack(), workspace.model, options)
        anew = watch.lap()
    later = laps[1:]
    taken, followed, estimated = ([lap[at] for lap in later] for at in range(3))
    return {
        "assets": size.assets,
        "trials": trials,
        "first": first,
        "ready": laps[0][1],
        "taken": min(taken),
        "followed": min(followed),
        "estimated": min(estimated),
        "each": [each for each, _ in estimated],
        "anew": anew,
        "following_mb": peak,
        "equal": fresh.model_dump_json() == estimate.result.model_dump_json(),
    }


def _told(laps: dict[str, tuple[float, float]]) -> str:
    return ", ".join(
        f"{stage} {wall:.1f} s ({used:.1f} s of processors)" for stage, (wall, used) in laps.items()
    )


def _whole_lines(found: Found) -> list[str]:
    return [
        f"{found['assets']:,} assets x {found['vulnerabilities']} vulnerabilities: {found['facts']:,} facts, "
        f"{found['instances']:,} instances, {found['relevant']:,} of "
        f"them lead to the {found['goals']:,} goals",
        f"{found['trials']:,} trials of every actor; {_told(found['stages'])}",
        f"texts to risk without rankings {found['seconds']:.1f} s ({found['processor']:.1f} s of processors)",
    ]


def _advisory_lines(found: Found) -> list[str]:
    (taken, _), (followed, _), (estimated, used) = (found[k] for k in ("taken", "followed", "estimated"))
    return [
        f"{found['assets']:,} assets, {found['trials']:,} trials of every actor: taken in {taken * 1000:.0f} "
        f"ms, attack graph {followed * 1000:.0f} ms, new estimate {estimated:.2f} s ({used:.2f} s of "
        f"processors); least of {', '.join(f'{each:.1f}' for each in found['each'])} s",
        f"a fresh run {found['anew'][0]:.2f} s ({found['anew'][1]:.2f} s of processors); from texts to "
        f"the first estimate {found['first'][0]:.1f} s, the first advisory, which makes the graph ready "
        f"to follow, {found['ready'][0]:.1f} s; until then at most {found['following_mb']:,.0f} MB; "
        + ("equal to a fresh run" if found["equal"] else "NOT equal to a fresh run"),
    ]


def _large_goals(found: Found) -> list[Goal]:
    what = f"{found['assets']:,} assets end to end, {found['trials']:,} trials"
    return [
        at_most(f"{what}, in at most 90 s", found["seconds"], 90.0),
        at_most(f"{what}, in at most 4 GB", found["peak_mb"] / 1024, 4.0, "GB"),
    ]


FIGURES = {
    "thousand": Figure(
        "1,000 hosts x 10 vulnerabilities from text to risk",
        thousand,
        _whole_lines,
        lambda found: [at_most("1,000 hosts x 10 from text to risk in at most 10 s", found["seconds"], 10.0)],
    ),
    "large": Figure("100,000 assets from text to risk", large, _whole_lines, _large_goals),
    "advisory": Figure(
        "one advisory, end to end",
        advisory,
        _advisory_lines,
        lambda found: [
            at_most(
                f"attack graph of {found['assets']:,} assets follows in at most 0.3 s",
                found["followed"][0],
                0.3,
            ),
            at_most(f"new estimate on {found['assets']:,} assets in at most 3 s", found["estimated"][0], 3.0),
            Goal("live risk equal to a fresh run", "yes" if found["equal"] else "no", found["equal"]),
        ],
    ),
    "live": Figure(
        "one advisory on the largest hospital",
        live,
        _advisory_lines,
        lambda found: [
            at_most(
                f"new estimate on {found['assets']:,} assets, {found['trials']:,} trials, in at most 3 s",
                found["estimated"][0],
                3.0,
            ),
            Goal("live risk equal to a fresh run", "yes" if found["equal"] else "no", found["equal"]),
        ],
    ),
}
