# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Behaviour, training and nudges."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    Date,
    Duration,
    Flag,
    Fraction,
    FractionSpread,
    KindInfo,
    Level,
    Number,
    Ref,
    Structure,
    Text,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.kinds.core import Cost, Effect, Element, Window


class Behaviour(Element):
    """Something that people do or leave undone and that matters for security."""

    KIND = KindInfo("behaviour", clauses={"in": "theme"})

    theme: Literal["accounts", "mail", "media", "remote_work", "protection", "devices", "physical", "sharing", "reporting"] = unset("Its theme.")
    harmful: Flag = unset("Whether doing it is the harm (otherwise leaving it undone is).")
    prevalence: FractionSpread = unset("Share of people who show it, where nothing else is known.")
    importance: Level = unset("How much it matters, 1 to 4.")
    achievability: Level = unset("How easily people can do it right at work, 1 to 4.")
    exposes: list[Ref] = complete("Ways to prove identity that it gives away.", to="authenticator")
    discloses: list[Ref] = complete("Classes of data that it gives away.", to="data_class")
    barriers: list[Literal["capability_physical", "capability_psychological", "opportunity_physical", "opportunity_social", "motivation_reflective", "motivation_automatic"]] = unset("What keeps people from doing it right (COM-B).")
    facilitators: list[Literal["lack_of_awareness", "shadow_work", "other_priorities", "unsuitable_environment", "hinders_care", "no_reinforcement"]] = unset("Why it happens here.")
    misbeliefs: list[Ref] = complete("Misbeliefs behind it.", to="misbelief")
    catalogue: Text = unset("Its number in a public catalogue of security behaviours.")
    techniques: list[Text] = unset("Techniques of ATT&CK that it helps.")
    workflow_causes: Flag = unset("Whether the way of working forces people to it.")
    replaced_by: Text = unset("What to do instead.")


class Misbelief(Element):
    """Something untrue that people believe."""

    KIND = KindInfo("misbelief")

    statement: Text = unset("What they say.")
    answer: Text = unset("What is true.")


class Observation(Element):
    """How often a behaviour was seen: counted, asked or measured."""

    KIND = KindInfo("observation", clauses={"of": "behaviour", "on": "observed_on", "at": "places"})

    behaviour: Ref = unset("What was looked for.", to="behaviour")
    audience: Ref = unset("At whom was looked.", to="role audience department")
    places: list[Ref] = unset("Where.", to="room site")
    observed_on: Date = unset("When.")
    count: Whole = unset("How often it was seen.")
    total: Whole = unset("Out of how many.")
    method: Literal["log", "walkthrough", "simulation", "survey", "interview", "incident"] = unset("How.")
    kirkpatrick: Level = unset("What it measures: 1 reaction, 2 learning, 3 behaviour, 4 result.")


class Audience(Element):
    """People who are addressed together."""

    KIND = KindInfo("audience", clauses={"of": "roles", "in": "departments"})

    roles: list[Ref] = unset("Who they are.", to="role")
    departments: list[Ref] = unset("Where they work.", to="department")
    headcount: Whole = unset("How many they are.")
    language: Text = unset("Language, such as en or it.")
    slots: list[Window] = unset("When they have time.")
    slot_length: Duration = unset("Longest time they can be taken from work.")
    channels: list[Literal["mail", "intranet", "poster", "meeting", "screen", "lms", "phone", "video"]] = unset("How they are reached.")
    smallest_report: Whole = unset("Smallest group about which results may be shown.")
    anonymous: Flag = unset("Whether results never name a person.")
    agreed_by: Ref = unset("Works council or other body that agreed.", to="body")
    supervisor: Ref = unset("Who supports it on the ward.", to="role person")


class TrainingModule(Element):
    """A piece of teaching."""

    KIND = KindInfo("training_module", clauses={"for": "audiences"}, nested={"question": "questions", "lesson": "lessons"})

    audiences: list[Ref] = unset("For whom it is made.", to="audience role")
    behaviours: list[Ref] = unset("Behaviours that it should change.", to="behaviour")
    misbeliefs: list[Ref] = complete("Misbeliefs that it answers.", to="misbelief")
    objectives: list[Text] = unset("What people can do afterwards.")
    topics: list[Text] = unset("What it is about.")
    length: Duration = unset("How long it takes.")
    format: Literal["video", "interactive", "reading", "classroom", "simulation", "quiz", "comic", "exercise"] = unset("What it is.")
    language: Text = unset("Language, such as en or it.")
    lessons: list[Ref] = complete("Its lessons.", to="lesson")
    questions: list[Ref] = complete("Its questions.", to="question")
    pass_mark: Fraction = unset("Share of right answers that passes.")
    repeat_every: Duration = unset("When it should be taken again.")
    effect: Effect = unset("By how much it lowers the behaviours, and how that is known.")
    evaluated_at: Level = unset("Level at which it is evaluated: 1 reaction, 2 learning, 3 behaviour, 4 result.")
    prerequisites: list[Ref] = complete("What should be taken first.", to="training_module")
    mandatory: Flag = unset("Whether it must be taken.")
    competences: list[Text] = unset("Statements of NICE or ECSF that it teaches.")
    required_by: list[Ref] = unset("Clauses that it carries out.", to="requirement")
    cost: Cost = unset("What it costs.")
    licence: Text = unset("Licence of its material.")


