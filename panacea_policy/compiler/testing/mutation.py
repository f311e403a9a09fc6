"""Mutation testing: which small changes of a package's rules no test of it would notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from panacea_policy.compiler.testing.lab import Lab, Progress, targets_in
from panacea_policy.compiler.testing.mutants import Mutant, Words, mutants_of
from panacea_policy.compiler.testing.sites import Target
from panacea_policy.compiler.testing.variants import Change

if TYPE_CHECKING:
    from panacea_policy.compiler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class MutationReport:
    """``killed``: how many mutants some test noticed. ``refused``: how many the compiler did not take.

    ``left_out``: how many were not tried for the limit.
    """

    survivors: tuple[Mutant, ...]
    killed: int
    refused: int
    left_out: int

    @property
    def tried(self) -> int:
        """How many mutants were put to the tests."""
        return self.killed + len(self.survivors)

    @property
    def score(self) -> float | None:
        """The share of tried mutants that were noticed, in [0, 1]; None where there was none."""
        return self.killed / self.tried if self.tried else None


def mutate(workspace: Workspace, limit: int, progress: Progress | None = None) -> MutationReport:
    """Put each mutant of the workspace's own package to its tests, which must pass without any.

    ``limit``: the first so many mutants, in the order of the text. A mutant counts as noticed when some test
    fails with it; the first such test ends its trial.
    """
    words = Words(workspace.registry)
    every = [mutant for target in targets_in(workspace) for mutant in mutants_of(target, words)]
    mutants = every[:limit]
    lab = Lab(workspace, [Change(each.target, each.edit) for each in mutants])
    alive = set(range(len(mutants)))
    killed = _trial(lab, alive, progress)
    refused = {number for number in alive if number in lab.refused or lab.refuses(number)}
    left = sorted(alive - refused)
    gone = len(mutants) - len(alive) - killed
    return MutationReport(
        tuple(mutants[number] for number in left), killed, len(refused) + gone, len(every) - len(mutants)
    )


def _trial(lab: Lab, alive: set[int], progress: Progress | None) -> int:
    """Take from ``alive`` what a test notices or the engine refuses; gives the number of the former."""
    numbers: dict[Target, list[int]] = {}
    for number, change in enumerate(lab.changes):
        numbers.setdefault(change.target, []).append(number)
    killed = 0

    def wanted() -> set[Target]:
        return {lab.changes[number].target for number in alive - lab.refused}

    for sight in lab.sights(wanted, progress):
        for target in sight.looked:
            running = [each for each in numbers[target] if each in alive and each not in lab.refused]
            look = sight.look(target, running)
            for number in running:
                noticed = number in look.stopped or look.noticed(number)
                killed += noticed is True
                if noticed is not False:
                    alive.discard(number)
    return killed
