# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Agreements, partners, channels, consent and permits: what may be shared with whom, why and how."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Address,
    Country,
    Date,
    Duration,
    Flag,
    KindInfo,
    Ref,
    Structure,
    Text,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.kinds.core import Element, Party, Window


class ProcessorTerms(Structure):
    """What a contract with a processor must say (GDPR 28(3)(a) to (h))."""

    KIND = KindInfo("processor_terms", structure=True)

    instructions: Flag = unset("(a) Works on documented instructions only.")
    confidentiality: Flag = unset("(b) Its people are bound to secrecy.")
    security: Flag = unset("(c) Takes the security measures of Article 32.")
    subprocessors: Flag = unset("(d) Engages others only as permitted, with the same duties.")
    data_subject_rights: Flag = unset("(e) Helps to answer data subjects.")
    assistance: Flag = unset("(f) Helps with security, breaches and impact assessments.")
    deletion: Flag = unset("(g) Deletes or returns data at the end.")
    audits: Flag = unset("(h) Shows what it does and allows audits.")


class SupplierTerms(Structure):
    """What a contract with a supplier should say about security (NIS2 21(2)(d); eight points)."""

    KIND = KindInfo("supplier_terms", structure=True)

    security: Flag = unset("Security requirements.")
    skills: Flag = unset("Skills and training of its people.")
    background_check: Flag = unset("Background checks of its people.")
    incident_notice: Flag = unset("Notice of incidents.")
    incident_notice_within: Duration = unset("Latest time of that notice.")
    audit: Flag = unset("Right to audit, or reports instead.")
    vulnerability: Flag = unset("Handling and notice of vulnerabilities.")
    subcontracting: Flag = unset("Subcontracting and its security.")
    exit: Flag = unset("What happens at the end: return, deletion, hand-over.")


class Agreement(Element):
    """What parties have agreed about sharing data, access or services."""

    KIND = KindInfo("agreement", clauses={"between": "parties", "until": "expires", "from": "starts", "for": "purpose", "under": "basis"})

    parties: list[Ref] = unset("Who agreed.", to="party")
    type: Literal["sharing", "processor", "joint_controllers", "supply", "business_associate", "referral", "research", "threat_intelligence", "maintenance", "confidentiality"] = unset("What it governs.")
    controller: Ref = unset("The controller, if the other is a processor.", to="organisation")
    processor: Ref = unset("The processor, if there is one.", to="party")
    data: list[Ref] = unset("Classes of data it covers.", to="data_class dataset")
    labels: list[Literal["N", "R", "V"]] = unset("Confidentiality labels it covers.")
    purpose: list[Ref] = unset("Purposes it covers.", to="purpose")
    roles: list[Ref] = unset("Roles that may use what is shared.", to="role")
    actions: list[Ref] = unset("What may be done with it.", to="action")
    basis: list[Ref] = unset("Legal basis: clauses that permit it.", to="requirement")
    services: list[Ref] = unset("Systems or processes it is about.", to="asset process")
    # time
    starts: Date = complete("First day; it holds at once if unset.")
    expires: Date = unset("Last day.")
    signed_on: Date = unset("When it was signed.")
    signatories: list[Ref] = unset("Who signed.", to="person role")
    signed_by: list[Ref] = unset("Parties that have signed.", to="party")
    version: Text = unset("Its version.")
    digest: Text = unset("Digest of the canonical text that was signed.")
    suspended_on: Date = complete("When it was suspended.")
    suspended_by: Ref = unset("The party that suspended it.", to="party")
    suspension: Literal["either_party", "both_parties", "authority"] = unset("Who may suspend it.")
    revoked_on: Date = complete("When it was ended early.")
    retention: Duration = unset("How long the receiver may keep what it got.")
    # limits
    tlp: Literal["clear", "green", "amber", "amber_strict", "red"] = unset("Most confidential traffic light it covers (TLP 2.0).")
    onward: Literal["forbidden", "own_organisation", "named", "free"] = unset("Whether the receiver may pass it on.")
    onward_to: list[Ref] = complete("To whom it may pass it on, if they are named.", to="party")
    countries: list[Country] = unset("Countries in which data may be.")
    break_glass: Ref = unset("The emergency access that it allows.", to="break_glass")
    consent: Ref = unset("The consent that it needs.", to="consent")
    pseudonym_domain: Ref = unset("The pseudonyms under which data is shared.", to="pseudonym_domain")
    suite: Ref = unset("Protection that it demands.", to="security_profile")
    channels: list[Ref] = unset("How data is sent.", to="channel")
    languages: list[Text] = unset("Languages in which what is shared is written, such as en.")
    receipts: Flag = unset("Whether each disclosure is confirmed by a signed receipt.")
    # duties
    processor_terms: ProcessorTerms = unset("Terms of GDPR 28(3).")
    supplier_terms: SupplierTerms = unset("Security terms for suppliers.")
    subcontractors: list[Ref] = unset("Further parties that are authorised.", to="party")
    subcontractor_terms: Flag = unset("Whether the same duties bind subcontractors.")
    incident_terms: Flag = unset("Whether incidents must be reported to the other side.")
    incident_notice: Duration = unset("Latest time of a report to the other side.")
    contingency_notice: Duration = unset("Latest time of a report to the other side that a contingency plan is in force.")
    incident_contact: Ref = unset("Whom to call about incidents.", to="contact person role")
    data_subject_contact: Ref = unset("Contact point for data subjects of joint controllers.", to="contact person role")
    duties_shared: Flag = unset("Whether it says which of joint controllers does what.")
    essence_published: Flag = unset("Whether data subjects can read its essence.")
    audit_right: Flag = unset("Whether we may audit.")
    liability: Text = unset("Who pays for what.")
    exit_plan: Ref = unset("How to leave it.", to="plan")


