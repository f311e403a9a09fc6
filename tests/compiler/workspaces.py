"""Workspaces from texts, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from panacea_policy.compiler import Entity, Finding, Workspace

AS_OF = date(2026, 11, 1)


def lay_out(folder: Path, files: str | Mapping[str, str]) -> Path:
    """Write files below a folder; a single text becomes ``model.panacea``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in ({"model.panacea": files} if isinstance(files, str) else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return folder


def open_model(folder: Path, files: str | Mapping[str, str], as_of: date = AS_OF) -> Workspace:
    """A workspace over these files, without a cache."""
    return Workspace.open(lay_out(folder, files), as_of=as_of, cache=None)


def good_model(folder: Path, files: str | Mapping[str, str], as_of: date = AS_OF) -> Workspace:
    """The same, without any diagnostic but warnings of what is probably not meant so."""
    workspace = open_model(folder, files, as_of)
    assert not [code for code in codes(workspace) if not code.startswith("P07")]
    return workspace


def codes(workspace: Workspace) -> list[str]:
    """The codes of its diagnostics, in order."""
    return [diagnostic.code for diagnostic in workspace.diagnostics()]


def marked(workspace: Workspace) -> list[tuple[str, str]]:
    """Code of each diagnostic and the text it points at."""
    return [
        (each.code, workspace.sources[each.span.file].text[each.span.start : each.span.end])
        for each in workspace.diagnostics()
    ]


def entity(workspace: Workspace, name: str) -> Entity:
    """The entity of that name."""
    found = workspace.model.get(name)
    assert found is not None, name
    return found


def value(workspace: Workspace, name: str, attribute: str) -> object:
    """What is known of an attribute; entities by their names."""
    return named(workspace.model.value(entity(workspace, name), attribute))


def named(found: object) -> object:
    """Entities replaced by their names, also in tuples."""
    if isinstance(found, tuple):
        return tuple(named(each) for each in found)
    return found.name if isinstance(found, Entity) else found


def verdicts(workspace: Workspace) -> dict[tuple[str, str], str]:
    """Verdicts of open findings by rule and first subject."""
    return {(each.rule.name, each.subjects[0].name): str(each.verdict) for each in workspace.findings()}


def the_finding(workspace: Workspace, rule: str, subject: str) -> Finding:
    """The one finding of a rule on a subject."""
    (found,) = [f for f in workspace.findings() if f.rule.name == rule and f.subjects[0].name == subject]
    return found
