# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Places, networks, systems and software."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Address,
    Country,
    Cpe,
    Currency,
    DataRate,
    Date,
    Duration,
    Flag,
    KindInfo,
    MoneyRate,
    Number,
    Ports,
    Purl,
    Ref,
    Structure,
    Text,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.kinds.core import Element, Party, SecurityLevels
from panacea_policy.model.kinds.resilience import Backup


class Organisation(Party):
    """A hospital or other legal person: ourselves, or a partner that sends or receives."""

    KIND = KindInfo("organisation", clauses={"in": "group"})

    group: Ref = unset("The larger organisation it belongs to.", to="organisation")
    sector: Literal["hospital", "primary_care", "laboratory", "research", "public_health", "insurer", "manufacturer", "other"] = unset("What it does.")
    beds: Whole = unset("Number of beds.")
    staff: Whole = unset("Number of people who work there.")
    turnover: MoneyRate = unset("Yearly turnover.")
    currency: Currency = unset("Currency in which the model counts (ISO 4217).")
    exchange_rates: dict[Currency, Number] = unset("What one unit of another currency is worth in the model's currency.")
    nis2_class: Literal["essential", "important", "outside"] = unset("Class of entity under NIS2.")
    addressees: list[Literal["hospital", "controller", "processor", "manufacturer", "covered_entity", "business_associate", "managed_service_provider", "cloud_provider", "research_body", "data_holder"]] = unset("Roles in which laws speak to it.")
    management_body: Ref = unset("The body that answers for security.", to="body")
    data_protection_officer: Ref = unset("The data protection officer.", to="person role")
    security_officials: list[Ref] = unset("Persons or roles that carry overall responsibility for security.", to="person role")
    partner: Flag = unset("Whether it is another organisation rather than our own.")
    inventory_date: Date = unset("When the asset inventory was last confirmed as complete.")
    network_map_date: Date = unset("When the map of networks and data movement was last confirmed.")
    breach_register: Flag = unset("Whether a register of breaches is kept.")
    record_retention: Duration = unset("How long policies and records are kept.")


class Site(Element):
    """A campus, hospital building or practice."""

    KIND = KindInfo("site", clauses={"of": "organisation", "in": "parent"})

    organisation: Ref = unset("Whose site it is.", to="organisation")
    parent: Ref = complete("The larger site around it; none if nobody says so.", to="site")
    country: Country = unset("Where it is.")
    emergency_power: Flag = unset("Whether generators or batteries carry it through a power cut.")
    power_autonomy: Duration = unset("How long emergency power lasts.")


class Room(Element):
    """A room, ward, corridor or cabinet."""

    KIND = KindInfo("room", clauses={"in": "site"})

    site: Ref = unset("Where it is.", to="site room")
    public: Flag = unset("Whether patients and visitors come in unattended.")
    locked: Flag = unset("Whether the door is locked when nobody is there.")
    opened_with: Ref = unset("What opens it.", to="authenticator")
    watched: Flag = unset("Whether it is under camera or guard.")
    staffed: Flag = unset("Whether someone is there day and night.")
    sockets: list[Ref] = unset("Zones that a wall socket or radio in it gives access to.", to="zone")
    port_control: Flag = unset("Whether sockets admit only authenticated devices (802.1X).")


class Department(Element):
    """An organisational unit."""

    KIND = KindInfo("department", clauses={"in": "parent", "of": "organisation"})

    organisation: Ref = unset("Whose department it is.", to="organisation")
    parent: Ref = unset("The larger department around it.", to="department")
    head: Ref = unset("Who leads it.", to="person role")
    sites: list[Ref] = unset("Where it works.", to="site room")
    headcount: Whole = unset("Number of people.")
    workload: Literal["low", "medium", "high", "extreme"] = complete("Pressure of work in it, where that is higher than its roles say.")


