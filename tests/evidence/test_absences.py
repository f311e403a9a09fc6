"""Certificates of absence in bundles: named by who signed, and checked by the program that stands alone."""

from __future__ import annotations

from typing import Any

import pytest

from panacea_policy.evidence import (
    Bundle,
    SigningKey,
    Trust,
    Verification,
    canonical,
    digest,
    full_verdicts,
    seal,
    verify_bundle,
)
from panacea_policy.evidence.absences import named
from panacea_policy.evidence.bundles import read_bundle
from panacea_policy.evidence.statements import Resource, written
from tests.evidence.conftest import DAY

MODEL = canonical({"schema": "panacea/model/v1", "declarations": []})
RULE = {
    "name": "goal",
    "head": {"relation": "goal", "terms": [{"var": "x"}]},
    "body": [
        {"relation": "on", "terms": [{"var": "x"}], "negated": False},
        {"relation": "off", "terms": [{"var": "x"}], "negated": False},
    ],
}
CERTIFICATE: dict[str, Any] = {
    "schema": "panacea/absence/v1",
    "claim": "what is on and off",
    "goal": "goal",
    "rules": [RULE],
    "facts": {"on": [["a"]], "off": [["b"]]},
    "closed": {"goal": []},
    "oracle": {},
}


def bundle(key: SigningKey, certificate: dict[str, Any], said: dict[str, Any]) -> Bundle:
    """A bundle with one certificate, and a statement that names ``said``."""
    predicate = {"timeCreated": written(DAY), "absences": [named(canonical(said))]}
    envelope = seal(full_verdicts([Resource("model", digest(MODEL))], predicate), [key])
    files = {
        "model.json": MODEL,
        "statements/verdicts.dsse.json": envelope.data,
        "absences/on_and_off.json": canonical(certificate),
    }
    return read_bundle(Bundle(files, "house/evidence").to_bytes())


def failed(found: Verification) -> list[str]:
    return [step.told for step in found.steps if step.ok is False]


@pytest.fixture
def trust(key: SigningKey) -> Trust:
    return Trust(keys=[key.public])


def test_what_is_named_and_closed_is_verified(key: SigningKey, trust: Trust) -> None:
    found = verify_bundle(bundle(key, CERTIFICATE, CERTIFICATE), trust)
    assert failed(found) == []
    told = [step.told for step in found.steps if step.about == "on_and_off"]
    assert any(each.startswith("closed: absent: what is on and off") for each in told)


def test_another_certificate_than_the_signed_one_is_refused(key: SigningKey, trust: Trust) -> None:
    other = {**CERTIFICATE, "facts": {"on": [], "off": []}}
    assert failed(verify_bundle(bundle(key, other, CERTIFICATE), trust)) == [
        "no signed statement of the bundle names this certificate"
    ]


def test_a_statement_signed_by_another_key_names_nothing(key: SigningKey) -> None:
    stranger = Trust(keys=[SigningKey.new().public])
    told = failed(verify_bundle(bundle(key, CERTIFICATE, CERTIFICATE), stranger))
    assert "no signed statement of the bundle names this certificate" in told


def test_a_signature_makes_no_hole_closed(key: SigningKey, trust: Trust) -> None:
    hole = {**CERTIFICATE, "facts": {"on": [["a"]], "off": [["a"]]}}
    (told,) = failed(verify_bundle(bundle(key, hole, hole), trust))
    assert told.startswith("refused: not closed")


def test_the_model_at_hand_is_asked_where_there_is_one(key: SigningKey) -> None:
    asked: list[object] = []

    def known(certificate: Any) -> dict[str, Any]:
        asked.append(certificate["claim"])
        return {"goal": "goal", "rules": [RULE], "facts": {"on": [["a"]], "off": [["b"], ["c"]]}}

    found = verify_bundle(bundle(key, CERTIFICATE, CERTIFICATE), Trust(keys=[key.public], knows=known))
    assert asked == ["what is on and off"]
    assert failed(found) == ["refused: not closed: the facts are not those of the program"]
