"""Figures that only our engine has: memory of facts, proofs, and changes beside a full run."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from benchmarks.engine import memory
from benchmarks.engine.peers.outcome import derived
from benchmarks.engine.problem import Builder, Columns, Problem, distinct
from benchmarks.engine.programs import attack, policy
from panacea_policy.engine import Database, Result, Symbols, compile_program, evaluate

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """What is measured, in words; how; and how what was found reads in one line or a few."""

    title: str
    run: Callable[..., Found]
    lines: Callable[[Found], list[str]]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and maximum."""
    return {"median": median(seconds), "p95": float(np.percentile(seconds, 95)), "max": max(seconds)}


def spread_text(found: Mapping[str, float]) -> str:
    texts = (f"{name} {found[name] * 1000:,.1f} ms" for name in ("median", "p95", "max"))
    return ", ".join(texts)


# ---------------------------------------------------------------------------------------------- memory

_THREE = """
relation fact(one: symbol, two: symbol, three: symbol)
relation seen(one: symbol)
seen(x) if fact(x, _, 'word')
"""


def facts_memory(*, quick: bool) -> Found:
    """Memory of facts of arity 3 in the engine, without the caller's arrays; symbols are told apart."""
    count = 20_000 if quick else 1_000_000
    build = Builder(9, _THREE)
    things = build.take(count // 10)
    build.add("fact", *(build.pick(things, round(1.1 * count)) for _ in range(3)))
    problem = build.problem("memory")
    columns = [np.ascontiguousarray(column[:count]) for column in problem.facts["fact"]]
    compiled = compile_program(problem.program)
    before = _settled()
    symbols = problem.symbols()
    with_symbols = _settled()
    memory.forget_peak()
    database = Database(symbols)
    inserted = database.insert("fact", columns)
    with_facts = _settled()
    result = evaluate(compiled, database)
    after = _settled()
    assert inserted == count
    return {
        "facts": count,
        "symbols": with_symbols - before,
        "held": with_facts - with_symbols,
        "evaluated": after - with_symbols,
        "peak": memory.peak() - with_symbols,
        "rows": len(result.table("seen")),
    }


def _settled() -> float:
    gc.collect()
    return memory.held()


def _memory_lines(found: Found) -> list[str]:
    return [
        f"{found['facts']:,} facts: {found['held']:.0f} MB held, {found['evaluated']:.0f} MB after a run, "
        f"{found['peak']:.0f} MB at most; their symbols {found['symbols']:.0f} MB more"
    ]


# ---------------------------------------------------------------------------------------------- proofs


def proofs(*, quick: bool) -> Found:
    """`Result.explain` of facts drawn from every derived relation of the attack graph."""
    problem = attack.make(1_000 if quick else 100_000)
    result = evaluate(compile_program(problem.program), problem.database())
    random = np.random.default_rng(10)
    wanted: list[tuple[str, list[Any]]] = []
    for name in derived(problem.program):
        table = result.table(name)
        for position in random.integers(0, len(table), 20):
            ids = [int(column[position]) for column in table.columns]
            wanted.append((name, [problem.value(id) for id in ids]))
    # In any order: what is asked for first pays for what is kept.
    wanted = [wanted[number] for number in random.permutation(len(wanted))]
    seconds = [_timed(partial(result.explain, name, row)) for name, row in wanted]
    slowest = int(np.argmax(seconds))
    return {
        "facts": problem.size,
        "first": seconds[0],
        "slowest": wanted[slowest][0],
        "peak": memory.peak(),
        **spread(seconds),
    }


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _proof_lines(found: Found) -> list[str]:
    return [
        f"over {found['facts']:,} facts: {spread_text(found)}, of `{found['slowest']}`; "
        f"the first {found['first'] * 1000:,.0f} ms; peak {found['peak']:.0f} MB"
    ]


# ---------------------------------------------------------------------------------------------- changes


def policy_changes(*, quick: bool) -> Found:
    """The policy program under its sequence of small changes, and now and then beside a fresh run."""
    problem = policy.make(5, 300, 600) if quick else policy.make()
    return _changed(problem, policy.changes(problem), check_every=10)


def single_facts(*, quick: bool) -> Found:
    """The attack graph while single facts go, relation by relation, and come back."""
    problem = attack.make(1_000 if quick else 100_000)
    random = np.random.default_rng(11)
    rows = []
    for name, columns in problem.facts.items():
        position = int(random.integers(0, len(columns[0])))
        rows.append((name, [column[position : position + 1] for column in columns]))
    gone = [policy.Change("delete", retract={name: row}) for name, row in rows]
    back = [policy.Change("insert", insert={name: row}) for name, row in rows]
    return _changed(problem, [*gone, *back], check_every=len(gone))


def _changed(problem: Problem, changes: Sequence[policy.Change], *, check_every: int) -> Found:
    try:
        from panacea_policy.engine import Live
    except ImportError:
        return {"skipped": "this build has no `panacea_policy.engine.Live`"}
    compiled = compile_program(problem.program)
    names = derived(problem.program)
    database = problem.database()
    symbols = database.symbols
    fresh: list[float] = []
    fresh.append(_timed(lambda: evaluate(compiled, database)))
    start = time.perf_counter()
    live = Live(compiled, database)
    initial = time.perf_counter() - start
    facts = dict(problem.facts)
    steps: list[Found] = []
    for number, change in enumerate(changes, 1):
        start = time.perf_counter()
        live.apply(insert=change.insert, retract=change.retract)
        steps.append({"kind": change.kind, "seconds": time.perf_counter() - start})
        apply_to(facts, change)
        if number % check_every == 0:
            start = time.perf_counter()
            again = evaluate(compiled, _database(facts, symbols))
            fresh.append(time.perf_counter() - start)
            _same(live.result, again, names, number)
    seconds = [step["seconds"] for step in steps]
    kinds = sorted({step["kind"] for step in steps})
    return {
        "initial": initial,
        "fresh": median(fresh),
        "changes": steps,
        "by_kind": {
            kind: spread([step["seconds"] for step in steps if step["kind"] == kind]) for kind in kinds
        },
        "worst_ratio": max(seconds) / median(fresh),
        "checked": len(fresh) - 1,
        "peak": memory.peak(),
        **spread(seconds),
    }


def _database(facts: Mapping[str, Columns], symbols: Symbols) -> Database:
    database = Database(symbols)
    for name, columns in facts.items():
        database.insert(name, columns)
    return database


def apply_to(facts: dict[str, Columns], change: policy.Change) -> None:
    """Carries a change out on plain columns: retractions first, then insertions."""
    for name, rows in change.retract.items():
        columns = facts[name]
        kept = np.ones(len(columns[0]), np.bool_)
        for row in zip(*rows, strict=True):
            matching = [column == value for column, value in zip(columns, row, strict=True)]
            kept &= ~np.logical_and.reduce(matching)
        facts[name] = [column[kept] for column in columns]
    for name, rows in change.insert.items():
        facts[name] = distinct(
            [np.concatenate([column, new]) for column, new in zip(facts[name], rows, strict=True)]
        )


def _same(live: Result, fresh: Result, names: Sequence[str], number: int) -> None:
    """Raises AssertionError, naming the relation, where the two do not hold the same rows."""
    for name in names:
        ours, theirs = live.table(name).columns, fresh.table(name).columns
        if not all(map(np.array_equal, ours, theirs)):
            raise AssertionError(f"after change {number} `{name}` is not what a fresh run gives")


def _change_lines(found: Found) -> list[str]:
    if "skipped" in found:
        return [f"skipped: {found['skipped']}"]
    lines = [
        f"initial load {found['initial']:.2f} s, full run {found['fresh']:.2f} s, "
        f"peak {found['peak']:.0f} MB; equal to a full run each of {found['checked']} times",
        f"a change: {spread_text(found)}; the worst is {found['worst_ratio']:.2f} of a full run",
    ]
    lines += [f"  {kind}: {spread_text(each)}" for kind, each in found["by_kind"].items()]
    return lines


FIGURES: dict[str, Figure] = {
    "memory": Figure("memory of facts of arity 3", facts_memory, _memory_lines),
    "explain": Figure("proofs of facts of the attack graph, 100,000 hosts", proofs, _proof_lines),
    "single_facts": Figure(
        "one fact of the attack graph taken away or added, 100,000 hosts", single_facts, _change_lines
    ),
    "policy_changes": Figure("policy, 853 rules, under 50 small changes", policy_changes, _change_lines),
}
