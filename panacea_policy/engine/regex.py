"""Regular expressions that match a whole text in time proportional to its length, whatever the pattern.

The usual syntax without what needs backtracking: literals, ``.``, classes ``[a-z]``, ``\\d \\w \\s`` and
their complements, groups ``( )`` and ``(?: )``, ``|``, ``* + ? {m,n}``, a leading ``(?i)``, and ``^`` and
``$`` at the ends. Meanings are those of Python's ``re.fullmatch``. The pattern becomes an automaton whose
states are worked out as texts reach them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import msgspec

MAX_PATTERN = 200
_MAX_STATES = 2_000
_MAX_CACHED = 20_000

_Accepts = Callable[[str], bool]

_CLASSES: dict[str, _Accepts] = {
    "d": str.isdecimal,
    "w": lambda char: char.isalnum() or char == "_",
    "s": str.isspace,
}
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}


class PatternError(ValueError):
    """A pattern that is not accepted; the message says why."""


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Pattern:
    """The automaton of a pattern. Raises PatternError for one that is too long, too large or not known."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"a pattern has at most {MAX_PATTERN} characters")
    return _Parser(pattern).parse()


class _State(msgspec.Struct):
    """A state of the automaton: at most one character leads to ``target``, and ``jumps`` are free."""

    accepts: _Accepts | None = None
    target: int = -1
    jumps: list[int] = msgspec.field(default_factory=list)


class Pattern:
    """A compiled pattern."""

    __slots__ = ("_end", "_moves", "_start", "_states")

    def __init__(self, states: list[_State], start: int, end: int) -> None:
        self._states = states
        self._end = end
        self._start = self._closure({start})
        self._moves: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        current = self._start
        for char in text:
            following = self._moves.get((current, char))
            if following is None:
                following = self._move(current, char)
            if not following:
                return False
            current = following
        return self._end in current

    def _move(self, current: frozenset[int], char: str) -> frozenset[int]:
        reached = set()
        for number in current:
            state = self._states[number]
            if state.accepts is not None and state.accepts(char):
                reached.add(state.target)
        following = self._closure(reached)
        if len(self._moves) >= _MAX_CACHED:
            self._moves.clear()
        self._moves[current, char] = following
        return following

    def _closure(self, reached: set[int]) -> frozenset[int]:
        todo = list(reached)
        while todo:
            for number in self._states[todo.pop()].jumps:
                if number not in reached:
                    reached.add(number)
                    todo.append(number)
        return frozenset(reached)


class _Node(msgspec.Struct, frozen=True):
    """A parsed part: ``char`` (accepts), ``sequence``, ``choice`` (parts) or ``repeat`` (least, most)."""

    kind: str
    accepts: _Accepts | None = None
    parts: tuple[_Node, ...] = ()
    least: int = 0
    most: int | None = None


