"""A tidy table of figures with typed cells: what a spreadsheet and a CSV file are written from.

A number cell holds a number with the digits that the report prints, no others, or one of the `Symbol`s that say why
there is none. Numbers are made from the report's own print (`numbers`), so that the two can never differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from .. import numbers
from ..markup import one_line

#: Longest text of a cell; Excel takes 32,767 units of UTF-16, of which a character may need two.
LONGEST_TEXT = 16_000
_NAME = re.compile(r"[a-z][a-z_]{0,30}")  # a sheet's name has at most 31 characters, and no code that Excel refuses


class Symbol(StrEnum):
    """What stands in a cell without a value: the Analysis Function's shorthand."""

    c = "[c]"
    x = "[x]"
    z = "[z]"
    low = "[low]"


#: What each symbol means. Source: Analysis Function, "Using symbols and shorthand" (January 2022, as revised).
MEANINGS: dict[Symbol, str] = {
    Symbol.c: "confidential: withheld, as it is of too few people or would tell a number that is",
    Symbol.x: "not available: not known, or not worked out",
    Symbol.z: "not applicable",
    Symbol.low: "low: a number that would be printed as zero and is not; of p-values, below 0.01",
}

Cell = str | int | Decimal | Symbol


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name : str
        For programs: the heading in CSV files.
    label : str
        For readers: the heading in spreadsheets, with the unit behind it.
    meaning : str
    unit : str
        Of every number in it; of a column whose rows have several units, which column names them.
    kind : {"text", "number"}
    """

    name: str
    label: str
    meaning: str
    unit: str = ""
    kind: str = "text"

    @property
    def heading(self) -> str:
        return f"{self.label} ({self.unit})" if self.unit and not self.unit.startswith("see ") else self.label


def text(name: str, label: str, meaning: str) -> Column:
    return Column(name, label, meaning)


def number(name: str, label: str, meaning: str, unit: str) -> Column:
    return Column(name, label, meaning, unit, "number")


@dataclass(frozen=True)
class DataTable:
    """Rows of typed cells under columns, with a title and notes.

    Parameters
    ----------
    name : str
        Of the sheet and of the CSV file: small letters and underscores, at most 31.
    title : str
    columns : tuple of Column
    rows : tuple of tuple
        Texts are made `plain`; None is not a cell.
    notes : tuple of str
        Sentences that a reader of the table needs.

    Raises
    ------
    ValueError
        If the name cannot be a sheet's, or a row has not as many cells as there are columns.
    TypeError
        If a cell is not of its column's kind.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a sheet")
        cells = tuple(
            tuple(_checked(cell, column) for cell, column in zip(row, self.columns, strict=True)) for row in self.rows
        )
        object.__setattr__(self, "rows", cells)
        object.__setattr__(self, "title", plain(self.title))

    def symbols(self, column: Column | None = None) -> tuple[Symbol, ...]:
        """The symbols that occur in the table, or in one of its columns."""
        places = range(len(self.columns)) if column is None else [self.columns.index(column)]
        found = {row[i] for row in self.rows for i in places if isinstance(row[i], Symbol)}
        return tuple(symbol for symbol in Symbol if symbol in found)


def plain(words: str) -> str:
    """Text from anywhere as the text of a cell: one line of characters that XML allows, not too long for Excel.

    The same characters as on the pages of a report (`markup.one_line`).
    """
    kept = one_line(words)
    return kept if len(kept) <= LONGEST_TEXT else f"{kept[: LONGEST_TEXT - 8]} (cut …)"


def printed(words: str) -> int | Decimal | Symbol:
    """A number as the report prints it, as a number of the same digits; what stands for one, as its symbol."""
    if words == numbers.WITHHELD or words.startswith("fewer than") and "." not in words:
        return Symbol.c
    if words == "not available":
        return Symbol.x
    if words.startswith(("<", "fewer than")):
        return Symbol.low
    value = Decimal(words.replace(numbers.MINUS, "-").replace(",", "").removesuffix("%"))
    return value if value.as_tuple().exponent < 0 else int(value)


def or_none(words: str | None, symbol: Symbol = Symbol.z) -> str | Symbol:
    """A text, or the symbol for there being none."""
    return words or symbol


def count(n: int | None, symbol: Symbol = Symbol.c) -> int | Symbol:
    """A count, or the symbol for its being withheld."""
    return symbol if n is None else n


def _checked(cell: Cell, column: Column) -> Cell:
    if isinstance(cell, Symbol):
        return cell
    if column.kind == "text" and isinstance(cell, str):
        return plain(cell) or Symbol.z
    if column.kind == "number" and isinstance(cell, int | Decimal) and not isinstance(cell, bool):
        return cell
    raise TypeError(f"{type(cell).__name__} in the column {column.name} of {column.kind}s")
