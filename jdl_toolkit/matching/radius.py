"""Radius matching: each treated person is compared with everybody in the pool within the caliper, with replacement.

There is no matrix of distances: on one score a person's radius is a stretch of the sorted pool, and the weights of all
stretches together are one running sum.
"""

from __future__ import annotations

import numpy as np

from .sorted_pool import dense, sort_pool, within


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
    strata = dense(strata)
    pool = sort_pool(score, ~is_treated, strata)
    treated = np.flatnonzero(is_treated & ~np.isnan(score))
    if not len(treated) or not len(pool.people):
        return weight, n_matches
    low, high = pool.of_strata(treated, strata)
    first, last = within(pool, score[treated], caliper, low, high)
    k = last - first
    n_matches[treated], weight[treated] = k, k > 0
    first, last, share = first[k > 0], last[k > 0], 1.0 / k[k > 0]
    n_served = pool.added_up(first, last)
    n_matches[pool.people] = n_served
    # rounding can leave 1e-17 where nobody is served, so that the exact count decides who has a weight at all
    weight[pool.people] = np.where(n_served > 0, pool.added_up(first, last, share), 0.0)
    return weight, n_matches
