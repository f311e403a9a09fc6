"""Names that a package offers and imports when somebody asks for them.

Every command waits for what it imports. A package whose parts serve different commands therefore lists where
its names live, in the `__getattr__` of its `__init__`; type checkers see ordinary imports.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def on_demand(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """A `__getattr__` for a package. ``homes``: names, in one text, by the module of the package they are in.

    No name may also be that of a module of the package: which of the two is meant would depend on what was
    imported before.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def get(name: str) -> object:
        home = home_of.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{home}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return get
