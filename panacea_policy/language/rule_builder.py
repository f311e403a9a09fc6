"""Grammar reductions → nodes of rules, attack steps and tests, whose parts come in any order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from panacea_policy.language import syntax as tree
from panacea_policy.language.builder import Builder, Parts, items_of

_VERDICTS = ("violated", "met", "unknown", "waived", "not_applicable")


class Part(NamedTuple):
    """One line of a rule, step or test: which one, where its word stands, and its values."""

    word: str
    start: int
    end: int
    values: tuple[Any, ...]


class RuleBuilder(Builder):
    """The whole builder: declarations and expressions from :class:`Builder`, and rules, steps and tests."""

    def attribute_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("attribute", start, end, (parts[0],))

    def for_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("for", start, end, tuple(parts))

    def applies_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("applies when", start, end, parts[1])

    def where_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("where", start, end, parts[0])

    def require_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("require", start, end, parts[0])

    def report_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("report", start, end, tuple(parts))

    def remedy_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("remedy", start, end, (parts[0],))

    def from_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("from", start, end, parts[0])

    def to_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("to", start, end, tuple(parts))

    def chance_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("chance", start, end, (parts[0],))

    def effort_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("effort", start, end, (parts[0],))

    def hindered_part(self, parts: Parts, start: int, end: int) -> Part:
        *controls, subject = parts[1:]
        return Part("hindered by", start, end, (tree.Hindrance(start, end, tuple(controls), subject),))

    def given_part(self, parts: Parts, start: int, end: int) -> Part:
        return Part("given", start, end, items_of(parts))

    def todo(self, parts: Parts, start: int, end: int) -> tree.Todo:
        return tree.Todo(start, end, parts[0])

    def expect_rule(self, parts: Parts, start: int, end: int) -> Part:
        todo, rule, verdict, *subjects = parts
        word = verdict.name if verdict is not None else "violated"
        if word not in _VERDICTS:
            cure = f"the verdicts are {', '.join(_VERDICTS)}"
            self._error("P0117", f"`{word}` is not a verdict", verdict.start, verdict.end, cure)
            word = "violated"
        expectation = tree.Expectation(start, end, rule, word, tuple(subjects), None, False, False, todo=todo)
        return Part("expect", start, end, (expectation,))

    def expect_atom(self, parts: Parts, start: int, end: int) -> Part:
        todo, negation, atom, step = parts
        negated = negation is not None
        expectation = tree.Expectation(
            start, end, None, "violated", (), atom, negated, False, todo=todo, step=step
        )
        return Part("expect", start, end, (expectation,))

    def expect_nothing(self, parts: Parts, start: int, end: int) -> Part:
        expectation = tree.Expectation(start, end, None, "violated", (), None, False, True, todo=parts[0])
        return Part("expect", start, end, (expectation,))

    def expect_anything(self, parts: Parts, start: int, end: int) -> Part:
        expectation = tree.Expectation(start, end, None, "violated", (), None, False, False, True)
        return Part("expect", start, end, (expectation,))

    # ------------------------------------------------------------------------------------------ the wholes

    def rule(self, parts: Parts, start: int, end: int) -> tree.RuleItem:
        name, title, *lines = parts
        once = self._once(lines, ("applies when", "where", "require", "report", "remedy"))
        self._check_rule(name, once, start)
        report = once.get("report", ())
        *subjects, message = report or (None,)
        return tree.RuleItem(
            start,
            end,
            name,
            title,
            tuple(_values(lines, "attribute")),
            tuple(_values(lines, "for")),
            once.get("applies when", ()),
            once.get("where", ()),
            once.get("require", ()),
            tuple(subjects),
            message,
            once.get("remedy", (None,))[0],
            self._docs.get(start),
        )

    def _check_rule(self, name: tree.Path, once: dict[str, tuple[Any, ...]], start: int) -> None:
        if "where" in once and "require" in once:
            cure = "keep one: `where` says when it is violated, `require` says what must hold"
            self._error(
                "P0115", f"rule `{name.name}` has both `where` and `require`", name.start, name.end, cure
            )
        elif "where" not in once and "require" not in once:
            cure = "add `where CONDITIONS` (when it is violated) or `require CONDITIONS` (what must hold)"
            self._error(
                "P0116", f"rule `{name.name}` says nothing that could be violated", name.start, name.end, cure
            )
        if "report" not in once:
            cure = 'add `report SUBJECT "message"`, with a variable of the rule as the subject'
            self._error("P0116", f"rule `{name.name}` has no `report` line", name.start, name.end, cure)

    def step(self, parts: Parts, start: int, end: int) -> tree.StepItem:
        name, title, *lines = parts
        once = self._once(lines, ("from", "to", "chance", "effort"))
        if "to" not in once:
            cure = "add `to RELATION(…)`: what the attacker has once the step succeeds"
            self._error("P0116", f"step `{name.name}` leads nowhere", name.start, name.end, cure)
        return tree.StepItem(
            start,
            end,
            name,
            title,
            tuple(_values(lines, "attribute")),
            tuple(_values(lines, "for")),
            once.get("from", ()),
            once.get("to", ()),
            once.get("chance", (None,))[0],
            once.get("effort", (None,))[0],
            tuple(_values(lines, "hindered by")),
            self._docs.get(start),
        )

    def test(self, parts: Parts, start: int, end: int) -> tree.TestItem:
        title, *lines = parts
        self._check_test(title, lines)
        return tree.TestItem(
            start,
            end,
            title,
            tuple(_values(lines, "attribute")),
            tuple(_values(lines, "given")),
            tuple(_values(lines, "expect")),
            self._docs.get(start),
        )

    def _check_test(self, title: tree.String, lines: list[Part]) -> None:
        expected: list[tree.Expectation] = list(_values(lines, "expect"))
        if all(each.anything_else for each in expected):
            cure = "add `expect RULE on NAME`, `expect RELATION(…)` or `expect nothing else`"
            self._error("P0116", "this test expects nothing, so it cannot fail", title.start, title.end, cure)
        open_ = next((each for each in expected if each.anything_else), None)
        if open_ is not None and any(each.nothing_else for each in expected):
            cure = "keep one of them"
            message = "the test allows anything else and nothing else"
            self._error("P0123", message, open_.start, open_.end, cure)

    def _once(self, lines: list[Part], words: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
        """The values of parts that may be given only once; a second one is an error, and the first counts."""
        found: dict[str, tuple[Any, ...]] = {}
        for line in lines:
            if line.word not in words:
                continue
            if line.word in found:
                cure = "put everything into one, separated by commas" if len(line.values) else None
                end = line.start + len(line.word)
                self._error("P0114", f"`{line.word}` is given twice", line.start, end, cure)
            else:
                found[line.word] = line.values
        return found


def _values(lines: list[Part], word: str) -> Iterator[Any]:
    for line in lines:
        if line.word == word:
            yield from line.values
