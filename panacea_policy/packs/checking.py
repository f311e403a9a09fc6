"""What `pack check` demands of a pack: ours and those of others alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from panacea_policy.compiler import UNKNOWN, Entity, RuleInfo, Verdict
from panacea_policy.compiler.testing import run_tests
from panacea_policy.packs.project import PackError, PackProject

#: What a clause must say, itself or by a template; of these the pack may say it for all of its clauses.
_SAID = ("clause", "status", "jurisdiction", "addressees", "decided_by")
_BY_PACK = ("status", "jurisdiction", "effective")
#: Verdicts of which a test must show each rule.
_SHOWN = (Verdict.VIOLATED, Verdict.MET)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that keeps a pack from being published: about what, and what to do."""

    about: str
    message: str
    help: str


@dataclass
class PackReport:
    """What a check found. ``notes`` are no reason to refuse a pack."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rules: int = 0
    requirements: int = 0
    tests: int = 0

    @property
    def ok(self) -> bool:
        """Whether the pack may be published."""
        return not self.faults

    def fault(self, about: str, message: str, help: str) -> None:
        """Put down a fault."""
        self.faults.append(Fault(about, message, help))


def check(project: PackProject) -> PackReport:
    """Look at everything in a pack that others rely on."""
    report = PackReport()
    _pack(project, report)
    rules = [rule for rule in project.workspace.rules() if rule.package == project.workspace.package.label]
    report.rules, report.requirements = len(rules), len(project.requirements)
    # A clause that others are part of is decided by these.
    decided = {str(each.value("parent")) for each in project.requirements}
    decided.update(name for rule in rules for name in rule.satisfies)
    for requirement in project.requirements:
        _requirement(requirement, decided, project, report)
    for number, names in _repeated(project.requirements):
        report.fault(
            number, f"the clause is declared twice: {', '.join(names)}", "one clause, one requirement"
        )
    _tests(project, rules, report)
    if not any((project.folder / name).is_file() for name in ("README.md", "README")):
        report.fault(project.name, "there is no README.md", "say what a verdict means and where it ends")
    return report


def _pack(project: PackProject, report: PackReport) -> None:
    for about in (lambda: project.version, lambda: project.requires):
        try:
            about()
        except PackError as error:
            report.fault(project.name, error.message, error.help or "")
    if project.requirements and project.pack.value("source") is UNKNOWN:
        report.fault(project.name, "the pack names no source", "`source:` says which law or standard it is")
    for name in ("licence", "authors", "checked_on"):
        if project.pack.value(name) is UNKNOWN:
            report.notes.append(f"the pack does not say `{name}`")


def _says(requirement: Entity, attribute: str, project: PackProject) -> object:
    """What a clause says, or its pack for it."""
    said = requirement.value(attribute)
    inherits = attribute in _BY_PACK and str(requirement.value("pack")) == project.pack.name
    return project.pack.value(attribute) if said in (UNKNOWN, None) and inherits else said


def _requirement(requirement: Entity, settled: set[str], project: PackProject, report: PackReport) -> None:
    pack = requirement.value("pack")
    # Since when it holds decides which law counts; what is no law yet may have no day.
    dated = ("effective",) if _says(requirement, "status", project) == "in_force" else ()
    for name in (*_SAID, *dated):
        if _says(requirement, name, project) in (UNKNOWN, None):
            report.fault(requirement.short, f"the requirement does not say `{name}`", f"set `{name}`")
    if requirement.title is None:
        report.fault(requirement.short, "the requirement has no title", 'name it: `requirement ID "…"`')
    if pack in (UNKNOWN, None):
        report.fault(requirement.short, "the requirement belongs to no pack", "`requirement ID … of PACK`")
    judged = requirement.name in settled
    decided = requirement.value("decided_by")
    if decided in ("rules", "both") and not judged:
        report.fault(
            requirement.short,
            f"it is decided by {decided}, but no rule satisfies it",
            "write a rule with `satisfies`, or `decided_by: attestation` or `nobody`",
        )
    if decided in ("attestation", "nobody") and judged:
        report.notes.append(f"{requirement.short}: rules speak of it, but `decided_by: {decided}`")


def _repeated(requirements: tuple[Entity, ...]) -> Iterator[tuple[str, list[str]]]:
    seen: dict[str, list[str]] = {}
    for each in requirements:
        number = each.value("clause")
        if isinstance(number, str):
            seen.setdefault(number, []).append(each.short)
    yield from ((number, names) for number, names in seen.items() if len(names) > 1)


def _tests(project: PackProject, rules: list[RuleInfo], report: PackReport) -> None:
    results = run_tests(project.workspace)
    report.tests = len(results)
    for result in results:
        if result.failures:
            report.fault(result.name, f"the test fails: {result.failures[0]}", "`panacea test` shows more")
    shown: dict[str, set[Verdict]] = {}
    for result in results:
        for name, verdicts in result.exercised.items():
            shown.setdefault(name.rpartition(".")[2], set()).update(verdicts)
    for rule in rules:
        missing = [str(verdict) for verdict in _SHOWN if verdict not in shown.get(rule.name, set())]
        if missing:
            report.fault(
                rule.name,
                f"no test shows it {' and '.join(missing)}",
                f'`test "…" {{ given {{ … }} expect {rule.name} on … }}`',
            )
        if not rule.remedy:
            report.fault(rule.name, "the rule has no remedy", 'say which edit mends it: `remedy "…"`')
