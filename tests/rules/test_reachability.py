"""Reachability by rules is what sending every packet finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compiler.workspaces import good_model, named
from tests.rules.packets import PROTOCOLS, draw

USES = "use std.healthcare, packs.attack\n"


def by_rules(folder: Path, seeds: range) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """What rules and what packets say reaches what, over many networks side by side in one model."""
    texts = [
        USES,
        *(f"protocol {name} {{ ports: [{low}..{high}] }}" for name, [(low, high)] in PROTOCOLS.items()),
    ]
    sent: set[tuple[str, ...]] = set()
    for seed in seeds:
        network = draw(seed)
        prefix = f"n{seed}_"
        texts.append(network.text(prefix))
        sent |= {(prefix + zone, prefix + host, protocol) for zone, host, protocol in network.reaches()}
    workspace = good_model(folder, "\n".join(texts))
    rows = workspace.query("zone x, asset h, protocol p where reaches(x, h, p)").rows
    return {tuple(str(named(each)) for each in row) for row in rows}, sent


def test_packets_and_rules_agree(tmp_path: Path) -> None:
    """200 networks of four zones, two hosts, one or two firewalls and up to two conduits."""
    ruled, sent = by_rules(tmp_path, range(200))
    assert len(sent) > 500
    assert (ruled - sent, sent - ruled) == (set(), set())


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4))
def test_packets_and_rules_agree_on_more(tmp_path: Path, block: int) -> None:
    ruled, sent = by_rules(tmp_path, range(1000 * (block + 1), 1000 * (block + 2)))
    assert (ruled - sent, sent - ruled) == (set(), set())
