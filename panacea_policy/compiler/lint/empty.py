"""Relations that never hold anything, because nothing derives them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from panacea_policy.compiler.codes import Report
from panacea_policy.compiler.lint.bodies import ReadBody
from panacea_policy.compiler.lint.read import Said
from panacea_policy.compiler.rules.program import UserRelation
from panacea_policy.language import Label, Span


class Empty:
    """The relations without a row in any model that the package makes part of."""

    def __init__(
        self,
        relations: Mapping[str, UserRelation],
        own: Collection[str],
        derivations: Iterable[tuple[str, ReadBody]],
        dead: Collection[int],
        *,
        library: bool,
    ) -> None:
        """``own``: those declared in the package. ``derivations``: its own, by relation; ``dead``: the ids of
        bodies that never hold.

        ``library``: others stand on the package and may derive what it declares or uses; a relation with a
        doc comment asks them to.
        """
        self._relations = relations
        read = [(name, body) for name, body in derivations]
        counted = dict.fromkeys(relations, 0)
        for name, _ in read:
            counted[name] += 1
        alive = {
            name
            for name, relation in relations.items()
            if relation.steps
            or len(relation.derivations) > counted[name]
            or (library and (name not in own or relation.item.doc))
        }
        grew = True
        while grew:
            found = {
                name
                for name, body in read
                if name not in alive and id(body) not in dead and all(each in alive for each in _needs(body))
            }
            alive |= found
            grew = bool(found)
        self._empty = relations.keys() - alive

    def __contains__(self, relation: str) -> bool:
        return relation in self._empty

    def warn(self, said: Said, body: ReadBody, consequence: str, report: Report) -> None:
        """Warn of a condition on an empty relation."""
        name = next(each for each in (*said.calls, *said.lacks) if each in self)
        relation = self._relations[name]
        place = Span(relation.unit.name, relation.item.name.start, relation.item.name.end)
        short = relation.item.name.name
        why = (
            f"no derivation of `{short}` gives a row"
            if relation.derivations
            else f"nothing derives `{short}`"
        )
        report.warning(
            "P0703",
            body.span(said.node),
            f"{why}: `{body.text(said)}` {consequence}",
            labels=(Label(place, "declared here"),),
            help=f"derive it: `{short}({', '.join(relation.names)}) if …`",
        )


def _needs(body: ReadBody) -> list[str]:
    """Relations of which a body needs a row."""
    return [name for said in (*body.applies, *body.where) for name in said.calls]
