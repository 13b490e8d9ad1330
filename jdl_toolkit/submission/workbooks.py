"""What the template and the marked copy have in common: headed sheets, and saving."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ..result import write_atomically

AUTHOR = "Justice Data Lab"
ACCENT = "12436D"  # of headings; white on it is legible to everybody


def head(sheet: Worksheet, headings: list[str], widths: list[int]) -> None:
    """Write a row of headings, bold and frozen, with the widths of its columns (in characters)."""
    sheet.append(headings)
    for number, width in enumerate(widths, start=1):
        sheet.cell(1, number).font = font(bold=True)
        sheet.cell(1, number).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"


def font(**kinds: Any) -> Font:
    """The typeface of all sheets, as bold, large or coloured as told."""
    return Font(name="Calibri", **kinds)


def set_page(sheet: Worksheet, one_page: bool = False, repeat: str | None = None) -> None:
    """Print a sheet on A4 across, as wide as the page, with numbered pages and the rows `repeat` on top of each."""
    sheet.page_setup.paperSize, sheet.page_setup.orientation = 9, "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, int(one_page)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.print_title_rows = repeat
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "Page &P of &N"


def save(workbook: Workbook, out: Path) -> None:
    """Write the workbook whole or not at all."""
    content = io.BytesIO()
    workbook.save(content)
    write_atomically(out, content.getvalue())
