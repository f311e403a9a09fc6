"""How many declarations a model must have at least, so that nothing is missed by looking at no larger ones.

A goal without recursion is a sentence of first-order logic. Where it holds in some model, it holds in the
part of that model that has one witness for each "there is" that a positive part of the sentence needs, and,
for each "there is" below an "every", one witness for each choice of what the "every" ranges over (Skolem's
functions, read as a bound; Bernays and Schönfinkel's class is the case without any). What the vocabulary
demands of a model speaks of one declaration and of what it names, or forbids circles, and a part of what has
none has none; a reference that leads out of the part may be `none`. So the part is a model too. Hence: no
model of that size, no model at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from panacea_policy.engine import Aggregate, Atom, Compare, Const, Literal, Rule, Var
from panacea_policy.model import Attribute, Registry
from panacea_policy.verification.slice import VALUE, Kinds, Slice, counted, value_kinds, variables_of
from panacea_policy.verification.solver import Budget

#: What an "every" above a witness ranges over, and what the witness may be.
Need = tuple[tuple[Kinds, ...], Kinds]
#: Atoms that hold already where a relation is negated: relation and positions of the negated atom's terms.
Known = frozenset[tuple[str, tuple[object, ...]]]
#: An atom, its variables by name.
Fact = tuple[str, tuple[object, ...]]
#: A count in a rule is compared with a number; more witnesses than this are not looked for.
MAX_COUNT = 8


@dataclass(frozen=True)
class Universe:
    """Places for declarations, by what each may be; ``complete``: no model needs more."""

    places: Sequence[Kinds]
    #: How many plain values of a list, by the list's name.
    values: Mapping[str, int]
    complete: bool


def with_subjects(registry: Registry, universe: Universe) -> Universe:
    """The same with places for what some declarations are about, such as the role of a grant: the language
    wants it named.
    """
    more = [
        value_kinds(registry, kind.attributes[kind.subject].type)
        for place in universe.places
        for kind in (registry.kind(each) for each in sorted(place))
        if kind.subject is not None
    ]
    return Universe((*universe.places, *more), universe.values, universe.complete)


@dataclass
class Demand:
    """Witnesses that a slice's goal needs."""

    part: Slice
    budget: Budget | None = None
    #: Whether recursive relations are followed one step: enough to find examples, and no bound.
    follow: bool = False
    #: Relations of which nothing is known.
    opaque: frozenset[str] = frozenset()
    #: Relations whose absence needs witnesses for each choice of something.
    nested: set[str] = field(default_factory=set)
    #: Why the bound may be too small; empty if it is not.
    reasons: dict[str, None] = field(default_factory=dict)
    _memo: dict[tuple[str, bool, Known], Counter[Need]] = field(default_factory=dict)
    _functional: frozenset[str] | None = None

    def universe(self, most: int, *, outer: bool = False, fixed: Sequence[Kinds] = ()) -> Universe:
        """The places that suffice, at most ``most`` of them; only the witnesses below no "every" if
        ``outer``. ``fixed``: what there is besides.
        """
        needs = self._of(self.part.goal, True, frozenset())
        places: list[Kinds] = []
        values: Counter[str] = Counter()
        given: Counter[Need] = Counter()
        complete = not self.reasons and not (self.follow and self.part.cycles)
        grew = True
        while grew:
            grew = False
            for need, count in sorted(needs.items(), key=lambda each: (len(each[0][0]), str(_text(each[0])))):
                every, kinds = need
                if counted(kinds):
                    continue
                if every and outer:
                    complete = False
                    continue
                choices = 1
                for each in every:
                    # One more than there is: something that nobody declared is a choice too.
                    choices *= 1 + _matching(each, places, values, fixed)
                missing = count * choices - given[need]
                if missing <= 0:
                    continue
                if len(places) + sum(values.values()) + missing > most:
                    complete = False
                    missing = max(0, most - len(places) - sum(values.values()))
                if missing:
                    grew = True
                    given[need] += missing
                    if _is_value(kinds):
                        values[next(iter(kinds))] += missing
                    else:
                        places.extend([kinds] * missing)
        return Universe(tuple(places), dict(values), complete)

    # ------------------------------------------------------------------------------------------ internals

    def _of(self, relation: str, positive: bool, known: Known) -> Counter[Need]:
        if self.budget is not None:
            self.budget.check()
        key = (relation, positive, known)
        if key not in self._memo:
            self._memo[key] = Counter()
            total: Counter[Need] = Counter()
            # INVARIANT: where a relation reads itself, this finds the empty need put there above.
            open_ = relation in self.part.rules and relation not in self.opaque
            if open_ and (self.follow or relation not in self.part.cycles):
                for rule in self.part.rules[relation]:
                    of_rule = self._of_rule(rule, positive, known)
                    # One of several ways suffices to hold; to fail, all must.
                    total = total | of_rule if positive else total + of_rule
            self._memo[key] = total
        return self._memo[key]

    def _of_rule(self, rule: Rule, positive: bool, known: Known) -> Counter[Need]:
        kinds = self.part.kinds_in(rule)
        inherited = _inherited(rule, known)
        body = [
            each
            for each in rule.body
            if not isinstance(each, Atom) or each.negated or _said(each) not in inherited
        ]
        local, determined = self._locals(rule, body, kinds)
        total: Counter[Need] = Counter()
        if positive:
            for _, of in local:
                total[(), of] += 1
        free = {name: of for name, of in local if name not in determined and not name.startswith("_ ")}
        if positive:
            free = {}
        heads = {term.name for term in rule.head.terms if isinstance(term, Var)}
        for literal in body:
            every = _chosen_for(literal, rule.body, free, heads)
            if isinstance(literal, Atom):
                if not positive and not literal.negated:
                    every = (*every, *self._wild(literal))
                total += _below(every, self._of_atom(literal, rule.body, positive, inherited))
            elif isinstance(literal, Aggregate):
                total += _below(every, self._of_count(literal, rule, inherited))
        if not positive and total and self._has_loose_value(rule, kinds):
            self.reasons[f"`{rule.name}` speaks of every value that a relation derives"] = None
        return total

    def _has_loose_value(self, rule: Rule, kinds: Mapping[str, Kinds]) -> bool:
        """Whether a variable ranges over plain values that a relation derives: how many is not counted."""
        heads = {term.name for term in rule.head.terms if isinstance(term, Var)}
        return any(
            isinstance(term, Var) and term.name not in heads and not of and not kinds.get(term.name, VALUE)
            for atom in rule.body
            if isinstance(atom, Atom) and not atom.negated and atom.relation in self.part.rules
            for term, of in zip(atom.terms, self.part.columns[atom.relation], strict=True)
        )

    def _of_atom(
        self, atom: Atom, body: Sequence[Literal], positive: bool, inherited: set[Fact]
    ) -> Counter[Need]:
        if not atom.negated:
            return self._of(atom.relation, positive, _of_terms(inherited, atom))
        inner = self._of(atom.relation, not positive, _of_terms(inherited | _stated(body), atom))
        if any(every for every, _ in inner):
            self.nested.add(atom.relation)
        wild = self._wild(atom)
        if positive:
            return _below(wild, inner)
        outer: Counter[Need] = Counter(((), of) for of in wild)
        return outer + inner

    def _wild(self, atom: Atom) -> tuple[Kinds, ...]:
        """What the wildcards of an atom range over."""
        return tuple(
            of
            for term, of in zip(atom.terms, self.part.columns[atom.relation], strict=True)
            if isinstance(term, Var) and term.is_wildcard and of
        )

    def _of_count(self, literal: Aggregate, rule: Rule, inherited: set[Fact]) -> Counter[Need]:
        """Witnesses of a count against a number: as many members as the number, and one more."""
        least = _compared_with(literal, rule)
        if literal.op not in ("count", "sum") or least is None:
            self.reasons[f"`{rule.name}` compares a {_WORDS.get(literal.op, literal.op)} of values"] = None
            least = 1
        if least > MAX_COUNT:
            self.reasons[
                f"`{rule.name}` counts to {least:g}, and more than {MAX_COUNT} are not looked for"
            ] = None
            return Counter()
        copies = int(least) + 1
        group = {each.name for each in literal.group}
        total: Counter[Need] = Counter()
        for atom in (each for each in literal.body if isinstance(each, Atom)):
            inner = [
                of
                for term, of in zip(atom.terms, self.part.columns[atom.relation], strict=True)
                if of and isinstance(term, Var) and term.name not in group
            ]
            for of in inner:
                total[(), of] += copies
            known = _of_terms(inherited | _stated(rule.body), atom)
            for need, count in self._of(atom.relation, True, known).items():
                total[need] += count * copies
            total += _below(tuple(inner), self._of(atom.relation, False, known))
        return total

    def _locals(
        self, rule: Rule, body: Sequence[Literal], kinds: Mapping[str, Kinds]
    ) -> tuple[list[tuple[str, Kinds]], set[str]]:
        """Declarations that a rule speaks of and its head does not, wildcards included, and those of them
        that another one determines.
        """
        heads = {term.name for term in rule.head.terms if isinstance(term, Var)}
        found: dict[str, Kinds] = {}
        determined: set[str] = set()
        wild = 0
        functional = self._single()
        for atom in (each for each in body if isinstance(each, Atom) and not each.negated):
            for index, (term, of) in enumerate(
                zip(atom.terms, self.part.columns[atom.relation], strict=True)
            ):
                if not isinstance(term, Var) or not of:
                    continue
                name = term.name
                if term.is_wildcard:
                    wild += 1
                    name = f"_ {wild}"
                elif name in heads:
                    continue
                found.setdefault(name, kinds.get(name, of) or of)
                owner = atom.terms[0]
                if (
                    index == 1
                    and atom.relation in functional
                    and isinstance(owner, Var)
                    and not owner.is_wildcard
                    and owner.name != name
                    and owner.name not in determined
                ):
                    determined.add(name)
        return list(found.items()), determined

    def _single(self) -> frozenset[str]:
        """Relations of the model that hold at most one value."""
        if self._functional is None:
            self._functional = frozenset(
                name
                for name, (what, of) in self.part.inputs.items()
                if what == "attribute" and isinstance(of, Attribute) and not of.many
            )
        return self._functional