class _Parser:
    """Reads a pattern by recursive descent; its length bounds the depth."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._any_case = False
        self._states: list[_State] = []

    def parse(self) -> Pattern:
        if self._text.startswith("(?i)"):
            self._any_case = True
            self._at = 4
        self._take("^")
        node = self._choice()
        if self._at < len(self._text):
            raise PatternError(f"`{self._text[self._at]}` at {self._at + 1} does not belong there")
        start, end = self._state(), self._state()
        self._build(node, start, end)
        return Pattern(self._states, start, end)

    def _take(self, text: str) -> bool:
        if not self._text.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise PatternError("the pattern ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _choice(self) -> _Node:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else _Node("choice", parts=tuple(parts))

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            if self._text[self._at] == "$" and self._at == len(self._text) - 1:
                self._at += 1
                break
            parts.append(self._repeated(self._atom()))
        return _Node("sequence", parts=tuple(parts))

    def _repeated(self, node: _Node) -> _Node:
        if self._take("*"):
            least, most = 0, None
        elif self._take("+"):
            least, most = 1, None
        elif self._take("?"):
            least, most = 0, 1
        elif (bounds := self._bounds()) is not None:
            least, most = bounds
        else:
            return node
        # Lazy or not makes no difference to whether a whole text matches.
        self._take("?")
        if self._at < len(self._text) and self._text[self._at] in "*+?":
            raise PatternError("one repetition directly after another")
        return _Node("repeat", parts=(node,), least=least, most=most)

    def _bounds(self) -> tuple[int, int | None] | None:
        if self._at >= len(self._text) or self._text[self._at] != "{":
            return None
        inside, closed, _ = self._text[self._at + 1 :].partition("}")
        least, comma, most = inside.partition(",")
        numbers = [number for number in (least, most) if number]
        if not closed or not numbers or not all(n.isascii() and n.isdigit() for n in numbers):
            raise PatternError("`{` begins a repetition such as {2} or {1,3}; write \\{ for the character")
        self._at += len(inside) + 2
        low = int(least or 0)
        high = (int(most) if most else None) if comma else low
        if high is not None and high < low:
            raise PatternError(f"{{{inside}}} asks for more than it allows")
        return low, high

    def _atom(self) -> _Node:
        char = self._next()
        if char == "(":
            if self._take("?") and not self._take(":"):
                raise PatternError(
                    "of the groups that begin with `(?` only `(?:` is known, and `(?i)` in front"
                )
            node = self._choice()
            if not self._take(")"):
                raise PatternError("a group is not closed")
            return node
        if char == "[":
            return _Node("char", self._set())
        if char == ".":
            return _Node("char", lambda char: char != "\n")
        if char == "\\":
            return _Node("char", self._escape())
        if char in "*+?{^$":
            raise PatternError(
                f"`{char}` at {self._at} does not belong there; write \\{char} for the character"
            )
        return _Node("char", self._in_any_case(_exactly(char)))

    def _escape(self) -> _Accepts:
        char = self._next()
        if char.lower() in _CLASSES:
            inside = _CLASSES[char.lower()]
            return inside if char.islower() else lambda c: not inside(c)
        if char in _CONTROL:
            return _exactly(_CONTROL[char])
        if char.isalnum():
            raise PatternError(f"`\\{char}` is not known")
        return self._in_any_case(_exactly(char))

    def _set(self) -> _Accepts:
        negated = self._take("^")
        members: list[_Accepts] = []
        while not (self._text.startswith("]", self._at) and members):
            char = self._next()
            if char == "\\":
                following = self._text[self._at : self._at + 1]
                if following.lower() in _CLASSES:
                    members.append(self._escape())
                    continue
                char = _CONTROL.get(following, following)
                self._escape()
            if self._text.startswith("-", self._at) and self._text[self._at + 1 : self._at + 2] not in (
                "]",
                "",
            ):
                self._at += 1
                last = self._next()
                if last == "\\":
                    last = self._next()
                    if last.isalnum():
                        raise PatternError("a range ends with a character")
                if last < char:
                    raise PatternError(f"the range {char}-{last} is the wrong way round")
                members.append(_between(char, last))
            else:
                members.append(_exactly(char))
        self._at += 1
        inside = self._in_any_case(lambda char: any(accepts(char) for accepts in members))
        return (lambda char: not inside(char)) if negated else inside

    def _in_any_case(self, accepts: _Accepts) -> _Accepts:
        if not self._any_case:
            return accepts
        return lambda c: accepts(c) or accepts(c.lower()) or accepts(c.upper())

    def _state(self) -> int:
        if len(self._states) >= _MAX_STATES:
            raise PatternError("the repetitions of the pattern multiply to too many states")
        self._states.append(_State())
        return len(self._states) - 1

    def _build(self, node: _Node, start: int, end: int) -> None:
        """Adds states so that exactly the texts of the node lead from ``start`` to ``end``."""
        if node.kind == "char":
            step = self._state()
            self._states[start].jumps.append(step)
            self._states[step].accepts = node.accepts
            self._states[step].target = end
        elif node.kind == "choice":
            for part in node.parts:
                self._build(part, start, end)
        elif node.kind == "sequence":
            self._chain(node.parts, start, end)
        else:
            self._repeat(node, start, end)

    def _chain(self, parts: tuple[_Node, ...], start: int, end: int) -> None:
        for part in parts:
            following = self._state()
            self._build(part, start, following)
            start = following
        self._states[start].jumps.append(end)

    def _repeat(self, node: _Node, start: int, end: int) -> None:
        part = node.parts[0]
        for _ in range(node.least):
            following = self._state()
            self._build(part, start, following)
            start = following
        if node.most is None:
            loop = self._state()
            self._states[start].jumps.append(loop)
            self._build(part, loop, loop)
            start = loop
        else:
            for _ in range(node.most - node.least):
                self._states[start].jumps.append(end)
                following = self._state()
                self._build(part, start, following)
                start = following
        self._states[start].jumps.append(end)


def _exactly(wanted: str) -> _Accepts:
    return lambda char: char == wanted


def _between(first: str, last: str) -> _Accepts:
    return lambda char: first <= char <= last
