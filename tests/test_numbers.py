"""How numbers are printed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jdl_toolkit.numbers import (
    MINUS,
    REDUCTION_WORDS,
    count_,
    date,
    decimals_for,
    difference,
    interval,
    month,
    number,
    p_value,
    per_cent,
    plural,
    points,
    value,
    with_unit,
)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (per_cent(84 / 257), "33%"),
        (per_cent(0.285), "29%"),  # 28.499999999999996 in floating point
        (per_cent(0.003, 1), "0.3%"),
        (per_cent(None), "withheld"),
        (points(-0.06), "−6"),
        (points(-0.004), "0"),
        (points(0.0249, 1), "2.5"),
        (count_(1246), "1,246"),
        (count_(None), "fewer than 5"),
        (count_(None, 10), "fewer than 10"),
        (plural(1, "person", "people"), "1 person"),
        (plural(257, "person", "people"), "257 people"),
        (plural(0, "person", "people"), "0 people"),
        (plural(None, "person", "people"), "fewer than 5 people"),
        (p_value(0.0049), "<0.01"),
        (p_value(0.01), "0.01"),
        (p_value(0.625), "0.63"),
        (p_value(1.0), "1.00"),
        (count_(None, secondary=True), "withheld"),
        (value(0.327, "share"), "33%"),
        (value(0.003, "share"), "0.3%"),
        (value(0.0, "share"), "0%"),
        (date(dt.date(2009, 1, 1)), "1 January 2009"),
        (month(dt.date(2009, 1, 31)), "January 2009"),
        (value(1.034, "count"), "1.03"),
        (value(112.4, "days"), "112"),
        (difference(-14.2, "days"), "−14"),
        (difference(-0.125, "count"), "−0.13"),
        (number(5, sign=True), "+5"),
        (number(float("nan")), "not available"),
    ],
)
def test_numbers_are_printed_by_the_rules(printed, expected):
    assert printed == expected


def test_an_interval_gains_a_decimal_where_a_limit_would_print_as_zero():
    assert interval(-0.121, -0.008, "share") == "−12 to −1"
    assert interval(-0.121, -0.003, "share") == "−12.1 to −0.3"
    assert interval(-0.121, 0.0003, "share") == "−12.10 to 0.03"
    assert interval(-0.31, -0.004, "count") == "−0.310 to −0.004"
    assert interval(-30.2, 0.4, "days") == "−30.2 to 0.4"
    assert interval(-0.1, 0.0, "share") == "−10 to 0"
    assert decimals_for("share", -0.121, -0.003) == 1


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_no_number_prints_as_minus_zero(x, decimals):
    printed = number(x, decimals)
    assert "-" not in printed
    assert not printed.startswith("−") or printed.strip("−0.,") != ""
    assert abs(float(printed.replace("−", "-").replace(",", "")) - x) <= 0.5 * 10**-decimals * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize(
    ("diff", "unit", "words"),
    [
        (0.01, "share", "1 percentage point"),
        (-0.0149, "share", f"{MINUS}1 percentage point"),
        (0.0, "share", "0 percentage points"),
        (-0.11, "share", f"{MINUS}11 percentage points"),
        (1.2, "days", "1 day"),
        (-1.0, "days", f"{MINUS}1 day"),
        (2.0, "days", "2 days"),
    ],
)
def test_there_is_one_percentage_point_and_several(diff, unit, words):
    assert with_unit(difference(diff, unit), REDUCTION_WORDS[unit]) == words


def test_a_decimal_one_is_several_and_what_has_no_plural_stays():
    assert with_unit("1.0", "percentage points") == "1.0 percentage points"
    assert with_unit("+1", "percentage points") == "+1 percentage point"
    assert with_unit("1", "per person") == "1 per person"
