"""Distributions of quantities: constant, PERT, triangular, lognormal, uniform, beta, Poisson, empirical.

Every distribution knows its mean in closed form, its percentiles, and how to draw samples; NumPy is imported
only when samples are drawn. Parameters are in base units (seconds, fractions, the model's currency …).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from panacea_policy.model.special import inverse_beta, inverse_poisson
from panacea_policy.model.values import Dimension, InvalidValue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The 95th percentile of the standard normal distribution.
_Z95 = 1.6448536269514722


class DistributionError(InvalidValue):
    """Parameters that give no distribution, or one that cannot measure what it should."""


class Distribution(msgspec.Struct, frozen=True, gc=False):
    """A distribution of one non-negative or plain quantity."""

    @abstractmethod
    def mean(self) -> float:
        """The expected value."""

    @abstractmethod
    def percentile(self, p: float) -> float:
        """The value that a share ``p`` (0 < p < 1) of draws does not exceed."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        """``n`` independent draws, shape ``(n,)``."""

    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The smallest and the largest possible value."""


class Constant(Distribution, frozen=True, gc=False):
    """Always the same value: what a plain quantity means."""

    value: float

    def __post_init__(self) -> None:
        _finite("constant", value=self.value)

    def mean(self) -> float:
        return self.value

    def percentile(self, p: float) -> float:
        return self.value

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        import numpy as np

        return np.full(n, self.value, dtype=np.float64)

    def support(self) -> tuple[float, float]:
        return self.value, self.value


