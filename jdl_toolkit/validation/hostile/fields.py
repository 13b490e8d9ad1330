"""One hostile text in one field: what the toolkit makes of it, and whether anything of it took effect."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import yaml

from ...errors import JDLError
from ...precheck import check_upload
from ...precheck.page import check_page
from ...precheck.terminal import terminal_words
from ...render.lint import lint_html
from ...spec import RequestSpec, intake_spec, lab_resources, load_spec
from ...submission import marked_up_copy
from ..workbooks.sent import ANSWERS, HEADINGS, book, rows, saved
from .files import in_page, in_workbook
from .texts import CANARY

TODAY = dt.date(2013, 8, 12)
#: Cells of the People sheet that say who somebody is: nothing of them may be shown.
_ABOUT_PEOPLE = ("Record", "Forename", "Middle name", "Surname", "Date of birth", "PNC id", "Prison number")

#: What a field made of a text: it was taken as text, or refused in plain words; and what took effect, if anything.
Made = tuple[str, list[str]]
Field = Callable[[str, Path], Made]


def fields() -> dict[str, Field]:
    """Every field that is tried by itself, by its name."""
    made: dict[str, Field] = {f"upload, {heading}": _cell(i) for i, heading in enumerate(HEADINGS)}
    made |= {"upload, a heading": _heading, "upload, an answer": _answer, "upload, a question": _question}
    made |= {"upload, name of a sheet": _sheet}
    for place in _REQUEST:
        made[f"request, {place}"] = _request(place)
    return made


def _plain_terminal(text: str) -> list[str]:
    odd = {c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"} | set(
        re.findall("[\u202a-\u202e]", text)
    )
    return ["a terminal was sent control characters"] if odd else []


def _checked(
    people: list, answers: list, folder: Path, text: str, is_hidden: bool = False, names=("People", "Service")
) -> Made:
    path = folder / "upload.xlsx"
    try:
        path.write_bytes(saved(book(people, answers, names)))
    except Exception:  # what no spreadsheet program can store cannot be sent in one
        return "cannot be stored", []
    spec = intake_spec(lab_resources() / "parameters" / "defaults.yml")
    try:
        found = check_upload(path, spec)
        page = check_page(found, TODAY)
        told = terminal_words(found, folder / "m.xlsx", folder / "p.html")
        marked_up_copy(path, found.submission, folder / "m.xlsx")
    except JDLError as fault:
        shown = str(fault)
        faults = _plain_terminal(shown) + (["a refusal repeats it"] if is_hidden and CANARY in shown else [])
        return "refused", faults
    faults = [f"page: {fault}" for fault in [*lint_html(page), *in_page(page)]]
    faults += _plain_terminal(told) + in_workbook((folder / "m.xlsx").read_bytes())
    faults += ["what is about somebody was shown"] if is_hidden and (CANARY in page or CANARY in told) else []
    return "taken as text", faults


def _cell(column: int) -> Field:
    def try_it(text: str, folder: Path) -> Made:
        lines = rows()
        for line in (lines[5], lines[20]):
            line[column] = text
        return _checked(lines, ANSWERS, folder, text, HEADINGS[column] in _ABOUT_PEOPLE)

    return try_it


def _heading(text: str, folder: Path) -> Made:
    lines = rows()
    return _checked([[*lines[0], text], *([*line, "x"] for line in lines[1:])], ANSWERS, folder, text)


def _answer(text: str, folder: Path) -> Made:
    return _checked(
        rows(), [ANSWERS[0], *([asked, text] for asked, _ in ANSWERS[1:]), ["Organisation", text]], folder, text
    )


def _question(text: str, folder: Path) -> Made:
    return _checked(rows(), [*ANSWERS, [text, "x"]], folder, text)


def _sheet(text: str, folder: Path) -> Made:
    return _checked(rows(), ANSWERS, folder, text, names=(re.sub(r"[\[\]:*?/\\]", " ", text)[:31], "Service"))


_WHOLE = {
    "request": "hostile", "organisation": {"name": "O", "sector": "voluntary"}, "received": "2013-08-12",
    "service": {"name": "S", "need": "other", "setting": "both"}, "submission": "upload.xlsx", "register": "demo",
    "matching": {"exact": ["sex"]}, "covariates": {"splines": []}, "robustness": {"placebo": None},
    "analyses": {"north": {"title": "T", "records": {"region": ["North West"]}}},
}  # fmt: skip
_REQUEST = (
    "request", "organisation.name", "organisation.sector", "service.name", "service.need", "received", "submission",
    "register", "matching.exact.0", "covariates.splines.0", "robustness.placebo", "analyses.north.title",
    "analyses.north.records.region.0", "a key", "a key of a section", "name of an analysis", "the file itself",
)  # fmt: skip


def _request(place: str) -> Field:
    def try_it(text: str, folder: Path) -> Made:
        path = folder / "hostile.yml"
        values = yaml.safe_load(yaml.safe_dump(_WHOLE))
        match place:
            case "a key":
                values[text] = 1
            case "a key of a section":
                values["matching"][text] = 1
            case "name of an analysis":
                values["analyses"][text] = {}
            case "the file itself":
                values = None
            case _:
                _put(values, place.split("."), text)
        written = text if values is None else yaml.safe_dump(values, allow_unicode=True)
        path.write_text(written, "utf-8", errors="surrogatepass")
        try:
            spec = load_spec(path)
        except JDLError as fault:
            return "refused", _plain_terminal(str(fault))
        return "taken as text", _of_spec(spec)

    return try_it


def _put(values: dict, path: list[str], text: str) -> None:
    for part in path[:-1]:
        values = values[part]
    if isinstance(values, list):
        values[:] = [text]
    else:
        values[path[-1]] = text


def _of_spec(spec: RequestSpec) -> list[str]:
    """What is shown of a request in a notebook: its summary and its table of choices."""
    page = "".join(block.to_html() for block in spec.blocks())
    return [f"notebook: {fault}" for fault in in_page(page)]
