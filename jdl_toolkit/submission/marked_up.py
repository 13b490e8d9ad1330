"""The organisation's own upload, back with every fault marked.

Nothing that was sent is changed: the copy gains comments, colours and a sheet, and can be corrected and sent again.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from ..errors import JDLError
from .faults import BLOCKS_REQUEST, BLOCKS_ROW, WARNS
from .fields import PEOPLE, SERVICE
from .intake import Submission
from .sheets import find_sheet, read_sheets
from .workbooks import AUTHOR, head, save

CORRECTIONS = "What to correct"
FILLS = {
    BLOCKS_REQUEST: PatternFill("solid", fgColor="F4A6B8"),
    BLOCKS_ROW: PatternFill("solid", fgColor="F9C5A7"),
    WARNS: PatternFill("solid", fgColor="FFF2B3"),
}
OPENINGS = {
    BLOCKS_REQUEST: "The request cannot go on until this is corrected: ",
    BLOCKS_ROW: "This record is left out until it is corrected: ",
    WARNS: "Please check: ",
}


def marked_up_copy(path: Path, submission: Submission, out: Path) -> Path:
    """Write the organisation's workbook back, each faulty cell with a colour and a comment, and a list of all faults.

    Parameters
    ----------
    path : Path
        What the organisation sent. An .xlsx keeps its own look; .ods and .csv come back as .xlsx.
    submission : Submission
        As read from `path`.
    out : Path
        The .xlsx to write. Restricted: it holds everything that was sent.

    Returns
    -------
    Path
        `out`.
    """
    path, out = Path(path), Path(out)
    workbook = _own_workbook(path) if path.suffix.lower() == ".xlsx" else _rebuilt(path)
    names = {name: find_sheet(dict.fromkeys(workbook.sheetnames, []), name) for name in (PEOPLE, SERVICE)}
    positions = submission.columns.dropna(subset="heading").drop_duplicates("heading").set_index("heading")["position"]
    issues = submission.issues.dropna(subset="row")
    # faults come the gravest first, so the first of a cell gives its colour
    for (sheet, row, column), group in issues.groupby(["sheet", "row", "column"], dropna=False, sort=False):
        position = int(positions.get(column, 1)) if sheet == PEOPLE else 2
        if names[sheet] is not None:
            _mark(workbook[names[sheet]].cell(int(row), position), group["severity"].iloc[0], list(group["message"]))
    _list_corrections(workbook, submission)
    save(workbook, out)
    return out


def _own_workbook(path: Path) -> Workbook:
    try:
        return load_workbook(path)
    except Exception as fault:  # whatever openpyxl stumbles over in a file that calamine could read
        fix = "save it again as .xlsx from a spreadsheet program, then check that file"
        raise JDLError(
            f"the workbook can be read but not written back ({type(fault).__name__})", path.name, fix
        ) from None


def _rebuilt(path: Path) -> Workbook:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, grid in read_sheets(path).items():
        sheet = workbook.create_sheet(name)
        for row in grid:
            sheet.append([None] * len(row))
            for cell, value in zip(sheet[sheet._current_row], row, strict=True):
                _put(cell, value)
    return workbook


def _put(cell: Cell, value: object) -> None:
    """Write a value as it was: text stays text, even where it looks like a formula."""
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value) or None
        if cell.value is not None:
            cell.data_type = "s"
    else:
        old = isinstance(value, dt.date) and value.year < 1900
        cell.value = value.isoformat() if old else value


def _mark(cell: Cell, severity: str, messages: list[str]) -> None:
    if not isinstance(cell, Cell):  # inside a merged range, only its first cell can hold anything
        return
    before = f"{cell.comment.text}\n" if cell.comment else ""
    cell.comment = Comment(
        before + OPENINGS[severity] + "\n".join(messages), AUTHOR, width=320, height=60 + 50 * len(messages)
    )
    cell.fill = FILLS[severity]


def _list_corrections(workbook: Workbook, submission: Submission) -> None:
    if CORRECTIONS in workbook.sheetnames:
        workbook.remove(workbook[CORRECTIONS])
    sheet = workbook.create_sheet(CORRECTIONS, 0)
    workbook.active = 0
    head(sheet, ["Sheet", "Row", "Column", "How grave", "What is wrong, and what to do"], [12, 8, 18, 20, 110])
    for issue in submission.issues.itertuples():
        row = None if pd.isna(issue.row) else int(issue.row)
        column = issue.column if isinstance(issue.column, str) else None
        sheet.append([issue.sheet, row, column, issue.severity, issue.message])
        sheet.cell(sheet.max_row, 4).fill = FILLS[issue.severity]
    for other in workbook.worksheets[1:]:
        other.sheet_view.tabSelected = False
