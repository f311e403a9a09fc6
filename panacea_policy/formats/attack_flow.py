"""The likeliest attack as STIX 2.1 with the Attack Flow extension 2.0.0 (Center for Threat-Informed Defense).

One document holds one flow, as its specification demands: the likeliest way to one goal. Steps are
``attack-action`` objects, what follows without an attack and the goal itself ``attack-condition``, joint
premises an ``attack-operator`` AND. Identifiers are name-based (RFC 9562, version 5) and times are the day of
the assessment, so equal results give equal bytes.

https://center-for-threat-informed-defense.github.io/attack-flow/language/
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from panacea_policy.risk import AttackPath, GoalRisk, PathStep

EXTENSION = "extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4"
_CREATOR = "identity--fb9c968a-745b-4ade-9b25-c324172197f4"
#: When the extension was published; part of its definition.
_PUBLISHED = "2022-08-02T19:34:35.143Z"
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://panacea-policy.org/stix")
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?\Z")

Object = dict[str, Any]


def attack_flow(organisation: str, goal: GoalRisk, path: AttackPath, as_of: date) -> str:
    """The STIX bundle of one way to one goal, as indented JSON."""
    flow = _Flow(organisation, goal, path, as_of)
    objects = flow.objects()
    bundle = {"type": "bundle", "id": flow.id("bundle", ""), "objects": objects}
    return json.dumps(bundle, indent=2, ensure_ascii=False) + "\n"


class _Flow:
    """Builds the objects of one flow."""

    def __init__(self, organisation: str, goal: GoalRisk, path: AttackPath, as_of: date) -> None:
        self._organisation, self._goal, self._path = organisation, goal, path
        self._time = f"{as_of.isoformat()}T00:00:00.000Z"
        self._author = self.id("identity", "organisation")
        self._nodes = {step.number: self._node_id(step) for step in path.steps}
        self._after = self._followers()

    def id(self, type_: str, name: str) -> str:
        """An identifier that is the same whenever the same thing is exported of the same goal and actor."""
        whole = "\n".join([self._organisation, self._goal.name, self._path.actor, type_, name])
        return f"{type_}--{uuid.uuid5(_SPACE, whole)}"

    def objects(self) -> list[Object]:
        """All objects, those that others refer to first."""
        steps = [made for step in self._path.steps for made in self._step(step)]
        starts = [self._nodes[s.number] for s in self._path.steps if not _before(s)]
        goal = self._object(
            "attack-condition",
            "goal",
            {"description": f"{self._goal.title} is {_outcome(self._goal)}"},
            new=True,
        )
        title = f"Likeliest way to {self._goal.title}"
        told = (
            f"{self._path.actor or 'An attacker'}: one attempt succeeds along it with {self._path.chance:.3g}"
        )
        flow = self._object(
            "attack-flow",
            "flow",
            {
                "name": title,
                "description": told,
                "scope": "attack-tree",
                "start_refs": starts or [goal["id"]],
                "created_by_ref": self._author,
            },
            new=True,
        )
        return [*self._definitions(), *self._people(), flow, *self._patterns(), *self._assets(), *steps, goal]

    def _node_id(self, step: PathStep) -> str:
        return self.id("attack-condition" if step.certain else "attack-action", str(step.number))

    def _followers(self) -> Mapping[int, list[str]]:
        """For every step the nodes that it leads to: steps, or operators before them; the last leads to the
        goal.
        """
        after: dict[int, list[str]] = {step.number: [] for step in self._path.steps}
        for step in self._path.steps:
            before = _before(step)
            target = self._nodes[step.number]
            if len(before) > 1:
                target = self.id("attack-operator", str(step.number))
            for number in before:
                after[number].append(target)
        if self._path.steps:
            after[self._path.steps[-1].number].append(self.id("attack-condition", "goal"))
        return after

    def _step(self, step: PathStep) -> list[Object]:
        made = []
        if len(_before(step)) > 1:
            refs = [self._nodes[step.number]]
            made.append(
                self._object(
                    "attack-operator", str(step.number), {"operator": "AND", "effect_refs": refs}, new=True
                )
            )
        results = "; ".join(step.results)
        after = self._after[step.number]
        if step.certain:
            said: Object = {"description": f"{step.title}: {results}"}
            if after:
                said["on_true_refs"] = after
            return [*made, self._object("attack-condition", str(step.number), said, new=True)]
        hours = step.effort.p50 / 3600.0
        said = {
            "name": step.title,
            "description": f"{results}. Chance {step.chance:.3g}, median effort {hours:.3g} h.",
        }
        techniques = [t for t in step.techniques if _TECHNIQUE.match(t)]
        if techniques:
            said |= {"technique_id": techniques[0], "technique_ref": self.id("attack-pattern", techniques[0])}
        if step.subjects:
            said["asset_refs"] = [self.id("attack-asset", name) for name in dict.fromkeys(step.subjects)]
        if after:
            said["effect_refs"] = after
        return [*made, self._object("attack-action", str(step.number), said, new=True)]

    def _definitions(self) -> list[Object]:
        return [
            {
                "type": "extension-definition",
                "spec_version": "2.1",
                "id": EXTENSION,
                "created": _PUBLISHED,
                "modified": _PUBLISHED,
                "name": "Attack Flow",
                "description": "Extends STIX 2.1 with features to create Attack Flows.",
                "created_by_ref": _CREATOR,
                "schema": "https://center-for-threat-informed-defense.github.io/attack-flow/stix/"
                "attack-flow-schema-2.0.0.json",
                "version": "2.0.0",
                "extension_types": ["new-sdo"],
            },
            {
                "type": "identity",
                "spec_version": "2.1",
                "id": _CREATOR,
                "created": _PUBLISHED,
                "modified": _PUBLISHED,
                "name": "MITRE Center for Threat-Informed Defense",
                "identity_class": "organization",
            },
        ]

    def _people(self) -> list[Object]:
        author = self._object(
            "identity",
            "organisation",
            {"name": self._organisation, "identity_class": "organization", "sectors": ["healthcare"]},
        )
        actor = self._object("threat-actor", "actor", {"name": self._path.actor or "Any attacker"})
        return [author, actor]

    def _patterns(self) -> list[Object]:
        """The first ATT&CK technique of each step, by its published number."""
        named: dict[str, str] = {}
        for step in self._path.steps:
            for technique in step.techniques[:1]:
                if not step.certain and _TECHNIQUE.match(technique):
                    named.setdefault(technique, step.title)
        return [
            self._object(
                "attack-pattern",
                technique,
                {
                    "name": title,
                    "external_references": [
                        {
                            "source_name": "mitre-attack",
                            "external_id": technique,
                            "url": f"https://attack.mitre.org/techniques/{technique.replace('.', '/')}",
                        }
                    ],
                },
            )
            for technique, title in named.items()
        ]

    def _assets(self) -> list[Object]:
        named = dict.fromkeys(name for step in self._path.steps if not step.certain for name in step.subjects)
        return [self._object("attack-asset", name, {"name": name}, new=True) for name in named]

    def _object(self, type_: str, name: str, said: Mapping[str, Any], *, new: bool = False) -> Object:
        made: Object = {
            "type": type_,
            "spec_version": "2.1",
            "id": self.id(type_, name),
            "created": self._time,
            "modified": self._time,
            **said,
        }
        if new:
            made["extensions"] = {EXTENSION: {"extension_type": "new-sdo"}}
        return made


def _before(step: PathStep) -> Sequence[int]:
    """The steps that this one builds on."""
    return sorted({number for premise in step.premises for number in premise.by})


def _outcome(goal: GoalRisk) -> str:
    return "disrupted" if goal.kind == "process" else "disclosed"
