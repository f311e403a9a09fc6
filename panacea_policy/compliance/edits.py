"""Edits of a model that may mend a finding: what could be said otherwise, of what the rule looks at.

The space of edits is finite and made from the model itself: a flag is flipped, a word is exchanged, a
reference goes to what others of the kind refer to, a number to what a rule or others say, a list wins or
loses a member, and a declaration of a kind that the rule asks for is made after one that exists.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from panacea_policy.compiler import UNKNOWN, Entity, Model
from panacea_policy.compiler.entities import Reference
from panacea_policy.language import syntax as tree
from panacea_policy.language.writing import quoted, slug
from panacea_policy.model import (
    Attribute,
    BooleanType,
    Currencies,
    DateType,
    Dimension,
    EnumType,
    NumberType,
    ReferenceType,
    StructureType,
    TextType,
    UnitError,
    ValueType,
    to_base,
)
from panacea_policy.model.nature import NATURE_KINDS, is_nature, is_own, is_structure

#: Values that others have, of one attribute; declarations that a new one is made after; lists that a subject
#: may join; members that a list may lose.
MAX_BORROWED, MAX_EXEMPLARS, MAX_JOINED, MAX_DROPPED = 8, 3, 6, 6
#: Others that a new declaration may be about beside the subject.
MAX_PARTNERS = 4
#: Of what the subject refers to, those that refer to it too are near where there are no more than so many.
MAX_SPEAKERS = 6
#: References to declarations that nobody else refers to, where there are no more than so many of the kind.
MAX_UNUSED = 12
#: The longest value of an edit, in characters.
MAX_WRITTEN = 600
#: The rank of edits whose value stands for one that people have to choose, and of those that accept a risk
#: rather than treat it.
EXAMPLE, ACCEPTANCE = 3, 4
#: A text that people have to write stands as this.
BLANK = "to be written"

_SPEAKABLE = re.compile(r'[A-Za-z_][\w.]*(\["[^"\\]*"\])?')


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of a change. ``site``: the declaration and the attribute, of a new declaration its kind.

    ``rank``: how much it asks for: 0 a setting, 1 a link or a declaration, 2 another structure, 3 a
    choice that nobody can make from here, 4 that somebody accepts a risk. ``lines``: of
    a new declaration the attributes, of which those from ``needed`` on may be left out. ``note``: what a person
    should know of it.
    """

    head: str
    site: tuple[str, str]
    rank: int
    lines: tuple[str, ...] = ()
    needed: int = 0
    note: str = ""

    @property
    def text(self) -> str:
        """The entry in the language."""
        return f"{self.head} {{ {'  '.join(self.lines)} }}" if self.lines else self.head

    @property
    def optional(self) -> range:
        """The numbers of the lines that may be left out."""
        return range(self.needed, len(self.lines))

    def with_lines(self, numbers: Iterable[int]) -> Edit:
        """The declaration with its needed lines and some of the others."""
        lines = (*self.lines[: self.needed], *(self.lines[n] for n in sorted(numbers)))
        return replace(self, lines=lines)


def text_of(edits: Iterable[Edit]) -> str:
    """Some edits as the entries of one change."""
    return "\n".join(edit.text for edit in edits)


