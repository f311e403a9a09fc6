# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""What the file of a device or system rests on: hazards, scales of risk, questions of its disclosure statement."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import Fraction, KindInfo, Ref, Text, Whole, complete, unset
from panacea_policy.model.kinds.core import Element


class ExploitationLevel(Element):
    """A word for how probable exploitation is: one column of the matrix of acceptable risk."""

    KIND = KindInfo("exploitation_level")

    rank: Whole = unset("Its place on the scale; 1 is the least probable.")
    from_chance: Fraction = unset("Least chance per year that it stands for.")
    meaning: Text = unset("What it means, in a sentence.")
    assumed_for: list[Literal["human", "access", "network", "physical", "business"]] = complete("Layers of threats that it is assumed for where nothing is simulated.")


class HarmLevel(Element):
    """A word for how severe a harm is (ISO 14971): one row of the matrix of acceptable risk."""

    KIND = KindInfo("harm_level")

    rank: Whole = unset("Its place on the scale; 1 is the least severe.")
    meaning: Text = unset("What it means, in a sentence.")
    acceptable_up_to: Ref = unset("The most probable exploitation at which such a harm is acceptable; none if it never is.", to="exploitation_level")
    tolerable_up_to: Ref = unset("The most probable exploitation at which it can be borne once it is reduced as far as possible; none if it never can.", to="exploitation_level")


class Hazard(Element):
    """A source of harm to patients or others that an attack can bring about (ISO 14971, AAMI TIR57)."""

    KIND = KindInfo("hazard", clauses={"of": "subjects"})

    subjects: list[Ref] = complete("Systems and devices that it is a hazard of; all, if nothing is named.", to="asset")
    categories: list[Literal["spoofing", "tampering", "repudiation", "disclosure", "denial", "elevation", "linking", "identifying", "non_repudiation", "detecting", "data_disclosure", "unawareness", "non_compliance", "governance", "continuity", "hygiene", "safety", "people", "sharing", "identity"]] = unset("Categories of threats that lead to it.")
    safety: list[Literal["life_supporting", "therapeutic", "diagnostic", "monitoring", "administrative"]] = complete("What failure of the system must be able to do; anything, if nothing is named.")
    health_data: Literal["needed", "absent", "any"] = unset("Whether it is a hazard only of what keeps or carries health data, or only of what does not; `any` if unset.")
    events: list[Text] = complete("Relations of the attack graph whose facts about the system bring it about, with words that must be in the fact, such as \"controls\" or \"controls root\".")
    situation: Text = unset("The hazardous situation: how people come to be exposed to it.")
    harm: Text = unset("The harm that may follow.")
    severity: Ref = unset("How severe that harm is at its worst.", to="harm_level")
    foreseeable_misuse: Text = unset("What people may do that makes it more likely.")


class DisclosureSection(Element):
    """A section of a manufacturer's disclosure statement (MDS2, ANSI/NEMA HN 1-2019), by its code."""

    KIND = KindInfo("disclosure_section")

    code: Text = unset("Its code, such as ALOF.")
    rank: Whole = unset("Its place in the statement.")


class DisclosureQuestion(Element):
    """A question of a manufacturer's disclosure statement, in our own words, and which attribute answers it."""

    KIND = KindInfo("disclosure_question", clauses={"in": "section"})

    section: Ref = unset("The section that it belongs to.", to="disclosure_section")
    rank: Whole = unset("Its place in the section.")
    text: Text = unset("The question.")
    attribute: Text = complete("The attribute that answers it, such as \"automatic_logoff\" or \"logging.events\".")
    otherwise: list[Text] = complete("Attributes that answer it where that one is not stated.")
    contains: Text = complete("What must be in the list for a yes, where the attribute is a list.")
    contradicted_by: list[Text] = complete("Rules that apply to it only where the answer is yes.")


KINDS = (ExploitationLevel, HarmLevel, Hazard, DisclosureSection, DisclosureQuestion)
