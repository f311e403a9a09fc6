"""Changed rules beside the originals: compiled once, and evaluated upon what a test's model gives anyway.

A changed rule gets relations of its own, which nothing reads. A changed derivation or step does too: they
hold what it derives while everything else stays as it was (its *local* rows). Where these equal the
original's, and the change does not read what it leads to, the whole program gives what it gave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field

from msgspec.structs import replace

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.rules.compile import PackCompiler
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import (
    Body,
    Form,
    ProgramBuilder,
    Source,
    UserRelation,
    needed_relations,
)
from panacea_policy.compiler.testing.sites import Edit, Item, Target, edited
from panacea_policy.engine import (
    Atom,
    Compiled,
    ProgramErrors,
    RelationDecl,
    Rule,
    Var,
    compile_program,
)
from panacea_policy.engine import Program as EngineProgram
from panacea_policy.engine.terms import atoms
from panacea_policy.language import syntax as tree


@dataclass(frozen=True, slots=True)
class Local:
    """One relation, in one form, that a derivation or step derives; and where its own rows are kept."""

    relation: str
    name: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule, derivation or step in a program: its relations there."""

    rule: CompiledRule | None
    locals: tuple[Local, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """What must be evaluated to know what it says."""
        if self.rule is not None:
            return self.rule.violated, self.rule.possible, self.rule.may_apply
        return tuple(dict.fromkeys(each.name for each in self.locals))


@dataclass(frozen=True, slots=True)
class Change:
    """A target with another text at one place."""

    target: Target
    edit: Edit


@dataclass(frozen=True)
class Group:
    """One target and all its changes, compiled apart from the program that they read.

    ``boundary``: the relations of the program that they read.
    """

    original: Placed
    compiled: Compiled
    boundary: tuple[str, ...]
    by_head: Mapping[str, tuple[Rule, ...]]


@dataclass
class Variants:
    """Changes compiled beside a program. ``program``: a copy of it that has all that they read.

    ``refused``: changes that the compiler does not take.
    """

    program: Program
    placed: dict[int, Placed] = field(default_factory=dict)
    groups: dict[Target, Group] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)


def by_step(relation: str, step: str) -> str:
    """The relation of what one attack step derives of a relation."""
    return f"{relation} by {step}"


def is_change(relation: str) -> bool:
    """Whether a relation was made for a change: names of the language have no such sign."""
    return "~" in relation


def bridges(builder: ProgramBuilder, target: Target, locals_: Iterable[Local]) -> list[Rule]:
    """What makes a changed derivation or step count: its own rows become rows of what it derives."""
    found = []
    for local in locals_:
        terms = tuple(Var(f"v{i}") for i in range(len(builder.declared[local.relation].types)))
        source = Source(target.span, local.relation, "linked")
        found.append(Rule(Atom(local.relation, terms), (Atom(local.name, terms),), source.name, source))
    return found


def is_from(rule: Rule, target: Target) -> bool:
    """Whether a rule of the program was compiled from the text of a target."""
    return isinstance(rule.origin, Source) and rule.origin.span == target.span


def compile_variants(program: Program, changes: Sequence[Change]) -> Variants:
    """All changes, compiled beside a program, which is not changed."""
    relations = {name: relation.above() for name, relation in program.relations.items()}
    extended = copy(program)
    extended.builder = program.builder.extended(relations)
    extended.relations = relations
    extended.forget()
    variants = Variants(extended)
    writer = _Writer(extended, program)
    placed: dict[Target, list[Placed]] = {}
    for target in dict.fromkeys(change.target for change in changes):
        original = writer.place(target, target.item, "original")
        if original is not None:
            placed[target] = [original]
    for number, change in enumerate(changes):
        item = edited(change.target, change.edit)
        found = None
        if item is not None and change.target in placed:
            found = writer.place(change.target, item, str(number))
        if found is None:
            variants.refused.add(number)
        else:
            variants.placed[number] = found
            placed[change.target].append(found)
    by_head: dict[str, list[Rule]] = defaultdict(list)
    for rule in writer.take():
        by_head[rule.head.relation].append(rule)
    faulty = _leave_out_faulty(extended.builder)
    for number in [number for number, each in variants.placed.items() if faulty]:
        reads = [name for name in reached(variants.placed[number], by_head) if not is_change(name)]
        if not faulty.isdisjoint(needed_relations(extended.builder, reads)):
            placed[changes[number].target].remove(variants.placed.pop(number))
            variants.refused.add(number)
    for target, each in placed.items():
        variants.groups[target] = _group(each, by_head, writer.declared)
    return variants


def _leave_out_faulty(builder: ProgramBuilder) -> frozenset[str]:
    """Take out the rules that the engine refuses, which only changes asked for; gives what they derive."""
    try:
        compile_program(EngineProgram(list(builder.declared.values()), builder.rules))
    except ProgramErrors as problems:
        refused = {id(error.rule): error.rule for error in problems.errors if error.rule is not None}
        builder.rules = [rule for rule in builder.rules if id(rule) not in refused]
        return frozenset(rule.head.relation for rule in refused.values())
    return frozenset()


def reached(placed: Placed, by_head: Mapping[str, Sequence[Rule]]) -> set[str]:
    """What a change consists of and reads: its own relations, and, not followed further, the program's."""
    seen: set[str] = set()
    queue = list(placed.wanted)
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            if is_change(name):
                queue.extend(names_of(by_head.get(name, ())))
    return seen