class Zone(Element):
    """A part of the network whose members share security requirements (IEC 62443)."""

    KIND = KindInfo("zone", clauses={"in": "parent", "at": "site"})

    parent: Ref = complete("The zone around it; none if nobody says so.", to="zone")
    site: Ref = unset("Where it is.", to="site")
    organisation: Ref = unset("Who runs it.", to="organisation supplier")
    type: Literal["internet", "dmz", "office", "server", "clinical", "medical_device", "imaging", "laboratory", "building", "guest", "management", "vendor", "backup", "test", "research", "cloud", "partner", "staff_byod"] = unset("What it is for.")
    trust: Whole = unset("Trust, higher is more; 0 is the internet.")
    addresses: list[Address] = unset("Its networks.")
    vlan: Whole = unset("VLAN number.")
    wireless: Flag = unset("Whether members join by radio.")
    country: Country = complete("Where its machines stand, if that is known as a country only.")
    target: SecurityLevels = complete("Security levels to reach (SL-T); none if nobody says so.")
    achieved: SecurityLevels = unset("Security levels reached (SL-A).")
    default_deny: Flag = unset("Whether its border drops what is not allowed.")
    flat: Flag = complete("Whether members reach each other on every port; yes, unless this says no.")
    isolated: Flag = complete("Whether it has no link to any other zone at all.")
    island_mode: Flag = unset("Whether it can be cut off and work on alone.")
    fail_close: Flag = unset("Whether its border closes when the guard fails.")
    monitored: Flag = unset("Whether traffic over its border is watched.")
    verifies_each_session: Flag = unset("Whether entry is decided per session, never by location (zero trust).")
    admission: Ref = unset("How a machine proves itself on entry (802.1X certificate …).", to="authenticator")
    messaging: Flag = unset("Whether mail or chat from outside reaches people inside.")
    environment: Literal["production", "test", "training", "development"] = unset("What runs in it.")
    secure_processing: Flag = complete("Whether it is a secure processing environment (EHDS); no, if nobody says so.")
    egress_control: Flag = unset("Whether only checked, anonymous results leave it.")
    offers: list[Ref] = unset("Minimum IT requirements of devices that it meets.", to="it_requirement")
    authority: Ref = unset("The certificate authority that issues for it.", to="certificate_authority")
    denial_protection: Flag = unset("Whether its border limits floods.")


class Conduit(Element):
    """Where two zones are joined, and what may pass (IEC 62443)."""

    KIND = KindInfo("conduit", arrow=("source", "target"), auto_name="{source}_to_{target}", clauses={"via": "inspected_by"})

    source: Ref = unset("Zone on one side.", to="zone")
    target: Ref = unset("Zone on the other side.", to="zone")
    both_ways: Flag = unset("Whether connections may be opened from both sides; the arrow <-> sets it.")
    allow: list[Ref] = unset("Protocols that may pass.", to="protocol")
    ports: Ports = complete("Ports that may pass, next to the protocols.")
    any_traffic: Flag = complete("Whether everything passes; no, if nobody says so.")
    inspected_by: list[Ref] = complete("What inspects it.", to="system")
    need: Text = unset("Why it is open.")
    security: Ref = complete("Protection of everything that passes (IPsec, MACsec); none if nobody says so.", to="security_profile")
    default_deny: Flag = unset("Whether what is not listed is dropped.")
    monitored: Flag = unset("Whether it is watched.")
    wireless: Flag = unset("Whether it is a radio link.")
    authorised_by: Ref = unset("Who approved it.", to="person role body")
    rate_limit: DataRate = unset("Most that may pass.")
    fail_mode: Literal["open", "closed"] = unset("What it does when its guard fails.")
    expires: Date = complete("When it must be closed.")
    one_way: Flag = unset("Whether a data diode enforces the direction.")


