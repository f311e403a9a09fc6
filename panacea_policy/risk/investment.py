"""What security spending is worth: Gordon and Loeb's optimum, and the return on security investment of ENISA.

Neither is a forecast. The optimum of Gordon and Loeb (ACM TISSEC 5(4), 2002) holds for their two classes of
breach functions; a return on investment says nothing of how sure its inputs are (ENISA, Introduction to
Return on Security Investment, 2012, warns that it is easily manipulated).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: No optimum of either class is above this share of the expected loss (Gordon and Loeb 2002, proposition 3).
BOUND = 1.0 / math.e


@dataclass(frozen=True)
class Optimum:
    """Spending ``spend`` leaves the breach probability ``left`` and gains ``benefit`` net of the spending,
    in money; ``share``: spending over expected loss.
    """

    spend: float
    left: float
    benefit: float
    share: float


def gordon_loeb(vulnerability: float, loss: float, productivity: float, exponent: float = 1.0) -> Optimum:
    """The optimum of class I: S(z) = v / (a z + 1)^b, by z* = ((v L a b)^(1 / (b + 1)) - 1) / a.

    ``productivity`` a per unit of money, ``exponent`` b. Raises ValueError outside their domain.
    """
    _check(vulnerability, loss, productivity)
    if exponent < 1:
        raise ValueError("the exponent of class I must be at least 1")
    expected = vulnerability * loss
    best = ((expected * productivity * exponent) ** (1 / (exponent + 1)) - 1) / productivity
    spend = max(0.0, best)
    return _optimum(spend, vulnerability / (productivity * spend + 1) ** exponent, vulnerability, loss)


def gordon_loeb_second(vulnerability: float, loss: float, productivity: float) -> Optimum:
    """The optimum of class II: S(z) = v^(a z + 1), by z* = ln(-1 / (a v L ln v)) / (a ln v)."""
    _check(vulnerability, loss, productivity)
    if vulnerability >= 1:
        return _optimum(0.0, vulnerability, vulnerability, loss)
    log = math.log(vulnerability)
    gain = -productivity * vulnerability * loss * log
    spend = max(0.0, -math.log(gain) / (productivity * log)) if gain > 1 else 0.0
    return _optimum(spend, vulnerability ** (productivity * spend + 1), vulnerability, loss)


def most_worth_spending(expected_loss: float) -> float:
    """1/e of the expected loss: no optimum of either class is above it."""
    return BOUND * expected_loss


def _optimum(spend: float, left: float, vulnerability: float, loss: float) -> Optimum:
    benefit = (vulnerability - left) * loss - spend
    return Optimum(spend, left, benefit, spend / (vulnerability * loss))


def _check(vulnerability: float, loss: float, productivity: float) -> None:
    if not (0 < vulnerability <= 1 and 0 < loss < math.inf and 0 < productivity < math.inf):
        raise ValueError("a vulnerability in (0, 1], and a loss and a productivity above 0, are needed")


def rosi(saved: float, cost: float) -> float:
    """(monetary loss reduction - cost) / cost (ENISA 2012). Infinite where nothing is spent and something is
    saved. Raises ValueError for a negative cost.
    """
    if cost < 0:
        raise ValueError("a cost must not be negative")
    if cost == 0:
        return math.inf if saved > 0 else 0.0
    return (saved - cost) / cost


def annuity(once: float, yearly: float, years: float, discount: float = 0.0) -> float:
    """What something costs per year over its life: its price spread evenly at this rate of interest, and its
    running cost. Raises ValueError for a life of no length.
    """
    if years <= 0:
        raise ValueError("a life must be longer than nothing")
    if discount == 0:
        return once / years + yearly
    return once * discount / -math.expm1(-years * math.log1p(discount)) + yearly
