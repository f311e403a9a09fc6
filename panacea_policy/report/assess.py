"""The main job: findings, risk, compliance and scenarios of one model, as one result and one report."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from panacea_policy.errors import PanaceaError
from panacea_policy.formats.risk_tables import tables
from panacea_policy.language import Severity
from panacea_policy.report import figures
from panacea_policy.report.chapter import Chapter, ChapterContent, Context, Scenario
from panacea_policy.report.chapters import CHAPTERS
from panacea_policy.report.chapters.summary import lead
from panacea_policy.report.html import Child, el, slug
from panacea_policy.report.options import AssessOptions
from panacea_policy.report.page import document
from panacea_policy.report.pictures import risk_pictures
from panacea_policy.report.reading import places, title
from panacea_policy.risk import GoalRisk, RiskResult, assess_risk

if TYPE_CHECKING:
    from panacea_policy.compiler import Finding, Workspace
    from panacea_policy.compliance import Compliance
    from panacea_policy.language import Diagnostic

SCHEMA = "panacea/assessment/v1"


class AssessmentError(PanaceaError):
    """A model with errors cannot be assessed; ``diagnostics`` are what is wrong with it."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        errors = sum(1 for d in diagnostics if d.severity.value == "error")
        super().__init__(
            f"the model has {figures.count(errors, 'error')}", "Run `panacea check` and mend them first."
        )
        self.diagnostics = tuple(diagnostics)


@dataclass(frozen=True)
class Headline:
    """The result in a few lines, for a terminal."""

    organisation: str
    as_of: date
    processes: tuple[GoalRisk, ...]
    data: tuple[GoalRisk, ...]
    findings: Mapping[str, int]
    lead: str
    currency: str | None

    def lines(self) -> list[str]:
        """Plain text, one line per process and class of data."""
        made = [f"{self.organisation}, as of {self.as_of.isoformat()}", self.lead, ""]
        for goal in (*self.processes, *self.data):
            loss = (
                f"  {figures.money(goal.loss_per_year.value, self.currency)} a year"
                if goal.loss_per_year
                else ""
            )
            chance = f"{figures.percent(goal.probability.value):>8}  ({figures.interval(goal.probability)})"
            made.append(f"{goal.title:<40.40} {chance:<26}{loss}")
        counts = ", ".join(f"{n} {severity}" for severity, n in self.findings.items() if n)
        return [*made, "", f"Findings: {counts or 'none'}"]


