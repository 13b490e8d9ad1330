"""The upload workbook of an invented organisation, as the Data Upload Template has it."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from ..errors import JDLError
from ..result import write_atomically
from ..submission.fields import COLUMNS, PARTS_OF_SERVICE, PEOPLE, SERVICE, Column
from ..submission.questions import QUESTION_BY_KEY
from ..submission.template import NUMBER_FORMATS


def write_upload(path: Path, people: pd.DataFrame, answers: Mapping[str, str]) -> None:
    """Write the workbook: sheets *People* and *Service*, as the Data Upload Template has them.

    The same content gives the same bytes. Identifiers are text cells, since a spreadsheet would turn a PNC id into a
    date; dates are true date cells unless they are given as text.

    Parameters
    ----------
    path : Path
    people : DataFrame
        Columns by their key in `submission.fields.COLUMNS`; those that are absent stay empty, others are not written.
        Columns for the parts of a service are absent from the sheet, too, as in uploads of services that have none.
    answers : dict of str to str
        Key of a question in `submission.questions.QUESTIONS` -> answer.

    Raises
    ------
    JDLError
        If an answer belongs to no question.
    """
    unknown = [key for key in answers if key not in QUESTION_BY_KEY]
    if unknown:
        raise JDLError(f"no such question: {', '.join(unknown)}", "answers", f"use {', '.join(QUESTION_BY_KEY)}")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = PEOPLE
    columns = [c for c in COLUMNS if c.key in people or c.key not in PARTS_OF_SERVICE]
    cells = people.reindex(columns=[c.key for c in columns]).astype(object)
    cells = cells.where(cells.notna(), None)
    sheet.append([c.heading for c in columns])
    for row in cells.itertuples(index=False):
        sheet.append([v.date() if isinstance(v, dt.datetime) else v for v in row])
    _format_columns(sheet, columns)
    service = book.create_sheet(SERVICE)
    for row in [("Question", "Answer"), *((QUESTION_BY_KEY[k].text, text) for k, text in answers.items())]:
        service.append(row)
    service.column_dimensions["A"].width, service.column_dimensions["B"].width = 60, 90
    for cell in (*sheet[1], *service[1]):
        cell.font = Font(bold=True)
    write_atomically(Path(path), _without_clock(book))


def _format_columns(sheet: Worksheet, columns: Sequence[Column]) -> None:
    for number in range(1, len(columns) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = 18
    for column, cells in zip(columns, sheet.iter_cols(min_row=2), strict=True):
        for cell in cells if column.key in NUMBER_FORMATS else ():
            cell.number_format = NUMBER_FORMATS[column.key]


def _without_clock(book: openpyxl.Workbook) -> bytes:
    """The workbook's bytes with the time of writing taken out."""
    first, second = io.BytesIO(), io.BytesIO()
    book.save(first)
    with zipfile.ZipFile(first) as was, zipfile.ZipFile(second, "w", zipfile.ZIP_DEFLATED) as now:
        for name in sorted(was.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            content = was.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2013-12-01T00:00:00Z", content)
            now.writestr(zipfile.ZipInfo(name, (2013, 12, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return second.getvalue()
