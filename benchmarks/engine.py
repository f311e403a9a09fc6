"""Times the engine: transitive closure beside clingo in the same run, many small rules, 100,000 assets.

Run ``python -m benchmarks.engine``; ``--repeat N`` takes the best of N runs (default 3, clingo always 1).
"""

from __future__ import annotations

import argparse
import platform
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import clingo
import numpy as np
from numpy.typing import NDArray

from panacea_policy.engine import (
    Aggregate,
    Atom,
    Compare,
    Compiled,
    Const,
    Database,
    Program,
    RelationDecl,
    Rule,
    Sym,
    Symbols,
    Type,
    Var,
    compile_program,
    evaluate,
)

Edges = tuple[NDArray[np.int64], NDArray[np.int64]]
SYMBOL = Type.SYMBOL
X, Y, Z, W, V, P, N, T = map(Var, "xyzwvpnt")
ANY = Var("_")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    print(machine())
    print(f"\n{'one run':<44}{'rows':>11}{'engine':>10}{'clingo':>10}")
    for name, prepare in (
        ("1,000 rules, 11,100 facts", many_rules),
        ("attack steps, 100,000 assets", hospital),
    ):
        compiled, database, asked = prepare()
        rows, seconds = best(repeat, partial(size, compiled, database, asked))
        print(f"{name:<44}{rows:>11,}{seconds:>8.3f} s")
    closures = [
        (name, *best(repeat, partial(closure, nodes, edges)), edges) for name, nodes, edges in graphs()
    ]
    own_peak = peak_memory()
    for name, rows, ours, edges in closures:
        theirs_rows, theirs = best(1, partial(closure_by_clingo, edges))
        if rows != theirs_rows:
            sys.exit(f"{name}: {rows} rows, and clingo has {theirs_rows}")
        print(f"{name:<44}{rows:>11,}{ours:>8.3f} s{theirs:>8.3f} s")
    print(f"\npeak memory of the engine {own_peak:,.0f} MB, with clingo {peak_memory():,.0f} MB")


def peak_memory() -> float:
    """Megabytes held at most since the start."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def machine() -> str:
    """Processor, cores and versions, without which a figure means nothing."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        processor = f"{names[0]}, {len(names)} cores" if names else processor
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, clingo {clingo.__version__}"
    return f"{processor}; {platform.system()}; {versions}"


def best(repeat: int, run: Callable[[], int]) -> tuple[int, float]:
    """What a run gives, and the seconds of the fastest of some."""
    fastest = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        found = run()
        fastest = min(fastest, time.perf_counter() - start)
    return found, fastest


