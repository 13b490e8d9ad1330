"""Augmented inverse-odds weighting of the whole pool (AIPW): right if the score or the outcome model is right.

Unlike the check estimate, which concerns the matched treated people, this one concerns all who have a score: nobody is
matched.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from ..errors import JDLError
from ..matching.cross_fitting import assign_folds, cross_fitted_scores
from .estimation import Expected, Kind, expected_outcomes, outcome_model
from .interval import NotEstimable, interval

if TYPE_CHECKING:
    from ..matching import MatchedSample


def aipw(
    y: np.ndarray, x: np.ndarray, matched: MatchedSample, within: np.ndarray, expected: Expected, spec, *, hajek: bool
) -> dict:
    """Doubly robust effect on all treated people who have a score.

    Parameters
    ----------
    y : array, shape (n_people,)
    x : array, shape (n_people, n_columns)
        Covariates of the outcome model.
    matched : MatchedSample
        Only its scores are used.
    within : bool array, shape (n_people,)
        Who takes part.
    expected : Expected
        m₀, from the whole pool, as the check estimate has it.
    spec : RequestSpec
        inference.confidence.
    hajek : bool
        Odds of the controls scaled to sum to 1; else divided by the number of treated people.

    Raises
    ------
    NotEstimable
        With fewer than two people with a score in a group.

    Notes
    -----
    r = y − m₀(x), m₀ fitted without weights to the controls; odds w = p/(1 − p). τ = mean of r_T − Σ w r_C / Σw (Hájek)
    or − Σ w r_C / n. SE² = Σ(r_T − r̄_T)²/n² + Σ(w(r_C − r̄_C))²/(Σw)², or Σ(r_T − τ)²/n² + Σ(w r_C)²/n²: the
    influence function, with score and model taken as known.

    References
    ----------
    Robins, Rotnitzky & Zhao (1994), JASA 89, 846-866; Moodie, Saarela & Stephens (2018), Stat 7, e205 (for the
    treated).
    """
    treated, pool, odds = _with_a_score(matched, within)
    residuals = (y[who] - expected.of(x[who]) for who in (treated, pool))
    return _combine(*residuals, odds, hajek, spec.inference.confidence)


def cross_fitted_aipw(
    y: np.ndarray, x: np.ndarray, matched: MatchedSample, within: np.ndarray, kind: Kind, spec
) -> dict:
    """`aipw` where each person's score and expected outcome come from models fitted without their part of the people.

    Parts are drawn from spec.seed; inference.cross_fit_folds says how many.

    References
    ----------
    Chernozhukov et al. (2018), The Econometrics Journal 21, C1-C68.
    """
    folds = spec.inference.cross_fit_folds
    if folds < 2:
        raise NotEstimable("inference.cross_fit_folds does not ask for it")
    treated, pool, _ = _with_a_score(matched, within)
    both, is_treated = treated | pool, matched.units["is_treated"].to_numpy(bool)
    try:
        logit = cross_fitted_scores(matched.design, is_treated, folds, spec.seed, both)
    except JDLError:
        raise NotEstimable(f"a group has fewer people than the {folds} parts of inference.cross_fit_folds") from None
    part = np.full(len(y), -1)
    part[both] = assign_folds(matched.units["unit_id"].to_numpy()[both], is_treated[both], folds, spec.seed)
    score = expit(logit)
    residual = np.full(len(y), np.nan)
    for k in range(folds):
        ours, others = both & (part == k), pool & (part != k)
        model = outcome_model(x, ours, others, np.ones(int(others.sum())), np.ones(int(others.sum())))
        expected = expected_outcomes(y[others], model, kind, spec.covariates.people_per_parameter)
        residual[ours] = y[ours] - expected.of(x[ours])
    odds = score[pool] / (1 - score[pool])
    return _combine(residual[treated], residual[pool], odds, True, spec.inference.confidence)


def _with_a_score(matched: MatchedSample, within: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Treated people and controls with a score strictly between 0 and 1, and the odds of the latter."""
    score, is_treated = matched.units["score"].to_numpy(float), matched.units["is_treated"].to_numpy(bool)
    has_one = within & (score > 0) & (score < 1)
    treated, pool = has_one & is_treated, has_one & ~is_treated
    if min(treated.sum(), pool.sum()) < 2:
        raise NotEstimable("fewer than two people with a score are left in one of the groups")
    return treated, pool, score[pool] / (1 - score[pool])


def _combine(r_t: np.ndarray, r_c: np.ndarray, odds: np.ndarray, hajek: bool, confidence: float) -> dict:
    n = len(r_t)
    total = odds.sum() if hajek else n
    mean_c = odds @ r_c / total
    value = r_t.mean() - mean_c
    centre_t, centre_c = (r_t.mean(), mean_c) if hajek else (value, 0.0)
    of_treated, of_pool = ((r_t - centre_t) ** 2).sum() / n**2, ((odds * (r_c - centre_c)) ** 2).sum() / total**2
    return interval(value, math.sqrt(of_treated + of_pool), n - 1, confidence)
