"""``panacea explain --attribute``: what an attribute is, and everything that reads it."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from panacea_policy.cli import exits
from panacea_policy.cli.output import Terminal, write_result
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.compiler import Workspace
    from panacea_policy.compiler.attribute_use import AttributeUse, Reader
    from panacea_policy.formats.documents import AttributeDocument, AttributeReader, Location
    from panacea_policy.formats.places import Places
    from panacea_policy.model import Attribute, Registry


def explain_attribute(
    name: str,
    paths: Sequence[Path],
    format_: str,
    as_of: datetime.date | None,
    output: Path | None,
    *,
    no_color: bool,
) -> int:
    """Write the page of an attribute. Without paths and without a model in the current folder, the packs of
    the installation are looked at.

    Raises PanaceaError for a kind or attribute that does not exist.
    """
    from panacea_policy.cli.session import sound_workspace
    from panacea_policy.compiler import Workspace
    from panacea_policy.model import vocabulary

    kind, attribute = _named(name, vocabulary())
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    model = bool(paths) or any(Path().glob("*.panacea"))
    workspace = sound_workspace(paths, as_of, terminal) if model else Workspace.installation(as_of)
    document = _document(workspace, workspace.attribute(kind, attribute), model=model)
    write_result(document.to_json() if format_ == "json" else _page(document, terminal), output)
    return exits.OK


def _named(name: str, registry: Registry) -> tuple[str, str]:
    """The kind and the attribute that a person's words stand for."""
    from panacea_policy.language import suggest

    word, dot, attribute = name.strip().partition(".")
    kind = registry.kinds.get(word) or registry.keywords.get(word)
    if kind is None:
        near = suggest(word, [*registry.kinds, *registry.keywords])
        help = f"did you mean `{near}{dot}{attribute}`?" if near else "`panacea schema` lists the kinds"
        raise PanaceaError(f"there is no kind `{word}`", help)
    if attribute in kind.attributes:
        return kind.name, attribute
    near = suggest(attribute, kind.attributes) if attribute else None
    help = f"did you mean `{word}.{near}`?" if near else f"`panacea schema {kind.keyword}` lists them"
    if owners := _owners(attribute, registry):
        help = f"`{owners[0]}.{attribute}` is one" + (f", and {len(owners) - 1} more" if owners[1:] else "")
    if not attribute:
        raise PanaceaError(f"`{name}` names a kind, but none of its attributes", help)
    raise PanaceaError(f"a `{word}` has no attribute `{attribute}`", help)


def _owners(attribute: str, registry: Registry) -> list[str]:
    """The kinds that declare an attribute of that name."""
    kinds = registry.kinds.values()
    return [
        k.name for k in kinds if attribute in k.attributes and k.attributes[attribute].declared_by == k.name
    ]


def _program_readers(declared: str, registry: Registry) -> Mapping[str, str]:
    """Parts of the program that read the attribute by name, with what for."""
    from panacea_policy.compiler import reads as compiler
    from panacea_policy.compliance import reads as compliance
    from panacea_policy.report import reads as report
    from panacea_policy.risk import reads as risk

    lists = {
        "compiler": {**compiler.reads_of_wholes(registry), **compiler.READS},
        "compliance": compliance.READS,
        "risk": risk.READS,
        "report": report.READS,
    }
    return {
        part: purpose
        for part, reads in lists.items()
        for name, purpose in reads.items()
        if declared == _declared(name, registry)
    }


def _declared(name: str, registry: Registry) -> str:
    kind, _, attribute = name.partition(".")
    return f"{registry.kind(kind).attributes[attribute].declared_by}.{attribute}"


def _unset(attribute: Attribute) -> str:
    """What it means that nobody set an attribute."""
    if attribute.required:
        return "must be set"
    if attribute.complete:
        return "known to be empty" if attribute.many else "known to be none"
    return "unknown: what reads it asks for it, and risk assumes what a template or the library says"


