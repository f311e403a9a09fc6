"""From the text of a value to the value: what each type of attribute accepts, and what to say when it does
not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from panacea_policy.compiler import plain
from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.entities import Formula, Reference
from panacea_policy.compiler.packages import FileUnit, Package
from panacea_policy.compiler.plain import Rejected, shorten
from panacea_policy.language import Span, suggest
from panacea_policy.language import syntax as tree
from panacea_policy.model import (
    AddressType,
    BooleanType,
    CpeType,
    Currencies,
    DateType,
    Dimension,
    Distribution,
    DistributionType,
    EnumType,
    FormulaType,
    InvalidValue,
    MapType,
    NumberType,
    PortsType,
    PurlType,
    ReferenceType,
    StructureType,
    TextType,
    UnionType,
    ValueType,
    build,
    is_scaled,
    parse_date,
    to_base,
)


class Cell(msgspec.Struct, frozen=True):
    """The row an inventory's expressions are evaluated for, and the columns that the inventory has."""

    columns: Mapping[str, str]
    number: int


#: (path, kinds, template, package) → qualified names; raises Rejected.
Resolve = Callable[[tree.Path, tuple[str, ...], bool, Package], tuple[str, ...]]
#: (name of the table, package) → its rows by key; None where there is no such table.
Lookup = Callable[[str, Package], Mapping[str, tuple[tree.Expression, Package]] | None]


