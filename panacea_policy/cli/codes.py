"""The page of a diagnostic code: what it means, an example that is wrong, and the same one put right."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from panacea_policy.cli.output import Terminal
from panacea_policy.errors import PanaceaError

if TYPE_CHECKING:
    from panacea_policy.language import CodeInfo


def all_codes() -> Mapping[str, CodeInfo]:
    """Every code that a model can cause, with its description."""
    from panacea_policy.compiler import CODES as COMPILER_CODES
    from panacea_policy.language import CODES as LANGUAGE_CODES
    from panacea_policy.language import merge_codes

    return merge_codes(LANGUAGE_CODES, COMPILER_CODES)


def code_page(code: str, terminal: Terminal) -> str:
    """The page as text. Raises PanaceaError for a code that does not exist."""
    codes = all_codes()
    if code not in codes:
        from panacea_policy.language import suggest

        near = suggest(code, codes)
        raise PanaceaError(f"there is no code {code}", f"did you mean `{near}`?" if near else None)
    info = codes[code]
    parts = [
        terminal.style(f"{code}: {info.title}", bold=True),
        textwrap.fill(info.explanation, terminal.width),
        *_example("wrong", "red", info.example_bad, terminal),
        *_example("right", "green", info.example_good, terminal),
    ]
    return "\n\n".join(parts) + "\n"


def _example(label: str, colour: str, text: str, terminal: Terminal) -> list[str]:
    if not text:
        return []
    return [f"{terminal.style(label, fg=colour, bold=True)}\n{textwrap.indent(text.rstrip(), '    ')}"]
