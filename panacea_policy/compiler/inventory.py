"""Inventories: CSV, JSON, YAML and CycloneDX files as rows of named texts, each row with its number."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.values import Cell
from panacea_policy.language import Span
from panacea_policy.language import syntax as tree

MAX_BYTES = 256 * 1024 * 1024
MAX_ROWS = 2_000_000
MAX_COLUMNS = 1_000
MAX_DEPTH = 16

#: Functions of a `from` clause that read a file.
SOURCES = frozenset({"inventory", "cyclonedx"})


class Inventory(msgspec.Struct, frozen=True):
    """The rows of one file; ``name`` is how messages call the file."""

    name: str
    path: Path
    rows: tuple[Cell, ...]


class Unreadable(Exception):
    """An inventory that cannot be read at all."""

    def __init__(self, code: str, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help


def read_inventory(
    call: tree.Call, folder: Path, boundary: Path, unit: str, report: Report
) -> Inventory | None:
    """The inventory that a `from` clause names; problems are reported at the clause and give None."""
    span = Span(unit, call.start, call.end)
    named = {argument.name: argument.value for argument in call.arguments}
    path_node = named.get(None)
    if not isinstance(path_node, tree.String):
        report.error(
            "P0401",
            span,
            f"`{call.function.name}` takes a file name in quotes",
            help='write inventory("pumps.csv")',
        )
        return None
    items = named.get("items")
    try:
        path = _inside(path_node.value, folder, boundary)
        text = _read_text(path)
        if call.function.name == "cyclonedx":
            rows = list(_cyclonedx(text))
        elif path.suffix.lower() == ".json":
            rows = list(_json(text, items.value if isinstance(items, tree.String) else None))
        elif path.suffix.lower() in (".yaml", ".yml"):
            rows = list(_yaml(text, items.value if isinstance(items, tree.String) else None))
        else:
            rows = _csv(text, path_node.value, span, report)
    except Unreadable as problem:
        place = Span(unit, path_node.start, path_node.end)
        report.error(problem.code, place, f"{path_node.value}: {problem.message}", help=problem.help)
        return None
    return Inventory(path_node.value, path, tuple(rows))


def _inside(name: str, folder: Path, boundary: Path) -> Path:
    """The file, if it lies inside the workspace: a stranger's model must not read anything else."""
    path = folder / name
    try:
        resolved = path.resolve()
        limit = boundary.resolve()
    except (OSError, ValueError):
        raise Unreadable("P0401", "this is not a usable file name") from None
    if not resolved.is_relative_to(limit):
        raise Unreadable("P0405", "the file lies outside the workspace", "copy it into the model's folder")
    if not resolved.is_file():
        raise Unreadable(
            "P0401", "there is no such file", "file names are relative to the file that names them"
        )
    return resolved


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable("P0401", f"the file is larger than {MAX_BYTES // 1024 // 1024} MB")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise Unreadable("P0401", f"the file cannot be read ({problem.strerror})") from None
    except UnicodeDecodeError as problem:
        raise Unreadable(
            "P0401", f"the file is not UTF-8 (byte {problem.start})", "save it as UTF-8"
        ) from None


def _csv(text: str, name: str, span: Span, report: Report) -> list[Cell]:
    head = text[:4096].split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    rows: list[Cell] = []
    try:
        header = next(reader, None)
        if not header:
            raise Unreadable("P0401", "the file is empty", "its first row names the columns")
        columns = [column.strip() for column in header]
        if len(columns) > MAX_COLUMNS or len(set(columns)) != len(columns):
            raise Unreadable("P0402", "the first row must name each column once")
        for values in reader:
            if not values:
                continue
            if len(values) != len(columns):
                report.error(
                    "P0404",
                    span,
                    f"{name}: row {reader.line_num} has {len(values)} fields, the header has {len(columns)}",
                    help="quote texts that contain the separator",
                )
                continue
            rows.append(Cell(dict(zip(columns, values, strict=True)), reader.line_num))
            if len(rows) > MAX_ROWS:
                raise Unreadable("P0401", f"the file has more than {MAX_ROWS} rows")
    except csv.Error as problem:
        raise Unreadable("P0404", f"row {reader.line_num} is broken: {problem}") from None
    return rows


def _json(text: str, items: str | None) -> Iterator[Cell]:
    yield from _records(_load_json(text), items)


def _load_json(text: str) -> object:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as problem:
        line = getattr(problem, "lineno", None)
        place = f" (line {line})" if line else ""
        raise Unreadable("P0401", f"this is not valid JSON{place}") from None


def _yaml(text: str, items: str | None) -> Iterator[Cell]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, RecursionError, ValueError) as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise Unreadable("P0401", f"this is not valid YAML{place}") from None
    yield from _records(document, items)


def _records(document: object, items: str | None) -> Iterator[Cell]:
    for step in items.split(".") if items else ():
        if not isinstance(document, Mapping) or step not in document:
            raise Unreadable(
                "P0401", f"the document has no `{items}`", 'name the list, such as items: "devices"'
            )
        document = document[step]
    if not isinstance(document, list):
        keys = (
            [str(key) for key, value in document.items() if isinstance(value, list)]
            if isinstance(document, Mapping)
            else []
        )
        hint = f'write items: "{keys[0]}"' if keys else None
        raise Unreadable("P0401", "a list of objects is expected", hint)
    names: set[str] = set()
    flat: list[dict[str, str]] = []
    for number, record in enumerate(document, start=1):
        if not isinstance(record, Mapping):
            raise Unreadable("P0404", f"item {number} is not an object")
        flat.append(dict(_flatten(record, "", 0)))
        names.update(flat[-1])
    for number, columns in enumerate(flat, start=1):
        # A field that some objects lack is an empty cell there, not a missing column.
        yield Cell({name: columns.get(name, "") for name in sorted(names)}, number)


def _flatten(record: Mapping[object, object], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            if depth < MAX_DEPTH:
                yield from _flatten(value, f"{name}.", depth + 1)
        elif isinstance(value, bool):
            yield name, "true" if value else "false"
        elif value is None:
            yield name, ""
        elif not isinstance(value, list):
            yield name, str(value)


def _cyclonedx(text: str) -> Iterator[Cell]:
    """Components of a CycloneDX JSON document (specification 1.4 and later), nested ones too."""
    document = _load_json(text)
    if not isinstance(document, Mapping) or document.get("bomFormat") != "CycloneDX":
        raise Unreadable("P0401", "this is not a CycloneDX document", "its `bomFormat` must be CycloneDX")
    components: list[object] = list(document.get("components") or [])
    number = 0
    while components:
        component = components.pop(0)
        number += 1
        if not isinstance(component, Mapping):
            raise Unreadable("P0404", f"component {number} is not an object")
        supplier = component.get("supplier")
        columns = {
            key: str(component.get(key) or "")
            for key in ("name", "version", "type", "group", "cpe", "purl", "publisher", "description")
        }
        columns["id"] = str(component.get("bom-ref") or component.get("purl") or component.get("name") or "")
        columns["supplier"] = str(supplier.get("name") or "") if isinstance(supplier, Mapping) else ""
        yield Cell(columns, number)
        nested = component.get("components")
        components[:0] = nested if isinstance(nested, list) else []
        if number > MAX_ROWS:
            raise Unreadable("P0401", f"the document has more than {MAX_ROWS} components")
