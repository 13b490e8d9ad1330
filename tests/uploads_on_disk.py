"""Uploads written to disk for tests: workbooks in both formats, CSV pairs, with invented people."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook

HEADINGS = ["Record", "Forename", "Middle name", "Surname", "Date of birth", "Gender", "PNC id", "Prison number"]
HEADINGS += ["Service start", "Service end", "Region", "Establishment"]
ANSWERS = [
    ["Question", "Answer"],
    ["Description of the service", "Supported housing"],
    ["Where the service was received (custody, community, both)", "Community"],
    ["Referral route (in custody, at court, on licence, self-referral, …)", "Self-referral"],
    ["What the service start and end dates mean", "The day the tenancy began"],
    ["When in the sentence people start", "During a community sentence"],
    ["How long people usually take part", "6 months"],
    ["How participants were selected", "First come, first served"],
    ["Second contact in the organisation", "The head of evaluation"],
    ["Internal sign-off of this submission", "Chief executive"],
]

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
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in zip(names, (people, answers), strict=False):
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def write_csv(
    path: Path, people: list[list[Any]], answers: list[list[Any]] = ANSWERS, encoding="utf-8-sig", delimiter=","
) -> Path:
    for file, rows in ((path, people), (path.with_name(f"{path.stem}-service.csv"), answers)):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows([["" if c is None else c for c in row] for row in rows])
        file.write_bytes(text.getvalue().encode(encoding))
    return path


_ODS = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"


def write_ods(path: Path, people: list[list[Any]], answers: list[list[Any]] = ANSWERS) -> Path:
    """A workbook as LibreOffice writes it, with its usual million empty rows at the end."""
    tables = "".join(
        f'<table:table table:name="{name}">{"".join(_ods_row(row) for row in rows)}'
        '<table:table-row table:number-rows-repeated="1040000">'
        '<table:table-cell table:number-columns-repeated="16384"/>'
        "</table:table-row></table:table>"
        for name, rows in (("People", people), ("Service", answers))
    )
    spaces = " ".join(f'xmlns:{n}="{_ODS.format(n)}"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.3"><office:body>'
    )
    content += f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{_ODS.format("manifest")}">'
    manifest += f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


def _ods_row(row: list[Any]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, dt.date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, (int, float)):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'
