"""What the template and the marked copy have in common: headed sheets, and saving."""

from __future__ import annotations

import io
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ..result import write_atomically

AUTHOR = "Justice Data Lab"


def head(sheet: Worksheet, headings: list[str], widths: list[int]) -> None:
    """Write a row of headings, bold and frozen, with the widths of its columns (in characters)."""
    sheet.append(headings)
    for number, width in enumerate(widths, start=1):
        sheet.cell(1, number).font = Font(bold=True)
        sheet.cell(1, number).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"


def save(workbook: Workbook, out: Path) -> None:
    """Write the workbook whole or not at all."""
    content = io.BytesIO()
    workbook.save(content)
    write_atomically(out, content.getvalue())
