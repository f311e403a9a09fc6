"""The lists of attributes that Python reads by name are what it reads."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from panacea_policy.compiler import Entity, Workspace, reads
from panacea_policy.compiler.model import Model
from panacea_policy.compliance import assess
from panacea_policy.compliance import reads as compliance_reads
from panacea_policy.model import Registry, vocabulary
from panacea_policy.report import reads as report_reads
from panacea_policy.report.graphs import network
from panacea_policy.report.graphs.processes import processes
from panacea_policy.risk import RiskOptions, assess_risk
from panacea_policy.risk import reads as risk_reads

LISTS: Mapping[str, Mapping[str, str]] = {
    "compiler": {**reads.READS, **reads.reads_of_wholes(vocabulary())},
    "compliance": compliance_reads.READS,
    "report": report_reads.READS,
    "risk": risk_reads.READS,
}
ROOT = Path(__file__).resolve().parents[2]
#: Modules that read whatever a text names: the facts that rules ask for, the sentences of messages.
GENERIC = {"facts", "messages", "questions", "fill", "overlay", "explain", "query"}
#: Modules through which others read.
BETWEEN = {"entities", "model", "reading"}


def declared(registry: Registry, name: str) -> str:
    """The attribute by the kind that declares it."""
    kind, _, attribute = name.partition(".")
    return f"{registry.kind(kind).attributes[attribute].declared_by}.{attribute}"


@pytest.mark.parametrize("floor", sorted(LISTS))
def test_what_is_listed_exists_and_is_named_in_the_text(floor: str) -> None:
    registry = vocabulary()
    general = reads.reads_of_wholes(registry)
    folder = ROOT / "panacea_policy" / floor
    files = [path for path in folder.rglob("*.py") if path.name != "reads.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    for name, purpose in LISTS[floor].items():
        assert declared(registry, name)
        assert purpose
        assert f'"{name.partition(".")[2]}"' in text or name in general, f"{floor} does not read {name}"


def _reader() -> str | None:
    """The floor whose code asks for a value by name; None for code that reads whatever it is told."""
    frame = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        parts = module.split(".")
        if module == __name__:
            frame = frame.f_back  # type: ignore[assignment]
            continue
        if parts[0] != "panacea_policy":
            return None
        if parts[1] not in LISTS or parts[-1] in GENERIC:
            return None
        if parts[-1] not in BETWEEN:
            # A rule's own attributes are all read, as they stand.
            return None if frame.f_code.co_name in ("rule_info", "<dictcomp>") else parts[1]
        frame = frame.f_back  # type: ignore[assignment]
    return None


@pytest.fixture(scope="module")
def read() -> Iterator[dict[str, set[str]]]:
    """What each floor reads, by the kind that declares it, while everything is worked out for a model."""
    found: dict[str, set[str]] = {floor: set() for floor in LISTS}
    patch = pytest.MonkeyPatch()

    def note(entity: Entity, attribute: str) -> None:
        floor = _reader()
        if floor is not None and attribute in entity.kind.attributes:
            found[floor].add(f"{entity.kind.attributes[attribute].declared_by}.{attribute}")

    real_value, real_formula = Model.value, Model.formula

    def value(self: Model, entity: Entity, attribute: str) -> object:
        note(entity, attribute)
        return real_value(self, entity, attribute)

    def formula(self: Model, entity: Entity, attribute: str) -> object:
        note(entity, attribute)
        return real_formula(self, entity, attribute)

    own_value = Entity.value

    def entity_value(self: Entity, attribute: str) -> object:
        note(self, attribute)
        return own_value(self, attribute)

    patch.setattr(Model, "value", value)
    patch.setattr(Model, "formula", formula)
    patch.setattr(Entity, "value", entity_value)
    workspace = Workspace.open(ROOT / "models" / "imaging_archive", as_of=date(2026, 11, 1))
    workspace.diagnostics()
    workspace.findings()
    assess(workspace)
    assess_risk(workspace.attack(), workspace.model, RiskOptions(trials=64))
    network.zones(workspace.model)
    network.flows(workspace.model)
    processes(workspace.model)
    yield found
    patch.undo()


@pytest.mark.parametrize("floor", sorted(LISTS))
def test_what_is_read_is_listed(read: Mapping[str, set[str]], floor: str) -> None:
    registry = vocabulary()
    listed = {declared(registry, name) for name in LISTS[floor]}
    assert read[floor], floor
    assert read[floor] <= listed, floor
