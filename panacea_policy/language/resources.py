"""Where the grammar lies: inside the installed package, or at the root of a checkout."""

from __future__ import annotations

from pathlib import Path

GRAMMAR = "panacea.lark"


def grammar_text() -> str:
    """The text of ``grammars/panacea.lark``.

    Raises FileNotFoundError when neither the package nor the checkout has it: the installation is damaged.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package, package.parent):
        path = folder / "grammars" / GRAMMAR
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(f"{GRAMMAR} is missing from the installation in {package}")
