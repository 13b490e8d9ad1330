"""What in a file from outside would exhaust the machine that reads it, found before anything is laid out in memory.

A few kilobytes can ask for terabytes: an archive whose parts unpack without end, one stray cell in the last row and
column (sheets are laid out as full rectangles), one merged cell as large as the sheet, one long text that a hundred
thousand cells refer to, one cell said to be repeated a million times. Parts are searched, never parsed.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

MOST_CELLS = 5_000_000
MOST_BYTES = 500_000_000
#: Of the largest sheet that spreadsheet programs hold, and so the marked copy.
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
#: Cells of ranges that are merged or linked: each becomes a cell of its own in the marked copy.
MOST_IN_RANGES = 250_000

_CHUNK = 2**20
_FILLED_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Za-z]{1,9})(\d{1,12})[\"'][^>]*(?<!/)>")
_RANGE = re.compile(
    rb"<(?:\w+:)?(?:mergeCell|hyperlink)\s[^>]*?\bref=[\"']\$?([A-Za-z]+)\$?(\d+):\$?([A-Za-z]+)\$?(\d+)"
)
_SHARED_TEXT = re.compile(rb"<(?:\w+:)?si\b.*?</(?:\w+:)?si>", re.DOTALL)
_REFERENCE = re.compile(rb"\bt=[\"']s[\"'][^>]*>\s*<(?:\w+:)?v\b[^>]*>([^<]*)<")
_LIST_OF_TEXTS, _TEXT = re.compile(rb"<(?:\w+:)?sst\b"), re.compile(rb"<(?:\w+:)?si\b")
_ODS_TAG = re.compile(rb"<(/?)table:(table-row|table-cell|covered-table-cell)\b([^>]*)>")
_ODS_ROWS = re.compile(rb"number-rows-repeated=[\"'](\d{1,20})[\"']")
_ODS_COLUMNS = re.compile(rb"number-columns-repeated=[\"'](\d{1,20})[\"']")


class Damaged(Exception):
    """A part of the archive is not as the archive says: its size, or the way it is packed."""


def would_exhaust(file: IO[bytes], archive: zipfile.ZipFile) -> bool:
    """Whether a workbook asks for more cells, texts or bytes than an upload can have.

    Parameters
    ----------
    file : binary file
        The same that `archive` reads, by itself.
    archive : ZipFile

    Raises
    ------
    Damaged
        If a part unpacks to another size than is said, or is packed in a way that workbooks are not; if a cell refers
        to a text that is not in the list: readers show it as empty, or as the first text.
    """
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        return True
    for entry in entries:
        _hold_to_its_size(file, entry)
    references: list[bytes] = []
    shared: bytes = b""
    for entry in entries:
        content = archive.read(entry)
        if b"sheetData" in content:
            if _n_cells(content) > MOST_CELLS or _n_in_ranges(content) > MOST_IN_RANGES:
                return True
            references += _REFERENCE.findall(content)
        elif entry.filename.lower() == "content.xml" and _n_cells_of_ods(content) > MOST_CELLS:
            return True
        elif _LIST_OF_TEXTS.search(content, 0, _CHUNK):
            shared = content
    numbers = {said: int(said) if said.strip().isdigit() else -1 for said in set(references)}
    if _n_bytes_shared(shared, [numbers[said] for said in references]) > MOST_BYTES:
        return True
    n_texts = len(_TEXT.findall(shared))
    if not all(0 <= number < n_texts for number in numbers.values()):
        raise Damaged
    return False


def _hold_to_its_size(file: IO[bytes], entry: zipfile.ZipInfo) -> None:
    """Unpack a part without keeping it, up to one byte more than it should have: some readers go on to its end."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Damaged
    file.seek(entry.header_offset)
    head = file.read(30)
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise Damaged
    file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    if entry.compress_type == zipfile.ZIP_STORED:
        if entry.compress_size != entry.file_size:
            raise Damaged
        return
    unpacker, n_left, n = zlib.decompressobj(-15), entry.compress_size, 0
    while n_left and not unpacker.eof:
        packed = file.read(min(_CHUNK, n_left))
        if not packed:
            raise Damaged
        n_left -= len(packed)
        while packed and not unpacker.eof:
            n += len(unpacker.decompress(packed, _CHUNK))
            packed = unpacker.unconsumed_tail
            if n > entry.file_size:
                raise Damaged


def number_of(letters: bytes | str) -> int:
    """The number of a column: A is 1, Z 26, AA 27."""
    n = 0
    for letter in letters.upper().encode() if isinstance(letters, str) else letters.upper():
        n = n * 26 + letter - ord("A") + 1
    return n


def _n_cells(sheet: bytes) -> int:
    """Cells in the rectangle from A1 to the last filled row and column."""
    places = set(_FILLED_CELL.findall(sheet))
    widest = max((number_of(letters) for letters in {letters for letters, _ in places}), default=0)
    return widest * max((int(row) for _, row in places), default=0)


def _n_in_ranges(sheet: bytes) -> int:
    """Cells in all ranges that are merged or linked."""
    return sum(
        (abs(number_of(last) - number_of(first)) + 1) * (abs(int(bottom) - int(top)) + 1)
        for first, top, last, bottom in _RANGE.findall(sheet)
    )


def _n_bytes_shared(shared: bytes, references: list[int]) -> int:
    """Bytes of all cells' texts, each counted as often as cells refer to it."""
    lengths = [len(text) for text in _SHARED_TEXT.findall(shared)]
    if max(lengths, default=0) * len(references) <= MOST_BYTES:
        return 0
    return sum(lengths[number] for number in references if 0 <= number < len(lengths))


def _n_cells_of_ods(content: bytes) -> int:
    """Cells up to the last filled one of each row, with all that is said to be repeated; the largest table decides."""
    return max((_n_cells_of_table(table) for table in content.split(b"<table:table ")), default=0)


def _n_cells_of_table(table: bytes) -> int:
    n_rows = n_across = n_down = widest = before = 0
    for closes, tag, attributes in _ODS_TAG.findall(table):
        if tag == b"table-row":
            if closes:
                continue
            before, n_across = before + n_rows, 0
            n_rows = _repeats(_ODS_ROWS, attributes)
        elif not closes:
            n_across += _repeats(_ODS_COLUMNS, attributes)
            if not attributes.endswith(b"/") or b"value" in attributes:
                widest, n_down = max(widest, n_across), before + n_rows
    return widest * n_down


def _repeats(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return int(found[1]) if found else 1


def rows_within_reach(rows: Iterator[list[str]]) -> list[list[str]] | None:
    """The rows of a CSV file, or None if they would make a table larger than a sheet, or than `MOST_CELLS`."""
    kept: list[list[str]] = []
    widest = 0
    for row in rows:
        kept.append(row)
        widest = max(widest, len(row))
        if widest * len(kept) > MOST_CELLS or widest > MOST_COLUMNS or len(kept) > MOST_ROWS:
            return None
    return kept
