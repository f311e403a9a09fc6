"""Open Threat Model: ours come back as they were, those of other tools become a sound model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Workspace
from panacea_policy.formats.import_reading import ImportProblem
from panacea_policy.formats.import_writing import Conversion
from panacea_policy.formats.otm_read import convert
from panacea_policy.formats.otm_write import document, to_otm
from tests.shared_data import external

MODELS = Path(__file__).parent.parent.parent / "models"
FOREIGN: dict[str, Any] = {
    "otmVersion": "0.2.0",
    "project": {"name": "Clinic", "id": "clinic"},
    "representations": [{"name": "D", "id": "d", "type": "diagram"}],
    "trustZones": [
        {"id": "z1", "name": "Internet", "risk": {"trustRating": 0}},
        {"id": "z2", "name": "Private Secured", "risk": {"trustRating": 100}},
        {"id": "z3", "name": "Inner", "risk": {"trustRating": 80}, "parent": {"trustZone": "z2"}},
    ],
    "components": [
        {"id": "c1", "name": "Web client", "type": "web-client", "parent": {"trustZone": "z1"}},
        {
            "id": "c2",
            "name": "in",
            "type": "web-service",
            "parent": {"trustZone": "z3"},
            "assets": {"stored": ["a1"], "processed": None},
            "threats": [
                {
                    "threat": "t1",
                    "state": "exposed",
                    "mitigations": [{"mitigation": "m1", "state": "implemented"}],
                }
            ],
            "tags": ["CD-V2", None],
        },
        {"id": "c3", "name": "Library", "type": "lib", "parent": {"component": "c2"}},
        {"id": "c4", "name": "Web client", "type": "web-client", "parent": {"trustZone": "gone"}},
    ],
    "dataflows": [
        {"id": "f1", "name": "login", "source": "c1", "destination": "c2", "assets": ["a1"]},
        {"id": "f2", "name": "answers", "source": "c2", "destination": "c1", "bidirectional": True},
    ],
    "assets": [
        {
            "id": "a1",
            "name": "Credit card",
            "risk": {"confidentiality": 100, "integrity": 50, "availability": 25},
        }
    ],
    "threats": [
        {
            "id": "t1",
            "name": "Spoofing",
            "categories": ["Spoofing"],
            "cwes": ["CWE-287"],
            "risk": {"likelihood": 50, "impact": 100, "impactComment": "bad"},
        }
    ],
    "mitigations": [{"id": "m1", "name": "Log in", "riskReduction": 70}],
}


def stored(folder: Path, value: object) -> Path:
    path = folder / "model.otm"
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def opened(folder: Path, conversion: Conversion) -> Workspace:
    for name, text in conversion.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Workspace.open(folder)


@pytest.mark.parametrize("name", ["general_practice", "infusion_pumps", "imaging_archive"])
def test_what_we_exported_comes_back_as_the_same_model(name: str, tmp_path: Path) -> None:
    before = Workspace.open(MODELS / name)
    path = tmp_path / "m.otm"
    path.write_text(to_otm(before), encoding="utf-8")
    conversion = convert(path)
    assert not conversion.diagnostics
    after = opened(tmp_path / name, conversion)
    assert after.ok
    assert [(e.name, e.title, e.own) for e in after.model.entities()] == [
        (e.name, e.title, e.own) for e in before.model.entities()
    ]
    assert [f.fingerprint for f in after.findings()] == [f.fingerprint for f in before.findings()]
    assert [r.id for r in after.rules()] == [r.id for r in before.rules()]
    assert list(after.scenarios()) == list(before.scenarios())
    assert to_otm(after, bare=True) == to_otm(before, bare=True)


@pytest.mark.parametrize("name", ["general_practice", "infusion_pumps", "riverside"])
def test_documents_keep_to_the_schema(name: str) -> None:
    schema = json.loads((external("otm") / "otm_schema.json").read_text(encoding="utf-8"))
    made = document(Workspace.open(MODELS / name))
    jsonschema.Draft7Validator(schema).validate(made)
    known = {each["id"] for each in made["components"]}
    data = {each["id"] for each in made["assets"]}
    zones = {each["id"] for each in made["trustZones"]}
    for component in made["components"]:
        assert component["parent"].get("trustZone", next(iter(zones))) in zones
        assert component["parent"].get("component", component["id"]) in known
        assert {*component["assets"]["stored"], *component["assets"]["processed"]} <= data
    for flow in made["dataflows"]:
        assert {flow["source"], flow["destination"]} <= known
        assert set(flow["assets"]) <= data


def test_what_another_tool_changed_is_listed(tmp_path: Path) -> None:
    made = document(Workspace.open(MODELS / "general_practice"))
    made["components"][0]["name"] = "Renamed"
    gone = made["dataflows"].pop()["id"]
    made["trustZones"].append({"id": "new_zone", "name": "New", "risk": {"trustRating": 40}})
    notes = "\n".join(convert(stored(tmp_path, made)).notes)
    assert f"{made['components'][0]['id']} (components) was changed in the other tool: name." in notes
    assert f"{gone} (dataflows) was removed in the other tool" in notes
    assert "new_zone (trustZones) was added in the other tool" in notes


def test_elements_of_our_own_documents_can_be_read_alone(tmp_path: Path) -> None:
    made = document(Workspace.open(MODELS / "general_practice"))
    conversion = convert(stored(tmp_path, made), ignore_files=True)
    workspace = opened(tmp_path / "back", conversion)
    assert workspace.ok, workspace.diagnostics()
    assert len(workspace.model.entities("flow")) == len(made["dataflows"])


def test_a_model_of_another_tool(tmp_path: Path) -> None:
    conversion = convert(stored(tmp_path, FOREIGN))
    assert not conversion.diagnostics
    workspace = opened(tmp_path / "model", conversion)
    assert workspace.ok, workspace.diagnostics()
    model = workspace.model
    service = model.get("components_in")
    assert service is not None
    assert [str(each) for each in model.value(service, "stores")] == ["<data_class credit_card>"]
    inner, control = model.get("inner"), model.get("log_in")
    assert inner is not None
    assert control is not None
    assert (inner.value("parent"), inner.value("trust")) == ("private_secured", 4)
    assert (control.value("status"), control.value("protects")) == ("in_place", ("components_in",))
    answers = model.get("answers")
    assert answers is not None
    assert answers.value("both_ways") is True
    library, lost = model.get("library"), model.get("web_client_2")
    assert library is not None
    assert lost is not None
    assert (library.value("zone"), library.value("runs_on"), lost.value("zone")) == (
        "inner",
        "components_in",
        "nowhere",
    )
    entry = model.get("spoofing")
    assert entry is not None
    assert entry.value("subjects") == ("components_in",)
    assert any("representations" in note for note in conversion.notes)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.panacea",
        "/etc/x.panacea",
        "a/../../b.panacea",
        ".hidden.panacea",
        "run.sh",
        "c:\\x.panacea",
        "",
    ],
)
def test_files_outside_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    ours = {"version": 1, "files": {name: "zone a {}", "good.panacea": "zone b {}"}}
    made = {"otmVersion": "0.2.0", "project": {"name": "n", "id": "n", "attributes": {"panacea": ours}}}
    conversion = convert(stored(tmp_path, made))
    assert list(conversion.files) == ["good.panacea"]
    assert len(conversion.diagnostics) == 1


@pytest.mark.parametrize("text", ["", "[]", "{", '{"otmVersion": "0.2.0"}', '{"project": {}}', "\ud800"])
def test_what_is_no_otm_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.otm"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ImportProblem):
        convert(path)


def test_a_flow_to_nowhere_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    wrong = json.loads(json.dumps(FOREIGN))
    wrong["dataflows"].append({"id": "f3", "name": "lost", "source": "c1", "destination": "c9"})
    conversion = convert(stored(tmp_path, wrong))
    assert [d.path for d in conversion.diagnostics] == ["$.dataflows[2]"]
    assert opened(tmp_path / "m", conversion).ok


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["c1", "z1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=12, deadline=None)
@given(
    family=st.sampled_from([k for k in FOREIGN if isinstance(FOREIGN[k], list)]),
    key=st.sampled_from(["id", "name", "parent", "risk", "source", "assets", "threats", "tags", "type"]),
    value=VALUES,
)
def test_damage_never_makes_a_model_that_cannot_be_read(
    family: str, key: str, value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    damaged = json.loads(json.dumps(FOREIGN))
    damaged[family][0][key] = value
    conversion = convert(stored(folder, damaged))
    assert opened(folder / "m", conversion).ok
