"""The DRMP inventories as a model: what is carried over, what is assumed, and what hostile inputs cost."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panacea_policy.compiler import Workspace
from panacea_policy.formats import drmp_inventory, import_reading
from panacea_policy.formats.drmp import convert
from panacea_policy.formats.import_reading import ImportProblem
from panacea_policy.formats.import_writing import Conversion
from panacea_policy.language import Source, format_text
from panacea_policy.report.reading import places
from panacea_policy.risk import RiskOptions, assess_risk
from tests.shared_data import external

DEVICES: dict[str, Any] = {
    "devices": [
        {
            "hostName": "web1",
            "type": "Server",
            "id": "n1",
            "networkInterfaces": [
                {
                    "name": "eth0",
                    "IPAddress": "10.0.0.5",
                    "mask": "255.255.255.0",
                    "macAddress": "m",
                    "ports": [],
                }
            ],
            "operatingSystem": {
                "family": "Debian",
                "generation": "7",
                "vendor": "Linux",
                "localServices": [{"name": "apache2", "vulnerabilities": ["CVE-2009-2412"]}],
                "osVulnerabilities": [],
            },
        },
        {
            "hostName": "POCT1",
            "type": "Medical Device",
            "id": "n2",
            "networkInterfaces": [
                {
                    "name": "eth0",
                    "IPAddress": "10.1.0.4",
                    "mask": "255.255.255.0",
                    "ports": [
                        {
                            "number": 5555,
                            "service": {
                                "description": "client",
                                "version": "1.0",
                                "vulnerabilities": ["CVE-2018-4846"],
                            },
                        }
                    ],
                }
            ],
            "operatingSystem": {"family": "Android", "generation": "8", "vendor": "Linux"},
        },
        {
            "hostName": "Firewall",
            "type": "Firewall",
            "id": "n3",
            "networkInterfaces": [
                {"name": "eth0", "IPAddress": "95.0.0.1", "mask": "255.255.255.0", "ports": []}
            ],
            "operatingSystem": {},
        },
    ]
}
REACHED: dict[str, Any] = {
    "sourceDevices": [
        {
            "hostName": "web1",
            "reachedInterface": [
                {
                    "address": "10.0.0.5",
                    "lanID": "1",
                    "reachedDevices": [
                        {"hostName": "POCT1", "reachedPorts": [{"port": 5555, "service": "client"}]},
                        {"hostName": "web1", "reachedPorts": [{"port": 80, "service": "self"}]},
                    ],
                }
            ],
        }
    ]
}
FLAWS: dict[str, Any] = {
    "vulnerabilities": [
        {
            "CVE_ID": "CVE-2018-4846",
            "CWE": [{"CWE_ID": "CWE-798"}],
            "description": 'A "factory" account \\ with a hardcoded password\n and more',
            "impactV3": {
                "cvss_version": "3.0",
                "attackVectorScore": 0.85,
                "attackVector": "NETWORK",
                "attackComplexity": 0.77,
                "privilegesRequired": 0.85,
                "userInteraction": 0.85,
                "baseScore": 9.8,
            },
            "preCondition": "USER",
            "postCondition": "ROOT",
        },
        {
            "CVE_ID": "CVE-2019-2018",
            "impactV2": {"accessVector": "LOCAL"},
            "postCondition": "ROOT",
            "preCondition": "NONE",
        },
    ]
}


def folder(root: Path, devices: object = DEVICES, reached: object = REACHED, flaws: object = FLAWS) -> Path:
    """The three files in a folder; a text is written as it is."""
    for name, content in (
        (drmp_inventory.DEVICES, devices),
        (drmp_inventory.REACHABILITY, reached),
        (drmp_inventory.VULNERABILITIES, flaws),
    ):
        if content is not None:
            (root / name).write_text(
                content if isinstance(content, str) else json.dumps(content), encoding="utf-8"
            )
    return root


def opened(conversion: Conversion, root: Path) -> Workspace:
    root.mkdir(exist_ok=True)
    for name, text in conversion.files.items():
        (root / name).write_text(text, encoding="utf-8")
    workspace = Workspace.open(root, as_of=date(2026, 11, 1), cache=False)
    assert workspace.diagnostics() == ()
    return workspace


def test_devices_networks_services_and_weaknesses_are_carried_over(tmp_path: Path) -> None:
    conversion = convert(folder(tmp_path))
    assert conversion.diagnostics == ()
    model = opened(conversion, tmp_path / "model").model
    poct = model.get("poct1")
    assert poct is not None
    assert poct.title == "POCT1"
    assert model.value(poct, "addresses") is not None
    flaw = model.get("cve_2018_4846")
    assert flaw is not None
    assert model.value(flaw, "exploit_probability") is not None
    assert [e.name for e in model.value(flaw, "affects")] == ["poct1.client"]  # type: ignore[attr-defined]
    (path,) = [f for f in model.entities("filter") if f.name.startswith("inventory_paths")]
    assert model.value(path, "source").name == "web1"  # type: ignore[attr-defined]


def test_the_model_is_in_standard_layout(tmp_path: Path) -> None:
    for name, text in convert(folder(tmp_path)).files.items():
        if name.endswith(".panacea"):
            assert format_text(Source(name, text)).text == text


def test_assumptions_stand_in_a_file_of_their_own_with_their_reasons(tmp_path: Path) -> None:
    text = convert(folder(tmp_path)).files["assumptions.panacea"]
    assert "ASSUMPTION" in text
    assert "zone internet" in text
    assert "publish_web1" in text
    assert "process point_of_care_testing" in text


def test_what_is_not_carried_over_is_noted(tmp_path: Path) -> None:
    notes = " ".join(convert(folder(tmp_path)).notes)
    assert "CVE-2019-2018 is in the catalogue, but no device carries it" in notes
    assert "CVE-2009-2412 is placed on a device, but is not in the catalogue" in notes


def test_the_way_from_outside_to_the_device_is_found(tmp_path: Path) -> None:
    workspace = opened(convert(folder(tmp_path)), tmp_path / "model")
    steps = path_to_care(workspace)
    assert next(s.title for s in steps) == "Come from the internet"
    assert "CVE-2018-4846" in [u.title for s in steps for u in s.using]
    assert "POCT1 no longer serves" in [r for s in steps for r in s.results]


def test_without_the_assumptions_nothing_comes_in(tmp_path: Path) -> None:
    conversion = convert(folder(tmp_path))
    shut = conversion.files["assumptions.panacea"].replace("filter publish", "# filter publish")
    model = opened(Conversion({**conversion.files, "assumptions.panacea": shut}, (), ()), tmp_path / "model")
    result = assess_risk(model.attack(), model.model, RiskOptions(trials=512))
    outside = [a for g in result.processes() for a in g.actors if a.actor.endswith("ransomware_group")]
    assert all(a.events_per_year == 0.0 for a in outside)


def path_to_care(workspace: Workspace) -> Any:
    result = assess_risk(
        workspace.attack(), workspace.model, RiskOptions(trials=512, ranked=False), locate=places(workspace)
    )
    goal = result.goal("point_of_care_testing")
    assert goal is not None
    assert goal.path is not None
    assert goal.probability.value > 0
    return goal.path.steps


def test_the_published_inventories(tmp_path: Path) -> None:
    source = external("panacea-drmp")
    conversion = convert(source)
    assert conversion.diagnostics == ()
    workspace = opened(conversion, tmp_path / "model")
    assert len(workspace.model.entities("system")) == 14
    assert len([f for f in workspace.model.entities("filter") if f.name.startswith("inventory_paths")]) == 17
    steps = path_to_care(workspace)
    used = [u.title for s in steps for u in s.using]
    assert "CVE-2018-4846" in used
    assert any("noemaiish1x" in r for s in steps for r in s.results)


# ------------------------------------------------------------------------------------------ malformed input


def test_a_missing_inventory_is_an_error_with_file_and_cure(tmp_path: Path) -> None:
    with pytest.raises(ImportProblem) as caught:
        convert(tmp_path)
    assert drmp_inventory.DEVICES in caught.value.lines()[0]
    assert caught.value.diagnostics[0].help


def test_reachability_and_catalogue_may_be_missing(tmp_path: Path) -> None:
    conversion = convert(folder(tmp_path, reached=None, flaws=None))
    assert {d.file for d in conversion.diagnostics} == {
        drmp_inventory.REACHABILITY,
        drmp_inventory.VULNERABILITIES,
    }
    opened(conversion, tmp_path / "model")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no valid JSON"),
        ("[]", "an object is expected"),
        ("[" * 100_000, ""),
        ('{"devices": 7}', "a list is expected"),
        ('{"devices": [{"hostName": 5}]}', "a text is expected"),
    ],
)
def test_broken_documents_are_diagnostics(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ImportProblem) as caught:
        convert(folder(tmp_path, devices=text))
    assert message in " ".join(caught.value.lines())


def changed(path: str, value: object) -> dict[str, Any]:
    """The device inventory with one value replaced, by a path such as ``devices.0.hostName``."""
    document = copy.deepcopy(DEVICES)
    at: Any = document
    *way, last = path.split(".")
    for key in way:
        at = at[int(key)] if isinstance(at, list) else at[key]
    at[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("devices.0.networkInterfaces", "eth0", "$.devices[0].networkInterfaces"),
        ("devices.1.hostName", "WEB1", "$.devices[1].hostName"),
        (
            "devices.0.networkInterfaces",
            [{"IPAddress": "10.0.0.999", "mask": "x"}],
            "$.devices[0].networkInterfaces[0]",
        ),
        (
            "devices.0.networkInterfaces",
            [{"ports": [{"number": 70_000}]}],
            "$.devices[0].networkInterfaces[0].ports[0].number",
        ),
    ],
)
def test_a_wrong_value_is_named_by_its_path_and_the_rest_is_used(
    tmp_path: Path, path: str, value: object, place: str
) -> None:
    conversion = convert(folder(tmp_path, devices=changed(path, value)))
    assert place in {d.path for d in conversion.diagnostics}
    assert all(d.help for d in conversion.diagnostics)
    opened(conversion, tmp_path / "model")


@pytest.mark.parametrize(
    "host", ['x" } organisation evil "e', "# no", "process", "not", "7up", "Ünïcode \u202e", "a" * 5000]
)
def test_hostile_names_stay_names(tmp_path: Path, host: str) -> None:
    conversion = convert(
        folder(tmp_path, devices=changed("devices.0.hostName", host), reached=None, flaws=None)
    )
    model = opened(conversion, tmp_path / "model").model
    assert len(model.entities("organisation")) == 1
    assert len(model.entities("system")) == 4


def test_too_many_entries_are_cut_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_reading, "MAX_ITEMS", 2)
    conversion = convert(folder(tmp_path))
    assert any("more than 2 entries" in d.message for d in conversion.diagnostics)


def test_too_large_a_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_reading, "MAX_BYTES", 100)
    with pytest.raises(ImportProblem) as caught:
        convert(folder(tmp_path))
    assert "larger than" in caught.value.lines()[0]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["hostName", "devices", "ports", "number", "IPAddress", "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(json_values, json_values, json_values)
@settings(max_examples=60)
def test_no_document_gives_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, one: Any, two: Any, three: Any
) -> None:
    root = tmp_path_factory.mktemp("drmp")
    devices = changed("devices.0.networkInterfaces", one)
    devices["devices"].append(two)
    conversion = convert(
        folder(root, devices=devices, reached={"sourceDevices": three}, flaws={"vulnerabilities": two})
    )
    assert conversion.files
