"""What no one may change to please a rule: attributes that say what a thing is, and those that say what it
does for the hospital.

A repair of a model stands for something that people then do. To call a device harmless, a profile approved or
data impersonal is no such thing, and neither is to let a law ask for less. Attributes of ``STRUCTURE`` can be
changed, at the price that the hospital works otherwise: they come last.
"""

from __future__ import annotations

from panacea_policy.model.types import Attribute

#: Kinds all of whose attributes say what something is, what the law asks for, or what people stated.
NATURE_KINDS = frozenset(
    [
        "applicability",
        "attestation",
        "audience",
        "authenticator",
        "authority",
        "data_class",
        "data_field",
        "pack",
        "protocol",
        "purpose",
        "requirement",
        "rule",
        "security_profile",
        "threat_actor",
        "vulnerability",
        "waiver",
    ]
)

#: Attributes that say so whatever they belong to.
NATURE_NAMES = frozenset(
    [
        "category",
        "clock",
        "country",
        "criticality",
        "environment",
        "essential",
        "jurisdiction",
        "label",
        "leaves_on",
        "medical",
        "partner",
        "safety",
        "sector",
        "sensitivity",
        "special_category",
        "stage",
        "support_end",
        "topic",
        "type",
    ]
)

#: Others, by the kind that declares them.
NATURE = {
    "account": "holder place",
    "action": "critical",
    "agreement": "parties processor starts",
    "approval": "body",
    "asset": "addresses depends_on handles hosted_by organisation",
    "backup": "of",
    "change_permit": "changed_on covers",
    "conduit": "source target",
    "data_store": "system",
    "dataset": "classes collected_for controllers",
    "device": "keeps_health_data networked own_authentication removable_media works_offline",
    "endpoint": "administration asset",
    "filter": "firewall position source target",
    "flow": "human protocol source target",
    "grant": "denies role",
    "impact_assessment": "processing",
    "incident_process": "organisation",
    "processing": "controllers data large_scale processors subjects",
    "remote_access": "supplier",
    "role": "conflicts headcount privileged",
    "supplier": "data_countries has_access hosts subcontractors",
    "system": "interactive jump_host shared_workstation",
    "training_record": "module person",
    "zone": "parent wireless",
}

#: What can be changed if the hospital then works otherwise.
STRUCTURE = {
    "account": "privileged remote shared state",
    "agreement": "subcontractors",
    "asset": "also_in internet_facing stores zone",
    "body": "chair members",
    "dataset": "kept_in",
    "device": "state",
    "endpoint": "protocol",
    "flow": "both_ways carries endpoint fields onward passes purposes",
    "grant": "actions expires targets",
    "organisation": "data_protection_officer management_body",
    "person": "manager roles",
    "process": "fallback needs",
    "processing": "purposes recipients systems transfers",
    "room": "public sockets",
    "training_module": "repeat_every",
}

#: References to something of one's own: what another one refers to can stand there for an example at most.
OWN = {
    "agreement": "data_subject_contact",
    "asset": "key_owner redundant_with",
    "flow": "transfer",
    "party": "contact",
    "remote_access": "agreement",
    "supplier": "agreement incident_contact",
}

_NATURE = frozenset(f"{kind}.{name}" for kind, names in NATURE.items() for name in names.split())
_STRUCTURE = frozenset(f"{kind}.{name}" for kind, names in STRUCTURE.items() for name in names.split())
_OWN = frozenset(f"{kind}.{name}" for kind, names in OWN.items() for name in names.split())


def is_nature(attribute: Attribute) -> bool:
    """Whether an attribute says what a thing is."""
    return (
        attribute.declared_by in NATURE_KINDS
        or attribute.name in NATURE_NAMES
        or f"{attribute.declared_by}.{attribute.name}" in _NATURE
    )


def is_structure(attribute: Attribute) -> bool:
    """Whether the hospital works otherwise where the attribute is another."""
    return f"{attribute.declared_by}.{attribute.name}" in _STRUCTURE


def is_own(attribute: Attribute) -> bool:
    """Whether an attribute refers to something that others do not share."""
    return f"{attribute.declared_by}.{attribute.name}" in _OWN