class Lesson(Element):
    """A page or scene of a module."""

    KIND = KindInfo("lesson", owner="module", clauses={"of": "module"})

    module: Ref = unset("The module it belongs to.", to="training_module")
    position: Whole = unset("Its place in the module.")
    text: Text = unset("What it says.")
    message: Text = unset("The one sentence to remember.")
    behaviours: list[Ref] = complete("Behaviours that it is about.", to="behaviour")
    length: Duration = unset("How long it takes.")


class Question(Element):
    """A question of a quiz."""

    KIND = KindInfo("question", owner="module", clauses={"of": "module"}, nested={"answer": "answers"})

    module: Ref = unset("The module it belongs to.", to="training_module")
    position: Whole = unset("Its place in the quiz.")
    text: Text = unset("What is asked.")
    type: Literal["single", "multiple", "true_false", "matching", "short", "number"] = unset("How it is answered.")
    answers: list[Ref] = complete("Its answers.", to="answer")
    feedback: Text = unset("What is said after any answer.")
    behaviours: list[Ref] = complete("Behaviours that it tests.", to="behaviour")


class Answer(Element):
    """One answer of a question."""

    KIND = KindInfo("answer", owner="question", clauses={"of": "question"})

    question: Ref = unset("The question it belongs to.", to="question")
    position: Whole = unset("Its place among the answers.")
    text: Text = unset("What it says.")
    right: Flag = unset("Whether it is right.")
    weight: Fraction = unset("Share of the mark that it earns.")
    feedback: Text = unset("What is said after it.")
    matches: Text = unset("What belongs to it, in a matching question.")


class TrainingRecord(Element):
    """That somebody took a training."""

    KIND = KindInfo("training_record", owner="person", clauses={"of": "person", "on": "completed_on", "for": "module"})

    person: Ref = unset("Who took it.", to="person role audience")
    module: Ref = unset("What was taken.", to="training_module")
    completed_on: Date = unset("When it was completed.")
    passed: Flag = unset("Whether it was passed.")
    score: Fraction = unset("Share of right answers.")
    headcount: Whole = unset("How many of a group took it.")
    source: Literal["lms", "xapi", "sign_in_sheet", "certificate", "statement"] = unset("How it is known.")


class Campaign(Element):
    """A series of simulated attacks, or of messages, with its results."""

    KIND = KindInfo("campaign", clauses={"for": "audience", "on": "started_on"})

    audience: Ref = unset("To whom it goes.", to="audience role department")
    type: Literal["phishing", "usb_drop", "telephone", "walkthrough", "message"] = unset("What it is.")
    difficulty: Literal["least", "moderate", "very"] = unset("How hard the lure is to see through (NIST Phish Scale).")
    cues: Whole = unset("Number of cues that give the lure away.")
    fits_work: Level = unset("How well the lure fits the daily work, 0 to 4.")
    started_on: Date = unset("First day.")
    ended_on: Date = unset("Last day.")
    sent: Whole = unset("How many were sent.")
    clicked: Whole = unset("How many people fell for it, machines left out.")
    machine_clicks: Whole = unset("Clicks of scanners, left out.")
    reported: Whole = unset("How many people reported it.")
    first_report: Duration = unset("Time until the first report.")
    repeated: Whole = unset("How many of those who fell for it did so before.")
    limit: Fraction = unset("Share of people who fall for it above which somebody must act.")
    follows: Ref = unset("The earlier campaign it is compared with.", to="campaign")
    modules: list[Ref] = complete("What people who fell for it are shown.", to="training_module")


class Apease(Structure):
    """Whether a measure is acceptable, judged by the six APEASE criteria."""

    KIND = KindInfo("apease", structure=True)

    acceptable: Flag = unset("Whether those concerned accept it.")
    practicable: Flag = unset("Whether it can be done at the place of work.")
    effective: Flag = unset("Whether it can be expected to work.")
    affordable: Flag = unset("Whether it can be paid.")
    safe: Flag = unset("Whether it has no bad side effects on care.")
    fair: Flag = unset("Whether it treats people alike.")


