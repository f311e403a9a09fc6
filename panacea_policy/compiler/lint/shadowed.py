"""Rules that find nothing which another rule does not find as well.

A rule is covered by another one where the other's variables can be given the rule's own, the subjects being
the same, so that each condition of the other follows from the rule's conditions (theta-subsumption, with
values and kinds taken into account). It is then superfluous if the other is at least as severe and satisfies
the same clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import repeat

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.lint.bodies import ReadBody
from panacea_policy.compiler.lint.formulas import Choice, Formula, Held, Of, Pair, Test, Universe, renamed
from panacea_policy.compiler.lint.solve import entails
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.typing import ExpressionType, fits
from panacea_policy.compiler.verdicts import SEVERITIES
from panacea_policy.language import Label
from panacea_policy.language import syntax as tree
from panacea_policy.model import Registry

#: Ways to give variables that are tried for one pair of rules.
MAX_WAYS = 200
#: Pairs of rules that are compared at all; with more rules than these make up, the last ones are not.
MAX_PAIRS = 100_000


class Candidate:
    """A rule that may cover others, or be covered."""

    def __init__(
        self, rule: CompiledRule, registry: Registry, read: Callable[[CompiledRule], ReadBody]
    ) -> None:
        self.rule = rule
        self.registry = registry
        self._read = read

    @cached_property
    def body(self) -> ReadBody:
        """Its conditions; read when first asked for."""
        return self._read(self.rule)

    @cached_property
    def item(self) -> tree.RuleItem:
        """Its text."""
        return self.rule.item

    @cached_property
    def severity(self) -> int:
        """How severe it is: the place in the list of severities, 0 the worst."""
        value = self._attribute("severity")
        name = value.name if isinstance(value, tree.Path) else ""
        return SEVERITIES.index(name) if name in SEVERITIES else len(SEVERITIES)

    @cached_property
    def satisfies(self) -> frozenset[str]:
        """The clauses that it is about, as written."""
        value = self._attribute("satisfies")
        items = value.items if isinstance(value, tree.ListOf) else (value,)
        return frozenset(each.name for each in items if isinstance(each, tree.Path))

    @cached_property
    def subjects(self) -> tuple[ExpressionType, ...]:
        """The types of what it reports."""
        return tuple(self.rule.variables[index][1] for index in self.rule.subjects)

    @cached_property
    def marks(self) -> frozenset[str]:
        """Attributes and relations that its conditions speak of: what it covers must speak of them too. Those
        of choices are left out, as one side of them is enough.
        """
        item = self.item
        require = item.require if len(item.require) == 1 else ()
        return frozenset(
            (*_marks((item.bindings, item.applies, item.where)), *_marks(require, positive=False))
        )

    def _attribute(self, name: str) -> tree.Expression | None:
        return next((each.value for each in self.item.attributes if each.key == name), None)


def shadowed(
    own: Sequence[Candidate], others: Sequence[Candidate], dead: Iterable[int], report: Report
) -> None:
    """Warn of each rule in ``own`` that another one, in ``own`` or ``others``, covers. Those in ``dead`` (ids
    of candidates) find nothing anyway.
    """
    gone = set(dead)
    for rule in own[: max(1, MAX_PAIRS // max(1, len(own) + len(others)))]:
        if id(rule) in gone:
            continue
        cover = next((each for each in (*own, *others) if id(each) not in gone and _covers(each, rule)), None)
        if cover is None:
            continue
        twin = cover in own and _covers(rule, cover)
        if twin and own.index(cover) > own.index(rule):
            # Of two that find the same, the later one is superfluous.
            continue
        gone.add(id(rule))
        _warn(rule, cover, twin, report)


def _warn(rule: Candidate, cover: Candidate, twin: bool, report: Report) -> None:
    other = cover.rule.declared
    name = other.name if cover.rule.declared.package is rule.rule.declared.package else other.qualified
    found = "finds exactly what" if twin else "finds nothing that"
    rest = "finds" if twin else "does not find as well"
    report.warning(
        "P0704",
        rule.rule.declared.span,
        f"`{rule.rule.declared.name}` {found} `{name}` {rest}",
        labels=(Label(other.span, "this rule covers it"),),
        help="remove one of them, or narrow the conditions of the wider one",
    )


def _covers(general: Candidate, special: Candidate) -> bool:
    if (
        general is special
        or len(general.rule.subjects) != len(special.rule.subjects)
        or general.severity > special.severity
        or not all(map(fits, general.subjects, special.subjects, repeat(general.registry)))
        or not special.satisfies <= general.satisfies
        or not general.marks <= special.marks
    ):
        return False
    return any(_follows(general.body, special.body, way) for way in _ways(general, special))


def _ways(general: Candidate, special: Candidate) -> Iterator[Mapping[str, str]]:
    """Ways to give the general rule's variables those of the special one, the subjects being the same."""
    mine, theirs = general.body.variables, special.body.variables
    fixed = {
        mine[one]: theirs[other]
        for one, other in zip(general.rule.subjects, special.rule.subjects, strict=True)
    }
    free = [each for each in mine if each not in fixed]
    if len(theirs) ** len(free) > MAX_WAYS:
        return
    ways: list[dict[str, str]] = [fixed]
    for name in free:
        ways = [{**way, name: each} for way in ways for each in theirs]
    yield from ways


