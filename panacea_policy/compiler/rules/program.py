"""The engine program under construction: relations on demand, auxiliary relations, and what they stand
for.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec

from panacea_policy.compiler.facts import ALL_OF, ANY_OF, MEMBER, TODAY
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.rules.typing import EntityType, ExpressionType, ScalarType, column_type
from panacea_policy.compiler.traffic import TRAFFIC
from panacea_policy.engine import Aggregate, Atom, Const, Literal, RelationDecl, Rule, Type, Var
from panacea_policy.engine.terms import columns_of
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, DistributionType, EnumType, MapType, Registry


class Form(enum.Enum):
    """Kleene's two readings of a condition: what certainly holds, and what may hold."""

    CERTAIN = ""
    POSSIBLE = "?"

    @property
    def opposite(self) -> Form:
        """The reading that a negation needs."""
        return Form.POSSIBLE if self is Form.CERTAIN else Form.CERTAIN


@dataclass(frozen=True, slots=True)
class UserRelation:
    """A relation declared in the language, and everything that derives it."""

    name: str
    parameters: tuple[ExpressionType, ...]
    names: tuple[str, ...]
    package: Package
    unit: FileUnit
    item: tree.RelationItem
    derivations: list[tuple[tree.DerivationItem, FileUnit, Package]] = field(default_factory=list)
    steps: list[tuple[tree.StepItem, FileUnit, Package, str]] = field(default_factory=list)
    #: How many of these a lower layer had already.
    old: tuple[int, int] = (0, 0)

    def above(self) -> UserRelation:
        """The same relation for a higher layer, which may add derivations."""
        old = (len(self.derivations), len(self.steps))
        return replace(self, derivations=list(self.derivations), steps=list(self.steps), old=old)


class Source(msgspec.Struct, frozen=True):
    """What an engine rule was made from: for messages, proofs and pictures."""

    span: Span
    name: str
    role: str


