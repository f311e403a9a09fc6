"""How the compiled form keeps what facts lead to: an entry for each result of an instance that needs one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.kernels.form import Bools, Draws, Floats, Plan, Shorts, Words


@dataclass(frozen=True, eq=False)
class Entries:
    """What needs each fact, in the order of the facts: entry e of ``start[fact]`` to ``start[fact + 1]`` is
    instance ``instance[e]`` of the plan, and its ``result[e]``.

    Where an instance needs more than one fact, its entries for a result share a number ``join[e]``, -1
    otherwise, of which there are ``needs[join]``. Entries without such a number that have a fact and a result
    in common stand next to each other; ``after[e]`` is the end of those of entry e. Behind all facts stand
    the entries of instances that need nothing. ``effort_stream``, ``law`` and ``pace`` are those of the
    instance, ``least`` the shortest time that it takes.
    """

    start: Shorts
    after: Shorts
    instance: Shorts
    result: Shorts
    join: Shorts
    needs: Shorts
    effort_stream: Words
    law: Shorts
    pace: Floats
    least: Floats

    @classmethod
    def of(cls, plan: Plan, draws: Draws) -> Entries:
        """The entries of a plan and its draws."""
        needs, gives = np.diff(plan.premise_start), np.diff(plan.result_start)
        steps = np.repeat(np.arange(len(plan), dtype=np.int32), gives)
        asked = needs[steps]
        several = asked > 1
        join = np.full(len(steps), -1, np.int32)
        join[several] = np.arange(int(several.sum()), dtype=np.int32)
        times = np.maximum(asked, 1)
        step = np.repeat(np.arange(len(steps)), times)
        nth = np.arange(len(step)) - np.repeat(np.cumsum(times) - times, times)
        fact = np.full(len(step), plan.facts, np.int32)
        needy = asked[step] > 0
        fact[needy] = plan.premise[(plan.premise_start[:-1][steps][step] + nth)[needy]]
        order = np.lexsort((join[step], plan.result[step], fact))
        start = np.zeros(plan.facts + 2, np.int32)
        np.cumsum(np.bincount(fact, minlength=plan.facts + 1), out=start[1:])
        fact, step = fact[order], step[order]
        result, joins, instance = plan.result[step], join[step], steps[step]
        together = (fact[1:] == fact[:-1]) & (result[1:] == result[:-1]) & (joins[1:] < 0) & (joins[:-1] < 0)
        law, pace = draws.law[instance], draws.pace[instance]
        return cls(
            start,
            _ends(together, len(step)),
            instance,
            result,
            joins,
            asked[several].astype(np.int32),
            draws.effort_stream[instance],
            law,
            pace,
            np.where(law >= 0, draws.tables[np.maximum(law, 0), 0] * pace, 0.0),
        )


def _ends(same: Bools, count: int) -> Shorts:
    """For each of some entries the end of its run; ``same[e]``: entry e + 1 belongs to the run of entry e."""
    ends = np.append(np.flatnonzero(~same) + 1, count)
    return ends[np.searchsorted(ends, np.arange(count), side="right")].astype(np.int32)
