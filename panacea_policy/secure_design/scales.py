"""The scales of harm and exploitation, and the matrix of acceptable risk, as a model declares them."""

from __future__ import annotations

from dataclasses import dataclass

from panacea_policy.compiler import Entity, Model
from panacea_policy.errors import PanaceaError
from panacea_policy.secure_design.results import Acceptability, Level, Matrix, MatrixRow
from panacea_policy.secure_design.surroundings import known, many, one


@dataclass(frozen=True)
class Scales:
    """Levels by rising rank; ``limits`` by harm: the ranks up to which it is acceptable, and tolerable."""

    exploitation: tuple[Level, ...]
    from_chance: tuple[float, ...]
    assumed_for: dict[str, Level]
    harms: tuple[Level, ...]
    limits: dict[str, tuple[int, int]]

    def of_chance(self, chance: float) -> Level:
        """The level that a chance per year falls into."""
        fitting = [
            level for level, least in zip(self.exploitation, self.from_chance, strict=True) if chance >= least
        ]
        return fitting[-1] if fitting else self.exploitation[0]

    def judge(self, harm: Level, exploitation: Level) -> Acceptability:
        """What the matrix says of a harm at a probability of exploitation."""
        acceptable, tolerable = self.limits[harm.name]
        if exploitation.rank <= acceptable:
            return "acceptable"
        return "reduce further" if exploitation.rank <= tolerable else "not acceptable"

    def matrix(self) -> Matrix:
        """All of it, the severest harm first."""
        rows = [
            MatrixRow(severity=harm, cells=tuple(self.judge(harm, each) for each in self.exploitation))
            for harm in reversed(self.harms)
        ]
        return Matrix(columns=self.exploitation, from_chance=self.from_chance, rows=tuple(rows))


def scales(model: Model) -> Scales:
    """The scales that hold in a model: its own where it declares a level of the same name as the library.

    Raises PanaceaError where there is none, or a level has no rank.
    """
    columns = sorted(_own_first(model, "exploitation_level"), key=lambda e: (_rank(model, e), e.name))
    rows = sorted(_own_first(model, "harm_level"), key=lambda e: (_rank(model, e), e.name))
    if not columns or not rows:
        raise PanaceaError(
            "no levels of harm and exploitation are declared", "`use packs.secure_design` brings some"
        )
    by_name = {entity.short: _level(model, entity) for entity in columns}
    least = [known(model, entity, "from_chance") for entity in columns]
    assumed: dict[str, Level] = {}
    for entity in columns:
        layers = known(model, entity, "assumed_for")
        for layer in layers if isinstance(layers, tuple) else ():
            assumed[str(layer)] = by_name[entity.short]
    limits = {
        entity.name: (
            _limit(model, entity, "acceptable_up_to", by_name),
            _limit(model, entity, "tolerable_up_to", by_name),
        )
        for entity in rows
    }
    return Scales(
        exploitation=tuple(by_name.values()),
        from_chance=tuple(float(each) if isinstance(each, int | float) else 0.0 for each in least),
        assumed_for=assumed,
        harms=tuple(_level(model, entity) for entity in rows),
        limits={name: (low, max(low, high)) for name, (low, high) in limits.items()},
    )


def _own_first(model: Model, kind: str) -> list[Entity]:
    """Declarations of a kind; one of the model itself stands for the library's of the same short name."""
    chosen: dict[str, Entity] = {}
    for entity in model.entities(kind):
        before = chosen.get(entity.short)
        if before is None or before.package.prefix:
            chosen[entity.short] = entity
    return list(chosen.values())


def _rank(model: Model, entity: Entity) -> int:
    value = known(model, entity, "rank")
    if not isinstance(value, int | float):
        raise PanaceaError(f"the level `{entity.short}` has no `rank`", "give it one: 1 is the lowest")
    return int(value)


def _level(model: Model, entity: Entity) -> Level:
    meaning = known(model, entity, "meaning")
    return Level(
        name=entity.name,
        title=entity.title or entity.short.replace("_", " "),
        rank=_rank(model, entity),
        meaning=meaning if isinstance(meaning, str) else "",
    )


def _limit(model: Model, entity: Entity, attribute: str, levels: dict[str, Level]) -> int:
    """The rank of a limit; 0 where no probability is low enough."""
    level = one(model, entity, attribute)
    return levels[level.short].rank if level is not None and level.short in levels else 0


def hazards_of(model: Model, subject: Entity) -> tuple[Entity, ...]:
    """The hazards that may concern a system: those of its own, else those that name nothing, in order.

    A hazard that names the system takes the place of general ones of the same categories.
    """
    every = _own_first(model, "hazard")
    own = [h for h in every if subject in many(model, h, "subjects")]
    covered = {str(c) for h in own for c in _texts(model, h, "categories")}
    general = [
        h
        for h in every
        if not many(model, h, "subjects") and not covered.issuperset(_texts(model, h, "categories"))
    ]
    return (*own, *general)


def _texts(model: Model, entity: Entity, attribute: str) -> tuple[str, ...]:
    value = known(model, entity, attribute)
    return tuple(str(each) for each in value) if isinstance(value, tuple) else ()
