"""Balance: whether the matched groups resemble each other, covariate by covariate, and the gate that depends on it.

The gate looks at the standardised mean difference of every level of every covariate, reference levels and joined levels
included. Variance ratios and distances between distributions stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .errors import CouldNotBeAnswered
from .matching import MatchedSample, match
from .matching.design import expand_levels, ordered_units
from .matching.propensity import fit_propensity
from .result import Result

#: Differences below this share of the means are rounding, not imbalance (a constant column has no spread).
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Balance(Result):
    """How far the groups resemble each other before and after matching.

    Parameters
    ----------
    rows : DataFrame
        One row per number and per level of a category: covariate, level ("" for a number), label, mean_treatment
        (matched treated), mean_treatment_all, mean_pool, mean_control (weighted), smd_before, smd_after (pooled SD of
        the unweighted groups), var_ratio_before, var_ratio (None for 0/1), ecdf_max_before, ecdf_max (weighted
        Kolmogorov-Smirnov distance), ecdf_mean_before, ecdf_mean, light (green, amber or red).
    worst : float
        The largest absolute standardised mean difference after matching.
    passed : bool
        No light is red.
    """

    rows: pd.DataFrame
    worst: float
    passed: bool

    @property
    def n_red(self) -> int:
        return int((self.rows["light"] == "red").sum())

    @property
    def n_amber(self) -> int:
        return int((self.rows["light"] == "amber").sum())

    def summary(self) -> str:
        lights = f"{len(self.rows) - self.n_red - self.n_amber} green, {self.n_amber} amber, {self.n_red} red"
        return (
            f"Balance {'passed' if self.passed else 'not passed'}: {lights}; worst difference {100 * self.worst:.1f}%"
        )


def assess_balance(covariates, matched: MatchedSample, spec) -> Balance:
    """Compare the groups on every level of every covariate, before and after matching.

    Parameters
    ----------
    covariates : Covariates
        The frame that was matched.
    matched : MatchedSample
    spec : RequestSpec
        balance.green_up_to and balance.amber_up_to, in standard deviations.

    Returns
    -------
    Balance
    """
    columns, terms = expand_levels(ordered_units(covariates.units), matched.merged)
    x, is_treated = columns.to_numpy(float), matched.units["is_treated"].to_numpy(bool)
    before, after = measure_balance(x, is_treated, np.ones(len(x)), matched.units["weight"].to_numpy())
    size = after["smd_pooled"].abs()
    label = [covariates.labels.get(c, c) for c in terms["covariate"]]
    rows = terms.assign(
        label=[f"{name}: {level}" if level else name for name, level in zip(label, terms["level"], strict=True)],
        mean_treatment=after["mean_treatment"],
        mean_treatment_all=before["mean_treatment"],
        mean_pool=before["mean_control"],
        mean_control=after["mean_control"],
        smd_before=before["smd_pooled"],
        smd_after=after["smd_pooled"],
        **{f"{k}_before": before[k] for k in ("var_ratio", "ecdf_max", "ecdf_mean")},
        **{k: after[k] for k in ("var_ratio", "ecdf_max", "ecdf_mean")},
        light=np.select(
            [size <= spec.balance.green_up_to, size <= spec.balance.amber_up_to], ["green", "amber"], "red"
        ),
    )
    return Balance(rows, float(size.max()), bool((rows["light"] != "red").all()))


def choose_caliper(covariates, spec) -> tuple[MatchedSample, Balance, pd.DataFrame]:
    """Match with the widest caliper that balances; the score is fitted once and no outcome is known.

    If none of spec.matching.calipers leaves every difference below red, the one with the smallest worst difference is
    returned, and its balance has not passed: the gate is closed.

    Returns
    -------
    matched : MatchedSample
    balance : Balance
    tried : DataFrame
        caliper (in SD), n_matched (treated), ess (of the controls), worst_smd, n_red; in the order tried.

    Raises
    ------
    CouldNotBeAnswered
        If no treated person has a comparable control at any caliper.
    """
    fitted = fit_propensity(covariates, spec)
    x = expand_levels(fitted.units, fitted.merged)[0].to_numpy(float)
    is_treated = fitted.units["is_treated"].to_numpy(bool)
    tried, samples = [], []
    for caliper in sorted(spec.matching.calipers, reverse=True):
        sample = match(covariates, spec, caliper, propensity=fitted)
        if not sample.n_treatment_matched:
            continue
        size = np.abs(smd(x, is_treated, sample.units["weight"].to_numpy()))
        n_red = int((size > spec.balance.amber_up_to).sum())
        found = {"caliper": caliper, "n_matched": sample.n_treatment_matched, "ess": sample.ess_control}
        tried.append(found | {"worst_smd": float(size.max()), "n_red": n_red})
        samples.append(sample)
        if not n_red:
            break
    if not samples:
        fix = "look at the overlap of the scores, and at which covariates set the group apart"
        raise CouldNotBeAnswered("no treated person has a comparable control", "matching.calipers", fix)
    best = -1 if tried[-1]["n_red"] == 0 else int(np.argmin([t["worst_smd"] for t in tried]))
    return samples[best], assess_balance(covariates, samples[best], spec), pd.DataFrame(tried)


def smd(
    x: np.ndarray, is_treated: np.ndarray, weights: np.ndarray | None = None, denominator: str = "pooled"
) -> np.ndarray:
    """Standardised mean difference, treatment minus control.

    Divided by sqrt((s²_T + s²_C) / 2) of the *unweighted* groups, before and after matching, so that both share a scale
    (cobalt's "pooled"), or by s_T of the unweighted treated ("treated", MatchIt's default). For 0/1 columns s² is
    p(1 − p), else it has n − 1.

    Parameters
    ----------
    x : array, shape (n_people, n_columns)
    is_treated : bool array, shape (n_people,)
    weights : float array, shape (n_people,), optional
        Matching weights. Default: all 1.
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
    weights = np.ones(len(x)) if weights is None else weights
    treated, pool = x[is_treated], x[~is_treated]
    means = (
        np.average(g, axis=0, weights=w) for g, w in ((treated, weights[is_treated]), (pool, weights[~is_treated]))
    )
    return _standardised(*means, _spreads(treated, pool)[denominator])