class Pert(Distribution, frozen=True, gc=False):
    """The beta distribution on [low, high] whose mean is (low + 4 mode + high) / 6 (Malcolm et al. 1959)."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        _in_order("pert", low=self.low, mode=self.mode, high=self.high)

    def mean(self) -> float:
        return (self.low + 4 * self.mode + self.high) / 6

    def _shape(self) -> tuple[float, float]:
        width = self.high - self.low
        return 1 + 4 * (self.mode - self.low) / width, 1 + 4 * (self.high - self.mode) / width

    def percentile(self, p: float) -> float:
        if self.high == self.low:
            return self.low
        return self.low + (self.high - self.low) * inverse_beta(p, *self._shape())

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        if self.high == self.low:
            return Constant(self.low).sample(rng, n)
        return self.low + (self.high - self.low) * rng.beta(*self._shape(), size=n)

    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Triangular(Distribution, frozen=True, gc=False):
    """The triangular distribution on [low, high] with its peak at mode."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        _in_order("triangular", low=self.low, mode=self.mode, high=self.high)

    def mean(self) -> float:
        return (self.low + self.mode + self.high) / 3

    def percentile(self, p: float) -> float:
        width = self.high - self.low
        if width == 0:
            return self.low
        if p <= (self.mode - self.low) / width:
            return self.low + math.sqrt(p * width * (self.mode - self.low))
        return self.high - math.sqrt((1 - p) * width * (self.high - self.mode))

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        if self.high == self.low:
            return Constant(self.low).sample(rng, n)
        return rng.triangular(self.low, self.mode, self.high, size=n)

    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Uniform(Distribution, frozen=True, gc=False):
    """Every value of [low, high] alike."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _in_order("uniform", low=self.low, high=self.high)

    def mean(self) -> float:
        return (self.low + self.high) / 2

    def percentile(self, p: float) -> float:
        return self.low + p * (self.high - self.low)

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        return rng.uniform(self.low, self.high, size=n)

    def support(self) -> tuple[float, float]:
        return self.low, self.high


class Lognormal(Distribution, frozen=True, gc=False):
    """The logarithm is normal with mean ``mu`` and standard deviation ``sigma``."""

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        _finite("lognormal", mu=self.mu, sigma=self.sigma)
        if self.sigma < 0:
            raise DistributionError(
                "the sigma of a lognormal must not be negative",
                "Sigma is the standard deviation of the logarithm: 1 is a factor of 2.7 to either side.",
            )

    def mean(self) -> float:
        return math.exp(self.mu + self.sigma**2 / 2)

    def percentile(self, p: float) -> float:
        from statistics import NormalDist

        return math.exp(self.mu + self.sigma * NormalDist().inv_cdf(p))

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        return rng.lognormal(self.mu, self.sigma, size=n)

    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


class Beta(Distribution, frozen=True, gc=False):
    """The beta distribution with shapes ``a`` and ``b`` on [0, 1]."""

    a: float
    b: float

    def __post_init__(self) -> None:
        _finite("beta", a=self.a, b=self.b)
        if self.a <= 0 or self.b <= 0:
            raise DistributionError(
                "both shapes of a beta must be above 0",
                "Of a group in which a of a + b show something, write `beta(a, b)`.",
            )

    def mean(self) -> float:
        return self.a / (self.a + self.b)

    def percentile(self, p: float) -> float:
        return inverse_beta(p, self.a, self.b)

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        return rng.beta(self.a, self.b, size=n)

    def support(self) -> tuple[float, float]:
        return 0.0, 1.0


class Poisson(Distribution, frozen=True, gc=False):
    """The number of events when ``rate`` are expected."""

    rate: float

    def __post_init__(self) -> None:
        _finite("poisson", rate=self.rate)
        if not 0 <= self.rate <= 1e9:
            raise DistributionError(
                "the rate of a poisson must be between 0 and a thousand million",
                "The rate is how many events are expected.",
            )

    def mean(self) -> float:
        return self.rate

    def percentile(self, p: float) -> float:
        return float(inverse_poisson(p, self.rate))

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        import numpy as np

        return rng.poisson(self.rate, size=n).astype(np.float64)

    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


class Empirical(Distribution, frozen=True, gc=False):
    """Observed values, each as likely as the others."""

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise DistributionError("an empirical distribution needs at least one value")
        _finite("empirical", **{f"value {i}": v for i, v in enumerate(self.values, start=1)})

    def mean(self) -> float:
        return math.fsum(self.values) / len(self.values)

    def percentile(self, p: float) -> float:
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, max(0, math.ceil(p * len(ordered)) - 1))]

    def sample(self, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
        import numpy as np

        return rng.choice(np.asarray(self.values, dtype=np.float64), size=n)

    def support(self) -> tuple[float, float]:
        return min(self.values), max(self.values)


def _finite(name: str, **parameters: float) -> None:
    for parameter, value in parameters.items():
        if not math.isfinite(value):
            raise DistributionError(f"the {parameter} of a {name} must be a finite number")


def _in_order(name: str, **parameters: float) -> None:
    _finite(name, **parameters)
    for (low_name, low), (high_name, high) in pairwise(parameters.items()):
        if low > high:
            order = ", ".join(parameters)
            raise DistributionError(
                f"the {low_name} of a {name} must not be above its {high_name}",
                f"Write the values from small to large: `{name}({order})`.",
            )


def _lognormal_from_percentiles(p5: float, p95: float) -> Lognormal:
    _finite("lognormal", p5=p5, p95=p95)
    if p5 <= 0:
        raise DistributionError("the p5 of a lognormal must be above 0", _POSITIVE)
    if p95 < p5:
        raise DistributionError(
            "the p95 of a lognormal must not be below its p5",
            "Write the smaller value first: one in twenty lies below p5, one in twenty above p95.",
        )
    if p95 == p5:
        raise DistributionError("the p5 and the p95 of a lognormal must differ", _SPREADLESS)
    return Lognormal((math.log(p5) + math.log(p95)) / 2, (math.log(p95) - math.log(p5)) / (2 * _Z95))


def _lognormal_from_median(median: float, sigma: float) -> Lognormal:
    _finite("lognormal", median=median)
    if median <= 0:
        raise DistributionError("the median of a lognormal must be above 0", _POSITIVE)
    return _lognormal(math.log(median), sigma)


def _lognormal(mu: float, sigma: float) -> Lognormal:
    if sigma == 0:
        raise DistributionError("a lognormal with a sigma of 0 has no spread", _SPREADLESS)
    return Lognormal(mu, sigma)


_POSITIVE = "A lognormal has only values above 0; where 0 is possible, use `pert` or `triangular`."
_SPREADLESS = "Where the value is certain, write it without `lognormal`."


class Form(msgspec.Struct, frozen=True):
    """One way to write a distribution.

    ``parameters`` are in order of position. Those in ``scaled`` are quantities of the attribute's dimension
    (they carry its unit, or take the unit written after the call); the others are plain numbers.
    """

    parameters: tuple[str, ...]
    scaled: frozenset[str]
    make: Callable[..., Distribution]


def _form(parameters: str, scaled: str, make: Callable[..., Distribution]) -> Form:
    return Form(tuple(parameters.split()), frozenset(scaled.split()), make)


#: Each distribution's name with its forms; named arguments choose the form, positions follow the first one.
#: ``empirical`` has no named parameters and takes any number of scaled values.
FORMS: Mapping[str, tuple[Form, ...]] = {
    "constant": (_form("value", "value", Constant),),
    "pert": (_form("low mode high", "low mode high", Pert),),
    "triangular": (_form("low mode high", "low mode high", Triangular),),
    "uniform": (_form("low high", "low high", Uniform),),
    "lognormal": (
        _form("p5 p95", "p5 p95", _lognormal_from_percentiles),
        _form("median sigma", "median", _lognormal_from_median),
        _form("mu sigma", "", _lognormal),
    ),
    "beta": (_form("a b", "", Beta),),
    "poisson": (_form("rate", "rate", Poisson),),
    "empirical": (Form((), frozenset(), lambda *values: Empirical(values)),),
}


def is_scaled(name: str, parameter: str | int) -> bool:
    """Whether that parameter (by name or position) is a quantity rather than a plain number; what is no
    parameter of a distribution counts as one.
    """
    forms = FORMS.get(name, ())
    if not forms or not forms[0].parameters:
        return True
    if isinstance(parameter, int):
        names = forms[0].parameters
        return parameter >= len(names) or names[parameter] in forms[0].scaled
    plain = {each for form in forms for each in form.parameters if each not in form.scaled}
    return parameter not in plain


def build(
    name: str,
    positional: Sequence[float],
    named: Mapping[str, float],
    dimension: Dimension,
    minimum: float | None = None,
) -> Distribution:
    """The distribution that ``name(positional, named)`` means, checked against what it measures.

    Arguments are in base units; ``minimum``: the smallest value that makes sense. Raises
    :class:`DistributionError` with a message that names no place.
    """
    if name not in FORMS:
        raise DistributionError(f"unknown distribution `{name}`", f"There are {', '.join(FORMS)}.")
    distribution = _make(name, positional, named)
    _check_support(name, distribution, dimension, minimum)
    _check_mean(name, distribution)
    return distribution


def _check_mean(name: str, distribution: Distribution) -> None:
    """Refuse parameters so far apart that the mean is beyond all numbers: whoever reports it would fail."""
    try:
        finite = math.isfinite(distribution.mean())
    except OverflowError:
        finite = False
    if not finite:
        raise DistributionError(f"the mean of this {name} is beyond all numbers", "Check its parameters.")


def _make(name: str, positional: Sequence[float], named: Mapping[str, float]) -> Distribution:
    forms = FORMS[name]
    if not forms[0].parameters and not named:
        return forms[0].make(*positional)
    for form in forms:
        bound = dict(zip(form.parameters, positional, strict=False))
        if len(positional) <= len(form.parameters) and not bound.keys() & named.keys():
            bound.update(named)
            if bound.keys() == set(form.parameters):
                return form.make(**bound)
    written = " or ".join(f"{name}({', '.join(form.parameters) or 'value, …'})" for form in forms)
    raise DistributionError(f"`{name}` does not take these parameters", f"Write {written}.")


def _check_support(
    name: str, distribution: Distribution, dimension: Dimension, minimum: float | None
) -> None:
    low, high = distribution.support()
    if dimension is Dimension.FRACTION and not 0 <= low <= high <= 1:
        raise DistributionError(
            f"this {name} can leave the range from 0 to 1", "Use `beta(a, b)`, or `pert` with percentages."
        )
    least = minimum if dimension is Dimension.COUNT else 0.0
    if least is not None and low < least:
        if name == "constant":
            raise DistributionError(f"this is below {least:g}", f"Write a value of at least {least:g}.")
        raise DistributionError(
            f"this {name} can fall below {least:g}", f"Its smallest value must be at least {least:g}."
        )
    if isinstance(distribution, Poisson) and dimension not in (Dimension.COUNT, Dimension.RATE):
        raise DistributionError("a poisson counts events", "Use `lognormal` or `pert` for quantities.")
