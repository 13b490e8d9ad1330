"""From an estimate and its standard error to an interval and a p-value; or the reason why there is none."""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

#: What every estimate consists of.
PARTS = ("estimate", "se", "ci_low", "ci_high", "p_value", "df")


class NotEstimable(Exception):
    """An estimate does not exist for these people; the message is a clause that says why, for readers."""


def interval(value: float, se: float, df: float, confidence: float, *, is_log: bool = False) -> dict[str, float]:
    """Symmetric interval and two-sided p-value by Student's t.

    Parameters
    ----------
    value, se : float
    df : float
        Degrees of freedom; infinite for a normal interval.
    confidence : float
        Coverage, between 0 and 1.
    is_log : bool
        `value` is the logarithm of a ratio: estimate and limits are given as the ratio, `se` stays the logarithm's.

    Returns
    -------
    dict
        estimate, se, ci_low, ci_high, p_value, df. With a standard error of 0 the p-value is 1 if there is no
        difference and 0 else.
    """
    half = stats.t.ppf((1 + confidence) / 2, df) * se
    p = 2 * stats.t.sf(abs(value) / se, df) if se else float(value == 0)
    points = (
        (math.exp(v) for v in (value, value - half, value + half)) if is_log else (value, value - half, value + half)
    )
    estimate, low, high = points
    found = {"estimate": estimate, "se": se, "ci_low": low, "ci_high": high, "p_value": p, "df": df}
    return {k: float(v) for k, v in found.items()}


def effective_number(weight: np.ndarray) -> float:
    """(Σw)² / Σw²: equally weighted people who would give the same precision. Their number if all weigh alike."""
    return float(weight.sum() ** 2 / (weight**2).sum())
