"""Version ranges: one line for each way in which feeds write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.feeds.records import VersionRange
from panacea_policy.formats.feeds import versions


def short(found: VersionRange) -> str:
    """A range in mathematical form; `?` at its end where it comes out of a sentence."""
    if not found.understood:
        return "unknown"
    doubt = "" if found.certain else "?"
    if found.dated_before:
        return f"made before {found.dated_before}{doubt}"
    if found.exactly is not None:
        return f"{{{found.exactly}}}{doubt}"
    left, right = "[" if found.low_included else "(", "]" if found.high_included else ")"
    low = f"{left}{found.low}" if found.low else "("
    high = f"{found.high}{right}" if found.high else ")"
    return f"{low}, {high}{doubt}"


TABLE = """
vers:all/*                                   ; (, )
vers:npm/1.2.3|>=2.0.0|<5.0.0                ; {1.2.3} [2.0.0, 5.0.0)
vers:gem/>=2.2.0|!=2.2.1|<2.3.0              ; [2.2.0, 2.3.0)?
vers:pypi/<1.0|>=2.0                         ; (, 1.0) [2.0, )
vers:generic/>=1%2B2                         ; [1+2, )
vers:                                        ; unknown
vers:npm                                     ; unknown
vers:npm/>=1|*                               ; unknown
*                                            ; (, )
all                                          ; (, )?
All versions                                 ; (, )?
All Windows versions                         ; (, )?
1.2.3                                        ; {1.2.3}
BT06                                         ; {BT06}
1.1 | 1.2 | 1.4                              ; {1.1} {1.2} {1.4}
4.20 | 4.20 SR1                              ; {4.20} {4.20 SR1}
2131 and 2141                                ; {2131}? {2141}?
1.0, 1.1, and 1.2                            ; {1.0}? {1.1}? {1.2}?
<= 3.2                                       ; (, 3.2]
< 3.0                                        ; (, 3.0)
<12.2.8.410                                  ; (, 12.2.8.410)
>= 1.0.0  | <= 1.3.1                         ; [1.0.0, 1.3.1]
>=1.1, <1.4                                  ; [1.1, 1.4)
>= 4.0.1                                     ; [4.0.1, )
> 1.0                                        ; (1.0, )
≤ 2.7                                        ; (, 2.7]
<= K                                         ; (, K]
<= S4 A.07.107                               ; (, S4 A.07.107]
>=BT02 | <= BT06                             ; [BT02, BT06]
<= 12.2.x.x                                  ; (, 12.3)?
< 3.x                                        ; (, 3)?
A.01 <= C.0x | 4.0                           ; [A.01, C.09]? {4.0}?
<= 1.54 (integrated into another product)    ; (, 1.54]?
<=11.2 on Windows 8.1 with IIS 7.5           ; (, 11.2]?
* (end-of-life 2011)                         ; (, )?
All versions prior to 1.14.1                 ; (, 1.14.1)?
prior to Version 7.2.5.7                     ; (, 7.2.5.7)?
versions before 2.4                          ; (, 2.4)?
firmware versions below v3.10                ; (, v3.10)?
5.0 and earlier                              ; (, 5.0]?
Version 5.0 and prior                        ; (, 5.0]?
Versions 3.4 and below                       ; (, 3.4]?
C.00.04 and prior versions                   ; (, C.00.04]?
2.x and prior                                ; (, 3)?
up to and including 3.1                      ; (, 3.1]?
Versions 2.0 through 2.4                     ; [2.0, 2.4]?
from 2.0 to 2.4                              ; [2.0, 2.4]?
between 2.0 and 2.4                          ; [2.0, 2.4]?
2.0 - 2.4                                    ; [2.0, 2.4]?
from 2.0 before 2.4.58                       ; [2.0, 2.4.58)?
2.0 and later, prior to 3.0                  ; [2.0, 3.0)?
04.00.00 or newer                            ; [04.00.00, )?
3.0 and above                                ; [3.0, )?
later than 3.0                               ; (3.0, )?
1.0 through 1.4; 2.0 and earlier             ; [1.0, 1.4]? (, 2.0]?
Version A, Firmware A.03.09, Part #: M8-1    ; {A.03.09}?
<  july 1 2017                               ; made before 2017-07-01?
distributed  < april 1, 2018                 ; made before 2018-04-01?
manufactured prior to April 1 2018           ; made before 2018-04-01?
<8/30/2024                                   ; made before 2024-08-30?
< 8/3/2024                                   ; unknown
< august 28                                  ; unknown
< february 30 2020                           ; unknown
Accu-Chek Inform II                          ; unknown
n/a                                          ; unknown
"""


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
def test_the_table_of_versions(line: str) -> None:
    text, _, expected = line.rpartition(" ; ")
    found = versions.ranges(text.strip())
    assert " ".join(short(r) for r in found) == expected.strip()
    assert {r.text for r in found} == {" ".join(text.split())}


@given(st.text(max_size=400))
def test_any_text_gives_ranges_that_keep_it(text: str) -> None:
    found = versions.ranges(text)
    assert found
    assert all(r.text == " ".join(text.split()) for r in found)
    assert all(r.certain is False for r in found if not r.understood)


WORDS = [
    "all",
    "versions",
    "prior",
    "to",
    "and",
    "earlier",
    "1.0",
    "v2",
    "<=",
    "<",
    "|",
    ",",
    "(",
    ")",
    "x",
    "-",
]


@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_what_is_not_understood_bounds_nothing(words: list[str]) -> None:
    for found in versions.ranges(" ".join(words)):
        if not found.understood:
            assert (found.low, found.high, found.exactly, found.dated_before) == (None, None, None, None)


def test_bounds_in_fields() -> None:
    assert short(versions.between("2.0", "2.4.1", high_included=False)) == "[2.0, 2.4.1)"
    assert short(versions.between("0", "1.9")) == "(, 1.9]"
    assert short(versions.between("5.0", "5.*", high_included=False)) == "[5.0, 6)"
    assert short(versions.between("*", None)) == "(, )"
    assert short(versions.between("earlier", "1.9")) == "(, 1.9]?"
    assert versions.between("1", "2").text == ">= 1 <= 2"


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Acme recommends users update to version 3.0 or later.", "3.0"),
        ("Please upgrade the pump to v2.10.1.", "2.10.1"),
        ("We recommend updating to the latest version 4.", "4"),
        ("Update to version 1.0 or upgrade to version 2.0.", None),
        ("Version 1.0 is affected.", None),
        ("Contact support.", None),
    ],
)
def test_the_version_that_a_remedy_names(text: str, version: str | None) -> None:
    assert versions.fixed_in(text) == version


def test_a_day_is_one_of_the_calendar() -> None:
    [found] = versions.ranges("released before 1 May 2020")
    assert found.dated_before == date(2020, 5, 1)
