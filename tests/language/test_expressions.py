"""How expressions are shaped: precedence, quantifiers, units."""

from __future__ import annotations

import pytest

from panacea_policy.language import Source, parse, parse_conditions
from panacea_policy.language import syntax as tree


def spelt(node: tree.Expression | tree.Argument | tree.Binding) -> str:
    """An expression with all its parentheses."""
    match node:
        case tree.Binary(operator=operator, left=left, right=right):
            return f"({spelt(left)} {operator} {spelt(right)})"
        case tree.Unary(operator=operator, operand=operand):
            return f"({operator} {spelt(operand)})"
        case tree.Path(name=name, key=key):
            return name if key is None else f"{name}[{key}]"
        case tree.Quantity(value=value, unit=unit, per=per):
            return "_".join(str(part) for part in (f"{value:g}", unit, per) if part is not None)
        case tree.Binding(kind=kind, variable=variable, source=source):
            words = [kind.name if kind else "?", variable.name, *(["in", source.name] if source else [])]
            return " ".join(words)
        case tree.Quantifier(word=word, bindings=bindings, condition=condition, consequence=consequence):
            text = f"{word} {'; '.join(map(spelt, bindings))}"
            text += f" with {spelt(condition)}" if condition else ""
            return f"<{text} has {spelt(consequence)}>" if consequence else f"<{text}>"
        case tree.Aggregate(word=word, value=value, bindings=bindings, condition=condition):
            text = f"{word} " + (f"{spelt(value)} for " if value else "") + "; ".join(map(spelt, bindings))
            return f"<{text} with {spelt(condition)}>" if condition else f"<{text}>"
        case tree.Call(function=function, arguments=arguments, unit=unit, per=per):
            inner = ", ".join(spelt(argument) for argument in arguments)
            return "_".join(part for part in (f"{function.name}({inner})", unit, per) if part)
        case tree.Argument(name=name, value=value):
            return f"{name}: {spelt(value)}" if name else spelt(value)
        case tree.ListOf(items=items):
            return f"[{', '.join(map(spelt, items))}]"
        case tree.Interval(low=low, high=high):
            return f"{spelt(low)}..{spelt(high)}"
        case tree.String(value=value) | tree.Date(value=value) | tree.Address(value=value):
            return repr(value)
        case _:
            return type(node).__name__.lower()


def read(text: str) -> str:
    conditions, diagnostics = parse_conditions(Source("question", text))
    assert diagnostics == ()
    return " ; ".join(spelt(condition) for condition in conditions)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c", "((a and b) or c)"),
        ("(a or b) and c", "((a or b) and c)"),
        ("not a and b", "((not a) and b)"),
        ("not a = b", "(not (a = b))"),
        ("not not a", "(not (not a))"),
        ("a = b + c * d", "(a = (b + (c * d)))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b / c", "((a / b) / c)"),
        ("-a * b", "((- a) * b)"),
        ("a * -b", "(a * (- b))"),
        ("a - -1", "(a - (- 1))"),
        ("a >= today - 1 y", "(a >= (today - 1_y))"),
        ("x is infusion_pump", "(x is infusion_pump)"),
        ("x is not pump and y", "((x is not pump) and y)"),
        ("x not in [a, b]", "(x not in [a, b])"),
        ("x not\n  in y", "(x not in y)"),
        ("a in b.c, d", "(a in b.c) ; d"),
        ("planned by 2027-03-31", "(planned by '2027-03-31')"),
        ("(a < b) = (c < d)", "((a < b) = (c < d))"),
        ("some backup b with b.of = s and b.offsite", "<some backup b with ((b.of = s) and b.offsite)>"),
        ("no account a in p.accounts with a.shared", "<no account a in p.accounts with a.shared>"),
        ("no account a in p.accounts", "<no account a in p.accounts>"),
        ("some a in p.accounts with a", "<some ? a in p.accounts with a>"),
        ("not some a x", "(not <some a x>)"),
        ("some a x and b", "(<some a x> and b)"),
        ("b and some a x with c and d", "(b and <some a x with (c and d)>)"),
        ("every p x in y has z", "<every p x in y has z>"),
        ("every p x with a or b has c or d", "<every p x with (a or b) has (c or d)>"),
        ("every p x with every q y with a has b has c", "<every p x with <every q y with a has b> has c>"),
        ("some (flow f, data d in f.carries) with d.x", "<some flow f; data d in f.carries with d.x>"),
        ("count of device d with d.zone = z", "<count device d with (d.zone = z)>"),
        ("(count of device d with d.zone = z) > 3", "(<count device d with (d.zone = z)> > 3)"),
        ("count of device d > 3", "(<count device d> > 3)"),
        ("3 < count of device d in z.members", "(3 < <count device d in z.members>)"),
        (
            "sum of c.cost for control c in s.controls with c.on",
            "<sum c.cost for control c in s.controls with c.on>",
        ),
        ("lowest of a + b for x y", "<lowest (a + b) for x y>"),
        ("count = 3", "(count = 3)"),
        ("sum.x = average", "(sum.x = average)"),
        ("pert(1k, 2k, 9k) EUR per h", "pert(1000, 2000, 9000)_EUR_h"),
        ("poisson(3) per year", "poisson(3)_year"),
        ("beta(2, 30) %", "beta(2, 30)_%"),
        ("f()", "f()"),
        ("f(a, b: c or d,)", "f(a, b: (c or d))"),
        ("lognormal(p5: 1 d, p95: 30 d)", "lognormal(p5: 1_d, p95: 30_d)"),
        ('pump["AT-1"] = x', "(pump[AT-1] = x)"),
        ("8000..8080", "8000..8080"),
        ("10.2.0.0/16", "'10.2.0.0/16'"),
        ("[ ]", "[]"),
        ("[a, b,]", "[a, b]"),
    ],
)
def test_shape(text: str, shape: str) -> None:
    assert read(text) == shape


