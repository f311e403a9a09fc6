"""The needs of care processes as rules of loss, read from the model: no attacker takes part in these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.compiler import Entity, Formula
from panacea_policy.risk.mitigation.failures import Needs, Stops
from panacea_policy.risk.mitigation.results import Dependence

if TYPE_CHECKING:
    from panacea_policy.compiler import Model


@dataclass(frozen=True)
class Web:
    """Processes and what they need, by number; ``assets`` and ``processes`` are among the numbers."""

    needs: Needs
    names: tuple[str, ...]
    titles: tuple[str, ...]
    assets: tuple[int, ...]
    processes: tuple[int, ...]

    def told(self, stops: Stops) -> Dependence:
        """The losses and the processes they stop, by name."""
        return Dependence(
            assets=tuple(self.names[i] for i in stops.lost),
            titles=tuple(self.titles[i] for i in stops.lost),
            processes=tuple(self.names[self.processes[g]] for g in stops.goals),
        )


def needs_of(model: Model) -> Web:
    """What is lost with what: a system with its host and with all that it depends on, an asset with stand-ins
    only together with these, a process with its needs by and/or.
    """
    return _Weaver(model).web()


class _Weaver:
    def __init__(self, model: Model) -> None:
        self._model = model
        self._numbers: dict[str, int] = {}
        self._titles: list[str] = []
        self._rules: list[tuple[tuple[int, ...], int]] = []
        self._assets = {a.name for a in model.entities("asset")}

    def web(self) -> Web:
        assets = sorted(self._model.entities("asset"), key=lambda a: a.name)
        processes = sorted(self._model.entities("process"), key=lambda p: p.name)
        for asset in assets:
            self._asset(asset)
        for process in processes:
            needs = self._model.value(process, "needs")
            if isinstance(needs, Formula | Entity | str):
                self._rules.append(((self._failing(needs),), self._number(process)))
        return Web(
            Needs(len(self._titles), tuple(self._rules)),
            tuple(self._numbers),
            tuple(self._titles),
            tuple(self._number(a) for a in assets),
            tuple(self._number(p) for p in processes),
        )

    def _number(self, entity: Entity) -> int:
        return self._named(entity.name, entity.title)

    def _named(self, name: str, title: str | None = None) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self._titles)
            self._titles.append(title or name)
        return self._numbers[name]

    def _asset(self, asset: Entity) -> None:
        lost, fails = self._number(asset), self._named(f"{asset.name} fails")
        stand_ins = [self._number(b) for b in self._entities(asset, "redundant_with")]
        self._rules.append(((lost, *stand_ins), fails))
        for attribute in ("runs_on", "depends_on"):
            for other in self._entities(asset, attribute):
                other_fails = self._number(other) if attribute == "runs_on" else self._fails(other)
                self._rules.append(((other_fails,), lost))

    def _fails(self, entity: Entity) -> int:
        is_asset = entity.name in self._assets
        return self._named(f"{entity.name} fails") if is_asset else self._number(entity)

    def _entities(self, entity: Entity, attribute: str) -> Sequence[Entity]:
        if attribute not in entity.kind.attributes:
            return ()
        value = self._model.value(entity, attribute)
        found = []
        for each in value if isinstance(value, tuple) else (value,):
            other = self._model.get(each) if isinstance(each, str) else each
            if isinstance(other, Entity):
                found.append(other)
        return found

    def _failing(self, needs: object) -> int:
        """The number of "this is not met" for a need: a formula or a reference to an element."""
        if isinstance(needs, Formula):
            left, right = self._failing(needs.left), self._failing(needs.right)
            node = self._named(f"need {needs.node}")
            if needs.word == "or":
                self._rules.append(((left, right), node))
            else:
                self._rules += [((left,), node), ((right,), node)]
            return node
        entity = needs if isinstance(needs, Entity) else self._model.get(str(needs))
        return self._named(str(needs)) if entity is None else self._fails(entity)
