"""The access policy of a model: its grants with the text that says how they are read, as a program and as a
model that is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from panacea_policy.compiler import UNKNOWN, Entity, Formula, Reference, Verdict, Workspace
from panacea_policy.errors import PanaceaError
from panacea_policy.language import suggest
from panacea_policy.model import Attribute, DateType, DistributionType, EnumType, NumberType, written_quantity
from panacea_policy.verification.program import is_library
from panacea_policy.verification.run import Trial

#: The text that says how grants are read.
READING = Path(__file__).with_name("access.panacea")
RULE = "access_question"
#: What of a declaration matters for access.
READ = (
    "role",
    "includes",
    "actions",
    "implies",
    "targets",
    "condition",
    "denies",
    "starts",
    "expires",
    "stores",
    "datasets",
    "classes",
    "data_stores",
    "asset",
)
#: Kinds of which every declaration can matter.
ALWAYS = ("role", "action", "condition", "dataset", "data_class")


@dataclass(frozen=True)
class Request:
    """What is asked of the grants: of some of holder, action, target and class of data, everything else being
    free.

    ``data``: whether it is about data that the target leads to, not about the target alone.
    """

    holder: str | None = None
    action: str | None = None
    target: str | None = None
    data_class: str | None = None
    data: bool = False

    def rule(self, names: Mapping[str, str] | None = None) -> str:
        """The rule that fires where the grants permit it; ``names``: what declarations are called there."""
        known = names or {}
        given = {"x": self.holder, "a": self.action, "t": self.target, "d": self.data_class}
        conditions = [f"{key} = {known.get(name, name)}" for key, name in given.items() if name is not None]
        conditions.append("access_permitted(x, a, t)")
        more, told = "", "{x} may {a} {t}"
        if self.data:
            conditions += ["access_contains(t, d)", "not access_forbidden(x, a, d)"]
            more, told = ", data_class d", "{x} may {a} {d}, by a right on {t}"
        return (
            f'rule {RULE} "What the grants permit" {{\n'
            "  severity: high\n"
            f"  for element x, action a, element t{more}\n"
            f"  where {', '.join(conditions)}\n"
            f'  report x "{told}"\n'
            "}\n"
        )


class Policy:
    """The grants of a sound workspace, or of one with a scenario laid over it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @cached_property
    def reading(self) -> str:
        """How grants are read, and which of this model's grants ask for no condition and have no first
        day.
        """
        facts: list[str] = []
        for grant in self.workspace.model.entities("grant"):
            facts += _plain_facts(grant, _written(grant.name))
        return READING.read_text(encoding="utf-8") + "\n" + "\n".join(facts) + "\n"

    def asking(self, request: Request, facts: Iterable[str] = ()) -> Workspace:
        """The model with the rule of a request beside it, and with some facts."""
        base = self.workspace if self.workspace.base is None else self.workspace.base
        file = base.root / "panacea_prove_access.panacea"
        text = self.reading + request.rule() + "".join(f"{fact}\n" for fact in facts)
        workspace = base.beside(file, text)
        return workspace.with_scenario(self.workspace.scenario) if self.workspace.scenario else workspace

    def shows(self, request: Request, holding: Sequence[str], as_of: date) -> bool:
        """Whether the model itself, run on a day with some conditions holding, grants the request."""
        workspace = self.asking(request, [f"access_holds({_written(name)})" for name in holding])
        evaluation = workspace.evaluation(as_of)
        label = workspace.package.label
        return any(
            each.rule.name == RULE and each.verdict is Verdict.VIOLATED
            for each in evaluation.findings({label})
        )

    def relevant(self) -> list[Entity]:
        """The declarations that can matter for access: what grants lead to, and whatever an attribute that
        nobody set may name.
        """
        model = self.workspace.model
        grants = model.entities("grant")
        if any(grant.value("targets") is UNKNOWN for grant in grants):
            return list(model.entities())
        always = [each for kind in ALWAYS for each in model.entities(kind)]
        return self.excerpted([*grants, *always])

    def find(self, kinds: Sequence[str], name: str) -> Entity:
        """The declaration of one of these kinds that a person calls so. Raises PanaceaError, with a near
        name.
        """
        known = [each for kind in kinds for each in self.workspace.model.entities(kind)]
        found = [each for each in known if each.name == name] or [
            each for each in known if each.short == name
        ]
        if len(found) == 1:
            return found[0]
        noun = " or ".join(kinds)
        if found:
            raise PanaceaError(
                f"`{name}` could be several declarations",
                "write the full name of one: " + ", ".join(f"`{each.name}`" for each in found),
            )
        near = suggest(name, [text for each in known for text in (each.name, each.short)])
        help = f"did you mean `{near}`?" if near else f"the model declares no {noun} of that name"
        raise PanaceaError(f"there is no {noun} called `{name}`", help)

    # ------------------------------------------------------------------------------------------ small models

    def excerpt(self, seeds: Sequence[Entity], request: Request, holding: Sequence[str]) -> str:
        """A model of some declarations and what they lead to, as far as access depends on it, with the
        reading, the facts and a rule that shows a request.
        """
        chosen = self.excerpted(seeds)
        names = {each.name: _flat(each) for each in chosen}
        blocks = [self._declaration(each, names) for each in chosen if not is_library(each.package)]
        facts = [f"access_holds({names[name]})" for name in holding if name in names]
        for each in chosen:
            if each.kind.name == "grant":
                facts += _plain_facts(each, names[each.name])
        return (
            f"{READING.read_text(encoding='utf-8')}\n"
            + "\n".join(blocks)
            + "\n\n"
            + "".join(f"{fact}\n" for fact in facts)
            + "\n"
            + request.rule(names)
        )

    def tried(self, text: str, as_of: date) -> bool | None:
        """Whether a small model's rule fires; None where it does not compile."""
        trial = Trial(self.workspace, text, as_of)
        return None if trial.errors else bool(trial.subjects(RULE, Verdict.VIOLATED))

    def excerpted(self, seeds: Sequence[Entity]) -> list[Entity]:
        """Declarations and what they lead to, as far as access depends on it."""
        found = {each.name: each for each in seeds}
        queue = list(seeds)
        while queue:
            entity = queue.pop(0)
            for name in READ:
                if name not in entity.kind.attributes:
                    continue
                for target in _references(entity.value(name)):
                    other = self.workspace.model.get(target)
                    if other is not None and other.name not in found:
                        found[other.name] = other
                        queue.append(other)
        return list(found.values())

    def _declaration(self, entity: Entity, names: Mapping[str, str]) -> str:
        lines: list[str] = []
        subject = ""
        for name in READ:
            attribute = entity.kind.attributes.get(name)
            if attribute is None or (value := entity.value(name)) is UNKNOWN:
                continue
            text = _text(value, attribute, names)
            if name == entity.kind.subject:
                subject = f" : {text}"
            elif not (attribute.complete and text in ("[]", "none", "false")):
                lines.append(f"  {name}: {text}\n")
        head = f"{entity.kind.keyword} {names[entity.name]}{subject}"
        return f"{head} {{\n{''.join(lines)}}}" if lines else f"{head} {{}}"


