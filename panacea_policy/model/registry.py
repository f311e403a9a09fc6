"""The registry of kinds: everything that is known about the vocabulary comes from here."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin

from panacea_policy.model.fields import Declaration, FieldInfo, KindInfo, Structure
from panacea_policy.model.types import (
    CLAUSE_WORDS,
    RESERVED_WORDS,
    WORDS_READ_AS_KEYS,
    Attribute,
    EnumType,
    FormulaType,
    Kind,
    MapType,
    ReferenceType,
    StructureType,
    UnionType,
    ValueType,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from panacea_policy.model.schema import JsonSchema


T = TypeVar("T")


class VocabularyError(Exception):
    """A kind class that contradicts itself or the other kinds; all faults found are in ``problems``."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class Registry:
    """All kinds of declarations by name. Immutable: :meth:`with_kinds` gives a larger one."""

    def __init__(self, classes: Iterable[type[Declaration]], *, check: bool = True) -> None:
        """Read the classes, parents before children. Raises :class:`VocabularyError`.

        ``check=False`` leaves out the search for contradictions, for classes that are known to have none.
        """
        self._classes = tuple(classes)
        kinds: dict[str, Kind] = {}
        for cls in self._classes:
            kind = _read_kind(cls, kinds)
            if kind.name in kinds:
                raise VocabularyError([f"two kinds are called {kind.name}"])
            kinds[kind.name] = kind
        self.kinds: Mapping[str, Kind] = MappingProxyType(kinds)
        self.keywords: Mapping[str, Kind] = MappingProxyType({k.keyword: k for k in kinds.values()})
        self._ancestors = {name: _ancestors(name, kinds) for name in kinds}
        self._descendants = {
            kind: tuple(name for name, line in self._ancestors.items() if kind in line)
            for kind in dict.fromkeys(each for line in self._ancestors.values() for each in line)
        }
        problems = list(_problems(self)) if check else []
        if problems:
            raise VocabularyError(problems)

    def kind(self, name: str) -> Kind:
        """The kind of that name. Raises KeyError."""
        return self.kinds[name]

    def is_a(self, kind: str, ancestor: str) -> bool:
        """Whether ``kind`` is ``ancestor`` or descends from it."""
        return ancestor in self._ancestors[kind]

    def ancestors(self, kind: str) -> tuple[str, ...]:
        """The kind itself, its parent, and so on to the root."""
        return self._ancestors[kind]

    def descendants(self, kind: str) -> tuple[str, ...]:
        """The kind itself and every kind below it, in order of declaration."""
        return self._descendants.get(kind, ())

    @property
    def roots(self) -> tuple[Kind, ...]:
        """Kinds without a parent."""
        return tuple(kind for kind in self.kinds.values() if kind.parent is None)

    def with_kinds(self, *classes: type[Declaration]) -> Registry:
        """A registry with these kinds added; a class whose kind is already known replaces it.

        A replacing class normally subclasses the one it replaces, with the same ``KIND`` name, and so adds
        fields.
        """
        added = {cls.KIND.name: cls for cls in classes}
        kept = [added.pop(cls.KIND.name, cls) for cls in self._classes]
        return Registry([*kept, *added.values()])

    def pydantic_class(self, kind: str) -> type[BaseModel]:
        """The pydantic class of a declaration of that kind as JSON; built once. Raises KeyError."""
        from panacea_policy.model.schema import pydantic_class

        return pydantic_class(self, kind)

    def json_schema(self) -> JsonSchema:
        """One JSON Schema (draft 2020-12) with a definition per kind."""
        from panacea_policy.model.schema import bundle

        return bundle(self)

    def reference(self) -> str:
        """The whole vocabulary as Markdown."""
        from panacea_policy.model.reference import reference

        return reference(self)


@cache
def vocabulary() -> Registry:
    """The registry of all kinds that come with the program."""
    from panacea_policy.model.kinds import ALL_KINDS

    # INVARIANT: tests/model/test_registry.py checks these classes, so each start need not.
    return Registry(ALL_KINDS, check=False)


def _read_kind(cls: type[Declaration], kinds: Mapping[str, Kind]) -> Kind:
    """The kind that a class describes; its parent must already be in ``kinds``."""
    info: KindInfo = cls.__dict__["KIND"]
    lineage = [c for c in cls.__mro__ if issubclass(c, Declaration) and "KIND" in c.__dict__]
    own = [c for c in lineage if c.KIND.name == info.name]
    parent_class = next((c for c in lineage if c.KIND.name != info.name), None)
    parent = kinds[parent_class.KIND.name] if parent_class else None
    attributes = dict(parent.attributes) if parent else {}
    for part in reversed(own):
        attributes.update(_read_attributes(part, info.name))
    infos = [part.KIND for part in reversed(own)]
    return Kind(
        name=info.name,
        keyword=info.keyword or info.name,
        parent=parent.name if parent else None,
        abstract=info.abstract,
        attributes=MappingProxyType(attributes),
        nested=_merged(parent.nested if parent else {}, *(i.nested for i in infos)),
        owner=_last([parent.owner if parent else None, *(i.owner for i in infos)]),
        clauses=_merged(parent.clauses if parent else {}, *(i.clauses for i in infos)),
        arrow=_last([parent.arrow if parent else None, *(i.arrow for i in infos)]),
        subject=_last([parent.subject if parent else None, *(i.subject for i in infos)]),
        auto_name=_last([parent.auto_name if parent else None, *(i.auto_name for i in infos)]),
        doc=_clean(own[-1].__doc__),
        structure=issubclass(cls, Structure),
        theme=own[-1].__module__.rpartition(".")[2],
        declaration=cls,
        summands=MappingProxyType(dict(info.summands)),
    )


