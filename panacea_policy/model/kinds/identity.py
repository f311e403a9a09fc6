# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Who and what acts: roles, people, accounts, credentials, keys, and the rights they have."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Address,
    CountSpread,
    Date,
    Duration,
    Flag,
    Formula,
    Fraction,
    FractionSpread,
    KindInfo,
    Level,
    Ref,
    Structure,
    Text,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.kinds.architecture import System
from panacea_policy.model.kinds.core import Element, Window


class Role(Element):
    """A job, or another group of people with the same rights and duties."""

    KIND = KindInfo("role", clauses={"in": "department", "of": "organisation"})

    organisation: Ref = unset("Whose role it is.", to="organisation supplier")
    department: Ref = unset("Where its members work.", to="department")
    headcount: Whole = unset("Number of people who have it.")
    includes: list[Ref] = complete("Roles whose rights it has too.", to="role")
    conflicts: list[Ref] = complete("Roles that nobody may have together with it.", to="role")
    may_accept: Literal["critical", "high", "medium", "low", "info"] = unset("Highest severity of a violation that its members may accept for a time.")
    clinical: Flag = unset("Whether its members treat patients.")
    external: Flag = unset("Whether its members are employed by somebody else.")
    temporary: Flag = unset("Whether its members come for a limited time.")
    privileged: Flag = unset("Whether its members administer systems.")
    treatment_context: Flag = unset("Whether access needs a treatment relationship.")
    secrecy_duty: Flag = unset("Whether professional secrecy binds its members.")
    licence_required: Flag = unset("Whether its members need a professional licence.")
    authentication: Ref = unset("How its members prove themselves at least.", to="authenticator")
    certificate: Ref = unset("Profile of its members' certificates.", to="certificate_profile")
    approver: Ref = unset("Who approves that somebody gets it.", to="role person body")
    recertify_every: Duration = unset("Longest time between two confirmations that members still need it.")
    longest: Duration = unset("Longest time that somebody may have it.")
    training: list[Ref] = unset("Training modules that its members must take.", to="training_module")
    train_every: Duration = unset("Longest time between two trainings.")
    profile: Text = unset("Its profile in a framework of work roles (NICE or ECSF).")
    duty_roster: Ref = unset("When its members are on duty.", to="roster")
    places: list[Ref] = unset("Where its members work.", to="room site")
    uses: list[Ref] = unset("Systems that its members work on.", to="system")
    behaviours: dict[Ref, FractionSpread] = unset("Share of its members who show a behaviour.", to="behaviour")
    clicks: FractionSpread = unset("Probability that a member falls for one phishing mail.")
    lures: CountSpread = unset("Phishing mails that reach one member in a year.")
    workload: Literal["low", "medium", "high", "extreme"] = unset("Pressure of work.")
    logins_per_shift: Whole = unset("How often a member logs in during one shift.")
    gloves: Flag = unset("Whether hands are often gloved, so that touch and phone do not work.")


class Disposition(Structure):
    """How security-minded somebody is, as six scores from 0 to 1 (the human profile of the PANACEA toolkit)."""

    KIND = KindInfo("disposition", structure=True)

    attitude: Fraction = unset("Attitude towards security.")
    behaviour: Fraction = unset("Security of everyday behaviour.")
    culture: Fraction = unset("Security culture around the person.")
    training: Fraction = unset("Training in security.")
    trust_in_colleagues: Fraction = unset("Trust placed in colleagues; more trust means that more is shared.")
    trust_in_building: Fraction = unset("Trust placed in the safety of the building.")


