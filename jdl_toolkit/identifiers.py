"""Identifiers of the police and the prison service: one form for each, and the check that they were copied right.

A PNC id is written ``YYYY/NNNNNNNX`` or, in short, ``YY/NNNNNNNX`` with the zeros of the serial number left out or
not. Its last character is a check letter over the two-digit year and the serial number, so a slip of the pen in one
digit is always seen. A prison number is ``A9999AA`` and has no check character.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

#: The check letter is the one at (two-digit year · 10⁷ + serial) mod 23. I, O and S are never used.
CHECK_LETTERS = np.array(list("ZABCDEFGHJKLMNPQRTUVWXY"))

#: Two-digit years from here on are of the last century: the PNC holds nobody first recorded before 1940.
FIRST_SHORT_YEAR = 40
FIRST_YEAR, LAST_YEAR = 1900 + FIRST_SHORT_YEAR, 1999 + FIRST_SHORT_YEAR

#: Without its slash, all seven digits of the serial number must be there: they tell where the year ends.
PNC_PATTERN = r"^(?P<year>\d{4}|\d{2})(?:/|(?=\d{7}[A-Z]$))(?P<serial>\d{1,7})(?P<letter>[A-Z])$"
PRISON_PATTERN = r"^[A-Z]\d{4}[A-Z]{2}$"


def pnc_check_letter(year: np.ndarray | int, serial: np.ndarray | int) -> np.ndarray:
    """Check letter of a PNC id.

    Parameters
    ----------
    year : int or int array, shape (n,)
        Year of first record, of two or four digits; only the last two count.
    serial : int or int array, shape (n,)
        Serial number within the year, 0 to 9,999,999.

    Returns
    -------
    array of str, shape (n,)
    """
    year, serial = np.asarray(year, dtype=np.int64), np.asarray(serial, dtype=np.int64)
    return CHECK_LETTERS[(year % 100 * 10**7 + serial) % 23]


def format_pnc_id(year: np.ndarray, serial: np.ndarray) -> np.ndarray:
    """PNC ids in the long form ``YYYY/NNNNNNNX``, from four-digit years and serial numbers (arrays of shape (n,))."""
    years = np.char.zfill(np.asarray(year, dtype=np.int64).astype(str), 4)
    serials = np.char.zfill(np.asarray(serial, dtype=np.int64).astype(str), 7)
    return np.char.add(np.char.add(np.char.add(years, "/"), serials), pnc_check_letter(year, serial)).astype(object)


def normalise_pnc_id(written: pd.Series) -> pd.Series:
    """PNC ids in the long form; missing where what was written has not the form of one.

    Spaces, the case of letters, a missing slash (if the serial number has all seven digits) and left-out zeros do not
    matter. A two-digit year from 40 on is read as 19YY, else as 20YY. The check letter is kept as written and is not
    verified here: see `is_pnc_id`.

    Parameters
    ----------
    written : Series of str, shape (n,)

    Returns
    -------
    Series of str, shape (n,), same index; None where missing or malformed
    """
    parts = _bare(written).str.extract(PNC_PATTERN)
    short = parts["year"].str.len() == 2
    recent = pd.to_numeric(parts["year"]) < FIRST_SHORT_YEAR
    year = parts["year"].mask(short, np.where(recent, "20", "19") + parts["year"].fillna(""))
    long = year + "/" + parts["serial"].str.zfill(7) + parts["letter"]
    return _none_where_missing(long)


def shorten_pnc_id(pnc_id: pd.Series) -> pd.Series:
    """Long PNC ids in the short form without leading zeros (``1985/0012345X`` -> ``85/12345X``)."""
    return _none_where_missing(pnc_id.str.replace(r"^\d\d(\d\d)/0*(\d+[A-Z])$", r"\1/\2", regex=True))


def is_pnc_id(pnc_id: pd.Series) -> pd.Series:
    """Whether each is a PNC id, of any form, whose check letter is right; False where missing.

    The check letter says nothing of the century, so a year in which nobody was recorded is refused as well.
    """
    parts = normalise_pnc_id(pnc_id).astype("str").str.extract(PNC_PATTERN)
    year, serial = (pd.to_numeric(parts[c]).fillna(0).to_numpy(dtype=np.int64) for c in ("year", "serial"))
    fits = (parts["letter"] == pnc_check_letter(year, serial)).to_numpy() & (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    return parts["letter"].notna() & fits


def normalise_prison_number(written: pd.Series) -> pd.Series:
    """Prison numbers as ``A9999AA``, spaces and case ignored; None where missing or malformed."""
    text = _bare(written)
    return _none_where_missing(text.where(text.str.match(PRISON_PATTERN, na=False)))


def is_prison_number(written: pd.Series) -> pd.Series:
    """Whether each has the form of a prison number; False where missing."""
    return normalise_prison_number(written).notna()


def _bare(written: pd.Series) -> pd.Series:
    # \s does not cover the zero-width space that web forms leave behind
    text = written.astype("object").where(written.notna()).astype("str")
    return text.str.replace(r"[\s\u200b-]+", "", regex=True).str.upper()


def _none_where_missing(values: pd.Series) -> pd.Series:
    return values.astype(object).where(values.notna(), None)
