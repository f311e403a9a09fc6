# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Care processes, and what keeps them going: backups, plans, exercises, incidents."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    CountSpread,
    Date,
    Duration,
    DurationSpread,
    Flag,
    Formula,
    Fraction,
    FractionSpread,
    KindInfo,
    MoneyRateSpread,
    MoneySpread,
    Rate,
    Ref,
    Text,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.kinds.core import Element


class Backup(Element):
    """A copy of an asset's data or configuration, made again and again."""

    KIND = KindInfo("backup", owner="of", clauses={"of": "of", "to": "target", "in": "zone"}, auto_name="{of}_backup")

    of: Ref = unset("What is copied.", to="asset")
    target: Ref = complete("The asset that holds the copy, where one is named.", to="asset")
    zone: Ref = unset("The zone where the copy is, where no target is named.", to="zone")
    every: Duration = unset("Time between two copies.")
    rto: Duration = unset("Time to restore from it.")
    rpo: Duration = unset("Most data lost, as time.")
    retention: Duration = unset("How long copies are kept.")
    offsite: Flag = unset("Whether a copy is at another site.")
    offline: Flag = unset("Whether a copy has no network connection.")
    immutable: Flag = unset("Whether nobody, administrators included, can change or delete a copy in its time.")
    encrypted: Flag = unset("Whether copies are encrypted.")
    configuration: Flag = unset("Whether settings are copied too.")
    separate_credentials: Flag = unset("Whether other accounts than those of the system protect it.")
    tested_on: Date = unset("When a restore was last tested.")
    test_every: Duration = unset("Longest time between two tests of a restore.")
    test_passed: Flag = unset("Whether that test restored everything in time.")
    deletes_expired: Flag = unset("Whether data whose storage time is over also leaves the copies.")


class Process(Element):
    """Work that serves patients or keeps the hospital going."""

    KIND = KindInfo("process", nested={"impact": "impacts"}, clauses={"of": "department", "at": "sites"})

    department: Ref = unset("Who does it.", to="department")
    sites: list[Ref] = unset("Where it is done.", to="site room")
    essential: Flag = unset("Whether it is an essential service.")
    safety: Literal["life_supporting", "therapeutic", "diagnostic", "monitoring", "administrative"] = unset("What harm its failure can do to patients.")
    needs: Formula = unset("What it needs to run: names joined by `and` and `or`.", to="asset process zone role supplier data_class department site")
    performed_by: list[Ref] = unset("Who works in it.", to="role")
    uses: list[Ref] = unset("Classes of data it works with.", to="data_class")
    rto: Duration = unset("Recovery time objective.")
    rpo: Duration = unset("Recovery point objective.")
    mtpd: Duration = unset("Maximum tolerable period of disruption.")
    outage: DurationSpread = unset("How long an attack stops it, where copies can be restored.")
    outage_rebuilt: DurationSpread = unset("How long an attack stops it, where something it needs must be built anew, copies being lost.")
    outage_by_accident: DurationSpread = unset("How long an accident or mistake stops it.")
    outage_loss: MoneyRateSpread = unset("Loss while it stands still, per time.")
    outage_response: MoneySpread = unset("Loss per outage that does not grow with its length.")
    degraded_capacity: Fraction = unset("Share of the work that can be done on its fallback.")
    fallback: Ref = unset("The plan for working without IT.", to="plan")
    fallback_lasts: Duration = unset("How long the fallback can carry it.")
    backlog: DurationSpread = unset("Time to catch up after an outage.")
    volume: Rate = unset("Patients or cases, such as 90 per d.")
    care_per_case: Duration = unset("Hours of care that one case gets.")
    harm: FractionSpread = unset("Probability of serious harm per case that meets an outage.")
    harmed_per_outage: CountSpread = unset("Patients seriously harmed per outage.")
    integrity_matters: Flag = unset("Whether wrong data is more dangerous in it than missing data.")
    impacts: list[Ref] = complete("Consequences by length of outage.", to="impact")
    external: Flag = unset("Whether another organisation does it for us.")


class Impact(Element):
    """What an outage of a given length means (business impact analysis)."""

    KIND = KindInfo("impact", owner="process", clauses={"of": "process", "after": "elapsed"})

    process: Ref = unset("The process that stands still.", to="process")
    elapsed: Duration = unset("Length of the outage.")
    severity: Literal["negligible", "minor", "moderate", "severe", "catastrophic"] = unset("How bad it is.")
    loss: MoneySpread = unset("Loss up to then.")
    patients: CountSpread = unset("Patients affected up to then.")
    records: CountSpread = unset("Records affected up to then.")
    text: Text = unset("What it means, in words.")


