"""What a model consists of once names and values are settled: entities with typed values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

import msgspec

from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import Kind


class Missing(Enum):
    """The value of an attribute that nobody set."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Missing.UNKNOWN


class Reference(str):
    """The qualified name of a declaration, where a value refers to one."""

    __slots__ = ()


class Formula(msgspec.Struct, frozen=True):
    """References joined by and/or, as a binary tree. ``node`` is the name by which facts speak of this
    node.
    """

    node: str
    word: str
    left: Formula | Reference
    right: Formula | Reference


class Origin(msgspec.Struct, frozen=True):
    """Where something was said: a range of a source file, or a row of an inventory."""

    file: str
    start: int
    end: int
    row: int | None = None
    inventory: str | None = None

    @property
    def span(self) -> Span:
        """The range in the ``.panacea`` file."""
        return Span(self.file, self.start, self.end)


class Template(msgspec.Struct, eq=False):
    """A template, or one structure or nested declaration of a template, with what it gives its members."""

    name: str
    kind: Kind
    parents: tuple[Template, ...]
    values: dict[str, object] = msgspec.field(default_factory=dict)
    origins: dict[str, Origin] = msgspec.field(default_factory=dict)
    priors: dict[str, object] = msgspec.field(default_factory=dict)
    prior_origins: dict[str, Origin] = msgspec.field(default_factory=dict)


def linearised(templates: Sequence[Template]) -> Iterator[Template]:
    """Templates and all they inherit from, each once: nearest first, and every one before its own parents.

    The depth-first order of Python's classes before C3: where two lines meet again, what both inherit comes
    after both. INVARIANT: ends for circles too, which are reported elsewhere.
    """
    while len(templates) == 1 and len(templates[0].parents) <= 1:
        yield templates[0]
        templates = templates[0].parents
    found: list[Template] = []
    seen: set[int] = set()
    stack = [(each, False) for each in templates]
    while stack:
        template, left = stack.pop()
        if left:
            found.append(template)
        elif id(template) not in seen:
            seen.add(id(template))
            stack.append((template, True))
            stack.extend((parent, False) for parent in template.parents)
    yield from reversed(found)


class Entity(msgspec.Struct, eq=False):
    """One thing of the model. ``name`` is its qualified, stable name; ``short`` is what messages call it.

    ``own`` holds what was said of this very entity, by attribute: references as :class:`Reference`, numbers
    in base units, ``None`` where the architect stated that there is none. What templates say is not copied
    here; ask :meth:`value`.
    """

    name: str
    kind: Kind
    title: str | None
    doc: str | None
    package: Package
    unit: FileUnit
    origin: Origin
    templates: tuple[Template, ...] = ()
    owner: Entity | None = None
    own: dict[str, object] = msgspec.field(default_factory=dict)
    origins: Mapping[str, Origin] = msgspec.field(default_factory=dict)
    node: tree.Declaration | None = None

    @property
    def span(self) -> Span:
        """Where it was declared."""
        return self.origin.span

    @property
    def row(self) -> int | None:
        """The row of the inventory it came from, counted as a person would (the header is row 1)."""
        return self.origin.row

    @property
    def short(self) -> str:
        """Its name without the package."""
        return self.name.removeprefix(self.package.prefix)

    @property
    def label(self) -> str:
        """What a person calls it: the title where there is one."""
        return self.title or self.short

    def lines(self) -> Iterator[Template]:
        """Every template it is a member of, nearest first."""
        return linearised(self.templates)

    def value(self, attribute: str) -> object:
        """What is known of an attribute: a value, ``None`` (there is none), or :data:`UNKNOWN`."""
        if attribute in self.own:
            return self.own[attribute]
        for template in self.lines():
            if attribute in template.values:
                return template.values[attribute]
        return UNKNOWN

    def origin_of(self, attribute: str) -> Origin | None:
        """Where the value of an attribute was said."""
        if attribute in self.own:
            return self.origins.get(attribute, self.origin)
        for template in self.lines():
            if attribute in template.values:
                return template.origins.get(attribute)
        return None

    def __repr__(self) -> str:
        return f"<{self.kind.name} {self.name}>"
