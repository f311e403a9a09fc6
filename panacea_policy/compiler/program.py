"""Rules and relations of packages as programs of the engine, each layer on top of a lower one's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Names
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.messages import wrong_placeholders
from panacea_policy.compiler.rules.compiled import CompiledRule, CompiledStep
from panacea_policy.compiler.rules.program import Form, ProgramBuilder, Source, UserRelation, needed_relations
from panacea_policy.compiler.rules.typing import EntityType
from panacea_policy.engine import (
    Aggregate,
    Atom,
    Compiled,
    EngineError,
    ProgramErrors,
    Rule,
    Symbols,
    Unstratifiable,
    compile_program,
)
from panacea_policy.engine import Program as EngineProgram
from panacea_policy.language import Diagnostic, Label, Span
from panacea_policy.language import syntax as tree

if TYPE_CHECKING:
    from panacea_policy.compiler.kept import Restored
    from panacea_policy.compiler.rules.compile import PackCompiler
    from panacea_policy.compiler.rules.terms import Terms


@dataclass(frozen=True)
class AttackProgram:
    """Attack steps and the relations they need, compiled; what is wrong with them is in ``diagnostics``."""

    builder: ProgramBuilder
    steps: tuple[CompiledStep, ...]
    diagnostics: tuple[Diagnostic, ...]

    @cached_property
    def compiled(self) -> Compiled:
        """The engine's form."""
        return compile_program(EngineProgram(list(self.builder.declared.values()), self.builder.rules))

    @property
    def wanted(self) -> list[str]:
        """The relations that the attack graph is made of: the attackers' state, and the figures of steps."""
        figures = (name for step in self.steps for name in (step.chance, step.effort) if name)
        return [*sorted(self.kept), *figures]

    @cached_property
    def kept(self) -> frozenset[str]:
        """Relations of the attackers' state: what steps lead to, what follows from that, and what actors
        attempt.
        """
        user = self.builder.user
        kept = {step.instance for step in self.steps}
        kept |= {
            name
            for name, relation in user.items()
            if name in self.builder.declared and _speaks_of_actors(relation)
        }
        grew = True
        while grew:
            grew = False
            for rule in self.builder.rules:
                head = rule.head.relation
                if head not in kept and not head.endswith((" chance", " effort")) and kept & positive(rule):
                    kept.add(head)
                    grew = True
        return frozenset(kept)


def positive(rule: Rule) -> set[str]:
    """The relations that a rule needs rows of."""
    names = {each.relation for each in rule.body if isinstance(each, Atom) and not each.negated}
    for literal in rule.body:
        if isinstance(literal, Aggregate):
            names |= {each.relation for each in literal.body if isinstance(each, Atom)}
    return names


def _speaks_of_actors(relation: UserRelation) -> bool:
    """Whether a relation is about what threat actors do: where attacks begin."""
    return any(
        isinstance(type, EntityType) and type.kinds == ("threat_actor",) for type in relation.parameters
    )


