"""Package URLs (the purl specification, ECMA-427): ``pkg:type/namespace/name@version?qualifiers#subpath``."""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

from panacea_policy.model.values import InvalidValue

_TYPE = re.compile(r"[a-z][a-z0-9.-]*", re.ASCII)
_QUALIFIER = re.compile(r"[a-z][a-z0-9._-]*", re.ASCII)
_LIMIT = 2000


class InvalidPurl(InvalidValue):
    """A text that is no package URL."""


class PackageUrl(msgspec.Struct, frozen=True):
    """The parts, percent-decoded; absent parts are None, ``qualifiers`` are sorted by key."""

    type: str
    namespace: str | None
    name: str
    version: str | None
    qualifiers: tuple[tuple[str, str], ...]
    subpath: str | None


def parse_purl(text: str) -> PackageUrl:
    """Read a package URL. Raises :class:`InvalidPurl`."""
    if len(text) > _LIMIT:
        raise InvalidPurl(f"a package URL has at most {_LIMIT} characters")
    scheme, _, rest = text.partition(":")
    if scheme.lower() != "pkg":
        raise InvalidPurl("a package URL starts with `pkg:`", 'As in "pkg:pypi/pydicom@2.4.4".')
    rest, _, subpath = rest.partition("#")
    rest, _, query = rest.partition("?")
    path = rest.strip("/")
    head, at, version = path.rpartition("@")
    # an @ before the last slash belongs to the namespace (npm scopes)
    if not at or "/" in version:
        head, version = path, ""
    parts = [part for part in head.split("/") if part]
    if len(parts) < 2:
        raise InvalidPurl("a package URL names a type and a package", 'As in "pkg:pypi/pydicom@2.4.4".')
    kind = parts[0].lower()
    if not _TYPE.fullmatch(kind):
        raise InvalidPurl(f"`{parts[0][:40]}` cannot be the type of a package URL")
    return PackageUrl(
        type=kind,
        namespace="/".join(map(unquote, parts[1:-1])) or None,
        name=unquote(parts[-1]),
        version=unquote(version) or None,
        qualifiers=_qualifiers(query),
        subpath=unquote(subpath.strip("/")) or None,
    )


def found_purl(text: str | None) -> PackageUrl | None:
    """Read a package URL; None for what is none."""
    try:
        return parse_purl(text) if text else None
    except InvalidPurl:
        return None


def _qualifiers(query: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        key, _, value = pair.partition("=")
        if not _QUALIFIER.fullmatch(key.lower()) or key.lower() in found:
            raise InvalidPurl(f"`{key[:40]}` cannot be a qualifier of a package URL")
        if value:
            found[key.lower()] = unquote(value)
    return tuple(sorted(found.items()))