class Supplier(Party):
    """Somebody who delivers goods or services to us."""

    KIND = KindInfo("supplier")

    services: list[Text] = unset("What it delivers.")
    type: Literal["manufacturer", "software", "cloud", "hosting", "managed_service", "security_service", "maintenance", "agency", "laboratory", "telecom", "utility", "consultant", "other"] = unset("What it is.")
    has_access: Flag = unset("Whether its people or machines reach our systems or data.")
    hosts: Flag = unset("Whether it runs systems or keeps data for us.")
    in_directory: Flag = unset("Whether it stands in our directory of suppliers, with contact and services.")
    tier: Literal["critical", "high", "medium", "low"] = unset("How much depends on it.")
    agreement: Ref = unset("The main contract.", to="agreement")
    subcontractors: list[Ref] = unset("Whom it uses in turn.", to="supplier")
    certificates: list[Text] = unset("Certificates it holds, such as ISO/IEC 27001.")
    exit_plan: Ref = unset("How to do without it.", to="plan")
    incident_contact: Ref = unset("Whom to call about incidents.", to="contact person role")
    disclosure_contact: Text = unset("Where it takes reports of vulnerabilities.")
    lifecycle_evidence: Text = unset("Evidence for its secure development (IEC 81001-5-1).")
    data_countries: list[Country] = unset("Countries where it keeps or reads our data.")
    compromised_on: Date = unset("When it was found to be breached.")
    access_review: Duration = unset("Longest time between two reviews of its access.")


class Authority(Party):
    """A public authority, response team or information sharing centre."""

    KIND = KindInfo("authority")

    type: Literal["csirt", "competent_authority", "data_protection", "health_data_access_body", "market_surveillance", "police", "court", "isac", "contact_point", "certification"] = unset("What it is.")
    competent_for: list[Ref] = unset("Laws it watches over.", to="pack requirement")
    highest_tlp: Literal["clear", "green", "amber", "amber_strict", "red"] = unset("Most confidential traffic light it may get.")


class Community(Party):
    """A group of parties that share the same things: a sharing group, a network, peers."""

    KIND = KindInfo("community")

    members: list[Ref] = unset("Who belongs to it.", to="party")
    highest_tlp: Literal["clear", "green", "amber", "amber_strict", "red"] = unset("Most confidential traffic light it may get.")
    collection: Text = unset("Name of its TAXII collection or MISP sharing group.")
    trust_list: Ref = unset("The trust list of the network.", to="trust_bundle")


class Contact(Element):
    """A way to reach somebody."""

    KIND = KindInfo("contact", clauses={"of": "party"})

    party: Ref = unset("Whose contact it is.", to="party person role department")
    mail: Text = unset("Mail address.")
    telephone: Text = unset("Telephone number.")
    address: Text = unset("Web address of a form or service.")
    hours: Literal["always", "office_hours"] = unset("When it answers.")
    out_of_band: Flag = unset("Whether it works with our own mail, telephone and directory down.")
    key: Ref = unset("Key to encrypt to.", to="public_key")


class PublicKey(Element):
    """A public key of somebody else, pinned."""

    KIND = KindInfo("public_key", clauses={"of": "party"})

    party: Ref = unset("Whose key it is.", to="party person")
    format: Literal["x509", "pgp", "age", "ssh", "jwk", "raw"] = unset("Its format.")
    use: Literal["encryption", "signing", "authentication"] = unset("What it is used for.")
    algorithm: Text = unset("Its algorithm.")
    fingerprint: Text = unset("Its fingerprint.")
    verified_by: Ref = unset("Who compared the fingerprint.", to="person role")
    verified_on: Date = unset("When it was compared.")
    verified_over: Literal["in_person", "telephone", "certificate", "post", "video"] = unset("How it was compared.")
    expires: Date = unset("When it ends.")
    remind_before: Duration = unset("How long before its end somebody is reminded.")


