"""What the template and the marked copy have in common: headed sheets, and saving."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
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


def save(workbook: Workbook, out: Path, dated: dt.date | None = None) -> None:
    """Write the workbook whole or not at all.

    Parameters
    ----------
    workbook : Workbook
    out : Path
    dated : date, optional
        Of a workbook that is published: the day that its properties name, so that the same sheets make the same bytes.
        What names the writer's version goes too: two numbers side by side may read as somebody's date of birth.
    """
    content = io.BytesIO()
    workbook.save(content)
    write_atomically(out, content.getvalue() if dated is None else _as_of(content.getvalue(), dated))


def _as_of(content: bytes, dated: dt.date) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in sorted(before.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            text = before.read(name)
            if name == "docProps/core.xml":
                text = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", f"{dated}T00:00:00Z".encode(), text)
            elif name == "docProps/app.xml":
                text = re.sub(rb"<(AppVersion|Application)>[^<]*</\1>", b"", text)
            after.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()
