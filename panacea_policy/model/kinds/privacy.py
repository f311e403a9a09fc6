# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Protection of personal data: processing, consent, transfers, pseudonyms, permits, disclosures."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Country,
    Date,
    Duration,
    Flag,
    KindInfo,
    Ref,
    Text,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.kinds.core import Element


class Processing(Element):
    """One entry of the record of processing activities (GDPR 30)."""

    KIND = KindInfo("processing", clauses={"of": "controllers", "for": "purposes", "by": "processors"}, nested={"impact_assessment": "impact_assessments"})

    controllers: list[Ref] = unset("Who decides about it.", to="organisation")
    processors: list[Ref] = complete("Who works on behalf.", to="party")
    purposes: list[Ref] = unset("What it is for.", to="purpose")
    basis: list[Ref] = unset("Legal basis (GDPR 6(1)).", to="requirement")
    exception: list[Ref] = unset("Exception for special categories (GDPR 9(2)).", to="requirement")
    data: list[Ref] = unset("Classes of data.", to="data_class dataset")
    subjects: list[Literal["patients", "staff", "visitors", "relatives", "applicants", "research_participants", "children", "others"]] = unset("Whose data it is.")
    recipients: list[Ref] = unset("Who gets it.", to="party role")
    systems: list[Ref] = unset("Where it is done.", to="asset")
    processes: list[Ref] = unset("The care processes it belongs to.", to="process")
    transfers: list[Ref] = complete("Transfers to third countries.", to="transfer")
    storage_period: Duration = unset("How long data is kept.")
    security_description: Text = unset("Security measures, in general.")
    protection_officer: Ref = unset("The data protection officer.", to="person role")
    representative: Text = unset("Representative in the Union, where one is needed.")
    held_as: Literal["controller", "processor"] = unset("Whether we decide about it, or work on behalf.")
    large_scale: Flag = unset("Whether very many people are concerned.")
    automated_decision: Flag = unset("Whether it decides without a human being.")
    impact_assessments: list[Ref] = complete("Data protection impact assessments.", to="impact_assessment")
    unencrypted_accepted: Ref = unset("The risk decision that allows it without encryption.", to="risk_entry")


class ImpactAssessment(Element):
    """A data protection impact assessment (GDPR 35)."""

    KIND = KindInfo("impact_assessment", owner="processing", clauses={"of": "processing", "on": "done_on"})

    processing: Ref = unset("What was assessed.", to="processing")
    done_on: Date = unset("When it was done or last renewed.")
    description: Flag = unset("(a) Whether it describes the processing.")
    necessity: Flag = unset("(b) Whether it judges necessity and proportion.")
    risks: Flag = unset("(c) Whether it judges the risks to people.")
    measures: Flag = unset("(d) Whether it names the measures.")
    officer_advice: Date = unset("When the data protection officer gave advice.")
    consulted_authority: Date = unset("When the authority was consulted.")
    covers_change_of: Date = unset("Date of the latest material change that it covers.")


class Transfer(Element):
    """What allows personal data to go to a third country (GDPR 44 to 49)."""

    KIND = KindInfo("transfer", clauses={"to": "recipient", "under": "agreement", "until": "expires"})

    recipient: Ref = unset("Who gets it.", to="party")
    country: Country = unset("Where it goes.")
    tool: Literal["adequacy", "standard_clauses", "binding_rules", "code_of_conduct", "certification", "administrative", "consent", "contract", "public_interest", "legal_claim", "vital_interest"] = unset("What allows it.")
    agreement: Ref = unset("The agreement it is part of.", to="agreement")
    assessed_on: Date = unset("When the law of the other country was assessed.")
    measures: list[Text] = unset("Additional measures.")
    onward: Flag = unset("Whether onward transfers are covered too.")
    expires: Date = unset("Last day.")


class Consent(Element):
    """A pattern of consent: what patients may permit, restrict or withdraw, and what then happens."""

    KIND = KindInfo("consent", nested={"provision": "provisions"}, clauses={"for": "purposes", "until": "expires"})

    organisation: Ref = unset("Who asks for it.", to="organisation")
    model: Literal["opt_in", "opt_out"] = unset("What holds when the patient says nothing.")
    purposes: list[Ref] = unset("What it is about.", to="purpose")
    data: list[Ref] = unset("Classes of data it is about.", to="data_class dataset")
    provisions: list[Ref] = complete("Exceptions to its basic rule.", to="provision")
    conflict: Literal["deny_wins", "permit_wins", "latest_wins", "most_specific_wins"] = unset("What holds when provisions disagree.")
    emergency: Literal["opens", "stays_closed"] = unset("What an emergency does to it.")
    withdrawal_stops_new: Flag = unset("Whether withdrawal stops new access at once.")
    lists_past: Flag = unset("Whether the patient sees what was disclosed before.")
    given_by: list[Literal["patient", "guardian", "representative", "court"]] = unset("Who may decide.")
    age_of_own_decision: Duration = unset("Age from which a minor decides alone.")
    expires: Date = unset("Last day.")
    valid_for: Duration = unset("How long one consent holds.")
    decided_by: Ref = unset("The system that decides.", to="system")
    recorded_in: Ref = unset("Where it is recorded.", to="asset")
    after_death: Literal["ends", "stays", "representative"] = unset("What happens when the patient dies.")


