"""The language: text to syntax tree, diagnostics, formatter. Knows nothing of what the words mean."""

from __future__ import annotations

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

__all__ = [
    "CodeInfo",
    "Diagnostic",
    "Label",
    "ParseResult",
    "Severity",
    "Source",
    "Span",
    "merge_codes",
    "parse",
    "parse_conditions",
    "read_source",
    "render",
    "suggest",
]
