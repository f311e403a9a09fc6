"""The files that the language is made of: the grammar, and the modules that decide what tree a text gets."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

GRAMMAR = "panacea.lark"
_HERE = Path(__file__).resolve().parent
_TABLE_MODULES = ("tables.py", "table_compiler.py")
_TREE_MODULES = (
    *_TABLE_MODULES,
    "lexer.py",
    "machine.py",
    "builder.py",
    "rule_builder.py",
    "precedence.py",
    "syntax.py",
)


def grammar_text() -> str:
    """The text of ``grammars/panacea.lark``: inside the installed package, else at the root of the checkout.

    Raises FileNotFoundError when neither has it: the installation is damaged.
    """
    package = _HERE.parent
    for folder in (package, package.parent):
        path = folder / "grammars" / GRAMMAR
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(f"{GRAMMAR} is missing from the installation in {package}")


@lru_cache(maxsize=1)
def tables_digest() -> str:
    """A name for the grammar as this version of the code reads it: what it was computed from decides it."""
    return _digest(_TABLE_MODULES)


@lru_cache(maxsize=1)
def trees_digest() -> str:
    """A name for the way in which this version of the code turns texts into trees."""
    return _digest(_TREE_MODULES)


def _digest(modules: tuple[str, ...]) -> str:
    state = hashlib.sha256(grammar_text().encode())
    for name in modules:
        state.update((_HERE / name).read_bytes())
    return state.hexdigest()[:32]
