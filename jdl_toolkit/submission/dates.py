"""Dates as organisations write them: true dates, text in any usual form, bare numbers.

The day comes first, as in the United Kingdom. What can only be read otherwise is read otherwise, and said so.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from .fields import PLACEHOLDERS
from .sheets import is_blank

# All patterns meet text in lower case, its digits made plain.
_TIME = r"(?:[t ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[ap]m)?(?:z|[+-][0-9]{2}:?[0-9]{2})?)?"
_BREAK = r"\s*[\s/.\-\\]\s*"
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_ORDINAL = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
YEAR_FIRST = rf"^(?P<year>[0-9]{{4}}){_BREAK}(?P<month>[0-9]{{1,2}}){_BREAK}(?P<day>[0-9]{{1,2}}){_TIME}$"
DAY_FIRST = rf"^(?P<day>[0-9]{{1,2}}){_BREAK}(?P<month>[0-9]{{1,2}}){_BREAK}{_YEAR}{_TIME}$"
DAY_NAMED = rf"^{_ORDINAL}(?: of)?[\s\-/.,]*(?P<month>[a-z]{{3,9}})[\s\-/.,]*{_YEAR}{_TIME}$"
NAMED_FIRST = rf"^(?P<month>[a-z]{{3,9}})[\s\-/.]*{_ORDINAL}[\s,]+{_YEAR}{_TIME}$"
WEEKDAY = r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?[,.]?\s+"

MONTHS = {name: i + 1 for i, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())}
MONTHS |= {name: MONTHS[name[:3]] for name in "january february march april june july august".split()}
MONTHS |= {name: MONTHS[name[:3]] for name in "sept september october november december".split()}
_NAMED_MONTH = "(?:" + "|".join(MONTHS) + ")"

#: What is written for a day that is not known, or has not come yet.
NO_DATE = PLACEHOLDERS | frozenset(
    "-|--|?|none|ongoing|on going|on-going|current|present|to date|open|continuing".split("|")
)
#: The days that databases and spreadsheets put where they have none.
STAND_INS = [np.datetime64(day, "us") for day in ("1899-12-30", "1899-12-31", "1900-01-01", "9999-12-31")]
ONLY_ZEROS = r"^0+[/.\- ]0+[/.\- ]0+(?: .*)?$"

#: Text that is no date -> what it is, for messages. The first that fits.
KINDS = {
    r"^[0-9]{4}$": "a year alone",
    rf"^{_NAMED_MONTH}[\s\-/.,']*(?:[0-9]{{4}}|[0-9]{{2}})$": "a month without a day",
    r"^(?:[0-9]{1,2}[/.\-][0-9]{4}|[0-9]{4}[/.\-][0-9]{1,2})$": "a month without a day",
    rf"^[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)?[\s\-/.,]*{_NAMED_MONTH}$|^[0-9]{{1,2}}[/.\-][0-9]{{1,2}}$": (
        "a day without a year"
    ),
    r"[0-9]{1,4}([/.\-])[0-9]{1,2}\1[0-9]{2,4}.*[0-9]{1,4}\1[0-9]{1,2}\1[0-9]{2,4}": "two dates in one cell",
    "": "text that is no date",
}

#: A bare number in this range is the day a spreadsheet counts from 30 December 1899; below are years, above are digits.
SERIAL_FROM, SERIAL_TO = 2_101, 73_050  # 1905 to 2099
SERIAL_ZERO = pd.Timestamp("1899-12-30")
SHIFT_1904 = pd.Timedelta(days=1462)

#: Fewest dates that show an order, or show that none can be seen.
ENOUGH_TO_CHOOSE, ENOUGH_TO_DOUBT = 3, 10


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
        ``date`` (NaT if none), ``fault`` (missing, stand_in, not_a_date, impossible, or None), ``kind`` (the kind of
        value that was no date, for messages), ``remark`` (two_digit_year, date_month_first, date_ambiguous,
        date_column_month_first, date_as_number, or None), ``is_text`` (written as text), ``either_order`` (text that is
        a date in both orders).
    """
    blank = cells.map(is_blank).astype(bool)
    true_date = cells.map(lambda cell: isinstance(cell, dt.date)).astype(bool)
    number = cells.map(lambda cell: isinstance(cell, (int, float)) and not isinstance(cell, bool)).astype(bool)
    written = _plain_text(cells.where(~(blank | true_date), ""))
    digits = written.str.fullmatch(r"[0-9]{4,8}(?:\.[0-9]+)?").astype(bool)
    text = ~(blank | true_date | number | digits) & cells.map(lambda cell: isinstance(cell, str)).astype(bool)
    nothing = text & (written.isin(NO_DATE) | (written == ""))
    text &= ~nothing

    read = _empty(cells.index)
    read.loc[blank | nothing, "fault"] = "missing"
    read.loc[true_date, "date"] = _true_dates(cells[true_date])
    _fill(read, _from_text(written[text], received.year))
    _fill(read, _from_digits(written[digits].str.split(".").str[0], from_1904))
    read.loc[text, "is_text"] = True

    stand_in = read["date"].isin(STAND_INS) | (text & written.str.match(ONLY_ZEROS).astype(bool))
    read.loc[stand_in, ["date", "fault", "remark"]] = [pd.NaT, "stand_in", None]
    unread = read["date"].isna() & read["fault"].isna()
    read.loc[unread, "fault"] = "not_a_date"
    read.loc[unread & read["kind"].isna(), "kind"] = "a number, time or yes/no value"
    return read.drop(columns="month_first")


