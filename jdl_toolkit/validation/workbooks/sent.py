"""An upload as it should be, of invented people, from which the damaged ones are made.

The people are chosen so that each of their cells can be told apart: no name, date or identifier stands in anything else
that the toolkit prints. What is read of a damaged file is held to `TRUTH`, and what is shown of it searched for
`NEEDLES`.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import zipfile
from functools import cache
from typing import Any

from openpyxl import Workbook

from ...identifiers import format_pnc_id

Rows = list[list[Any]]
Parts = dict[str, bytes]

N_PEOPLE = 66
HEADINGS = ["Record", "Forename", "Middle name", "Surname", "Date of birth", "Gender", "PNC id", "Prison number"]
HEADINGS += ["Service start", "Service end", "Region", "Establishment"]
ANSWERS: Rows = [
    ["Question", "Answer"],
    ["Description of the service", "Supported housing"],
    ["Where the service was received (custody, community, both)", "Community"],
    ["Referral route (in custody, at court, on licence, self-referral, …)", "Self-referral"],
    ["What the service start and end dates mean", "The day the tenancy began"],
    ["When in the sentence people start", "During a community sentence"],
    ["How long people usually take part", "6 months"],
    ["How participants were selected", "First come, first served"],
    ["Second contact in the organisation", "Wilhelmgard Oxthwaite, telephone 01632 960417"],
    ["Internal sign-off of this submission", "Chief executive"],
]
#: Columns of `Submission.people` that say who somebody is and when the service was.
WHO = ("forename", "surname", "dob", "sex", "pnc_id", "prison_number", "service_start", "service_end")

_STARTS = ["Vexo", "Zorim", "Quiba", "Jaxu", "Wyvo", "Kezra", "Ombri", "Thaxi"]
_ENDS = ["lwen", "thorp", "gund", "mira", "bectus", "zelle", "nfrid", "quor"]


def _people() -> Rows:
    rng, rows = random.Random(1904), []
    for i in range(N_PEOPLE):
        forename = f"{_STARTS[i % 8]}{_ENDS[i // 8 % 8]}{'ae' * (i // 64)}"
        surname = f"{_ENDS[(i * 3 + 1) % 8].capitalize()}{_STARTS[i // 8 % 8].lower()}{'dyk'[i % 3]}"
        born = dt.date(1960 + i % 35, 1 + i % 12, 13 + i % 15)  # days above 12: each shows which number is the day
        pnc = str(format_pnc_id(1980 + i % 20, rng.randrange(10**6, 10**7)))
        prison = f"A{rng.randrange(1000, 10000)}{'BCDEFG'[i % 6]}{'KLMNPR'[i // 6 % 6]}"
        start = dt.date(2010, 1 + i % 12, 14 + i % 14)
        end = start.replace(year=2011)
        rows.append([i + 1, forename, None, surname, born, "F" if i % 7 == 0 else "M", pnc, prison, start, end])
        rows[-1] += ["North West", None]
    return rows


PEOPLE: Rows = _people()
#: What should be read: by person, as text.
TRUTH = [tuple(str(row[i]) for i in (1, 3, 4, 5, 6, 7, 8, 9)) for row in PEOPLE]
#: Never to be seen outside the marked copy: names, identifiers, dates of birth in two forms, and who may be asked.
NEEDLES = tuple(
    dict.fromkeys(
        text for row in PEOPLE for text in (row[1], row[3], row[6], row[7], row[4].isoformat(), f"{row[4]:%d/%m/%Y}")
    )
) + ("Wilhelmgard", "960417")


def rows() -> Rows:
    """The People sheet, headings first; a copy that may be changed."""
    return [list(HEADINGS), *(list(row) for row in PEOPLE)]


def book(
    people: Rows | None = None, answers: Rows | None = ANSWERS, names: tuple[str, str] = ("People", "Service")
) -> Workbook:
    """A workbook of these sheets; text that begins like a formula stays text."""
    made = Workbook()
    made.remove(made.active)
    for name, lines in zip(names, (rows() if people is None else people, answers), strict=True):
        if lines is None:
            continue
        sheet = made.create_sheet(name)
        for line in lines:
            sheet.append(line)
    return made


def saved(workbook: Workbook) -> bytes:
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


@cache
def xlsx() -> bytes:
    """The upload as an .xlsx file, its texts in one list that the cells refer to, as spreadsheet programs write it."""
    return zipped(_with_shared_strings(parts(saved(book()))))


def _with_shared_strings(files: Parts) -> Parts:
    if "xl/sharedStrings.xml" in files:
        return files
    texts: dict[str, int] = {}

    def refer(found: re.Match) -> str:
        return f't="s"><v>{texts.setdefault(found[1], len(texts))}</v>'

    made = dict(files)
    for name in ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"):
        made[name] = re.sub(r't="inlineStr"><is><t[^>]*>([^<]*)</t></is>', refer, files[name].decode()).encode()
    strings = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in texts)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    made["xl/sharedStrings.xml"] = f'<?xml version="1.0"?><sst xmlns="{main}">{strings}</sst>'.encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    types = made["[Content_Types].xml"].decode()
    made["[Content_Types].xml"] = types.replace(
        "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    ).encode()
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    links = made["xl/_rels/workbook.xml.rels"].decode()
    made["xl/_rels/workbook.xml.rels"] = links.replace(
        "</Relationships>", f'<Relationship Id="rIdS" Type="{relation}" Target="sharedStrings.xml"/></Relationships>'
    ).encode()
    return made


def parts(content: bytes | None = None) -> Parts:
    """The files inside a workbook, by name."""
    with zipfile.ZipFile(io.BytesIO(content or xlsx())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Parts | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these files, in this order; names may come twice."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method, strict_timestamps=False) as archive:
        for name, text in files.items() if isinstance(files, dict) else files:
            archive.writestr(zipfile.ZipInfo(name, (2013, 8, 12, 0, 0, 0)), text, method)
    return content.getvalue()
