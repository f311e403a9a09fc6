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


#: With these, full width included, spreadsheets begin a formula, or pass over what stands before one.
_FORMULA = tuple("=+-@\t\n＝＋－＠")


def _safe(cell: Cell) -> Cell:
    """A name that begins like a formula is quoted, as OWASP advises against CSV injection; its lines end with
    line feeds alone, as a carriage return that is not quoted begins a row.
    """
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
