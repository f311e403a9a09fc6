"""The forms of loss of FAIR (Open Group C20B): four that come with the event, four that others add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Form(NamedTuple):
    """A form of loss as people read it, and whether it is primary."""

    title: str
    primary: bool


#: Primary losses come with the event. Secondary ones are reactions of others and have a frequency of their
#: own. FAIR counts a ransom among response and claims among fines and judgements; both are told apart here,
#: because insurance treats them differently.
FORMS: Mapping[str, Form] = {
    "productivity": Form("Care that stands still", True),
    "response": Form("Response", True),
    "replacement": Form("Replacement and recovery", True),
    "ransom": Form("Ransom", True),
    "fines": Form("Fines and judgements", False),
    "claims": Form("Claims of patients", False),
    "reputation": Form("Reputation", False),
    "competitive_advantage": Form("Volume lost afterwards", False),
}

#: What an insurance covers, by the form of loss: a fine is not insurable in most of the EU.
COVERED: Mapping[str, str] = {
    "productivity": "outage",
    "competitive_advantage": "outage",
    "replacement": "recovery",
    "ransom": "extortion",
    "claims": "liability",
}
