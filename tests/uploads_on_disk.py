"""Uploads written to disk for tests: workbooks in both formats, CSV pairs, with invented people."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

from jdl_toolkit.validation.workbooks.sent import ANSWERS, HEADINGS, book, saved
from jdl_toolkit.validation.workbooks.text import lines_of, ods, spreadsheet

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def person(number: int, **changes: Any) -> dict[str, Any]:
    """A faultless record of an invented person; `changes` by heading, or by heading with _ for spaces."""
    one, two = LETTERS[number % 26], LETTERS[number // 26 % 26]
    record = {
        "Record": number,
        "Forename": f"Fore{one}{two}{one}",
        "Surname": f"Sur{two}{one}{two}{one}",
        "Date of birth": dt.date(1960 + number % 40, 1 + number % 12, 1 + number % 28),
        "Gender": "F" if number % 7 == 0 else "M",
        "Service start": dt.date(2010, 1, 1) + dt.timedelta(days=number % 900),
    }
    return record | {heading.replace("_", " "): value for heading, value in changes.items()}


def people_rows(records: list[dict[str, Any]], headings: list[str] | None = None) -> list[list[Any]]:
    headings = headings or HEADINGS
    return [headings, *([record.get(heading) for heading in headings] for record in records)]


def write_xlsx(
    path: Path, people: list[list[Any]], answers: list[list[Any]] = ANSWERS, names=("People", "Service")
) -> Path:
    path.write_bytes(saved(book(people, answers, names)))
    return path


def write_csv(
    path: Path, people: list[list[Any]], answers: list[list[Any]] = ANSWERS, encoding="utf-8-sig", delimiter=","
) -> Path:
    for file, rows in ((path, people), (path.with_name(f"{path.stem}-service.csv"), answers)):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows([["" if c is None else c for c in row] for row in rows])
        file.write_bytes(text.getvalue().encode(encoding))
    return path


#: As LibreOffice writes it: the usual million empty rows at the end of a sheet.
EMPTY = (
    '<table:table-row table:number-rows-repeated="1040000">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def write_ods(path: Path, people: list[list[Any]], answers: list[list[Any]] = ANSWERS) -> Path:
    sheets = {"People": people, "Service": answers}
    path.write_bytes(ods(spreadsheet({name: lines_of(rows) + EMPTY for name, rows in sheets.items()})))
    return path