class Elaborator:
    """Turns value expressions into typed values. Problems go to the report; the caller gets ``None`` and
    True.
    """

    def __init__(self, resolve: Resolve, lookup: Lookup, currencies: Currencies, report: Report) -> None:
        self._resolve = resolve
        self._lookup = lookup
        self._currencies = currencies
        self._report = report

    def attempt(
        self,
        node: tree.Expression,
        type: ValueType,
        many: bool,
        unit: FileUnit,
        package: Package,
        where: str,
        cell: Cell | None = None,
    ) -> tuple[bool, object]:
        """``(True, value)``, or ``(False, None)`` after reporting what is wrong at its place."""
        try:
            return True, self.evaluate(node, type, many, package, where, cell)
        except Rejected as problem:
            span = Span(unit.name, problem.node.start, problem.node.end)
            message = f"{problem.message} (row {cell.number} of the inventory)" if cell else problem.message
            self._report.error(problem.code, span, message, help=problem.help)
            return False, None

    def evaluate(
        self,
        node: tree.Expression,
        type: ValueType,
        many: bool,
        package: Package,
        where: str,
        cell: Cell | None = None,
    ) -> object:
        """The value of an expression. ``where`` names the node of a formula. Raises :class:`Rejected`."""
        if isinstance(node, tree.Nothing):
            if many:
                raise Rejected("P0315", node, "a list cannot be `none`", "write `[]`: known to be empty")
            if isinstance(type, BooleanType):
                raise Rejected(
                    "P0315", node, "what is either true or false cannot be `none`", "write `false`"
                )
            return None
        if many:
            return self._many(node, type, package, where, cell)
        return self.one(node, type, package, where, cell)

    def row_path(self, node: tree.Expression, package: Package, cell: Cell) -> tree.Path | None:
        """The name that ``column(…)`` or ``lookup(…)`` gives for a row, or a plain name; None for an empty
        cell.
        """
        if isinstance(node, tree.Path):
            return node
        if not isinstance(node, tree.Call):
            raise Rejected("P0303", node, "the name of a template, a column or a lookup is expected here")
        if node.function.name == "lookup":
            arguments = [argument.value for argument in node.arguments]
            key = (
                self._column(arguments[1], cell)
                if len(arguments) == 2 and isinstance(arguments[1], tree.Call)
                else ""
            )
            rows = self._lookup(arguments[0].name, package) if isinstance(arguments[0], tree.Path) else None
            value = rows.get(key.strip()) if rows else None
            if value is None or not isinstance(value[0], tree.Path):
                raise Rejected("P0403", node, f"the table gives no template for `{key}`")
            return value[0]
        text = self._column(node, cell).strip()
        return tree.Path(node.start, node.end, _identifier(text)) if text else None

    # ------------------------------------------------------------------------------------------ internals

    def _many(
        self, node: tree.Expression, type: ValueType, package: Package, where: str, cell: Cell | None
    ) -> tuple[object, ...]:
        items = node.items if isinstance(node, tree.ListOf) else (node,)
        values: dict[object, None] = {}
        for item in items:
            if isinstance(type, ReferenceType) and isinstance(item, tree.Path):
                for name in self._resolve(item, type.kinds, type.template, package):
                    values[Reference(name)] = None
            else:
                values[self.one(item, type, package, where, cell)] = None
        return tuple(values)

    def one(
        self, node: tree.Expression, type: ValueType, package: Package, where: str, cell: Cell | None
    ) -> object:
        if cell is not None and isinstance(node, tree.Call):
            text = self._from_row(node, type, package, where, cell)
            if text is not None:
                return text[0]
        evaluate = _BY_TYPE[type.__class__]
        return evaluate(self, node, type, package, where, cell)

    def _from_row(
        self, node: tree.Call, type: ValueType, package: Package, where: str, cell: Cell
    ) -> tuple[object] | None:
        """The value that ``column("x")`` or ``lookup(table, …)`` gives, in a tuple; None for any other
        call.
        """
        if node.function.name == "column":
            text = self._column(node, cell)
            return (self._from_text(text, node, type, package, where),)
        if node.function.name == "lookup":
            return (self._looked_up(node, type, package, where, cell),)
        return None

    def _column(self, node: tree.Call, cell: Cell) -> str:
        first = node.arguments[0].value if len(node.arguments) == 1 else None
        if not isinstance(first, tree.String):
            raise Rejected(
                "P0303", node, "`column` takes the name of a column in quotes", 'write `column("asset_tag")`'
            )
        if first.value not in cell.columns:
            near = suggest(first.value, list(cell.columns))
            listing = ", ".join(list(cell.columns)[:12])
            raise Rejected(
                "P0402",
                first,
                f"the inventory has no column `{first.value}`",
                f"did you mean `{near}`?" if near else f"its columns are: {listing}",
            )
        return cell.columns[first.value]

    def _looked_up(
        self, node: tree.Call, type: ValueType, package: Package, where: str, cell: Cell
    ) -> object:
        arguments = [argument.value for argument in node.arguments]
        if (
            len(arguments) != 2
            or not isinstance(arguments[0], tree.Path)
            or not isinstance(arguments[1], tree.Call)
        ):
            raise Rejected(
                "P0303", node, "`lookup` takes a table and a column", 'write `lookup(table, column("vlan"))`'
            )
        rows = self._lookup(arguments[0].name, package)
        if rows is None:
            raise Rejected(
                "P0202",
                arguments[0],
                f"there is no table `{arguments[0].name}`",
                "declare `table NAME { … }`",
            )
        key = self._column(arguments[1], cell).strip()
        if key not in rows:
            raise Rejected(
                "P0403", node, f"the table `{arguments[0].name}` has no row `{key}`", f"add `{key}: …` to it"
            )
        value, owner = rows[key]
        return self.one(value, type, owner, where, None)

    def _from_text(self, text: str, node: tree.Call, type: ValueType, package: Package, where: str) -> object:
        """A value from the raw text of an inventory's cell; an empty cell is unknown."""
        text = text.strip()
        if not text:
            return _EMPTY
        try:
            return self._parse_text(text, node, type, package, where)
        except InvalidValue as problem:
            raise Rejected("P0404", node, f"`{shorten(text)}`: {problem.message}", problem.help) from None

    def _parse_text(
        self, text: str, node: tree.Call, type: ValueType, package: Package, where: str
    ) -> object:
        if isinstance(type, BooleanType):
            word = text.lower()
            if word not in _BOOLEAN_WORDS:
                raise Rejected(
                    "P0404", node, f"`{shorten(text)}` is neither yes nor no", "write true or false"
                )
            return _BOOLEAN_WORDS[word]
        if isinstance(type, DateType):
            return parse_date(text)
        if isinstance(type, NumberType | DistributionType):
            return self._number_text(text, node, type, package, where)
        if isinstance(type, ReferenceType | EnumType | FormulaType):
            name = text if text.isidentifier() or "." in text else _identifier(text)
            return self.one(tree.Path(node.start, node.end, name), type, package, where, None)
        if isinstance(type, UnionType):
            return self.first_fit(type, lambda each: self._parse_text(text, node, each, package, where), node)
        return self.one(tree.String(node.start, node.end, text), type, package, where, None)

    def _number_text(
        self, text: str, node: tree.Call, type: NumberType | DistributionType, package: Package, where: str
    ) -> object:
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise Rejected(
                "P0404", node, f"`{shorten(text)}` is not a number", "write digits, such as 12 or 1.5"
            )
        scale = {"k": 1e3, "M": 1e6}.get(match["scale"] or "", 1.0)
        quantity = tree.Quantity(
            node.start, node.end, float(match["value"]) * scale, match["unit"], match["per"]
        )
        return self.one(quantity, type, package, where, None)

    def first_fit(self, type: UnionType, attempt: Callable[[ValueType], object], node: tree.Node) -> object:
        problems: list[Rejected] = []
        for option in type.options:
            try:
                return attempt(option)
            except Rejected as problem:
                problems.append(problem)
            except InvalidValue as problem:
                problems.append(Rejected("P0303", node, problem.message, problem.help))
        # The option that got furthest into the value knows best what was meant.
        raise max(problems, key=lambda problem: (problem.code not in ("P0303", "P0304"), problem.node.start))

    def text(self, node: tree.Expression, type: TextType) -> object:
        """A quoted text that matches the type's pattern."""
        if not isinstance(node, tree.String):
            raise Rejected("P0303", node, "a text in double quotes is expected here", _quote_help(node))
        if type.pattern is not None and not re.fullmatch(type.pattern, node.value):
            raise Rejected("P0312", node, f"`{shorten(node.value)}` does not have the form {type.pattern}")
        return node.value

    def number(self, node: tree.Expression, type: NumberType) -> float:
        """A quantity in base units, within the type's bounds."""
        quantity = _quantity(node)
        if quantity is None:
            raise Rejected("P0303", node, f"{type.dimension.value} is expected here")
        value = self._base(node, quantity, type.dimension)
        if type.integer and value != int(value):
            raise Rejected("P0310", node, "a whole number is expected here")
        if type.minimum is not None and value < type.minimum:
            raise Rejected("P0310", node, f"this is below the smallest possible value, {type.minimum:g}")
        if type.maximum is not None and value > type.maximum:
            raise Rejected("P0310", node, f"this is above the largest possible value, {type.maximum:g}")
        return value

    def _base(self, node: tree.Node, quantity: tree.Quantity, dimension: Dimension) -> float:
        try:
            value = to_base(quantity.value, quantity.unit, quantity.per, dimension, self._currencies)
        except InvalidValue as problem:
            code = "P0306" if "currency" in problem.message or "counts in" in problem.message else "P0305"
            raise Rejected(code, node, problem.message, problem.help) from None
        if not math.isfinite(value):
            raise Rejected("P0310", node, "this is beyond all numbers")
        return value

    def distribution(self, node: tree.Expression, type: DistributionType) -> Distribution:
        """A quantity, or a call such as `pert(…)`, as a distribution in base units."""
        quantity = _quantity(node)
        try:
            if quantity is not None:
                value = self._base(node, quantity, type.dimension)
                return build("constant", [value], {}, type.dimension, type.minimum)
            if not isinstance(node, tree.Call):
                raise Rejected(
                    "P0303", node, f"{type.dimension.value}, or a distribution of it, is expected here"
                )
            positional: list[float] = []
            named: dict[str, float] = {}
            for position, argument in enumerate(node.arguments):
                value = self._parameter(argument, position, node, type.dimension)
                if argument.name is None:
                    positional.append(value)
                else:
                    named[argument.name] = value
            return build(node.function.name, positional, named, type.dimension, type.minimum)
        except InvalidValue as problem:
            raise Rejected("P0313", node, problem.message, problem.help) from None

    def _parameter(
        self, argument: tree.Argument, position: int, call: tree.Call, dimension: Dimension
    ) -> float:
        quantity = _quantity(argument.value)
        if quantity is None:
            raise Rejected("P0303", argument.value, "a number is expected here")
        bare = quantity.unit is None and quantity.per is None
        if not is_scaled(call.function.name, argument.name or position):
            if bare:
                return quantity.value
            name = f"`{argument.name}`" if argument.name else "this"
            message = f"{name} is a plain number in `{call.function.name}`: it has no unit"
            raise Rejected("P0305", argument.value, message, "leave the unit out")
        if bare and (call.unit or call.per):
            quantity = tree.Quantity(quantity.start, quantity.end, quantity.value, call.unit, call.per)
        elif not bare and call.per and not quantity.per:
            quantity = tree.Quantity(quantity.start, quantity.end, quantity.value, quantity.unit, call.per)
        return self._base(argument.value, quantity, dimension)

    def reference(self, node: tree.Expression, type: ReferenceType, package: Package) -> Reference:
        """The qualified name of the one declaration that a path names."""
        if not isinstance(node, tree.Path):
            kinds = " or a ".join(f"`{kind}`" for kind in type.kinds)
            raise Rejected("P0303", node, f"the name of a {kinds} is expected here", _unquote_help(node))
        names = self._resolve(node, type.kinds, type.template, package)
        if len(names) != 1:
            raise Rejected(
                "P0207",
                node,
                f"`{node.name}` stands for {len(names)} declarations of an inventory; one is expected here",
                f'name one of them, such as `{node.name}["…"]`',
            )
        return Reference(names[0])

    def formula(
        self, node: tree.Expression, type: FormulaType, package: Package, where: str
    ) -> Formula | Reference:
        """References joined by and/or, as a binary tree whose nodes are named `where#1`, `where#2`, …"""
        counter = [0]

        def build_node(part: tree.Expression) -> Formula | Reference:
            if isinstance(part, tree.Binary) and part.operator in ("and", "or"):
                counter[0] += 1
                name = f"{where}#{counter[0]}"
                return Formula(name, part.operator, build_node(part.left), build_node(part.right))
            if isinstance(part, tree.Path):
                return one_of(list(self._resolve(part, type.kinds, False, package)), part)
            raise Rejected("P0303", part, "names joined by `and` and `or` are expected here")

        def one_of(names: list[str], part: tree.Path) -> Formula | Reference:
            # A whole inventory in a formula means any one of its members.
            if not names:
                raise Rejected("P0207", part, f"the inventory `{part.name}` is empty")
            if len(names) == 1:
                return Reference(names[0])
            counter[0] += 1
            middle = len(names) // 2
            node_name = f"{where}#{counter[0]}"
            return Formula(node_name, "or", one_of(names[:middle], part), one_of(names[middle:], part))

        return build_node(node)