class Asset(Element):
    """Something of value that is run, kept or reached."""

    KIND = KindInfo("asset", abstract=True, clauses={"in": "zone", "at": "place"}, nested={"backup": "backups", "endpoint": "endpoints", "software": "software", "vulnerability": "vulnerabilities"})

    # where and whose
    zone: Ref = unset("The zone it is in.", to="zone")
    also_in: list[Ref] = complete("Further zones in which it has a network interface.", to="zone")
    place: Ref = unset("The room or site where it stands.", to="room site")
    organisation: Ref = complete("Whose it is, if not our own.", to="organisation")
    department: Ref = unset("The department that uses it.", to="department")
    supplier: Ref = unset("Who supplies and supports it.", to="supplier")
    hosted_by: Ref = complete("Who runs it for us, if not ourselves.", to="supplier organisation authority")
    environment: Literal["production", "test", "training", "development"] = unset("What it is used for.")
    # what it is
    product: Cpe = unset("What it is, as a CPE name.")
    version: Text = unset("Its version.")
    software: list[Ref] = unset("Software that runs on it.", to="software")
    support_end: Date = unset("When the manufacturer's security support ends.")
    acquired_on: Date = unset("When it was put into service.")
    disposed_on: Date = unset("When it was taken out of service.")
    hostname: Text = unset("Its name in the network.")
    addresses: list[Address] = unset("Its network addresses.")
    mac: Text = unset("Its hardware address.")
    # how much depends on it
    essential: Flag = complete("Whether an essential service depends on it, where no declared process says so.")
    criticality: Whole = unset("Rank of recovery: 1 is first.")
    safety: Literal["life_supporting", "therapeutic", "diagnostic", "monitoring", "administrative"] = unset("What harm its failure can do to patients.")
    availability: Literal["low", "medium", "high"] = unset("How much its absence matters.")
    redundant_with: list[Ref] = complete("What takes over when it fails.", to="asset")
    needed_working: Whole = complete("How many of it and what takes over for it must work to carry the load; one, if nobody says more.")
    depends_on: list[Ref] = complete("What it needs to work.", to="asset zone supplier")
    emergency_power: Flag = unset("Whether it stays on in a power cut.")
    rto: Duration = unset("Recovery time objective.")
    rpo: Duration = unset("Recovery point objective: most data lost, as time.")
    value: Ref = unset("The process it matters most to.", to="process")
    # data
    stores: list[Ref] = unset("Classes of data kept on it.", to="data_class")
    handles: list[Ref] = unset("Classes of data worked on or shown, also without being kept.", to="data_class")
    encrypted_at_rest: Flag = unset("Whether what it keeps is encrypted.")
    crypto: Ref = unset("The profile that protects data at rest.", to="security_profile")
    key_owner: Ref = unset("Who answers for its keys.", to="role person department")
    encryption_alternative: Text = unset("What is done instead of encryption, and why, where that is allowed.")
    masked: Flag = unset("Whether personal data in it is masked or synthetic.")
    retention: Duration = unset("How long data is kept.")
    deletion: Ref = unset("What deletes data when its time is over.", to="control")
    disposal: Ref = unset("The procedure for wiping, re-use and disposal.", to="policy")
    backup: Backup = unset("Its backup, where there is one only.")
    backups: list[Ref] = complete("Its backups declared inside it.", to="backup")
    # protection
    baseline: Ref = unset("The configuration baseline it follows.", to="policy")
    security_capability: SecurityLevels = unset("Security levels it can reach (SL-C).")
    endpoints: list[Ref] = complete("What it listens on.", to="endpoint")
    internet_facing: Flag = unset("Whether the internet reaches it.")
    vulnerabilities: list[Ref] = complete("Vulnerabilities known in it.", to="vulnerability")
    scanned_on: Date = unset("When it was last scanned for vulnerabilities.")
    penetration_tested_on: Date = unset("When it was last tested by attack.")
    patch_delay: Duration = unset("Usual time from a fix being published to its being in place.")
    malware_protection: Flag = unset("Whether malware protection watches it.")
    risk_analysed_on: Date = unset("When its risk was last analysed.")
    applications_allowed: Flag = unset("Whether only approved programs can run.")
    needless_services_off: Flag = unset("Whether services nobody needs are switched off.")
    fails: Literal["open", "closed", "safe"] = unset("What it does when its protection fails; safe keeps care going.")


class Logging(Structure):
    """What a system writes down, and where that goes."""

    KIND = KindInfo("logging", structure=True)

    events: list[Literal["logon", "read", "change", "export", "administration", "failure", "emergency_access", "network"]] = unset("What is written down.")
    target: list[Ref] = unset("Systems that keep the log.", to="system")
    administrators_excluded: Flag = unset("Whether the system's own administrators cannot alter it.")
    retention: Duration = unset("How long it is kept.")
    reviewed_by: Ref = unset("Who reads it.", to="role person department")
    review_every: Duration = unset("How often it is read.")
    hours: Literal["always", "office_hours"] = unset("When alerts from it are watched.")
    clock: Ref = unset("The clock it follows.", to="system")
    patient_access: Flag = unset("Whether patients can see who read their data.")
    names_user: Flag = unset("Whether each entry names the person.")
    names_machine: Flag = unset("Whether each entry names the machine.")
    names_data: Flag = unset("Whether each entry says which data was read.")
    tamper_evident: Flag = unset("Whether later change of an entry is noticed.")


class MailProtection(Structure):
    """How mail is protected."""

    KIND = KindInfo("mail_protection", structure=True)

    spf: Flag = unset("Whether senders are published (SPF).")
    dkim: Flag = unset("Whether mail is signed (DKIM).")
    dmarc: Literal["monitor", "quarantine", "reject"] = unset("What receivers are told to do with forged mail (DMARC).")
    external_banner: Flag = unset("Whether mail from outside is marked.")
    attachments_filtered: Flag = unset("Whether dangerous attachments are held back.")
    links_checked: Flag = unset("Whether links are checked when clicked.")
    report_button: Flag = unset("Whether staff can report a mail with one click.")


