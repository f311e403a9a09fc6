"""Random programs in the language, and trees without their positions."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

Words = list[str]

names = st.sampled_from(
    ["a", "pacs", "zone_1", "ehr.records", "gdpr.art32_1_a", "IE", "Mixed_Case", "z9", "long_" * 6]
)
texts = st.sampled_from(
    ['""', '"a"', '"two words"', '"# no comment"', r'"\"quoted\" \\ \u{e9}"', '"画像"', f'"{"x" * 70}"']
)
quantities = st.sampled_from(
    ["480", "1.5", "20k", "23 %", "30 min", "12k EUR per year", "3 per year", "1e-5", "210M EUR"]
)
atoms = st.one_of(
    names.map(lambda name: [name]),
    texts.map(lambda text: [text]),
    quantities.map(lambda quantity: [quantity]),
    st.sampled_from(
        [["2027-03-31"], ["10.20.0.0/16"], ["8000", "..", "8080"], ["true"], ["false"], ["none"], ["[", "]"]]
    ),
    names.map(lambda name: [name, "[", '"AT-0017"', "]"]),
)
operators = st.sampled_from(
    ["or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "by", "in", "not in", "is", "is not"]
)


def commas(items: list[Words]) -> Words:
    """The items one after another, with commas between."""
    joined: Words = []
    for item in items:
        joined += [",", *item] if joined else item
    return joined


def _bindings(draw: st.DrawFn) -> Words:
    one = [draw(names), draw(names), *(["in", draw(names)] if draw(st.booleans()) else [])]
    return ["(", *one, ",", draw(names), "x", ")"] if draw(st.integers(0, 4)) == 0 else one


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> Words:
    """An expression that is no chain of comparisons."""
    if depth == 0:
        return draw(atoms)
    inner = expressions(depth - 1)
    form = draw(st.integers(0, 9))
    if form <= 2:
        return draw(atoms)
    if form == 3:
        return ["(", *draw(inner), ")", draw(operators), "(", *draw(inner), ")"]
    if form == 4:
        return [draw(st.sampled_from(["not", "-"])), "(", *draw(inner), ")"]
    if form == 5:
        return ["[", *commas(draw(st.lists(inner, min_size=1, max_size=3))), "]"]
    if form == 6:
        call = [draw(names), "(", *commas(draw(st.lists(inner, max_size=3)))]
        return [*call, ", p5 : 1 d )" if call[-1] != "(" else ")"]
    if form == 7:
        quantifier = [draw(st.sampled_from(["some", "no", "every"])), *_bindings(draw), "with", *draw(inner)]
        return (
            [*quantifier, "has", *draw(inner)]
            if quantifier[0] == "every" and draw(st.booleans())
            else quantifier
        )
    if form == 8:
        return ["sum of", *draw(atoms), "for", *_bindings(draw), "with", *draw(inner)]
    return ["pert", "(", "1k", ",", "2k", ",", "9k", ") EUR per h"]


@st.composite
def bodies(draw: st.DrawFn, depth: int = 2) -> Words:
    """Entries between braces."""
    words = ["{"]
    for _ in range(draw(st.integers(0, 4))):
        form = draw(st.integers(0, 6)) if depth else 0
        if form == 5:
            words += draw(declarations(depth - 1, braces=True))
        elif form == 6:
            words += ["typically", *draw(bodies(depth - 1))]
        else:
            value = draw(bodies(depth - 1)) if form == 4 else draw(expressions())
            words += [draw(names), ":", *value, *([","] if draw(st.integers(0, 5)) == 0 else [])]
    return [*words, "}"]


@st.composite
def declarations(draw: st.DrawFn, depth: int = 2, braces: bool = False) -> Words:
    """A declaration, with a body when ``braces`` asks for one."""
    head = ["template"] if draw(st.integers(0, 5)) == 0 else []
    head += [draw(names), draw(names)]
    origin = draw(st.integers(0, 4))
    if origin == 1:
        head += ["->", draw(names)]
    elif origin == 2:
        head += ["[", "240", "]"]
    if draw(st.booleans()):
        head.append(draw(texts))
    if origin == 3:
        head += [":", *commas(draw(st.lists(names.map(lambda name: [name]), min_size=1, max_size=2)))]
    elif origin == 4:
        head += [":", draw(names), "<->", draw(names)]
    for word in draw(st.lists(st.sampled_from(["in", "over", "may", "on", "until", "by"]), max_size=2)):
        head += [word, *commas(draw(st.lists(atoms, min_size=1, max_size=2)))]
    if draw(st.integers(0, 5)) == 0:
        head += ["when", *draw(expressions())]
    return [*head, *draw(bodies(depth))] if braces or draw(st.booleans()) else head


@st.composite
def rules(draw: st.DrawFn) -> Words:
    """A rule or a step."""
    conditions = commas(draw(st.lists(expressions(), min_size=1, max_size=3)))
    binding = ["for", *commas([[draw(names), "v"], ["w", "in", draw(names)]])]
    attribute = ["severity", ":", *draw(atoms)]
    if draw(st.booleans()):
        verb = draw(st.sampled_from(["where", "require"]))
        parts = [
            binding,
            attribute,
            [verb, *conditions],
            ["report", "v", draw(texts)],
            ["remedy", draw(texts)],
        ]
        if draw(st.booleans()):
            parts.append(["applies when", *draw(expressions())])
        kind = "rule"
    else:
        result = ["to", draw(names), "(", "v", ")"]
        parts = [binding, attribute, ["from", *conditions], result, ["chance", *draw(atoms)]]
        parts += [["effort", *draw(atoms)], ["hindered by", "patching", ",", "b", "on", "v"]]
        kind = "step"
    return [
        kind,
        draw(names),
        draw(texts),
        "{",
        *[word for part in draw(st.permutations(parts)) for word in part],
        "}",
    ]


@st.composite
def items(draw: st.DrawFn) -> Words:
    """Any item of a file."""
    form = draw(st.integers(0, 8))
    if form <= 3:
        return draw(declarations())
    if form <= 5:
        return draw(rules())
    if form == 6:
        return ["use", *commas(draw(st.lists(names.map(lambda name: [name]), min_size=1, max_size=3)))]
    if form == 7:
        head = [draw(names), "(", *commas(draw(st.lists(atoms, min_size=1, max_size=3))), ")"]
        return [*head, "if", *commas(draw(st.lists(expressions(), min_size=1, max_size=3)))]
    given = [word for item in draw(st.lists(declarations(1), max_size=2)) for word in item]
    return [
        "test",
        draw(texts),
        "{",
        "given",
        "{",
        *given,
        "}",
        "expect",
        "r",
        "met",
        "on",
        "x",
        *_todo(draw),
        "expect",
        "no",
        "todo",
        "(",
        "x",
        ")",
        *_todo(draw),
        "expect",
        "r",
        "on",
        "todo",
        *draw(st.sampled_from([["expect", "anything else"], [*_todo(draw), "expect", "nothing else"], []])),
        "}",
    ]


def _todo(draw: st.DrawFn) -> Words:
    """The mark of a known miss, or nothing."""
    return draw(st.sampled_from([[], ["todo"], ["todo", '"next year"']]))


_blanks = st.sampled_from(
    [
        " ",
        " ",
        " ",
        "  ",
        "\t",
        "\n",
        "\n",
        "\n\n\n",
        "\r\n",
        " # note\n",
        "\n#tight\n",
        "\n\n## doc\n##more\n",
    ]
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a valid file, with line ends and comments in places where nobody would put them."""
    text: Words = []
    for item in draw(st.lists(items(), max_size=4)):
        for word in item:
            text.append(word)
            # A word behind a number on its line would be taken for its unit, three capitals behind `)`
            # likewise.
            risky = word[0].isdigit() or word.endswith(")")
            text.append("\n" if risky else draw(_blanks))
    return "".join(text)


def shape(value: Any) -> Any:
    """A tree as nested tuples, without positions."""
    if isinstance(value, msgspec.Struct):
        fields = (name for name in value.__struct_fields__ if name not in ("start", "end", "key_end"))
        return (type(value).__name__, *(shape(getattr(value, name)) for name in fields))
    if isinstance(value, tuple):
        return tuple(shape(part) for part in value)
    return value
