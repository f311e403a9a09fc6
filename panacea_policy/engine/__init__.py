"""A typed, stratified Datalog engine over NumPy columns: facts and rules in, tables, derivations and proofs
out.

compiled = compile_program(Program(relations, rules))
result = evaluate(compiled, database)
result.rows("reaches")
"""

from __future__ import annotations

from panacea_policy.engine.builtins import SIGNATURES, TESTS, compare_versions
from panacea_policy.engine.compiled import Compiled, compile_program
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
from panacea_policy.engine.evaluate import evaluate
from panacea_policy.engine.frame import Limits
from panacea_policy.engine.live import Changes, Live
from panacea_policy.engine.premises import AggregatePremise, NegatedPremise, TestPremise
from panacea_policy.engine.proof import Premise, Proof
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
from panacea_policy.engine.values import Symbols, Type
from panacea_policy.engine.why_not import Lack, NearMiss, WhyNot

__all__ = [
    "SIGNATURES",
    "TESTS",
    "Aggregate",
    "AggregatePremise",
    "Apply",
    "ArityMismatch",
    "Atom",
    "Changes",
    "Compare",
    "Compiled",
    "Const",
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
    "Premise",
    "PremiseRows",
    "Program",
    "ProgramErrors",
    "Proof",
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
    "Type",
    "TypeMismatch",
    "UnknownRelation",
    "UnsafeVariable",
    "Unstratifiable",
    "Var",
    "WhyNot",
    "compare_versions",
    "compile_program",
    "evaluate",
]