class ProgramBuilder:
    """Collects relations and rules. Relations of the model are declared when first used."""

    def __init__(
        self,
        registry: Registry,
        relations: Mapping[str, UserRelation] | Callable[[], Mapping[str, UserRelation]],
        anybody: Const,
        *,
        two_valued: bool = False,
    ) -> None:
        """``relations``: what is declared in the language, or what gives it when it is needed.

        ``anybody``: the symbol for what nobody declared.

        ``two_valued``: nothing is unknown; a condition on what nobody set and nothing assumes does not
        hold.
        """
        self.registry = registry
        self.anybody = anybody
        self.two_valued = two_valued
        self._relations = relations
        self.declared: dict[str, RelationDecl] = {}
        self.rules: list[Rule] = []
        #: Relations of the model that the program reads, with what to fill them with.
        self.inputs: dict[str, tuple[str, object]] = {}
        self.wanted: dict[tuple[str, Form], None] = {}
        #: Forms of relations whose derivations are compiled.
        self.completed: set[tuple[str, Form]] = set()
        self._fresh = 0
        self._reads: dict[str, set[str]] = {}
        self._reads_of = -1

    def extended(
        self, relations: Mapping[str, UserRelation] | Callable[[], Mapping[str, UserRelation]]
    ) -> ProgramBuilder:
        """A builder that begins with everything in this one, which is not changed."""
        other = ProgramBuilder(self.registry, relations, self.anybody, two_valued=self.two_valued)
        other.declared = dict(self.declared)
        other.rules = list(self.rules)
        other.inputs = dict(self.inputs)
        other.wanted = dict(self.wanted)
        other.completed = set(self.completed)
        other._fresh = self._fresh
        return other

    @classmethod
    def restored(
        cls,
        registry: Registry,
        relations: Callable[[], Mapping[str, UserRelation]],
        anybody: Const,
        *,
        declared: dict[str, RelationDecl],
        rules: list[Rule],
        inputs: dict[str, tuple[str, object]],
        wanted: dict[tuple[str, Form], None],
        completed: set[tuple[str, Form]],
        fresh: int,
    ) -> ProgramBuilder:
        """A builder with what another one had collected; see there. ``fresh``: its `count`."""
        self = cls(registry, relations, anybody)
        self.declared, self.rules, self.inputs = declared, rules, inputs
        self.wanted, self.completed, self._fresh = wanted, completed, fresh
        return self

    @property
    def count(self) -> int:
        """How many names of its own it has given."""
        return self._fresh

    @cached_property
    def user(self) -> Mapping[str, UserRelation]:
        """The relations declared in the language, by qualified name."""
        return self._relations() if callable(self._relations) else self._relations

    def reads(self) -> Mapping[str, set[str]]:
        """Which relations each relation's rules read."""
        if len(self.rules) != self._reads_of:
            self._reads = {}
            for rule in self.rules:
                read = self._reads.setdefault(rule.head.relation, set())
                read.update(relations_of(rule.body))
            self._reads_of = len(self.rules)
        return self._reads

    def declare(self, name: str, types: tuple[Type, ...], kept: bool = False) -> str:
        """Declare a relation once."""
        if name not in self.declared:
            self.declared[name] = RelationDecl(name, columns_of(types), kept)
        return name

    def fresh(self, stem: str) -> str:
        """A name that nobody else uses."""
        self._fresh += 1
        return f"{stem}{self._fresh}"

    def rule(self, head: Atom, body: tuple[Literal, ...], source: Source) -> None:
        """Add a rule."""
        self.rules.append(Rule(head, body, source.name, source))

    # ------------------------------------------------------------------------------------------ relations of
    # the model

    def kind(self, name: str) -> str:
        """``kind K``."""
        return self._input(f"kind {name}", (Type.SYMBOL,), ("kind", name))

    def domain(self, name: str) -> str:
        """``domain K``: also what nobody declared."""
        return self._input(f"domain {name}", (Type.SYMBOL,), ("domain", name))

    def attribute(self, attribute: Attribute, type: ExpressionType) -> str:
        """``K.a``."""
        mean = isinstance(attribute.type, DistributionType) and column_type(type) is Type.FLOAT
        name = f"{attribute.declared_by}.{attribute.name}{' mean' if mean else ''}"
        return self._input(
            name, (Type.SYMBOL, column_type(type)), ("mean" if mean else "attribute", attribute)
        )

    def unset(self, attribute: Attribute) -> str:
        """``K.a unset``."""
        name = f"{attribute.declared_by}.{attribute.name} unset"
        return self._input(name, (Type.SYMBOL,), ("unset", attribute))

    def entry(self, attribute: Attribute, part: str, type: ExpressionType) -> str:
        """Keys or values of a map attribute's entries."""
        assert isinstance(attribute.type, MapType)
        spread = part == "value" and isinstance(attribute.type.value, DistributionType)
        reading = f"{part} mean" if spread and column_type(type) is Type.FLOAT else part
        name = f"{attribute.declared_by}.{attribute.name} {reading}"
        return self._input(name, (Type.SYMBOL, column_type(type)), ("entry", (attribute, reading)))

    def words(self, type: EnumType) -> str:
        """The words of an enumeration: what a member of an unknown list may be."""
        return self._input("one word of " + " ".join(type.values), (Type.SYMBOL,), ("words", type.values))

    def member(self) -> str:
        """``member``."""
        return self._input(MEMBER, (Type.SYMBOL, Type.SYMBOL), ("member", None))

    def today(self) -> str:
        """``today``: the as-of date, so that a program does not depend on it."""
        return self._input(TODAY, (Type.SYMBOL, Type.FLOAT), ("today", None))

    def formula(self, name: str) -> str:
        """``all_of`` or ``any_of``."""
        return self._input(name, (Type.SYMBOL,) * 3, ("formula", "and" if name == ALL_OF else "or"))

    def traffic(self, name: str) -> str:
        """One of the relations of :mod:`panacea_policy.compiler.traffic`."""
        return self._input(name, (Type.SYMBOL,) * (sum(TRAFFIC[name]) + 1), ("traffic", name))

    def relation(self, relation: UserRelation, form: Form) -> str:
        """A declared relation in one of its two forms; its derivations are compiled in time."""
        name = relation.name + form.value
        self.declare(name, tuple(column_type(each) for each in relation.parameters))
        self.wanted.setdefault((relation.name, form))
        return name

    def _input(self, name: str, types: tuple[Type, ...], filling: tuple[str, object]) -> str:
        self.declare(name, types)
        self.inputs.setdefault(name, filling)
        return name


