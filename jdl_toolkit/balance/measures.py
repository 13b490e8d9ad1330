"""How far two groups lie apart on each column: standardised differences, variance ratios, distances of distributions.

Everything but the distances is sums, worked out a block of rows at a time. Distances need each column sorted, once for
all weightings; a 0/1 column needs no sorting, as its distribution is its share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import JDLError
from .blocks import columns_of, is_binary, middles, weighted_squares, weighted_sums

#: Differences below this share of the means are rounding, not imbalance (a constant column has no spread).
_ROUNDING = 1e-12

#: A variance below this share of the squared distance from where it was measured is worked out again, about the mean.
_ROUGH = 1e-4

#: Numbers with no wider range than this, all whole, are counted instead of sorted.
_COUNTED_UP_TO = 1 << 16


@dataclass(frozen=True)
class Spread:
    """Means and standard deviations of the unweighted groups, by column: what every difference is divided by.

    Parameters
    ----------
    mean_treatment, mean_pool : array, shape (n_columns,)
    treated, pooled : array, shape (n_columns,)
        s_T, and sqrt((s²_T + s²_C) / 2). For 0/1 columns s² is p(1 − p), else it has n − 1.
    binary : bool array, shape (n_columns,)
    """

    mean_treatment: np.ndarray
    mean_pool: np.ndarray
    treated: np.ndarray
    pooled: np.ndarray
    binary: np.ndarray

    def of(self, denominator: str) -> np.ndarray:
        """The denominator by its name: "treated" or "pooled"."""
        return self.treated if denominator == "treated" else self.pooled

    def of_gate(self, denominator: str) -> np.ndarray:
        """As `of`; where the treated do not vary, the pooled one, so that a difference can be told."""
        return np.where(self.treated > 0, self.treated, self.pooled) if denominator == "treated" else self.pooled


def smd(
    x: np.ndarray | pd.DataFrame,
    is_treated: np.ndarray,
    weights: np.ndarray | None = None,
    denominator: str = "pooled",
) -> np.ndarray:
    """Standardised mean difference, treatment minus control.

    Divided by sqrt((s²_T + s²_C) / 2) of the *unweighted* groups, before and after matching, so that both share a scale
    (cobalt's "pooled"), or by s_T of the unweighted treated ("treated", MatchIt's default). For 0/1 columns s² is
    p(1 − p), else it has n − 1.

    Parameters
    ----------
    x : array or DataFrame, shape (n_people, n_columns)
        Columns may be of different types.
    is_treated : bool array, shape (n_people,)
    weights : float array, shape (n_people,), optional
        Matching weights, of the treated as of the controls. Default: all 1.
    denominator : {"pooled", "treated"}

    Returns
    -------
    array, shape (n_columns,)
        In SD units; 0.1 is the default gate. 0 where the groups agree and nothing varies; infinite where they differ
        and nothing varies.

    References
    ----------
    Austin (2009), Statistics in Medicine 28, 3083-3107.
    """
    columns = columns_of(x)
    spread = spread_of(columns, is_treated)
    if weights is None:
        return standardised(spread.mean_treatment, spread.mean_pool, spread.of(denominator))
    return standardised(*weighted_means(columns, is_treated, weights), spread.of(denominator))


def spread_of(x: np.ndarray | pd.DataFrame | list[np.ndarray], is_treated: np.ndarray) -> Spread:
    """Means and standard deviations of the unweighted groups.

    Raises
    ------
    JDLError
        If a group is empty.
    """
    columns = x if isinstance(x, list) else columns_of(x)
    means = np.array(weighted_means(columns, is_treated, np.ones(len(is_treated))))
    binary = np.array([is_binary(column) for column in columns], bool)
    variance = (means * (1 - means)).T
    numbers = np.flatnonzero(~binary)
    if len(numbers):
        groups = np.array([is_treated, ~is_treated], float)
        n = groups.sum(axis=1)
        variance[numbers] = _variances([columns[j] for j in numbers], groups / n[:, None]) * n / np.maximum(n - 1, 1)
    of_treated, of_pool = variance.T
    return Spread(*means, np.sqrt(of_treated), np.sqrt((of_treated + of_pool) / 2), binary)


def weighted_means(
    x: np.ndarray | pd.DataFrame | list[np.ndarray], is_treated: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean of each column among the treated and among the controls.

    Raises
    ------
    JDLError
        If a group has no weight.
    """
    columns = x if isinstance(x, list) else columns_of(x)
    centre = middles(columns)
    mean_t, mean_c = weighted_sums(columns, _shares(is_treated, weights), centre).T
    return centre + mean_t, centre + mean_c


