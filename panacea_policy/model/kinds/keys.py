# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Keys: the authorities, certificates and stores that identities rest on."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Address,
    Date,
    Duration,
    Flag,
    Fraction,
    KindInfo,
    Ref,
    Text,
    Whole,
    unset,
)
from panacea_policy.model.kinds.core import Element


class CertificateAuthority(Element):
    """A certificate authority of our own."""

    KIND = KindInfo("certificate_authority", clauses={"under": "parent", "for": "zones", "of": "organisation"})

    organisation: Ref = unset("Whose it is.", to="organisation")
    parent: Ref = unset("The authority above it; none for a root.", to="certificate_authority")
    zones: list[Ref] = unset("Zones it issues for.", to="zone")
    offline: Flag = unset("Whether it is kept without network.")
    key_store: Ref = unset("Where its key is.", to="key_store")
    algorithm: Literal["ec_p256", "ec_p384", "rsa_3072", "rsa_4096", "ed25519", "ml_dsa_65", "ml_dsa_87"] = unset("Its key.")
    lifetime: Duration = unset("How long its certificate lasts.")
    expires: Date = unset("When its certificate ends.")
    path_length: Whole = unset("How many authorities may stand below it.")
    permitted_names: list[Text] = unset("DNS names it may issue for.")
    permitted_mail: list[Text] = unset("Mail domains it may issue for.")
    permitted_addresses: list[Address] = unset("Networks it may issue for; an empty list excludes addresses.")
    profiles: list[Ref] = unset("What it issues.", to="certificate_profile")
    revocation: Literal["crl", "ocsp", "both", "short_lived"] = unset("How it takes back.")
    crl_every: Duration = unset("Time between two revocation lists.")
    crl_validity: Duration = unset("How long a revocation list holds.")
    quorum: Whole = unset("How many people must act together.")
    ceremony: Ref = unset("The plan its ceremonies follow.", to="plan")
    compromised_on: Date = unset("When its key was found to be in strangers' hands.")
    successor: Ref = unset("The authority that takes over.", to="certificate_authority")
    overlap: Duration = unset("How long old and new one are trusted together.")
    environment: Literal["production", "test", "training", "development"] = unset("What it is used for.")


class CertificateProfile(Element):
    """What one kind of certificate contains, and how long it lives."""

    KIND = KindInfo("certificate_profile", clauses={"from": "issuer", "for": "subjects"})

    issuer: Ref = unset("Who issues it.", to="certificate_authority")
    subjects: list[Literal["server", "client", "workload", "device", "person", "signer", "mail", "gateway", "vendor", "organisation", "ssh_user", "ssh_host", "authority"]] = unset("Who gets it.")
    purposes: list[Literal["server", "client", "mail", "code", "document", "smart_card", "ssh"]] = unset("Uses of its key (extended key usage).")
    names: list[Literal["dns", "uri", "mail", "address", "upn"]] = unset("Kinds of names in it.")
    spiffe: Flag = unset("Whether it carries exactly one SPIFFE name.")
    algorithm: Literal["ec_p256", "ec_p384", "rsa_2048", "rsa_3072", "rsa_4096", "ed25519", "ml_dsa_65"] = unset("Its key.")
    lifetime: Duration = unset("How long it lasts.")
    renew_at: Fraction = unset("Share of its life after which it is renewed.")
    renews_after_expiry: Flag = unset("Whether it may be renewed once after its end.")
    revocation: Literal["crl", "ocsp", "both", "short_lived"] = unset("How it is taken back.")
    protection: Ref = unset("Where its key lives.", to="key_store authenticator")
    ends_with_contract: Flag = unset("Whether it never outlives the holder's engagement.")
    qualified: Flag = unset("Whether it makes qualified signatures (eIDAS).")
    protocol: Literal["est", "acme", "scep", "cmp", "csr", "manual"] = unset("How it is asked for.")


class KeyStore(Element):
    """A place where keys live: hardware module, card, encrypted file."""

    KIND = KindInfo("key_store", clauses={"in": "zone", "at": "place"})

    type: Literal["hsm", "tpm", "smart_card", "fido2", "file", "cloud", "paper"] = unset("What it is.")
    zone: Ref = unset("The zone it is in.", to="zone")
    place: Ref = unset("Where it stands.", to="room site")
    exportable: Flag = unset("Whether keys can leave it.")
    quorum: Whole = unset("How many people must act together to use it.")
    holders: list[Ref] = unset("Who can open it.", to="role person")
    backup_of: Ref = unset("The key store it stands in for.", to="key_store")
    encrypted: Flag = unset("Whether it is encrypted.")


class Key(Element):
    """A key, or a family of keys made for one use."""

    KIND = KindInfo("key", clauses={"in": "store", "for": "protects", "of": "organisation"})

    organisation: Ref = unset("Whose it is.", to="organisation")
    store: Ref = unset("Where it lives.", to="key_store")
    use: Literal["encryption", "signing", "authentication", "wrapping", "pseudonymisation", "escrow", "archive", "token"] = unset("What it is used for.")
    algorithm: Text = unset("Its algorithm.")
    protects: list[Ref] = unset("What it protects.", to="asset data_class dataset agreement pseudonym_domain flow")
    holder: Ref = unset("Who may use it.", to="role person workload department organisation")
    rotate_every: Duration = unset("Longest time between two changes.")
    rotated_on: Date = unset("When it was last changed.")
    expires: Date = unset("When it ends.")
    grace: Duration = unset("How long the old one still opens what was sealed.")
    escrow: Ref = unset("Where a copy for emergencies is.", to="key_store")
    escrow_quorum: Whole = unset("How many people must act together to use that copy.")
    kept_for: Duration = unset("How long it is kept, because what it opens must stay readable.")
    destroyed_on: Date = unset("When it was destroyed.")


KINDS = (
    CertificateAuthority, CertificateProfile, KeyStore, Key,
)
