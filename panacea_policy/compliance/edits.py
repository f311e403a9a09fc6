"""Edits of a model that may mend a finding: what could be said otherwise, of what the rule looks at.

The space of edits is finite and made from the model itself: a flag is flipped, a word is exchanged, a
reference goes to what others of the kind refer to, a number to what a rule or others say, a list wins or
loses a member, and a declaration of a kind that the rule asks for is made after one that exists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from panacea_policy.compiler import UNKNOWN, Entity, Model
from panacea_policy.compiler.entities import Reference
from panacea_policy.compliance.new_declarations import MADE, Maker, accepts, attributes_of, is_editable
from panacea_policy.compliance.writing import Edit, as_text, references, setting
from panacea_policy.language.writing import quoted
from panacea_policy.model import (
    Attribute,
    BooleanType,
    DateType,
    Dimension,
    EnumType,
    NumberType,
    ReferenceType,
    StructureType,
    TextType,
)
from panacea_policy.model.nature import is_nature, is_own

#: Values that others have, of one attribute; declarations that a new one is made after; lists that a subject
#: may join; members that a list may lose.
MAX_BORROWED, MAX_JOINED, MAX_DROPPED = 8, 6, 6
#: Of what the subject refers to, those that refer to it too are near where there are no more than so many.
MAX_SPEAKERS = 6
#: References to declarations that nobody else refers to, where there are no more than so many of the kind.
MAX_UNUSED = 12
#: A text that people have to write stands as this.
BLANK = "to be written"


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
        self.maker = Maker(model, reads, today)
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
            for attribute in attributes_of(entity, self.reads):
                for text, note in self._values(entity, attribute):
                    edit = setting(entity, attribute, text, note)
                    if edit is not None:
                        found.setdefault(edit.text, ((edit.rank, distance, order), edit))
                        order += 1
        others = [each for each, distance in near.items() if distance == 1]
        for edit in (*self._joins(subjects, near), *self.maker.declarations(subjects, met, others)):
            found.setdefault(edit.text, ((edit.rank, 1, order), edit))
            order += 1
        return [edit for _, edit in sorted(found.values(), key=lambda each: each[0])]

    def borrowed(self, subject: Entity, model_of: Entity, met: Sequence[Entity]) -> list[Edit]:
        """What would have to be said of a subject for it to be like one that the rule is content with."""
        found: list[Edit] = []
        for attribute in attributes_of(subject, self.reads):
            if isinstance(attribute.type, TextType):
                blank = quoted(BLANK)
                edit = setting(
                    subject, attribute, f"[{blank}]" if attribute.many else blank, "a text to be written"
                )
                found += (
                    [edit]
                    if edit is not None and subject.value(attribute.name) in (None, UNKNOWN, ())
                    else []
                )
                continue
            have, want = subject.value(attribute.name), model_of.value(attribute.name)
            if want is not UNKNOWN and want != have:
                written = as_text(self._model, want, attribute.type)
                edit = setting(subject, attribute, written) if written is not None else None
                if edit is not None:
                    found.append(edit)
        by_kind = {edit.site[1]: edit for edit in reversed(list(self.maker.declarations([subject], met)))}
        return [*found, *by_kind.values()]

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
                accepts(self._model, attribute, each) for each in subjects
            ):
                for entity in self._model.entities(attribute.declared_by):
                    if not names.isdisjoint(references(entity.value(attribute.name))):
                        found.setdefault(entity, 1)
        for each in [entity for entity, distance in found.items() if distance == 1]:
            for other in (*self._leads(each), *self._few_that_speak_of(each)):
                found.setdefault(other, 2)
        return {each: distance for each, distance in found.items() if is_editable(each)}

    def _few_that_speak_of(self, entity: Entity) -> Iterator[Entity]:
        """Those that refer to an entity by what the rule reads, unless they are many."""
        for attribute in self._all_reads:
            if accepts(self._model, attribute, entity):
                hosts = [
                    host
                    for host in self._model.entities(attribute.declared_by)
                    if entity.name in references(host.value(attribute.name))
                ]
                if len(hosts) <= MAX_SPEAKERS:
                    yield from hosts

    def _leads(self, entity: Entity) -> Iterator[Entity]:
        """What an entity refers to by what the rule reads, its parts, and what it is part of."""
        for attribute in self._all_reads:
            if attribute.name in entity.kind.attributes:
                for name in references(entity.value(attribute.name)):
                    other = self._model.get(name)
                    if other is not None:
                        yield other
        if entity.owner is not None:
            yield entity.owner

    # ------------------------------------------------------------------------------------------ values

    def _values(self, entity: Entity, attribute: Attribute) -> Iterator[tuple[str, str]]:
        """The other values that an attribute may be set to, as texts, each with a note."""
        have = entity.value(attribute.name)
        if attribute.many:
            yield from self._lists(entity, attribute, have if isinstance(have, tuple) else ())
            return
        for value in self._choices(entity, attribute):
            if value != have or type(value) is not type(have):
                written = as_text(self._model, value, attribute.type)
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
        whole = [as_text(self._model, each, attribute.type) for each in have]
        if None in whole:
            return
        written = [each for each in whole if each is not None]
        for value in self._choices(entity, attribute):
            text = as_text(self._model, value, attribute.type)
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
            entity.name in references(other.value(each)) for each in other.kind.attributes
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

    def _joins(self, subjects: Sequence[Entity], near: Mapping[Entity, int]) -> Iterator[Edit]:
        """A subject joins a list of a declaration that does not speak of it."""
        for subject in subjects:
            for attribute in self.reads:
                if not attribute.many or not accepts(self._model, attribute, subject):
                    continue
                hosts = [
                    (-sum(self._is_like(name, subject) for name in references(value)), each.name, each)
                    for each in self._model.entities(attribute.declared_by)
                    if each not in near
                    and is_editable(each)
                    and isinstance(value := each.value(attribute.name), tuple)
                    and Reference(subject.name) not in value
                ]
                for _, _, host in sorted(hosts, key=lambda each: each[:2])[:MAX_JOINED]:
                    value = host.value(attribute.name)
                    assert isinstance(value, tuple)
                    text = as_text(self._model, (*value, Reference(subject.name)), attribute.type)
                    note = f"adds {subject.short}"
                    edit = setting(host, attribute, text, note) if text is not None else None
                    if edit is not None:
                        yield edit

    def _is_like(self, name: str, subject: Entity) -> bool:
        other = self._model.get(name)
        return other is not None and other.kind.name == subject.kind.name