class Person(Element):
    """One human being who works for or with the hospital."""

    KIND = KindInfo("person", clauses={"as": "roles", "in": "department"}, nested={"affiliation": "affiliations", "training_record": "training_records", "account": "accounts"})

    roles: list[Ref] = unset("Roles the person has.", to="role")
    department: Ref = unset("Where the person works.", to="department")
    employer: Ref = unset("Who employs the person.", to="party")
    may_accept: Literal["critical", "high", "medium", "low", "info"] = unset("Highest severity of a violation that the person may accept for a time.")
    manager: Ref = unset("To whom the person reports.", to="person role body")
    joined_on: Date = unset("First day.")
    leaves_on: Date = complete("Last day; still with us if unset.")
    affiliations: list[Ref] = complete("Engagements at several organisations.", to="affiliation")
    accounts: list[Ref] = complete("Accounts declared inside it.", to="account")
    mail: Text = unset("Mail address.")
    professional_number: Text = unset("Number in the register of professionals.")
    licence_until: Date = unset("Until when the professional licence holds.")
    secrecy_on: Date = unset("When the duty of secrecy was signed.")
    confidentiality_on: Date = unset("When the confidentiality agreement was signed.")
    screened_on: Date = unset("When the background was checked.")
    trained_on: Date = unset("When the person was last trained in security.")
    training_records: list[Ref] = complete("Trainings taken.", to="training_record")
    appointed_on: Date = unset("When the person was appointed to a named office.")
    places: list[Ref] = unset("Rooms where the person works.", to="room site")
    works_with: list[Ref] = complete("People the person works with closely.", to="person")
    behaviours: dict[Ref, FractionSpread] = unset("Probability that the person shows a behaviour.", to="behaviour")
    disposition: Disposition = unset("How security-minded the person is.")
    prominent: Flag = unset("Whether the person's own health record needs special protection.")


class Affiliation(Element):
    """A person's engagement at one organisation, with its own roles and dates."""

    KIND = KindInfo("affiliation", owner="person", clauses={"at": "organisation", "as": "roles", "of": "person", "from": "starts", "until": "ends"})

    person: Ref = unset("Who is engaged.", to="person")
    organisation: Ref = unset("Where.", to="organisation department")
    roles: list[Ref] = unset("Roles the person has there.", to="role")
    starts: Date = unset("First day.")
    ends: Date = unset("Last day; access ends with it.")
    sponsor: Ref = unset("Who answers for an outsider.", to="role person")
    agency: Ref = unset("Who sends the person.", to="supplier organisation")
    licence_checked_on: Date = unset("When the professional licence was checked.")


class Account(Element):
    """A user account, of a person or a machine."""

    KIND = KindInfo("account", owner="place", clauses={"of": "holder", "on": "systems"})

    place: Ref = complete("The person or system it is declared inside.", to="person system")
    holder: Ref = unset("Whose account it is.", to="person role workload device system supplier")
    systems: list[Ref] = complete("Where it can log in, beside the system that it is declared inside.", to="system")
    username: Text = unset("Name of the account.")
    privileged: Flag = unset("Whether it administers.")
    remote: Flag = unset("Whether it can be used from outside.")
    interactive: Flag = unset("Whether a person logs in with it.")
    shared: Flag = unset("Whether several people use it.")
    shared_reason: Text = unset("Why it is shared.")
    shared_approved_by: Ref = unset("Who approved that it is shared.", to="role person")
    logged: Flag = unset("Whether its use is logged.")
    authentication: Ref = unset("How its holder proves identity.", to="authenticator")
    state: Literal["planned", "active", "held", "disabled", "deleted"] = unset("Where it is in its life.")
    created_on: Date = unset("When it was made.")
    expires: Date = unset("When it ends by itself.")
    last_used_on: Date = unset("When it was last used.")
    approved_by: Ref = unset("Who approved it.", to="role person")
    emergency: Flag = unset("Whether it is kept for emergencies only.")
    zone: Ref = unset("The only zone it can be used from.", to="zone")
    separate_password: Flag = unset("Whether its password is used nowhere else, other networks included.")


