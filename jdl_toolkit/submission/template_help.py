"""The sheet Help of the Data Upload Template, for somebody who has never seen it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

from .faults import BLOCKS_REQUEST
from .fields import COLUMNS, PEOPLE, SERVICE, Column
from .questions import Question
from .workbooks import ACCENT, font, set_page

HELP = "Help"

STEPS = (
    f"On the sheet “{PEOPLE}”, give a row to each person you worked with. If somebody came back, give a row to each "
    "stay. Delete the example row, or write over all of it. Columns that you do not need may stay empty.",
    f"On the sheet “{SERVICE}”, answer the questions. Write your own words wherever the list offers no fitting answer.",
    "Send at least 60 people, and everybody whom you worked with in the period, not only those who did well: a choice "
    "of people makes the result worthless. Send nothing that is not asked for.",
    "If you have the toolkit, run: jdl check followed by the name of your file. It lists every problem and writes a "
    "copy of the workbook with the problems marked. Otherwise the lab does this, and sends the copy back to you.",
    "Send the file by the channel agreed with the lab, never by plain e-mail: it names people who were convicted. Keep "
    "it where only those who need it can open it, and delete it when you need it no longer.",
)

GAPS = (
    ("The request cannot go on", "if fewer than 60 different people have a usable record, or if a question marked "
     "“required” has no answer, or your organisation has not signed the request off."),
    ("A record is left out", "if it lacks forename, surname (both in full), date of birth or gender (M or F), or has "
     "neither a service start nor a service end; if its date of birth or service start does not exist, or gives an age "
     "under 10 or over 100; if the service ends before it starts, or lies outside the years for which there are data "
     "on reoffending."),
    ("You only get a remark", "for everything else: an identifier that is not well formed, somebody who appears twice, "
     "a date that could be read in two ways, a question marked “please answer”."),
)  # fmt: skip

_TOP = Alignment(wrap_text=True, vertical="top")
_LINES = Border(bottom=Side("thin", color="BFBFBF"))
_LINE_HEIGHT, _WIDTHS = 15, (36, 70, 46)


def write_help(sheet: Worksheet, questions: Sequence[Question]) -> None:
    """Write what to do in five steps, what blocks, each column, and each question."""
    for letter, width in zip("ABC", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    _say(sheet, "Data Upload Template", font(bold=True, size=18, color=ACCENT), 30)
    _say(sheet, "What to do, in five steps", font(bold=True, size=13, color=ACCENT), 26)
    for number, step in enumerate(STEPS, start=1):
        _row(sheet, f"Step {number}", step, wide=True)
    _say(sheet, "What happens if something is missing", font(bold=True, size=13, color=ACCENT), 26)
    for what, when in GAPS:
        _row(sheet, what, when, wide=True)
    _say(sheet, f"The columns of the sheet “{PEOPLE}”", font(bold=True, size=13, color=ACCENT), 26)
    _table_head(sheet, ("Column", "What belongs in it", "For example"))
    for column in COLUMNS:
        _row(sheet, column.heading, f"{column.help} {_need(column)}".strip(), _shown(column.example))
    _say(sheet, f"The questions of the sheet “{SERVICE}”", font(bold=True, size=13, color=ACCENT), 26)
    _table_head(sheet, ("Question", "What an answer should say", "For example"))
    for question in questions:
        needed = " Required." if question.if_missing == BLOCKS_REQUEST else ""
        _row(sheet, question.text, question.help + needed, question.example)
    sheet.sheet_view.showGridLines = False
    set_page(sheet)


def _need(column: Column) -> str:
    return "Required." if column.required else ""


def _shown(example: str | dt.date) -> str:
    return f"{example:%d/%m/%Y}" if isinstance(example, dt.date) else example


def _say(sheet: Worksheet, text: str, style: Font, height: float) -> None:
    sheet.append([text])
    sheet.cell(sheet.max_row, 1).font = style
    sheet.row_dimensions[sheet.max_row].height = height


def _table_head(sheet: Worksheet, headings: tuple[str, ...]) -> None:
    sheet.append(headings)
    for cell in sheet[sheet.max_row]:
        cell.font, cell.fill = font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor=ACCENT)


def _row(sheet: Worksheet, what: str, text: str, example: str | None = None, wide: bool = False) -> None:
    sheet.append([what, text, example])
    row = sheet.max_row
    if wide:
        sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=3)
    for cell in sheet[row]:
        cell.alignment, cell.border = _TOP, _LINES
    sheet.cell(row, 1).font = font(bold=True)
    widths = (_WIDTHS[0], sum(_WIDTHS[1:]) if wide else _WIDTHS[1], _WIDTHS[2])
    lines = max(math.ceil(len(said or "") / width) for said, width in zip((what, text, example), widths, strict=True))
    sheet.row_dimensions[row].height = _LINE_HEIGHT * lines + 4
