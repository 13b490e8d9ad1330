"""The empty Data Upload Template."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from .fields import COLUMNS, PEOPLE, QUESTIONS, SERVICE
from .workbooks import AUTHOR, head, save


def write_template(path: Path) -> Path:
    """Write the empty Data Upload Template: the sheets People and Service, and how to fill them in.

    Identifier columns are formatted as text, or a spreadsheet would turn a PNC id into a date.
    """
    workbook = Workbook()
    people = workbook.active
    people.title = PEOPLE
    head(people, [c.heading for c in COLUMNS], [16] * len(COLUMNS))
    formats = {
        "dob": "DD/MM/YYYY",
        "service_start": "DD/MM/YYYY",
        "service_end": "DD/MM/YYYY",
        "pnc_id": "@",
        "prison_number": "@",
    }
    for number, column in enumerate(COLUMNS, start=1):
        people.cell(1, number).comment = Comment(column.help, AUTHOR)
        people.column_dimensions[get_column_letter(number)].number_format = formats.get(column.key, "General")
        if column.key == "sex":
            codes = DataValidation(
                type="list", formula1='"M,F"', allow_blank=True, showErrorMessage=True, error="M or F"
            )
            codes.add(f"{get_column_letter(number)}2:{get_column_letter(number)}100000")
            people.add_data_validation(codes)
    service = workbook.create_sheet(SERVICE)
    head(service, ["Question", "Answer"], [62, 80])
    for question in QUESTIONS:
        service.append([question.text + ("" if question.required else " (if it applies)"), None])
    save(workbook, Path(path))
    return Path(path)
