"""Soufflé, interpreted and compiled, when a ``souffle`` is on the PATH.

Facts lie in files of tab-separated columns before the clock starts. Compiling the program to C++ is not on
the clock either; starting the process, reading the facts and counting the rows are, since Soufflé does all
at once.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.engine.peers.bodies import has_wildcards, variables
from benchmarks.engine.peers.logic import RuleWriter, expr_text, relation_text
from benchmarks.engine.peers.outcome import Outcome, Untranslatable, derived
from benchmarks.engine.problem import Problem
from panacea_policy.engine import Aggregate, Program, Var

_SIZE = re.compile(r"^r_(\w+)\t(\d+)$", re.MULTILINE)

#: Starts a command and says how long it took, on the wall and the processor, and the most megabytes it held.
#: It is a small process of its own: the system counts what a process that forks holds as its child's, too.
_WATCH = """
import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[1:])
seconds = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=sys.stderr)
sys.exit(code)
"""


class Souffle:
    """Soufflé on one thread; ``compile`` makes a program of its own before the clock starts."""

    def __init__(self, problem: Problem, folder: Path, *, compile: bool = False) -> None:
        found = shutil.which("souffle")
        if found is None:
            raise FileNotFoundError("no `souffle` is on the PATH")
        source = folder / "program.dl"
        source.write_text(program_text(problem.program))
        for declaration in problem.program.relations:
            write_facts(folder / f"{relation_text(declaration.name)}.facts", problem, declaration.name)
        self._command = [found, "-F", str(folder), "-j", "1", str(source)]
        if compile:
            binary = folder / "program"
            subprocess.run([found, "-o", str(binary), str(source)], check=True, capture_output=True)
            self._command = [str(binary), "-F", str(folder), "-j", "1"]

    def run(self) -> Outcome:
        command = [sys.executable, "-S", "-c", _WATCH, *self._command]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds, cpu, peak = map(float, done.stderr.split()[-3:])
        rows = {name: int(count) for name, count in _SIZE.findall(done.stdout)}
        return Outcome(0.0, seconds, cpu, rows, peak, own=True)


def write_facts(path: Path, problem: Problem, relation: str) -> None:
    """One row a line; an empty file for a relation without facts."""
    columns = problem.facts.get(relation, ())
    rows = zip(*(column.tolist() for column in columns), strict=True)
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))


def program_text(program: Program) -> str:
    """Declarations and rules. Raises Untranslatable."""
    writer = _Writer()
    for declaration in program.relations:
        writer.declare(relation_text(declaration.name), [name for name, _ in declaration.columns])
    heads = derived(program)
    for declaration in program.relations:
        io = "printsize" if declaration.name in heads else "input"
        writer.lines.append(f".{io} {relation_text(declaration.name)}")
    for rule in program.rules:
        writer.rule(rule)
    return "\n".join(writer.lines) + "\n"


class _Writer(RuleWriter):
    """Beside the rules: the members and the domains of aggregates where they need relations of their own."""

    no = "!"

    def __init__(self) -> None:
        super().__init__()
        self._helpers = 0

    def declare(self, name: str, columns: Sequence[str]) -> None:
        self.lines.append(f".decl {name}({', '.join(f'c_{column}: number' for column in columns)})")

    def aggregate(self, own: Aggregate, closed: bool) -> list[str]:
        group = [var.name for var in own.group]
        inner = ", ".join(map(self.plain, own.body))
        if has_wildcards(own.body) or (own.op == "count" and own.value is not None):
            names = sorted({name for literal in own.body for name in variables(literal)})
            if own.op == "count" and own.value is not None:
                if not isinstance(own.value, Var):
                    raise Untranslatable("a count of distinct values of an expression")
                names = [*group, own.value.name]
            inner = self._helper("members", names, inner)
        value = "" if own.value is None or own.op == "count" else f" {expr_text(own.value)}"
        parts = [f"{expr_text(own.result)} = {own.op}{value} : {{ {inner} }}"]
        if not closed:
            parts.insert(0, self._helper("domain", group, inner))
        return parts

    def _helper(self, sort: str, names: Sequence[str], body: str) -> str:
        """A relation of its own that a body derives; returns its atom."""
        self._helpers += 1
        name = f"{sort}_{self._helpers}"
        self.declare(name, names)
        atom = f"{name}({', '.join(f'V{each}' for each in names)})"
        self.lines.append(f"{atom} :- {body}.")
        return atom
