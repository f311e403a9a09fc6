"""Findings and questions that say the same of many rows of one inventory, put together for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec

from panacea_policy.compiler import Entity, Finding
from panacea_policy.compliance import OpenQuestion
from panacea_policy.formats.check_run import CheckRun, names, sentence
from panacea_policy.formats.places import Row

_ROW = re.compile(r'\["[^"]*"\]')
#: Ranges of rows that are named; more are left out with an ellipsis.
_RANGES = 4


class Group(msgspec.Struct, frozen=True):
    """One finding, or several of one rule on rows of one inventory, such as those of ``pump[…]``."""

    name: str
    findings: tuple[Finding, ...]

    def sentence(self) -> str:
        """What was found, of the first where there are several."""
        first = sentence(self.findings[0])
        if len(self.findings) == 1:
            return first
        begins = first.startswith(tuple(subject.short for subject in self.findings[0].subjects))
        return f"{self.name}, such as {first}" if begins else f"{self.name}, for instance: {first}"

    def where(self, run: CheckRun) -> str:
        """The place in the model, and the rows of the inventory."""
        if len(self.findings) == 1:
            return run.where(self.findings[0])
        return f"{run.place(self.findings[0].span)}, {_rows(run, self.findings)}"


class QuestionGroup(msgspec.Struct, frozen=True):
    """One question, or the same one about several rows of one inventory."""

    text: str
    entities: tuple[Entity, ...]
    checks: int


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """Findings of one rule in groups, each where its first one stood."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_pattern(finding.subjects) or finding.fingerprint, []).append(finding)
    return [
        Group(names(found[0]) if len(found) == 1 else f"{len(found):,} of {pattern}", tuple(found))
        for pattern, found in groups.items()
    ]


def grouped_questions(questions: Iterable[OpenQuestion]) -> list[QuestionGroup]:
    """Questions in groups, each where its first one stood."""
    groups: dict[tuple[str, str], list[OpenQuestion]] = {}
    for question in questions:
        about = _pattern([question.entity]) or question.entity.name
        groups.setdefault((about, question.attribute), []).append(question)
    return [_question_group(found) for found in groups.values()]


def _question_group(found: Sequence[OpenQuestion]) -> QuestionGroup:
    first = found[0]
    text = first.text
    if len(found) > 1:
        text = text.replace(first.entity.short, _ROW.sub("[…]", first.entity.short))
    checks = {finding.fingerprint for question in found for finding in question.findings}
    return QuestionGroup(text, tuple(question.entity for question in found), len(checks))


def _pattern(subjects: Sequence[Entity]) -> str | None:
    """The names of subjects that come from an inventory, without what tells its rows apart."""
    if not any(subject.row is not None for subject in subjects):
        return None
    return ", ".join(_ROW.sub("[…]", subject.name) for subject in subjects)


def _rows(run: CheckRun, findings: Sequence[Finding]) -> str:
    """``pumps.csv rows 2–13, 15, 17`` and the like, file by file."""
    rows = sorted({row for finding in findings for row in run.rows(finding)}, key=_by_file)
    return ", ".join(_ranges(path, list(found)) for path, found in groupby(rows, attrgetter("path")))


def _by_file(row: Row) -> tuple[str, int]:
    return row.path, row.number


def _ranges(path: str, rows: Sequence[Row]) -> str:
    ranges: list[list[int]] = []
    for row in rows:
        if ranges and ranges[-1][1] == row.number - 1:
            ranges[-1][1] = row.number
        else:
            ranges.append([row.number, row.number])
    shown = [f"{first}" if first == last else f"{first}–{last}" for first, last in ranges[:_RANGES]]
    shown += ["…"] * (len(ranges) > _RANGES)
    return f"{path} {'rows' if rows[0].is_line else 'items'} {', '.join(shown)}"
