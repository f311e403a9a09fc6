# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Attackers, weaknesses, controls and decisions about risk."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    CountSpread,
    Date,
    Duration,
    DurationSpread,
    Flag,
    Fraction,
    FractionSpread,
    KindInfo,
    Money,
    MoneyPerItemSpread,
    MoneyRate,
    MoneyRateSpread,
    MoneySpread,
    Number,
    Rate,
    RateSpread,
    Ref,
    Score,
    TemplateRef,
    Text,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.kinds.core import Cost, Effect, Element


class ThreatActor(Element):
    """Somebody who attacks, or who does harm by mistake."""

    KIND = KindInfo("threat_actor", clauses={"at": "starts_at", "from": "starts_at"})

    attempts: RateSpread = unset("Attempts on us, per year.")
    skill: Literal["naive", "advanced", "professional"] = unset("What the actor can do.")
    motive: Literal["financial", "espionage", "ideology", "convenience", "grudge", "curiosity", "fear", "accident"] = unset("Why.")
    type: Literal["criminal_group", "state", "activist", "insider", "supplier_insider", "patient", "visitor", "accident", "competitor"] = unset("Who it is.")
    internal: Flag = unset("Whether the actor works for us.")
    starts_at: list[Ref] = unset("Where the actor is at first.", to="zone room asset role person credential supplier organisation")
    aims_at: list[Ref] = unset("What the actor wants.", to="asset data_class process dataset")
    effects: list[Literal["disclosure", "modification", "disruption", "extortion", "theft"]] = unset("What the actor does in the end.")
    patience: DurationSpread = unset("Working time the actor spends before giving up.")
    tries: Whole = unset("How often the actor tries a step that fails; 1 if nobody says so.")
    knowledge: Fraction = unset("Share of our network that the actor knows beforehand, and need not find out.")
    stays_hidden: DurationSpread = unset("Time between entering and striking.")
    ransom: MoneySpread = unset("What the actor demands.")
    techniques: list[Text] = unset("Techniques of ATT&CK that the actor is known for.")
    success_prior: FractionSpread = unset("Share of attempts that got in at comparable hospitals, to calibrate by.")


class Vulnerability(Element):
    """A weakness in a product or in one asset."""

    KIND = KindInfo("vulnerability", owner="subject", clauses={"of": "affects", "in": "affects"})

    subject: Ref = unset("What it is declared inside.", to="asset software")
    affects: list[Ref] = complete("What else it is in.", to="asset software")
    cve: Text = unset("Its CVE number.")
    weakness: Text = unset("Its CWE number.")
    vector: Literal["network", "adjacent", "local", "physical"] = unset("From where it can be used.")
    complexity: Literal["low", "high"] = unset("How hard it is to use.")
    requires: Ref = unset("Privilege that its use needs; none if it needs no account.", to="privilege")
    interaction: Flag = unset("Whether somebody must be tricked into helping.")
    gives: Ref = unset("Privilege that its use gives.", to="privilege")
    disrupts: Flag = unset("Whether its use only makes the target fail.")
    exploit_probability: FractionSpread = unset("Probability that an attempt to use it works.")
    epss: Fraction = unset("Probability that it is used somewhere within 30 days (EPSS).")
    cvss: Score = unset("Base score (CVSS), 0 to 10.")
    known_exploited: Flag = unset("Whether it is known to be used by attackers.")
    exploit_exists: Flag = unset("Whether a working exploit is public.")
    published_on: Date = unset("When it became public.")
    exploited_since: Date = unset("When its use was first seen.")
    found_on: Date = unset("When it was found here.")
    due: Date = unset("When it must be gone.")
    fixed_on: Date = unset("When it was gone here.")
    fix_available: Flag = unset("Whether a fix exists.")
    fixed_version: Text = unset("First version without it.")
    vex_status: Literal["affected", "not_affected", "fixed", "under_investigation"] = unset("What the manufacturer says about this product.")
    vex_justification: Literal["component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path", "vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist"] = unset("Why the product is not affected.")
    mitigated_by: list[Ref] = complete("Controls that make up for it here.", to="control")


