"""Facts of the engine in the words of people, with their places in the source."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from panacea_policy.compiler.entities import Entity
from panacea_policy.compiler.evaluation import Evaluation
from panacea_policy.compiler.facts import TODAY, day_of
from panacea_policy.compiler.rules.program import Source
from panacea_policy.engine import AggregatePremise, Const, Rule
from panacea_policy.language import Span
from panacea_policy.model import DateType

#: Members of an aggregate that are listed.
MAX_MEMBERS = 10

_AGGREGATES = {
    "count": "counted",
    "sum": "summed up",
    "min": "the least",
    "max": "the greatest",
    "avg": "the mean",
}


#: What a line ends with that says again what a line above it said.
_SEE_ABOVE = ", see above"


#: Relations that say of what kind something is.
SORTS = ("kind ", "domain ")


class Mark(enum.StrEnum):
    """What a line of an explanation is."""

    HOLDS = "holds"
    FACT = "fact"
    ABSENT = "absent"
    AGGREGATE = "aggregate"
    ABOVE = "above"
    MISSING = "missing"
    AGAINST = "against"
    RULE = "rule"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line and what it rests on.

    ``ask``: the fact that the line is about where it can be asked about next, in words that `panacea explain`
    takes.
    """

    text: str
    span: Span | None
    children: tuple[Explanation, ...] = ()
    mark: Mark = Mark.HOLDS
    ask: str | None = None

    @property
    def fact(self) -> str:
        """The text without the remark that it was told before."""
        return self.text.removesuffix(_SEE_ABOVE) if self.mark is Mark.ABOVE else self.text

    def again(self) -> Explanation:
        """The line that stands where this one was told before."""
        return Explanation(self.text + _SEE_ABOVE, None, mark=Mark.ABOVE)


class Words:
    """Puts rows, values and aggregates into words."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation

    def fact(self, relation: str, row: Sequence[object]) -> str:
        """One fact; None in it stands for any value."""
        words = [self.value(value) for value in row]
        if relation.startswith(SORTS):
            return f"{words[0]} is a {relation.split(' ', 1)[1]}"
        if relation.startswith("is "):
            return f"{words[0]} is a {relation[3:].removesuffix('?').rpartition('.')[2]}"
        if relation.endswith(" unset"):
            return f"nobody said what `{relation.removesuffix(' unset').rpartition('.')[2]}` of {words[0]} is"
        if relation == TODAY and isinstance(row[1], float):
            return f"today = {day_of(row[1]).isoformat()}"
        declared = self._evaluation.program.relations.get(relation.removesuffix("?"))
        if declared is not None:
            return f"{declared.item.name.name}({', '.join(words)})"
        if len(words) == 2:
            return f"{words[0]}.{relation.rpartition('.')[2]} = {self.attribute_value(relation, row[1])}"
        return f"{relation}({', '.join(words)})"

    def question(self, relation: str, row: Sequence[object]) -> str | None:
        """The words by which a fact of a declared relation can be asked about; None for any other."""
        declared = self._evaluation.program.relations.get(relation.removesuffix("?"))
        if declared is None or any(isinstance(value, float) for value in row):
            return None
        words = [
            "_" if value is None else f'"{value}"' if isinstance(value, str) else self.value(value)
            for value in row
        ]
        return f"{declared.item.name.name}({', '.join(words)})"

    def aggregate(self, premise: AggregatePremise) -> Explanation:
        """What an aggregate took, and what came of it."""
        members = [
            ", ".join(self.value(value) for name, value in member.items() if _is_told(name, premise))
            for member in premise.members
        ]
        told = list(dict.fromkeys(each for each in members if each))
        children = [Explanation(each, None, mark=Mark.FACT) for each in told[:MAX_MEMBERS]]
        if len(told) > MAX_MEMBERS:
            more = f"… and {len(told) - MAX_MEMBERS} more"
            children.append(Explanation(more, None, mark=Mark.NOTE))
        group = [self.value(value) for name, value in premise.group.items() if name[:1] not in "$_"]
        about = f" for {', '.join(group)}" if group else ""
        # `count of` is compiled to a sum of ones.
        counts = isinstance(premise.aggregate.value, Const)
        word = _AGGREGATES["count" if counts else premise.aggregate.op]
        text = f"{word}{about}: {self.value(premise.value)}"
        return Explanation(text, None, tuple(children), Mark.AGGREGATE)

    def value(self, value: object) -> str:
        """A value; None stands for any."""
        if value is None:
            return "_"
        if isinstance(value, tuple) and len(value) == 1:
            entity = self._evaluation.model.get(str(value[0]))
            return entity.short if entity is not None else str(value[0])
        if isinstance(value, bool):
            return "true" if value else "false"
        return self._evaluation.model.describe(value) if isinstance(value, float) else str(value)

    def attribute_value(self, relation: str, value: object) -> str:
        """A value of an attribute, with its unit."""
        kind, _, name = relation.partition(".")
        attribute = None
        registry = self._evaluation.layer.registry
        if kind in registry.kinds:
            attribute = registry.kind(kind).attributes.get(name)
        if attribute is not None and isinstance(value, float):
            if isinstance(attribute.type, DateType):
                return day_of(value).isoformat()
            return self._evaluation.model.describe(value, attribute.type)
        return self.value(value)

    def place(self, relation: str, row: Sequence[object]) -> Span | None:
        """Where a fact of the model is said."""
        entity = self.about(row)
        if entity is None:
            return None
        origin = entity.origin_of(relation.removesuffix(" unset").rpartition(".")[2])
        return (origin or entity.origin).span

    def about(self, row: Sequence[object]) -> Entity | None:
        """The declaration that a fact of the model is about."""
        first = row[0] if row else None
        return self._evaluation.model.get(name_of(first)) if isinstance(first, tuple) else None


def _is_told(name: str, premise: AggregatePremise) -> bool:
    """Whether a variable of an aggregate says something beside the group."""
    return not name.startswith("_") and name not in premise.group


def name_of(value: object) -> str:
    """The name that a symbol stands for."""
    return str(value[0]) if isinstance(value, tuple) else str(value)


def is_inner(relation: str) -> bool:
    """Whether a relation is one that the compiler made for a part of a rule."""
    return "/" in relation or relation.endswith((" applies", " applies?"))


def origin_of(rule: Rule) -> Span | None:
    """Where the text of a rule stands."""
    return rule.origin.span if isinstance(rule.origin, Source) else None