class Program:
    """The rules and relations of some packages on top of those of a lower layer."""

    def __init__(self, layer: Layer, own: Sequence[Names], below: Program | None, symbols: Symbols) -> None:
        self._begin(layer, own, below.names if below else (), lambda: below, symbols)
        self.relations = self.compiler.relations(own, below.relations if below else {})
        self.builder: ProgramBuilder = (
            below.builder.extended(self.relations)
            if below
            else ProgramBuilder(layer.registry, self.relations, self.terms.anybody)
        )
        packs = self.compiler.compile(self.builder, own)
        self.rules: list[CompiledRule] = [*(below.rules if below else ()), *packs.rules]
        self._check_messages(packs.rules)

    def _begin(
        self,
        layer: Layer,
        own: Sequence[Names],
        lower: Sequence[Names],
        below: Callable[[], Program | None],
        symbols: Symbols,
    ) -> None:
        #: What was compiled here.
        self.own = tuple(own)
        self.names: tuple[Names, ...] = (*lower, *own)
        #: Known to have no mistake, not even one that the engine or the attack graph would find.
        self.is_sound = False
        #: Known to deserve no warning.
        self.is_tidy = False
        self._layer = self._compiled_on = layer
        self._below = below
        self._symbols = symbols
        self._report = Report()
        self._attack: AttackProgram | None = None
        self._compiled: Compiled | None = None
        #: Where relations are made from, of how many of which rules.
        self._places: tuple[list[Rule], int, dict[str, Span]] | None = None

    @classmethod
    def restored(
        cls,
        layer: Layer,
        lower: Sequence[Names],
        below: Callable[[], Program],
        symbols: Symbols,
        kept: Restored,
    ) -> Program:
        """A program of a layer that was compiled before. ``lower`` and ``below``: the names of the program
        below it, and that program, which hardly anybody needs.
        """
        self = cls.__new__(cls)
        self._begin(layer, layer.own, lower, below, symbols)
        self.is_sound, self.is_tidy = True, kept.tidy
        self.builder = kept.builder(layer.registry, self._known_relations)
        self.rules = kept.rules
        self._compiled = kept.compiled
        return self

    @property
    def below(self) -> Program | None:
        """The program that this one stands on."""
        return self._below()

    @cached_property
    def terms(self) -> Terms:
        """What names mean, in the model as it is now."""
        return self._terms_on(self._layer)

    @cached_property
    def compiled_with(self) -> Terms:
        """What names meant when the program was compiled."""
        return self.terms if self._layer is self._compiled_on else self._terms_on(self._compiled_on)

    @cached_property
    def compiler(self) -> PackCompiler:
        """Compiles more, such as questions."""
        from panacea_policy.compiler.rules.compile import PackCompiler

        return PackCompiler(self._layer.registry, self._layer.resolver, self.terms, self._report)

    @cached_property
    def relations(self) -> dict[str, UserRelation]:
        """The declared relations by qualified name."""
        return self._known_relations()

    def _known_relations(self) -> dict[str, UserRelation]:
        """The relations of a program whose derivations are compiled already."""
        from panacea_policy.compiler.rules.compile import PackCompiler

        # What is wrong with them was reported when they were compiled.
        compiler = PackCompiler(self._layer.registry, self._layer.resolver, self.terms, Report())
        found = compiler.relations(self.names, {})
        return {name: relation.above() for name, relation in found.items()}

    def _terms_on(self, layer: Layer) -> Terms:
        from panacea_policy.compiler.rules.terms import Terms

        return Terms(layer.registry, layer.resolver, layer.elaborator, self._symbols)

    def on(self, layer: Layer) -> Program:
        """The same rules for a model that differs in its declarations alone, such as a scenario's."""
        other = copy(self)
        other._layer = layer
        for made in ("terms", "compiler", "compiled_with"):
            other.__dict__.pop(made, None)
        other._compiled = self.compiled
        return other

    def moved(self, layer: Layer) -> Program:
        """The same program for a layer that was built anew and whose own rules come to the same (see
        :func:`panacea_policy.compiler.meant.digest_of`): what is compiled later is read in this layer.
        """
        other = copy(self)
        old = {id(names.package) for names in self.own}
        other.own = layer.own
        other.names = (*self.names[: len(self.names) - len(self.own)], *layer.own)
        other._layer = other._compiled_on = layer
        for made in ("terms", "compiler", "compiled_with", "relations"):
            other.__dict__.pop(made, None)
        declared = {each.qualified: each for each in layer.declared(tree.RuleItem)}
        other.rules = [
            msgspec.structs.replace(rule, declared=declared[rule.declared.qualified])
            if id(rule.declared.package) in old
            else rule
            for rule in self.rules
        ]
        other.builder = self.builder.extended(other._known_relations)
        other._compiled = self.compiled
        return other

    def forget(self) -> None:
        """Forget the engine's form, after the builder was given more."""
        self._compiled = None

    def without(self, names: Collection[str]) -> Program:
        """The same without some rules, by qualified name."""
        other = copy(self)
        gone = [rule for rule in self.rules if rule.declared.qualified in names]
        heads = {
            name
            for rule in gone
            for name in (rule.violated, rule.possible, rule.applies, rule.may_apply, rule.asked)
        }
        other.rules = [rule for rule in self.rules if rule not in gone]
        other.builder = self.builder.extended(self.relations)
        other.builder.rules = [rule for rule in self.builder.rules if rule.head.relation not in heads]
        other._compiled = other.compile(other.builder)
        return other

    @property
    def reported(self) -> tuple[Diagnostic, ...]:
        """What was found wrong with the rules so far, without asking the engine."""
        return self._report.diagnostics

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the rules; compiles the program to find out, also what nothing reads."""
        self.compiled  # noqa: B018 - asks the engine for its opinion
        self._look_at_unread()
        return self._report.diagnostics

    def _look_at_unread(self) -> None:
        """Compile what was declared or derived here and nothing reads, for the mistakes in it."""
        packages = [names.package for names in self.own]
        unread = [
            name
            for name, each in self.relations.items()
            if (name, Form.CERTAIN) not in self.builder.wanted
            and (each.package in packages or any(package in packages for _, _, package in each.derivations))
        ]
        if unread:
            from panacea_policy.compiler.rules.compile import PackCompiler

            builder = self.builder.extended({name: each.above() for name, each in self.relations.items()})
            wanted = [builder.relation(builder.user[name], Form.CERTAIN) for name in unread]
            terms = self.compiled_with
            # Steps are looked at with the program of attacks.
            PackCompiler(terms.registry, terms.resolver, terms, self._report).complete(builder, steps=True)
            self.compile(builder, wanted)

    @property
    def compiled(self) -> Compiled:
        """The engine's form of the program; without its faulty rules if there are any."""
        if self._compiled is None:
            below = self.below
            if below is not None and len(below.builder.rules) == len(self.builder.rules):
                self._compiled = below.compiled
            else:
                self._compiled = self.compile(self.builder)
        return self._compiled

    def compile(self, builder: ProgramBuilder, wanted: Sequence[str] | None = None) -> Compiled:
        """Hand a program to the engine, or only what ``wanted`` relations depend on.

        Rules that the engine refuses are reported and left out.
        """
        rules, declared = builder.rules, list(builder.declared.values())
        if wanted is not None:
            needed = needed_relations(builder, wanted)
            rules = [rule for rule in rules if rule.head.relation in needed]
            declared = [each for each in declared if each.name in needed]
        while True:
            try:
                return compile_program(EngineProgram(declared, rules))
            except ProgramErrors as problems:
                refused = {id(error.rule) for error in problems.errors}
                for error in problems.errors:
                    self._refuse(error)
                kept = [rule for rule in rules if id(rule) not in refused]
                if len(kept) == len(rules):
                    raise
                rules = kept

    @property
    def attack(self) -> AttackProgram:
        """The attack steps as a two-valued program of its own."""
        if self._attack is None:
            below = self.below
            if below is not None and not _has_steps(self.names[len(below.names) :]):
                self._attack = below.attack
            else:
                from panacea_policy.compiler.rules.compile import PackCompiler

                report = Report()
                compiler = PackCompiler(self.terms.registry, self.terms.resolver, self.terms, report)
                builder = ProgramBuilder(
                    self.terms.registry, self.relations, self.terms.anybody, two_valued=True
                )
                packs = compiler.compile(builder, self.names, rules=False, steps=True)
                self._attack = AttackProgram(builder, tuple(packs.steps), report.diagnostics)
        return self._attack

    def place_of(self, relation: str) -> Span | None:
        """Where the text stands that an auxiliary relation was made from."""
        rules = self.builder.rules
        if self._places is None or self._places[0] is not rules or self._places[1] != len(rules):
            found: dict[str, Span] = {}
            for rule in rules:
                if isinstance(rule.origin, Source):
                    found.setdefault(rule.head.relation, rule.origin.span)
            self._places = (rules, len(rules), found)
        return self._places[2].get(relation)

    def _refuse(self, error: EngineError) -> None:
        source = error.rule.origin if error.rule is not None else None
        span = source.span if isinstance(source, Source) else Span("", 0, 0)
        if not isinstance(error, Unstratifiable):
            self._report.error("P0514", span, error.message, help=error.help or None)
            return
        # The cycle in the words of the text: without the compiler's own relations, and the same for both
        # forms.
        names = [name.removesuffix("?") for name, _ in error.cycle if "/" not in name]
        shown = list(dict.fromkeys(names)) or [source.name if isinstance(source, Source) else "?"]
        path = " → ".join(f"`{name}`" for name in [*shown, shown[0]])
        places = {
            rule.origin.span
            for _, rule in error.cycle
            if isinstance(rule.origin, Source) and rule.origin.span != span
        }
        labels = tuple(
            Label(each, "part of the cycle")
            for each in sorted(places, key=lambda each: (each.file, each.start))
        )
        self._report.error(
            "P0514",
            span,
            f"`{shown[0]}` depends on its own absence: {path}",
            labels=labels,
            help="break the cycle: what is negated or counted must be settled before",
        )

    def _check_messages(self, rules: Iterable[CompiledRule]) -> None:
        for rule in rules:
            for text in (rule.item.message,):
                if text is None:
                    continue
                for placeholder, reason in wrong_placeholders(
                    self.terms.registry, text, dict(rule.variables)
                ):
                    span = Span(rule.declared.unit.name, text.start, text.end)
                    self._report.error("P0513", span, f"`{{{placeholder}}}` stands for nothing: {reason}")


def _has_steps(names: Sequence[Names]) -> bool:
    """Whether packages add to what attack steps are made of."""
    items = (tree.StepItem, tree.RelationItem)
    return any(
        each.derivations
        or any(isinstance(declared.item, items) for group in each.items.values() for declared in group)
        for each in names
    )
