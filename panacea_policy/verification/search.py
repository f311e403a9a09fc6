"""Deciding whether any model at all makes a goal hold: a model that does, or the certainty that none can, or
neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from panacea_policy.compiler import Entity, Workspace
from panacea_policy.engine import Rule
from panacea_policy.verification.demand import Demand, Universe, with_subjects
from panacea_policy.verification.example import Example, Unwritable, Writer, smallest
from panacea_policy.verification.fragment import outside
from panacea_policy.verification.logic import Logic
from panacea_policy.verification.program import Subject
from panacea_policy.verification.run import Trial
from panacea_policy.verification.slice import Slice, slice_of
from panacea_policy.verification.solver import Z3, Budget, OutOfBounds, Settings, new_solver, satisfiable
from panacea_policy.verification.tables import Tables
from panacea_policy.verification.world import World

#: How far recursive relations are followed in search of an example.
ROUNDS = 3
#: Places beside those of the plain witnesses, where no number of them suffices for certainty.
ROOM = 4


@dataclass(frozen=True)
class Found:
    """What a search came to.

    ``example``: a model that was run and shows the goal; ``impossible``: no model can; neither: ``reasons``
    say why nothing is known. ``declarations``: the largest universe that was looked at.
    """

    example: Example | None
    impossible: bool
    reasons: tuple[str, ...]
    declarations: int


@dataclass
class Search:
    """One search. ``shows``: whether the trial of an example shows the goal."""

    workspace: Workspace
    subject: Subject
    goal: str
    extra: Sequence[Rule]
    shows: Callable[[Trial], bool]
    z3: Z3
    settings: Settings
    reasons: dict[str, None] = field(default_factory=dict)
    looked_at: int = 0
    #: Whether the solver had an example that the engine did not confirm.
    unconfirmed: bool = False

    def run(self) -> Found:
        """Look for an example, smallest universe first; then for the certainty that there is none."""
        budget = Budget(self.settings)
        try:
            return self._search(budget)
        except OutOfBounds as problem:
            return self._found(None, False, problem.reason)
        except RecursionError:
            # A chain of relations is followed by calls: a longer one than Python has room for is no fault.
            return self._found(None, False, "the rules build on one another in too long a chain")

    # ------------------------------------------------------------------------------------------ internals

    def _search(self, budget: Budget) -> Found:
        part = slice_of(self.subject.builder, self.goal, self.extra)
        entities, named = self.subject.constants(part)
        found = self._among(part, entities, named, budget)
        if found.example is None and not found.impossible and self.unconfirmed:
            # What the libraries declare may be what the example misses.
            everything = self.subject.ranged_over(part, entities)
            if len(everything) > len(entities):
                self.reasons.clear()
                self.unconfirmed = False
                return self._among(part, everything, named, budget)
        return found

    def _among(
        self, part: Slice, entities: Sequence[Entity], named: Mapping[str, str], budget: Budget
    ) -> Found:
        """Search with some of the libraries' declarations in every model."""
        kinds = [*(frozenset([e.kind.name]) for e in entities), *(frozenset([k]) for k in named.values())]
        most = self.settings.declarations
        demand = Demand(part, budget)
        demand.universe(most, fixed=kinds)
        near = Demand(part, budget, follow=True)
        small = near.universe(most, outer=True, fixed=kinds)
        full = near.universe(most, fixed=kinds)
        if not full.complete:
            # It proves nothing whatever its size: large enough to find what small models show, and quick.
            full = near.universe(min(most, len(small.places) + ROOM), fixed=kinds)
        same = small.places == full.places and small.values == full.values
        for universe in (full,) if same else (small, full):
            example, gaps = self._look(part, universe, entities, named, budget)
            if example is not None:
                return self._found(example, False)
            if gaps is None or self.reasons:
                break
            if universe is full and full.complete and not gaps:
                return self._found(None, True)
            self.reasons.update(gaps if universe is full else {})
        if not (full.complete and gaps is None) and self._contradicts_itself(
            part, frozenset(part.cycles) | demand.nested, entities, named, budget
        ):
            return self._found(None, True)
        self.reasons.update(dict.fromkeys(outside(part, self.settings, budget)))
        return self._found(None, False)

    def _found(self, example: Example | None, impossible: bool, *reasons: str) -> Found:
        known = () if example or impossible else (*self.reasons, *reasons)
        return Found(example, impossible, tuple(dict.fromkeys(known)), self.looked_at)

    def _world(
        self,
        logic: Logic,
        part: Slice,
        universe: Universe,
        entities: Sequence[Entity],
        named: Mapping[str, str],
    ) -> World:
        self.looked_at = max(self.looked_at, len(universe.places) + len(entities) + len(named))
        return World(
            logic,
            part,
            with_subjects(part.registry, universe),
            self.workspace.symbols,
            entities=entities,
            named=named,
            templates=self.subject.templates,
            as_of=self.workspace.as_of,
        )

    def _look(
        self,
        part: Slice,
        universe: Universe,
        entities: Sequence[Entity],
        named: Mapping[str, str],
        budget: Budget,
    ) -> tuple[Example | None, Mapping[str, None] | None]:
        """A confirmed example in a universe; else what the translation left out, or None where the solver has
        an answer that the engine does not confirm.
        """
        logic = Logic(self.z3)
        world = self._world(logic, part, universe, entities, named)
        tables = Tables(logic, part, world, budget, rounds=ROUNDS)
        solver = new_solver(self.z3, budget)
        solver.add(*world.axioms, tables.holds(self.goal), *tables.axioms)
        found = False
        for preferences in (world.naturally(), []):
            solver.push()
            solver.add(*preferences)
            if satisfiable(self.z3, solver, budget):
                found = True
                example = self._confirmed(solver, world, tables, part, budget)
                if example is not None:
                    return example, {}
            solver.pop()
        return None, None if found else tables.gaps

    def _confirmed(
        self, solver: Z3, world: World, tables: Tables, part: Slice, budget: Budget
    ) -> Example | None:
        model = smallest(self.z3, solver, world, budget)
        try:
            written = Writer(world, tables.expressions, model).example()
        except Unwritable as problem:
            self.reasons[f"an example would need {problem.reason}"] = None
            return None
        example = Example(self.subject.framed(part, written.text), written.as_of)
        trial = Trial(self.workspace, example.text, example.as_of)
        if not trial.errors and self.shows(trial):
            self.reasons.clear()
            return example
        self.unconfirmed = True
        said = f": {trial.errors[0]}" if trial.errors else ""
        gaps = "".join(f"; {each}" for each in tables.gaps)
        self.reasons[f"the solver's example does not show it when it is run{said}{gaps}"] = None
        return None

    def _contradicts_itself(
        self,
        part: Slice,
        opaque: frozenset[str],
        entities: Sequence[Entity],
        named: Mapping[str, str],
        budget: Budget,
    ) -> bool:
        """Whether the goal fails whatever some relations are, recursive ones and those whose absence no
        bounded number of witnesses settles: then it fails for what they are.
        """
        kinds = [*(frozenset([e.kind.name]) for e in entities), *(frozenset([k]) for k in named.values())]
        universe = Demand(part, budget, opaque=opaque).universe(self.settings.declarations, fixed=kinds)
        if not opaque or not universe.complete:
            return False
        logic = Logic(self.z3)
        world = self._world(logic, part, universe, entities, named)
        tables = Tables(logic, part, world, budget, unknown=opaque)
        if tables.gaps:
            return False
        solver = new_solver(self.z3, budget)
        solver.add(*world.axioms, tables.holds(self.goal), *tables.axioms)
        return not satisfiable(self.z3, solver, budget)


__all__ = ["Found", "Search"]