class Authenticator(Element):
    """A way of proving an identity: password, badge, token, certificate."""

    KIND = KindInfo("authenticator")

    factors: Whole = unset("Number of independent factors.")
    level: Level = unset("Authenticator assurance level (1 to 3).")
    phishing_resistant: Flag = unset("Whether a false site learns nothing from it.")
    physical: Flag = unset("Whether one must hold a thing.")
    hardware: Flag = unset("Whether its key cannot leave the hardware.")
    biometric: Flag = unset("Whether it measures the body.")
    transferable: Flag = unset("Whether it can be lent.")
    works_offline: Flag = unset("Whether it works with network and directory down.")
    works_with_gloves: Flag = unset("Whether it works with gloved hands.")
    needs_phone: Flag = unset("Whether it needs a private telephone.")
    login_time: Duration = unset("Time that one login takes.")
    guessed: FractionSpread = unset("Probability that an attacker guesses it within a year.")
    phished: FractionSpread = unset("Probability that a person who is tricked gives it away.")
    stolen: FractionSpread = unset("Probability that an attacker on the machine obtains it.")
    robustness: Fraction = unset("Strength from 0 (falls at once) to 1 (never falls).")
    combines: list[Ref] = complete("Authenticators that are needed together.", to="authenticator")


class Credential(Element):
    """One credential, or all those of one kind that a role holds: issued, held, used, misused."""

    KIND = KindInfo("credential", clauses={"of": "holder", "for": "opens"})

    authenticator: Ref = unset("What it is.", to="authenticator")
    holder: Ref = unset("Who holds it.", to="person role account workload device system supplier organisation")
    opens: list[Ref] = unset("What it opens.", to="system zone room account data_store endpoint key_store")
    privilege: Ref = unset("What its use gives.", to="privilege")
    certificate: Ref = unset("Profile, if it is a certificate.", to="certificate_profile")
    issuer: Ref = unset("Who issued it.", to="certificate_authority identity_provider supplier")
    issued_on: Date = unset("When it was issued.")
    expires: Date = unset("When it ends.")
    longest: Duration = unset("Longest life of one such credential.")
    rotate_every: Duration = unset("Longest time between two changes.")
    rotated_on: Date = unset("When it was last changed.")
    kept_in: Ref = unset("Where it is kept.", to="asset person room key_store medium")
    sealed: Flag = unset("Whether it is sealed, so that use is noticed.")
    uses_left: Whole = unset("How often it can still be used.")
    shared_by: Whole = unset("Number of people who know or hold it.")
    robustness: Fraction = unset("Strength from 0 (falls at once) to 1, where it differs from its authenticator's.")
    written_down: FractionSpread = unset("Probability that it is written where others see it.")
    leaked: Flag = unset("Whether it is known to be in strangers' hands.")
    revocable: Flag = unset("Whether it can be revoked at once.")
    revoked_on: Date = unset("When it was revoked.")
    source_addresses: list[Address] = unset("Addresses from which alone it works.")
    principal: list[Text] = unset("Names that it speaks for (SSH principals, SAN).")
    forced_command: Text = unset("The only command it can run.")


class Action(Element):
    """Something that a right allows to do with data or a system."""

    KIND = KindInfo("action")

    writes: Flag = unset("Whether it changes something.")
    critical: Flag = unset("Whether it needs special care: dosing, deleting, releasing.")
    administers: Flag = unset("Whether it changes settings or rights.")
    implies: list[Ref] = complete("Actions that it allows too.", to="action")
    code: Text = unset("Code in the interface that carries it, such as a FHIR interaction.")


class Condition(Element):
    """A condition that a right can depend on, checked when it is used."""

    KIND = KindInfo("condition")

    basis: Literal["shift", "location", "relationship", "purpose", "consent", "device", "network", "time", "emergency", "approval", "training", "ticket"] = unset("What it depends on.")
    window: Window = unset("When it holds, if it depends on time.")
    places: list[Ref] = unset("Where it holds, if it depends on place.", to="room site zone")
    purpose: Ref = unset("The purpose that must be claimed.", to="purpose")
    attribute: Text = unset("The claim or attribute that is checked.")
    checked_by: Ref = unset("What checks it.", to="system")
    unknown_means: Literal["deny", "permit"] = unset("What happens when it cannot be checked.")