def _group(
    placed: Sequence[Placed], by_head: Mapping[str, Sequence[Rule]], declared: Mapping[str, RelationDecl]
) -> Group:
    names = {name for each in placed for name in reached(each, by_head)}
    own = {name: tuple(by_head.get(name, ())) for name in sorted(names) if is_change(name)}
    rules = [rule for each in own.values() for rule in each]
    compiled = compile_program(EngineProgram([declared[name] for name in sorted(names)], rules))
    boundary = tuple(sorted(name for name in names if not is_change(name)))
    return Group(placed[0], compiled, boundary, own)


class _Writer:
    """Puts items into a program under names of their own."""

    def __init__(self, extended: Program, program: Program) -> None:
        self._builder = extended.builder
        self._program = program
        #: The declarations of everything, changes included.
        self.declared: Mapping[str, RelationDecl] = self._builder.declared
        for relation in self._builder.user.values():
            # A test may claim facts of any relation, also of one that no rule reads.
            self._builder.relation(relation, Form.CERTAIN)
        program.compiler.complete(self._builder)
        self._known = frozenset(self._builder.completed)

    def place(self, target: Target, item: Item, label: str) -> Placed | None:
        """The item under another name; None where the compiler refuses it."""
        builder, report = self._builder, Report()
        terms = self._program.terms
        compiler = PackCompiler(terms.registry, terms.resolver, terms, report)
        rules, declared = len(builder.rules), len(builder.declared)
        placed = self._place(compiler, target, item, label)
        if report.diagnostics or placed is None or not self._sound(rules):
            del builder.rules[rules:]
            for name in list(builder.declared)[declared:]:
                del builder.declared[name]
            # What was wanted for its sake alone is wanted no more: it was never compiled.
            for key in [key for key in builder.wanted if key not in builder.completed]:
                del builder.wanted[key]
            return None
        if len(builder.completed) < len(builder.wanted):
            compiler.complete(builder)
        return placed

    def take(self) -> list[Rule]:
        """The rules of the changes; the program is left with what they read alone."""
        builder = self._builder
        taken = [rule for rule in builder.rules if is_change(rule.head.relation)]
        builder.rules = [rule for rule in builder.rules if not is_change(rule.head.relation)]
        self.declared = builder.declared
        builder.declared = {name: each for name, each in self.declared.items() if not is_change(name)}
        return taken

    # ------------------------------------------------------------------------------------------ internals

    def _place(self, compiler: PackCompiler, target: Target, item: Item, label: str) -> Placed | None:
        if target.declared is not None:
            name = f"{target.declared.name} ~{label}"
            rule = compiler.rule(self._builder, replace(target.declared, name=name, item=item))
            return Placed(rule) if rule is not None else None
        if isinstance(item, tree.DerivationItem):
            return self._derivation(compiler, target, item, label)
        assert isinstance(item, tree.StepItem)
        return self._step(compiler, target, item, label)

    def _derivation(
        self, compiler: PackCompiler, target: Target, item: tree.DerivationItem, label: str
    ) -> Placed:
        relation = self._builder.user[target.name]
        found = []
        for form in self._forms(relation):
            local = self._local(relation, form, f"{target.name}@{target.item.start} ~{label}")
            compiler.derivation(self._body(target, form, "derivation", label), item, relation, local.name)
            found.append(local)
        return Placed(None, tuple(found))

    def _step(self, compiler: PackCompiler, target: Target, item: tree.StepItem, label: str) -> Placed | None:
        found: dict[str, Local] = {}
        for head in item.results:
            relation = compiler.relation_of(self._builder.user, head.function, target.package, target.unit)
            if relation is None:
                return None
            for form in self._forms(relation):
                local = self._local(relation, form, f"{target.name} to {relation.name} ~{label}")
                compiler.result(self._body(target, form, "step", label), item, head, relation, local.name)
                found[local.name] = local
                if form is Form.CERTAIN:
                    # What a test claims of this step alone are its own rows.
                    found[f"{local.name} alone"] = Local(by_step(relation.name, target.name), local.name)
        return Placed(None, tuple(found.values()))

    def _forms(self, relation: UserRelation) -> list[Form]:
        """The forms in which the program reads a relation, whatever changes read."""
        return [form for form in Form if (relation.name, form) in self._known]

    def _local(self, relation: UserRelation, form: Form, stem: str) -> Local:
        types = self._builder.declared[relation.name + form.value].types
        return Local(relation.name + form.value, self._builder.declare(f"{stem}{form.value}", types))

    def _body(self, target: Target, form: Form, role: str, label: str) -> Body:
        source = Source(target.span, f"{target.name} ~{label}", role)
        return Body(self._builder, source, target.unit, target.package, form)

    def _sound(self, first: int) -> bool:
        """Whether the engine takes the rules from a position on."""
        rules = self._builder.rules[first:]
        names = set(names_of(rules))
        declared = [self._builder.declared[name] for name in sorted(names)]
        try:
            compile_program(EngineProgram(declared, rules))
        except ProgramErrors:
            return False
        return True


def names_of(rules: Iterable[Rule]) -> Iterator[str]:
    """The relations that rules speak of."""
    for rule in rules:
        yield rule.head.relation
        yield from (atom.relation for atom, _ in atoms(rule.body))
