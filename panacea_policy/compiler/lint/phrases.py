"""What a term can be, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from panacea_policy.compiler.lint.domains import Numbers, Words
from panacea_policy.compiler.lint.formulas import Formula, Test, Universe
from panacea_policy.model import Registry

#: More words than these are not listed.
_LISTED = 8


def can_be(formula: Formula, table: Mapping[str, Universe], registry: Registry) -> str:
    """What the term of a comparison can be, as a clause; empty where that explains nothing."""
    if not isinstance(formula, Test) or formula.term not in table:
        return ""
    universe = table[formula.term]
    if formula.kinds is not None:
        name = _kind(universe.kinds, registry)
        return f"it is a `{name}`" if name else ""
    if isinstance(universe.domain, Numbers):
        low, high = universe.domain.lowest, universe.domain.highest
        if math.isinf(low):
            return ""
        return f"it is {low:g} or more" if math.isinf(high) else f"it is from {low:g} to {high:g}"
    if not universe.domain.excluded and len(universe.domain.values) <= _LISTED:
        words = ", ".join(sorted(str(each).lower() for each in universe.domain.values))
        return f"it is one of {words}"
    return ""


def _kind(kinds: Words | None, registry: Registry) -> str | None:
    """The kind that stands for these kinds."""
    if kinds is None or kinds.excluded:
        return None
    for name in registry.kinds:
        below = {each for each in registry.descendants(name) if not registry.kind(each).abstract}
        if below == kinds.values:
            return name
    return None
