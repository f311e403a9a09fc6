"""Tables as CSV (RFC 4180, line feeds), for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

Cell = str | float | int | None
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A named table: what it holds in a sentence, its columns and rows."""

    name: str
    told: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def to_csv(self) -> str:
        """The table as CSV. Texts that a spreadsheet would run stay texts."""
        return csv_text(self.columns, self.rows)


def csv_text(columns: Iterable[str], rows: Iterable[Row]) -> str:
    """Columns and rows as CSV, the rows taken one by one."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def _safe(cell: Cell) -> Cell:
    """A name that begins like a formula is quoted, as OWASP advises against CSV injection."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"
    return cell
