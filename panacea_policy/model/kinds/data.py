# One line per attribute, however long.
# ruff: noqa: E501
# fmt: off
"""Data: classes, sets, stores, flows, and why they are used."""

from __future__ import annotations

from typing import Literal

from panacea_policy.model.fields import (
    CountSpread,
    DataRate,
    Date,
    Duration,
    Flag,
    KindInfo,
    MoneyPerItemSpread,
    MoneySpread,
    Ref,
    Text,
    Whole,
    complete,
    unset,
)
from panacea_policy.model.kinds.architecture import Asset
from panacea_policy.model.kinds.core import Element


class DataClass(Element):
    """A class of data that is treated alike."""

    KIND = KindInfo("data_class", nested={"data_field": "fields"})

    personal: Flag = unset("Whether it says something about an identifiable person.")
    special_category: Flag = unset("Whether it is health, genetic or other specially protected data (GDPR 9).")
    sensitivity: Literal["public", "internal", "sensitive", "secret"] = unset("How much its disclosure matters.")
    label: Literal["N", "R", "V"] = unset("Confidentiality label: normal, restricted, very restricted.")
    priority_category: Flag = unset("Whether it is a priority category of the EHDS.")
    priority_kind: Literal["patient_summary", "prescription", "dispensation", "imaging", "test_result", "discharge_report", "other"] = unset("Which priority category of the EHDS it is (Article 14).")
    exchange_format: Ref = unset("The format in which it is exchanged.", to="protocol")
    pseudonymised: Flag = complete("Whether persons in it carry pseudonyms.")
    anonymous: Flag = unset("Whether nobody in it can be identified again.")
    authentication_data: Flag = unset("Whether it is passwords, keys or tokens.")
    records: CountSpread = unset("Number of persons it is about.")
    breach_loss: MoneySpread = unset("Loss when it is disclosed, whatever the number of records.")
    loss_per_record: MoneyPerItemSpread = unset("Loss per disclosed record.")
    corruption_loss: MoneySpread = unset("Loss when it is silently changed.")
    storage_period: Duration = unset("How long it may be kept.")
    protection: Ref = unset("Least protection that our policy demands for it.", to="security_profile")
    fields: list[Ref] = complete("Fields that matter one by one.", to="data_field")
    free_text: Flag = unset("Whether it holds free text or pictures in which names can hide.")


class DataField(Element):
    """One field of a class of data."""

    KIND = KindInfo("data_field", owner="data_class", clauses={"of": "data_class"})

    data_class: Ref = unset("The class it belongs to.", to="data_class")
    identifying: Flag = unset("Whether it identifies a person by itself.")
    quasi_identifying: Flag = unset("Whether it identifies a person together with others.")


class Dataset(Element):
    """A definite collection of data, with somebody who decides about it."""

    KIND = KindInfo("dataset", clauses={"in": "kept_in", "of": "controllers"})

    controllers: list[Ref] = unset("Who decides why and how it is used.", to="organisation")
    classes: list[Ref] = unset("Classes of data in it.", to="data_class")
    fields: list[Ref] = complete("Fields in it, where that matters.", to="data_field")
    kept_in: list[Ref] = unset("Where it is kept.", to="asset")
    records: CountSpread = unset("Number of persons it is about.")
    storage_period: Duration = unset("How long it may be kept.")
    collected_for: list[Ref] = unset("Purposes for which it was collected.", to="purpose")
    pseudonym_domain: Ref = unset("The pseudonyms it uses.", to="pseudonym_domain")
    opt_out_applied: Flag = unset("Whether persons who opted out were removed.")
    smallest_group: Whole = unset("Smallest number of persons who look alike in it (k of k-anonymity).")
    catalogue: Text = unset("Its entry in the catalogue of datasets.")


