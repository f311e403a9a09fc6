"""The syntax tree: what the text says, with exact positions, and nothing about what it means.

Every node carries ``start`` and ``end``: offsets in characters into the source text, ``end`` exclusive. Line
and column are computed from them when a person needs them (see :mod:`panacea_policy.language.source`). Nodes
are msgspec structs: immutable, compact, and decoded from the disk cache under schema validation, so that a
damaged or hostile cache file cannot execute anything.
"""

from __future__ import annotations

from typing import Union

import msgspec


class Node(msgspec.Struct, frozen=True, tag=True, array_like=True, gc=False):
    """What every part of the tree has: the half-open range of characters it came from."""

    start: int
    end: int


# ---------------------------------------------------------------------------------------------- expressions


class Path(Node, frozen=True, gc=False):
    """A dotted name, ``ehr.records``, optionally with an inventory key: ``pump["AT-0017"]``."""

    name: str
    key: str | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The segments between the dots, outermost first."""
        return tuple(self.name.split("."))


class String(Node, frozen=True, gc=False):
    """A text in double quotes; ``value`` has its escapes resolved."""

    value: str


class Quantity(Node, frozen=True, gc=False):
    """A number with its unit as written: ``480``, ``23 %``, ``210M EUR per year`` (value 210000000.0)."""

    value: float
    unit: str | None = None
    per: str | None = None


class Date(Node, frozen=True, gc=False):
    """A calendar date as ISO 8601 text, ``2027-03-31``; whether the day exists is checked by the model."""

    value: str


class Address(Node, frozen=True, gc=False):
    """An IPv4 address or prefix written bare, ``10.20.0.0/16``; IPv6 is written as a text."""

    value: str


class Boolean(Node, frozen=True, gc=False):
    """``true`` or ``false``."""

    value: bool


class Nothing(Node, frozen=True, gc=False):
    """``none``: the architect states that there is none. An attribute nobody set is unknown instead."""


class Interval(Node, frozen=True, gc=False):
    """A closed range of numbers, ``8000..8080``."""

    low: Quantity
    high: Quantity


class ListOf(Node, frozen=True, gc=False):
    """``[a, b, c]``."""

    items: tuple[Expression, ...]


class Argument(Node, frozen=True, gc=False):
    """One argument of a call, optionally named: ``p5: 1 d``."""

    name: str | None
    value: Expression


class Call(Node, frozen=True, gc=False):
    """``pert(20k, 90k, 400k) EUR per h``, ``cpe("…")``, or a relation, ``reaches(a, b, p)``."""

    function: Path
    arguments: tuple[Argument, ...]
    unit: str | None = None
    per: str | None = None


class Unary(Node, frozen=True, gc=False):
    """``not x`` or ``- x``."""

    operator: str
    operand: Expression


class Binary(Node, frozen=True, gc=False):
    """``left operator right``; operators: ``or and = != < <= > >= in "not in" is "is not" + - * / by``."""

    operator: str
    left: Expression
    right: Expression


class Binding(Node, frozen=True, gc=False):
    """``device d``, ``data d in f.carries`` or ``d in f.carries``: a variable and what it ranges over."""

    kind: Path | None
    variable: Path
    source: Path | None


class Quantifier(Node, frozen=True, gc=False):
    """``some|no|every BINDINGS [with CONDITION] [has CONSEQUENCE]``; ``has`` belongs to ``every`` alone."""

    word: str
    bindings: tuple[Binding, ...]
    condition: Expression | None
    consequence: Expression | None


class Aggregate(Node, frozen=True, gc=False):
    """``count|sum|lowest|highest|average of [VALUE for] BINDINGS [with CONDITION]``."""

    word: str
    value: Expression | None
    bindings: tuple[Binding, ...]
    condition: Expression | None


# ---------------------------------------------------------------------------------------------- declarations


class Attribute(Node, frozen=True, gc=False):
    """``key: value`` inside braces. ``key_end`` ends the key; tables also allow texts and numbers as keys."""

    key: str
    key_end: int
    value: Expression


class Body(Node, frozen=True, gc=False):
    """What stands between braces: of a declaration, or a value such as ``behaviours: { … }``."""

    entries: tuple[Entry, ...]


class Clause(Node, frozen=True, gc=False):
    """A phrase of a declaration's head: ``in clinical``, ``until 2027-01-31``, ``when on_shift``."""

    word: str
    values: tuple[Expression, ...]


class Arrow(Node, frozen=True, gc=False):
    """``ct1 -> pacs`` (one way) or ``clinical <-> imaging`` (both ways)."""

    source: Path
    target: Path
    both_ways: bool