class _Empty:
    """What an empty cell of an inventory gives: nothing is known."""


_EMPTY = _Empty()


def is_empty(value: object) -> bool:
    """Whether a value came from an empty cell and thus says nothing."""
    return value is _EMPTY or value == (_EMPTY,)


_BOOLEAN_WORDS = {
    "true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<value>[+-]?\d{1,15}(?:\.\d{1,15})?)(?P<scale>[kM])?\s*(?P<unit>%|[A-Za-z]+)??(?:\s+per\s+(?P<per>[a-z]+))?"
)


def _identifier(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_") or "_"


def _quantity(node: tree.Expression) -> tree.Quantity | None:
    if isinstance(node, tree.Quantity):
        return node
    if isinstance(node, tree.Unary) and node.operator == "-" and isinstance(node.operand, tree.Quantity):
        inner = node.operand
        return tree.Quantity(node.start, node.end, -inner.value, inner.unit, inner.per)
    return None


def _quote_help(node: tree.Expression) -> str | None:
    return f'write "{node.name}"' if isinstance(node, tree.Path) else None


def _unquote_help(node: tree.Expression) -> str | None:
    return "names are written without quotes" if isinstance(node, tree.String) else None


Evaluate = Callable[[Elaborator, tree.Expression, Any, Package, str, Cell | None], object]

_BY_TYPE: Mapping[type, Evaluate] = {
    TextType: lambda e, node, type, *_: e.text(node, type),
    BooleanType: lambda _, node, *rest: plain.boolean(node, *rest),
    NumberType: lambda e, node, type, *_: e.number(node, type),
    DateType: lambda _, node, *rest: plain.date(node, *rest),
    EnumType: lambda _, node, *rest: plain.enum(node, *rest),
    ReferenceType: lambda e, node, type, package, *_: e.reference(node, type, package),
    FormulaType: lambda e, node, type, package, where, _: e.formula(node, type, package, where),
    DistributionType: lambda e, node, type, *_: e.distribution(node, type),
    AddressType: lambda _, node, *rest: plain.address(node, *rest),
    PortsType: lambda _, node, *rest: plain.ports(node, *rest),
    CpeType: lambda _, node, *rest: plain.cpe(node, *rest),
    PurlType: lambda _, node, *rest: plain.purl(node, *rest),
    StructureType: lambda _, node, *rest: plain.structure(node, *rest),
    MapType: lambda _, node, *rest: plain.structure(node, *rest),
    UnionType: lambda e, node, type, package, where, cell: e.first_fit(
        type, lambda each: e.one(node, each, package, where, cell), node
    ),
}
