"""The exit codes of the command line, which scripts rely on."""

from __future__ import annotations

OK = 0
"""Nothing at or above the threshold."""
FOUND = 1
"""Findings at or above the threshold, failing tests, files to format."""
WRONG = 2
"""The input or the call is wrong."""
FAULT = 3
"""An internal fault; a report file was written."""
INTERRUPTED = 130
"""Ended by Ctrl-C: 128 + SIGINT."""
