"""Attributes that risk reads by name: ``KIND.ATTRIBUTE`` and what for. What attack steps read is not listed.

INVARIANT: tests/project/test_reads.py holds this list against what is read.
"""

from __future__ import annotations

from collections.abc import Mapping

READS: Mapping[str, str] = {
    "control.cost": "ranking of controls: what it costs",
    "control.status": "whether it works today, or is only planned or a candidate",
    "control.slows": "by which share it lengthens the effort of what it hinders",
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
    "process.outage_loss": "loss of an outage, per time",
    "process.outage_response": "loss of each outage, whatever it lasts",
    "process.volume": "patients harmed: cases per year",
    "step.skill": "which threat actors can take it",
    "step.discovers": "whether an actor is spared it who knows the network beforehand",
    "threat_actor.attempts": "how often an attack begins, per year; a law makes every year's rate differ",
    "threat_actor.knowledge": "share of the steps of discovery that it is spared",
    "threat_actor.motive": "whether it means harm, or is an accident",
    "threat_actor.patience": "how long one attempt lasts",
    "threat_actor.skill": "which steps it can take",
    "threat_actor.stays_hidden": "time to the goal: how long it waits before it strikes",
    "threat_actor.tries": "how often it tries a step that fails, unless all share one draw",
    "threat_actor.type": "whether it means harm, or is an accident",
}
