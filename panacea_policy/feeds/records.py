"""What a feed says, whatever its format: the records that readers give and matching takes.

Every record is immutable, sorts the same on every run, and says who said it, when, and until when it holds.
Texts come from strangers: readers bound their number and length (:data:`LONGEST`), and nothing here is ever
executed or used as a path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

#: Readers cut no text silently: what is longer than this many characters is refused with its place.
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Who said something: the kind of feed (``csaf``, ``kev``, ``nmap`` …), its document, and the times.

    ``document`` is the document's own id (an advisory's tracking id, a scan's name), ``source`` the file
    name or
    URL that it was read from. ``said_at`` is when its author said it, ``expires`` the last day on which it
    counts
    (None: until something newer replaces it). ``version`` and ``status`` are the document's own (``final``,
    ``interim``, ``draft``; a CVE's ``Modified`` …), ``publisher`` who answers for it, ``tlp`` who may see it.
    """

    feed: str
    document: str
    source: str
    said_at: datetime | None = None
    expires: date | None = None
    version: str | None = None
    status: str | None = None
    publisher: str | None = None
    tlp: str | None = None


@dataclass(frozen=True, slots=True)
class VersionRange:
    """Versions between two bounds; a bound that is None is open. ``exactly`` sets one version alone.

    ``text`` is what the feed wrote, kept for people. ``certain`` is False where the bounds were read out of a
    sentence ("all versions prior to 3.2") and not out of fields made for machines. ``understood`` is False
    where no bound could be read out of ``text``: any version may then be meant, nobody knows which.
    ``dated_before`` is a bound of another kind: units made or sold before that day, whatever version.
    """

    text: str = ""
    exactly: str | None = None
    low: str | None = None
    low_included: bool = True
    high: str | None = None
    high_included: bool = True
    certain: bool = True
    understood: bool = True
    dated_before: date | None = None


