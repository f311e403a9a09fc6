"""Questions about rules, one by one: what holds, what does not with an example, and what is not verified."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

from panacea_policy.compiler import Verdict, Workspace
from panacea_policy.errors import PanaceaError
from panacea_policy.model import ReferenceType, vocabulary
from panacea_policy.verification import Answer, Outcome, Settings, prove
from panacea_policy.verification.run import Trial
from tests.compiler.workspaces import codes, good_model, open_model

DAY = date(2026, 11, 28)


@pytest.fixture
def ask(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Asks a question about rules written as `NAME: BINDINGS where CONDITIONS`, and other items."""

    def asked(question: str, *rules: str, items: str = "", settings: Settings | None = None) -> Answer:
        return prove(model(tmp_path, *rules, items=items), question, settings)

    return asked


def model(folder: Path, *rules: str, items: str = "") -> Workspace:
    texts = [items, *map(rule, rules)]
    return good_model(folder, "use std.healthcare\n" + "\n".join(texts), DAY)


def rule(text: str) -> str:
    name, _, rest = text.partition(": ")
    subject = rest.split()[1].rstrip(",")
    return f'rule {name} "{name}" {{\n  for {rest}\n  report {subject} "found"\n}}\n'


# ------------------------------------------------------------------------------------------------ can fire

NEVER = {
    "bounds of numbers": "zone z where z.trust > 3, z.trust < 2",
    "bounds of the vocabulary": "authenticator z where z.level > 4",
    "whole numbers": "zone z where z.trust > 2, z.trust < 3",
    "one value only": "zone z where z.type = guest, z.type = dmz",
    "one reference only": "device d, zone z, zone y where d.zone = z, d.zone = y, z != y",
    "set and unset at once": "zone z where z.wireless, not z.wireless",
    "none and a value": "zone z where z.parent = none, z.parent != none",
    "kinds apart": "asset h where h is device, h is firewall",
    "some and no": "zone z where some device d with d.zone = z, no device d with d.zone = z",
    "every against one": "zone z where every device d with d.zone = z has d.networked,"
    " some device d with d.zone = z and d.networked = false",
    "counting up and down": "zone z where (count of device d with d.zone = z) >= 3,"
    " (count of device d with d.zone = z) < 2",
    "arithmetic": "authenticator z, authenticator y where z.level + y.level > 8",
    "dates apart": "conduit c where c.expires < today, c.expires > today + 10 d",
    "texts apart": 'zone z where starts_with(z.id, "a"), starts_with(z.id, "b")',
    "texts within": 'zone z where z.id = "ward", contains(z.id, "x")',
    "in itself": "zone z where z.parent = z",
    "in a circle": "zone z, zone y, zone x where z.parent = y, y.parent = x, x.parent = z",
    "every one in one": "zone z where no zone y with (no device d with y.parent = z)",
    "templates apart": "device d where d is infusion_pump, not d is medical_device",
}


@pytest.mark.parametrize("conditions", NEVER.values(), ids=NEVER)
def test_contradictions_never_fire(ask, conditions: str) -> None:  # type: ignore[no-untyped-def]
    answer = ask("r never fires", f"r: {conditions}")
    assert (answer.outcome, answer.reasons, answer.examples) == (Outcome.HOLDS, (), ())
    assert answer.sentence == "r never fires"
    turned = ask("can r fire?", f"r: {conditions}")
    assert (turned.outcome, turned.sentence) == (Outcome.FAILS, "r never fires")


def _lies_in_its_kind() -> list[tuple[str, str]]:
    """Every kind with an attribute that may name a declaration of the same kind."""
    registry = vocabulary()
    return [
        (kind.name, attribute.name)
        for kind in registry.kinds.values()
        for attribute in kind.attributes.values()
        if attribute.declared_by == kind.name and not kind.abstract and not attribute.many
        if isinstance(attribute.type, ReferenceType) and kind.name in attribute.type.kinds
    ]


