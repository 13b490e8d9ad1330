"""What a workbook knows of itself beside its cells: how it counts days, which rows it hides, what it never calculated
or merged.

An .xlsx is a zip archive of XML. It is searched, not parsed, so that no file from outside can make the parser run away.
"""

from __future__ import annotations

import html
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\s(?=[^>]*\bhidden=[\"'](?:1|true))[^>]*\br=[\"'](\d{1,7})[\"']")
_MERGED_ROWS = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=[\"']\$?[A-Za-z]{1,3}\$?(\d{1,7}):\$?[A-Za-z]{1,3}\$?(\d{1,7})[\"']"
)
#: A formula without a stored result; one whose result is an empty text (t="str") has one.
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?c\s(?![^>]*\bt=[\"']str)[^>]*\br=[\"'][A-Z]{1,3}(\d{1,7})[\"'][^>]*>"
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)


_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b[^>]*?\boffice:value-type=[\"']([^\"']*)[\"'][^>]*>")
#: Kind of a cell of an .ods -> the attribute that holds its value, if not its text does.
_ODS_VALUES = {
    b"date": b"date-value",
    b"time": b"time-value",
    b"boolean": b"boolean-value",
    b"string": b"",
    b"void": b"",
}
_ODS_VALUES |= dict.fromkeys((b"float", b"percentage", b"currency"), b"value")


class RowStates(NamedTuple):
    """Numbers of the rows of a sheet that are hidden, have a formula that was never calculated, or merged cells."""

    hidden: frozenset[int] = frozenset()
    uncalculated: frozenset[int] = frozenset()
    merged: frozenset[int] = frozenset()


def dates_from_1904(path: Path) -> bool:
    """Whether a workbook counts its days from 1904, as spreadsheets on old Macintoshes did."""
    return bool(re.search(rb"date1904=[\"'](?:1|true)", _part(path, "xl/workbook.xml")))


def has_cells_without_value(content: bytes) -> bool:
    """Whether cells of an .ods (its content.xml) have no known kind, or lack the value of theirs: read as empty."""
    for cell in _ODS_CELL.finditer(content):
        value = _ODS_VALUES.get(cell[1])
        if value is None or (value and b"office:" + value + b"=" not in cell[0]):
            return True
    return False


def row_states(path: Path, sheet: str) -> RowStates:
    """Rows of a sheet of an .xlsx that a remark is due on, by what is the matter; none for other kinds of file."""
    content = _part(path, _part_of_sheet(path, sheet))
    merged = [sorted((int(top), int(bottom))) for top, bottom in _MERGED_ROWS.findall(content)]
    return RowStates(
        frozenset(map(int, _HIDDEN_ROW.findall(content))),
        frozenset(map(int, _UNCALCULATED.findall(content))),
        frozenset(row for top, bottom in merged for row in range(top, bottom + 1)),
    )


def _part_of_sheet(path: Path, sheet: str) -> str:
    for tag in re.findall(rb"<(?:\w+:)?sheet\s[^>]*>", _part(path, "xl/workbook.xml")):
        if html.unescape(_attribute(tag, "name")) == sheet:
            relation = _attribute(tag, r"\w+:id")
            for link in re.findall(rb"<(?:\w+:)?Relationship\s[^>]*>", _part(path, "xl/_rels/workbook.xml.rels")):
                if _attribute(link, "Id") == relation:
                    return str(PurePosixPath("/xl") / _attribute(link, "Target")).lstrip("/")
    return ""


def _attribute(tag: bytes, name: str) -> str:
    found = re.search(rf"\s{name}=(?:\"([^\"]*)\"|'([^']*)')", tag.decode("utf-8", "replace"))
    return (found[1] or found[2] or "") if found else ""


def _part(path: Path, name: str) -> bytes:
    if Path(path).suffix.lower() != ".xlsx":
        return b""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(name)
    except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, zlib.error):
        return b""
