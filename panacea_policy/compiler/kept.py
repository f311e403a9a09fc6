"""Compiled programs kept on disk: what packages and rules come to, so that the next process need not compile.

An entry is named by the digest of everything that a program is compiled from, the code included. It holds
plain data, decoded under the types of terms; what is damaged, foreign or of another version is no program.
Only programs without a mistake are kept, and only those that a process compiles first: then symbols have the
numbers that they would have had.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from panacea_policy.caches import cache_folder, code_digest, leave_newest, read_sealed, write_sealed
from panacea_policy.compiler.declare import Declared, Names
from panacea_policy.compiler.facts import ANY
from panacea_policy.compiler.layers import Layer
from panacea_policy.compiler.meant import digest_of
from panacea_policy.compiler.packages import Package
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.program import Form, ProgramBuilder, Source, UserRelation
from panacea_policy.compiler.rules.typing import EntityType, ScalarType
from panacea_policy.engine import Const, Sym, Symbols
from panacea_policy.engine.kept import KeptProgram, encoded, keep, restore
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, Currencies, Registry
from panacea_policy.version import __version__

if TYPE_CHECKING:
    from panacea_policy.compiler.program import Program

_MARK = b"panacea program 1\n"
#: A megabyte or two each: one for each model and set of packs in use.
MOST = 24

#: What a symbol of a program stands for: a word, a text, a truth value, or a declaration in a tuple.
_SymbolValue = str | bool | tuple[str, ...]
#: What an input of a program is filled with, as words; see `ProgramBuilder.inputs`.
_Input = tuple[str, str, tuple[str, ...]]
_OF_ATTRIBUTES = ("attribute", "mean", "unset")


class _Rule(msgspec.Struct, frozen=True, array_like=True):
    """A :class:`CompiledRule`, its declaration by name."""

    name: str
    variables: tuple[tuple[str, EntityType | ScalarType], ...]
    subjects: tuple[int, ...]
    relations: tuple[str, str, str, str, str]


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """A program. ``origins``: for each of its rules which of the ``sources`` it was made from."""

    symbols: tuple[_SymbolValue, ...]
    inputs: tuple[_Input, ...]
    wanted: tuple[tuple[str, Form], ...]
    completed: frozenset[tuple[str, Form]]
    fresh: int
    sources: tuple[tuple[str, int, int, str, str], ...]
    origins: tuple[int, ...]
    rules: tuple[_Rule, ...]
    program: KeptProgram
    tidy: bool


class Restored:
    """A program that was compiled before. ``tidy``: nothing in it deserved a warning."""

    def __init__(self, kept: _Kept, layers: Sequence[Names], registry: Registry, symbols: Symbols) -> None:
        """Raises KeyError, IndexError or ValueError for data that does not fit the packages."""
        self._kept = kept
        self.tidy = kept.tidy
        sources = [
            Source(Span(file, start, end), name, role) for file, start, end, name, role in kept.sources
        ]
        origins = [sources[each] for each in kept.origins]
        self.compiled = restore(kept.program, [each.name for each in origins], origins)
        declared = {each.qualified: each for each in _rules_of(layers)}
        self.rules = [_restored(each, declared[each.name]) for each in kept.rules]
        self.inputs = {name: (what, _filling(what, words, registry)) for name, what, words in kept.inputs}
        self._anybody = Const(Sym(kept.symbols.index(ANY)))
        for value in kept.symbols:
            symbols.intern(value)

    def builder(self, registry: Registry, user: Callable[[], dict[str, UserRelation]]) -> ProgramBuilder:
        """The builder as it was when everything was compiled; ``user`` gives the declared relations."""
        return ProgramBuilder.restored(
            registry,
            user,
            self._anybody,
            declared=dict(self.compiled.decls),
            rules=list(self.compiled.program.rules),
            inputs=self.inputs,
            wanted=dict.fromkeys(self._kept.wanted),
            completed=set(self._kept.completed),
            fresh=self._kept.fresh,
        )


class KeptPrograms:
    """The programs in one folder. Several processes may use it at once; losing it only costs time."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else cache_folder() / "programs"

    @cached_property
    def _decoder(self) -> msgspec.msgpack.Decoder[_Kept]:
        return msgspec.msgpack.Decoder(_Kept)

    def get(self, key: str, names: Sequence[Names], registry: Registry, symbols: Symbols) -> Restored | None:
        """A program by the digest of what it is compiled from, if it is here and fits.

        ``symbols``: must be empty, and has those of the program afterwards.
        """
        payload = read_sealed(key, _MARK, self.folder)
        if payload is None or len(symbols):
            return None
        try:
            found = Restored(self._decoder.decode(payload), names, registry, symbols)
        except (msgspec.DecodeError, RecursionError, KeyError, IndexError, ValueError):
            return None
        with suppress(OSError):
            os.utime(self.folder / key)
        return found

    def put(self, key: str, program: Program, symbols: Symbols, *, tidy: bool) -> None:
        """Keep a program that has no mistake; one that cannot be kept is left out."""
        kept = _kept(program, symbols, tidy)
        if kept is not None and write_sealed(key, _MARK, encoded(kept), self.folder):
            leave_newest(self.folder, MOST)