@pytest.mark.parametrize(("kind", "attribute"), _lies_in_its_kind())
def test_what_names_itself_can_be_where_the_compiler_accepts_it(  # type: ignore[no-untyped-def]
    ask, tmp_path: Path, kind: str, attribute: str
) -> None:
    """A proof takes no more for granted than what is refused in a model."""
    answer = ask("r never fires", f"r: {kind} x where x.{attribute} = x")
    itself = open_model(tmp_path / "itself", f"{kind} a {{ {attribute}: a }}", DAY)
    refused = "P0206" in codes(itself)
    assert (answer.outcome, answer.reasons) == (Outcome.HOLDS if refused else Outcome.FAILS, ())


FIRES = {
    "a number": "zone z where z.trust > 3",
    "a value of a reference": "device d where d.zone.trust = 2, d.zone.wireless",
    "two of a kind": "zone z, zone y where z.parent = y, y.trust < z.trust",
    "nothing of it": "zone z where no device d with d.zone = z",
    "every one": "zone z where every device d with d.zone = z has d.networked, some device d with d.zone = z",
    "three at least": "zone z where (count of device d with d.zone = z) >= 3",
    "exactly two": "zone z where (count of device d with d.zone = z) = 2",
    "a total": "process p where (sum of i.patients for impact i in p.impacts) > 10",
    "a lowest": "process p where (lowest of i.patients for impact i in p.impacts) = 7",
    "a part of it": "system s where some endpoint e in s.endpoints with e.protocol.encrypted = false",
    "a structure": "device d where d.identity.expires < today",
    "a template": "device d where d is infusion_pump, d.networked = false",
    "a library's declaration": "flow f where f.protocol = std.hl7",
    "a list of words": "threat_actor t where disruption in t.effects",
    "a text": 'zone z where starts_with(z.id, "ward"), ends_with(z.id, "7"), z.id != "ward7"',
    "two texts": "zone z, zone y where z.id != y.id, z.trust = y.trust",
    "a date": "conduit c where c.expires > today + 400 d",
    "a product": "zone z, zone y where z.trust * y.trust = 6",
    "a mean": "role r where r.clicks > 0.25",
    "an action of a grant": "grant g where read in g.actions, not g.denies",
}


@pytest.mark.parametrize("conditions", FIRES.values(), ids=FIRES)
def test_examples_show_that_rules_fire(  # type: ignore[no-untyped-def]
    ask, tmp_path: Path, conditions: str
) -> None:
    answer = ask("r can fire", f"r: {conditions}")
    assert (answer.outcome, answer.reasons) == (Outcome.HOLDS, ())
    (example,) = answer.examples
    folder = tmp_path / "example"
    alone = good_model(folder, example.text, example.as_of)
    found = {each.rule.id for each in alone.findings() if each.verdict is Verdict.VIOLATED}
    assert "r" in found


