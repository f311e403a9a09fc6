"""A small clinic as a workspace: a model with its own attack steps, so that tests of risk rest on no pack."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from panacea_policy.compiler import Workspace

CLINIC = """
organisation clinic "Small <Clinic> & Partners" { country: IE  currency: EUR }
zone internet "Internet" { type: internet trust: 0 }
zone dmz "Demilitarised zone" { type: dmz trust: 1 }
zone clinical "Clinical network" { type: clinical trust: 3 }
conduit internet -> dmz { allow: [https] }
conduit dmz <-> clinical { allow: [https, hl7] }
protocol https { }
protocol hl7 { }
system portal "Patient portal" in dmz { endpoint web { protocol: https } }
template system record_system { typically { patch_delay: 90 d } }
system ehr "Electronic health record" : record_system in clinical { endpoint api { protocol: hl7 } }
system paper "Paper forms" in clinical { }
device pump_a "Infusion pump A" in clinical { }
flow portal -> ehr { protocol: hl7  carries: [record]  encrypted: false }
data_class record "Health records" { special_category: true  breach_loss: pert(50k, 200k, 900k) EUR }
typically process { outage: lognormal(median: 7 d, sigma: 1) }
process emergency "Emergency care" {
  needs: ehr or paper  mtpd: 2 h  outage_loss: pert(1k, 2k, 9k) EUR per h
  volume: 90 per d  harm: 0.01 %
}
process ward "Ward care" { needs: ehr and pump_a  mtpd: 8 h  outage_loss: 500 EUR per h }
threat_actor gang "Ransomware group" { attempts: 3 per year  skill: advanced  internal: false }
threat_actor kid "Opportunist" { attempts: 20 per year  skill: naive  internal: false }
template control patching { }
template control watching { }
control patch_all "Patch within a week" : patching {
  protects: [portal, ehr]  status: planned by 2027-03-31  effectiveness: 60 %
  cost: 40k EUR + 10k EUR per year
}
control watch "Detection and response" : watching { protects: [ehr]  status: in_place  effectiveness: 30 % }

relation attempts(threat_actor)
attempts(t) if t is threat_actor
relation at(zone)
relation controls(asset)
relation unavailable(asset)
relation disclosed(data_class)
relation disrupted(process)
relation fails(element)

step enter "Come from the internet" { layer: network  attack: ["T1595"]
  for threat_actor t, zone z
  from attempts(t), z.type = internet
  to at(z)
  chance 100 %  effort 1 h }
step exploit "Exploit the portal" { layer: network  attack: ["T1190"]  skill: advanced
  for zone z, conduit c, asset h
  from at(z), c.source = z, h.zone = c.target, some endpoint e in h.endpoints with e.protocol in c.allow
  to controls(h)
  chance 20 %  effort lognormal(p5: 4 h, p95: 30 d)
  hindered by patching on h }
step guess "Guess a password" { layer: access  attack: ["T1110"]
  for zone z, conduit c, asset h
  from at(z), c.source = z, h.zone = c.target, some endpoint e in h.endpoints with e.protocol in c.allow
  to controls(h)
  chance 1 %  effort 2 d }
step move "Follow the data flow" { layer: network  attack: ["T1210"]
  for flow f, asset a, asset b
  from controls(a), f.source = a, f.target = b
  to controls(b)
  chance 50 %  effort 3 d
  hindered by patching, watching on b }
step encrypt "Encrypt the system" { layer: business  attack: ["T1486"]
  for asset b
  from controls(b)
  to unavailable(b)
  chance 80 %  effort 1 d }
step steal "Copy the records" { layer: business  attack: ["T1567"]
  for flow f, asset b, data_class d in f.carries
  from controls(b), f.target = b
  to disclosed(d)
  chance 60 %  effort 2 d }
fails(a) if unavailable(a)
fails(n) if any_of(n, l, r), fails(l), fails(r)
fails(n) if all_of(n, l, r), fails(l)
fails(n) if all_of(n, l, r), fails(r)
step disturb "Disturb care" { layer: business
  for process p
  from p.needs = n, fails(n)
  to disrupted(p)
  chance 100 %  effort 0 s }

rule clear_text "Health data crosses a zone boundary in clear" {
  severity: high
  for flow f
  where f.source.zone != f.target.zone, not f.encrypted
  report f "goes from {f.source} to {f.target} in clear"
  remedy "Set `security` on the flow to a TLS profile."
}
scenario no_portal "Without the portal" { remove portal_to_ehr }
"""


def clinic(folder: Path, text: str = CLINIC) -> Workspace:
    """The clinic, written into a folder and opened as of a fixed day."""
    (folder / "clinic.panacea").write_text(text, encoding="utf-8")
    workspace = Workspace.open(folder, as_of=date(2026, 11, 1), cache=False)
    assert workspace.ok, workspace.diagnostics()
    return workspace
