"""What findings rest on, in words and with places that other tools understand."""

from __future__ import annotations

from panacea_policy.compiler import Finding, Witness, WitnessLeaf
from panacea_policy.formats.check_run import CheckRun


def witness_of(check: CheckRun, finding: Finding) -> Witness | None:
    """What a finding rests on; None for one that no rule of the language has found."""
    try:
        return check.workspace.witness(finding)
    except KeyError:
        return None


def leaf_text(check: CheckRun, leaf: WitnessLeaf) -> str:
    """A leaf in words; of what is absent, the condition that nothing meets as the rule has it."""
    source = check.workspace.sources.get(leaf.span.file) if leaf.span is not None else None
    if leaf.what != "absent" or source is None or leaf.span is None:
        return leaf.text
    asked = " ".join(source.text[leaf.span.start : leaf.span.end].split())
    return f"{leaf.text}: {asked}"


def leaf_place(check: CheckRun, leaf: WitnessLeaf) -> str:
    """Where a leaf stands in the text, and the row of the inventory behind it; empty if it has no place."""
    if leaf.span is None:
        return ""
    row = check.places.row(leaf.origin) if leaf.origin is not None else None
    return ", ".join(map(str, (check.place(leaf.span), *([row] if row is not None else []))))
