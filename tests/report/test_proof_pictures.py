"""Proofs as pictures."""

from __future__ import annotations

from panacea_policy.compiler import Explanation, Mark
from panacea_policy.report.graphs.picture import Picture
from panacea_policy.report.graphs.proofs import proof_picture
from panacea_policy.report.graphs.texts import dot


def drawn(*lines: Explanation) -> Picture:
    return proof_picture("why", lines, lambda line: "")


def test_what_rests_on_the_same_points_at_one_box() -> None:
    shared = Explanation("b", None, (Explanation("c", None, mark=Mark.FACT),))
    top = Explanation("a", None, (shared, Explanation("d", None, (shared.again(),))))
    picture = drawn(top)
    assert [node.title for node in picture.nodes] == ["a", "b", "c", "d"]
    titles = {node.id: node.title for node in picture.nodes}
    assert {(titles[link.source], titles[link.target]) for link in picture.links} == {
        ("a", "b"),
        ("b", "c"),
        ("a", "d"),
        ("d", "b"),
    }


def test_what_is_missing_is_told_apart_each_time() -> None:
    missing = Explanation("x is missing", None, mark=Mark.MISSING)
    rules = tuple(Explanation("1 condition is not met", None, (missing,), Mark.RULE) for _ in range(2))
    picture = drawn(Explanation("a does not hold", None, rules, Mark.MISSING))
    assert [node.tone for node in picture.nodes] == ["danger", "neutral", "danger", "neutral", "danger"]


def test_names_cannot_break_out_of_the_text() -> None:
    text = dot(drawn(Explanation('a"]; evil [label="b', None)))
    assert '"a\\"]; evil [label=\\"b"' in text
