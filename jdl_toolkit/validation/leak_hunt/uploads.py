"""Uploads with people where nobody expects them: headings, titles, names of sheets, answers, wrong columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ...submission.fields import BY_KEY, PEOPLE, SERVICE

HEADINGS = {key: column.heading for key, column in BY_KEY.items()}
#: Rows in which something is misplaced.
MISPLACED = 60


def _place(sheet: Worksheet, key: str) -> int:
    heading = HEADINGS[key]
    return next(cell.column for cell in sheet[1] if cell.value == heading)


def _name(sheet: Worksheet, row: int) -> str:
    return " ".join(str(sheet.cell(row, _place(sheet, key)).value).strip() for key in ("forename", "surname"))


def _details(sheet: Worksheet, row: int) -> list[str]:
    born, pnc = (sheet.cell(row, _place(sheet, key)).value for key in ("dob", "pnc_id"))
    written = born.strftime("%d/%m/%Y") if hasattr(born, "strftime") else str(born)
    return [_name(sheet, row), written, str(pnc or _name(sheet, row))]


def _no_headings(book: Workbook, sheet: Worksheet) -> None:
    sheet.delete_rows(1)


def _a_title(book: Workbook, sheet: Worksheet) -> None:
    name = _name(sheet, 2)
    sheet.insert_rows(1)
    sheet["A1"] = f"People seen by {name}"


def _names_for_headings(book: Workbook, sheet: Worksheet) -> None:
    people = [_details(sheet, row) for row in range(2, 5)]
    unused = [cell for cell in sheet[1] if cell.value not in {HEADINGS[k] for k in _NEEDED}]
    for cell, said in zip(unused, [part for person in people for part in person], strict=False):
        cell.value = said
    for i, person in enumerate(people):
        sheet.cell(1, sheet.max_column + 1, f"Notes on {person[0]} {i}")


_NEEDED = ("forename", "surname", "dob", "sex", "service_start")


def _a_name_for_a_needed_heading(book: Workbook, sheet: Worksheet) -> None:
    sheet.cell(1, _place(sheet, "dob")).value = _name(sheet, 7)


def _sheet_named(book: Workbook, sheet: Worksheet) -> None:
    sheet.title = _name(sheet, 2)[:31]


def _sheets_named(book: Workbook, sheet: Worksheet) -> None:
    for row in (3, 4):
        book.copy_worksheet(sheet).title = _name(sheet, row)[:31]
    book.remove(sheet)


def _misplaced(book: Workbook, sheet: Worksheet) -> None:
    keys = [c for c in range(1, sheet.max_column + 1) if c not in (_place(sheet, "forename"), _place(sheet, "surname"))]
    people = [_details(sheet, row) for row in range(2, 2 + MISPLACED)]
    for i, person in enumerate(people):
        sheet.cell(2 + i, keys[i % len(keys)]).value = person[i // len(keys) % 3] if i % 2 else " ".join(person)


def _parts_of_the_service(book: Workbook, sheet: Worksheet) -> None:
    names = [_name(sheet, row) for row in range(2, sheet.max_row + 1)]
    for heading in ("Provider", "Type of intervention", "Region", "Notes"):
        there = [cell.column for cell in sheet[1] if cell.value == heading]  # two of a kind would be refused
        column = there[0] if there else sheet.max_column + 1
        sheet.cell(1, column, heading)
        for i in range(len(names)):  # few, so that each part is large enough to be analysed
            sheet.cell(i + 2, column, names[i % 2])


def _answers(book: Workbook, sheet: Worksheet) -> None:
    asked = book[SERVICE]
    for row in range(2, asked.max_row + 1):
        asked.cell(row, 2).value = f"{asked.cell(row, 2).value} Ask {', '.join(_details(sheet, row))}."


def _unseen(book: Workbook, sheet: Worksheet) -> None:
    from openpyxl.comments import Comment

    sheet["A2"].comment = Comment(_name(sheet, 2), _name(sheet, 3))
    book.properties.creator = book.properties.title = _name(sheet, 4)
    sheet.oddHeader.left.text = _name(sheet, 5)
    book.create_sheet(_name(sheet, 6)[:31]).sheet_state = "hidden"


#: What is done to an upload, by name.
DAMAGES: dict[str, Callable[[Workbook, Worksheet], None]] = {
    "no headings": _no_headings,
    "a title with a name": _a_title,
    "names for headings": _names_for_headings,
    "a name for a needed heading": _a_name_for_a_needed_heading,
    "a sheet named after a person": _sheet_named,
    "two sheets named after people": _sheets_named,
    "people in wrong columns": _misplaced,
    "people as parts of the service": _parts_of_the_service,
    "people in the answers": _answers,
    "people in comments and properties": _unseen,
}


def damaged(source: Path, damage: str, out: Path) -> None:
    """Write an upload with one of `DAMAGES` done to it."""
    book = openpyxl.load_workbook(source)
    DAMAGES[damage](book, book[PEOPLE])
    book.save(out)


def broken(source: Path, out: Path, how: str) -> None:
    """Write an upload cut in half, as text of commas, or as text of commas with another ending."""
    if how == "cut in half":
        content = source.read_bytes()
        out.write_bytes(content[: len(content) // 2])
        return
    rows = list(openpyxl.load_workbook(source, read_only=True)[PEOPLE].values)
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    if how == "uneven":
        lines = [line + "," * (i % 3) + ('"' if i == 200 else "") for i, line in enumerate(lines)]
    out.write_text("\n".join(lines), encoding="cp1252", errors="replace")
