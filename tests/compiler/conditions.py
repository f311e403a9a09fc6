"""Random conditions over things, their text in the language, and what they mean when everything is known.

A condition is a nested tuple. :func:`text` writes it as a rule has it; :func:`holds` evaluates it in a world
in which every attribute is set (``None``: stated that there is none), in plain two-valued logic.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

COLOURS = ("red", "green", "blue")
SIZES = (1.0, 2.0)
Condition = tuple[Any, ...]
Environment = Mapping[str, str]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


_TOTALS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "lowest": min,
    "highest": max,
    "average": lambda sizes: sum(sizes) / len(sizes),
}


@dataclass(frozen=True)
class World:
    """Things with every attribute known; ``kinds`` by name; ``relations`` are derived by :func:`derived`."""

    kinds: Mapping[str, str]
    values: Mapping[tuple[str, str], Any]
    relations: Mapping[str, frozenset[tuple[str, ...]]]

    def value(self, name: str, attribute: str) -> Any:
        return self.values[name, attribute]


# Random conditions.


def paths(names: tuple[str, ...], last: str) -> st.SearchStrategy[tuple[str, ...]]:
    """A path from a variable to an attribute, through none, one or two references."""
    hops = st.lists(st.sampled_from(["mate", "home"]), max_size=2)
    return st.tuples(st.sampled_from(names), hops).map(lambda drawn: (drawn[0], *drawn[1], last))


def entities(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """A variable, or a path that leads to a thing."""
    return st.one_of(
        st.sampled_from(names).map(lambda name: (name,)), paths(names, "mate"), paths(names, "home")
    )


@st.composite
def atoms(
    draw: st.DrawFn, names: tuple[str, ...], constants: tuple[str, ...], relations: tuple[str, ...]
) -> Condition:
    """A condition without a condition in it."""
    form = draw(st.integers(-1, 10 if relations else 9))
    if form == -1:
        chosen = draw(st.lists(st.sampled_from(COLOURS), min_size=1, max_size=2, unique=True))
        word = draw(st.sampled_from(["some", "no", "every"]))
        return "shade", word, draw(paths(names, "shades")), tuple(chosen), draw(st.booleans())
    if form == 0:
        return "flag", draw(paths(names, "flag"))
    if form == 1:
        right = draw(st.one_of(st.sampled_from(COLOURS), paths(names, "colour")))
        return "compare", draw(paths(names, "colour")), draw(st.sampled_from(["=", "!="])), right
    if form == 2:
        right = draw(st.one_of(st.sampled_from(SIZES), paths(names, "size")))
        return "compare", draw(paths(names, "size")), draw(st.sampled_from(sorted(_COMPARISONS))), right
    if form == 3:
        return "compare", draw(entities(names)), draw(st.sampled_from(["=", "!="])), draw(entities(names))
    if form == 4:
        constant = draw(st.sampled_from(constants))
        last = draw(st.sampled_from(["mate", "home"]))
        return "compare", draw(paths(names, last)), draw(st.sampled_from(["=", "!="])), ("@", constant)
    if form == 5:
        last = draw(st.sampled_from(["colour", "size", "mate", "home"]))
        return "none", draw(paths(names, last)), draw(st.sampled_from(["=", "!="]))
    if form == 6:
        chosen = draw(st.lists(st.sampled_from(COLOURS), min_size=1, max_size=2, unique=True))
        return "among", draw(paths(names, "colour")), tuple(chosen), draw(st.booleans())
    if form == 7:
        return (
            "member",
            draw(entities(names)),
            draw(paths(names, draw(st.sampled_from(["likes", "knows"])))),
            draw(st.booleans()),
        )
    if form == 8:
        left = draw(st.one_of(st.sampled_from(COLOURS), paths(names, "colour")))
        return "member", left, draw(paths(names, "shades")), draw(st.booleans())
    if form == 9:
        return "is", draw(entities(names)), draw(st.sampled_from(["gadget", "special"])), draw(st.booleans())
    return (
        "relation",
        draw(st.sampled_from(relations)),
        draw(entities(names)),
        draw(entities(names)),
        draw(st.booleans()),
    )


@st.composite
def bindings(draw: st.DrawFn, names: tuple[str, ...], fresh: str) -> tuple[Any, ...]:
    """``thing v`` or ``thing v in x.likes``, as (kind, variable, list or None)."""
    kind = draw(st.sampled_from(["thing", "thing", "gadget", "special"]))
    source = draw(st.none() | st.sampled_from(["likes", "knows"]).flatmap(lambda last: paths(names, last)))
    return kind, fresh, source


@st.composite
def conditions(
    draw: st.DrawFn,
    names: tuple[str, ...],
    constants: tuple[str, ...],
    relations: tuple[str, ...] = (),
    depth: int = 2,
) -> Condition:
    """A condition over these variables."""
    form = draw(st.integers(0, 10)) if depth else 0
    if form <= 3:
        return draw(atoms(names, constants, relations))
    inner = conditions(names, constants, relations, depth - 1)
    if form == 4:
        return "and", draw(inner), draw(inner)
    if form == 5:
        return "or", draw(inner), draw(inner)
    if form == 6:
        return "not", draw(inner)
    fresh = f"v{depth}"
    binding = draw(bindings(names, fresh))
    deeper = conditions((*names, fresh), constants, relations, depth - 1)
    if form == 7:
        return draw(st.sampled_from(["some", "no"])), binding, draw(st.none() | deeper)
    if form == 8:
        return "every", binding, draw(st.none() | deeper), draw(deeper)
    comparison = draw(st.sampled_from(["=", "<", "<=", ">", ">="]))
    if form == 10:
        word = draw(st.sampled_from(["sum", "lowest", "highest", "average"]))
        path = draw(paths((*names, fresh), "size"))
        return (
            "total",
            word,
            path,
            binding,
            draw(st.none() | deeper),
            comparison,
            float(draw(st.integers(1, 3))),
        )
    return "count", binding, draw(st.none() | deeper), comparison, float(draw(st.integers(0, 2)))


# Text.


def text(node: Condition) -> str:
    """The condition as it stands in a rule."""
    match node:
        case ("flag", path):
            return _path(path)
        case ("compare", left, comparison, right):
            return f"{_term(left)} {comparison} {_term(right)}"
        case ("none", path, comparison):
            return f"{_path(path)} {comparison} none"
        case ("among", path, chosen, positive):
            return f"{_path(path)} {'in' if positive else 'not in'} [{', '.join(chosen)}]"
        case ("member", left, path, positive):
            return f"{_term(left)} {'in' if positive else 'not in'} {_path(path)}"
        case ("shade", word, path, chosen, positive):
            test = f"(k {'in' if positive else 'not in'} [{', '.join(chosen)}])"
            return f"({word} k in {_path(path)} {'has' if word == 'every' else 'with'} {test})"
        case ("is", entity, kind, positive):
            return f"{_path(entity)} {'is' if positive else 'is not'} {kind}"
        case ("relation", name, left, right, positive):
            return f"{'' if positive else 'not '}{name}({_path(left)}, {_path(right)})"
        case ("and" | "or" as word, left, right):
            return f"({text(left)} {word} {text(right)})"
        case ("not", inner):
            return f"not ({text(inner)})"
        case ("some" | "no" as word, binding, condition):
            return f"({word} {_binding(binding)}{_with(condition)})"
        case ("every", binding, condition, consequence):
            return f"(every {_binding(binding)}{_with(condition)} has ({text(consequence)}))"
        case ("count", binding, condition, comparison, number):
            return f"(count of {_binding(binding)}{_with(condition)}) {comparison} {number:g}"
        case ("total", word, path, binding, condition, comparison, number):
            return (
                f"({word} of {_path(path)} for {_binding(binding)}{_with(condition)}) {comparison} {number:g}"
            )
    raise AssertionError(node)


def _with(condition: Condition | None) -> str:
    return f" with ({text(condition)})" if condition else ""


def _binding(binding: tuple[Any, ...]) -> str:
    kind, name, source = binding
    return f"{kind} {name}" + (f" in {_path(source)}" if source else "")


def _path(path: tuple[str, ...]) -> str:
    return ".".join(path)


def _term(term: Any) -> str:
    if isinstance(term, tuple):
        return term[1] if term[0] == "@" else _path(term)
    return f"{term:g}" if isinstance(term, float) else str(term)


# Meaning.


def holds(node: Condition, env: Environment, world: World) -> bool:
    """Whether the condition is true in the world."""
    match node:
        case ("flag", path):
            return _follow(path, env, world) is True
        case ("compare", left, comparison, right):
            one, other = _value(left, env, world), _value(right, env, world)
            return one is not None and other is not None and _COMPARISONS[comparison](one, other)
        case ("none", path, comparison):
            owner = _follow(path[:-1], env, world)
            value = world.value(owner, path[-1]) if owner is not None else None
            return owner is not None and value is None if comparison == "=" else value is not None
        case ("among", path, chosen, positive):
            return (_follow(path, env, world) in chosen) is positive
        case ("member", left, path, positive):
            value, listed = _value(left, env, world), _follow(path, env, world)
            return (value is not None and listed is not None and value in listed) is positive
        case ("shade", word, path, chosen, positive):
            shades = _follow(path, env, world) or ()
            fitting = [shade for shade in shades if (shade in chosen) is positive]
            return {"some": bool(fitting), "no": not fitting, "every": len(fitting) == len(shades)}[word]
        case ("is", entity, kind, positive):
            value = _follow(entity, env, world)
            return (value is not None and _is(value, kind, world)) is positive
        case ("relation", name, left, right, positive):
            pair = (_follow(left, env, world), _follow(right, env, world))
            return (pair in world.relations[name]) is positive
        case ("and", left, right):
            return holds(left, env, world) and holds(right, env, world)
        case ("or", left, right):
            return holds(left, env, world) or holds(right, env, world)
        case ("not", inner):
            return not holds(inner, env, world)
        case ("some" | "no" as word, binding, condition):
            found = any(
                condition is None or holds(condition, each, world) for each in _each(binding, env, world)
            )
            return found is (word == "some")
        case ("every", binding, condition, consequence):
            members = [
                e for e in _each(binding, env, world) if condition is None or holds(condition, e, world)
            ]
            return all(holds(consequence, each, world) for each in members)
        case ("count", binding, condition, comparison, number):
            members = [
                e for e in _each(binding, env, world) if condition is None or holds(condition, e, world)
            ]
            return _COMPARISONS[comparison](len(members), number)
        case ("total", word, path, binding, condition, comparison, number):
            members = [
                e for e in _each(binding, env, world) if condition is None or holds(condition, e, world)
            ]
            sizes = [size for each in members if (size := _follow(path, each, world)) is not None]
            if not sizes and word != "sum":
                return False
            return _COMPARISONS[comparison](_TOTALS[word](sizes), number)
    raise AssertionError(node)


def _is(name: str, kind: str, world: World) -> bool:
    return kind == "thing" or kind in world.kinds[name].split()


def _each(binding: tuple[Any, ...], env: Environment, world: World) -> Iterator[Environment]:
    kind, variable, source = binding
    members = world.kinds if source is None else _follow(source, env, world) or ()
    for name in dict.fromkeys(members):
        if _is(name, kind, world):
            yield {**env, variable: name}


def _follow(path: tuple[str, ...], env: Environment, world: World) -> Any:
    """What a path leads to; None where something on the way is stated not to be there."""
    at: Any = env[path[0]]
    for attribute in path[1:]:
        at = world.value(at, attribute)
        if at is None:
            return None
    return at


def _value(term: Any, env: Environment, world: World) -> Any:
    if isinstance(term, tuple):
        return term[1] if term[0] == "@" else _follow(term, env, world)
    return term


# Derived relations.


def derived(
    kinds: Mapping[str, str],
    values: Mapping[tuple[str, str], Any],
    derivations: tuple[tuple[str, Condition], ...],
) -> World:
    """The world with its relations: each derivation is (name, condition over `a` and `b`), read in order.

    A derivation may read relations named before it, and its own positively.
    """
    relations: dict[str, frozenset[tuple[str, ...]]] = {name: frozenset() for name, _ in derivations}
    world = World(kinds, values, relations)
    for name in relations:
        grew = True
        while grew:
            pairs = {
                (a, b)
                for of, condition in derivations
                if of == name
                for a in kinds
                for b in kinds
                if holds(condition, {"a": a, "b": b}, world)
            }
            grew = not pairs <= relations[name]
            relations[name] = relations[name] | pairs
    return world
