"""Tables as one spreadsheet file (Office Open XML), a sheet for each."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time

from panacea_policy.errors import PanaceaError
from panacea_policy.formats.csv_table import Table

#: The widest column, in characters; longer texts are broken into lines.
_WIDEST = 60


def to_xlsx(tables: Sequence[Table], title: str, day: date) -> bytes:
    """The file; the same tables give the same bytes. Texts stay texts: none becomes a formula or a link.

    Raises PanaceaError where the package that writes it is not installed.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise PanaceaError(
            "spreadsheets need the package `xlsxwriter`", "In the checkout: pip install '.[certify]'"
        ) from None
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": title, "created": datetime.combine(day, time())})
        head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        cell = book.add_format({"text_wrap": True, "valign": "top"})
        for table in tables:
            sheet = book.add_worksheet(table.name[:31])
            for column, name in enumerate(table.columns):
                sheet.write_string(0, column, name, head)
                widths = [len(name), *(len(str(row[column] or "")) for row in table.rows)]
                sheet.set_column(column, column, min(_WIDEST, max(widths) + 2))
            for number, row in enumerate(table.rows, 1):
                for column, value in enumerate(row):
                    if value is not None:
                        sheet.write(number, column, value, cell)
            sheet.freeze_panes(1, 0)
            if table.rows:
                sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    return out.getvalue()
