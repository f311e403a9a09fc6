"""A draft of the manufacturer's disclosure statement (MDS2), answered from the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from panacea_policy.compiler import UNKNOWN, Entity, Model
from panacea_policy.secure_design.requirements import requirement_id
from panacea_policy.secure_design.results import Answer
from panacea_policy.secure_design.surroundings import known, one
from panacea_policy.secure_design.threats import Check, Locate

NOT_STATED = "not stated"


def disclosure(model: Model, subject: Entity, found: Sequence[Check], locate: Locate) -> tuple[Answer, ...]:
    """Every question, in the order of the statement. What nobody stated is `see note: not stated`.

    A flag answers yes or no; a statement that there is none answers no; anything else answers yes with the
    value as its note. Where the kind has no such attribute, the question is not applicable. What a rule
    ``found`` outweighs a no, and answers where nobody stated anything.
    """
    return tuple(
        _against(_answer(model, subject, section, question, locate), question, found)
        for section in sorted(model.entities("disclosure_section"), key=lambda s: (_rank(s), s.name))
        for question in _questions(model, section)
    )


def _questions(model: Model, section: Entity) -> list[Entity]:
    mine = [q for q in model.entities("disclosure_question") if one(model, q, "section") is section]
    return sorted(mine, key=lambda q: (_rank(q), q.name))


def _rank(entity: Entity) -> float:
    value = entity.value("rank")
    return float(value) if isinstance(value, int | float) else 1e9


def _answer(model: Model, subject: Entity, section: Entity, question: Entity, locate: Locate) -> Answer:
    code = str(known(model, section, "code") or section.short.upper())
    paths = list(_paths(model, question))
    verdict, note, used = _first(model, subject, paths, str(known(model, question, "contains") or ""))
    return Answer(
        section=code,
        section_title=section.title or section.short,
        number=f"{code}-{int(_rank(question))}",
        question=str(known(model, question, "text") or ""),
        answer=verdict,
        note=note,
        attribute=used or (paths[0] if paths else ""),
        place=locate(subject.origin_of(used.split(".")[0]) or subject) if used else None,
    )


def _against(answer: Answer, question: Entity, found: Sequence[Check]) -> Answer:
    """The answer, or why it cannot be: the first check of a rule that contradicts a no. One that nobody can
    decide raises doubt, and shows nothing.
    """
    named = question.value("contradicted_by")
    rules = tuple(map(str, named)) if isinstance(named, tuple) else ()
    check = next((each for each in found if each.rule.id in rules), None)
    if check is None or answer.answer == "yes":
        return answer
    told = check.finding.message if check.finding is not None else check.rule.title
    shown = f"{requirement_id(check.fingerprint)}: {told}"
    if answer.answer == "no":
        return answer.model_copy(update={"answer": "see note", "note": f"stated: no; but {shown}"})
    return answer if check.state == "unknown" else answer.model_copy(update={"answer": "yes", "note": shown})


def _paths(model: Model, question: Entity) -> Iterator[str]:
    first = known(model, question, "attribute")
    if isinstance(first, str):
        yield first
    more = known(model, question, "otherwise")
    yield from (str(each) for each in (more if isinstance(more, tuple) else ()))


Verdict = Literal["yes", "no", "see note", "n/a"]


def _first(model: Model, subject: Entity, paths: list[str], contains: str) -> tuple[Verdict, str, str]:
    """The answer of the first attribute that is stated: verdict, note, and which it was."""
    asked = False
    for path in paths:
        holder, attribute = _holder(model, subject, path)
        if holder is None:
            asked = asked or _has(subject, path)
            continue
        asked = True
        value = model.value(holder, attribute)
        # An empty list that nobody wrote says nothing to a manufacturer's form, complete or not.
        stated = holder.value(attribute) is not UNKNOWN or bool(value)
        if value is UNKNOWN or not stated:
            continue
        verdict, note = _told(model, holder, attribute, value, contains)
        return verdict, note, path
    return ("see note", NOT_STATED, "") if asked else ("n/a", "no such property of this kind", "")


def _has(subject: Entity, path: str) -> bool:
    return path.split(".")[0] in subject.kind.attributes


def _holder(model: Model, subject: Entity, path: str) -> tuple[Entity | None, str]:
    """The declaration that has the last attribute of a path such as ``logging.events``, if it is known."""
    *before, last = path.split(".")
    at: Entity | None = subject
    for name in before:
        at = one(model, at, name) if at is not None else None
    return (at if at is not None and last in at.kind.attributes else None), last


def _told(model: Model, holder: Entity, attribute: str, value: object, contains: str) -> tuple[Verdict, str]:
    if isinstance(value, bool):
        return ("yes" if value else "no"), ""
    if value is None or value == ():
        return "no", "none"
    if contains and isinstance(value, tuple):
        names = [str(each.short) if isinstance(each, Entity) else str(each) for each in value]
        return ("yes" if contains in names else "no"), ""
    return "yes", _note(model, holder, attribute, value)


def _note(model: Model, holder: Entity, attribute: str, value: object) -> str:
    if isinstance(value, Entity):
        return value.title or value.short
    if isinstance(value, tuple):
        return ", ".join(
            (each.title or each.short) if isinstance(each, Entity) else str(each) for each in value
        )
    return model.text(holder, attribute)