class Space:
    """The edits that may mend one finding, in an order that only the model decides."""

    def __init__(
        self,
        model: Model,
        reads: Sequence[Attribute],
        constants: Mapping[Dimension, Sequence[float]],
        today: date,
    ) -> None:
        """``reads``: the attributes that the rule reads; ``constants``: the numbers in its text."""
        self._model = model
        self._today = today
        self._constants = constants
        self.reads = [each for each in reads if not is_nature(each)]
        self._all_reads = list(reads)
        self._used: dict[tuple[str, str], list[object]] = {}

    # ------------------------------------------------------------------------------------------ the space

    def edits(
        self, subjects: Sequence[Entity], witnesses: Sequence[Entity], met: Sequence[Entity]
    ) -> list[Edit]:
        """Every single edit. ``witnesses``: what else the finding rests on; ``met``: subjects that the rule
        is content with.
        """
        near = self._near(subjects, witnesses)
        found: dict[str, tuple[tuple[int, int, int], Edit]] = {}
        order = 0
        for entity, distance in near.items():
            for attribute in self._attributes(entity):
                for text, note in self._values(entity, attribute):
                    edit = self.setting(entity, attribute, text, note)
                    if edit is not None:
                        found.setdefault(edit.text, ((edit.rank, distance, order), edit))
                        order += 1
        others = [each for each, distance in near.items() if distance == 1]
        for edit in (*self._joins(subjects, near), *self.declarations(subjects, met, others)):
            found.setdefault(edit.text, ((edit.rank, 1, order), edit))
            order += 1
        return [edit for _, edit in sorted(found.values(), key=lambda each: each[0])]

    def borrowed(self, subject: Entity, model_of: Entity, met: Sequence[Entity]) -> list[Edit]:
        """What would have to be said of a subject for it to be like one that the rule is content with."""
        found: list[Edit] = []
        for attribute in self._attributes(subject):
            if isinstance(attribute.type, TextType):
                blank = quoted(BLANK)
                edit = self.setting(subject, attribute, f"[{blank}]" if attribute.many else blank, "a text to be written")
                found += [edit] if edit is not None and subject.value(attribute.name) in (None, UNKNOWN, ()) else []
                continue
            have, want = subject.value(attribute.name), model_of.value(attribute.name)
            if want is not UNKNOWN and want != have:
                written = self.written(want, attribute.type)
                edit = self.setting(subject, attribute, written) if written is not None else None
                if edit is not None:
                    found.append(edit)
        by_kind = {edit.site[1]: edit for edit in reversed(list(self.declarations([subject], met)))}
        return [*found, *by_kind.values()]

    def made(self, subject: Entity) -> Iterator[tuple[Edit, Edit]]:
        """A declaration of its own for what a subject refers to, made after another one's, and the reference
        to it.
        """
        for attribute in self._attributes(subject):
            kinds = attribute.type.kinds if isinstance(attribute.type, ReferenceType) else ()
            if attribute.many or not kinds or not set(kinds) <= MADE:
                continue
            for exemplar, lender in self._lent(attribute, subject, kinds):
                new = self._made_like(exemplar, lender, subject)
                link = self.setting(subject, attribute, new.head.split()[-1]) if new is not None else None
                if new is not None and link is not None:
                    yield new, link

    def _lent(
        self, attribute: Attribute, subject: Entity, kinds: Sequence[str]
    ) -> Iterator[tuple[Entity, Entity | None]]:
        """Declarations of some kinds, with those that have them by an attribute, else without."""
        lent = False
        for lender in self._model.entities(attribute.declared_by):
            name = lender.value(attribute.name)
            exemplar = self._model.get(name) if isinstance(name, Reference) else None
            if exemplar is not None and lender is not subject:
                lent = True
                yield exemplar, lender
        for kind in kinds if not lent else ():
            yield from ((each, None) for each in self._model.entities(kind) if self._editable(each))

    def setting(self, entity: Entity, attribute: Attribute, value: str, note: str = "") -> Edit | None:
        """``set ENTITY.ATTRIBUTE: VALUE``; None where the language has no name for the entity."""
        name = entity.short
        if _SPEAKABLE.fullmatch(name) is None:
            return None
        base, bracket, key = name.partition("[")
        rank = 2 if is_structure(attribute) else int(isinstance(attribute.type, ReferenceType))
        if is_own(attribute):
            rank, note = EXAMPLE, "an example: choose the right one"
        if len(value) > MAX_WRITTEN:
            return None
        if (attribute.name, value) == ("treatment", "accept") or entity.value("treatment") == "accept":
            rank = ACCEPTANCE
        text = f"set {base}.{attribute.name}{bracket}{key}: {value}"
        return Edit(text, (entity.name, attribute.name), rank, note=note)

    def declarations(
        self, subjects: Sequence[Entity], met: Sequence[Entity], others: Sequence[Entity] = ()
    ) -> Iterator[Edit]:
        """New declarations about a subject, or about it and one of some ``others``, made after others of their
        kind.
        """
        content = {each.name for each in met}
        done: set[tuple[str, str, str]] = set()
        for subject in subjects:
            if _SPEAKABLE.fullmatch(subject.short) is None:
                continue
            for attribute in self._all_reads:
                if not self._accepts(attribute, subject):
                    continue
                exemplars = self._exemplars(attribute, content)
                for exemplar in islice(exemplars, MAX_EXEMPLARS):
                    key = (subject.name, exemplar.name, attribute.name)
                    if key in done:
                        continue
                    done.add(key)
                    partners = [each for each in others if attribute.many and self._accepts(attribute, each)]
                    for about in ([subject], *([subject, each] for each in partners[:MAX_PARTNERS])):
                        edit = self._like(exemplar, attribute, about)
                        if edit is not None:
                            yield edit

    # ------------------------------------------------------------------------------------------ what is near

    def _near(self, subjects: Sequence[Entity], witnesses: Sequence[Entity]) -> dict[Entity, int]:
        """The declarations that may be changed, with how far they are from the subjects."""
        found: dict[Entity, int] = dict.fromkeys(subjects, 0)
        for each in subjects:
            for other in self._leads(each):
                found.setdefault(other, 1)
        for each in witnesses:
            found.setdefault(each, 1)
        names = {each.name for each in subjects}
        for attribute in self._all_reads:
            if isinstance(attribute.type, ReferenceType) and any(
                self._accepts(attribute, each) for each in subjects
            ):
                for entity in self._model.entities(attribute.declared_by):
                    if not names.isdisjoint(_references(entity.value(attribute.name))):
                        found.setdefault(entity, 1)
        for each in [entity for entity, distance in found.items() if distance == 1]:
            for other in (*self._leads(each), *self._few_that_speak_of(each)):
                found.setdefault(other, 2)
        return {each: distance for each, distance in found.items() if self._editable(each)}

    def _few_that_speak_of(self, entity: Entity) -> Iterator[Entity]:
        """Those that refer to an entity by what the rule reads, unless they are many."""
        for attribute in self._all_reads:
            if self._accepts(attribute, entity):
                hosts = [
                    host
                    for host in self._model.entities(attribute.declared_by)
                    if entity.name in _references(host.value(attribute.name))
                ]
                if len(hosts) <= MAX_SPEAKERS:
                    yield from hosts

    def _leads(self, entity: Entity) -> Iterator[Entity]:
        """What an entity refers to by what the rule reads, its parts, and what it is part of."""
        for attribute in self._all_reads:
            if attribute.name in entity.kind.attributes:
                for name in _references(entity.value(attribute.name)):
                    other = self._model.get(name)
                    if other is not None:
                        yield other
        if entity.owner is not None:
            yield entity.owner

    def _editable(self, entity: Entity) -> bool:
        """Whether it is the hospital's own to change: not of a library or pack."""
        from panacea_policy.compiler.packages import is_installed

        return not is_installed(entity.package) and entity.kind.name not in ("rule", "scenario", "test")

    def _attributes(self, entity: Entity) -> Iterator[Attribute]:
        """The attributes that the rule reads and this entity has."""
        for attribute in self.reads:
            own = entity.kind.attributes.get(attribute.name)
            if own is not None and own.declared_by == attribute.declared_by:
                yield own

    # ------------------------------------------------------------------------------------------ values

    def _values(self, entity: Entity, attribute: Attribute) -> Iterator[tuple[str, str]]:
        """The other values that an attribute may be set to, as texts, each with a note."""
        have = entity.value(attribute.name)
        if attribute.many:
            yield from self._lists(entity, attribute, have if isinstance(have, tuple) else ())
            return
        for value in self._choices(entity, attribute):
            if value != have or type(value) is not type(have):
                written = self.written(value, attribute.type)
                if written is not None:
                    yield written, ""
        if isinstance(attribute.type, TextType) and not isinstance(have, str):
            yield quoted(BLANK), "a text to be written"
        gone = isinstance(attribute.type, ReferenceType | DateType | NumberType) and not attribute.required
        if gone and have is not None:
            yield "none", ""

    def _lists(
        self, entity: Entity, attribute: Attribute, have: tuple[object, ...]
    ) -> Iterator[tuple[str, str]]:
        whole = [self.written(each, attribute.type) for each in have]
        if None in whole:
            return
        written = [each for each in whole if each is not None]
        for value in self._choices(entity, attribute):
            text = self.written(value, attribute.type)
            if text is not None and text not in written:
                yield f"[{', '.join([*written, text])}]", f"adds {text}" if written else ""
        for number in range(min(len(written), MAX_DROPPED)):
            left = written[:number] + written[number + 1 :]
            yield f"[{', '.join(left)}]", f"takes out {written[number]}"
        if len(written) > 1:
            yield "[]", f"takes out all {len(written)}"
        if isinstance(attribute.type, TextType) and not written:
            yield f"[{quoted(BLANK)}]", "a text to be written"

    def _choices(self, entity: Entity, attribute: Attribute) -> Iterator[object]:
        """Values of one attribute, those of others first."""
        match attribute.type:
            case BooleanType():
                yield from (True, False)
            case EnumType(words):
                yield from words
            case NumberType(dimension):
                yield from dict.fromkeys((*self._constants.get(dimension, ()), *self._borrowed(attribute)))
            case DateType():
                yesterday = self._today - timedelta(days=1)
                yield from dict.fromkeys((self._today, *self._borrowed(attribute), yesterday))
            case ReferenceType(kinds, template=False):
                used = self._borrowed(attribute)
                if is_own(attribute) and set(kinds) <= MADE:
                    yield from (each for each in used if self._speaks_of(each, entity))
                    return
                yield from used
                for kind in kinds:
                    others = self._model.entities(kind)
                    if len(others) <= MAX_UNUSED:
                        yield from (Reference(e.name) for e in others if Reference(e.name) not in used)
            case StructureType() if entity.value(attribute.name) in (None, UNKNOWN):
                yield from self._borrowed(attribute)

    def _speaks_of(self, name: object, entity: Entity) -> bool:
        """Whether a declaration refers to an entity."""
        other = self._model.get(str(name))
        return other is not None and any(
            entity.name in _references(other.value(each)) for each in other.kind.attributes
        )

    def _borrowed(self, attribute: Attribute) -> list[object]:
        """What others have, the most frequent first."""
        key = (attribute.declared_by, attribute.name)
        if key not in self._used:
            counts: Counter[object] = Counter()
            for entity in self._model.entities(attribute.declared_by):
                value = entity.value(attribute.name)
                for each in value if isinstance(value, tuple) else (value,):
                    if each is not None and each is not UNKNOWN:
                        counts[each] += 1
            ordered = sorted(counts.items(), key=lambda each: (-each[1], str(each[0])))
            self._used[key] = [value for value, _ in ordered[:MAX_BORROWED]]
        return self._used[key]

    def written(self, value: object, type: ValueType) -> str | None:
        """A value as the language writes it; None for one that it cannot, or that is not to be copied."""
        if isinstance(value, tuple):
            parts = [self.written(each, type) for each in value]
            return None if None in parts else f"[{', '.join(map(str, parts))}]"
        if value is None:
            return "none"
        match type:
            case BooleanType() if isinstance(value, bool):
                return "true" if value else "false"
            case EnumType():
                return str(value)
            case NumberType(dimension) if isinstance(value, int | float):
                return quantity(float(value), dimension, self._model.currencies.model)
            case DateType() if isinstance(value, date):
                return value.isoformat()
            case TextType(pattern=None) if isinstance(value, str):
                return quoted(value)
            case ReferenceType() if isinstance(value, Reference):
                entity = self._model.get(value)
                return entity.short if entity is not None and _SPEAKABLE.fullmatch(entity.short) else None
            case StructureType() if isinstance(value, Reference):
                return self._structure(value)
        return None

    def _structure(self, name: Reference) -> str | None:
        part = self._model.get(name)
        if part is None:
            return None
        lines = [
            f"{attribute.name}: {text}"
            for attribute in part.kind.attributes.values()
            if part.kind.owner != attribute.name
            and (value := part.value(attribute.name)) is not UNKNOWN
            and (text := self.written(value, attribute.type)) is not None
        ]
        return f"{{ {'  '.join(lines)} }}" if lines else None

    # ------------------------------------------------------------------------------------------ declarations

    def _joins(self, subjects: Sequence[Entity], near: Mapping[Entity, int]) -> Iterator[Edit]:
        """A subject joins a list of a declaration that does not speak of it."""
        for subject in subjects:
            for attribute in self.reads:
                if not attribute.many or not self._accepts(attribute, subject):
                    continue
                hosts = [
                    (-sum(self._is_like(name, subject) for name in _references(value)), each.name, each)
                    for each in self._model.entities(attribute.declared_by)
                    if each not in near
                    and self._editable(each)
                    and isinstance(value := each.value(attribute.name), tuple)
                    and Reference(subject.name) not in value
                ]
                for _, _, host in sorted(hosts, key=lambda each: each[:2])[:MAX_JOINED]:
                    value = host.value(attribute.name)
                    assert isinstance(value, tuple)
                    text = self.written((*value, Reference(subject.name)), attribute.type)
                    note = f"adds {subject.short}"
                    edit = self.setting(host, attribute, text, note) if text is not None else None
                    if edit is not None:
                        yield edit

    def _is_like(self, name: str, subject: Entity) -> bool:
        other = self._model.get(name)
        return other is not None and other.kind.name == subject.kind.name

    def _accepts(self, attribute: Attribute, subject: Entity) -> bool:
        """Whether an attribute may refer to a subject."""
        return isinstance(attribute.type, ReferenceType) and any(
            self._model.registry.is_a(subject.kind.name, kind) for kind in attribute.type.kinds
        )

    def _exemplars(self, attribute: Attribute, content: frozenset[str] | set[str]) -> list[Entity]:
        """Declarations that refer to something by an attribute: those about contented subjects first."""
        found = [
            (not content.intersection(names), each.name, each)
            for each in self._model.entities(attribute.declared_by)
            if self._editable(each)
            and not each.kind.structure
            and each.kind.name not in ("entry",)
            and (names := list(_references(each.value(attribute.name))))
        ]
        return [each for _, _, each in sorted(found, key=lambda each: each[:2])]

    def _made_like(self, exemplar: Entity, lender: Entity | None, subject: Entity) -> Edit | None:
        """A declaration like one of another subject's, with this subject in the other's place."""
        needed, optional = [], []
        for each in exemplar.kind.attributes.values():
            value = exemplar.value(each.name)
            if value is UNKNOWN or value is None:
                continue
            mine = _exchanged(value, lender.name, subject.name) if lender is not None else value
            text = self.written(self._timely(mine), each.type)
            if text is not None and (mine != value or each.required):
                needed.append(f"{each.name}: {text}")
            elif text is not None and each.name in {one.name for one in self._all_reads}:
                optional.append(f"{each.name}: {text}")
        head = f"{exemplar.kind.keyword} {self._name(exemplar, subject)}"
        return Edit(head, (subject.name, exemplar.kind.name), 1, (*needed, *optional), len(needed))

    def _timely(self, value: object) -> object:
        """What was done for another one is still to be done for this one: on the day that is asked about."""
        return self._today if isinstance(value, date) and value < self._today else value

    def _name(self, exemplar: Entity, subject: Entity) -> str:
        """A name that nothing has."""
        name = f"{slug(subject.short)}_{exemplar.kind.name}"
        while self._model.get(exemplar.package.qualify(name)) is not None:
            name += "_2"
        return name

    def _like(self, exemplar: Entity, attribute: Attribute, about: Sequence[Entity]) -> Edit | None:
        """A declaration like another one, about a subject, perhaps with others. None for what is an asset or person of its own:
        those are not made up.
        """
        kind, registry = exemplar.kind, self._model.registry
        if kind.name in NO_NEW or kind.name in NATURE_KINDS or kind.arrow is not None or kind.subject is not None:
            return None
        if registry.is_a(kind.name, "asset") or registry.is_a(kind.name, "party"):
            return None
        reads = {each.name for each in self._all_reads if each.name in kind.attributes}
        subject, names = about[0], ", ".join(each.short for each in about)
        needed, optional = [f"{attribute.name}: {f'[{names}]' if attribute.many else names}"], []
        for each in kind.attributes.values():
            value = exemplar.value(each.name)
            if each.name == attribute.name or value is UNKNOWN or value is None or value == ():
                continue
            if not (each.required or each.name in reads):
                continue
            text = self.written(self._timely(value), each.type)
            if text is not None:
                (needed if each.required else optional).append(f"{each.name}: {text}")
            elif each.required:
                return None
        name = self._name(exemplar, subject)
        lines = (*needed, *optional)
        rank = ACCEPTANCE if exemplar.value("treatment") == "accept" else min(len(about), 2)
        return Edit(f"{kind.keyword} {name}", (subject.name, kind.name), rank, lines, len(needed))


