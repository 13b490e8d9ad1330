"""What every column of every file means: the data dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..document import Figure
from . import figures as figures_of
from .table import Cell, Column, DataTable, Symbol, or_none, text

NAME, _NONE = "data_dictionary", "none"
_FILE = text("file", "File", "Name of the file, or of the sheet")
_COLUMNS = (
    text("column", "Column", "Heading of the column in the CSV file"),
    text("label", "Label", "What the column is called for readers"),
    text("unit", "Unit", "Unit of the numbers; see: the column of the same file that names the unit of each row"),
    text("type", "Type", "text or number"),
    text("symbols", "Symbols", "Symbols that stand for a number that is not there"),
    text("meaning", "Meaning", "What the column holds"),
)


def data_dictionary(tables: Iterable[DataTable], figures: Sequence[Figure] = (), ending: str = ".csv") -> DataTable:
    """One row for every column of the tables and of the data that figures were drawn from; of itself, too.

    Parameters
    ----------
    tables : iterable of DataTable
    figures : sequence of Figure
    ending : str
        Of the files' names; "" for sheets.
    """
    rows = [_of_column(table, column, ending) for table in tables for column in table.columns]
    rows += [row for figure in figures for row in _of_figure(figure)]
    columns = (_FILE, *_COLUMNS)
    rows += [(f"{NAME}{ending}", c.name, c.label, Symbol.z, c.kind, _NONE, c.meaning) for c in columns]
    return DataTable(NAME, "What every column means", columns, tuple(rows))


def _of_column(table: DataTable, column: Column, ending: str) -> tuple[Cell, ...]:
    symbols = " ".join(table.symbols(column)) or _NONE
    return (
        *(f"{table.name}{ending}", column.name, column.label, or_none(column.unit), column.kind),
        *(symbols, column.meaning),
    )


def _of_figure(figure: Figure) -> Iterable[tuple[Cell, ...]]:
    names, cells = figures_of.field_names(figure.data), figures_of.figure_cells(figure)
    for name, column in zip(names, zip(*cells, strict=True), strict=True):
        symbols = [symbol for symbol in Symbol if symbol in column]
        unit, kind = or_none(figures_of.column_unit(name, names)), figures_of.column_kind(column)
        meaning = figures_of.column_meaning(name, figure)
        yield figures_of.figure_file(figure), name, name, unit, kind, " ".join(symbols) or _NONE, meaning