class System(Asset):
    """A server, application, appliance or service that is run."""

    KIND = KindInfo("system", nested={"data_store": "data_stores", "account": "accounts", "route": "routes"})

    # identity and access
    authentication: Ref = unset("The weakest way in that people are offered.", to="authenticator")
    identity_provider: Ref = complete("Who proves identities for it.", to="identity_provider")
    interactive: Flag = unset("Whether people work on it.")
    shared_workstation: Flag = unset("Whether several people use it in turn.")
    session_policy: Ref = complete("How sessions start, lock and change hands.", to="session_policy")
    logoff_after: Duration = unset("Idle time until the session ends.")
    lock_after: Duration = unset("Idle time until the screen locks.")
    break_glass: Ref = unset("The emergency access procedure.", to="break_glass")
    remote_access: Flag = unset("Whether people reach it from outside.")
    jump_host: Flag = complete("Whether it is where remote sessions must end.")
    default_passwords_changed: Flag = unset("Whether delivered passwords are gone.")
    caches_logins: Flag = unset("Whether it keeps what administrators logged on with, so that who captures it can log on as they did.")
    local_admin_shared: Flag = unset("Whether other machines have the same password for their local administrator.")
    accounts: list[Ref] = complete("Accounts declared inside it.", to="account")
    # data
    data_stores: list[Ref] = complete("Stores declared inside it.", to="data_store")
    interoperability_component: Flag = unset("Whether it has the harmonised interoperability component (EHDS).")
    logging_component: Flag = unset("Whether it has the harmonised logging component (EHDS).")
    conformity: Text = unset("Where its declaration of conformity is (EHDS, CE).")
    eu_registration: Text = unset("Number in the EU database of EHR systems.")
    exports: list[Ref] = unset("Classes of data that it can export in the exchange format.", to="data_class")
    honours_restrictions: Flag = unset("Whether every way to read checks what the patient has restricted.")
    consent_checked_by: Ref = unset("Where consent is decided for it.", to="system")
    subject_identifier: Text = unset("The identifier that names one patient only.")
    # watching
    logging: Logging = unset("What it writes down.")
    clock: Ref = unset("The clock it follows.", to="system")
    mail: MailProtection = unset("How its mail is protected.")
    runs_on: Ref = unset("The machine or platform under it.", to="system")
    gateway: Flag = unset("Whether it speaks for others towards other organisations.")
    contact_point: Flag = complete("Whether it is the national contact point for health data; no, if nobody says so.")
    routes: list[Ref] = complete("Routes that it knows, if it routes.", to="route")


class Firewall(System):
    """A system that decides which connections pass between zones."""

    KIND = KindInfo("firewall", nested={"filter": "filters"})

    joins: list[Ref] = complete("Zones whose border it is.", to="zone")
    default_action: Literal["allow", "deny"] = unset("What happens to connections that no filter names.")
    filters: list[Ref] = complete("Its filters; the one with the lowest position that fits decides.", to="filter")


class Filter(Element):
    """One line of a firewall."""

    KIND = KindInfo("filter", owner="firewall", arrow=("source", "target"), auto_name="{source}_to_{target}", clauses={"over": "protocols"})

    firewall: Ref = unset("The firewall it belongs to.", to="firewall")
    position: Whole = unset("Order: lower decides first.")
    source: Ref = unset("Where the connection starts.", to="zone asset")
    target: Ref = unset("Where it goes.", to="zone asset")
    source_addresses: list[Address] = complete("Addresses it starts from, where narrower than the source.")
    target_addresses: list[Address] = complete("Addresses it goes to, where narrower than the target.")
    protocols: list[Ref] = complete("Protocols that it speaks of; every protocol where none is named.", to="protocol")
    ports: Ports = complete("Ports that it speaks of, where not of all that its protocols use.")
    action: Literal["allow", "deny"] = unset("What happens.")
    both_ways: Flag = unset("Whether it holds for both directions; the arrow <-> sets it.")
    logged: Flag = unset("Whether a hit is written down.")
    need: Text = unset("Why it is there.")
    expires: Date = complete("When it must go.")


