"""Where the installation keeps its models and rules."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def builtin_folder() -> Path:
    """The folder with ``models/std`` and ``rules``: inside the package when installed, else the repository's
    root.
    """
    return _PACKAGE if (_PACKAGE / "rules").is_dir() else _PACKAGE.parent
