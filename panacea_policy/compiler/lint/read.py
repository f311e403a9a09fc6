"""Reading conditions as formulas, with the types of their variables.

The reading follows the compiler's (:mod:`panacea_policy.compiler.rules`): the same names are variables, the
same words constants. What it does not look into becomes a :class:`Held` of the text, which is right for
every condition. INVARIANT: the compiler has accepted the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from panacea_policy.compiler.entities import linearised
from panacea_policy.compiler.lint.domains import ALL_NUMBERS, between, compared, these
from panacea_policy.compiler.lint.formulas import (
    FALSE,
    NOTHING,
    SIGNS,
    TRUE,
    Any,
    Choice,
    Formula,
    Held,
    Of,
    Pair,
    Test,
    Universe,
    conjunction,
    negated,
    present,
)
from panacea_policy.compiler.lint.terms import Constant, Known, Reading, Term
from panacea_policy.compiler.rules.comparisons import MIRROR
from panacea_policy.compiler.rules.conditions import rank
from panacea_policy.compiler.rules.typing import EntityType, ExpressionType, is_number
from panacea_policy.language import syntax as tree


class Block(msgspec.Struct, frozen=True):
    """The inside of a quantifier or aggregate: members, of which conditions are asked."""

    node: tree.Quantifier | tree.Aggregate
    members: tuple[Formula, ...]
    conditions: tuple[Said, ...]
    consequence: tuple[Said, ...]


class Said(msgspec.Struct, frozen=True):
    """One condition of the text, read.

    ``opens``: it binds a variable, so what it says cannot be negated. ``options``: the sides of an `or`.
    ``calls``: relations of which it needs a row. ``lacks``: relations of which it needs that there is none.
    ``denied``: a `not` further out applies to it, so what is said is the opposite of its text.
    """

    node: tree.Expression
    formula: Formula
    opens: bool = False
    options: tuple[tuple[Said, ...], ...] = ()
    block: Block | None = None
    calls: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    denied: bool = False


class Reader:
    """Reads the conditions of one body. ``reading``: names and types so far."""

    def __init__(self, reading: Reading, *, trial: bool = False) -> None:
        """``trial``: only to see whether anything is bound; negations are then read part by part."""
        self.reading = reading
        self._trial = trial
        self._found: list[Said] = []

    def bind(self, bindings: Sequence[tree.Binding]) -> tuple[Formula, ...]:
        """Take in bindings; gives what they say."""
        parts: list[Formula] = []
        for binding in bindings:
            parts += self._binding(binding)
        return tuple(parts)

    def conditions(self, nodes: Sequence[tree.Expression], positive: bool = True) -> tuple[Said, ...]:
        """Conditions that hold together, in the order of the text."""
        inner = Reader(self.reading, trial=self._trial)
        for node in sorted(nodes, key=rank):
            inner._add(node, positive)
        return tuple(sorted(inner._found, key=lambda each: each.node.start))

    # ------------------------------------------------------------------------------------------ conditions

    def _add(
        self,
        node: tree.Expression,
        positive: bool,
        around: tree.Unary | None = None,
        closed: bool = False,
    ) -> None:
        """``around``: the `not` directly around it, for a condition that is read as a whole. ``closed``: it
        is part of what is known to bind nothing.
        """
        if isinstance(node, tree.Unary) and node.operator == "not":
            self._negation(node, positive, closed)
        elif isinstance(node, tree.Binary) and node.operator in ("and", "or"):
            if (node.operator == "and") == positive:
                for part in sorted((node.left, node.right), key=rank):
                    self._add(part, positive, None, closed)
            else:
                self._choice(node, positive, around, closed)
        else:
            before = len(self.reading.types)
            said = self._plain(node)
            opens = len(self.reading.types) > before or said.opens
            if not positive:
                said = msgspec.structs.replace(_denied(said), node=around or node, denied=around is None)
            self._found.append(msgspec.structs.replace(said, opens=opens))

    def _negation(self, node: tree.Unary, positive: bool, closed: bool) -> None:
        if closed or self._trial or self._closed(node.operand):
            self._add(node.operand, not positive, node if positive else None, closed=True)
        else:
            # It speaks of variables of its own: there is no continuation at all.
            self._found.append(Said(node, Held(("not", *self.reading.key(node.operand)), positive)))

    def _closed(self, node: tree.Expression) -> bool:
        """Whether a condition binds nothing: it can then be negated part by part."""
        trial = Reader(self.reading.copy(), trial=True)
        before = len(trial.reading.types)
        trial._add(node, True)
        return len(trial.reading.types) == before and not any(each.opens for each in trial._found)

    def _choice(self, node: tree.Binary, positive: bool, around: tree.Unary | None, closed: bool) -> None:
        options: list[tuple[Said, ...]] = []
        shared: dict[str, int] = {}
        branches = _branches(node, node.operator)
        readers = [Reader(self.reading.copy(), trial=self._trial) for _ in branches]
        for branch, reader in zip(branches, readers, strict=True):
            reader._add(branch, positive, None, closed)
            options.append(tuple(reader._found))
            for name in reader.reading.types:
                shared[name] = shared.get(name, 0) + 1
        opens = False
        for name, times in shared.items():
            if name not in self.reading.types:
                opens = True
                if times == len(readers):
                    self.reading.adopt(name, readers[0].reading)
        formula = Choice(tuple(tuple(each.formula for each in option) for option in options))
        opens = opens or any(each.opens for option in options for each in option)
        denied = not positive and around is None
        place = node if positive else around or node
        self._found.append(Said(place, formula, opens, tuple(options), denied=denied))

    def _plain(self, node: tree.Expression) -> Said:
        if isinstance(node, tree.Binary) and node.operator in MIRROR:
            return self._comparison(node)
        if isinstance(node, tree.Binary) and node.operator in ("in", "not in"):
            said = self._membership(node)
            return _denied(said) if node.operator == "not in" else said
        if isinstance(node, tree.Binary) and node.operator in ("is", "is not"):
            said = self._kind(node)
            return _denied(said) if node.operator == "is not" else said
        if isinstance(node, tree.Quantifier):
            return self._quantifier(node)
        if isinstance(node, tree.Call):
            return self._call(node)
        if isinstance(node, tree.Boolean):
            return Said(node, TRUE if node.value else FALSE)
        if isinstance(node, tree.Path):
            known = self.reading.operand(node)
            if isinstance(known, Term):
                return Said(node, Test(known.name, these([True])))
        return self._whole(node)

    def _whole(self, node: tree.Expression) -> Said:
        """A condition that is not looked into."""
        return Said(node, Held(self.reading.key(node)), opens=self.reading.may_bind(node))

    # ------------------------------------------------------------------------------------------ comparisons

    def _comparison(self, node: tree.Binary) -> Said:
        left, right, operator = node.left, node.right, node.operator
        swap = isinstance(left, tree.Nothing | tree.Aggregate) or (
            self.reading.is_open(left) and not self.reading.is_open(right)
        )
        if swap or isinstance(left, tree.Quantity | tree.String | tree.Boolean | tree.Date | tree.Address):
            left, right, operator = right, left, MIRROR[operator]
        if isinstance(right, tree.Nothing):
            return self._with_none(node, left, operator)
        if isinstance(right, tree.Aggregate):
            return self._with_aggregate(node, left, operator, right)
        one = self.reading.operand(left)
        if one is None:
            return self._whole(node)
        if operator == "=" and self.reading.is_variable(right, one.type):
            assert isinstance(right, tree.Path)
            self.reading.declare(right.name, one.type)
        other = self.reading.operand(right, one.type)
        if isinstance(one, Constant) and isinstance(other, Term):
            one, other, operator = other, one, MIRROR[operator]
        if not isinstance(one, Term) or other is None:
            return self._whole(node)
        if isinstance(other, Term):
            return Said(node, Pair(one.name, other.name, SIGNS[operator]))
        return Said(node, _against(one, operator, other))

    def _with_none(self, node: tree.Binary, left: tree.Expression, operator: str) -> Said:
        if not isinstance(left, tree.Path):
            return self._whole(node)
        listed = self.reading.listed(left)
        if listed is not None:
            owner, attribute = listed
            some = Held(("in", Any(), Of(owner.name), attribute))
            if operator == "!=":
                return Said(node, some)
            return Said(node, conjunction((present(owner.name), negated(some))))
        known = self.reading.operand(left)
        if not isinstance(known, Term):
            return self._whole(node)
        return Said(
            node, present(known.name) if operator == "!=" else Test(known.name, NOTHING, None, none=True)
        )

    def _with_aggregate(
        self, node: tree.Binary, left: tree.Expression, operator: str, aggregate: tree.Aggregate
    ) -> Said:
        block = self._block(aggregate)
        bound = self.reading.operand(left)
        if not isinstance(bound, Constant) or not isinstance(bound.value, float):
            return Said(node, Held(self.reading.key(node)), block=block)
        count = aggregate.word == "count"
        universe = Universe(between(0, None) if count else ALL_NUMBERS, void=not count, whole=count)
        name = self.reading.aggregate(aggregate, universe)
        return Said(node, Test(name, compared(MIRROR[operator], bound.value)), block=block)

    # ------------------------------------------------------------------------------------------ others

    def _membership(self, node: tree.Binary) -> Said:
        if isinstance(node.right, tree.ListOf):
            return self._among(node, node.right)
        if not isinstance(node.right, tree.Path) or (listed := self.reading.listed(node.right)) is None:
            if isinstance(node.left, tree.Path) and self.reading.is_open(node.left):
                self.reading.declare(node.left.name, EntityType(()))
            return self._whole(node)
        owner, attribute = listed
        type = self.reading.member_type(node.right)
        if self.reading.is_variable(node.left, type):
            assert isinstance(node.left, tree.Path)
            self._member(node.left.name, type)
        one = self.reading.operand(node.left, type)
        if one is None:
            return self._whole(node)
        key = Held(("in", one.part, Of(owner.name), attribute))
        return Said(node, conjunction((key, present(owner.name), *_there(one))))

    def _among(self, node: tree.Binary, items: tree.ListOf) -> Said:
        one = self.reading.operand(node.left)
        if not isinstance(one, Term):
            return self._whole(node)
        constants = [self.reading.operand(item, one.type) for item in items.items]
        if not all(isinstance(each, Constant) for each in constants):
            return self._whole(node)
        values = [each.value for each in constants if isinstance(each, Constant)]
        if is_number(one.type):
            options = tuple((Test(one.name, compared("=", float(str(each)))),) for each in values)
            return Said(node, Choice(options))
        return Said(node, Test(one.name, these(values)))

    def _kind(self, node: tree.Binary) -> Said:
        one = self.reading.operand(node.left)
        if not isinstance(one, Term) or not isinstance(node.right, tree.Path):
            return self._whole(node)
        return Said(node, conjunction(tuple(self._is_a(one.name, node.right))))

    def _is_a(self, term: str, path: tree.Path) -> Iterator[Formula]:
        """That a term is of a kind or template, and all that follows from that."""
        if path.name in self.reading.registry.kinds:
            yield Test(term, None, self.reading.kinds_of((path.name,)))
            return
        template = self.reading.template(path)
        for each in linearised([template]):
            yield Held(("is", Of(term), each.name))
        yield Test(term, None, self.reading.kinds_of((template.kind.name,)))

    def _call(self, node: tree.Call) -> Said:
        relation = self.reading.relation(node)
        if relation is None:
            return self._whole(node)
        parts: list[object] = []
        there: list[Formula] = []
        for argument, type, kinds in zip(
            node.arguments, relation.parameters, self.reading.columns(relation), strict=True
        ):
            value = argument.value
            if isinstance(value, tree.Path) and value.key is None and value.name.startswith("_"):
                parts.append(Any())
                continue
            if self.reading.is_variable(value, type):
                assert isinstance(value, tree.Path)
                self.reading.declare(value.name, type, kinds)
            one = self.reading.operand(value, type)
            parts.append(one.part if one is not None else self.reading.key(value))
            there += _there(one)
            if isinstance(one, Term) and kinds is not None:
                there.append(Test(one.name, None, kinds))
        held = Held(("call", relation.name, *parts))
        return Said(node, conjunction((held, *there)), calls=(relation.name,))

    def _quantifier(self, node: tree.Quantifier) -> Said:
        block = self._block(node)
        if node.word == "every":
            return Said(node, Held(self.reading.key(node)), block=block)
        some = tree.Quantifier(node.start, node.end, "some", node.bindings, node.condition, None)
        parts: list[Formula] = [Held(self.reading.key(some))]
        if node.condition is None and len(node.bindings) == 1 and node.bindings[0].kind is None:
            parts = []
        for binding in node.bindings:
            listed = self.reading.listed(binding.source) if binding.source is not None else None
            if listed is not None:
                parts.append(Held(("in", Any(), Of(listed[0].name), listed[1])))
        if not parts:
            parts = [Held(self.reading.key(some))]
        said = Said(node, conjunction(tuple(parts)), block=block)
        return _denied(said) if node.word == "no" else said

    def _block(self, node: tree.Quantifier | tree.Aggregate) -> Block:
        inner = Reader(self.reading.copy(), trial=self._trial)
        members = inner.bind(node.bindings)
        conditions = inner.conditions((node.condition,)) if node.condition is not None else ()
        wanted = node.consequence if isinstance(node, tree.Quantifier) else None
        consequence = inner.conditions((wanted,)) if wanted is not None else ()
        return Block(node, members, conditions, consequence)

    def _binding(self, binding: tree.Binding) -> Iterator[Formula]:
        name = binding.variable.name
        if binding.source is None:
            assert binding.kind is not None, "the grammar wants a kind or a list"
            self.reading.declare(name, self.reading.kind_type(binding.kind))
            yield from self._is_a(self.reading.root(name), binding.kind)
            return
        type = self.reading.member_type(binding.source)
        self._member(name, type)
        listed = self.reading.listed(binding.source)
        if listed is not None:
            yield Held(("in", Of(self.reading.root(name)), Of(listed[0].name), listed[1]))
            yield present(listed[0].name)
        if binding.kind is not None and isinstance(type, EntityType) and type.map is None:
            self.reading.types[name] = self.reading.kind_type(binding.kind)
            yield from self._is_a(self.reading.root(name), binding.kind)

    def _member(self, name: str, type: ExpressionType) -> None:
        """Declare a member of a list: a reference is of one of the kinds that the attribute takes."""
        kinds = type.kinds if isinstance(type, EntityType) and type.map is None else ()
        self.reading.declare(name, type, self.reading.kinds_of(kinds))


def _branches(node: tree.Expression, operator: str) -> list[tree.Expression]:
    """The sides of a chain of the same operator."""
    if isinstance(node, tree.Binary) and node.operator == operator:
        return [*_branches(node.left, operator), *_branches(node.right, operator)]
    return [node]


def _there(known: Known | None) -> list[Formula]:
    """That an operand has a value."""
    return [present(known.name)] if isinstance(known, Term) else []


def _against(one: Term, operator: str, other: Constant) -> Formula:
    """A term compared with a constant."""
    if isinstance(other.value, float) and is_number(one.type):
        return Test(one.name, compared(operator, other.value))
    words = these([other.value])
    return Test(one.name, words if operator == "=" else words.complement())


def _denied(said: Said) -> Said:
    """The negation of a plain condition, at the same place."""
    formula = said.formula
    if isinstance(formula, Choice) and len(formula.options) == 1 and isinstance(formula.options[0][0], Held):
        # That what follows from it need not hold says nothing of use.
        formula = formula.options[0][0]
    return Said(said.node, negated(formula), said.opens, (), said.block, said.lacks, said.calls)