def test_a_day_is_looked_for_too(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask("r can fire", "r: conduit c where c.expires = 2020-01-01, c.expires > today")
    (example,) = answer.examples
    assert example.as_of < date(2020, 1, 1)


def test_examples_say_little(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask("r can fire", "r: zone z, device d where d.zone = z, z.trust > 3")
    (example,) = answer.examples
    declared = example.text.partition("device device_1")
    assert declared[1] + declared[2] == (
        "device device_1 {\n  zone: zone_1\n}\nzone zone_1 {\n  trust: 4\n}\n"
    )


def test_parts_stand_inside_what_they_belong_to(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask("r can fire", "r: system s, endpoint e in s.endpoints where e.asset = s, e.administration")
    (example,) = answer.examples
    assert "system system_1 {\n  endpoint endpoint_1 {\n    administration: true\n  }\n}" in example.text


# ------------------------------------------------------------------------------------------------ two rules

NARROW = "narrow: device d where d.networked, d.medical, d.zone.trust < 2"
WIDE = "wide: device x where x.zone.trust < 3, x.medical"


def test_what_is_narrower_implies(ask) -> None:  # type: ignore[no-untyped-def]
    assert ask("narrow implies wide", NARROW, WIDE).outcome is Outcome.HOLDS


def test_what_is_wider_does_not(ask, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    answer = ask("wide implies narrow", NARROW, WIDE)
    assert (answer.outcome, answer.sentence) == (Outcome.FAILS, "wide does not imply narrow")
    (example,) = answer.examples
    trial = Trial(model(tmp_path, NARROW), example.text, example.as_of)
    assert trial.errors == ()
    assert trial.subjects("wide", Verdict.VIOLATED)
    assert not trial.subjects("narrow", Verdict.VIOLATED)


def test_the_same_in_other_words_is_equal(ask) -> None:  # type: ignore[no-untyped-def]
    one = "one: zone z where not (z.wireless or z.flat)"
    two = "two: zone z where not z.flat, z.wireless = false"
    assert ask("one equals two", one, two).outcome is Outcome.HOLDS


def test_equal_shows_the_side_that_differs(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask("narrow equals wide", NARROW, WIDE)
    assert (answer.outcome, answer.shows) == (
        Outcome.FAILS,
        "wide fires and narrow does not, on the same subject",
    )


def test_exclusion(ask) -> None:  # type: ignore[no-untyped-def]
    low, high = "low: zone z where z.trust < 2", "high: zone y where y.trust > 3, y.wireless"
    assert ask("low excludes high", low, high).outcome is Outcome.HOLDS
    middle = "middle: zone z where z.trust < 4"
    answer = ask("middle excludes low", low, middle)
    assert (answer.outcome, len(answer.examples)) == (Outcome.FAILS, 1)


def test_always(ask, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert ask("r always fires", "r: zone z where true").outcome is Outcome.HOLDS
    answer = ask("r always fires", "r: zone z where z.wireless")
    (example,) = answer.examples
    trial = Trial(model(tmp_path, "r: zone z where z.wireless"), example.text, example.as_of)
    assert trial.subjects("r", Verdict.MET) == {("zone_1",)}


def test_rules_about_different_things_are_not_compared(ask) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(PanaceaError, match="one is about `zone`, the other about `device`"):
        ask("a implies b", "a: zone z where z.flat", "b: device d where d.networked")


# ------------------------------------------------------------------------------------------------ recursion

ABOVE = """relation above(lower: zone, upper: zone)
above(x, y) if x.parent = y
above(x, z) if x.parent = y, above(y, z)
"""


def test_recursion_is_followed_for_examples(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask("r can fire", "r: zone z, zone y where above(z, y), z.parent != y, y.trust = 4", items=ABOVE)
    assert answer.outcome is Outcome.HOLDS


def test_a_contradiction_beside_recursion_is_one(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask(
        "r never fires", "r: zone z, zone y where above(z, y), y.trust > 4, y.trust < 3", items=ABOVE
    )
    assert answer.outcome is Outcome.HOLDS


def test_what_recursion_decides_is_not_verified_and_the_cycle_is_named(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask("r never fires", "r: zone z where above(z, z)", items=ABOVE)
    assert answer.outcome is Outcome.NOT_VERIFIED
    assert answer.reasons == ("the relation `above` → `above` is recursive",)


# ------------------------------------------------------------------------------------------------ outside

OUTSIDE = {
    "a pattern": ('zone z where matches(z.id, "a+"), z.id = "b"', "`matches` is not translated"),
    "versions": (
        'software s where version_before(s.version, "2"), version_before("3", s.version)',
        "`version_before` is not translated",
    ),
    "an average": (
        "process p where (average of i.patients for impact i in p.impacts) > 3, no impact i in p.impacts",
        "an average is compared",
    ),
    "an endless chain": (
        "zone z where every zone y has (some zone x with x.parent = y), z.trust > 4, z.flat",
        None,
    ),
    "a large count": (
        "zone z where (count of device d with d.zone = z) > 20, (count of device d with d.zone = z) < 3",
        "`r` counts to 20, and more than 8 are not looked for",
    ),
}


@pytest.mark.parametrize(("conditions", "reason"), OUTSIDE.values(), ids=OUTSIDE)
def test_outside_the_fragment_nothing_is_claimed(  # type: ignore[no-untyped-def]
    ask, conditions: str, reason: str | None
) -> None:
    answer = ask("r never fires", f"r: {conditions}")
    assert (answer.outcome, answer.examples) == (Outcome.NOT_VERIFIED, ())
    assert answer.reasons
    if reason is not None:
        assert reason in answer.reasons


def test_time_is_bounded(ask) -> None:  # type: ignore[no-untyped-def]
    answer = ask("r can fire", "r: zone z where z.trust > 3", settings=Settings(seconds=1e-6))
    assert (answer.outcome, answer.reasons) == (
        Outcome.NOT_VERIFIED,
        ("the solver ran out of time (1e-06 s)",),
    )


def test_the_size_of_the_translation_is_bounded(ask) -> None:  # type: ignore[no-untyped-def]
    conditions = "r: zone z, zone y, zone x where z.trust < y.trust, y.trust < x.trust"
    answer = ask("r can fire", conditions, settings=Settings(rows=2))
    assert answer.outcome is Outcome.NOT_VERIFIED
    assert answer.reasons == ("the translation needs more than 2 rows of one relation",)


def test_a_long_chain_of_relations_is_no_fault(ask) -> None:  # type: ignore[no-untyped-def]
    count = 700
    items = "relation r0(zone)\nr0(z) if z.trust > 3\n" + "".join(
        f"relation r{index}(zone)\nr{index}(z) if not r{index - 1}(z), z.flat\n" for index in range(1, count)
    )
    answer = ask("r never fires", f"r: zone z where r{count - 1}(z)", items=items)
    assert answer.outcome is Outcome.NOT_VERIFIED
    assert answer.reasons


def test_a_rule_of_many_variables_ends_in_time(ask) -> None:  # type: ignore[no-untyped-def]
    names = [f"z{index}" for index in range(14)]
    apart = ", ".join(f"{a} != {b}" for a, b in combinations(names, 2))
    bindings = ", ".join(f"zone {name}" for name in names)
    answer = ask("r never fires", f"r: {bindings} where {apart}", settings=Settings(seconds=2.0))
    assert answer.outcome is not Outcome.HOLDS


# ------------------------------------------------------------------------------------------------ own items


def test_examples_take_along_what_the_model_declares(ask, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    items = """template device old_pump : infusion_pump { medical: true }
zone ward { trust: 1 }
relation stands(device, zone)
stands(d, z) if d.zone = z
"""
    answer = ask(
        "r can fire",
        "r: device d, zone z where d is old_pump, stands(d, z), z = ward, z.trust = 4",
        items=items,
    )
    (example,) = answer.examples
    # Nothing of the model's own declarations is taken as known but the name.
    assert "zone ward {\n  trust: 4\n}" in example.text
    assert good_model(tmp_path / "alone", example.text, example.as_of).ok


def test_rules_of_packs_meet_what_the_libraries_declare(tmp_path: Path) -> None:
    text = "use std.healthcare, packs.gdpr, packs.design\n"
    workspace = good_model(tmp_path, text, DAY)
    always = prove(workspace, "device_takes_commands always fires")
    assert (always.outcome, always.reasons) == (Outcome.FAILS, ())
    for question in ("gdpr_01_basis can fire", "design.health_data_in_clear can fire"):
        answer = prove(workspace, question)
        assert (answer.outcome, answer.reasons) == (Outcome.HOLDS, ())