@dataclass(frozen=True)
class Assessment:
    """One assessment: everything that the report and its machine forms are made from."""

    context: Context
    chapters: tuple[tuple[Chapter, ChapterContent], ...]

    @property
    def risk(self) -> RiskResult:
        """The risk result."""
        assert self.context.risk is not None
        return self.context.risk

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, of every verdict."""
        return self.context.findings

    @property
    def compliance(self) -> Compliance | None:
        """The verdicts on clauses, where the model uses packs."""
        return self.context.compliance

    @property
    def summary(self) -> Headline:
        """The result in a few lines."""
        severities = ("critical", "high", "medium", "low", "info")
        violated = [f.rule.severity for f in self.findings if f.verdict == "violated"]
        return Headline(
            organisation=organisation(self.context.workspace),
            as_of=self.context.workspace.as_of,
            processes=self.risk.processes(),
            data=self.risk.data(),
            findings={s: violated.count(s) for s in severities},
            lead="".join(lead(self.context)).strip(),
            currency=self.risk.currency,
        )

    def html(self) -> str:
        """The report as one self-contained page."""
        workspace = self.context.workspace
        name = organisation(workspace)
        day = f"{workspace.as_of.day} {workspace.as_of:%B %Y}"
        cover = el(
            "header",
            el("p", f"Security assessment · {day}", class_="over"),
            el("h1", name),
            _contents(self.chapters),
            class_="cover",
        )
        body = el(
            "main", [_chapter(c, content, n) for n, (c, content) in enumerate(self.chapters)], id="content"
        )
        foot = el(
            "footer",
            el(
                "p",
                f"Made by Panacea Policy from the model as of {workspace.as_of.isoformat()}; "
                f"{self.risk.trials:,} trials, seed {self.risk.seed}.",
            ),
        )
        return document(f"{name} – security assessment", [cover, body, foot])

    def to_json(self) -> str:
        """The machine form (``panacea/assessment/v1``)."""
        workspace = self.context.workspace
        locate = places(workspace)
        made = {
            "schema": SCHEMA,
            "organisation": organisation(workspace),
            "as_of": workspace.as_of.isoformat(),
            "risk": json.loads(self.risk.to_json()),
            "findings": [
                _finding(f, locate) for f in self.findings if str(f.verdict) not in ("met", "not_applicable")
            ],
            "clauses": _clauses(self.compliance),
            "scenarios": {s.name: _without_paths(s.risk) for s in self.context.scenarios},
            "chapters": {c.id: dict(content.data) for c, content in self.chapters if content.data},
        }
        return json.dumps(made, indent=2, ensure_ascii=False) + "\n"

    def files(self) -> dict[str, str]:
        """The report folder: names to texts. Its pictures and tables are files of their own too."""
        made = {"report.html": self.html(), "assessment.json": self.to_json()}
        states = [
            ("as it is", self.risk),
            *((s.info.title or s.name, s.risk) for s in self.context.scenarios),
        ]
        made |= {f"pictures/{name}": text for name, text in risk_pictures(states).items()}
        made |= {f"numbers/{table.name}.csv": table.to_csv() for table in tables(self.risk)}
        for _, content in self.chapters:
            made.update(content.files)
        return made


def assess(workspace: Workspace, options: AssessOptions | None = None) -> Assessment:
    """Assess a model. Raises :class:`AssessmentError` where it has errors."""
    options = options or AssessOptions()
    if not workspace.ok:
        raise AssessmentError(workspace.diagnostics())
    options.progress("findings", 0.0)
    findings = tuple(workspace.findings())
    options.progress("compliance", 0.1)
    compliance = _compliance(workspace)
    risk = _risk(workspace, options, 0.2, 0.7)
    scenarios, unfit = _scenarios(workspace, options) if options.scenarios else ((), ())
    context = Context(
        workspace, options, findings, risk, compliance, scenarios, unfit, tuple(options.moments)
    )
    options.progress("report", 0.95)
    chosen = [c for c in CHAPTERS if options.chapters is None or c.id in options.chapters]
    built = [(c, c.build(context)) for c in sorted(chosen, key=lambda c: c.order)]
    options.progress("done", 1.0)
    return Assessment(context, tuple((c, content) for c, content in built if content is not None))


def _risk(
    workspace: Workspace, options: AssessOptions, begin: float, end: float, *, ranked: bool = True
) -> RiskResult:
    def told(stage: str, share: float) -> None:
        options.progress(stage, begin + (end - begin) * share)

    return assess_risk(
        workspace.attack(),
        workspace.model,
        options.risk(ranked=ranked),
        locate=places(workspace),
        progress=told,
    )


def _scenarios(
    workspace: Workspace, options: AssessOptions
) -> tuple[tuple[Scenario, ...], tuple[tuple[str, str], ...]]:
    """Every scenario of the model assessed, and those that cannot be laid over it, with the reason."""
    made, unfit = [], []
    infos = workspace.scenarios()
    for n, (name, info) in enumerate(infos.items()):
        begin = 0.7 + 0.25 * n / len(infos)
        changed = workspace.with_scenario(name)
        if changed.ok:
            risk = _risk(changed, options, begin, begin + 0.25 / len(infos), ranked=False)
            made.append(Scenario(name, info, risk, tuple(changed.findings())))
        else:
            reason = next(d.message for d in changed.diagnostics() if d.severity is Severity.ERROR)
            unfit.append((info.title or name, reason))
    return tuple(made), tuple(unfit)


def _compliance(workspace: Workspace) -> Compliance | None:
    """The verdicts on clauses; None where that domain is not installed."""
    if importlib.util.find_spec("panacea_policy.compliance") is None:
        return None
    from panacea_policy import compliance

    return compliance.assess(workspace)


def organisation(workspace: Workspace) -> str:
    """The name of the hospital: the organisation that is not a partner, or the folder."""
    from panacea_policy.compliance import own_organisations

    own = own_organisations(workspace.model)
    return title(own[0]) if own else workspace.root.name


def _contents(chapters: Sequence[tuple[Chapter, ChapterContent]]) -> Child:
    links = [el("li", el("a", c.title, href=f"#{slug(c.id)}")) for c, _ in chapters]
    return el("nav", el("ol", links), class_="contents", aria_label="Contents")


def _chapter(chapter: Chapter, content: ChapterContent, number: int) -> Child:
    parts: list[Child] = []
    for part in content.sections:
        if part.heading:
            parts.append(el("h3", part.heading))
        parts += list(part.blocks)
    head = el("h2", chapter.title, id=slug(chapter.id), class_="follows" if number == 0 else None)
    return el("section", head, parts, aria_labelledby=slug(chapter.id))


def _finding(finding: Finding, locate: object) -> dict[str, object]:
    place = locate(finding.span)  # type: ignore[operator]
    return {
        "rule": finding.rule.id,
        "title": finding.rule.title,
        "severity": finding.rule.severity,
        "verdict": str(finding.verdict),
        "subjects": [s.name for s in finding.subjects],
        "message": finding.message,
        "questions": [q.text for q in finding.questions],
        "place": place.model_dump() if place else None,
        "fingerprint": finding.fingerprint,
    }


def _without_paths(risk: RiskResult) -> object:
    """A risk result as JSON values, its figures only."""
    paths = {"goals": {"__all__": {"path", "attack"}}}
    return risk.model_dump(mode="json", by_alias=True, exclude=paths)


def _clauses(compliance: Compliance | None) -> list[dict[str, object]]:
    if compliance is None:
        return []
    return [
        {
            "id": c.id,
            "title": c.title,
            "pack": c.pack,
            "verdict": str(c.verdict),
            "reason": c.reason,
            "findings": [
                f.fingerprint for f in c.findings if str(f.verdict) not in ("met", "not_applicable")
            ],
        }
        for c in compliance.clauses
    ]