class Nudge(Element):
    """A change of surroundings, defaults or messages that makes the right behaviour easier."""

    KIND = KindInfo("nudge", clauses={"for": "audiences", "at": "places", "on": "systems"}, nested={"trial": "trials", "setting": "settings"})

    behaviours: list[Ref] = unset("Behaviours that it should change.", to="behaviour")
    audiences: list[Ref] = unset("Whose behaviour.", to="audience role")
    places: list[Ref] = unset("Where it is put.", to="room site")
    systems: list[Ref] = unset("On which systems.", to="asset")
    type: Literal["default", "friction", "removal_of_friction", "reminder", "feedback", "social_norm", "salience", "commitment", "incentive", "information", "environment", "warning"] = unset("How it works.")
    structural: Flag = unset("Whether it changes settings or surroundings rather than speaks.")
    settings: list[Ref] = complete("Settings that make it.", to="setting")
    message: Text = unset("What it says, if it speaks.")
    function: Literal["education", "persuasion", "incentivisation", "coercion", "training", "restriction", "environmental_restructuring", "modelling", "enablement"] = unset("Intervention function (Behaviour Change Wheel).")
    removes: list[Literal["capability_physical", "capability_psychological", "opportunity_physical", "opportunity_social", "motivation_reflective", "motivation_automatic"]] = unset("Barriers that it removes (COM-B).")
    technique: Text = unset("Its identifier in the Behaviour Change Intervention Ontology.")
    mindspace: list[Literal["messenger", "incentives", "norms", "defaults", "salience", "priming", "affect", "commitments", "ego"]] = unset("Its MINDSPACE categories.")
    east: list[Literal["easy", "attractive", "social", "timely"]] = unset("Its EAST categories.")
    delivery: Literal["screen", "mail", "poster", "object", "login", "meeting", "badge", "configuration", "colleague"] = unset("How it reaches people.")
    effect: Effect = unset("By how much it lowers the behaviours, and how that is known.")
    wears_out: Duration = unset("Time after which people no longer notice it.")
    judged: Apease = unset("Whether it is acceptable.")
    care_time: Duration = unset("Time it costs each person per day (negative effects on care).")
    saves_time: Duration = unset("Time it saves each person per day.")
    status: Literal["in_place", "planned", "candidate", "retired"] = unset("Whether it is there already; `planned by 2027-03-31` gives the day too.", dated="planned_for")
    planned_for: Date = unset("When it will be there.")
    cost: Cost = unset("What it costs: once, and each year.")
    developed_with: list[Ref] = unset("Who took part in making it.", to="role person department")
    needs: list[Ref] = complete("What must be in place for it to work.", to="control nudge policy")
    trials: list[Ref] = complete("Trials of it.", to="trial")


class Trial(Element):
    """An experiment that measures an effect."""

    KIND = KindInfo("trial", owner="nudge", clauses={"of": "nudge"})

    nudge: Ref = unset("What is tried.", to="nudge training_module control")
    design: Literal["ab", "stepped_wedge", "before_after", "crossover", "observational"] = unset("How it is set up.")
    unit: Literal["person", "ward", "shift", "site", "machine"] = unset("What is drawn by lot.")
    outcome: Ref = unset("What is measured.", to="kpi behaviour")
    clusters: Whole = unset("Number of units.")
    people: Whole = unset("Number of people.")
    detectable: Fraction = unset("Smallest relative effect it should be able to see.")
    power: Fraction = unset("Probability of seeing that effect.")
    significance: Fraction = unset("Probability of seeing an effect that is not there.")
    correlation: Fraction = unset("How alike members of one unit are (intra-cluster correlation).")
    starts: Date = unset("First day.")
    ends: Date = unset("Last day.")
    treated: Whole = unset("People with the measure.")
    treated_cases: Whole = unset("How many of them showed the behaviour.")
    untreated: Whole = unset("People without the measure.")
    untreated_cases: Whole = unset("How many of them showed the behaviour.")
    odds_ratio: Number = unset("Odds ratio that was found.")
    ethics_approval: Date = unset("When the ethics committee agreed.")
    agreed_by: Ref = unset("Works council or other body that agreed.", to="body")


KINDS = (
    Behaviour, Misbelief, Observation, Audience, TrainingModule, Lesson, Question, Answer, TrainingRecord, Campaign,
    Apease, Nudge, Trial,
)