def _merged(*maps: Mapping[str, str]) -> Mapping[str, str]:
    joined: dict[str, str] = {}
    for each in maps:
        joined.update(each)
    return MappingProxyType(joined)


def _last(values: list[T | None]) -> T | None:
    return next((value for value in reversed(values) if value is not None), None)


def _clean(doc: str | None) -> str:
    return " ".join((doc or "").split())


def _read_attributes(cls: type[Declaration], kind: str) -> dict[str, Attribute]:
    found: dict[str, Attribute] = {}
    for name, annotation in inspect.get_annotations(cls).items():
        info = cls.__dict__.get(name)
        if not isinstance(info, FieldInfo):
            continue
        hint = _resolve(cls.__module__, annotation)
        many = get_origin(hint) is list
        element = get_args(hint)[0] if many else hint
        found[name] = Attribute(
            name=name,
            type=_value_type(element, info),
            many=many,
            required=info.required,
            complete=info.complete,
            doc=info.doc,
            declared_by=kind,
            dated=info.dated,
        )
    return found


@cache
def _resolve(module: str, annotation: str) -> Any:
    """What an annotation's text means in its module (many fields share few annotations)."""
    return eval(annotation, vars(sys.modules[module]))  # the text of our own source, as typing does it


def _value_type(hint: Any, info: FieldInfo) -> ValueType:
    """The value type that an annotation stands for, with the reference targets that the helper names."""
    origin = get_origin(hint)
    if origin is Literal:
        return EnumType(get_args(hint))
    if origin is dict:
        key, value = get_args(hint)
        return MapType(_value_type(key, info), _value_type(value, info))
    if origin is Annotated:
        type_: ValueType = hint.__metadata__[0]
        if isinstance(type_, ReferenceType):
            return ReferenceType(info.kinds, type_.template)
        return FormulaType(info.kinds) if isinstance(type_, FormulaType) else type_
    if origin is not None:
        return UnionType(tuple(_value_type(option, info) for option in get_args(hint)))
    if isinstance(hint, type) and issubclass(hint, Declaration):
        return StructureType(hint.KIND.name)
    raise VocabularyError([f"no value type for the annotation {hint!r}"])


def _ancestors(name: str, kinds: Mapping[str, Kind]) -> tuple[str, ...]:
    line = [name]
    while (parent := kinds[line[-1]].parent) is not None:
        line.append(parent)
    return tuple(line)


def _problems(registry: Registry) -> Iterable[str]:
    """Everything in which kinds contradict each other or the language."""
    for kind in registry.kinds.values():
        if not kind.doc:
            yield f"{kind.name} has no docstring"
        for attribute in kind.attributes.values():
            yield from _attribute_problems(registry, kind, attribute)
        named = [*kind.nested.values(), *kind.clauses.values(), *kind.summands.values(), *(kind.arrow or ())]
        named += [name for name in (kind.owner, kind.subject) if name]
        named += [a.dated for a in kind.attributes.values() if a.dated]
        missing = [name for name in named if name not in kind.attributes]
        yield from (f"{kind.name} speaks of the attribute {name}, which it lacks" for name in missing)
        yield from (f"{kind.name} nests the unknown kind {n}" for n in kind.nested if n not in registry.kinds)
        yield from (
            f"{kind.name} uses {w}, which is no clause word" for w in kind.clauses if w not in CLAUSE_WORDS
        )


def _attribute_problems(registry: Registry, kind: Kind, attribute: Attribute) -> Iterable[str]:
    place = f"{kind.name}.{attribute.name}"
    if attribute.name in RESERVED_WORDS - WORDS_READ_AS_KEYS:
        yield f"{place} is a word of the language"
    if not attribute.doc.endswith("."):
        yield f"{place} has no documentation sentence"
    for type_ in _flat(attribute.type):
        if isinstance(type_, ReferenceType | FormulaType):
            if not type_.kinds:
                yield f"{place} does not say which kinds it refers to"
            yield from (
                f"{place} refers to the unknown kind {k}" for k in type_.kinds if k not in registry.kinds
            )
        elif isinstance(type_, StructureType) and type_.kind not in registry.kinds:
            yield f"{place} uses the unknown structure {type_.kind}"
        elif isinstance(type_, EnumType):
            yield from (f"{place}: {v} is a reserved word" for v in type_.values if v in RESERVED_WORDS)


def _flat(type_: ValueType) -> Iterable[ValueType]:
    """The type itself and the types it is made of."""
    yield type_
    if isinstance(type_, MapType):
        yield from _flat(type_.key)
        yield from _flat(type_.value)
    elif isinstance(type_, UnionType):
        for option in type_.options:
            yield from _flat(option)
