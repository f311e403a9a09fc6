"""Which versions a range means: a table, and laws."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.feeds.records import VersionRange
from panacea_policy.feeds.versions import compared, looks_like_version, within


def below(high: str) -> VersionRange:
    return VersionRange(high=high, high_included=False)


def to(high: str, low: str | None = None) -> VersionRange:
    return VersionRange(low=low, high=high)


def just(version: str) -> VersionRange:
    return VersionRange(exactly=version)


@pytest.mark.parametrize(
    ("version", "ranges", "inside"),
    [
        ("9.33", [to("9.33")], True),
        ("9.5", [to("9.33")], True),  # parts are numbers, not decimals
        ("12.3", [to("9.33")], False),
        ("2.4.60", [below("2.4.60")], False),
        ("2.4.59", [below("2.4.60")], True),
        ("v2.1", [to("3.0")], True),
        ("Firmware 2.1", [to("3.0")], True),
        ("1.0.5", [to("1.1.1", low="1.0.0")], True),
        ("0.9", [to("1.1.1", low="1.0.0")], False),
        ("12.2.5.1", [to("12.2.x.x")], True),
        ("12.3.0.0", [to("12.2.x.x")], False),
        ("2.9", [below("3.x")], True),
        ("3.1", [below("3.x")], False),
        ("C.02", [just("B.02"), just("C.02")], True),
        ("C.03", [just("B.02"), just("C.02")], False),
        ("L", [to("N")], True),
        ("P", [to("N")], False),
        ("4.2", [to("N")], None),  # a number cannot be compared with a letter
        ("HD23", [just("HD 16"), just("HD23")], True),
        ("SV20.1", [just("HD 16")], None),  # two ways of counting
        ("3.5.12.P30", [just("LPI 3.5.12.P30")], True),
        ("BT04", [to("BT06", low="BT02")], True),
        ("2024.1", [below("2024.2")], True),
        ("2017-06-30", [below("july 1, 2017")], True),
        ("8/31/2024", [below("8/30/2024")], False),
        ("1.5", [below("8/30/2024")], None),
        ("14.0.3-rc1", [to("14.0.3")], True),
        (None, [to("3.0")], None),
        (None, [], True),
        (None, [just("*")], True),
        ("1.0", [VersionRange(text="see the table", understood=False)], None),
        ("1.0", [VersionRange(dated_before=date(2018, 4, 1))], None),
        ("2018-03-01", [VersionRange(dated_before=date(2018, 4, 1))], True),
    ],
)
def test_what_a_range_means(version: str | None, ranges: list[VersionRange], inside: bool | None) -> None:
    assert within(version, ranges).inside is inside


def test_reasons_say_what_is_unknown() -> None:
    assert within(None, [to("3.0")]).reason == (
        "version not stated by the model: unknown whether it is at most 3.0"
    )
    assert within("4", [to("3.0")]).reason == "version 4 is not at most 3.0"
    assert within("x1", [to("3.0")]).inside is None


@pytest.mark.parametrize(
    "text", ["1.2", "B.02", "K", "HD 16", "GEH-1.1", "4.20 SR1", "2017-07-01", "v3", "3.0.1-rc2"]
)
def test_versions_look_like_versions(text: str) -> None:
    assert looks_like_version(text)


@pytest.mark.parametrize(
    "text", ["Accu-Chek Inform II", "Protiva Carestation View", "base units", "7900 MRI"]
)
def test_models_do_not(text: str) -> None:
    assert not looks_like_version(text)


NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda n: ".".join(map(str, n)))


@given(NUMBERS, NUMBERS)
def test_comparing_is_antisymmetric(one: str, other: str) -> None:
    back = compared(other, one)
    assert back is not None
    assert compared(one, other) == -back


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_wider_range_holds_more(version: str, one: str, other: str) -> None:
    low, high = sorted((one, other), key=lambda v: [int(p) for p in v.split(".")])
    if within(version, [to(low)]).inside:
        assert within(version, [to(high)]).inside


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_breaks_it(version: str, bound: str) -> None:
    within(version, [to(bound), just(bound)])
