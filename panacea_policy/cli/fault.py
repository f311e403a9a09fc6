"""What happens when Panacea itself is broken: one line for the user, the details in a file."""

from __future__ import annotations

import platform
import re
import sys
import tempfile
import traceback
from collections.abc import Sequence

from panacea_policy.version import __version__

#: The password in an address such as ``postgresql://user:password@host/name``, however mistyped.
_PASSWORD = re.compile(r"(:/{1,3}[^/\s:@]*:)[^\s`'\"]+(?=@)")


def without_secrets(text: str) -> str:
    """The text with stars in place of passwords that stand in addresses."""
    return _PASSWORD.sub(r"\1***", text) if "@" in text else text


def report_fault(error: Exception, arguments: Sequence[str]) -> str:
    """Write the traceback to a file in the temporary folder; give the line to show instead of it."""
    lines = [
        f"panacea {__version__}, Python {sys.version.split()[0]}, {platform.platform()}",
        f"arguments: {' '.join(arguments)}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    summary = without_secrets(f"internal fault: {type(error).__name__}: {_first_line(error)}")
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            encoding="utf-8",
            errors="backslashreplace",
            prefix="panacea-fault-",
            suffix=".txt",
            delete=False,
        ) as file:
            file.write(without_secrets("\n".join(lines)))
    except OSError:
        return f"panacea: {summary} (and the report could not be written)"
    return f"panacea: {summary}; please report it with {file.name} (read it first: it may name your files)"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0][:200]
