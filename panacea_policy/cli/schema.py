"""``panacea schema``: the JSON Schemas of the outputs and of the vocabulary."""

from __future__ import annotations

import json
from pathlib import Path

import click

from panacea_policy.cli import exits
from panacea_policy.cli.options import format_option, output_option
from panacea_policy.cli.output import write_result
from panacea_policy.errors import PanaceaError


@click.command("schema")
@click.argument("name", required=False)
@format_option("json", "markdown")
@output_option
def command(name: str | None, format_: str, output: Path | None) -> int:
    """Print the JSON Schemas of the outputs and of the vocabulary.

    NAME is an output such as `check`, or `vocabulary`: every declaration kind, its attributes and types.
    Without it the names are listed. The vocabulary can also be read as Markdown.
    """
    from panacea_policy.formats.documents import DOCUMENTS

    if name is None:
        lines = [f"{each:<12} panacea/{each}/v1" for each in DOCUMENTS]
        write_result("\n".join([*lines, "vocabulary   kinds, attributes and types of the language"]), output)
        return exits.OK
    if name == "vocabulary":
        from panacea_policy.model import vocabulary

        registry = vocabulary()
        text = registry.reference() if format_ == "markdown" else json.dumps(registry.json_schema(), indent=2)
        write_result(text, output)
        return exits.OK
    if name not in DOCUMENTS:
        raise PanaceaError(f"there is no schema `{name}`", f"there are: {', '.join(DOCUMENTS)}, vocabulary")
    if format_ == "markdown":
        raise PanaceaError("only the vocabulary can be read as Markdown")
    schema = DOCUMENTS[name].model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    write_result(json.dumps(schema, indent=2), output)
    return exits.OK