class Declaration(Node, frozen=True, gc=False):
    """``[template] KIND [NAME] [count] ["Title"] [: PARENTS | : ARROW] CLAUSES [{ … }]``.

    ``name`` may be a reference rather than a new name (``grant nurse may …``, ``waive rule on …``): the kind
    decides. With an arrow and no name (``flow ct1 -> pacs``) ``name`` is None.
    """

    kind: Path
    name: Path | None
    title: String | None
    template: bool
    count: Quantity | None
    parents: tuple[Path, ...]
    arrow: Arrow | None
    clauses: tuple[Clause, ...]
    body: Body | None
    doc: str | None


class Typically(Node, frozen=True, gc=False):
    """Priors: ``typically KIND { … }``, or inside a template ``typically { … }`` (``kind`` is None)."""

    kind: Path | None
    body: Body


class Set(Node, frozen=True, gc=False):
    """``set ehr.authentication: mfa`` in a scenario: overlays one attribute."""

    target: Path
    value: Expression


class Remove(Node, frozen=True, gc=False):
    """``remove old_gateway`` in a scenario: takes one declaration away."""

    target: Path


# ------------------------------------------------------------------------------------------ items of a file


class Use(Node, frozen=True, gc=False):
    """``use std.healthcare, packs.nis2``: one node per package named."""

    package: Path


class Parameter(Node, frozen=True, gc=False):
    """A column of a relation: ``asset`` or ``a: asset``."""

    name: str | None
    kind: Path


class RelationItem(Node, frozen=True, gc=False):
    """``relation reaches(source: asset, target: asset, protocol)``."""

    name: Path
    parameters: tuple[Parameter, ...]
    doc: str | None


class DerivationItem(Node, frozen=True, gc=False):
    """``reaches(a, b, p) if a.zone = z, …``: one way for a relation to hold. A fact has no conditions."""

    head: Call
    conditions: tuple[Expression, ...]


class RuleItem(Node, frozen=True, gc=False):
    """``rule NAME "Title" { attributes, for, applies when, where | require, report, remedy }``.

    ``where``: conditions that make it violated. ``require``: what must hold. Exactly one of them is given.
    """

    name: Path
    title: String | None
    attributes: tuple[Attribute, ...]
    bindings: tuple[Binding, ...]
    applies: tuple[Expression, ...]
    where: tuple[Expression, ...]
    require: tuple[Expression, ...]
    subjects: tuple[Path, ...]
    message: String | None
    remedy: String | None
    doc: str | None


class Hindrance(Node, frozen=True, gc=False):
    """``hindered by patching, segmentation on g``: control classes that lower the chance at ``subject``."""

    controls: tuple[Path, ...]
    subject: Path | None


class StepItem(Node, frozen=True, gc=False):
    """``step NAME "Title" { attributes, for, from, to, chance, effort, hindered by }``."""

    name: Path
    title: String | None
    attributes: tuple[Attribute, ...]
    bindings: tuple[Binding, ...]
    conditions: tuple[Expression, ...]
    results: tuple[Call, ...]
    chance: Expression | None
    effort: Expression | None
    hindrances: tuple[Hindrance, ...]
    doc: str | None


class ScenarioItem(Node, frozen=True, gc=False):
    """``scenario NAME "Title" { set …  remove …  declarations  attributes }``: an overlay on the model."""

    name: Path
    title: String | None
    entries: tuple[Entry, ...]
    doc: str | None


class Todo(Node, frozen=True, gc=False):
    """``todo ["why"]`` in front of an expectation: a known miss."""

    reason: String | None


class Expectation(Node, frozen=True, gc=False):
    """One line of a test.

    ``expect RULE [VERDICT] on SUBJECTS`` · ``expect [no] relation(args) [by STEP]`` ·
    ``expect nothing else`` · ``expect anything else``. ``verdict`` is one of violated (default), met,
    unknown, waived, not_applicable.
    """

    rule: Path | None
    verdict: str
    subjects: tuple[Path, ...]
    atom: Call | None
    negated: bool
    nothing_else: bool
    anything_else: bool = False
    todo: Todo | None = None
    step: Path | None = None


class TestItem(Node, frozen=True, gc=False):
    """``test "text" { [as_of: DATE] given { … } [todo ["why"]] expect … }``."""

    title: String
    attributes: tuple[Attribute, ...]
    given: tuple[Item, ...]
    expectations: tuple[Expectation, ...]
    doc: str | None


class Comment(Node, frozen=True, gc=False):
    """A ``#`` or ``##`` comment, its marks included; kept for the formatter and the editor."""

    text: str


class File(Node, frozen=True, gc=False):
    """One source file."""

    items: tuple[Item, ...]
    comments: tuple[Comment, ...]


Expression = Union[
    Path, String, Quantity, Date, Address, Boolean, Nothing, Interval, ListOf, Body, Call, Unary, Binary,
    Quantifier, Aggregate,
]  # fmt: skip
Entry = Union[Attribute, Declaration, Typically, Set, Remove]
Item = Union[
    Use, Declaration, Typically, RelationItem, DerivationItem, RuleItem, StepItem, ScenarioItem, TestItem,
]  # fmt: skip
