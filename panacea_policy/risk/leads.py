"""What lies ahead of the instances of a graph: for each the facts of a border that it next leads to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.graph import Bools, Ints, Words, distinct
from panacea_policy.risk.kernels.form import Shorts
from panacea_policy.risk.kernels.steps import Links, Lists, Steps
from panacea_policy.risk.links import Net


@dataclass(frozen=True)
class Leads:
    """``lead[i]`` is the number of the list of ``lists`` with the facts that lie next ahead of instance i, -1
    for one that does not matter. ``sign``: what each list is known by.
    """

    lead: Shorts
    lists: Lists
    sign: Words

    @classmethod
    def of(cls, steps: Steps, links: Links, stops: Bools, used: Bools) -> Leads:
        nothing = Lists(np.zeros(1, np.int32), np.zeros(0, np.int32))
        empty = cls(np.full(len(used), -1, np.int32), nothing, np.zeros(0, np.uint64))
        return empty.again(steps, links, stops, np.flatnonzero(used))

    def again(self, steps: Steps, links: Links, stops: Bools, some: Ints) -> Leads:
        """With those of some instances found out again."""
        size = len(links.alive)
        lead = np.full(size, -1, np.int32)
        lead[: len(self.lead)] = self.lead
        if not len(some):
            return Leads(lead, self.lists, self.sign)
        found, sign = steps.leads(links, stops, some)
        signs, first, number = np.unique(sign, return_index=True, return_inverse=True)
        place = np.full(len(signs), -1, np.int64)
        order = np.argsort(self.sign)
        if len(order):
            at = np.minimum(np.searchsorted(self.sign[order], signs), len(order) - 1)
            known = self.sign[order][at] == signs
            place[known] = order[at[known]]
        new = np.flatnonzero(place < 0)
        place[new] = len(self.lists) + np.arange(len(new))
        lead[some] = place[number]
        start, end = found.start[first[new]], found.start[first[new] + 1]
        entries = [found.index[a:b] for a, b in zip(start.tolist(), end.tolist(), strict=True)]
        ends = self.lists.start[-1] + np.cumsum(end - start)
        lists = Lists(
            np.concatenate([self.lists.start, ends.astype(np.int32)]),
            np.concatenate([self.lists.index, *entries]).astype(np.int32),
        )
        return Leads(lead, lists, np.concatenate([self.sign, signs[new]]))


def leading_to(net: Net, came: Ints, stops: Bools, alive: Bools) -> Ints:
    """The instances from which some that came can be got at without a fact ``stops`` between, these
    included.
    """
    seen = np.zeros(net.graph.facts, bool)
    found, some = [came], came
    while len(some):
        needs, _ = distinct(net.graph.premises.taken(some).index)
        needs = needs[~stops[needs] & ~seen[needs]]
        seen[needs] = True
        some, _ = distinct(net.makers.of_each(needs)[1])
        some = some[alive[some]]
        found.append(some)
    return distinct(np.concatenate(found))[0]