class Control(Element):
    """A measure that makes attacks, mistakes or losses rarer or smaller. Its class is a template."""

    KIND = KindInfo("control", nested={"setting": "settings"}, clauses={"on": "protects", "for": "protects", "by": "owner"})

    protects: list[Ref] = unset("What it protects.", to="asset zone conduit role person process data_class room account flow organisation credential supplier site department grant")
    status: Literal["in_place", "planned", "candidate", "retired"] = unset("Whether it works already; `planned by 2027-03-31` gives the day too.", dated="planned_for")
    planned_for: Date = unset("When it will be in place.")
    since: Date = unset("Since when it is in place.")
    effectiveness: FractionSpread = unset("By which share it lowers the chance of what it hinders.")
    level: Literal["per_account", "per_person", "per_mail", "per_organisation", "per_site", "per_event", "per_record"] = unset("What its effectiveness was measured on; that of an account or person acts only where logins or people are.")
    slows: FractionSpread = unset("By which share it lengthens the effort of what it hinders.")
    effect: Effect = unset("The effect, with its source.")
    coverage: Fraction = unset("Share of what it protects that it really reaches.")
    failure: FractionSpread = unset("Probability that it is off or broken when it matters.")
    cost: Cost = unset("What it costs: once, and each year.")
    lifetime: Duration = unset("How long it lasts before it must be bought again.")
    burden: Duration = unset("Working time of staff that it costs, per person and day.")
    care_time: Duration = unset("Time taken from patients, per day in all.")
    layer: Literal["human", "access", "network", "physical", "business"] = unset("Layer in which it acts.")
    type: Literal["preventive", "detective", "corrective", "compensating", "deterrent", "recovery"] = unset("How it acts.")
    needs: list[Ref] = complete("What must be in place for it to work.", to="control policy asset role")
    excludes: list[Ref] = complete("Controls it cannot be combined with.", to="control")
    replaces: list[Ref] = complete("Controls that are no longer needed with it.", to="control")
    side_effects: list[Text] = unset("What it makes harder, slower or riskier.")
    slows_processes: list[Ref] = complete("Processes that it slows down.", to="process")
    behaviours: list[Ref] = complete("Behaviours that it makes impossible or rarer.", to="behaviour")
    carries_out: list[Ref] = unset("Clauses that it carries out.", to="requirement")
    expires: Date = unset("When it ends, if it is meant to be temporary.")
    approved_by: Ref = unset("Who decided on it.", to="role person body")
    tested_on: Date = unset("When it was last tested.")
    test_idea: Text = unset("How somebody would show that it works.")
    settings: list[Ref] = complete("Settings that make it.", to="setting")
    provided_by: Ref = unset("The system that does it.", to="system supplier role")


class RiskEntry(Element):
    """One entry of the risk register, with the decision about it."""

    KIND = KindInfo("risk_entry", clauses={"of": "subjects", "on": "subjects", "until": "expires", "by": "decided_by"})

    subjects: list[Ref] = unset("What is at risk.", to="asset zone conduit process flow supplier data_class organisation role agreement processing")
    threat: Text = unset("What could happen.")
    actors: list[Ref] = unset("Who could do it.", to="threat_actor")
    likelihood: Literal["rare", "unlikely", "possible", "likely", "almost_certain"] = unset("How likely it was judged.")
    impact: Literal["negligible", "minor", "moderate", "severe", "catastrophic"] = unset("How bad it was judged.")
    frequency: RateSpread = unset("How often it is expected.")
    loss: MoneySpread = unset("Loss each time.")
    treatment: Literal["mitigate", "accept", "transfer", "avoid"] = unset("What was decided.")
    controls: list[Ref] = unset("What is done about it.", to="control")
    decided_by: Ref = unset("Who decided.", to="role person body")
    decided_on: Date = unset("When.")
    expires: Date = unset("Until when the decision holds.")
    reason: Text = unset("Why.")
    analysed_on: Date = unset("When it was last analysed.")
    residual: Literal["low", "medium", "high"] = unset("What is left.")


class Insurance(Element):
    """A policy that pays part of a loss."""

    KIND = KindInfo("insurance", clauses={"by": "insurer", "until": "expires"})

    insurer: Ref = unset("Who pays.", to="party")
    limit: Money = unset("Most that is paid in a year.")
    deductible: Money = unset("What we bear of each loss.")
    share: Fraction = unset("Share of the rest that is paid.")
    premium: MoneyRate = unset("What it costs.")
    waiting: Duration = unset("Length of outage from which it pays.")
    covers: list[Literal["outage", "breach", "extortion", "liability", "recovery", "fraud"]] = unset("Losses it covers.")
    expires: Date = unset("Last day.")
    conditions: list[TemplateRef] = unset("Classes of controls that must be in place.", to="control")


