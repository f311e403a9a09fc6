"""An attack path told step by step, with the place of every declaration it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from panacea_policy.compiler import Entity
from panacea_policy.risk.graph import Floats, Graph
from panacea_policy.risk.inputs import Locate
from panacea_policy.risk.kernels.plain import in_all
from panacea_policy.risk.paths import Derivation
from panacea_policy.risk.phrases import said
from panacea_policy.risk.results import AttackPath, Hindrance, PathStep, Place, Premise, Quantiles, Using

if TYPE_CHECKING:
    from panacea_policy.compiler import AttackGraph, StepInfo
    from panacea_policy.model import Distribution


#: The name of the steps that the compiler makes for what follows without doing anything.
_DERIVED = "derived"


def tell(
    attack: AttackGraph,
    graph: Graph,
    chance: Floats,
    states: Sequence[str],
    derivation: Derivation,
    actor: str,
    locate: Locate,
) -> AttackPath:
    """The derivation as numbered steps. ``chance`` is with the controls in place, ``states`` their statuses.

    What merely follows is told with the step that it follows from; what follows at the end, up to the goal,
    is one last step that is certain.
    """
    story = _Story(attack, graph, derivation)
    steps = [_step(story, n, i, chance, states, locate) for n, i in enumerate(story.deeds, start=1)]
    ending = story.ending()
    if ending:
        steps.append(_ending(story, len(steps) + 1, ending, locate))
    return AttackPath(
        actor=actor,
        chance=derivation.chance,
        time=story.finished.get(derivation.goal, 0.0),
        steps=tuple(steps),
    )


class _Story:
    """A derivation with its consequences sorted out: deeds, what each leads to, and when."""

    def __init__(self, attack: AttackGraph, graph: Graph, derivation: Derivation) -> None:
        self.attack = attack
        self.graph = graph
        self.goal = derivation.goal
        self.deeds = [i for i in derivation.instances if self.info(i).name != _DERIVED]
        self.consequences = [i for i in derivation.instances if self.info(i).name == _DERIVED]
        self.number = {i: n for n, i in enumerate(self.deeds, start=1)}
        self.finished: dict[int, float] = {}
        #: For every fact the deeds that it comes from directly, by number; what follows inherits them.
        self.roots: dict[int, tuple[int, ...]] = {}
        for i in derivation.instances:
            self._happen(i)

    def info(self, i: int) -> StepInfo:
        """The step that an instance is of."""
        return self.attack.steps[int(self.attack.step[i])]

    def _happen(self, i: int) -> None:
        needs = self.graph.premises.row(i)
        law = self.graph.efforts[int(self.graph.effort[i])]
        end = max((self.finished.get(f, 0.0) for f in needs), default=0.0) + law.mean()
        own = (
            (self.number[i],)
            if i in self.number
            else tuple(dict.fromkeys(n for f in needs for n in self.roots.get(f, ())))
        )
        for fact in self.graph.results.row(i):
            if fact not in self.finished:
                self.finished[fact] = end
                self.roots[fact] = own

    def premises(self, i: int) -> tuple[int, ...]:
        """What an instance builds on, with the compiler's helpers replaced by what they stand for."""
        found: list[int] = []
        for fact in self.graph.premises.row(i):
            makers = [j for j in self.consequences if fact in self.graph.results.row(j)]
            found += self.premises(makers[0]) if makers and self._helps(fact) else [fact]
        return tuple(dict.fromkeys(found))

    def _helps(self, fact: int) -> bool:
        """Whether a fact is of the compiler's making: a part of a condition, or a node of a formula."""
        told = self.attack.facts[fact]
        return "/" in told.relation or any(isinstance(a, str) and "#" in a for a in told.args)

    def ending(self) -> tuple[int, ...]:
        """What follows after the last deed, up to the goal: the facts in order. Empty if a deed gives the
        goal.
        """
        told = {f for i in self.deeds for f in self.graph.results.row(i)}
        if self.goal in told:
            return ()
        chain: list[int] = []
        agenda = [self.goal]
        maker = {f: i for i in reversed(self.consequences) for f in self.graph.results.row(i)}
        while agenda:
            fact = agenda.pop(0)
            if fact in chain or fact in told or fact not in maker:
                continue
            chain.append(fact)
            agenda += self.graph.premises.row(maker[fact])
        return tuple(reversed(chain))


