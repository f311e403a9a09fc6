"""Magic sets: of a question with constants, only rows that it can ask for are derived.

    goal(y) if reaches("h17", y)
    reaches(x, y) if link(x, y)
    reaches(x, z) if reaches(x, y), link(y, z)
    →
    goal(y) if reaches("h17", y)
    reaches asked("h17")
    reaches(x, y) if reaches asked(x), link(x, y)
    reaches(x, z) if reaches asked(x), reaches(x, y), link(y, z)

Each relation is narrowed by the columns that are known wherever it is asked, from constants and what is
joined with them (Beeri and Ramakrishnan, "On the power of magic", 1991), in negations and aggregates too.
Where that would break the strata, what is negated or aggregated is left whole, with all that it depends on.
Values that a rule computes are not asked for: the set of what is asked is finite even where rules compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from panacea_policy.engine.compiled import Compiled, compile_program
from panacea_policy.engine.errors import ProgramErrors, Unstratifiable
from panacea_policy.engine.stratify import needed_for
from panacea_policy.engine.terms import (
    Aggregate,
    Apply,
    Atom,
    Compare,
    Const,
    Literal,
    Program,
    RelationDecl,
    Rule,
    Var,
    atom_vars,
    expr_vars,
)

Columns = frozenset[int]

#: Of a given relation the rows expected for an atom with these columns known, and all its rows.
Expect = Callable[[Atom, Columns], tuple[float, float]]

#: Constants that leave more of a relation than this do not narrow a question.
_NARROW = 0.25

#: The rows expected of a derived relation: it is asked before anything that gives several rows is joined, for
#: more columns known are no gain where many more values are asked for.
_DERIVED = 1.5


def asked_name(relation: str) -> str:
    """The relation of what is asked of another."""
    return f"{relation} asked"


def demand(compiled: Compiled, wanted: Iterable[str], expect: Expect | None = None) -> Compiled:
    """The program for these relations alone; the others then hold only what these need of them.

    The program as it is where nothing is narrowed.
    """
    wanted = list(wanted)
    needed = needed_for(wanted, compiled.uses)
    whole: set[str] = set()
    while True:
        program = _narrowed(compiled, wanted, needed, whole, expect or (lambda atom, columns: (0.0, 1.0)))
        if program is None:
            return compiled
        try:
            return compile_program(program)
        except ProgramErrors as problems:
            # The first of a cycle depends on the second through a negation or an aggregate.
            cycles = [error.cycle for error in problems.errors if isinstance(error, Unstratifiable)]
            found = needed_for((cycle[1 % len(cycle)][0] for cycle in cycles), compiled.uses)
            # What is whole asks for nothing, so each time around there is more of it.
            if found <= whole:
                raise
            whole |= found


def _narrowed(
    compiled: Compiled, wanted: Sequence[str], needed: set[str], whole: set[str], expect: Expect
) -> Program | None:
    """The narrowed program with some relations left whole; None where nothing is narrowed."""
    walker = _Walker({name for name in compiled.uses if name in needed and name not in whole}, expect)
    by_head: dict[str, list[Rule]] = {}
    for checked in compiled.rules:
        if checked.rule.head.relation in needed:
            by_head.setdefault(checked.rule.head.relation, []).append(checked.rule)
    patterns = _patterns(walker, by_head, [name for name in wanted if name not in whole])
    narrowed = {name: columns for name, columns in patterns.items() if columns}
    if not narrowed:
        return None
    rules: dict[Rule, None] = {}
    decls = list(compiled.program.relations)
    for name, columns in sorted(narrowed.items()):
        decls.append(_asked_decl(compiled.decls[name], columns))
    for name, own in by_head.items():
        for rule in own:
            asked = _asked(rule.head, narrowed.get(name, frozenset()))
            rules.update(dict.fromkeys(_questions(walker, rule, patterns, narrowed, asked)))
            rules.setdefault(Rule(rule.head, (*asked, *rule.body), rule.name, rule.origin))
    return Program(decls, list(rules))


def _patterns(walker: _Walker, by_head: dict[str, list[Rule]], wanted: Sequence[str]) -> dict[str, Columns]:
    """For each relation the columns known wherever it is asked; none of those wanted as they are."""
    patterns: dict[str, Columns] = dict.fromkeys(wanted, frozenset())
    todo = list(wanted)
    while todo:
        name = todo.pop()
        for rule in by_head.get(name, ()):
            for visit in walker.visits(rule, patterns[name]):
                relation = visit.atom.relation
                known = patterns.get(relation)
                columns = visit.known if known is None else known & visit.known
                if relation in walker.narrowable and columns != known:
                    patterns[relation] = columns
                    todo.append(relation)
    return patterns


def _questions(
    walker: _Walker,
    rule: Rule,
    patterns: dict[str, Columns],
    narrowed: dict[str, Columns],
    asked: tuple[Atom, ...],
) -> Iterator[Rule]:
    """The rules for what the body of a rule asks of narrowed relations."""
    if rule.head.relation not in patterns:
        return
    for visit in walker.visits(rule, patterns[rule.head.relation]):
        name = visit.atom.relation
        if name in narrowed and name in walker.narrowable:
            (head,) = _asked(visit.atom, narrowed[name])
            if head not in asked:
                yield Rule(head, (*asked, *visit.before), f"what {rule.name} asks of {name}", rule.origin)


def _asked(atom: Atom, columns: Columns) -> tuple[Atom, ...]:
    """The atom of what is asked, for the terms of another; none for a relation that is not narrowed."""
    if not columns:
        return ()
    return (Atom(asked_name(atom.relation), tuple(atom.terms[column] for column in sorted(columns))),)


def _asked_decl(decl: RelationDecl, columns: Columns) -> RelationDecl:
    return RelationDecl(asked_name(decl.name), tuple(decl.columns[column] for column in sorted(columns)))


class _Visit(msgspec.Struct, frozen=True):
    """An atom of a body, the columns known before it is joined, and the literals that make them known."""

    atom: Atom
    known: Columns
    before: tuple[Literal, ...]


class _Walker(msgspec.Struct, frozen=True):
    """Walks a body from what is known to what can be known from it."""

    narrowable: set[str]
    expect: Expect

    def visits(self, rule: Rule, columns: Columns) -> Iterator[_Visit]:
        """The atoms of a body in the order of the walk, beginning with what a head's columns tell."""
        known = {term.name for column in columns if isinstance(term := rule.head.terms[column], Var)}
        return self._walk(rule.body, known, [])

    def _walk(self, body: Sequence[Literal], known: set[str], before: list[Literal]) -> Iterator[_Visit]:
        """Positive atoms, then with what these tell the negated ones and those inside aggregates."""
        remaining = [literal for literal in body if isinstance(literal, Atom) and not literal.negated]
        filters = [literal for literal in body if isinstance(literal, Compare) and _is_plain(literal)]
        while remaining:
            atom = max(remaining, key=lambda each: self._rank(each, known))
            remaining.remove(atom)
            at = self._known(atom, known)
            yield _Visit(atom, at, tuple(before))
            if at:
                known.update(atom_vars(atom))
                before.append(atom)
                ready = [each for each in filters if _variables(each) <= known]
                before.extend(ready)
                filters = [each for each in filters if each not in ready]
        for literal in body:
            if isinstance(literal, Atom) and literal.negated:
                yield _Visit(literal, self._known(literal, known), tuple(before))
            elif isinstance(literal, Aggregate):
                group = {var.name for var in literal.group}
                yield from self._walk(literal.body, known & group, list(before))

    def _rank(self, atom: Atom, known: set[str]) -> tuple[bool, float, int]:
        """Known atoms first; given ones by the rows expected, derived ones before those that give several."""
        at = self._known(atom, known)
        rows = _DERIVED if atom.relation in self.narrowable else max(self.expect(atom, at)[0], 1.0)
        return bool(at), -rows, len(at)

    def _known(self, atom: Atom, known: set[str]) -> Columns:
        constants = {column for column, term in enumerate(atom.terms) if isinstance(term, Const)}
        variables = {
            column for column, term in enumerate(atom.terms) if isinstance(term, Var) and term.name in known
        }
        if constants and not variables and atom.relation not in self.narrowable:
            rows, size = self.expect(atom, frozenset(constants))
            return frozenset(constants if rows <= _NARROW * size else ())
        return frozenset(constants | variables)


def _is_plain(literal: Compare) -> bool:
    return not isinstance(literal.left, Apply) and not isinstance(literal.right, Apply)


def _variables(literal: Compare) -> set[str]:
    return {*expr_vars(literal.left), *expr_vars(literal.right)}