_WORDS = {"sum": "sum", "min": "lowest", "max": "highest", "avg": "average", "count": "count"}


def _compared_with(literal: Aggregate, rule: Rule) -> float | None:
    """The number that a count is compared with; None for anything else."""
    if literal.op == "sum" and literal.value != Const(1.0):
        return None
    numbers: list[float] = []
    for each in rule.body:
        if isinstance(each, Compare) and literal.result in (each.left, each.right):
            other = each.right if each.left == literal.result else each.left
            if not isinstance(other, Const) or not isinstance(other.value, int | float):
                return None
            numbers.append(float(other.value))
    return max(numbers, default=None)


def _chosen_for(
    literal: Literal, body: Sequence[Literal], free: Mapping[str, Kinds], heads: set[str]
) -> tuple[Kinds, ...]:
    """What the variables range over that a literal depends on: those it names, and those that what it
    names depends on in turn. Witnesses below it are the same for every choice of the others.
    """
    if not free:
        return ()
    found: dict[str, None] = {}
    queue = list(_names(literal))
    seen: set[str] = set()
    while queue:
        name = queue.pop()
        if name in seen or name in heads:
            continue
        seen.add(name)
        if name in free:
            found[name] = None
            continue
        for other in body:
            if not (isinstance(other, Atom) and other.negated) and name in (names := _names(other)):
                queue.extend(names)
    return tuple(free[name] for name in free if name in found)