@pytest.mark.parametrize(
    ("text", "value", "unit", "per"),
    [
        ("480", 480.0, None, None),
        ("1_000_000", 1e6, None, None),
        ("1.5", 1.5, None, None),
        ("20k", 2e4, None, None),
        ("210M EUR per year", 2.1e8, "EUR", "year"),
        ("23 %", 23.0, "%", None),
        ("23%", 23.0, "%", None),
        ("30min", 30.0, "min", None),
        ("30 m", 30.0, "m", None),
        ("5 M", 5.0, "M", None),
        ("3 per year", 3.0, None, "year"),
        ("12k  EUR   per  year", 12e3, "EUR", "year"),
        ("1e-5", 1e-5, None, None),
        ("2 MB per s", 2.0, "MB", "s"),
    ],
)
def test_quantity(text: str, value: float, unit: str | None, per: str | None) -> None:
    (condition,), _ = parse_conditions(Source("q", text))
    assert condition == tree.Quantity(0, len(text), value, unit, per)


@pytest.mark.parametrize(
    "text",
    [
        "beds: 480 currency: EUR",
        "beds: 480 typically { a: 1 }",
        "beds: 480 currency : EUR",
        "beds: 480, currency: EUR",
        "beds: 480\n currency: EUR",
        "beds: 480 endpoint web { a: b }",
        'beds: 480 endpoint e "x"',
        "beds: 480 flow a -> b",
        "beds: 480 template system x",
    ],
)
def test_the_next_entry_is_no_unit(text: str) -> None:
    result = parse(Source("f", f"organisation h {{ {text} }}"))
    (declaration,) = result.file.items
    assert isinstance(declaration, tree.Declaration)
    assert declaration.body is not None
    first = declaration.body.entries[0]
    assert isinstance(first, tree.Attribute)
    assert first.value == tree.Quantity(first.value.start, first.value.start + 3, 480.0)


def test_spans_are_exact() -> None:
    text = "not (a or b) and c.d = 20k EUR"
    (condition,), _ = parse_conditions(Source("q", text))
    assert isinstance(condition, tree.Binary)
    assert text[condition.start : condition.end] == text
    assert isinstance(condition.left, tree.Unary)
    assert text[condition.left.start : condition.left.end] == "not (a or b)"
    operand = condition.left.operand
    assert text[operand.start : operand.end] == "(a or b)"
    assert isinstance(condition.right, tree.Binary)
    assert text[condition.right.start : condition.right.end] == "c.d = 20k EUR"


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r'"\\"', "\\"),
        (r'"\n\t"', "\n\t"),
        (r'"\u{e9}\u{1F3E5}"', "é🏥"),
        ('""', ""),
        ('"#"', "#"),
    ],
)
def test_escapes(literal: str, value: str) -> None:
    (condition,), diagnostics = parse_conditions(Source("q", literal))
    assert diagnostics == ()
    assert condition == tree.String(0, len(literal), value)


@pytest.mark.parametrize(
    "text", ["a <", "a b", "(a", "a = b = c", "", "has a", "some x", "1.2.3", "a and , b"]
)
def test_a_faulty_question_has_one_mistake(text: str) -> None:
    _, diagnostics = parse_conditions(Source("q", text))
    assert len(diagnostics) == 1


@pytest.mark.parametrize("text", ["3 _", "3_", "3_x", "1_000", "1_000_", "1.5 _a per _b", "2e5k x"])
def test_whatever_the_lexer_takes_for_a_quantity_can_be_read(text: str) -> None:
    result = parse(Source("x.panacea", f"zone a {{ trust: {text} }}\n"))
    assert result.file is not None
