"""Dates as organisations write them: true dates, text in any usual form, bare numbers.

The day comes first, as in the United Kingdom. What can only be read otherwise is read otherwise, and said so.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from .sheets import is_blank

# All patterns meet text in lower case.
_TIME = r"(?:[t ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?(?:z|[+-]\d{2}:?\d{2})?)?"
_BREAK = r"\s*[\s/.\-\\]\s*"
YEAR_FIRST = rf"^(?P<year>\d{{4}}){_BREAK}(?P<month>\d{{1,2}}){_BREAK}(?P<day>\d{{1,2}}){_TIME}$"
DAY_FIRST = rf"^(?P<day>\d{{1,2}}){_BREAK}(?P<month>\d{{1,2}}){_BREAK}(?P<year>\d{{4}}|\d{{2}}){_TIME}$"
DAY_NAMED = (
    r"^(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)?[\s\-/.,]*(?P<month>[a-z]{3,9})[\s\-/.,]*"
    rf"(?P<year>\d{{4}}|\d{{2}}){_TIME}$"
)
NAMED_FIRST = (
    rf"^(?P<month>[a-z]{{3,9}})[\s\-/.]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(?P<year>\d{{4}}|\d{{2}}){_TIME}$"
)
WEEKDAY = r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?[,.]?\s+"

MONTHS = {name: i + 1 for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())}
MONTHS |= {name: MONTHS[name[:3]] for name in "january february march april june july august".split()}
MONTHS |= {name: MONTHS[name[:3]] for name in "sept september october november december".split()}

#: A bare number in this range is the day a spreadsheet counts from 30 December 1899; below are years, above are digits.
SERIAL_FROM, SERIAL_TO = 2_101, 73_050  # 1905 to 2099
SERIAL_ZERO = pd.Timestamp("1899-12-30")
SHIFT_1904 = pd.Timedelta(days=1462)


def read_dates(cells: pd.Series, received: dt.date, from_1904: bool = False) -> pd.DataFrame:
    """Read cells of any kind as dates.

    Parameters
    ----------
    cells : Series of object
        As calamine or CSV give them.
    received : date
        Day of the request: a two-digit year is of the century that makes it no later than this year.
    from_1904 : bool
        Whether bare numbers count from 1904.

    Returns
    -------
    DataFrame, same index
        ``date`` (NaT if none), ``fault`` (missing, not_a_date, impossible, or None), ``kind`` (the kind of value that
        was no date, for messages), ``remark`` (two_digit_year, date_month_first, date_as_number, or None),
        ``is_text`` (written as text), ``either_order`` (text that is a date in both orders).
    """
    blank = cells.map(is_blank).astype(bool)
    true_date = cells.map(lambda cell: isinstance(cell, dt.date)).astype(bool)
    number = cells.map(lambda cell: isinstance(cell, (int, float)) and not isinstance(cell, bool)).astype(bool)
    digits = (
        cells.where(~blank, "").map(lambda cell: str(cell).strip()).str.fullmatch(r"\d{4,8}(?:\.\d+)?").astype(bool)
        & ~true_date
    )
    text = ~(blank | true_date | number | digits) & cells.map(lambda cell: isinstance(cell, str)).astype(bool)

    read = _empty(cells.index)
    read.loc[blank, "fault"] = "missing"
    read.loc[true_date, "date"] = _true_dates(cells[true_date])
    _fill(read, _from_text(cells[text].astype("str"), received.year))
    _fill(read, _from_digits(cells[digits].map(lambda cell: str(cell).strip().split(".")[0]).astype("str"), from_1904))
    read.loc[text, "is_text"] = True

    unread = read["date"].isna() & read["fault"].isna()
    read.loc[unread, "fault"] = "not_a_date"
    read.loc[unread & read["kind"].isna(), "kind"] = "a number, time or yes/no value"
    return read


def maybe_swapped(read: pd.DataFrame) -> bool:
    """Whether a column looks as if a spreadsheet had exchanged day and month where it could.

    Such a column holds true dates with days up to 12 alone, and texts with days above 12 alone. Five of each by chance:
    at most (12/30)⁵ · (18/30)⁵, below 1 in 1,000.
    """
    days = read["date"].dt.day
    true_days, text_days = days[~read["is_text"] & days.notna()], days[read["is_text"] & days.notna()]
    return min(len(true_days), len(text_days)) >= 5 and bool((true_days <= 12).all() and (text_days > 12).all())


def _empty(index: pd.Index) -> pd.DataFrame:
    read = pd.DataFrame(index=index)
    read["date"] = pd.Series(pd.NaT, index=index, dtype="datetime64[us]")
    for name in ("fault", "kind", "remark"):
        read[name] = pd.Series(None, index=index, dtype="object")
    return read.assign(is_text=False, either_order=False)


def _fill(read: pd.DataFrame, part: pd.DataFrame) -> None:
    for name in ("date", "fault", "kind", "remark", "either_order"):
        read.loc[part.index, name] = part[name]


def _true_dates(cells: pd.Series) -> pd.Series:
    days = cells.map(lambda cell: np.datetime64(dt.date(cell.year, cell.month, cell.day), "us"))
    return days.astype("datetime64[us]")


def _from_text(cells: pd.Series, latest_year: int) -> pd.DataFrame:
    text = cells.str.normalize("NFKC").str.strip().str.lower().str.replace(WEEKDAY, "", regex=True)
    parts = pd.DataFrame(index=cells.index, columns=["year", "month", "day"], dtype="object")
    for pattern in (YEAR_FIRST, DAY_FIRST, DAY_NAMED, NAMED_FIRST):
        parts = parts.where(parts["year"].notna(), text.str.extract(pattern)[["year", "month", "day"]])
    named = parts["month"].isin(list(MONTHS))
    parts["month"] = parts["month"].mask(named, parts["month"].map(MONTHS))
    short_year = parts["year"].str.len().eq(2)
    numbers = parts.apply(pd.to_numeric, errors="coerce")
    numbers["year"] += np.where(short_year, np.where(numbers["year"] > latest_year % 100, 1900, 2000), 0)

    month_first = (
        ~named & numbers["month"].between(13, 31) & numbers["day"].between(1, 12) & ~text.str.match(YEAR_FIRST)
    )
    day, month = numbers["day"].copy(), numbers["month"].copy()
    numbers["day"], numbers["month"] = day.mask(month_first, month), month.mask(month_first, day)
    read = _empty(cells.index)
    read["date"] = _from_numbers(numbers)
    formed = numbers.notna().all(axis=1)
    read.loc[formed & read["date"].isna(), "fault"] = "impossible"
    read.loc[~formed, "kind"] = "text that is no date"
    read.loc[short_year, "remark"] = "two_digit_year"
    read.loc[month_first, "remark"] = "date_month_first"
    both = ~named & (numbers["day"] <= 12) & (numbers["month"] <= 12) & (numbers["day"] != numbers["month"])
    read["either_order"] = both & ~month_first & ~text.str.match(YEAR_FIRST)
    return read


def _from_digits(digits: pd.Series, from_1904: bool) -> pd.DataFrame:
    """Digits without a break: 16051985, 5051985 (a zero lost), 19850516, or the number of a day."""
    read = _empty(digits.index)
    number = pd.to_numeric(digits)
    serial = number.between(SERIAL_FROM, SERIAL_TO)
    days = pd.to_timedelta(number.where(serial), unit="D")
    from_serial = SERIAL_ZERO + days + (SHIFT_1904 if from_1904 else pd.Timedelta(0))
    padded = digits.str.zfill(8)
    day_first = _from_numbers(_pieces(padded, year=slice(4, 8), month=slice(2, 4), day=slice(0, 2)))
    year_first = _from_numbers(_pieces(padded, year=slice(0, 4), month=slice(4, 6), day=slice(6, 8)))
    from_pieces = year_first.where(year_first.dt.year.between(1880, 2150), day_first)
    from_pieces = from_pieces.where((digits.str.len() >= 7) & from_pieces.dt.year.between(1880, 2150))
    read["date"] = from_serial.where(serial, from_pieces).astype("datetime64[us]")
    read.loc[read["date"].notna(), "remark"] = "date_as_number"
    read.loc[number.between(1880, 2100), "kind"] = "a year alone"
    return read


def _pieces(digits: pd.Series, **where: slice) -> pd.DataFrame:
    return pd.DataFrame({name: pd.to_numeric(digits.str[piece]) for name, piece in where.items()})


def _from_numbers(parts: pd.DataFrame) -> pd.Series:
    """Dates of year, month and day; NaT where there is no such day."""
    inside = parts["year"].between(1000, 2999) & parts["month"].between(1, 12) & parts["day"].between(1, 31)
    whole = parts.where(inside).astype("float64")
    first = (whole["year"] - 1970) * 12 + whole["month"] - 1
    months = first.fillna(0).astype("int64").to_numpy().astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (whole["day"].fillna(1).astype("int64").to_numpy() - 1)
    exists = inside.to_numpy() & (days.astype("datetime64[M]") == months)
    return pd.Series(days.astype("datetime64[us]"), index=parts.index).where(exists)