def _plain_facts(grant: Entity, name: str) -> list[str]:
    """What a grant does not say, where leaving it out says something."""
    facts = []
    if grant.value("condition") in (UNKNOWN, None):
        facts.append(f"access_unconditional({name})")
    if grant.value("starts") in (UNKNOWN, None):
        facts.append(f"access_begun({name})")
    return facts


def _references(value: object) -> Iterable[str]:
    if isinstance(value, Formula):
        yield from _references(value.left)
        yield from _references(value.right)
    elif isinstance(value, tuple):
        for each in value:
            yield from _references(each)
    elif isinstance(value, Reference):
        yield str(value)


def _text(value: object, attribute: Attribute, names: Mapping[str, str]) -> str:
    """A value in the language; names that are left out of an excerpt are left out of its lists."""
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return "[" + ", ".join(_text(each, attribute, names) for each in value) + "]"
    if isinstance(value, Formula):
        left, right = (_text(each, attribute, names) for each in (value.left, value.right))
        return f"({left} {value.word} {right})"
    if isinstance(value, Reference):
        return names[str(value)]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(attribute.type, DateType) and isinstance(value, date):
        return value.isoformat()
    if isinstance(attribute.type, NumberType | DistributionType):
        return written_quantity(Fraction(float(str(value))), attribute.type.dimension)
    return str(value) if isinstance(attribute.type, EnumType) else f'"{value}"'


def _flat(entity: Entity) -> str:
    """A name for an excerpt, where parts and rows of inventories stand for themselves."""
    return entity.name if is_library(entity.package) else re.sub(r"\W+", "_", entity.name).strip("_")


def _written(name: str) -> str:
    """A name as rules write it: rows of inventories keep their brackets."""
    return name


__all__ = ["READ", "RULE", "Policy", "Request"]
