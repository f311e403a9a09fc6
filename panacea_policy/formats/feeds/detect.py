"""Which format a feed file is in, by its content; never by its name."""

from __future__ import annotations

import os
from pathlib import Path

from panacea_policy.feeds.records import Reading
from panacea_policy.formats.feeds import (
    csaf,
    cve_record,
    cyclonedx,
    cyclonedx_xml,
    epss,
    events,
    json_text,
    kev,
    nessus,
    nmap,
    nvd,
    opening,
    openvas,
    xml_text,
)
from panacea_policy.formats.feeds.intake import Intake, Refused
from panacea_policy.formats.feeds.limits import Limits

_KNOWN = (
    "CSAF 2.0, KEV, EPSS, NVD API 2.0, CVE 5.x, CycloneDX 1.4 to 1.6, nmap, Nessus and OpenVAS XML, and our "
    "own JSON lines are read"
)
_DOCUMENTS = (
    (csaf.recognises, csaf.read),
    (cve_record.recognises, cve_record.read),
    (cyclonedx.recognises, cyclonedx.read),
)
_LISTS = ((kev.recognises, kev.read), (nvd.recognises, nvd.read))
_XML = (
    (nmap.recognises, nmap.read),
    (nessus.recognises, nessus.read),
    (openvas.recognises, openvas.read),
    (cyclonedx_xml.recognises, cyclonedx_xml.read),
)
_BLANK = b" \t\r\n"


def read(path: str | os.PathLike[str], *, limits: Limits | None = None, source: str | None = None) -> Reading:
    """What the file says, whatever format it is in.

    A file that cannot be used gives damage, never an exception.
    ``source`` names the file in records and damage; the path itself where it is not given.
    """
    intake = Intake(source if source is not None else str(Path(path)), limits or Limits())
    try:
        return _read(opening.content(path, intake.limits), intake)
    except Refused as refusal:
        intake.refuse(refusal)
        return intake.reading("", ())


def read_bytes(data: bytes, source: str, *, limits: Limits | None = None) -> Reading:
    """The same of a text that was got in another way than from a file, unpacked."""
    intake = Intake(source, limits or Limits())
    try:
        if len(data) > intake.limits.unpacked_bytes:
            raise Refused((), f"larger than {intake.limits.unpacked_bytes:,} bytes", "raise the bound")
        return _read(data, intake)
    except Refused as refusal:
        intake.refuse(refusal)
        return intake.reading("", ())


def _read(data: bytes, intake: Intake) -> Reading:
    start = data[:4_096].removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK)
    if not start:
        raise Refused(
            (), "the file is empty" if not data.strip(_BLANK) else "the file begins with blanks only"
        )
    if epss.recognises(data):
        return epss.read(data, intake)
    if start[:1] == b"<" or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _xml(data, intake)
    if start[:1] in b"{[":
        return _json(data, intake)
    raise Refused((), "no format that is known", _KNOWN)


def _xml(data: bytes, intake: Intake) -> Reading:
    root = xml_text.root(data)
    for recognises, reader in _XML:
        if recognises(root):
            return reader(data, intake)
    raise Refused((), f"XML that begins with `{root[:100]}`, no format that is known", _KNOWN)


def _json(data: bytes, intake: Intake) -> Reading:
    if _is_lines(data, intake):
        return events.read(data, intake)
    text = json_text.decoded(data, intake.limits.depth)
    listed = json_text.RecordList(text, "vulnerabilities")
    first = listed.first()
    for is_one, read_list in _LISTS:
        if is_one(first):
            return read_list(listed.head, listed.records(intake.damage), intake)
    if first is None and {"catalogVersion", "count"} <= set(listed.head):
        return kev.read(listed.head, listed.records(intake.damage), intake)
    if first is None and listed.head.get("format") == "NVD_CVE":
        return nvd.read(listed.head, listed.records(intake.damage), intake)
    document = json_text.whole(text)
    for recognises, reader in _DOCUMENTS:
        if recognises(document):
            return reader(document, intake)
    raise Refused((), "JSON of no format that is known", _KNOWN)


def _is_lines(data: bytes, intake: Intake) -> bool:
    """Whether one of the first lines is a whole object of ours; those before it may be damaged."""
    for line in data[: intake.limits.line_bytes].split(b"\n", 20)[:20]:
        if b"panacea/" not in line:
            continue
        try:
            if events.recognises(json_text.whole(json_text.decoded(line, intake.limits.depth))):
                return True
        except Refused:
            continue
    return False
