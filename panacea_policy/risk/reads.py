"""Attributes that risk reads by name: ``KIND.ATTRIBUTE`` and what for. What attack steps read is not listed.

INVARIANT: tests/project/test_reads.py holds this list against what is read.
"""

from __future__ import annotations

from collections.abc import Mapping

READS: Mapping[str, str] = {
    "asset.depends_on": "single points of failure: what is lost with what",
    "asset.redundant_with": "single points of failure: stand-ins",
    "control.burden": "choice of controls: what it asks of staff, shown",
    "control.care_time": "choice of controls: time taken from patients, shown and limited",
    "control.cost": "ranking of controls: what it costs",
    "control.effectiveness": "choice of controls: what is left of a step's chance",
    "control.excludes": "choice of controls: what it cannot be combined with",
    "control.lifetime": "choice of controls: when it is bought again",
    "control.needs": "choice of controls: what must be bought before",
    "control.replaces": "choice of controls: what may be given up with it",
    "control.side_effects": "choice of controls: shown",
    "control.slows": "by which share it lengthens the effort of what it hinders",
    "control.slows_processes": "choice of controls: shown",
    "control.status": "whether it works today, or is only planned or a candidate",
    "cost.once": "ranking of controls: what it costs once",
    "cost.yearly": "ranking of controls: what it costs each year",
    "data_class.breach_loss": "loss of each breach",
    "data_class.loss_per_record": "loss of a breach, per record",
    "data_class.records": "loss of a breach: how many records",
    "organisation.currency": "what losses are counted in",
    "process.degraded_capacity": "loss of an outage: what is left while it lasts",
    "process.fallback_lasts": "loss of an outage: how long the fallback carries",
    "process.harm": "patients harmed: chance per case that cannot be treated",
    "process.harmed_per_outage": "patients harmed by each outage",
    "process.mtpd": "when an outage stops being tolerable",
    "process.needs": "single points of failure: what a process stands still without",
    "process.outage_loss": "loss of an outage, per time",
    "process.outage_response": "loss of each outage, whatever it lasts",
    "process.volume": "patients harmed: cases per year",
    "step.discovers": "whether an actor is spared it who knows the network beforehand",
    "step.skill": "which threat actors can take it",
    "system.runs_on": "single points of failure: what is lost with its host",
    "threat_actor.attempts": "how often an attack begins, per year; a law makes every year's rate differ",
    "threat_actor.knowledge": "share of the steps of discovery that it is spared",
    "threat_actor.motive": "whether it means harm, or is an accident",
    "threat_actor.patience": "how long one attempt lasts",
    "threat_actor.skill": "which steps it can take",
    "threat_actor.stays_hidden": "time to the goal: how long it waits before it strikes",
    "threat_actor.tries": "how often it tries a step that fails, unless all share one draw",
    "threat_actor.type": "whether it means harm, or is an accident",
}
