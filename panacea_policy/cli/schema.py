"""``panacea schema``: the JSON Schemas of the outputs, and the vocabulary of the language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import look_options, output_option
from panacea_policy.cli.output import Terminal, write_result
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from panacea_policy.model import Attribute, Kind, Registry

_WHOLE = "vocabulary"


@click.command("schema")
@click.argument("name", required=False)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    help="[default: text for a kind, JSON for the rest]",
)
@output_option
@look_options
def command(name: str | None, format_: str | None, output: Path | None, quiet: bool, no_color: bool) -> int:
    """Print the JSON Schemas of the outputs, or what a kind can say.

    NAME is an output such as `check`, a kind such as `system`, or `vocabulary`: every kind, its attributes
    and their types. Without it the names are listed.
    """
    from panacea_policy.formats.assessment import SCHEMAS
    from panacea_policy.model import vocabulary

    registry = vocabulary()
    terminal = Terminal.detect(no_color=no_color, to_file=output is not None)
    if name is None:
        text = _index(SCHEMAS, registry, terminal)
    elif name in SCHEMAS:
        text = _document(name, SCHEMAS, format_ or "json")
    elif name == _WHOLE:
        text = registry.reference() if format_ in ("markdown", "text") else _json(registry.json_schema())
    elif name in registry.keywords:
        text = _kind(registry.keywords[name], registry, format_ or "text", terminal)
    else:
        raise PanaceaError(f"there is no schema or kind `{name}`", _near(name, SCHEMAS, registry))
    write_result(text, output)
    return exits.OK


def _index(documents: Mapping[str, type[BaseModel]], registry: Registry, terminal: Terminal) -> str:
    from textwrap import fill

    wide = max(map(len, documents))
    outputs = "\n".join(f"  {name:<{wide}} panacea/{name}/v1" for name in documents)
    kinds = ", ".join(sorted(word for word, kind in registry.keywords.items() if not kind.abstract))
    listed = fill(kinds, terminal.width, initial_indent="  ", subsequent_indent="  ")
    return (
        f"{terminal.style('Outputs', bold=True)}\n{outputs}\n"
        f"{terminal.style('Kinds', bold=True)} ({_WHOLE} gives them all)\n{listed}\n"
    )


def _document(name: str, documents: Mapping[str, type[BaseModel]], format_: str) -> str:
    if format_ != "json":
        raise PanaceaError(f"the schema of `{name}` is JSON only")
    schema = documents[name].model_json_schema(mode="serialization")
    return _json({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def _kind(kind: Kind, registry: Registry, format_: str, terminal: Terminal) -> str:
    if format_ != "text":
        raise PanaceaError(
            f"a kind is shown as text; `panacea schema {_WHOLE} --format {format_}` has it too"
        )
    width = max((len(name) for name in kind.attributes), default=0)
    lines = [terminal.style(kind.keyword, bold=True) + f": {kind.doc}", ""]
    for attribute in sorted(kind.attributes.values(), key=lambda each: each.declared_by == "element"):
        must = " (required)" if attribute.required else ""
        lines.append(f"  {attribute.name:<{width}}  {attribute.doc}{must}")
        lines.append(terminal.style(f"  {'':<{width}}  {_type(attribute)}", dim=True))
    if kind.clauses:
        words = ", ".join(f"{word} ({attribute})" for word, attribute in kind.clauses.items())
        lines += ["", f"  in its head: {words}"]
    if kind.nested:
        lines += ["", f"  inside it: {', '.join(registry.kind(name).keyword for name in kind.nested)}"]
    return "\n".join(lines)


def _type(attribute: Attribute) -> str:
    from panacea_policy.model.reference import describe

    many = "list of " if attribute.many else ""
    return f"{many}{describe(attribute.type)}".replace("`", "")


def _near(name: str, documents: Mapping[str, type[BaseModel]], registry: Registry) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, [*documents, *registry.keywords, _WHOLE], n=1, cutoff=0.75)
    return f"did you mean `{near[0]}`?" if near else "`panacea schema` lists them"


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