def needed_relations(builder: ProgramBuilder, wanted: Iterable[str]) -> set[str]:
    """Everything that some relations depend on, themselves included."""
    reads = builder.reads()
    found: set[str] = set()
    queue = list(wanted)
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            queue.extend(reads.get(name, ()))
    return found


def relations_of(body: tuple[Literal, ...]) -> Iterator[str]:
    """The relations that a body reads, those inside aggregates too."""
    for literal in body:
        if isinstance(literal, Atom):
            yield literal.relation
        elif isinstance(literal, Aggregate):
            yield from relations_of(literal.body)


#: Notes which attribute of which variable's entity would settle a condition, under which literals.
Ask = Callable[["Body", tuple[Literal, ...], Var, Attribute], None]


class Body(msgspec.Struct):
    """The conditions of a rule so far: engine literals, and the variables that they bind or that have a
    type.
    """

    builder: ProgramBuilder
    source: Source
    unit: FileUnit
    package: Package
    form: Form
    literals: list[Literal] = msgspec.field(default_factory=list)
    types: dict[str, ExpressionType] = msgspec.field(default_factory=dict)
    bound: set[str] = msgspec.field(default_factory=set)
    paths: dict[str, tuple[Var, ExpressionType]] = msgspec.field(default_factory=dict)
    #: What a variable must be besides, kept until something binds it: its kind or template.
    pending: dict[str, Atom] = msgspec.field(default_factory=dict)
    #: That a variable is certainly in the list it ranges over.
    listed: dict[str, Atom] = msgspec.field(default_factory=dict)
    #: Variables of which only the existence is asked: nothing else is said of what they stand for.
    witnesses: frozenset[str] = frozenset()
    #: Whether distributions are read as they are, not as their means.
    spread: bool = False
    ask: Ask | None = None

    def copy(self) -> Body:
        """An independent body with the same conditions."""
        return Body(
            self.builder,
            self.source,
            self.unit,
            self.package,
            self.form,
            list(self.literals),
            dict(self.types),
            set(self.bound),
            dict(self.paths),
            dict(self.pending),
            dict(self.listed),
            self.witnesses,
            self.spread,
            self.ask,
        )

    @property
    def opposite(self) -> Form:
        """The reading of what is negated."""
        return Form.CERTAIN if self.builder.two_valued else self.form.opposite

    def with_form(self, form: Form) -> Body:
        """A copy that is read in another form from here on."""
        other = self.copy()
        other.form = form
        return other

    def bind(self, *names: str) -> None:
        """Note that variables are bound from here on, and hold them to what they must be besides."""
        for name in names:
            self.bound.add(name)
            if name in self.pending:
                self.literals.append(self.pending.pop(name))

    def narrow(self, name: str, type: ExpressionType) -> None:
        """Note that what binds a variable gives values of ``type``: its kind then needs no test of its
        own.
        """
        wanted, atom = self.types.get(name), self.pending.get(name)
        if atom is None or not isinstance(wanted, EntityType) or not isinstance(type, EntityType):
            return
        registry = self.builder.registry
        known = type.kinds and all(kind in registry.kinds for kind in type.kinds)
        if (
            known
            and atom.relation.startswith("kind ")
            and all(any(registry.is_a(kind, each) for each in wanted.kinds) for kind in type.kinds)
        ):
            del self.pending[name]

    def ensure_bound(self, name: str) -> None:
        """Let an entity variable that nothing binds yet range over its kinds."""
        if name in self.bound or name not in self.types:
            return
        type = self.types[name]
        if name in self.pending:
            self.bind(name)
        elif isinstance(type, EntityType) and type.kinds:
            self.literals.append(self.ranging(name, type))
            self.bound.add(name)
        elif isinstance(type, ScalarType) and isinstance(type.value, EnumType):
            self.literals.append(Atom(self.builder.words(type.value), (Var(name),)))
            self.bound.add(name)

    def start(self, name: str) -> Atom | None:
        """What an unbound variable must be, for a rule that binds it by itself; None for one that is
        bound.
        """
        type = self.types.get(name)
        if name in self.bound or not isinstance(type, EntityType):
            return None
        if name in self.pending:
            return self.pending.pop(name)
        return self.ranging(name, type) if type.kinds else None

    def ranging(self, name: str, type: EntityType, *, undeclared: bool = False) -> Atom:
        """The literal that lets a variable range over its type, over what nobody declared too if
        ``undeclared``.
        """
        builder = self.builder
        of_kind = builder.domain if undeclared else builder.kind
        if len(type.kinds) == 1:
            return Atom(of_kind(type.kinds[0]), (Var(name),))
        union = f"{' | '.join(type.kinds)}{' or any' if undeclared else ''}"
        if union not in builder.declared:
            builder.declare(union, (Type.SYMBOL,))
            for kind in type.kinds:
                builder.rule(Atom(union, (Var("x"),)), (Atom(of_kind(kind), (Var("x"),)),), self.source)
        return Atom(union, (Var(name),))

    def variables(self) -> tuple[str, ...]:
        """Bound variables, in the order in which the user's text introduced them."""
        return tuple(name for name in self.types if name in self.bound)

    def head(self, stem: str, extra: tuple[str, ...] = ()) -> Atom:
        """A fresh auxiliary relation over the bound variables (and ``extra`` ones)."""
        names = (*self.variables(), *(name for name in extra if name not in self.bound))
        types = tuple(column_type(self.types[name]) for name in names)
        relation = self.builder.declare(
            self.builder.fresh(f"{self.source.name}/{stem}{self.form.value}"), types
        )
        return Atom(relation, tuple(Var(name) for name in names))

    def settle(self) -> None:
        """Make what is known so far one relation, so that several continuations can share it."""
        names = self.variables()
        if len(self.literals) <= 1 and (
            not self.literals
            or (
                isinstance(self.literals[0], Atom)
                and self.literals[0].terms == tuple(Var(name) for name in names)
            )
        ):
            return
        head = self.head("given")
        self.builder.rule(head, tuple(self.literals), self.source)
        self.literals = [head]
        self.paths.clear()


def names_in(body: Body, *nodes: tree.Expression) -> list[str]:
    """Typed variables that expressions speak of."""
    found = roots_in(*nodes)
    return [name for name in body.types if name in found]


def roots_in(*nodes: tree.Expression) -> set[str]:
    """The first names of all paths in expressions."""
    found: set[str] = set()
    queue: list[object] = list(nodes)
    while queue:
        part = queue.pop()
        if isinstance(part, tree.Path):
            found.add(part.parts[0])
        elif isinstance(part, tree.Node):
            queue.extend(
                getattr(part, name) for name in part.__struct_fields__ if name not in ("start", "end")
            )
        elif isinstance(part, tuple):
            queue.extend(part)
    return found


__all__ = [
    "ALL_OF",
    "ANY_OF",
    "Ask",
    "Body",
    "Form",
    "ProgramBuilder",
    "Source",
    "UserRelation",
    "names_in",
    "relations_of",
    "roots_in",
]
