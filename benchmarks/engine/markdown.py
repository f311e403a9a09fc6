"""The page of the documentation: ``page.md``, and tables made of the JSON of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.engine.report import figure_text

_HEAD = Path(__file__).with_name("page.md").read_text(encoding="utf-8")


def page(found: Mapping[str, Any]) -> str:
    """The whole page, from what `Report.as_json` gives."""
    small = ", of small sizes: these figures mean little" if found["quick"] else ""
    if not found["problems"]:
        return f"{_HEAD}\n## Results\n\nNot measured yet for this version.\n"
    parts = [
        _HEAD,
        "## Programs\n",
        _table(
            ("program", "what", "rules", "facts", "rows derived"),
            [
                (each["name"], each["title"], f"{each['rules']:,}", f"{each['facts']:,}", f"{each['rows']:,}")
                for each in found["problems"]
            ],
        ),
        "\n## Results\n",
        f"{found['machine']}. Up to {found['repeat']} runs of each{small}.\n",
        _results(found["problems"]),
    ]
    for name, figure in found["figures"].items():
        parts.append(f"\n```text\n{figure_text(name, figure)}\n```")
    if found["goals"]:
        rows = [(each["goal"], each["found"], "yes" if each["met"] else "**no**") for each in found["goals"]]
        parts += ["\n## Goals\n", _table(("goal", "found", "met"), rows)]
    return "\n".join(parts) + "\n"


def _results(problems: Sequence[Mapping[str, Any]]) -> str:
    peers = list(dict.fromkeys(engine["peer"] for each in problems for engine in each["engines"]))
    rows = []
    for each in problems:
        engines = {engine["peer"]: engine for engine in each["engines"]}
        mark = " †" if each["duckdb_loops"] else ""
        rows.append((each["name"] + mark, *(_cell(engines.get(peer), engines.get("ours")) for peer in peers)))
    return _table(("program", *peers), rows)


def _cell(engine: Mapping[str, Any] | None, ours: Mapping[str, Any] | None) -> str:
    """Time, the ratio to ours, and memory."""
    if engine is None:
        return "–"
    if "median" not in engine:
        return f"> {engine['bound']:.0f} s"
    text = f"{engine['median']:.3f} s"
    if engine is ours:
        text += f" ({engine['min']:.3f}–{engine['max']:.3f}; new process {engine['first']:.3f})"
    elif ours is not None and "median" in ours:
        text += f" ({engine['median'] / ours['median']:.1f} ×)"
    return f"{text}, {engine['peak_mb']:,.0f} MB"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