class Grant(Element):
    """A right: who may do what on what, and when."""

    KIND = KindInfo("grant", subject="role", clauses={"may": "actions", "on": "targets", "when": "condition", "until": "expires", "by": "approved_by", "for": "purposes", "under": "agreement", "because": "reason", "from": "starts"}, auto_name="{role}_may_{actions}_on_{targets}")

    role: Ref = unset("Who has the right.", to="role person workload device system organisation supplier account")
    actions: list[Ref] = unset("What is allowed.", to="action")
    targets: list[Ref] = unset("On what.", to="asset data_class dataset zone endpoint account key_store pseudonym_domain certificate_authority")
    condition: Formula = unset("What must hold at the moment of use.", to="condition")
    purposes: list[Ref] = unset("For which purposes.", to="purpose")
    agreement: Ref = unset("The agreement that it comes from.", to="agreement")
    starts: Date = unset("First day.")
    expires: Date = complete("Last day; it has no end if unset.")
    approved_by: Ref = unset("Who approved it.", to="role person body")
    approved_on: Date = unset("When it was approved.")
    requested_by: Ref = unset("Who asked for it.", to="role person")
    operated_by: Ref = unset("Who put it in force.", to="role person workload")
    reason: Text = unset("Why it is given.")
    privileged: Flag = unset("Whether it administers.")
    dual_approval: Flag = unset("Whether a second person must approve each use.")
    just_in_time: Flag = unset("Whether it is given per request and taken back by itself.")
    longest_use: Duration = unset("Longest time one use may last.")
    recorded: Flag = unset("Whether use is recorded.")
    step_up: Ref = unset("Stronger proof that each use needs.", to="authenticator")
    denies: Flag = complete("Whether it forbids instead of allowing; what is forbidden stays forbidden.")
    used_on: Date = unset("When it was last used.")


class Privilege(Element):
    """How far somebody controls a machine: user, administrator."""

    KIND = KindInfo("privilege")

    implies: list[Ref] = complete("Privileges that it includes.", to="privilege")
    rank: Whole = unset("Order: higher is more.")


class Segregation(Element):
    """Duties that must not meet in one person."""

    KIND = KindInfo("segregation")

    roles: list[Ref] = complete("Roles of which nobody may have two.", to="role")
    steps: list[Literal["request", "approve", "operate", "review", "audit"]] = complete("Steps of one matter that need different people.")
    actions: list[Ref] = complete("Actions of which nobody may do two.", to="action")
    on_targets: list[Ref] = complete("Where it matters.", to="asset data_class")
    reason: Text = unset("Why.")


class IdentityProvider(System):
    """A directory or login service that proves identities for others."""

    KIND = KindInfo("identity_provider")

    source: Ref = unset("The personnel system it follows.", to="system")
    offers: list[Ref] = unset("Ways to log in.", to="authenticator")
    offline_login: Duration = unset("How long people can log in with it unreachable.")
    session_length: Duration = unset("Longest session.")
    federates: list[Ref] = complete("Organisations whose identities it accepts.", to="organisation supplier")
    provisions: list[Ref] = unset("Systems whose accounts it creates and closes.", to="system")
    kills_sessions: Flag = unset("Whether closing an account ends running sessions.")


class IdentityLifecycle(Element):
    """The rules by which identities come, change and go."""

    KIND = KindInfo("identity_lifecycle", clauses={"for": "population", "of": "organisation"})

    organisation: Ref = unset("Whose rules they are.", to="organisation")
    population: list[Ref] = unset("Roles they hold for.", to="role")
    source: Ref = unset("Where joiners, movers and leavers are known first.", to="system department supplier")
    access_within: Duration = unset("From first day to working access, at most.")
    revoked_within: Duration = unset("From last day to no access, at most.")
    badge_held_within: Duration = unset("From last day to a blocked badge, at most.")
    kills_sessions: Flag = unset("Whether running sessions end too.")
    partners_told_within: Duration = unset("From a change or the last day to notice of other organisations whose systems the person uses, at most.")
    dormant_after: Duration = unset("Unused time after which an account is closed.")
    recertify_every: Duration = unset("Longest time between two confirmations of rights.")
    licence_check: Flag = unset("Whether the professional licence is checked first.")
    hard_end: Flag = unset("Whether the end of the contract is the end of every credential.")
    same_identity: Flag = unset("Whether somebody who returns keeps the same identity.")
    rights_per_affiliation: Flag = unset("Whether rights of two engagements are never joined.")
    roles_only: Flag = unset("Whether rights come from roles alone.")