def measure_balance(
    x: np.ndarray | pd.DataFrame,
    is_treated: np.ndarray,
    *weightings: np.ndarray,
    distances: bool = True,
    spread: Spread | None = None,
) -> list[pd.DataFrame]:
    """All balance statistics, one row per column of x, under each of several weightings (ones for "before").

    Parameters
    ----------
    x : array or DataFrame, shape (n_people, n_columns)
    is_treated : bool array, shape (n_people,)
    *weightings : float array, shape (n_people,)
    distances : bool
        Whether ecdf_max and ecdf_mean are worked out; numbers must be sorted for them.
    spread : Spread, optional
        Of the unweighted groups, if it is known already.

    Returns
    -------
    list of DataFrame
        mean_treatment, mean_control, smd_treated, smd_pooled, var_ratio (with reliability weights,
        Σw(x−m)² / (1 − Σw²); NaN for 0/1 and where it does not exist, see `why_no_ratio`), why_no_ratio, and with
        `distances` ecdf_max (weighted Kolmogorov-Smirnov), ecdf_mean (mean over the distinct values).

    References
    ----------
    Definitions of MatchIt's summary and of cobalt.
    """
    columns = columns_of(x)
    spread = spread or spread_of(columns, is_treated)
    numbers = np.flatnonzero(~spread.binary)
    frames = []
    for weights in weightings:
        means = weighted_means(columns, is_treated, weights)
        ratio, why = np.full(len(columns), np.nan), np.full(len(columns), "it is 0 or 1", dtype=object)
        if len(numbers):
            ratio[numbers], why[numbers] = _variance_ratios([columns[j] for j in numbers], is_treated, weights)
        statistics = {
            "mean_treatment": means[0],
            "mean_control": means[1],
            "smd_treated": standardised(*means, spread.treated),
            "smd_pooled": standardised(*means, spread.pooled),
            "var_ratio": ratio,
            "why_no_ratio": why,
        }
        frames.append(pd.DataFrame(statistics))
    if distances:
        signed = [_signed(is_treated, weights) for weights in weightings]
        of_numbers = [_gaps(columns[j], signed) for j in numbers]
        for i, frame in enumerate(frames):
            both = np.repeat(np.abs(frame["mean_treatment"] - frame["mean_control"]).to_numpy()[:, None], 2, axis=1)
            both[numbers] = np.reshape([found[i] for found in of_numbers], (-1, 2))
            frame[["ecdf_max", "ecdf_mean"]] = both
    return frames


def ecdf_distances(x: np.ndarray, is_treated: np.ndarray, *weightings: np.ndarray) -> list[tuple[float, float]]:
    """Largest and mean absolute distance between the groups' weighted distribution functions, per weighting.

    The mean is over the distinct values of everybody, with or without weight, as MatchIt takes it. Of a column with two
    values both are the difference of the shares: beyond the last value the functions agree, which says nothing.
    """
    signed = [_signed(is_treated, weights) for weights in weightings]
    if is_binary(x):
        return [(gap, gap) for gap in (float(abs(s @ x)) for s in signed)]
    return _gaps(x, signed)


def standardised(mean_treatment: np.ndarray, mean_control: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Difference over spread; 0 where the means agree but for rounding, infinite where they differ without spread."""
    difference = mean_treatment - mean_control
    is_rounding = np.abs(difference) <= _ROUNDING * np.maximum(np.abs(mean_treatment), np.abs(mean_control))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(is_rounding, 0.0, difference / spread)


def _shares(is_treated: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Each person's share of the weight of the own group: a row for the treated, a row for the controls."""
    rows = np.where([is_treated, ~is_treated], weights, 0.0)
    total = rows.sum(axis=1, keepdims=True)
    if (total <= 0).any():
        group = ("treated person", "control")[int(np.argmax(total[:, 0] <= 0))]
        raise JDLError(f"no {group} has any weight", "balance", "there is nothing to compare: look at the matching")
    return rows / total


def _variances(columns: list[np.ndarray], shares: np.ndarray) -> np.ndarray:
    """Σ w (x − m)² of each column under weights that sum to 1; shape (n_columns, n_weightings)."""
    centre = middles(columns)
    mean = weighted_sums(columns, shares, centre)
    square = weighted_squares(columns, shares, centre)
    variance = np.maximum(square - mean**2, 0.0)
    for j, k in zip(*np.nonzero(variance < _ROUGH * mean**2), strict=True):
        counted = shares[k] > 0
        x, w = columns[j][counted].astype(float), shares[k][counted]
        variance[j, k] = 0.0 if x.max() == x.min() else w @ (x - w @ x) ** 2
    return variance


def _variance_ratios(
    columns: list[np.ndarray], is_treated: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Variance of the treated over that of the controls, and why there is none where there is none."""
    shares = _shares(is_treated, weights)
    left = 1 - (shares**2).sum(axis=1)
    if ((shares > 0).sum(axis=1) == 1).any():
        return np.full(len(columns), np.nan), np.full(len(columns), "a group is one person", dtype=object)
    of_treated, of_control = _variances(columns, shares).T / left[:, None]
    varies = of_control > 0
    ratio = np.divide(of_treated, of_control, out=np.full(len(columns), np.nan), where=varies)
    return ratio, np.where(varies, "", "the controls do not vary").astype(object)


def _signed(is_treated: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Shares of the treated, and those of the controls below zero."""
    return np.array([1.0, -1.0]) @ _shares(is_treated, weights)


def _gaps(x: np.ndarray, signed: list[np.ndarray]) -> list[tuple[float, float]]:
    """Largest and mean gap between the distribution functions of a column, which is put in order once."""
    found = []
    for steps in _steps(x, signed):
        gap = np.abs(np.cumsum(steps))
        gap = gap[:1] if len(gap) == 2 else gap
        found.append((float(gap.max()), float(gap.mean())))
    return found


def _steps(x: np.ndarray, signed: list[np.ndarray]) -> list[np.ndarray]:
    """At each distinct value in ascending order, by how much the distribution functions part."""
    low, high = x.min(), x.max()
    whole = high - low < _COUNTED_UP_TO and (x == np.trunc(x)).all()
    if whole:
        place = (x - low).astype(np.intp)
        occurs = np.flatnonzero(np.bincount(place))
        return [np.bincount(place, s)[occurs] for s in signed]
    order = np.argsort(x)
    ordered = x[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return [np.add.reduceat(s[order], starts) for s in signed]
