"""Rules as clingo and Soufflé both write them: symbols as the numbers of their ids."""

from __future__ import annotations

from abc import ABC, abstractmethod

from benchmarks.engine.peers.bodies import is_closed, renamed
from benchmarks.engine.peers.outcome import Untranslatable
from panacea_policy.engine import Aggregate, Apply, Atom, Compare, Const, Expr, Literal, Rule, Sym, Var


def expr_text(expr: Expr) -> str:
    """``(X + 3)``. Raises Untranslatable for what the two do not share or do otherwise than we do."""
    if isinstance(expr, Var):
        return "_" if expr.is_wildcard else f"V{expr.name}"
    if isinstance(expr, Apply):
        if expr.op not in ("+", "-", "*"):
            raise Untranslatable(f"the function `{expr.op}`")
        return f"({expr_text(expr.args[0])} {expr.op} {expr_text(expr.args[1])})"
    return str(constant(expr))


def constant(const: Const) -> int:
    """The number that stands for a constant. Raises Untranslatable for a float."""
    if isinstance(const.value, float):
        raise Untranslatable("a number that is not whole")
    return const.value.id if isinstance(const.value, Sym) else const.value


def relation_text(name: str) -> str:
    """Every relation has a prefix, so that none is a word of the language."""
    return f"r_{name}"


def atom_text(atom: Atom, no: str) -> str:
    """An atom; ``no`` is what stands before a negated one."""
    terms = ", ".join(map(expr_text, atom.terms))
    return f"{no if atom.negated else ''}{relation_text(atom.relation)}({terms})"


def compare_text(compare: Compare) -> str:
    return f"{expr_text(compare.left)} {compare.op} {expr_text(compare.right)}"


class RuleWriter(ABC):
    """Writes rules, and beside them what their aggregates need of their own.

    ``no``: what stands before a negated atom.
    """

    no: str

    def __init__(self) -> None:
        self.lines: list[str] = []

    def rule(self, rule: Rule) -> None:
        """Raises Untranslatable."""
        head = atom_text(rule.head, "")
        parts: list[str] = []
        for literal in rule.body:
            if isinstance(literal, Aggregate):
                if literal.op == "avg":
                    raise Untranslatable("the aggregate `avg`")
                parts += self.aggregate(renamed(literal, "own_"), is_closed(literal, rule.body))
            else:
                parts.append(self.plain(literal))
        self.lines.append(f"{head} :- {', '.join(parts)}." if parts else f"{head}.")

    def plain(self, literal: Literal) -> str:
        """A literal that is no aggregate."""
        if isinstance(literal, Atom):
            return atom_text(literal, self.no)
        if isinstance(literal, Compare):
            return compare_text(literal)
        raise Untranslatable(f"the literal `{literal}`")

    @abstractmethod
    def aggregate(self, own: Aggregate, closed: bool) -> list[str]:
        """The parts of the body for an aggregate whose own variables are no others of the rule."""
