"""The controls that could be bought, as the model states them: cost, effect, prerequisites, side effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from panacea_policy.compiler import UNKNOWN, Entity
from panacea_policy.errors import PanaceaError
from panacea_policy.model.distributions import Constant
from panacea_policy.risk import inputs
from panacea_policy.risk.mitigation.money import Price
from panacea_policy.risk.severity import YEAR, spread

if TYPE_CHECKING:
    from panacea_policy.compiler import Model

#: Statuses of controls that are still to be decided on.
OPEN = ("candidate", "planned")


@dataclass(frozen=True)
class Candidate:
    """One control. ``number`` is its place among the controls of the attack graph; None: it hinders nothing
    there. ``care_time`` in seconds a day taken from patients, ``burden`` in seconds per person and day.
    """

    entity: Entity
    number: int | None
    status: str
    price: Price
    care_time: float = 0.0
    burden: float = 0.0
    slows: tuple[str, ...] = ()
    side_effects: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.entity.name

    @property
    def title(self) -> str:
        return self.entity.title or self.entity.name


def candidates(model: Model, graph_controls: Sequence[Entity]) -> tuple[Candidate, ...]:
    """All controls of the model, in the order of their names."""
    numbers = {control.name: i for i, control in enumerate(graph_controls)}
    found = sorted(model.entities("control"), key=lambda c: c.name)
    states = inputs.statuses(found, model)
    return tuple(
        _read(model, control, status, numbers.get(control.name))
        for control, status in zip(found, states, strict=True)
    )


def _read(model: Model, control: Entity, status: str, number: int | None) -> Candidate:
    def known(attribute: str) -> object:
        return inputs.known(model, control, attribute)

    return Candidate(
        entity=control,
        number=number,
        status=status,
        price=_price(model, known("cost"), _number(known("lifetime"))),
        care_time=_number(known("care_time")) or 0.0,
        burden=_number(known("burden")) or 0.0,
        slows=_names(known("slows_processes")),
        side_effects=_texts(known("side_effects")),
        needs=_names(known("needs")),
        excludes=_names(known("excludes")),
        replaces=_names(known("replaces")),
    )


def _price(model: Model, cost: object, lifetime: float | None) -> Price:
    years = None if lifetime is None else lifetime / YEAR
    if cost is UNKNOWN or cost is None:
        return Price(lifetime=years, stated=False)
    if isinstance(cost, Entity):
        once = spread(inputs.known(model, cost, "once"))
        yearly = spread(inputs.known(model, cost, "yearly"))
        return Price(once or Constant(0.0), yearly or Constant(0.0), years, bool(once or yearly))
    return Price(spread(cost) or Constant(0.0), lifetime=years)


def _number(value: object) -> float | None:
    law = spread(value)
    return None if law is None else law.mean()


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, tuple | list):
        return ()
    return tuple(name for each in value if isinstance(name := getattr(each, "name", each), str))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple | list) else ()


# ---------------------------------------------------------------------------------------------- what is asked


def chosen(found: Sequence[Candidate], names: Sequence[str], option: str) -> tuple[Candidate, ...]:
    """The controls that somebody named. Raises PanaceaError for a name that is none, with the nearest."""
    result = []
    for name in names:
        exact = [c for c in found if c.name == name]
        loose = [c for c in found if c.name.rsplit(".", 1)[-1] == name]
        match = next(iter(exact or loose), None)
        if match is None:
            near = get_close_matches(name, [c.name for c in found], n=1)
            raise PanaceaError(
                f"there is no control `{name}` ({option})",
                f"did you mean `{near[0]}`?" if near else "`panacea query` lists the controls of a model",
            )
        result.append(match)
    return tuple(result)


def check_needs(found: Sequence[Candidate], place: Callable[[Entity], str] = lambda _: "") -> None:
    """Raises PanaceaError where controls need each other in a circle, with the circle.

    A circle could only ever be bought as a whole; that is said by one control, not by several.
    """
    by_name = {c.name: c for c in found}
    state: dict[str, int] = {}

    def visit(name: str, path: list[str]) -> None:
        state[name] = 1
        for other in by_name[name].needs:
            if other not in by_name or state.get(other) == 2:
                continue
            if state.get(other) == 1:
                circle = [*path[path.index(other) :], other]
                at = place(by_name[other].entity)
                raise PanaceaError(
                    f"controls need each other in a circle: {' needs '.join(f'`{n}`' for n in circle)}{at}",
                    "Drop one of these `needs`, or make one control of them.",
                )
            visit(other, [*path, other])
        state[name] = 2

    for control in found:
        if control.name not in state:
            visit(control.name, [control.name])


def check_demands(found: Sequence[Candidate], required: Sequence[str], excluded: Sequence[str]) -> None:
    """Raises PanaceaError where what must be bought needs or excludes what rules it out."""
    by_name: Mapping[str, Candidate] = {c.name: c for c in found}
    for name in required:
        if name in excluded:
            raise PanaceaError(f"`{name}` is both required and excluded", "Leave it out of one of the two.")
        for other in _all_needs(by_name, name):
            if other in excluded:
                raise PanaceaError(
                    f"`{name}` is required and needs `{other}`, which is excluded",
                    f"Allow `{other}`, or do not require `{name}`.",
                )
            state = by_name[other].status if other in by_name else "in_place"
            if state == "retired":
                raise PanaceaError(
                    f"`{name}` is required and needs `{other}`, which is retired",
                    f"Set the status of `{other}` to candidate, or do not require `{name}`.",
                )
        for other in required:
            if other in by_name[name].excludes:
                raise PanaceaError(
                    f"`{name}` and `{other}` are both required, but exclude each other",
                    "Require one of them.",
                )


def _all_needs(by_name: Mapping[str, Candidate], name: str) -> list[str]:
    found: list[str] = []
    agenda = [name]
    while agenda:
        for other in by_name[agenda.pop()].needs:
            if other not in found:
                found.append(other)
                if other in by_name:
                    agenda.append(other)
    return found
