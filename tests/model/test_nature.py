"""What no repair changes: the names stand for attributes that exist."""

from __future__ import annotations

import pytest

from panacea_policy.model import vocabulary
from panacea_policy.model.nature import (
    NATURE,
    NATURE_KINDS,
    NATURE_NAMES,
    OWN,
    STRUCTURE,
    is_nature,
    is_own,
    is_structure,
)


@pytest.mark.parametrize("table", [NATURE, STRUCTURE, OWN])
def test_every_name_is_declared_by_its_kind(table: dict[str, str]) -> None:
    registry = vocabulary()
    for kind, names in table.items():
        declared = {name for name, each in registry.kind(kind).attributes.items() if each.declared_by == kind}
        assert set(names.split()) - declared == set(), kind


def test_every_kind_and_common_name_exists() -> None:
    registry = vocabulary()
    assert set(NATURE_KINDS) - set(registry.kinds) == set()
    known = {name for kind in registry.kinds.values() for name in kind.attributes}
    assert set(NATURE_NAMES) - known == set()


def test_what_a_device_is_and_what_it_is_set_to_are_told_apart() -> None:
    attributes = vocabulary().kind("device").attributes
    assert is_nature(attributes["medical"])
    assert not is_nature(attributes["malware_detection"])
    assert is_structure(attributes["zone"])
    assert is_own(vocabulary().kind("supplier").attributes["agreement"])
