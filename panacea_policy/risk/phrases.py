"""What an attacker has, said in a sentence. Relations that are not known here speak by their own name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackFact

_PHRASES: Mapping[str, str] = {
    "attempts": "{0} makes an attempt",
    "breached": "the attacker works through {0}",
    "intends": "the attacker means to {0}",
    "at": "the attacker can send from {0}",
    "inside": "the attacker stands in {0}",
    "lured": "a lure has reached {0}",
    "deceived": "{0}: somebody does what the attacker wants",
    "turned": "{0}: somebody means harm",
    "knows_password": "a password is known of {0}",
    "holds": "the attacker has {0}",
    "can_log_in": "the attacker can log in to {0} as {1}",
    "session": "the attacker sits in a user's session of {0}",
    "contacts": "the attacker can reach {0} over {1}",
    "controls": "the attacker controls {0} as {1}",
    "reads": "the attacker can read {0}",
    "alters": "the attacker can change {0}",
    "unavailable": "{0} no longer serves",
    "backup_lost": "the copies of {0} are gone",
    "unrecoverable": "{0} is gone, with nothing to restore it from",
    "gone": "{0} can only be built anew",
    "rebuilt": "{0} has to wait for what must be built anew",
    "disclosed": "{0} is in strangers' hands",
    "seen": "{0}: single records were seen without need",
    "corrupted": "{0} was changed and nobody noticed",
    "defrauded": "{0} sent money to a fraudster",
    "disrupted": "{0} cannot do its work",
    "fails": "{0} is not there when it is needed",
}


def said(fact: AttackFact) -> str:
    """The fact as a sentence without a full stop."""
    phrase = _PHRASES.get(fact.relation.rsplit(".", 1)[-1])
    names = [_called(argument) for argument in fact.args]
    if phrase is None or phrase.count("{") > len(names):
        return fact.text
    return phrase.format(*names)


def _called(argument: object) -> str:
    title = getattr(argument, "title", None)
    if isinstance(title, str) and title:
        return title
    name = getattr(argument, "name", None)
    short = name.rsplit(".", 1)[-1] if isinstance(name, str) else str(argument)
    return short.replace("_", " ")