class Purpose(Element):
    """A reason for using data."""

    KIND = KindInfo("purpose", clauses={"in": "parent"})

    parent: Ref = unset("The wider purpose that includes it.", to="purpose")
    code: Text = unset("Code of the HL7 vocabulary v3-ActReason, such as TREAT.")
    fields: list[Ref] = unset("Fields that it needs.", to="data_field")
    classes: list[Ref] = unset("Classes of data that it needs.", to="data_class")
    secondary: Flag = unset("Whether it is secondary use (research, statistics, policy).")
    emergency: Flag = unset("Whether only an emergency allows it.")
    compatible_with: list[Ref] = complete("Other purposes that data collected for this one may serve.", to="purpose")
    use_conditions: list[Text] = unset("Codes of the Data Use Ontology, such as GRU or NPUNCU.")


class DataStore(Asset):
    """A database, archive or share that belongs to a system."""

    KIND = KindInfo("data_store", owner="system", clauses={"of": "system"})

    system: Ref = unset("The system it belongs to.", to="system")
    datasets: list[Ref] = unset("Datasets in it.", to="dataset")
    opened_by: list[Ref] = unset("Roles whose members can open it by design.", to="role")


class Flow(Element):
    """Data that moves from one asset to another."""

    KIND = KindInfo("flow", arrow=("source", "target"), auto_name="{source}_to_{target}", clauses={"over": "protocol", "via": "passes", "under": "agreement", "for": "purposes"})

    source: Ref = unset("Where it starts.", to="asset")
    target: Ref = unset("Where it ends.", to="asset")
    both_ways: Flag = unset("Whether data also comes back; the arrow <-> sets it.")
    protocol: Ref = unset("What it speaks.", to="protocol")
    endpoint: Ref = complete("The end point it calls, where it is named.", to="endpoint")
    carries: list[Ref] = unset("Classes of data in it.", to="data_class")
    fields: list[Ref] = complete("Fields in it, where that matters.", to="data_field")
    datasets: list[Ref] = unset("Datasets that it takes from.", to="dataset")
    passes: list[Ref] = complete("Systems that it passes through.", to="system")
    conduits: list[Ref] = complete("Conduits that it goes through, where they are named.", to="conduit")
    security: Ref = unset("How it is protected.", to="security_profile")
    encrypted: Flag = unset("Whether nobody on the way can read it.")
    integrity: Flag = unset("Whether change on the way is noticed.")
    end_to_end: Flag = unset("Whether systems that it passes through cannot read it either.")
    source_authenticated: Flag = unset("Whether the starting side proves itself.")
    target_authenticated: Flag = unset("Whether the ending side proves itself.")
    pseudonymised: Flag = complete("Whether persons in it carry pseudonyms.")
    encryption_alternative: Text = unset("What is done instead of encryption, and why, where that is allowed.")
    need: Text = unset("Why it is there.")
    purposes: list[Ref] = unset("What it is for.", to="purpose")
    agreement: Ref = unset("The agreement it happens under.", to="agreement")
    permit: Ref = complete("The data permit it happens under.", to="permit")
    transfer: Ref = complete("What allows it to leave for a third country.", to="transfer")
    processing: Ref = unset("The record of processing it belongs to.", to="processing")
    onward: Flag = complete("Whether it passes on what was received from somebody else.")
    cross_border: Flag = unset("Whether it leaves the country.")
    continuous: Flag = unset("Whether it runs all the time.")
    every: Duration = unset("Time between two transmissions.")
    volume: DataRate = unset("How much it moves.")
    tolerates_outage: Duration = unset("How long its receivers can do without it.")
    fails: Literal["open", "closed", "safe"] = unset("What happens when its protection fails; safe keeps care going.")
    safety: Literal["life_supporting", "therapeutic", "diagnostic", "monitoring", "administrative"] = unset("What harm its failure can do to patients.")
    works_offline: Flag = unset("Whether it is stored and sent later when the network is down.")
    observed_on: Date = unset("When it was last seen on the network.")
    human: Flag = complete("Whether a person carries or sends it by hand.")


KINDS = (DataClass, DataField, Dataset, Purpose, DataStore, Flow)
