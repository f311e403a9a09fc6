"""Adding the hops of a path to a body; in the possible form, each that may be unknown is a way to hold."""

from __future__ import annotations

from collections.abc import Mapping

from panacea_policy.compiler.plain import Rejected
from panacea_policy.compiler.rules.program import Body, Form
from panacea_policy.compiler.rules.terms import Hop
from panacea_policy.compiler.rules.typing import EntityType, ExpressionType, ScalarType
from panacea_policy.engine import Atom, Compare, Literal, Var
from panacea_policy.language import syntax as tree
from panacea_policy.model import Attribute, EnumType


def conclude(
    body: Body,
    hops: tuple[Hop, ...],
    tail: list[Literal],
    new: dict[str, ExpressionType] | None = None,
) -> None:
    """Add hops and what follows from them; in the possible form also every way in which a hop may be
    unknown.
    """
    new = new or {}
    doubtful = [index for index, hop in enumerate(hops) if hop.unset is not None]
    touched = dict.fromkeys(hop.owner.name for hop in hops if hop.owner.name in body.types)
    for hop in hops:
        body.narrow(hop.owner.name, EntityType((hop.atom.relation.partition(".")[0],)))
    for name, type in new.items():
        body.types.setdefault(name, type)
        body.narrow(name, type)
    if body.form is Form.CERTAIN or not doubtful:
        body.literals.extend(hop.atom for hop in hops)
        body.literals.extend(tail)
        body.bind(*touched, *new)
        return
    # Only what an unknown list or reference leads to may be undeclared; what a condition starts from is
    # declared. It joins each rule by itself, so that nothing is multiplied with what it is not tied to.
    starts = {name: atom for name in touched if (atom := body.start(name)) is not None}
    kinds = [body.pending.pop(name) for name in new if name in body.pending]
    body.settle()
    context = list(body.literals)
    body.bound |= {*touched, *new}
    head = body.head("maybe")
    tail = [*tail, *kinds, *starts.values()]
    body.builder.rule(head, (*context, *(hop.atom for hop in hops), *tail), body.source)
    for index in doubtful:
        _unknown(body, head, context, starts, hops, index)
    body.literals = [head]


def _unknown(
    body: Body,
    head: Atom,
    context: list[Literal],
    starts: Mapping[str, Atom],
    hops: tuple[Hop, ...],
    index: int,
) -> None:
    """The rule for "this hop is unset, so the condition may hold"."""
    hop = hops[index]
    assert hop.unset is not None
    assert hop.attribute is not None
    literals = [*context, *(each.atom for each in _leading(hops, index)), Atom(hop.unset, (hop.owner,))]
    literals += starts.values()
    known = {
        term.name
        for each in literals
        if isinstance(each, Atom)
        for term in each.terms
        if isinstance(term, Var)
    }
    beyond = {each.atom.terms[1] for each in hops[index:]}
    for term in head.terms:
        if isinstance(term, Var) and term.name not in known:
            type = body.types[term.name]
            word = type.value if isinstance(type, ScalarType) and isinstance(type.value, EnumType) else None
            if isinstance(type, EntityType) and not type.kinds:
                # Needs that nobody declared do not exist: a formula is structure, complete as declared.
                return
            if word is None and isinstance(type, ScalarType):
                raise _unnameable(body, term.name, hop.attribute)
            if term.name in body.witnesses:
                # That there may be one is all that is asked of it: something undeclared is as good as any.
                literals.append(Compare("=", term, body.builder.anybody))
            elif word is not None:
                literals.append(Atom(body.builder.words(word), (term,)))
            elif isinstance(type, EntityType):
                literals.append(body.ranging(term.name, type, undeclared=term in beyond))
    body.builder.rule(head, tuple(literals), body.source)
    if body.ask is not None:
        body.ask(body, tuple(literals), hop.owner, hop.attribute)


def _unnameable(body: Body, name: str, attribute: Attribute) -> Rejected:
    """Refuse to name a text or number that may be unknown: its values cannot be counted up, so what is said
    of the name could only be left out, and an unknown would pass in silence.
    """
    place = tree.Node(body.source.span.start, body.source.span.end)
    return Rejected(
        "P0519",
        place,
        f"`{name}` names a value of `{attribute.name}`, which may be unknown",
        f"compare the path itself: `… .{attribute.name} > …` instead of `{name} > …`",
    )


def _leading(hops: tuple[Hop, ...], index: int) -> tuple[Hop, ...]:
    """The hops that lead to the owner of hop ``index``: its own path, not that of the other side."""
    needed: list[Hop] = []
    owner = hops[index].owner
    for hop in reversed(hops[:index]):
        if hop.atom.terms[1] == owner:
            needed.insert(0, hop)
            owner = hop.owner
    return tuple(needed)
