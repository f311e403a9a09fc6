"""The passes of the optimiser by name, and which of them are switched off.

None changes what holds: with any of them off the results are the same, only found in another way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

#: Passes that rewrite a program before it runs, in the order in which they are applied.
PROGRAM_PASSES: Mapping[str, str] = {
    "needed": "leave out what the wanted relations do not depend on",
    "constants": "put constants and equal variables in place, decide comparisons that need no row",
    "repeated": "drop rules and conditions that say the same twice",
    "demand": "of a question with constants, derive only rows that it can ask for (magic sets)",
}

#: Passes that choose how one rule is run.
PLAN_PASSES: Mapping[str, str] = {
    "join_order": "order atoms by the rows they are expected to give, not as they are written",
    "early_projection": "drop a variable as soon as nothing later needs it",
    "early_distinct": "drop repeated bindings before a join multiplies them",
    "semi_join": "only look for a row where nothing of it is needed, instead of joining",
    "semi_naive": "in a recursion join only the rows that the round before gave",
    "small": "join a few rows as tuples instead of columns",
}

PASSES: Mapping[str, str] = {**PROGRAM_PASSES, **PLAN_PASSES}


class UnknownPass(ValueError):
    """No pass has this name; ``suggestion`` is the closest one that exists, if any is close."""

    def __init__(self, name: str) -> None:
        import difflib  # only mistakes need it

        close = difflib.get_close_matches(name, PASSES, 1)
        self.name = name
        self.suggestion = close[0] if close else None
        hint = f"did you mean `{self.suggestion}`?" if close else f"there are {', '.join(PASSES)}"
        super().__init__(f"no pass is called `{name}` ({hint})")


class Options(msgspec.Struct, frozen=True, gc=False):
    """Passes that are off. Raises UnknownPass for a name that none has."""

    off: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in sorted(self.off):
            if name not in PASSES:
                raise UnknownPass(name)

    @classmethod
    def without(cls, names: Iterable[str]) -> Options:
        """All passes but these."""
        return cls(frozenset(names))

    def on(self, name: str) -> bool:
        """Whether a pass is on."""
        return name not in self.off


ALL_ON = Options()
