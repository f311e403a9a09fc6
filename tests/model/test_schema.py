"""Pydantic classes and JSON Schemas follow the registry."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import ValidationError

from panacea_policy.model import vocabulary
from panacea_policy.model.schema import Declared

REGISTRY = vocabulary()
BUNDLE: Any = REGISTRY.json_schema()


def test_the_bundle_is_a_valid_schema_with_every_kind() -> None:
    Draft202012Validator.check_schema(BUNDLE)
    declared = {k.name for k in REGISTRY.kinds.values() if not (k.abstract or k.structure)}
    assert set(BUNDLE["properties"]) == declared | {"schema"}


def test_every_reference_in_the_bundle_leads_somewhere() -> None:
    missing = {ref for ref in _references(BUNDLE) if ref.removeprefix("#/$defs/") not in BUNDLE["$defs"]}
    assert missing == set()


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


def test_a_model_is_judged() -> None:
    validator = Draft202012Validator(BUNDLE)
    model = {
        "schema": "panacea/model/v1",
        "zone": [{"name": "wards", "trust": 3, "target": {"integrity": 2}}],
        "system": [
            {"name": "ehr", "zone": "wards", "owner": None, "stores": ["record"], "backup": {"every": 86400}}
        ],
        "control": [
            {"name": "mfa", "effectiveness": {"distribution": "beta", "parameters": {"a": 8, "b": 2}}}
        ],
        "process": [{"name": "care", "needs": {"all": ["ehr", {"any": ["pacs", "film"]}]}}],
    }
    assert list(validator.iter_errors(model)) == []
    for kind, wrong in (
        ("zone", {"trusst": 3}),
        ("zone", {"trust": "high"}),
        ("zone", {"type": "moon"}),
        ("zone", {"target": {"integrity": 5}}),
        ("system", {"owner": "no name"}),
        ("system", {"backups": None}),
    ):
        assert list(validator.iter_errors({"schema": "panacea/model/v1", kind: [wrong]})), wrong


def test_attributes_do_not_hide_what_every_declaration_has() -> None:
    names = {name for kind in REGISTRY.kinds.values() for name in kind.attributes}
    assert names & set(Declared.model_fields) == set()


def test_json_tells_unset_from_none() -> None:
    system: Any = REGISTRY.pydantic_class("system")
    assert system.model_validate({"owner": None}).model_dump(exclude_unset=True) == {"owner": None}
    assert system.model_validate({}).model_dump(exclude_unset=True) == {}


def test_values_are_checked_beyond_their_shape() -> None:
    software: Any = REGISTRY.pydantic_class("software")
    software.model_validate({"cpe": "cpe:2.3:a:acme:pacs", "purl": "pkg:pypi/pydicom"})
    with pytest.raises(ValidationError):
        software.model_validate({"cpe": "acme pacs"})
    control: Any = REGISTRY.pydantic_class("control")
    control.model_validate({"effectiveness": 0.9})
    with pytest.raises(ValidationError, match="can leave the range"):
        control.model_validate(
            {"effectiveness": {"distribution": "uniform", "parameters": {"low": 0, "high": 2}}}
        )


def test_every_class_is_built_once_per_registry() -> None:
    assert REGISTRY.pydantic_class("zone") is REGISTRY.pydantic_class("zone")


def test_the_vocabulary_loads_neither_pydantic_nor_numpy() -> None:
    code = (
        "import sys, panacea_policy.model as m; m.vocabulary();"
        "print([name for name in ('pydantic', 'numpy') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
