"""A changed derivation or step in the original's place: what depends on it is worked out again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

from panacea_policy.compiler.evaluation import LIMITS
from panacea_policy.compiler.rules.program import ProgramBuilder
from panacea_policy.compiler.testing.sites import Target
from panacea_policy.compiler.testing.variants import (
    Group,
    Local,
    Placed,
    bridges,
    is_change,
    is_from,
    names_of,
    reached,
)
from panacea_policy.engine import Database, Result, Rule, Symbols, Table, compile_program, evaluate
from panacea_policy.engine import Program as EngineProgram


class Relinker:
    """Puts changes into one evaluated program, one at a time."""

    def __init__(self, builder: ProgramBuilder, symbols: Symbols, needed: Collection[str]) -> None:
        """``needed``: the relations that were evaluated; the others are of no interest."""
        self._symbols = symbols
        self._builder = builder
        self._needed = frozenset(needed)
        self._by_head: dict[str, list[Rule]] = defaultdict(list)
        for rule in builder.rules:
            self._by_head[rule.head.relation].append(rule)

    def affected(self, group: Group, placed: Placed) -> frozenset[str]:
        """What may come out otherwise: all that depends on what a change derives."""
        readers: dict[str, list[str]] = defaultdict(list)
        reads = self._builder.reads()
        for name in self._needed:
            for read in reads.get(name, ()):
                readers[read].append(name)
        for name, rules in group.by_head.items():
            for read in names_of(rules):
                readers[read].append(name)
        found: set[str] = set()
        queue = [each.relation for each in self._evaluated(placed)]
        while queue:
            name = queue.pop()
            if name not in found:
                found.add(name)
                queue += readers[name]
        own = reached(placed, group.by_head)
        return frozenset(name for name in found if not is_change(name) or name in own)

    def program(
        self,
        target: Target,
        group: Group,
        placed: Placed,
        affected: Collection[str],
        kept: Iterable[str] = (),
    ) -> EngineProgram:
        """The rules of what is affected, with the change linked in, and all relations that they read.

        ``kept``: further relations to declare.
        """
        locals_ = self._evaluated(placed)
        heads = {each.relation for each in locals_}
        rules = [
            rule
            for name in sorted(affected)
            for rule in (group.by_head[name] if is_change(name) else self._by_head[name])
            if not (name in heads and is_from(rule, target))
        ]
        rules += bridges(self._builder, target, locals_)
        names = {*affected, *names_of(rules), *kept}
        declared = {**group.compiled.decls, **self._builder.declared}
        return EngineProgram([declared[name] for name in sorted(names)], rules)

    def evaluate(
        self,
        target: Target,
        group: Group,
        placed: Placed,
        table: Callable[[str], Table],
        affected: Collection[str],
        wanted: Iterable[str],
    ) -> Result:
        """The wanted relations with a change linked in; ``table`` gives any relation without it.

        Raises ProgramErrors and EvaluationError.
        """
        wanted = list(wanted)
        program = self.program(target, group, placed, affected, wanted)
        database = Database(self._symbols)
        for declared in program.relations:
            if declared.name not in affected:
                database.insert(declared.name, table(declared.name).columns)
        return evaluate(compile_program(program), database, only=wanted, limits=LIMITS)

    def _evaluated(self, placed: Placed) -> list[Local]:
        """What a change derives, in the forms that anything of interest reads."""
        return [each for each in placed.locals if each.relation in self._needed]
