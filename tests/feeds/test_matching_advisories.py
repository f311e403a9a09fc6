"""All 72 advisories against a hospital's devices: who is meant and who is not, counted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from panacea_policy.feeds.inventory import Item, Product
from panacea_policy.feeds.matching import Index
from panacea_policy.feeds.records import Weakness
from panacea_policy.formats.feeds.detect import read
from tests.feeds.devices import HELD_OUT, ROWS, Row
from tests.shared_data import external


def hospital(rows: Sequence[Row] = ROWS) -> Index:
    return Index(
        Item(
            row.tag, row.tag, "asset",
            Product((row.maker,) if row.maker else (), (row.model,)),
            version=row.version or None,
        )
        for row in rows
    )  # fmt: skip


def named(folder: Path, rows: Sequence[Row] = ROWS) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Pairs of device and advisory: those taken as facts, and those that are questions."""
    index = hospital(rows)
    facts, questions = set(), set()
    for path in sorted(folder.glob("*.json")):
        weaknesses = [each for each in read(path).records if isinstance(each, Weakness)]
        for weakness in weaknesses:
            for product in weakness.products:
                for match in index.match(product.product):
                    if product.status == "affected" and match.inside is not False:
                        pair = (match.item.name, path.stem.removeprefix("icsma-"))
                        (facts if match.fact else questions).add(pair)
    return facts, questions - facts


@pytest.mark.parametrize(
    ("rows", "precision", "recall"),
    [pytest.param(ROWS, 0.97, 0.97, id="tuned on"), pytest.param(HELD_OUT, 0.9, 0.8, id="held out")],
)
def test_who_is_meant_by_the_advisories(rows: Sequence[Row], precision: float, recall: float) -> None:
    facts, questions = named(external("csaf"), rows)
    expected = {(row.tag, advisory) for row in rows for advisory in row.expected}
    right = facts & expected
    told = (
        f"precision {len(right) / len(facts):.3f}, recall {len(right) / len(expected):.3f} "
        f"of {len(expected)}; wrongly: {sorted(facts - expected)}; "
        f"missed: {sorted(expected - facts)}, of these asked: {sorted((expected - facts) & questions)}; "
        f"other questions: {len(questions - expected)}"
    )
    print(told)  # noqa: T201 - shown with -s, and when it fails
    assert len(right) >= precision * len(facts), told
    assert len(right) >= recall * len(expected), told


@pytest.mark.parametrize("how", ["exact", "near", "wrong"])
def test_each_group_of_devices(how: str) -> None:
    facts, _ = named(external("csaf"))
    tags = {row.tag for row in ROWS if row.how == how}
    expected = {(row.tag, advisory) for row in ROWS if row.how == how for advisory in row.expected}
    found = {pair for pair in facts if pair[0] in tags}
    if how == "wrong":
        assert len(found - expected) <= 1, found
    else:
        assert len(found & expected) >= 0.97 * len(expected) - 1, sorted(expected - found)
