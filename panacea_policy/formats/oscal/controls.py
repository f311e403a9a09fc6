"""What is assessed: the pack as a catalog, the profile of what binds, and how rules relate to them."""

from __future__ import annotations

from collections.abc import Collection

from panacea_policy.compiler import Entity
from panacea_policy.compliance import Clause
from panacea_policy.formats.comply_run import ComplyRun, PackView, number
from panacea_policy.formats.oscal.names import (
    CATALOG,
    NS,
    PROFILE,
    Json,
    control_id,
    line,
    metadata,
    prop,
    statement_of,
    title_of,
    token,
    uuid,
)


def catalog(run: ComplyRun, pack: PackView) -> Json:
    """The clauses of a pack as controls, in our own words: never the text of the law or standard."""
    own = {clause.id for clause in pack.clauses}
    return {
        "catalog": {
            "uuid": uuid("catalog", pack.name),
            "metadata": metadata(run, pack, "Catalog"),
            "controls": [_control(run, clause, own) for clause in pack.clauses],
        }
    }


def _control(run: ComplyRun, clause: Clause, own: Collection[str]) -> Json:
    """A clause as a control; ``own`` are the clauses of the catalog."""
    text = run.model.value(clause.requirement, "text")
    prose = text if isinstance(text, str) else clause.title
    status = run.model.value(clause.requirement, "status")
    parent = run.model.value(clause.requirement, "parent")
    control: Json = {
        "id": control_id(clause),
        "class": "requirement",
        "title": title_of(clause),
        "props": [{"name": "label", "value": line(number(clause)) or clause.id}],
        "parts": [
            {"id": f"{control_id(clause)}_smt", "name": "statement", "prose": line(prose) or title_of(clause)}
        ],
    }
    if isinstance(status, str):
        control["props"].append(prop("legal-status", status))
    if isinstance(parent, Entity) and parent.name in own:
        control["links"] = [{"href": f"#{token(parent.name)}", "rel": "required"}]
    elif isinstance(parent, Entity):
        control["props"].append(prop("part-of", parent.name))
    return control


def profile(run: ComplyRun, pack: PackView) -> Json:
    """The controls that bind, or measure, the organisation on the day of the law."""
    selected = [control_id(clause) for clause in pack.clauses if clause.standing.binds]
    chosen: Json = {"href": CATALOG}
    if selected:
        chosen["include-controls"] = [{"with-ids": selected}]
    else:
        chosen["exclude-controls"] = [{"with-ids": [control_id(clause) for clause in pack.clauses]}]
    return {
        "profile": {
            "uuid": uuid("profile", pack.name),
            "metadata": metadata(run, pack, "Profile"),
            "imports": [chosen],
            "merge": {"as-is": True},
        }
    }


def component_definition(run: ComplyRun, pack: PackView) -> Json:
    """The rules as a validation component: which of them speak of which clause, and how much they show."""
    judged = [clause for clause in pack.clauses if clause.rules]
    component: Json = {
        "uuid": validator_uuid(pack),
        "type": "validation",
        "title": f"Rules of packs.{pack.name}",
        "description": (
            "Rules over a model of the organisation's architecture, identities, agreements and governance. "
            "They read what the model declares."
        ),
        "purpose": "Assessment of the model",
        "props": [prop("pack", pack.name), prop("version", str(pack.says("version") or "unsaid"))],
    }
    if judged:
        component["control-implementations"] = [
            {
                "uuid": uuid("component-definition", "implementation", pack.name),
                "source": PROFILE,
                "description": "What each rule says about a clause.",
                "implemented-requirements": [_judged(run, pack, clause) for clause in judged],
            }
        ]
    return {
        "component-definition": {
            "uuid": uuid("component-definition", pack.name),
            "metadata": metadata(run, pack, "Component definition"),
            "components": [component],
        }
    }


def validator_uuid(pack: PackView) -> str:
    """The UUID of the component that the rules of a pack are."""
    return uuid("component", "validation", pack.name)


def _judged(run: ComplyRun, pack: PackView, clause: Clause) -> Json:
    strength = run.model.value(clause.requirement, "strength")
    shown = f"Shown in {strength} by the rules" if isinstance(strength, str) else "Shown by the rules"
    return {
        "uuid": uuid("component-definition", "requirement", pack.name, clause.id),
        "control-id": control_id(clause),
        "description": f"{shown} named here; their doc comments say what each shows and where it ends.",
        "props": [
            {"name": "rule", "ns": NS, "value": rule.id, "remarks": line(rule.title or "") or rule.name}
            for rule in clause.rules
        ],
    }


def reviewed(pack: PackView, described: str) -> Json:
    """The selection of controls that an assessment looks at."""
    binding = [clause for clause in pack.clauses if clause.standing.binds]
    selection: Json = {"description": described}
    if binding:
        selection["include-controls"] = [{"control-id": control_id(clause)} for clause in binding]
    else:
        selection["include-all"] = {}
    out = [statement_of(clause) for clause in pack.clauses if not clause.standing.binds]
    if out:
        selection["remarks"] = "Not applicable: " + "; ".join(out)
    return {"control-selections": [selection]}
