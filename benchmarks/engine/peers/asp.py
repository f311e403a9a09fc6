"""clingo: the grounder alone, which derives everything of a stratified program.

Facts lie in a file before the clock starts; reading it is taking them in.
"""

from __future__ import annotations

from pathlib import Path

import clingo

from benchmarks.engine import memory
from benchmarks.engine.peers.bodies import variables
from benchmarks.engine.peers.logic import RuleWriter, expr_text, relation_text
from benchmarks.engine.peers.outcome import Outcome, Stopwatch, Tables, arities, derived
from benchmarks.engine.problem import Columns, Problem
from panacea_policy.engine import Aggregate, Program


class Clingo:
    """clingo by its Python interface, which has no other way in than text."""

    def __init__(self, problem: Problem, folder: Path) -> None:
        self._program = problem.program
        self._text = program_text(problem.program)
        self._file = folder / "facts.lp"
        with self._file.open("w") as file:
            for relation, columns in problem.facts.items():
                file.write(facts_text(relation, columns))

    def run(self) -> Outcome:
        watch = Stopwatch()
        control = clingo.Control(["--warn=none"])
        control.load(str(self._file))
        watch.loaded()
        control.add("base", [], self._text)
        control.ground([("base", [])])
        seconds = watch.stop()
        peak = memory.peak()
        arity = arities(self._program)
        rows = {}
        for name in derived(self._program):
            atoms = control.symbolic_atoms.by_signature(relation_text(name), arity[name])
            rows[name] = sum(1 for atom in atoms if atom.is_fact)
        return Outcome(*seconds, rows, peak)

    def tables(self) -> Tables:
        """The rows of every derived relation, for tests."""
        control = clingo.Control(["--warn=none"])
        control.load(str(self._file))
        control.add("base", [], self._text)
        control.ground([("base", [])])
        arity = arities(self._program)
        return {
            name: {
                tuple(argument.number for argument in atom.symbol.arguments)
                for atom in control.symbolic_atoms.by_signature(relation_text(name), arity[name])
                if atom.is_fact
            }
            for name in derived(self._program)
        }


def facts_text(relation: str, columns: Columns) -> str:
    """One fact a line."""
    name = relation_text(relation)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "".join(f"{name}({','.join(map(str, row))}).\n" for row in rows)


def program_text(program: Program) -> str:
    """The rules. Raises Untranslatable."""
    writer = _Writer()
    for rule in program.rules:
        writer.rule(rule)
    return "\n".join(writer.lines) + "\n"


class _Writer(RuleWriter):
    """Beside the rules: the domains of aggregates whose groups nothing else binds."""

    no = "not "

    def __init__(self) -> None:
        super().__init__()
        self._domains = 0

    def aggregate(self, own: Aggregate, closed: bool) -> list[str]:
        inner = ", ".join(map(self.plain, own.body))
        key = sorted({name for literal in own.body for name in variables(literal)})
        if own.op == "count" and own.value is not None:
            key = []
        members = [] if own.value is None else [expr_text(own.value)]
        members += [f"V{name}" for name in key] or ["0"]
        result = expr_text(own.result)
        parts = [f"{result} = #{own.op} {{ {','.join(members)} : {inner} }}"]
        if own.op in ("min", "max"):
            parts += [f"{result} != #sup", f"{result} != #inf"]
        if not closed:
            self._domains += 1
            group = ",".join(expr_text(var) for var in own.group)
            domain = f"domain_{self._domains}({group})"
            self.lines.append(f"{domain} :- {inner}.")
            parts.insert(0, domain)
        return parts
