"""How fast feeds find what they mean: advisories against an inventory of 100,000 machines, beside looking at
every product for every claim.

    python benchmarks/matching.py [ASSETS]

The inventory is generated: machines of 4,000 products by 300 makers, with versions; the advisories name 300
of these products and 300 that nobody has. Times are processor seconds. The peer compares the same names with
the same code and without an index; it is run on a sample of the claims and scaled.
"""

from __future__ import annotations

import random
import sys
import time

from panacea_policy.feeds.inventory import Item, Product
from panacea_policy.feeds.matching import Index, readings
from panacea_policy.feeds.records import ProductClaim, VersionRange

PRODUCTS, MAKERS, CLAIMS, SAMPLE = 4_000, 300, 300, 6
_PARTS = (
    "al",
    "ver",
    "tis",
    "cor",
    "mo",
    "ran",
    "dex",
    "ulo",
    "sen",
    "pra",
    "vi",
    "quo",
    "lam",
    "ter",
    "zin",
    "ob",
)


def word(draw: random.Random) -> str:
    """A made-up word."""
    return "".join(draw.choice(_PARTS) for _ in range(3))


def products(draw: random.Random, makers: list[str]) -> list[Product]:
    """Products of the makers: a family name, what it is, a model number."""
    kinds = ("pump", "monitor", "ventilator", "scanner", "analyser", "server", "gateway")
    return [
        Product(
            (draw.choice(makers),),
            (f"{word(draw).title()} {draw.choice(kinds)} {draw.choice('ABCMX')}{draw.randrange(100, 999)}",),
        )
        for _ in range(PRODUCTS)
    ]


def main() -> None:
    """Measure, and print."""
    assets = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    draw = random.Random(1)
    made = products(draw, [f"{word(draw).title()} Medical Inc." for _ in range(MAKERS)])
    items = [
        Item(f"d{n}", f"d{n}", "asset", draw.choice(made), version=f"{draw.randrange(9)}.{draw.randrange(9)}")
        for n in range(assets)
    ]
    named = draw.sample(made, CLAIMS)
    below = (VersionRange(high="5.0", high_included=False),)
    claims = [ProductClaim(p.vendors[0].removesuffix(" Inc."), p.names[0], versions=below) for p in named]
    strangers = [ProductClaim(f"{word(draw)} Ltd.", f"{word(draw)} pump Z{n}") for n in range(CLAIMS)]

    start = time.process_time()
    index = Index(items)
    built = time.process_time() - start
    start = time.process_time()
    found = [index.match(claim) for claim in claims + strangers]
    took = time.process_time() - start
    facts = sum(match.fact and match.inside is not False for each in found for match in each)

    start = time.process_time()
    for claim in claims[:SAMPLE]:
        for reading in readings(claim):
            for product in index.products:
                index.alike(reading, product)
    plain = (time.process_time() - start) / SAMPLE * len(found)

    print(f"{assets:,} machines of {PRODUCTS:,} products; {len(found)} claims")
    print(f"index built           {built:8.2f} s")
    print(f"claims matched        {took:8.2f} s   {1000 * took / len(found):.2f} ms each; {facts:,} facts")
    print(f"without an index      {plain:8.2f} s   (from {SAMPLE} claims)   {plain / took:.0f} times as long")


if __name__ == "__main__":
    main()
