"""Threagile: its stub becomes a sound model, and nothing that was not carried over goes unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest

from panacea_policy.compiler import Workspace
from panacea_policy.formats import yaml_read
from panacea_policy.formats.import_reading import ImportProblem
from panacea_policy.formats.import_writing import Conversion
from panacea_policy.formats.threagile import convert
from tests.shared_data import external

MODEL = """
threagile_version: 1.0.0
title: Small clinic
data_assets:
  Patient <b>records</b>:
    id: records
    confidentiality: strictly-confidential
technical_assets:
  Browser of a nurse:
    id: browser
    type: external-entity
    technology: browser
    internet: true
    used_as_client_by_human: true
    communication_links:
      Web Traffic:
        target: web
        protocol: https
        authentication: two-factor
        data_assets_sent: [records]
  Web Server:
    id: web
    type: process
    technology: web-server
    encryption: none
    data_assets_processed: [records]
    communication_links:
      Queries:
        target: db
        protocol: jdbc
        authentication: session-id
        data_assets_received: [records]
      To nowhere: {target: gone, protocol: http}
  Database:
    id: db
    type: datastore
    technology: database
    encryption: transparent
    availability: critical
    data_assets_stored: [records, ghosts]
trust_boundaries:
  Campus: {id: campus, type: network-on-prem, trust_boundaries_nested: [server-net]}
  Server network: {id: server-net, technical_assets_inside: [web, db]}
shared_runtimes:
  Cluster: {id: cluster, technical_assets_running: [web, db]}
questions: {Who pays?: ""}
"""


def read(folder: Path, text: str) -> Conversion:
    path = folder / "threagile.yaml"
    path.write_text(text, encoding="utf-8")
    return convert(path)


def opened(folder: Path, conversion: Conversion) -> Workspace:
    folder.mkdir()
    for name, text in conversion.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    workspace = Workspace.open(folder)
    assert workspace.ok, workspace.diagnostics()
    return workspace


def test_a_clinic(tmp_path: Path) -> None:
    conversion = read(tmp_path, MODEL)
    model = opened(tmp_path / "m", conversion).model

    def value(name: str, attribute: str) -> object:
        entity = model.get(name)
        assert entity is not None, name
        return entity.value(attribute)

    assert value("browser_of_a_nurse", "zone") == "internet"
    assert value("server_network", "parent") == "campus"
    assert value("database", "stores") == ("patient_b_records_b",)
    assert value("database", "encrypted_at_rest") is True
    assert value("web_server", "encrypted_at_rest") is False
    assert value("web_server", "runs_on") == "cluster"
    assert value("database", "availability") == "high"
    assert value("web_traffic", "encrypted") is True
    assert value("web_traffic", "source_authenticated") is True
    assert value("queries", "encrypted") is False
    assert value("queries", "protocol") == "std.sql"
    assert value("queries", "carries") == ("patient_b_records_b",)
    assert value("patient_b_records_b", "sensitivity") == "secret"


def test_what_is_lost_or_wrong_is_said(tmp_path: Path) -> None:
    conversion = read(tmp_path, MODEL)
    told = "\n".join(map(str, conversion.diagnostics))
    assert "ghosts" in told
    assert "leads to an asset that is not there" in told
    notes = "\n".join(conversion.notes)
    assert "Questions are not carried over (1)." in notes
    assert "session-id" in notes
    assert notes.splitlines()[0] in conversion.files["NOTES.md"]


def test_the_stub_of_threagile(tmp_path: Path) -> None:
    conversion = convert(external("threagile") / "stub.yaml")
    assert not conversion.diagnostics
    workspace = opened(tmp_path / "m", conversion)
    own = [e for e in workspace.model.entities() if e.package is workspace.package]
    kinds = [e.kind.name for e in own]
    assert [kinds.count(k) for k in ("zone", "system", "flow", "data_class", "risk_entry")] == [2, 3, 1, 1, 1]
    assert workspace.findings()


BOMB = "a: &a [x, x]\n" + "".join(
    f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "technical_assets: 3",
        "a: [",
        "x: !!python/object/apply:os.system ['true']",
        "technical_assets: " + "[" * 200 + "]" * 200,
        "\x00",
        "a: &a [*a]",
    ],
)
def test_what_is_no_threagile_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ImportProblem):
        read(tmp_path, text)


def test_aliases_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_read, "MOST_ALIASES", 10)
    with pytest.raises(ImportProblem) as caught:
        read(tmp_path, BOMB + "technical_assets: {}")
    assert "more entries than are read" in caught.value.lines()[0]