class SessionPolicy(Element):
    """How a session on a shared machine starts, locks and changes hands."""

    KIND = KindInfo("session_policy")

    unlock: Ref = unset("How a session is opened first.", to="authenticator")
    reopen: Ref = unset("How it is opened again within the grace time.", to="authenticator")
    grace: Duration = unset("Time in which a tap alone opens it again.")
    lock_after: Duration = unset("Idle time until it locks.")
    ends_after: Duration = unset("Longest session.")
    binds: list[Literal["person", "machine", "location"]] = unset("What one session is bound to.")
    fast_switch: Flag = unset("Whether the next person takes over without a logout.")
    roams: Flag = unset("Whether the session follows the person to another machine.")
    locks_on_leaving: Flag = unset("Whether it locks when the person walks away or opens another one.")
    generic_accounts: Flag = unset("Whether accounts without a name are allowed.")
    fallback: Ref = unset("What is used when the first way does not work (gloves, no telephone).", to="authenticator")
    logs: list[Literal["person", "machine", "location"]] = unset("What each entry of the log names.")


class BreakGlass(Element):
    """Emergency access: more than one normally may, for a short time, with a review afterwards."""

    KIND = KindInfo("break_glass", clauses={"for": "roles", "on": "targets"})

    roles: list[Ref] = unset("Who may claim it.", to="role")
    targets: list[Ref] = unset("On what.", to="asset data_class dataset zone")
    actions: list[Ref] = unset("What it allows.", to="action")
    purpose: Ref = unset("The purpose that is claimed.", to="purpose")
    labels: list[Literal["N", "R", "V"]] = unset("Confidentiality labels that it opens.")
    overrides_dissent: Flag = unset("Whether it opens what the patient closed except for emergencies.")
    lasts: Duration = unset("Usual length.")
    longest: Duration = unset("Longest length.")
    step_up: Ref = unset("Proof that it needs on top.", to="authenticator")
    reason_required: Flag = unset("Whether a reason must be given.")
    patient_required: Flag = unset("Whether the patient must be named.")
    notifies: list[Ref] = unset("Who is told at once.", to="role person")
    logged: Flag = unset("Whether it is logged.")
    closes: Flag = unset("Whether its end is an event of its own.")
    reviewer: Ref = unset("Who reviews it.", to="role person body")
    review_within: Duration = unset("Latest time of the review.")
    reviewer_differs: Flag = unset("Whether the reviewer is never the one who used it.")
    overdue_blocks: Flag = unset("Whether an overdue review blocks the next use.")
    works_offline: Flag = unset("Whether it works with network and directory down.")
    offline_credential: Ref = unset("The sealed credential for that case.", to="credential")
    rotated_after_use: Flag = unset("Whether that credential is changed after each use.")
    patient_told: Flag = unset("Whether the patient can learn of it.")
    suppliers: list[Ref] = complete("Suppliers who may claim it in an emergency call.", to="supplier")


class Roster(Element):
    """Who is on duty when."""

    KIND = KindInfo("roster", nested={"shift": "shifts"}, clauses={"for": "roles"})

    roles: list[Ref] = unset("Roles it plans.", to="role")
    always: Flag = unset("Whether somebody is on duty at every hour.")
    on_call: Flag = unset("Whether somebody can be called at every other hour.")
    reaches_within: Duration = unset("Time until somebody who is called is at work.")
    shifts: list[Ref] = complete("Its shifts.", to="shift")


class Shift(Element):
    """One weekly shift of a roster."""

    KIND = KindInfo("shift", owner="roster", clauses={"of": "roster"})

    roster: Ref = unset("The roster it belongs to.", to="roster")
    window: Window = unset("When it is.")
    people: list[Ref] = unset("Who is on duty.", to="person role")
    headcount: Whole = unset("How many are on duty.")


KINDS = (
    Role, Disposition, Person, Affiliation, Account, Authenticator, Credential, Action, Condition, Grant,
    Privilege, Segregation, IdentityProvider, IdentityLifecycle, SessionPolicy, BreakGlass, Roster, Shift,
)
