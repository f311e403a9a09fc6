"""The generated reference says everything the registry knows."""

from __future__ import annotations

from panacea_policy.model import MapType, NumberType, UnionType, vocabulary
from panacea_policy.model.reference import describe
from panacea_policy.model.types import (
    AddressType,
    CpeType,
    DistributionType,
    EnumType,
    FormulaType,
    PortsType,
    PurlType,
    ReferenceType,
    TextType,
)
from panacea_policy.model.values import Dimension

TEXT = vocabulary().reference()


def test_every_kind_and_attribute_is_there() -> None:
    for kind in vocabulary().kinds.values():
        assert f"### {kind.keyword}" in TEXT
        assert kind.doc in TEXT
        for attribute in kind.attributes.values():
            assert f"| `{attribute.name}` |" in TEXT
            assert f"| {attribute.doc} |" in TEXT


def test_the_grammar_of_a_kind_is_told() -> None:
    grant = TEXT.partition("### grant\n")[2].partition("\n### ")[0]
    assert "the name behind the keyword is its `role`" in grant
    assert "`may` sets `actions`" in grant
    conduit = TEXT.partition("### conduit\n")[2].partition("\n### ")[0]
    assert "an arrow sets `source` and `target`" in conduit
    cost = TEXT.partition("### cost\n")[2].partition("\n### ")[0]
    assert "may be written as a sum" in cost
    assert "### waive (kind `waiver`)" in TEXT


def test_it_is_the_same_twice() -> None:
    assert vocabulary().reference() == TEXT


def test_types_in_words() -> None:
    assert describe(EnumType(tuple(f"X{i}" for i in range(50)))) == "a code such as X0"
    assert describe(NumberType(Dimension.COUNT, 0, 4, integer=True)) == "a whole number from 0 to 4"
    assert describe(MapType(TextType(), NumberType(Dimension.FRACTION))).startswith("{ text: a percentage")
    assert describe(TextType("[a-z]+")) == "text like `[a-z]+`"
    assert describe(ReferenceType(("control",), template=True)) == "template of control"
    assert describe(FormulaType(("asset", "process"))) == "names of asset or process, joined by `and`, `or`"
    assert describe(DistributionType(Dimension.DURATION)).endswith("or a distribution")
    assert describe(UnionType((CpeType(), PurlType()))) == '`cpe("…")` or `purl("…")`'
    assert describe(AddressType()) == "address or prefix"
    assert describe(PortsType()) == "port, range, or list of these"
