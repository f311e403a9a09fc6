"""The vocabulary as Markdown: the language reference is generated, never written by hand."""

from __future__ import annotations

from collections.abc import Iterator

from panacea_policy.model.distributions import FORMS
from panacea_policy.model.registry import Registry
from panacea_policy.model.types import (
    AddressType,
    Attribute,
    BooleanType,
    CpeType,
    DateType,
    DistributionType,
    EnumType,
    FormulaType,
    Kind,
    MapType,
    NumberType,
    PortsType,
    PurlType,
    ReferenceType,
    StructureType,
    TextType,
    UnionType,
    ValueType,
)

#: Enumerations longer than this are countries and currencies: named, not listed.
_LONGEST_LIST = 40


def reference(registry: Registry) -> str:
    """All kinds by theme, each with its clauses and attributes."""
    lines = ["# Kinds of declarations", "", *_introduction(), ""]
    themes: dict[str, list[Kind]] = {}
    for kind in registry.kinds.values():
        themes.setdefault(kind.theme, []).append(kind)
    for theme, kinds in themes.items():
        lines += [f"## {theme.replace('_', ' ').capitalize()}", ""]
        for kind in kinds:
            lines += [*_kind(registry, kind), ""]
    lines += ["## Distributions", "", *_distributions(), ""]
    return "\n".join(lines)


def _introduction() -> list[str]:
    return [
        "An attribute that nobody sets is unknown; `none` states that there is none. Those marked *complete*",
        "are complete as declared: not set means empty, or none. Those marked *required* must be set.",
    ]


def _kind(registry: Registry, kind: Kind) -> Iterator[str]:
    yield f"### {kind.keyword}" + (f" (kind `{kind.name}`)" if kind.keyword != kind.name else "")
    yield ""
    yield kind.doc
    facts = list(_facts(registry, kind))
    if facts:
        yield ""
        yield from (f"- {fact}" for fact in facts)
    own = [a for a in kind.attributes.values() if a.declared_by == kind.name]
    if own:
        yield ""
        yield "| attribute | value | meaning |"
        yield "|---|---|---|"
        yield from (_row(attribute) for attribute in own)


def _facts(registry: Registry, kind: Kind) -> Iterator[str]:
    if kind.abstract:
        below = [name for name in registry.descendants(kind.name) if registry.kind(name).parent == kind.name]
        yield f"not declared itself; is {', '.join(f'`{name}`' for name in below)}"
    if kind.structure:
        yield "a nested body of an attribute, not declared itself"
    if kind.parent:
        yield f"is a `{kind.parent}` and has its attributes"
    if kind.subject:
        yield f"the name behind the keyword is its `{kind.subject}`"
    if kind.arrow:
        yield f"an arrow sets `{kind.arrow[0]}` and `{kind.arrow[1]}`"
    if kind.clauses:
        yield "clauses: " + ", ".join(f"`{word}` sets `{name}`" for word, name in kind.clauses.items())
    if kind.nested:
        yield "may contain: " + ", ".join(
            f"`{name}` (listed in `{into}`)" for name, into in kind.nested.items()
        )
    if kind.owner:
        yield f"declared inside another: `{kind.owner}` is that one"
    if kind.summands:
        parts = ", ".join(f"{dimension.value} sets `{name}`" for dimension, name in kind.summands.items())
        yield f"may be written as a sum: {parts}"


def _row(attribute: Attribute) -> str:
    value = describe(attribute.type)
    marks = [word for word, holds in (("list", attribute.many), ("required", attribute.required),
                                      ("complete", attribute.complete)) if holds]  # fmt: skip
    if marks:
        value = f"{value} *({', '.join(marks)})*"
    return f"| `{attribute.name}` | {value.replace('|', chr(92) + '|')} | {attribute.doc} |"


def describe(type_: ValueType) -> str:
    """A value type in words, as Markdown."""
    match type_:
        case TextType(pattern):
            return "text" if pattern is None else f"text like `{pattern}`"
        case BooleanType():
            return "true or false"
        case NumberType(dimension, minimum, maximum, integer):
            word = "a whole number" if integer else dimension.value
            bounded = integer and minimum is not None and maximum is not None
            return f"{word} from {minimum:g} to {maximum:g}" if bounded else word
        case DateType():
            return "date"
        case EnumType(values) if len(values) > _LONGEST_LIST:
            return f"a code such as {values[0]}"
        case EnumType(values):
            return ", ".join(f"`{value}`" for value in values)
        case ReferenceType(kinds, template):
            return ("template of " if template else "name of ") + " or ".join(kinds)
        case StructureType(kind):
            return f"{{ {kind} }}"
        case MapType(key, value):
            return f"{{ {describe(key)}: {describe(value)} … }}"
        case FormulaType(kinds):
            return f"names of {' or '.join(kinds)}, joined by `and`, `or`"
        case DistributionType(dimension):
            return f"{dimension.value}, or a distribution"
        case AddressType():
            return "address or prefix"
        case PortsType():
            return "port, range, or list of these"
        case CpeType():
            return '`cpe("…")`'
        case PurlType():
            return '`purl("…")`'
        case UnionType(options):
            return " or ".join(map(describe, options))


def _distributions() -> Iterator[str]:
    for name, forms in FORMS.items():
        written = " or ".join(f"`{name}({', '.join(form.parameters) or 'value, …'})`" for form in forms)
        yield f"- {written}"
