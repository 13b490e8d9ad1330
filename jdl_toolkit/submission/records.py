"""Which rows of the People sheet are records, and what is said of those that are not."""

from __future__ import annotations

import datetime as dt

import pandas as pd
from openpyxl.utils import get_column_letter

from .archive import RowStates
from .dates import read_dates
from .faults import NO_ISSUES, all_issues, issues_at, issues_of
from .fields import BY_KEY, EXAMPLE, PEOPLE, TELLING
from .headings import SPLIT, is_heading_row
from .names import read_text
from .sheets import Grid, holds_no_text, is_blank, text_alone


def find_records(
    grid: Grid, header: int, columns: pd.DataFrame, states: RowStates
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells of the rows that are records, as they were sent but for what belongs to no text; and remarks on rows.

    A row that says nothing of anybody (no name, date or gender) is blank, a note, or a total of a column. So is a row
    that repeats the headings, or says in a single cell more than a name would. The template's example is no record
    either, as long as its mark, names and date of birth all stand there.

    Parameters
    ----------
    grid : list of rows
        The People sheet.
    header : int
        Index of the row of headings.
    columns : DataFrame
        As `headings.find_columns` gives it.
    states : RowStates

    Returns
    -------
    cells : DataFrame of object
        The index holds row numbers as the spreadsheet shows them, the columns are keys of `fields.COLUMNS`.
    issues : DataFrame
    """
    below = pd.DataFrame(grid[header + 1 :], dtype="object")
    below.index = pd.RangeIndex(header + 2, header + 2 + len(below))
    if below.empty:
        return below, NO_ISSUES
    odd = below.map(holds_no_text).astype(bool)
    if odd.any(axis=None):
        below = below.mask(odd, below.map(text_alone))
    used = columns[columns["key"].notna()].drop_duplicates("key")
    cells = below.reindex(columns=used["position"] - 1).set_axis(list(used["key"]), axis="columns")
    if (used["recognised"] == SPLIT).any():
        cells = _split_names(cells)
    filled = ~below.map(is_blank).astype(bool)
    telling = ~cells[[key for key in TELLING if key in cells]].map(is_blank).astype(bool)
    n_telling = telling.sum(axis=1)
    marked, example = _example(cells)
    no_record = (n_telling == 0) | ((n_telling == 1) & _reads_like_a_note(cells)) | is_heading_row(cells)
    note = (no_record | _shows_the_form(cells)) & ~example
    blank = ~filled.any(axis=1) | ((n_telling == 0) & _only_numbered(cells, filled))
    record = ~(note | blank | example)
    short, long = _of_other_length(grid[header], below)
    found = {
        "not_a_record": note & ~blank,
        "example_row": example,
        "example_mark": marked & record,
        "hidden_row": record & record.index.isin(states.hidden),
        "merged_cells": record & record.index.isin(states.merged),
        "row_too_short": record & short,
        "row_too_long": record & long,
        "formula_without_value": (record | blank) & record.index.isin(states.uncalculated),
    }
    odd = (
        odd[record].reindex(columns=used["position"] - 1, fill_value=False).set_axis(list(used["key"]), axis="columns")
    )
    of_cells = [issues_at("cell_characters", odd[key], key) for key in odd]
    of_columns = [_slipped(telling[record]), _unheaded(grid[header], header, columns, filled[record])]
    of_rows = [issues_of(code, PEOPLE, at.index[at], None) for code, at in found.items()]
    return cells[record], all_issues([*of_rows, *of_cells, *of_columns])


def _slipped(telling: pd.DataFrame) -> pd.DataFrame:
    """A column that is all the last record has and one above lacks: moved down from there, by hand or a program."""
    if telling.empty or telling.iloc[-1].sum() != 1:
        return NO_ISSUES
    key = str(telling.iloc[-1].idxmax())
    gaps = telling.index[~telling[key] & (telling.sum(axis=1) > 1)]
    return issues_of(
        "column_slipped", PEOPLE, [None] * (len(gaps) > 0), BY_KEY[key].heading, [f"row {min(gaps, default=0)}"]
    )


def _unheaded(headings: list[object], header: int, columns: pd.DataFrame, filled: pd.DataFrame) -> pd.DataFrame:
    """Columns in which records say something and the headings nothing; what is beyond them in a CSV is no column."""
    headed = set(columns["position"])
    letters = [
        get_column_letter(position)
        for position, heading in enumerate(headings, 1)
        if heading is not None and position not in headed and filled[position - 1].any()
    ]
    rows = [header + 1] * len(letters)
    return issues_of("column_unheaded", PEOPLE, rows, None, [f"column {letter}" for letter in letters])


def _of_other_length(headings: list[object], below: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Rows of a CSV file that end before the headings do; and those that say something beyond them."""
    lacking = pd.Series([heading is None for heading in headings])
    short = below.loc[:, ~lacking].map(lambda cell: cell is None).any(axis=1)
    return short.astype(bool), (~below.loc[:, lacking].map(is_blank)).any(axis=1).astype(bool)


def _split_names(cells: pd.DataFrame) -> pd.DataFrame:
    """Part the one column of names, which stands for both, at its comma."""
    parts = read_text(cells["surname"]).str.partition(",")
    return cells.assign(surname=parts[0], forename=parts[2])


def _example(cells: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Rows with the mark of the template's example; and those that still say what it said."""
    matches = pd.DataFrame(index=cells.index)
    for key, value in EXAMPLE.items():
        if key not in cells:
            matches[key] = False
        elif isinstance(value, dt.date):
            matches[key] = read_dates(cells[key], dt.date.today())["date"] == pd.Timestamp(value)
        else:
            matches[key] = read_text(cells[key]).str.casefold().eq(value.casefold()).fillna(False)
    return matches["record"].astype(bool), matches.all(axis=1)


def _shows_the_form(cells: pd.DataFrame) -> pd.Series:
    """Rows that show how a date is to be written ("dd/mm/yyyy"), below the headings."""
    dates = [cells[key] for key in ("dob", "service_start", "service_end") if key in cells]
    hints = [d.map(lambda cell: str(cell)).str.fullmatch(r"(?i)\W*d{1,2}\W*m{1,3}\W*y{2,4}\W*") for d in dates]
    return pd.concat(hints, axis=1).any(axis=1)


def _only_numbered(cells: pd.DataFrame, filled: pd.DataFrame) -> pd.Series:
    """Rows that hold their own number alone: lists are often numbered further than they are filled."""
    numbered = _words(cells, ["record"]).str.contains(r"^\W*\w*\d", regex=True)
    return numbered & (filled.sum(axis=1) == 1)


def _reads_like_a_note(cells: pd.DataFrame) -> pd.Series:
    text = _words(cells, ["record", "forename", "surname"])
    begins = text.str.match(r"(?i)(?:total|sum|count|note|n\.?b\b|nb:|end of|source|key\b|\*|see )").astype(bool)
    return begins | (text.str.count(r"\S+") > 4) | text.str.fullmatch(r"[\d\s.,]+").astype(bool)


def _words(cells: pd.DataFrame, keys: list[str]) -> pd.Series:
    """The text of some columns, joined row by row."""
    filled = [cells[key].map(lambda cell: "" if is_blank(cell) else str(cell).strip()) for key in keys if key in cells]
    return sum((text + " " for text in filled), pd.Series("", cells.index, dtype="str")).astype("str").str.strip()
