"""A reader of CSAF that knows just what the tests of matching need: product tree, statuses, one score."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from panacea_policy.feeds.records import Origin, ProductClaim, ProductStatus, Status, VersionRange, Weakness

_STATUS: Mapping[str, Status] = {
    "known_affected": "affected",
    "known_not_affected": "not_affected",
    "fixed": "fixed",
    "first_fixed": "fixed",
    "under_investigation": "under_investigation",
}


def read_advisory(path: Path) -> tuple[Weakness, ...]:
    """The weaknesses of one advisory."""
    document = json.loads(path.read_text(encoding="utf-8"))
    tracking = document["document"]["tracking"]
    origin = Origin(
        "csaf",
        tracking["id"],
        path.name,
        datetime.fromisoformat(tracking["current_release_date"].replace("Z", "+00:00")),
    )
    claims = dict(_claims(document.get("product_tree", {}).get("branches", []), None, None))
    return tuple(_weakness(origin, each, claims) for each in document.get("vulnerabilities", []))


def _claims(branches: list[Any], vendor: str | None, name: str | None) -> Iterator[tuple[str, ProductClaim]]:
    for branch in branches:
        kind, said = branch["category"], branch["name"]
        ours = said if kind == "vendor" else vendor
        product = said if kind == "product_name" else name
        if "product" in branch:
            ranges = tuple(_ranges(said)) if kind.startswith("product_version") else ()
            yield branch["product"]["product_id"], ProductClaim(ours, product, versions=ranges)
        yield from _claims(branch.get("branches", []), ours, product)


def _ranges(text: str) -> Iterator[VersionRange]:
    """``>= 1.0 | <= 2.0`` is one range; ``B.02 | C.02`` are two versions."""
    if text.startswith("vers:all"):
        return
    parts = [part.strip() for part in text.split("|")]
    bounds = [re.match(r"(<=|>=|<|>)\s*(.*)", part) for part in parts]
    if all(bounds):
        low = next((b for b in bounds if b and b[1][0] == ">"), None)
        high = next((b for b in bounds if b and b[1][0] == "<"), None)
        yield VersionRange(
            text,
            low=low[2] if low else None,
            low_included=bool(low and low[1] == ">="),
            high=high[2] if high else None,
            high_included=bool(high and high[1] == "<="),
        )
        return
    for part in parts:
        yield VersionRange(text, exactly=part)


def _weakness(origin: Origin, said: dict[str, Any], claims: dict[str, ProductClaim]) -> Weakness:
    score = next((each["cvss_v3"] for each in said.get("scores", []) if "cvss_v3" in each), {})
    products = [
        ProductStatus(claims[each], _STATUS[group])
        for group, ids in said.get("product_status", {}).items()
        if group in _STATUS
        for each in ids
    ]
    return Weakness(
        origin=origin,
        id=said.get("cve") or f"{origin.document}-{said.get('title', '')}",
        cve=said.get("cve"),
        cvss=score.get("baseScore"),
        cvss_vector=score.get("vectorString"),
        products=tuple(products),
    )
