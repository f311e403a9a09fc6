"""How bad one event is: how long a care process stays down, what that costs, and whom it harms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from panacea_policy.model.distributions import Constant, Distribution, Lognormal
from panacea_policy.risk.graph import Floats

YEAR = 365 * 86400.0

#: How long a care process stays down after an attack: lognormal, median 7 days, sigma 1 (mean 11.5 days, 95th
#: percentile 36 days). It lies between the law that fits 8.6 of 44.4 disruptions lasting over two weeks (JAMA
#: Health Forum 2022, US ransomware 2016-2021) with 58 % back within a week (Sophos 2025): median 5.7 days,
#: sigma 1.05; and that with 21 % back within a week (Sophos 2024): median 9.8 days.
OUTAGE = Lognormal(mu=float(np.log(7 * 86400.0)), sigma=1.0)
OUTAGE_SOURCE = "default law: lognormal, median 7 d, mean 11.5 d (JAMA Health Forum 2022, Sophos 2024–2025)"

#: Points at which a mean without closed form is taken from percentiles.
_POINTS = 400

Value = Callable[[str], Distribution | None]


@dataclass(frozen=True)
class Severity:
    """What one event costs. All amounts are laws; None where the model is silent.

    ``loss_rate`` is money per year of standing still, of which ``fallback_share`` is saved for
    ``fallback_lasts`` seconds; ``per_event`` does not depend on the length; ``records`` times ``per_record``
    is what disclosure costs.
    """

    outage: Distribution | None = None
    outage_source: str | None = None
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

    @property
    def priced(self) -> bool:
        """Whether the model puts a price on it."""
        running = self.outage is not None and self.loss_rate is not None
        counted = self.records is not None and self.per_record is not None
        return running or counted or self.per_event is not None

    def standstill(self, length: Floats) -> Floats:
        """The seconds of full standstill that an outage of this length amounts to, with the fallback
        counted.
        """
        return length - self.fallback_share * np.minimum(length, self.fallback_lasts)

    def mean(self) -> float:
        """The expected loss of one event; its factors are independent."""
        total = self.per_event.mean() if self.per_event else 0.0
        if self.outage and self.loss_rate:
            total += self._mean_standstill() / YEAR * self.loss_rate.mean()
        if self.records and self.per_record:
            total += self.records.mean() * self.per_record.mean()
        return total

    def _mean_standstill(self) -> float:
        assert self.outage is not None
        if self.fallback_share == 0.0 or self.fallback_lasts == float("inf"):
            return (1.0 - self.fallback_share) * self.outage.mean()
        points = np.array([self.outage.percentile((k + 0.5) / _POINTS) for k in range(_POINTS)])
        return self.outage.mean() - self.fallback_share * float(
            np.minimum(points, self.fallback_lasts).mean()
        )

    def mean_harmed(self) -> float | None:
        """The expected number of patients seriously harmed by one event; None where the model gives no
        figures.
        """
        known = None
        if self.harmed_per_event is not None:
            known = self.harmed_per_event
        if self.outage and self.cases_per_year is not None and self.harm_per_case is not None:
            known = (known or 0.0) + self.outage.mean() / YEAR * self.cases_per_year * self.harm_per_case
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


def of_process(value: Value) -> Severity:
    """The severity of a disruption, from the attributes of a care process."""
    share, lasts = value("degraded_capacity"), value("fallback_lasts")
    return Severity(
        outage=OUTAGE,
        outage_source=OUTAGE_SOURCE,
        tolerable=_mean(value("mtpd")),
        loss_rate=value("outage_loss"),
        fallback_share=share.mean() if share else 0.0,
        fallback_lasts=lasts.mean() if lasts else float("inf"),
        per_event=value("outage_response"),
        cases_per_year=_mean(value("volume")),
        harm_per_case=_mean(value("harm")),
        harmed_per_event=_mean(value("harmed_per_outage")),
    )


def of_data_class(value: Value) -> Severity:
    """The severity of a disclosure, from the attributes of a class of data."""
    return Severity(
        per_event=value("breach_loss"), records=value("records"), per_record=value("loss_per_record")
    )


def spread(value: object) -> Distribution | None:
    """A number or distribution of the model as a distribution; None for what is unknown or stated as none."""
    if isinstance(value, Distribution):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Constant(float(value))


def _mean(law: Distribution | None) -> float | None:
    return None if law is None else law.mean()
