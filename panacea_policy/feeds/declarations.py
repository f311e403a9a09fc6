"""What feeds say, in the language: declarations that come, attributes that are set, references that join a
list.

Facts carry their values as text of the language. The facts of all keys together are one state; two states
differ by a :class:`Difference`, which becomes changes for ``Workspace.apply``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from panacea_policy.feeds.records import Origin
from panacea_policy.language.writing import quoted

#: Longest title or remark; what a feed says beyond is in the feed.
_LONGEST_TEXT = 400
#: The text of one change stays below the compiler's limit of a million characters.
_LONGEST_CHANGE = 900_000


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration of its own. ``attributes``: pairs of name and value as text."""

    name: str
    kind: str
    title: str
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def slot(self) -> str:
        """What it is the one word on."""
        return self.name


@dataclass(frozen=True, slots=True)
class Said:
    """An attribute of a declaration of the model. Of several words on one, that of the latest time counts."""

    target: str
    attribute: str
    value: str
    at: str = ""

    @property
    def slot(self) -> str:
        """The attribute that it sets."""
        return set_path(self.target, self.attribute)


@dataclass(frozen=True, slots=True)
class Added:
    """References that join a list attribute of a declaration of the model."""

    target: str
    attribute: str
    references: tuple[str, ...]

    @property
    def slot(self) -> str:
        """The attribute that it adds to."""
        return set_path(self.target, self.attribute)


Fact = Declared | Said | Added


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only people can decide, and what they would write to decide it."""

    id: str
    text: str
    cure: str = ""
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Matched:
    """What a document was found to mean: for people, and for the record."""

    said: str
    item: str
    confidence: float
    class_: str
    reasons: tuple[str, ...]
    taken: bool
    status: str = "affected"


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the records of one key come to. ``assumptions``: what was guessed, in words."""

    facts: tuple[Fact, ...] = ()
    origins: tuple[Origin, ...] = ()
    assumptions: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    matched: tuple[Matched, ...] = ()
    notes: tuple[str, ...] = ()


NOTHING = Told()


# ---------------------------------------------------------------------------------------------- texts


def remark(text: str) -> str:
    """What a feed says, as a text of the language."""
    return quoted(text, _LONGEST_TEXT)


def day(value: date | datetime) -> str:
    """A date as the language writes it."""
    return (value.date() if isinstance(value, datetime) else value).isoformat()


def percent(share: float) -> str:
    """A share as the language writes it, to a hundredth of a percent."""
    return f"{round(100 * share, 2):.6g} %"


def listed(references: Iterable[str]) -> str:
    """A list of references."""
    return f"[{', '.join(references)}]"


def set_path(target: str, attribute: str) -> str:
    """How ``set`` names an attribute: ``pump["PMP-1"]`` and ``zone`` are ``pump.zone["PMP-1"]``."""
    if target.endswith('"]'):
        name, _, key = target.partition("[")
        return f"{name}.{attribute}[{key}"
    return f"{target}.{attribute}"


def speakable(reference: str) -> bool:
    """Whether the language can name it: parts of one row of an inventory have no name in it."""
    return re.fullmatch(r'[A-Za-z_][\w.]*(\["[^"\\]*"\])?', reference) is not None


def declared_text(fact: Declared) -> str:
    """The declaration, on one line."""
    body = "  ".join(f"{name}: {value}" for name, value in fact.attributes)
    title = f" {remark(fact.title)}" if fact.title else ""
    return f"{fact.kind} {fact.name}{title} {{ {body} }}"


# ---------------------------------------------------------------------------------------------- states


@dataclass(frozen=True, slots=True)
class Slots:
    """A state as it is laid over the model: declarations by name, and attributes with the text they are set
    to.
    """

    declared: Mapping[str, Declared]
    set: Mapping[str, str]


