"""Calendar months and seeded draws; the months themselves are in tests/cases/calendar.md."""

import datetime as dt
import hashlib

import numpy as np
import pytest
from registers import make_spec

from jdl_toolkit.cohort.clock import (
    add_months,
    last_index_date,
    period_end,
    period_start,
    proving_months,
    season,
    seeded_uniform,
)
from jdl_toolkit.spec import Period


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2010-01-01", "2010-01-01", "2010-03-31"),
        ("2010-05-17", "2010-04-01", "2010-06-30"),
        ("2012-12-31", "2012-10-01", "2012-12-31"),
    ],
)
def test_quarters(day, first, last):
    day = dt.date.fromisoformat(day)
    assert (period_start(day).isoformat(), period_end(day).isoformat()) == (first, last)


def test_last_index_date_is_the_last_that_fits_for_every_data_end_of_four_years():
    for offset in range(4 * 366):
        end = dt.date(2010, 1, 1) + dt.timedelta(days=offset)
        last = last_index_date(end, 18)
        assert add_months(last, 18) <= end < add_months(last + dt.timedelta(days=1), 18)


def test_last_index_date_before_the_leap_day():
    assert last_index_date(dt.date(2012, 2, 29), 18) == dt.date(2010, 8, 31)


def test_follow_up_and_waiting_period_are_eighteen_months_by_default():
    assert proving_months(make_spec()) == 18


def test_draws_are_those_of_whole_number_arithmetic():
    def draw(number, seed, purpose):
        mask = (1 << 64) - 1
        salt = int.from_bytes(hashlib.sha256(f"{seed}:{purpose}".encode()).digest()[:8], "little")
        x = (number * 0x9E3779B97F4A7C15 + salt) & mask
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
        return ((x ^ (x >> 31)) >> 11) / (1 << 53)

    ids = [1, 2, 3, 12_000_000, 2**62]
    assert seeded_uniform(np.array(ids), 20140313, "pool delay").tolist() == [
        draw(i, 20140313, "pool delay") for i in ids
    ]


def test_draws_are_uniform_and_depend_on_id_seed_and_purpose_alone():
    ids = np.arange(100_000)
    draws = seeded_uniform(ids, 1, "a")
    assert 0 <= draws.min() and draws.max() < 1
    counts = np.histogram(draws, bins=20, range=(0, 1))[0]
    assert ((counts - 5000) ** 2 / 5000).sum() < 43.8  # chi-squared with 19 degrees of freedom, p = 0.001
    assert np.array_equal(seeded_uniform(ids[::-1], 1, "a"), draws[::-1])
    for other in (seeded_uniform(ids, 2, "a"), seeded_uniform(ids, 1, "b")):
        assert abs(np.corrcoef(draws, other)[0, 1]) < 0.015


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2014-02-28", "winter 2013/14"), ("2014-03-01", "spring 2014"), ("2014-05-31", "spring 2014"),
        ("2014-06-01", "summer 2014"), ("2014-09-01", "autumn 2014"), ("2014-11-30", "autumn 2014"),
        ("2014-12-01", "winter 2014/15"), ("2009-12-31", "winter 2009/10"), ("2000-01-01", "winter 1999/00"),
    ],
)  # fmt: skip
def test_seasons(day, words):
    assert season(dt.date.fromisoformat(day)) == words


def test_years():
    day = dt.date(2012, 2, 29)
    bounds = period_start(day, Period.year), period_end(day, Period.year)
    assert bounds == (dt.date(2012, 1, 1), dt.date(2012, 12, 31))