#: Kinds of which an own declaration can be made where one is missing.
MADE = frozenset({"agreement", "transfer"})
#: Kinds of which no declaration is made up: a place, a kind of data, a duty, or what happened.
NO_NEW = frozenset("zone room data_class dataset role organisation process processing incident".split())


def _exchanged(value: object, one: str, other: str) -> object:
    """A value with one reference in another's place."""
    if isinstance(value, tuple):
        return tuple(_exchanged(each, one, other) for each in value)
    return Reference(other) if isinstance(value, Reference) and value == one else value


def _references(value: object) -> Iterator[str]:
    """The names that a value refers to."""
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(each, Reference):
            yield each


def numbers_of(part: object, currencies: Currencies) -> Mapping[Dimension, list[float]]:
    """The quantities in a text of the language, in base units, by what they may measure."""
    found: dict[Dimension, list[float]] = {}
    for node in _quantities(part):
        for dimension in Dimension:
            try:
                value = to_base(node.value, node.unit, node.per, dimension, currencies)
            except UnitError:
                continue
            found.setdefault(dimension, []).append(value)
    return found


def _quantities(part: object) -> Iterator[tree.Quantity]:
    if isinstance(part, tree.Quantity):
        yield part
    elif isinstance(part, tree.Node):
        for each in part.__struct_fields__:
            yield from _quantities(getattr(part, each))
    elif isinstance(part, tuple):
        for each in part:
            yield from _quantities(each)


def quantity(value: float, dimension: Dimension, currency: str | None) -> str | None:
    """A number in base units as the language writes it."""
    number = f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value!r}"
    if "e" in number:
        return None
    money = currency or "EUR"
    match dimension:
        case Dimension.COUNT | Dimension.FRACTION:
            return number
        case Dimension.DURATION:
            for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60)):
                if value and value % seconds == 0:
                    return f"{value // seconds:.0f} {unit}"
            return f"{number} s"
        case Dimension.MONEY:
            return f"{number} {money}"
        case Dimension.MONEY_RATE:
            return f"{number} {money} per year"
        case Dimension.RATE:
            return f"{number} per year"
        case Dimension.DATA_SIZE:
            return f"{number} B"
        case Dimension.DATA_RATE:
            return f"{number} B per s"
    return None
