"""Attributes that the compiler itself reads by name, beside rules and steps: ``KIND.ATTRIBUTE`` and what for.

INVARIANT: tests/project/test_reads.py holds this list, and those of the upper floors, against what is read.
"""

from __future__ import annotations

from collections.abc import Mapping

from panacea_policy.model import Registry

#: Attributes of any kind that name what a declaration is in or belongs to.
WHOLES = ("zone", "parent", "site", "room", "department", "organisation")

_PARTS = "rules about reachability: which addresses and ports filters tell apart"

READS: Mapping[str, str] = {
    "asset.addresses": _PARTS,
    "asset.also_in": _PARTS,
    "asset.hostname": _PARTS,
    "conduit.ports": _PARTS,
    "endpoint.addresses": _PARTS,
    "endpoint.asset": _PARTS,
    "endpoint.ports": _PARTS,
    "endpoint.protocol": _PARTS,
    "filter.both_ways": _PARTS,
    "filter.ports": _PARTS,
    "filter.source": _PARTS,
    "filter.source_addresses": _PARTS,
    "filter.target": _PARTS,
    "filter.target_addresses": _PARTS,
    "protocol.ports": _PARTS,
    "route.addresses": _PARTS,
    "route.destination": _PARTS,
    "zone.addresses": _PARTS,
    "asset.product": "attack graph: instances of a step with `common: product` share one draw",
    "attestation.expires": "check: warns when it has run out",
    "control.coverage": "attack graph: which part of what it protects it hinders steps on",
    "control.effectiveness": "attack graph: how much it lowers the chance of the steps that it hinders",
    "control.failure": "attack graph: how often it is off when it matters, so that it hinders nothing",
    "control.protects": "attack graph: where it hinders",
    "step.attack": "attack graph: techniques of ATT&CK that the step stands for",
    "step.common": "attack graph: what instances of the step share one draw",
    "step.layer": "attack graph: human, access, network, physical or business",
    "waiver.expires": "verdicts: the last day on which it bears a violation",
    "waiver.rule": "verdicts: the rule whose findings it bears",
    "waiver.starts": "verdicts: the first day on which it bears a violation",
    "waiver.subjects": "verdicts: the declarations whose findings it bears",
}


def reads_of_wholes(registry: Registry) -> Mapping[str, str]:
    """The same for :data:`WHOLES`, and for what declarations lie in, by the kinds that declare them."""
    found = {}
    for kind in registry.kinds.values():
        within = kind.clauses.get("in")
        for name, attribute in kind.attributes.items():
            if attribute.declared_by != kind.name:
                continue
            if name in WHOLES:
                found[f"{kind.name}.{name}"] = (
                    "attack graph: a control that protects the whole covers its parts"
                )
            elif name == within:
                found[f"{kind.name}.{name}"] = "check: nothing lies in itself"
    return found
