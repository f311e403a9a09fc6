"""Terms, expressions and atoms as clingo and Soufflé both write them: symbols as the numbers of their ids."""

from __future__ import annotations

from benchmarks.engine.peers.outcome import Untranslatable
from panacea_policy.engine import Apply, Atom, Compare, Const, Expr, Sym, Var


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
