"""Out-of-fold propensity scores: each person's score from a model that was fitted without them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ..cohort.clock import seeded_uniform
from ..errors import JDLError
from .regression import Link, fit_firth, fit_glm, sort_columns
from .terms import as_matrix, linear_predictor


def assign_folds(unit_id, is_treated, folds: int, seed: int) -> np.ndarray:
    """Into which fold each person falls: by a seeded hash of the identifier, within treated people and pool.

    Parameters
    ----------
    unit_id : int or text array, shape (n_people,)
    is_treated : bool array, shape (n_people,)
    folds : int
    seed : int

    Returns
    -------
    int array, shape (n_people,)
        0 to folds − 1. A group's people spread over the folds as evenly as their number allows.
    """
    unit_id, is_treated = np.asarray(unit_id), np.asarray(is_treated, bool)
    keys = unit_id if np.issubdtype(unit_id.dtype, np.integer) else pd.util.hash_array(unit_id.astype(object))
    drawn = seeded_uniform(keys.astype(np.int64), seed, "cross-fitting")
    fold = np.empty(len(unit_id), np.int64)
    for group in (is_treated, ~is_treated):
        people = np.flatnonzero(group)
        ordered = people[np.lexsort((unit_id[people], drawn[people]))]
        fold[ordered] = np.arange(len(people)) % folds
    return fold


def cross_fitted_scores(design: pd.DataFrame, is_treated, folds: int, seed: int, within=None) -> np.ndarray:
    """Logits of the propensity score, each from a model of the people of all other folds.

    Parameters
    ----------
    design : DataFrame
        unit_id and the columns of the propensity model, as in `Propensity.design`.
    is_treated : bool array, shape (n_people,)
    folds : int
        At least 2.
    seed : int
    within : bool array, shape (n_people,), optional
        Who takes part. Default: everybody.

    Returns
    -------
    array, shape (n_people,)
        NaN for people not within.

    Raises
    ------
    JDLError
        With fewer than two folds, or fewer people of either group than folds.

    Notes
    -----
    Columns that carry nothing new among the others are left out of that fold's model. Where its likelihood has no
    maximum, Firth's penalty is used.
    """
    is_treated = np.asarray(is_treated, bool)
    within = np.ones(len(design), bool) if within is None else np.asarray(within, bool)
    fewest = min((is_treated & within).sum(), (~is_treated & within).sum())
    if not 2 <= folds <= fewest:
        fix = "choose at least 2 and no more folds than there are people in either group"
        raise JDLError(f"{folds} folds cannot be made of these groups", "inference.cross_fit_folds", fix)
    fold = np.full(len(design), -1)
    fold[within] = assign_folds(design["unit_id"].to_numpy()[within], is_treated[within], folds, seed)
    columns = design.drop(columns="unit_id")
    logit = np.full(len(design), np.nan)
    with threadpool_limits(
        1
    ):  # a fit goes by small blocks of rows: on a busy machine threads would wait for each other
        for k in range(folds):
            logit[fold == k] = _scores_of(columns, is_treated, within & (fold != k), fold == k)
    return logit


def _scores_of(columns: pd.DataFrame, is_treated: np.ndarray, others: np.ndarray, these: np.ndarray) -> np.ndarray:
    x, y = as_matrix(columns, others), is_treated[others].astype(float)
    kept = sort_columns(x).kept
    if len(kept) < x.shape[1]:
        x = x[:, kept]
    fit = fit_glm(x, y, Link.logit)
    fit = fit_firth(x, y) if fit.is_separated else fit
    return linear_predictor(columns.iloc[np.flatnonzero(these), kept], fit.intercept, fit.coefficients)