class TrustBundle(Element):
    """Somebody's root certificates, as we trust them."""

    KIND = KindInfo("trust_bundle", clauses={"of": "party", "until": "expires"})

    party: Ref = unset("Whose roots they are.", to="party")
    trust_domain: Text = unset("The trust domain they vouch for.")
    authorities: list[Ref] = unset("Our own authorities in it.", to="certificate_authority")
    fingerprints: list[Text] = unset("Fingerprints of foreign roots in it.")
    sequence: Whole = unset("Its number; it only grows.")
    refresh: Duration = unset("How often it should be fetched.")
    expires: Date = unset("When it is too old to be trusted.")
    trusted_in: list[Ref] = unset("Zones in which alone it is trusted.", to="zone")
    exchanged_over: Literal["https", "mail", "repository", "in_person"] = unset("How it comes to us.")
    removed_on: Date = unset("When we stopped trusting it.")


class Channel(Element):
    """A way of sending things to somebody."""

    KIND = KindInfo("channel", clauses={"to": "party", "over": "flow", "under": "agreement", "via": "gateway"})

    party: Ref = unset("Who is at the other end.", to="party")
    type: Literal["toolkit", "fhir", "taxii", "misp", "xds", "dicom", "smime", "age", "pgp", "crypt4gh", "shl", "sftp", "paper", "portal", "telephone", "message_queue"] = unset("What it is.")
    agreement: Ref = unset("The agreement it serves.", to="agreement")
    flow: Ref = unset("The flow that carries it.", to="flow")
    gateway: Ref = unset("Our system that sends and receives.", to="system")
    key: Ref = unset("Key to encrypt to.", to="public_key")
    returns: Ref = unset("How the other side answers.", to="channel")
    security: Ref = unset("How it is protected.", to="security_profile")
    signed: Flag = unset("Whether the sender can be proved.")
    end_to_end: Flag = unset("Whether only the final receiver can read it.")
    logged: Flag = unset("Whether each sending is logged on our side.")
    logged_there: Flag = unset("Whether each sending is logged on the other side too.")
    formats: list[Literal["stix", "misp", "csaf", "pdf", "mail", "json", "fhir", "form"]] = unset("Formats in which it is sent.")
    reminded: Duration = unset("How long before the end of its key somebody is reminded.")
    instructions: Text = unset("What a receiver without our program must do to open it.")
    opened_with: list[Text] = unset("Stock programs with which a receiver can open it, such as openssl.")
    out_of_band: Flag = unset("Whether it works with our own mail and directory down.")
    residual_risk: Text = unset("What this way cannot prevent.")
    tested_on: Date = unset("When it was last tried.")
    highest_tlp: Literal["clear", "green", "amber", "amber_strict", "red"] = unset("Most confidential traffic light it may carry.")


class RemoteAccess(Element):
    """How somebody from outside, mostly a supplier, works on our systems from afar."""

    KIND = KindInfo("remote_access", clauses={"by": "supplier", "to": "targets", "via": "jump_host", "under": "agreement"})

    supplier: Ref = unset("Who comes.", to="supplier organisation role")
    targets: list[Ref] = unset("What may be reached.", to="asset zone")
    jump_host: Ref = unset("Where sessions end and are watched.", to="system")
    agreement: Ref = unset("The contract.", to="agreement")
    sponsor: Ref = unset("Who answers for it inside.", to="role person")
    per_request: Flag = unset("Whether it is opened per request only.")
    ticket: Flag = unset("Whether each session needs a ticket.")
    approver: Ref = unset("Who opens it.", to="role person")
    longest: Duration = unset("Longest session.")
    window: Window = unset("When it may happen.")
    authentication: Ref = unset("How the visitor proves identity.", to="authenticator")
    certificate: Ref = unset("Profile of the certificate for one session.", to="certificate_profile")
    principal_per_target: Flag = unset("Whether a credential is good for one machine only.")
    forced_command: Flag = unset("Whether only a fixed command can run.")
    source_addresses: list[Address] = unset("Addresses it may come from.")
    personal_accounts: Flag = unset("Whether each visitor has an own account.")
    recorded: Flag = unset("Whether sessions are recorded.")
    logged: Flag = unset("Whether sessions are logged.")
    supervised: Flag = unset("Whether somebody inside watches.")
    monitored: Flag = unset("Whether traffic is watched.")
    patient_data_visible: Flag = unset("Whether patient data can be seen.")
    bundle: Ref = unset("The supplier's own roots, as far as we trust them.", to="trust_bundle")
    revocation: Literal["krl", "crl", "account", "network"] = unset("How it is cut at once.")
    emergency: Ref = unset("What holds for an emergency call.", to="break_glass")
    always_on: Flag = unset("Whether the link is up all the time.")


KINDS = (
    ProcessorTerms, SupplierTerms, Agreement, Supplier, Authority, Community, Contact, PublicKey,
    TrustBundle, Channel, RemoteAccess,
)
