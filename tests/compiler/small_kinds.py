"""Two kinds with an attribute of every sort, added to the real ones, for laws over random models."""

from __future__ import annotations

from functools import cache
from typing import Literal

from panacea_policy.model import Declaration, KindInfo, Registry, complete, unset, vocabulary
from panacea_policy.model.fields import Flag, Number, Ref


class Thing(Declaration):
    """Something with one attribute of every sort."""

    KIND = KindInfo("thing")

    flag: Flag = unset("Whether it is flagged.")
    colour: Literal["red", "green", "blue"] = unset("Its colour.")
    size: Number = unset("Its size.")
    mate: Ref = unset("The thing it goes with.", to="thing")
    likes: list[Ref] = unset("Things it likes.", to="thing")
    shades: list[Literal["red", "green", "blue"]] = unset("Colours it comes in.")
    home: Ref = complete("Where it belongs.", to="thing")
    knows: list[Ref] = complete("Things it knows.", to="thing")


class Gadget(Thing):
    """A special thing."""

    KIND = KindInfo("gadget")


@cache
def registry() -> Registry:
    """The vocabulary with `thing` and `gadget`."""
    return vocabulary().with_kinds(Thing, Gadget)
