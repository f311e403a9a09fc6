"""Values that need nothing but their own text: words, dates, addresses, ports, product names."""

from __future__ import annotations

import ipaddress

from panacea_policy.language import suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import (
    EnumType,
    InvalidValue,
    StructureType,
    ValueType,
    parse_cpe,
    parse_date,
    parse_purl,
)


class Rejected(Exception):
    """A value that does not fit its attribute; carries what the diagnostic says."""

    def __init__(self, code: str, node: tree.Node, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.node = node
        self.message = message
        self.help = help


def shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def boolean(node: tree.Expression, *__: object) -> bool:
    """`true` or `false`."""
    if not isinstance(node, tree.Boolean):
        raise Rejected("P0303", node, "`true` or `false` is expected here")
    return node.value


def date(node: tree.Expression, *__: object) -> object:
    """A day of the calendar."""
    if not isinstance(node, tree.Date):
        raise Rejected("P0303", node, "a date such as 2027-03-31 is expected here")
    try:
        return parse_date(node.value)
    except InvalidValue as problem:
        raise Rejected("P0311", node, problem.message, problem.help) from None


def enum(node: tree.Expression, type: ValueType, *__: object) -> str:
    """One of a fixed list of words."""
    assert isinstance(type, EnumType)
    word = node.name if isinstance(node, tree.Path) else node.value if isinstance(node, tree.String) else None
    if word in type.values:
        return word
    near = suggest(word, list(type.values)) if word else None
    listing = "one of: " + ", ".join(type.values[:24])
    if word is None:
        raise Rejected("P0303", node, "one of a fixed list of words is expected here", listing)
    raise Rejected(
        "P0304",
        node,
        f"`{word}` is not one of the possible values",
        f"did you mean `{near}`?" if near else listing,
    )


def address(node: tree.Expression, *__: object) -> str:
    """An IP address or prefix, or a host name."""
    if not isinstance(node, tree.Address | tree.String):
        raise Rejected(
            "P0303", node, "an address such as 10.20.0.0/16 or a host name in quotes is expected here"
        )
    text = node.value
    if text[:1].isdigit() or ":" in text:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise Rejected("P0312", node, f"`{shorten(text)}` is not an IP address or prefix") from None
    return text


def ports(node: tree.Expression, *__: object) -> tuple[tuple[int, int], ...]:
    """Ranges of ports, each with both ends included."""
    items = node.items if isinstance(node, tree.ListOf) else (node,)
    ranges = []
    for item in items:
        low, high = (item.low, item.high) if isinstance(item, tree.Interval) else (item, item)
        if not isinstance(low, tree.Quantity) or not isinstance(high, tree.Quantity):
            raise Rejected("P0303", item, "a port such as 443 or a range such as 8000..8080 is expected here")
        pair = (int(low.value), int(high.value))
        if not 0 <= pair[0] <= pair[1] <= 65535 or low.value != pair[0] or high.value != pair[1]:
            raise Rejected("P0310", item, "ports are whole numbers from 0 to 65535, the smaller one first")
        ranges.append(pair)
    return tuple(ranges)


def _name_text(node: tree.Expression, function: str) -> str:
    if isinstance(node, tree.Call) and node.function.name == function and len(node.arguments) == 1:
        node = node.arguments[0].value
    if not isinstance(node, tree.String):
        raise Rejected("P0303", node, f'`{function}("…")` is expected here')
    return node.value


def cpe(node: tree.Expression, *__: object) -> str:
    """A product name of the Common Platform Enumeration."""
    text = _name_text(node, "cpe")
    try:
        parse_cpe(text)
    except InvalidValue as problem:
        raise Rejected("P0312", node, problem.message, problem.help) from None
    return text


def purl(node: tree.Expression, *__: object) -> str:
    """A package URL."""
    text = _name_text(node, "purl")
    try:
        parse_purl(text)
    except InvalidValue as problem:
        raise Rejected("P0312", node, problem.message, problem.help) from None
    return text


def structure(node: tree.Expression, type: ValueType, *__: object) -> object:
    """Refuses: a body becomes a part of its own, long before values are looked at."""
    name = type.kind if isinstance(type, StructureType) else "map"
    raise Rejected(
        "P0303", node, f"a body in braces is expected here (`{name}`)", "write `{ attribute: value … }`"
    )
