"""CycloneDX 1.4 to 1.6 (OWASP, ECMA-424): bills of materials, and VEX statements in or beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from panacea_policy.feeds.records import (
    Bill,
    Component,
    Origin,
    ProductClaim,
    ProductStatus,
    Reading,
    Remedy,
    Score,
    Status,
    VersionRange,
    Weakness,
)
from panacea_policy.formats.feeds import cvss, versions
from panacea_policy.formats.feeds.cve_id import cve_numbers
from panacea_policy.formats.feeds.intake import Intake, JsonObject, Refused, Where, unique

FEED = "cyclonedx"
VERSIONS = ("1.4", "1.5", "1.6")

_STATES: dict[str, Status] = {
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "affected",
    "in_triage": "under_investigation",
    "false_positive": "not_affected",
    "not_affected": "not_affected",
}
#: CycloneDX's words and those of VEX (CISA, "VEX status justifications", 2022) that mean the same. Three of
#: CycloneDX's (`requires_…`) have no counterpart and are handed on as they are.
_JUSTIFICATIONS = {
    "code_not_present": "vulnerable_code_not_present",
    "code_not_reachable": "vulnerable_code_not_in_execute_path",
    "protected_by_compiler": "inline_mitigations_already_exist",
    "protected_at_runtime": "inline_mitigations_already_exist",
    "protected_at_perimeter": "inline_mitigations_already_exist",
    "protected_by_mitigating_control": "inline_mitigations_already_exist",
}
#: What a range of versions is said to be.
_WORDS: dict[str, Status] = {
    "affected": "affected",
    "unaffected": "not_affected",
    "unknown": "under_investigation",
}
_METHODS = {"CVSSv2": "2.0", "CVSSv3": "3.0", "CVSSv31": "3.1", "CVSSv4": "4.0"}


def recognises(document: JsonObject) -> bool:
    """Whether a JSON document says that it is CycloneDX."""
    return document.get("bomFormat") == "CycloneDX"


def read(document: JsonObject, intake: Intake) -> Reading:
    """The bill, if it lists components, and a weakness for each of its vulnerabilities."""
    return intake.reading(FEED, _records(document, intake))


def _records(document: JsonObject, take: Intake) -> Iterator[Bill | Weakness]:
    version = take.text(document, (), "specVersion")
    if version not in VERSIONS:
        raise Refused(((), "specVersion"), f"CycloneDX {version or '?'}", f"{', '.join(VERSIONS)} are read")
    materials = _Materials(document, take)
    if materials.components or not document.get("vulnerabilities"):
        yield materials.bill()
    for given, where in take.objects(document, (), "vulnerabilities"):
        try:
            yield _weakness(given, where, materials, take)
        except Refused as refusal:
            take.refuse(refusal)


class _Materials:
    """What the document describes, its components, and both by their references."""

    def __init__(self, document: JsonObject, take: Intake) -> None:
        self._take = take
        self.components: list[Component] = []
        self.by_ref: dict[str, Component] = {}
        metadata, place = take.inner(document, (), "metadata"), ((), "metadata")
        described = take.inner(metadata, place, "component")
        self.product = self._component(described, (place, "component"), whole=True) if described else None
        for given, where in take.objects(document, (), "components"):
            self._collect(given, where)
        product = self.product
        own = f"{product.name} {product.version or ''}".strip() if product else "bill of materials"
        supplier = take.inner(metadata, place, "supplier")
        self.origin = Origin(
            FEED,
            take.text(document, (), "serialNumber") or own,
            take.source,
            take.moment(metadata, place, "timestamp"),
            version=str(document["version"]) if isinstance(document.get("version"), int) else None,
            publisher=take.text(supplier, (place, "supplier"), "name"),
        )

    def bill(self) -> Bill:
        """The bill of materials."""
        if self.product is None:
            self._take.damage(
                ((), "metadata"), "the bill does not say what it describes", "give `metadata.component`"
            )
        product = self.product or Component(self.origin.document)
        return Bill(self.origin, product, tuple(self.components))

    def _collect(self, given: JsonObject, where: Where) -> None:
        if component := self._component(given, where):
            if len(self.components) >= self._take.limits.records:
                raise Refused(where, f"more than {self._take.limits.records:,} components")
            self.components.append(component)
        for inner, place in self._take.objects(given, where, "components"):
            self._collect(inner, place)

    def _component(self, given: JsonObject, where: Where, *, whole: bool = False) -> Component | None:
        take = self._take
        try:
            name = take.needed(given, where, "name")
        except Refused as refusal:
            take.refuse(refusal)
            return None
        supplier = take.text(take.inner(given, where, "supplier"), (where, "supplier"), "name")
        maker = take.text(take.inner(given, where, "manufacturer"), (where, "manufacturer"), "name")
        component = Component(
            name,
            take.text(given, where, "version"),
            take.text(given, where, "cpe"),
            take.text(given, where, "purl"),
            supplier or maker or take.text(given, where, "publisher"),
            kind=take.text(given, where, "type"),
            group=take.text(given, where, "group"),
            ref=take.text(given, where, "bom-ref"),
            hashes=tuple(self._hashes(given, where)),
        )
        if component.ref:
            if component.ref in self.by_ref:
                take.damage((where, "bom-ref"), "this reference is used twice", "give each component its own")
            self.by_ref.setdefault(component.ref, component)
        if whole:  # parts of the described product may stand inside of it
            for inner, place in take.objects(given, where, "components"):
                self._collect(inner, place)
        return component

    def _hashes(self, given: JsonObject, where: Where) -> Iterator[str]:
        for entry, place in self._take.objects(given, where, "hashes"):
            algorithm, value = self._take.text(entry, place, "alg"), self._take.text(entry, place, "content")
            if algorithm and value:
                yield f"{algorithm.lower()}:{value.lower()}"

    def claim(self, ref: str) -> ProductClaim | None:
        """What a reference stands for. A part counts only within the product that the document describes."""
        if part := self.by_ref.get(ref):
            within = ((_claim(self.product),),) if self.product and part is not self.product else ()
            return _claim(part, within)
        return ProductClaim(purl=ref, title=ref) if ref.startswith("pkg:") else None


def _claim(component: Component, within: tuple[tuple[ProductClaim, ...], ...] = ()) -> ProductClaim:
    version = component.version
    return ProductClaim(
        component.supplier or component.group,
        component.name,
        component.cpe,
        component.purl,
        (VersionRange(version, exactly=version),) if version else (),
        hashes=component.hashes,
        within=within,
    )


# ------------------------------------------------------------------------------------------------ weaknesses


def _weakness(given: JsonObject, where: Where, materials: _Materials, take: Intake) -> Weakness:
    identity = take.text(given, where, "id") or take.text(given, where, "bom-ref")
    identity = identity or f"{materials.origin.document}#{where[1] + 1}"
    numbers = cve_numbers(identity)
    references = [take.text(entry, place, "id") for entry, place in take.objects(given, where, "references")]
    numbers = numbers or unique(n for r in references if r for n in cve_numbers(r))
    scores = tuple(dict.fromkeys(_scores(given, where, take)))
    best, traits = cvss.chosen(scores), cvss.traits(scores)
    return Weakness(
        materials.origin,
        id=identity,
        title="",
        cve=numbers[0] if numbers else None,
        cwe=unique(f"CWE-{c}" for c in take.items(given, where, "cwes") if isinstance(c, int) and c > 0),
        cvss=best.base if best else None,
        cvss_vector=best.vector if best else None,
        vector=traits.vector if traits else None,
        complexity=traits.complexity if traits else None,
        privileges=traits.privileges if traits else None,
        interaction=traits.interaction if traits else None,
        disrupts=traits.disrupts if traits else None,
        published_on=take.day(given, where, "published") or take.day(given, where, "created"),
        products=tuple(_statuses(given, where, materials, take)),
        references=unique(
            [
                take.text(take.inner(given, where, "source"), (where, "source"), "url"),
                *(take.text(a, place, "url") for a, place in take.objects(given, where, "advisories")),
            ]
        ),
        description=take.text(given, where, "description") or "",
        scores=scores,
        withdrawn="rejected" in given,
    )


def _scores(given: JsonObject, where: Where, take: Intake) -> Iterator[Score]:
    for entry, place in take.objects(given, where, "ratings"):
        method = take.text(entry, place, "method") or ""
        vector = take.text(entry, place, "vector")
        if method not in _METHODS and not (vector or "").startswith("CVSS:"):
            continue
        base = take.number(entry, place, "score", 0, 10)
        if vector and cvss.parse(vector) is None:
            take.damage((place, "vector"), "no complete CVSS vector")
        if base is not None:
            source = take.text(take.inner(entry, place, "source"), (place, "source"), "name")
            yield Score(cvss.version_of(vector, _METHODS.get(method)), base, vector, source)


def _statuses(
    given: JsonObject, where: Where, materials: _Materials, take: Intake
) -> Iterator[ProductStatus]:
    analysis, inside = take.inner(given, where, "analysis"), (where, "analysis")
    state = take.text(analysis, inside, "state")
    if state and state not in _STATES:
        take.damage((inside, "state"), f"`{state[:60]}` is no state of an analysis")
    status = _STATES.get(state or "", "affected" if state is None else "under_investigation")
    word = take.text(analysis, inside, "justification")
    justification = _JUSTIFICATIONS.get(word, word) if word and status == "not_affected" else None
    remedies = tuple(_remedies(given, where, analysis, take))
    for entry, place in take.objects(given, where, "affects"):
        ref = take.text(entry, place, "ref")
        claim = materials.claim(ref) if ref else None
        if claim is None:
            take.damage((place, "ref"), "it refers to no component of this document", "give the bill with it")
            continue
        for ranges, stated in _versions(entry, place, take):
            made = stated if stated and stated != "affected" else status
            yield ProductStatus(
                replace(claim, versions=ranges or claim.versions),
                made,
                justification if made == "not_affected" else None,
                remedy=remedies[0].text if remedies else None,
                remedies=remedies,
                group=state or "affected",
            )


def _versions(
    given: JsonObject, where: Where, take: Intake
) -> Iterator[tuple[tuple[VersionRange, ...], Status | None]]:
    """Ranges by the status that the entry gives them; without any, the component's own version counts."""
    by_status: dict[Status, list[VersionRange]] = {}
    for entry, place in take.objects(given, where, "versions"):
        word = take.text(entry, place, "status") or "affected"
        if word not in _WORDS:
            take.damage((place, "status"), f"`{word[:60]}` is no status of a version")
        version, span = take.text(entry, place, "version"), take.text(entry, place, "range")
        found = (
            (VersionRange(version, exactly=version),) if version else versions.ranges(span) if span else ()
        )
        if not found:
            take.damage(place, "neither a version nor a range")
        by_status.setdefault(_WORDS.get(word, "under_investigation"), []).extend(found)
    if not by_status:
        yield (), None
    for status, ranges in by_status.items():
        if ranges:
            yield tuple(ranges), status


def _remedies(given: JsonObject, where: Where, analysis: JsonObject, take: Intake) -> Iterator[Remedy]:
    responses = take.texts(analysis, (where, "analysis"), "response")
    if text := take.text(given, where, "recommendation"):
        kind = "vendor_fix" if "update" in responses else "mitigation"
        yield Remedy(kind, text, fixed_version=versions.fixed_in(text))
    if text := take.text(given, where, "workaround"):
        yield Remedy("workaround", text)
    if "will_not_fix" in responses or "can_not_fix" in responses:
        yield Remedy(
            "no_fix_planned", take.text(analysis, (where, "analysis"), "detail") or "no fix is planned"
        )
