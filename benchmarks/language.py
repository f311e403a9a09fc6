"""How fast texts become trees: parsed, from the disk cache, and parsed by Lark alone with the same grammar.

    python benchmarks/language.py [SYSTEMS]

The model is generated: SYSTEMS systems (default 2,000: about 0.7 MB) with endpoints, backups and flows.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lark import Lark

from panacea_policy.language import Source, TreeCache, load_tree, parse
from panacea_policy.language.parser import engine
from panacea_policy.language.resources import grammar_text

ROUNDS = 5


def model(systems: int) -> str:
    """The text of a hospital with so many systems."""
    lines = ["use std.healthcare, packs.nis2\n"]
    lines += [
        f'zone z{number} "Zone {number}" in clinical {{ trust: {number % 5} }}\n' for number in range(100)
    ]
    for number in range(systems):
        lines.append(
            f"## Keeps the studies of ward {number}.\n"
            f'system s{number} "System {number}" : server in z{number % 100} {{\n'
            f'  product: cpe("cpe:2.3:a:acme:pacs:{number % 9}.2:*:*:*:*:*:*:*")\n'
            f"  stores: [imaging_study, record_{number % 7}]\n"
            "  endpoint web { protocol: https  security: tls12  authentication: password }\n"
            f"  owner: role_{number % 50}  backup: {{ interval: 1 d  offsite: true }}\n"
            "}\n"
            f"flow s{number} -> s{number * 7 % systems}.web over https {{ carries: [imaging_study] }}\n"
        )
    return "".join(lines)


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The shortest of several runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def cold_start(folder: str) -> float:
    """Seconds to import the language and to build its parser from the cache, in a fresh process."""
    code = (
        "import time; start = time.perf_counter()\n"
        "from panacea_policy.language.parser import engine; engine()\n"
        "print(time.perf_counter() - start)"
    )
    environment = {**os.environ, "PANACEA_CACHE_DIR": folder}
    root = Path(__file__).parents[1]
    run = [sys.executable, "-c", code]
    outputs = [
        subprocess.run(run, env=environment, cwd=root, capture_output=True, check=True) for _ in range(6)
    ]
    return min(float(output.stdout) for output in outputs[1:])


def main() -> None:
    systems = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    text = model(systems)
    size = len(text.encode()) / 1e6
    source = Source("model.panacea", text)
    engine()
    assert parse(source).diagnostics == ()
    parsed = best(lambda: parse(source))
    with tempfile.TemporaryDirectory() as folder:
        cache = TreeCache(Path(folder) / "trees")
        load_tree(source, cache)
        cached = best(lambda: load_tree(source, cache))
        started = cold_start(folder)
    lark = Lark(grammar_text(), parser="lalr", lexer="contextual", start="file", propagate_positions=True)
    by_lark = best(lambda: lark.parse(text), 2)
    print(f"machine      {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"model        {size:.2f} MB, {systems} systems")
    print(f"parse        {parsed:6.3f} s  {size / parsed:6.2f} MB/s  {by_lark / parsed:5.1f} × Lark")
    print(f"from cache   {cached:6.3f} s  {size / cached:6.2f} MB/s  {parsed / cached:5.1f} × parsing")
    print(f"Lark alone   {by_lark:6.3f} s  {size / by_lark:6.2f} MB/s  (trees of tokens with positions)")
    print(f"cold start   {started * 1000:6.1f} ms  import, and tables from the cache")


if __name__ == "__main__":
    main()
