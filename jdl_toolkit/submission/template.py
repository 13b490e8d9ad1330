"""The empty Data Upload Template: how to fill it in, the sheet People, the sheet Service."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from .amounts import MOST
from .faults import BLOCKS_REQUEST
from .fields import COLUMNS, EXAMPLE, PEOPLE, SERVICE, Column
from .questions import QUESTION_BY_KEY, Question
from .template_help import HELP, write_help
from .workbooks import ACCENT, font, head, save, set_page

LAST_ROW = 20_000  # of the drop-down lists and date checks
WIDTHS = {"record": 11, "forename": 18, "surname": 18, "dob": 13, "sex": 11, "pnc_id": 17, "establishment": 22}
WIDTHS |= {
    "middle_name": 15,
    "prison_number": 15,
    "service_start": 16,
    "service_end": 16,
    "region": 23,
    "ethnicity": 13,
    "provider": 20,
    "intervention_type": 20,
    "intensity": 11,
}
#: Text, so that a spreadsheet does not turn a PNC id into a date; dates as British readers write them.
NUMBER_FORMATS = {
    **dict.fromkeys(("record", "forename", "middle_name", "surname", "pnc_id", "prison_number"), "@"),
    **dict.fromkeys(("dob", "service_start", "service_end"), "DD/MM/YYYY"),
}
#: Cells of the example row. Identifiers stay empty: one left behind would be looked for.
SHOWN = (*EXAMPLE, "sex", "service_start", "service_end", "region")

#: What headings say of columns that are neither required nor asked for wherever they are known.
NEEDS = {
    **dict.fromkeys(("service_start", "service_end"), "start or end required"),
    **dict.fromkeys(("provider", "intervention_type"), "if several"),
    "record": "your own",
}

#: Parts of the Service sheet and their questions. No title of a part may read like a question.
PARTS: dict[str, tuple[str, ...]] = {
    "Who is asking": ("organisation", "contact", "second_contact", "sign_off"),
    "About the service": ("service_name", "service_description", "sector", "need", "where_received"),
    "Who took part and when": (
        "sentence_point", "referral_route", "selection", "date_meaning", "contact_length", "repeats",
    ),
}  # fmt: skip

_GREY = "595959"
_OPTIONAL = "D9E2EC"
_LINES = Border(bottom=Side("thin", color="BFBFBF"))
_TOP = Alignment(wrap_text=True, vertical="top")


def write_template(path: Path) -> Path:
    """Write the empty Data Upload Template: the sheets Help, People and Service.

    Headings say in brackets what is required, which reading leaves out of account. The example row is not read as long
    as it says what it says here.
    """
    workbook = Workbook()
    write_help(workbook.active, [QUESTION_BY_KEY[key] for keys in PARTS.values() for key in keys])
    workbook.active.title = HELP
    _write_people(workbook.create_sheet(PEOPLE))
    _write_service(workbook.create_sheet(SERVICE))
    workbook.properties.title, workbook.properties.creator = "Data Upload Template", "Justice Data Lab"
    save(workbook, Path(path))
    return Path(path)


def need_of(column: Column) -> str:
    """Whether a column must be filled, in the words of its heading."""
    if column.required:
        return "required"
    return NEEDS.get(column.key, "if known")


def _write_people(sheet: Worksheet) -> None:
    head(sheet, [f"{c.heading}\n({need_of(c)})" for c in COLUMNS], [WIDTHS[c.key] for c in COLUMNS])
    sheet.row_dimensions[1].height = 48
    for number, column in enumerate(COLUMNS, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].number_format = NUMBER_FORMATS.get(column.key, "General")
        required = "required" in need_of(column)
        sheet.cell(1, number).fill = PatternFill("solid", fgColor=ACCENT if required else _OPTIONAL)
        sheet.cell(1, number).font = font(bold=True, color="FFFFFF" if required else "000000")
        example = sheet.cell(2, number, column.example if column.key in SHOWN else None)
        example.font = font(italic=True, color=_GREY)
        example.alignment = Alignment(horizontal="left")
        example.number_format = NUMBER_FORMATS.get(column.key, "General")
        _offer(sheet, f"{letter}2:{letter}{LAST_ROW}", column)
    set_page(sheet, repeat="1:1")


def _offer(sheet: Worksheet, cells: str, column: Column) -> None:
    """The message that shows what belongs in a cell, with a list or a check of dates. It never shuts an answer out."""
    rule = DataValidation(allow_blank=True, errorStyle="warning", showErrorMessage=False, showInputMessage=True)
    rule.promptTitle, rule.prompt = column.heading, column.help
    if column.choices:
        rule.type, rule.formula1 = "list", f'"{",".join(column.choices)}"'
        rule.error, rule.showErrorMessage = f"Please choose from the list. {column.help}", column.key != "region"
    elif column.key == "intensity":
        rule.type, rule.operator, rule.formula1, rule.formula2 = "decimal", "between", "0", f"{MOST:.0f}"
        rule.error, rule.showErrorMessage = "Please give a number alone, as 12 or 12.5.", True
    elif isinstance(column.example, dt.date):
        rule.type, rule.operator = "date", "between"
        rule.formula1, rule.formula2 = "DATE(1905,1,1)", "DATE(2099,12,31)"
        rule.error, rule.showErrorMessage = "Please give a whole date: day, month and year, as 16/05/1985.", True
        rule.prompt = f"{column.help} Type it as 16/05/1985."
    rule.errorTitle = column.heading
    rule.add(cells)
    sheet.add_data_validation(rule)


def _write_service(sheet: Worksheet) -> None:
    head(sheet, ["Question", "Answer", "For example"], [46, 64, 52])
    for cell in sheet[1]:
        cell.fill, cell.font = PatternFill("solid", fgColor=ACCENT), font(bold=True, color="FFFFFF")
    for title, keys in PARTS.items():
        sheet.append([title])
        sheet.cell(sheet.max_row, 1).font = font(bold=True, size=13, color=ACCENT)
        sheet.row_dimensions[sheet.max_row].height = 26
        for key in keys:
            _ask(sheet, QUESTION_BY_KEY[key])
    set_page(sheet, one_page=True)


def _ask(sheet: Worksheet, question: Question) -> None:
    needed = "required" if question.if_missing == BLOCKS_REQUEST else "please answer"
    sheet.append([f"{question.text} ({needed})", None, question.example])
    row = sheet.max_row
    sheet.row_dimensions[row].height = 34
    for cell in sheet[row]:
        cell.alignment, cell.border, cell.font = _TOP, _LINES, font(bold=needed == "required" and cell.column == 1)
    sheet.cell(row, 2).fill, sheet.cell(row, 2).number_format = PatternFill("solid", fgColor="FFFBE6"), "@"
    sheet.cell(row, 3).font = font(italic=True, color=_GREY)
    rule = DataValidation(allow_blank=True, showErrorMessage=False, showInputMessage=True)
    rule.promptTitle, rule.prompt = "What to write", question.help
    if question.choices:
        rule.type = "list"
        rule.formula1 = '"' + ",".join(choice.replace(",", "") for choice in question.choices) + '"'
        rule.prompt += " Choose from the list, or write your own answer."
    rule.add(sheet.cell(row, 2))
    sheet.add_data_validation(rule)
