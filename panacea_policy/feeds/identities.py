"""What an identity system reports, as attributes of persons, accounts and credentials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from panacea_policy.compiler import Entity
from panacea_policy.feeds.base import Base
from panacea_policy.feeds.declarations import Fact, Matched, Question, Said, Told, day, speakable
from panacea_policy.feeds.records import IdentityEvent
from panacea_policy.language.writing import slug

#: What each event says: the kinds it speaks of, the attribute, and its value; `@` is the day of the event.
_MEANING: dict[str, tuple[tuple[str, str, str], ...]] = {
    "login": (("account", "last_used_on", "@"),),
    "login_failed": (),
    "locked": (("account", "state", "held"),),
    "password_leaked": (("credential", "leaked", "true"),),
    "credential_issued": (("credential", "issued_on", "@"),),
    "credential_revoked": (("credential", "revoked_on", "@"),),
    "factor_added": (("account", "authentication", "mfa"),),
    "factor_removed": (("account", "authentication", "password"),),
    "privilege_granted": (("account", "privileged", "true"),),
    "privilege_revoked": (("account", "privileged", "false"),),
    "joined": (("person", "joined_on", "@"),),
    "left": (("person", "leaves_on", "@"),),
}
#: Events that no attribute follows from.
SILENT = frozenset(kind for kind, meaning in _MEANING.items() if not meaning)
_KINDS = ("person", "account", "credential", "role")


def tell_identity(base: Base, events: Sequence[IdentityEvent]) -> Told:
    """The facts about one subject from all its events; the latest word on an attribute counts."""
    ordered = sorted(events, key=lambda each: (each.at.isoformat(), each.id))
    subject = ordered[0].subject
    origins = tuple(dict.fromkeys(each.origin for each in ordered))
    speaking = [each for each in ordered if each.kind not in SILENT]
    named = [each for each in base.called(subject, _KINDS) if speakable(each.short)]
    if not named:
        text = f"Who is `{subject}`? {ordered[-1].kind.replace('_', ' ')} on {day(ordered[-1].at)}"
        cure = "declare the account with this user name, or the person with this name, mail or id"
        question = Question(f"identity {slug(subject)}", text, cure)
        return Told(questions=(question,) if speaking else (), origins=origins)
    facts: dict[str, Fact] = {}
    questions: list[Question] = []
    assumptions: dict[str, None] = {}
    for event in speaking:
        for kind, attribute, meaning in _MEANING[event.kind]:
            targets = list(_targets(base, named, kind))
            if not targets:
                text = f"Which {kind} of `{subject}` is meant by `{event.kind}` on {day(event.at)}?"
                questions.append(Question(f"identity {slug(subject)} {kind}", text, f"declare the {kind}"))
            value = _value(base, meaning, day(event.at))
            for target in targets:
                if value is None:
                    continue
                facts[f"{target}.{attribute}"] = Said(target, attribute, value, event.at.isoformat())
                if event.kind.startswith("factor_"):
                    assumptions[f"`{target}` is used with `{value}`: the event names no way to log in"] = None
                elif len(targets) > 1:
                    assumptions[f"every {kind} of `{subject}`: the event names none"] = None
    matched = tuple(Matched(subject, e.short, 1.0, "exact", ("its name",), True, "event") for e in named)
    unique = tuple({each.id: each for each in questions}.values())
    return Told(tuple(facts.values()), origins, tuple(assumptions), unique, matched)


def _value(base: Base, meaning: str, when: str) -> str | None:
    if meaning == "@":
        return when
    if meaning in ("mfa", "password"):
        known = {each.short for each in base.model.entities("authenticator")}
        return meaning if meaning in known else None
    return meaning


def _targets(base: Base, named: Sequence[Entity], kind: str) -> Iterator[str]:
    """The declarations of a kind that a subject is, holds, or is held by."""
    names = {each.name for each in named}
    names |= {holder.name for each in named if (holder := _holder(base, each)) is not None}
    found: dict[str, None] = {}
    for each in named:
        if kind in base.model.registry.ancestors(each.kind.name):
            found[each.short] = None
    if not found:
        for each in base.model.entities(kind):
            holder = _holder(base, each)
            if holder is not None and holder.name in names and speakable(each.short):
                found[each.short] = None
    if not found and kind == "person":
        holders = (_holder(base, each) for each in named)
        found.update(
            {each.short: None for each in holders if each is not None and each.kind.name == "person"}
        )
    yield from found


def _holder(base: Base, entity: Entity) -> Entity | None:
    holder = base.model.value(entity, "holder") if "holder" in entity.kind.attributes else None
    return holder if isinstance(holder, Entity) else None
