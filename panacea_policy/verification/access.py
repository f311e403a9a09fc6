"""Questions about the access that grants give: under some choice of conditions and on some day, or under
none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from panacea_policy.compiler import Entity, Workspace
from panacea_policy.engine import Atom, Rule, Var
from panacea_policy.errors import PanaceaError
from panacea_policy.language import suggest
from panacea_policy.verification.answers import Answer, Outcome
from panacea_policy.verification.demand import Universe
from panacea_policy.verification.example import EPOCH, Example
from panacea_policy.verification.logic import Guard, Logic
from panacea_policy.verification.policy import RULE, Policy, Request
from panacea_policy.verification.program import Subject
from panacea_policy.verification.questions import Asked, Form
from panacea_policy.verification.slice import slice_of
from panacea_policy.verification.solver import Z3, Budget, OutOfBounds, Settings, new_solver, satisfiable
from panacea_policy.verification.tables import Tables
from panacea_policy.verification.world import World

#: Rounds after which nothing new follows: formulas, roles and actions nest no deeper.
ROUNDS = 64
#: Grants that are tried, one by one, for a small model that shows a request.
MAX_TRIED = 200
_CERTAIN, _POSSIBLE, _TOP = "granted", "granted?", "request"
#: Holder, action, target and, where it is about data, class of data, by name.
Key = tuple[str, ...]


@dataclass
class Permissions:
    """What a policy grants, by request: the condition under which it certainly does, and under which it
    may.
    """

    policy: Policy
    certain: Mapping[Key, Guard]
    possible: Mapping[Key, Guard]
    world: World
    axioms: Sequence[Guard]
    holding: Mapping[str, Guard]


def answer_access(workspace: Workspace, asked: Asked, z3: Z3, settings: Settings) -> Answer:
    """The answer to a question about access. Raises PanaceaError for names that nobody declared."""
    asking = _Asking(asked, z3, Budget(settings))
    policy = Policy(workspace)
    if asked.form in (Form.CAN_REACH, Form.NEVER_REACHES):
        role = policy.find(["role"], asked.names[0])
        data = policy.find(["data_class"], asked.names[1])
        return asking.bounded(lambda: asking.reach(policy, role, data))
    other = Policy(_other(workspace, asked))
    return asking.bounded(lambda: asking.compare(policy, other))


def _other(workspace: Workspace, asked: Asked) -> Workspace:
    """The scenario or the other model that a policy is compared with. Raises PanaceaError where there is
    none.
    """
    name = asked.names[0]
    if asked.form in (Form.ACCESS_EQUALS_MODEL, Form.ACCESS_IMPLIES_MODEL):
        folder = Path(name).resolve()
        if not folder.is_dir():
            raise PanaceaError(f"there is no folder `{name}`", "give the folder of another model")
        other = workspace.with_texts(folder, None, {})
        if not other.ok:
            raise PanaceaError(f"the model in `{name}` has errors", f"`panacea check {name}` shows them")
        return other
    if name not in workspace.scenarios():
        near = suggest(name, list(workspace.scenarios()))
        help = f"did you mean `{near}`?" if near else "the model declares no scenario of that name"
        raise PanaceaError(f"there is no scenario called `{name}`", help)
    return workspace.with_scenario(name)


@dataclass
class _Asking:
    asked: Asked
    z3: Z3
    budget: Budget
    looked_at: int = field(default=0)

    def bounded(self, ask: Any) -> Answer:
        try:
            found: Answer = ask()
        except OutOfBounds as problem:
            return self._unknown(problem.reason)
        except RecursionError:
            return self._unknown("the grants build on one another in too long a chain")
        return found

    # ------------------------------------------------------------------------------------------ one policy

    def reach(self, policy: Policy, role: Entity, data: Entity) -> Answer:
        """Whether some conditions let a role reach data of a class."""
        request = Request(holder=role.name, data_class=data.name, data=True)
        logic = Logic(self.z3)
        found = self._permissions(logic, policy, request)
        may, never = f"{role.short} can reach {data.short}", f"{role.short} never reaches {data.short}"
        can_ask = self.asked.form is Form.CAN_REACH
        state = self._state([found], logic.any(found.certain.values()))
        if state is not None:
            holding, day = state
            if not policy.shows(request, holding, day):
                return self._unknown("the solver's answer is not what the model shows when it is run")
            example = self._excerpt(policy, request, holding, day, [role, data])
            if example is None:
                return self._unknown("no small model shows it")
            outcome = Outcome.HOLDS if can_ask else Outcome.FAILS
            shows = f"{RULE} fires: {may} {_under(holding)}"
            return self._answer(outcome, may, shows, [example])
        if self._state([found], logic.any(found.possible.values())) is None:
            return self._answer(Outcome.FAILS if can_ask else Outcome.HOLDS, never, "", [])
        return self._unknown(
            "what the model does not say decides it: "
            + "; ".join(_questions(policy, request))
            + "; say it and ask again"
        )

    # ------------------------------------------------------------------------------------------ two policies

    def compare(self, policy: Policy, other: Policy) -> Answer:
        """Whether two policies permit the same requests, or the second all that the first does."""
        logic = Logic(self.z3)
        one, two = (self._permissions(logic, each, Request()) for each in (policy, other))
        both_ways = self.asked.form in (Form.ACCESS_EQUALS, Form.ACCESS_EQUALS_MODEL)
        rival_name = f"{self.asked.form.value.split()[2]} {self.asked.names[0]}"
        pairs = [(one, two, "this model", rival_name)]
        if both_ways:
            pairs.append((two, one, rival_name, "this model"))
        for first, second, name, rival in pairs:
            for key, guard in first.certain.items():
                self.budget.check()
                refused = logic.all(guard, logic.negation(second.certain.get(key, False)))
                state = None if refused is False else self._state([first, second], refused)
                if state is not None:
                    return self._difference(first, second, key, state, (name, rival))
        for first, second, *_ in pairs:
            for key, guard in first.possible.items():
                refused = logic.all(guard, logic.negation(second.possible.get(key, False)))
                if refused is not False and self._state([first, second], refused) is not None:
                    asked = " ".join(name.rpartition(".")[2] for name in key)
                    return self._unknown(f"what the model does not say decides it: {asked}")
        holds = f"this model and {rival_name} permit the same"
        if not both_ways:
            holds = f"{rival_name} permits whatever this model does"
        return self._answer(Outcome.HOLDS, holds, "", [])

    def _difference(
        self,
        first: Permissions,
        second: Permissions,
        key: Key,
        state: tuple[list[str], date],
        names: tuple[str, str],
    ) -> Answer:
        """A request that one policy permits and the other does not, shown in small models of both."""
        holding, day = state
        request = Request(holder=key[0], action=key[1], target=key[2])
        if not first.policy.shows(request, holding, day) or second.policy.shows(request, holding, day):
            return self._unknown("the solver's answer is not what the models show when they are run")
        get = first.policy.workspace.model.get
        seeds = [entity for name in key if (entity := get(name)) is not None]
        permits = self._excerpt(first.policy, request, holding, day, seeds)
        known = second.policy.workspace.model.get
        kept = [entity for name in key if (entity := known(name)) is not None]
        refuses = self._refusal(second.policy, request, holding, day, kept) if len(kept) == len(key) else None
        if permits is None:
            return self._unknown("no small model shows it")
        what = " ".join(each.short for each in seeds)
        sentence = f"{names[0]} permits `{what}` {_under(holding)}, {names[1]} does not"
        examples = [permits, *([refuses] if refuses is not None else [])]
        shows = f"{RULE} fires in the first, made of {names[0]}"
        shows += f", and not in the second, made of {names[1]}" if refuses is not None else ""
        return self._answer(Outcome.FAILS, sentence, shows, examples)

    def _refusal(
        self, policy: Policy, request: Request, holding: Sequence[str], day: date, seeds: Sequence[Entity]
    ) -> Example | None:
        """A small model of every grant that speaks of the holder, which refuses the request."""
        roles = {each.name for each in policy.excerpted(seeds) if each.kind.name == "role"} | {seeds[0].name}
        grants = [
            grant for grant in policy.workspace.model.entities("grant") if str(grant.value("role")) in roles
        ]
        text = policy.excerpt([*seeds, *grants], request, holding)
        return Example(text, day) if policy.tried(text, day) is False else None

    # ------------------------------------------------------------------------------------------ shared

    def _permissions(self, logic: Logic, policy: Policy, request: Request) -> Permissions:
        workspace = policy.asking(request)
        subject = Subject(workspace)
        rule = subject.rule(RULE)
        terms = tuple(Var(f"v{index}") for index in range(len(rule.variables)))
        kept = terms
        extra = [
            Rule(Atom(_CERTAIN, kept), (Atom(rule.violated, terms),), _CERTAIN),
            Rule(Atom(_POSSIBLE, kept), (Atom(rule.possible, terms),), _POSSIBLE),
            *(Rule(Atom(_TOP, ()), (Atom(name, kept),), _TOP) for name in (_CERTAIN, _POSSIBLE)),
        ]
        part = slice_of(subject.builder, _TOP, extra)
        entities = policy.relevant()
        self.looked_at = max(self.looked_at, len(entities))
        world = World(
            logic,
            part,
            Universe((), {}, True),
            workspace.symbols,
            entities=entities,
            named={},
            templates=subject.templates,
            as_of=workspace.as_of,
        )
        holding = {
            each.name: logic.z3.Bool(f"holds {each.name}")
            for each in entities
            if part.registry.is_a(each.kind.name, "condition")
        }
        rows = [((workspace.symbols.intern((name,)),), guard) for name, guard in holding.items()]
        given = {name: rows for name in part.rules if name.rstrip("?").endswith("access_holds")}
        tables = Tables(logic, part, world, self.budget, rounds=ROUNDS, given=given)
        for gap in tables.gaps:
            raise OutOfBounds(gap)

        def named(relation: str) -> dict[Key, Guard]:
            symbols = workspace.symbols
            return {
                tuple(str(symbols.value(each)[0]) for each in values): guard  # type: ignore[index]
                for values, guard in tables[relation]
            }

        axioms = [*world.axioms, *tables.axioms]
        return Permissions(policy, named(_CERTAIN), named(_POSSIBLE), world, axioms, holding)

    def _state(self, found: Sequence[Permissions], goal: Guard) -> tuple[list[str], date] | None:
        """The fewest conditions, and the day nearest to today's, under which a goal holds; None if it never
        does.
        """
        if goal is False:
            return None
        solver = new_solver(self.z3, self.budget)
        for each in found:
            solver.add(*each.axioms)
        solver.add(goal)
        if not satisfiable(self.z3, solver, self.budget):
            return None
        model = solver.model()
        holding = {name: guard for each in found for name, guard in each.holding.items()}
        granted: list[Guard] = []
        for wish in (*found[0].world.natural, *(self.z3.Not(guard) for guard in holding.values())):
            if isinstance(wish, bool):
                continue
            if self.z3.is_true(model.eval(wish, model_completion=True)):
                granted.append(wish)
            elif satisfiable(self.z3, solver, self.budget, *granted, wish):
                model = solver.model()
                granted.append(wish)
        names = [
            name
            for name, guard in holding.items()
            if self.z3.is_true(model.eval(guard, model_completion=True))
        ]
        days = model.eval(found[0].world.today, model_completion=True).as_long()
        return names, EPOCH + timedelta(days=days)

    def _excerpt(
        self, policy: Policy, request: Request, holding: Sequence[str], day: date, seeds: Sequence[Entity]
    ) -> Example | None:
        """The first small model of one grant, with all that forbid, that shows the request when it is run."""
        grants = policy.workspace.model.entities("grant")
        forbidding = [each for each in grants if each.value("denies") is True]
        allowing = [each for each in grants if each not in forbidding]
        for grant in _likely(allowing, seeds)[:MAX_TRIED]:
            self.budget.check()
            text = policy.excerpt([*seeds, grant, *forbidding], request, holding)
            if policy.tried(text, day):
                return Example(text, day)
        return None

    def _answer(self, outcome: Outcome, sentence: str, shows: str, examples: Sequence[Example]) -> Answer:
        return Answer(str(self.asked), outcome, sentence, (), tuple(examples), shows, self.looked_at)

    def _unknown(self, reason: str) -> Answer:
        return Answer(
            str(self.asked), Outcome.NOT_VERIFIED, "not verified", (reason,), (), "", self.looked_at
        )


def _likely(grants: Sequence[Entity], seeds: Sequence[Entity]) -> list[Entity]:
    """Grants that name one of the declarations first."""
    names = {each.name for each in seeds}
    return sorted(grants, key=lambda each: str(each.value("role")) not in names)


def _under(holding: Sequence[str]) -> str:
    if not holding:
        return "whatever holds"
    return (
        "when "
        + " and ".join(name.rpartition(".")[2] for name in holding)
        + (" hold" if len(holding) > 1 else " holds")
    )


def _questions(policy: Policy, request: Request) -> Iterator[str]:
    """What would settle a request, as the engine asks it."""
    evaluation = policy.asking(request).evaluation(policy.workspace.as_of)
    seen: dict[str, None] = {}
    for finding in evaluation.findings({policy.workspace.package.label}):
        if finding.rule.name == RULE:
            seen.update((f"`{each.attribute}` of {each.entity.short}", None) for each in finding.questions)
    yield from list(seen)[:5]


__all__ = ["Permissions", "answer_access"]
