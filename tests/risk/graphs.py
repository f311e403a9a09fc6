"""Graphs for the tests of risk: published ones, and random ones."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from panacea_policy.model.distributions import Uniform
from panacea_policy.risk.graph import Graph, GraphBuilder


def poolsappasit() -> GraphBuilder:
    """The Bayesian attack graph of Poolsappasit, Dewri and Ray (IEEE TDSC 9(1), 2012), table of its figure 3.

    A remote attacker (D, prior .70) overflows an FTP service (B) or an ssh service (C); either gives root
    (A).
    """
    builder = GraphBuilder()
    builder.step(["start"], "D", 0.70)
    builder.step(["D"], "B", 0.85)
    builder.step(["D"], "C", 0.70)
    builder.step(["B"], "A", 0.65)
    builder.step(["C"], "A", 1.0)
    return builder


@dataclass(frozen=True)
class Step:
    """One instance of a random graph, by the numbers of its facts."""

    premises: tuple[int, ...]
    result: int
    chance: float
    cause: int
    hindered: tuple[int, ...]

    def add(self, builder: GraphBuilder, name: str, controls: int) -> None:
        builder.step(
            [f"f{p}" for p in self.premises],
            f"f{self.result}",
            self.chance,
            Uniform(0.0, 10.0),
            hindered=[c for c in self.hindered if c < controls],
            cause=self.cause,
            name=name,
        )


FACTS = 7
CONTROLS = 2

steps = st.builds(
    Step,
    premises=st.lists(st.integers(0, FACTS - 1), min_size=0, max_size=3, unique=True).map(tuple),
    result=st.integers(1, FACTS - 1),
    chance=st.one_of(st.just(0.0), st.just(1.0), st.floats(1e-6, 1.0)),
    cause=st.sampled_from([-1, -1, -1, 0, 1]),
    hindered=st.lists(st.integers(0, CONTROLS - 1), max_size=2, unique=True).map(tuple),
)

#: Lists of instances over seven facts, cycles included; f0 holds at the start, f6 is the goal.
step_lists = st.lists(steps, max_size=9)


def build(
    chosen: list[Step], *, controls: int = CONTROLS, effectiveness: float = 0.5, slows: float = 0.0
) -> Graph:
    """The graph of these instances. Names count per list position, so that a longer list keeps earlier
    names.
    """
    named = [(str(number), step) for number, step in enumerate(chosen)]
    return build_named(named, controls=controls, effectiveness=effectiveness, slows=slows)


def build_named(
    chosen: list[tuple[str, Step]],
    *,
    controls: int = CONTROLS,
    effectiveness: float = 0.5,
    slows: float = 0.0,
) -> Graph:
    """The graph of these instances by their names."""
    builder = GraphBuilder()
    for number in range(FACTS):
        builder.fact(f"f{number}")
    for _ in range(controls):
        builder.control(effectiveness, slows)
    for name, step in chosen:
        step.add(builder, name, controls)
    return builder.build(["f0"])


START = (0,)
GOAL = FACTS - 1
