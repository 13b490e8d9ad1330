"""What the two kinds of spreadsheet share: which sheets there are, and what stands where on each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from textwrap import wrap

from ..publication import MEANINGS, Column, DataTable, Symbol
from ..publication.cover import Cover
from ..publication.dictionary import data_dictionary
from ..publication.table import Cell, number, text

CONTENTS, NOTES = "Contents", "Notes"
CONTENTS_COLUMNS = ("Sheet name", "What it holds")
CONTENTS_LINE = "This worksheet contains one table. Each name leads to its sheet."
LANGUAGE = "en-GB"
_WIDEST, _NARROWEST = 48, 10  # columns, in characters of the text
_CAPS = (_WIDEST, 40, 34, 28)  # widths that columns of text are held to, the widest first with which a sheet fits
_PAGE = 175  # characters that a page on its side holds in letters of a size that can be read
_LINE = 1.3  # height of a line, in sizes of its letters
SIZE = 12  # of the text, in points
_CAPACITY = 1.28  # letters of running text that a character of width has room for
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that an archive can date a file by


@dataclass(frozen=True)
class Sheet:
    """One table with what stands above it: marks, how to read it, notes and symbols."""

    table: DataTable
    marks: tuple[str, ...]
    instructions: str
    legend: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.table.name if self.table.name != "notes" else NOTES

    @property
    def lines(self) -> tuple[str, ...]:
        """All that stands between the title and the table, line by line."""
        return *self.marks, self.instructions, *self.legend

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(column.heading for column in self.table.columns)

    @property
    def widths(self) -> tuple[int, ...]:
        """Of each column, in characters: as wide as its longest cell, within limits; longer text is wrapped.

        On a sheet with many columns sooner, so that its print is not made too small.
        """
        wanted = tuple(map(width, self.headings, zip(*self.table.rows, strict=True)))
        held = [tuple(min(characters, cap) for characters in wanted) for cap in _CAPS]
        return next((widths for widths in held if sum(widths) <= _PAGE), held[-1])


def contents(placed: Iterable[Sheet]) -> tuple[tuple[str, str], ...]:
    """Rows of the table of contents: name and title of each sheet."""
    return tuple((sheet.name, sheet.table.title) for sheet in placed)


def width(heading: str, cells: Iterable[Cell]) -> int:
    """Width of a column: its longest cell and the longest word of its heading, within limits."""
    longest = max([*(len(str(cell)) for cell in cells), *(len(word) + 1 for word in heading.split())])
    return min(max(longest + 2, _NARROWEST), _WIDEST)


def height(cells: Iterable[Cell], widths: Iterable[int], size: int = SIZE) -> float:
    """Height of a row in points: as many lines as its longest text needs, broken between words."""
    n_lines = max(
        len(wrap(str(cell), max(1, int(_CAPACITY * characters * SIZE / size))) or [""])
        for cell, characters in zip(cells, widths, strict=True)
    )
    return round(n_lines * _LINE * size + 2, 1)


def follows_number(columns: Sequence[Column], place: int) -> bool:
    """Whether a text stands right of a number, which ends where it begins: it needs room before it."""
    return place > 0 and columns[place].kind == "text" and columns[place - 1].kind == "number"


def sheets(cover: Cover, tables: Iterable[DataTable]) -> list[Sheet]:
    """The sheets after cover and contents: the notes, every table, and what every column means."""
    tables = list(tables)
    texts = list(dict.fromkeys(note for table in tables for note in table.notes))
    columns = number("note", "Note number", "Number of the note", ""), text("words", "Note text", "The note")
    notes = DataTable("notes", "Notes", columns, tuple(enumerate(texts, 1)))
    every = [*([notes] if texts else []), *tables, data_dictionary(tables, ending="")]
    return [Sheet(table, cover.marks, _instructions(table, texts), _legend(table)) for table in every]


def _instructions(table: DataTable, texts: list[str]) -> str:
    said = "This worksheet contains one table."
    numbers = " ".join(f"[note {texts.index(note) + 1}]" for note in table.notes)
    return f"{said} Notes on it are on the sheet {NOTES}: {numbers}." if numbers else said


def _legend(table: DataTable) -> tuple[str, ...]:
    return tuple(f"{symbol} {MEANINGS[symbol]}." for symbol in table.symbols())


def decimals(cell: Cell) -> int | None:
    """Decimals of a number; None for a text or a symbol."""
    if isinstance(cell, str | Symbol):
        return None
    return max(0, -int(cell.as_tuple().exponent)) if isinstance(cell, Decimal) else 0


def pack(archive: bytes, instead: Mapping[str, bytes] | None = None) -> bytes:
    """An archive of the same parts in the same order with fixed dates; `instead`: other contents of some of them."""
    changed, packed = dict(instead or {}), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(packed, "w") as new:
        for entry in old.infolist():
            part = zipfile.ZipInfo(entry.filename, _EPOCH)
            part.compress_type, part.create_system = entry.compress_type, 3
            new.writestr(part, changed.get(entry.filename, old.read(entry.filename)))
    return packed.getvalue()
