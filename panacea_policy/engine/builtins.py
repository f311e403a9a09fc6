"""Functions and tests by name, with their types.

The string ones run once per distinct combination of symbols.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from panacea_policy.engine.regex import compile_pattern
from panacea_policy.engine.values import Type

NUMBERS = frozenset({Type.INT, Type.FLOAT})
_SYMBOL = frozenset({Type.SYMBOL})
_INT = frozenset({Type.INT})
_FLOAT = frozenset({Type.FLOAT})


class Signature(msgspec.Struct, frozen=True):
    """Number of arguments (``most`` None: any), the types they may have and that of the result.

    ``same``: arguments and result are all of one type.
    """

    least: int
    most: int | None
    args: frozenset[Type]
    result: frozenset[Type]
    same: bool = False

    def accepts(self, count: int) -> bool:
        return self.least <= count and (self.most is None or count <= self.most)

    def arity(self) -> str:
        if self.most is None:
            return f"{self.least} or more arguments"
        return f"{self.least} argument{'s' if self.least > 1 else ''}"


_BINARY = Signature(2, 2, NUMBERS, NUMBERS, same=True)
_UNARY = Signature(1, 1, NUMBERS, NUMBERS, same=True)
_ROUND = Signature(1, 1, _FLOAT, _INT)

#: Functions of `terms.Apply`. INT division and remainder round towards minus infinity; floor and ceil give
#: INT; float turns INT to FLOAT.
SIGNATURES: dict[str, Signature] = {
    **dict.fromkeys(("+", "-", "*", "/", "%"), _BINARY),
    **dict.fromkeys(("min", "max"), Signature(2, None, NUMBERS, NUMBERS, same=True)),
    **dict.fromkeys(("abs", "neg"), _UNARY),
    **dict.fromkeys(("floor", "ceil"), _ROUND),
    "float": Signature(1, 1, _INT, _FLOAT),
    "lower": Signature(1, 1, _SYMBOL, _SYMBOL),
    "length": Signature(1, 1, _SYMBOL, _INT),
    "concat": Signature(2, None, _SYMBOL, _SYMBOL),
    "version_compare": Signature(2, 2, _SYMBOL, _INT),
}


def compare_versions(left: str, right: str) -> int:
    """-1, 0 or 1 as version ``left`` is older than, the same as or newer than ``right``.

    Versions are runs of digits, compared as numbers, and runs of letters, compared as text; other characters
    only separate. Where one version ends first it is the older, unless the other goes on with letters
    (``2.0-rc1`` precedes ``2.0``) or with zeros only.
    """
    ours, theirs = _version_parts(left), _version_parts(right)
    for mine, other in zip(ours, theirs, strict=False):
        if mine != other:
            return -1 if mine < other else 1
    shared = min(len(ours), len(theirs))
    rest, sign = (ours[shared:], 1) if len(ours) > len(theirs) else (theirs[shared:], -1)
    for rank, number, _ in rest:
        if not rank:
            return -sign
        if number:
            return sign
    return 0


def _version_parts(version: str) -> list[tuple[int, int, str]]:
    """(1, number, "") for a run of digits, (0, 0, letters) for one of letters.

    Letters order before digits.
    """
    parts = re.findall(r"[0-9]+|[a-z]+", version.lower().removeprefix("v"))
    return [(1, int(part), "") if part[0].isdigit() else (0, 0, part) for part in parts]


def _matches(text: str, pattern: str) -> bool:
    return compile_pattern(pattern).matches(text)


#: Tests of `terms.Test`; each takes two symbols that are texts. `matches` is of the whole text; see `regex`.
TESTS: dict[str, Callable[[str, str], bool]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": lambda text, part: part in text,
    "matches": _matches,
}
