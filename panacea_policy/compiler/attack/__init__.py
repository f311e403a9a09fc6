"""The attack graph: facts as OR nodes, instances of attack steps as AND nodes, taken from the engine's
derivations.

Attributes that nobody set take the prior of their template or kind (``typically``); every one that was
taken is listed. Nothing here enumerates paths: the graph is the proof graph of one evaluation. It is held
in arrays; texts, arguments and bindings are made when asked for.

`shape` sorts the rules, `build` turns the engine's rows into instances, with `figures` and `hindrances`,
`store` holds the arrays, `identity` the keys, `graph` is what others see.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from panacea_policy.compiler.attack.afresh import build_attack_graph
    from panacea_policy.compiler.attack.graph import AttackFact, AttackGraph, Changed, StepInfo
    from panacea_policy.compiler.attack.hindrances import share_stopped
    from panacea_policy.compiler.attack.live import Following

__all__ = [
    "AttackFact",
    "AttackGraph",
    "Changed",
    "Following",
    "StepInfo",
    "build_attack_graph",
    "share_stopped",
]

#: What a check may not need is imported when it is asked for. No name is that of a module, too.
_ON_DEMAND = {
    "afresh": "build_attack_graph",
    "graph": "AttackFact AttackGraph Changed StepInfo",
    "hindrances": "share_stopped",
    "live": "Following",
}


def __getattr__(name: str) -> object:
    for home, names in _ON_DEMAND.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
