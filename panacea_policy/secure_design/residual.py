"""The statement of residual risk: what is left with the controls in place, and once those planned are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from panacea_policy.risk import Estimate
from panacea_policy.secure_design.results import Judged, Requirement, Risk, Threat


def residual(
    threats: Sequence[Threat],
    risks: Sequence[Risk],
    requirements: Sequence[Requirement],
    *,
    surface_known: bool,
) -> tuple[str, ...]:
    """Sentences, the verdict first. It decides nothing: acceptance is for a person with that office.

    Without ``surface_known`` nobody stated on what the system listens.
    """
    return (
        *_of_risks(risks),
        *_of_checks(threats, requirements, surface_known=surface_known),
        *_closing(risks),
    )


def _of_risks(risks: Sequence[Risk]) -> Iterator[str]:
    bad = [r for r in risks if r.now.acceptability == "not acceptable"]
    middle = [r for r in risks if r.now.acceptability == "reduce further"]
    unrated = [r for r in risks if r.now.level is None]
    if not risks:
        yield "No declared hazard concerns this system, so no risk is rated; that is a gap, not a result."
    elif bad:
        yield (
            f"With the controls in place, {len(bad)} of {len(risks)} risks "
            f"{'is' if len(bad) == 1 else 'are'} not acceptable by the declared matrix: {_names(bad)}."
        )
    elif middle:
        yield (
            f"With the controls in place, no rated risk is beyond the declared limits; {len(middle)} of "
            f"{len(risks)} can be borne only once reduced as far as possible: {_names(middle)}."
        )
    elif unrated:
        yield (
            f"{len(unrated)} of {len(risks)} risks cannot be rated; none of the others is beyond the limits."
        )
    else:
        yield f"With the controls in place, all {len(risks)} risks are acceptable by the declared matrix."
    for risk in risks:
        yield _one(risk)
    if unrated:
        yield (
            f"Not rated: {_names(unrated)}. No way to it is known, but the model does not say on what the "
            "system listens (`endpoint`), so that this is no finding."
        )


def _of_checks(
    threats: Sequence[Threat], requirements: Sequence[Requirement], *, surface_known: bool
) -> Iterator[str]:
    if not surface_known:
        yield (
            "No end point of the system is declared (`endpoint`), so that no rule finds a way to one: where "
            "threats and requirements about what can be reached are met, that shows nothing about the system."
        )
    unknown = sum(t.state == "unknown" for t in threats)
    if unknown:
        yield (
            f"{unknown} {'threat is' if unknown == 1 else 'threats are'} undecided because something is not "
            "stated. The figures take the priors of the library there; the statement stands only once they "
            "are answered."
        )
    open_ = [r for r in requirements if r.state == "open"]
    if open_:
        yield (
            f"{len(open_)} {'requirement is' if len(open_) == 1 else 'requirements are'} not met. Figures "
            "with planned controls do not count that these are met later; set them in the model and "
            "run again."
        )


def _closing(risks: Sequence[Risk]) -> Iterator[str]:
    if any(r.basis == "ordinal" for r in risks):
        yield (
            "Risks marked as ordinal were not simulated: their level is assumed from the layer of the "
            "threats that stand, and does not change with controls."
        )
    yield "Acceptance of what is left, and the balance with benefit, are decisions of the responsible people."


def _names(risks: Sequence[Risk]) -> str:
    return "; ".join(f"{risk.id} {risk.title}" for risk in risks)


def _one(risk: Risk) -> str:
    said = f"{risk.id} {risk.title} ({risk.severity.title}): now {_judged(risk.now)}"
    if risk.basis == "ordinal":
        return f"{said} (ordinal)."
    if risk.now.level is None:
        return f"{risk.id} {risk.title} ({risk.severity.title}): not rated."
    if risk.basis == "unreached":
        return (
            f"{said}; the attack graph has no way to it and no threat stands, which may be a gap of either."
        )
    others = (
        ("without controls", risk.before),
        ("with those planned", risk.planned),
        ("with all candidates", risk.candidates),
    )
    return f"{said}; " + "; ".join(f"{words} {_judged(judged)}" for words, judged in others) + "."


def _judged(judged: Judged) -> str:
    if judged.level is None:
        return "not rated"
    chance = f" ({with_error(judged.chance)} a year)" if judged.chance is not None else ""
    return f"{judged.level.title}{chance}, {judged.acceptability}"


def with_error(chance: Estimate) -> str:
    """A chance in percent with its standard error; where no trial reached it, the bound that this allows."""
    if chance.value == 0 and chance.high > 0:
        return f"below {percent(chance.high)}"
    error = f" ± {chance.standard_error * 100:.1g} %" if chance.standard_error else ""
    return percent(chance.value) + error


def between(low: float, high: float) -> str:
    """A range of chances in percent; one figure where there is but one."""
    first, last = percent(low), percent(high)
    return first if first == last else f"{first} to {last}"


def percent(value: float) -> str:
    """A chance in percent with as many digits as it is worth."""
    if value == 0:
        return "0 %"
    if value < 0.0001:
        return "< 0.01 %"
    return f"{value * 100:.2g} %" if value < 0.995 else f"{value * 100:.1f} %"
