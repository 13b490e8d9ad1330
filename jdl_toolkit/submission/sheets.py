"""The cells of an upload, whatever file it comes in: .xlsx and .ods by calamine, .csv by the standard library.

A file from outside is not to be trusted: it may be damaged, protected, misnamed or made to exhaust the machine. All of
that ends as one `JDLError` that says what to send instead.
"""

from __future__ import annotations

import csv
import difflib
import errno
import io
import itertools
import re
import zipfile
import zlib
from pathlib import Path

from python_calamine import CalamineError, PasswordError, SheetTypeEnum, load_workbook

from ..errors import JDLError
from .archive import has_cells_without_value
from .exhaustion import MOST_BYTES, MOST_CELLS, MOST_COLUMNS, MOST_ROWS, Damaged, rows_within_reach, would_exhaust
from .fields import ALIASES, PEOPLE, SERVICE, SHEET_ALIASES, plain

#: Rows of a sheet, the first being row 1 of the spreadsheet; all rows are equally long. None: a cell that a line of a
#: CSV file was too short to have; an empty one is "".
Grid = list[list[object]]

SUFFIXES = (".xlsx", ".ods", ".csv")
OTHER_KIND = "open it in a spreadsheet program, save it as .xlsx (.ods and .csv will do), and send that"
SEND_AGAIN = "open it in a spreadsheet program, save it as .xlsx under a new name, and send that"
CLEAR_ERRORS = "clear the cells that show an error, such as #SPILL! or #ERROR!, on every sheet, save, and send that"

#: Characters that belong to no text: control characters that are no space, and those that stand for no character. What
#: the wrong encoding leaves of a letter with an accent stays, as names have their own remark on it.
NO_TEXT = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + r"]|(?<![\xc2-\xc5])[\x80-\x84\x86-\x9f]"
)

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # the container of old .xls files and of protected .xlsx files
#: What `zipfile` raises of an archive that is none, or not whole.
UNREADABLE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, KeyError, zlib.error)


def read_sheets(path: Path) -> dict[str, Grid]:
    """All worksheets of a file, by name. A CSV file gives the sheets People and Service (``<name>-service.csv``).

    Raises
    ------
    JDLError
        If the file is not there, empty, protected, damaged, too large or of another kind.
    """
    path = Path(path)
    if path.is_dir():
        raise JDLError("this is a folder, not a file", where=path.name, fix="name the file that holds the records")
    if not path.is_file():
        raise JDLError("there is no such file", where=path.name, fix=_nearest_file(path))
    if path.suffix.lower() not in SUFFIXES:
        raise JDLError("this kind of file cannot be read", where=path.name, fix=OTHER_KIND)
    if path.stat().st_size == 0:
        raise JDLError("the file is empty", where=path.name, fix="send the file that holds the records")
    try:
        return _read_csv_pair(path) if path.suffix.lower() == ".csv" else _read_workbook(path)
    except OSError as fault:
        raise JDLError(
            f"the file cannot be opened ({type(fault).__name__})", path.name, "check its permissions"
        ) from None


def find_sheet(sheets: dict[str, Grid], name: str) -> str | None:
    """The sheet that is meant by `name`, whatever its capitals and spaces; None if there is none."""
    fitting = [found for found in sheets if plain(found) in SHEET_ALIASES[name]]
    exact = [found for found in fitting if plain(found) == plain(name)]
    return next(iter(exact or fitting), None)


def nearest_sheet(sheets: dict[str, Grid], name: str) -> str:
    """Words on the sheet that is most likely meant by `name`. Names that are far from it are not repeated."""
    near = difflib.get_close_matches(plain(name), {plain(found): found for found in sheets}, n=1, cutoff=0.5)
    if near:
        return f"rename the sheet “{next(found for found in sheets if plain(found) == near[0])}” to “{name}”"
    others = "the 1 sheet" if len(sheets) == 1 else f"any of the {len(sheets)} sheets"
    return f"if {others} of this file is meant, rename it to “{name}”; otherwise add it, as in the template"


def is_blank(cell: object) -> bool:
    """Whether a cell shows nothing (spaces of any kind included)."""
    return cell is None or (isinstance(cell, str) and not cell.strip("\u200b\ufeff \t\r\n\xa0\u2007\u202f"))


def holds_no_text(cell: object) -> bool:
    """Whether a cell holds characters that belong to no text, as `NO_TEXT` has them."""
    return isinstance(cell, str) and NO_TEXT.search(cell) is not None


def text_alone(cell: object) -> object:
    """A cell without the characters that belong to no text."""
    return NO_TEXT.sub("", cell) if isinstance(cell, str) else cell


