"""An Open Threat Model 0.2 as a model.

A document that we wrote holds the files of the model: they come back as they were, and what the other tool
has changed since is listed. A document of another tool becomes declarations: trust zones are zones,
components systems, assets classes of data, mitigations controls, threats entries of the risk register.
Numbers of risk are that tool's opinion: they are kept as remarks, and never enter a computation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from panacea_policy.compiler import Workspace
from panacea_policy.formats.import_reading import At, ImportDiagnostic, ImportProblem, read_document
from panacea_policy.formats.import_writing import Conversion, Names, file_of, formatted, references
from panacea_policy.formats.otm_write import OURS, PER_LEVEL, elements
from panacea_policy.formats.otm_write import document as document_of
from panacea_policy.language.writing import one_line, quoted

#: Files of a model that a document may bring, and characters in all of them.
MOST_FILES = 1_000
MOST_TEXT = 64 * 1024 * 1024
_SUFFIXES = (".panacea", ".csv", ".json", ".md")
#: States of mitigations of other tools, by our words for a control's status.
_STATES = {
    "implemented": "in_place",
    "required": "planned",
    "recommended": "candidate",
    "rejected": "retired",
}


def convert(path: str | Path, *, ignore_files: bool = False) -> Conversion:
    """Read an OTM document (JSON). ``ignore_files``: read the elements even where it holds files of ours.

    Raises :class:`ImportProblem` where there is nothing to convert.
    """
    problems: list[ImportDiagnostic] = []
    source = Path(path)
    document = read_document(source.parent, source.name, problems)
    if document.value is None:
        raise ImportProblem(f"{source} cannot be read", problems)
    if not document.get("otmVersion").text(required=True):
        raise ImportProblem(f"{source} is no Open Threat Model", problems)
    ours = document.get("project").get("attributes").get(OURS)
    if ours.value is not None and not ignore_files:
        files = _files(ours, problems)
        if files:
            return Conversion(files, tuple(_returned(document, files)), tuple(problems))
    return _Foreign(document, problems).conversion()


def _files(ours: At, problems: list[ImportDiagnostic]) -> dict[str, str]:
    """The files of a model that was exported by us; unsafe names are refused."""
    at = ours.get("files")
    listed = at.value
    if not isinstance(listed, dict):
        at.report("the files of the model are expected here", "export the model again")
        return {}
    files: dict[str, str] = {}
    for name, text in listed.items():
        where = At(at.file, f"{at.path}[{json.dumps(name)[:80]}]", text, problems)
        path = PurePosixPath(name)
        inside = not path.is_absolute() and ".." not in path.parts and "\\" not in name and bool(path.parts)
        if not inside or path.suffix.lower() not in _SUFFIXES or any(p.startswith(".") for p in path.parts):
            where.report("a file outside the model's folder, or of another kind", "rename it in the source")
        elif not isinstance(text, str):
            where.report("the text of a file is expected here", "export the model again")
        elif len(files) >= MOST_FILES or sum(map(len, files.values())) + len(text) > MOST_TEXT:
            where.report("more files than a model may bring; the rest is left out", "split the model")
            break
        else:
            files[name] = text
    return files


def _returned(document: At, files: Mapping[str, str]) -> Iterator[str]:
    """What another tool has changed in a document of ours: the files that came back do not have it."""
    yield "The files of the model came back as they were when it was exported."
    exported = _exported(files)
    if exported is None:
        yield "They have errors (`panacea check` shows them), so what the other tool changed cannot be told."
        return
    assert isinstance(document.value, dict)
    then, now = _by_id(exported), _by_id(document.value)
    for key in sorted(now.keys() - then.keys()):
        yield f"{one_line(key[1])} ({key[0]}) was added in the other tool: declare it in the model."
    for key in sorted(then.keys() - now.keys()):
        yield f"{one_line(key[1])} ({key[0]}) was removed in the other tool: the model still has it."
    for key in sorted(then.keys() & now.keys()):
        changed = [name for name in _COMPARED if then[key].get(name) != now[key].get(name)]
        if changed:
            yield f"{one_line(key[1])} ({key[0]}) was changed in the other tool: {', '.join(changed)}."
    if document.get("representations").value:
        yield "Diagrams of the other tool (representations) are not carried over."


#: What other tools change of an element, and we compare.
_COMPARED = (
    "name",
    "type",
    "description",
    "parent",
    "source",
    "destination",
    "bidirectional",
    "assets",
    "risk",
)


def _by_id(document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(family, str(each.get("id"))): each for family, each in elements(document)}


def _exported(files: Mapping[str, str]) -> Mapping[str, Any] | None:
    """What we would export of these files today; None where they have errors."""
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        workspace = Workspace.open(folder)
        return document_of(workspace, bare=True) if workspace.ok else None


# ------------------------------------------------------------------------------------------ of other tools


_HEAD = """\
# Converted from an Open Threat Model. Names are made from its names; the note of each element holds its id.

