"""Pictures in the languages of other drawing tools: Graphviz DOT, Mermaid flowcharts, plain JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from panacea_policy.report.graphs.picture import Picture, Tone

_COLOURS: Mapping[Tone, tuple[str, str]] = {
    "danger": ("#b3261e", "#fdf1f0"),
    "warning": ("#9a6700", "#fff8e6"),
    "care": ("#0b7285", "#eef8fa"),
    "device": ("#1c5fa8", "#eff5fc"),
    "admin": ("#6b46a8", "#f6f2fc"),
    "neutral": ("#5c6773", "#f6f7f9"),
    "data": ("#7a5a00", "#fdf9ec"),
    "good": ("#2b7a3f", "#eff8f1"),
}


def dot(picture: Picture) -> str:
    """Graphviz DOT. Every name and label is a quoted string, as names may hold anything."""
    numbers = _numbers(picture)
    lines = [
        f"digraph {_quoted(picture.title)} {{",
        f"  rankdir={'LR' if picture.rightwards else 'TB'};",
        '  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11];',
        '  edge [fontname="sans-serif", fontsize=9];',
    ]
    owners = picture.owners()
    for node in picture.nodes:
        line, fill = _COLOURS[node.tone]
        if node.rows:
            lines.append(f"  subgraph cluster_{numbers[node.id]} {{")
            lines.append(
                f"    label={_quoted(node.title)}; "
                f'style="rounded,filled"; color="{line}"; fillcolor="{fill}";'
            )
            lines.append(f'    {numbers[node.id]} [shape=point, style=invis, label=""];')
            lines += [
                f"    {numbers[row.id]} [label={_quoted(row.text)}, fillcolor=white];" for row in node.rows
            ]
            lines.append("  }")
        else:
            label = "\n".join(part for part in (node.title, node.subtitle, node.mark) if part)
            lines.append(
                f'  {numbers[node.id]} [label={_quoted(label)}, color="{line}", fillcolor="{fill}"];'
            )
    for link in picture.known_links():
        marks = [f"label={_quoted(link.label)}"] if link.label else []
        marks += ["dir=both"] if link.both_ways else []
        marks += ["style=dashed"] if link.dashed else []
        marks += ["penwidth=2"] if link.strong else []
        if link.source in {n.id for n in picture.nodes if n.rows} and owners[link.source] == link.source:
            marks.append(f"ltail=cluster_{numbers[link.source]}")
        lines.append(
            f"  {numbers[link.source]} -> {numbers[link.target]}"
            + (f" [{', '.join(marks)}];" if marks else ";")
        )
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def mermaid(picture: Picture) -> str:
    """A Mermaid flowchart. Labels are quoted, with the characters that Mermaid reads itself as entities."""
    numbers = _numbers(picture)
    lines = [f"flowchart {'LR' if picture.rightwards else 'TB'}"]
    for node in picture.nodes:
        if node.rows:
            lines.append(f"  subgraph {numbers[node.id]}[{_entities(node.title)}]")
            lines += [f"    {numbers[row.id]}[{_entities(row.text)}]" for row in node.rows]
            lines.append("  end")
        else:
            label = "<br/>".join(
                _entity_text(part) for part in (node.title, node.subtitle, node.mark) if part
            )
            lines.append(f'  {numbers[node.id]}["{label}"]')
        lines.append(f"  class {numbers[node.id]} {node.tone}")
    for link in picture.known_links():
        arrow = "<-->" if link.both_ways else "-.->" if link.dashed else "==>" if link.strong else "-->"
        said = f"|{_entities(link.label)}|" if link.label else ""
        lines.append(f"  {numbers[link.source]} {arrow}{said} {numbers[link.target]}")
    for tone in sorted({node.tone for node in picture.nodes}):
        line, fill = _COLOURS[tone]
        lines.append(f"  classDef {tone} stroke:{line},fill:{fill},color:#17202a")
    return "\n".join(lines) + "\n"


def _entities(text: str) -> str:
    return f'"{_entity_text(text)}"'


def _entity_text(text: str) -> str:
    return re.sub(r"[^\w ,.:/()+%-]", lambda m: f"#{ord(m.group())};", text)


def _numbers(picture: Picture) -> dict[str, str]:
    """A plain identifier for every node and row."""
    numbers: dict[str, str] = {}
    for node in picture.nodes:
        numbers.setdefault(node.id, f"n{len(numbers)}")
        for row in node.rows:
            numbers.setdefault(row.id, f"n{len(numbers)}")
    return numbers


def as_json(picture: Picture) -> str:
    """The picture as data (``panacea/graph/v1``)."""
    nodes = [
        {
            "id": n.id,
            "title": n.title,
            "subtitle": n.subtitle,
            "mark": n.mark,
            "tone": n.tone,
            "rows": [{"id": r.id, "text": r.text} for r in n.rows],
        }
        for n in picture.nodes
    ]
    links = [
        {"source": k.source, "target": k.target, "label": k.label, "both_ways": k.both_ways}
        for k in picture.known_links()
    ]
    made = {"schema": "panacea/graph/v1", "title": picture.title, "nodes": nodes, "links": links}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