def _nearest_file(path: Path) -> str:
    folder = path.parent
    names = [p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES] if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.5)
    return f"did you mean “{near[0]}”?" if near else "check the name and the folder"


def _read_workbook(path: Path) -> dict[str, Grid]:
    _refuse_what_would_exhaust(path)
    try:
        with load_workbook(path) as workbook:
            names = [s.name for s in workbook.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
            found = [workbook.get_sheet_by_name(name) for name in names]
            sizes = [(s.total_height or 0, s.total_width or 0) for s in found]
            beyond = any(height > MOST_ROWS or width > MOST_COLUMNS for height, width in sizes)
            if beyond or sum(height * width for height, width in sizes) > MOST_CELLS:
                raise _too_large(path)
            return {s.name: _rectangle(s.to_python(skip_empty_area=False)) for s in found}
    except PasswordError:
        raise _protected(path) from None
    except OSError as fault:
        if fault.errno is not None:
            raise
        raise JDLError("the workbook is damaged or not a workbook", where=path.name, fix=SEND_AGAIN) from None
    except CalamineError as fault:
        if "cell error" in str(fault):  # those that came after Excel 2010; the text names no cell
            raise JDLError("cells show an error that cannot be read", path.name, CLEAR_ERRORS) from None
        raise JDLError("the workbook is damaged or not a workbook", where=path.name, fix=SEND_AGAIN) from None
    except BaseException as fault:  # a panic inside calamine is no Exception
        if type(fault).__name__ != "PanicException":
            raise
        raise JDLError("the workbook is damaged", where=path.name, fix=SEND_AGAIN) from None


def _refuse_what_would_exhaust(path: Path) -> None:
    """Refuse protected files, archives that are not as they say, and those whose content would not fit."""
    with path.open("rb") as file:
        head = file.read(8)
    if head == _OLE:
        protected = "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
        raise _protected(path) if protected else JDLError("this is a workbook of the old kind", path.name, SEND_AGAIN)
    try:
        with path.open("rb") as file, zipfile.ZipFile(path) as archive:
            if would_exhaust(file, archive):
                raise _too_large(path)
            if path.suffix.lower() == ".ods" and has_cells_without_value(archive.read("content.xml")):
                raise JDLError("cells hold no value, or one of no known kind", path.name, SEND_AGAIN)
    except (Damaged, OSError, *UNREADABLE) as fault:
        if isinstance(fault, OSError) and fault.errno != errno.EINVAL:
            raise
        # an archive that has lost a part points to before its beginning, which the system calls an invalid argument
        raise JDLError("the workbook is damaged or not a workbook", where=path.name, fix=SEND_AGAIN) from None


def _too_large(path: Path) -> JDLError:
    fix = "delete stray cells and sheets that are not asked for; a request of 100,000 records fits"
    return JDLError("the file is too large to be an upload, or has cells far outside the table", path.name, fix)


def _protected(path: Path) -> JDLError:
    return JDLError("the workbook is protected by a password", path.name, "send it without one, by your secure channel")


def _read_csv_pair(path: Path) -> dict[str, Grid]:
    sheets = {PEOPLE: _read_csv(path)}
    beside = path.with_name(f"{path.stem}-service{path.suffix}")
    return sheets | ({SERVICE: _read_csv(beside)} if beside.is_file() else {})


def _read_csv(path: Path) -> Grid:
    if path.stat().st_size > MOST_BYTES:
        raise _too_large(path)
    text = decoded(path)
    try:
        delimiter = max(",;\t|", key=lambda sign: _fit(text, sign))
        rows = rows_within_reach(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise JDLError("the file is not readable as CSV", where=path.name, fix=SEND_AGAIN) from None
    if rows is None:
        raise _too_large(path)
    return _rectangle(rows)


def _fit(text: str, delimiter: str) -> tuple[int, int]:
    """How well the start of a CSV file reads with a delimiter: most headings known in a row, cells in its first row."""
    rows = [row for row in itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 30) if row]
    known = [len({ALIASES[p] for p in map(plain, row) if p in ALIASES}) for row in rows]
    return max(known, default=0), len(rows[0]) if rows else 0


def decoded(path: Path, fix: str = "save it as CSV UTF-8, or send it as .xlsx") -> str:
    """The text of a file, in whichever of the usual encodings it is.

    Raises
    ------
    JDLError
        If it is none; `fix` says what else to save it as.
    """
    content = path.read_bytes()
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise JDLError("the file is not text", where=path.name, fix=fix)


def _rectangle(rows: Grid) -> Grid:
    width = max((len(row) for row in rows), default=0)
    return [[*row, *[None] * (width - len(row))] for row in rows]
