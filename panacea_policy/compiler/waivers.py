"""Who may bear a violation: a waiver counts for a time, and only if its approver has the authority.

Where nobody in a model says what they `may_accept`, every approver may; as soon as somebody does, those who
do not say may accept nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from panacea_policy.compiler.entities import UNKNOWN, Entity
from panacea_policy.compiler.model import Model

#: Kinds of approvers, and of what their authority hangs on.
APPROVERS = ("role", "person", "body")
#: Worst first.
_SEVERITIES = ("critical", "high", "medium", "low", "info")


def may_bear(model: Model, waiver: Entity, severity: str) -> bool:
    """Whether the approver of a waiver may accept a violation of that severity."""
    if not _stated(model):
        return True
    approver = model.value(waiver, "approver")
    if not isinstance(approver, Entity) or severity not in _SEVERITIES:
        return False
    reach = [_SEVERITIES.index(each) for each in _authority(model, approver)]
    return bool(reach) and min(reach) <= _SEVERITIES.index(severity)


def beyond(model: Model) -> Iterator[tuple[Entity, str]]:
    """The waivers whose approver may not accept a violation of their rule, and its severity."""
    for waiver in model.entities("waiver"):
        rule = model.value(waiver, "rule")
        said = model.value(rule, "severity") if isinstance(rule, Entity) else UNKNOWN
        severity = said if isinstance(said, str) else "medium"
        if not may_bear(model, waiver, severity):
            yield waiver, severity


def _stated(model: Model) -> bool:
    return any(
        isinstance(model.value(each, "may_accept"), str)
        for kind in APPROVERS
        for each in model.entities(kind)
    )


def _authority(model: Model, approver: Entity) -> Iterator[str]:
    """What an approver may accept: what it says itself, or one of the roles that a person has."""
    said = model.value(approver, "may_accept")
    if isinstance(said, str):
        yield said
    roles = model.value(approver, "roles") if approver.kind.name == "person" else ()
    for role in roles if isinstance(roles, tuple) else ():
        if isinstance(role, Entity):
            yield from _authority(model, role)
