"""What would have happened in a trial under another set of controls: the question that everything here asks.

INVARIANT: the answer for one trial and goal is monotone: with more controls active, a goal that held out
still holds out. Controls only lower chances and lengthen efforts, and the draws of a trial stay as they are.
"""

from __future__ import annotations

from typing import Protocol

from panacea_policy.risk.graph import Bools, Ints


class Oracle(Protocol):
    """Simulated trials that can be asked again under other controls; a study is one."""

    @property
    def trials(self) -> int:
        """How many trials each source has, numbered from 0."""

    def fallen_with(self, source: int, trials: Ints, active: Bools) -> Bools:
        """Which goals fall in trial ``trials[k]`` of a source with the controls ``active[:, k]`` in place.

        ``active`` has the shape (controls, k), all controls of the graph counted; the answer (goals, k).
        """
