"""What is right by the language and yet probably not meant: conditions that never or always hold, rules that
others cover, relations that nothing reads or derives.

Everything here is sound, not complete: what is said of a condition is so in every model of the vocabulary
(where everything is known; an unset attribute may make a rule ask, never more), and what cannot be settled
by types, sets of values and equalities is passed over. Only the packages that were opened are looked at,
not the libraries that they use.
"""

from __future__ import annotations

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.lint.always import always
from panacea_policy.compiler.lint.bodies import BodyReader, ReadBody, Site, inside, items_of
from panacea_policy.compiler.lint.empty import Empty
from panacea_policy.compiler.lint.never import never
from panacea_policy.compiler.lint.shadowed import Candidate, shadowed
from panacea_policy.compiler.lint.solve import contradictory
from panacea_policy.compiler.lint.unused import unused
from panacea_policy.compiler.program import Program
from panacea_policy.compiler.rules.compiled import CompiledRule
from panacea_policy.language import Diagnostic
from panacea_policy.language import syntax as tree


def lint(program: Program, *, library: bool) -> tuple[Diagnostic, ...]:
    """Warnings about the rules, relations and steps that a program adds to those below it; it must be without
    errors.

    ``library``: other packages stand on these (a pack, the standard library).
    """
    report = Report()
    own, terms = program.own, program.compiled_with
    reader = BodyReader(terms, program.relations)
    packages = [names.package for names in own]
    derivations = [
        (name, reader.derivation(relation, item, unit, package))
        for name, relation in program.relations.items()
        for item, unit, package in relation.derivations
        if package in packages
    ]
    dead = {
        id(body)
        for _, body in derivations
        if body.size <= MAX_CONDITIONS and contradictory(body.formulas, body.table)
    }
    declared = {name for name, relation in program.relations.items() if relation.package in packages}
    empty = Empty(program.relations, declared, derivations, dead, library=library)
    look = _Look(empty, program, report)
    for _, body in derivations:
        look.at(body)
    for step in items_of(own, tree.StepItem):
        look.at(reader.step(step))

    def read(rule: CompiledRule) -> ReadBody:
        return reader.rule(rule.declared)

    rules = [
        Candidate(rule, terms.registry, read) for rule in program.rules if rule.declared.package in packages
    ]
    idle = [id(rule) for rule in rules if look.at(rule.body)]
    libraries = [
        Candidate(rule, terms.registry, read)
        for rule in program.rules
        if rule.declared.package not in packages
    ]
    shadowed(rules, libraries, idle, report)
    unused(own, program.relations, terms.resolver, report)
    return report.diagnostics


#: Conditions of one rule beyond which it is not looked at: nobody writes so many by hand.
MAX_CONDITIONS = 60


class _Look:
    """Looks at bodies, conjunction by conjunction, the inner ones after the outer."""

    def __init__(self, empty: Empty, program: Program, report: Report) -> None:
        self._empty = empty
        self._registry = program.terms.registry
        self._report = report

    def at(self, body: ReadBody) -> bool:
        """Warn of what is in a body; gives whether it certainly gives nothing."""
        if body.size > MAX_CONDITIONS:
            return False
        for site in body.conjunctions():
            if self._at(site, body):
                return True
        return contradictory(body.formulas, body.table)

    def _at(self, site: Site, body: ReadBody) -> bool:
        if never(site, body, self._empty, self._registry, self._report):
            return True
        needless = always(site, body, self._empty, self._registry, self._report)
        for said in site.conditions:
            if said not in needless:
                for inner in inside(site, said):
                    self._at(inner, body)
        return False