class Plan(Element):
    """A written plan for a bad day, or for reaching a good one."""

    KIND = KindInfo("plan", clauses={"for": "covers"})

    type: Literal["continuity", "recovery", "emergency_mode", "incident", "backup", "communication", "crisis", "exit", "training", "testing", "key_ceremony", "migration", "key_recovery"] = unset("What it is for.")
    covers: list[Ref] = complete("What it is written for.", to="process asset organisation supplier zone site")
    invoked_by: Ref = unset("Who puts it in force.", to="role person body")
    approved_by: Ref = unset("Who approved it.", to="role person body")
    approved_on: Date = unset("When it was approved.")
    tested_on: Date = unset("When it was last tested.")
    test_every: Duration = unset("Longest time between two tests.")
    offline_copy: Flag = unset("Whether it can be read with every computer off.")
    fallback: Text = unset("What is done by hand meanwhile.")
    recovery_order: list[Ref] = unset("What is brought back, in this order.", to="asset process")
    recovery_time: Duration = unset("How long its steps take together.")
    out_of_band: Flag = unset("Whether it works with own mail, telephone and directory down.")
    contacts: list[Ref] = unset("Whom it calls.", to="contact")
    needs: Formula = unset("What it needs to be carried out.", to="asset role supplier plan backup")
    quorum: Whole = unset("How many people must act together.")
    steps: list[Text] = unset("What is done, in this order.")


class Exercise(Element):
    """A rehearsal of a plan."""

    KIND = KindInfo("exercise", clauses={"of": "plans", "on": "held_on"})

    plans: list[Ref] = unset("What was rehearsed.", to="plan incident_process")
    held_on: Date = unset("When it took place.")
    type: Literal["walkthrough", "tabletop", "functional", "live"] = unset("How real it was.")
    participants: list[Ref] = unset("Who took part.", to="role person department body party")
    achieved: Duration = unset("How long recovery took.")
    passed: Flag = unset("Whether its aims were met.")
    findings: Whole = unset("How many findings it gave.")
    findings_closed: Whole = unset("How many of them are closed.")


class IncidentProcess(Element):
    """How incidents are found, judged, answered and reported."""

    KIND = KindInfo("incident_process", nested={"notification": "notifications"}, clauses={"of": "organisation"})

    organisation: Ref = unset("Whose process it is.", to="organisation")
    plan: Ref = unset("The plan it follows.", to="plan")
    detects: Ref = unset("Who sees incidents first.", to="role person supplier department")
    leads: Ref = unset("Who leads the answer.", to="role person")
    informs: Ref = unset("Who speaks to the outside.", to="role person")
    data_protection: Ref = unset("Who judges whether personal data is concerned.", to="role person")
    sources: list[Ref] = unset("Systems whose logs feed it.", to="system")
    watched: Literal["always", "office_hours"] = unset("When alerts are watched.")
    duty: Ref = unset("The roster that says who is on duty.", to="roster")
    register: Ref = unset("Where incidents are registered.", to="system data_store policy")
    detection_time: DurationSpread = unset("Usual time from start to detection.")
    containment_time: DurationSpread = unset("Usual time from detection to containment.")
    exercised_on: Date = unset("When it was last exercised.")
    notifications: list[Ref] = complete("Reports that it sends.", to="notification")
    non_punitive: Flag = unset("Whether reporting one's own mistake has no bad consequence.")


class Notification(Element):
    """A report that an incident process owes to somebody by a deadline."""

    KIND = KindInfo("notification", owner="process", clauses={"to": "recipient", "of": "process"})

    process: Ref = unset("The process that sends it.", to="incident_process")
    stage: Literal["early_warning", "notification", "intermediate", "final", "data_breach", "data_subjects", "controller", "vulnerability", "peers", "patients", "media", "correction"] = unset("Which report it is.")
    recipient: Ref = unset("Who receives it.", to="party contact role body")
    deadline: Duration = unset("Latest time after the clock starts.")
    clock: Literal["occurrence", "detection", "awareness", "notification", "request", "containment"] = unset("What starts the clock.")
    preparation: Duration = unset("Time it takes to write, approve and send it.")
    sender: Ref = unset("Who writes and sends it.", to="role person")
    approver: Ref = unset("Who releases it.", to="role person")
    channel: Ref = unset("How it is sent.", to="channel contact")
    fallback_channel: Ref = unset("How it is sent when own mail and directory are down.", to="channel contact")
    contents: list[Text] = unset("What it says.")
    tlp: Literal["clear", "green", "amber", "amber_strict", "red"] = unset("Traffic light of what is sent (TLP 2.0).")
    strips: list[Literal["patient", "person", "host", "address", "account", "location"]] = unset("Details that are taken out first.")
    formats: list[Literal["stix", "misp", "csaf", "pdf", "mail", "json", "fhir", "form"]] = unset("Formats in which it is sent.")
    withdraws: Flag = unset("Whether it takes back or corrects an earlier one.")
    required_by: list[Ref] = unset("Clauses that demand it.", to="requirement")


KINDS = (Backup, Process, Impact, Plan, Exercise, IncidentProcess, Notification)
