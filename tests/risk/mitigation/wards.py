"""The clinic of the tests of risk with more controls to choose from: needs, exclusions, a replacement."""

from __future__ import annotations

from pathlib import Path

from panacea_policy.compiler import Workspace
from tests.risk.clinic import CLINIC, clinic

CONTROLS = """
control vault_login "Login by card" : watching {
  protects: [ehr]  status: candidate  effectiveness: 80 %
  cost: pert(20k, 30k, 70k) EUR + 5k EUR per year
  care_time: 20 min  burden: 1 min  slows_processes: [emergency]
  side_effects: ["Cards are forgotten"]
}
control card_desk "Desk that hands out cards" : patching {
  protects: [portal]  status: candidate  effectiveness: 5 %  cost: 1k EUR + 1k EUR per year
}
control login_watch "Watch over logins" : watching {
  protects: [ehr]  status: candidate  effectiveness: 60 %  cost: 10k EUR + 2k EUR per year  needs: [card_desk]
  care_time: 15 min
}
control portal_shield "Shield before the portal" : patching {
  protects: [portal]  status: candidate  effectiveness: 70 %  cost: 25k EUR + 6k EUR per year
  excludes: [patch_all]
}
control new_watch "Detection of the next generation" : watching {
  protects: [ehr]  status: candidate  effectiveness: 55 %  cost: 12k EUR + 3k EUR per year  replaces: [watch]
}
control idle_lock "Lock on the paper store" : patching {
  protects: [paper]  status: candidate  effectiveness: 90 %  cost: 3k EUR + 0 EUR per year
}
control old_shield "Old shield" : patching { protects: [portal]  status: retired  effectiveness: 50 % }
"""


def wards(folder: Path, more: str = "", text: str = CLINIC) -> Workspace:
    """The clinic with these controls and some more text."""
    in_place = 'control watch "Detection and response" : watching { '
    priced = text.replace(in_place, in_place + "cost: 0 EUR + 9k EUR per year  ")
    return clinic(folder, priced + CONTROLS + more)
