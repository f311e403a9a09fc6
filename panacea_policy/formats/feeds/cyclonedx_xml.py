"""CycloneDX in XML, turned into the shape of its JSON, so that one reader serves both."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

from panacea_policy.feeds.records import Reading
from panacea_policy.formats.feeds import cyclonedx, xml_text
from panacea_policy.formats.feeds.intake import Intake, JsonObject, Refused
from panacea_policy.formats.feeds.xml_text import children, local

NAMESPACE = "http://cyclonedx.org/schema/bom/"


def recognises(root: str) -> bool:
    """Whether the first element, with its namespace, is that of a bill."""
    return root.startswith("{" + NAMESPACE) and local(root) == "bom"


def read(data: bytes, intake: Intake) -> Reading:
    """The bill and the weaknesses of the document."""
    try:
        found = list(xml_text.records(data, ("bom",), intake))
    except Refused as refusal:
        intake.refuse(refusal)
        return intake.reading(cyclonedx.FEED, ())
    return cyclonedx.read(_document(found[0].element), intake)


def _document(bom: Element) -> JsonObject:
    version = bom.get("version") or ""
    document: JsonObject = {
        "bomFormat": "CycloneDX",
        "specVersion": bom.tag[1:].partition("}")[0].removeprefix(NAMESPACE),
        "components": [_component(c) for c in children(bom, "components", "component")],
        "vulnerabilities": [_vulnerability(v) for v in children(bom, "vulnerabilities", "vulnerability")],
    }
    if version.isdecimal() and len(version) < 10:
        document["version"] = int(version)
    if serial := bom.get("serialNumber"):
        document["serialNumber"] = serial
    for metadata in children(bom, "metadata"):
        inner = _texts(metadata, "timestamp")
        for component in children(metadata, "component"):
            inner["component"] = _component(component)
        for supplier in children(metadata, "supplier"):
            inner["supplier"] = _texts(supplier, "name")
        document["metadata"] = inner
    return document


def _texts(element: Element, *names: str) -> JsonObject:
    """The texts of children by their names; those that are missing are left out."""
    found: JsonObject = {}
    for child in element:
        name = local(child.tag)
        if name in names and name not in found:
            found[name] = child.text or ""
    return found


def _component(element: Element) -> JsonObject:
    made = _texts(element, "name", "version", "cpe", "purl", "publisher", "group")
    made["type"] = element.get("type")
    made["bom-ref"] = element.get("bom-ref")
    for name in ("supplier", "manufacturer"):
        for party in children(element, name):
            made[name] = _texts(party, "name")
    made["hashes"] = [
        {"alg": h.get("alg"), "content": h.text or ""} for h in children(element, "hashes", "hash")
    ]
    made["components"] = [_component(c) for c in children(element, "components", "component")]
    return made


def _vulnerability(element: Element) -> JsonObject:
    made = _texts(
        element, "id", "description", "recommendation", "workaround", "created", "published", "rejected"
    )
    made["bom-ref"] = element.get("bom-ref")
    for source in children(element, "source"):
        made["source"] = _texts(source, "name", "url")
    made["references"] = _all(element, ("references", "reference"), lambda r: _texts(r, "id"))
    made["ratings"] = _all(element, ("ratings", "rating"), _rating)
    made["advisories"] = _all(element, ("advisories", "advisory"), lambda a: _texts(a, "url"))
    cwes = [(c.text or "").strip() for c in children(element, "cwes", "cwe")]
    made["cwes"] = [int(c) for c in cwes if c.isdecimal() and len(c) < 10]
    for analysis in children(element, "analysis"):
        made["analysis"] = {
            **_texts(analysis, "state", "justification", "detail"),
            "response": [r.text or "" for r in children(analysis, "responses", "response")],
        }
    made["affects"] = _all(element, ("affects", "target"), _target)
    return made


def _all(element: Element, path: tuple[str, str], make: Callable[[Element], JsonObject]) -> list[JsonObject]:
    return [make(child) for child in children(element, *path)]


def _rating(element: Element) -> JsonObject:
    made = _texts(element, "score", "severity", "method", "vector")
    for source in children(element, "source"):
        made["source"] = _texts(source, "name")
    return made


def _span(element: Element) -> JsonObject:
    return _texts(element, "version", "range", "status")


def _target(element: Element) -> JsonObject:
    made = _texts(element, "ref")
    made["versions"] = _all(
        element, ("versions", "version"), lambda v: _texts(v, "version", "range", "status")
    )
    return made
