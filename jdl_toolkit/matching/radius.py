"""Radius matching on the propensity score: who is compared with whom, and with what weight.

No outcome can enter: the covariate frame is searched for one and refused. There is no matrix of distances: on one score
a person's radius is a stretch of the sorted pool, and the weights of all stretches together are one running sum.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from ..errors import JDLError
from .propensity import Propensity, fit_propensity
from .sample import MatchedSample, why_left_out


def match(
    covariates,
    spec,
    caliper_sd: float | None = None,
    *,
    caliper_raw: float | None = None,
    propensity: Propensity | None = None,
) -> MatchedSample:
    """Match each treated person with everybody in the pool whose score lies within the caliper, with replacement.

    Parameters
    ----------
    covariates : Covariates
        `units` (unit_id, is_treated, one column per covariate) and `labels`. The order of rows does not matter.
    spec : RequestSpec
        matching.scale, matching.exact, matching.calipers and the covariates section.
    caliper_sd : float, optional
        Standard deviations of the score over the whole sample, n − 1. Default: the widest of spec.matching.calipers.
    caliper_raw : float, optional
        The caliper on the score's own scale instead.
    propensity : Propensity, optional
        A score already fitted on the same covariates, so that several calipers share it.

    Raises
    ------
    JDLError
        If a column tells an outcome, a setting names a covariate that is not there, or no score can be fitted.

    Notes
    -----
    A treated person with nobody within the caliper gets weight 0 and leaves the analysis (reason 14).
    """
    fitted = propensity or fit_propensity(covariates, spec)
    scale = str(spec.matching.scale)
    score = {"logit": fitted.logit, "probability": expit(fitted.logit), "odds": np.exp(fitted.logit)}[scale]
    spread = float(np.nanstd(score, ddof=1))
    if caliper_raw is None:
        caliper_sd = max(spec.matching.calipers) if caliper_sd is None else caliper_sd
        caliper_raw = caliper_sd * spread
    elif spread > 0:
        caliper_sd = caliper_raw / spread
    is_treated = fitted.units["is_treated"].to_numpy(bool)
    weight, n_matches = radius_weights(score, is_treated, caliper_raw, _strata(fitted.units, spec))
    units = fitted.units[["unit_id", "is_treated"]].assign(
        score=fitted.score, logit=fitted.logit, weight=weight, n_matches=n_matches
    )
    units["why"] = why_left_out(is_treated, weight, fitted.logit)
    messages = list(fitted.messages)
    if (is_treated & (weight == 0)).any():
        messages.append("Some treated people have no comparable control within the caliper and are not analysed.")
    sizes = {"caliper_sd": float(caliper_sd or 0.0), "caliper_raw": float(caliper_raw)}
    return MatchedSample(
        units,
        fitted.design,
        str(spec.matching.method),
        scale,
        **sizes,
        coefficients=fitted.coefficients,
        merged=fitted.merged,
        messages=tuple(messages),
    )


def radius_weights(
    score: np.ndarray, is_treated: np.ndarray, caliper: float, strata: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Weights of radius matching with replacement; the caliper is inclusive.

    Parameters
    ----------
    score : float array, shape (n_people,)
        NaN for people who cannot be matched.
    is_treated : bool array, shape (n_people,)
    caliper : float
        On the scale of the score.
    strata : int array, shape (n_people,), optional
        Only people of one stratum are compared.

    Returns
    -------
    weight : float array, shape (n_people,)
        Treated: 1 if anybody is within reach, else 0. Controls: sum over the treated they serve of 1/k. Control
        weights sum to the number of matched treated people.
    n_matches : int array, shape (n_people,)
        Treated: k. Controls: the treated people they serve.
    """
    weight, n_matches = np.zeros(len(score)), np.zeros(len(score), dtype=np.int64)
    usable = ~np.isnan(score)
    strata = np.zeros(len(score), dtype=np.int64) if strata is None else strata
    treated, pool = (_by_stratum(np.flatnonzero(usable & group), strata) for group in (is_treated, ~is_treated))
    for stratum in treated.keys() & pool.keys():
        t, c = treated[stratum], pool[stratum]
        k, control_weight, n_served = _serve(score[t], score[c], caliper)
        n_matches[t], weight[t] = k, k > 0
        n_matches[c], weight[c] = n_served, control_weight
    return weight, n_matches


def _serve(treated: np.ndarray, pool: np.ndarray, caliper: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each treated score the controls within reach; for each control its weight and the treated it serves.

    Each treated person's radius is a stretch of the distinct sorted scores: 1/k is added where it begins and taken
    away where it ends, and the running sum is the weight. Rounding can leave 1e-17 where nobody is served, so that an
    exact count of the served decides who has a weight at all.
    """
    distinct, place, n_tied = np.unique(pool, return_inverse=True, return_counts=True)
    first, last = _reach(treated, distinct, caliper)
    n_before = np.concatenate([[0], np.cumsum(n_tied)])
    k = n_before[last] - n_before[first]
    found = k > 0
    ends = len(distinct) + 1
    share = 1.0 / k[found]
    begun = np.bincount(first[found], share, ends) - np.bincount(last[found], share, ends)
    n_served = np.cumsum(np.bincount(first[found], minlength=ends) - np.bincount(last[found], minlength=ends))[place]
    return k, np.where(n_served > 0, np.cumsum(begun)[place], 0.0), n_served


def _reach(treated: np.ndarray, distinct: np.ndarray, caliper: float) -> tuple[np.ndarray, np.ndarray]:
    """Where each radius begins and ends (exclusive) among the distinct scores, by |difference| <= caliper as computed.

    Searching for score ± caliper rounds differently from the difference itself; one step either way mends it.
    """
    n = len(distinct)
    first = np.searchsorted(distinct, treated - caliper, side="left")
    last = np.searchsorted(distinct, treated + caliper, side="right")
    first -= (first > 0) & (treated - distinct[np.maximum(first - 1, 0)] <= caliper)
    first += (first < n) & (treated - distinct[np.minimum(first, n - 1)] > caliper)
    last += (last < n) & (distinct[np.minimum(last, n - 1)] - treated <= caliper)
    last -= (last > 0) & (distinct[np.maximum(last - 1, 0)] - treated > caliper)
    return first, np.maximum(last, first)


def _by_stratum(people: np.ndarray, strata: np.ndarray) -> dict[int, np.ndarray]:
    ordered = people[np.argsort(strata[people], kind="stable")]
    codes, starts = np.unique(strata[ordered], return_index=True)
    return dict(zip(codes.tolist(), np.split(ordered, starts[1:]), strict=True)) if len(people) else {}


def _strata(units: pd.DataFrame, spec) -> np.ndarray | None:
    exact = [str(name) for name in spec.matching.exact]
    absent = [name for name in exact if name not in units]
    if absent:
        fix = f"name covariates that are used: {', '.join(c for c in units.columns[2:])}"
        raise JDLError(f"there is no covariate {', '.join(absent)} to match exactly", "matching.exact", fix)
    return units.groupby(exact, dropna=False, sort=True).ngroup().to_numpy() if exact else None
