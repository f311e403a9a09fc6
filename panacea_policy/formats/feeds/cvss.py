"""What a CVSS vector says, in the words of CVSS 3: version 2, 3.0, 3.1, 4.0 (FIRST, specifications).

Scores are never computed here: they are taken as their authors gave them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from panacea_policy.feeds.records import Score
from panacea_policy.formats.feeds.intake import Intake, JsonObject, Where

Vector = Literal["network", "adjacent", "local", "physical"]
Privileges = Literal["none", "low", "high"]
CvssVersion = Literal["2.0", "3.0", "3.1", "4.0"]

_VECTORS: dict[str, Vector] = {"N": "network", "A": "adjacent", "L": "local", "P": "physical"}
_PRIVILEGES: dict[str, Privileges] = {"N": "none", "L": "low", "H": "high"}
#: Version 2 counts authentications: one is a user's, several are not known to be more than users'.
_AUTHENTICATIONS: dict[str, Privileges] = {"N": "none", "S": "low", "M": "low"}
_METRIC = re.compile(r"([A-Za-z]{1,3}):([A-Za-z]{1,9})")
_MANDATORY = {
    "2.0": {"AV": "LAN", "AC": "HML", "Au": "MSN", "C": "NPC", "I": "NPC", "A": "NPC"},
    "3": {
        "AV": "NALP", "AC": "LH", "PR": "NLH", "UI": "NR", "S": "UC", "C": "NLH", "I": "NLH", "A": "NLH",
    },
    "4.0": {
        "AV": "NALP", "AC": "LH", "AT": "NP", "PR": "NLH", "UI": "NPA", "VC": "HLN", "VI": "HLN", "VA": "HLN",
        "SC": "HLN", "SI": "HLN", "SA": "HLN",
    },
}  # fmt: skip
#: Of several scores the one that counts: the traits are CVSS 3's, so version 3 first; then by age.
_ORDER: tuple[CvssVersion, ...] = ("3.1", "3.0", "4.0", "2.0")


@dataclass(frozen=True, slots=True)
class Traits:
    """Base metrics. ``interaction`` is None in version 2, which has no metric for it."""

    version: CvssVersion
    vector: Vector
    complexity: Literal["low", "high"]
    privileges: Privileges
    interaction: bool | None
    disrupts: bool


@lru_cache(maxsize=4_096)
def parse(text: str) -> Traits | None:
    """The base metrics of a vector, None if the text is no complete vector.

    Some feeds leave the version out; the metrics tell which it is (3.1 and 3.0 have the same).
    """
    text = text.strip().strip("()")
    if len(text) > 500:
        return None
    version: CvssVersion
    match = re.match(r"CVSS:(3\.0|3\.1|4\.0)/|CVSS2#|CVSS:2\.0/|", text)
    named = match[1] if match else None
    version = "3.0" if named == "3.0" else "3.1" if named == "3.1" else "4.0" if named == "4.0" else "2.0"
    metrics: dict[str, str] = {}
    for part in text[match.end() if match else 0 :].strip("/").split("/"):
        metric = _METRIC.fullmatch(part)
        if metric is None or metric[1] in metrics:
            return None
        metrics[metric[1]] = metric[2]
    if named is None:
        version = "4.0" if "VC" in metrics else "3.1" if "PR" in metrics else "2.0"
    mandatory = _MANDATORY["3" if version.startswith("3") else version]
    if any(len(metrics.get(m, "")) != 1 or metrics[m] not in allowed for m, allowed in mandatory.items()):
        return None
    return _traits(version, metrics)


def _traits(version: CvssVersion, m: dict[str, str]) -> Traits:
    if version == "2.0":
        disrupts = m["C"] == "N" == m["I"] and m["A"] != "N"
        hard = m["AC"] == "H"
        return Traits(version, _VECTORS[m["AV"]], _hard(hard), _AUTHENTICATIONS[m["Au"]], None, disrupts)
    if version == "4.0":
        kept = all(m[x] == "N" for x in ("VC", "VI", "SC", "SI"))
        disrupts = kept and (m["VA"] != "N" or m["SA"] != "N")
        hard = m["AC"] == "H" or m["AT"] == "P"
    else:
        disrupts = m["C"] == "N" == m["I"] and m["A"] != "N"
        hard = m["AC"] == "H"
    return Traits(version, _VECTORS[m["AV"]], _hard(hard), _PRIVILEGES[m["PR"]], m["UI"] != "N", disrupts)


def _hard(hard: bool) -> Literal["low", "high"]:
    return "high" if hard else "low"


def version_of(vector: str | None, stated: str | None = None) -> CvssVersion:
    """The version of CVSS that a vector, or else its author, says it is."""
    if vector and (match := re.match(r"CVSS:(\d\.\d)/", vector)):
        stated = match[1]
    elif vector and stated is None:
        found = parse(vector)
        stated = found.version if found else "2.0"
    return "4.0" if stated == "4.0" else "3.0" if stated == "3.0" else "2.0" if stated == "2.0" else "3.1"


def score(given: JsonObject, where: Where, intake: Intake, source: str | None = None) -> Score | None:
    """A score in the JSON form that FIRST publishes, which CSAF, NVD and CVE records hold."""
    base = intake.number(given, where, "baseScore", 0, 10)
    vector = intake.text(given, where, "vectorString")
    if base is None:
        if vector and given.get("baseScore") is None:
            intake.damage(
                where, "a CVSS vector without its score", "give `baseScore`: it is not computed here"
            )
        return None
    if vector and parse(vector) is None:
        intake.damage((where, "vectorString"), "no complete CVSS vector")
    return Score(version_of(vector, intake.text(given, where, "version")), base, vector, source)


def chosen(scores: Iterable[Score]) -> Score | None:
    """The score that counts: version 3.1, 3.0, 4.0, then 2.0; of several the highest, then by vector."""
    ranked = sorted(scores, key=lambda s: (_ORDER.index(s.version), -s.base, s.vector or ""))
    return ranked[0] if ranked else None


def traits(scores: Iterable[Score]) -> Traits | None:
    """The base metrics of the score that counts, or of the next one whose vector can be read."""
    ranked = sorted(scores, key=lambda s: (_ORDER.index(s.version), -s.base, s.vector or ""))
    return next((t for s in ranked if s.vector and (t := parse(s.vector))), None)