def _step(
    story: _Story, number: int, i: int, chance: Floats, states: Sequence[str], locate: Locate
) -> PathStep:
    attack, graph, info = story.attack, story.graph, story.info(i)
    law = graph.efforts[int(graph.effort[i])]
    gives = story.graph.results.row(i)
    return PathStep(
        number=number,
        step=info.id,
        title=info.title or info.name,
        layer=info.layer,
        techniques=tuple(info.attack_ids),
        premises=tuple(_premise(story, f, locate) for f in story.premises(i)),
        results=tuple(said(attack.facts[f]) for f in gives),
        using=_using(attack, i, (*graph.premises.row(i), *gives), locate),
        subjects=_subjects(attack, gives),
        base_chance=_of_anybody(graph, i, graph.chance),
        chance=_of_anybody(graph, i, chance),
        effort=_effort(law),
        hindrances=tuple(_hindrance(attack, c, states) for c in graph.hinders.row(i)),
        place=locate(info.span),
        certain=bool(graph.chance[i] >= 1.0 and law.mean() == 0.0),
    )


def _of_anybody(graph: Graph, i: int, chance: Floats) -> float:
    """The chance that any of those who meet an instance brings it about, from that of each."""
    return float(in_all(chance[i : i + 1], int(graph.members[i]), 0.0)[0])


def _ending(story: _Story, number: int, facts: Sequence[int], locate: Locate) -> PathStep:
    known = {f for i in story.deeds for f in story.graph.results.row(i)}
    makers = [i for i in story.consequences if set(story.graph.results.row(i)) & set(facts)]
    needs = dict.fromkeys(f for i in makers for f in story.graph.premises.row(i) if f in known)
    nothing = Quantiles(mean=0.0, p5=0.0, p50=0.0, p95=0.0)
    return PathStep(
        number=number,
        step=_DERIVED,
        title="What follows",
        layer="business",
        techniques=(),
        premises=tuple(_premise(story, f, locate) for f in needs),
        results=tuple(said(story.attack.facts[f]) for f in facts),
        using=(),
        subjects=_subjects(story.attack, facts),
        base_chance=1.0,
        chance=1.0,
        effort=nothing,
        hindrances=(),
        place=None,
        certain=True,
    )


#: Kinds of which every model speaks alike: their declarations are no evidence of anything.
_WORDS = ("protocol", "privilege")


def _premise(story: _Story, fact: int, locate: Locate) -> Premise:
    told = story.attack.facts[fact]
    places = (place_of(a, locate) for a in told.args if isinstance(a, Entity) and a.kind.name not in _WORDS)
    return Premise(
        text=said(told),
        by=story.roots.get(fact, ()),
        places=tuple(dict.fromkeys(p for p in places if p is not None)),
    )


def _using(attack: AttackGraph, i: int, facts: Sequence[int], locate: Locate) -> tuple[Using, ...]:
    """The declarations that an instance is about and that none of these facts names."""
    named = {
        argument.name for f in facts for argument in attack.facts[f].args if isinstance(argument, Entity)
    }
    found: dict[str, Using] = {}
    for _, entity in attack.bindings[i]:
        if isinstance(entity, Entity) and entity.name not in named:
            title = entity.title or entity.name
            found[entity.name] = Using(
                kind=entity.kind.name, name=entity.name, title=title, place=place_of(entity, locate)
            )
    return tuple(found.values())


def _subjects(attack: AttackGraph, facts: Sequence[int]) -> tuple[str, ...]:
    names = (getattr(a, "name", None) for f in facts for a in attack.facts[f].args)
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def _hindrance(attack: AttackGraph, control: int, states: Sequence[str]) -> Hindrance:
    entity = attack.controls[control]
    return Hindrance(
        name=entity.name,
        title=entity.title or entity.name,
        status=states[control],
        effectiveness=float(attack.effectiveness[control]),
    )


def _effort(law: Distribution) -> Quantiles:
    return Quantiles(
        mean=law.mean(), p5=law.percentile(0.05), p50=law.percentile(0.5), p95=law.percentile(0.95)
    )


def place_of(entity: object, locate: Locate) -> Place | None:
    """Where an entity is declared."""
    span = getattr(entity, "span", None)
    return None if span is None else locate(entity if getattr(entity, "row", None) else span)
