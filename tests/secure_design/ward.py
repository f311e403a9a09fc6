"""A small ward with one pump under development, its server, and an attacker: what design files are tested
on.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from panacea_policy.compiler import Workspace
from panacea_policy.risk import RiskOptions
from panacea_policy.secure_design import DesignFile, design

DAY = date(2026, 11, 23)

MODEL = """\
use std.healthcare
use packs.design, packs.attack, packs.secure_design

organisation ward "Ward" { partner: false  country: IE  turnover: 10M EUR per year }
zone internet "Internet" { type: internet  trust: 0  wireless: false }
zone bedside "Bedside" { type: medical_device  trust: 3  wireless: false  default_deny: true }
zone servers "Servers" { type: server  trust: 4  wireless: false  default_deny: true }
conduit bedside <-> servers { allow: [vendor_protocol]  default_deny: true }
conduit internet -> servers { allow: [https]  default_deny: true }
supplier maker "Maker" { type: manufacturer  country: IE }
## Gives drugs by the hour.
device pump "New pump" : infusion_pump in bedside {
  manufacturer: maker  model: "P-9"  version: "0.9"
  networked: true  works_offline: true  removable_media: false  default_service_password: true
  stores: [device_settings]  automatic_logoff: false  authentication: no_authentication
  endpoint orders { protocol: vendor_protocol  security: cleartext  authentication: no_authentication }
}
system pump_server "Pump server" : infusion_server in servers {
  stores: [device_settings]  authentication: password  internet_facing: true  support_end: 2026-01-31
  endpoint web { protocol: https  security: tls13  authentication: password }
}
flow settings: pump_server -> pump over vendor_protocol {
  carries: [device_settings]  security: cleartext  encrypted: false  integrity: false
  source_authenticated: false
}
process infusions "Infusions" { needs: pump and pump_server  mtpd: 4 h  essential: true }
threat_actor gang "Gang" {
  type: criminal_group  internal: false  attempts: 2 per year  skill: professional
  effects: [disruption, modification]  motive: financial
}
control guard "Guard" : segmentation { protects: [bedside]  status: in_place }
control gate "Gate" : protective_gateway { protects: [pump, pump_server]  status: planned by 2027-03-31 }
"""


def workspace(folder: Path, extra: str = "", text: str = MODEL) -> Workspace:
    """A workspace of the ward with more said."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ward.panacea").write_text(text + extra)
    opened = Workspace.open(folder, as_of=DAY)
    assert opened.ok, opened.diagnostics()
    return opened


@cache
def pump_file(folder: Path) -> DesignFile:
    """The design file of the pump, simulated with few trials."""
    return design(workspace(folder), "pump", options=RiskOptions(trials=1000))