def maybe_swapped(read: pd.DataFrame) -> bool:
    """Whether a column looks as if a spreadsheet had exchanged day and month where it could.

    Such a column holds true dates with days up to 12 alone, and texts with days above 12 alone. Five of each by chance:
    at most (12/30)⁵ · (18/30)⁵, below 1 in 1,000.
    """
    days = read["date"].dt.day
    true_days, text_days = days[~read["is_text"] & days.notna()], days[read["is_text"] & days.notna()]
    return min(len(true_days), len(text_days)) >= 5 and bool((true_days <= 12).all() and (text_days > 12).all())


def order_unclear(read: pd.DataFrame) -> bool:
    """Whether none of a column's dates shows if the day or the month comes first.

    Ten dates without a day above 12 come by chance once in (30/12)¹⁰, about 10,000 columns, unless all are of the first
    of a month.
    """
    dated = read[read["is_text"] & read["date"].notna()]
    days = dated["date"].dt.day
    return (
        len(dated) >= ENOUGH_TO_DOUBT
        and bool(dated["either_order"].mean() > 0.5 and (days <= 12).all())
        and (days.nunique() > 1)
    )


def _plain_text(cells: pd.Series) -> pd.Series:
    """Cells as lower-case text with plain digits, without the signs that typing leaves at its ends."""
    text = cells.map(lambda cell: cell if isinstance(cell, str) else str(cell)).astype("str")
    text = (
        text.str.replace("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]", "", regex=True)
        .str.normalize("NFKC")
        .str.lower()
    )
    text = text.str.replace("[\u2010-\u2015\u2212]", "-", regex=True).str.replace("\u2044", "/")
    text = text.str.replace(r"'(?=[0-9]{2}$)", "", regex=True)
    return text.str.strip().str.strip("'\"`\u2018\u2019\u00b4.,; \t")


def _empty(index: pd.Index) -> pd.DataFrame:
    read = pd.DataFrame(index=index)
    read["date"] = read["month_first"] = pd.Series(pd.NaT, index=index, dtype="datetime64[us]")
    for name in ("fault", "kind", "remark"):
        read[name] = pd.Series(None, index=index, dtype="object")
    return read.assign(is_text=False, either_order=False)


def _fill(read: pd.DataFrame, part: pd.DataFrame) -> None:
    for name in ("date", "fault", "kind", "remark", "either_order"):
        read.loc[part.index, name] = part[name]


def _true_dates(cells: pd.Series) -> pd.Series:
    days = cells.map(lambda cell: np.datetime64(dt.date(cell.year, cell.month, cell.day), "us"))
    return days.astype("datetime64[us]")


def _from_text(text: pd.Series, latest_year: int) -> pd.DataFrame:
    text = text.str.replace(WEEKDAY, "", regex=True)
    parts = pd.DataFrame(index=text.index, columns=["year", "month", "day"], dtype="object")
    for pattern in (YEAR_FIRST, DAY_FIRST, DAY_NAMED, NAMED_FIRST):
        parts = parts.where(parts["year"].notna(), text.str.extract(pattern)[["year", "month", "day"]])
    named = parts["month"].isin(list(MONTHS))
    parts["month"] = parts["month"].mask(named, parts["month"].map(MONTHS))
    short_year = parts["year"].str.len().eq(2)
    numbers = parts.apply(pd.to_numeric, errors="coerce")
    numbers["year"] += np.where(short_year, np.where(numbers["year"] > latest_year % 100, 1900, 2000), 0)

    read = _empty(text.index)
    exchanged = numbers.rename(columns={"day": "month", "month": "day"})
    read["date"], read["month_first"] = _from_numbers(numbers), _from_numbers(exchanged)
    read.loc[short_year, "remark"] = "two_digit_year"
    in_numbers = ~named & ~text.str.match(YEAR_FIRST).astype(bool)
    _choose_order(read, in_numbers, numbers["day"] != numbers["month"])
    formed = numbers.notna().all(axis=1)
    read.loc[formed & read["date"].isna(), "fault"] = "impossible"
    read.loc[~formed, "kind"] = text[~formed].map(_kind)
    return read


def _kind(text: str) -> str:
    return next(kind for pattern, kind in KINDS.items() if re.search(pattern, text))


def _choose_order(read: pd.DataFrame, in_numbers: pd.Series, unequal: pd.Series) -> None:
    """Read dates in numbers alone with the day first, or with the month first where a date or its column shows it."""
    only_month_first = in_numbers & read["date"].isna() & read["month_first"].notna()
    read["either_order"] = in_numbers & unequal & read["date"].notna() & read["month_first"].notna()
    only_day_first = in_numbers & read["date"].notna() & read["month_first"].isna()
    read.loc[only_month_first, "date"] = read["month_first"]
    read.loc[only_month_first, "remark"] = "date_month_first"
    if only_month_first.any():
        american = only_month_first.sum() >= ENOUGH_TO_CHOOSE and not only_day_first.any()
        read.loc[read["either_order"], "remark"] = "date_column_month_first" if american else "date_ambiguous"
        read["date"] = read["date"].mask(read["either_order"] & american, read["month_first"])


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
    inside = parts["year"].between(1000, 9999) & parts["month"].between(1, 12) & parts["day"].between(1, 31)
    whole = parts.where(inside).astype("float64")
    first = (whole["year"] - 1970) * 12 + whole["month"] - 1
    months = first.fillna(0).astype("int64").to_numpy().astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (whole["day"].fillna(1).astype("int64").to_numpy() - 1)
    exists = inside.to_numpy() & (days.astype("datetime64[M]") == months)
    return pd.Series(days.astype("datetime64[us]"), index=parts.index).where(exists)
