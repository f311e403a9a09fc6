"""Answers to questions about all models: what holds, what does not and why, and what is not verified and why
not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from panacea_policy.compiler import Verdict, Workspace
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.compiler.rules.typing import fits
from panacea_policy.engine import Atom, Rule, Var
from panacea_policy.errors import PanaceaError
from panacea_policy.model import Registry
from panacea_policy.verification.access import answer_access
from panacea_policy.verification.answers import Answer, Outcome
from panacea_policy.verification.program import Subject
from panacea_policy.verification.questions import Asked, Form, read_question
from panacea_policy.verification.run import Trial
from panacea_policy.verification.search import Found, Search
from panacea_policy.verification.solver import Settings, load_z3

GOAL = "question"
ABOUT_ACCESS = (
    Form.CAN_REACH,
    Form.NEVER_REACHES,
    Form.ACCESS_EQUALS,
    Form.ACCESS_IMPLIES,
    Form.ACCESS_EQUALS_MODEL,
    Form.ACCESS_IMPLIES_MODEL,
)


def prove(workspace: Workspace, question: str, settings: Settings | None = None) -> Answer:
    """The answer to a question about all models of the vocabulary, or about the access that this model
    grants.

    The workspace must be sound. Raises PanaceaError for what is no question, for names that nobody declared,
    and where z3 is not installed.
    """
    asked = read_question(question)
    z3 = load_z3()
    if asked.form in ABOUT_ACCESS:
        return answer_access(workspace, asked, z3, settings or Settings())
    subject = Subject(workspace)
    rules = [subject.rule(name) for name in asked.names]
    asked = Asked(asked.form, tuple(rule.declared.qualified for rule in rules))
    limits = settings or Settings()

    def look(extra: list[Rule], shows: Callable[[Trial], bool]) -> Found:
        return Search(workspace, subject, GOAL, extra, shows, z3, limits).run()

    return _Asking(subject, asked, look).answer(rules)


@dataclass(frozen=True)
class _Asking:
    """One question about rules under way."""

    subject: Subject
    asked: Asked
    look: Callable[[list[Rule], Callable[[Trial], bool]], Found]

    def answer(self, rules: list[CompiledRule]) -> Answer:
        if len(rules) == 2:
            _same_subjects(rules[0], rules[1], self.subject.layer.registry)
        first, name = rules[0], rules[0].declared.qualified
        match self.asked.form:
            case Form.CAN_FIRE:
                found = self._fires(first)
                return self._told(found, False, f"{name} can fire", f"{name} never fires", f"{name} fires")
            case Form.NEVER_FIRES:
                found = self._fires(first)
                return self._told(found, True, f"{name} never fires", f"{name} can fire", f"{name} fires")
            case Form.ALWAYS_FIRES:
                found = self._met(first)
                holds = f"{name} is never met where it applies"
                return self._told(found, True, holds, f"{name} can be met", f"{name} applies and is met")
            case Form.EXCLUDES:
                other = rules[1].declared.qualified
                found = self._both(*rules)
                both = f"{name} and {other} fire on the same subjects"
                return self._told(found, True, f"{name} and {other} never fire together", both, both)
            case Form.IMPLIES:
                return self._implies(*rules)
            case _:
                return self._equals(*rules)

    # ------------------------------------------------------------------------------------------ rules

    def _fires(self, rule: CompiledRule) -> Found:
        extra, head = _subjects_of(rule, rule.violated, "fires")
        name = self.subject.id_in_example(rule)
        return self.look(
            [extra, Rule(Atom(GOAL, ()), (head,), GOAL)],
            lambda trial: bool(trial.subjects(name, Verdict.VIOLATED)),
        )

    def _met(self, rule: CompiledRule) -> Found:
        """Where the rule applies and may not even be violated."""
        possible, not_met = _subjects_of(rule, rule.possible, "may fire")
        applies = Atom(rule.applies, not_met.terms)
        body = (applies, Atom(not_met.relation, not_met.terms, negated=True))
        name = self.subject.id_in_example(rule)
        return self.look(
            [possible, Rule(Atom(GOAL, ()), body, GOAL)],
            lambda trial: bool(trial.subjects(name, Verdict.MET)),
        )

    def _both(self, one: CompiledRule, other: CompiledRule) -> Found:
        first, head = _subjects_of(one, one.violated, "fires")
        second, same = _subjects_of(other, other.violated, "also fires")
        names = self.subject.id_in_example(one), self.subject.id_in_example(other)

        def shows(trial: Trial) -> bool:
            fired = [trial.subjects(name, Verdict.VIOLATED) for name in names]
            return bool(fired[0] & fired[1])

        body = (head, Atom(same.relation, head.terms))
        return self.look([first, second, Rule(Atom(GOAL, ()), body, GOAL)], shows)

    def _without(self, one: CompiledRule, other: CompiledRule) -> Found:
        """Where one rule fires and the other does not."""
        first, head = _subjects_of(one, one.violated, "fires")
        second, same = _subjects_of(other, other.violated, "also fires")
        names = self.subject.id_in_example(one), self.subject.id_in_example(other)

        def shows(trial: Trial) -> bool:
            fired = [trial.subjects(name, Verdict.VIOLATED) for name in names]
            return bool(fired[0] - fired[1])

        body = (head, Atom(same.relation, head.terms, negated=True))
        return self.look([first, second, Rule(Atom(GOAL, ()), body, GOAL)], shows)

    def _implies(self, one: CompiledRule, other: CompiledRule) -> Answer:
        name, second = one.declared.qualified, other.declared.qualified
        shows = f"{name} fires and {second} does not, on the same subject"
        holds = f"whatever violates {name} violates {second}"
        return self._told(self._without(one, other), True, holds, f"{name} does not imply {second}", shows)

    def _equals(self, one: CompiledRule, other: CompiledRule) -> Answer:
        name, second = one.declared.qualified, other.declared.qualified
        holds = f"{name} and {second} are violated by the same subjects"
        fails = f"{name} and {second} differ"
        answers = [
            self._told(
                self._without(*rules),
                True,
                holds,
                fails,
                f"{pair[0]} fires and {pair[1]} does not, on the same subject",
            )
            for rules, pair in (((one, other), (name, second)), ((other, one), (second, name)))
        ]
        return min(answers, key=lambda each: _WORST.index(each.outcome))

    def _told(self, found: Found, impossible_is_good: bool, holds: str, fails: str, shows: str) -> Answer:
        if found.example is not None:
            good = not impossible_is_good
        elif found.impossible:
            good = impossible_is_good
        else:
            return Answer(
                str(self.asked),
                Outcome.NOT_VERIFIED,
                "not verified",
                found.reasons,
                (),
                "",
                found.declarations,
            )
        return Answer(
            str(self.asked),
            Outcome.HOLDS if good else Outcome.FAILS,
            holds if good else fails,
            (),
            (found.example,) if found.example is not None else (),
            shows if found.example is not None else "",
            found.declarations,
        )


_WORST = (Outcome.FAILS, Outcome.NOT_VERIFIED, Outcome.HOLDS)


def _subjects_of(rule: CompiledRule, relation: str, stem: str) -> tuple[Rule, Atom]:
    """A relation of the subjects of a rule's rows, and the atom that reads it."""
    names = [name for name, _ in rule.variables]
    terms = tuple(Var(f"v{index}") for index in range(len(names)))
    subjects = tuple(terms[index] for index in rule.subjects)
    head = Atom(f"{rule.declared.qualified} {stem}", subjects)
    return Rule(head, (Atom(relation, terms),), rule.declared.qualified), Atom(
        head.relation, tuple(Var(f"s{index}") for index in range(len(subjects)))
    )


def _same_subjects(one: CompiledRule, other: CompiledRule, registry: Registry) -> None:
    """Raise PanaceaError where two rules do not speak of the same things."""
    counts = [len(each.subjects) for each in (one, other)]
    names = f"`{one.declared.qualified}` and `{other.declared.qualified}`"
    if counts[0] != counts[1]:
        raise PanaceaError(
            f"{names} cannot be compared: one reports {counts[0]} subjects, the other {counts[1]}",
            "compare rules that report as many subjects",
        )
    for first, second in zip(one.subjects, other.subjects, strict=True):
        types = one.variables[first][1], other.variables[second][1]
        if not fits(*types, registry):
            raise PanaceaError(
                f"{names} cannot be compared: one is about {types[0]}, the other about {types[1]}",
                "compare rules about the same kind",
            )


__all__ = ["prove"]
