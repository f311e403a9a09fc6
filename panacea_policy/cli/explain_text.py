"""The three forms of what ``panacea explain`` answers: a tree for people, JSON, and a picture in DOT."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from panacea_policy.cli.output import Terminal
from panacea_policy.compiler import Explanation, Mark, Workspace
from panacea_policy.formats.places import Places
from panacea_policy.language.diagnostics import visible

if TYPE_CHECKING:
    from panacea_policy.cli.explain import Answer
    from panacea_policy.formats.documents import ProofNode

#: Questions that are offered next.
_NEXT = 3

#: Characters of a rule's text that are shown beside it.
_SNIPPET = 72


def trees(places: Places, workspace: Workspace, answer: Answer, terminal: Terminal) -> str:
    """The answer as trees; of what does not hold, each condition with a sign of whether it is met."""
    shown = "\n".join(_tree(places, workspace, each, terminal, answer.proved is None) for each in answer.told)
    asked = list(dict.fromkeys(_asked(answer.told)))[:_NEXT] if answer.proved is None else []
    if not asked:
        return shown
    lines = [f'  panacea explain "{visible(each)}"' for each in asked]
    return "\n".join([shown, "ask next:", *lines]) + "\n"


def document(places: Places, workspace: Workspace, subject: str, answer: Answer) -> str:
    """The answer as a document of schema panacea/proof/v1, or panacea/why-not/v1."""
    from panacea_policy.formats.documents import ProofDocument, WhyNotDocument
    from panacea_policy.version import __version__

    told = [_record(places, workspace, each) for each in answer.told]
    if answer.proved is None:
        (reason,) = told
        return WhyNotDocument(
            version=__version__, as_of=workspace.as_of, subject=subject, answer=reason
        ).to_json()
    return ProofDocument(
        version=__version__,
        as_of=workspace.as_of,
        subject=subject,
        proofs=tuple(told),
        **answer.proved.certificate(),
    ).to_json()


def picture(places: Places, workspace: Workspace, subject: str, answer: Answer) -> str:
    """The answer as a picture in Graphviz DOT."""
    from panacea_policy.report.graphs.proofs import proof_picture
    from panacea_policy.report.graphs.texts import dot

    return dot(proof_picture(subject, answer.told, lambda line: _place(places, workspace, line)))


def _asked(told: tuple[Explanation, ...]) -> Iterator[str]:
    """What may be asked about next, that which is nearest to the top first."""
    asked = {each.ask for each in told}
    level = [child for each in told for child in each.children]
    while level:
        yield from (each.ask for each in level if each.ask is not None and each.ask not in asked)
        level = [child for each in level for child in each.children]


def _tree(places: Places, workspace: Workspace, top: Explanation, terminal: Terminal, signs: bool) -> str:
    def line(node: Explanation) -> str:
        text = visible(node.text) + _snippet(workspace, node)
        if signs and node is not top:
            text = _SIGNS.get(node.mark, "") + text
        if node.mark in (Mark.MISSING, Mark.AGAINST) and node is not top:
            text = terminal.style(text, fg="red")
        place = _place(places, workspace, node)
        return text + (f"  {terminal.style(place, dim=True)}" if place else "")

    def below(node: Explanation, indent: str) -> Iterator[str]:
        for index, child in enumerate(node.children):
            last = index == len(node.children) - 1
            yield indent + ("└─ " if last else "├─ ") + line(child)
            yield from below(child, indent + ("   " if last else "│  "))

    return "\n".join([terminal.style(line(top), bold=True), *below(top, "")]) + "\n"


_SIGNS = {
    Mark.MISSING: "✗ ",
    Mark.AGAINST: "✗ ",
    Mark.HOLDS: "✓ ",
    Mark.FACT: "✓ ",
    Mark.ABSENT: "✓ ",
    Mark.ABOVE: "✓ ",
}


def _snippet(workspace: Workspace, node: Explanation) -> str:
    """The beginning of the rule that a line is about."""
    if node.mark is not Mark.RULE or node.span is None or node.span.file not in workspace.sources:
        return ""
    source = workspace.sources[node.span.file].text[node.span.start : node.span.end]
    text = " ".join(source.split())
    return f": {visible(text if len(text) <= _SNIPPET else text[:_SNIPPET] + '…')}"


def _place(places: Places, workspace: Workspace, node: Explanation) -> str:
    if node.span is None or node.span.file not in workspace.sources:
        return ""
    place = places.place(node.span, workspace.sources)
    return f"{place.path}:{place.line}"


def _record(places: Places, workspace: Workspace, node: Explanation) -> ProofNode:
    from panacea_policy.formats.check_json import location
    from panacea_policy.formats.documents import ProofNode

    return ProofNode(
        text=node.text,
        mark=node.mark,
        location=location(places.place(node.span, workspace.sources)) if node.span is not None else None,
        ask=node.ask,
        children=tuple(_record(places, workspace, child) for child in node.children),
    )