class Provision(Element):
    """One exception in a pattern of consent."""

    KIND = KindInfo("provision", owner="consent", clauses={"for": "purposes", "to": "recipients", "by": "authors"})

    consent: Ref = unset("The consent it belongs to.", to="consent")
    decision: Literal["permit", "deny"] = unset("What it says.")
    purposes: list[Ref] = unset("For which purposes.", to="purpose")
    recipients: list[Ref] = unset("For whom.", to="party role person department")
    data: list[Ref] = unset("For which data.", to="data_class dataset")
    labels: list[Literal["N", "R", "V"]] = unset("For which labels.")
    authors: list[Ref] = unset("For data written by whom.", to="party role person department")
    actions: list[Ref] = unset("For which actions.", to="action")
    encounter: Flag = unset("Whether it is about one encounter.")
    starts: Date = unset("For data from this day.")
    ends: Date = unset("For data until this day.")
    except_emergency: Flag = unset("Whether an emergency lifts it.")


class PseudonymDomain(Element):
    """A world of pseudonyms that cannot be linked with another one without the key holder."""

    KIND = KindInfo("pseudonym_domain", clauses={"for": "purpose", "to": "recipient"})

    purpose: Ref = unset("The project or purpose.", to="purpose")
    recipient: Ref = unset("Who gets data under these pseudonyms.", to="party")
    method: Literal["hmac_sha256", "aead_deterministic", "random_table"] = unset("How pseudonyms are made.")
    key: Ref = unset("The key that makes them.", to="key")
    key_zone: Ref = unset("The zone where that key is, apart from the data.", to="zone")
    key_holder: Ref = unset("Who holds that key.", to="role person department party")
    normalisation: Text = unset("Version of the rules by which identifiers are normalised.")
    date_shift: Flag = unset("Whether dates are moved per patient.")
    reidentification: Literal["forbidden", "dual_control", "key_holder"] = unset("Who may undo it.")
    reidentifiers: list[Ref] = complete("Who acts together to undo it.", to="role person body")
    linkable_with: list[Ref] = complete("Domains that may be linked with it.", to="pseudonym_domain")
    smallest_group: Whole = unset("Smallest number of persons who must look alike (k).")
    rotate_every: Duration = unset("Longest time between two changes of its key.")
    erased_on: Date = unset("When its key was destroyed.")
    unsolved: list[Text] = complete("Where names can still hide: free text, burnt-in pixels.")


class Permit(Element):
    """A permit for secondary use of health data (EHDS 68)."""

    KIND = KindInfo("permit", clauses={"by": "issuer", "to": "holder", "for": "purposes", "until": "expires", "from": "starts"})

    issuer: Ref = unset("Who gave it.", to="authority organisation")
    holder: Ref = unset("Who may use data.", to="party")
    datasets: list[Ref] = unset("What may be used.", to="dataset data_class")
    purposes: list[Ref] = unset("What for.", to="purpose")
    starts: Date = unset("First day.")
    expires: Date = unset("Last day.")
    environment: Ref = unset("The secure processing environment.", to="zone")
    users: list[Ref] = unset("Who may work there.", to="person role")
    opt_out_applied: Flag = unset("Whether persons who opted out were removed first.")
    pseudonymised: Flag = unset("Whether data is given under pseudonyms.")
    pseudonym_domain: Ref = unset("The pseudonyms.", to="pseudonym_domain")
    output_check: Ref = unset("Who checks what leaves.", to="role person body")
    ethics_approval: Date = unset("When the ethics committee agreed.")
    destroyed_on: Date = unset("When the destruction was confirmed.")
    use_conditions: list[Text] = unset("Codes of the Data Use Ontology.")


class Disclosure(Element):
    """That something was sent to somebody: what, when, under which agreement, and who could open it."""

    KIND = KindInfo("disclosure", clauses={"to": "recipients", "on": "sent_on", "under": "agreement", "via": "channel"})

    recipients: list[Ref] = unset("Who got it.", to="party person role")
    data: list[Ref] = unset("What it was.", to="data_class dataset")
    object: Text = unset("Identifier of what was sent.")
    sent_on: Date = unset("When.")
    agreement: Ref = unset("The agreement it happened under.", to="agreement")
    channel: Ref = unset("How it was sent.", to="channel")
    sealed_to: list[Ref] = unset("Keys that can open it.", to="public_key key")
    receipt: Text = unset("The receipt that was signed for it.")
    recallable: Flag = unset("Whether access to it can still be withdrawn.")
    consent: Ref = unset("The consent that was checked.", to="consent")
    emergency: Flag = unset("Whether it happened under emergency access.")


class DisclosureRequest(Element):
    """Somebody else's lawful request for data: court, police, authority, relative, trial monitor."""

    KIND = KindInfo("disclosure_request", clauses={"by": "requester", "for": "purpose"})

    requester: Ref = unset("Who asks.", to="party role")
    purpose: Ref = unset("What for.", to="purpose")
    basis: list[Ref] = unset("Clauses that permit or demand an answer.", to="requirement")
    data: list[Ref] = unset("What may be given.", to="data_class dataset")
    decided_by: Ref = unset("Who decides.", to="role person body")
    order_required: Flag = unset("Whether a written order is needed.")
    patient_told: Flag = unset("Whether the patient is told.")
    logged: Flag = unset("Whether it is logged.")
    channel: Ref = unset("How the answer goes out.", to="channel")


KINDS = (
    Processing, ImpactAssessment, Transfer, Consent, Provision, PseudonymDomain, Permit, Disclosure,
    DisclosureRequest,
)
