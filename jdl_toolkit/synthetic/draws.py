"""Draws that NumPy has no vectorised form of, and dates as whole days since 1970-01-01."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

Days = NDArray[np.int64]
YEAR = 365.2425
NEVER = 10**6  # a day beyond every data period


def day(date: dt.date) -> int:
    """Whole days since 1970-01-01."""
    return int(np.datetime64(date, "D").astype(np.int64))


def to_dates(days: Days) -> pd.Series:
    """Whole days as dates; negative numbers are missing."""
    days = np.asarray(days)
    return pd.Series(days.clip(min=0).astype("datetime64[D]").astype("datetime64[s]")).where(days >= 0)


def completed_years(on: Days, dob: Days) -> Days:
    """Age in completed years."""
    return np.floor((on - dob) / YEAR).astype(np.int64)


def pick(rng: Generator, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """One column per row, with the chances in that row.

    Parameters
    ----------
    shares : array, shape (n, n_choices)
        Rows add up to 1.
    """
    reached = np.cumsum(shares, axis=1)
    return np.minimum((rng.random(len(shares))[:, None] >= reached).sum(axis=1), shares.shape[1] - 1)


def pick_one(rng: Generator, shares: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """`n` positions, all with the same `shares` (scaled to add up to 1)."""
    reached = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(reached, rng.random(n), side="right"), len(shares) - 1)


def zero_truncated_negative_binomial(rng: Generator, mean: NDArray[np.float64], size: float) -> NDArray[np.int64]:
    """Counts of at least one, by inversion; `mean` and `size` are those of the distribution before truncation."""
    stay = mean / (mean + size)
    chance = (1 - stay) ** size
    left = rng.random(len(mean)) * (1 - chance)
    counts = np.ones(len(mean), dtype=np.int64)
    chance = chance * size * stay
    undecided = np.arange(len(mean))
    for k in range(1, 60):
        left[undecided] -= chance[undecided]
        undecided = undecided[left[undecided] > 0]
        counts[undecided] = k + 1
        chance[undecided] *= stay[undecided] * (k + size) / (k + 1)
    return counts


def truncated_exponential(rng: Generator, n: int, mean: float, width: float = 365.0) -> NDArray[np.float64]:
    """Waiting times between 0 and `width` whose mean is `mean` (below half the width): earlier is likelier."""
    rate = 1 / mean
    for _ in range(60):  # fixed point of mean = 1/rate − width/(e^(rate·width) − 1)
        rate = 1 / (mean + width / np.expm1(rate * width))
    return -np.log1p(rng.random(n) * np.expm1(-rate * width)) / rate