def slots(facts: Iterable[Fact], base: Mapping[str, Sequence[str] | None]) -> Slots:
    """What facts come to together, whatever their order.

    ``base``: for each list attribute that is added to, the references that the model itself lists; None
    where the language cannot name one of them, so that nothing is added.
    """
    declared: dict[str, Declared] = {}
    said: dict[str, Said] = {}
    added: dict[str, set[str]] = {}
    for fact in facts:
        if isinstance(fact, Declared):
            same = declared.get(fact.name)
            if same is None or same is fact or repr(same) < repr(fact):
                declared[fact.name] = fact
        elif isinstance(fact, Said):
            known = said.get(fact.slot)
            if known is None or (known.at, known.value) <= (fact.at, fact.value):
                said[fact.slot] = fact
        else:
            added.setdefault(fact.slot, set()).update(fact.references)
    texts = {slot: fact.value for slot, fact in said.items()}
    for slot, references in added.items():
        own = base.get(slot, ())
        if own is not None:
            texts[slot] = listed([*own, *sorted(references - set(own))])
    return Slots(dict(sorted(declared.items())), dict(sorted(texts.items())))


@dataclass(frozen=True, slots=True)
class Difference:
    """How one state becomes another: entries of changes, in order. ``fresh``: only a model opened anew can
    get there, as an attribute would have to be unset.
    """

    changes: tuple[str, ...]
    fresh: bool = False

    @property
    def empty(self) -> bool:
        """Whether the states are the same."""
        return not self.changes and not self.fresh


def whole(state: Slots) -> tuple[str, ...]:
    """The changes that lay a state over a model without one."""
    entries = [declared_text(each) for each in state.declared.values()]
    entries += [f"set {slot}: {value}" for slot, value in state.set.items()]
    return _changes(entries)


def difference(before: Slots, after: Slots, base: Mapping[str, str | None]) -> Difference:
    """The changes between two states. ``base``: the model's own text of an attribute, None where it has
    none.
    """
    gone = [name for name in before.declared if name not in after.declared]
    come = [each for name, each in after.declared.items() if name not in before.declared]
    sets: list[str] = []
    again: list[Declared] = []
    for name, new in after.declared.items():
        old = before.declared.get(name)
        if old is None or old is new or old == new:
            continue
        had, has = dict(old.attributes), dict(new.attributes)
        if old.kind != new.kind or old.title != new.title or had.keys() - has.keys():
            again.append(new)
        else:
            sets += [f"set {name}.{key}: {value}" for key, value in has.items() if had.get(key) != value]
    fresh = False
    for slot, value in after.set.items():
        if before.set.get(slot) != value:
            sets.append(f"set {slot}: {value}")
    for slot in before.set:
        if slot not in after.set:
            own = base.get(slot)
            fresh = fresh or own is None
            sets.append(f"set {slot}: {own}")
    if fresh:
        return Difference((), fresh=True)
    first = [*(declared_text(each) for each in come), *sets, *(f"remove {name}" for name in gone)]
    if not again:
        return Difference(_changes(first))
    # A declaration that loses an attribute goes and comes again; what referred to it says so once more.
    names = {each.name for each in again}
    first += [f"remove {name}" for name in sorted(names)]
    second = [declared_text(each) for each in again]
    second += [f"set {slot}: {value}" for slot, value in after.set.items() if _names(value) & names]
    second += [
        f"set {each.name}.{key}: {value}"
        for each in after.declared.values()
        if each.name not in names
        for key, value in each.attributes
        if not value.startswith('"') and _names(value) & names
    ]
    return Difference((*_changes(first), *_changes(second)))


def _names(value: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_][\w.]*", value))


def _changes(entries: Sequence[str]) -> tuple[str, ...]:
    """Entries as texts of changes, each short enough."""
    texts: list[list[str]] = [[]]
    length = 0
    for entry in entries:
        if length + len(entry) > _LONGEST_CHANGE and texts[-1]:
            texts.append([])
            length = 0
        texts[-1].append(entry)
        length += len(entry) + 1
    return tuple("\n".join(each) for each in texts if each)
