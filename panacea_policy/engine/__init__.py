"""A typed, stratified Datalog engine over NumPy columns: facts and rules in, tables, derivations and proofs
out.

compiled = compile_program(Program(relations, rules))
result = evaluate(compiled, database)
result.rows("reaches")

A question derives only what it asks for:

select(compiled, database, Atom("reaches", (Const(Sym(h17)), Var("y"))))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from panacea_policy.engine.evaluate import evaluate

if TYPE_CHECKING:
    from panacea_policy.engine.asking import Answer, ask, select
    from panacea_policy.engine.builtins import SIGNATURES, TESTS, compare_versions
    from panacea_policy.engine.compiled import Compiled, compile_program
    from panacea_policy.engine.current import Current
    from panacea_policy.engine.derivations import Derivations, PremiseRows, RuleInstances
    from panacea_policy.engine.errors import (
        ArityMismatch,
        DuplicateRelation,
        EngineError,
        EvaluationError,
        ProgramErrors,
        TypeMismatch,
        UnknownRelation,
        UnsafeVariable,
        Unstratifiable,
    )
    from panacea_policy.engine.frame import Limits
    from panacea_policy.engine.live import Changes, Live
    from panacea_policy.engine.options import PASSES, Options, UnknownPass
    from panacea_policy.engine.premises import AggregatePremise, NegatedPremise, TestPremise
    from panacea_policy.engine.proof import Premise, Proof
    from panacea_policy.engine.relation import Relation
    from panacea_policy.engine.result import Result, RuleStats
    from panacea_policy.engine.table import Database, Table
    from panacea_policy.engine.terms import (
        Aggregate,
        Apply,
        Atom,
        Compare,
        Const,
        Expr,
        Literal,
        Program,
        RelationDecl,
        Rule,
        Sym,
        Term,
        Test,
        Var,
    )
    from panacea_policy.engine.trace import Trace
    from panacea_policy.engine.values import Symbols, Type
    from panacea_policy.engine.why_not import Lack, NearMiss, WhyNot

__all__ = [
    "PASSES",
    "SIGNATURES",
    "TESTS",
    "Aggregate",
    "AggregatePremise",
    "Answer",
    "Apply",
    "ArityMismatch",
    "Atom",
    "Changes",
    "Compare",
    "Compiled",
    "Const",
    "Current",
    "Database",
    "Derivations",
    "DuplicateRelation",
    "EngineError",
    "EvaluationError",
    "Expr",
    "Lack",
    "Limits",
    "Literal",
    "Live",
    "NearMiss",
    "NegatedPremise",
    "Options",
    "Premise",
    "PremiseRows",
    "Program",
    "ProgramErrors",
    "Proof",
    "Relation",
    "RelationDecl",
    "Result",
    "Rule",
    "RuleInstances",
    "RuleStats",
    "Sym",
    "Symbols",
    "Table",
    "Term",
    "Test",
    "TestPremise",
    "Trace",
    "Type",
    "TypeMismatch",
    "UnknownPass",
    "UnknownRelation",
    "UnsafeVariable",
    "Unstratifiable",
    "Var",
    "WhyNot",
    "ask",
    "compare_versions",
    "compile_program",
    "evaluate",
    "select",
]

#: What a check may not need is imported when it is asked for. No name is that of a module, too.
_ON_DEMAND = {
    "asking": "Answer ask select",
    "builtins": "SIGNATURES TESTS compare_versions",
    "compiled": "Compiled compile_program",
    "current": "Current",
    "derivations": "Derivations PremiseRows RuleInstances",
    "errors": "ArityMismatch DuplicateRelation EngineError EvaluationError ProgramErrors "
    "TypeMismatch UnknownRelation UnsafeVariable Unstratifiable",
    "frame": "Limits",
    "live": "Changes Live",
    "options": "PASSES Options UnknownPass",
    "premises": "AggregatePremise NegatedPremise TestPremise",
    "proof": "Premise Proof",
    "relation": "Relation",
    "result": "Result RuleStats",
    "table": "Database Table",
    "terms": "Aggregate Apply Atom Compare Const Expr Literal Program RelationDecl Rule Sym Term Test Var",
    "trace": "Trace",
    "values": "Symbols Type",
    "why_not": "Lack NearMiss WhyNot",
}


def __getattr__(name: str) -> object:
    for home, names in _ON_DEMAND.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
