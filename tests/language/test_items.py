"""Declarations, rules, steps, tests and scenarios: what ends up where in the tree."""

from __future__ import annotations

from typing import TypeVar

import pytest

from panacea_policy.language import Source, parse
from panacea_policy.language import syntax as tree

T = TypeVar("T")


def items(text: str) -> tuple[tree.Item, ...]:
    result = parse(Source("", text))
    assert result.diagnostics == ()
    return result.file.items


def only(text: str, kind: type[T]) -> T:
    (item,) = items(text)
    assert isinstance(item, kind)
    return item


def declared(text: str) -> tree.Declaration:
    return only(text, tree.Declaration)


def names(paths: tuple[tree.Path, ...]) -> list[str]:
    return [path.name for path in paths]


def test_every_part_of_a_head() -> None:
    text = (
        'template device pump[240] "Pump" : infusion, medical in wards, icu from inventory("p.csv") { a: 1 }'
    )
    found = declared("## Doc.\n" + text)
    assert found.template
    assert found.kind.name == "device"
    assert found.name is not None
    assert found.name.name == "pump"
    assert found.count is not None
    assert found.count.value == 240
    assert found.title is not None
    assert found.title.value == "Pump"
    assert names(found.parents) == ["infusion", "medical"]
    assert [clause.word for clause in found.clauses] == ["in", "from"]
    assert len(found.clauses[0].values) == 2
    assert found.body is not None
    assert found.doc == "Doc."
    assert (found.start, found.end) == (8, 8 + len(text))


@pytest.mark.parametrize(("sign", "both_ways"), [("->", False), ("<->", True)])
@pytest.mark.parametrize("name", ["", "c1: "])
def test_arrows(sign: str, both_ways: bool, name: str) -> None:
    found = declared(f'conduit {name}clinical {sign} imaging["x"] over dicom')
    assert found.arrow is not None
    assert found.arrow.source.name == "clinical"
    assert found.arrow.target.key == "x"
    assert found.arrow.both_ways is both_ways
    assert (found.name.name if found.name else "") == name.rstrip(": ")
    assert found.parents == ()


def test_the_subject_of_a_grant_and_its_condition() -> None:
    found = declared("grant nurse may read, append on ehr.records when on_shift and same_ward { by: x }")
    assert [clause.word for clause in found.clauses] == ["may", "on", "when"]
    (condition,) = found.clauses[-1].values
    assert isinstance(condition, tree.Binary)


def test_when_is_the_last_clause() -> None:
    (found,) = parse(Source("", "grant nurse when on_shift may read")).diagnostics
    assert found.code == "P0109"


@pytest.mark.parametrize("word", ["report", "chance", "expect", "until"])
def test_words_of_other_places_are_no_kinds(word: str) -> None:
    (found,) = parse(Source("", f"zone z {{ a: 1  {word} x }}")).diagnostics
    assert found.code == "P0109"


def test_bodies_and_keys() -> None:
    found = declared('table t { 101: a, "guest": b  every: { k: 1  k: 2 }  typically { x: 1 } }')
    assert found.body is not None
    attributes = [entry for entry in found.body.entries if isinstance(entry, tree.Attribute)]
    assert [attribute.key for attribute in attributes] == ["101", "guest", "every"]
    text = 'table t { 101: a, "guest": b'
    assert text[attributes[1].start : attributes[1].key_end] == '"guest"'
    assert isinstance(attributes[2].value, tree.Body)
    assert isinstance(found.body.entries[-1], tree.Typically)


def test_nested_declarations_with_and_without_braces() -> None:
    found = declared('system p { a: 1 endpoint x "X" in z endpoint y { b: 2 }, c: 3 }')
    assert found.body is not None
    kinds = [type(entry).__name__ for entry in found.body.entries]
    assert kinds == ["Attribute", "Declaration", "Declaration", "Attribute"]


def test_use_gives_one_node_for_each_package() -> None:
    assert [item.package.name for item in items("use a.b, c\nuse d") if isinstance(item, tree.Use)] == [
        "a.b",
        "c",
        "d",
    ]


def test_typically() -> None:
    assert only("typically system { a: b }", tree.Typically).kind is not None


