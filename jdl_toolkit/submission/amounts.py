"""How much of a service people received, in hours or sessions, as organisations write it."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from .faults import issues_at, issues_of
from .fields import BY_KEY, PEOPLE
from .names import read_known
from .sheets import is_blank

#: More than a year has; what is larger is a slip, a telephone number or a date that a spreadsheet counts in days.
MOST = 9_000.0
#: A comma before one or two last digits marks decimals, before three it parts thousands.
NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d{1,2}|\.\d+)?|\.\d+)"
UNIT = r"(?P<unit>h|hrs?|hours?|mins?|minutes?|sess(?:ion)?s?)\.?"
AMOUNT = rf"^(?P<sign>[-\u2212])?\s*{NUMBER}\s*(?:{UNIT})?$"
#: "12:30" and "12 hrs 30 mins".
HOURS_MINUTES = r"^(?P<hours>\d{1,4})\s*(?::|h(?:(?:ou)?rs?)?\.?,?(?:\s*(?:and|&))?)\s*(?P<minutes>[0-5]?\d)"
HOURS_MINUTES += r"(?::00)?\s*(?:m|mins?\.?|minutes?)?$"


def read_amounts(cells: pd.Series) -> tuple[pd.Series, list[pd.DataFrame]]:
    """Hours or sessions, by row, as a number; and issues where there is none that can be used.

    Minutes and times of a clock ("90 minutes", "12:30") are turned into hours. Words of unit may follow a number;
    anything else ("10 to 12", "about 12", "three days") is left out rather than guessed at. Nought is an amount.

    Parameters
    ----------
    cells : Series of object
        The index holds row numbers.

    Returns
    -------
    amounts : Series of float
        Missing where none is given, or none can be used.
    issues : list of DataFrame
    """
    given = cells.where(~cells.map(lambda cell: isinstance(cell, bool)).astype(bool))
    text = read_known(given.map(_plain_cell)).str.casefold()
    found, clock = text.str.extract(AMOUNT), text.str.extract(HOURS_MINUTES).astype("float64")
    amount = _number(found["number"]) / found["unit"].str.startswith("m", na=False).map({True: 60.0, False: 1.0})
    amount = amount.fillna(clock["hours"] + clock["minutes"] / 60)
    out_of_range = amount.notna() & (found["sign"].notna() & (amount > 0) | (amount > MOST))
    unread = amount.isna() & (text.notna() | cells.map(lambda cell: isinstance(cell, bool)).astype(bool))
    of_sessions = found["unit"].str.startswith("s", na=False)
    of_hours = (found["unit"].notna() & ~of_sessions) | clock["hours"].notna()
    mixed = [None] if of_sessions.any() and of_hours.any() else []
    return amount.where(~out_of_range).astype("float64"), [
        issues_at("intensity_not_a_number", unread, "intensity"),
        issues_at("intensity_impossible", out_of_range, "intensity"),
        issues_of("intensity_units_mixed", PEOPLE, mixed, BY_KEY["intensity"].heading),
    ]


def _number(text: pd.Series) -> pd.Series:
    thousands = text.str.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", na=False)
    plain = text.str.replace(",", "").where(thousands, text.str.replace(",", "."))
    return pd.to_numeric(plain, errors="coerce").astype("float64")


def _plain_cell(cell: object) -> object:
    """A cell as it would be typed: lengths of time, which spreadsheets hold as times of a clock, become hours."""
    if isinstance(cell, dt.timedelta):
        return f"{cell.total_seconds() / 3600:.4f}"
    if isinstance(cell, dt.time):
        return f"{cell.hour + cell.minute / 60 + cell.second / 3600:.4f}"
    if isinstance(cell, float):
        return None if cell != cell else f"{cell:.4f}"
    return None if is_blank(cell) else cell
