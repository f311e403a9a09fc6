"""Declarations that a rule asks for and nobody made: written after others of their kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from panacea_policy.compiler import UNKNOWN, Entity, Model
from panacea_policy.compiler.entities import Reference
from panacea_policy.compliance.writing import ACCEPTANCE, Edit, as_text, is_speakable, references, setting
from panacea_policy.language.writing import slug
from panacea_policy.model import Attribute, ReferenceType
from panacea_policy.model.nature import NATURE_KINDS

#: Declarations that a new one is made after, and others that it may be about beside the subject.
MAX_EXEMPLARS, MAX_PARTNERS = 3, 4
#: Kinds of which an own declaration can be made where one is missing.
MADE = frozenset({"agreement", "transfer"})
#: Kinds of which no declaration is made up: a place, a kind of data, a duty, or what happened.
NO_NEW = frozenset(
    ["zone", "room", "data_class", "dataset", "role", "organisation", "process", "processing", "incident"]
)


class Maker:
    """Makes declarations up for the subjects of one rule."""

    def __init__(self, model: Model, reads: Sequence[Attribute], today: date) -> None:
        """``reads``: all attributes that the rule reads."""
        self._model = model
        self._reads = reads
        self._today = today

    def made(self, subject: Entity) -> Iterator[tuple[Edit, Edit]]:
        """A declaration of its own for what a subject refers to, made after another one's, and the reference
        to it.
        """
        for attribute in attributes_of(subject, self._reads):
            kinds = attribute.type.kinds if isinstance(attribute.type, ReferenceType) else ()
            if attribute.many or not kinds or not set(kinds) <= MADE:
                continue
            for exemplar, lender in self._lent(attribute, subject, kinds):
                new = self._made_like(exemplar, lender, subject)
                link = setting(subject, attribute, new.head.split()[-1]) if new is not None else None
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
            yield from ((each, None) for each in self._model.entities(kind) if is_editable(each))

    def declarations(
        self, subjects: Sequence[Entity], met: Sequence[Entity], others: Sequence[Entity] = ()
    ) -> Iterator[Edit]:
        """New declarations about a subject, or about it and one of some ``others``, made after others of
        their kind.
        """
        content = {each.name for each in met}
        done: set[tuple[str, str, str]] = set()
        for subject in subjects:
            if not is_speakable(subject):
                continue
            for attribute in self._reads:
                if not accepts(self._model, attribute, subject):
                    continue
                exemplars = self._exemplars(attribute, content)
                for exemplar in islice(exemplars, MAX_EXEMPLARS):
                    key = (subject.name, exemplar.name, attribute.name)
                    if key in done:
                        continue
                    done.add(key)
                    partners = others if attribute.many else ()
                    fitting = (each for each in partners if accepts(self._model, attribute, each))
                    for about in ([subject], *([subject, each] for each in islice(fitting, MAX_PARTNERS))):
                        edit = self._like(exemplar, attribute, about)
                        if edit is not None:
                            yield edit

    # ------------------------------------------------------------------------------------------ internals

    def _exemplars(self, attribute: Attribute, content: frozenset[str] | set[str]) -> list[Entity]:
        """Declarations that refer to something by an attribute: those about contented subjects first."""
        found = [
            (not content.intersection(names), each.name, each)
            for each in self._model.entities(attribute.declared_by)
            if is_editable(each)
            and not each.kind.structure
            and each.kind.name not in ("entry",)
            and (names := list(references(each.value(attribute.name))))
        ]
        return [each for _, _, each in sorted(found, key=lambda each: each[:2])]

    def _made_like(self, exemplar: Entity, lender: Entity | None, subject: Entity) -> Edit | None:
        """A declaration like one of another subject's, with this subject in the other's place."""
        needed: list[str] = []
        optional: list[str] = []
        for each in exemplar.kind.attributes.values():
            value = exemplar.value(each.name)
            if value is UNKNOWN or value is None:
                continue
            mine = _exchanged(value, lender.name, subject.name) if lender is not None else value
            text = as_text(self._model, self._timely(mine), each.type)
            if text is not None and (mine != value or each.required):
                needed.append(f"{each.name}: {text}")
            elif text is not None and each.name in {one.name for one in self._reads}:
                optional.append(f"{each.name}: {text}")
        head = f"{exemplar.kind.keyword} {self._name(exemplar, subject)}"
        note = f"made after {exemplar.short}: say what is true of this one"
        return Edit(head, (subject.name, exemplar.kind.name), 1, (*needed, *optional), len(needed), note)

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
        """A declaration like another one, about a subject, perhaps with others. None for what is an asset or
        person of its own: those are not made up.
        """
        kind, registry = exemplar.kind, self._model.registry
        if (
            kind.name in NO_NEW
            or kind.name in NATURE_KINDS
            or kind.arrow is not None
            or kind.subject is not None
        ):
            return None
        if registry.is_a(kind.name, "asset") or registry.is_a(kind.name, "party"):
            return None
        reads = {each.name for each in self._reads if each.name in kind.attributes}
        subject, names = about[0], ", ".join(each.short for each in about)
        needed = [f"{attribute.name}: {f'[{names}]' if attribute.many else names}"]
        optional: list[str] = []
        for each in kind.attributes.values():
            value = exemplar.value(each.name)
            if each.name == attribute.name or value is UNKNOWN or value is None or value == ():
                continue
            if not (each.required or each.name in reads):
                continue
            text = as_text(self._model, self._timely(value), each.type)
            if text is not None:
                (needed if each.required else optional).append(f"{each.name}: {text}")
            elif each.required:
                return None
        name = self._name(exemplar, subject)
        lines = (*needed, *optional)
        rank = ACCEPTANCE if exemplar.value("treatment") == "accept" else min(len(about), 2)
        head, note = f"{kind.keyword} {name}", f"made after {exemplar.short}: say what is true of this one"
        return Edit(head, (subject.name, kind.name), rank, lines, len(needed), note)


def accepts(model: Model, attribute: Attribute, subject: Entity) -> bool:
    """Whether an attribute may refer to a subject."""
    return isinstance(attribute.type, ReferenceType) and any(
        model.registry.is_a(subject.kind.name, kind) for kind in attribute.type.kinds
    )


def is_editable(entity: Entity) -> bool:
    """Whether it is the hospital's own to change: not of a library or pack."""
    return not entity.package.library and entity.kind.name not in ("rule", "scenario", "test")


def _exchanged(value: object, one: str, other: str) -> object:
    """A value with one reference in another's place."""
    if isinstance(value, tuple):
        return tuple(_exchanged(each, one, other) for each in value)
    return Reference(other) if isinstance(value, Reference) and value == one else value


def attributes_of(entity: Entity, reads: Sequence[Attribute]) -> Iterator[Attribute]:
    """The attributes that the rule reads and this entity has."""
    for attribute in reads:
        own = entity.kind.attributes.get(attribute.name)
        if own is not None and own.declared_by == attribute.declared_by:
            yield own
