"""Orders relations into strata: what is negated or aggregated is complete before anything speaks of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from panacea_policy.engine.check import CheckedRule
from panacea_policy.engine.errors import Unstratifiable
from panacea_policy.engine.terms import Rule, atoms


@dataclass(frozen=True, slots=True)
class Stratum:
    """Relations that depend on each other, and the rules that derive them.

    ``recursive`` if any depends on itself.
    """

    relations: frozenset[str]
    rules: tuple[CheckedRule, ...]
    recursive: bool


@dataclass(frozen=True, slots=True)
class _Edge:
    """``source`` is derived from ``target``.

    ``strict`` through negation or an aggregate (named in ``through``).
    """

    source: str
    target: str
    rule: Rule
    through: str | None


def stratify(rules: Sequence[CheckedRule]) -> tuple[list[Stratum], list[Unstratifiable]]:
    """Strata in an order in which each depends only on earlier ones, and the cycles that prevent one."""
    edges: dict[str, list[_Edge]] = {}
    for checked in rules:
        out = edges.setdefault(checked.rule.head.relation, [])
        for atom, inside in atoms(checked.rule.body):
            through = "an aggregate" if inside else "negation" if atom.negated else None
            out.append(_Edge(checked.rule.head.relation, atom.relation, checked.rule, through))
    components = _components(edges)
    errors: list[Unstratifiable] = []
    strata: list[Stratum] = []
    by_head: dict[str, list[CheckedRule]] = {}
    for checked in rules:
        by_head.setdefault(checked.rule.head.relation, []).append(checked)
    for component in components:
        members = frozenset(component)
        inside_edges = [edge for name in component for edge in edges.get(name, ()) if edge.target in members]
        strict = next((edge for edge in inside_edges if edge.through), None)
        if strict is not None:
            errors.append(_cycle(strict, inside_edges))
        own = sorted((rule for name in component for rule in by_head.get(name, ())), key=lambda r: r.position)
        if own:
            strata.append(Stratum(members, tuple(own), bool(inside_edges)))
    return strata, errors


def needed_for(wanted: Iterable[str], rules: Sequence[CheckedRule]) -> set[str]:
    """The relations that the wanted ones depend on, themselves included."""
    by_head: dict[str, set[str]] = {}
    for checked in rules:
        uses = by_head.setdefault(checked.rule.head.relation, set())
        uses.update(atom.relation for atom, _ in atoms(checked.rule.body))
    needed: set[str] = set()
    todo = list(wanted)
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            todo.extend(by_head.get(name, ()))
    return needed


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


def _components(edges: Mapping[str, Sequence[_Edge]]) -> list[list[str]]:
    """Strongly connected components, dependencies first (Tarjan's algorithm without recursion)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    components: list[list[str]] = []
    for root in edges:
        if root in number:
            continue
        work: list[tuple[str, int]] = [(root, 0)]
        while work:
            name, position = work.pop()
            if position == 0:
                number[name] = low[name] = len(number)
                stack.append(name)
                on_stack.add(name)
            targets = edges.get(name, ())
            while position < len(targets):
                target = targets[position].target
                position += 1
                if target not in number:
                    work.append((name, position))
                    work.append((target, 0))
                    break
                if target in on_stack:
                    low[name] = min(low[name], number[target])
            else:
                if low[name] == number[name]:
                    cut = stack.index(name)
                    components.append(stack[cut:])
                    for member in stack[cut:]:
                        on_stack.discard(member)
                    del stack[cut:]
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[name])
    return components
