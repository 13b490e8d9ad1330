"""The empty questionnaire of one report: a workbook with drop-down lists, and the same as plain text for an e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ..findings import Findings
from ..markup import one_line
from ..result import write_atomically
from ..submission.workbooks import ACCENT, AUTHOR, font, save, set_page
from .questions import QUESTIONS, Question

TITLE = "What do you think of your report?"
INTRODUCTION = (
    "Your answers help the Justice Data Lab to become better. They are counted together with those of other "
    "organisations, apart from the reference, which only tells the lab which questionnaires came back. Leave out what "
    "you cannot answer."
)
#: Heads the row that says which report is meant; it is read back from there.
REFERENCE = "Reference"
SHEET = "Questionnaire"
ANSWER = "Your answer:"
_LINE = Border(bottom=Side("thin", color="8C8C8C"))
_TOP = Alignment(wrap_text=True, vertical="top")


@dataclass(frozen=True)
class Asked:
    """The report that is asked about."""

    request: str
    version: int
    organisation: str
    service: str

    @classmethod
    def of(cls, findings: Findings, version: int) -> Asked:
        """By the findings that were published with a version."""
        return cls(findings.request, version, findings.organisation.name, findings.service.name)

    @property
    def reference(self) -> str:
        """As printed on the questionnaire: ``foundation-2013 / 1``."""
        return f"{self.request} / {self.version}"


def write_questionnaire(asked: Findings | Asked, version: int, folder: Path) -> Path:
    """Write the questionnaire on a published report.

    Parameters
    ----------
    asked : Findings or Asked
        Whose request, organisation and service are named.
    version : int
        Of the released report.
    folder : Path

    Returns
    -------
    Path
        ``<request>-<version>-feedback.xlsx``; beside it lies a .txt with the same questions.
    """
    dated = asked.version.released if isinstance(asked, Findings) and asked.version is not None else None
    asked = Asked.of(asked, version) if isinstance(asked, Findings) else asked
    path = Path(folder) / f"{asked.request}-{version}-feedback.xlsx"
    workbook = Workbook()
    _write_sheet(workbook.active, asked)
    workbook.properties.title, workbook.properties.creator = TITLE, AUTHOR
    workbook.properties.language = "en-GB"
    save(workbook, path, dated)
    write_atomically(path.with_suffix(".txt"), questionnaire_text(asked))
    return path


def _about(asked: Asked) -> str:
    return f"Report on: {one_line(asked.service)} ({one_line(asked.organisation)})"


def _write_sheet(sheet: Worksheet, asked: Asked) -> None:
    sheet.title = SHEET
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 62, 50
    sheet.append([TITLE])
    sheet["A1"].font = font(bold=True, size=16, color=ACCENT)
    sheet.append([_about(asked)])
    sheet.append([INTRODUCTION])
    sheet.append([REFERENCE, asked.reference])
    sheet.row_dimensions[3].height = 76
    for part, questions in groupby(QUESTIONS, key=lambda question: question.part):
        sheet.append([part, "Your answer"])
        for cell in sheet[sheet.max_row]:
            cell.font, cell.fill = font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor=ACCENT)
        for question in questions:
            _ask(sheet, question)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = _TOP
    first = next(c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked)
    sheet.sheet_view.selection[0].activeCell = sheet.sheet_view.selection[0].sqref = first
    sheet.protection.enable()  # without a password: it keeps questions from being changed by mistake
    sheet.protection.formatRows = sheet.protection.formatColumns = False
    set_page(sheet, one_page=True)
    sheet.page_setup.orientation = "portrait"


def _ask(sheet: Worksheet, question: Question) -> None:
    sheet.append([question.text, None])
    row = sheet.max_row
    answer = sheet.cell(row, 2)
    answer.protection, answer.number_format = Protection(locked=False), "@"
    answer.fill = PatternFill("solid", fgColor="FFFBE6")
    for cell in sheet[row]:
        cell.border = _LINE
    sheet.row_dimensions[row].height = 32 if question.choices else 110
    rule = DataValidation(allow_blank=True, showErrorMessage=bool(question.choices), showInputMessage=True)
    rule.promptTitle = "Your answer"
    rule.prompt = "Choose from the list." if question.choices else "In your own words. Please name no person."
    if question.choices:
        rule.type, rule.formula1 = "list", f'"{",".join(question.choices)}"'
        rule.errorTitle, rule.error = "Your answer", "Please choose from the list, or leave it out."
    rule.add(answer)
    sheet.add_data_validation(rule)


def questionnaire_text(asked: Asked) -> str:
    """The questionnaire as plain text, to be answered in an e-mail."""
    parts = [TITLE, _about(asked), INTRODUCTION, f"{REFERENCE}: {asked.reference}"]
    for number, question in enumerate(QUESTIONS, start=1):
        lines = [f"{number}. {question.part} {question.text}" if question.choices else f"{number}. {question.text}"]
        lines += [f"   One of: {'; '.join(question.choices)}"] if question.choices else []
        parts.append("\n".join([*lines, f"   {ANSWER}"]))
    return "\n\n".join(parts) + "\n"
