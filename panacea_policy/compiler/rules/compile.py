"""Compiling what packages declare: relations, rules and attack steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.declare import Declared, Names
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.resolve import Resolver
from panacea_policy.compiler.rules.compiled import CompiledRule, CompiledStep
from panacea_policy.compiler.rules.conclude import conclude
from panacea_policy.compiler.rules.conditions import Conditions
from panacea_policy.compiler.rules.program import (
    Ask,
    Body,
    Form,
    ProgramBuilder,
    Source,
    UserRelation,
)
from panacea_policy.compiler.rules.steps import StepCompiler
from panacea_policy.compiler.rules.terms import Lowered, Terms
from panacea_policy.compiler.rules.typing import (
    COUNT,
    DATE,
    DURATION,
    FRACTION,
    TEXT,
    EntityType,
    ExpressionType,
    ScalarType,
    column_type,
    of_attribute,
)
from panacea_policy.engine import Atom, Compare, Const, Literal, Sym, Type, Var
from panacea_policy.language import Span, suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, BooleanType, Dimension, EnumType, NumberType, Registry

#: Kinds of columns that are no declarations.
PLAIN: Mapping[str, ExpressionType] = {
    "text": TEXT,
    "number": COUNT,
    "fraction": FRACTION,
    "duration": DURATION,
    "date": DATE,
    "money": ScalarType(NumberType(Dimension.MONEY)),
    "boolean": ScalarType(BooleanType()),
    "node": EntityType(()),
}


class CompiledPacks(msgspec.Struct):
    """Everything that was compiled, with the program it went into."""

    builder: ProgramBuilder
    rules: list[CompiledRule] = msgspec.field(default_factory=list)
    steps: list[CompiledStep] = msgspec.field(default_factory=list)


class PackCompiler:
    """Compiles the packages of one workspace."""

    def __init__(self, registry: Registry, resolver: Resolver, terms: Terms, report: Report) -> None:
        self._registry = registry
        self.resolver = resolver
        self.terms = terms
        self.conditions = Conditions(terms)
        self._report = report

    def relations(
        self, packages: Iterable[Names], below: Mapping[str, UserRelation]
    ) -> dict[str, UserRelation]:
        """The declared relations by qualified name, with what derives them, those of a lower layer
        included.
        """
        every = list(packages)
        found: dict[str, UserRelation] = {name: relation.above() for name, relation in below.items()}
        for names in every:
            for declared in _of(names, tree.RelationItem):
                assert isinstance(declared.item, tree.RelationItem)
                parameters = tuple(self._parameter(declared, each) for each in declared.item.parameters)
                labels = tuple(each.name or each.kind.name for each in declared.item.parameters)
                found[declared.qualified] = UserRelation(
                    declared.qualified, parameters, labels, declared.package, declared.unit, declared.item
                )
        for names in every:
            for item, unit in names.derivations:
                relation = self.relation_of(found, item.head.function, names.package, unit)
                if relation is not None:
                    relation.derivations.append((item, unit, names.package))
            for declared in _of(names, tree.StepItem):
                assert isinstance(declared.item, tree.StepItem)
                for head in {each.function.name: each for each in declared.item.results}.values():
                    relation = self.relation_of(found, head.function, names.package, declared.unit)
                    if relation is not None:
                        relation.steps.append(
                            (declared.item, declared.unit, names.package, declared.qualified)
                        )
        return found

    def compile(
        self, builder: ProgramBuilder, packages: Sequence[Names], *, rules: bool = True, steps: bool = False
    ) -> CompiledPacks:
        """Compile the rules and steps of some packages, and the relations they need."""
        packs = CompiledPacks(builder)
        for names in packages:
            if rules:
                for declared in _of(names, tree.RuleItem):
                    rule = self.rule(builder, declared)
                    if rule is not None:
                        packs.rules.append(rule)
            if steps:
                for declared in _of(names, tree.StepItem):
                    step = StepCompiler(self).step(builder, declared)
                    if step is not None:
                        packs.steps.append(step)
        if steps:
            self._want_consequences(builder)
        self.complete(builder, steps=steps)
        return packs

    def _want_consequences(self, builder: ProgramBuilder) -> None:
        """Want every relation that follows from what attackers do, also where no step reads it: the goals."""
        follows = {name for name, relation in builder.user.items() if relation.steps}
        reads: dict[str, set[str]] = {}
        for name, relation in builder.user.items():
            for item, _, package in relation.derivations:
                for path in _called(item.conditions):
                    for target in self.resolver.candidates(path, ("relation",), package):
                        reads.setdefault(name, set()).update(target.names)
        grew = True
        while grew:
            found = {name for name, read in reads.items() if name not in follows and read & follows}
            follows |= found
            grew = bool(found)
        for name in sorted(follows):
            builder.relation(builder.user[name], Form.CERTAIN)

    def complete(self, builder: ProgramBuilder, *, steps: bool = False) -> None:
        """Compile the derivations of every relation that is wanted so far, and of those that they want in
        turn.

        ``steps``: attack steps are compiled apart, as instances; otherwise they derive their results like any
        rule.
        """
        for name, form in sorted(builder.completed, key=lambda each: (each[0], each[1].value)):
            self._derivations(
                builder, builder.user[name], form, with_steps=not steps, old=builder.user[name].old
            )
        while len(builder.completed) < len(builder.wanted):
            for name, form in list(builder.wanted):
                if (name, form) not in builder.completed:
                    builder.completed.add((name, form))
                    self._derivations(builder, builder.user[name], form, with_steps=not steps, old=(0, 0))

    # ------------------------------------------------------------------------------------------ relations

    def _parameter(self, declared: Declared, parameter: tree.Parameter) -> ExpressionType:
        name = parameter.kind.name
        if name in PLAIN:
            return PLAIN[name]
        if name in self._registry.kinds:
            return EntityType((name,))
        kind, _, attribute = name.rpartition(".")
        if kind in self._registry.kinds and attribute in self._registry.kind(kind).attributes:
            return of_attribute(self._registry.kind(kind).attributes[attribute])
        near = suggest(name, [*self._registry.kinds, *PLAIN])
        self._report.error(
            "P0511",
            Span(declared.unit.name, parameter.kind.start, parameter.kind.end),
            f"`{name}` is no kind that a column can have",
            help=f"did you mean `{near}`?" if near else "use a kind, KIND.ATTRIBUTE, or: " + ", ".join(PLAIN),
        )
        return EntityType(())

    def relation_of(
        self, found: Mapping[str, UserRelation], path: tree.Path, package: Package, unit: FileUnit
    ) -> UserRelation | None:
        targets = self.resolver.candidates(path, ("relation",), package)
        if len(targets) == 1:
            return found[targets[0].names[0]]
        near = suggest(path.name, [name.rsplit(".", 1)[-1] for name in found])
        self._report.error(
            "P0509",
            Span(unit.name, path.start, path.end),
            f"there is no relation called `{path.name}`",
            help=f"did you mean `{near}`?" if near else f"declare it: `relation {path.name}(kind, …)`",
        )
        return None

    def _derivations(
        self,
        builder: ProgramBuilder,
        relation: UserRelation,
        form: Form,
        *,
        with_steps: bool,
        old: tuple[int, int],
    ) -> None:
        """Compile what derives a relation, but for the first ``old`` derivations and steps."""
        for item, unit, package in relation.derivations[old[0] :]:
            source = Source(Span(unit.name, item.start, item.end), relation.name, "derivation")
            body = Body(builder, source, unit, package, form)
            self.derivation(body, item, relation, relation.name + form.value)
        if with_steps:
            for step, unit, package, name in relation.steps[old[1] :]:
                source = Source(Span(unit.name, step.start, step.end), name, "step")
                for head in step.results:
                    if self.relation_of(builder.user, head.function, package, unit) is relation:
                        body = Body(builder, source, unit, package, form)
                        self.result(body, step, head, relation, relation.name + form.value)

    def derivation(self, body: Body, item: tree.DerivationItem, relation: UserRelation, name: str) -> None:
        """Compile one derivation of a relation, as a rule for the relation called ``name`` in the program."""
        terms = self.head(body, item.head, relation)
        if terms is not None and self.add(body, item.conditions):
            self._finish(body, Atom(name, terms), item.head)

    def result(
        self, body: Body, step: tree.StepItem, head: tree.Call, relation: UserRelation, name: str
    ) -> None:
        """Compile one result of an attack step, as a rule for the relation called ``name`` in the program."""
        if self.bindings(body, step.bindings) and self.add(body, step.conditions):
            terms = self.head(body, head, relation)
            if terms is not None:
                self._finish(body, Atom(name, terms), head)

    def head(self, body: Body, head: tree.Call, relation: UserRelation) -> tuple[Var | Const, ...] | None:
        """The terms of a derivation's head: names become variables of the columns' types."""
        if len(head.arguments) != len(relation.parameters):
            self.reject(
                body.unit,
                Rejected(
                    "P0510",
                    head,
                    f"`{head.function.name}` takes {len(relation.parameters)} arguments,"
                    f" not {len(head.arguments)}",
                ),
            )
            return None
        terms: list[Var | Const] = []
        for argument, type in zip(head.arguments, relation.parameters, strict=True):
            node = argument.value
            try:
                if self.terms.is_open(body, node) and isinstance(node, tree.Path):
                    word = self.terms.word(body, node, type)
                    if word is None:
                        body.types[node.name] = type
                        if isinstance(type, EntityType) and self._tells_apart(type):
                            body.pending[node.name] = body.ranging(node.name, type)
                    terms.append(word or Var(node.name))
                    continue
                lowered = self.terms.lower(body, node, type)
                conclude(body, lowered.hops, [], self._told_by(body, node, lowered))
                if not isinstance(lowered.expr, Var | Const):
                    result = Var(body.builder.fresh("$"))
                    body.literals.append(Compare("=", result, lowered.expr))
                    terms.append(result)
                else:
                    terms.append(lowered.expr)
            except Rejected as problem:
                self.reject(body.unit, problem)
                return None
        return tuple(terms)

    def _told_by(self, body: Body, node: tree.Expression, lowered: Lowered) -> dict[str, ExpressionType]:
        """What a path in a head stands for, where it may be unknown: then it may be anything of its type."""
        if body.form is Form.CERTAIN or not any(hop.unset is not None for hop in lowered.hops):
            return {}
        doubtful = next(hop.attribute for hop in lowered.hops if hop.attribute is not None)
        countable = isinstance(lowered.type, EntityType) or isinstance(lowered.type.value, EnumType)
        if not isinstance(lowered.expr, Var) or not countable:
            raise Rejected(
                "P0519",
                node,
                f"this is a value of `{doubtful.name}`, which may be unknown",
                "let the relation speak of what has the value, and read the value where it is compared",
            )
        return {lowered.expr.name: lowered.type}

    def _tells_apart(self, type: EntityType) -> bool:
        """Whether a column's kinds leave anything out; the root of all kinds takes parts of formulas too."""
        return bool(type.kinds) and all(self._registry.kind(kind).parent is not None for kind in type.kinds)

    def _finish(self, body: Body, head: Atom, node: tree.Call) -> None:
        """Add the rule, once all its head's variables have a value."""
        for term in head.terms:
            if isinstance(term, Var) and term.name in body.types:
                body.ensure_bound(term.name)
                if term.name not in body.bound:
                    message = f"nothing gives `{term.name}` a value"
                    self.reject(body.unit, Rejected("P0501", node, message, "add a condition that binds it"))
                    return
        body.builder.rule(head, tuple(body.literals), body.source)

    # ------------------------------------------------------------------------------------------ rules

    def rule(self, builder: ProgramBuilder, declared: Declared) -> CompiledRule | None:
        """Compile one rule in both forms; None when it has mistakes, which are reported."""
        item = declared.item
        assert isinstance(item, tree.RuleItem)
        if not self._well_formed(declared, item):
            return None
        conditions = item.where or (_negated(item.require),)
        name = declared.qualified
        forms: dict[Form, tuple[str, str]] = {}
        variables: tuple[tuple[str, ExpressionType], ...] = ()
        asked = f"{name} asks"
        for form in Form:
            source = Source(Span(declared.unit.name, item.start, item.end), name, "rule")
            body = Body(builder, source, declared.unit, declared.package, form)
            if form is Form.POSSIBLE:
                body.ask = self._asker(asked, tuple(path.name for path in item.subjects))
            free = [each for each in item.bindings if each.source is None]
            if not self.bindings(body, free):
                return None
            if form is Form.POSSIBLE:
                # A question is about a subject, so the subject must be known before anything can be unknown.
                for path in item.subjects:
                    body.ensure_bound(path.name)
            if not self.bindings(body, [each for each in item.bindings if each.source is not None]):
                return None
            variables = tuple(body.types.items())
            names = tuple(each for each, _ in variables)
            types = tuple(column_type(type) for _, type in variables)
            subjects = tuple(names.index(path.name) for path in item.subjects if path.name in names)
            if form is Form.POSSIBLE:
                builder.declare(asked, (*(types[index] for index in subjects), Type.SYMBOL, Type.SYMBOL))
                for index in subjects:
                    body.ensure_bound(names[index])
            if not self.add(body, item.applies):
                return None
            for index in subjects:
                body.ensure_bound(names[index])
            body.settle()
            head = tuple(Var(each) for each in names)
            applies = builder.declare(
                f"{name} applies{form.value}", tuple(types[index] for index in subjects)
            )
            builder.rule(
                Atom(applies, tuple(head[index] for index in subjects)), tuple(body.literals), source
            )
            if not self.add(body, conditions):
                return None
            for each in names:
                body.ensure_bound(each)
            violated = builder.declare(f"{name}{form.value}", types)
            builder.rule(Atom(violated, head), tuple(body.literals), source)
            forms[form] = (violated, applies)
        return CompiledRule(
            declared,
            item,
            variables,
            subjects,
            forms[Form.CERTAIN][0],
            forms[Form.POSSIBLE][0],
            forms[Form.CERTAIN][1],
            forms[Form.POSSIBLE][1],
            asked,
        )

    def _well_formed(self, declared: Declared, item: tree.RuleItem) -> bool:
        span = declared.span
        known = {binding.variable.name for binding in item.bindings}
        if bool(item.where) == bool(item.require) or not item.subjects:
            # The grammar has said so.
            return False
        if not item.bindings:
            self._report.error(
                "P0512", span, f"the rule `{declared.name}` ranges over nothing", help="add `for KIND NAME`"
            )
        elif item.message is None:
            help_text = f'add `report {item.bindings[0].variable.name} "what is wrong with it"`'
            self._report.error("P0512", span, f"the rule `{declared.name}` reports nothing", help=help_text)
        elif unknown := next((path for path in item.subjects if path.name not in known), None):
            self.reject(
                declared.unit, Rejected("P0501", unknown, f"`{unknown.name}` is not a variable of this rule")
            )
        else:
            return True
        return False

    def _asker(self, relation: str, subjects: tuple[str, ...]) -> Ask:
        """What notes, for an unknown verdict, which attribute of which declaration would settle it."""
        symbols = self.terms.symbols

        def ask(body: Body, literals: tuple[Literal, ...], owner: Var, attribute: Attribute) -> None:
            if all(name in body.types for name in subjects):
                name = Const(Sym(symbols.intern(f"{attribute.declared_by}.{attribute.name}")))
                head = Atom(relation, (*(Var(each) for each in subjects), owner, name))
                # What an unknown list may hold need not be asked about: the list itself is.
                listed = (body.listed[owner.name],) if owner.name in body.listed else ()
                body.builder.rule(head, (*literals, *listed), body.source)

        return ask

    # ------------------------------------------------------------------------------------------ shared

    def bindings(self, body: Body, bindings: Sequence[tree.Binding]) -> bool:
        for binding in bindings:
            try:
                self.conditions.bind(body, binding)
            except Rejected as problem:
                self.reject(body.unit, problem)
                return False
        return True

    def add(self, body: Body, conditions: Sequence[tree.Expression]) -> bool:
        problems = self.conditions.add_all(body, conditions)
        for problem in problems:
            self.reject(body.unit, problem)
        return not problems

    def reject(self, unit: FileUnit, problem: Rejected) -> None:
        span = Span(unit.name, problem.node.start, problem.node.end)
        self._report.error(problem.code, span, problem.message, help=problem.help)


def _of(names: Names, item: type[tree.Node]) -> list[Declared]:
    return [each for group in names.items.values() for each in group if isinstance(each.item, item)]


def _called(conditions: Sequence[tree.Expression]) -> Iterator[tree.Path]:
    """The names of relations that conditions speak of."""
    queue: list[object] = list(conditions)
    while queue:
        part = queue.pop()
        if isinstance(part, tree.Call):
            yield part.function
        if isinstance(part, tree.Node):
            queue.extend(
                getattr(part, each) for each in part.__struct_fields__ if each not in ("start", "end")
            )
        elif isinstance(part, tuple):
            queue.extend(part)


def _negated(required: tuple[tree.Expression, ...]) -> tree.Expression:
    start, end = required[0].start, required[-1].end
    whole = required[0]
    for each in required[1:]:
        whole = tree.Binary(start, each.end, "and", whole, each)
    return tree.Unary(start, end, "not", whole)