@dataclass(frozen=True, slots=True)
class ProductClaim:
    """A product as a feed names it. No versions at all means every version.

    ``title`` is its full name in the feed's words. ``models``: names or numbers of the models meant,
    where not all of the product are. ``within``: it counts only inside of others, at least one of each group.
    """

    vendor: str | None = None
    name: str | None = None
    cpe: str | None = None
    purl: str | None = None
    versions: tuple[VersionRange, ...] = ()
    serials: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    title: str = ""
    skus: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    sboms: tuple[str, ...] = ()
    within: tuple[tuple[ProductClaim, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """A CVSS score as its author gave it: base score 0 to 10, its vector, and the version of CVSS."""

    version: Literal["2.0", "3.0", "3.1", "4.0"]
    base: float
    vector: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do. ``kind`` is CSAF's: ``vendor_fix``, ``mitigation``, ``workaround``, ``no_fix_planned`` …"""

    kind: str
    text: str
    url: str | None = None
    fixed_version: str | None = None
    on: date | None = None


Status = Literal["affected", "not_affected", "fixed", "under_investigation"]


@dataclass(frozen=True, slots=True)
class ProductStatus:
    """What a feed says about one product and one weakness; ``justification`` in the words of VEX.

    ``remedy`` is the text of the first of ``remedies``, fixes before all others. ``fixed_version`` may
    come out of a sentence. ``group`` is the feed's own word for the status (``first_affected``). ``score`` is
    set where this product has another score than the weakness as a whole.
    """

    product: ProductClaim
    status: Status
    justification: str | None = None
    fixed_version: str | None = None
    remedy: str | None = None
    remedies: tuple[Remedy, ...] = ()
    group: str = ""
    score: Score | None = None


@dataclass(frozen=True, slots=True)
class Weakness:
    """One vulnerability as one document describes it. ``id`` is its CVE number, or the document's own name
    for it.

    ``vector``, ``complexity``, ``privileges`` and ``interaction`` are those of CVSS 3 (``network`` …,
    ``low``,
    ``none``/``low``/``high``, True where a user must help); ``disrupts`` is True where only availability is
    lost.
    ``cvss`` is the base score, 0 to 10; ``cvss_vector`` its text: of CVSS 3 where there is one, then 4, then
    2, of several the highest; all of them are in ``scores``. ``severity`` is what the document says of
    itself as a whole. ``withdrawn``: the number was rejected, nothing is to be concluded from it.
    ``recommended`` are versions that the vendor advises, fixed or not.
    """

    origin: Origin
    id: str
    title: str = ""
    cve: str | None = None
    cwe: tuple[str, ...] = ()
    cvss: float | None = None
    cvss_vector: str | None = None
    vector: Literal["network", "adjacent", "local", "physical"] | None = None
    complexity: Literal["low", "high"] | None = None
    privileges: Literal["none", "low", "high"] | None = None
    interaction: bool | None = None
    disrupts: bool | None = None
    published_on: date | None = None
    products: tuple[ProductStatus, ...] = ()
    references: tuple[str, ...] = ()
    description: str = ""
    severity: str | None = None
    scores: tuple[Score, ...] = ()
    threats: tuple[tuple[str, str], ...] = ()
    recommended: tuple[ProductClaim, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ExploitNews:
    """What is known about the use of a CVE: in the KEV catalogue (``known_exploited``), or an EPSS score."""

    origin: Origin
    cve: str
    known_exploited: bool | None = None
    exploited_since: date | None = None
    due: date | None = None
    ransomware: bool | None = None
    epss: float | None = None
    percentile: float | None = None
    title: str = ""
    product: ProductClaim | None = None
    cwe: tuple[str, ...] = ()
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a product's bill of materials."""

    name: str
    version: str | None = None
    cpe: str | None = None
    purl: str | None = None
    supplier: str | None = None
    kind: str | None = None
    group: str | None = None
    ref: str | None = None
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill of materials: the product that it describes and all its components."""

    origin: Origin
    product: Component
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """Something that answers on a port, as a scan saw it."""

    port: int
    transport: Literal["tcp", "udp", "sctp"]
    name: str | None = None
    product: str | None = None
    version: str | None = None
    cpe: tuple[str, ...] = ()
    tls: bool = False


@dataclass(frozen=True, slots=True)
class ScanFinding:
    """A weakness that a scanner saw on a host. ``severity`` 0 (information) to 4 (critical).

    ``quality``: how sure the scanner is, in percent, where it says so. ``solution``: what it advises.
    """

    id: str
    title: str
    port: int | None = None
    cves: tuple[str, ...] = ()
    cvss: float | None = None
    cvss_vector: str | None = None
    severity: int = 0
    transport: Literal["tcp", "udp", "sctp"] | None = None
    quality: int | None = None
    solution: str | None = None


@dataclass(frozen=True, slots=True)
class ScannedHost:
    """One host as one scan saw it. ``kinds``: what the scanner takes it for, in its own words."""

    origin: Origin
    addresses: tuple[str, ...]
    names: tuple[str, ...] = ()
    mac: str | None = None
    os: str | None = None
    cpe: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    findings: tuple[ScanFinding, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityEvent:
    """Something that an identity system reported: an account or credential was created, locked, leaked,
    revoked …"""

    origin: Origin
    id: str
    kind: Literal[
        "login",
        "login_failed",
        "locked",
        "password_leaked",
        "credential_issued",
        "credential_revoked",
        "factor_added",
        "factor_removed",
        "privilege_granted",
        "privilege_revoked",
        "joined",
        "left",
    ]
    subject: str
    at: datetime
    system: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """Something that happened, here or elsewhere."""

    origin: Origin
    id: str
    title: str
    kind: str
    at: datetime
    ended: datetime | None = None
    where: str | None = None
    subjects: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    detail: str | None = None


Record = Weakness | ExploitNews | Bill | ScannedHost | IdentityEvent | IncidentReport


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of a feed file that could not be used: where, why, and what would mend it. The rest goes on."""

    source: str
    place: str
    reason: str
    cure: str = ""

    def __str__(self) -> str:
        where = f"{self.source}:{self.place}" if self.place else self.source
        return f"{where}: {self.reason}" + (f" ({self.cure})" if self.cure else "")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file gave: its records in the file's order, what of it was damaged, and its format."""

    records: tuple[Record, ...] = ()
    damage: tuple[Damage, ...] = field(default=())
    format: str = ""
