"""Verdicts on clauses, and statements of applicability, as tables for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from panacea_policy.compliance import Topic, read_waiver
from panacea_policy.formats.comply_run import ComplyRun, number
from panacea_policy.formats.csv_table import Row, Table

CLAUSE_COLUMNS = (
    "pack",
    "clause",
    "title",
    "verdict",
    "because",
    "strength",
    "rules",
    "met",
    "open",
    "waivers",
    "id",
)
STATEMENT_COLUMNS = (
    "clause",
    "title",
    "applies",
    "reason",
    "state",
    "carried_out_by",
    "decided_by",
    "verdict",
    "remark",
    "id",
)


def clause_table(run: ComplyRun) -> Table:
    """A row for each clause."""
    return Table("clauses", "The verdict on each clause.", CLAUSE_COLUMNS, tuple(_clauses(run)))


def statement_table(run: ComplyRun, pack: str) -> Table:
    """A row for each line of the statement of applicability of a pack."""
    told = "Whether each clause applies, why, and how far it is done."
    return Table("statement", told, STATEMENT_COLUMNS, tuple(_statement(run, pack)))


CROSSWALK_COLUMNS = ("topic", "title", "relation", "clause", "number", "verdict", "because")


def crosswalk_table(topics: Sequence[Topic]) -> Table:
    """A row for each clause of each topic."""
    rows = tuple(
        (t.name, t.title, t.relation, c.id, number(c), str(c.verdict), c.reason)
        for t in topics
        for c in t.clauses
    )
    return Table("crosswalk", "Clauses that ask for the same.", CROSSWALK_COLUMNS, rows)


def _clauses(run: ComplyRun) -> Iterator[Row]:
    for pack in run.packs:
        for clause in pack.clauses:
            strength = run.strength(clause)
            yield (
                pack.name,
                number(clause),
                clause.title,
                str(clause.verdict),
                clause.reason,
                str(strength) if strength is not None else None,
                " ".join(rule.id for rule in clause.rules),
                clause.met,
                len(clause.findings),
                "; ".join(str(read_waiver(each, run.model)) for each in clause.waivers),
                clause.id,
            )


def _statement(run: ComplyRun, pack: str) -> Iterator[Row]:
    for line in run.statement(pack):
        yield (
            number(line.clause),
            line.clause.title,
            None if line.applies is None else "yes" if line.applies else "no",
            line.reason,
            line.state,
            " ".join(line.carried_out_by),
            line.decided_by,
            str(line.clause.verdict),
            line.remark,
            line.clause.id,
        )
