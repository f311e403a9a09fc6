"""Small models that the end-to-end tests share."""

from __future__ import annotations

from pathlib import Path

CLINIC = """\
organisation clinic "Seaside Clinic" { country: IE  currency: EUR }

zone internet { trust: 0 }
zone ward "Ward" { trust: 2 }
zone servers "Servers" { trust: 4 }

role manager "Practice manager" { }
role ciso "Security officer" { }

data_class record "Health record" { special_category: true }
data_class menu "Menu of the day" { special_category: false }

system ehr "Patient record" in servers { owner: manager }
system portal "Patient portal" in servers { owner: none }
system kitchen "Kitchen screen" in ward { }

security_profile tls { encrypts: true }
security_profile plain { encrypts: false }

flow vital_signs: kitchen -> ehr { carries: [record]  security: plain }
flow bookings: portal -> ehr { carries: [record]  security: tls }
flow old_feed: ehr -> kitchen { carries: [record]  security: plain }
flow lunch: kitchen -> portal { carries: [menu]  security: plain }
flow unasked: ehr -> portal { carries: [record] }

pack law "A law" { status: in_force }
requirement art1 "Health data is protected in transit" { decided_by: rules }
requirement art2 "Everything has an owner" { decided_by: rules }
requirement art3 "The board decides" { decided_by: attestation }
requirement art4 "The board is trained" { decided_by: attestation }
requirement art5 "Of tomorrow" { effective: 2030-01-01  decided_by: rules }

rule in_clear "Health data is sent in clear" {
  severity: high
  satisfies: [art1]
  for flow f
  applies when some data_class d in f.carries with d.special_category
  where f.security.encrypts = false
  report f "carries health data from {f.source} to {f.target} in clear"
  remedy "Set `security` on the flow to a profile that encrypts."
}

rule owned "A system without an owner" {
  severity: medium
  satisfies: [art2]
  for system s
  require s.owner != none
  report s "has no owner"
}

waive in_clear on old_feed until 2027-01-31 because "Replacement ordered" by ciso
attest art3 by manager until 2027-06-30 because "Minutes of 12 May"
"""


def clinic(folder: Path, text: str = CLINIC) -> Path:
    """A folder with the model of the clinic."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clinic.panacea").write_text(text, encoding="utf-8")
    return folder
