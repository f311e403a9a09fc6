# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Laws, packs, and what may be said about rules, steps, tests, scenarios, waivers and attestations."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Date,
    Duration,
    Flag,
    Fraction,
    FractionSpread,
    Jurisdiction,
    KindInfo,
    Money,
    Ref,
    Structure,
    Text,
    complete,
    required,
    unset,
)
from panacea_policy.model.kinds.core import Element


class Entry(Structure):
    """One pair of a map such as `behaviours: { shares_credential: 23 % }`."""

    KIND = KindInfo("entry", structure=True)

    key: Ref | Text = unset("What stands before the colon.", to="element")
    value: FractionSpread | Text = unset("What stands behind the colon.")


class Pack(Element):
    """A set of rules and requirements that belong together, usually one law or standard."""

    KIND = KindInfo("pack")

    version: Text = unset("Version of the pack.")
    source: Text = unset("The law or standard, by its official name.")
    url: Text = unset("Where the original is.")
    status: Literal["in_force", "adopted_not_applicable", "proposed", "guidance", "voluntary", "superseded"] = unset("Legal status of the source.")
    jurisdiction: list[Jurisdiction] = unset("Where it holds.")
    effective: Date = unset("First day it holds.")
    ends: Date = unset("Last day it holds.")
    checked_on: Date = unset("When the pack was last compared with the source.")
    licence: Text = unset("Licence of the pack.")
    authors: list[Text] = unset("Who wrote the pack.")
    requires: list[Text] = complete("Packages that it needs, with versions.")
    unchecked: list[Text] = complete("Statements in it that nobody could check yet.")
    level: Literal["binding", "benchmark"] = unset("Whether it binds a hospital, or is a measure only.")


class Requirement(Element):
    """One clause of a law or standard, in our own words."""

    KIND = KindInfo("requirement", clauses={"in": "parent", "of": "pack", "from": "effective", "until": "ends"})

    pack: Ref = unset("The pack it belongs to.", to="pack")
    clause: Text = unset("Its number, such as 21(2)(h).")
    text: Text = unset("What it demands, in our own words.")
    parent: Ref = complete("The clause it is part of.", to="requirement")
    status: Literal["in_force", "adopted_not_applicable", "proposed", "guidance", "voluntary", "superseded"] = unset("Legal status; that of the pack if unset.")
    effective: Date = unset("First day it holds.")
    ends: Date = unset("Last day it holds.")
    jurisdiction: list[Jurisdiction] = unset("Where it holds; that of the pack if unset.")
    addressees: list[Literal["hospital", "controller", "processor", "manufacturer", "covered_entity", "business_associate", "managed_service_provider", "cloud_provider", "research_body", "data_holder", "member_state"]] = unset("To whom it speaks.")
    benchmark_for: list[Literal["hospital", "controller", "processor", "manufacturer", "covered_entity", "business_associate", "managed_service_provider", "cloud_provider", "research_body", "data_holder", "member_state"]] = complete("Whom it measures without binding them.")
    level: Literal["binding", "benchmark"] = unset("Whether it binds a hospital, or is a measure only.")
    decided_by: Literal["rules", "attestation", "both", "nobody"] = unset("How a verdict comes about.")
    deadline: Duration = unset("Latest time that it sets.")
    maps_to: list[Ref] = complete("Clauses elsewhere that ask for the same.", to="requirement")
    strength: Literal["full", "partial", "supporting"] = unset("How much of it our rules can show.")
    addressable: Flag = unset("Whether a documented alternative is allowed.")
    fine: Money = unset("Highest fine.")
    superseded_by: Ref = unset("The clause that takes its place.", to="requirement")
    basis: Flag = unset("Whether it is a legal basis that others can rest on.")


class Mapping(Element):
    """That clauses of several laws and standards ask for the same, or for things that one fact shows."""

    KIND = KindInfo("mapping")

    clauses: list[Ref] = required("The clauses that belong together.", to="requirement")
    relation: Literal["equal", "overlaps", "supports"] = unset("How close they are: `supports` says that one helps to show the other.")


class Rule(Element):
    """What may be said about a rule, next to its conditions."""

    KIND = KindInfo("rule")

    severity: Literal["critical", "high", "medium", "low", "info"] = unset("How bad a violation is.")
    satisfies: list[Ref] = complete("Clauses that it helps to show.", to="requirement")
    category: Literal["spoofing", "tampering", "repudiation", "disclosure", "denial", "elevation", "linking", "identifying", "non_repudiation", "detecting", "data_disclosure", "unawareness", "non_compliance", "governance", "continuity", "hygiene", "safety", "people", "sharing", "identity"] = unset("What it is about (STRIDE, LINDDUN and more).")
    references: list[Text] = complete("Where it comes from.")
    weakness: list[Text] = complete("Weaknesses (CWE) it looks for.")
    threat: list[Text] = complete("Threats (STRIDE, LINDDUN, CAPEC) it looks for.")
    attack: list[Text] = complete("Techniques of ATT&CK that it stops.")
    layer: Literal["human", "access", "network", "physical", "business"] = unset("Layer it looks at.")
    since: Date = unset("First day it is used.")
    ends: Date = unset("Last day it is used.")
    status: Literal["stable", "experimental", "deprecated"] = unset("How settled it is.")
    strength: Literal["full", "partial", "supporting"] = unset("How much it shows of the clauses it satisfies.")
    completeness: list[Text] = complete("What must be declared before it can pass.")


