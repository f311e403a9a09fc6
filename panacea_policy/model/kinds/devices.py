# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Medical and other devices, media, and software workloads."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Country,
    Date,
    Duration,
    Flag,
    KindInfo,
    Ref,
    Structure,
    Text,
    complete,
    unset,
)
from panacea_policy.model.kinds.architecture import Asset, System


class DeviceIdentity(Structure):
    """How a machine that cannot hold keys, or got them elsewhere, is known."""

    KIND = KindInfo("device_identity", structure=True)

    initial: Ref = unset("Profile of the certificate it was made with (IDevID).", to="certificate_profile")
    local: Ref = unset("Profile of the certificate that we give it (LDevID).", to="certificate_profile")
    enrolment: Literal["est", "scep", "cmp", "acme", "manual", "vendor"] = unset("How it gets that certificate.")
    expires: Date = unset("When its certificate ends.")
    renews_after_expiry: Flag = unset("Whether it may renew once after its certificate ended.")
    renewal_approved_by: Ref = unset("Who approves such a renewal.", to="role person")
    gateway: Ref = unset("The gateway that speaks TLS for it.", to="system")
    switch_port: Text = unset("The socket it must be on.")
    serial_checked: Flag = unset("Whether serial number and hardware address are checked at its gateway.")
    compensated_by: Ref = unset("The control that makes up for the missing identity.", to="control")
    accepted_until: Date = unset("Until when this is accepted.")
    accepted_by: Ref = unset("Who accepted it.", to="role person")
    vendor_keys: Flag = unset("Whether the manufacturer manages its keys and we only trust them.")
    clock_reliable: Flag = unset("Whether its clock is right, so that validity can be checked.")
    hardware_bound: Flag = unset("Whether its key cannot leave its hardware.")


class Device(System):
    """A medical device, or another machine bought as a whole."""

    KIND = KindInfo("device")

    # what it is
    medical: Flag = unset("Whether it is a medical device.")
    udi: Text = unset("Unique device identification.")
    model: Text = unset("The manufacturer's model name.")
    serial: Text = unset("Serial number.")
    manufacturer: Ref = unset("Who makes it.", to="supplier")
    risk_class: Literal["I", "IIa", "IIb", "III", "A", "B", "C", "D"] = unset("Class under MDR or IVDR.")
    market: Country = unset("Country whose market it was cleared for, where that matters (FD&C 524B).")
    in_house: Flag = unset("Whether the hospital made it itself.")
    in_house_declaration: Date = unset("Date of the declaration for a device made in house (MDR 5(5)).")
    networked: Flag = unset("Whether it is ever connected.")
    state: Literal["ordered", "in_service", "stored", "loaned", "in_repair", "disposed"] = unset("Where it is in its life.")
    wiped_on: Date = unset("When patient data was last wiped from it.")
    wipe: Flag = unset("Whether patient data on it can be wiped.")
    identity: DeviceIdentity = complete("How it is known in the network.")
    # what the manufacturer discloses (MDS2)
    disclosure_date: Date = unset("Date of the manufacturer's disclosure statement (MDS2).")
    own_authentication: Flag = unset("Whether it authenticates its users (MDS2 PAUT).")
    node_authentication: Flag = unset("Whether it authenticates other machines (MDS2 NAUT).")
    encrypts_in_transit: Flag = unset("Whether it can encrypt what it sends (MDS2 TXCF).")
    integrity_in_transit: Flag = unset("Whether it notices change on the way (MDS2 TXIG).")
    encrypts_at_rest: Flag = unset("Whether it can encrypt what it keeps (MDS2 STCF).")
    keeps_health_data: Flag = unset("Whether it keeps personal health data (MDS2 MPII).")
    remote_service: Flag = unset("Whether the manufacturer services it from afar (MDS2 RMOT).")
    writes_audit_log: Flag = unset("Whether it writes an audit log (MDS2 AUDT).")
    automatic_logoff: Flag = unset("Whether it ends idle sessions (MDS2 ALOF).")
    authorisation: Flag = unset("Whether it tells users' rights apart (MDS2 AUTH).")
    emergency_access: Flag = unset("Whether it has an emergency access (MDS2 EMRG).")
    malware_detection: Flag = unset("Whether it detects malware (MDS2 MLDP).")
    upgradable: Flag = unset("Whether security updates can be installed (MDS2 CSUP).")
    data_backup: Flag = unset("Whether its data can be backed up (MDS2 DTBK).")
    physical_locks: Flag = unset("Whether it can be locked (MDS2 PLOK).")
    hardened: Flag = unset("Whether it is hardened (MDS2 SAHD).")
    deidentifies: Flag = unset("Whether it can remove identities from data (MDS2 DIDT).")
    removable_media: Flag = unset("Whether it accepts removable media.")
    default_service_password: Flag = unset("Whether a service password known to the trade opens it.")
    # what the manufacturer owes
    requires: list[Ref] = unset("Minimum IT requirements that the manufacturer declares.", to="it_requirement")
    bill_of_materials: Date = unset("Date of its software bill of materials.")
    bill_of_materials_format: Literal["cyclonedx", "spdx"] = unset("Format of its bill of materials.")
    disclosure_contact: Text = unset("Where vulnerabilities are reported (coordinated disclosure).")
    update_route: Text = unset("How security updates reach it.")
    update_installed_by: Literal["hospital", "manufacturer"] = unset("Who installs updates.")
    # how it is run
    fallback: Ref = unset("What the ward does without it or without the network.", to="plan")
    works_offline: Flag = unset("Whether it treats patients on with the network down.")
    exposure_limit: Duration = unset("Longest time that a known exploited weakness may stay open in it.")
    compensated_by: list[Ref] = complete("Controls that make up for what it cannot do.", to="control")
    use_decided_by: Ref = unset("Who decided to keep it past its support.", to="role person body")
    use_decided_until: Date = unset("Until when that decision holds.")
    responsible_organisation: Ref = unset("Who answers for its network (IEC 80001-1).", to="organisation department")
    risk_manager: Ref = unset("Who manages the risk of its connection (IEC 80001-1).", to="role person")


class Medium(Asset):
    """A removable medium, or a kind of them: USB sticks, discs, tapes, paper."""

    KIND = KindInfo("medium")

    type: Literal["usb", "disc", "tape", "card", "paper", "phone"] = unset("What it is.")
    permitted: Flag = unset("Whether policy permits it.")
    scanned_before_use: Flag = unset("Whether it is scanned before use.")
    used_on: list[Ref] = unset("Where it is plugged in.", to="system")


class Workload(System):
    """A program that acts under an identity of its own: service, robot, agent, job."""

    KIND = KindInfo("workload", clauses={"on": "runs_on"})

    type: Literal["service", "interface_engine", "robot", "ai_agent", "backup_job", "batch", "integration"] = unset("What it is.")
    spiffe_id: Text = unset("Its identity, such as spiffe://riverside.example/ehr.")
    certificate: Ref = unset("Profile of its certificate.", to="certificate_profile")
    credential_lifetime: Duration = unset("Longest life of a credential it holds.")
    rotates_without_restart: Flag = unset("Whether it takes a new credential while running.")
    token_audience: list[Ref] = unset("Systems that its tokens are good for.", to="system")
    service_password: Flag = unset("Whether it still uses a password.")
    acts_for: Ref = unset("The person or role on whose behalf it acts.", to="role person")
    supervised_by: Ref = unset("Who watches what it does.", to="role person")
    human_approval: Flag = unset("Whether a person confirms what it decides.")


KINDS = (DeviceIdentity, Device, Medium, Workload)
