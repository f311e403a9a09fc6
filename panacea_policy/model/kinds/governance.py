# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Who decides and answers: bodies, duties, policies, approvals, indicators, and the record of changes."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Date,
    Duration,
    Flag,
    Fraction,
    KindInfo,
    Level,
    Money,
    Number,
    Ref,
    Text,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.kinds.core import Cost, Element


class Body(Element):
    """A committee, board or other group that decides."""

    KIND = KindInfo("body", clauses={"of": "organisation"}, nested={"approval": "approvals"})

    organisation: Ref = unset("Whose body it is.", to="organisation")
    members: list[Ref] = unset("Who belongs to it.", to="person role")
    chair: Ref = unset("Who leads it.", to="person role")
    management: Flag = unset("Whether it is the management body.")
    meets_every: Duration = unset("Longest time between two meetings.")
    met_on: Date = unset("When it last met.")
    reports_to: Ref = unset("The body above it.", to="body")
    approvals: list[Ref] = complete("What it approved.", to="approval")
    may_accept: Literal["critical", "high", "medium", "low", "info"] = unset("Highest severity of a violation that it may accept for a time.")
    oversees: list[Ref] = unset("What it watches over.", to="process policy plan department control")


class Approval(Element):
    """A dated decision of a body or person."""

    KIND = KindInfo("approval", owner="body", clauses={"of": "subjects", "on": "decided_on", "by": "body"})

    body: Ref = unset("Who decided.", to="body person role")
    subjects: list[Ref] = unset("What was approved.", to="policy plan control budget risk_entry agreement training_module organisation")
    topic: Literal["risk_measures", "policy", "budget", "plan", "risk_acceptance", "appointment", "exception", "training", "report"] = unset("What it was about.")
    decided_on: Date = unset("When.")
    minutes: Text = unset("Where the minutes are.")
    valid_for: Duration = unset("How long it holds.")


class Duty(Element):
    """A duty with its letters: who is responsible, accountable, consulted, informed (RACI)."""

    KIND = KindInfo("duty", clauses={"for": "about", "of": "organisation"})

    organisation: Ref = unset("Whose duty it is.", to="organisation")
    about: list[Ref] = unset("What it is about.", to="asset process control plan policy incident_process notification body organisation zone requirement agreement key_store kpi training_module")
    accountable: list[Ref] = unset("Who answers for it: exactly one.", to="role person body")
    responsible: list[Ref] = unset("Who does it.", to="role person body department supplier")
    consulted: list[Ref] = complete("Who is asked first.", to="role person body department party")
    informed: list[Ref] = complete("Who is told.", to="role person body department party")
    hours: Literal["always", "on_call", "office_hours"] = unset("When somebody is there for it.")
    roster: Ref = unset("The roster that covers it.", to="roster")
    every: Duration = unset("How often it is due.")
    done_on: Date = unset("When it was last done.")
    required_by: list[Ref] = unset("Clauses that demand it.", to="requirement")
    csf_function: Literal["govern", "identify", "protect", "detect", "respond", "recover"] = unset("Function of the NIST Cybersecurity Framework.")
    effort: Duration = unset("Working time it takes each time.")


class Policy(Element):
    """A policy, procedure, standard or other binding document."""

    KIND = KindInfo("policy", nested={"setting": "settings"}, clauses={"for": "covers", "by": "approved_by"})

    topic: Literal["security", "risk", "access", "cryptography", "backup", "disposal", "incident", "supplier", "asset", "change", "patching", "baseline", "mobile", "physical", "privacy", "training", "logging", "emergency_access", "vulnerability", "discipline", "messaging", "remote_work", "acceptable_use", "development"] = unset("What it is about.")
    type: Literal["policy", "procedure", "standard", "guideline", "record", "baseline"] = unset("What sort of document it is.")
    covers: list[Ref] = unset("What it holds for.", to="asset zone role process data_class organisation department")
    approved_by: Ref = unset("Who approved it.", to="role person body")
    approved_on: Date = unset("When it was approved.")
    retention: Duration = unset("How long it is kept after it is replaced.")
    published: Flag = unset("Whether everybody it concerns can read it.")
    implements: list[Ref] = unset("Clauses that it carries out.", to="requirement")
    behaviours: list[Ref] = unset("Behaviours that it asks for or forbids.", to="behaviour")
    settings: list[Ref] = complete("Settings that it prescribes, if it is a baseline.", to="setting")
    workflow_fits: Flag = unset("Whether it can be followed in daily care.")


class Applicability(Element):
    """One line of a statement of applicability."""

    KIND = KindInfo("applicability", clauses={"of": "requirement"})

    requirement: Ref = unset("The clause or control.", to="requirement")
    applies: Flag = unset("Whether it applies.")
    reason: Text = unset("Why, or why not.")
    state: Literal["planned", "partial", "implemented", "absent"] = unset("How far it is done.")
    carried_out_by: list[Ref] = unset("What does it.", to="control policy plan duty")
    decided_by: Ref = unset("Who decided.", to="role person body")