def _names(literal: Literal) -> set[str]:
    """The variables of a literal other than wildcards; of an aggregate, those it shares with its rule."""
    if isinstance(literal, Atom):
        return {t.name for t in literal.terms if isinstance(t, Var) and not t.is_wildcard}
    if isinstance(literal, Aggregate):
        return {each.name for each in literal.group} | {literal.result.name}
    sides = (literal.left, literal.right) if isinstance(literal, Compare) else literal.args
    return {name for each in sides for name in variables_of(each)}


def _said(atom: Atom) -> Fact:
    return atom.relation, tuple(t.name if isinstance(t, Var) else t for t in atom.terms)


def _inherited(rule: Rule, known: Known) -> set[Fact]:
    """What is known of a rule's head terms, by the names that the rule has for them."""
    terms = [term.name if isinstance(term, Var) else term for term in rule.head.terms]
    return {
        (relation, tuple(terms[each] if isinstance(each, int) else each for each in places))
        for relation, places in known
    }


def _of_terms(facts: Iterable[Fact], atom: Atom) -> Known:
    """Facts that speak of an atom's terms alone, by the positions of these."""
    places = {term.name: index for index, term in enumerate(atom.terms) if isinstance(term, Var)}
    found = {
        (relation, tuple(places.get(each, "?") if isinstance(each, str) else each for each in terms))
        for relation, terms in facts
    }
    return frozenset(each for each in found if "?" not in each[1])


def _stated(body: Iterable[Literal]) -> set[Fact]:
    """What the positive atoms of a body say."""
    return {_said(each) for each in body if isinstance(each, Atom) and not each.negated}


def _below(every: tuple[Kinds, ...], needs: Counter[Need]) -> Counter[Need]:
    if not every:
        return needs
    return Counter({((*every, *inner), kinds): count for (inner, kinds), count in needs.items()})


def _is_value(kinds: Kinds) -> bool:
    return len(kinds) == 1 and next(iter(kinds)).startswith("=")


def _matching(kinds: Kinds, places: Sequence[Kinds], values: Counter[str], fixed: Sequence[Kinds]) -> int:
    if (words := counted(kinds)) is not None:
        return words
    if _is_value(kinds):
        # The values of a list that the rules themselves name are few, and are counted as one here.
        return values[next(iter(kinds))] + 1
    return sum(1 for each in (*places, *fixed) if each & kinds)


def _text(need: Need) -> tuple[list[list[str]], list[str]]:
    return [sorted(each) for each in need[0]], sorted(need[1])


__all__ = ["VALUE", "Demand", "Universe"]