def measure_balance(x: np.ndarray, is_treated: np.ndarray, *weightings: np.ndarray) -> list[pd.DataFrame]:
    """All balance statistics, one row per column of x, under each of several weightings (ones for "before").

    Returns
    -------
    list of DataFrame
        mean_treatment, mean_control, smd_treated, smd_pooled, var_ratio (with reliability weights,
        Σw(x−m)² / (1 − Σw²); NaN for 0/1), ecdf_max (weighted Kolmogorov-Smirnov), ecdf_mean (mean over the distinct
        values).

    References
    ----------
    Definitions of MatchIt's summary and of cobalt.
    """
    treated, pool = x[is_treated], x[~is_treated]
    spreads, binary = _spreads(treated, pool), _is_binary(x)
    distances = [ecdf_distances(column, is_treated, *weightings) for column in x.T]
    frames = []
    for i, weights in enumerate(weightings):
        w_t, w_c = (weights[g] / weights[g].sum() for g in (is_treated, ~is_treated))
        mean_t, mean_c = w_t @ treated, w_c @ pool
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = _weighted_variance(treated, w_t, mean_t) / _weighted_variance(pool, w_c, mean_c)
        statistics = {
            "mean_treatment": mean_t,
            "mean_control": mean_c,
            "smd_treated": _standardised(mean_t, mean_c, spreads["treated"]),
            "smd_pooled": _standardised(mean_t, mean_c, spreads["pooled"]),
            "var_ratio": np.where(binary, np.nan, ratio),
            "ecdf_max": [of_column[i][0] for of_column in distances],
            "ecdf_mean": [of_column[i][1] for of_column in distances],
        }
        frames.append(pd.DataFrame(statistics))
    return frames


def ecdf_distances(x: np.ndarray, is_treated: np.ndarray, *weightings: np.ndarray) -> list[tuple[float, float]]:
    """Largest and mean absolute distance between the groups' weighted distribution functions, per weighting.

    The mean is over the distinct values of everybody, with or without weight, as MatchIt takes it. Of a 0/1 column both
    are the difference of the shares: beyond the last value the functions agree, and that point says nothing.
    """
    distinct, place = (np.array([0, 1]), x.astype(np.int64)) if _is_binary(x) else np.unique(x, return_inverse=True)
    found = []
    for weights in weightings:
        signed = np.where(is_treated, weights / weights[is_treated].sum(), -weights / weights[~is_treated].sum())
        gap = np.abs(np.cumsum(np.bincount(place, signed, len(distinct))))
        gap = gap[:1] if len(distinct) == 2 else gap
        found.append((float(gap.max()), float(gap.mean())))
    return found


def _is_binary(x: np.ndarray) -> np.ndarray:
    return ((x == 0) | (x == 1)).all(axis=0)


def _standardised(mean_treatment: np.ndarray, mean_control: np.ndarray, spread: np.ndarray) -> np.ndarray:
    difference = mean_treatment - mean_control
    is_rounding = np.abs(difference) <= _ROUNDING * np.maximum(np.abs(mean_treatment), np.abs(mean_control))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(is_rounding, 0.0, difference / spread)


def _spreads(treated: np.ndarray, pool: np.ndarray) -> dict[str, np.ndarray]:
    """Denominators by name, from the unweighted groups."""
    binary = _is_binary(treated) & _is_binary(pool)
    of_treated, of_pool = _variance(treated, binary), _variance(pool, binary)
    return {"pooled": np.sqrt((of_treated + of_pool) / 2), "treated": np.sqrt(of_treated)}


def _variance(x: np.ndarray, binary: np.ndarray) -> np.ndarray:
    mean = x.mean(axis=0)
    variance = np.where(binary, mean * (1 - mean), x.var(axis=0, ddof=1) if len(x) > 1 else 0.0)
    return np.where(x.max(axis=0) == x.min(axis=0), 0.0, variance)


def _weighted_variance(x: np.ndarray, w: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return w @ (x - mean) ** 2 / (1 - w @ w)
