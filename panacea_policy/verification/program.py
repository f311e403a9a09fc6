"""What questions are asked about: the compiled rules of a workspace, their names, and their text for
examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from panacea_policy.compiler import Entity, Reference, Workspace
from panacea_policy.compiler.declare import Declared
from panacea_policy.compiler.entities import Template
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import ProgramBuilder, Source
from panacea_policy.errors import PanaceaError
from panacea_policy.language import suggest
from panacea_policy.model import Attribute
from panacea_policy.verification.slice import Slice

#: Declarations of the libraries that the rules lead to by name.
MAX_NAMED = 40
#: Declarations of the libraries that the rules range over.
MAX_RANGED = 250


class Subject:
    """The program of a sound workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        evaluation = workspace.evaluation(workspace.as_of)
        self.program = evaluation.program
        self.layer = evaluation.layer
        self.builder: ProgramBuilder = self.program.builder

    @cached_property
    def rules(self) -> Mapping[str, CompiledRule]:
        """The compiled rules by qualified name."""
        return {rule.declared.qualified: rule for rule in self.program.rules}

    @cached_property
    def templates(self) -> Mapping[str, Template]:
        """Every template by qualified name."""
        found: dict[str, Template] = {}
        for names in self.program.names:
            for group in self.layer.resolver.table(names.package).templates.values():
                found.update((each.name, each) for each in group)
        return found

    def rule(self, name: str) -> CompiledRule:
        """The rule that a person calls so. Raises PanaceaError, with a near name, where there is none or more
        than one.
        """
        if name in self.rules:
            return self.rules[name]
        found = [rule for rule in self.rules.values() if rule.declared.name == name]
        if len(found) == 1:
            return found[0]
        if found:
            full = ", ".join(f"`{each.declared.qualified}`" for each in found)
            raise PanaceaError(f"`{name}` could be several rules", f"write the full name of one: {full}")
        near = suggest(name, [*self.rules, *(rule.declared.name for rule in self.rules.values())])
        help = f"did you mean `{near}`?" if near else "`use` the pack that has it, or check the spelling"
        raise PanaceaError(f"there is no rule called `{name}`", help)

    def constants(self, part: Slice) -> tuple[list[Entity], dict[str, str]]:
        """The declarations that the rules name: those of libraries, with what these lead to, and the kinds of
        the model's own by name, of which nothing is taken as known.
        """
        fixed: list[Entity] = []
        named: dict[str, str] = {}
        for symbol in sorted(part.constants):
            value = self.workspace.symbols.value(symbol)
            entity = self.workspace.model.get(str(value[0])) if isinstance(value, tuple) else None
            if entity is None:
                continue
            if is_library(entity.package):
                fixed.append(entity)
            else:
                named[entity.name] = entity.kind.name
        return list(led_to(part, fixed, self.workspace.model.get)), named

    def ranged_over(self, part: Slice, known: Sequence[Entity]) -> list[Entity]:
        """The libraries' declarations of every kind that the rules range over, besides those that are
        known.
        """
        kinds = {str(of) for what, of in part.inputs.values() if what in ("kind", "domain")}
        found = {each.name: each for each in known}
        for entity in self.workspace.libraries.layer.entities.values():
            if any(part.registry.is_a(entity.kind.name, kind) for kind in kinds):
                found.setdefault(entity.name, entity)
        return list(found.values()) if len(found) <= MAX_RANGED else list(known)

    def id_in_example(self, rule: CompiledRule) -> str:
        """What a rule is called in an example: rules of the model itself stand in the example's own text."""
        declared = rule.declared
        return declared.qualified if is_library(declared.package) else declared.name

    # ------------------------------------------------------------------------------------------ texts

    def framed(self, part: Slice, declarations: str) -> str:
        """An example's declarations with what they need: packages of the installation by `use`, everything
        else as text.
        """
        packages = [rule.declared.package for rule in self._rules_of(part)]
        uses = ["std.healthcare", *(_use_of(each) for each in packages if is_library(each))]
        own = "\n".join(self._own_texts(part))
        return f"use {', '.join(dict.fromkeys(uses))}\n\n" + (f"{own}\n\n" if own else "") + declarations

    def _rules_of(self, part: Slice) -> Iterator[CompiledRule]:
        """The rules that a slice is about."""
        for rule in self.program.rules:
            if not part.rules.keys().isdisjoint((rule.violated, rule.possible, rule.applies)):
                yield rule

    def _own_texts(self, part: Slice) -> Iterator[str]:
        """Rules, relations, derivations and templates of the model's own packages that the slice is
        made of.
        """
        units = {unit.name: unit for package in self._own_packages() for unit in package.files}
        spans: set[tuple[str, int, int]] = set()
        for rules in part.rules.values():
            for rule in rules:
                if isinstance(rule.origin, Source) and rule.origin.span.file in units:
                    span = rule.origin.span
                    spans.add((span.file, span.start, span.end))
        for name in part.rules:
            relation = self.builder.user.get(name.removesuffix("?"))
            if relation is not None and not is_library(relation.package):
                spans.add((relation.unit.name, relation.item.start, relation.item.end))
        for declared in self._own_templates(part):
            if declared.node is not None:
                spans.add((declared.unit.name, declared.node.start, declared.node.end))
        for file, start, end in sorted(spans):
            yield _text(units[file], start, end)

    def _own_packages(self) -> Iterator[Package]:
        for names in self.program.names:
            if not is_library(names.package):
                yield names.package

    def _own_templates(self, part: Slice) -> Iterator[Declared]:
        symbols = self.workspace.symbols
        wanted = [
            self.templates[str(value[0])]
            for symbol in part.constants
            if isinstance(value := symbols.value(symbol), tuple) and str(value[0]) in self.templates
        ]
        line = {template.name for each in wanted for template in _with_parents(each)}
        for names in self.program.names:
            if not is_library(names.package):
                for group in names.items.values():
                    yield from (each for each in group if each.template and each.qualified in line)


def led_to(part: Slice, entities: Sequence[Entity], get: Callable[[str], Entity | None]) -> Iterator[Entity]:
    """Entities and those that the attributes which the rules read lead to from them."""
    read = {of for what, of in part.inputs.values() if what in ("attribute", "mean")}
    names = {each.name for each in read if isinstance(each, Attribute)}
    seen: dict[str, Entity] = {each.name: each for each in entities}
    queue = list(entities)
    while queue and len(seen) < MAX_NAMED:
        entity = queue.pop(0)
        for name in sorted(names & set(entity.kind.attributes)):
            value = entity.value(name)
            for each in value if isinstance(value, tuple) else (value,):
                target = get(str(each)) if isinstance(each, Reference) else None
                if target is not None and target.name not in seen:
                    seen[target.name] = target
                    queue.append(target)
    yield from seen.values()


def is_library(package: Package) -> bool:
    """Whether a package is part of the installation, which examples can use by name."""
    return package.library


def _use_of(package: Package) -> str:
    return "std.healthcare" if package.label == "std" else f"packs.{package.label}"


def _with_parents(template: Template) -> Iterator[Template]:
    yield template
    for parent in template.parents:
        yield from _with_parents(parent)


def _text(unit: FileUnit, start: int, end: int) -> str:
    return unit.source.text[start:end].rstrip()


__all__ = ["Subject", "is_library"]