class ChangePermit(Element):
    """A permission to change a network, system or device (IEC 80001-1)."""

    KIND = KindInfo("change_permit", clauses={"for": "covers", "by": "approved_by", "on": "permitted_on", "until": "expires"})

    covers: list[Ref] = unset("What may be changed.", to="asset zone conduit flow")
    change: Text = unset("What is changed.")
    approved_by: Ref = unset("Who permitted it.", to="role person body")
    permitted_on: Date = unset("When.")
    expires: Date = unset("Last day.")
    changed_on: Date = unset("When it was changed.")
    risk: Ref = unset("The entry of the risk register it rests on.", to="risk_entry")
    tested: Flag = unset("Whether the change was tried first.")
    way_back: Text = unset("How it can be undone.")


class Kpi(Element):
    """A key figure: how it is counted, what it should be, what it is."""

    KIND = KindInfo("kpi", clauses={"of": "about"})

    about: list[Ref] = unset("What it measures.", to="process control policy plan duty behaviour training_module organisation nudge practice")
    definition: Text = unset("What it says, in one sentence.")
    numerator: Text = unset("Query that counts the cases.")
    denominator: Text = unset("Query that counts all.")
    target: Fraction = unset("Share to reach.")
    limit: Fraction = unset("Share below which somebody must act.")
    target_count: Number = unset("Number to reach, where it is no share.")
    measured: Fraction = unset("Share at the last measurement.")
    measured_count: Number = unset("Number at the last measurement.")
    measured_on: Date = unset("When it was last measured.")
    every: Duration = unset("How often it is measured.")
    higher_is_better: Flag = unset("Whether more is better.")
    reported_to: Ref = unset("Who reads it.", to="body role person")


class Practice(Element):
    """A practice of governance with its maturity."""

    KIND = KindInfo("practice", clauses={"of": "organisation"})

    organisation: Ref = unset("Whose practice it is.", to="organisation")
    csf_function: Literal["govern", "identify", "protect", "detect", "respond", "recover"] = unset("Function of the NIST Cybersecurity Framework.")
    element: Literal["responsibilities", "policies", "work_roles", "technology", "measurement"] = unset("What in the organisation carries it.")
    maturity: Level = unset("Maturity today: 1 partial, 2 risk informed, 3 repeatable, 4 adaptive.")
    aim: Level = unset("Maturity to reach.")
    importance: Level = unset("How much it matters, 1 to 4.")
    aim_on: Date = unset("When the aim should be reached.")
    carried_by: list[Ref] = unset("Duties, policies and roles that carry it.", to="duty policy role body plan")
    depends_on: list[Ref] = complete("Practices that must come first.", to="practice")


class Budget(Element):
    """Money set aside."""

    KIND = KindInfo("budget", clauses={"for": "covers", "by": "approved_by"})

    amount: Money = unset("How much.")
    starts: Date = unset("First day.")
    ends: Date = unset("Last day.")
    horizon: Duration = unset("Over how long investments are judged.")
    discount: Fraction = unset("Yearly discount rate.")
    covers: list[Ref] = unset("What it may be spent on.", to="control organisation department training_module nudge milestone")
    approved_by: Ref = unset("Who approved it.", to="role person body")
    spent: Money = unset("How much of it is spent.")


class Milestone(Element):
    """A dated step of a programme."""

    KIND = KindInfo("milestone", clauses={"until": "due", "after": "prerequisites"})

    due: Date = unset("When it should be reached.")
    reached_on: Date = unset("When it was reached.")
    delivers: list[Ref] = unset("What is then in place.", to="control policy plan training_module nudge agreement practice asset duty")
    prerequisites: list[Ref] = complete("What must be reached first.", to="milestone")
    effort: Duration = unset("Working time it takes.")
    cost: Cost = unset("What it costs.")
    responsible: Ref = unset("Who brings it about.", to="role person")


class Audit(Element):
    """An audit or assessment that took place."""

    KIND = KindInfo("audit", clauses={"of": "covers", "on": "done_on", "by": "auditor"})

    covers: list[Ref] = unset("What was looked at.", to="organisation asset process supplier policy pack control")
    auditor: Ref = unset("Who looked.", to="party person role")
    independent: Flag = unset("Whether the auditor answers for none of it.")
    done_on: Date = unset("When.")
    type: Literal["internal", "external", "certification", "penetration_test", "scan", "risk_analysis", "review"] = unset("What sort.")
    findings: Whole = unset("Findings and recommendations.")
    findings_closed: Whole = unset("How many of them are closed.")


KINDS = (
    Body, Approval, Duty, Policy, Applicability, ChangePermit, Kpi, Practice, Budget, Milestone, Audit,
)
