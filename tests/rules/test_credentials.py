"""The strength of a credential counts where it is used: more never raises risk, a second factor lowers it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panacea_policy.risk import GoalRisk, RiskOptions, assess_risk
from tests.compiler.workspaces import good_model

OPTIONS = RiskOptions(trials=2048, years=500, ranked=False)

MODEL = """
use std.healthcare, packs.attack
organisation clinic {{ currency: EUR }}
zone internet {{ type: internet }}
zone office {{ type: office }}
conduit internet -> office {{ allow: [https] }}
authenticator ours {{ {ours} }}
system record in office {{
  authentication: {login}  interactive: true  endpoint web {{ protocol: https }}  stores: [health_record]
}}
system post : mail_server in office {{ authentication: fido2 }}
role staff {{ uses: [record, post]  clicks: 20 %  clinical: false  places: []  department: none }}
credential key of staff for record {{ authenticator: ours  {robustness}  privilege: root  revoked_on: none }}
process care {{ needs: record }}
threat_actor gang {{
  type: criminal_group  motive: financial  internal: false  skill: professional  attempts: 2 per year
  effects: [disclosure, extortion]
}}
"""
#: What `key` is made of; with nothing that weakens it, only the login counts.
FIRM = "guessed: 0 %  phished: 0 %  stolen: 0 %"
SINGLE = "factors: 1  physical: false  phishing_resistant: false  hardware: false  transferable: true"


def risk(folder: Path, *, ours: str, login: str = "ours", robustness: str = "") -> dict[str, GoalRisk]:
    text = MODEL.format(ours=ours, login=login, robustness=robustness)
    workspace = good_model(folder, text)
    result = assess_risk(workspace.attack(), workspace.model, OPTIONS)
    # A class of data is a goal twice: disclosed, and changed unnoticed, which has little to do with logins.
    return {each.name: each for each in result.goals if each.kind != "corruption"}


def rates(found: dict[str, GoalRisk]) -> dict[str, float]:
    return {name: each.events_per_year.value for name, each in found.items()}


shares = st.integers(0, 100)


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(weak=st.tuples(shares, shares, shares, shares), cut=st.tuples(shares, shares, shares, shares))
def test_a_stronger_credential_never_raises_risk(
    tmp_path: Path, weak: tuple[int, ...], cut: tuple[int, ...]
) -> None:
    """Every figure of weakness is cut by some share; trials are the same, so no rate may rise."""
    strong = [each * (100 - part) / 100 for each, part in zip(weak, cut, strict=True)]

    def of(name: str, guessed: float, phished: float, stolen: float, frail: float) -> dict[str, float]:
        ours = f"{SINGLE}  guessed: {guessed} %  phished: {phished} %  stolen: {stolen} %"
        return rates(risk(tmp_path / name, ours=ours, robustness=f"robustness: {100 - frail} %"))

    before, after = of("weak", *weak), of("strong", *strong)
    assert before.keys() == after.keys()
    assert not {name for name in before if after[name] > before[name] + 1e-12}


def test_robustness_matters(tmp_path: Path) -> None:
    ours = f"{SINGLE}  guessed: 0 %  phished: 0 %  stolen: 0 %"
    frail = rates(risk(tmp_path / "frail", ours=ours, robustness="robustness: 0 %"))
    firm = rates(risk(tmp_path / "firm", ours=ours, robustness="robustness: 100 %"))
    assert frail["care"] > firm["care"]


@pytest.mark.slow
def test_each_kind_of_login_in_the_library_is_as_strong_as_its_level_says(tmp_path: Path) -> None:
    """From a shared password to a key that resists false sites, records are read less and less."""
    kinds = ("shared_password", "password", "mfa", "fido2")
    found = [risk(tmp_path / kind, ours=f"{SINGLE}  {FIRM}", login=kind) for kind in kinds]
    read = [each["std.health_record"].events_per_year for each in found]
    for weaker, stronger in pairwise(read):
        assert stronger.value <= weaker.value + 2 * (weaker.standard_error + stronger.standard_error)
    password, mfa, passkey = read[1:]
    assert mfa.value < 0.9 * password.value
    assert passkey.value < 0.9 * password.value


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fido2", "mfa"])
def test_a_second_factor_counts_on_the_login_alone(tmp_path: Path, kind: str) -> None:
    """It opens this system less often; what does not go by the login is as it was."""
    one = rates(risk(tmp_path / "one", ours=SINGLE, login="password"))
    two = rates(risk(tmp_path / "two", ours=SINGLE, login=kind))
    assert two["std.health_record"] < one["std.health_record"]