class Route(Element):
    """One line of a router's table."""

    KIND = KindInfo("route", owner="router", clauses={"to": "destination", "via": "next_hop"})

    router: Ref = unset("The router it belongs to.", to="system")
    destination: Ref = unset("The zone it leads to.", to="zone")
    addresses: list[Address] = complete("The networks it leads to, where not to all of the zone.")
    next_hop: Ref = unset("The system that it hands over to.", to="system")


class Endpoint(Element):
    """Something that an asset listens on."""

    KIND = KindInfo("endpoint", owner="asset", clauses={"over": "protocol", "of": "asset"})

    asset: Ref = unset("The asset that listens.", to="asset")
    protocol: Ref = unset("What it speaks.", to="protocol")
    ports: Ports = complete("Ports, where they differ from the protocol's own.")
    addresses: list[Address] = complete("Addresses it listens on, where the asset has several.")
    security: Ref = unset("How the connection is protected.", to="security_profile")
    authentication: Ref = unset("How callers prove themselves.", to="authenticator")
    need: Text = unset("Why it is open.")
    offered_to: list[Ref] = complete("Zones that it is open to, where not to all that reach it.", to="zone")
    administration: Flag = complete("Whether it is for administration.")


class Protocol(Element):
    """A network protocol."""

    KIND = KindInfo("protocol")

    ports: Ports = unset("Its usual ports.")
    transport: Literal["tcp", "udp", "sctp", "serial", "radio", "other"] = unset("What carries it.")
    encrypted: Flag = unset("Whether it encrypts by itself.")
    authenticated: Flag = unset("Whether it authenticates by itself.")
    can_be_encrypted: Flag = unset("Whether a secured form exists.")
    clinical: Flag = unset("Whether it carries care data by nature.")
    messaging: Flag = complete("Whether people send each other messages with it.")
    administration: Flag = complete("Whether machines are administered with it.")
    remote_control: Flag = complete("Whether it gives a screen or shell from afar.")
    file_sharing: Flag = complete("Whether it shares files between machines.")


class SecurityProfile(Element):
    """A way of protecting data in transit or at rest, such as TLS 1.3 with mutual authentication."""

    KIND = KindInfo("security_profile")

    approved: Flag = unset("Whether our crypto policy approves it today.")
    encrypts: Flag = unset("Whether it keeps content secret.")
    integrity: Flag = unset("Whether it notices change.")
    authenticates_server: Flag = unset("Whether the called side proves itself.")
    authenticates_client: Flag = unset("Whether the calling side proves itself.")
    forward_secrecy: Flag = unset("Whether old traffic stays secret when a key leaks.")
    strength: Whole = unset("Security strength in bits.")
    quantum_safe: Flag = unset("Whether it holds against quantum computers.")
    algorithms: list[Text] = unset("Algorithms and suites, by their standard names.")
    deprecated_on: Date = complete("When it is no longer to be used.")
    layer: Literal["link", "network", "transport", "application", "storage"] = unset("Where it acts.")


class Software(Element):
    """A program or component, on its own or on one asset."""

    KIND = KindInfo("software", owner="asset", clauses={"of": "asset"}, nested={"vulnerability": "vulnerabilities"})

    asset: Ref = complete("The asset it is on, where it is declared inside one.", to="asset")
    cpe: Cpe = unset("Its CPE name.")
    purl: Purl = unset("Its package URL.")
    version: Text = unset("Its version.")
    supplier: Ref = unset("Who makes it.", to="supplier")
    support_end: Date = unset("When security support ends.")
    components: list[Ref] = unset("What it is made of.", to="software")
    vulnerabilities: list[Ref] = complete("Vulnerabilities known in it.", to="vulnerability")
    operating_system: Flag = unset("Whether it is the operating system.")
    licence: Text = unset("Its licence.")
    digest: Text = unset("Digest of the file that was delivered.")


class ItRequirement(Element):
    """Something that a device's manufacturer demands of the network around it (MDR Annex I 17.4)."""

    KIND = KindInfo("it_requirement")

    text: Text = unset("What is demanded.")
    topic: Literal["segmentation", "firewall", "encryption", "time", "bandwidth", "malware_protection", "update", "physical", "account", "logging", "other"] = unset("What it is about.")
    bandwidth: DataRate = unset("Least bandwidth, where that is demanded.")
    latency: Duration = unset("Most delay, where that is demanded.")


KINDS = (
    Organisation, Site, Room, Department, Zone, Conduit, Asset, Logging, MailProtection, System, Firewall, Filter,
    Route, Endpoint, Protocol, SecurityProfile, Software, ItRequirement,
)
