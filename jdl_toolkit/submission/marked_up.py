"""The organisation's own upload, back with every fault marked.

What was sent stays as it was shown: the copy gains comments, colours and two sheets, and can be corrected and sent
again. Formulas come back as the values they showed, so that nothing in the copy runs or reaches out.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from pathlib import Path

import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from ..errors import JDLError
from .faults import BLOCKS_REQUEST, BLOCKS_ROW, WARNS
from .fields import CORRECTIONS, PEOPLE, REPEATS, SERVICE
from .intake import Submission
from .repeats import list_groups
from .sheets import find_sheet, read_sheets
from .workbooks import AUTHOR, head, save

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
#: Pale enough for black text; groups that follow each other differ.
GROUP_FILLS = [
    PatternFill("solid", fgColor=colour) for colour in ("D6E4F0", "FBE3C8", "DDEFDD", "EBDDF0", "F8D9E0", "E6E6CC")
]
LARGEST_TITLE = 31


def marked_up_copy(path: Path, submission: Submission, out: Path, called: str = "") -> Path:
    """Write the organisation's workbook back, each faulty cell with a colour and a comment, and a list of all faults.

    Parameters
    ----------
    path : Path
        What the organisation sent. An .xlsx keeps its own look; .ods and .csv come back as .xlsx.
    submission : Submission
        As read from `path`.
    out : Path
        The .xlsx to write. Restricted: it holds everything that was sent.
    called : str, optional
        What messages call the file, as in `read_submission`. Default: its name.

    Returns
    -------
    Path
        `out`.
    """
    path, out = Path(path), Path(out)
    try:
        workbook = _own_workbook(path) if path.suffix.lower() == ".xlsx" else _rebuilt(path)
    except JDLError as fault:
        if not called:
            raise
        raise fault.calling(path.name, called) from None
    names = {name: find_sheet(dict.fromkeys(workbook.sheetnames, []), name) for name in (PEOPLE, SERVICE)}
    positions = submission.columns.dropna(subset="heading").drop_duplicates("heading").set_index("heading")["position"]
    issues = submission.issues.dropna(subset="row")
    # faults come the gravest first, so the first of a cell gives its colour
    for (sheet, row, column), group in issues.groupby(["sheet", "row", "column"], dropna=False, sort=False):
        position = int(positions.get(column, 1)) if sheet == PEOPLE else 2
        if names[sheet] is not None:
            _mark(workbook[names[sheet]].cell(int(row), position), group["severity"].iloc[0], list(group["message"]))
    _list_corrections(workbook, submission)
    _list_repeats(workbook, submission, names[PEOPLE])
    workbook.active = 0
    save(workbook, out)
    return out


def _own_workbook(path: Path) -> Workbook:
    try:
        with warnings.catch_warnings():  # openpyxl tells of parts that it drops, and quotes cells in doing so
            warnings.simplefilter("ignore", UserWarning)
            workbook = load_workbook(path, keep_links=False)
        _take_out_formulas(workbook, path)
        _take_out_marks(workbook)
        return workbook
    except Exception as fault:  # whatever openpyxl stumbles over in a file that calamine could read
        fix = "save it again as .xlsx from a spreadsheet program, then check that file"
        raise JDLError(
            f"the workbook can be read but not written back ({type(fault).__name__})", path.name, fix
        ) from None


def _cells(sheet: Worksheet) -> list[Cell | MergedCell]:
    """The cells that are there; `iter_rows` makes all others up to the last, which may end the sheet."""
    return list(sheet._cells.values())


def _take_out_formulas(workbook: Workbook, path: Path) -> None:
    formulas = [cell for sheet in workbook.worksheets for cell in _cells(sheet) if cell.data_type == "f"]
    shown = read_sheets(path) if formulas else {}
    for cell in formulas:
        grid, row, column = shown.get(cell.parent.title, []), cell.row - 1, cell.column - 1
        inside = row < len(grid) and column < len(grid[row])
        _put(cell, grid[row][column] if inside else None)


def _take_out_marks(workbook: Workbook) -> None:
    """Take out the marks of an earlier check, so that a corrected copy shows what is left to do."""
    if CORRECTIONS not in workbook.sheetnames:
        return
    ours, fills = re.compile("|".join(map(re.escape, OPENINGS.values()))), {f.fgColor.rgb for f in FILLS.values()}
    for sheet in workbook.worksheets:
        for cell in filter(lambda cell: isinstance(cell, Cell), _cells(sheet)):
            if cell.comment and (mark := ours.search(cell.comment.text)):
                own = cell.comment.text[: mark.start()].strip()
                cell.comment = Comment(own, AUTHOR) if own else None
            if cell.fill.fill_type and cell.fill.fgColor.rgb in fills:
                cell.fill = PatternFill()


def _rebuilt(path: Path) -> Workbook:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, grid in read_sheets(path).items():
        sheet = workbook.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:LARGEST_TITLE])
        for row in grid:
            _append(sheet, row)
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
    text = ILLEGAL_CHARACTERS_RE.sub("", before + OPENINGS[severity] + "\n".join(messages))
    cell.comment = Comment(text, AUTHOR, width=320, height=60 + 50 * len(messages))
    cell.fill = FILLS[severity]


def _list_corrections(workbook: Workbook, submission: Submission) -> None:
    sheet = _own_sheet(workbook, CORRECTIONS, 0)
    head(sheet, ["Sheet", "Row", "Column", "How grave", "What is wrong, and what to do"], [12, 8, 18, 20, 110])
    for issue in submission.issues.itertuples():
        row = None if pd.isna(issue.row) else int(issue.row)
        column = issue.column if isinstance(issue.column, str) else None
        said = issue.message[:1].upper() + issue.message[1:]
        cells = _append(sheet, [issue.sheet, row, column, issue.severity, said])
        cells[3].fill = FILLS[issue.severity]
        cells[4].alignment = Alignment(wrap_text=True, vertical="top")
    for other in workbook.worksheets[1:]:
        other.sheet_view.tabSelected = False


def _list_repeats(workbook: Workbook, submission: Submission, people_sheet: str | None) -> None:
    """A sheet of the records that may be of one person: group by group, the least certain first, a colour each."""
    if submission.repeats.empty:
        if REPEATS in workbook.sheetnames:
            workbook.remove(workbook[REPEATS])
        return
    sheet = _own_sheet(workbook, REPEATS, 1)
    shown = {"forename": "Forename", "surname": "Surname", "dob": "Date of birth", "service_start": "Service start"}
    shown |= {"service_end": "Service end"}
    head(sheet, ["Group", "Row", "Why they are here", *shown.values()], [8, 8, 34, 18, 18, 14, 14, 14])
    order = list_groups(submission.repeats).reset_index(names="order")[["group", "order"]]
    records = submission.repeats.merge(order, on="group").merge(submission.people, on="row")
    for record in records.sort_values(["order", "row"]).to_dict("records"):
        values = [None if pd.isna(record[key]) else record[key] for key in shown]
        dated = [value.date() if isinstance(value, pd.Timestamp) else value for value in values]
        cells = _append(sheet, [record["group"], record["row"], record["kind"], *dated])
        for cell in cells:
            cell.fill = GROUP_FILLS[record["order"] % len(GROUP_FILLS)]
            if isinstance(cell.value, dt.date):
                cell.number_format = "DD/MM/YYYY"
        if people_sheet is not None:
            place = f"{quote_sheetname(people_sheet)}!A{record['row']}"
            cells[1].hyperlink = Hyperlink(ref=cells[1].coordinate, location=place)


def _own_sheet(workbook: Workbook, title: str, place: int) -> Worksheet:
    """An empty sheet of that title; one of an earlier check is replaced."""
    if title in workbook.sheetnames:
        workbook.remove(workbook[title])
    return workbook.create_sheet(title, place)


def _append(sheet: Worksheet, values: list[object]) -> list[Cell]:
    """Write a row below the last, and give its cells."""
    sheet.append([None] * len(values))
    # not sheet[row]: for that, openpyxl looks at every cell of the sheet, and the time grows with its square
    cells = [sheet.cell(sheet._current_row, column) for column in range(1, len(values) + 1)]
    for cell, value in zip(cells, values, strict=True):
        _put(cell, value)
    return cells
