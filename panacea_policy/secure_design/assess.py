"""The file of one system or device: everything about it, made from a model."""

from __future__ import annotations

from collections.abc import Sequence

from panacea_policy.compiler import AttackGraph, Model, Workspace
from panacea_policy.compliance import Compliance, own_organisations
from panacea_policy.compliance import assess as assess_compliance
from panacea_policy.risk import RiskOptions
from panacea_policy.secure_design.aims import Elsewhere, elsewhere
from panacea_policy.secure_design.controls import control_lines
from panacea_policy.secure_design.disclosure import disclosure
from panacea_policy.secure_design.moves import moves
from panacea_policy.secure_design.requirements import Clauses, requirement_id, requirements
from panacea_policy.secure_design.residual import residual
from panacea_policy.secure_design.results import BillCheck, DesignFile, Threat
from panacea_policy.secure_design.risks import Draft, drafts, simulated, told
from panacea_policy.secure_design.scales import scales
from panacea_policy.secure_design.subject import find, subject
from panacea_policy.secure_design.surroundings import Surroundings
from panacea_policy.secure_design.threats import Check, Locate, checks, identifier, named, said, texts
from panacea_policy.secure_design.views import views
from panacea_policy.version import __version__

_PATTERN_PREFIX = "CAPEC"


def design(
    workspace: Workspace,
    name: str,
    *,
    options: RiskOptions | None = None,
    simulate: bool = True,
    bill: BillCheck | None = None,
    compliance: Compliance | None = None,
    locate: Locate = lambda _: None,
) -> DesignFile:
    """The file of the system called ``name``. The workspace must be sound and have levels of risk in use.

    ``options``: trials and seed of the simulation; without ``simulate``, or where the model has no attack
    steps, exploitability is ordinal. ``bill``: what a bill of materials said. Raises PanaceaError for a name
    that is not one system or device, and WorkspaceError where the rules cannot be evaluated.
    """
    model = workspace.model
    entity = find(model, name)
    around = Surroundings(model, entity)
    options = options or RiskOptions()
    judged = compliance or assess_compliance(workspace)
    found = tuple(c for c in checks(workspace, around.relations) if _counts(c))
    attack = _attack(workspace) if simulate else None
    return _file(workspace, around, found, attack, judged, options, bill, locate)


def _file(
    workspace: Workspace,
    around: Surroundings,
    found: Sequence[Check],
    attack: AttackGraph | None,
    compliance: Compliance,
    options: RiskOptions,
    bill: BillCheck | None,
    locate: Locate,
) -> DesignFile:
    model, entity = around.model, around.subject
    levels = scales(model)
    rated = drafts(around, found, levels, attack)
    away = elsewhere(around)
    falls = simulated(attack, model, rated, options, [each.actor.name for each in away])
    answers = {check.fingerprint: requirement_id(check.fingerprint) for check in found}
    risks = tuple(
        told(draft, fall, levels, model, attack, answers, surface_known=around.surface_known)
        for draft, fall in zip(rated, falls, strict=True)
    )
    steps = moves(attack, model, [entity.name]) if attack is not None else ()
    controls = control_lines(around, steps, locate)
    demanded = requirements(found, risks, controls, steps, Clauses(compliance), model, named(entity))
    threats = tuple(_threat(check, rated, locate) for check in found if check.is_threat)
    return DesignFile(
        version=__version__,
        as_of=workspace.as_of,
        organisation=_organisation(model),
        subject=subject(around, locate),
        method=tuple(_method(attack is not None, options, away)),
        simulated=attack is not None,
        not_counted=tuple(each.told for each in away) if attack is not None else (),
        trials=options.trials if attack is not None else 0,
        seed=options.seed,
        rules_looked_at=len(workspace.rules()),
        rules_that_apply=len({check.rule.id for check in found}),
        threats=threats,
        moves=steps,
        matrix=levels.matrix(),
        risks=risks,
        controls=controls,
        requirements=demanded,
        views=views(around, attack),
        disclosure=disclosure(model, entity, found, locate),
        bill=bill,
        residual=residual(threats, risks, demanded, surface_known=around.surface_known),
        questions=tuple(
            dict.fromkeys(q.text for c in found if c.finding is not None for q in c.finding.questions)
        ),
    )


def _counts(check: Check) -> bool:
    """Whether a check belongs in the file: threats do, and duties of law, those that bind somebody else (a
    manufacturer) included: its developer has to meet them.
    """
    return check.is_threat or bool(check.rule.satisfies)


def _attack(workspace: Workspace) -> AttackGraph | None:
    graph = workspace.attack()
    return graph if len(graph.step) else None


def _organisation(model: Model) -> str:
    ours = own_organisations(model)
    return ours[0].label if ours else ""


def _threat(check: Check, rated: Sequence[Draft], locate: Locate) -> Threat:
    rule, finding = check.rule, check.finding
    words = texts(rule, "threat")
    return Threat(
        id=identifier("T", check.fingerprint),
        fingerprint=check.fingerprint,
        rule=rule.id,
        title=rule.title,
        category=said(rule, "category"),
        kinds=tuple(word.replace("_", " ") for word in words if not word.startswith(_PATTERN_PREFIX)),
        patterns=tuple(word for word in words if word.startswith(_PATTERN_PREFIX)),
        weaknesses=texts(rule, "weakness"),
        techniques=texts(rule, "attack"),
        severity=rule.severity,
        layer=said(rule, "layer"),
        state=check.state,
        subject=named(check.subject),
        relation=check.relation,
        message=finding.message if finding is not None else "",
        remedy=rule.remedy or "",
        questions=tuple(q.text for q in finding.questions) if finding is not None else (),
        place=locate(finding if finding is not None else check.subject),
        requirement=requirement_id(check.fingerprint),
        risks=tuple(draft.id for draft in rated if check in draft.checks),
    )


def _method(attack: bool, options: RiskOptions, away: Sequence[Elsewhere]) -> list[str]:
    said = [
        "Threats are the rules of secure design and of the packs in use that apply to the system, its end "
        "points, flows, accounts and ways in. A threat is open where the model contradicts what "
        "answers it, unknown "
        "where nobody stated what would, and met where something does.",
        "Risks follow ISO 14971: hazard, sequence of events, hazardous situation, harm, severity. In place "
        "of a probability of occurrence stands that of exploitation, as AAMI TIR57 and ISO/TR 24971 "
        "advise for "
        "attacks.",
    ]
    if attack:
        said.append(
            f"Probability of exploitation is simulated: {options.trials:,} trials of each threat actor on "
            f"the attack graph, seed {options.seed}. Each figure has the standard error of the "
            "trials; how good "
            "the model and its priors are is not in it. The probability that exploitation also harms "
            "somebody is "
            "taken as 1, and every actor counts who comes to have that power, whatever it is after, but for "
            "those who only take data that is not here."
        )
        if away:
            said.append(f"Not counted: {'; '.join(each.told for each in away)}.")
    else:
        said.append(
            "Probability of exploitation is ordinal: it is assumed from the layer of the threats that "
            "stand, since no attack graph was simulated."
        )
    said.append(
        "Scales, hazards and the matrix of acceptable risk are declarations, and may be replaced by one's "
        "own."
    )
    return said
