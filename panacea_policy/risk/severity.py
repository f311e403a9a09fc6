"""How bad one event is: how long a care process stays down, what that costs, and whom it harms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from panacea_policy.model.distributions import Constant, Distribution
from panacea_policy.risk.graph import Floats

YEAR = 365 * 86400.0
HOUR = 3600.0

#: Points at which a mean without closed form is taken from percentiles.
_POINTS = 400

Value = Callable[[str], Distribution | None]


@dataclass(frozen=True)
class Severity:
    """What one event costs. All amounts are laws; None where the model is silent.

    ``outage``: seconds that an attack stops a process; ``rebuilt`` where copies are lost, ``by_accident``
    where nobody attacked (each falls back to ``outage``). ``loss_rate`` is money per year of standing still,
    of which ``fallback_share`` is saved for ``fallback_lasts`` seconds; ``per_event`` does not depend on the
    length; ``records`` times ``per_record`` is what disclosure costs. ``care_per_case`` in seconds.
    """

    outage: Distribution | None = None
    tolerable: float | None = None
    loss_rate: Distribution | None = None
    fallback_share: float = 0.0
    fallback_lasts: float = float("inf")
    per_event: Distribution | None = None
    records: Distribution | None = None
    per_record: Distribution | None = None
    cases_per_year: float | None = None
    harm_per_case: float | None = None
    harmed_per_event: float | None = None
    rebuilt: Distribution | None = None
    by_accident: Distribution | None = None
    care_per_case: float | None = None

    @property
    def priced(self) -> bool:
        """Whether the model puts a price on it."""
        running = self.outage is not None and self.loss_rate is not None
        counted = self.records is not None and self.per_record is not None
        return running or counted or self.per_event is not None

    def law(self, *, hostile: bool = True, lost: bool = False) -> Distribution | None:
        """The law of the outage that an attack or an accident brings; ``lost``: with no copy left."""
        if not hostile:
            return self.by_accident or self.outage
        return (self.rebuilt if lost else None) or self.outage

    def standstill(self, length: Floats) -> Floats:
        """The seconds of full standstill that an outage of this length amounts to, with the fallback
        counted.
        """
        return length - self.fallback_share * np.minimum(length, self.fallback_lasts)

    def mean(self) -> float:
        """The expected loss of one event of an attack, were it alone; its factors are independent."""
        total = self.per_event.mean() if self.per_event else 0.0
        if self.outage and self.loss_rate:
            total += self.mean_standstill(self.outage) / YEAR * self.loss_rate.mean()
        if self.records and self.per_record:
            total += self.records.mean() * self.per_record.mean()
        return total

    def mean_standstill(self, outage: Distribution) -> float:
        """The expected seconds of full standstill under a law of outages."""
        if self.fallback_share == 0.0 or self.fallback_lasts == float("inf"):
            return (1.0 - self.fallback_share) * outage.mean()
        carried = float(np.minimum(_points(outage), self.fallback_lasts).mean())
        return outage.mean() - self.fallback_share * carried

    def care_lost(self, outage: Distribution) -> float | None:
        """The expected patient-hours of care not given in one outage: cases per time, times the expected
        standstill less what the fallback carries, times the hours that a case gets. None where unknown.
        """
        if self.cases_per_year is None or self.care_per_case is None:
            return None
        return self.cases_per_year * self.mean_standstill(outage) / YEAR * self.care_per_case / HOUR

    def mean_harmed(self, outage: Distribution | None = None) -> float | None:
        """The expected number of patients seriously harmed by one event; None where the model gives no
        figures.
        """
        outage = outage or self.outage
        known = self.harmed_per_event
        if outage and self.cases_per_year is not None and self.harm_per_case is not None:
            known = (known or 0.0) + outage.mean() / YEAR * self.cases_per_year * self.harm_per_case
        return known

    def losses(self, draw: Callable[[Distribution, str], Floats], n: int) -> Floats:
        """The losses of ``n`` events; ``draw(law, what)`` gives n draws of a law."""
        total = np.zeros(n)
        if self.per_event:
            total += draw(self.per_event, "event")
        if self.outage and self.loss_rate:
            total += self.standstill(draw(self.outage, "outage")) / YEAR * draw(self.loss_rate, "rate")
        if self.records and self.per_record:
            total += draw(self.records, "records") * draw(self.per_record, "record")
        return total


@lru_cache(maxsize=1024)
def _points(law: Distribution) -> Floats:
    """A law at the middles of equally likely parts."""
    return np.array([law.percentile((k + 0.5) / _POINTS) for k in range(_POINTS)])


def of_process(value: Value) -> Severity:
    """The severity of a disruption, from the attributes of a care process."""
    share, lasts = value("degraded_capacity"), value("fallback_lasts")
    return Severity(
        outage=value("outage"),
        tolerable=_mean(value("mtpd")),
        loss_rate=value("outage_loss"),
        fallback_share=share.mean() if share else 0.0,
        fallback_lasts=lasts.mean() if lasts else float("inf"),
        per_event=value("outage_response"),
        cases_per_year=_mean(value("volume")),
        harm_per_case=_mean(value("harm")),
        harmed_per_event=_mean(value("harmed_per_outage")),
        rebuilt=value("outage_rebuilt"),
        by_accident=value("outage_by_accident"),
        care_per_case=_mean(value("care_per_case")),
    )


def of_data_class(value: Value) -> Severity:
    """The severity of a disclosure, from the attributes of a class of data."""
    return Severity(
        per_event=value("breach_loss"), records=value("records"), per_record=value("loss_per_record")
    )


def of_corruption(value: Value) -> Severity:
    """The severity of a class of data being changed unnoticed."""
    return Severity(per_event=value("corruption_loss"))


def spread(value: object) -> Distribution | None:
    """A number or distribution of the model as a distribution; None for what is unknown or stated as none."""
    if isinstance(value, Distribution):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Constant(float(value))


def _mean(law: Distribution | None) -> float | None:
    return None if law is None else law.mean()