class _Untranslatable(Exception):
    """A term that is known in its own rule alone."""


def _follows(general: ReadBody, special: ReadBody, way: Mapping[str, str]) -> bool:
    """Whether the general rule's conditions, of these variables, follow from the special one's."""

    def rename(term: str) -> str:
        if term.startswith("( "):
            return " ".join(
                part if part in ("(", ")", "+", "-", "*", "/") or part.startswith("#") else rename(part)
                for part in term.split(" ")
            )
        root, dot, rest = term.partition(".")
        if term == "today":
            return term
        if root not in way:
            raise _Untranslatable(term)
        return way[root] + dot + rest

    table = dict(special.table)
    try:
        for formula in general.formulas:
            wanted = renamed(formula, rename)
            for term in _terms(formula):
                _add(table, general.table, term, rename)
            if not _given(special.formulas, wanted, table):
                return False
    except _Untranslatable:
        return False
    return True


def _given(formulas: Sequence[Formula], wanted: Formula, table: Mapping[str, Universe]) -> bool:
    if isinstance(wanted, Choice):
        return any(all(_given(formulas, each, table) for each in option) for option in wanted.options) or any(
            each == wanted for each in formulas
        )
    return entails(formulas, wanted, table)


def _add(
    table: dict[str, Universe], known: Mapping[str, Universe], term: str, rename: Callable[[str], str]
) -> None:
    """Take over what a term can be, and the terms that lead to it."""
    name = rename(term)
    universe = known.get(term)
    if name in table or universe is None:
        return
    parent = None
    if universe.parent is not None:
        _add(table, known, universe.parent, rename)
        parent = rename(universe.parent)
    above = table.get(parent) if parent is not None else None
    void = above is not None and (above.none or above.void)
    table[name] = Universe(
        universe.domain,
        universe.kinds,
        universe.none,
        universe.void or void,
        universe.whole,
        parent,
        universe.last,
    )


def _terms(formula: Formula) -> Iterator[str]:
    match formula:
        case Test(term):
            yield term
        case Pair(left, right):
            yield left
            yield right
        case Held(key):
            yield from _key_terms(key)
        case Choice(options):
            for option in options:
                for part in option:
                    yield from _terms(part)


def _key_terms(key: tuple[object, ...]) -> Iterator[str]:
    for part in key:
        if isinstance(part, Of):
            yield part.term
        elif isinstance(part, tuple):
            yield from _key_terms(part)


def _marks(part: object, positive: bool = True) -> Iterator[str]:
    if isinstance(part, tree.Path):
        yield from part.parts[1:]
    elif isinstance(part, tree.Call):
        yield part.function.name.rpartition(".")[2]
        yield from _marks(part.arguments, positive)
    elif isinstance(part, tree.Unary) and part.operator == "not":
        yield from _marks(part.operand, not positive)
    elif isinstance(part, tree.Binary) and part.operator == ("or" if positive else "and"):
        return
    elif isinstance(part, tree.Node):
        for each in part.__struct_fields__:
            if each not in ("start", "end"):
                yield from _marks(getattr(part, each), positive)
    elif isinstance(part, tuple):
        for each in part:
            yield from _marks(each, positive)
