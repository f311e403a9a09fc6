"""Runs the engine and its peers on every program, each in a process of its own, and compares the rows.

Time is that of taking the facts in, which lie ready in NumPy columns (for clingo and Soufflé: in files), and
of deriving every relation of the program; not that of generating facts, of starting Python, of importing
packages, or of counting rows afterwards. `new process` is the first run, with compiled kernels in the cache;
the figure in front is the median of the runs after it in the same process. Memory is the peak of the process
over the first run, with the facts as they were given, Python and its packages. One thread each; DuckDB also
with two.

All engines must derive as many rows of every relation, otherwise this ends with an error. An engine that
takes longer than the bound is shown as `> bound`. DuckDB runs mutual and non-linear recursion as a loop in
Python over SQL, since it has no statement for it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engine.figures import FIGURES
from benchmarks.engine.markdown import page
from benchmarks.engine.measure import PEERS, Failed, Laboratory, Line, check_rows, laboratory
from benchmarks.engine.peers.bodies import is_linear
from benchmarks.engine.registry import PROBLEMS
from benchmarks.engine.report import Report, figure_text, line_text, machine
from panacea_policy.engine import Program, compile_program

FIRST_USE = "first_use"


def main() -> None:
    arguments = parse(sys.argv[1:])
    report = Report(machine(), arguments.repeat, arguments.quick)
    print(f"{report.machine}\n")
    try:
        with laboratory(repeat=arguments.repeat, bound=arguments.bound) as lab:
            run(lab, report, arguments)
    except Failed as failure:
        sys.exit(str(failure))
    for text, found, met in report.goals():
        print(f"{'met' if met else 'NOT MET':<8} {text}: {found}")
    if arguments.json:
        arguments.json.write_text(json.dumps(report.as_json(), indent=1) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(page(report.as_json()))


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.engine",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = ", ".join([*PROBLEMS, *FIGURES, FIRST_USE])
    parser.add_argument("--only", action="append", metavar="NAME", help=f"whose name begins so: {names}")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: what is written works, figures mean little"
    )
    parser.add_argument("--repeat", type=int, default=4, help="runs of each engine (default 4)")
    parser.add_argument(
        "--bound", type=float, default=40.0, help="seconds that one run may take (default 40)"
    )
    parser.add_argument("--peers", default=",".join(PEERS), help=f"some of {','.join(PEERS)} (default all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was found")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page of the documentation")
    arguments = parser.parse_args(words)
    unknown = set(arguments.peers.split(",")) - PEERS.keys()
    if unknown:
        parser.error(f"no engine is called {', '.join(sorted(unknown))}")
    if arguments.repeat < 1 or arguments.bound <= 0:
        parser.error("--repeat and --bound are above zero")
    arguments.names = chosen([*PROBLEMS, *FIGURES, FIRST_USE], arguments.only)
    if not arguments.names:
        parser.error(f"nothing is called {', '.join(arguments.only)}; there are {names}")
    return arguments


def chosen(everything: Sequence[str], only: Sequence[str] | None) -> list[str]:
    """The names that are meant: one that is given in full is meant alone, otherwise all that begin so."""
    if only is None:
        return list(everything)
    return [
        name
        for name in everything
        if name in only or any(name.startswith(each) for each in only if each not in everything)
    ]


def run(lab: Laboratory, report: Report, arguments: argparse.Namespace) -> None:
    """Measures everything that was asked for, and prints it as it comes. Raises Failed."""
    peers = [peer for name in arguments.peers.split(",") for peer in PEERS[name]]
    if shutil.which("souffle") is None and "souffle" in peers:
        peers = [peer for peer in peers if not peer.startswith("souffle")]
        print("no `souffle` is on the PATH: Soufflé is left out\n")
    for name in arguments.names:
        if name in PROBLEMS:
            report.lines.append(problem_line(lab, name, peers, quick=arguments.quick))
            print(line_text(report.lines[-1]), end="\n\n", flush=True)
        elif "ours" in peers:
            found = first_use(lab, quick=arguments.quick) if name == FIRST_USE else None
            report.figures[name] = found or lab.figure(name, quick=arguments.quick)
            print(figure_text(name, report.figures[name]), end="\n\n", flush=True)


def problem_line(lab: Laboratory, name: str, peers: Sequence[str], *, quick: bool) -> Line:
    entry = PROBLEMS[name]
    problem = entry.quick() if quick else entry.full()
    with lab.problem(problem) as place:
        measured = [lab.measure(peer, place) for peer in peers]
    title = f"{entry.title} (quick: smaller)" if quick else entry.title
    rows = sum(check_rows(name, measured).values())
    rules = len(problem.program.rules)
    return Line(name, title, rules, problem.size, rows, has_loop(problem.program), tuple(measured))


def has_loop(program: Program) -> bool:
    """Whether some recursion is mutual or non-linear."""
    recursive = (stratum for stratum in compile_program(program).strata if stratum.recursive)
    return not all(is_linear(each.relations, [rule.rule for rule in each.rules]) for each in recursive)


def first_use(lab: Laboratory, *, quick: bool) -> dict[str, object]:
    """Our engine on the largest closure with an empty cache, and again with what that left in it."""
    entry = PROBLEMS["closure_layered"]
    with lab.problem(entry.quick() if quick else entry.full()) as place:
        cache = place / "empty cache"
        cold, warm = lab.compile_kernels(place, cache), lab.compile_kernels(place, cache)
    if cold is None or warm is None:
        raise Failed("the first use took longer than the bound")
    return {"cold": cold.seconds, "warm": warm.seconds, "compiled": cold.compiled}


if __name__ == "__main__":
    main()
