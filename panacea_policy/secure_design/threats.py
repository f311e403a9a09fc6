"""The threats to a system: rules of secure design at the things that belong to it, open, met or unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from panacea_policy.compiler import (
    SEVERITIES,
    Entity,
    Finding,
    Model,
    RuleInfo,
    Tally,
    Verdict,
    Workspace,
    fingerprint,
)
from panacea_policy.risk import Place
from panacea_policy.secure_design.results import Named, State

#: Categories of rules that are threats: STRIDE, LINDDUN and safety.
CATEGORIES = frozenset(
    [
        "spoofing",
        "tampering",
        "repudiation",
        "disclosure",
        "denial",
        "elevation",
        "linking",
        "identifying",
        "non_repudiation",
        "detecting",
        "data_disclosure",
        "unawareness",
        "non_compliance",
        "safety",
    ]
)
_STATES: Mapping[Verdict, State] = {
    Verdict.VIOLATED: "open",
    Verdict.UNKNOWN: "unknown",
    Verdict.WAIVED: "waived",
    Verdict.MET: "met",
}
_ORDER = ("open", "unknown", "waived", "met")

Locate = Callable[[object], Place | None]


@dataclass(frozen=True)
class Check:
    """One rule at its subjects, as far as they belong to a system; ``finding`` is None where it is met."""

    rule: RuleInfo
    subjects: tuple[Entity, ...]
    fingerprint: str
    state: State
    relation: str
    finding: Finding | None = None

    @property
    def subject(self) -> Entity:
        """The subject that belongs to the system, the first of them."""
        return self.subjects[0]

    @property
    def is_threat(self) -> bool:
        """Whether the rule looks for what somebody could do, rather than for a duty of law alone."""
        return bool(texts(self.rule, "threat") or texts(self.rule, "weakness")) or (
            not self.rule.satisfies and self.rule.attributes.get("category") in CATEGORIES
        )

    @property
    def order(self) -> tuple[int, int, str, tuple[str, ...]]:
        """Open ones first, the gravest first."""
        severity = self.rule.severity
        grave = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
        return _ORDER.index(self.state), grave, self.rule.id, tuple(each.name for each in self.subjects)


def checks(workspace: Workspace, relations: Mapping[str, str]) -> tuple[Check, ...]:
    """Every check of a rule that applies to something in ``relations`` (name to what it is), in order."""
    found = [
        *_open(workspace.findings(), relations),
        *_met(workspace.tallies(), workspace.model, relations),
    ]
    return tuple(sorted(found, key=lambda each: each.order))


def _open(findings: Sequence[Finding], relations: Mapping[str, str]) -> Iterator[Check]:
    for finding in findings:
        relation = _relation([each.name for each in finding.subjects], relations)
        if relation is not None:
            yield Check(
                finding.rule,
                finding.subjects,
                finding.fingerprint,
                _STATES[finding.verdict],
                relation,
                finding,
            )


def _met(tallies: Sequence[Tally], model: Model, relations: Mapping[str, str]) -> Iterator[Check]:
    for tally in tallies:
        if not tally.counts[Verdict.MET]:
            continue
        for names in tally.met:
            relation = _relation(names, relations)
            entities = [entity for name in names if (entity := model.get(name)) is not None]
            if relation is not None and entities:
                yield Check(tally.rule, tuple(entities), fingerprint(tally.rule.id, names), "met", relation)


def _relation(names: Sequence[str], relations: Mapping[str, str]) -> str | None:
    return next((relations[name] for name in names if name in relations), None)


def texts(rule: RuleInfo, attribute: str) -> tuple[str, ...]:
    """A list of texts that a rule states; empty where it states none."""
    value = rule.attributes.get(attribute)
    return tuple(str(each) for each in value) if isinstance(value, tuple) else ()


def said(rule: RuleInfo, attribute: str) -> str:
    """A text that a rule states; empty where it states none."""
    value = rule.attributes.get(attribute)
    return value if isinstance(value, str) else ""


def named(entity: Entity) -> Named:
    """A declaration as people see it."""
    title = entity.title or entity.short.replace("_", " ")
    return Named(name=entity.name, title=title, kind=entity.kind.name)


def identifier(letter: str, digest: str) -> str:
    """A short stable identifier from a fingerprint of hex digits."""
    return f"{letter}-{digest[:8].upper()}"
