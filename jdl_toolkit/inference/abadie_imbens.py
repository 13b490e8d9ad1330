"""Nearest neighbours on the score, all ties kept, with the standard error of Abadie and Imbens.

It makes its own matches, so that it can stand beside any other way of matching. On one score a person's neighbours are
a stretch of the sorted pool; sums over all stretches come from running sums, and no matrix of distances is made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..matching.regression import Link, fit_glm, sort_columns
from .interval import NotEstimable

#: Squared distances (in standard deviations of the score) closer than this are ties.
TIE = 1e-10


@dataclass(frozen=True)
class NeighbourEstimate:
    """An effect on the treated by nearest neighbours.

    Parameters
    ----------
    value, se : float
    n_matched, n_dropped : int
        Treated people with and without enough controls within the caliper.
    n_pairs : int
        Pairs of a treated person and a control, ties included.
    """

    value: float
    se: float
    n_matched: int
    n_dropped: int
    n_pairs: int


def nearest_neighbours(
    y: np.ndarray,
    is_treated: np.ndarray,
    score: np.ndarray,
    n_neighbours: int = 1,
    *,
    caliper: float | None = None,
    x: np.ndarray | None = None,
    dropped_count: bool = False,
) -> NeighbourEstimate:
    """Effect on the treated by the `n_neighbours` nearest controls of each, with replacement and ties.

    Parameters
    ----------
    y, score : array, shape (n_people,)
        Finite. Distances are squared differences of the score in its standard deviations (n − 1).
    is_treated : bool array, shape (n_people,)
    n_neighbours : int
        Fewer where there are fewer controls.
    caliper : float, optional
        On the scale of `score`. A treated person with fewer than `n_neighbours` controls within it is dropped.
    x : array, shape (n_people, n_columns), optional
        Covariates of the bias adjustment: a linear regression in the matched controls, by how often each serves.
    dropped_count : bool
        Dropped people stay in the standard error, with an effect of 0, as in Matching::Match 4.10-8. Only for
        comparison with it: they tell nothing of the effect.

    Raises
    ------
    NotEstimable
        If fewer than two treated people are matched.

    Notes
    -----
    τ = mean over i of τᵢ = yᵢ − mean y of the neighbours. With K the sum of a control's shares 1/mᵢ and K' that of
    their squares: SE² = [σ² Σ(K² − K') + Σ(τᵢ − τ)²] / n², σ² half the mean squared (yᵢ − y_j − τ) over all pairs.

    References
    ----------
    Abadie & Imbens (2006), Econometrica 74, 235-267, and (2011), JBES 29, 1-11 (bias adjustment); Sekhon (2011),
    Journal of Statistical Software 42(7) (the R package).
    """
    order = np.argsort(score[~is_treated], kind="stable")
    pool = np.flatnonzero(~is_treated)[order]
    first, last = _stretches(score, is_treated, pool, n_neighbours, caliper)
    served = last > first
    n = int(served.sum())
    if n < 2:
        raise NotEstimable("fewer than two treated people have a neighbour")
    treated, first, last = np.flatnonzero(is_treated)[served], first[served], last[served]
    share = 1 / (last - first)
    uses, squared_uses = (_spread(first, last, s, len(pool)) for s in (share, share**2))
    if x is not None:
        y = y - _bias(y[pool], x, pool, uses, _spread(first, last, np.ones(n, np.int64), len(pool)) > 0)
    centre = y[treated].mean()
    y_t, y_c = y[treated] - centre, y[pool] - centre  # near 0, so that running sums keep their digits
    of_controls, of_squares = (_sums(v, first, last) * share for v in (y_c, y_c**2))
    effect = y_t - of_controls
    value = float(effect.mean())
    sigma2 = 0.5 * float(((y_t - value) ** 2 - 2 * (y_t - value) * of_controls + of_squares).mean())
    scatter, n_dropped = ((effect - value) ** 2).sum(), int((~served).sum())
    if dropped_count:
        scatter, n_se = scatter + n_dropped * value**2, n + n_dropped
    else:
        n_se = n
    variance = (sigma2 * (uses**2 - squared_uses).sum() + scatter) / n_se**2
    return NeighbourEstimate(value, math.sqrt(max(variance, 0.0)), n, n_dropped, int((last - first).sum()))


def _stretches(
    score: np.ndarray, is_treated: np.ndarray, pool: np.ndarray, n_neighbours: int, caliper: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Each treated person's neighbours as positions [first, last) of the sorted pool; empty for those dropped."""
    spread = score.std(ddof=1)
    if not spread > 0 or not len(pool):
        raise NotEstimable("everybody has the same score" if len(pool) else "there are no controls")
    scaled, m = (score - score.mean()) / spread, min(n_neighbours, len(pool))
    ours, theirs = scaled[is_treated], scaled[pool]
    at = np.searchsorted(theirs, ours)
    near = at[:, None] + np.arange(-m, m)  # the m nearest are among the m on either side
    away = np.where(
        (near >= 0) & (near < len(theirs)), np.abs(theirs[near.clip(0, len(theirs) - 1)] - ours[:, None]), np.inf
    )
    furthest = np.sort(away, axis=1)[:, m - 1]
    reach = np.sqrt(furthest**2 + TIE)
    if caliper is not None:
        within = furthest * spread <= caliper * (1 + 1e-12)
        reach = np.where(within, np.minimum(reach, caliper / spread * (1 + 1e-12)), -1.0)
    first = np.searchsorted(theirs, ours - reach, side="left")
    return first, np.maximum(np.searchsorted(theirs, ours + reach, side="right"), first)


def _spread(first: np.ndarray, last: np.ndarray, share: np.ndarray, n: int) -> np.ndarray:
    """Sum of the shares of the stretches that cover each position, shape (n,)."""
    steps = np.zeros(n + 1, share.dtype)
    np.add.at(steps, first, share)
    np.subtract.at(steps, last, share)
    return np.cumsum(steps[:-1])


def _sums(values: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    running = np.append(0.0, np.cumsum(values))
    return running[last] - running[first]


def _bias(y: np.ndarray, x: np.ndarray, pool: np.ndarray, uses: np.ndarray, used: np.ndarray) -> np.ndarray:
    """What covariates alone let expect, shape (n_people,), up to a constant; columns equal for all used stay out."""
    columns = x[pool[used]]
    kept = sort_columns(columns).kept
    if used.sum() <= len(kept) + 1:
        raise NotEstimable("there are no more matched controls than covariates to adjust for")
    return x[:, kept] @ fit_glm(columns[:, kept], y[used], Link.identity, uses[used]).coefficients
