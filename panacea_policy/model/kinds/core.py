# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""What all kinds share, and the small structures that several of them use."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Country,
    Date,
    Declaration,
    Duration,
    Flag,
    FractionSpread,
    KindInfo,
    Level,
    MoneyRateSpread,
    MoneySpread,
    Number,
    Ref,
    Structure,
    Text,
    TimeOfDay,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.values import Dimension


class Element(Declaration):
    """Anything that is declared: what every kind has."""

    KIND = KindInfo("element", abstract=True)

    id: Text = unset("Identifier in the inventory or register it comes from.")
    owner: Ref = unset("Who answers for it.", to="role person department body supplier")
    deputy: Ref = unset("Who stands in for the owner.", to="role person")
    note: Text = unset("A remark for readers.")
    tags: list[Text] = complete("Free labels, for queries.")
    reviewed_on: Date = unset("When it was last reviewed.")
    review_every: Duration = unset("Longest time between two reviews.")
    assurance: Literal["declared", "attested", "measured"] = unset("How what is stated here is known.")
    evidence: list[Text] = unset("Where the proof is kept: document numbers or addresses.")


class Party(Element):
    """An organisation in the widest sense: ourselves, partners, suppliers, authorities."""

    KIND = KindInfo("party", abstract=True)

    country: Country = unset("Where it is established.")
    contact: Ref = unset("Whom to reach.", to="contact person role")
    trust_domain: Text = unset("Name of its trust domain for workload identities, such as mater.example.")
    domains: list[Text] = unset("Its DNS domains.")
    capability: list[Literal["toolkit", "fhir", "taxii", "misp", "xds", "dicom", "smime", "age", "pgp", "crypt4gh", "shl", "sftp", "paper"]] = unset("How it can receive what is shared.")
    keys: list[Ref] = complete("Its public keys that we hold.", to="public_key")
    bundle: Ref = unset("Its trust bundle.", to="trust_bundle")
    registration: Text = unset("Its number in the register that matters: company, health facility, LEI.")


class Cost(Structure):
    """What something costs: once, and each year. Also written as a sum: 60k EUR + 12k EUR per year."""

    KIND = KindInfo(
        "cost", structure=True, summands={Dimension.MONEY: "once", Dimension.MONEY_RATE: "yearly"}
    )

    once: MoneySpread = unset("Paid once.")
    yearly: MoneyRateSpread = unset("Paid each year.")


class SecurityLevels(Structure):
    """Security levels 0 to 4 for the seven foundational requirements of IEC 62443."""

    KIND = KindInfo("security_levels", structure=True)

    identification: Level = unset("FR 1: identification and authentication control.")
    use_control: Level = unset("FR 2: use control.")
    integrity: Level = unset("FR 3: system integrity.")
    confidentiality: Level = unset("FR 4: data confidentiality.")
    restricted_flow: Level = unset("FR 5: restricted data flow.")
    timely_response: Level = unset("FR 6: timely response to events.")
    availability: Level = unset("FR 7: resource availability.")


class Window(Structure):
    """A weekly window of time."""

    KIND = KindInfo("window", structure=True)

    days: list[Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]] = unset("Days of the week.")
    opens: TimeOfDay = unset("Start, such as \"08:00\" (local time).")
    closes: TimeOfDay = unset("End, such as \"18:00\" (local time; earlier than the start means the next day).")


class Setting(Element):
    """One setting of a machine, which a control or nudge consists of."""

    KIND = KindInfo("setting", owner="part_of", clauses={"of": "part_of", "on": "systems"})

    part_of: Ref = unset("What it belongs to.", to="control nudge policy")
    systems: list[Ref] = unset("Where it is set; where its owner acts, if unset.", to="asset identity_provider")
    parameter: Text = unset("Name of the parameter; the setting's own name, if unset.")
    value: Text = unset("Its value.")
    number: Number = unset("Its value, if it is a number.")
    duration: Duration = unset("Its value, if it is a time.")
    enabled: Flag = unset("Its value, if it is on or off.")


class Effect(Structure):
    """A measured or assumed effect, with how well it is known."""

    KIND = KindInfo("effect", structure=True)

    reduction: FractionSpread = unset("By which share it lowers what it acts on.")
    grade: Literal["trial", "registry", "observational", "survey", "vendor", "case", "assumption"] = unset("Quality of the evidence.")
    source: Text = unset("Publication or data set the figure comes from.")
    year: Whole = unset("Year of publication.")
    half_life: Duration = unset("Time after which half of the effect is gone.")
    endures: Flag = unset("Whether it stays while the measure stays (defaults, locks).")


KINDS = (Element, Party, Cost, SecurityLevels, Window, Setting, Effect)
