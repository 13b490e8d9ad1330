"""Any small frame of aggregates as a table, for the lab's own notebooks and the reviewer's pages made from them."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping
from math import floor, isfinite, log10
from typing import Any

import pandas as pd

from .. import exploratory
from ..document import Table
from ..numbers import date, number
from .balance import NOTHING

#: Rows of a table; a longer frame is cut, and the note says so.
MOST_ROWS = 100
#: Columns of whole numbers that are no amounts.
YEARS = ("year", "since")


def plain_table(
    values: pd.DataFrame | pd.Series,
    caption: str = "",
    names: Mapping[str, str] | None = None,
    *,
    key: str = "plain",
    groups: str = "",
    note: str = "",
) -> Table:
    """A frame's rows as printed: numbers with separators and few decimals, dates in words, "–" for what is missing.

    Parameters
    ----------
    values : DataFrame or Series
        Aggregates. An index that only counts the rows is left out; any other comes first.
    caption : str, optional
        Without one, the reviewer's page puts the question above the table in its place.
    names : mapping of str to str, optional
        Which columns are shown, in this order, and their headers. Default: all, under names made readable.
    key : str
    groups : str
        Column whose values become sub-headings; its equal values stand together.
    note : str
    """
    frame = values.to_frame(values.name if values.name is not None else "value") if values.ndim == 1 else values
    n_rows, frame = len(frame), frame.head(MOST_ROWS)
    if not (frame.index.name is None and pd.api.types.is_integer_dtype(frame.index)):
        frame = frame.reset_index()
    shown = [(_readable(c), frame.iloc[:, i]) for i, c in enumerate(frame.columns) if c != groups]
    shown = [(head, frame[column]) for column, head in names.items()] if names else shown
    rows = tuple(zip(*(_cells(column) for _, column in shown), strict=True))
    align = "".join("r" if i and _is_number(column) else "l" for i, (_, column) in enumerate(shown))
    if not n_rows:
        note = f"{note} There are none.".strip()
    elif n_rows > MOST_ROWS:
        note = f"{note} The first {MOST_ROWS} of {n_rows:,} rows.".strip()
    of_groups = tuple(_cells(frame[groups])) if groups else ()
    return Table(key, caption, tuple(head for head, _ in shown), rows, align, note, of_groups)


def show_frames_as_tables() -> None:
    """In a notebook, let frames and series show themselves as tables of the toolkit; elsewhere, do nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        bundles = shell.display_formatter.mimebundle_formatter
        bundles.for_type(pd.DataFrame, _bundle)
        bundles.for_type(pd.Series, _bundle)


def _bundle(values: pd.DataFrame | pd.Series, include: Any = None, exclude: Any = None) -> dict[str, Any]:
    return plain_table(values)._repr_mimebundle_() | {"text/plain": exploratory.marked(repr(values))}


def _readable(column: Any) -> str:
    """``n_records`` -> ``Number of records``; ``detectable_pp`` -> ``Detectable (percentage points)``."""
    text = " ".join(map(str, column)) if isinstance(column, tuple) else str(column)
    words = text.removeprefix("n_").removesuffix("_pp").replace("_", " ").strip() or text
    words = f"number of {words}" if text.startswith("n_") else words
    words = f"{words} (percentage points)" if text.endswith("_pp") else words
    return words[:1].upper() + words[1:]


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _cells(column: pd.Series) -> list[str]:
    """The values of a column as printed, with as many decimals as its largest one needs."""
    if column.name in YEARS:
        return [NOTHING if pd.isna(value) else str(value) for value in column.tolist()]
    decimals = _decimals(column) if pd.api.types.is_float_dtype(column) else 0
    return [_cell(value, decimals) for value in column.tolist()]


def _decimals(column: pd.Series) -> int:
    """Whole numbers have none; otherwise two below 10, one below 1,000, and two digits of what is below 0.1."""
    sizes = [abs(x) for x in column.tolist() if not pd.isna(x) and isfinite(x)]
    largest = max(sizes, default=0)
    if all(x == int(x) for x in sizes):
        return 0
    if largest >= 1000:
        return 0
    return 1 if largest >= 10 else max(2, 1 - floor(log10(largest)))


def _cell(value: Any, decimals: int) -> str:
    if isinstance(value, str):
        return value or NOTHING
    if not pd.api.types.is_scalar(value):
        return str(value)
    if pd.isna(value):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value, decimals)
    return date(value) if isinstance(value, dt.date) else str(value)