class Step(Element):
    """What may be said about an attack step, next to its conditions."""

    KIND = KindInfo("step")

    layer: Literal["human", "access", "network", "physical", "business"] = unset("Layer it happens in.")
    attack: list[Text] = complete("Techniques of ATT&CK.")
    weakness: list[Text] = complete("Weaknesses (CWE) it uses.")
    references: list[Text] = complete("Where its figures come from.")
    common: Literal["product", "vulnerability", "credential", "person", "role"] = unset("What many instances share, so that it is drawn once.")
    members: Fraction = unset("Share of the members of its role whom it meets, at least one, each with its chance; any one of them suffices.")
    detected: FractionSpread = unset("Probability that it is noticed.")
    noisy: Flag = unset("Whether it is easy to notice.")
    skill: Literal["naive", "advanced", "professional"] = unset("Least skill that it needs.")
    discovers: Flag = unset("Whether it only finds out what is there; who knows it beforehand is spared it.")


class Relation(Element):
    """What may be said about a relation."""

    KIND = KindInfo("relation")


class Scenario(Element):
    """What may be said about a scenario: changes on top of the model."""

    KIND = KindInfo("scenario")

    question: Text = unset("What it should answer.")
    compares_with: Ref = unset("The scenario it is compared with.", to="scenario")
    horizon: Duration = unset("How far it looks ahead.")
    includes: list[Ref] = complete("Scenarios that it builds on.", to="scenario")


class Test(Element):
    """What may be said about a test."""

    KIND = KindInfo("test")

    as_of: Date = unset("The day on which it takes place.")


class Waiver(Element):
    """That a violation of a rule is borne for a time: by whom, why, until when."""

    KIND = KindInfo("waiver", keyword="waive", subject="rule", clauses={"on": "subjects", "until": "expires", "because": "reason", "by": "approver", "from": "starts"}, auto_name="{rule}_on_{subjects}")

    rule: Ref = unset("The rule.", to="rule")
    subjects: list[Ref] = unset("On what; on everything, if nothing is named.", to="element")
    starts: Date = unset("First day.")
    expires: Date = required("Last day; it still holds on that day.")
    reason: Text = required("Why.")
    approver: Ref = required("Who bears it; somebody whose `may_accept` reaches the severity, where that is stated.", to="role person body")
    approved_on: Date = unset("When it was approved.")
    risk: Ref = unset("The entry of the risk register.", to="risk_entry")
    compensated_by: list[Ref] = complete("What is done meanwhile.", to="control")


class Attestation(Element):
    """That a person answers for a clause that no rule can decide."""

    KIND = KindInfo("attestation", keyword="attest", subject="requirement", clauses={"on": "subjects", "until": "expires", "because": "reason", "by": "attester", "from": "starts"}, auto_name="{requirement}_by_{attester}")

    requirement: Ref = unset("The clause.", to="requirement")
    subjects: list[Ref] = unset("For what; for the whole organisation, if nothing is named.", to="element")
    attester: Ref = unset("Who answers for it.", to="role person body")
    starts: Date = unset("First day.")
    expires: Date = unset("Last day; it still holds on that day.")
    reason: Text = unset("What it rests on.")
    made_on: Date = unset("When it was made.")
    result: Literal["met", "violated", "not_applicable"] = unset("What is attested; met, if unset.")


class Feed(Element):
    """A source of facts that change: advisories, scans, inventories, incidents."""

    KIND = KindInfo("feed", clauses={"from": "source", "for": "covers"})

    source: Text = unset("File or address.")
    format: Literal["csaf", "osv", "kev", "epss", "nvd", "cyclonedx", "vex", "nmap", "csv", "json", "stix", "taxii", "misp", "scim", "xapi", "drmp"] = unset("Its format.")
    covers: list[Ref] = unset("What it is about.", to="asset zone supplier role organisation")
    every: Duration = unset("How often it is read.")
    read_on: Date = unset("When it was last read.")
    trusted_key: Ref = unset("Key that must have signed it.", to="public_key")


KINDS = (
    Entry, Pack, Requirement, Mapping, Rule, Step, Relation, Scenario, Test, Waiver, Attestation, Feed,
)
