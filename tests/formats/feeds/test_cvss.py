"""CVSS vectors of all versions, in the words of version 3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panacea_policy.feeds.records import Score
from panacea_policy.formats.feeds import cvss

TABLE = """
CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H ; 3.1 network low none False False
CVSS:3.0/AV:A/AC:H/PR:L/UI:R/S:C/C:N/I:N/A:H ; 3.0 adjacent high low True True
CVSS:3.1/AV:P/AC:L/PR:H/UI:N/S:U/C:N/I:N/A:N ; 3.1 physical low high False False
CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L/E:P/RL:O/RC:C ; 3.1 local low none False True
CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N ; 4.0 network high none True True
CVSS:4.0/AV:L/AC:L/AT:N/PR:H/UI:A/VC:N/VI:N/VA:H/SC:N/SI:L/SA:N ; 4.0 local low high True False
CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:H/E:A/R:A/RE:M ; 4.0 network low none False True
AV:N/AC:L/Au:N/C:P/I:P/A:P ; 2.0 network low none None False
(AV:L/AC:H/Au:S/C:N/I:N/A:C) ; 2.0 local high low None True
CVSS2#AV:A/AC:M/Au:M/C:N/I:N/A:P ; 2.0 adjacent low low None True
AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H ; 3.1 network low none True False
AV:A/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N ; 4.0 adjacent low none False True
AV:N ; none
CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H ; none
CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H ; none
CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H ; none
CVSS:3.1/AV:NN/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H ; none
CVSS:5.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H ; none
 ; none
"""


@pytest.mark.parametrize("line", TABLE.strip("\n").splitlines())
def test_the_table_of_vectors(line: str) -> None:
    text, _, expected = line.rpartition(" ; ")
    t = cvss.parse(text)
    words = (t.version, t.vector, t.complexity, t.privileges, t.interaction, t.disrupts) if t else ("none",)
    assert " ".join(str(w) for w in words) == expected


@given(st.text(max_size=80) | st.text("AVCLPRUINSHMQ:/", max_size=80).map("CVSS:3.1/".__add__))
def test_no_text_is_too_odd(text: str) -> None:
    found = cvss.parse(text)
    assert found is None or found.vector in ("network", "adjacent", "local", "physical")


def test_version_three_counts_before_the_others_and_the_highest_of_several() -> None:
    scores = [Score("2.0", 10.0), Score("4.0", 9.9), Score("3.0", 9.0), Score("3.1", 5.0), Score("3.1", 7.0)]
    assert cvss.chosen(scores) == Score("3.1", 7.0)
    assert cvss.chosen(scores[:3]) == Score("3.0", 9.0)
    assert cvss.chosen(scores[:2]) == Score("4.0", 9.9)
    assert cvss.chosen([]) is None


def test_the_traits_come_from_the_next_score_where_the_first_has_no_vector() -> None:
    vector = "AV:L/AC:H/Au:S/C:N/I:N/A:C"
    found = cvss.traits([Score("3.1", 7.0, "CVSS:3.1/broken"), Score("2.0", 5.0, vector)])
    assert found is not None
    assert found.version == "2.0"
