"""A small hospital whose pumps, portal and record feeds speak of, and feed files about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from panacea_policy.feeds.records import (
    Damage,
    ExploitNews,
    Origin,
    ProductClaim,
    ProductStatus,
    Reading,
    VersionRange,
    Weakness,
)

WARD = """use std.healthcare
use packs.attack

organisation ward "Ward" { country: IE  currency: EUR  partner: false }
supplier acme "Acme Infusion" { }
supplier careweave "Careweave" { }
zone internet "Internet" { type: internet  trust: 0 }
zone outside "Outside" { type: dmz  trust: 1  default_deny: true }
zone beds "Beds" { type: medical_device  trust: 3  default_deny: true }
conduit internet -> outside { allow: [https] }
conduit outside -> beds { allow: [https] }
system portal "Patient portal" : server in outside {
  supplier: careweave
  version: "4.1"
  internet_facing: true
  product: cpe("cpe:2.3:a:careweave:portal:4.1:*:*:*:*:*:*:*")
  endpoint web { protocol: https  security: tls13  authentication: mfa }
}
device pump : infusion_pump in beds from inventory("pumps.csv") {
  id: column("tag")
  model: column("model")
  serial: column("serial")
  version: column("version")
  manufacturer: acme
}
system pump_server "Pump server" : infusion_server in beds {
  supplier: acme
  endpoint web { protocol: https  security: tls12  authentication: password }
}
process emergency_care "Emergency care" {
  needs: portal and pump_server  mtpd: 2 h  outage_loss: 2000 EUR per h
}
process ward_care "Ward care" { needs: pump_server  mtpd: 8 h  outage_loss: 500 EUR per h }
threat_actor gang "Ransomware group" {
  attempts: 3 per year  skill: advanced  internal: false  starts_at: [internet]  effects: [disruption]
}
"""
PUMPS = """tag,model,serial,version
PMP-1,Acme Volumat 5,A100,2.1
PMP-2,Acme Volumat 5,A101,3.0
PMP-3,Acme Syringa 9,A102,
"""


def lay_out(folder: Path) -> Path:
    """The model's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ward.panacea").write_text(WARD, encoding="utf-8")
    (folder / "pumps.csv").write_text(PUMPS, encoding="utf-8")
    return folder


def advisory(
    folder: Path,
    name: str,
    cve: str,
    *,
    product: str,
    vendor: str = "Acme Infusion",
    below: str | None = None,
    status: str = "affected",
    day: str = "2026-11-01",
    vector: str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
) -> Path:
    """A feed file of the tests' own format, which :func:`read_note` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(
        json.dumps(
            {"id": name, "cve": cve, "product": product, "vendor": vendor, "below": below, "status": status,
             "day": day, "vector": vector}
        ),
        encoding="utf-8",
    )  # fmt: skip
    return path


def catalogue(folder: Path, cves: Sequence[str], day: str = "2026-11-10") -> Path:
    """A catalogue of exploited vulnerabilities."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "kev.json"
    path.write_text(json.dumps({"kev": list(cves), "day": day}), encoding="utf-8")
    return path


def read_note(path: Path) -> Reading:
    """The reader of these files; a file that is none of them is damage."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        when = datetime.fromisoformat(said["day"]).replace(tzinfo=UTC)
    except (ValueError, KeyError, TypeError) as error:
        return Reading(damage=(Damage(str(path), "1", f"no feed: {type(error).__name__}"),))
    if "kev" in said:
        origin = Origin("kev", "KEV", str(path), when)
        news = (ExploitNews(origin, cve, known_exploited=True) for cve in said["kev"])
        return Reading(tuple(news), (), "kev")
    versions = (VersionRange(high=said["below"], high_included=False),) if said["below"] else ()
    claim = ProductClaim(said["vendor"], said["product"], versions=versions)
    weakness = Weakness(
        Origin("csaf", said["id"], str(path), when),
        said["cve"],
        cve=said["cve"],
        cvss_vector=said["vector"],
        products=(ProductStatus(claim, said["status"]),),
    )
    return Reading((weakness,), (), "csaf")