use std.healthcare
use packs.attack, packs.design

"""


@dataclass
class _Foreign:
    """A document of another tool, written as declarations."""

    document: At
    problems: list[ImportDiagnostic]
    notes: list[str] = field(default_factory=list)
    names: Names = field(default_factory=lambda: Names(("nowhere", "otm_model")))

    def conversion(self) -> Conversion:
        for family in ("trustZones", "components", "assets", "dataflows", "mitigations", "threats"):
            for each in self.document.get(family).items():
                id_ = each.get("id").text(required=True)
                if id_ and self.names.known(family, id_) is None:
                    self.names.call(family, id_, each.get("name").text() or id_)
        texts = {
            "hospital.panacea": _HEAD + "\n".join([self.project(), *self.zones(), ""]),
            "components.panacea": file_of(self.components()),
            "data.panacea": file_of(self.assets()),
            "flows.panacea": file_of(self.flows()),
            "controls.panacea": file_of(self.mitigations()),
            "risks.panacea": file_of(self.threats()),
        }
        if not any(self.document.get(f).value for f in ("trustZones", "components")):
            raise ImportProblem("the document has no trust zone and no component", self.problems)
        self.left_out()
        return Conversion(formatted(texts, self.notes), tuple(self.notes), tuple(self.problems))

    def project(self) -> str:
        project = self.document.get("project")
        name = project.get("name").text(required=True) or "Imported threat model"
        return f"organisation otm_model {quoted(name)} {{ }}\n"

    def zones(self) -> Iterator[str]:
        nowhere = any(
            self.names.known("trustZones", c.get("parent").get("trustZone").text()) is None
            and self.names.known("components", c.get("parent").get("component").text()) is None
            for c in self.document.get("components").items()
        )
        if nowhere:
            yield 'zone nowhere "No zone stated" { }'
            self.notes.append("Components without a known parent stand in the zone `nowhere`.")
        for each in self.document.get("trustZones").items():
            name = self.name("trustZones", each)
            if not name:
                continue
            parent = self.names.known("trustZones", each.get("parent").get("trustZone").text())
            inside = f" in {parent}" if parent and parent != name else ""
            rating = each.get("risk").get("trustRating").number(-1e9, 1e9)
            trust = "" if rating is None else f"  trust: {max(0, round(rating / PER_LEVEL))}"
            yield from self.described(each)
            yield f"zone {name} {self.title(each)}{inside} {{ {self.origin(each)}{trust} }}"

    def components(self) -> Iterator[str]:
        for each in self.document.get("components").items():
            name = self.name("components", each)
            if not name:
                continue
            said = [self.origin(each)]
            zone = self.zone_of(each)
            host = self.names.known("components", each.get("parent").get("component").text())
            if host and host != name:
                said.append(f"runs_on: {host}")
            for key, attribute in (("stored", "stores"), ("processed", "handles")):
                held = references(self.names, "assets", each.get("assets").get(key))
                if held:
                    said.append(f"{attribute}: [{', '.join(held)}]")
            tags = [quoted(tag.text()) for tag in each.get("tags").items() if tag.text()]
            if tags:
                said.append(f"tags: [{', '.join(tags)}]")
            yield from self.described(each)
            yield f"system {name} {self.title(each)} in {zone or 'nowhere'} {{ {'  '.join(said)} }}"

    def zone_of(self, component: At) -> str | None:
        """The zone of a component; that of the component around it, where it lies in one."""
        parents = {c.get("id").text(): c.get("parent") for c in self.document.get("components").items()}
        seen: set[str] = set()
        parent = component.get("parent")
        while True:
            zone = self.names.known("trustZones", parent.get("trustZone").text())
            around = parent.get("component").text()
            if zone or around in seen or around not in parents:
                return zone
            seen.add(around)
            parent = parents[around]

    def assets(self) -> Iterator[str]:
        for each in self.document.get("assets").items():
            name = self.name("assets", each)
            if name:
                rated = each.get("risk").get("confidentiality").number(-1e9, 1e9)
                yield from self.described(each)
                if rated is not None:
                    yield f"# confidentiality {rated:g} of 100 in the other tool"
                yield f"data_class {name} {self.title(each)} {{ {self.origin(each)} }}"

    def flows(self) -> Iterator[str]:
        for each in self.document.get("dataflows").items():
            name = self.name("dataflows", each)
            source = self.names.known("components", each.get("source").text(required=True))
            target = self.names.known("components", each.get("destination").text(required=True))
            if not name:
                continue
            if source is None or target is None:
                each.report("the flow joins a component that is not there", "declare both ends")
                continue
            arrow = "<->" if each.get("bidirectional").value is True else "->"
            carried = references(self.names, "assets", each.get("assets"))
            said = [self.origin(each), *([f"carries: [{', '.join(carried)}]"] if carried else [])]
            yield from self.described(each)
            yield f"flow {name} {self.title(each)}: {source} {arrow} {target} {{ {'  '.join(said)} }}"

    def mitigations(self) -> Iterator[str]:
        where = self.protected()
        for each in self.document.get("mitigations").items():
            name = self.name("mitigations", each)
            if not name:
                continue
            places, states = where.get(each.get("id").text(), ((), ()))
            said = [self.origin(each)]
            status = next((_STATES[s] for s in states if s in _STATES), None)
            if places:
                said.append(f"protects: [{', '.join(places)}]")
            if status:
                said.append(f"status: {status}")
            reduction = each.get("riskReduction").number(-1e9, 1e9)
            yield from self.described(each)
            if reduction is not None:
                yield f"# takes away {reduction:g} of 100 in the other tool's own measure"
            yield f"control {name} {self.title(each)} {{ {'  '.join(said)} }}"

    def protected(self) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        """For every mitigation the components that it is named at, and the states that it is in there."""
        places: dict[str, dict[str, None]] = {}
        states: dict[str, dict[str, None]] = {}
        for component in self.document.get("components").items():
            name = self.names.known("components", component.get("id").text())
            for threat in component.get("threats").items():
                for use in threat.get("mitigations").items():
                    id_ = use.get("mitigation").text()
                    if name:
                        places.setdefault(id_, {})[name] = None
                    states.setdefault(id_, {})[use.get("state").text().lower()] = None
        return {id_: (tuple(places.get(id_, ())), tuple(found)) for id_, found in states.items()}

    def threats(self) -> Iterator[str]:
        at: dict[str, dict[str, None]] = {}
        for component in self.document.get("components").items():
            name = self.names.known("components", component.get("id").text())
            for threat in component.get("threats").items():
                if name:
                    at.setdefault(threat.get("threat").text(), {})[name] = None
        for each in self.document.get("threats").items():
            name = self.name("threats", each)
            if not name:
                continue
            subjects = list(at.get(each.get("id").text(), ()))
            weaknesses = [cwe.text() for cwe in each.get("cwes").items() if cwe.text()]
            title = each.get("name").text() or each.get("id").text()
            said = [f"threat: {quoted(title)}", self.origin(each)]
            if subjects:
                said.append(f"subjects: [{', '.join(subjects)}]")
            yield from self.described(each)
            risk = each.get("risk")
            likelihood, impact = (risk.get(key).number(-1e9, 1e9) for key in ("likelihood", "impact"))
            rated = [f"likelihood {likelihood:g}"] if likelihood is not None else []
            rated += [f"impact {impact:g}"] if impact is not None else []
            if rated or weaknesses:
                yield f"# in the other tool: {one_line(', '.join([*rated, *weaknesses]))}"
            yield f"risk_entry {name} {quoted(title)} {{ {'  '.join(said)} }}"

    def left_out(self) -> None:
        if self.document.get("representations").value:
            self.notes.append("Diagrams (representations) are not carried over.")
        self.notes.append("Numbers of risk are the other tool's opinion: they stand in comments.")
        types = sorted({c.get("type").text() for c in self.document.get("components").items()} - {""})
        if types:
            self.notes.append(
                "All components became systems; give them classes of the standard library where their type "
                f"says more: {', '.join(one_line(t) for t in types[:30])}."
            )

    # -------------------------------------------------------------------------------------- pieces

    def name(self, family: str, each: At) -> str:
        return self.names.known(family, each.get("id").text()) or ""

    def title(self, each: At) -> str:
        return quoted(each.get("name").text() or each.get("id").text())

    def origin(self, each: At) -> str:
        kind = each.get("type").text()
        said = f"OTM {each.get('id').text()}" + (f", type {kind}" if kind else "")
        return f"note: {quoted(said)}"

    def described(self, each: At) -> Iterator[str]:
        text = one_line(each.get("description").text())
        if text:
            yield f"## {text}"
