"""What is declared of the hospital: the system security plan, and the plan of the assessment."""

from __future__ import annotations

from collections.abc import Iterator

from panacea_policy.compiler import Entity
from panacea_policy.compliance import Clause, ClauseVerdict
from panacea_policy.formats.comply_run import ComplyRun, PackView
from panacea_policy.formats.oscal.controls import reviewed, validator_uuid
from panacea_policy.formats.oscal.names import (
    ASSESSOR,
    PROFILE,
    SSP,
    Json,
    control_id,
    filled,
    line,
    metadata,
    organisation,
    prop,
    uuid,
)

#: How far a clause is carried out, in the words of OSCAL, by our verdict. It has none for what is unknown,
#: and allows others: `planned` would say that somebody has a plan.
_STATES = {
    ClauseVerdict.MET: "implemented",
    ClauseVerdict.ATTESTED: "implemented",
    ClauseVerdict.WAIVED: "alternative",
    ClauseVerdict.VIOLATED: "partial",
    ClauseVerdict.UNKNOWN: "unknown",
    ClauseVerdict.NOT_APPLICABLE: "not-applicable",
}
_LEVELS = ("fips-199-low", "fips-199-moderate", "fips-199-high")


def ssp(run: ComplyRun, pack: PackView) -> Json:
    """The organisation as a system, with its assets as inventory, and each clause with how far it is met."""
    binding = [clause for clause in pack.clauses if clause.standing.binds]
    return {
        "system-security-plan": {
            "uuid": uuid("ssp", pack.name, organisation(run)),
            "metadata": metadata(run, pack, "System security plan"),
            "import-profile": {"href": PROFILE},
            "system-characteristics": _characteristics(run),
            "system-implementation": {
                **filled("users", list(_users(run))),
                "components": [system_component(run), validation_component(pack)],
                **filled("inventory-items", [item(entity) for entity in _assets(run)]),
            },
            "control-implementation": {
                "description": "Derived from the model: what is declared, attested or measured there.",
                "implemented-requirements": [_requirement(run, pack, clause) for clause in binding]
                or [_nothing(run, pack)],
            },
        }
    }


def _characteristics(run: ComplyRun) -> Json:
    data = [entity for entity in run.model.entities("data_class") if not _library(entity)]
    stored = data or list(run.model.entities("data_class"))[:1]
    types: list[Json] = [
        {
            "uuid": uuid("information", entity.name),
            "title": line(entity.label) or entity.short,
            "description": line(entity.doc or entity.label) or entity.short,
        }
        for entity in stored
    ]
    return {
        "system-ids": [
            {"identifier-type": "http://ietf.org/rfc/rfc4122", "id": uuid("system", organisation(run))}
        ],
        "system-name": organisation(run),
        "description": "The organisation as its model describes it.",
        "security-sensitivity-level": "high",
        "system-information": {
            "information-types": types
            or [{"uuid": uuid("information", "none"), "title": "None", "description": "No data is declared."}]
        },
        "security-impact-level": {
            "security-objective-confidentiality": _LEVELS[2],
            "security-objective-integrity": _LEVELS[2],
            "security-objective-availability": _LEVELS[2],
        },
        "status": {"state": "operational"},
        "authorization-boundary": {
            "description": "Everything that the model declares; what it does not declare is not seen."
        },
        "remarks": "Sensitivity and impact are set to high for a hospital; the model does not say them.",
    }


def _users(run: ComplyRun) -> Iterator[Json]:
    for entity in run.model.entities("role"):
        if not _library(entity):
            yield {
                "uuid": uuid("user", entity.name),
                "title": line(entity.label) or entity.short,
                "role-ids": ["organisation"],
            }


def _assets(run: ComplyRun) -> list[Entity]:
    return [entity for entity in run.model.entities("asset") if not _library(entity)]


def _library(entity: Entity) -> bool:
    return bool(entity.package.prefix)


def item(entity: Entity) -> Json:
    """A declaration as an inventory item, by its qualified name."""
    said = line(entity.doc or entity.label)
    return {
        "uuid": item_uuid(entity),
        "description": said or entity.name,
        "props": [prop("name", entity.name), prop("kind", entity.kind.name)],
    }


def item_uuid(entity: Entity) -> str:
    """The UUID of a declaration."""
    return uuid("item", entity.name)


def system_component(run: ComplyRun) -> Json:
    """The organisation as a component."""
    return {
        "uuid": uuid("component", "this-system", organisation(run)),
        "type": "this-system",
        "title": organisation(run),
        "description": "Everything that the model declares.",
        "status": {"state": "operational"},
    }


def validation_component(pack: PackView) -> Json:
    """The rules as a component."""
    return {
        "uuid": validator_uuid(pack),
        "type": "validation",
        "title": f"Rules of packs.{pack.name}",
        "description": "Rules that judge the model.",
        "status": {"state": "operational"},
    }


def _requirement(run: ComplyRun, pack: PackView, clause: Clause) -> Json:
    strength = run.strength(clause)
    found: Json = {
        "uuid": requirement_uuid(run, pack, clause),
        "control-id": control_id(clause),
        "props": [prop("verdict", str(clause.verdict))],
        "by-components": [
            {
                "component-uuid": system_component(run)["uuid"],
                "uuid": uuid("by-component", pack.name, clause.id, organisation(run)),
                "description": line(clause.reason),
                "implementation-status": {"state": _STATES[clause.verdict]},
            }
        ],
    }
    if strength is not None:
        found["props"].append(prop("known-as", str(strength)))
    if clause.standing.benchmark:
        found["props"].append(prop("benchmark", "yes", remarks="A measure: nobody is held to it."))
    return found


def requirement_uuid(run: ComplyRun, pack: PackView, clause: Clause) -> str:
    """The UUID of the statement that a clause is carried out."""
    return uuid("ssp", "requirement", pack.name, clause.id, organisation(run))


def _nothing(run: ComplyRun, pack: PackView) -> Json:
    """OSCAL wants at least one requirement: the first clause, as not applicable, where none binds."""
    return _requirement(run, pack, pack.clauses[0])


def assessment_plan(run: ComplyRun, pack: PackView) -> Json:
    """What was planned: to run every rule of the pack over the model, on one day."""
    return {
        "assessment-plan": {
            "uuid": uuid("assessment-plan", pack.name, organisation(run)),
            "metadata": metadata(run, pack, "Assessment plan"),
            "import-ssp": {"href": SSP},
            "reviewed-controls": reviewed(pack, "Every clause that binds or measures the organisation."),
            "assessment-subjects": [
                {"type": "component", "description": "The model as a whole.", "include-all": {}},
                {"type": "inventory-item", "description": "What the model declares.", "include-all": {}},
            ],
            "assessment-assets": {
                "components": [validation_component(pack)],
                "assessment-platforms": [
                    {"uuid": uuid("platform"), "title": "Panacea Policy", "uses-components": [
                        {"component-uuid": validator_uuid(pack)}
                    ]}
                ],
            },
            "tasks": [
                {
                    "uuid": task_uuid(pack),
                    "type": "action",
                    "title": "Judge the model",
                    "description": "Run every rule on every subject; put what people attested beside it.",
                    "responsible-roles": [{"role-id": "assessor", "party-uuids": [ASSESSOR]}],
                }
            ],
        }
    }  # fmt: skip


def task_uuid(pack: PackView) -> str:
    """The UUID of the only task."""
    return uuid("task", pack.name)


__all__ = ["assessment_plan", "item", "item_uuid", "requirement_uuid", "ssp", "system_component"]
