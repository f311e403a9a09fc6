"""The language: text to syntax tree, diagnostics, formatter. Knows nothing of what the words mean."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from panacea_policy.language.cache import TreeCache, load_tree
from panacea_policy.language.diagnostics import (
    CodeInfo,
    Diagnostic,
    Label,
    Severity,
    Span,
    merge_codes,
    render,
    suggest,
)
from panacea_policy.language.parser import ParseResult, parse, parse_conditions
from panacea_policy.language.source import Source, read_source

if TYPE_CHECKING:
    from panacea_policy.language.codes import CODES
    from panacea_policy.language.format import FormatError, FormatResult, format_text

__all__ = [
    "CODES",
    "CodeInfo",
    "Diagnostic",
    "FormatError",
    "FormatResult",
    "Label",
    "ParseResult",
    "Severity",
    "Source",
    "Span",
    "TreeCache",
    "format_text",
    "load_tree",
    "merge_codes",
    "parse",
    "parse_conditions",
    "read_source",
    "render",
    "suggest",
]

#: What a check may not need is imported when it is asked for. No name is that of a module, too.
_ON_DEMAND = {"codes": "CODES", "format": "FormatError FormatResult format_text"}


def __getattr__(name: str) -> object:
    for home, names in _ON_DEMAND.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
