"""PNC ids and prison numbers: written forms, check letters."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from jdl_toolkit.identifiers import (
    CHECK_LETTERS,
    format_pnc_id,
    is_pnc_id,
    is_prison_number,
    normalise_pnc_id,
    normalise_prison_number,
    pnc_check_letter,
    shorten_pnc_id,
)

serials = st.integers(0, 9_999_999)
years = st.integers(1940, 2039)


def test_check_letter_by_hand():
    # 85·10⁷ + 12,345 = 850,012,345 = 23 · 36,957,058 + 11 -> the twelfth letter; year 2000, serial 0 -> the first
    assert pnc_check_letter(1985, 12345) == "L"
    assert pnc_check_letter(85, 12345) == "L"
    assert pnc_check_letter([2000, 2000, 2000], [0, 1, 22]).tolist() == ["Z", "A", "Y"]


def test_letters_that_look_like_digits_are_never_used():
    assert len(set(CHECK_LETTERS)) == 23
    assert not set(CHECK_LETTERS) & set("IOS")


@given(years, serials)
def test_every_form_of_an_id_is_read_as_the_same(year, serial):
    long = format_pnc_id(np.array([year]), np.array([serial]))[0]
    short = shorten_pnc_id(pd.Series([long]))[0]
    spaced = f" {long[:4]} / {long[5:].lower()} "
    bare = long.replace("/", "")
    written = pd.Series([long, short, long[2:], bare, bare[2:], spaced, long + "\xa0"])
    assert normalise_pnc_id(written).tolist() == [long] * 7
    assert is_pnc_id(written).all()


@given(years, serials, st.integers(0, 6), st.integers(1, 9))
def test_a_wrong_digit_is_always_seen(year, serial, place, shift):
    long = format_pnc_id(np.array([year]), np.array([serial]))[0]
    digits = list(long[5:12])
    digits[place] = str((int(digits[place]) + shift) % 10)
    assert not is_pnc_id(pd.Series([long[:5] + "".join(digits) + long[12]]))[0]


def test_what_is_no_pnc_id():
    written = pd.Series(
        ["1985/0012345", "1985/00123456L", "85-12345L", "16/05/1985", "", None, np.nan, "8512345L", "x"]
    )
    assert normalise_pnc_id(written).tolist() == [None] * 9
    assert not is_pnc_id(written).any()


def test_a_wrong_letter_keeps_its_form_and_fails_the_check():
    written = pd.Series(["1985/0012345M"])
    assert normalise_pnc_id(written)[0] == "1985/0012345M"
    assert not is_pnc_id(written)[0]


def test_prison_numbers():
    written = pd.Series(["a1234bc", " A 1234 BC", "A123BC", "1234ABC", None, ""])
    assert normalise_prison_number(written).tolist() == ["A1234BC", "A1234BC", None, None, None, None]
    assert is_prison_number(written).tolist() == [True, True, False, False, False, False]


def test_an_empty_column_and_its_index():
    assert normalise_pnc_id(pd.Series([None, None], index=[7, 9], dtype=object)).index.tolist() == [7, 9]
    assert is_pnc_id(pd.Series([], dtype=object)).tolist() == []


def test_a_year_in_which_nobody_was_recorded_is_refused():
    """The check letter is of the last two digits of the year, so a wrong century would pass it."""
    right = format_pnc_id(np.array([1985]), np.array([12345]))[0]
    written = pd.Series([right, "7085" + right[4:], "1885" + right[4:], "2085" + right[4:], "2005/0000001"])
    assert is_pnc_id(written).tolist() == [True, False, False, False, False]