def test_relations_derivations_and_facts() -> None:
    relation = only("## D.\nrelation r(a: system, zone)", tree.RelationItem)
    assert [(parameter.name, parameter.kind.name) for parameter in relation.parameters] == [
        ("a", "system"),
        (None, "zone"),
    ]
    assert relation.doc == "D."
    derivation = only("r(a, b) if a.zone = b, not x", tree.DerivationItem)
    assert len(derivation.conditions) == 2
    assert only("r(a, b)", tree.DerivationItem).conditions == ()


def test_rules_take_their_parts_in_any_order() -> None:
    rule = only(
        'rule r "T" { report f, d "m" remedy "do" where a, b for flow f, data d in f.carries severity: high '
        "applies when x }",
        tree.RuleItem,
    )
    assert rule.title is not None
    assert [attribute.key for attribute in rule.attributes] == ["severity"]
    assert [binding.variable.name for binding in rule.bindings] == ["f", "d"]
    assert (len(rule.applies), len(rule.where), len(rule.require)) == (1, 2, 0)
    assert names(rule.subjects) == ["f", "d"]
    assert rule.message is not None
    assert rule.message.value == "m"
    assert rule.remedy is not None
    assert rule.remedy.value == "do"


def test_steps() -> None:
    step = only(
        "step s { layer: network for system h from r(h), h.x to c(h), d(h) chance 0.5 effort 1 d "
        "hindered by a, b on h hindered by c }",
        tree.StepItem,
    )
    assert len(step.conditions) == 2
    assert [call.function.name for call in step.results] == ["c", "d"]
    assert step.chance is not None
    assert step.effort is not None
    assert [(names(h.controls), h.subject.name if h.subject else None) for h in step.hindrances] == [
        (["a", "b"], "h"),
        (["c"], None),
    ]


def test_tests() -> None:
    test = only(
        'test "t" { as_of: 2026-11-01 given { zone z use a } expect r on x, y expect r met on z '
        "expect no q(a) expect q(b) expect nothing else }",
        tree.TestItem,
    )
    assert len(test.given) == 2
    first, met, no, yes, nothing = test.expectations
    assert (first.verdict, names(first.subjects)) == ("violated", ["x", "y"])
    assert met.verdict == "met"
    assert no.negated
    assert no.atom is not None
    assert not yes.negated
    assert nothing.nothing_else


def test_known_misses_and_what_else_may_be_found() -> None:
    test = only(
        'test "t" { todo expect r on x  todo "next year" expect no q(a)  todo expect nothing else }',
        tree.TestItem,
    )
    on, no, nothing = test.expectations
    assert on.todo is not None
    assert on.todo.reason is None
    assert no.todo is not None
    assert no.todo.reason is not None
    assert no.todo.reason.value == "next year"
    assert (nothing.nothing_else, nothing.todo is not None) == (True, True)
    (closed, open_) = only('test "t" { expect r on x  expect anything else }', tree.TestItem).expectations
    assert (closed.anything_else, closed.todo) == (False, None)
    assert open_.anything_else


def test_todo_may_be_a_name() -> None:
    test = only(
        'test "t" { expect todo met on todo  expect no todo(todo)  todo expect todo on x }', tree.TestItem
    )
    met, no, marked = test.expectations
    assert met.rule is not None
    assert (met.rule.name, names(met.subjects), met.todo) == ("todo", ["todo"], None)
    assert no.atom is not None
    assert no.atom.function.name == "todo"
    assert marked.todo is not None
    assert only("zone todo { todo: 3 }", tree.Declaration).name is not None


def test_scenarios() -> None:
    scenario = only('scenario s "S" { title: "x" set a.b: c remove d control e : f }', tree.ScenarioItem)
    assert [type(entry).__name__ for entry in scenario.entries] == [
        "Attribute",
        "Set",
        "Remove",
        "Declaration",
    ]


@pytest.mark.parametrize(
    ("text", "doc"),
    [
        ("## a\nzone z", "a"),
        ("## a\n## b\nzone z", "a\nb"),
        ("## lost\n\n## a\nzone z", "a"),
        ("## a\n\nzone z", "a"),
        ("# no\nzone z", None),
        ("zone y ## of nobody\nzone z", None),
        ("##a\r\n##\tb\r\nzone z", "a\nb"),
    ],
)
def test_documentation(text: str, doc: str | None) -> None:
    last = items(text)[-1]
    assert isinstance(last, tree.Declaration)
    assert last.doc == doc