class Incident(Element):
    """Something that happened, here or at somebody like us."""

    KIND = KindInfo("incident", clauses={"at": "organisation", "on": "occurred_on"})

    organisation: Ref = unset("Where it happened.", to="party")
    occurred_on: Date = unset("When it began.")
    detected_on: Date = unset("When it was noticed.")
    aware_on: Date = unset("When we knew that it had to be reported.")
    contained_on: Date = unset("When it was contained.")
    recovered_on: Date = unset("When everything ran again.")
    affected: list[Ref] = unset("What was hit.", to="asset process data_class dataset supplier credential certificate_authority agreement")
    actor: Ref = unset("Who did it.", to="threat_actor")
    techniques: list[Text] = unset("Techniques of ATT&CK that were seen.")
    malicious: Flag = unset("Whether it is suspected to be unlawful or malicious.")
    cross_border: Flag = unset("Whether it may touch other countries.")
    personal_data: Flag = unset("Whether personal data is concerned.")
    significant: Flag = unset("Whether it must be reported.")
    records: CountSpread = unset("Persons concerned.")
    loss: MoneySpread = unset("What it cost.")
    tlp: Literal["clear", "green", "amber", "amber_strict", "red"] = unset("Traffic light of what is known about it.")


class Loss(Element):
    """A part of what one event costs us beyond the process or data that it hits, by the forms of loss of FAIR."""

    KIND = KindInfo("loss", clauses={"after": "after", "of": "of"})

    form: Literal["productivity", "response", "replacement", "ransom", "fines", "claims", "reputation", "competitive_advantage"] = unset("Form of loss: the first four are primary; the others, reactions of others, are secondary.")
    after: list[Literal["disruption", "disclosure", "corruption"]] = unset("Kinds of events that bring it.")
    of: list[Ref] = complete("Only events that hit one of these bring it; any event, if empty.", to="process data_class")
    cause: Literal["attack", "accident", "any"] = unset("Whether it follows attacks, accidents, or both.")
    probability: FractionSpread = unset("Probability that an event brings it (for reactions of others: secondary loss event frequency).")
    amount: MoneySpread = unset("Amount per event.")
    share_of_turnover: CountSpread = unset("Amount per event as a part of a year's turnover: 0.01 is one hundredth.")
    per_person: MoneyPerItemSpread = unset("Amount per person whose data is disclosed.")
    per_time: MoneyRateSpread = unset("Amount for as long as the longest outage of the event lasts.")
    lost_volume: FractionSpread = unset("Share of the turnover that stays away afterwards.")
    lasts: DurationSpread = unset("How long it stays away.")
    proportional: Flag = unset("Whether amounts grow with the share of our processes that the event stops.")
    cap: Money = unset("Most that it can be.")
    cap_share: Fraction = unset("Most that it can be, as a share of a year's turnover.")
    cap_rule: Literal["higher", "lower"] = unset("Which of the two caps holds.")
    paid: Flag = unset("For a ransom: whether it would be paid; only then it counts.")
    law: Text = unset("Article that it rests on.")


class Figure(Element):
    """A published or assumed figure that values of the model rest on, with how good it is."""

    KIND = KindInfo("figure", clauses={"for": "supports"})

    share: FractionSpread = unset("The figure, if it is a share or probability.")
    number: CountSpread = unset("The figure, if it is a plain number or a count.")
    time: DurationSpread = unset("The figure, if it is a length of time.")
    money: MoneySpread = unset("The figure, if it is an amount of money, in the currency of its source.")
    rate: RateSpread = unset("The figure, if it is a number per time.")
    unit: Text = unset("What a plain number counts, such as \"million USD\".")
    ratio: Number = unset("The figure, if it is a ratio of odds or risks.")
    low: Number = unset("Lower end of its 95 % interval or interquartile range, as a plain number.")
    high: Number = unset("Upper end of its 95 % interval or interquartile range, as a plain number.")
    sample: Whole = unset("How many were looked at.")
    source: Text = unset("Publication or data set.")
    year: Whole = unset("Year of publication.")
    grade: Literal["trial", "registry", "observational", "survey", "vendor", "case", "assumption"] = unset("Quality of the evidence.")
    level: Literal["per_account", "per_person", "per_mail", "per_organisation", "per_site", "per_event", "per_record"] = unset("What it is measured on.")
    population: Text = unset("Who or what was looked at.")
    caution: Text = unset("What it must not be used for.")
    supports: list[Text] = unset("Values that rest on it, such as \"process.outage\" or \"control multi_factor\".")


class Rating(Element):
    """From where a word of a heat map is used. Heat maps are a view of the figures; nothing is computed from them."""

    KIND = KindInfo("rating")

    likelihood: Literal["rare", "unlikely", "possible", "likely", "almost_certain"] = unset("The word, if it says how often.")
    impact: Literal["negligible", "minor", "moderate", "severe", "catastrophic"] = unset("The word, if it says how bad.")
    from_rate: Rate = unset("Least number of events per year that it stands for.")
    from_share: Fraction = unset("Least loss of an event that it stands for, as a share of a year's turnover.")


KINDS = (ThreatActor, Vulnerability, Control, RiskEntry, Insurance, Incident, Loss, Figure, Rating)