def _document(workspace: Workspace, use: AttributeUse, *, model: bool) -> AttributeDocument:
    from panacea_policy.formats.check_json import location
    from panacea_policy.formats.documents import (
        AttributeCounts,
        AttributeDocument,
        AttributeGiver,
        ProgramReader,
    )
    from panacea_policy.formats.places import Places
    from panacea_policy.model.reference import describe
    from panacea_policy.version import __version__

    attribute, places = use.attribute, Places(workspace.root, Path.cwd())
    declared = f"{attribute.declared_by}.{attribute.name}"
    return AttributeDocument(
        version=__version__,
        kind=use.kind,
        attribute=attribute.name,
        declared_by=attribute.declared_by,
        type=describe(attribute.type).replace("`", ""),
        many=attribute.many,
        required=attribute.required,
        complete=attribute.complete,
        doc=attribute.doc,
        unset=_unset(attribute),
        readers=tuple(_reader(workspace, places, each) for each in (*use.readers, *use.indirect)),
        program=tuple(
            ProgramReader(part=part, purpose=purpose)
            for part, purpose in _program_readers(declared, workspace.registry).items()
        ),
        givers=tuple(
            AttributeGiver(
                name=each.name,
                assumed=each.prior,
                value=each.value,
                location=location(places.place(each.origin.span, workspace.sources)) if each.origin else None,
            )
            for each in use.givers
        ),
        counts=AttributeCounts(stated=use.counts.stated, inherited=use.counts.inherited, open=use.counts.open)
        if model
        else None,
    )


def _reader(workspace: Workspace, places: Places, reader: Reader) -> AttributeReader:
    from panacea_policy.formats.check_json import location
    from panacea_policy.formats.documents import AttributeReader

    return AttributeReader.model_validate(
        {
            "what": reader.what,
            "name": reader.name,
            "title": reader.title,
            "package": reader.package,
            "parts": reader.parts,
            "via": reader.via,
            "location": location(places.place(reader.span, workspace.sources)),
        }
    )


def _page(document: AttributeDocument, terminal: Terminal) -> str:
    return "\n".join(_lines(document, terminal)) + "\n"


def _lines(document: AttributeDocument, terminal: Terminal) -> Iterator[str]:
    many = "list of " if document.many else ""
    yield terminal.style(f"{document.kind}.{document.attribute}", bold=True) + f": {document.doc}"
    yield from textwrap.wrap(
        many + document.type, terminal.width, initial_indent="  ", subsequent_indent="  "
    )
    if document.declared_by != document.kind:
        yield f"  declared by `{document.declared_by}`: what reads it of any {document.declared_by} is listed"
    yield f"  not set: {document.unset}"
    direct = [each for each in document.readers if each.via is None]
    through = [each for each in document.readers if each.via is not None]
    if not direct and not document.program:
        yield ""
        yield "Nothing reads it: no rule, relation or step, and no part of the program. It is for people."
    yield from _group("Read by", direct, terminal)
    yield from _through(through, terminal)
    if document.program:
        yield ""
        yield terminal.style("Read by the program", bold=True)
        yield from (f"  {each.part}: {each.purpose}" for each in document.program)
    yield from _given(document, terminal)
    if document.counts is not None:
        counts = document.counts
        yield ""
        yield (
            f"In this model: stated by {counts.stated:,} declarations, from a template or complete for"
            f" {counts.inherited:,}, open for {counts.open:,}"
        )


def _group(title: str, readers: Sequence[AttributeReader], terminal: Terminal) -> Iterator[str]:
    if not readers:
        return
    yield ""
    yield terminal.style(title, bold=True)
    for each in readers:
        parts = f" ({', '.join(each.parts)})" if each.parts else ""
        yield f"  {each.what} {each.name}{parts}: {_cut(each.title)}  {_place(each.location, terminal)}"


def _through(readers: Sequence[AttributeReader], terminal: Terminal) -> Iterator[str]:
    """By the relation in between; rules and steps before further relations."""
    for via in dict.fromkeys(each.via for each in readers):
        yield from _group(f"Through the relation {via}", [e for e in readers if e.via == via], terminal)


def _given(document: AttributeDocument, terminal: Terminal) -> Iterator[str]:
    for assumed, title in ((False, "Given by"), (True, "Assumed by risk where it is not set")):
        givers = [each for each in document.givers if each.assumed is assumed]
        if givers:
            yield ""
            yield terminal.style(title, bold=True)
        for each in givers:
            yield f"  {each.name}: {_cut(each.value)}  {_place(each.location, terminal)}"


def _cut(text: str) -> str:
    """A text of a model, on one line, safe for a terminal, cut where it is long."""
    from panacea_policy.language.diagnostics import visible

    words = visible(" ".join(text.split()))
    return words if len(words) <= 80 else words[:79] + "…"


def _place(location: Location | None, terminal: Terminal) -> str:
    from panacea_policy.language.diagnostics import visible

    return terminal.style(visible(f"{location.path}:{location.line}"), dim=True) if location else ""