def graphs() -> list[tuple[str, int, Edges]]:
    """A random graph, a chain, and layers of 100 nodes with 3 edges each to the next."""
    random = np.random.default_rng(1)
    chain = np.arange(1_000)
    layered = np.repeat(np.arange(3_500), 3)
    onward = (layered // 100 + 1) * 100 + random.integers(0, 100, len(layered))
    return [
        (
            "closure, random, 1,500 nodes, 6,000 edges",
            1_500,
            (random.integers(0, 1_500, 6_000), random.integers(0, 1_500, 6_000)),
        ),
        ("closure, chain, 1,000 edges", 1_001, (chain, chain + 1)),
        ("closure, layered, 3,600 nodes, 10,500 edges", 3_600, (layered, onward)),
    ]


def closure(nodes: int, edges: Edges) -> int:
    relations = [RelationDecl(name, (("from", SYMBOL), ("to", SYMBOL))) for name in ("edge", "path")]
    rules = [
        Rule(Atom("path", (X, Y)), (Atom("edge", (X, Y)),), "edge"),
        Rule(Atom("path", (X, Z)), (Atom("path", (X, Y)), Atom("edge", (Y, Z))), "step"),
    ]
    database = Database(Symbols(range(nodes)))
    database.insert("edge", edges)
    return len(evaluate(compile_program(Program(relations, rules)), database).table("path"))


def closure_by_clingo(edges: Edges) -> int:
    source = "path(X,Y) :- edge(X,Y). path(X,Z) :- path(X,Y), edge(Y,Z). #show path/2."
    facts = "".join(f"edge({a},{b})." for a, b in zip(edges[0].tolist(), edges[1].tolist(), strict=True))
    control = clingo.Control(["--warn=none"])
    control.add("base", [], source + facts)
    control.ground([("base", [])])
    return sum(1 for _ in control.symbolic_atoms.by_signature("path", 2))


def size(compiled: Compiled, database: Database, asked: str) -> int:
    return len(evaluate(compiled, database).table(asked))


def declare(**arities: int) -> list[RelationDecl]:
    """Relations of symbols only."""
    return [RelationDecl(n, tuple((f"c{i}", SYMBOL) for i in range(arity))) for n, arity in arities.items()]


def symbol(id: int) -> Const:
    return Const(Sym(id))


def many_rules() -> tuple[Compiled, Database, str]:
    """500 rules of five shapes and 500 that gather what they find."""
    random = np.random.default_rng(0)
    relations = declare(
        kind=2, zone=2, flow=3, attribute=3, above=2, finding=2, **{f"r{i}": 1 for i in range(500)}
    )
    relations.append(RelationDecl("score", (("c0", SYMBOL), ("c1", Type.FLOAT))))
    rules = [
        Rule(Atom("above", (X, Y)), (Atom("zone", (X, Y)),), "direct"),
        Rule(Atom("above", (X, Z)), (Atom("above", (X, Y)), Atom("zone", (Y, Z))), "further"),
    ]
    for i in range(500):
        rules.append(Rule(Atom(f"r{i}", (X,)), small_body(i), f"r{i}"))
        rules.append(Rule(Atom("finding", (symbol(i), X)), (Atom(f"r{i}", (X,)),), f"finding {i}"))
    pick = random.integers
    database = Database(Symbols(range(4_000)))
    database.insert("kind", [np.arange(2_000), pick(0, 40, 2_000)])
    database.insert("zone", [np.arange(2_100), np.append(pick(2_000, 2_100, 2_000), pick(2_100, 2_110, 100))])
    database.insert("flow", [pick(0, 2_000, 3_000), pick(0, 2_000, 3_000), pick(200, 210, 3_000)])
    database.insert("attribute", [pick(0, 2_000, 3_000), pick(100, 130, 3_000), pick(0, 10, 3_000)])
    database.insert("score", [np.arange(1_000), random.random(1_000) * 10])
    return compile_program(Program(relations, rules)), database, "finding"


def small_body(i: int) -> tuple[Atom | Compare | Aggregate, ...]:
    kind, attribute = symbol(i % 40), symbol(100 + i % 30)
    shapes: Sequence[tuple[Atom | Compare | Aggregate, ...]] = (
        (Atom("kind", (X, kind)), Atom("attribute", (X, attribute, Y)), Compare("!=", Y, symbol(5))),
        (
            Atom("flow", (X, Y, symbol(200 + i % 10))),
            Atom("zone", (X, Z)),
            Atom("zone", (Y, W)),
            Compare("!=", Z, W),
            Atom("attribute", (X, attribute, ANY), negated=True),
        ),
        (
            Atom("kind", (X, kind)),
            Atom("score", (X, N)),
            Compare(">", N, Const(5)),
            Atom("flow", (X, ANY, ANY)),
        ),
        (
            Atom("kind", (X, kind)),
            Aggregate(N, "count", None, (X,), (Atom("flow", (X, Z, W)),)),
            Compare(">", N, Const(i % 4)),
        ),
        (Atom(f"r{max(i - 1, 0)}", (X,)), Atom("above", (X, Z)), Atom("zone", (Y, Z))),
    )
    return shapes[i % 5]


def hospital() -> tuple[Compiled, Database, str]:
    """Attack steps over 100,000 assets and 500,000 facts: who controls what through zones and conduits."""
    random = np.random.default_rng(0)
    assets = 100_000
    relations = declare(entry=1, zone=2, allows=3, exposes=2, flaw=2, controls=1, step=3)
    relations.append(RelationDecl("score", (("c0", SYMBOL), ("c1", Type.FLOAT))))
    body = (
        Atom("controls", (X,)),
        Atom("zone", (X, Z)),
        Atom("allows", (Z, W, P)),
        Atom("zone", (Y, W)),
        Atom("exposes", (Y, P)),
        Atom("flaw", (Y, V)),
        Atom("score", (V, T)),
        Compare(">", T, Const(9)),
    )
    rules = [
        Rule(Atom("controls", (X,)), (Atom("entry", (X,)),), "entry"),
        Rule(Atom("controls", (Y,)), body, "exploit"),
        Rule(Atom("step", (X, Y, V)), body, "step"),
    ]
    pick = random.integers
    database = Database(Symbols(range(assets + 3_000)))
    database.insert("entry", [pick(0, assets, 100)])
    database.insert("zone", [np.arange(assets), pick(assets, assets + 300, assets)])
    database.insert(
        "allows",
        [
            pick(assets, assets + 300, 900),
            pick(assets, assets + 300, 900),
            pick(assets + 300, assets + 320, 900),
        ],
    )
    database.insert("exposes", [pick(0, assets, 200_000), pick(assets + 300, assets + 320, 200_000)])
    database.insert("flaw", [pick(0, assets, 200_000), pick(assets + 400, assets + 2_900, 200_000)])
    database.insert("score", [np.arange(assets + 400, assets + 2_900), random.random(2_500) * 10])
    return compile_program(Program(relations, rules)), database, "step"


if __name__ == "__main__":
    main()
