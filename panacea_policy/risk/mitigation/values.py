"""What each control of a portfolio contributes: alone, last, and its fair share (Shapley value)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from panacea_policy.risk.graph import Floats

#: Up to this many players the Shapley value is computed from all subsets.
EXACT_PLAYERS = 12

#: Orders drawn where there are more; each is taken forwards and backwards.
ORDERS = 64

Game = Callable[[frozenset[int]], float]


@dataclass(frozen=True)
class Shares:
    """The Shapley value of each player with its standard error; zero where it is exact."""

    value: Floats
    error: Floats
    exact: bool


def shapley(players: int, game: Game, *, seed: int = 1, exact_up_to: int = EXACT_PLAYERS) -> Shares:
    """The average of what each player adds over all orders in which they could join (Shapley 1953).

    Exact by subsets for few players; otherwise from random orders, each also taken backwards, which leaves
    the mean as it is and lowers the error. The shares always add up to the value of all together.
    """
    if players <= exact_up_to:
        return Shares(_exact(players, game), np.zeros(players), exact=True)
    random = np.random.default_rng(seed)
    known: dict[frozenset[int], float] = {}

    def value(some: frozenset[int]) -> float:
        if some not in known:
            known[some] = game(some)
        return known[some]

    drawn = []
    for _ in range(ORDERS):
        order = random.permutation(players).tolist()
        both = [_added(order, value), _added(order[::-1], value)]
        drawn.append(np.mean(both, axis=0))
    table = np.array(drawn)
    return Shares(table.mean(axis=0), table.std(axis=0, ddof=1) / math.sqrt(len(table)), exact=False)


def _added(order: Sequence[int], value: Game) -> Floats:
    added = np.zeros(len(order))
    so_far: frozenset[int] = frozenset()
    before = value(so_far)
    for player in order:
        so_far = so_far | {player}
        now = value(so_far)
        added[player] = now - before
        before = now
    return added


def _exact(players: int, game: Game) -> Floats:
    worth = np.array([game(frozenset(_bits(s, players))) for s in range(1 << players)])
    size = np.array([s.bit_count() for s in range(1 << players)])
    weight = np.array(
        [
            math.factorial(k) * math.factorial(players - k - 1) / math.factorial(players)
            for k in range(players)
        ]
    )
    shares = np.zeros(players)
    for player in range(players):
        without = np.array([s for s in range(1 << players) if not s >> player & 1], dtype=np.int64)
        added = worth[without | (1 << player)] - worth[without]
        shares[player] = float((weight[size[without]] * added).sum())
    return shares


def _bits(mask: int, n: int) -> list[int]:
    return [i for i in range(n) if mask >> i & 1]


def order_of_purchase(
    chosen: Sequence[int], cost: Floats, needs: Callable[[int], Sequence[int]], game: Game
) -> list[tuple[int, float]]:
    """The chosen ones in the order in which each brings most for its money, with what it adds then.

    A control comes after those it needs. Free ones come first.
    """
    so_far: frozenset[int] = frozenset()
    left, found, before = list(chosen), [], game(frozenset())
    while left:
        ready = [c for c in left if not any(n in left for n in needs(c))] or left
        gains = {c: game(so_far | {c}) - before for c in ready}
        best = max(ready, key=lambda c: (gains[c] / cost[c] if cost[c] > 0 else math.inf, gains[c], -c))
        found.append((best, gains[best]))
        so_far, before = so_far | {best}, before + gains[best]
        left.remove(best)
    return found
