"""Orders relations into strata: what is negated or aggregated is complete before anything speaks of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

import msgspec

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.errors import Unstratifiable
from panacea_policy.engine.terms import Aggregate, Atom, Rule, atoms


class Stratum(msgspec.Struct, frozen=True):
    """Relations that depend on each other, and the rules that derive them.

    ``recursive`` if any depends on itself.
    """

    relations: frozenset[str]
    rules: tuple[CheckedRule, ...]
    recursive: bool


class _Edge(msgspec.Struct, frozen=True):
    """``source`` is derived from ``target``.

    ``strict`` through negation or an aggregate (named in ``through``).
    """

    source: str
    target: str
    rule: Rule
    through: str | None


def dependencies(rules: Sequence[CheckedRule]) -> dict[str, dict[str, None]]:
    """For each derived relation the relations that its rules speak of, in order of occurrence."""
    uses: dict[str, dict[str, None]] = {}
    for checked in rules:
        rule = checked.rule
        used = uses.setdefault(rule.head.relation, {})
        for literal in rule.body:
            if isinstance(literal, Atom):
                used[literal.relation] = None
            elif isinstance(literal, Aggregate):
                used.update((atom.relation, None) for atom, _ in atoms(literal.body))
    return uses


def stratify(
    rules: Sequence[CheckedRule], uses: Mapping[str, Mapping[str, None]]
) -> tuple[list[Stratum], list[Unstratifiable]]:
    """Strata in an order in which each depends only on earlier ones, and the cycles that prevent one.

    ``uses``: as `dependencies` gives it.
    """
    errors: list[Unstratifiable] = []
    strata: list[Stratum] = []
    by_head: dict[str, list[CheckedRule]] = {}
    for checked in rules:
        by_head.setdefault(checked.rule.head.relation, []).append(checked)
    for component in _components(uses):
        members = frozenset(component)
        recursive = len(component) > 1 or component[0] in uses[component[0]]
        own = by_head[component[0]]
        if recursive:
            edges = [
                edge
                for name in component
                for checked in by_head[name]
                for edge in _edges(checked.rule)
                if edge.target in members
            ]
            strict = next((edge for edge in edges if edge.through), None)
            if strict is not None:
                errors.append(_cycle(strict, edges))
            own = sorted((rule for name in component for rule in by_head[name]), key=lambda r: r.position)
        strata.append(Stratum(members, tuple(own), recursive))
    return strata, errors


def needed_for(
    wanted: Iterable[str], uses: Mapping[str, Iterable[str]], known: Container[str] = ()
) -> set[str]:
    """The relations that the wanted ones depend on, themselves included; ``known`` depend on nothing."""
    needed: set[str] = set()
    todo = list(wanted)
    while todo:
        name = todo.pop()
        if name not in needed and name not in known:
            needed.add(name)
            todo.extend(uses.get(name, ()))
    return needed


def _edges(rule: Rule) -> Iterator[_Edge]:
    for atom, inside in atoms(rule.body):
        through = "an aggregate" if inside else "negation" if atom.negated else None
        yield _Edge(rule.head.relation, atom.relation, rule, through)


def _cycle(strict: _Edge, edges: Sequence[_Edge]) -> Unstratifiable:
    """The shortest cycle that begins with a strict edge."""
    by_source: dict[str, list[_Edge]] = {}
    for edge in edges:
        by_source.setdefault(edge.source, []).append(edge)
    reached: dict[str, _Edge | None] = {strict.target: None}
    queue = deque([strict.target])
    while strict.source not in reached:
        name = queue.popleft()
        for edge in by_source.get(name, ()):
            if edge.target not in reached:
                reached[edge.target] = edge
                queue.append(edge.target)
    back: list[tuple[str, Rule]] = []
    step = reached[strict.source]
    while step is not None:
        back.append((step.source, step.rule))
        step = reached[step.source]
    assert strict.through is not None
    return Unstratifiable([(strict.source, strict.rule), *reversed(back)], strict.through)


def _components(uses: Mapping[str, Mapping[str, None]]) -> list[list[str]]:
    """Strongly connected components, dependencies first (Tarjan's algorithm without recursion).

    Only of derived relations: nothing leads back from a relation without rules.
    """
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    components: list[list[str]] = []
    for root in uses:
        if root in number:
            continue
        work: list[tuple[str, Iterator[str]]] = []
        following: str | None = root
        while following is not None or work:
            if following is not None:
                number[following] = low[following] = len(number)
                stack.append(following)
                on_stack.add(following)
                work.append((following, iter(uses[following])))
            name, targets = work[-1]
            following = None
            for target in targets:
                if target in on_stack:
                    low[name] = min(low[name], number[target])
                elif target in uses and target not in number:
                    following = target
                    break
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[name])
                if low[name] == number[name]:
                    components.append(_cut(stack, name))
                    on_stack.difference_update(components[-1])
    return components


def _cut(stack: list[str], name: str) -> list[str]:
    """Takes ``name`` and all above it off the stack."""
    taken = [stack.pop()]
    while taken[-1] != name:
        taken.append(stack.pop())
    return taken[::-1]
