"""Synthetic attack graphs of any size."""

from __future__ import annotations

import numpy as np

from panacea_policy.model.distributions import Lognormal
from panacea_policy.risk.graph import Graph, Rows
from panacea_policy.risk.kernels.numbers import mix

EFFORT = Lognormal(mu=12.0, sigma=1.0)


def layered(instances: int, seed: int = 1, *, low: float = 0.02, high: float = 0.9) -> tuple[Graph, int]:
    """A deep graph with cycles, and its goal: a third of the instances need two facts, some lead back.

    There are three instances for each fact, each with one result.
    """
    rng = np.random.default_rng(seed)
    facts = max(instances // 3, 4)
    number = np.arange(instances)
    target = 1 + number * (facts - 1) // instances
    least = np.maximum(0, target - 40)
    most = np.minimum(target + 6, facts)
    needs = (least[:, None] + rng.random((instances, 2)) * (most - least)[:, None]).astype(np.int64)
    needs[needs == target[:, None]] = 0
    counts = 1 + number % 3 // 2
    premises = [row[:count].tolist() for row, count in zip(needs, counts.tolist(), strict=True)]
    return _graph(facts, premises, target, rng.uniform(low, high, instances)), facts - 1


def hospital(hosts: int, vulnerable: float = 0.4, seed: int = 1) -> tuple[Graph, int]:
    """Hosts in departments of fifty: who holds a host may take some others there, and now and then one
    elsewhere; some are vulnerable. The goal is the last host of the last department.

    About eight facts and instances for each host.
    """
    rng = np.random.default_rng(seed)
    size = 50
    premises, targets, chances = [], [], []
    host = np.arange(hosts)
    near = (host // size * size)[:, None] + rng.integers(0, size, (hosts, 4))
    far = rng.integers(0, hosts, (hosts, 1))
    for column in np.concatenate([near, far], axis=1).T:
        premises.append(np.minimum(column, hosts - 1))
        targets.append(host)
        chances.append(np.where(rng.random(hosts) < vulnerable, rng.uniform(0.05, 0.6, hosts), 0.005))
    flat = np.concatenate(premises)
    rows = Rows(np.arange(len(flat) + 1), flat)
    goal = np.concatenate(targets)
    return _of(hosts, rows, goal, np.concatenate(chances)), hosts - 1


def _graph(facts: int, premises: list[list[int]], target: np.ndarray, chance: np.ndarray) -> Graph:
    return _of(facts, Rows.of(premises), target, chance)


def _of(facts: int, premises: Rows, target: np.ndarray, chance: np.ndarray) -> Graph:
    count = len(target)
    key = mix(np.arange(count, dtype=np.uint64) + np.uint64(1 << 40))
    none = Rows(np.zeros(count + 1, np.int64), np.zeros(0, np.int64))
    initial = np.zeros(facts, bool)
    initial[0] = True
    return Graph(
        facts=facts,
        premises=premises,
        results=Rows(np.arange(count + 1), target.astype(np.int64)),
        chance=chance,
        effort=np.zeros(count, np.int64),
        efforts=(EFFORT,),
        hinders=none,
        effectiveness=np.zeros(0),
        slows=np.zeros(0),
        members=np.ones(count, np.int64),
        initial=initial,
        key=key,
        draw=key,
        fact_key=mix(np.arange(facts, dtype=np.uint64)),
    )
