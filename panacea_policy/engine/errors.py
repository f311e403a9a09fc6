"""What can be wrong with a program, and what can go wrong while it runs."""

from __future__ import annotations

from collections.abc import Sequence

from panacea_policy.engine.terms import Rule


class EngineError(Exception):
    """One problem: what is wrong, where, and what to do about it."""

    def __init__(self, message: str, *, rule: Rule | None = None, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.help = help

    def __str__(self) -> str:
        where = f"rule {self.rule.name}: " if self.rule is not None else ""
        return f"{where}{self.message}" + (f" ({self.help})" if self.help else "")


class DuplicateRelation(EngineError):
    """A relation is declared twice."""

    def __init__(self, relation: str) -> None:
        super().__init__(f"the relation `{relation}` is declared twice", help="declare it once")
        self.relation = relation


class UnknownRelation(EngineError):
    """A rule speaks of a relation that is not declared."""

    def __init__(self, rule: Rule, relation: str, suggestion: str | None) -> None:
        help = f"did you mean `{suggestion}`?" if suggestion else "declare the relation"
        super().__init__(f"no relation is called `{relation}`", rule=rule, help=help)
        self.relation = relation
        self.suggestion = suggestion


class ArityMismatch(EngineError):
    """An atom, a function or a test has the wrong number of arguments."""

    def __init__(self, rule: Rule, name: str, expected: str, given: int) -> None:
        super().__init__(
            f"`{name}` takes {expected}, not {given}", rule=rule, help="give each column or argument its term"
        )
        self.name = name
        self.given = given


class TypeMismatch(EngineError):
    """A value of one type stands where another is needed."""


class UnsafeVariable(EngineError):
    """A variable could take infinitely many values, because no positive condition binds it."""

    def __init__(self, rule: Rule, var: str, message: str, help: str) -> None:
        super().__init__(message, rule=rule, help=help)
        self.var = var


class Unstratifiable(EngineError):
    """A relation depends on its own absence, or on an aggregate over itself.

    ``cycle`` lists (relation, rule) in order: each relation is derived by the rule beside it from the next
    one, the last from the first.
    """

    def __init__(self, cycle: Sequence[tuple[str, Rule]], through: str) -> None:
        names = [relation for relation, _ in cycle]
        path = " → ".join(f"`{name}`" for name in [*names, names[0]])
        super().__init__(
            f"`{names[0]}` depends on itself through {through}: {path}",
            rule=cycle[0][1],
            help="break the cycle: what is negated or aggregated must be settled before",
        )
        self.cycle = tuple(cycle)


class ProgramErrors(Exception):
    """All problems of a program at once, in the order of its rules."""

    def __init__(self, errors: Sequence[EngineError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


class EvaluationError(EngineError):
    """A run had to stop: a value that does not exist (overflow, division by zero) or growth beyond the
    limits.

    ``relation`` is the one being derived and ``row`` the variables' values, by name, where they are known.
    """

    def __init__(
        self,
        message: str,
        *,
        rule: Rule | None = None,
        relation: str | None = None,
        row: dict[str, object] | None = None,
        help: str = "",
    ) -> None:
        super().__init__(message, rule=rule, help=help)
        self.relation = relation
        self.row = row

    def __str__(self) -> str:
        values = ", ".join(f"{name} = {value!r}" for name, value in (self.row or {}).items())
        relation = f", deriving `{self.relation}`" if self.relation else ""
        return super().__str__() + relation + (f", where {values}" if values else "")
