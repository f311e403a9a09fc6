"""The language: text to syntax tree, diagnostics, formatter. Knows nothing of what the words mean."""

from __future__ import annotations

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
from panacea_policy.on_demand import on_demand

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

__getattr__ = on_demand(__name__, {"codes": "CODES", "format": "FormatError FormatResult format_text"})
