"""Simulated chances beside exact ones, actor by actor and goal by goal: a check that anybody can ask for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from panacea_policy.risk.case import RiskOptions, prepare
from panacea_policy.risk.diagrams import Diagram, TooManyNodes
from panacea_policy.risk.exact import TooLarge
from panacea_policy.risk.inputs import Goal
from panacea_policy.risk.results import Value

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, Model


#: Nodes of decision diagrams for one actor and goal, and for all of them together: about half a minute.
EACH, BUDGET = 100_000, 500_000


class ExactChance(Value):
    """The chance that one attempt of an actor ever reaches a goal, whatever time it takes.

    ``exact`` is None where the graph is too large, and ``reason`` says how. ``errors``: by how many standard
    errors the simulation is off.
    """

    actor: str
    kind: str
    goal: str
    simulated: float
    exact: float | None
    errors: float | None
    reason: str = ""


class ExactCheck(Value):
    """All comparisons of one model (``panacea/exact/v1``)."""

    schema_id: Literal["panacea/exact/v1"] = Field(default="panacea/exact/v1", alias="schema")
    trials: int
    seed: int
    chances: tuple[ExactChance, ...]

    def to_json(self) -> str:
        """The JSON form, indented."""
        return self.model_dump_json(by_alias=True, indent=2)


def exact_chances(
    attack: AttackGraph, model: Model, options: RiskOptions | None = None
) -> tuple[ExactChance, ...]:
    """Every actor's exact chance at every goal that it can reach, by decision diagrams, beside the simulated
    one.

    Raises PanaceaError where the library ``dd`` is missing.
    """
    case = prepare(attack, model, options or RiskOptions(), lambda _: None)
    found = []
    budget = BUDGET
    for source, fell in zip(case.sources, case.study.ever(), strict=True):
        chance = source.ability(case.graph).chances(case.chance)
        holds, _ = case.graph.reachable(source.start, chance)
        for k, goal in enumerate(case.goals):
            if not holds[goal.fact] or goal.kind == "rebuilt":
                continue
            simulated = float(fell[k].mean())
            try:
                if budget <= 0:
                    raise TooLarge(f"more than {BUDGET:,} nodes of decision diagrams in all")
                most = min(EACH, budget)
                diagram = Diagram(case.graph, source.start, [goal.fact], chance, most_nodes=most)
                budget -= diagram.nodes
                exact = diagram.probability(goal.fact)
            except TooLarge as problem:
                budget -= most if isinstance(problem, TooManyNodes) else 0
                found.append(_chance(source.name, goal, simulated, None, None, str(problem)))
                continue
            error = math.sqrt(exact * (1 - exact) / fell.shape[1])
            off = abs(simulated - exact) / error if error > 0 else 0.0 if simulated == exact else math.inf
            found.append(_chance(source.name, goal, simulated, exact, off, ""))
    return tuple(found)


def _chance(
    actor: str, goal: Goal, simulated: float, exact: float | None, errors: float | None, reason: str
) -> ExactChance:
    return ExactChance(
        actor=actor,
        kind=goal.kind,
        goal=goal.entity.name,
        simulated=simulated,
        exact=exact,
        errors=errors,
        reason=reason,
    )