def key_of(libraries: Iterable[Package], layer: Layer, currencies: Currencies) -> str:
    """The digest of all that a layer's program on top of some libraries is compiled from."""
    state = hashlib.sha256(f"{_MARK!r} {__version__} {code_digest()}\n".encode())
    for package in libraries:
        state.update(f"{package.label} {package.prefix} {[each.label for each in package.uses]}\n".encode())
        for unit in package.files:
            state.update(f"{unit.name} {len(unit.source.text)}\n".encode())
            state.update(unit.source.text.encode("utf-8", "surrogatepass"))
    state.update(digest_of(layer, currencies).encode())
    return state.hexdigest()


def can_be_kept(layer: Layer) -> bool:
    """Whether the key tells all that a layer's program depends on: attack steps look at values as well."""
    return not layer.declared(tree.StepItem)


# ---------------------------------------------------------------------------------------------- internals


def _all(names: Names) -> Iterator[Declared]:
    for group in names.items.values():
        yield from group


def _rules_of(layers: Iterable[Names]) -> Iterator[Declared]:
    for names in layers:
        for declared in _all(names):
            if isinstance(declared.item, tree.RuleItem):
                yield declared


def _restored(kept: _Rule, declared: Declared) -> CompiledRule:
    assert isinstance(declared.item, tree.RuleItem)
    return CompiledRule(declared, declared.item, kept.variables, kept.subjects, *kept.relations)


def _is_plain(value: object) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return all(isinstance(each, str | bool) for each in parts)


def _words(what: str, of: object) -> tuple[str, ...]:
    """What an input is filled with, as words."""
    if what in _OF_ATTRIBUTES:
        attribute = cast(Attribute, of)
        return attribute.declared_by, attribute.name
    if what == "entry":
        attribute, part = cast("tuple[Attribute, str]", of)
        return attribute.declared_by, attribute.name, part
    return () if of is None else (of,) if isinstance(of, str) else cast("tuple[str, ...]", of)


def _filling(what: str, words: tuple[str, ...], registry: Registry) -> object:
    """The inverse of `_words`. Raises KeyError or ValueError."""
    if what in _OF_ATTRIBUTES:
        kind, name = words
        return registry.kind(kind).attributes[name]
    if what == "entry":
        kind, name, part = words
        return registry.kind(kind).attributes[name], part
    if what == "words":
        return words
    if not words:
        return None
    (word,) = words
    return word


def _kept(program: Program, symbols: Symbols, tidy: bool) -> _Kept | None:
    builder, compiled = program.builder, program.compiled
    values = [symbols.value(each) for each in range(len(symbols))]
    sources: dict[Source, int] = {}
    origins = []
    for rule in compiled.program.rules:
        if not isinstance(rule.origin, Source) or rule.origin.name != rule.name:
            return None
        origins.append(sources.setdefault(rule.origin, len(sources)))
    if not all(map(_is_plain, values)):
        return None
    return _Kept(
        cast("tuple[_SymbolValue, ...]", tuple(values)),
        tuple((name, what, _words(what, of)) for name, (what, of) in builder.inputs.items()),
        tuple(builder.wanted),
        frozenset(builder.completed),
        builder.count,
        tuple((each.span.file, each.span.start, each.span.end, each.name, each.role) for each in sources),
        tuple(origins),
        tuple(
            _Rule(
                rule.declared.qualified,
                rule.variables,
                rule.subjects,
                (rule.violated, rule.possible, rule.applies, rule.may_apply, rule.asked),
            )
            for rule in program.rules
        ),
        keep(compiled),
        tidy,
    )
